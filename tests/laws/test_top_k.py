"""The k best of a row, counted without their order, against ids that are listed and counted."""

import numpy as np
import pytest
from arrays import FLOATS, to_dtype, widened
from hypothesis import given
from hypothesis import strategies as st
from same import has_counts

from f1core import F1Error, score

pytestmark = pytest.mark.usefixtures("engine")


def check(scores, true, values, k):
    """A result of (n, C) values, among whose k largest the truth may be."""
    listed, width = np.argsort(-values, axis=1, kind="stable")[:, :k], values.shape[1]
    hit = np.bincount(true[(listed == true[:, None]).any(axis=1)], minlength=width)
    pred = np.bincount(listed.ravel(), minlength=width)
    has_counts(scores, hit, pred, np.bincount(true, minlength=width))


@given(
    st.sampled_from(FLOATS),
    st.sampled_from(["int8", "uint8", "int16", "int32", "int64"]),
    st.sampled_from([1, 7, 15, 16, 17, 31, 32, 40, 100]),
    st.integers(2, 40) | st.sampled_from([127, 128]),
    st.integers(1, 8),
    st.sampled_from([2, 5, 50, 1000]),
    st.integers(0, 2**32 - 1),
)
def test_they_are_those_of_listed_ids(dtype, truth, rows, width, k, values, seed):
    rng, k = np.random.default_rng(seed), min(k, width)
    values = rng.integers(0, values, (rows, width)) / values - 0.3
    for special in (np.inf, -np.inf, -0.0, 0.0):
        values[rng.random(values.shape) < 0.05] = special
    given = to_dtype(values, dtype)
    true = rng.integers(0, width, rows)
    check(score(true.astype(truth), given, top_k=k, classes=width), true, widened(given), k)


@pytest.mark.parametrize("row", [0, 7, 8, 15, 16, 31, 32, 36])
def test_an_id_outside_is_refused(row):
    rng = np.random.default_rng(row)
    scores, true = rng.random((37, 11), np.float32), rng.integers(0, 11, 37)
    for wrong in (-1, 11):
        true[row] = wrong
        with pytest.raises(F1Error, match=f"y_true is {wrong} at row {row}"):
            score(true, scores, top_k=3, classes=11)


def test_rows_that_stand_apart(alone):
    rng = np.random.default_rng(0)
    wide, true = rng.random((75, 40), dtype=np.float32), rng.integers(0, 13, 75)
    for scores in (wide[:, 3:16], wide[:, 39:0:-3], np.asfortranarray(wide[:, :13])):
        check(score(true, scores, top_k=4, classes=13), true, scores, 4)


@pytest.mark.parametrize(("width", "k"), [(10, 3), (10, 8), (10, 9), (128, 2), (129, 2)])
def test_ids_and_one_hot_targets_of_many_rows(width, k):
    rng = np.random.default_rng(width)
    true, scores = rng.integers(0, width, 2_000), rng.random((2_000, width), dtype=np.float32)
    check(score(true, scores, top_k=k, threads=2), true, scores, k)
    onehot = np.eye(width, dtype=np.int8)[true]
    check(score(onehot, scores, task="multiclass", top_k=k), true, scores, k)
    scores[1_234, 1] = np.nan
    with pytest.raises(F1Error, match="row 1234"):
        score(true, scores, top_k=k)
