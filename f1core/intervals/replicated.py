"""Intervals from kept replicas: multilabel averages, weighted rows, rows of clusters."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from ..count_layout import CELLS, RATIOS, TRUE
from ..counts import Array, Counts
from ..scores import Scores
from .analytic import classes_of
from .moments import Moments, interval_of
from .proportions import spread_interval
from .resampling import Resamples, understated, units_of


def metric_interval(
    drawn: Resamples, counts: Counts, metric: str, level: float
) -> tuple[float, float]:
    """Bound one number of `to_dict` by its variance and bias over the replicas: (low, high)."""
    scores = Scores(counts, drawn.options)
    value, found = scores.metric(metric), drawn.metric(metric)
    found = found[~np.isnan(found)]
    if np.isnan(value) or len(found) < 2:
        return float("nan"), float("nan")
    stem, _, kind = metric.rpartition("_")
    signed = metric in ("mcc", "kappa")
    if signed:
        value, found = (1 + value) / 2, (1 + found) / 2
    averaged = stem in RATIOS and kind in ("macro", "weighted", "samples")
    bias = float(found.mean() - value) if averaged else 0.0
    whole = units_of(drawn.totals)
    variance = float(found.var(ddof=1)) * float(understated(whole, level))
    unit = _unit(drawn, scores, stem, kind, whole)
    if 0 < value < 1 and variance > 0:
        unit = min(unit, (unit * variance / (value * (1 - value))) ** 0.5)
    moments = Moments(value, variance, min(unit, 1.0), (min(bias, 0.0), max(bias, 0.0)))
    low, high = interval_of(moments, level)
    return (2 * low - 1, 2 * high - 1) if signed else (low, high)


def class_intervals(
    drawn: Resamples, counts: Counts, ratio: str, level: float
) -> tuple[Array, Array]:
    """Bound each class's ratio by its variance over the replicas: (C,) low and (C,) high."""
    each = classes_of(counts, drawn.options, ratio)
    found = replace(drawn, options=replace(drawn.options, zero_division=np.nan)).ratio(ratio)
    with warnings.catch_warnings():  # of a class that no replica has
        warnings.simplefilter("ignore", RuntimeWarning)
        variance = np.nan_to_num(np.nanvar(found, axis=0, ddof=1))
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


def _unit(drawn: Resamples, scores: Scores, stem: str, kind: str, whole: Array) -> float:
    """How much one more row (or cluster) that misses would move the metric."""
    if stem not in RATIOS or kind == "samples":
        if kind not in ("mcc", "kappa") and f"{stem}_{kind}" != "balanced_accuracy":
            return float(1 / whole)
        stem, kind = "recall", "macro"
    included = scores.included
    each = classes_of(scores._counts, drawn.options, stem)
    trials = trials_of(drawn, stem)[:, included]
    a, b, c = each.coefs
    if kind == "micro":
        return float(max(b, c) / (a * units_of(trials.sum(axis=1))))
    units = units_of(trials)
    weights = np.ones(len(units))
    if kind == "weighted":
        weights = scores._counts.per_class[TRUE][included]
    one = weights / max(weights.sum(), 1e-300) * max(b, c) / (a * units)
    return float((one**3 * units).sum() / max((one**2 * units).sum(), 1e-300))
