"""Which cut is best: of one label, of many labels' sum, of one threshold for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..counts import Array
from ..metrics import divide, fractions
from .cuts import Column, Cuts


@dataclass(frozen=True)
class Aim:
    """What is to be high, and what must not be low."""

    ratio: str  # fbeta, precision or recall
    floor: tuple[str, float] | None  # another ratio, and the least it may be
    coefs: tuple[float, float, float]
    zero_division: float
    shy: bool  # a label that is neither true nor predicted leaves the average

    def values(self, ratio: str, cuts: Cuts, column: Column) -> Array:
        """(m,) a ratio at each cut, as `Scores` would divide it."""
        over, under = fractions(cuts.tp, cuts.pred, column.true, column.total, self.coefs)[ratio]
        return np.asarray(divide(over, under, self.zero_division), np.float64)

    def ranks(self, cuts: Cuts, column: Column) -> tuple[Array, Array]:
        """(m,) what is compared, -inf where it may not be, and what decides among equals."""
        rank = self.values(self.ratio, cuts, column)
        undefined = np.isnan(rank)
        if self.shy and column.true == 0:
            undefined |= cuts.pred == 0
        # An undefined value is left out of the average: best where all else is a false alarm,
        # never sought where something can be found.
        rank[undefined] = np.inf if column.true == 0 else -1.0
        if self.floor is None:
            return rank, np.zeros(len(rank))
        second = self.values(self.floor[0], cuts, column)
        rank[~(second >= self.floor[1])] = -np.inf
        return rank, second

    def shares(self, cuts: Cuts, column: Column, ratio: str = "") -> tuple[Array, Array]:
        """(m,) what a label adds to the mean's numerator, and to its denominator: 0 or 1."""
        value = self.values(ratio or self.ratio, cuts, column)
        counted = value == value
        if self.shy:
            counted &= (cuts.pred > 0) | (np.asarray(column.true) > 0)
        return np.where(counted, value, 0.0), counted

    @property
    def strict(self) -> bool:
        """Whether a cut with as many hits on more cells is always worse."""
        return self.floor is None and self.ratio == "fbeta" and self.coefs[2] > 0


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
    """No cut keeps the floor; says the highest value that any cut reaches."""


def best_cut(column: Column, aim: Aim, slack: float = 0.0) -> Choice:
    """The best cut of one column; among equals the middle of the widest range of thresholds.

    Raises
    ------
    Unreachable
        If no cut keeps the aim's floor.
    """
    cuts, rank, second = usable(column, aim, few=aim.strict and not slack)
    good = rank == rank.max()
    alone = aim.strict and rank.max() > 0 and not slack and np.count_nonzero(good) == 1
    if not alone:  # all cuts, since those left out may be as good
        cuts = column.cuts()
        rank, second = aim.ranks(cuts, column)
        good = rank == rank.max()
        if aim.floor is not None:
            good &= second == second[good].max()
    return middle(column, cuts, good, rank >= rank.max() - slack if slack else None)


def usable(column: Column, aim: Aim, few: bool = False) -> tuple[Cuts, Array, Array]:
    """Good cuts, or only the few that may be best, and their ranks; all cuts if none of those do.

    Raises
    ------
    Unreachable
        If no cut keeps the aim's floor.
    """
    if few:
        cuts = column.promising(lambda cuts: aim.values("fbeta", cuts, column))
    else:
        cuts = column.good_cuts()
    rank, second = aim.ranks(cuts, column)
    if rank.max() == -np.inf:  # 0/0 may keep no floor where 0/1 does
        cuts = column.cuts()
        rank, second = aim.ranks(cuts, column)
        if rank.max() == -np.inf:
            raise Unreachable(float(np.max(second, initial=0.0, where=second == second)))
    return cuts, rank, second


def middle(column: Column, cuts: Cuts, good: Array, near: Array | None = None) -> Choice:
    """The middle of the widest run of good cuts, within the run of near ones around it."""
    first, last = _runs(good)
    low, high, end = _span(column, cuts, first, last)
    ends = column.scale.probability(low), column.scale.probability(high)
    widest = int(np.argmax(ends[1] - ends[0]))
    reach = ends[0][widest], ends[1][widest]
    pick, place = slice(widest, widest + 1), int(first[widest])
    threshold = column.scale.threshold(low[pick], high[pick], end[pick])[0]
    if np.isnan(threshold):  # between logits: some single gap of the run has one
        threshold = column.scale.threshold(*column.gap(cuts.at[place : place + 1]))[0]
    if near is not None:
        first, last = _runs(near)
        around = int(np.searchsorted(first, place, side="right")) - 1
        pick = slice(around, around + 1)
        low, high, _ = _span(column, cuts, first[pick], last[pick])
        reach = column.scale.probability(low)[0], column.scale.probability(high)[0]
    counts = cuts.tp[place], cuts.pred[place], column.true, column.total
    return Choice(float(threshold), float(reach[0]), float(reach[1]), *counts)


def _span(column: Column, cuts: Cuts, first: Array, last: Array) -> tuple[Array, Array, Array]:
    """(low, high, last) of runs of cuts."""
    low, high, end = column.gap(cuts.at[first])
    if (first != last).any():
        _, high, end = column.gap(cuts.at[last])
    return low, high, end


def _runs(flags: Array) -> tuple[Array, Array]:
    """First and last place of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return edges[::2], edges[1::2] - 1


def best_sum(
    columns: list[Column], found: list[Cuts], aim: Aim, slack: float = 0.0
) -> list[Choice]:
    """The best cut of each column for the ratio of their summed counts, by Dinkelbach's method.

    F = a tp / (b true + c pred) is a ratio of sums, so at its maximum x no label can raise its
    own a tp - x c pred. Start from a low x, let each label choose, take the ratio of what they
    chose as the next x: it rises to the maximum in a handful of rounds. A higher x never makes a
    label predict more, so each round looks only at what is left. `found` holds what is `allowed`
    of each column.

    Source: W. Dinkelbach, On nonlinear fractional programming, Management Science 13(7), 1967.
    """
    a, b, c = {"precision": (1.0, 0.0, 1.0), "recall": (1.0, 1.0, 0.0)}.get(aim.ratio, aim.coefs)
    if c == 0 or not any(cuts.tp.any() for cuts in found):
        # Recall, where more is better for each label; or nothing can be found.
        return [best_cut(column, aim, slack) for column in columns]
    true = sum(column.true for column in columns)

    def ratio(tp: Any, pred: Any) -> Any:
        return divide(*fractions(tp, pred, true, true + pred, (a, b, c))["fbeta"], 0.0)

    def reached(places: list[int]) -> float:
        both = [(cuts.tp[i], cuts.pred[i]) for cuts, i in zip(found, places, strict=True)]
        return float(ratio(*np.sum(both, axis=0)))

    nothing = [cuts[-1:] for cuts in found]
    best = reached([0] * len(found))
    while True:
        gains = [a * cuts.tp - best * c * cuts.pred for cuts in found]
        places = [int(np.argmax(gain)) for gain in gains]
        if not reached(places) > best:
            break
        best = reached(places)
        found = [cuts[place:] for cuts, place in zip(found, places, strict=True)]
    if b == 0 and aim.zero_division > best and not any(cuts.pred[0] for cuts in nothing):
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
        cuts = column.cuts()
        near = ratio(tp - one.tp + cuts.tp, pred - one.pred + cuts.pred) >= best - slack
        good = (cuts.tp == one.tp) & (cuts.pred == one.pred)
        wider.append(middle(column, cuts, good, near & _keeps(cuts, column, aim) | good))
    return wider


def allowed(column: Column, aim: Aim) -> Cuts:
    """The good cuts that keep the floor.

    Raises
    ------
    Unreachable
        If none does.
    """
    if aim.floor is None:
        return column.good_cuts()
    cuts, rank, _ = usable(column, aim)
    return cuts[rank > -np.inf]


def _keeps(cuts: Cuts, column: Column, aim: Aim) -> Array:
    if aim.floor is None:
        return np.ones(len(cuts.at), bool)
    return np.asarray(aim.ranks(cuts, column)[0] > -np.inf)


def _widest(column: Column, cuts: Cuts, gain: Array) -> int:
    """Of the cuts with as high a gain as the first, the one with the widest gap."""
    ties = np.flatnonzero(gain == gain[0])
    if len(ties) == 1:
        return 0
    low, high, _ = column.gap(cuts.at[ties])
    return int(ties[np.argmax(column.scale.probability(high) - column.scale.probability(low))])
