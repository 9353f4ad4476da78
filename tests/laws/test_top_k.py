"""The k best of a row, counted without their order, against ids that are listed and counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba", exc_type=ImportError)

import f1core
from f1core.backends import numba as kernels
from f1core.backends import numpy as numpy_backend
from f1core.count_layout import PRED, TP, TRUE
from f1core.float_bits import FORMATS

NARROW = {dtype: form for dtype, form in FORMATS.items() if dtype.kind == "f"}


def listed(true, words, inf, k, width):
    """(3, C) sums out of the twin's ids."""
    ids = np.empty((k, len(true)), np.int32)
    numpy_backend.topk(words, inf, k, ids)
    sums = np.zeros((3, width), np.int64)
    sums[TRUE] = np.bincount(true, minlength=width)
    for column in ids:
        sums[PRED] += np.bincount(column, minlength=width)
        sums[TP] += np.bincount(true[true == column], minlength=width)
    return sums


@given(
    st.sampled_from(sorted(NARROW, key=str)),
    st.sampled_from(["int8", "uint8", "int16", "int32", "int64"]),
    st.sampled_from([0, 1, 7, 15, 16, 17, 31, 32, 40, 100]),
    st.integers(2, 40) | st.sampled_from([127, 128]),
    st.integers(1, 8),
    st.sampled_from([2, 5, 50, 10**6]),
    st.integers(0, 2**32 - 1),
)
def test_shares_are_those_of_listed_ids(dtype, truth, rows, width, k, values, seed):
    rng, k = np.random.default_rng(seed), min(k, width)
    scores = (rng.integers(0, values, (rows, width)) / values - 0.3).astype(dtype)
    for special in (np.inf, -np.inf, -0.0, 0.0):
        scores[rng.random(scores.shape) < 0.05] = special
    true = rng.integers(0, width, rows).astype(truth)
    words, inf = scores.view(NARROW[dtype].word), NARROW[dtype].inf
    sums = np.ones((3, width), np.int64)
    assert not kernels.topk_sums(true, words, inf, k, sums)
    assert np.array_equal(sums - 1, listed(true, words, inf, k, width))


@pytest.mark.parametrize("row", [0, 7, 8, 15, 16, 31, 32, 36])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_nan_and_an_id_outside_are_refused(row, dtype):
    rng = np.random.default_rng(row)
    form = FORMATS[np.dtype(dtype)]
    for column, wrong in ((0, np.nan), (9, -np.nan), (10, np.nan), (None, -1), (None, 11)):
        scores, true = rng.random((37, 11)).astype(dtype), rng.integers(0, 11, 37)
        sums = np.zeros((3, 11), np.int64)
        assert not kernels.topk_sums(true, scores.view(form.word), form.inf, 3, sums)
        if column is None:
            true[row] = wrong
        else:
            scores[row, column] = wrong
        assert kernels.topk_sums(true, scores.view(form.word), form.inf, 3, sums)


def test_rows_that_stand_apart():
    rng = np.random.default_rng(0)
    wide, true = rng.random((75, 40), dtype=np.float32), rng.integers(0, 13, 75)
    inf = FORMATS[np.dtype(np.float32)].inf
    for scores in (wide[:, 3:16], wide[:, 39:0:-3], np.asfortranarray(wide[:, :13])):
        words, sums = scores.view(np.uint32), np.zeros((3, 13), np.int64)
        assert not kernels.topk_sums(true, words, inf, 4, sums)
        assert np.array_equal(sums, listed(true, words, inf, 4, 13))


@pytest.mark.parametrize(("width", "k"), [(10, 3), (10, 8), (10, 9), (128, 2), (129, 2)])
def test_scores_are_the_same_on_both_ways(width, k):
    rng = np.random.default_rng(width)
    true, scores = rng.integers(0, width, 2_000), rng.random((2_000, width), dtype=np.float32)
    f1core.warm_up()
    whole = f1core.score(true, scores, top_k=k, threads=2)
    form = FORMATS[scores.dtype]
    expected = listed(true, scores.view(form.word), form.inf, k, width)
    assert np.array_equal(whole._counts.sums, expected)
    onehot = np.eye(width, dtype=np.int8)[true]
    spread = f1core.score(onehot, scores, task="multiclass", top_k=k)
    assert np.array_equal(spread._counts.sums, expected)
    scores[1_234, 1] = np.nan
    with pytest.raises(f1core.F1Error, match="row 1234"):
        f1core.score(true, scores, top_k=k)
