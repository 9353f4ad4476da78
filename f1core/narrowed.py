"""A shared threshold without sorting: the few ranges of scores in which the best one can be."""

from __future__ import annotations

import numpy as np

from . import packed
from .counts import Array
from .packed import Packed
from .search import Aim
from .sorting import Column, Cuts, above

# Below so many cells sorting all of them is as fast.
_SMALL = 1 << 16
_RANGES = 1 << 13


def narrowed(
    columns: list[Column], included: Array, weights: Array, aim: Aim
) -> list[tuple[Array, Cuts]] | None:
    """(m,) scores just below some cuts of each label, and the cuts; a best one is among them.

    As `Packed.promising`, with ranges common to all labels: in a range the mean is at most that
    of the labels with all their positives before their other cells. None where that does not
    pay, or does not hold: an undefined value may leave the average anywhere in a range.
    """
    labels = [column for column in columns if isinstance(column, Packed)]
    if len(labels) < len(columns) or sum(column.total for column in columns) < _SMALL:
        return None
    if not aim.coefs[1] or not any(columns[label].true for label in np.flatnonzero(included)):
        return None
    low, high = min(label.span[0] for label in labels), max(label.span[1] for label in labels)
    if high < low:
        return None
    ranges = [label.ranges(low, high, _RANGES) for label in labels]
    sums = np.zeros((4, _RANGES))
    for label in np.flatnonzero(included):
        of = ranges[label]
        tp, pred = above(of.positives), above(of.cells)
        reached, reach = Cuts(tp, tp[:-1], pred[:-1]), Cuts(tp, tp[:-1], pred[1:] + of.positives)
        for place, cuts in ((0, reached), (2, reach)):
            over, under = aim.shares(cuts, columns[label])
            sums[place] += weights[label] * over
            sums[place + 1] += weights[label] * under
    with np.errstate(invalid="ignore", divide="ignore"):
        best = np.nanmax(sums[0] / sums[1])
        alive = ~(sums[2] / sums[3] < best * (1 - 1e-9))
    cells = np.sum([of.cells for of in ranges], axis=0)
    if cells[alive].sum() > packed.PAYS * cells.sum():
        return None
    return [label.cuts_in(of, alive) for label, of in zip(labels, ranges, strict=True)]


def gap_around(columns: list[Column], score: float) -> tuple[float, float]:
    """The scores of all labels next to this one: the highest not above it, the lowest above."""
    ends = [column.around(score) for column in columns if isinstance(column, Packed)]
    return max(low for low, _ in ends), min(high for _, high in ends)
