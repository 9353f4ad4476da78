"""The command report: a page for the browser, from one pass over files."""

from __future__ import annotations

import argparse

from ..argument_types import written
from ..errors import plain_text
from ..io.tuned import Tuned
from ..scores import Scores
from . import arguments
from .progress import progress
from .search import settle

# Options that go to `files.report` as they are.
_OPTIONS = (
    "task", "classes", "threshold", "top_k", "from_logits", "ignore_index", "average_over",
    "zero_division", "beta", "sample_weight", "sample_id", "text_labels", "empty_labels",
    "target", "probabilities", "group", "pos_label", "unknown", "baseline", "title", "resamples",
)  # fmt: skip


def add(commands: arguments.Parsers) -> None:
    """Make the parser of `f1core report`."""
    parser = arguments.add_command(
        commands, "report", run,
        short="a page for the browser: metrics, classes, a threshold to drag",
        long="Read predictions in files once and write one HTML page about them: the metric that "
        "matters with its interval, classes, confusion, curves, calibration, groups, and a "
        "threshold that can be dragged. The page needs no network.",
        example="f1core report preds.parquet --target y --probabilities 'p_*' -o report.html",
    )  # fmt: skip
    arguments.add_columns(parser)
    parser.add_argument(
        "-o", "--output", type=written, default="report.html", metavar="FILE", help="(report.html)"
    )
    parser.add_argument("--title", metavar="TEXT", help="what the page is called")
    parser.add_argument(
        "--baseline", nargs="+", metavar="PATH",
        help="predictions of another model for the same rows, to compare with",
    )  # fmt: skip
    arguments.add_column(parser, "--group", help="compare its values, too")
    arguments.add_column(parser, "--sample-weight", help="weights of the rows")
    arguments.add_column(parser, "--id", dest="sample_id", help="rows of one id count once")
    parser.add_argument(
        "--resamples", type=int, default=0, metavar="N",
        help="resamples to keep, for intervals of weighted rows and over labels (0)",
    )  # fmt: skip
    arguments.add_task(parser)
    arguments.add_deciding(parser)
    arguments.add_average_over(parser)
    arguments.add_zero_division(parser)
    arguments.add_beta(parser)
    arguments.add_unknown(parser)
    arguments.add_force(parser)


def run(parsed: argparse.Namespace) -> None:
    """Write the page; print its path, and the metric that matters."""
    from ..html_report.of_files import write_report

    def check(scores: Scores) -> None:
        if isinstance(parsed.threshold, Tuned):
            parsed.threshold.check(scores.task, scores.classes, parsed.from_logits)

    with progress(parsed, counts=False) as meter:
        said = settle(parsed, meter)
        options = {name: getattr(parsed, name) for name in _OPTIONS}
        path, found = write_report(
            parsed.paths, parsed.output, force=parsed.force, named="--output",
            progress=meter.count, check=check, **options,
        )  # fmt: skip
    print(plain_text(path))
    head = found["headline"]
    line = f"{head['label']} {_number(head['value'])}"
    if head["low"] is not None:
        line += f" ({_number(head['low'])} to {_number(head['high'])})"
    best = head["best"]
    if best is not None:
        one = isinstance(best["threshold"], float)
        where = f"threshold {_typed(best['threshold'])}" if one else "the best thresholds"
        line += f", {_number(best['value'])} at {where}"
    print(plain_text(line))
    if said:
        arguments.say(parsed, said)


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"


def _typed(threshold: float) -> str:
    """Write a threshold with all digits that it needs, so that it cuts where it was found."""
    return repr(threshold).removesuffix(".0")
