"""How far a metric can be trusted: intervals from counts alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import averages, values
from ..counts import Array, Counts
from ..errors import F1Error, one_of, shown
from ..layout import RATIOS, TRUE
from ..options import Options
from ..scores import Scores
from . import resampling
from .poisson import checked_seed

METHODS = ("bootstrap", "delta")


def interval(
    counts: Counts,
    options: Options,
    metric: str,
    *,
    level: float = 0.95,
    method: str = "bootstrap",
    resamples: int = 2000,
    seed: int | None = None,
) -> tuple[float, float]:
    """Where a metric would lie on other rows of the same kind: (low, high).

    Parameters
    ----------
    counts, options, metric
        What was counted, how, and a metric's name in `to_dict`.
    level
        How often such an interval holds the metric of endless data, in (0, 1).
    method
        "bootstrap": the percentiles of the metric over resampled rows, for any metric. "delta":
        the metric plus and minus its standard error, for averages of precision, recall, F and
        Jaccard of an unweighted single-label task; no randomness.
    resamples, seed
        Of the bootstrap; replicas that `score(…, resamples=)` kept are used instead.

    Raises
    ------
    F1Error
        If the metric is unknown, or what was counted is not enough: a multilabel task's labels
        depend on each other, and weighted rows are not alike, so both need `score(…, resamples=)`.

    Source: B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13. K.
    Takahashi, K. Yamamoto, A. Kuchiba, T. Koyama, Confidence interval for micro-averaged F1 and
    macro-averaged F1 scores, Applied Intelligence 52, 2022: the delta method.

    Examples
    --------
    >>> import f1core
    >>> s = f1core.score([0, 1, 1, 0] * 25, [0, 1, 0, 0] * 25)
    >>> low, high = s.interval("f1_macro", method="delta")
    >>> round(low, 2), round(s.macro.f1, 2), round(high, 2)
    (0.64, 0.73, 0.82)
    """
    checked_level(level)
    if not isinstance(method, str) or method not in METHODS:
        raise F1Error(one_of("method", method, METHODS))
    value = Scores(counts, options).metric(metric)  # also refuses what is no metric
    if method == "delta":
        return _delta(counts, options, metric, value, level)
    drawn = _drawn(counts, options, metric, resamples, seed)
    low, high = percentiles(drawn.metric(metric), level)
    return float(low), float(high)


def per_class_interval(
    counts: Counts,
    options: Options,
    ratio: str = "f1",
    *,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int | None = None,
) -> tuple[Array, Array]:
    """A bootstrap interval of each class's ratio: (C,) low and (C,) high.

    Raises
    ------
    F1Error
        As `interval`; but labels of a multilabel task need no replicas here.
    """
    checked_level(level)
    if ratio not in RATIOS:
        raise F1Error(one_of("ratio", ratio, RATIOS))
    alone = counts.rows is not None and not counts.weighted and counts.replicas is None
    if alone:
        resamples = values.whole("resamples", resamples)
        drawn = resampling.of_labels(counts, options, resamples, checked_seed(seed))
    else:
        drawn = _drawn(counts, options, ratio, resamples, seed)
    low, high = percentiles(drawn.ratio(ratio), level)
    return low, high


def checked_level(level: Any) -> None:
    """Refuse what is no level.

    Raises
    ------
    F1Error
        If it is not between 0 and 1.
    """
    number = isinstance(level, (int, float)) and not isinstance(level, bool)
    # As floats, both quantiles must differ from 0, 1 and the median.
    if not number or not 0 < level < 1 or not 0.5 < (1 + level) / 2 < 1:
        raise F1Error(f"level is {shown(level)}; give a number between 0 and 1, such as 0.95")


def percentiles(drawn: Array, level: float) -> Array:
    """(2, …) the ends of the middle `level` of the values that are defined; nan without any."""
    ends = [(1 - level) / 2, (1 + level) / 2]
    gone = np.isnan(drawn).all(axis=0)
    found = np.nanquantile(np.where(gone, 0.0, drawn), ends, axis=0)
    return np.where(gone, np.nan, found)


def _drawn(
    counts: Counts, options: Options, metric: str, resamples: Any, seed: Any
) -> resampling.Resamples:
    resamples, seed = values.whole("resamples", resamples), checked_seed(seed)
    if counts.replicas is not None:
        sums, rows = counts.replicas.sums, counts.replicas.rows
        return resampling.Resamples.like(counts, options, sums, rows)
    _refuse_dependent(counts, metric)
    return resampling.of_confusion(counts, options, resamples, seed)


def _refuse_dependent(counts: Counts, metric: str) -> None:
    again = "score(…, resamples=200) keeps what is needed"
    if counts.rows is not None:
        raise F1Error(
            f"an interval of {metric} needs more than the labels' counts, since labels of one row "
            f"depend on each other: {again}"
        )
    if counts.weighted:
        raise F1Error(f"an interval of weighted rows needs more than their sums: {again}")
    if counts.confusion is None:
        raise F1Error(f"an interval needs the confusion matrix, which was not kept: {again}")


def _delta(
    counts: Counts, options: Options, metric: str, value: float, level: float
) -> tuple[float, float]:
    if counts.rows is not None or counts.weighted or counts.confusion is None:
        raise F1Error(
            "method='delta' is for unweighted single-label rows with a confusion matrix; "
            "method='bootstrap' takes others"
        )
    from statistics import NormalDist

    influence = _influence(counts, options, metric)
    variance = float((counts.confusion * influence**2).sum())
    spread = NormalDist().inv_cdf((1 + level) / 2) * variance**0.5
    low, high = np.clip([value - spread, value + spread], 0.0, 1.0)  # nan stays nan
    return float(low), float(high)


def _influence(counts: Counts, options: Options, metric: str) -> Array:
    """(C, C) how much one more row in each cell changes the metric.

    Each ratio is a fraction N / D of sums over rows, so a row that adds N' and D' changes it by
    (N' - N / D D') / D. For its true class a row is a hit or missed, for its predicted class a
    hit or a false alarm, for all others it is merely there.
    """
    stem, _, kind = metric.rpartition("_")
    if metric in RATIOS:
        stem, kind = metric, "binary"
    if stem not in RATIOS or kind == "samples":
        raise F1Error(
            f"method='delta' does not know {metric}; it is for precision, recall, F and their like"
        )
    included = Scores(counts, options).included
    weights = _weights(counts, included, kind)
    over, under = _fraction(stem, counts, options)
    if kind == "micro":
        over, under = (np.full(len(included), x[included].sum()) for x in (over, under))
    value = averages.divide(over, under, options.zero_division)
    weights = np.where(value == value, weights, 0.0)  # undefined ones are left out
    if kind != "micro":
        weights = weights / (weights.sum() or 1.0)
    four = (np.array([0, 0, 0, 1]), np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]))
    more, more_under = averages.fractions(*four, 1, options.coefs)[stem]
    change = averages.divide(
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


def _fraction(stem: str, counts: Counts, options: Options) -> tuple[Array, Array]:
    tp, pred, true = counts.per_class
    pair = averages.fractions(tp, pred, true, counts.total, options.coefs)[stem]
    over, under = (np.broadcast_to(np.asarray(x, np.float64), tp.shape) for x in pair)
    return over, under


def _weights(counts: Counts, included: Array, kind: str) -> Array:
    """(C,) how much each class weighs in the average, before these are made to add up to 1."""
    if kind == "binary":
        return np.array([0.0, 1.0])
    if kind == "weighted":
        return np.where(included, counts.per_class[TRUE], 0.0)
    return included.astype(np.float64)
