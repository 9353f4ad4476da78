"""Sums in the graph -> the metrics asked for, by the formulas of `averages` over keras.ops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from keras import ops

from ... import averages
from ...counts import CELLS, PRED, RATIOS, TP, TRUE
from ...errors import F1Error, one_of
from ...options import Options
from ...scores import single_numbers
from ..logs import named


class Wanted(NamedTuple):
    """One metric: its key in the logs, its name, and its average if it has one."""

    key: str
    name: str
    kind: str


def planned(metric: str | Sequence[str], average: str | None, options: Options) -> list[Wanted]:
    """What a ScoreMetric is to tell.

    Raises
    ------
    F1Error
        If the task has no such metric, or it cannot be had from sums over rows.
    """
    metrics = [metric] if isinstance(metric, str) else list(metric)
    if not metrics:
        raise F1Error("metric is empty; name at least one")
    return [_wanted(each, average, options) for each in metrics]


def _wanted(metric: str, average: str | None, options: Options) -> Wanted:
    task = options.task or ""
    if average == "per_class" and metric in RATIOS:
        named(metric, task)
        return Wanted(metric, metric, "per_class")
    name = named(metric, task, average)
    stem, _, kind = name.rpartition("_")
    if kind == "samples":
        raise F1Error(f"{name} looks at every row, and a ScoreMetric adds up: use ScoreCallback")
    if stem in RATIOS:
        return Wanted(metric, stem, kind)
    allowed = single_numbers(task, options.top_k)
    if name not in RATIOS and name not in allowed:
        raise F1Error(one_of("metric", name, (*RATIOS, *allowed)))
    return Wanted(metric, name, "binary")


def value(name: str, kind: str, sums: Any, rows: Any, right: Any, options: Options) -> Any:
    """One metric as a tensor: () or, where the kind is "per_class", (C,); 0 where undefined.

    `sums` is (4, C); `rows` count, and `right` ones are right in every label. All are floats.
    """
    tp, pred, true, cells = (sums[row] for row in (TP, PRED, TRUE, CELLS))
    how: dict[str, Any] = {"coefs": options.coefs, "zero_division": options.zero_division}
    how |= {"only": (name,), "xp": ops}
    if name not in RATIOS:
        found = _single(name, tp, pred, true, cells, rows, right, options.task == "multilabel")
    elif kind in ("binary", "per_class"):
        each = averages.per_class(tp, pred, true, cells, **how)[name]
        found = each[1] if kind == "binary" else each
    else:
        eligible, if_seen = options.averaged(tp.shape[0])
        included = ops.convert_to_tensor(eligible)
        if if_seen:
            included = included & (pred + true > 0)
        found = averages.average(kind, tp, pred, true, cells, included, **how)[name]
    return ops.where(found == found, found, 0.0)


def _single(
    name: str, tp: Any, pred: Any, true: Any, cells: Any, rows: Any, right: Any, many: bool
) -> Any:
    """The metrics that have no average."""
    if name in ("accuracy", "exact_match"):
        return averages.divide(right, rows, 0.0, ops)
    if name == "hamming_loss":
        wrong = ops.sum(pred + true - 2 * tp) if many else rows - right
        return averages.divide(wrong, ops.sum(cells) if many else rows, 0.0, ops)
    if name == "balanced_accuracy":
        return averages.balanced_accuracy(tp, true, ops)
    # What is no class is one more, so that as many rows are true as are predicted.
    more = [[0.0 * rows], [rows - ops.sum(pred)], [rows - ops.sum(true)]]
    tp, pred, true = (
        ops.concatenate([x, ops.stack(other)])
        for x, other in zip((tp, pred, true), more, strict=True)
    )
    return (averages.mcc if name == "mcc" else averages.kappa)(tp, pred, true, ops)
