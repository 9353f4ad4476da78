"""The command tune: the threshold, or one a label or class, with the highest score."""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np

from ..errors import plain_text
from . import arguments
from .reading import read_rows

_TUNING = ("task", "average", "shared", "beta", "min_precision", "min_recall")


def add(commands: arguments.Parsers) -> None:
    """Make the parser of `f1core tune`."""
    parser = arguments.add_command(
        commands, "tune", run,
        short="the threshold with the highest F1",
        long="Find the threshold, or one a label or class, with the highest F1, or the highest of "
        "any metric. All rows are read at once.",
        example="f1core tune preds.parquet --target y --probabilities p",
    )  # fmt: skip
    arguments.add_columns(parser)
    arguments.add_task(parser)
    parser.add_argument(
        "--average", default="macro", metavar="A", help="macro, micro, weighted; or a metric's name"
    )
    parser.add_argument("--shared", action="store_true", help="one threshold for all labels")
    arguments.add_beta(parser)
    parser.add_argument("--min-precision", type=float, metavar="P", help="highest recall with it")
    parser.add_argument("--min-recall", type=float, metavar="R", help="highest precision with it")
    arguments.add_format(parser)


def run(parsed: argparse.Namespace) -> None:
    """Print the threshold, or one a label, with the highest F-beta."""
    from ..thresholds import best_threshold

    rows = read_rows(parsed)
    asked = {name: getattr(parsed, name) for name in _TUNING}
    with rows.told():
        best = best_threshold(rows.true, rows.scores, classes=rows.classes, **asked, **rows.options)
    if parsed.format == "json":
        values = {"threshold": best.threshold, "low": best.low, "high": best.high}
        plain: dict[str, Any] = {name: np.asarray(v).tolist() for name, v in values.items()}
        print(json.dumps({"metric": best.metric, "score": best.score, **plain}, indent=2))
        return
    print(f"{best.metric} {best.score:.4f}")
    columns = (np.atleast_1d(v) for v in (best.threshold, best.low, best.high))
    several = np.ndim(best.threshold) > 0
    names = rows.classes if isinstance(rows.classes, list) else range(rows.scores.shape[-1])
    shown = [plain_text(name) for name in names] if several else [""]
    wide = max(map(len, shown))
    for name, at, low, high in zip(shown, *columns, strict=True):
        print(f"{name:>{wide}}  p {best.sign} {at:<12.6g} as good from {low:.6g} to {high:.6g}")
