"""The command calibration: whether probabilities are right."""

from __future__ import annotations

import argparse
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import F1Error
from ..io.rows import Rows
from . import arguments, output
from .output import Page, Section
from .progress import progress
from .reading import read_binned, read_rows

if TYPE_CHECKING:
    from ..thresholds import Calibration

_ERRORS = ("ece", "mce", "brier", "log_loss")
_BINS = ("low", "high", "count", "confidence", "frequency")


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
    """Measure the calibration of these rows, as the command line asks for it."""
    from ..thresholds import calibration as found_of

    how = {name: getattr(parsed, name) for name in ("task", "bins", "strategy")}
    with rows.locate_errors():
        return found_of(rows.true, rows.scores, classes=rows.classes, **how, **rows.options)


def run(parsed: argparse.Namespace) -> None:
    """Print calibration errors and losses with intervals, and the bins."""
    with progress(parsed) as meter:
        if parsed.streamed is None:
            rows = read_rows(parsed)
            meter.stage("measuring rows")
            found = calibration_of(parsed, rows)
        else:
            counted = read_binned(parsed, calibration=True)
            found = counted.calibration(bins=parsed.bins, strategy=parsed.strategy)
        meter.stage("computing intervals")
        errors: dict[str, float] = found.to_dict()
        intervals = {}
        for name in _ERRORS:
            with suppress(F1Error):  # labels of one row, cells that are ignored
                intervals[name] = found.interval(name)
    bins = {name: getattr(found.bins, name).tolist() for name in _BINS}
    plain: dict[str, Any] = {**errors, "intervals": intervals, "bins": bins}
    told = [(name, value, intervals.get(name)) for name, value in errors.items()]
    sections = [Section("metric", ("name", "value", "value_interval"), told, pairs=True)]
    if found.task != "binary":
        each = found.per_class
        numbers = list(zip(*(getattr(each, name).tolist() for name in _ERRORS), strict=True))
        plain["per_class"] = output.named(
            found.classes, (dict(zip(_ERRORS, row, strict=True)) for row in numbers)
        )
        of_class = [(name, *row) for name, row in zip(found.classes, numbers, strict=True)]
        sections.append(Section("class", ("name", *_ERRORS), of_class))
    if found.task != "multilabel":
        ends = zip(*(end.tolist() for end in found.bins.interval()), strict=True)
        sections.append(
            Section(
                "bin", ("low", "high", "count", "predicted", "true", "true_interval"),
                [row for row in zip(*bins.values(), ends, strict=True) if row[2] > 0],
            )
        )  # fmt: skip
    output.write(parsed.format, [Page(sections)], plain)
