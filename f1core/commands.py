"""The commands that look at all rows at once: tune, plot; and bench."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, cast

import numpy as np

from . import bench, files
from .api import score
from .backends.cores import n_cores
from .backends.switch import warm_up
from .errors import F1Error, plain_text, reason_of
from .io.rows import Rows
from .thresholds import best_threshold
from .writing import check_target

KINDS = ("threshold", "confusion", "per_class")


def tune(parsed: argparse.Namespace) -> None:
    """Print the threshold, or one a label, with the highest F-beta."""
    rows = _read(parsed)
    with rows.told():
        best = best_threshold(
            rows.true,
            rows.scores,
            task=parsed.task,
            classes=rows.classes,
            average=parsed.average,
            shared=parsed.shared,
            beta=parsed.beta,
            min_precision=parsed.min_precision,
            min_recall=parsed.min_recall,
            **rows.options,
        )
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
        print(f"{name:>{wide}}  p > {at:<12.6g} as good from {low:.6g} to {high:.6g}")


def plot(parsed: argparse.Namespace) -> None:
    """Draw one picture into a file."""
    from . import plots

    path = check_target(
        parsed.output, Path(parsed.output).suffix.lower().lstrip(".") or "png",
        inputs=files.inputs(parsed.paths, parsed.target), force=parsed.force, named="--output",
    )  # fmt: skip

    rows = _read(parsed)
    true, scores = rows.true, rows.scores
    if parsed.kind == "threshold":
        if scores.ndim == 2 and scores.shape[1] != 1:
            raise F1Error(
                f"--kind threshold draws one label, there are {scores.shape[1]} columns: name one "
                "with --target and one with --probabilities"
            )
        with rows.told():
            axes = plots.threshold(true, scores, classes=rows.classes, **rows.options)
    else:
        with rows.told():
            found = score(true, scores, task=parsed.task, classes=rows.classes, **rows.options)
        if parsed.kind == "confusion" and found.task == "multilabel":
            raise F1Error("a multilabel task has no one matrix; --kind per_class draws its labels")
        axes = plots.confusion(found) if parsed.kind == "confusion" else plots.per_class(found)
    figure = cast(Any, axes.figure)
    try:
        figure.savefig(path, dpi=150, bbox_inches="tight")
    except (OSError, ValueError) as error:
        raise F1Error(f"{path} cannot be written: {reason_of(error)}") from None
    print(plain_text(path))


def _read(parsed: argparse.Namespace) -> Rows:
    """All rows, and what was said of their labels."""
    options = {"pos_label": parsed.pos_label, "ignore_index": parsed.ignore_index}
    return files.read(
        parsed.paths,
        target=parsed.target,
        probabilities=parsed.probabilities,
        classes=parsed.classes,
        text_labels=parsed.text_labels,
        empty_labels=parsed.empty_labels,
        **{name: value for name, value in options.items() if value is not None},
    )


def run_bench(parsed: argparse.Namespace) -> None:
    """Time the short form on this machine, beside whatever peers are installed."""
    warm_up()
    threads = n_cores()
    lines = []
    for case in bench.CASES:
        if not (case.short or parsed.long):
            continue
        true, pred = case.arrays()
        sides = bench.sides_of(case, true, pred, threads)
        bench.check_equal(case, true, pred, sides)
        medians = bench.interleaved(sides, 2.0, 15)
        ours = medians.pop("f1core")
        others = {name: seconds / ours for name, seconds in medians.items() if name != "limit"}
        lines.append((case.name, ours, ours / medians["limit"], others))
    peers = list(dict.fromkeys(name for *_, others in lines for name in others))
    heads = ["work", "ms", "x limit", *(f"x {name}" for name in peers)]
    rows = [
        [name, f"{ours * 1e3:.2f}", f"{limit:.2f}", *(_times(others, peer) for peer in peers)]
        for name, ours, limit, others in lines
    ]
    _print_table(f"{threads} threads; x limit: times the reading of the bytes", heads, rows)


def _times(others: dict[str, float], peer: str) -> str:
    return f"{others[peer]:,.0f}" if peer in others else ""


def _print_table(title: str, heads: list[str], rows: list[list[str]]) -> None:
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        print(title)
        for row in [heads, *rows]:
            print("  ".join(f"{cell:>14}" for cell in row))
        return
    table = Table(*heads, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
