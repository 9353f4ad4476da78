"""score(): arrays in, every average out."""

from __future__ import annotations

from typing import Any, NoReturn

from .count import count_guessed
from .errors import F1Error, refuse_unknown
from .frame_columns import refuse_own_columns
from .inputs import check
from .option_types import Task, Unknown
from .options import make_options, refuse_idle_seed, thread_count
from .row_order import refuse_reordered
from .scores import Scores


def score(
    y_true: Any = None,
    y_pred: Any = None,
    *,
    task: Task | None = None,
    classes: Any = None,
    threshold: Any = 0.5,
    top_k: int | None = None,
    from_logits: bool = False,
    sample_weight: Any = None,
    ignore_index: Any = None,
    average_over: Any = None,
    zero_division: float = 0.0,
    beta: float = 1.0,
    confusion: bool | None = None,
    resamples: int = 0,
    seed: int | None = None,
    cluster: Any = None,
    threads: int | None = None,
    pos_label: Any = None,
    unknown: Unknown = "error",
    **others: NoReturn,
) -> Scores:
    """Precision, recall, F1 and their kin, from probabilities or labels, in one pass.

    Parameters
    ----------
    y_true
        (n,) labels, or (n, C) 0/1 rows: one-hot with task="multiclass", any number of 1s with
        task="multilabel". Arrays of NumPy, torch, JAX, TensorFlow, pandas, polars, Arrow; lists;
        sparse matrices of SciPy, of which a multilabel task reads the cells that are held. Lists
        of names, one a row, such as [["cat", "dog"], [], ["cat"]], with task="multilabel".
        Rows go by position; pandas objects with equal index labels in another order are refused.
    y_pred
        (n,) positive-class probabilities or labels; (n, C) scores, argmax for "multiclass" (the
        first of tied maxima), `> threshold` for "multilabel"; or 0/1 flags,
        or lists of names.
    task
        "binary", "multiclass" or "multilabel"; None reads it off the shapes where they leave no
        doubt.
    classes
        How many classes; or their names in column order, or a dict of names to ids or of ids to
        names (label2id, id2label), in the order of the ids. The columns of a DataFrame, a table or
        a structured array are matched to these by name, whatever their order and what they all
        start or end with: `p_b, p_a` are the classes b and a, `p_0, p_1, p_10` the classes 0, 1
        and 10. Without `classes` they name them; the columns of two frames are matched to each
        other. Other names are refused; `.to_numpy()` goes by position.
    threshold
        In [0, 1], one or one a label, rounded to the scores' own dtype; not for labels. A negative
        one, as -1, is below every probability: 0.0 is above it, and not above 0.
        Probabilities may lie 0.001 outside of [0, 1], as rounding leaves them; what is farther out
        is refused. With one a class a multiclass task predicts the first maximum of p / threshold,
        divided in float64 (0 / 0 is 0): of two classes with t and 1 - t that is p > t.
    top_k
        Each row predicts its k highest-scoring classes, the first of equal ones. Of multiclass
        scores that is 1 by default. Of multilabel scores it stands in the place of `threshold`:
        `micro.precision` is precision@k, and a cell of `ignore_index` takes none of the k places.
        Of sparse scores only those above 0 can be among the k best.
    from_logits
        The scores are logits: the threshold is moved, no sigmoid is computed. The largest logit
        is the largest probability, so that a multiclass task is counted alike; with a threshold
        for each class, the largest logit less the threshold's logarithm is predicted.
    sample_weight
        (n,) finite weights, not negative. A row of weight 0 is checked and counts nowhere: what it
        alone holds is no class.
    ignore_index
        Rows (multilabel: cells) with this target count nowhere; the class leaves the averages.
    average_over
        "present", "all" or a list of classes; by default as scikit-learn: the classes present in
        truth or prediction, for multilabel all.
    zero_division
        What 0/0 is: 0.0, 1.0 or nan (left out of averages).
    beta
        Of F-beta, from 0; 2 weighs recall more.
    confusion
        Keep the (C, C) matrix; by default up to 1,024 classes.
    resamples, seed
        Keep so many Poisson-bootstrap replicas, for `Scores.interval` where the counts alone do
        not tell: averages of multilabel rows, weights, clusters. Without a seed it is always the
        same one (an `Accumulator`, which may be merged with others, draws its own).
    cluster
        (n,) ids (whole numbers from 0, text, UUIDs) of what each row belongs to, such as its video
        or patient: `resamples` then draws whole clusters. Below ten of them intervals are rough.
    threads
        At most so many; by default as many as pay.
    pos_label
        The positive class of a binary task, whose scores (n,) scores are; the other label that
        occurs is the negative one. Without it, and without `classes=[negative, positive]`, that is
        1 if the labels are {0, 1} or {-1, 1} or contain 1; else it has to be said.
    unknown
        What a predicted label that is none of `classes` is, such as a language model's invention
        or refusal. "error" refuses it. "miss" counts a false negative of the true class and a false
        positive of none, and `Scores.unknown` counts such rows; None, NaN and nulls are abstentions
        then, and unknown too. Labels are compared as they are ("Cat" is not "cat"); `classes` must
        be said, and a true label outside of them stays refused. Accuracy, MCC and kappa are those
        of all rows, unknown being one more class that is never true; averages are over `classes`.

    Raises
    ------
    F1Error
        For input that has no clear meaning; the sentence says what would do.

    Examples
    --------
    >>> import f1core
    >>> s = f1core.score([0, 1, 1, 0], [0.1, 0.8, 0.4, 0.3])
    >>> s.binary.precision, s.binary.recall
    (1.0, 0.5)
    >>> ranked = f1core.score([[1, 0, 1]], [[0.9, 0.8, 0.1]], task="multilabel", top_k=2)
    >>> ranked.micro.precision, ranked.micro.recall
    (0.5, 0.5)
    >>> f1core.score(["no", "yes", "yes"], [0.1, 0.8, 0.4], pos_label="yes").binary.recall
    0.5
    >>> answers = ["cat", "a cat!", None, "dog"]
    >>> s = f1core.score(["cat", "cat", "dog", "dog"], answers, classes=["cat", "dog"],
    ...                  unknown="miss")
    >>> s.unknown, s.macro.precision, s.macro.recall
    (2, 1.0, 0.5)
    """
    if others:
        refuse_unknown(others, score, "score")
    options = make_options(
        task,
        classes=classes,
        threshold=threshold,
        top_k=top_k,
        from_logits=from_logits,
        ignore_index=ignore_index,
        average_over=average_over,
        zero_division=zero_division,
        beta=beta,
        confusion=confusion,
        resamples=resamples,
        pos_label=pos_label,
        unknown=unknown,
    )
    if seed is not None:
        refuse_idle_seed(seed, options.resamples)
    exact = options.resamples > 0
    batch = check(y_true, y_pred, options, sample_weight, exact=exact, discover_names=True)
    if cluster is not None:
        refuse_reordered(y_true=y_true, y_pred=y_pred, cluster=cluster)
        refuse_own_columns(y_pred, cluster=cluster)
    if cluster is not None and not options.resamples:
        raise F1Error("cluster needs resamples: resamples=1000 draws whole clusters so often")
    batch, counts = count_guessed(batch, None if threads is None else thread_count(threads))
    if options.resamples:
        from .poisson import Stream, seeded, with_replicas

        drawn = seeded(seed) if cluster is None else Stream(seed).cluster_seed(None)
        counts = with_replicas(counts, batch, drawn, cluster=cluster)
    options = batch.options
    if counts.labels is not None:  # even if the first rows looked binary
        options = options.with_task("multiclass")
    return Scores(counts, options)
