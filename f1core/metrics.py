"""Counts -> every metric and every average: the only file with formulas.

The averages are written over an array namespace `xp`, NumPy or `keras.ops`, without boolean
indexing, so that a compiled training step and `Scores` cannot disagree.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from .count_layout import COEFS, COUNT, RATIOS, UNDEFINED, Array, ratio_sums

_PRODUCTS = 1 << 26  # rows up to which float64 holds every product of two counts
_MANY = 1 << 14  # classes whose ratios are averaged one after the other


def fraction(
    ratio: str,
    tp: Any,
    pred: Any,
    true: Any,
    total: Any,
    coefs: tuple[float, float, float],
    xp: Any = np,
) -> tuple[Any, Any]:
    """Numerator and denominator of one ratio, from true positives, predicted, true and all.

    F-beta is one fraction, (1 + b²) tp / (b² true + pred), as in scikit-learn: no epsilon, and
    undefined only when nothing is true or predicted. Written by what is missed, b² (true - tp) +
    (pred - tp), so that a perfect score is 1.0 for every b: 2.9² · 5 + 5 is not (1 + 2.9²) · 5.
    """
    if ratio == "precision":
        return tp, pred
    if ratio == "recall":
        return tp, true
    if ratio == "f1":
        return tp + tp, pred + true
    if ratio == "fbeta":
        a, b, c = coefs
        return a * tp, a * tp + b * (true - tp) + c * (pred - tp)
    either = pred + true - tp
    if ratio == "jaccard":
        return tp, either
    if ratio != "specificity":
        raise KeyError(ratio)
    # Weight sums may round below 0.
    return xp.maximum(total - either, 0), xp.maximum(total - true, 0)


def coefs_of(ratio: str, fbeta: tuple[float, float, float]) -> tuple[float, float, float]:
    """(a, b, c) of a ratio a tp / (a tp + b fn + c fp): those of the table, or of this F-beta."""
    return fbeta if ratio == "fbeta" else COEFS[ratio]


def fractions(
    tp: Any, pred: Any, true: Any, total: Any, coefs: tuple[float, float, float], xp: Any = np
) -> dict[str, tuple[Any, Any]]:
    """Numerator and denominator of each ratio."""
    return {ratio: fraction(ratio, tp, pred, true, total, coefs, xp) for ratio in RATIOS}


def divide(over: Any, under: Any, zero_division: float, xp: Any = np) -> Any:
    """Over / under, and `zero_division` where that is 0/0."""
    if isinstance(under, np.ndarray) and np.count_nonzero(under) == under.size:
        return over / under  # nearly always, and `where` twice costs 3 µs
    empty = under == 0
    return xp.where(empty, zero_division, over / xp.where(empty, 1, under))


def mean(values: Any, included: Any, weights: Any = None, xp: Any = np) -> Any:
    """The mean over the included classes, by weight; the plain one where all weights are 0.

    Undefined (nan) values are left out, as in scikit-learn; without any value the mean is nan.
    Classes are the last axis; axes before it, such as resamples, stay.
    """
    if weights is None and xp is np and np.count_nonzero(included) == np.size(included):
        found = np.add.reduce(values, axis=-1) / values.shape[-1]
        if np.count_nonzero(found == found) == found.size:  # no value is undefined
            return found
    counted = included & (values == values)
    values, shares = xp.where(counted, values, 0), xp.where(counted, 1.0, 0.0)
    if weights is not None:
        weights = xp.where(counted, weights, 0)
        shares = xp.where(xp.sum(weights, axis=-1, keepdims=True) > 0, weights, shares)
        values = values * shares
    return divide(xp.sum(values, axis=-1), xp.sum(shares, axis=-1), math.nan, xp)


def per_class(
    tp: Any,
    pred: Any,
    true: Any,
    total: Any,
    *,
    coefs: tuple[float, float, float] = (2.0, 1.0, 1.0),
    zero_division: float = 0.0,
    only: tuple[str, ...] = RATIOS,
    xp: Any = np,
) -> dict[str, Any]:
    """Compute each ratio (or `only` some) of each class: arrays of the shape of `tp`."""
    return {
        ratio: divide(*fraction(ratio, tp, pred, true, total, coefs, xp), zero_division, xp)
        for ratio in only
    }


def stacked(
    tp: Any,
    pred: Any,
    true: Any,
    total: Any,
    *,
    coefs: tuple[float, float, float] = (2.0, 1.0, 1.0),
    zero_division: float = 0.0,
    only: tuple[str, ...] = RATIOS,
    xp: Any = np,
) -> Any:
    """(ratios, …, C) of arrays of one shape: 0.1 ms for a few classes, one by one 0.4."""
    pairs = [fraction(ratio, tp, pred, true, total, coefs, xp) for ratio in only]
    over, under = (xp.stack([pair[side] for pair in pairs]) for side in (0, 1))
    return divide(over, under, zero_division, xp)


def average(
    kind: str,
    tp: Any,
    pred: Any,
    true: Any,
    total: Any,
    included: Any,
    *,
    only: tuple[str, ...] = RATIOS,
    xp: Any = np,
    **how: Any,
) -> dict[str, Any]:
    """Average each ratio (or `only` some) "micro", "macro" or "weighted" over these classes.

    `how` are the coefficients and `zero_division` of `per_class`.
    """
    if kind == "micro":
        tp, pred, true, total = (
            xp.sum(xp.where(included, x, 0), axis=-1) for x in (tp, pred, true, total + 0 * true)
        )
        return per_class(tp, pred, true, total, only=only, xp=xp, **how)
    weights = {"macro": None, "weighted": true}[kind]
    if len(only) == 1 or (xp is np and tp.size > _MANY):  # a step costs 2 to 5 µs, six hold memory
        one = partial(per_class, tp, pred, true, total, xp=xp, **how)
        return {name: mean(one(only=(name,))[name], included, weights, xp) for name in only}
    means = mean(stacked(tp, pred, true, total, only=only, xp=xp, **how), included, weights, xp)
    return {name: means[place] for place, name in enumerate(only)}


def samples(rows: Array, zero_division: float) -> dict[str, float]:
    """Average each ratio over rows, from the row statistics of a multilabel count."""
    sums = np.array(ratio_sums(rows))  # those of a perfect score are exactly n
    count, undefined = rows[COUNT], rows[UNDEFINED]
    if math.isnan(zero_division):
        means = divide(sums, count - undefined, math.nan)
    else:
        means = (sums + zero_division * undefined) / count
    return {name: float(value) for name, value in zip(RATIOS, means, strict=True)}


def f1_of_means(precision: Any, recall: Any, xp: Any = np) -> Any:
    """The F1 of mean precision and mean recall: never below the mean of F1s without 0/0.

    Source: J. Opitz, S. Burst, Macro F1 and Macro F1, arXiv 1911.03347, 2019.
    """
    return divide(2 * (precision * recall), precision + recall, 0.0, xp)


def balanced_accuracy(tp: Any, true: Any, xp: Any = np) -> Any:
    """The mean recall over the classes that occur in the truth."""
    return mean(divide(tp, true, 0.0, xp), true > 0, xp=xp)


def mcc(tp: Any, pred: Any, true: Any, xp: Any = np) -> Any:
    """Matthews' correlation (Gorodkin's R_K for many classes), 0 where undefined."""
    if xp is np and _cancels(true):
        over, _, predicted, occurring = _exact_products(tp, pred, true)
        under = predicted * occurring
        return math.copysign(math.sqrt(over * over / under), over) if under else 0.0
    tp, pred, true = _scaled(tp, pred, true, xp=xp)
    under = xp.sum(pred * _others(pred, xp), axis=-1) * xp.sum(true * _others(true, xp), axis=-1)
    return divide(_over_chance(tp, pred, true, xp), xp.sqrt(under), 0.0, xp)


def kappa(tp: Any, pred: Any, true: Any, xp: Any = np) -> Any:
    """Cohen's kappa, nan (as in scikit-learn) where chance alone explains everything."""
    if xp is np and _cancels(true):
        over, under, _, _ = _exact_products(tp, pred, true)
        return over / under if under else math.nan
    tp, pred, true = _scaled(tp, pred, true, xp=xp)
    under = xp.sum(true * _others(pred, xp), axis=-1)
    return divide(_over_chance(tp, pred, true, xp), under, math.nan, xp)


def _cancels(true: Array) -> bool:
    """Return whether one set of whole counts is of so many rows that float64 rounds their products.

    Then differences of these lose digits: six of 16 for [[10^12, 10^6], [1, 1]].
    """
    return true.ndim == 1 and true.dtype.kind in "iu" and float(true.sum(dtype=float)) > _PRODUCTS


def _exact_products(tp: Array, pred: Array, true: Array) -> tuple[int, int, int, int]:
    """Count in Python's integers what MCC and kappa divide: 0.3 ms for 1,000 classes.

    Hits less chance; what chance misses; pairs of rows that predict, and are, different classes.
    """
    hits, predicted, occurring = tp.tolist(), pred.tolist(), true.tolist()
    n, all_predicted = sum(occurring), sum(predicted)
    missed = sum(t * (all_predicted - p) for t, p in zip(occurring, predicted, strict=True))
    return (
        missed - n * (n - sum(hits)),
        missed,
        sum(p * (all_predicted - p) for p in predicted),
        sum(t * (n - t) for t in occurring),
    )


def _over_chance(tp: Any, pred: Any, true: Any, xp: Any) -> Any:
    """Hits times n less true · pred, by what is missed: MCC and kappa are 1.0 without misses."""
    missed = xp.sum(true - tp, axis=-1)
    return xp.sum(true * _others(pred, xp), axis=-1) - xp.sum(true, axis=-1) * missed


def _scaled(*counts: Any, xp: Any) -> list[Any]:
    """Divide each set of counts by one number, so that no product of weights over- or underflows.

    In NumPy by a power of two, exactly; elsewhere by the sum, in the precision that is there.
    """
    n = xp.sum(counts[-1], axis=-1, keepdims=True)
    if xp is not np:
        return [divide(x, n, 0.0, xp) for x in counts]
    _, exponent = np.frexp(n.astype(np.float64))
    return [np.ldexp(x.astype(np.float64), -exponent) for x in counts]


def _others(counts: Any, xp: Any) -> Any:
    """Sum what all other classes have: exactly 0 for the only one there is."""
    return xp.sum(counts, axis=-1, keepdims=True) - counts


def normalised(confusion: Array, by: str) -> Array:
    """A confusion matrix divided by its rows' ("true"), columns' ("pred") or whole ("all") sum."""
    axes: dict[str, Any] = {"true": -1, "pred": -2, "all": (-1, -2)}
    sums = confusion.sum(axis=axes[by], keepdims=True)
    return np.asarray(divide(confusion, sums, 0.0))
