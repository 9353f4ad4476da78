"""The command compare: an old and a new model's predictions of the same rows."""

from __future__ import annotations

import argparse
from typing import Any

from .. import files
from ..argument_types import comma, settled_cutting
from ..intervals.differences import Comparison
from ..io.tuned import Tuned
from ..model_comparison import KINDS, ModelComparison, PartComparison, class_words
from . import arguments, output
from .output import Page, Section
from .progress import progress

_OPTIONS = (
    "target", "probabilities", "probabilities_old", "classes", "text_labels", "empty_labels",
    "pos_label", "ignore_index", "task", "threshold", "threshold_old", "top_k", "from_logits",
    "average_over", "zero_division", "beta", "unknown", "group", "sample_weight", "sample_id",
    "metric", "level", "resamples", "seed", "rows",
)  # fmt: skip
_SURE = 10  # classes that are told where not all are asked for
_KINDS = {
    "mended": "mended (old wrong, new right)", "broken": "broken (old right, new wrong)",
    "both_wrong_differently": "both wrong, differently",
}  # fmt: skip


def add(commands: arguments.Parsers) -> None:
    """Make the parser of `f1core compare`."""
    parser = arguments.add_command(
        commands, "compare", run,
        short="an old and a new model on the same rows: is the difference one?",
        long="Compare two models' predictions of the same rows: the first file is the OLD one, the "
        "baseline, the second the NEW one, and every difference is new - old: above 0 the new "
        "model is better (but in a loss). Intervals and p-values are of paired rows. Rows are "
        "paired by --id, else by position, and columns by name.",
        example="f1core compare old.parquet new.parquet --target y --probabilities 'p_*' --id id",
    )  # fmt: skip
    arguments.add_columns(parser, ("old", "new"))
    arguments.add_column(
        parser, "--probabilities-old", type=comma, help="of OLD, where they differ"
    )
    arguments.add_column(
        parser, "--id", dest="sample_id", help="pairs the rows; by default their position"
    )
    arguments.add_column(parser, "--group", help="of NEW: the difference in each group")
    arguments.add_column(parser, "--sample-weight", help="of NEW: weights of the rows")
    parser.add_argument(
        "--metric", type=comma, metavar="NAME", help="such as f1_macro, several by comma; the first"
        " is that of groups (those that suit the task)",
    )  # fmt: skip
    arguments.add_task(parser)
    arguments.add_deciding(parser, best=False)
    parser.add_argument(
        "--threshold-old",
        type=settled_cutting,
        metavar="T[,T…]|FILE",
        help="of OLD, where it differs",
    )
    arguments.add_average_over(parser)
    arguments.add_zero_division(parser)
    arguments.add_beta(parser)
    arguments.add_unknown(parser)
    parser.add_argument(
        "--level", type=float, default=0.95, metavar="P", help="of intervals (0.95)"
    )
    parser.add_argument(
        "--resamples", type=int, default=2000, metavar="N", help="of the rows (2000)"
    )
    parser.add_argument("--seed", type=int, metavar="S", help="of the resamples")
    parser.add_argument(
        "--per-class", action="store_true", help=f"all classes, not only the {_SURE} surest ones"
    )
    parser.add_argument(
        "--rows", type=int, default=10, metavar="N", help="rows that flipped to be listed (10)"
    )
    arguments.add_format(parser)


def run(parsed: argparse.Namespace) -> None:
    """Print differences with intervals and p-values, of classes and groups too, and flips."""
    given = {name: getattr(parsed, name) for name in _OPTIONS}
    parsed.paths = [parsed.old, parsed.new]
    with progress(parsed):
        found = files.compare(parsed.new, parsed.old, **given)
    for name in ("threshold", "threshold_old"):
        cut = getattr(parsed, name)
        if isinstance(cut, Tuned):
            cut.check(found.task, found.names, parsed.from_logits)
    output.write(parsed.format, [_page(found, parsed)], found.to_dict())


def _page(found: ModelComparison, parsed: argparse.Namespace) -> Page:
    every = parsed.format == "csv"
    row = _in_full if every else _in_words
    noun = "label" if found.task == "multilabel" else "class"
    metrics = [(name, *row(each)) for name, each in found.metrics.items()]
    tested = ("old", "new", "difference", "interval", "p")
    sections = [_section("metric", tested, metrics, every)]
    notes = [
        f"difference: new - old; intervals of {found.level:.0%}; {found.comparisons} p-values, of "
        "which one in twenty is below 0.05 by chance; p Holm is adjusted for all classes or groups"
    ]
    parts = list(found.classes.items())
    if not every and not parsed.per_class and len(parts) > _SURE:
        nouns = "labels" if noun == "label" else "classes"
        notes.append(
            f"the {_SURE} of {len(parts):,} {nouns} whose F1 differs most surely; --per-class "
            "lists all"
        )
        parts = sorted(parts, key=_sureness)[:_SURE]
    adjusted = (*tested, "p Holm")
    sections.append(_section(noun, adjusted, _parts(parts, row), every, f"F1 of each {noun}"))
    if found.groups is not None:
        label = f"{next(iter(found.metrics))} of each {parsed.group}"
        groups = _parts(list(found.groups.items()), row)
        sections.append(_section("group", adjusted, groups, every, label))
    notes.append(
        "rows that flipped: "
        + ", ".join(f"{getattr(found.flips, kind):,} {told}" for kind, told in _KINDS.items())
    )
    if every:
        counts = [(kind, getattr(found.flips, kind)) for kind in KINDS]
        sections.append(Section("flips", ("name", "count"), counts))
    if found.flips.rows:
        sections.append(_flipped(found, every))
    title = f"new ({found.new}) less old ({found.old}), {found.rows:,} {found.task} rows"
    return Page(sections, title, notes)


def _flipped(found: ModelComparison, every: bool) -> Section:
    """List the rows that flipped, with their files where there are several."""
    rows = found.flips.rows
    paths = every or len({flip.path for flip in rows}) > 1
    heads = ("name" if every else "flip", *["path"] * paths, "row", "true", "old said", "new says")
    lines: list[tuple[Any, ...]] = []
    for flip in rows:
        where = (*[flip.path] * paths, flip.row if every else f"{flip.row:,}")
        said = (class_words(each) for each in (flip.true, flip.old, flip.new))
        lines.append((flip.kind if every else flip.kind.replace("_", " "), *where, *said))
    return Section("row", heads, lines)


def _section(
    kind: str, heads: tuple[str, ...], rows: list[tuple[Any, ...]], every: bool, label: str = ""
) -> Section:
    return Section(kind, ("name" if every else kind, *heads), rows, label=label)


def _sureness(part: tuple[Any, PartComparison]) -> tuple[float, float]:
    """Return a sort key: the smallest p-value first, undefined ones last."""
    p, by = part[1].p_value, part[1].difference
    return (2.0, 0.0) if p != p else (p, -abs(by))


def _parts(parts: list[tuple[Any, PartComparison]], row: Any) -> list[tuple[Any, ...]]:
    return [(str(name), *row(each)) for name, each in parts]


def _in_full(each: Comparison) -> tuple[Any, ...]:
    more = (each.p_holm,) if isinstance(each, PartComparison) else ()
    return each.b, each.a, each.difference, each.interval, each.p_value, *more


def _in_words(each: Comparison) -> tuple[Any, ...]:
    low, high = (f"{end:+.4f}" for end in each.interval)
    more = (_p(each.p_holm),) if isinstance(each, PartComparison) else ()
    return each.b, each.a, f"{each.difference:+.4f}", f"{low} to {high}", _p(each.p_value), *more


def _p(value: float) -> str:
    """Write a p-value: four decimals, or its power of ten where these would all be 0."""
    return f"{value:.4f}" if not value < 5e-5 else f"{value:.0e}"
