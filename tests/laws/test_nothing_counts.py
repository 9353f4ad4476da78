"""Batches of which no row counts: they add nothing, whatever the options."""

import itertools
from contextlib import suppress

import numpy as np
import pytest

from f1core import Accumulator, F1Error

N = 4
SCORES = np.random.default_rng(0).random((N, 3))
PREDICTED = {
    "binary": [SCORES[:, 0], np.array([0, 1, 0, 1])],
    "multiclass": [SCORES, np.array([0, 1, 2, 1])],
    "multilabel": [SCORES, np.ones((N, 3), int)],
}
CLASSES = {"binary": None, "multiclass": 3, "multilabel": 3}


def test_the_first_batch_of_a_padded_task_may_be_padding_alone():
    made = Accumulator("binary", ignore_index=-100, resamples=10, seed=1)
    made.update([-100, -100], [0.2, 0.7])
    assert made.total == 0
    with pytest.raises(F1Error, match="no rows to score"):
        made.compute()
    made.update([0, 1], [0.2, 0.7])
    assert made.compute().binary.f1 == 1.0


@pytest.mark.parametrize("ids", [False, True])
@pytest.mark.parametrize("resamples", [0, 5])
@pytest.mark.parametrize("task", PREDICTED)
def test_ignored_weightless_and_empty_batches(task, resamples, ids, tmp_path):
    cases = itertools.product(
        PREDICTED[task], [-100, 0, -1], [None, 1.0, 0.0], [1, 2], [None, False], [N, 0], [0, 1]
    )
    for pred, ignored, weight, k, confusion, size, named in cases:
        try:
            made = Accumulator(
                task, classes=CLASSES[task] if named else None, ignore_index=ignored, top_k=k,
                confusion=confusion, resamples=resamples, seed=1,
            )  # fmt: skip
            true = np.full((size, *pred.shape[1:]) if task == "multilabel" else size, ignored)
            more = {} if weight is None else {"sample_weight": np.full(size, weight)}
            if ids:
                more["sample_id"] = np.arange(size)
            made.update(true, pred[:size], **more)
        except F1Error:
            continue  # options that do not go together
        with pytest.raises(F1Error, match="no rows to score"):
            made.compute()
        assert made.total == 0
        made.merge(Accumulator.of(made.options))
        made.save(tmp_path / "state")
        assert Accumulator.load(tmp_path / "state") == made
        if ids:
            more["sample_id"] = np.arange(size) + N
        true = np.full_like(true, 1)
        made.update(true, pred[:size], **more)
        if size and weight != 0:
            assert made.compute().total == size


EMPTY = [
    np.zeros(0), np.zeros((0, 0)), np.zeros((4, 0)), np.zeros((0, 3)), np.array([], "U1"),
    np.array([], object), [], np.array([], "S1"), np.array([], "M8[s]"), np.zeros(4, int),
]  # fmt: skip


@pytest.mark.parametrize("task", PREDICTED)
def test_arrays_without_rows_or_columns_are_read_or_refused(task):
    options = [{}, {"resamples": 3}, {"ignore_index": -1}, {"classes": 3}, {"classes": ["a", "b"]}]
    for true, pred, some, more in itertools.product(
        EMPTY, EMPTY, options, [{}, {"sample_weight": []}, {"sample_id": []}]
    ):
        with suppress(F1Error):  # and nothing else
            made = Accumulator(task, **some)
            made.update(true, pred, **more)
            made.compute()
