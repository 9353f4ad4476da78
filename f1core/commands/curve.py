"""The command curve: how scores rank, of each class and averaged."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..errors import plain_text
from . import arguments
from .output import named, print_columns, without_nan
from .reading import ranked_task, read_binned, read_rows


def add(commands: arguments.Parsers) -> None:
    """Make the parser of `f1core curve`."""
    parser = arguments.add_command(
        commands, "curve", run,
        short="ROC AUC and average precision, of each class too",
        long="Print ROC AUC and average precision of scores, of each class and averaged. All rows "
        "are read at once, or counted in bins as they are read (--streamed).",
        example="f1core curve preds.parquet --target y --probabilities 'p_*'",
    )  # fmt: skip
    arguments.add_columns(parser)
    arguments.add_task(parser)
    arguments.add_logits(parser)
    arguments.add_streamed(parser)
    arguments.add_average_over(parser)
    parser.add_argument("--one-vs-one", action="store_true", help="each pair of classes too")
    arguments.add_format(parser)


def run(parsed: argparse.Namespace) -> None:
    """Print ROC AUC and average precision, of each class and averaged."""
    from ..thresholds import Ranking
    from ..thresholds import curve as found_of

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
            plain["per_class"] = named(
                found.classes, (dict(zip(names, x, strict=True)) for x in each)
            )
        print(json.dumps(without_nan(plain), indent=2))
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
    print_columns(lines)
    if found.pairs is not None:
        print(
            f"one against one: macro {found.pairs.macro:.4f}, weighted {found.pairs.weighted:.4f}"
        )


def _bounded(parsed: argparse.Namespace) -> None:
    """Print areas of a stream between their bounds."""
    found = read_binned(parsed, calibration=False).ranking(average_over=parsed.average_over)
    assert found.low is not None and found.high is not None
    sides = {"": found, "low": found.low, "high": found.high}
    if parsed.format == "json":
        plain = found.to_dict() | {name: side.to_dict() for name, side in sides.items() if name}
        print(json.dumps(without_nan(plain), indent=2))
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
    print_columns(lines)
