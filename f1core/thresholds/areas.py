"""Areas of one label: average precision and ROC AUC, exact of scores, between bounds of bins."""

from __future__ import annotations

import numpy as np

from ..counts import Array
from ..metrics import divide
from .label_columns import Candidates, Column, ScoreColumn


def areas_of(column: Column, zero_division: float) -> tuple[float, float]:
    """Average precision and ROC AUC of one label."""
    steps = column.positive_steps() if isinstance(column, ScoreColumn) else None
    if steps is None:
        return areas(column.every_cut(), column, zero_division)
    below, start, rise, run = steps
    found = np.dot(rise, (column.true - below) / (column.total - start))
    under = column.true * (column.total - column.true)
    right = 2 * int(np.dot(rise, start - below)) + int(np.dot(rise, run))  # tied pairs: halves
    roc_auc = right / (2 * under) if under else np.nan
    return float(divide(found, column.true, zero_division)), roc_auc


def areas(cuts: Candidates, column: Column, zero_division: float) -> tuple[float, float]:
    """Average precision and ROC AUC from all steps; step k adds what cut k has over cut k + 1."""
    hits, others = cuts.tp.astype(np.float64), (cuts.pred - cuts.tp).astype(np.float64)
    rise, run = -np.diff(hits), -np.diff(others)
    precision = divide(hits, hits + others, 0.0)[:-1]
    average_precision = divide(np.sum(rise * precision), column.true, zero_division)
    area = np.sum(run * (hits[1:] + rise / 2))
    under = float(column.true) * float(column.total - column.true)
    return float(average_precision), float(divide(area, under, np.nan))


def pair_counts(words: Array, ids: Array, chosen: int, weight: Array | None, size: int) -> Array:
    """(C,) twice the pairs of the chosen class and each other that scores have in the right order.

    A pair that is tied counts once. `words` are unsigned integers in the order of the scores; all
    classes are read off one sort, where scikit-learn sorts the rows of each pair by themselves.
    """
    if weight is None and words.itemsize <= 4:  # room for the class beside the score: 3 x as fast
        keys = words.astype(np.uint64) << np.uint64(32)
        keys |= ids.astype(np.uint64)
        keys.sort()
        ids, words = (keys & np.uint64((1 << 32) - 1)).astype(np.int64), keys >> np.uint64(32)
    else:
        order = np.argsort(words)  # of equal scores any order will do
        words, ids = words[order], ids[order]
        weight = None if weight is None else weight[order]
    of_class = ids == chosen
    mass = of_class.astype(np.int64) if weight is None else of_class * weight
    new = np.ones(len(words), bool)
    np.not_equal(words[1:], words[:-1], out=new[1:])
    first = np.flatnonzero(new)
    beside = mass if len(first) == len(words) else np.add.reduceat(mass, first)
    until = np.cumsum(beside)
    each = 2 * (until[-1:] - until) + beside
    if len(first) < len(words):
        each = np.repeat(each, np.diff(first, append=len(words)))
    return np.bincount(ids, each if weight is None else each * weight, size)
