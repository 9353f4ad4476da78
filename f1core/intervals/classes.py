"""Ratios of classes: what they are made of, how few rows are drawn together, and their bias."""

from __future__ import annotations

from collections.abc import Iterator
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

_FEW = 30  # trials up to which the mean of a class's ratio is a sum over all outcomes


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


def biases(
    each: Classes, smooth: Classes, factor: Array, weights: Array, by_support: bool
) -> tuple[float, float]:
    """The least and the most that an average over classes may lie too high.

    The number of true rows of each class may be as random as all else, or fixed (as many of each
    class were collected), and fixed rows may come of classes that are alike or that differ.
    `smooth` and `factor` are what `Classes.drawn_together` gives. Of more than 30 rows the bias is
    taken to second order.
    """
    a, b, c = each.coefs
    hits, missed, false = smooth[:3]
    true = np.maximum(hits + missed, 1e-300)
    cube = np.maximum(a * hits + b * missed + c * false, 1e-100) ** 3
    random = weights * a * hits * (b * (b - a) * missed + c * (c - a) * false) / cube
    bent = (a - b) * (b * true + c * false) * missed / true
    fixed = weights * a * hits * (c * c * false - bent) / cube
    if by_support:  # a class that has more rows by chance weighs more
        hit, miss, _ = smooth.changes
        random += weights * (hits * hit + missed * miss) / true
    whole = all((np.rint(rows) == rows).all() for rows in each[:3])
    few = np.flatnonzero((each.trials > 0) & (each.trials <= _FEW))
    if len(few) and whole and c:
        alike, place = np.unique(  # what has the same counts is worked out once
            np.stack([*each[:3], *smooth[:3]])[:, few], axis=1, return_inverse=True
        )
        place = place.reshape(-1)
        per_row = weights.sum() / max(float((each.hits + each.missed).sum()), 1.0)
        at_random = _random(alike, each.coefs, by_support)[place]
        random[few] = (per_row if by_support else weights[few]) * at_random
        fixed[few] = weights[few] * _fixed(alike, each, smooth)[place]
    there = each.trials > 0
    ends = [float(x[there].sum()) for x in (random * factor, fixed, fixed * factor)]
    return min(ends), max(ends)


def _random(alike: Array, coefs: tuple[float, float, float], by_support: bool) -> Array:
    """(k,) biases where, of a class's trials, each is a hit or not; times its rows by support."""
    a, b, c = coefs
    _, beside, _, hits, missed, false = alike
    trials = np.rint(hits + b * missed / (b or 1.0) + c * false / c)
    share = hits / (hits + (missed if b else 0.0) + false)
    split = divide(missed, missed + false, 0.0) if b else np.zeros(len(trials))
    lost = b * split + c * (1 - split)
    mean, support = np.zeros((2, len(trials)))
    for some, x, chance in _binomial(trials, share):
        misses = trials[some] - x
        rows = x + (split[some] * misses if b else beside[some]) if by_support else 1.0
        mean[some] += chance * rows * a * x / (a * x + lost[some] * misses)
        support[some] += chance * rows
    return np.asarray(mean - support * a * share / (a * share + lost * (1 - share)))


def _fixed(alike: Array, each: Classes, smooth: Classes) -> Array:
    """(k,) biases where the hits of a fixed number of rows are binomial, and false rows Poisson."""
    a, b, c = each.coefs
    hits, missed, false = alike[:3]
    true = hits + missed
    total = float((each.hits + each.missed).sum())
    recall = (hits + float(each.hits.sum()) / max(total, 1.0)) / (true + 1)
    common = max(float(each.false.mean()), 1e-9)
    rate = common * (false + 1) / (common + 1)
    number = np.arange(int(rate.max() + 6 * rate.max() ** 0.5) + 8)
    steps = np.where(number > 0, rate[:, None] / np.maximum(number, 1), np.exp(-rate)[:, None])
    likely = np.cumprod(steps, axis=1)
    mean, there = np.zeros((2, len(true)))
    for some, x, chance in _binomial(true, recall):
        under = (a * x + b * (true[some] - x))[:, None] + c * number
        mean[some] += chance * (likely[some] * divide(a * x, under, 0.0)).sum(axis=1)
        there[some] += chance * (likely[some] * (under > 0)).sum(axis=1)
    under = true * (a * recall + b * (1 - recall)) + c * rate
    return np.asarray(divide(mean, there, 0.0) - divide(a * true * recall, under, 0.0))


def _binomial(trials: Array, share: Array) -> Iterator[tuple[Array, int, Array]]:
    """The classes that can have x hits, x, and the chance of it, for all x."""
    share = np.clip(share, 1e-9, 1 - 1e-9)
    chance, order = (1 - share) ** trials, np.arange(len(trials))
    for x in range(int(trials.max(initial=-1)) + 1):
        some = order[trials >= x]
        if x:
            chance[some] *= (trials[some] - x + 1) / x * (share / (1 - share))[some]
        yield some, x, chance[some]
