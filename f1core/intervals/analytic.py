"""Intervals from counts alone, without replicas: what `method="auto"` means."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..count_layout import CELLS, COUNT, EXACT, RATIOS, TP, TRUE
from ..counts import Array, Counts
from ..metrics import coefs_of, fraction
from ..options import Options
from ..scores import Scores
from .classes import Classes
from .influence import OF_MEANS, chance_influence, means_influence
from .moments import Averaged, Moments, interval_of, of_average, of_means, summed_variance
from .proportions import proportion_interval, spread_interval
from .resampling import of_posterior

_OF_ROWS = ("accuracy", "exact_match", "hamming_loss")


def class_intervals(
    counts: Counts, options: Options, ratio: str, level: float
) -> tuple[Array, Array]:
    """Bound each class's ratio: (C,) low and (C,) high.

    Precision, recall, specificity and Jaccard are proportions of what is predicted, true, not
    true, either. F1 is 2 J / (1 + J), of J Jaccard's. F-beta weighs its misses unevenly: it has a
    variance, taken with a quarter of a row more of each kind, which covers as often as bounds of J
    and of the share of each kind of miss put together (MOVER).
    """
    each = classes_of(counts, options, ratio)
    a, b, c = each.coefs
    if b == c or not b or not c:
        ends = proportion_interval(each.hits, each.trials, level)
        low, high = (a * end / (a * end + max(b, c) * (1 - end)) for end in ends)
        return low, high
    smooth = Classes(each.hits + 0.25, each.missed + 0.25, each.false + 0.25, each.coefs)
    hit, missed, false = smooth.changes
    true, lost = smooth.hits + smooth.missed, hit - missed
    unit = (lost**3 * true - false**3 * smooth.false) / (lost**2 * true + false**2 * smooth.false)
    value = np.nan_to_num(each.ratio, nan=0.5)
    low, high = spread_interval(value, smooth.variance, unit, level)
    return np.where(each.trials > 0, low, 0.0), np.where(each.trials > 0, high, 1.0)


def metric_interval(
    counts: Counts, options: Options, metric: str, level: float, draws: int, seed: int
) -> tuple[float, float] | None:
    """Bound one number of `to_dict`: (low, high); None where the counts do not tell.

    Of a multilabel task only exact matches are told: labels of one row depend on each other.
    What is no proportion comes, of two classes, from so many draws from a seed.
    """
    scores = Scores(counts, options)
    stem, _, kind = metric.rpartition("_")
    if counts.rows is not None:
        if metric in ("accuracy", "exact_match"):
            ends = proportion_interval(counts.rows[EXACT], counts.rows[COUNT], level)
            return float(ends[0]), float(ends[1])
        return None
    value = scores.metric(metric)
    if math.isnan(value):
        return value, value
    if metric == "unknown":
        ends = proportion_interval(value, scores.total, level)
        return float(ends[0]) * scores.total, float(ends[1]) * scores.total
    if kind == "weighted" and not scores.weighted.support:
        return 0.0, 1.0  # no class that it averages has a row
    chance = metric in ("mcc", "kappa")
    if chance and counts.n_classes != 2:
        return _over_chance(counts, metric, value, level)
    if metric in _OF_ROWS or (kind in ("micro", "weighted") and _monotone(scores, stem, kind)):
        return _by_accuracy(scores, stem if kind == "micro" else metric, level)
    if kind == "micro" or (kind == "weighted" and stem == "recall"):
        return _micro(scores, stem, value, level)
    if counts.n_classes == 2:
        return _of_two_classes(counts, options, metric, value, level, draws, seed)
    if metric == "f1_of_means":
        return interval_of(_of_means(scores, value), level)
    return interval_of(of_average(averaged(scores, metric, stem, kind), value), level)


def classes_of(counts: Counts, options: Options, ratio: str) -> Classes:
    """Split each class's ratio into hits and two kinds of misses."""
    tp, pred, true = _floats(counts)
    missed, false = np.maximum(true - tp, 0), np.maximum(pred - tp, 0)
    if ratio == "specificity":
        total = counts.total if counts.rows is None else counts.sums[CELLS]  # type: ignore[index]
        return Classes(np.maximum(total - tp - missed - false, 0), false, 0 * tp, (1.0, 1.0, 0.0))
    return Classes(tp, missed, false, coefs_of(ratio, options.coefs))


def _floats(counts: Counts) -> Array:
    """(3, C) the sums of each class, so that no sum or product of them leaves int64."""
    return np.asarray(counts.per_class, np.float64)


def _monotone(scores: Scores, stem: str, kind: str) -> bool:
    """Return whether this average rises with the number of right rows, and with nothing else."""
    whole = not scores._counts.per_class[:, ~scores._included].any()
    return bool(whole and (kind == "micro" or stem == "recall"))


def _by_accuracy(scores: Scores, name: str, level: float) -> tuple[float, float]:
    """Bound what follows from the share of rows that are right: accuracy, micro averages."""
    sums = _floats(scores._counts)
    tp, pred, true = sums[:, scores._included].sum(axis=1)
    if name in _OF_ROWS or name.endswith("weighted"):
        tp = sums[TP].sum()
    rows = float(scores.total)
    low, high = (float(x) for x in proportion_interval(tp, rows, level))
    if name == "hamming_loss":
        return 1 - high, 1 - low
    if name not in RATIOS:
        return low, high
    ends = []
    for share in (low, high):
        total = rows * int(scores._included.sum())
        hits = share * rows
        over, under = fraction(name, hits, pred, true, total, scores._options.coefs)
        if not under > 0:  # as specificity where one class is all there is
            return 0.0, 1.0
        ends.append(float(over / under))
    return ends[0], ends[1]


def _micro(scores: Scores, stem: str, value: float, level: float) -> tuple[float, float] | None:
    """Bound a micro average over some of the classes."""
    counts, options = scores._counts, scores._options
    tp, pred, true = _floats(counts)[:, scores._included].sum(axis=1)
    stem = "recall" if stem not in RATIOS else stem
    if stem in ("precision", "recall"):
        low, high = proportion_interval(tp, pred if stem == "precision" else true, level)
        return float(low), float(high)
    every = classes_of(counts, options, stem)
    hits, missed, false = (np.atleast_1d(x[scores._included].sum()) for x in every[:3])
    summed = Classes(hits, missed, false, every.coefs)
    changes = [np.where(scores._included, change[0], 0.0) for change in summed.changes]
    variance = summed_variance(
        _rows(counts), counts.confusion, changes, None, stem == "specificity"
    )
    a, b, c = every.coefs
    unit = max(b, c) / (a * max(float(summed.trials[0]), 1.0))
    return interval_of(Moments(value, variance, unit), level)


def averaged(scores: Scores, metric: str, stem: str, kind: str, scale: Any = 1.0) -> Averaged:
    """Take an average over classes apart, with the rows of each class times a scale."""
    counts, options = scores._counts, scores._options
    included, undefined = scores._included, options.zero_division
    true = _floats(counts)[TRUE]
    if metric == "balanced_accuracy":
        stem, kind, undefined, included = "recall", "macro", 0.0, true > 0
    every = classes_of(counts, options, stem)
    weights = np.where(included, {"macro": 1.0, "weighted": true}[kind], 0.0)
    if math.isnan(undefined):
        weights[(every.trials == 0) & scores._included] = 0.0
    weights = weights / max(float(weights.sum()), 1e-300)
    hits, missed, false = ((x * scale)[included] for x in every[:3])
    each, matrix = Classes(hits, missed, false, every.coefs), counts.confusion
    if matrix is not None and not included.all():
        matrix = matrix[np.ix_(included, included)]
    how = "others" if stem == "specificity" else kind
    rows = (_rows(counts) * scale)[:, included]
    return Averaged(each, weights[included], float(np.nan_to_num(undefined)), rows, matrix, how)


def _of_means(scores: Scores, value: float) -> Moments:
    """Moments of the F1 of mean precision and mean recall."""
    means = scores.macro.precision, scores.macro.recall
    parts = [averaged(scores, f"{ratio}_macro", ratio, "macro") for ratio in OF_MEANS]
    return of_means(parts, means, means_influence(*means), value)


def _rows(counts: Counts) -> Array:
    """(3, C) how many rows each class has right, missed and wrongly predicted."""
    tp, pred, true = _floats(counts)
    return np.stack([tp, true - tp, pred - tp])


def _of_two_classes(
    counts: Counts,
    options: Options,
    metric: str,
    value: float,
    level: float,
    draws: int,
    seed: int,
) -> tuple[float, float]:
    """Bound an average over two classes, MCC or kappa by quantiles of posterior draws.

    The prior of each cell is Jeffreys' half a row where rows would move an end outwards, and
    Kerman's neutral third of a row where they would draw it inwards: with half a row everywhere
    one end misses the truth too often where one of the cells has no row.

    Source: O. Caelen, A Bayesian interpretation of the confusion matrix, Annals of Mathematics
    and Artificial Intelligence 81, 2017; J. Kerman, Neutral noninformative and informative
    conjugate beta and gamma prior distributions, Electronic Journal of Statistics 5, 2011.
    """
    if counts.confusion is None:
        (right_0, right_1), (pred_0, pred_1), _ = counts.per_class
        cells = np.array([[right_0, pred_1 - right_1], [pred_0 - right_0, right_1]])
        counts = Counts(2, confusion=cells, labels=counts.labels)
    ends = []
    for right, wrong, tail in ((1 / 3, 1 / 2, (1 - level) / 2), (1 / 2, 1 / 3, (1 + level) / 2)):
        prior = np.array([[right, wrong], [wrong, right]])
        drawn = of_posterior(counts, options, prior, draws, seed).metric(metric)
        ends.append(float(np.quantile(drawn, tail)))
    least = -1.0 if metric in ("mcc", "kappa") else 0.0
    low = least if value <= least else min(ends[0], value)
    return low, 1.0 if value >= 1 else max(ends[1], value)


def _over_chance(
    counts: Counts, metric: str, value: float, level: float
) -> tuple[float, float] | None:
    """Bound MCC or kappa, on their scale from -1 to 1."""
    matrix = counts.confusion
    if matrix is None:
        return None
    tp, pred, true = _floats(counts)
    if (true > 0).sum() < 2 or (pred > 0).sum() < 2:  # nothing to be learnt about agreement
        return -1.0, 1.0
    right, by_true, by_pred = chance_influence(metric, counts)
    rows, classes = float(true.sum()), int((true > 0).sum())
    few = min(rows / max(rows - classes, 1.0), 1.5)  # a class of m rows has m - 1 that tell
    variance = true @ by_true**2 + pred @ by_pred**2 + 2 * by_true @ (matrix @ by_pred)
    variance = few * float(variance + right * (tp @ (right + 2 * (by_true + by_pred))))
    # A row of class i that is taken for j and not for i loses right + by_pred[i] - by_pred[j]: the
    # root of its mean square over all rows and what they could be taken for.
    (mean, square), (drawn, drawn_square) = (
        (x @ by_pred / x.sum(), x @ by_pred**2 / x.sum()) for x in (true, true + pred)
    )
    lost = right**2 + 2 * right * (mean - drawn) + square - 2 * mean * drawn + drawn_square
    unit = max(float(lost), 0.0) ** 0.5
    found = Moments((1 + value) / 2, variance / 4, min(unit / 2, 1.0))
    low, high = interval_of(found, level)
    return 2 * low - 1, 2 * high - 1
