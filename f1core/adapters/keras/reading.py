"""Sums -> the metrics asked for, by the formulas of `averages`.

They are computed in the compiled step, or by NumPy where the numbers are at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ... import metrics
from ...count_layout import CELLS, RATIOS
from ...errors import F1Error, one_of
from ...options import Options
from ...scores import single_numbers
from ..hooks import named, names_of
from .adding import RIGHT, ROWS


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
    return [_wanted(each, average, options) for each in names_of(metric)]


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


def values(
    plan: Sequence[Wanted], found: Any, width: int, options: Options, xp: Any
) -> dict[Wanted, Any]:
    """The metrics from the counters, as floats: () or, "per_class", (C,); 0 where undefined.

    Ratios of one average are divided at once: three take 60 µs, and 100 one after another.
    """
    sums = tuple(found[row * width : (row + 1) * width] for row in range(CELLS + 1))
    tp, pred, true, cells = sums
    many = options.task == "multilabel"
    rows, right = (found[ROWS], found[RIGHT]) if many else (cells[0], xp.sum(tp))
    ratios: dict[str, list[str]] = {}
    for want in plan:
        if want.name in RATIOS:
            ratios.setdefault(want.kind, []).append(want.name)
    divided = {
        kind: _ratios(kind, tuple(names), sums, options, xp) for kind, names in ratios.items()
    }
    results = {}
    for want in plan:
        if want.name in RATIOS:
            result = divided[want.kind][want.name]
        else:
            result = _single(want.name, tp, pred, true, cells, rows, right, many, xp)
        results[want] = xp.where(result == result, result, 0.0)
    return results


def _ratios(
    kind: str, names: tuple[str, ...], sums: tuple[Any, ...], options: Options, xp: Any
) -> dict[str, Any]:
    tp, pred, true, cells = sums
    how: dict[str, Any] = {
        "coefs": options.coefs, "zero_division": options.zero_division, "only": names, "xp": xp,
    }  # fmt: skip
    if kind in ("binary", "per_class"):
        each = metrics.per_class(tp, pred, true, cells, **how)
        return {name: a[1] for name, a in each.items()} if kind == "binary" else each
    return metrics.average(kind, tp, pred, true, cells, _included(pred, true, options, xp), **how)


def _included(pred: Any, true: Any, options: Options, xp: Any) -> Any:
    eligible, if_seen = options.averaged(pred.shape[0])
    seen = pred + true > 0
    if if_seen and all(eligible):
        return seen
    listed = np.array(eligible)
    listed = listed if xp is np else xp.convert_to_tensor(listed)
    return listed & seen if if_seen else listed


def _single(
    name: str, tp: Any, pred: Any, true: Any, cells: Any, rows: Any, right: Any, many: bool, xp: Any
) -> Any:
    """The metrics that have no average."""
    if name in ("accuracy", "exact_match"):
        return metrics.divide(right, rows, 0.0, xp)
    if name == "hamming_loss" and many:
        return metrics.divide(xp.sum(pred + true - 2 * tp), xp.sum(cells), 0.0, xp)
    if name == "hamming_loss":
        return metrics.divide(rows - right, rows, 0.0, xp)
    if name == "balanced_accuracy":
        return metrics.balanced_accuracy(tp, true, xp)
    # What is no class is one class more, so that as many rows are true as are predicted.
    other = [[0.0 * rows], [rows - xp.sum(pred)], [rows - xp.sum(true)]]
    tp, pred, true = (
        xp.concatenate([x, xp.stack(more)]) for x, more in zip((tp, pred, true), other, strict=True)
    )
    return (metrics.mcc if name == "mcc" else metrics.kappa)(tp, pred, true, xp)
