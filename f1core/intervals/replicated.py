"""Intervals from kept replicas: multilabel averages, weighted rows, rows of clusters."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from ..count_layout import CELLS, RATIOS
from ..counts import Array, Counts
from ..scores import Scores
from .analytic import averaged, classes_of
from .moments import Moments, interval_of, of_average
from .proportions import spread_interval
from .resampling import Resamples, understated, units_of

_ROUNDING = 1e-12  # of a ratio of sums, and far below what any number of rows leaves open


def metric_interval(
    drawn: Resamples, counts: Counts, metric: str, level: float
) -> tuple[float, float]:
    """Bound one number of `to_dict` by its variance and bias over the replicas: (low, high)."""
    stem, _, kind = metric.rpartition("_")
    signed = metric in ("mcc", "kappa")
    over_classes = metric in ("balanced_accuracy", "f1_of_means") or (
        stem in RATIOS and kind in ("macro", "weighted")
    )
    scores = Scores(counts, drawn.options)
    if over_classes:  # a class that a replica lacks tells nothing
        drawn = replace(drawn, options=replace(drawn.options, zero_division=np.nan))
    value, found = scores.metric(metric), drawn.metric(metric)
    whole_sum = 1.0
    if metric == "unknown":  # a number of rows, as a share of them
        whole_sum = float(scores.total)
        value, found = value / whole_sum, found / np.maximum(drawn.totals, 1e-300)
    found = found[~np.isnan(found)]
    if np.isnan(value):
        return float("nan"), float("nan")
    if len(found) < 2 or (kind == "weighted" and not scores.weighted.support):
        return (-1.0 if signed else 0.0), whole_sum  # no row tells anything of it
    if signed:
        value, found = (1 + value) / 2, (1 + found) / 2
    whole = units_of(drawn.totals)
    variance = float(_variance(found)) * float(understated(whole, level))
    if over_classes:
        bias = float(found.mean()) - Scores(counts, drawn.options).metric(metric)
        moments = _of_average(drawn, scores, metric, value, variance, bias)
    elif signed:  # on this scale about as balanced accuracy
        moments = _of_average(drawn, scores, "balanced_accuracy", value, variance, 0.0)
        moments = moments._replace(bias=(0.0, 0.0))
    else:
        bias = float(found.mean() - value) if kind == "samples" else 0.0
        unit = _unit(drawn, scores, stem, kind, whole)
        if 0 < value < 1 and variance > 0:
            unit = min(unit, (unit * variance / (value * (1 - value))) ** 0.5)
        moments = Moments(value, variance, min(unit, 1.0), (min(bias, 0.0), max(bias, 0.0)))
    low, high = interval_of(moments, level)
    return (2 * low - 1, 2 * high - 1) if signed else (low * whole_sum, high * whole_sum)


def _of_average(
    drawn: Resamples, scores: Scores, metric: str, value: float, variance: float, bias: float
) -> Moments:
    """Moments of an average over classes: its variance over the replicas, the rest by class.

    What few rows of a class do not show, such as a first miss, is added to that variance.
    """
    # What few rows do not show of mean precision and recall is about what they do not of F1s.
    metric = "f1_macro" if metric == "f1_of_means" else metric
    stem, _, kind = metric.rpartition("_")
    stem = "recall" if metric == "balanced_accuracy" else stem
    every = classes_of(scores._counts, drawn.options, stem)
    units = units_of(trials_of(drawn, stem))
    own = _variance(drawn.ratio(stem))
    scale = np.where(every.trials > 0, units / np.maximum(every.trials, 1e-300), 0.0)
    ratio = np.where(own > 0, every.variance / np.maximum(own, 1e-300), scale)
    parts = averaged(scores, metric, stem, kind, np.sqrt(scale * np.maximum(scale, ratio)))
    moments = of_average(parts, value)
    smooth, factor = parts.each.drawn_together()
    plain = parts.weights**2 * parts.each.variance
    more = parts.weights**2 * smooth.variance * factor - plain
    more = max(float(more.sum()), 0.0)
    together = (variance + more) / max(float(plain.sum()) + more, 1e-300)
    unit = moments.unit * min(max(together, 1.0), float(len(plain)))
    least, most = min(bias, moments.bias[0]), max(bias, moments.bias[1])
    return Moments(value, variance + more, min(unit, 1.0), (least, most))


def class_intervals(
    drawn: Resamples, counts: Counts, ratio: str, level: float
) -> tuple[Array, Array]:
    """Bound each class's ratio by its variance over the replicas: (C,) low and (C,) high."""
    if ratio == "f1":  # 2 J / (1 + J)
        low, high = class_intervals(drawn, counts, "jaccard", level)
        return 2 * low / (1 + low), 2 * high / (1 + high)
    each = classes_of(counts, drawn.options, ratio)
    found = replace(drawn, options=replace(drawn.options, zero_division=np.nan)).ratio(ratio)
    variance = _variance(found)
    units = units_of(trials_of(drawn, ratio))
    a, b, c = each.coefs
    value = np.nan_to_num(each.ratio, nan=0.5)
    unit = np.minimum(max(b, c) / (a * units), 1.0)
    inside = (value > 0) & (value < 1) & (variance > 0)
    alike = variance / np.maximum(value * (1 - value), 1e-300)
    unit = np.where(inside, np.minimum(unit, np.sqrt(unit * alike)), unit)
    low, high = spread_interval(value, variance * understated(units, level), unit, level)
    return np.where(each.trials > 0, low, 0.0), np.where(each.trials > 0, high, 1.0)


def trials_of(drawn: Resamples, ratio: str) -> Array:
    """(B, C) what each class's ratio is out of, in each replica."""
    tp, pred, true = np.moveaxis(np.asarray(drawn.sums[:, :3], np.float64), 1, 0)
    if ratio == "specificity":
        kept = drawn.sums[:, CELLS] if drawn.rows is not None else drawn.totals[:, None]
        return np.asarray(kept - true)
    if ratio == "precision":
        return np.asarray(pred)
    return np.asarray(true if ratio == "recall" else pred + true - tp)


def _variance(found: Array) -> Array:
    """Measure how numbers from 0 to 1 vary over the replicas that have them; 0 where all agree."""
    with warnings.catch_warnings():  # of a class that no replica has
        warnings.simplefilter("ignore", RuntimeWarning)
        variance = np.nan_to_num(np.nanvar(found, axis=0, ddof=1))
    # Replicas of equal clusters differ by rounding, which is no news of how they stray.
    return np.where(variance < _ROUNDING**2, 0.0, variance)


def _unit(drawn: Resamples, scores: Scores, stem: str, kind: str, whole: Array) -> float:
    """Derive how one more row (or cluster) that misses moves what is no average of classes."""
    if stem not in RATIOS or kind != "micro":
        return float(1 / whole)
    a, b, c = classes_of(scores._counts, drawn.options, stem).coefs
    trials = trials_of(drawn, stem)[:, scores._included]
    return float(max(b, c) / (a * units_of(trials.sum(axis=1))))
