"""The command rows: the rows behind a cell of the confusion matrix."""

from __future__ import annotations

import argparse
from typing import Any

from .. import console, files
from ..argument_types import comma, word
from ..found_rows import ASKED
from . import arguments, output
from .output import Page, Section
from .progress import progress
from .reading import READING
from .search import settle

_ROWS = (
    *READING, "true", "predicted", "label", "outcome", "limit", "columns", "task", "threshold",
    "top_k", "from_logits", "unknown",
)  # fmt: skip


def add(commands: arguments.Parsers) -> None:
    """Make the parser of `f1core rows`."""
    parser = arguments.add_command(
        commands, "rows", run,
        short="the rows behind a cell of the confusion matrix",
        long="Print the rows that are of one class and are taken for another, or that decided a "
        "label one way: where they stand, and the columns that decided.",
        example="f1core rows preds.csv --target obs --probabilities pred --true F --predicted VF",
    )  # fmt: skip
    arguments.add_columns(parser)
    cell = arguments.group(parser, "which rows")
    cell.add_argument("--true", type=word, metavar="LABEL", help="the class that rows are")
    cell.add_argument(
        "--predicted", type=word, metavar="LABEL", help="the class they are taken for"
    )
    cell.add_argument("--label", type=word, metavar="LABEL", help="with --outcome, instead")
    cell.add_argument("--outcome", choices=ASKED, help="what rows decided of the label")
    cell.add_argument("--limit", type=int, default=20, metavar="N", help="rows at most (20)")
    arguments.add_column(
        parser, "--columns", type=comma, help="to be shown too, several by comma, or '*'"
    )
    arguments.add_task(parser)
    arguments.add_deciding(parser)
    arguments.add_unknown(parser)
    arguments.add_format(parser)


def run(parsed: argparse.Namespace) -> None:
    """Print the rows behind a cell of the confusion matrix, or that decided a label one way."""
    with progress(parsed) as meter:
        said = settle(parsed, meter)
        found = files.rows(parsed.paths, **{name: getattr(parsed, name) for name in _ROWS})
    if said:
        arguments.say(parsed, said)
    every = list(dict.fromkeys(name for row in found for name in row.columns))
    kept = parsed.format in ("json", "csv")  # which show all columns, and no title
    names = every if kept else console.fitting([row.columns for row in found], every)
    plain = [row._asdict() for row in found]
    if not found and parsed.format != "json":
        arguments.say(parsed, "no row lies there")
        return
    one_file = not kept and len({row.path for row in found}) == 1
    heads = ("path", "row", *names)[one_file:]
    cell = (lambda value: value) if kept else _cell
    lines = [
        (row.path, cell(row.row), *(cell(row.columns.get(name)) for name in names))[one_file:]
        for row in found
    ]
    title = found[0].path if one_file else ""
    output.write(parsed.format, [Page([Section("row", heads, lines)], title)], plain)
    if len(names) < len(every):
        arguments.say(
            parsed, f"of {len(every):,} columns the {len(names)} with the highest scores; "
            "--format json has all",
        )  # fmt: skip
    if len(lines) == parsed.limit and parsed.format != "json":
        arguments.say(parsed, f"the first {len(lines):,} rows; a higher --limit may show more")


def _cell(value: Any) -> str:
    """Write a cell of a file as a table shows it."""
    if value is None or isinstance(value, float):
        return "" if value is None else f"{value:.6g}"
    return str(value)
