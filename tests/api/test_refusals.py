"""A refused batch leaves an accumulator as it was, whatever is wrong with it."""

import numpy as np
import pytest
from same import same_bits

from f1core import Accumulator, F1Error

NAN = np.nan
SCORES = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5], [0.1, 0.8, 0.1]])
FLAGS = np.array([[0, 1, 0], [1, 1, 0], [0, 0, 0]])

# task, options, a good batch, bad ones
TABLE = {
    "multiclass": (
        {"classes": 3},
        ([0, 2, 1], SCORES),
        {
            "NaN": ([0, 2, 1], np.where(SCORES == 0.5, NAN, SCORES)),
            "target outside": ([0, 3, 1], SCORES),
            "negative target": ([0, 1, -1], SCORES),
            "lengths": ([0, 1], SCORES),
            "width": ([0, 1, 1], SCORES[:, :2]),
            "three dimensions": ([0, 1, 1], SCORES[None]),
            "weight": ([0, 1, 2], SCORES, [1, -1, 1]),
            "weights' length": ([0, 1, 2], SCORES, [1, 1]),
            "not one-hot": ([[1, 1, 0], [1, 0, 0], [0, 0, 1]], SCORES),
            "strings": (["a", "b", "c"], SCORES),
            "ragged": ([0, 1, 2], [[0.5], [0.5, 0.5], [1]]),
            "not an array": ([0, 1, 2], "abc"),
            "label outside": ([0, 1, 2], [0, 1, 3]),
        },
    ),
    "binary": (
        {},
        ([0, 1, 1], [0.3, 0.8, 0.1]),
        {
            "NaN": ([0, 1, 1], [0.3, NAN, 0.1]),
            "above one": ([0, 1, 1], [0.3, 1.5, 0.1]),
            "below zero": ([0, 1, 1], [0.3, -0.5, 0.1]),
            "target": ([0, 2, 1], [0.3, 0.5, 0.1]),
            "NaN target": ([0, NAN, 1], [0.3, 0.5, 0.1]),
            "two columns": ([0, 1, 1], SCORES[:, :2]),
            "weight": ([0, 1, 1], [0.3, 0.8, 0.1], [1, np.inf, 1]),
            "swapped": ([0.3, 0.8, 0.1], [0, 1, 1]),
        },
    ),
    "multilabel": (
        {"classes": 3},
        (FLAGS, SCORES),
        {
            "NaN": (FLAGS, np.where(SCORES == 0.5, NAN, SCORES)),
            "above one": (FLAGS, SCORES * 2),
            "target": (FLAGS * 2, SCORES),
            "flags": (FLAGS, FLAGS * 2),
            "width": (FLAGS[:, :2], SCORES[:, :2]),
            "widths": (FLAGS[:, :2], SCORES),
            "one column": (FLAGS[:, 0], SCORES[:, 0]),
            "weight": (FLAGS, SCORES, [1, NAN, 1]),
        },
    ),
}
CASES = [(task, name) for task, (_, _, bad) in TABLE.items() for name in bad]


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(("task", "name"), CASES)
def test_a_refused_batch_changes_nothing(task, name):
    options, good, bad = TABLE[task]
    made, untouched = (Accumulator(task, **options) for _ in range(2))
    y_true, y_pred, *weight = bad[name]
    weight = {"sample_weight": weight[0]} if weight else {}
    for _ in range(2):
        with pytest.raises(F1Error):
            made.update(y_true, y_pred, **weight)
        assert made == untouched
        assert made.total == untouched.total
        for accumulator in (made, untouched):
            accumulator.update(*good)
    assert made == untouched
    assert made.total == 6


@pytest.mark.usefixtures("engine", "small_blocks")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_last_row_of_many_blocks_refuses_them_all(threads, weighted):
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 3, 500), rng.random((500, 3))
    weight = rng.random(500) if weighted else None
    made = Accumulator("multiclass", classes=3, threads=threads)
    made.update(y_true, y_pred, sample_weight=weight)
    before = made.compute()
    for row in (499, 250, 17):
        wrong = y_pred.copy()
        wrong[row, 1] = NAN
        with pytest.raises(F1Error, match=f"y_pred is NaN at row {row}, column 1"):
            made.update(y_true, wrong, sample_weight=weight)
        targets = y_true.copy()
        targets[row] = 3
        with pytest.raises(F1Error, match=f"y_true is 3 at row {row}, outside the 3 classes"):
            made.update(targets, y_pred, sample_weight=weight)
    same_bits(made.compute(), before)


def test_classes_of_two_kinds_do_not_mix():
    made = Accumulator("multiclass")
    made.update([0, 7], [7, 7])
    for wrong in ((["a"], ["b"]), ([0], [[0.5, 0.5]])):
        with pytest.raises(F1Error):
            made.update(*wrong)
        assert made.compute().classes == [0, 7]
        assert made.total == 2
