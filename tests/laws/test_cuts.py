"""Where a score is cut and which of tied scores wins: to the last bit, in every dtype."""

import numpy as np
import pytest
from arrays import BFLOAT16, FLOATS, to_dtype, widened
from hypothesis import given
from hypothesis import strategies as st
from problems import rounded_cut

import f1core

pytestmark = pytest.mark.usefixtures("engine")


def predicted(values, **options):
    """Which rows are predicted positive, one by one."""
    true = np.ones(1, np.uint8)
    return [
        f1core.score(true, values[i : i + 1], task="binary", **options).binary.recall == 1.0
        for i in range(len(values))
    ]


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.5, 0.7, 1 / 3, 0.999])
def test_a_score_equal_to_the_threshold_is_not_above_it(dtype, threshold):
    score = to_dtype([threshold], dtype)
    assert predicted(score, threshold=threshold) == [False]
    flags = f1core.score([[1]], score[:, None], task="multilabel", threshold=[threshold])
    assert flags.micro.recall == 0.0


def test_float32_a_tenth_is_not_above_a_tenth():
    score = np.float32([0.1])
    assert float(score[0]) > 0.1  # which a comparison in float64 would call positive
    assert predicted(score, threshold=0.1) == [False]


@given(st.sampled_from([d for d in FLOATS if d not in (BFLOAT16, np.dtype("g"))]), st.floats(0, 1))
def test_the_next_score_above_the_threshold_is_above_it(dtype, threshold):
    native = dtype.newbyteorder("=")
    at = to_dtype([threshold], native)
    over = np.nextafter(at, native.type(2)).clip(0, 1).astype(dtype)
    assert predicted(over, threshold=threshold) == [bool(over[0] > at[0])]


@given(st.sampled_from(FLOATS), st.floats(0, 1), st.floats(-30, 30))
def test_logits_are_cut_where_the_threshold_moves_to(dtype, threshold, near):
    cut = rounded_cut(threshold, dtype, from_logits=True)
    scores = to_dtype([cut, near, -np.inf, np.inf], dtype)
    expected = [bool(x > cut) for x in widened(scores).tolist()]
    assert expected[0] is False
    assert predicted(scores, threshold=threshold, from_logits=True) == expected


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_a_cut_of_minus_zero_is_zero(dtype):
    """The logit of the threshold just below one half rounds to -0.0 in float16."""
    threshold = np.nextafter(0.5, 0)
    cut = rounded_cut(threshold, dtype, from_logits=True)
    for zero in (0.0, -0.0):
        scores = to_dtype([zero], dtype)
        assert predicted(scores, threshold=threshold, from_logits=True) == [zero > cut]
        flags = f1core.score([[1]], scores[:, None], task="multilabel", threshold=threshold,
                             from_logits=True)  # fmt: skip
        assert flags.micro.recall == (zero > cut)


@given(st.floats(0.01, 0.99), st.lists(st.floats(-20, 20), min_size=1, max_size=20))
def test_logits_give_what_their_probabilities_give(threshold, logits):
    logits = np.array(logits)
    probabilities = 1 / (1 + np.exp(-logits))
    far = np.abs(probabilities - threshold) > 1e-9
    ours = predicted(logits[far], threshold=threshold, from_logits=True)
    assert ours == predicted(probabilities[far], threshold=threshold)


def winner(row, **options):
    """The class that a single row of scores is given to."""
    n_classes = row.shape[-1]
    scores = f1core.score([0], row.reshape(1, -1), task="multiclass", classes=n_classes, **options)
    return int(scores.confusion[0].argmax())


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("n_classes", [2, 3, 4, 7, 8, 9, 16, 17, 31, 32, 33, 64, 65, 100])
def test_the_first_of_tied_maxima_wins(dtype, n_classes):
    for first in {0, 1, n_classes // 2, n_classes - 2}:
        row = np.full(n_classes, 0.25)
        row[[first, n_classes - 1]] = 0.5
        assert winner(to_dtype(row, dtype)) == first
    assert winner(to_dtype(np.zeros(n_classes), dtype)) == 0


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_odd_numbers_are_ranked_as_numpy_ranks_them(dtype):
    odd = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, 6e-8, -6e-8, 0.5]
    for a in odd:
        for b in odd:
            row = to_dtype([a, b], dtype)
            assert winner(row) == int(widened(row).argmax()), (a, b)
            row = to_dtype([-np.inf, *[a] * 20, b], dtype)
            assert winner(row) == int(widened(row).argmax()), (a, b)


def test_top_k_takes_the_earlier_of_equals():
    row = np.float32([[0.2, 0.5, 0.2, 0.5, 0.2]])
    for k, chosen in ((2, [1, 3]), (3, [0, 1, 3]), (4, [0, 1, 2, 3]), (5, [0, 1, 2, 3, 4])):
        hits = [f1core.score([c], row, task="multiclass", top_k=k).accuracy for c in range(5)]
        assert np.flatnonzero(hits).tolist() == chosen
