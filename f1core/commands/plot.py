"""The command plot: one picture in a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, cast

from .. import files
from ..errors import F1Error, plain_text, reason_of
from ..writing import check_target
from . import arguments
from .calibration import calibration_of
from .reading import ranked_task, read_rows

PICTURES = ("threshold", "confusion", "per_class", "roc", "precision_recall", "reliability")


def add(commands: arguments.Parsers) -> None:
    """Make the parser of `f1core plot`."""
    parser = arguments.add_command(
        commands, "plot", run,
        short="a picture of scores, counts or classes",
        long="Draw one picture of predictions into a file, by matplotlib.",
        example="f1core plot preds.csv --target y --probabilities p --kind roc --output roc.png",
    )  # fmt: skip
    arguments.add_columns(parser)
    arguments.add_task(parser)
    arguments.add_unknown(parser)
    parser.add_argument("--kind", choices=PICTURES, required=True, help="what is drawn")
    arguments.add_bins(parser)
    parser.set_defaults(from_logits=False)
    parser.add_argument("--output", default="f1core.png", metavar="FILE", help="(f1core.png)")
    arguments.add_force(parser)


def run(parsed: argparse.Namespace) -> None:
    """Draw one picture into a file."""
    from .. import plots
    from ..api import score as scored

    path = check_target(
        parsed.output, Path(parsed.output).suffix.lower().lstrip(".") or "png",
        inputs=files.inputs(parsed.paths, parsed.target), force=parsed.force, named="--output",
    )  # fmt: skip
    rows = read_rows(parsed)
    true, scores = rows.true, rows.scores
    if parsed.kind in ("roc", "precision_recall"):
        draw = plots.roc if parsed.kind == "roc" else plots.precision_recall
        task = ranked_task(rows, parsed.task)
        with rows.told():
            axes = draw(true, scores, task=task, classes=rows.classes, **rows.options)
    elif parsed.kind == "reliability":
        measured = calibration_of(parsed, rows)
        axes = plots.reliability(measured, per_class=measured.task == "multilabel")
    elif parsed.kind == "threshold":
        if scores.ndim == 2 and scores.shape[1] != 1:
            raise F1Error(
                f"--kind threshold draws one label, there are {scores.shape[1]} columns: name one "
                "with --target and one with --probabilities"
            )
        with rows.told():
            axes = plots.threshold(true, scores, classes=rows.classes, **rows.options)
    else:
        with rows.told():
            found = scored(true, scores, task=parsed.task, classes=rows.classes, **rows.options)
        if parsed.kind == "confusion" and found.task == "multilabel":
            raise F1Error("a multilabel task has no one matrix; --kind per_class draws its labels")
        axes = plots.confusion(found) if parsed.kind == "confusion" else plots.per_class(found)
    figure = cast(Any, axes.figure)
    try:
        figure.savefig(path, dpi=150, bbox_inches="tight")
    except (OSError, ValueError) as error:
        raise F1Error(f"{path} cannot be written: {reason_of(error)}") from None
    print(plain_text(path))
