"""What ratios of classes are made of, and how classes of few rows are drawn towards others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..counts import Array
from ..metrics import divide

# Each class's share of hits is drawn towards that of classes of about as many rows by so many
# trials, before its variance is taken: a class of one row has none of its own. Rare classes are
# not like frequent ones: drawn towards these, two rare ones among 48 had their variance halved
# and more, and f1_macro was covered 66 %.
_DRAWN = 1.0
_HALF = 0.25  # and that common share towards 1/2, by the weight of one class of one trial


class Classes(NamedTuple):
    """Hits, the two kinds of misses (each (C,)), and F = a hits / (a hits + b missed + c false)."""

    hits: Array
    missed: Array
    false: Array
    coefs: tuple[float, float, float]

    @property
    def trials(self) -> Array:
        """(C,) how many rows each class's ratio is out of."""
        _, b, c = self.coefs
        return self.hits + (self.missed if b else 0) + (self.false if c else 0)

    @property
    def changes(self) -> tuple[Array, Array, Array]:
        """Three (C,): what one more hit, missed and false row does to each class's ratio."""
        a, b, c = self.coefs
        lost = b * self.missed + c * self.false
        square = np.maximum(a * self.hits + lost, 1e-100) ** 2
        return a * lost / square, -a * b * self.hits / square, -a * c * self.hits / square

    @property
    def ratio(self) -> Array:
        """(C,) the ratio; nan where it is 0/0."""
        a, b, c = self.coefs
        over = a * self.hits
        return np.asarray(divide(over, over + b * self.missed + c * self.false, np.nan))

    @property
    def variance(self) -> Array:
        """(C,) of each class's ratio, to first order, with rows drawn at random."""
        changes = zip(self.changes, (self.hits, self.missed, self.false), strict=True)
        return np.asarray(sum(change**2 * rows for change, rows in changes))

    def drawn_together(self) -> tuple[Classes, Array]:
        """Return moments with each share of hits drawn towards all others', and a factor (C,).

        The variance of classes drawn together is, times the factor, unbiased where all shares
        are the same, and too large where they differ.
        """
        trials = self.trials
        one = np.maximum(trials, 1.0)  # what is said of a class without rows is said of one
        weight = trials / (trials + _DRAWN) ** 2
        share = divide(self.hits, trials, 0.0)
        size = np.frexp(np.maximum(self.hits + self.missed, 1))[1]  # of 1, 2 or 3, 4 to 7 … rows
        over = np.bincount(size, weight * share) + _HALF / 2
        common = (over / (np.bincount(size, weight) + _HALF))[size]
        common[trials == 0] = divide((weight * share).sum(), weight.sum(), 0.5)
        drawn = (self.hits + _DRAWN * common) / (trials + _DRAWN)
        _, b, c = self.coefs
        missed, false = (self.missed if b else 0 * trials), (self.false if c else 0 * trials)
        split = divide(missed.sum(), (missed + false).sum(), float(b > 0) / ((b > 0) + (c > 0)))
        split = divide(missed, missed + false, split)
        lost = one * np.maximum(1 - drawn, 1e-9)  # so that there is a miss to speak of
        hits = one - lost
        made = Classes(hits, lost * split, lost * (1 - split), self.coefs)
        return made, 1 / (1 - trials / (trials + _DRAWN) ** 2)
