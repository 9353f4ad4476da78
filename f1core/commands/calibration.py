"""The command calibration: whether probabilities are right."""

from __future__ import annotations

import argparse
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import F1Error, plain_text
from ..io.rows import Rows
from . import arguments
from .output import named, print_columns, without_nan
from .reading import read_binned, read_rows

if TYPE_CHECKING:
    from ..thresholds import Calibration


def add(commands: arguments.Parsers) -> None:
    """Make the parser of `f1core calibration`."""
    parser = arguments.add_command(
        commands, "calibration", run,
        short="are probabilities right?",
        long="Print how far predicted probabilities are from frequencies: calibration errors, "
        "Brier score and log loss with intervals, and the bins. All rows are read at once, or "
        "counted in bins as they are read (--streamed).",
        example="f1core calibration preds.parquet --target y --probabilities p",
    )  # fmt: skip
    arguments.add_columns(parser)
    arguments.add_task(parser)
    arguments.add_logits(parser)
    arguments.add_streamed(parser)
    arguments.add_bins(parser)
    arguments.add_format(parser)


def calibration_of(parsed: argparse.Namespace, rows: Rows) -> Calibration:
    """What `f1core.calibration` finds in these rows."""
    from ..thresholds import calibration as found_of

    how = {name: getattr(parsed, name) for name in ("task", "bins", "strategy", "from_logits")}
    with rows.told():
        return found_of(rows.true, rows.scores, classes=rows.classes, **how, **rows.options)


def run(parsed: argparse.Namespace) -> None:
    """Print calibration errors and losses with intervals, and the bins."""
    if parsed.streamed is None:
        found = calibration_of(parsed, read_rows(parsed))
    else:
        counted = read_binned(parsed, calibration=True)
        found = counted.calibration(bins=parsed.bins, strategy=parsed.strategy)
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
            plain["per_class"] = named(found.classes, of_class)
        print(json.dumps(without_nan(plain), indent=2))
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
        print_columns(lines)
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
    print_columns(lines)
