"""Between which bounds the threshold of each class alone keeps the score, by the rule of `score`.

The rule rounds quotients, so a row does not go to a class at the quotient of two quotients but a
few floats beside it, and far from it where numbers are tiny: where it goes is bisected.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import widened
from ..counts import Array
from ..float_bits import quotients
from .class_lines import ROUNDING, Rows, ordered
from .class_metrics import ClassMetric, Cost

_SMALLEST = float(np.finfo(np.float64).tiny)  # below it quotients overflow: nothing is claimed
_NEAR = 2.0**-47  # how far, in proportion, a quotient of quotients is from the cut, as a rule


def ranges(rows: Rows, metric: ClassMetric | Cost, thresholds: Array) -> tuple[Array, Array]:
    """(C,) low and high: strictly between them each threshold alone keeps the metric.

    `low` is 0 where no normal float64 is too low.
    """
    size = len(thresholds)
    low, high = np.zeros(size), np.ones(size)
    values = quotients(rows.raw, thresholds, rows.from_logits)
    for label in range(size):
        own = values[:, label].copy()
        values[:, label] = -np.inf
        start = values.argmax(axis=1)
        rival = values[np.arange(len(values)), start]
        values[:, label] = own
        line = _Exact(rows, label, start, rival)
        low[label], high[label] = line.kept(metric, float(thresholds[label]))
    low = np.minimum(np.maximum(low, rows.lowest), thresholds)
    return low, np.maximum(np.minimum(high, rows.highest), thresholds)


class _Exact:
    """The rows of a class, and between it and its rival who has each at some threshold."""

    def __init__(self, rows: Rows, label: int, start: Array, rival: Array) -> None:
        self._rows, self._label, self._start, self._rival = rows, label, start, rival
        self._scores = rows.raw[:, label]
        plain = widened(self._scores)
        with np.errstate(all="ignore"):
            near = np.exp(plain - rival) if rows.from_logits else plain / rival
            self._near = np.nan_to_num(np.asarray(near, np.float64), nan=1.0)
        # Where all scores are a hair below 0, a higher threshold makes the quotient higher.
        self._rising = (plain < 0) & (rival < 0) & (not rows.from_logits)

    def _has(self, at: Array, some: Any = slice(None)) -> Array:
        """Return whether the class has each of some rows at its own threshold of (m,)."""
        found = quotients(self._scores[some], at, self._rows.from_logits)
        rival, first = self._rival[some], self._label < self._start[some]
        return np.asarray((found > rival) | ((found == rival) & first))

    def _before(self, bits: Array, some: Any = slice(None)) -> Array:
        """Evaluate at thresholds (as bits) what is true below each row's cut and false above it."""
        return np.asarray(self._has(bits.view(np.float64), some) ^ self._rising[some])

    def _cuts(self) -> Array:
        """(m,) the highest threshold before each row's cut; inf or 0 where there is none."""
        least, most = np.array([_SMALLEST, 1.0]).view(np.int64)
        near = self._near.clip(0.0, 2.0)
        ends = np.array([near * (1 - _NEAR), near * (1 + _NEAR)])
        low, high = ends.clip(_SMALLEST, 1.0).view(np.int64)
        low = np.where(self._before(low), low, least)
        high = np.where(self._before(high), most, high)
        always = self._before(np.full(len(low), most))
        never = ~self._before(np.full(len(low), least))
        rows = np.flatnonzero(~(always | never) & (high - low > 1))
        while len(rows):
            middle = low[rows] + (high[rows] - low[rows]) // 2
            inside = self._before(middle, rows)
            low[rows[inside]], high[rows[~inside]] = middle[inside], middle[~inside]
            rows = rows[high[rows] - low[rows] > 1]
        found = low.view(np.float64)
        found[never], found[always] = 0.0, np.inf
        return np.asarray(found)

    def kept(self, metric: ClassMetric | Cost, threshold: float) -> tuple[float, float]:
        """Return the bounds between which the metric stays as it is at a threshold."""
        at, now = self._cuts(), self._has(np.full(len(self._near), threshold))
        low, high = 0.0, 1.0
        for cut in at[self._rising & (at > 0) & (at < np.inf)].tolist():
            low, high = (low, min(high, cut)) if threshold <= cut else (max(low, cut), high)
        at[self._rising] = np.where(now[self._rising], np.inf, 0.0)
        bounds = 0.0, np.inf
        line = ordered(self._rows, metric, self._label, at, self._start, now, bounds)
        value = metric.along(line.line)
        real = np.append(line.at[1:] != line.at[:-1], True)  # equal ones go together
        real = np.append(True, real)
        with np.errstate(invalid="ignore"):  # of an undefined metric, -inf
            far = ~(abs(value - value[line.place]) <= ROUNDING)
        differ = (value != value[line.place]) & far
        differ = np.flatnonzero(differ & real)
        split = int(np.searchsorted(differ, line.place))
        edges = np.concatenate([[1.0], line.at, [0.0]])
        if split:  # between two that differ, what is real and as good
            high = min(high, float(edges[differ[split - 1] + 1]))
        if split < len(differ):
            low = max(low, float(edges[differ[split]]))
        return low, high
