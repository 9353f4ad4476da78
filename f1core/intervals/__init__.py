"""Intervals that users ask for: how far a metric can be trusted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from .. import option_values
from ..count_layout import PRED, RATIOS
from ..counts import Array, Counts
from ..errors import F1Error, one_of, shown
from ..option_types import Method
from ..options import Options
from ..poisson import seeded as seeded
from ..scores import Scores
from . import analytic, replicated, resampling
from .influence import delta_interval

_MOST_RESAMPLES = 100_000_000
_LEAST, _MOST = 1000, 100_000  # posterior draws of two classes: fewer tell no end, more no better
METHODS = ("auto", "bootstrap", "delta")


def interval(
    counts: Counts,
    options: Options,
    metric: str,
    *,
    of: Any = None,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 2000,
    seed: int | None = None,
) -> tuple[float, float]:
    """Bound what a metric would be on endless rows of the same kind: (low, high).

    Parameters
    ----------
    counts, options, metric
        What was counted, how, and a metric's name in `to_dict`; or, with `of`, a ratio of one
        class: precision, recall, f1, fbeta, jaccard or specificity, of any task.
    of
        A class, by name, label value or number.
    level
        How often such an interval holds the metric of endless data, in (0, 1).
    method
        "auto" takes what holds for the metric: see Notes. "bootstrap": the percentiles of the
        metric over resampled rows. "delta": the metric plus and minus its standard error, for
        averages of precision, recall, F and Jaccard of an unweighted single-label task.
    resamples, seed
        Of the bootstrap and, with "auto", of averages over two classes, MCC and kappa (there at
        least 1,000 and at most 100,000); without a seed it is always the same one. All else draws
        nothing.

    Raises
    ------
    F1Error
        If the metric or the class is unknown, or what was counted is not enough: labels of one
        multilabel row depend on each other, weighted rows are not alike, and neither are rows of
        one cluster, so averages of these need `score(…, resamples=)`.

    Notes
    -----
    "auto" reads accuracy, micro averages and each class's precision, recall, specificity and
    Jaccard as proportions, with a beta interval between Jeffreys' and Clopper and Pearson's. A
    class's F1 is 2 J / (1 + J), of J Jaccard's: so are its ends. Averages over two classes, MCC and
    kappa of two are quantiles of posterior draws of the confusion matrix (Caelen). Of more classes
    they have a variance by the delta method (Takahashi's for F1 and F1 of means), in which small
    classes are drawn towards the others, and are read as a proportion of the number of trials that
    would give it. F1, Jaccard and precision of many small classes are biased, more so if the number
    of rows of each class is random and not fixed; the interval holds for both. Kept replicas are
    used for their variance and bias in the same way, with what few rows of a class do not show.
    bench/interval_coverage.py measures all of it.

    Source: L. Brown, T. Cai, A. DasGupta, Interval estimation for a binomial proportion,
    Statistical Science 16, 2001. K. Takahashi, K. Yamamoto, A. Kuchiba, T. Koyama, Confidence
    interval for micro-averaged F1 and macro-averaged F1 scores, Applied Intelligence 52, 2022. O.
    Caelen, A Bayesian interpretation of the confusion matrix, Annals of Mathematics and Artificial
    Intelligence 81, 2017. E. Korn, B. Graubard, Survey Methodology 24, 1998: the effective number
    of trials. G. Imbens, C. Manski, Econometrica 72, 2004: a bias within bounds. B. Efron, R.
    Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.

    Examples
    --------
    >>> import f1core
    >>> s = f1core.score([0, 1, 1, 0] * 25, [0, 1, 0, 0] * 25)
    >>> low, high = s.interval("f1_macro")
    >>> round(low, 2), round(s.macro.f1, 2), round(high, 2)
    (0.64, 0.73, 0.81)
    >>> [round(end, 3) for end in f1core.score([1] * 10, [1] * 10).interval("accuracy")]
    [0.711, 1.0]
    """
    level = checked_level(level)
    if not isinstance(method, str) or method not in METHODS:
        raise F1Error(one_of("method", method, METHODS))
    resamples, seed = _checked_resamples(resamples), seeded(seed)
    place = _place(counts, options, metric, of)
    if place is None:
        Scores(counts, options).metric(metric)  # refuses what is no metric
    if metric != "unknown":
        counts, options = _as_classes(counts, options)
    if method == "delta":
        return delta_interval(counts, options, metric, place, level)
    if place is not None:
        ends = _of_classes(counts, options, metric, method, level, resamples, seed)
        return float(ends[0][place]), float(ends[1][place])
    if method == "bootstrap":
        drawn = _drawn(counts, options, metric, resamples, seed)
        low, high = percentiles(drawn.metric(metric), level)
        return float(low), float(high)
    if not _dependent(counts, options):
        draws = min(max(resamples, _LEAST), _MOST)
        found = analytic.metric_interval(counts, options, metric, level, draws, seed)
        if found is not None:
            return found
    return replicated.metric_interval(_kept(counts, options, metric), counts, metric, level)


def per_class_interval(
    counts: Counts,
    options: Options,
    ratio: str = "f1",
    *,
    level: float = 0.95,
    method: Method = "auto",
    resamples: int = 2000,
    seed: int | None = None,
) -> tuple[Array, Array]:
    """Bound each class's ratio as `interval(…, of=)` does: (C,) low and (C,) high."""
    level = checked_level(level)
    if ratio not in RATIOS:
        raise F1Error(one_of("ratio", ratio, RATIOS))
    resamples, seed = _checked_resamples(resamples), seeded(seed)
    low, high = _of_classes(counts, options, ratio, method, level, resamples, seed)
    size = options.known(counts.n_classes)
    return low[:size], high[:size]


def checked_level(level: Any) -> float:
    """Give the level as a float."""
    try:
        found = option_values.number(level)
    except TypeError:
        found = float("nan")
    if not 1e-9 < found < 1 - 1e-9:
        raise F1Error(f"level is {shown(level)}; give a number between 0 and 1, such as 0.95")
    return found


def percentiles(drawn: Array, level: float) -> Array:
    """(2, …) the ends of the middle `level` of the values that are defined; nan without any."""
    ends = [(1 - level) / 2, (1 + level) / 2]
    undefined = np.isnan(drawn).all(axis=0)
    found = np.nanquantile(np.where(undefined, 0.0, drawn), ends, axis=0)
    return np.where(undefined, np.nan, found)


def _checked_resamples(resamples: Any) -> int:
    found = option_values.whole("resamples", resamples)
    if found > _MOST_RESAMPLES:
        raise F1Error(f"resamples is {shown(resamples)}; at most {_MOST_RESAMPLES:,} are drawn")
    return found


def _place(counts: Counts, options: Options, metric: Any, of: Any) -> int | None:
    """Find the class whose ratio is asked for; None for a number of `to_dict`."""
    if of is None:
        positive = options.task == "binary" and isinstance(metric, str) and metric in RATIOS
        return 1 if positive else None
    scores = Scores(counts, options)
    if not isinstance(metric, str) or metric not in scores.ratios:
        words = one_of("metric", metric, scores.ratios)
        raise F1Error(f"{words}: of={shown(of)} asks for one class")
    classes = scores.classes
    found = None
    with suppress(Exception):  # what cannot be compared with a class is none
        of = of.item() if isinstance(of, np.generic) else of
        known = of in classes
        found = classes.index(of) if known else options.place(of, len(classes), counts.labels)
    if found is not None and found >= len(classes):  # "no span"
        found = None
    if found is None and len(classes) > 20:
        raise F1Error(f"of is {shown(of)}, which is none of the {len(classes)} classes")
    if found is None:
        raise F1Error(one_of("of", of, classes))
    return found


def _as_classes(counts: Counts, options: Options) -> tuple[Counts, Options]:
    """Leave out the column of unknown predictions where there are none: two classes stay two."""
    if not options.counts_unknown or counts.per_class[PRED, -1]:
        return counts, options
    places = np.arange(options.known(counts.n_classes))
    matrix, replicas = counts.confusion, counts.replicas
    found = Counts(
        len(places),
        None if matrix is None else matrix[:-1, :-1],
        None if counts.sums is None else counts.sums[:, :-1],
        replicas=None if replicas is None else replicas.only(places),
    )
    return found, replace(options, unknown="error")


def _of_classes(
    counts: Counts,
    options: Options,
    ratio: str,
    method: str,
    level: float,
    resamples: int,
    seed: int,
) -> tuple[Array, Array]:
    alone = not _dependent(counts, options)
    if method == "auto":
        if alone:
            return analytic.class_intervals(counts, options, ratio, level)
        return replicated.class_intervals(_kept(counts, options, ratio), counts, ratio, level)
    if counts.rows is not None and alone and counts.replicas is None:
        drawn = resampling.of_labels(counts, options, resamples, seed)
    else:
        drawn = _drawn(counts, options, ratio, resamples, seed)
    low, high = percentiles(drawn.ratio(ratio), level)
    return low, high


def _dependent(counts: Counts, options: Options) -> bool:
    """Return whether rows are not alike, so that the counts alone do not tell how they stray.

    Spans of one sentence are drawn together wherever resamples are kept.
    """
    drawn = counts.replicas
    return counts.weighted or (drawn is not None and (drawn.clustered or options.spans is not None))


def _kept(counts: Counts, options: Options, metric: str) -> resampling.Resamples:
    if counts.replicas is None:
        _refuse_dependent(counts, options, metric)
    assert counts.replicas is not None
    if len(counts.replicas.sums) < 2:
        raise F1Error("resamples is 1, of which no interval can be read; 200 do")
    return resampling.Resamples.like(counts, options, counts.replicas.sums, counts.replicas.rows)


def _drawn(
    counts: Counts, options: Options, metric: str, resamples: int, seed: int
) -> resampling.Resamples:
    if counts.replicas is not None:
        return _kept(counts, options, metric)
    _refuse_dependent(counts, options, metric)
    return resampling.of_confusion(counts, options, resamples, seed)


def _refuse_dependent(counts: Counts, options: Options, metric: str) -> None:
    made_by = "score" if options.spans is None else "ScoreMeter"
    remedy = f"{made_by}(…, resamples=200) keeps what is needed"
    if counts.rows is not None:
        raise F1Error(
            f"an interval of {metric} needs more than the labels' counts, since labels of one row "
            f"depend on each other: {remedy}"
        )
    if counts.weighted:
        raise F1Error(f"an interval of weighted rows needs more than their sums: {remedy}")
    if counts.confusion is None:
        raise F1Error(
            f"an interval of {metric} needs the confusion matrix, which was not kept: {remedy}"
        )
