"""Every wrong input gets F1Error and a sentence that lets the user mend it."""

import math

import numpy as np
import pytest

import f1core
from f1core import Accumulator, F1Error, score

N, P = [0, 1, 1], [0.2, 0.9, 0.4]
IDS = [0, 2, 1]
S = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5], [0.1, 0.8, 0.1]])
ONE_HOT = np.eye(3, dtype=int)[IDS]
FLAGS = np.array([[0, 1, 0], [1, 1, 0], [0, 0, 0]])
MULTI = {"task": "multiclass"}
LABELS = {"task": "multilabel"}


def put(array, at, value):
    array = np.array(array, dtype=float)
    array[at] = value
    return array


# id: (y_true, y_pred, options, words of the sentence in order)
ARRAYS = {
    "lengths": (N, P[:2], {}, "y_true has 3 rows, y_pred has 2"),
    "no rows": ([], [], {}, "no rows to score"),
    "all ignored": ([-1, -1], [0.1, 0.2], {"ignore_index": -1, "task": "binary"}, "all were ignored"),
    "weights all 0": (N, P, {"sample_weight": [0, 0, 0]}, "all weights are 0"),
    "three dimensions": (IDS, S[None], MULTI, "y_pred is (1, 3, 3) float64; use one row an item"),
    "three-dimensional truth": (S[None], S, MULTI, "y_true is (1, 3, 3)"),
    "a number": (5, P, {}, "y_true is 5; give an array or a list"),
    "a number in an array": (np.array(5), P, {}, "y_true is 5; give an array or a list"),
    "a string": ("abc", P, {}, "y_true is 'abc'; give an array or a list"),
    "None": (N, None, {}, "y_pred is None; give an array or a list"),
    "a dict": ({"a": 1}, P, {}, "y_true is {'a': 1}; give an array or a list"),
    "ragged lists": (IDS, [[0.5], [0.5, 0.5], [1]], MULTI, "y_pred cannot be read as an array: its rows have different lengths"),
    "ragged objects": (IDS, np.array([[1], [1, 2], [3]], object), MULTI, "y_pred is ragged"),
    "mixed types": ([0, "a", None], P, {}, "y_true has a missing value (None) at entry 2"),
    "strings and numbers": (np.array([0, "a", 1], object), N, {}, "y_true mixes types (int, str)"),
    "missing values": ([0, None, 1], P, {}, "y_true has a missing value (None) at entry 1"),
    "masked values": (np.ma.masked_array(N, [0, 1, 0]), P, {}, "y_true has masked entries"),
    "dates": (np.array(["2020-01-01"] * 3, "M8[D]"), P, {}, "y_true has dtype datetime64[D]; use numbers, booleans or strings"),
    "complex scores": (N, np.array(P) * 1j, {}, "y_pred has dtype complex128"),
    "bytes that are no text": (np.array([b"\xff", b"a", b"b"]), N, {}, "y_true holds bytes that are no UTF-8 text"),
    "two-dimensional truth without a task": (ONE_HOT, S, {}, "y_true is (3, 3) int64: say task='multiclass' (one-hot rows) or task='multilabel'"),
    "swapped shapes": (S, IDS, MULTI, "the arguments look swapped, the truth comes first"),
    "swapped values": (P, N, {}, "y_true holds 0.2, which is no label, and y_pred holds labels: the arguments look swapped"),
    # binary
    "NaN": (N, [0.2, math.nan, 0.4], {}, "y_pred is NaN at row 1"),
    "logits": (N, [0.2, 3.5, 0.4], {}, "y_pred is 3.5 at row 1, outside [0, 1]: if these are logits, say from_logits=True"),
    "negative scores": (N, [0.2, 0.5, -0.5], {"task": "binary"}, "y_pred is -0.5 at row 2, outside [0, 1]"),
    "infinite scores": (N, [0.2, math.inf, 0.4], {}, "y_pred is inf at row 1, outside [0, 1]"),
    "NaN logits": (N, [0.2, math.nan, 0.4], {"from_logits": True}, "y_pred is NaN at row 1"),
    "binary targets": ([0, 2, 1], P, {"task": "binary"}, "y_true is 2 at row 1; binary targets are 0 or 1 (classes=[negative, positive] names others)"),
    "NaN targets": ([0, math.nan, 1], P, {"task": "binary"}, "y_true is NaN at row 1; drop the row, or mark it with ignore_index"),
    "fractional targets": ([0, 0.5, 1], P, {"task": "binary"}, "y_true is 0.5 at row 1"),
    "two columns for binary": (N, S[:, :2], {"task": "binary"}, "y_pred is (3, 2) float64, a binary task needs one column: pass the positive one ([:, 1])"),
    "two columns of binary truth": (ONE_HOT[:, :2], P, {"task": "binary"}, "y_true is (3, 2)"),
    "string targets without classes": (["n", "y", "y"], P, {}, "y_true holds strings ('n'): name the classes in column order, classes=[…]"),
    "a string that is no class": (["n", "y", "z"], P, {"classes": ["n", "y"], "task": "binary"}, "y_true is 'z' at row 2, which is none of the classes ('n', 'y')"),
    "strings for numbers": (["1", "2", "1"], P, {"classes": [1, 2], "task": "binary"}, "y_true holds strings, classes are numbers: (1, 2)"),
    "strings against numbers": (["a", "b", "a"], [0, 1, 0], {}, "labels are strings on both sides or numbers on both"),
    "a number that is no class": ([5, 6, 7], P, {"classes": [5, 6], "task": "binary"}, "y_true is 7 at row 2, which is none of the classes (5, 6)"),
    # multiclass
    "target outside": ([0, 3, 1], S, {}, "y_true is 3 at row 1, outside the 3 classes 0…2 (ignore_index=3 would leave such rows out)"),
    "negative target": ([0, 1, -1], S, {}, "y_true is -1 at row 2, outside the 3 classes"),
    "NaN in a score": (IDS, put(S, (2, 1), math.nan), {}, "y_pred is NaN at row 2, column 1"),
    "NaN in a target": ([0, math.nan, 1], S, {}, "y_true is NaN at row 1"),
    "width": (IDS, S[:, :2], MULTI | {"classes": 3}, "y_pred has 2 columns, there are 3 classes"),
    "no columns": (IDS, S[:, :0], MULTI, "y_pred is (3, 0) float64; it has no columns"),
    "one-hot width": (ONE_HOT[:, :2], S, MULTI, "y_true has 2 columns, y_pred has 3"),
    "two ones in a row": ([[1, 0, 0], [1, 1, 0], [0, 0, 1]], S, MULTI, "y_true at row 1 is [1, 1, 0], not a one-hot row (a single 1, the rest 0); several 1s in a row are task='multilabel'"),
    "no one in a row": (put(ONE_HOT, (2, 1), 0), S, MULTI, "y_true at row 2 is [0.0, 0.0, 0.0], not a one-hot row"),
    "soft targets": (put(ONE_HOT, (0, 0), 0.9), S, MULTI, "y_true at row 0 is [0.9, 0.0, 0.0], not a one-hot row"),
    "one-hot strings": ([["a", "b"], ["c", "d"]], [[0.5, 0.5], [0.5, 0.5]], MULTI, "y_true"),
    "string scores": (IDS, S.astype(str), MULTI, "scores are numbers, labels are one a row"),
    "fractions for labels": (IDS, P, MULTI, "y_pred is (3,) float64 with fractions; a multiclass task needs scores of shape (n, C)"),
    "label outside": (IDS, [0, 1, 7], MULTI | {"classes": 3}, "y_pred is 7 at row 2, which is outside the 3 classes 0…2"),
    "label that is no class": (["a", "b", "a"], ["a", "b", "c"], MULTI | {"classes": ["a", "b"]}, "y_pred is 'c' at row 2, which is none of the classes ('a', 'b')"),
    "NaN label": (IDS, [0, math.nan, 1], MULTI | {"classes": 3}, "y_pred is NaN at row 1"),
    "NaN among open labels": (IDS, [0, math.nan, 1], MULTI, "y_pred is NaN at row 1"),
    "NaN among open targets": ([0, math.nan, 2], [0, 1, 1], MULTI, "y_true is NaN at row 1"),
    "fraction among open targets": ([0.5, 1.0, 2.0], [0.0, 1.0, 1.0], MULTI, "y_true is 0.5 at row 0"),
    "infinite label": (IDS, [0, math.inf, 1], MULTI, "y_pred is inf at row 1"),
    "huge label": (np.uint64([2**63, 1]), [1, 2], {}, "y_true holds 9223372036854775808; labels are less than 2**63"),
    "huge floating label": ([1e300, 1.0], [1.0, 2.0], MULTI, "y_true is 1e+300 at row 0; labels are whole numbers"),
    "top_k of labels": (IDS, IDS, MULTI | {"top_k": 2}, "top_k=2 needs scores of shape (n, C), y_pred holds labels"),
    "top_k beyond the columns": (IDS, S, {"top_k": 4}, "top_k is 4, y_pred has only 3 columns"),
    "one-hot truth of other width": (ONE_HOT, IDS, MULTI | {"classes": 4}, "y_true has 3 columns, there are 4 classes"),
    # multilabel
    "one label a row": (FLAGS[:, 0], S[:, 0], LABELS, "y_true is (3,) int64; a multilabel task needs one column a label (reshape(-1, 1) for a single one)"),
    "one score a row": (FLAGS, S[:, 0], LABELS, "y_pred is (3,) float64; a multilabel task needs one column a label"),
    "label widths": (FLAGS[:, :2], S, LABELS, "y_true has 2 columns, y_pred has 3"),
    "labels and classes": (FLAGS, S, LABELS | {"classes": 4}, "y_pred has 3 columns, there are 4 classes"),
    "no labels": (FLAGS[:, :0], S[:, :0], LABELS, "it has no columns"),
    "multilabel targets": (FLAGS * 2, S, LABELS, "y_true is 2 at row 0, column 1; multilabel targets are 0 or 1"),
    "multilabel NaN targets": (put(FLAGS, (1, 2), math.nan), S, LABELS, "y_true is NaN at row 1, column 2"),
    "multilabel flags": (FLAGS, FLAGS * 3, LABELS, "y_pred is 3 at row 0, column 1; whole-numbered multilabel predictions are flags, 0 or 1"),
    "multilabel logits": (FLAGS, S * 9, LABELS, "y_pred is 8.1 at row 0, column 0, outside [0, 1]: if these are logits, say from_logits=True"),
    "multilabel NaN": (FLAGS, put(S, (1, 2), math.nan), LABELS, "y_pred is NaN at row 1, column 2"),
    "multilabel strings": (FLAGS.astype(str), S, LABELS, "multilabel arrays hold 0 and 1"),
    "thresholds": (FLAGS, S, LABELS | {"threshold": [0.5, 0.5]}, "threshold has 2 values, y_pred has 3 columns"),
    # weights
    "weights' length": (N, P, {"sample_weight": [1, 1]}, "sample_weight is (2,) int64, there are 3 rows"),
    "weights' shape": (N, P, {"sample_weight": S}, "sample_weight is (3, 3) float64, there are 3 rows"),
    "negative weight": (N, P, {"sample_weight": [1, -1, 1]}, "sample_weight is -1 at row 1; weights are finite, not below 0"),
    "NaN weight": (N, P, {"sample_weight": [1, 1, math.nan]}, "sample_weight is nan at row 2; weights are finite"),
    "infinite weight": (N, P, {"sample_weight": [1, 1, math.inf]}, "sample_weight is inf at row 2; weights are finite"),
    "string weight": (N, P, {"sample_weight": ["a", "b", "c"]}, "sample_weight has dtype <U1; weights are numbers"),
    "weights whose sum is infinite": (N, P, {"sample_weight": [1e308, 1e308, 1e308]}, "sample_weight has a sum beyond float64"),
    # ignore_index
    "a word to ignore among numbers": (N, P, {"ignore_index": "gone"}, "ignore_index is 'gone', y_true holds numbers"),
    "a number to ignore among words": (["a", "b"], ["a", "a"], {"ignore_index": -1}, "ignore_index is -1, y_true holds strings"),
    "a word to ignore among labels": (FLAGS, S, LABELS | {"ignore_index": "gone"}, "ignore_index is 'gone', y_true holds numbers"),
}  # fmt: skip


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("name", ARRAYS)
def test_wrong_arrays(name):
    y_true, y_pred, options, words = ARRAYS[name]
    with pytest.raises(F1Error) as caught:
        score(y_true, y_pred, **options)
    assert caught.type is F1Error
    assert words in str(caught.value)


OPTIONS = {
    "task": ({"task": "multi-class"}, "task is 'multi-class'; use one of 'binary', 'multiclass', 'multilabel' (did you mean 'multiclass'?)"),
    "task number": ({"task": 3}, "task is 3; use one of"),
    "threshold high": ({"threshold": 1.5}, "threshold is 1.5, outside [0, 1]"),
    "threshold low": ({"threshold": -0.1}, "threshold is -0.1, outside [0, 1]"),
    "threshold NaN": ({"threshold": math.nan}, "threshold is nan, outside [0, 1]"),
    "threshold text": ({"threshold": "half"}, "threshold is 'half'; give a number in [0, 1], or one for each label"),
    "threshold None": ({"threshold": None}, "threshold is None; give a number"),
    "threshold huge": ({"threshold": 10**400}, "threshold is"),
    "threshold nested": ({"threshold": [[0.5]]}, "threshold is [[0.5]]; give a number in [0, 1]"),
    "threshold set": ({"threshold": {0.5, 0.6}}, "threshold is {"),
    "threshold list": ({"task": "multiclass", "threshold": [0.5, 0.5]}, "threshold is a list, which is for multilabel; the task is multiclass"),
    "threshold list for binary": ({"threshold": [0.5, 0.5]}, "threshold is a list, which is for multilabel"),
    "threshold count": ({"task": "multilabel", "classes": 3, "threshold": [0.5, 0.5]}, "threshold has 2 values for 3 labels: give one number, or one for each label"),
    "threshold complex": ({"threshold": np.complex128(0.5)}, "threshold is"),
    "top_k zero": ({"top_k": 0}, "top_k is 0; give a whole number from 1"),
    "top_k fraction": ({"top_k": 1.5}, "top_k is 1.5; give a whole number from 1"),
    "top_k flag": ({"top_k": True}, "top_k is True; give a whole number from 1"),
    "top_k for binary": ({"task": "binary", "top_k": 2}, "top_k=2 is for multiclass scores, the task is binary"),
    "top_k for multilabel": ({"task": "multilabel", "top_k": 2}, "top_k=2 is for multiclass scores, the task is multilabel"),
    "top_k beyond classes": ({"classes": 3, "top_k": 4, "task": "multiclass"}, "top_k is 4, there are only 3 classes"),
    "top_k with confusion": ({"top_k": 2, "confusion": True}, "confusion=True needs one predicted class a row: use top_k=1"),
    "from_logits": ({"from_logits": "yes"}, "from_logits is 'yes'; use True or False"),
    "confusion": ({"confusion": 1}, "confusion is 1; use True or False"),
    "zero_division": ({"zero_division": 0.5}, "zero_division is 0.5; use 0.0, 1.0 or nan"),
    "zero_division text": ({"zero_division": "warn"}, "zero_division is 'warn'; use 0.0, 1.0 or nan"),
    "zero_division huge": ({"zero_division": 10**400}, "zero_division is"),
    "beta negative": ({"beta": -1}, "beta is -1; give a number from 0 (2 weighs recall more)"),
    "beta NaN": ({"beta": math.nan}, "beta is nan; give a number from 0"),
    "beta text": ({"beta": "2"}, "beta is '2'; give a number from 0"),
    "beta None": ({"beta": None}, "beta is None; give a number from 0"),
    "beta array": ({"beta": np.array([1.0])}, "beta is array([1.]); give a number from 0"),
    "classes zero": ({"classes": 0}, "classes is 0; a count of classes is at least 1"),
    "classes flag": ({"classes": True}, "classes is True; a count of classes is at least 1"),
    "classes fraction": ({"classes": 2.5}, "classes is 2.5; give a count or a list of names"),
    "classes string": ({"classes": "ab"}, "classes is the string 'ab'; give a count or a list of names"),
    "classes bytes": ({"classes": b"ab"}, "classes is b'ab'; give a count or a list of names"),
    "classes empty": ({"classes": []}, "classes is empty; name at least one class"),
    "classes twice": ({"classes": ["a", "b", "a"]}, "classes names 'a' twice"),
    "classes mixed": ({"classes": ["a", 1]}, "classes mixes strings and numbers; name all classes in one way"),
    "classes odd": ({"classes": ["a", None]}, "classes holds None; names are strings or whole numbers"),
    "classes nested": ({"classes": [["a"], ["b"]]}, "classes holds ['a']; names are strings or whole numbers"),
    "classes fractions": ({"classes": [0.5, 1.5]}, "classes holds 0.5"),
    "classes NaN": ({"classes": [0.0, math.nan]}, "classes holds nan"),
    "classes beyond int64": ({"classes": [0, 2**63]}, "classes holds 9223372036854775808"),
    "classes set": ({"classes": {"a", "b"}}, "classes is {"),
    "classes for binary": ({"task": "binary", "classes": 3}, "classes has 3 entries, a binary task has 2: the negative one first"),
    "too many classes": ({"task": "multiclass", "classes": 10**15}, "classes is 1000000000000000; at most 100,000,000"),
    "ignore_index fraction": ({"ignore_index": 0.5}, "ignore_index is 0.5; give the target value that counts nowhere"),
    "ignore_index list": ({"ignore_index": [1]}, "ignore_index is [1]; give the target value"),
    "average_over text": ({"average_over": "presnt"}, "average_over is 'presnt'; use one of 'present', 'all' (did you mean 'present'?) or a list of classes"),
    "average_over number": ({"average_over": 3}, "average_over is 3; use 'present', 'all' or a list of classes"),
    "average_over empty": ({"average_over": []}, "average_over is []; list at least one class, each once"),
    "average_over twice": ({"average_over": [1, 1]}, "average_over is [1, 1]; list at least one class, each once"),
    "average_over nested": ({"average_over": [[0], [1]]}, "average_over"),
    "average_over no class": ({"average_over": [0, 9], "classes": 3, "task": "multiclass"}, "average_over holds 9, which is not a class"),
    "average_over no name": ({"average_over": ["c"], "classes": ["a", "b"]}, "average_over holds 'c', which is not a class"),
    "average_over twice in other words": ({"average_over": ["a", 0], "classes": ["a", "b"]}, "average_over holds 0"),
    "average_over a number that is no name": ({"average_over": [0], "classes": [1, 2]}, "average_over holds 0, which is not a class"),
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIONS)
def test_wrong_options(name):
    options, words = OPTIONS[name]
    with pytest.raises(F1Error) as caught:
        score(N, [0, 1, 0], **options)
    assert caught.type is F1Error
    assert words in str(caught.value)


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", True, [1]], ids=repr)
def test_wrong_threads(threads):
    for call in (
        lambda: score(N, P, threads=threads),
        lambda: Accumulator("binary", threads=threads),
    ):
        with pytest.raises(F1Error, match="threads is .*; give a whole number from 1"):
            call()


BINARY = score(N, P)
MULTICLASS = score(IDS, S)
TOP = score(IDS, S, top_k=2)
MULTILABEL = score(FLAGS, S, task="multilabel")
OPEN = score([3, 5], [3, 3], average_over=[3, 7])

SCORES = {
    "binary of multiclass": (lambda: MULTICLASS.binary, "binary averages are for binary tasks, this one is multiclass"),
    "samples of binary": (lambda: BINARY.samples, "samples averages are for multilabel tasks, this one is binary"),
    "mcc of multilabel": (lambda: MULTILABEL.mcc, "mcc needs one class a row, this task is multilabel"),
    "kappa of multilabel": (lambda: MULTILABEL.kappa, "kappa needs one class a row"),
    "balanced accuracy of top-k": (lambda: TOP.balanced_accuracy, "balanced_accuracy needs one predicted class a row, top_k is 2"),
    "confusion of top-k": (lambda: TOP.confusion, "confusion needs one predicted class a row, top_k is 2"),
    "hamming loss of top-k": (lambda: TOP.hamming_loss, "hamming_loss needs one predicted class a row"),
    "confusion not kept": (lambda: score(IDS, S, confusion=False).confusion, "the confusion matrix of 3 classes was not kept; confusion=True keeps it"),
    "normalize": (lambda: BINARY.confusion_matrix(normalize="row"), "normalize is 'row'; use one of 'true', 'pred', 'all'"),
    "normalize an array": (lambda: BINARY.confusion_matrix(normalize=np.ones(2)), "normalize is array"),
    "metric": (lambda: BINARY.metric("f1_makro"), "metric is 'f1_makro'; use one of"),
    "metric hint": (lambda: BINARY.metric("f1_makro"), "did you mean 'f1_macro'?"),
    "metric of another task": (lambda: MULTICLASS.metric("f1"), "binary averages are for binary tasks, this one is multiclass"),
    "metric number": (lambda: BINARY.metric(3), "metric is 3; use one of"),
    "average over what is no class": (lambda: OPEN.macro, "average_over holds 7, which is not a class"),
    "nothing left": (lambda: score([0, 1], [0, 0], ignore_index=1, average_over=[1], classes=2).macro, "no class is left to average over"),
}  # fmt: skip


@pytest.mark.parametrize("name", SCORES)
def test_what_scores_cannot_say(name):
    call, words = SCORES[name]
    with pytest.raises(F1Error) as caught:
        call()
    assert words in str(caught.value)


def test_an_accumulator_wants_a_task():
    with pytest.raises(F1Error, match="task is None; say binary, multiclass or multilabel"):
        Accumulator(None)


def test_the_error_is_a_value_error():
    assert issubclass(F1Error, ValueError)
    assert f1core.F1Error is F1Error


class Unshown:
    def __repr__(self):
        raise RuntimeError("no repr")


@pytest.mark.parametrize("name", ["task", "classes", "threshold", "top_k", "beta", "average_over"])
def test_what_cannot_be_shown_is_refused_all_the_same(name):
    for value in (Unshown(), [Unshown()], -(10**5000)):
        with pytest.raises(F1Error, match=name):
            score(N, [0, 1, 0], **{name: value})


def test_long_values_are_cut_short():
    with pytest.raises(F1Error) as caught:
        score(N, P, task="x" * 10_000)
    assert len(str(caught.value)) < 200
