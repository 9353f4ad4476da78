"""One label's scores in ascending order, and every way to cut them in two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import widened
from ..counts import Array
from ..float_bits import cuts_of


@dataclass(frozen=True)
class Cuts:
    """Cut k predicts all but the `at[k]` lowest cells: (m,) each, predictions descending."""

    at: Array
    tp: Array
    pred: Array

    def __getitem__(self, places: Any) -> Cuts:
        return Cuts(self.at[places], self.tp[places], self.pred[places])


@dataclass(frozen=True)
class Scale:
    """The numbers that scores are, and the thresholds between them."""

    dtype: np.dtype[Any]
    from_logits: bool = False

    @property
    def ends(self) -> tuple[float, float]:
        """What the thresholds 0 and 1 are on the scale of the scores."""
        return (-np.inf, np.inf) if self.from_logits else (0.0, 1.0)

    def probability(self, scores: Array) -> Array:
        """Scores as probabilities in [0, 1]."""
        if not self.from_logits:
            return np.clip(scores, 0.0, 1.0)  # of which some are a hair outside
        small = np.exp(-np.abs(scores))
        return np.where(scores < 0, small, 1.0) / (1.0 + small)

    def threshold(self, low: Array, high: Array, last: Array) -> Array:
        """(m,) thresholds whose cut lies in [low, high), in the middle where that is representable.

        nan where there is none: two large logits may have one probability. `last` marks gaps
        above all scores, which have no upper end.
        """
        ends = self.probability(low), self.probability(high)
        found = np.full(len(low), np.nan)
        for tried in (ends[0] + (ends[1] - ends[0]) / 2, *_near(ends[0])):
            cut = self.cut(tried)
            good = (low <= cut) & ((cut < high) | last) & np.isnan(found)
            found[good] = (tried if self.from_logits else cut)[good]
            if not np.isnan(found).any():
                break
        return found + 0.0  # -0.0 is 0.0

    def cut(self, thresholds: Array) -> Array:
        """(m,) float64: what scores are compared with."""
        return widened(cuts_of(thresholds, self.dtype, self.from_logits)).astype(np.float64)


def _near(values: Array) -> list[Array]:
    """The values, and the next few floats above and below them, in [0, 1]."""
    above = below = values
    found = [values]
    for _ in range(4):
        above, below = np.nextafter(above, 1.0), np.nextafter(below, 0.0)
        found += [above, below]
    return found


class Column:
    """One label's cells; `true` and `total` count (or weigh) the positive ones and all."""

    scale: Scale
    true: Any
    total: Any

    def groups(self) -> Cuts:
        """Every cut between different scores, the one that predicts all cells first."""
        raise NotImplementedError

    def cuts(self) -> Cuts:
        """Those that a threshold can make, predictions descending."""
        raise NotImplementedError

    def good_cuts(self) -> Cuts:
        """Some of them, among which is a best one: no other has as many hits on fewer cells."""
        return self.cuts()

    def promising(self, value: Callable[[Cuts], Array]) -> Cuts:
        """Good cuts among which is the best by `value`, which hits raise and other cells lower."""
        return self.good_cuts()

    def gap(self, at: Array) -> tuple[Array, Array, Array]:
        """(low, high, last) of each cut: the scores around it, and whether none is above it."""
        raise NotImplementedError


class Ordered(Column):
    """Logits, weighted cells, scores a hair outside [0, 1]: sorted by way of a permutation."""

    def __init__(self, scores: Array, true: Array, weight: Array | None, scale: Scale) -> None:
        order = _ascending(scores)
        self.scale, self._scores = scale, scores[order].astype(np.float64)
        hit = true[order] != 0
        weighed = np.ones(len(hit), np.int64) if weight is None else weight[order]
        self._tp, self._pred = above(np.where(hit, weighed, 0)), above(weighed)
        self.true, self.total = self._tp[0], self._pred[0]

    def groups(self) -> Cuts:
        """Every cut between different scores, the one that predicts all cells first."""
        at = starts(self._scores)
        return Cuts(at, self._tp[at], self._pred[at])

    def cuts(self) -> Cuts:
        """Those that a threshold can make, predictions descending."""
        cuts = self.groups()
        (low, high, last), (bottom, top) = self.gap(cuts.at), self.scale.ends
        made = (low <= top) & ((high > bottom) | last)
        if self.scale.from_logits:
            made &= ~np.isnan(self.scale.threshold(low, high, last))
        return cuts[made]

    def gap(self, at: Array) -> tuple[Array, Array, Array]:
        """(low, high, last) of each cut: the scores around it, and whether none is above it."""
        bottom, top = self.scale.ends
        scores = np.concatenate([[bottom], self._scores, [top]])
        low = np.maximum(scores[at], bottom)  # no threshold is lower
        return low, scores[at + 1], np.asarray(at == len(self._scores))


def _ascending(scores: Array) -> Array:
    """(n,) places of the scores in ascending order.

    Those of up to 32 bits leave room for their own places: 1,000,000 float32 sort in 20 ms as
    such integers, where a stable argsort takes 146.
    """
    if scores.dtype.itemsize > 4 or len(scores) >= 1 << 32:
        return np.argsort(scores, kind="stable")
    words = scores.astype(np.float32).view(np.uint32)
    negative = words >> np.uint32(31) != 0
    words = np.where(negative, ~words, words | np.uint32(1 << 31))
    keys = words.astype(np.uint64) << np.uint64(32)
    keys |= np.arange(len(keys), dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64((1 << 32) - 1)).astype(np.int64)


def starts(ordered: Array) -> Array:
    """(m + 1,) where each run of equal values begins, and the length."""
    new = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    return np.concatenate([[0] if len(ordered) else [], new, [len(ordered)]]).astype(np.int64)


def above(values: Array) -> Array:
    """(n + 1,) the sum of the entries from each place on."""
    return np.append(np.cumsum(values[::-1])[::-1], values.dtype.type(0))
