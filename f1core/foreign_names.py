"""Other libraries' names of options and scores, and what does the same here."""

from __future__ import annotations

from collections.abc import Collection

# Foreign names, and hints how to say the same: the option that a hint needs ("" needs none), and
# the hint. The first whose option there is is shown.
_OPTIONS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "average averaging avg",
        (
            ("metric", "a metric's name holds the average, metric='f1_macro'"),
            ("level", "a metric's name holds the average, 'f1_macro'"),
            ("", "all averages are there at once, s.macro.f1, s.micro.f1, s.weighted.f1"),
        ),
    ),
    (
        "labels label_names target_names class_names classnames num_classes n_classes nclasses "
        "num_class num_labels n_labels nlabels class_list label_list categories id2label label2id",
        (("classes", "classes= takes a number of classes, or their names in column order"),),
    ),
    (
        "pos_label positive_class positive_label positive pos_class poslabel event_level",
        (
            ("pos_label", "pos_label= names the positive class of a binary task"),
            ("", "a positive class is for binary tasks alone"),
        ),
    ),
    (
        "y_true target targets true truth y labels_true references actual ground_truth gold label",
        (
            ("y_true", "the truth is y_true, the first argument"),
            ("target", "target= is the truth"),
            ("zero_division", "the arrays come with update(y_true, y_pred)"),
        ),
    ),
    (
        "y_pred y_prob y_score y_scores y_hat y_proba y_probs pred preds predictions prediction "
        "predicted prob probs proba probas probabilities score scores output outputs input",
        (
            ("pred_a", "the predictions are pred_a and pred_b"),
            ("y_pred", "the predictions, probabilities or labels, are y_pred"),
            ("y_prob", "the probabilities are y_prob"),
            ("preds", "the predictions are preds"),
            ("probabilities", "probabilities= names the columns of scores or labels"),
            ("zero_division", "the arrays come with update(y_true, y_pred)"),
        ),
    ),
    (
        "sample_weight sample_weights weights weight w class_weight",
        (
            ("sample_weight", "sample_weight= takes one weight a row"),
            ("zero_division", "weights come with update(…, sample_weight=)"),
        ),
    ),
    (
        "threshold thresholds cutoff cut_off cut threshold_value decision_threshold th thr",
        (
            ("threshold", "threshold= takes one number, or one for each label"),
            ("min_recall", "the threshold is what this finds"),
            ("", "nothing is cut here"),
        ),
    ),
    ("top_k topk k top", (("top_k", "top_k= lets each row predict its k best classes"),)),
    (
        "from_logits logits is_logits apply_sigmoid sigmoid apply_softmax softmax",
        (("from_logits", "from_logits=True says that the scores are logits"),),
    ),
    (
        "ignore_index ignore_class ignore_label ignore ignored ignore_value padding_value "
        "exclude_labels mask_value",
        (("ignore_index", "ignore_index= is the target value that counts nowhere"),),
    ),
    (
        "average_over include_labels over include labels_to_average absent absent_score "
        "absent_class ignore_absent skip_absent macro_over",
        (("average_over", "average_over= takes 'present', 'all' or a list of classes"),),
    ),
    (
        "zero_division epsilon eps smooth zero_div nan_policy division_by_zero",
        (("zero_division", "zero_division= is what 0/0 is; nothing else is smoothed"),),
    ),
    ("beta fbeta f_beta b", (("beta", "beta= is the beta of F-beta, read as fbeta"),)),
    (
        "normalize normalise normalized",
        (
            ("y_true", "s.confusion_matrix(normalize='true') gives shares"),
            ("", "s.confusion_matrix(normalize='true') gives shares of what was scored"),
        ),
    ),
    (
        "multi_class",
        (
            ("one_vs_one", "task='multiclass', and one_vs_one=True for pairs of classes"),
            ("task", "task= says 'binary', 'multiclass' or 'multilabel'"),
        ),
    ),
    (
        "multilabel binary multiclass mode problem_type task_type problem type kind multi_label",
        (("task", "task= says 'binary', 'multiclass' or 'multilabel'"),),
    ),
    (
        "metric metrics metric_name scoring",
        (
            ("metric", "metric= takes the name of a metric, such as 'f1_macro'"),
            ("y_pred", "all metrics are there at once, s.metric('f1_macro') or s.to_dict()"),
            ("costs", "average= takes 'macro', 'micro', 'weighted' or a metric, such as 'mcc'"),
            ("min_recall", "F1 is what is sought; beta=, min_precision= and min_recall= change it"),
            ("", "all metrics are there at once, s.metric('f1_macro') or s.to_dict()"),
        ),
    ),
    (
        "resamples n_bootstraps n_resamples n_bootstrap bootstraps bootstrap num_bootstraps "
        "n_boot nboot n_iter iterations replicas bootstrap_samples",
        (
            ("resamples", "resamples= says how many resamples are drawn"),
            ("", "resamples are drawn by f1core.score(…, resamples=200)"),
        ),
    ),
    (
        "seed random_state rng random_seed rand_state",
        (("seed", "seed= makes the resamples repeatable"), ("", "nothing is drawn here")),
    ),
    (
        "threads n_jobs num_threads nthreads n_threads workers num_workers njobs max_workers",
        (
            ("threads", "threads= says how many threads there may be"),
            ("", "it runs on the thread that calls it"),
        ),
    ),
    (
        "confusion confusion_matrix cm matrix return_confusion keep_confusion",
        (("confusion", "confusion=True keeps the matrix, which is s.confusion then"),),
    ),
    (
        "sample_id sample_ids ids id row_id index uid",
        (
            ("sample_id", "sample_id= takes an id a row, so that each counts once"),
            ("", "ids come with f1core.Accumulator.update(…, sample_id=)"),
        ),
    ),
    (
        "level confidence alpha confidence_level ci conf_level",
        (
            ("level", "level= says how often an interval holds, such as 0.95"),
            ("", "s.interval('f1_macro', level=0.95) gives an interval"),
        ),
    ),
    (
        "group groups by group_by groupby slices sensitive_features",
        (
            ("group", "group= names the column of the groups"),
            ("", "f1core.score_by(groups, y_true, y_pred) gives one result a group"),
        ),
    ),
    (
        "output_dict as_dict digits report verbose return_dict",
        (("", "print(s) is the report, s.to_dict() has all numbers"),),
    ),
    (
        "samplewise multidim_average mdmc_average mdmc_reduce reduce reduction samples_average",
        (("", "every row counts by itself; s.samples holds the mean over rows"),),
    ),
    (
        "dist_sync_on_step sync_on_compute process_group",
        (("", "f1core.adapters.torch.ScoreMeter adds up all ranks with sync()"),),
    ),
    ("task", (("", "the task is binary here: one class at a time, each with its column"),)),
    ("validate_args check_inputs safe", (("", "what cannot be counted is always refused"),)),
    ("axis dim", (("", "rows come first, classes are the columns"),)),
    (
        "drop_intermediate bins num_bins n_bins",
        (("bins", "bins= is their number"), ("", "every threshold is looked at")),
    ),
    ("norm", (("strategy", "the mean error is ece, the largest is mce"),)),
    ("max_fpr partial_auc", (("", "f1core.curve(…).roc_auc is the whole area"),)),
)  # fmt: skip


def hint_for(name: str, known: Collection[str]) -> str | None:
    """Return which known option does what another library's option does, or None.

    Examples
    --------
    >>> hint_for("num_classes", ["classes", "task"])
    'classes= takes a number of classes, or their names in column order'
    """
    plain = name.lower().strip("_").replace("-", "_")
    for names, hints in _OPTIONS:
        if plain in names.split():
            return next((hint for needs, hint in hints if not needs or needs in known), None)
    return None


# Attributes that other libraries' results have, and how `Scores` has them.
_SCORES: tuple[tuple[str, str], ...] = (
    ("accuracy_score acc exact_match_ratio subset_accuracy", "s.accuracy"),
    ("balanced_accuracy_score uar", "s.balanced_accuracy"),
    ("matthews matthews_corrcoef phi", "s.mcc"),
    ("cohen_kappa kappa_score cohen_kappa_score", "s.kappa"),
    ("hamming hamming_distance", "s.hamming_loss"),
    ("cm matrix conf confusionmatrix conf_matrix", "s.confusion"),
    ("labels class_names target_names names", "s.classes"),
    ("n rows n_rows count n_samples num_samples size", "s.total"),
    ("as_dict dict asdict todict dictionary", "s.to_dict()"),
    ("get value values result results", "s.metric('f1_macro')"),
    ("ci confidence_interval conf_int confidence", "s.interval('f1_macro')"),
    ("report summary classification_report text", "print(s) prints it, str(s) is it"),
    ("per_label by_class class_wise classwise each per_class_scores", "s.per_class"),
    ("average averages_ overall mean", "s.macro"),
)
_ELSEWHERE: tuple[tuple[str, str], ...] = (
    (
        "roc_auc auc auroc average_precision ap pr_auc auprc roc roc_auc_score pr_curve roc_curve",
        "f1core.curve(y_true, y_prob) has roc_auc and average_precision",
    ),
    ("threshold best_threshold", "f1core.best_threshold(y_true, y_prob) finds it"),
    ("plot show", "f1core.plots.confusion(s) and f1core.plots.per_class(s) draw it"),
    (
        "loss log_loss brier brier_score brier_score_loss ece mce calibration_error "
        "calibration_curve",
        "scores are counts of decisions; f1core.calibration(y_true, y_prob) has ece, brier and "
        "log_loss",
    ),
    ("tp fp fn tn true_positives false_positives", "s.per_class.tp, .fp, .fn and .tn have them"),
    ("update compute reset merge", "f1core.Accumulator adds up batches, and its compute() gives s"),
)
_RATIOS = {
    "f1": "f1", "f1score": "f1", "f": "f1", "f_score": "f1", "fscore": "f1", "f_1": "f1",
    "dice": "f1",
    "precision": "precision", "prec": "precision", "ppv": "precision", "p": "precision",
    "recall": "recall", "rec": "recall", "sensitivity": "recall", "tpr": "recall", "r": "recall",
    "fbeta": "fbeta", "f_beta": "fbeta", "jaccard": "jaccard", "iou": "jaccard",
    "specificity": "specificity", "tnr": "specificity", "support": "support",
}  # fmt: skip
_KINDS = ("micro", "macro", "weighted", "samples", "binary", "per_class")


def attribute_of(name: str, task: str) -> str | None:
    """Return how `Scores` of a task calls an attribute that another library has, or None.

    Examples
    --------
    >>> attribute_of("macro_f1", "multiclass"), attribute_of("f1_score", "binary")
    ('s.macro.f1', 's.binary.f1 (s.macro.f1, s.micro.f1, s.per_class.f1)')
    """
    plain = _plain(name)
    for kind in _KINDS:
        rest = _without(kind, plain)
        if rest != plain and rest in _RATIOS:
            return f"s.{kind}.{_RATIOS[rest]}"
    if plain in _RATIOS:
        ratio = _RATIOS[plain]
        all_of = [f"s.{kind}.{ratio}" for kind in ("macro", "micro", "per_class")]
        first = [f"s.binary.{ratio}"] if task == "binary" else []
        head, *others = first + all_of
        return f"{head} ({', '.join(others)})"
    for names, expression in _SCORES:
        if plain in names.split() or name in names.split():
            return expression
    return next((hint for names, hint in _ELSEWHERE if plain in names.split()), None)


def ratio_of(name: str) -> str | None:
    """Return this library's name of a ratio: "sensitivity" is the recall."""
    return _RATIOS.get(_plain(name))


def metric_of(name: str, known: Collection[str]) -> str | None:
    """Return a hint for a metric that is asked for by another library's name, or None.

    Examples
    --------
    >>> metric_of("sensitivity", ["f1", "recall"]), metric_of("macro_f1", ["f1", "f1_macro"])
    ("did you mean 'recall'?", "did you mean 'f1_macro'?")
    """
    plain = _plain(name)
    candidates = []
    for kind in _KINDS[:-1]:
        rest = _without(kind, plain)
        if rest != plain and rest in _RATIOS:
            candidates.append(_RATIOS[rest] if kind == "binary" else f"{_RATIOS[rest]}_{kind}")
    if plain in _RATIOS:
        candidates += [_RATIOS[plain], f"{_RATIOS[plain]}_macro"]
    for names, expression in _SCORES:
        if plain in names.split() or name in names.split():
            candidates.append(expression.removeprefix("s."))
    near = next((each for each in candidates if each in known), None)
    if near is not None:
        return f"did you mean {near!r}?"
    return next((hint for names, hint in _ELSEWHERE if plain in names.split()), None)


def _without(kind: str, name: str) -> str:
    """Strip the average that a name begins or ends with: "macro_avg_f1" gives "f1"."""
    rest = name.removeprefix(f"{kind}_").removesuffix(f"_{kind}")
    return rest if rest == name else rest.removeprefix("avg_").removesuffix("_avg")


def _plain(name: str) -> str:
    return name.lower().replace("__", "_").removeprefix("get_").removesuffix("_score")


def nearest(name: str, known: Collection[str]) -> str | None:
    """The known name that is written almost like this one.

    Examples
    --------
    >>> nearest("treshold", ["threshold", "top_k"])
    'threshold'
    """
    import difflib  # 4 ms that a right name never pays

    near = difflib.get_close_matches(name[:100].lower(), list(known), 1, 0.75)
    return near[0] if near else None
