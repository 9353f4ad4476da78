"""One threshold for all labels: the mean of their ratios at every score that any of them has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..counts import Array
from .cuts import Column, Cuts, Scale
from .packed import Packed, zoomed
from .search import Aim, Choice, Unreachable, middle

# Ratios are added as integers in units of 2^-60, where sums telescope without rounding.
_UNIT = 2.0**60
# How far the mean in these units may be from the one that `Scores` divides, a label.
_ROUNDING = 2.0**-51
# So many nearly best thresholds are each looked at.
_MANY = 2000
# Below so many cells sweeping over all of them is as fast.
_SMALL = 1 << 16

Exact = Callable[[Array, Array], tuple[float, float]]


class Labels(NamedTuple):
    """The labels that one threshold cuts, and what is to be high."""

    columns: list[Column]
    included: Array  # (L,) which of them the mean is of
    weights: Array  # (L,) in the mean
    aim: Aim
    exact: Exact  # (L,) tp and predicted -> the ratio aimed at, and the floor's, as `Scores` does

    @property
    def inside(self) -> list[int]:
        """Where the included labels stand."""
        return [int(label) for label in np.flatnonzero(self.included)]


def best_shared(labels: Labels, slack: float) -> Choice:
    """The threshold with the best mean over the included labels.

    A sweep over the merged scores is exact but for rounding; what it finds within that of the
    best is then asked of `exact`.

    Raises
    ------
    Unreachable
        If no threshold keeps the aim's floor.
    """
    aim, some = labels.aim, None if slack else _promising(labels)
    # Without a positive anywhere the best that can be had is an undefined mean: no false alarm.
    nothing = -1.0 if any(labels.columns[label].true for label in labels.inside) else np.inf
    rounding = _ROUNDING * (8 + len(labels.columns))
    sweep = _all_cuts(labels) if some is None else some
    rank = np.nan_to_num(sweep.mean(aim.ratio), nan=nothing)
    if some is not None and rank.max() <= 0:  # then cuts that were left out may be as good
        sweep = _all_cuts(labels)
        rank = np.nan_to_num(sweep.mean(aim.ratio), nan=nothing)
    second = np.zeros(len(rank))
    if aim.floor is not None:
        second = np.nan_to_num(sweep.mean(aim.floor[0]), nan=-np.inf)
        rank[second < aim.floor[1] - rounding] = -np.inf
    cuts, grid = Cuts(*[np.arange(len(rank))] * 3), sweep.grid
    if grid.scale.from_logits:
        rank[np.isnan(grid.scale.threshold(*grid.gap(cuts.at)))] = -np.inf
    while True:
        if aim.floor is not None and rank.max() == -np.inf:
            raise Unreachable(float(max(second.max(), 0.0)))
        near = np.flatnonzero(rank >= rank.max() - rounding)
        good = near[_asked(sweep, near, rank[near], labels, nothing)]
        if len(good):
            break
        rank[near] = -np.inf  # within rounding of the floor, but below it
    best = np.zeros(len(rank), bool)
    best[good] = True
    found = middle(grid, cuts, best, rank >= rank.max() - slack if slack else None)
    tp, pred = sweep.counts(float(grid.scale.cut(np.array([found.threshold]))[0]))
    true, total = np.array([(column.true, column.total) for column in labels.columns]).T
    return replace(found, tp=tp, pred=pred, true=true, total=total)


class Grid(Column):
    """Cuts just above given scores, ascending; the counts are known elsewhere."""

    def __init__(self, edges: Array, scale: Scale) -> None:
        self.scale, self._edges = scale, edges
        self.true = self.total = 0

    def gap(self, at: Array) -> tuple[Array, Array, Array]:
        """(low, high, last) of each cut: the scores around it, and whether none is above it."""
        edges = np.append(self._edges, self.scale.ends[1])
        return edges[at], edges[at + 1], np.asarray(at == len(self._edges) - 1)


class Sweep:
    """The labels' ratios, summed at every score that one of the included labels has.

    `cutting` is each label's (m,) scores and the cuts just above them, the first the same for all.
    """

    def __init__(self, labels: Labels, cutting: list[tuple[Array, Cuts]]) -> None:
        self._columns, self._aim = labels.columns, labels.aim
        self._lows, self._cuts = zip(*cutting, strict=True)
        share = labels.weights / labels.weights.sum() * _UNIT
        self._labels = [(label, float(share[label])) for label in labels.inside]
        values = np.concatenate([self._lows[label][1:] for label, _ in self._labels])
        self._order = np.argsort(values, kind="stable")  # a merge of sorted runs
        values = values[self._order]
        self._ends = np.flatnonzero(
            np.append(values[1:] != values[:-1], [True] * (len(values) > 0))
        )
        self.edges = np.append(self._lows[0][0], values[self._ends])
        self.grid = Grid(self.edges, labels.columns[0].scale)

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

    def counts(self, score: float) -> tuple[Array, Array]:
        """(L,) true positives and predicted cells of all labels above a score that was swept."""
        at = [max(0, np.searchsorted(low, score, side="right") - 1) for low in self._lows]
        tp = [cuts.tp[i] for cuts, i in zip(self._cuts, at, strict=True)]
        pred = [cuts.pred[i] for cuts, i in zip(self._cuts, at, strict=True)]
        return np.array(tp), np.array(pred)


def _all_cuts(labels: Labels) -> Sweep:
    every = [(column, column.cuts()) for column in labels.columns]
    return Sweep(labels, [(column.gap(cuts.at)[0], cuts) for column, cuts in every])


def _promising(labels: Labels) -> Sweep | None:
    """A sweep over the few scores where the best threshold can be.

    None where that does not pay, or does not hold: an undefined value may leave the average
    anywhere.
    """
    aim, packed = labels.aim, [x for x in labels.columns if isinstance(x, Packed)]
    inside = labels.inside
    if len(packed) < len(labels.columns) or sum(column.total for column in packed) < _SMALL:
        return None
    if not aim.strict or not aim.coefs[1] or not any(packed[i].true for i in inside):
        return None

    every = Column()  # all of them at once: 39 labels by themselves take 5 times as long
    true, total = np.array([(packed[i].true, packed[i].total) for i in inside]).T
    every.true, every.total = true[:, None], total[:, None]
    weights = labels.weights[inside].astype(np.float64)

    def mean(cuts: list[Cuts]) -> Array:
        tp, pred = np.stack([of.tp for of in cuts]), np.stack([of.pred for of in cuts])
        value, counted = aim.shares(Cuts(tp, tp, pred), every)
        return np.asarray((weights @ value) / (weights @ counted))

    # The first and last of these cuts are never the best: a range of scores that ends with the
    # best cut reaches as much as that. So the gap around the best one lies inside.
    low, high = zoomed([packed[label] for label in inside], mean)
    found = [(column, *column.cuts_between(low, high)) for column in packed]
    return Sweep(labels, [(column.scores(words), cuts) for column, words, cuts in found])


def _asked(sweep: Sweep, near: Array, rank: Array, labels: Labels, nothing: float) -> Array:
    """Which of the nearly best edges are best, once divided as `Scores` does."""
    new, floor = np.ones(len(near), bool), labels.aim.floor
    if len(near) > _MANY:  # neighbours of the very same mean stand for each other
        new[1:] = (rank[1:] != rank[:-1]) | (np.diff(near) > 1)
    found = np.array([labels.exact(*sweep.counts(float(edge))) for edge in sweep.edges[near[new]]])
    first, second = found[np.cumsum(new) - 1].T
    first, second = np.nan_to_num(first, nan=nothing), np.nan_to_num(second, nan=-np.inf)
    kept = np.ones(len(near), bool) if floor is None else second >= floor[1]
    if kept.any():
        kept &= first == first[kept].max()
    if kept.any() and floor is not None:
        kept &= second == second[kept].max()
    return kept
