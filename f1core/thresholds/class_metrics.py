"""What a threshold of one class changes: any metric of a multiclass task, at every cut of a line.

Along a line rows go one by one from other classes to one. Whatever a metric is, it is made of sums
over classes of what each class has by itself, so a row changes two terms of each sum, and the
metric everywhere on the line is a few cumulative sums. These round; what is nearly best is divided
by `metrics`, as `Scores` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .. import metrics
from ..averages import CLASS_AVERAGES
from ..count_layout import RATIOS
from ..counts import Array
from ..errors import F1Error, one_of
from ..metrics import divide, fraction
from ..options import Options
from ..scores import LOSSES, single_numbers

Terms = tuple[Any, ...]


class Line(NamedTuple):
    """Rows in the order in which they go to a class as its threshold falls, one after the other.

    `tp` and `pred` are (C,) what is counted before the first goes, `loss` what is lost by then.
    """

    label: int
    true: Array  # (m,) class of each row
    start: Array  # (m,) class that it leaves
    weight: Array | None
    tp: Array
    pred: Array
    loss: float

    def after(self, places: Array) -> tuple[Array, Array]:
        """(s, C) true positives and predicted after so many rows have gone, ascending."""
        size, k = len(self.tp), self.label
        tp, pred = np.empty((2, len(places), size), self.tp.dtype)
        hits, rows, done = self.tp.copy(), self.pred.copy(), 0
        for at, place in enumerate(places.tolist()):
            true, start = self.true[done:place], self.start[done:place]
            weight = np.ones(1, int) if self.weight is None else self.weight[done:place]
            for sums, kept in ((hits, true == start), (rows, slice(None))):
                weights = None if self.weight is None else weight[kept]
                sums -= np.bincount(start[kept], weights, size).astype(sums.dtype, copy=False)
            hits[k] += np.sum(weight * (true == k))
            rows[k] += np.sum(weight * np.ones(len(true), int))
            tp[at], pred[at], done = hits, rows, place
        return tp, pred


@dataclass(frozen=True)
class ClassMetric:
    """A metric that is to be high, or low where less is better.

    `terms` are what a class adds to each sum, from its number, true positives and predicted;
    `value` makes the metric of the sums; `exact` divides (s, C) counts as `Scores` does.
    """

    name: str
    sign: int
    terms: Callable[[Any, Any, Any], Terms]
    value: Callable[..., Any]
    exact: Callable[[Array, Array], Array]

    def along(self, line: Line) -> Array:
        """(m + 1,) the metric after 0, 1, … rows have gone, to within rounding; higher is better.

        -inf where it is undefined.
        """
        k, true, start, weight = line.label, line.true, line.start, line.weight
        everyone = self.terms(np.arange(len(line.tp)), line.tp, line.pred)
        each = np.ones(len(true), np.int64) if weight is None else weight
        hits = line.tp[k] + _running(each * (true == k))
        terms = self.terms(k, hits, line.pred[k] + _running(each))
        # The rows that leave a class, side by side: what it has before and after each.
        order = np.argsort(start, kind="stable")
        label, each = start[order], each[order]
        hit = each * (true[order] == label)
        sizes = np.bincount(start, minlength=len(line.tp))
        first = (np.cumsum(sizes) - sizes)[label]
        rows, hits = _running(each), _running(hit)
        pred, tp = (
            base[label] - (sums[1:] - sums[first])
            for base, sums in ((line.pred, rows), (line.tp, hits))
        )
        before, after = self.terms(label, tp + hit, pred + each), self.terms(label, tp, pred)
        sums = []
        for all_, one, old, new in zip(everyone, terms, before, after, strict=True):
            steps = np.empty(len(true))
            steps[order] = new - old
            sums.append(one + (np.sum(all_) - all_[k]) + _running(steps))
        with np.errstate(invalid="ignore", divide="ignore"):
            found = self.sign * np.asarray(self.value(*sums), np.float64)
        return np.where(np.isnan(found), -np.inf, found)

    def at(self, line: Line, places: Array) -> Array:
        """(s,) the metric after so many rows have gone, ascending; higher is better."""
        found = self.sign * self.exact(*line.after(places))
        return np.where(np.isnan(found), -np.inf, found)


@dataclass(frozen=True)
class Cost:
    """Mean cost of a row that is to be low, from (C, C) costs: rows truth, columns predicted."""

    costs: Array
    total: Any
    name: str = "cost"
    sign: int = -1

    def along(self, line: Line) -> Array:
        """(m + 1,) minus the mean cost after 0, 1, … rows have gone."""
        steps = self.costs[line.true, line.label] - self.costs[line.true, line.start]
        if line.weight is not None:
            steps = steps * line.weight
        return np.asarray(-(line.loss + _running(steps)) / self.total)

    def at(self, line: Line, places: Array) -> Array:
        """(s,) minus the mean cost after so many rows have gone."""
        return self.along(line)[places]


def metric_name(average: Any, options: Options) -> str:
    """The name in `to_dict` of what `average=` asks for: an F-beta, or any metric by name."""
    names = [f"{ratio}_{kind}" for kind in CLASS_AVERAGES for ratio in RATIOS]
    names += single_numbers("multiclass")
    if isinstance(average, str) and average in CLASS_AVERAGES:
        return f"{'f1' if options.beta == 1.0 else 'fbeta'}_{average}"
    if not isinstance(average, str) or average not in names:
        raise F1Error(one_of("average", average, [*CLASS_AVERAGES, *names]))
    return average


def class_metric(name: str, options: Options, true: Array) -> ClassMetric:
    """Take a metric apart into sums over classes, for rows of which (C,) `true` are known."""
    total = true.sum()
    eligible, if_seen = (np.array(x) for x in options.averaged(len(true)))
    how: dict[str, Any] = {"coefs": options.coefs, "zero_division": options.zero_division}

    def exactly(kind: str, ratio: str) -> Callable[[Array, Array], Array]:
        def exact(tp: Array, pred: Array) -> Array:
            included = eligible & ((pred + true > 0) | (not if_seen))
            rows = np.broadcast_to(true, tp.shape)
            found = metrics.average(kind, tp, pred, rows, total, included, only=(ratio,), **how)
            return np.asarray(found[ratio])

        return exact

    def mean(ratio: str, weights: Array) -> Callable[[Any, Any, Any], Terms]:
        def terms(label: Any, tp: Any, pred: Any) -> Terms:
            over, under = fraction(ratio, tp, pred, true[label], total, options.coefs)
            value = divide(over, under, options.zero_division)
            counted = (value == value) & eligible[label]
            if if_seen:
                counted &= (true[label] > 0) | (pred > 0)
            return weights[label] * np.where(counted, value, 0.0), weights[label] * counted

        return terms

    def summed(label: Any, tp: Any, pred: Any) -> Terms:
        of_it = eligible[label]
        seen = of_it & ((pred + true[label] > 0) | (not if_seen))
        return tp * of_it, pred * of_it, (true[label] + 0 * pred) * of_it, total * seen

    ratio, _, kind = name.rpartition("_")
    sign = -1 if name in LOSSES else 1
    if kind == "micro":
        return ClassMetric(
            name, sign, summed,
            lambda a, b, c, d: divide(
                *fraction(ratio, a, b, c, d, options.coefs), options.zero_division
            ),
            exactly(kind, ratio),
        )  # fmt: skip
    if kind in CLASS_AVERAGES:
        weights = true if kind == "weighted" and true[eligible].any() else np.ones(len(true))
        return ClassMetric(name, sign, mean(ratio, weights), _divided, exactly(kind, ratio))
    if name == "f1_of_means":
        both = [mean(ratio, np.ones(len(true))) for ratio in ("precision", "recall")]
        exact = [exactly("macro", ratio) for ratio in ("precision", "recall")]
        return ClassMetric(
            name, sign,
            lambda *of: (*both[0](*of), *both[1](*of)),
            lambda a, b, c, d: metrics.f1_of_means(_divided(a, b), _divided(c, d)),
            lambda *of: np.asarray(metrics.f1_of_means(exact[0](*of), exact[1](*of))),
        )  # fmt: skip
    if name == "balanced_accuracy":
        return ClassMetric(
            name, sign,
            lambda label, tp, _: (divide(tp, true[label], 0.0),),
            lambda recalls: recalls / np.count_nonzero(true),
            lambda tp, _: np.asarray(metrics.balanced_accuracy(tp, true)),
        )  # fmt: skip
    if name in ("mcc", "kappa"):
        return _over_chance(name, true, total)
    return ClassMetric(
        name, sign, lambda _, tp, __: (tp,),
        lambda right: (total - right if sign < 0 else right) / total,
        lambda tp, _: np.asarray((total - tp.sum(-1) if sign < 0 else tp.sum(-1)) / total),
    )  # fmt: skip


def _over_chance(name: str, true: Array, total: Any) -> ClassMetric:
    """MCC or kappa by three sums: rows that are right, products with the truth, and squares."""
    truths = ((true / total) ** 2).sum()

    def terms(label: Any, tp: Any, pred: Any) -> Terms:
        return tp, pred * (true[label] / total), pred * (pred / total)

    def value(*sums: Any) -> Any:
        right, chance, squares = (each / total for each in sums)
        if name == "kappa":
            return divide(right - chance, 1 - chance, np.nan)
        under = np.maximum((1 - squares) * (1 - truths), 0.0)
        return divide(right - chance, np.sqrt(under), 0.0)

    def exact(tp: Array, pred: Array) -> Array:
        return np.asarray(getattr(metrics, name)(tp, pred, true))

    return ClassMetric(name, 1, terms, value, exact)


def _divided(over: Any, under: Any) -> Any:
    return divide(over, under, np.nan)


def _running(values: Array) -> Array:
    """(n + 1,) sums of the first 0, 1, … values."""
    sums = np.zeros(len(values) + 1, np.float64 if values.dtype.kind == "f" else np.int64)
    np.cumsum(values, out=sums[1:])
    return sums
