"""One label's cells as a column that a threshold cuts in two: sorted scores, or counts of bins."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays import widened
from ..counts import Array
from ..float_bits import BELOW_ALL, cuts_of
from .cells import precision_of

_ONE = int(np.float64(1.0).view(np.int64))
_STEPS = np.int64(1) << np.arange(0, 61, 4)
_AWAY = np.concatenate([-_STEPS[::-1], [0], _STEPS])  # words of thresholds, from a guess
_PARTS = np.arange(33)  # in which a range of them is then searched


class Candidates(NamedTuple):
    """(m,) cuts, predictions descending: where each lies, its true positives, what it predicts."""

    at: Array
    tp: Array
    pred: Array

    def take(self, places: Any) -> Candidates:
        """Select cuts by a mask, a slice or places."""
        return Candidates(self.at[places], self.tp[places], self.pred[places])


class ScoreColumn:
    """One label's scores in ascending order; the cut at place k predicts the cells from k on.

    `true` and `total` count (or weigh) the positive cells and all. `positives_first` says that
    equal scores have their positive cells first, and that no cell has a weight.
    """

    def __init__(
        self,
        scores: Array,
        positive: Array,
        dtype: np.dtype[Any],
        from_logits: bool = False,
        weight: Array | None = None,
        positives_first: bool = False,
    ) -> None:
        self.scores, self._positive, self._weight = scores, positive, weight
        self._dtype, self.from_logits = dtype, from_logits  # in which scores are compared
        self._positives_first = positives_first
        self.true: Any = int(np.count_nonzero(positive))
        self.total: Any = len(scores)
        if weight is not None:
            self.true, self.total = (above(x)[0] for x in (np.where(positive, weight, 0), weight))
        # What the thresholds 0 and 1 are on the scale of the scores.
        self._bottom, self._top = (-np.inf, np.inf) if from_logits else (0.0, 1.0)

    def every_cut(self) -> Candidates:
        """List all cuts between different scores, the one that predicts all cells first."""
        new = np.flatnonzero(self.scores[1:] != self.scores[:-1]) + 1
        first = [0] if len(self.scores) else []
        return self.cuts_at(np.concatenate([first, new, [len(self.scores)]]).astype(np.int64))

    def possible(self, cuts: Candidates, inside: bool = False) -> Candidates:
        """Select the cuts that some threshold makes: in [0, 1], or unless `inside` below all."""
        lowest, highest = self.places_above([self._bottom, self._top])
        made = (cuts.at >= lowest) & (cuts.at <= highest)
        if not inside and not self.from_logits:
            made |= cuts.at == 0
        cuts = cuts.take(made)
        if self.from_logits:
            cuts = cuts.take(~np.isnan(self.threshold(*self.gap(cuts.at))))
        return cuts

    def pareto_cuts(self) -> Candidates:
        """Cuts among which is the best by any metric that rises with TP and falls with FP.

        Directly below a positive cell and directly above another one: to move any other cut brings
        a true positive without a false one, or takes a false positive away.
        """
        if not self._positives_first:
            return self.possible(self.every_cut())
        lowest, highest = self.places_above([self._bottom, self._top])
        edges = _edges(self._positive[lowest:highest])
        at = np.append(edges[::2], highest - lowest)
        at += lowest
        tp = above(edges[1::2] - edges[::2])
        tp += np.count_nonzero(self._positive[highest:])
        if lowest and tp[0] < self.true:  # scores of 0.0 have positives
            at, tp = np.append(0, at), np.append(self.true, tp)
        return Candidates(at, tp, self.total - at)

    def cuts_at(self, at: Array) -> Candidates:
        """The cuts at these places."""
        if self._weight is None:
            return Candidates(at, above(self._positive)[at], self.total - at)
        hits = above(np.where(self._positive, self._weight, 0))
        return Candidates(at, hits[at], above(self._weight)[at])

    def positive_steps(self) -> tuple[Array, Array, Array, Array] | None:
        """Steps of the curves at each score that a positive has, ascending.

        (m,) positives below it, cells below it, positives that have it, others that have it. Known
        from the positives alone, a tenth of the cells of ten classes; None where cells have
        weights, or equal scores are in any order.
        """
        if not self._positives_first:
            return None
        at = np.flatnonzero(self._positive)
        scores = self.scores[at]
        new = np.ones(len(at), bool)
        np.not_equal(scores[1:], scores[:-1], out=new[1:])
        below = np.flatnonzero(new)
        rise = np.diff(below, append=len(at))
        start, scores = at[below], scores[below]
        after = start + rise
        tied = np.flatnonzero(scores == self.scores[np.minimum(after, len(self.scores) - 1)])
        tied = tied[after[tied] < len(self.scores)]
        run = np.zeros(len(below), np.int64)
        run[tied] = np.searchsorted(self.scores, scores[tied], side="right") - after[tied]
        return below, start, rise, run

    def gap(self, at: Array) -> tuple[Array, Array, Array]:
        """(low, high, last) of each cut: the scores around it, and whether none is above it."""
        low, high = np.full(len(at), self._bottom), np.full(len(at), self._top)
        inner, last = at > 0, np.asarray(at == len(self.scores))
        low[inner] = np.maximum(self.scores[at[inner] - 1], self._bottom)  # no threshold is lower
        high[~last] = self.scores[at[~last]]
        if not self.from_logits:  # but below all scores there is one
            under = ~last & ~inner & (high <= 0.0)
            low[under], high[under] = BELOW_ALL, 0.0
        return low, high, last

    def below_all(self, low: Array, high: Array) -> Array:
        """(m,) which gaps only a threshold below all scores is in."""
        return np.asarray((low == BELOW_ALL) & (high <= 0.0) & (not self.from_logits))

    @property
    def hides_cut(self) -> bool:
        """Whether no threshold in [0, 1] predicts all cells."""
        return not self.from_logits and bool(self.places_above([0.0])[0])

    def probability(self, scores: Array) -> Array:
        """Scores as probabilities in [0, 1], of which some may be a hair outside."""
        if not self.from_logits:
            return np.clip(scores, 0.0, 1.0)
        small = np.exp(-np.abs(scores))
        return np.where(scores < 0, small, 1.0) / (1.0 + small)

    def threshold(self, low: Array, high: Array, last: Array) -> Array:
        """(m,) thresholds whose cut lies in [low, high), in the middle where that is representable.

        nan where there is none: two large logits may have one probability.
        """
        ends = self.probability(low), self.probability(high)
        found = np.full(len(low), np.nan)
        for tried in (ends[0] + (ends[1] - ends[0]) / 2, *_near(ends[0])):
            cut = self.compared(tried)
            good = (low <= cut) & ((cut < high) | last) & np.isnan(found)
            found[good] = (tried if self.from_logits else cut)[good]
            if not np.isnan(found).any():
                break
        found[np.isnan(found) & self.below_all(low, high)] = BELOW_ALL
        return found + 0.0  # -0.0 is 0.0

    def bounds(self, low: Array, high: Array, last: Array) -> tuple[Array, Array]:
        """(2, m) the thresholds whose cut lies in [low, high): from one to before another.

        A threshold is rounded before scores are compared with it, and one of logits is a rounded
        logarithm: neither end need be the probability of the score there.
        """
        bottom, top = self.probability(low), self.probability(high)
        if self.from_logits:
            bottom, top = np.split(self._lowest(np.append(low, high)), 2)
        elif self._dtype != np.float64:
            top = self._lowest(high)
        return bottom, np.where(last, 1.0, top)

    def _lowest(self, scores: Array) -> Array:
        """(m,) the lowest thresholds in [0, 1] compared as these scores or higher, else 1."""
        size = len(scores)
        half = np.ldexp(precision_of(self._dtype) / 4, np.frexp(scores)[1])
        with np.errstate(over="ignore"):  # of the lowest float64
            guess = self.probability(scores - half).view(np.int64)  # words in the order of numbers
        words = np.full((size, len(_AWAY) + 2), -1)
        words[:, 1:-1] = (guess[:, None] + _AWAY).clip(0, _ONE)
        words[:, -1] = _ONE
        while True:
            inner = words[:, 1:].copy().view(np.float64)
            reached = self.compared(inner.ravel()).reshape(inner.shape) >= scores[:, None]
            reached[:, -1] = True
            rows, place = np.arange(size), reached.argmax(axis=1)
            below, found = words[rows, place], words[rows, place + 1]
            if (found - below).max() <= 1:
                return np.asarray(found.view(np.float64))
            whole, rest = np.divmod((found - below)[:, None], _PARTS[-1])
            words = below[:, None] + whole * _PARTS + np.minimum(_PARTS, rest)

    def compared(self, thresholds: Array) -> Array:
        """(m,) float64: what scores are compared with."""
        return widened(cuts_of(thresholds, self._dtype, self.from_logits)).astype(np.float64)

    def places_above(self, scores: Any) -> Array:
        """(m,) places of the cuts just above these scores."""
        wanted = np.asarray(scores, self.scores.dtype)
        return np.searchsorted(self.scores, wanted, side="right")

    def cuts_between(self, low: float, high: float) -> tuple[Array, Candidates]:
        """(m,) `low` and the scores above it up to `high`, and the cuts just above each."""
        first, last = self.places_above([low, high])
        some = self.scores[first:last]
        new = np.flatnonzero(np.append(some[1:] != some[:-1], [True] * (len(some) > 0)))
        cuts = self.cuts_at(np.append(first, first + 1 + new))
        return np.append(low, some[new].astype(np.float64)), cuts

    def of_scores(self, scores: Array) -> ScoreColumn:
        """Make a column of other ascending scores, without truth, on this one's scale."""
        return ScoreColumn(scores, np.zeros(len(scores), bool), self._dtype, self.from_logits)


class BinColumn:
    """One label's bins, (bins + 2, 2) of `count_bins`; cut k predicts the scores above k / bins.

    If `optimistic`, what no threshold can beat: in each bin all positives come before the other
    cells. A threshold inside a bin has at most the true positives of the bin's lower edge, and
    predicts at least the cells above its upper edge and those true positives.
    """

    def __init__(self, counts: Array, optimistic: bool = False) -> None:
        self._bins, self.hides_cut = len(counts) - 2, optimistic
        self._tp, self._pred = above(counts[:, 1]), above(counts.sum(axis=1))
        self.true, self.total = self._tp[0], self._pred[0]
        if optimistic:  # thresholds below 1: above 1 nothing is cut
            self._pred[1:-2] = self._pred[2:-1] + counts[1:-1, 1]

    def every_cut(self) -> Candidates:
        """Every edge, and around them the cuts that predict all cells and none."""
        return Candidates(np.arange(-1, self._bins + 2), self._tp, self._pred)

    def possible(self, cuts: Candidates, inside: bool = False) -> Candidates:
        """Every edge; if optimistic also below all scores, where no edge is."""
        return cuts.take(slice(0 if self.hides_cut and not inside else 1, -1))

    def pareto_cuts(self) -> Candidates:
        """Every edge: there are few."""
        return self.possible(self.every_cut())

    def gap(self, at: Array) -> tuple[Array, Array, Array]:
        """(low, high, last) of each cut: its edge, twice."""
        edges = at / self._bins
        return edges, edges, np.asarray(at == self._bins)

    def below_all(self, low: Array, high: Array) -> Array:
        """(m,) False: no edge of bins is below all scores."""
        return np.zeros(len(low), bool)

    def probability(self, edges: Array) -> Array:
        """Edges are probabilities."""
        return edges

    def threshold(self, low: Array, high: Array, last: Array) -> Array:
        """(m,) the edge in, or just below, the middle of [low, high]."""
        return np.asarray(np.floor((low + high) / 2 * self._bins) / self._bins)

    def bounds(self, low: Array, high: Array, last: Array) -> tuple[Array, Array]:
        """(2, m) the first and the last threshold of runs of edges: these edges themselves."""
        return low, high

    def compared(self, thresholds: Array) -> Array:
        """Edges are compared as they are."""
        return thresholds


Column = ScoreColumn | BinColumn


def possible_cuts(column: Column, inside: bool = False) -> Candidates:
    """List the cuts of a column that some threshold makes; if `inside`, one in [0, 1]."""
    return column.possible(column.every_cut(), inside)


def above(values: Array) -> Array:
    """(n + 1,) the sum of the entries from each place on, as int64 or float64."""
    sums = np.zeros(len(values) + 1, np.float64 if values.dtype.kind == "f" else np.int64)
    np.cumsum(values[::-1], out=sums[-2::-1])
    return sums


def runs(flags: Array) -> tuple[Array, Array]:
    """First and last place of each run of True."""
    edges = _edges(flags)
    return edges[::2], edges[1::2] - 1


def _edges(flags: Array) -> Array:
    """Find where runs of True begin and end, in turn."""
    padded = np.zeros(len(flags) + 2, bool)
    padded[1:-1] = flags
    return np.flatnonzero(padded[1:] != padded[:-1])


def _near(values: Array) -> list[Array]:
    """The values, and the next few floats above and below them, in [0, 1]."""
    above = below = values
    found = [values]
    for _ in range(4):
        above, below = np.nextafter(above, 1.0), np.nextafter(below, 0.0)
        found += [above, below]
    return found
