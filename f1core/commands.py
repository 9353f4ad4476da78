"""The commands: score and merge, tune and plot, which look at all rows at once, and bench."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np

from . import console, files, option_values, tables
from .accumulator import Accumulator
from .confused import Confused
from .errors import F1Error, plain_text, reason_of
from .grouped import GroupedAccumulator
from .ranking_commands import calibration, calibration_of, curve, ranked_task, read_rows
from .scores import Scores
from .writing import check_target, refuse_twice

__all__ = ["calibration", "curve", "merge", "plot", "rows", "run_bench", "score", "tune"]
# Options of `score` that go to `files.accumulate` as they are.
_OPTIONS = (
    "task", "classes", "threshold", "top_k", "from_logits", "ignore_index", "average_over",
    "zero_division", "beta", "sample_weight", "sample_id", "text_labels", "empty_labels",
    "target", "probabilities", "group", "pos_label", "unknown",
)  # fmt: skip
_TUNING = ("task", "average", "shared", "beta", "min_precision", "min_recall")
_READING = (
    "target", "probabilities", "classes", "text_labels", "empty_labels", "pos_label", "ignore_index"
)  # fmt: skip
_ROWS = (
    *_READING, "true", "predicted", "label", "outcome", "limit", "columns", "task", "threshold",
    "top_k", "from_logits", "unknown",
)  # fmt: skip


def score(parsed: argparse.Namespace) -> None:
    """Print the scores of files, or of each group of their rows."""
    _refuse_table_per_class(parsed)
    if parsed.save is not None:
        if parsed.group is not None:
            raise F1Error("--save keeps one state; leave out --group")
        _check_save(parsed, files.inputs(parsed.paths, parsed.target))
    options = {name: getattr(parsed, name) for name in _OPTIONS}
    with _progress(parsed) as progress:
        total = files.accumulate(parsed.paths, progress=progress, **options)
    if parsed.sample_id is not None:
        kept = total.groups.values() if isinstance(total, GroupedAccumulator) else [total]
        dropped = sum(parsed.done.values()) - sum(one.distinct for one in kept)
        _note(dropped, "rows that repeat an id, that count once")
    if isinstance(total, Accumulator):
        _finish(total, parsed)
        return
    by = total.compute()
    # Which may be refused, before anything is printed.
    pairs = {name: _most_confused(scores, parsed) for name, scores in by.items()}
    if parsed.format == "json":
        told = {str(name): _plain(scores, pairs[name], parsed) for name, scores in by.items()}
        print(json.dumps(told, indent=2))
        return
    for name, scores in by.items():
        print(plain_text(name))
        _show(scores, pairs[name], parsed)
        print()


def _check_save(parsed: argparse.Namespace, inputs: list[Path]) -> None:
    if parsed.save is not None:
        check_target(parsed.save, inputs=inputs, force=parsed.force, named="--save")


def merge(parsed: argparse.Namespace) -> None:
    """Print the scores of states that were saved apart."""
    _refuse_table_per_class(parsed)
    _check_save(parsed, parsed.states)
    if not parsed.force:
        refuse_twice(parsed.states)
    total = Accumulator.load(parsed.states[0])
    for path in parsed.states[1:]:
        more = Accumulator.load(path)
        rows = total.distinct + more.distinct
        try:
            total.merge(more)
        except F1Error as error:
            raise F1Error(f"{path}: {error}") from None
        _note(rows - total.distinct, f"rows of {path} in earlier states too, that count once")
    _finish(total, parsed)


def _note(rows: int, what: str) -> None:
    if rows:
        print(f"f1core: {plain_text(what)}: {rows:,}", file=sys.stderr)


def _finish(total: Accumulator, parsed: argparse.Namespace) -> None:
    scores = total.compute()
    pairs = _most_confused(scores, parsed)  # which may be refused, before anything is written
    if parsed.save is not None:
        total.save(parsed.save, force=parsed.force)
    _show(scores, pairs, parsed)


def _refuse_table_per_class(parsed: argparse.Namespace) -> None:
    if parsed.per_class and parsed.format != "json":
        raise F1Error("--per-class is for --format json; the table lists the classes anyway")


def _show(scores: Scores, pairs: list[Confused] | None, parsed: argparse.Namespace) -> None:
    if parsed.format == "json":
        print(json.dumps(_plain(scores, pairs, parsed), indent=2))
        return
    console.print_scores(scores)
    if pairs:
        console.print_confused(pairs)


def _most_confused(scores: Scores, parsed: argparse.Namespace) -> list[Confused] | None:
    """The pairs that are confused most often, as many as were asked for; None if none were."""
    if parsed.most_confused is None:
        return None
    return scores.most_confused(option_values.whole("most_confused", parsed.most_confused))


def _plain(scores: Scores, pairs: list[Confused] | None, parsed: argparse.Namespace) -> Any:
    found = scores.to_dict(per_class=parsed.per_class)
    if pairs is not None:
        found["most_confused"] = [{**each._asdict(), "interval": each.interval} for each in pairs]
    return tables.plain(found)


@contextmanager
def _progress(parsed: argparse.Namespace) -> Iterator[files.Progress]:
    """Count the rows of each file; with a bar on the terminal where there is one."""
    parsed.done = {}

    def count(name: str, rows: int) -> None:
        parsed.done[name] = parsed.done.get(name, 0) + rows

    if not sys.stderr.isatty():
        yield count
        return
    try:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import Progress
    except ImportError:
        yield count
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rows", total=files.rows_in(parsed.paths))

        def shown(name: str, rows: int) -> None:
            count(name, rows)
            bar.update(task, advance=rows, description=escape(plain_text(Path(name).name)))

        yield shown


def rows(parsed: argparse.Namespace) -> None:
    """Print the rows behind a cell of the confusion matrix, or that decided a label one way."""
    found = files.rows(parsed.paths, **{name: getattr(parsed, name) for name in _ROWS})
    if parsed.format == "json":
        print(json.dumps([tables.plain(row._asdict()) for row in found], indent=2))
        return
    every = list(dict.fromkeys(name for row in found for name in row.columns))
    names = console.fitting([row.columns for row in found], every)
    lines = [
        [row.path, f"{row.row:,}", *(_cell(row.columns.get(name)) for name in names)]
        for row in found
    ]
    if not lines:
        print("f1core: no row lies there", file=sys.stderr)
        return
    one_file = len({line[0] for line in lines}) == 1
    heads = ["path", "row", *names][one_file:]
    console.print_table(lines[0][0] if one_file else "", heads, [x[one_file:] for x in lines])
    if len(names) < len(every):
        print(f"f1core: of {len(every):,} columns the {len(names)} with the highest scores; "
              "--format json has all", file=sys.stderr)  # fmt: skip
    if len(lines) == parsed.limit:
        print(f"f1core: the first {len(lines):,} rows; a higher --limit may show more",
              file=sys.stderr)  # fmt: skip


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def tune(parsed: argparse.Namespace) -> None:
    """Print the threshold, or one a label, with the highest F-beta."""
    from .thresholds import best_threshold

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


def plot(parsed: argparse.Namespace) -> None:
    """Draw one picture into a file."""
    from . import plots
    from .api import score as scored

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


def run_bench(parsed: argparse.Namespace) -> None:
    """Time the short form on this machine, beside whatever peers are installed."""
    from . import bench
    from .backends.cores import n_cores
    from .backends.switch import warm_up

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
        ours, first = medians.pop("f1core"), bench.first_call(case)
        others = {name: seconds / ours for name, seconds in medians.items() if name != "limit"}
        lines.append((case.name, first, ours, ours / medians["limit"], others))
    peers = list(dict.fromkeys(name for *_, others in lines for name in others))
    heads = ["work", "first ms", "ms", "x limit", *(f"x {name}" for name in peers)]
    rows = [
        [
            name,
            f"{first * 1e3:.0f}",
            f"{ours * 1e3:.2f}",
            f"{limit:.2f}",
            *(_times(others, peer) for peer in peers),
        ]
        for name, first, ours, limit, others in lines
    ]
    title = (
        f"{threads} threads; first: import and one call in a new process; "
        "x limit: times the reading of the bytes"
    )
    console.print_table(title, heads, rows)


def _times(others: dict[str, float], peer: str) -> str:
    return f"{others[peer]:,.0f}" if peer in others else ""
