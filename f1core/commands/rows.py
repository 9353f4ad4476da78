"""The command rows: the rows behind a cell of the confusion matrix."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from .. import console, files, tables
from ..argument_types import comma, word
from ..found_rows import ASKED
from . import arguments
from .reading import READING

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
    parser.add_argument("--true", type=word, metavar="LABEL", help="the class that rows are")
    parser.add_argument(
        "--predicted", type=word, metavar="LABEL", help="the class they are taken for"
    )
    parser.add_argument("--label", type=word, metavar="LABEL", help="with --outcome, instead")
    parser.add_argument("--outcome", choices=ASKED, help="what rows decided of the label")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="rows at most (20)")
    parser.add_argument(
        "--columns", type=comma, metavar="COLUMN", help="to be shown too, several by comma, or '*'"
    )
    arguments.add_task(parser)
    arguments.add_deciding(parser)
    arguments.add_unknown(parser)
    arguments.add_format(parser)


def run(parsed: argparse.Namespace) -> None:
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
