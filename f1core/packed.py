"""Probabilities as integers with the truth in a spare bit, and how to sort only few of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from .batch import Format
from .counts import Array
from .plain import floats
from .sorting import Column, Cuts, Scale, above, starts

# From here on a histogram in front of the sort pays.
_SMALL = 4096
_A_RANGE = 16  # cells, on average
PAYS = 0.5  # the share of the cells that may be left
# Cells looked at in one go: their temporaries stay in a core's cache.
_BLOCK = 1 << 15


class Packed(Column):
    """One label's unweighted probabilities, 2 x bits + (1 where negative): one plain sort.

    Positives come first among equal scores, so where a run of equal keys begins with one, all
    cells of that score begin.
    """

    def __init__(self, words: Array, true: Array, form: Format, scale: Scale) -> None:
        self._unsorted = words << words.dtype.type(1)
        self._unsorted |= true == 0
        self.scale, self._form, self._bit = scale, form, words.dtype.type(1)
        self.true, self.total = int(np.count_nonzero(true)), len(words)

    @cached_property
    def _keys(self) -> Array:
        return np.sort(self._unsorted)

    @cached_property
    def _ranges(self) -> Ranges:
        low, high = (int(x) >> 1 for x in (self._unsorted.min(), self._unsorted.max()))
        return Ranges(
            self._unsorted, low, high, 1 << min(14, (self.total // _A_RANGE).bit_length())
        )

    @cached_property
    def span(self) -> tuple[int, int]:
        """The lowest score above 0 and the highest, as words; (1, 0) without any."""
        words = self._unsorted >> self._bit
        least = np.min(words, where=words > 0, initial=self._form.inf)
        return (int(least), int(words.max())) if least < self._form.inf else (1, 0)

    def ranges(self, low: int, high: int, size: int) -> Ranges:
        """So many equal ranges of the words from `low` to `high`; the scores 0 are in none."""
        some = self._unsorted[self._unsorted > self._bit]
        return Ranges(some, low, high, size)

    def cuts_in(self, ranges: Ranges, chosen: Array) -> tuple[Array, Cuts]:
        """(m,) the scores just below some cuts, and these: below and within chosen ranges."""
        keys = np.sort(ranges.keys_in(chosen))
        words = keys >> self._bit
        ends = np.flatnonzero(np.append(words[1:] != words[:-1], [True] * (len(words) > 0)))
        place, ahead = ranges.of(keys[ends]), np.flatnonzero(chosen)
        hits = np.cumsum((keys & self._bit) == 0)[ends]
        lower = [np.cumsum(np.where(chosen, x, 0)) - x for x in (ranges.positives, ranges.cells)]
        tp, pred = above(ranges.positives), above(ranges.cells)
        low = np.concatenate([ranges.start(ahead) - 1, words[ends].astype(np.int64)])
        tp = np.concatenate([tp[ahead], tp[place] - hits + lower[0][place]])
        pred = np.concatenate([pred[ahead], pred[place] - ends - 1 + lower[1][place]])
        order = np.argsort(low, kind="stable")
        scores = floats(low[order].astype(self._form.word), self._form.inf)
        return scores.astype(np.float64), Cuts(order, tp[order], pred[order])

    def around(self, score: float) -> tuple[float, float]:
        """The highest score not above this one, or 0; the lowest above it, or inf."""
        scores = floats(self._unsorted >> self._bit, self._form.inf)
        low = np.max(scores, where=scores <= score, initial=0)
        return float(low), float(np.min(scores, where=scores > score, initial=np.inf))

    def groups(self) -> Cuts:
        """Every cut between different scores, the one that predicts all cells first."""
        at = starts(self._keys >> self._bit)
        below = np.searchsorted(np.flatnonzero((self._keys & self._bit) == 0), at)
        return Cuts(at, self.true - below, self.total - at)

    def cuts(self) -> Cuts:
        """Those that a threshold can make, the one that predicts nothing last."""
        cuts = self.groups()
        if not self.total or self._keys[0] > self._bit:
            return cuts
        return Cuts(cuts.at[1:], cuts.tp[1:], cuts.pred[1:])  # no threshold is below p = 0

    def good_cuts(self) -> Cuts:
        """The cuts just below a positive, and the one that predicts nothing."""
        at, order = _below_positives(self._keys)
        return _with_nothing(self.true - order, self.total - at, self.total)

    def promising(self, value: Callable[[Cuts], Array]) -> Cuts:
        """The good cuts that may be best by `value`, which hits raise and other cells lower.

        A histogram says for each range of scores what a cut in it can reach at most: all its
        positives before any of its other cells. Where that is less than what a cut between two
        ranges does reach, nothing needs sorting: of 1,000,000 scores some 20,000 are left, and
        the whole takes 8 ms where the sort takes 40.
        """
        if self.total < _SMALL or not self.true:
            return self.good_cuts()
        ranges = self._ranges
        positives, cells = ranges.positives, ranges.cells
        tp, pred = above(positives), above(cells)
        reached = value(Cuts(cells, tp[:-1], pred[:-1]))
        if ranges.first == 0:
            reached[0] = 0.0  # no threshold is below p = 0
        reach = value(Cuts(cells, tp[:-1], pred[1:] + positives))
        alive = reach >= reached.max() * (1 - 1e-12)
        if cells[alive].sum() > PAYS * self.total:
            return self.good_cuts()
        keys = np.sort(ranges.keys_in(alive))
        at, order = _below_positives(keys)
        place = ranges.of(keys[at])
        hits, others = (np.cumsum(np.where(alive, x, 0)) - x for x in (positives, cells))
        return _with_nothing(
            tp[place] - order + hits[place], pred[place] - at + others[place], self.total
        )

    def gap(self, at: Array) -> tuple[Array, Array, Array]:
        """(low, high, last) of each cut: the scores around it, and whether none is above it."""
        words = np.zeros((2, len(at)), self._form.word)
        words[1] = self._form.one
        for row, place in enumerate((at - 1, at)):
            inside = (place >= 0) & (place < self.total)
            words[row, inside] = self._sorted_at(place[inside]) >> self._bit
        low, high = floats(words, self._form.inf).astype(np.float64)
        return low, high, np.asarray(at == self.total)

    def _sorted_at(self, places: Array) -> Array:
        """The keys at some places of the sorted order."""
        if "_ranges" in self.__dict__ and "_keys" not in self.__dict__ and len(places) == 1:
            return self._ranges.sorted_at(int(places[0]))
        return self._keys[places]


class Ranges:
    """How many keys, and how many positives, there are in each of many equal ranges of words."""

    def __init__(self, keys: Array, low: int, high: int, size: int) -> None:
        self._keys, self.first = keys, low
        self._shift = max(0, (high - low).bit_length() - size.bit_length() + 1) + 1
        counts = np.zeros(2 * size, np.int64)
        for block in self._blocks():
            negative = (block & block.dtype.type(1)).astype(np.int64)
            counts += np.bincount(2 * self.of(block) + negative, minlength=2 * size)
        self.positives, self.cells = counts[::2], counts[::2] + counts[1::2]

    def start(self, which: Array) -> Array:
        """The lowest word of each range."""
        return self.first + (which << (self._shift - 1))

    def _blocks(self) -> list[Array]:
        return [self._keys[i : i + _BLOCK] for i in range(0, len(self._keys), _BLOCK)]

    def of(self, keys: Array) -> Array:
        """Which range each key is in."""
        kind = keys.dtype.type
        return np.asarray((keys - kind(2 * self.first)) >> kind(self._shift)).astype(np.int64)

    def keys_in(self, chosen: Array) -> Array:
        """The keys in the chosen ranges."""
        parts = [block[chosen[self.of(block)]] for block in self._blocks()]
        return np.concatenate([self._keys[:0], *parts])

    def sorted_at(self, place: int) -> Array:
        """(1,) the key at a place of the sorted order."""
        below = np.cumsum(self.cells)
        which = int(np.searchsorted(below, place, side="right"))
        keys = np.sort(self.keys_in(np.arange(len(below)) == which))
        at = place - int(below[which] - self.cells[which])
        return np.asarray(keys[at : at + 1])


def _below_positives(keys: Array) -> tuple[Array, Array]:
    """Where the equal scores of sorted keys begin with a positive, and how many are below it."""
    at = np.flatnonzero((keys & keys.dtype.type(1)) == 0)
    found = keys[at]
    first = np.ones(len(at), bool)
    np.not_equal(found[1:], found[:-1], out=first[1:])
    if len(at) and found[0] == 0:
        first[0] = False  # p = 0 is above no threshold
    order = np.flatnonzero(first)
    return at[order], order


def _with_nothing(tp: Array, pred: Array, total: int) -> Cuts:
    pred = np.append(pred, 0)
    return Cuts(total - pred, np.append(tp, 0), pred)
