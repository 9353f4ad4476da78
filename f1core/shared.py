"""One threshold for all labels: the mean of their ratios at every score that any of them has."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .counts import Array
from .narrowed import gap_around, narrowed
from .search import Aim, Choice, Unreachable, middle
from .sorting import Column, Cuts, Scale

# Ratios are added as integers in units of 2^-60, where sums telescope without rounding.
_UNIT = 2.0**60
# How far the mean in these units may be from the one that `Scores` divides, a label.
_ROUNDING = 2.0**-51

# So many nearly best thresholds are each looked at, and so many if each needs a pass over all.
_MANY, _FEW = 2000, 8

Exact = Callable[[Array, Array], tuple[float, float]]


class Grid(Column):
    """Cuts at given scores, ascending; the counts are known elsewhere."""

    def __init__(self, edges: Array, scale: Scale) -> None:
        self.scale, self._edges = scale, edges
        self.true = self.total = 0

    def gap(self, at: Array) -> tuple[Array, Array, Array]:
        """(low, high, last) of each cut: the scores around it, and whether none is above it."""
        edges = np.append(self._edges, self.scale.ends[1])
        return edges[at], edges[at + 1], np.asarray(at == len(self._edges) - 1)


class Sweep:
    """The labels' ratios, summed at every score that one of them has."""

    def __init__(
        self,
        columns: list[Column],
        cutting: list[tuple[Array, Cuts]],
        included: Array,
        weights: Array,
        aim: Aim,
    ) -> None:
        self._columns, self._aim = columns, aim
        self._lows, self._cuts = zip(*cutting, strict=True)
        share = weights / weights.sum() * _UNIT
        self._labels = [(int(label), float(share[label])) for label in np.flatnonzero(included)]
        steps = [self._lows[label][1:] for label, _ in self._labels]
        values = np.concatenate(steps)
        self._order = np.argsort(values, kind="stable")  # a merge of sorted runs
        values = values[self._order]
        self._ends = np.flatnonzero(
            np.append(values[1:] != values[:-1], [True] * (len(values) > 0))
        )
        self.edges = np.append(self._lows[0][0], values[self._ends])

    def mean(self, ratio: str) -> Array:
        """(m,) the weighted mean over the labels where it is defined, to within rounding."""
        over, under = [], []
        for label, share in self._labels:
            value, counted = self._aim.shares(self._cuts[label], self._columns[label], ratio)
            over.append(np.rint(value * share).astype(np.int64))
            under.append(np.rint(counted * share).astype(np.int64))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self._summed(over) / self._summed(under))

    def _summed(self, parts: list[Array]) -> Array:
        """Each label's steps, merged and added up."""
        steps = np.concatenate([np.diff(part) for part in parts])[self._order]
        start = sum(int(part[0]) for part in parts)
        return np.append(start, start + np.cumsum(steps)[self._ends])

    def counts(self, place: int) -> tuple[Array, Array]:
        """(L,) true positives and predicted cells of all labels above that edge."""
        at = [np.searchsorted(low, self.edges[place], side="right") - 1 for low in self._lows]
        tp = [cuts.tp[i] for cuts, i in zip(self._cuts, at, strict=True)]
        pred = [cuts.pred[i] for cuts, i in zip(self._cuts, at, strict=True)]
        return np.array(tp), np.array(pred)


def best_shared(
    columns: list[Column], included: Array, weights: Array, aim: Aim, exact: Exact, slack: float
) -> Choice:
    """The threshold with the best mean over the included labels.

    The sweep is exact but for rounding; what it finds within that of the best is then asked of
    `exact`, which takes (L,) true positives and predicted cells and says the ratio aimed at, and
    the floor's, just as `Scores` does.

    Raises
    ------
    Unreachable
        If no threshold keeps the aim's floor.
    """
    if aim.strict and not slack:
        found = narrowed(columns, included, weights, aim)
        choice = None if found is None else _few(columns, included, weights, aim, exact, found)
        if choice is not None:
            return choice
    cutting = [(column.gap(cuts.at)[0], cuts) for column, cuts in ((c, c.cuts()) for c in columns)]
    sweep, scale = Sweep(columns, cutting, included, weights, aim), columns[0].scale
    grid = Grid(sweep.edges, scale)
    # Without a positive anywhere the best that can be had is an undefined mean: no false alarm.
    nothing = -1.0 if any(columns[label].true for label in np.flatnonzero(included)) else np.inf
    rounding = _ROUNDING * (8 + len(columns))
    rank = np.nan_to_num(sweep.mean(aim.ratio), nan=nothing)
    second = np.zeros(len(rank))
    if aim.floor is not None:
        second = np.nan_to_num(sweep.mean(aim.floor[0]), nan=-np.inf)
        rank[second < aim.floor[1] - rounding] = -np.inf
    cuts = Cuts(np.arange(len(rank)), rank, second)
    if scale.from_logits:
        rank[np.isnan(scale.threshold(*grid.gap(cuts.at)))] = -np.inf
    while True:
        if aim.floor is not None and rank.max() == -np.inf:
            raise Unreachable(float(max(second.max(), 0.0)))
        near = np.flatnonzero(rank >= rank.max() - rounding)
        good = near[_asked(sweep, near, rank[near], aim, exact, nothing)]
        if len(good):
            break
        rank[near] = -np.inf  # within rounding of the floor, but below it
    best = np.zeros(len(rank), bool)
    best[good] = True
    return middle(grid, cuts, best, rank >= rank.max() - slack if slack else None)


def _few(
    columns: list[Column],
    included: Array,
    weights: Array,
    aim: Aim,
    exact: Exact,
    cutting: list[tuple[Array, Cuts]],
) -> Choice | None:
    """The best of some of the cuts; None if so many are as good that all should be looked at."""
    sweep = Sweep(columns, cutting, included, weights, aim)
    rank = np.nan_to_num(sweep.mean(aim.ratio), nan=-1.0)
    near = np.flatnonzero(rank >= rank.max() - _ROUNDING * (8 + len(columns)))
    if rank.max() <= 0 or len(near) > _FEW:
        return None
    good = near[_asked(sweep, near, rank[near], aim, exact, -1.0)]
    gaps = np.array([gap_around(columns, float(score)) for score in sweep.edges[good]])
    low, high = gaps[[np.argmax(gaps[:, 1] - gaps[:, 0])]].T
    grid = Grid(low, columns[0].scale)
    if high[0] <= 1:
        grid = Grid(np.append(low, high), columns[0].scale)
    return middle(grid, Cuts(np.arange(1), low, low), np.ones(1, bool))


def _asked(sweep: Sweep, near: Array, rank: Array, aim: Aim, exact: Exact, nothing: float) -> Array:
    """Which of the nearly best edges are best, once divided as `Scores` does."""
    new = np.ones(len(near), bool)
    if len(near) > _MANY:  # neighbours of the very same mean stand for each other
        new[1:] = (rank[1:] != rank[:-1]) | (np.diff(near) > 1)
    found = np.array([exact(*sweep.counts(int(place))) for place in near[new]])
    first, second = found[np.cumsum(new) - 1].T
    first, second = np.nan_to_num(first, nan=nothing), np.nan_to_num(second, nan=-np.inf)
    kept = np.ones(len(near), bool) if aim.floor is None else second >= aim.floor[1]
    if kept.any():
        kept &= first == first[kept].max()
    if kept.any() and aim.floor is not None:
        kept &= second == second[kept].max()
    return kept
