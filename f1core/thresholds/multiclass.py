"""Thresholds of a multiclass task: one a class, so that argmax of p_k / t_k is best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arrays import column_names, is_pandas, to_numpy, widened
from ..batch import Batch
from ..count import count
from ..counts import Array
from ..errors import F1Error, shape_words, shown
from ..float_bits import probability_range
from ..metrics import divide
from ..scores import Scores
from .class_lines import Found, Rows, climb
from .class_metrics import ClassMetric, Cost, class_metric, metric_name
from .class_ranges import ranges
from .class_rows import Table

_ROUNDING = 1e-14  # between a metric by its sums and the same by `Scores`
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
    size, power = batch.n_classes, 0
    name = metric_name(average, batch.options)
    if costs is not None:
        costs = checked_costs(costs, size, batch.options.names)
        power = int(np.frexp(abs(costs).max())[1])
        costs = np.ldexp(costs, -power)  # sums of which stay in float64; nothing is rounded
        batch = replace(batch, options=replace(batch.options, confusion=True))
    options = batch.options
    plain_scores = _argmax(batch, threads)

    def aim(true: Array) -> ClassMetric | Cost:
        """The metric or cost that is sought, of rows of which (C,) are true."""
        return Cost(costs, true.sum()) if costs is not None else class_metric(name, options, true)

    table = _table(batch)
    found = _search(table, aim, threads)
    chosen, value = _counted(batch, found, aim(np.ones(size)), plain_scores, threads)
    # Another spelling, or argmax itself, has other bounds than what was found.
    objective = aim(table.support)
    rows = table.some(slice(None)) if len(table.true) <= _MANY else None
    rows = rows or table.near(chosen, _NEAR, objective, threads)
    low, high = ranges(rows, objective, chosen)
    return ClassThresholds(chosen, low, high, float(np.ldexp(value, power)), objective.name)


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


def checked_costs(costs: Any, size: int, names: Sequence[Any] | None) -> Array:
    """(C, C) float64 costs, rows truth, columns predicted; of a frame in the classes' order."""
    array = to_numpy(costs, "costs")
    if array.shape != (size, size):
        raise F1Error(
            f"costs is {shape_words(array)}; give ({size}, {size}): a row for each true class, a "
            "column for each predicted one"
        )
    with np.errstate(over="ignore"):
        found = array if array.dtype.kind not in "iuf" else widened(array).astype(np.float64)
    if array.dtype.kind not in "iuf" or not np.isfinite(found).all():
        raise F1Error("costs holds what is no finite number; a cost is one")
    return np.asarray(found[np.ix_(*_sides(costs, tuple(names or range(size))))])


def _sides(costs: Any, classes: tuple[Any, ...]) -> list[Any]:
    """Where each class stands among the rows and the columns of costs, by their names."""
    index = costs.index.tolist() if is_pandas(costs) else range(len(classes))
    rows = None if list(index) == list(range(len(classes))) else tuple(index)
    sides = {"rows": rows, "columns": column_names(costs, "costs")}
    for side, names in sides.items():
        alone = None in sides.values()  # no one knows in which order the other side is
        if names is None or names == classes or (not alone and set(names) == set(classes)):
            continue
        other = (
            ", those of the other side have no names"
            if alone and set(names) == set(classes)
            else ""
        )
        raise F1Error(
            f"the {side} of costs are {shown(list(names))}{other}, and the classes are "
            f"{shown(list(classes))}: name both sides so, or pass .to_numpy() to go by position"
        )
    return [
        range(len(classes)) if names is None else [names.index(name) for name in classes]
        for names in sides.values()
    ]


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
    """The rows of a batch that are not ignored, with their weights where these are above 0."""
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
    alone = np.array([_best_against_rest(rows, label) for label in range(size)])
    return [np.ones(size), shares, np.sqrt(shares), alone]


def _best_against_rest(rows: Rows, label: int) -> float:
    """Return the threshold with the highest F1 of one class against the rest."""
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
) -> tuple[Array, float]:
    """Count by the rule itself what thresholds predict, and take what is as good as was found.

    Quotients are rounded: two rows that a gap of thresholds parts may need another point of it.
    """
    size = batch.n_classes
    best = objective.sign * value_of(argmax, objective)  # which may be nan
    chosen = np.ones(size)
    for thresholds in _spellings(found):
        value = objective.sign * value_of(_scored(batch, thresholds, threads), objective)
        if not value <= best and value == value:
            best, chosen = value, thresholds
        if value >= found.value - _ROUNDING:
            break
    return chosen, objective.sign * best


def _spellings(found: Found) -> Iterator[Array]:
    """Thresholds of the same meaning in [0, 1].

    They sum to 1, as p > t and t, 1 - t do of two classes; or are powers of two smaller, which
    rounds nothing; or one of them is elsewhere in its gap.
    """
    at = found.thresholds
    yield at / at.sum()
    yield at * 2.0 ** -np.ceil(np.log2(at.max()))
    middles = np.sqrt(found.low) * np.sqrt(np.minimum(found.high, at * 4))
    for label in range(len(at)):
        moved = at.copy()
        moved[label] = middles[label] if middles[label] > 0 else at[label]
        yield moved * 2.0 ** -np.ceil(np.log2(moved.max()))
