"""Probabilities as integers with the truth in a spare bit, and how to look at few of their cuts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..backends.numpy import floats
from ..counts import Array
from ..float_bits import Format
from ..locks import cached_property
from .cuts import Column, Cuts, Scale, starts

# How many ranges a zoom compares at once, and so few cells that all of their cuts are looked at.
_RANGES, _FEW = 1024, 4096


class Packed(Column):
    """Unweighted probabilities of one label in [0, 1], 2 x bits + (1 where negative): a plain sort.

    Positives come first among equal scores, so where a run of equal keys begins with one, all
    cells of that score begin. A word is a score's bits; word 0 is p = 0, above no threshold.
    """

    def __init__(self, words: Array, true: Array, form: Format, scale: Scale) -> None:
        # In place where the words are a copy: new pages cost two threads more than the sorting.
        keys = np.left_shift(words, 1, out=words if words.flags.writeable else None)
        keys |= true == 0
        # NumPy sorts 16 bits by radix if the order shall be stable: 8 ns a key instead of 53.
        keys.sort(kind="stable" if keys.itemsize == 2 else None)
        self._keys, self._form, self.scale = keys, form, scale
        self.true, self.total = int(np.count_nonzero(true)), len(keys)

    @cached_property
    def _hits(self) -> Array:
        """(true,) where the positives are."""
        return np.flatnonzero((self._keys & self._keys.dtype.type(1)) == 0)

    @property
    def words(self) -> tuple[int, int]:
        """The lowest word that a threshold can be below, and the first that is no probability's."""
        return 1, int(self._form.one) + 1

    def groups(self) -> Cuts:
        """Every cut between different scores, the one that predicts all cells first."""
        return self._cuts(starts(self._keys >> self._keys.dtype.type(1)))

    def cuts(self) -> Cuts:
        """Those that a threshold can make, the one that predicts nothing last."""
        cuts = self.groups()
        return cuts[1:] if self.total and self._keys[0] < 2 else cuts

    def good_cuts(self, low: int = 1, high: int = 0) -> Cuts:
        """The cuts just below a positive with one of these words, and the one of nothing."""
        first, last = np.searchsorted(self._hits, self._places([low, high or self.words[1]]))
        at = self._hits[first:last]
        keys = self._keys[at]
        new = np.flatnonzero(np.append([True] * (len(at) > 0), keys[1:] != keys[:-1]))
        at = np.append(at[new], self.total)
        return Cuts(at, np.append(self.true - first - new, 0), self.total - at)

    def promising(self, value: Callable[[Cuts], Array]) -> Cuts:
        """Good cuts among which is the best by `value`, which hits raise and other cells lower."""
        if self.total <= _FEW:
            return self.good_cuts()
        return self.good_cuts(*zoomed([self], lambda cuts: value(cuts[0])))

    def gap(self, at: Array) -> tuple[Array, Array, Array]:
        """(low, high, last) of each cut: the scores around it, and whether none is above it."""
        words = np.zeros((2, len(at)), self._form.word)
        words[1] = self._form.one
        for row, place in enumerate((at - 1, at)):
            inside = (place >= 0) & (place < self.total)
            words[row, inside] = self._keys[place[inside]] >> self._keys.dtype.type(1)
        low, high = self.scores(words)
        return low, high, np.asarray(at == self.total)

    def scores(self, words: Array) -> Array:
        """Words as the float64 numbers they stand for."""
        return floats(words.astype(self._form.word), self._form.inf).astype(np.float64)

    def cuts_below(self, words: Array) -> Cuts:
        """(m,) the cuts that predict these words and all above them."""
        return self._cuts(self._places(words))

    def cuts_between(self, low: int, high: int) -> tuple[Array, Cuts]:
        """(m,) words and the cuts just above them: the one before `low`, and those from there on
        to `high`.
        """
        first, last = self._places([low, high])
        words = self._keys[first:last] >> self._keys.dtype.type(1)
        ends = starts(words)[1:]
        places = np.concatenate([[0], ends]) if len(words) else np.zeros(1, np.int64)
        lows = np.append(low - 1, words[places[1:] - 1].astype(np.int64))
        return lows, self._cuts(first + places)

    def sample(self, low: int, high: int, size: int) -> Array:
        """Some words from `low` to `high`, evenly among the cells there."""
        first, last = self._places([low, high])
        places = np.linspace(first, last, size, endpoint=False).astype(np.int64)
        words = self._keys[places[places < last]] >> self._keys.dtype.type(1)
        return np.asarray(words, np.int64)  # beside int64, uint64 would become float64

    def _places(self, words: Array | list[int]) -> Array:
        """How many cells are below each word."""
        return np.searchsorted(self._keys, np.asarray(words).astype(self._keys.dtype) * 2)

    def _cuts(self, at: Array) -> Cuts:
        return Cuts(at, self.true - np.searchsorted(self._hits, at), self.total - at)


def zoomed(columns: list[Packed], value: Callable[[list[Cuts]], Array]) -> tuple[int, int]:
    """The words, from the first up to the second, just below one of which is the best cut.

    `value` of the same cut of all columns rises with hits and falls with other cells. So in a
    range of scores it is at most what all the range's positives without its other cells would
    give; where a cut between two ranges reaches more, nobody needs to look. What is left between
    the first and the last such range is cut into ranges again, as long as that makes it smaller: of
    1,000,000 scores some thousand are looked at.
    """
    (low, high), before = columns[0].words, sum(column.total for column in columns)
    while True:
        samples = [column.sample(low, high, 1 + _RANGES // len(columns)) for column in columns]
        edges = np.unique(np.concatenate([[low, high], *samples]))
        cuts = [column.cuts_below(edges) for column in columns]
        with np.errstate(invalid="ignore", divide="ignore"):
            reached = value([of[:-1] for of in cuts])
            reach = value([_hopeful(of) for of in cuts])
        best = np.max(reached, where=reached == reached, initial=0.0)
        alive = np.flatnonzero(~(reach < best * (1 - 1e-9)))  # nan is where a label leaves
        first, last = alive[0], alive[-1] + 1
        low, high = int(edges[first]), int(edges[last])
        inside = sum(int(of.at[last] - of.at[first]) for of in cuts)
        if inside <= _FEW or inside > 0.8 * before:
            return low, high
        before = inside


def _hopeful(cuts: Cuts) -> Cuts:
    """What a cut from each one to the next has at best: the hits of this, no cells but hits."""
    tp = cuts.tp[:-1]
    return Cuts(cuts.at[:-1], tp, cuts.pred[1:] + (tp - cuts.tp[1:]))
