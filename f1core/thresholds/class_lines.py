"""Thresholds of many classes, one line at a time: argmax of p_k / t_k, and which t_k is best."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from ..counts import Array
from .class_metrics import ClassMetric, Cost, Line

ROUNDING = 1e-11  # how far sums along a line may be from the metric that its counts make
_APART = 1 - 5e-16  # less than two roundings of each of two; ratios of float32 are 3e-15 apart
_MOST_DIVIDED = 256  # cuts of a line that are divided one by one, at most
_FAR = 2.0**500  # so far thresholds may be apart


class Rows(NamedTuple):
    """Rows that thresholds decide, and what is counted of all others, which they do not.

    `scores` are (C, m) float64, none negative; `tp` and `pred` (C,) and `loss` are of the other
    rows, which stay as they are while each threshold is between `lowest` and `highest` (C,).
    """

    scores: Array
    true: Array
    weight: Array | None
    tp: Array
    pred: Array
    loss: float
    lowest: Array
    highest: Array
    raw: Array  # (m, C) scores as they were given
    from_logits: bool


@dataclass(frozen=True)
class Found:
    """(C,) thresholds, the metric that they reach, and between which bounds each keeps it."""

    thresholds: Array
    value: float
    low: Array
    high: Array


def climb(
    rows: Rows,
    metric: ClassMetric | Cost,
    thresholds: Array,
    rounds: int,
    least: float = 0.0,
) -> Found:
    """Search class by class, the others fixed, until no class's threshold makes it better.

    So many rounds at most, and until one gains no more than `least`; a last one then only looks
    between which bounds each threshold keeps the value. The highest quotients of the other classes
    are kept from both ends, of the classes before with new thresholds and of those behind with old
    ones: a round costs O(n C) and not O(n C^2).
    """
    size, idle = len(thresholds), 0
    found = Found(thresholds * 1.0, -np.inf, np.zeros(size), np.full(size, np.inf))
    moves = True
    for turn in range(rounds):
        behind, value = _from_the_end(rows.scores, found.thresholds), found.value
        highest = np.full(rows.scores.shape[1], -1.0)
        where = np.zeros(len(highest), behind[0][1].dtype)
        for label in range(size):
            before = highest >= behind[label][0]  # among equals the first, as in argmax
            line = _line(
                rows, metric, label, found.thresholds,
                np.where(before, highest, behind[label][0]),
                np.where(before, where, behind[label][1]),
            )  # fmt: skip
            after = _best_of(line, metric, found, moves)
            idle = idle + 1 if after.thresholds is found.thresholds else 0
            found = after
            if idle == size:
                return found
            quotient = rows.scores[label] / found.thresholds[label]
            np.putmask(where, quotient > highest, label)
            np.maximum(highest, quotient, out=highest)
        moves = moves and not (turn and found.value - value <= least)
    return found


def _from_the_end(scores: Array, thresholds: Array) -> list[tuple[Array, Array]]:
    """The highest quotient among the classes after each one, and whose it is."""
    highest = np.full(scores.shape[1], -1.0)
    where = np.zeros(len(highest), ids_dtype(len(scores)))
    found = [(highest, where)]
    for label in range(len(scores) - 1, 0, -1):
        quotient = scores[label] / thresholds[label]
        where = np.where(quotient >= highest, label, where)
        highest = np.maximum(highest, quotient)
        found.append((highest, where))
    return found[::-1]


def ids_dtype(size: int) -> Any:
    """The smallest dtype of so many classes, which sorts by radix: 16 bits in two passes."""
    return np.min_scalar_type(size)


class Ordered(NamedTuple):
    """A line, the (m,) thresholds at which its rows go, descending, and what is now."""

    line: Line
    at: Array
    place: int  # so many have gone now
    bounds: tuple[float, float]

    def gaps(self, places: Array) -> tuple[Array, Array]:
        """(low, high) of the thresholds for which so many rows have gone."""
        edges = np.concatenate([[self.bounds[1]], self.at, [self.bounds[0]]])
        return edges[places + 1], edges[places]


def _line(
    rows: Rows, metric: Any, label: int, thresholds: Array, rival: Array, start: Array
) -> Ordered:
    """Order the rows by the threshold of a class below which each goes to it from its rival."""
    others = np.delete(thresholds, label)
    low = max(float(rows.lowest[label]), float(others.max()) / _FAR)
    high = min(float(rows.highest[label]), float(others.min()) * _FAR)
    scores = rows.scores[label]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        at = scores / rival
    nothing = rival == 0  # of any other class
    if nothing.any():  # a row of zeros is of the first class, whatever its threshold
        at[nothing] = np.where(scores[nothing] > 0, np.inf, np.inf if label == 0 else 0.0)
    quotient = scores / thresholds[label]
    now = (quotient > rival) | ((quotient == rival) & (label < start))
    return ordered(rows, metric, label, at, start, now, (low, high))


def ordered(
    rows: Rows,
    metric: Any,
    label: int,
    at: Array,
    start: Array,
    now: Array,
    bounds: tuple[float, float],
) -> Ordered:
    """Order rows that go to a class from (m,) others at thresholds within bounds.

    `now` says which the class has now.
    """
    low, high = bounds
    moving = np.flatnonzero((at > low) & (at < high))
    moving = moving[np.argsort(at[moving])[::-1]]
    fixed = np.where(at >= high, label, start)
    tp, pred = rows.tp.copy(), rows.pred.copy()
    first = fixed.copy()
    first[moving] = start[moving]
    right, size = first == rows.true, len(tp)
    weight = rows.weight
    if weight is None:
        pred += np.bincount(first, minlength=size)
        tp += np.bincount(first[right], minlength=size)
    else:
        pred += np.bincount(first, weight, minlength=size)
        tp += np.bincount(first[right], weight[right], minlength=size)
    loss = rows.loss
    if isinstance(metric, Cost):
        each = metric.costs[rows.true, first]
        loss += float((each if weight is None else each * weight).sum())
    line = Line(
        label, rows.true[moving], start[moving], None if weight is None else weight[moving],
        tp, pred, loss,
    )  # fmt: skip
    return Ordered(line, at[moving], int(np.count_nonzero(now[moving])), bounds)


def _best_of(ordered: Ordered, metric: Any, found: Found, moves: bool) -> Found:
    """The thresholds with a better one for the line's class, or with the range that is as good."""
    line, at, place = ordered.line, ordered.at, ordered.place
    label, exact = line.label, line.weight is None and not isinstance(metric, Cost)
    rough = metric.along(line)
    rough[1:-1][at[1:] >= at[:-1] * _APART] = -np.inf  # equal ones go together
    near = np.flatnonzero(rough >= rough.max() - ROUNDING)
    low, high = ordered.gaps(near)
    width = _width(low, high)
    if len(near) > _MOST_DIVIDED:
        few = np.sort(np.argsort(width)[-_MOST_DIVIDED:])
        near, low, high, width = near[few], low[few], high[few], width[few]
    tried = np.unique(np.append(near, place))
    values = metric.at(line, tried)
    now, values = float(values[np.searchsorted(tried, place)]), values[np.isin(tried, near)]
    if moves and values.max() > now + (0.0 if exact else ROUNDING):
        pick = int(np.argmax(np.where(values == values.max(), width, -1.0)))
        thresholds = found.thresholds.copy()
        thresholds[label] = _between(float(low[pick]), float(high[pick]), ordered.bounds)
        return replace(found, thresholds=thresholds, value=float(values.max()))
    with np.errstate(invalid="ignore"):  # of an undefined metric, -inf
        differ = np.flatnonzero((abs(rough - now) > ROUNDING) & (rough > -np.inf))
    split = int(np.searchsorted(differ, place))
    first = differ[split - 1] + 1 if split else 0
    last = differ[split] - 1 if split < len(differ) else len(at)
    lows, highs = found.low.copy(), found.high.copy()
    lows[label], highs[label] = (float(x[0]) for x in ordered.gaps(np.array([last])))
    highs[label] = float(ordered.gaps(np.array([first]))[1][0])
    return replace(found, value=now, low=lows, high=highs)


def _width(low: Array, high: Array) -> Array:
    """Compute the logarithm of a gap's upper end over its lower end."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(np.minimum(np.log2(high) - np.log2(low), 2000.0))


def _between(low: float, high: float, bounds: tuple[float, float]) -> float:
    """A threshold in the middle of a gap; at an end of the line not far from the next row."""
    if low <= bounds[0] and high >= bounds[1]:
        return 1.0 if low < 1.0 < high else float(np.sqrt(low) * np.sqrt(high))
    middle = float(np.sqrt(low) * np.sqrt(high))
    if low <= bounds[0]:
        middle = max(middle, high / 2)
    elif high >= bounds[1]:
        middle = min(middle, low * 2)
    return middle if low < middle < high else low
