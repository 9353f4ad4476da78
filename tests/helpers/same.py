"""When two results are the same."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np

from f1core import Accumulator, F1Error, Scores


def same_bits(one: Scores, other: Scores) -> None:
    """All that can be read from two results is the same to the last bit."""
    assert (one.task, one.classes, one.total) == (other.task, other.classes, other.total)
    mine, theirs = numbers(one), numbers(other)
    assert list(mine) == list(theirs)
    np.testing.assert_equal(mine, theirs)
    np.testing.assert_equal(asdict(one.per_class), asdict(other.per_class))
    mine, theirs = matrix(one), matrix(other)
    assert (mine is None) == (theirs is None)
    if mine is not None:
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)


def numbers(scores: Scores) -> dict[str, float]:
    """Every metric by name, or none and the sentence that says why there is none."""
    try:
        return scores.to_dict()
    except F1Error as error:
        return {str(error): math.nan}


def matrix(scores: Scores) -> np.ndarray | None:
    """The confusion matrix, or None where it was not kept."""
    try:
        return scores.confusion
    except F1Error:
        return None


def same_results(one: Accumulator, other: Accumulator) -> None:
    """Both counted nothing, or what both give is the same to the last bit."""
    assert one.total == other.total
    if one.total:
        same_bits(one.compute(), other.compute())


def close(one: Scores, other: Scores) -> None:
    """Every number the same but for rounding."""
    mine, theirs = numbers(one), numbers(other)
    assert list(mine) == list(theirs)
    np.testing.assert_allclose(list(mine.values()), list(theirs.values()), rtol=0, atol=1e-12)


def has_counts(scores: Scores, hit: np.ndarray, pred: np.ndarray, true: np.ndarray) -> None:
    """A result made with zero_division=0 comes from these counts of each class."""
    each = scores.per_class
    with np.errstate(invalid="ignore"):
        precision, recall = np.nan_to_num(hit / pred), np.nan_to_num(hit / true)
    assert each.support.tolist() == true.tolist()
    assert each.precision.tolist() == precision.tolist()
    assert each.recall.tolist() == recall.tolist()
