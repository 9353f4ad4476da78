"""The commands curve and calibration: how scores rank, and whether probabilities are right."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from . import files
from .discover import task_of
from .errors import F1Error, plain_text
from .io.rows import Rows
from .options import make_options

if TYPE_CHECKING:
    from .thresholds import BinnedThresholds, Calibration

_READING = (
    "target", "probabilities", "classes", "text_labels", "empty_labels", "pos_label", "ignore_index"
)  # fmt: skip


def read_rows(parsed: argparse.Namespace) -> Rows:
    """All rows of the files, and what was said of their labels."""
    given = {name: getattr(parsed, name) for name in _READING}
    if getattr(parsed, "unknown", "error") != "error":  # which no threshold has
        given["unknown"] = parsed.unknown
    return files.read(parsed.paths, **given)


def ranked_task(rows: Rows, task: str | None) -> str | None:
    """The task that `curve` is told: of several columns the one that `score` would read off."""
    if task is not None or rows.scores.ndim == 1 or rows.scores.shape[1] == 1:
        return task
    return task_of(rows.true, rows.scores, make_options(), True)


def curve(parsed: argparse.Namespace) -> None:
    """Print ROC AUC and average precision, of each class and averaged."""
    from .thresholds import Ranking
    from .thresholds import curve as found_of

    if parsed.streamed is not None:
        _bounded(parsed)
        return
    rows = read_rows(parsed)
    how: dict[str, Any] = {
        name: getattr(parsed, name) for name in ("from_logits", "average_over", "one_vs_one")
    }
    with rows.told():
        task = ranked_task(rows, parsed.task)
        found: Any = found_of(
            rows.true, rows.scores, task=task, classes=rows.classes, **how, **rows.options
        )
    many = isinstance(found, Ranking)
    plain = found.to_dict() if many else {
        name: getattr(found, name) for name in ("roc_auc", "average_precision")
    }  # fmt: skip
    if parsed.format == "json":
        if many:
            each = zip(*vars(found.per_class).values(), found.positives.tolist(), strict=True)
            names = (*vars(found.per_class), "positives")
            plain["per_class"] = _named(
                found.classes, (dict(zip(names, x, strict=True)) for x in each)
            )
        print(json.dumps(_without_nan(plain), indent=2))
        return
    if not many:
        print("\n".join(f"{name} {value:.4f}" for name, value in plain.items()))
        return
    lines: list[tuple[str, ...]] = [("", "roc_auc", "average_precision", "positives")]
    areas = found.per_class
    for row in zip(
        found.classes, areas.roc_auc, areas.average_precision, found.positives, strict=True
    ):
        lines.append((plain_text(row[0]), f"{row[1]:.4f}", f"{row[2]:.4f}", f"{row[3]:,.6g}"))
    for name in ("macro", "weighted", "micro"):
        mean = getattr(found, name)
        lines.append((name, f"{mean.roc_auc:.4f}", f"{mean.average_precision:.4f}", ""))
    _print(lines)
    if found.pairs is not None:
        print(
            f"one against one: macro {found.pairs.macro:.4f}, weighted {found.pairs.weighted:.4f}"
        )


def calibration_of(parsed: argparse.Namespace, rows: Rows) -> Calibration:
    """What `f1core.calibration` finds in these rows."""
    from .thresholds import calibration as found_of

    how = {name: getattr(parsed, name) for name in ("task", "bins", "strategy", "from_logits")}
    with rows.told():
        return found_of(rows.true, rows.scores, classes=rows.classes, **how, **rows.options)


def calibration(parsed: argparse.Namespace) -> None:
    """Print calibration errors and losses with intervals, and the bins."""
    if parsed.streamed is None:
        found = calibration_of(parsed, read_rows(parsed))
    else:
        binned = _streamed(parsed, calibration=True)
        found = binned.calibration(bins=parsed.bins, strategy=parsed.strategy)
    plain: dict[str, Any] = found.to_dict()
    intervals = {}
    for name in ("ece", "mce", "brier", "log_loss"):
        with suppress(F1Error):  # labels of one row, cells that are ignored
            intervals[name] = list(found.interval(name))
    names = ("low", "high", "count", "confidence", "frequency")
    if parsed.format == "json":
        plain["intervals"] = intervals
        plain["bins"] = {name: getattr(found.bins, name).tolist() for name in names}
        if found.task != "binary":
            each = found.per_class
            numbers = zip(each.ece, each.mce, each.brier, each.log_loss, strict=True)
            of_class = (
                dict(zip(("ece", "mce", "brier", "log_loss"), x, strict=True)) for x in numbers
            )
            plain["per_class"] = _named(found.classes, of_class)
        print(json.dumps(_without_nan(plain), indent=2))
        return
    for name, value in plain.items():
        ends = intervals.get(name)
        print(f"{name} {value:.4f}" + (f"  ({ends[0]:.4f} to {ends[1]:.4f})" if ends else ""))
    print()
    if found.task == "multilabel":
        lines: list[tuple[str, ...]] = [("", "ece", "mce", "brier", "log_loss")]
        each = found.per_class
        for row in zip(found.classes, each.ece, each.mce, each.brier, each.log_loss, strict=True):
            lines.append((plain_text(row[0]), *(f"{value:.4f}" for value in row[1:])))
        _print(lines)
        return
    low, high = found.bins.interval()
    lines = [("p", "rows", "predicted", "true", "interval")]
    bins = found.bins
    for k in np.flatnonzero(bins.count > 0).tolist():
        lines.append((
            f"{bins.low[k]:.4g} to {bins.high[k]:.4g}", f"{bins.count[k]:,.6g}",
            f"{bins.confidence[k]:.4f}", f"{bins.frequency[k]:.4f}",
            f"{low[k]:.4f} to {high[k]:.4f}",
        ))  # fmt: skip
    _print(lines)


def _streamed(parsed: argparse.Namespace, calibration: bool) -> BinnedThresholds:
    """Count the files in bins, a batch of rows at a time."""
    for name in ("from_logits", "one_vs_one"):
        if getattr(parsed, name, False):
            raise F1Error(f"{name}=True needs all rows at once: leave out --streamed")
    given = {name: getattr(parsed, name) for name in (*_READING, "task")}
    return files.binned(parsed.paths, bins=parsed.streamed, calibration=calibration, **given)


def _bounded(parsed: argparse.Namespace) -> None:
    """Print areas of a stream between their bounds."""
    found = _streamed(parsed, calibration=False).ranking(average_over=parsed.average_over)
    assert found.low is not None and found.high is not None
    sides = {"": found, "low": found.low, "high": found.high}
    if parsed.format == "json":
        plain = found.to_dict() | {name: side.to_dict() for name, side in sides.items() if name}
        print(json.dumps(_without_nan(plain), indent=2))
        return
    lines: list[tuple[str, ...]] = [("", "roc_auc", "between", "average_precision", "between")]
    means = () if len(found.classes) == 1 else ("macro", "weighted", "micro")
    for place, name in enumerate((*found.classes, *means)):
        row = [plain_text(name)]
        for area in ("roc_auc", "average_precision"):
            mid, low, high = (
                getattr(side.per_class, area)[place]
                if place < len(found.classes)
                else getattr(getattr(side, name), area)
                for side in sides.values()
            )
            row += [f"{mid:.4f}", f"{low:.4f} to {high:.4f}"]
        lines.append(tuple(row))
    _print(lines)


def _named(classes: list[Any], each: Iterator[dict[str, Any]]) -> dict[str, Any]:
    return {str(name): numbers for name, numbers in zip(classes, each, strict=True)}


def _without_nan(value: Any) -> Any:
    """Numbers of Python, and None for what is no number of JSON."""
    if isinstance(value, dict):
        return {name: _without_nan(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_nan(each) for each in value]
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print(lines: list[tuple[str, ...]]) -> None:
    wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(f"{cell:>{size}}" for cell, size in zip(line, wide, strict=True)).rstrip())
