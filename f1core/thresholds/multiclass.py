"""Thresholds of a multiclass task: one a class, so that argmax of p_k / t_k is best."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arrays import to_numpy, widened
from ..batch import Batch
from ..count import count
from ..counts import Array
from ..errors import F1Error, shape_words
from ..float_bits import probability_range
from ..metrics import divide
from ..scores import Scores
from .class_lines import Found, Rows, climb
from .class_metrics import ClassMetric, Cost, class_metric, metric_name
from .class_rows import Table

_ROUNDING = 1e-14  # between a metric by its sums and the same by `Scores`
_NOTHING = 1e-100  # a bound that no row sets
_ROUNDS = 100  # of all classes, at most; three to six are usual
_FEW = 4096  # rows on which starts are compared
_FEW_CLASSES = 64  # classes up to which every start is followed to its end
_MANY = 65536  # rows up to which each line has all of them
_NEAR, _TIMES = 24576, 8  # rows near a change, of more; so often they are looked for anew
_LEAST = 5e-5  # of these a round that gains no more is the last


@dataclass(frozen=True)
class ClassThresholds:
    """(C,) thresholds, the range in which each keeps the score, and what they score."""

    threshold: Array
    low: Array
    high: Array
    score: float
    metric: str


def best_class_thresholds(
    batch: Batch, average: Any, costs: Any, threads: int | None
) -> ClassThresholds:
    """Find thresholds by line searches, class by class, from several starts."""
    size = batch.n_classes
    name = metric_name(average, batch.options)
    if costs is not None:
        costs = checked_costs(costs, size)
        batch = replace(batch, options=replace(batch.options, confusion=True))
    options = batch.options
    plain_scores = _argmax(batch, threads)

    def aim(true: Array) -> ClassMetric | Cost:
        """What is to be high, of rows of which (C,) are true."""
        return Cost(costs, true.sum()) if costs is not None else class_metric(name, options, true)

    table = _table(batch)
    found = _search(table, aim, threads)
    return _counted(batch, found, aim(np.ones(size)), plain_scores, threads)


def _search(table: Table, aim: Callable[[Array], ClassMetric | Cost], threads: int | None) -> Found:
    """Choose a start on a few rows, and climb from there on more of them, then on all."""
    few = table.sample(_FEW)
    rows, objective = few.some(slice(None)), aim(few.support)
    rounds = _ROUNDS if few is table and table.size <= _FEW_CLASSES else 2
    tried = [climb(rows, objective, start, rounds) for start in _starts(rows, table.support)]
    found = max(tried, key=lambda one: one.value)
    if len(table.true) <= _MANY:
        whole = rows if few is table else table.some(slice(None))
        least = 0.0 if table.size <= _FEW_CLASSES else _LEAST
        return climb(whole, aim(table.support), found.thresholds, _ROUNDS, least)
    for size in (_MANY // 4, _MANY, len(table.true)):
        part = table.sample(size)
        objective, value = aim(part.support), -np.inf
        least = _LEAST * min(4.0, len(table.true) / size)
        for _ in range(_TIMES):
            rows = part.near(found.thresholds, _NEAR, objective, threads)
            found = climb(rows, objective, found.thresholds, _ROUNDS, least)
            if len(rows.true) == len(part.true) or found.value - value <= least:
                break
            value = found.value
    return found


def value_of(scores: Scores, objective: ClassMetric | Cost) -> float:
    """The metric by name, or the mean cost of a row."""
    if isinstance(objective, Cost):
        return float((scores.confusion * objective.costs).sum() / scores.total)
    return scores.metric(objective.name)


def checked_costs(costs: Any, size: int) -> Array:
    """(C, C) float64 costs, rows truth, columns predicted."""
    array = to_numpy(costs, "costs")
    if array.shape != (size, size):
        raise F1Error(
            f"costs is {shape_words(array)}; give ({size}, {size}): a row for each true class, a "
            "column for each predicted one"
        )
    if array.dtype.kind not in "iuf" or not np.isfinite(widened(array)).all():
        raise F1Error("costs holds what is no finite number; a cost is one")
    return np.asarray(widened(array), np.float64)


def _argmax(batch: Batch, threads: int | None) -> Scores:
    """Count the largest scores; refuse what thresholds cannot cut."""
    known = batch.pred.dtype.kind == "f" and batch.pred.itemsize <= 8 and batch.pred.size
    if known and not batch.options.from_logits:
        low, high = probability_range(batch.pred.dtype)
        known = low <= batch.pred.min() and batch.pred.max() <= high  # which NaN is not
    if known:
        return Scores(count(batch, threads), batch.options)
    return _scored(batch, np.ones(batch.n_classes), threads)


def _scored(batch: Batch, thresholds: Array, threads: int | None) -> Scores:
    options = replace(batch.options, threshold=tuple(thresholds.tolist()))
    return Scores(count(replace(batch, options=options), threads), options)


def _table(batch: Batch) -> Table:
    """The rows that count."""
    whole = slice(0, len(batch))
    true, ignored, weight = batch.true_ids(whole), batch.ignored(whole), batch.weights(whole)
    kept = np.ones(len(batch), bool) if ignored is None else ~ignored
    if weight is not None:
        kept &= weight > 0
    pred, logits = batch.pred, batch.options.from_logits
    if kept.all():
        return Table(pred, logits, true, weight)
    return Table(pred[kept], logits, true[kept], None if weight is None else weight[kept])


def _starts(rows: Rows, support: Array) -> list[Array]:
    """Argmax itself, the classes' shares, what is between, and each class against the rest."""
    size = len(support)
    shares = np.where(support > 0, support, support.sum()) / support.sum()
    if size == 2:
        return [np.ones(2)]  # a single line, whatever the start
    alone = np.array([_alone(rows, label) for label in range(size)])
    return [np.ones(size), shares, np.sqrt(shares), alone]


def _alone(rows: Rows, label: int) -> float:
    """The threshold with the highest F1 of one class against the rest."""
    order = np.argsort(rows.scores[label])[::-1]
    scores, hits = rows.scores[label][order], (rows.true == label)[order]
    each = np.ones(len(hits)) if rows.weight is None else rows.weight[order]
    tp = np.cumsum(each * hits)
    best = int(np.argmax(divide(tp, np.cumsum(each) + (each * hits).sum(), 0.0)))
    low = scores[best + 1] if best + 1 < len(scores) else 0.0
    return max(float(scores[best] + low) / 2, 1e-6) if hits.any() else 1.0


def _counted(
    batch: Batch,
    found: Found,
    objective: ClassMetric | Cost,
    argmax: Scores,
    threads: int | None,
) -> ClassThresholds:
    """Count by the rule itself what thresholds predict, and take what is as good as was found.

    Quotients are rounded: two rows that a gap of thresholds parts may need another point of it.
    """
    size = batch.n_classes
    best = objective.sign * value_of(argmax, objective)  # which may be nan
    chosen, low, high = np.ones((3, size))
    for thresholds, factor in _spellings(found):
        value = objective.sign * value_of(_scored(batch, thresholds, threads), objective)
        if not value <= best and value == value:
            best, chosen, low, high = value, thresholds, found.low * factor, found.high * factor
        if value >= found.value - _ROUNDING:
            break
    low = np.where(low < _NOTHING, 0.0, np.minimum(low, chosen))
    high = np.maximum(np.minimum(high, 1.0), chosen)
    return ClassThresholds(chosen, low, high, objective.sign * best, objective.name)


def _spellings(found: Found) -> Iterator[tuple[Array, float]]:
    """Thresholds of the same meaning in [0, 1] and by what they were multiplied.

    They sum to 1, as p > t and t, 1 - t do of two classes; or are powers of two smaller, which
    rounds nothing; or one of them is elsewhere in its gap.
    """
    at = found.thresholds
    yield at / at.sum(), 1 / at.sum()
    factor = 2.0 ** -np.ceil(np.log2(at.max()))
    yield at * factor, factor
    middles = np.sqrt(found.low) * np.sqrt(np.minimum(found.high, at * 4))
    for label in range(len(at)):
        moved = at.copy()
        moved[label] = middles[label] if middles[label] > 0 else at[label]
        factor = 2.0 ** -np.ceil(np.log2(moved.max()))
        yield moved * factor, factor
