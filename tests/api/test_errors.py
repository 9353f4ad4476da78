"""Every wrong array gets F1Error and a sentence that lets the user mend it."""

# ruff: noqa: E501 - a row holds a whole sentence

import math

import numpy as np
import pytest

from f1core import F1Error, score

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
    "mixed types": ([0, "a", None], P, {}, "y_true has a missing value (None) at row 2"),
    "strings and numbers": (np.array([0, "a", 1], object), N, {}, "y_true mixes types: number (0) at row 0, string ('a') at row 1"),
    "missing values": ([0, None, 1], P, {}, "y_true has a missing value (None) at row 1"),
    "masked values": (np.ma.masked_array(N, [0, 1, 0]), P, {}, "y_true is masked at row 1"),
    "dates": (np.array(["2020-01-01"] * 3, "M8[D]"), P, {}, "y_true has dtype datetime64[D]; use numbers, booleans or strings"),
    "complex scores": (N, np.array(P) * 1j, {}, "y_pred has dtype complex128"),
    "bytes that are no text": (np.array([b"\xff", b"a", b"b"]), N, {}, "y_true holds bytes that are no UTF-8 text"),
    "two-dimensional truth without a task": (ONE_HOT, S, {}, "y_true is (3, 3) int64: say task='multiclass' (one-hot rows) or task='multilabel'"),
    "swapped shapes": (S, IDS, MULTI, "the arguments look swapped, y_true is the truth"),
    "swapped values": (P, N, {}, "y_true holds 0.2, which is no label, and y_pred holds labels: the arguments look swapped"),
    # binary
    "NaN": (N, [0.2, math.nan, 0.4], {}, "y_pred is NaN at row 1"),
    "logits": (N, [0.2, 3.5, 0.4], {}, "y_pred is 3.5 at row 1, outside [0, 1]: if these are logits, say from_logits=True"),
    "negative scores": (N, [0.2, 0.5, -0.5], {"task": "binary"}, "y_pred is -0.5 at row 2, outside [0, 1]"),
    "infinite scores": (N, [0.2, math.inf, 0.4], {}, "y_pred is inf at row 1, outside [0, 1]"),
    "NaN logits": (N, [0.2, math.nan, 0.4], {"from_logits": True}, "y_pred is NaN at row 1"),
    "binary targets": ([0, 2, 1], P, {"task": "binary"}, "y_true is 2 at row 1, a third label beside 0 and 1; a binary task has two (classes=[negative, positive] names them, task='multiclass' counts more)"),
    "NaN targets": ([0, math.nan, 1], P, {"task": "binary"}, "y_true is NaN at row 1; drop the row, or mark it with ignore_index"),
    "fractional targets": ([0, 0.5, 1], P, {"task": "binary"}, "y_true is 0.5 at row 1"),
    "two columns for binary": (N, S[:, :2], {"task": "binary"}, "y_pred is (3, 2) float64, a binary task needs one column: pass that of the positive class ([:, 1] where it is the second)"),
    "two columns of binary truth": (ONE_HOT[:, :2], P, {"task": "binary"}, "y_true is (3, 2)"),
    "string targets without classes": (["n", "y", "y"], P, {}, "the labels are 'n' and 'y', and nothing says which one is positive: pos_label='y' or pos_label='n' does, or classes=[negative, positive]"),
    "a string that is no class": (["n", "y", "z"], P, {"classes": ["n", "y"], "task": "binary"}, "y_true is 'z' at row 2, which is none of the classes ('n', 'y')"),
    "strings for numbers": (["1", "2", "1"], P, {"classes": [1, 2], "task": "binary"}, "y_true holds strings, classes are numbers: (1, 2)"),
    "strings against numbers": (["a", "b", "a"], [0, 1, 0], {}, "labels are strings on both sides or numbers on both"),
    "a number that is no class": ([5, 6, 7], P, {"classes": [5, 6], "task": "binary"}, "y_true is 7 at row 2, which is none of the classes (5, 6)"),
    # multiclass
    "target outside": ([0, 3, 1], S, {}, "y_true is 3 at row 1, outside the 3 classes 0…2: labels are 0…2, or those that classes=[…] names in column order"),
    "negative target": ([0, 1, -1], S, {}, "y_true is -1 at row 2, outside the 3 classes"),
    "NaN in a score": (IDS, put(S, (2, 1), math.nan), {}, "y_pred is NaN at row 2, column 1"),
    "NaN in a target": ([0, math.nan, 1], S, {}, "y_true is NaN at row 1"),
    "NaN after an ignored row": ([0, -1, 1], put(put(S, (1, 0), math.nan), (2, 1), math.nan), {"ignore_index": -1}, "y_pred is NaN at row 2, column 1"),
    "target after an ignored row": ([0, -1, 3], S, {"ignore_index": -1}, "y_true is 3 at row 2, outside the 3 classes"),
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
    "string weight": (N, P, {"sample_weight": ["a", "b", "c"]}, "sample_weight holds strings; weights are numbers"),
    "weights whose sum is infinite": (N, P, {"sample_weight": [1e308, 1e308, 1e308]}, "sample_weight has a sum beyond float64"),
    # ignore_index
    "a word to ignore among numbers": (N, P, {"ignore_index": "gone"}, "ignore_index is 'gone', y_true holds numbers"),
    "a number to ignore among words": (["a", "b"], ["a", "a"], {"ignore_index": -1}, "ignore_index is -1, y_true holds strings"),
    "a word to ignore among labels": (FLAGS, S, LABELS | {"ignore_index": "gone"}, "ignore_index is 'gone', y_true holds numbers"),
}  # fmt: skip


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([1, 2, 3], "if labels count from 1, classes=[1, 2, 3] says so"),
        ([1, 1, 3], "if labels count from 1, classes=[1, 2, 3] says so"),
        ([1.0, 2.0, 3.0], "classes=[1, 2, 3]"),
        ([5, 7, 6], "if labels count from 5, classes=[5, 6, 7] says so"),
        ([3, 3, 3], "labels are 0…2, or those that classes=[…] names"),
        ([0, 1, 3], "labels are 0…2, or those that classes=[…] names"),
        ([0, 1, -1], "ignore_index=-1 leaves them out"),
        ([0, 1, 255], "ignore_index=255 leaves them out"),
    ],
)
def test_a_label_that_is_no_column_is_told_what_it_may_be(labels, words):
    with pytest.raises(F1Error) as caught:
        score(labels, np.eye(3))
    assert words in str(caught.value)
    assert "ignore_index=3" not in str(caught.value)


@pytest.mark.usefixtures("engine")
def test_an_invented_label_can_be_counted_as_a_miss():
    y, pred = ["cat", "dog", "dog"], ["cat", "bird", "dog"]
    with pytest.raises(F1Error, match=r"'bird' at row 1.*; unknown='miss' counts it as a miss"):
        score(y, pred, classes=["cat", "dog"])
    for how in (
        {"classes": ["cat", "dog", "bird"], "average_over": ["cat", "dog"]},
        {"classes": ["cat", "dog"], "unknown": "miss"},
    ):
        assert score(y, pred, **how).macro.recall == 0.75
    with pytest.raises(F1Error, match=r"y_pred is 2 at row 1.*; unknown='miss' counts it"):
        score([0, 1, 1], [0, 2, 1], classes=2, task="multiclass")


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("name", ARRAYS)
def test_wrong_arrays(name):
    y_true, y_pred, options, words = ARRAYS[name]
    with pytest.raises(F1Error) as caught:
        score(y_true, y_pred, **options)
    assert caught.type is F1Error
    assert words in str(caught.value)
