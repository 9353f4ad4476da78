"""One threshold for all labels: the mean of their ratios at every score that any of them has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..counts import Array
from ..float_bits import BELOW_ALL
from .label_columns import Candidates, Column, ScoreColumn, possible_cuts
from .search import Choice, Objective, Unreachable, middle

_UNIT = 2.0**60  # ratios are added as integers in units of 1 / this, where sums do not round
_ROUNDING = 2.0**-51  # how far such a mean may be from the one that `Scores` divides, a label
_MOST_EXACT = 2000  # so many nearly best thresholds are each divided as `Scores` does
_SAMPLE = 2048  # scores that limit the range of the best one
_SMALL = 1 << 16  # up to so many cells, all scores are looked at as fast

Exact = Callable[[Array, Array], tuple[float, float]]


class Labels(NamedTuple):
    """The labels that one threshold cuts, and what is to be high."""

    columns: list[Column]
    included: Array  # the labels that the mean is of
    weights: Array  # (L,) in the mean
    objective: Objective
    exact: Exact  # (L,) tp and predicted -> the ratio aimed at, and the constraint's, by `Scores`

    @property
    def nothing(self) -> float:
        """The rank of an undefined mean: the best that can be had without a positive anywhere."""
        return -1.0 if any(self.columns[label].true for label in self.included) else np.inf

    def terms(self, label: int, cuts: Candidates, ratio: str) -> tuple[Array, Array]:
        """(m,) what a label adds to the mean's numerator, and to its denominator: 0 or 1."""
        column = self.columns[label]
        value = self.objective.values(ratio, cuts, column)
        counted = value == value
        if self.objective.skip_empty_labels and not column.true > 0:
            counted &= cuts.pred > 0
        return np.where(counted, value, 0.0), counted


class Sweep(NamedTuple):
    """Cuts of all labels at the same scores; a label's own lie just above its own scores."""

    labels: Labels
    edges: Array  # (m,) the scores of all included labels, ascending, from the lowest cut on
    lows: list[Array]  # of each label, the first the same for all
    cuts: list[Candidates]
    order: Array  # sorts what all included labels' cuts but their first ones hold
    ends: Array  # the last of equal scores in that order

    def mean(self, ratio: str) -> Array:
        """(m,) the weighted mean over the labels where it is defined, to within rounding."""
        labels, both = self.labels, []
        shares = (labels.weights / labels.weights.sum() * _UNIT)[labels.included]
        terms = [labels.terms(label, self.cuts[label], ratio) for label in labels.included]
        for side in (0, 1):
            parts = [
                np.rint(term[side] * share).astype(np.int64)
                for term, share in zip(terms, shares, strict=True)
            ]
            steps = np.concatenate([np.diff(part) for part in parts])[self.order]
            start = sum(int(part[0]) for part in parts)
            both.append(np.append(start, start + np.cumsum(steps)[self.ends]))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(both[0] / both[1])

    def counts(self, score: float) -> tuple[Array, Array]:
        """(L,) true positives and predicted cells of all labels above a score that was swept."""
        at = [max(0, int(np.searchsorted(low, score, side="right")) - 1) for low in self.lows]
        both = [(cuts.tp[i], cuts.pred[i]) for cuts, i in zip(self.cuts, at, strict=True)]
        tp, pred = zip(*both, strict=True)
        return np.array(tp), np.array(pred)


def best_shared(labels: Labels, slack: float) -> Choice:
    """Find the threshold with the best mean over the included labels.

    One below all scores where that alone is better. Raises `Unreachable` where no threshold meets
    the constraint.
    """
    if not any(column.hides_cut for column in labels.columns):
        return _best_inside(labels, slack)
    true, total = np.array([(column.true, column.total) for column in labels.columns]).T
    everything = Choice(BELOW_ALL, BELOW_ALL, 0.0, true, total, true, total)
    constraint = labels.objective.constraint

    def reached(tp: Array, pred: Array) -> tuple[float, float]:
        pair = zip(labels.exact(tp, pred), (labels.nothing, -np.inf), strict=True)
        first, second = (rank if np.isnan(value) else value for value, rank in pair)
        return first, second

    all_of_it = reached(true, total)
    meets = constraint is None or all_of_it[1] >= constraint[1]
    try:
        found = _best_inside(labels, slack)
    except Unreachable as highest:
        if meets:
            return everything
        raise Unreachable(max(highest.args[0], all_of_it[1])) from None
    return everything if meets and all_of_it > reached(found.tp, found.pred) else found


def _best_inside(labels: Labels, slack: float) -> Choice:
    """Find the best threshold in [0, 1].

    A sweep over the merged scores is exact but for rounding; what it finds within that of the best
    is then asked of `exact`. Raises `Unreachable` where no threshold meets the constraint.
    """
    objective, columns = labels.objective, labels.columns
    nothing = labels.nothing
    rounding = _ROUNDING * (8 + len(columns))
    sweep = _sweep(labels, None if slack else _range_of_best(labels))
    rank = np.nan_to_num(sweep.mean(objective.ratio), nan=nothing)
    if rank.max() <= 0 and not slack:  # then scores that were left out may be as good
        sweep = _sweep(labels)
        rank = np.nan_to_num(sweep.mean(objective.ratio), nan=nothing)
    second = np.zeros(len(rank))
    if objective.constraint is not None:
        second = np.nan_to_num(sweep.mean(objective.constraint[0]), nan=-np.inf)
        rank[second < objective.constraint[1] - rounding] = -np.inf
    cuts = Candidates(*[np.arange(len(rank))] * 3)
    grid = columns[0]
    if isinstance(grid, ScoreColumn):  # the cut above edge k is the one at place k + 1 of the edges
        grid, cuts = grid.of_scores(sweep.edges), Candidates(cuts.at + 1, cuts.tp, cuts.pred)
        if grid.from_logits:
            rank[np.isnan(grid.threshold(*grid.gap(cuts.at)))] = -np.inf
    while True:
        if objective.constraint is not None and rank.max() == -np.inf:
            raise Unreachable(float(max(second.max(), 0.0)))
        near = np.flatnonzero(rank >= rank.max() - rounding)
        best = near[_exactly_best(sweep, near, rank, nothing)]
        if len(best):
            break
        rank[near] = -np.inf  # within rounding of the constraint, but below it
    chosen = np.zeros(len(rank), bool)
    chosen[best] = True
    found = middle(grid, cuts, chosen, rank >= rank.max() - slack if slack else None)
    tp, pred = sweep.counts(float(grid.compared(np.array([found.threshold]))[0]))
    true, total = np.array([(column.true, column.total) for column in columns]).T
    return replace(found, tp=tp, pred=pred, true=true, total=total)


def _sweep(labels: Labels, scores: tuple[float, float] | None = None) -> Sweep:
    """Merge the labels' scores, all of them or those in a range."""
    lows, cuts = [], []
    for column in labels.columns:
        if scores is not None:
            assert isinstance(column, ScoreColumn)
            low, some = column.cuts_between(*scores)
        else:
            some = possible_cuts(column, inside=True)
            low = column.gap(some.at)[0]
        lows.append(low)
        cuts.append(some)
    values = np.concatenate([lows[label][1:] for label in labels.included])
    order = np.argsort(values, kind="stable")  # a merge of sorted runs
    values = values[order]
    ends = np.flatnonzero(np.append(values[1:] != values[:-1], [True] * (len(values) > 0)))
    return Sweep(labels, np.append(lows[0][0], values[ends]), lows, cuts, order, ends)


def _range_of_best(labels: Labels) -> tuple[float, float] | None:
    """The lowest and the highest score just above which the best cut can lie.

    Between two cuts the mean is at most the one with the true positives of the lower cut and the
    false ones of the higher: where that is below what some cut reaches, no score needs a look. Of
    7,800,000 scores of 39 labels some 100,000 are left, and need not be sorted. None where that
    does not pay, or does not hold: an undefined value may leave the average anywhere.
    """
    columns, objective = labels.columns, labels.objective
    some = [column for column in columns if isinstance(column, ScoreColumn)]
    if sum(len(column.scores) for column in some) < _SMALL or not objective.strict:
        return None
    some = [some[label] for label in labels.included]
    if some[0].from_logits or not any(column.true for column in some):
        return None
    steps = [max(1, len(column.scores) * len(some) // _SAMPLE) for column in some]
    sampled = [column.scores[::step] for column, step in zip(some, steps, strict=True)]
    edges = np.unique(np.concatenate([[0.0, 1.0], *sampled]))
    edges = edges[(edges >= 0.0) & (edges <= 1.0)]  # some scores are a hair outside
    over, under = np.zeros((2, 2, len(edges)))
    for label, column in zip(labels.included, some, strict=True):
        cuts = column.cuts_at(column.places_above(edges))
        higher = cuts.take(np.append(np.arange(1, len(edges)), -1))
        bound = Candidates(cuts.at, cuts.tp, higher.pred + (cuts.tp - higher.tp))
        for side, these in enumerate((cuts, bound)):
            value, counted = labels.terms(label, these, objective.ratio)
            over[side] += labels.weights[label] * value
            under[side] += labels.weights[label] * counted
    with np.errstate(invalid="ignore", divide="ignore"):
        reached, bounds = over / under
    best = np.max(reached, where=reached == reached, initial=0.0)
    left = np.flatnonzero(~(bounds < best * (1 - 1e-9)))  # nan is where a label leaves
    return float(edges[left[0]]), float(edges[min(left[-1] + 1, len(edges) - 1)])


def _exactly_best(sweep: Sweep, near: Array, rank: Array, nothing: float) -> Array:
    """(n,) booleans: which nearly best edges are best, once divided as `Scores` does."""
    new, constraint = np.ones(len(near), bool), sweep.labels.objective.constraint
    if len(near) > _MOST_EXACT:  # neighbours of the very same mean stand for each other
        new[1:] = (np.diff(rank[near]) != 0) | (np.diff(near) > 1)
    edges = sweep.edges[near[new]].tolist()
    found = np.array([sweep.labels.exact(*sweep.counts(edge)) for edge in edges])
    first, second = found[np.cumsum(new) - 1].T
    first, second = np.nan_to_num(first, nan=nothing), np.nan_to_num(second, nan=-np.inf)
    kept = np.ones(len(near), bool) if constraint is None else second >= constraint[1]
    if kept.any():
        kept &= first == first[kept].max()
    if kept.any() and constraint is not None:
        kept &= second == second[kept].max()
    return kept
