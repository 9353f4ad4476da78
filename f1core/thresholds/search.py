"""Search for the best cut: of one label, and of many labels' summed counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..counts import Array
from ..metrics import coefs_of, divide, fraction
from .label_columns import Candidates, Column, possible_cuts, runs


@dataclass(frozen=True)
class Objective:
    """Ratio that is to be high, and the one that must not be low."""

    ratio: str  # fbeta, precision or recall
    constraint: tuple[str, float] | None  # another ratio, and the least it may be
    coefs: tuple[float, float, float]
    zero_division: float
    skip_empty_labels: bool  # a label that is neither true nor predicted leaves the average

    @property
    def strict(self) -> bool:
        """Whether a true positive more or a false one less is always better, beyond rounding."""
        a, b, c = self.coefs
        return self.ratio == "fbeta" and min(b, c) > 1e-6 * a  # which has no constraint

    def values(self, ratio: str, cuts: Candidates, column: Column) -> Array:
        """(m,) a ratio at each cut, as `Scores` would divide it."""
        over, under = fraction(ratio, cuts.tp, cuts.pred, column.true, column.total, self.coefs)
        return np.asarray(divide(over, under, self.zero_division), np.float64)

    def ranks(self, cuts: Candidates, column: Column) -> tuple[Array, Array]:
        """(m,) what is compared, -inf where the constraint is broken; what decides among equals."""
        rank = self.values(self.ratio, cuts, column)
        undefined = np.isnan(rank)
        if self.skip_empty_labels and column.true == 0:
            undefined |= cuts.pred == 0
        # An undefined value is left out of the average: best where all else is a false alarm,
        # never sought where something can be found.
        rank[undefined] = np.inf if column.true == 0 else -1.0
        if self.constraint is None:
            return rank, np.zeros(len(rank))
        second = self.values(self.constraint[0], cuts, column)
        rank[~(second >= self.constraint[1])] = -np.inf
        return rank, second


@dataclass(frozen=True)
class Choice:
    """A threshold, the range in which the score stays as high, and what is counted there.

    The counts are of one label, (L,) of the labels that share the threshold, or of their sum.
    """

    threshold: float
    low: float
    high: float
    tp: Any
    pred: Any
    true: Any
    total: Any


class Unreachable(Exception):
    """No cut meets the constraint; says the highest value that any cut reaches."""


def best_cut(column: Column, objective: Objective, slack: float = 0.0) -> Choice:
    """Find the best cut of one column; among equals the middle of the widest range of thresholds.

    Raises `Unreachable` where no cut meets the constraint.
    """
    if objective.strict and not slack and column.true > 0:
        cuts, (_, b, c) = column.pareto_cuts(), objective.coefs
        # In proportion to F-beta but for rounding, at a third of the cost.
        rough = cuts.tp / (b * column.true + c * cuts.pred)
        cuts = cuts.take(rough >= rough.max() * (1 - 1e-9))
        rank, _ = objective.ranks(cuts, column)
        best = rank == rank.max()
        if rank.max() > 0 and np.count_nonzero(best) == 1:
            return middle(column, cuts, best)
    cuts = possible_cuts(column)  # those left out may be as good, or all that meet the constraint
    rank, second = objective.ranks(cuts, column)
    best = rank == rank.max()
    if objective.constraint is not None:
        _refuse_unreachable(rank, second)
        best &= second == second[best].max()
    return middle(column, cuts, best, rank >= rank.max() - slack if slack else None)


def _refuse_unreachable(rank: Array, second: Array) -> None:
    if rank.max() == -np.inf:
        raise Unreachable(float(np.max(second, initial=0.0, where=second == second)))


def middle(column: Column, cuts: Candidates, best: Array, near: Array | None = None) -> Choice:
    """The middle of the widest run of best cuts, within the run of near ones around it."""
    first, last = runs(best)
    low, high, end = _span(column, cuts, first, last)
    width = column.probability(high) - column.probability(low)
    width[column.below_all(low, high)] = -1.0  # only where nothing else is as good
    widest = int(np.argmax(width))
    pick, place = slice(widest, widest + 1), int(first[widest])
    threshold = column.threshold(low[pick], high[pick], end[pick])[0]
    if np.isnan(threshold):  # between logits: some single gap of the run has one
        threshold = column.threshold(*column.gap(cuts.at[place : place + 1]))[0]
    around = low[pick], high[pick], end[pick]
    if near is not None:
        first, last = runs(near)
        of_it = int(np.searchsorted(first, place, side="right")) - 1
        pick = slice(of_it, of_it + 1)
        around = _span(column, cuts, first[pick], last[pick])
    bottom, top = column.bounds(*around)
    counts = cuts.tp[place], cuts.pred[place], column.true, column.total
    lowest = float(bottom[0]) if threshold >= 0 else float(threshold)
    return Choice(float(threshold), lowest, float(top[0]), *counts)


def _span(
    column: Column, cuts: Candidates, first: Array, last: Array
) -> tuple[Array, Array, Array]:
    """(low, high, last) of runs of cuts."""
    low, high, end = column.gap(cuts.at[first])
    if (first != last).any():
        _, high, end = column.gap(cuts.at[last])
    return low, high, end


def allowed(column: Column, objective: Objective) -> Candidates:
    """The cuts that meet the constraint, among them those that are best in any sum.

    Raises `Unreachable` where there is none.
    """
    if objective.strict:
        return column.pareto_cuts()
    cuts = possible_cuts(column)
    rank, second = objective.ranks(cuts, column)
    if objective.constraint is None:
        return cuts
    _refuse_unreachable(rank, second)
    return cuts.take(rank > -np.inf)


def best_sum(
    columns: list[Column], found: list[Candidates], objective: Objective, slack: float = 0.0
) -> list[Choice]:
    """Find each column's cut for the highest ratio of their summed counts, by Dinkelbach's method.

    F = a tp / (b true + c pred) is a ratio of sums, so at its maximum x no label can raise its
    own a tp - x c pred. Start from a low x, let each label choose, take the ratio of what they
    chose as the next x: it rises to the maximum in a handful of rounds. A higher x never makes a
    label predict more, so each round looks only at what is left. `found` holds what is `allowed`
    of each column.

    Source: W. Dinkelbach, On nonlinear fractional programming, Management Science 13(7), 1967.
    """
    ratio = objective.ratio
    a, b, c = coefs_of(ratio, objective.coefs)
    if c == 0 or not any(cuts.tp.any() for cuts in found):
        # Recall, where more is better for each label; or nothing can be found.
        return [best_cut(column, objective, slack) for column in columns]
    true = sum(column.true for column in columns)

    def ratio_of(tp: Any, pred: Any) -> Any:
        return divide(*fraction("fbeta", tp, pred, true, None, (a, b, c)), 0.0)

    def reached(places: list[int]) -> float:
        both = [(cuts.tp[i], cuts.pred[i]) for cuts, i in zip(found, places, strict=True)]
        return float(ratio_of(*np.sum(both, axis=0)))

    nothing = [cuts.take(slice(-1, None)) for cuts in found]
    best = reached([0] * len(found))
    while True:
        gains = [a * cuts.tp - best * c * cuts.pred for cuts in found]
        places = [int(np.argmax(gain)) for gain in gains]
        if not reached(places) > best:
            break
        best = reached(places)
        found = [cuts.take(slice(place, None)) for cuts, place in zip(found, places, strict=True)]
    if b == 0 and objective.zero_division > best and not any(cuts.pred[0] for cuts in nothing):
        found, places = nothing, [0] * len(found)  # precision, and 0/0 is better than any
    else:
        places = [_widest(*of) for of in zip(columns, found, gains, strict=True)]
        if reached(places) != best:  # but for rounding, or all of them predict nothing
            places = [0] * len(found)
    choices = [
        middle(column, cuts, np.arange(len(cuts.at)) == place)
        for column, cuts, place in zip(columns, found, places, strict=True)
    ]
    if not slack:
        return choices
    tp, pred = sum(one.tp for one in choices), sum(one.pred for one in choices)
    wider = []
    for column, one in zip(columns, choices, strict=True):  # the others stay where they are
        cuts = possible_cuts(column)
        near = ratio_of(tp - one.tp + cuts.tp, pred - one.pred + cuts.pred) >= best - slack
        same = (cuts.tp == one.tp) & (cuts.pred == one.pred)
        if objective.constraint is not None:
            near &= objective.ranks(cuts, column)[0] > -np.inf
        wider.append(middle(column, cuts, same, near | same))
    return wider


def _widest(column: Column, cuts: Candidates, gain: Array) -> int:
    """Find the cut with the widest gap among those with as high a gain as the first."""
    ties = np.flatnonzero(gain == gain[0])
    if len(ties) == 1:
        return 0
    low, high, _ = column.gap(cuts.at[ties])
    return int(ties[np.argmax(column.probability(high) - column.probability(low))])
