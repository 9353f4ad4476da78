"""How an average over classes strays: its variance, its bias, and what one row more would do."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from ..counts import Array
from ..metrics import divide
from .proportions import proportion_interval, spread_interval

# Each class's share of hits is drawn towards all classes' by so many trials, before its variance
# is taken: a class of one row has none of its own.
_DRAWN = 1.0
_EXACT = 30  # trials up to which a class's bias is a sum over all outcomes


class Moments(NamedTuple):
    """An estimate on the scale from 0 to 1, and how it strays."""

    value: float
    variance: float
    unit: float  # how much one more miss would move it
    bias: tuple[float, float] = (0.0, 0.0)  # the least and the most that it may lie too high


def interval_of(found: Moments, level: float) -> tuple[float, float]:
    """Bound what the estimate is of: (low, high).

    Where the bias is known within bounds only, each end starts from its own bound, and both are
    as far out as is needed for the level wherever in between it lies.

    Source: G. Imbens, C. Manski, Confidence intervals for partially identified parameters,
    Econometrica 72, 2004.
    """
    least, most = found.bias
    spread = max(found.variance, found.unit**2 / 2, 1e-24) ** 0.5
    inner = _one_sided(level, (most - least) / spread)
    low, _ = spread_interval(found.value - most, found.variance, found.unit, inner)
    _, high = spread_interval(found.value - least, found.variance, found.unit, inner)
    return min(float(low), found.value), max(float(high), found.value)


def _one_sided(level: float, apart: float) -> float:
    """The level at which each end must hold, where the two start so many deviations apart."""
    if apart < 1e-6:
        return level
    normal = NormalDist()
    low, high = 0.0, normal.inv_cdf((1 + level) / 2)
    for _ in range(50):
        z = (low + high) / 2
        enough = normal.cdf(z + apart) - normal.cdf(-z) >= level
        low, high = (low, z) if enough else (z, high)
    return 2 * normal.cdf(high) - 1


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

    @property
    def biases(self) -> tuple[Array, Array]:
        """Two (C,): how far each ratio lies too high, to second order.

        First where the number of true rows of a class is as random as all else, then where it
        was fixed (as many of each class were collected).
        """
        a, b, c = self.coefs
        hits, missed, false = self.hits, self.missed, self.false
        true = np.maximum(hits + missed, 1e-300)
        cube = np.maximum(a * hits + b * missed + c * false, 1e-100) ** 3
        at_random = a * hits * (b * (b - a) * missed + c * (c - a) * false) / cube
        few = (self.trials <= _EXACT) & (missed + false > 0)
        if b and c and few.any():
            weight = (b * missed + c * false)[few] / (a * (missed + false)[few])
            at_random[few] = _binomial_bias(self.trials[few], hits[few], weight)
        bent = (a - b) * (b * true + c * false) * missed / true
        fixed = a * hits * (c * c * false - bent) / cube
        return at_random, fixed

    def drawn_together(self) -> tuple[Classes, Array]:
        """Return moments with each share of hits drawn towards all others', and a factor (C,).

        The variance of classes drawn together is, times the factor, unbiased where all shares
        are the same, and too large where they differ.
        """
        trials = self.trials
        one = np.maximum(trials, 1.0)  # what is said of a class without rows is said of one
        weight = trials / (trials + _DRAWN) ** 2
        share = divide(self.hits, trials, 0.0)
        common = divide((weight * share).sum(), weight.sum(), 0.5)
        drawn = (self.hits + _DRAWN * common) / (trials + _DRAWN)
        _, b, c = self.coefs
        missed, false = (self.missed if b else 0 * trials), (self.false if c else 0 * trials)
        split = divide(missed.sum(), (missed + false).sum(), float(b > 0) / ((b > 0) + (c > 0)))
        split = divide(missed, missed + false, split)
        lost = one * np.maximum(1 - drawn, 1e-9)  # so that there is a miss to speak of
        hits = one - lost
        made = Classes(hits, lost * split, lost * (1 - split), self.coefs)
        return made, 1 / (1 - trials / (trials + _DRAWN) ** 2)


def _binomial_bias(trials: Array, hits: Array, weight: Array) -> Array:
    """(n,) the mean of x / (x + weight (trials - x)), x binomial, less its value at the mean."""
    share = np.clip(hits / trials, 1e-9, 1 - 1e-9)
    chance, mean = (1 - share) ** trials, np.zeros(len(trials))
    for x in range(1, int(trials.max()) + 1):
        chance = np.maximum(chance * (trials - x + 1) / x * share / (1 - share), 0.0)
        mean += chance * x / (x + weight * np.maximum(trials - x, 0))
    return np.asarray(mean - share / (share + weight * (1 - share)))


def of_average(
    each: Classes,
    weights: Array,
    value: float,
    together: float,
    undefined: float,
    by_support: bool = False,
) -> Moments:
    """Moments of an average of ratios of classes, with these (C,) weights.

    `together` is the variance to first order, in which an error is a miss of one class and a
    false alarm of another; `undefined` is what 0/0 counted as. Weights `by_support` are as random
    as the rows, and larger where by chance there are more, which moves the ratio too.
    """
    smooth, factor = each.drawn_together()
    square = weights**2
    variance = float((square * smooth.variance * factor).sum())
    across = together - float((square * each.variance).sum())
    variance = max(variance + across, variance / 4)
    unit = _unit(smooth, weights)
    empty = each.trials == 0
    plain = float((weights * np.where(empty, undefined, each.ratio)).sum())
    filled = _filled(each, smooth, weights, undefined, empty)
    biases = [float((weights * x * factor)[~empty].sum()) for x in smooth.biases]
    if by_support:
        true = np.maximum(smooth.hits + smooth.missed, 1e-300)
        hit, missed, _ = smooth.changes
        moved = weights * (smooth.hits * hit + smooth.missed * missed) / true
        biases[0] += float(moved[~empty].sum())
    bias = value - plain + min(biases) - filled[1], value - plain + max(biases) - filled[0]
    if empty.any():  # what is not known may as well be as it was counted
        bias = min(bias[0], min(biases)), max(bias[1], max(biases))
    return Moments(value, variance, unit, bias)


def _unit(each: Classes, weights: Array) -> float:
    """How much one more error would move an average, as it matters for how skewed it is.

    The mean over all rows that could be errors, by the variance that each would bring.
    """
    hit, missed, false = (weights * change for change in each.changes)
    _, b, c = each.coefs
    if b and c:  # an error is a miss of one class and a false alarm of another
        rows, alarms = each.hits + each.missed, each.hits + each.false
        others = (alarms @ false - alarms * false) / np.maximum(alarms.sum() - alarms, 1e-12)
        one = hit - missed - (others if len(rows) > 1 else 0.0)
    else:
        rows, one = each.trials, hit - (missed if b else false)
    return float((one**3 * rows).sum() / max((one**2 * rows).sum(), 1e-300))


def _filled(
    each: Classes, smooth: Classes, weights: Array, undefined: float, empty: Array
) -> tuple[float, float]:
    """How far an average may move, down and up, by what classes without rows are in truth.

    These are like the others as far as the others tell, each of them one trial.
    """
    if not empty.any():
        return 0.0, 0.0
    others = int((~empty).sum())
    low, high = proportion_interval(others * smooth.hits[empty][0], others, 0.95)
    a, b, c = each.coefs
    most = max(b, c) / a  # of one miss for one hit
    ends = (low / (low + most * (1 - low)), high / (high + most * (1 - high)))
    moved = [float((weights[empty] * (end - undefined)).sum()) for end in ends]
    return moved[0], moved[1]
