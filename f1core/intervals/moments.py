"""Moments of an average over classes: its variance, its bias, and what one row more would do."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from ..counts import Array
from .classes import Classes, biases
from .proportions import proportion_interval, spread_interval


class Moments(NamedTuple):
    """An estimate in [0, 1], its variance, bias and skew."""

    value: float
    variance: float
    unit: float  # how much one more miss would move it
    bias: tuple[float, float] = (0.0, 0.0)  # the least and the most that it may lie too high
    skew: float | None = None  # third central moment over variance; None: a proportion's


def interval_of(found: Moments, level: float) -> tuple[float, float]:
    """Bound what the estimate is of: (low, high).

    Where the bias is known within bounds only, each end starts from its own bound, and both are
    as far out as is needed for the level wherever in between it lies. An estimate that is more
    skewed than a proportion, as where a rare class had no hit, has its longer side longer.

    Source: G. Imbens, C. Manski, Confidence intervals for partially identified parameters,
    Econometrica 72, 2004. N. Johnson, Modified t tests and confidence intervals for asymmetrical
    populations, Journal of the American Statistical Association 73, 1978: by how much.
    """
    least, most = found.bias
    spread = max(found.variance, found.unit**2 / 2, 1e-24) ** 0.5
    inner = _one_sided(level, (most - least) / spread)
    low = float(spread_interval(found.value - most, found.variance, found.unit, inner)[0])
    high = float(spread_interval(found.value - least, found.variance, found.unit, inner)[1])
    middle = min(max(found.value - (least + most) / 2, 1e-9), 1 - 1e-9)
    z = NormalDist().inv_cdf((1 + level) / 2)
    alike = found.variance * (1 - 2 * middle) / (middle * (1 - middle))
    skew = ((alike if found.skew is None else found.skew) - alike) * (1 / 6 + z * z / 3)
    low, high = max(low + min(skew, 0.0), 0.0), min(high + max(skew, 0.0), 1.0)
    return min(low, found.value), max(high, found.value)


def _one_sided(level: float, apart: float) -> float:
    """Return the level at which each end must hold, given how many deviations apart they start."""
    if apart < 1e-6:
        return level
    normal = NormalDist()
    low, high = 0.0, normal.inv_cdf((1 + level) / 2)
    for _ in range(50):
        z = (low + high) / 2
        enough = normal.cdf(z + apart) - normal.cdf(-z) >= level
        low, high = (low, z) if enough else (z, high)
    return 2 * normal.cdf(high) - 1


class Averaged(NamedTuple):
    """An average of ratios of classes: weighted as random as the rows if "weighted"; "others" are
    ratios of the rows of all other classes.
    """

    each: Classes
    weights: Array  # (C,)
    undefined: float  # what 0/0 counted as
    rows: Array  # (3, C) how many rows each class has right, missed and wrongly predicted
    confusion: Array | None  # of these classes
    kind: str  # "weighted": by as many rows as chance gave; "others": of rows of all other classes


def of_average(of: Averaged, value: float) -> Moments:
    """Moments of an average over classes that came to a value."""
    each, weights, undefined, rows, confusion, kind = of
    smooth, factor = each.drawn_together()
    changes = [weights * factor**0.5 * change for change in smooth.changes]
    moved = None
    _, b, c = each.coefs
    if kind == "weighted":  # one more true row also weighs its class more
        ratio = np.nan_to_num(smooth.ratio, nan=undefined)
        mean = float((weights * ratio).sum())
        moved = np.where(weights > 0, ratio - mean, 0.0) / max(float(rows[:2].sum()), 1.0)
    if kind != "others":
        kept = smooth.hits, smooth.missed if b else rows[1], smooth.false if c else rows[2]
        rows = np.stack(kept)
    variance = summed_variance(rows, confusion, changes, moved, kind == "others")
    skew = None
    if confusion is not None and kind != "others":
        skew = _third_moment(rows, confusion, changes) / max(variance, 1e-300)
    unit = _unit(smooth, weights)
    empty = each.trials == 0
    plain = float((weights * np.where(empty, undefined, each.ratio)).sum())
    filled = _filled(each, smooth, weights, undefined, empty)
    found = biases(each, smooth, factor, weights, kind == "weighted")
    bias = value - plain + found[0] - filled[1], value - plain + found[1] - filled[0]
    if empty.any():  # what is not known may as well be as it was counted
        bias = min(bias[0], found[0]), max(bias[1], found[1])
    return Moments(value, variance, unit, bias, skew)


def of_means(
    parts: list[Averaged], values: tuple[float, float], shares: tuple[float, float], value: float
) -> Moments:
    """Moments of the F1 of mean precision and mean recall, that came to a value.

    `parts` are the two means, which came to `values`, and `shares` how much of a change of each it
    changes by (delta method). A miss of one class is a false alarm of another, and moves both.
    """
    found = [of_average(part, mean) for part, mean in zip(parts, values, strict=True)]
    changes = [np.zeros(len(parts[0].weights)) for _ in range(3)]
    hits = np.zeros(len(parts[0].weights))
    rows = parts[0].rows.copy()
    for share, part in zip(shares, parts, strict=True):
        smooth, factor = part.each.drawn_together()
        hits += smooth.hits / 2
        _, missed, false = part.each.coefs
        rows[1] = smooth.missed if missed else rows[1]
        rows[2] = smooth.false if false else rows[2]
        for kind, change in enumerate(smooth.changes):
            changes[kind] += share * part.weights * factor**0.5 * change
    rows[0] = hits
    matrix = parts[0].confusion
    variance, skew = summed_variance(rows, matrix, changes), None
    if matrix is not None:
        skew = _third_moment(rows, matrix, changes) / max(variance, 1e-300)
    pairs = list(zip(shares, found, strict=True))
    least, most = (sum(share * each.bias[end] for share, each in pairs) for end in (0, 1))
    unit = sum(share * each.unit for share, each in pairs)
    return Moments(value, variance, unit, (least, most), skew)


def summed_variance(
    rows: Array,
    confusion: Array | None,
    changes: list[Array],
    moved: Array | None = None,
    others: bool = False,
) -> float:
    """The variance of a sum over classes, by the delta method; without a matrix the most it can be.

    `changes` are what one more hit, missed and false row does to the sum, `moved` (C,) what a row
    of each true class does beside. So a row of class i that is taken for j adds miss_i + false_j.
    Of ratios of the rows of `others` it is a hit of every class but these two, and a miss of j.
    """
    hit, missed, false = changes
    if others:
        missed, false = hit.sum() - hit, missed - hit
        hit = missed
    if moved is not None:
        hit, missed = hit + moved, missed + moved
    right, lost, alarms = rows
    alone = [right @ hit**2, lost @ missed**2, alarms @ false**2]
    if confusion is None:
        return float(sum(alone) + 2 * (alone[1] * alone[2]) ** 0.5)
    across = float(2 * missed @ (confusion @ false - confusion.diagonal() * false))
    return max(float(sum(alone)) + across, float(sum(alone)) / 4)


def _third_moment(rows: Array, confusion: Array, changes: list[Array]) -> float:
    """The third central moment of a sum over classes, to first order."""
    _, missed, false = changes
    alone = sum(float(row @ change**3) for row, change in zip(rows, changes, strict=True))
    diagonal = confusion.diagonal()
    across = [
        missed**power @ (confusion @ false ** (3 - power) - diagonal * false ** (3 - power))
        for power in (1, 2)
    ]
    return alone + 3 * float(sum(across))


def _unit(each: Classes, weights: Array) -> float:
    """Estimate how far one more error would move an average, which says how skewed it is.

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
    """Bound how far classes without rows may move an average, down and up.

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
