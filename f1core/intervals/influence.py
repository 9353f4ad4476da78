"""Influence of one more row in each cell of the confusion matrix on a metric (delta method)."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from .. import metrics
from ..count_layout import RATIOS, TRUE
from ..counts import Array, Counts
from ..errors import F1Error
from ..options import Options
from ..scores import Scores

OF_MEANS = ("precision", "recall")  # what `f1_of_means` is the F1 of, once averaged
_FOUR = np.array([0, 0, 0, 1]), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])


def delta_interval(
    counts: Counts, options: Options, metric: str, place: int | None, level: float
) -> tuple[float, float]:
    """The metric plus and minus its standard error: (low, high), within [0, 1]."""
    if counts.rows is not None or counts.weighted or counts.confusion is None:
        raise F1Error(
            "method='delta' is for unweighted single-label rows with a confusion matrix; "
            "method='bootstrap' takes others"
        )
    scores = Scores(counts, options)
    if place is None:
        value = scores.metric(metric)
    else:
        value = float(getattr(scores.per_class, metric)[place])
    if metric == "f1_of_means":
        precision, recall = (f"{ratio}_macro" for ratio in OF_MEANS)
        each = [ratio_influence(counts, options, name) for name in (precision, recall)]
        shares = means_influence(scores.metric(precision), scores.metric(recall))
        influence = shares[0] * each[0] + shares[1] * each[1]
    else:
        influence = ratio_influence(counts, options, metric, place)
    variance = float((counts.confusion * influence**2).sum())
    spread = NormalDist().inv_cdf((1 + level) / 2) * variance**0.5
    low, high = np.clip([value - spread, value + spread], 0.0, 1.0)  # nan stays nan
    return float(low), float(high)


def ratio_influence(
    counts: Counts, options: Options, metric: str, place: int | None = None
) -> Array:
    """(C, C) how much one more row in each cell changes an average, or a class's ratio.

    Each ratio is a fraction N / D of sums over rows, so a row that adds N' and D' changes it by
    (N' - N / D D') / D. For its true class a row is a hit or missed, for its predicted class a
    hit or a false alarm, for all others it is merely there.
    """
    stem, _, kind = metric.rpartition("_")
    if metric in RATIOS:
        stem, kind = metric, "class"
    if stem not in RATIOS or kind == "samples":
        raise F1Error(
            f"method='delta' does not know {metric}; it is for precision, recall, F and their like"
        )
    included = Scores(counts, options)._included
    weights = _weights(counts, included, kind, 1 if place is None else place)
    over, under = _fraction(stem, counts, options)
    if kind == "micro":
        over, under = (np.full(len(included), x[included].sum()) for x in (over, under))
    value = metrics.divide(over, under, options.zero_division)
    weights = np.where(value == value, weights, 0.0)  # undefined ones are left out
    if kind != "micro":
        weights = weights / (weights.sum() or 1.0)
    more, more_under = metrics.fractions(*_FOUR, 1, options.coefs)[stem]
    change = metrics.divide(
        weights * (more[:, None] - np.nan_to_num(value) * more_under[:, None]), under, 0.0
    )
    there, false, missed, hit = np.where(under > 0, change, 0.0)
    influence: Array = np.add.outer(missed - there, false - there) + there.sum()
    influence[np.diag_indices(len(value))] = hit - there + there.sum()
    if kind == "weighted":  # one more true row also weighs its class more
        mean = float(np.nansum(weights * value))
        support = counts.per_class[TRUE][included & (value == value)].sum()
        moved = np.where(included & (value == value), value - mean, 0.0) / max(support, 1)
        influence += moved[:, None]
    return influence


def means_influence(precision: float, recall: float) -> tuple[float, float]:
    """Derive how much of a change of mean precision, and of mean recall, their F1 changes."""
    both = precision + recall
    if not both > 0:
        return 0.5, 0.5  # as of any two that are alike
    return 2 * (recall / both) ** 2, 2 * (precision / both) ** 2


def chance_influence(metric: str, counts: Counts) -> tuple[float, Array, Array]:
    """Derive how one more row changes "mcc" or "kappa": if right, by true, by predicted class.

    Both are observed less expected agreement over a largest possible one, 1 less the sum of
    true times predicted shares for kappa, a geometric mean of the like for MCC. So a row of class
    i that is taken for j adds the second's i plus the third's j: no (C, C) array is needed.
    """
    n = float(counts.total)
    tp, pred, true = np.asarray(counts.per_class, np.float64) / n
    over = float(tp.sum() - true @ pred)
    if metric == "kappa":
        under = 1 - float(true @ pred)
        by_true, by_pred = (-x / under * (1 - over / under) for x in (pred, true))
    else:
        a, b = (1 - float(x @ x) for x in (true, pred))
        under = (a * b) ** 0.5
        by_true = (over * true / a - pred) / under
        by_pred = (over * pred / b - true) / under
    mean = tp.sum() / under + true @ by_true + pred @ by_pred
    return 1 / (under * n), (by_true - mean) / n, by_pred / n


def _fraction(stem: str, counts: Counts, options: Options) -> tuple[Array, Array]:
    tp, pred, true = np.asarray(counts.per_class, np.float64)  # sums of two would leave int64
    pair = metrics.fractions(tp, pred, true, float(counts.total), options.coefs)[stem]
    over, under = (np.broadcast_to(np.asarray(x, np.float64), tp.shape) for x in pair)
    return over, under


def _weights(counts: Counts, included: Array, kind: str, place: int) -> Array:
    """(C,) how much each class weighs in the average, before these are made to add up to 1."""
    if kind == "class":
        return np.asarray(np.arange(len(included)) == place, np.float64)
    if kind == "weighted":
        return np.where(included, counts.per_class[TRUE], 0.0)
    return included.astype(np.float64)
