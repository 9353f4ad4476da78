"""No option is swallowed: each changes what is found, or is refused with a sentence."""

# ruff: noqa: E501 - a row holds a whole sentence

import copy
import pickle

import numpy as np
import pytest

import f1core
from f1core import Accumulator, BinnedThresholds, F1Error, best_threshold, compare, curve, score
from f1core.errors import UnknownAttribute, UnknownOption

RNG = np.random.default_rng(11)
N, C = 90, 4
IDS = np.append([0, 1, 2], RNG.integers(0, 3, N - 3))  # class 3 never occurs
SCORES = (RNG.random((N, C)) * [1, 1, 1, 0.01] + 0.3 * np.eye(C)[IDS]).clip(0, 1)
FLAGS = (RNG.random((N, C)) < 0.4).astype(int) * [1, 1, 1, 0]
PROBS = (RNG.random((N, C)) * [1, 1, 1, 0.2] + 0.2 * FLAGS).clip(0, 1)
# What a task and a kind of prediction are made of: truth, prediction, and what must be said.
KINDS = {
    "binary scores": (FLAGS[:, 0], PROBS[:, 0], {}),
    "binary scores, said": (FLAGS[:, 0], PROBS[:, 0], {"task": "binary"}),
    "binary labels": (FLAGS[:, 0], (PROBS[:, 0] > 0.5).astype(int), {}),
    "binary words": (
        np.where(FLAGS[:, 0], "yes", "no"), np.where(PROBS[:, 0] > 0.5, "yes", "no"),
        {"task": "binary", "pos_label": "yes"},
    ),
    "multiclass scores": (IDS, SCORES, {}),
    "one-hot rows": (np.eye(C, dtype=int)[IDS], SCORES, {"task": "multiclass"}),
    "multiclass labels": (IDS, SCORES.argmax(axis=1), {}),
    "multiclass words": (np.array(list("abcd"))[IDS], np.array(list("abcd"))[SCORES.argmax(1)], {}),
    "multilabel scores": (FLAGS, PROBS, {"task": "multilabel"}),
    "multilabel flags": (FLAGS, (PROBS > 0.5).astype(int), {"task": "multilabel"}),
}  # fmt: skip
OPTIONS = {
    "threshold": [0.3, 0.7, [0.3, 0.4, 0.5, 0.6]],
    "top_k": [2],
    "from_logits": [True],
    "ignore_index": [0, 1, "no", "a", -7],
    "average_over": ["all", "present", [1], [0, 3], ["a", "b"], ["yes"]],
    "beta": [2.0, 0.5],
    "confusion": [False, True],
    "resamples": [30],
    "seed": [5],
    "pos_label": [0, "no"],
    "unknown": ["miss"],
    "classes": [7, ["x", "y"], ["no", "yes"], ["yes", "no"], list("dcba"), list("wxyz")],
}
CASES = [
    (kind, name, value) for kind in KINDS for name, values in OPTIONS.items() for value in values
]


def seen(scores):
    """Everything that a user sees of scores."""
    found = {name: repr(value) for name, value in scores.to_dict().items()}
    found |= {"classes": scores.classes, "task": scores.task, "total": scores.total}
    for name, look in {
        "confusion": lambda: scores.confusion.tolist(),
        "interval": lambda: scores.interval("accuracy", method="bootstrap", resamples=20, seed=1),
    }.items():
        try:
            found[name] = look()
        except F1Error as error:
            found[name] = str(error)
    return found


def by_score(y, p, **options):
    return seen(score(y, p, **options))


def by_accumulator(y, p, **options):
    task = options.pop("task", None) or score(y, p, **options).task
    a = Accumulator(task, **options)
    for rows in np.array_split(np.arange(N), 3):
        a.update(y[rows], p[rows])
    return seen(a.compute())


def by_group(y, p, **options):
    return {
        name: seen(scores) for name, scores in f1core.score_by(np.arange(N) % 2, y, p, **options).items()
    }  # fmt: skip


def changes_nothing(kind, name, value):
    """What says something that is so anyway."""
    return (
        # The largest logit is the largest probability.
        (name == "from_logits" and kind in ("multiclass scores", "one-hot rows"))
        # A target that does not occur is ignored wherever it will.
        or (name == "ignore_index" and value == -7 and "words" not in kind)
        or (
            name == "ignore_index"
            and (kind, value) in (("binary words", "a"), ("multiclass words", "no"))
        )
        or (name == "confusion" and value is True and "multilabel" not in kind)
        or (name == "confusion" and value is False and "multilabel" in kind)
        # The default, said aloud.
        or (name == "average_over" and value == ("all" if "multilabel" in kind else "present"))
        or (
            name == "average_over"
            and value == "all"
            and kind not in ("multiclass scores", "one-hot rows")
        )
        or (name == "classes" and value == ["no", "yes"] and kind == "binary words")
        or (name == "classes" and value == ["yes", "no"] and kind == "binary words")
    )


@pytest.mark.parametrize("way", [by_score, by_accumulator, by_group])
@pytest.mark.parametrize(("kind", "name", "value"), CASES, ids=str)
def test_every_option_changes_something_or_is_refused(way, kind, name, value):
    y, p, said = KINDS[kind]
    usual = way(y, p, **said)
    try:
        found = way(y, p, **{**said, name: value})
    except F1Error:
        return
    assert (found == usual) == changes_nothing(kind, name, value)


@pytest.mark.parametrize("way", [by_score, by_accumulator, by_group])
@pytest.mark.parametrize("kind", KINDS)
def test_zero_division_is_what_nothing_over_nothing_is(way, kind):
    y, p, said = KINDS[kind]
    p = np.full_like(p, np.sort(p, axis=None)[0])
    assert way(y, p, **said) != way(y, p, zero_division=1.0, **said)


def test_a_threshold_is_for_scores_that_are_cut():
    y, labels = [0, 1, 2], [0, 1, 1]
    for refused in (
        lambda: score(y, np.eye(3), threshold=0.3),
        lambda: score(y, labels, threshold=0.3),
        lambda: score([0, 1], [0, 1], threshold=0.3),
        lambda: score([[0, 1]], [[0, 1]], task="multilabel", threshold=0.3),
        lambda: score([[0, 1]], [[0, 1]], task="multilabel", threshold=[0.5, 0.5]),
        lambda: Accumulator("multiclass", classes=3, threshold=0.3),
        lambda: Accumulator("binary", threshold=0.3).update([0, 1], [0, 1]),
        lambda: compare([0, 1], [0, 1], [1, 1], metric="f1", threshold=0.3),
    ):
        with pytest.raises(F1Error, match="threshold="):
            refused()
    for refused in (
        lambda: score([0, 1], [0, 1], from_logits=True),
        lambda: score(y, labels, from_logits=True),
        lambda: score([[0, 1]], [[0, 1]], task="multilabel", from_logits=True),
    ):
        with pytest.raises(F1Error, match="from_logits=True is for scores"):
            refused()


def test_compare_uses_a_threshold_on_the_side_that_has_scores():
    y = FLAGS[:, 0]
    hard = (PROBS[:, 0] > 0.3).astype(int)
    for a, b in ((PROBS[:, 0], hard), (hard, PROBS[:, 0])):
        assert compare(y, a, b, metric="f1", threshold=0.3, seed=0).difference == 0.0
        assert compare(y, a, b, metric="f1", seed=0).difference != 0.0


@pytest.mark.parametrize("kind", ["binary scores", "multiclass words", "multilabel scores"])
def test_groups_keep_resamples_as_their_rows_alone_would(kind):
    y, p, said = KINDS[kind]
    by = f1core.score_by(np.arange(N) % 3, y, p, resamples=50, seed=4, **said)
    for group, scores in by.items():
        alone = score(y[group::3], p[group::3], resamples=50, seed=4, **said)
        assert scores.interval("f1_macro") == alone.interval("f1_macro")
    assert len({scores.interval("f1_macro") for scores in by.values()}) == 3


def test_a_seed_needs_resamples():
    for call in (
        lambda: score([0, 1], [0, 1], seed=1),
        lambda: Accumulator("binary", seed=1),
        lambda: f1core.score_by([0, 0], [0, 1], [0, 1], seed=1),
    ):
        with pytest.raises(F1Error, match="seed=1 is for resamples, and none are kept"):
            call()


def test_a_binary_threshold_has_no_average():
    binned = BinnedThresholds("binary")
    binned.update(FLAGS[:, 0], PROBS[:, 0])
    for options in ({"average": "micro"}, {"shared": True}, {"average_over": [1]}):
        for call in (
            lambda **o: best_threshold(FLAGS[:, 0], PROBS[:, 0], **o),
            binned.best_threshold,
        ):
            with pytest.raises(F1Error, match=r"is for the labels of a multilabel task"):
                call(**options)


def test_one_hot_padding_is_ignored():
    y = np.eye(3, dtype=int)[[0, 1, 2, 1]]
    y[2] = -100
    s = score(y, np.eye(3)[[0, 1, 1, 2]], task="multiclass", ignore_index=-100)
    assert s.total == 3
    assert s.accuracy == 2 / 3


# ---- names that other libraries have -----------------------------------------------------

FOREIGN = {
    "average": "s.macro.f1", "averaging": "s.macro.f1", "labels": "classes=", "target_names": "classes=",
    "num_classes": "classes=", "n_classes": "classes=", "num_labels": "classes=", "class_names": "classes=",
    "y_prob": "y_pred", "y_score": "y_pred", "y_hat": "y_pred", "preds": "y_pred", "pred": "y_pred",
    "target": "y_true", "true": "y_true", "normalize": "s.confusion_matrix(normalize='true')",
    "multilabel": "task=", "sample_weights": "sample_weight=", "weights": "sample_weight=",
    "weight": "sample_weight=", "cutoff": "threshold=", "cut_off": "threshold=", "thresholds": "threshold=",
    "topk": "top_k=", "k": "top_k=", "logits": "from_logits=True", "ignore_class": "ignore_index=",
    "absent": "average_over=", "metric": "s.metric('f1_macro')", "n_bootstraps": "resamples=",
    "n_resamples": "resamples=", "random_state": "seed=", "n_jobs": "threads=", "positive_class": "pos_label=",
    "treshold": "did you mean threshold=?", "clases": "did you mean classes=?", "Average": "s.macro.f1",
    "xyz": "its options are y_true, y_pred, task",
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_name_is_told_what_does_the_same(name):
    with pytest.raises(UnknownOption) as caught:
        score([0, 1], [0.2, 0.9], **{name: 1})
    assert isinstance(caught.value, F1Error)
    assert isinstance(caught.value, TypeError)
    assert f"score has no option {name}=" in str(caught.value)
    assert FOREIGN[name] in str(caught.value)


def test_arrays_under_foreign_names_are_told_ours():
    for call, words in (
        (lambda: score(y_true=[0, 1], y_prob=[0.2, 0.9]), "y_pred"),
        (lambda: score(target=[0, 1], preds=[0.2, 0.9]), "y_true"),
        (lambda: Accumulator("binary").update(target=[0, 1], preds=[0.2, 0.9]), "y_true"),
        (lambda: curve(y_true=[0, 1], y_score=[0.2, 0.9]), "y_prob"),
        (lambda: best_threshold([0, 1], probas=[0.2, 0.9]), "y_prob"),
        (lambda: score([0, 1]), "y_pred is None; give an array"),
        (lambda: score(), "y_true is None; give an array"),
        (lambda: compare([0, 1], [0, 1], [0, 1]), "metric is None"),
    ):
        with pytest.raises(F1Error) as caught:
            call()
        assert words in str(caught.value)


def test_every_public_function_refuses_what_it_does_not_know():
    y, p = [0, 1, 1, 0], [0.1, 0.8, 0.4, 0.3]
    s, a, b = score(y, p), Accumulator("binary"), BinnedThresholds("binary")
    a.update(y, p)
    b.update(y, p)
    for call in (
        lambda **o: score(y, p, **o),
        lambda **o: Accumulator("binary", **o),
        lambda **o: a.update(y, p, **o),
        lambda **o: f1core.score_by(y, y, p, **o),
        lambda **o: compare(y, p, p, metric="f1", **o),
        lambda **o: best_threshold(y, p, **o),
        lambda **o: curve(y, p, **o),
        lambda **o: BinnedThresholds("binary", **o),
        lambda **o: b.update(y, p, **o),
        b.best_threshold,
        b.curve,
        b.ranking,
        b.calibration,
        lambda **o: f1core.calibration(y, p, **o),
        lambda **o: s.interval("f1", **o),
        lambda **o: f1core.plots.threshold(y, p, ax=None, **o),
        lambda **o: f1core.plots.roc(y, p, **o),
        lambda **o: f1core.plots.precision_recall(y, p, **o),
        lambda **o: f1core.plots.reliability(f1core.calibration(y, p), **o),
        lambda **o: f1core.plots.confusion(s, **o),
        lambda **o: f1core.plots.per_class(s, **o),
        lambda **o: f1core.files.score("none.csv", target="y", **o),
        lambda **o: f1core.files.report("none.csv", "none.html", target="y", **o),
        lambda **o: s.report("none.html", **o),
    ):
        for name in ("averages", "xyz", "num_classes", "digits"):
            with pytest.raises(UnknownOption, match=f"has no option {name}="):
                call(**{name: 1})


ATTRIBUTES = {
    "f1": "s.macro.f1", "macro_f1": "s.macro.f1", "f1_macro": "s.macro.f1", "precision": "s.macro.precision",
    "f1_score": "s.macro.f1", "support": "s.per_class.support", "roc_auc": "f1core.curve(y_true, y_prob)",
    "confusionmatrix": "s.confusion", "as_dict": "s.to_dict()", "f1_weighted": "s.weighted.f1",
    "sensitivity": "s.macro.recall", "accuracy_score": "s.accuracy", "macr": "did you mean macro?",
    "micro_precision": "s.micro.precision", "labels": "s.classes", "xyz": "there are accuracy",
}  # fmt: skip


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_foreign_attribute_is_told_what_does_the_same(name):
    s = score([0, 1, 2], [0, 1, 1])
    with pytest.raises(UnknownAttribute) as caught:
        getattr(s, name)
    assert isinstance(caught.value, F1Error)
    assert isinstance(caught.value, AttributeError)
    assert ATTRIBUTES[name] in str(caught.value)
    assert not hasattr(s, name)
    assert getattr(s, name, 5) == 5


def test_scores_of_a_binary_task_name_the_positive_class_first():
    with pytest.raises(UnknownAttribute, match=r"s\.binary\.f1 \(s\.macro\.f1"):
        score([0, 1, 1], [0, 1, 0]).f1  # noqa: B018
    with pytest.raises(UnknownAttribute, match=r"did you mean f1\?"):
        score([0, 1, 1], [0, 1, 0]).macro.f1_score  # noqa: B018
    with pytest.raises(UnknownAttribute, match=r"a\.compute\(\) has it, s\.binary\.f1"):
        Accumulator("binary").f1  # noqa: B018


def test_private_names_are_plainly_absent():
    s = score([0, 1, 1], [0, 1, 0])
    for one in (s, s.macro, Accumulator("binary")):
        for name in ("_repr_png_", "__array__", "__len__", "_ipython_display_", "_x"):
            assert not hasattr(one, name)
            with pytest.raises(AttributeError) as caught:
                getattr(one, name)
            assert not isinstance(caught.value, F1Error)
        assert copy.deepcopy(one) is not one
        assert type(pickle.loads(pickle.dumps(one))) is type(one)
    assert copy.copy(s).to_dict() == pickle.loads(pickle.dumps(s)).to_dict() == s.to_dict()
