"""The command merge: the scores of states that were saved apart."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..accumulator import Accumulator
from ..errors import F1Error
from ..writing import refuse_twice
from . import arguments, showing
from .progress import progress


def add(commands: arguments.Parsers) -> None:
    """Make the parser of `f1core merge`."""
    parser = arguments.add_command(
        commands, "merge", run,
        short="add up states that were scored apart",
        long="Add up states that `f1core score --save` or an Accumulator wrote, and print the "
        "scores of all their rows: the same as if one process had read them all.",
        example="f1core merge part1.npz part2.npz",
    )  # fmt: skip
    parser.add_argument("states", nargs="+", type=Path, metavar="STATE", help="saved counts")
    arguments.add_save(parser, "keep the sum")
    arguments.add_format(parser)
    arguments.add_per_class(parser)
    arguments.add_interval(parser)


def run(parsed: argparse.Namespace) -> None:
    """Print the scores of states that were saved apart."""
    showing.check_asked(parsed)
    showing.check_save(parsed, parsed.states)
    if not parsed.force:
        refuse_twice(parsed.states)
    shared = []
    with progress(parsed) as meter:
        total = Accumulator.load(parsed.states[0])
        for place, path in enumerate(parsed.states[1:], 2):
            meter.stage(f"adding state {place:,} of {len(parsed.states):,}")
            more = Accumulator.load(path)
            rows = total.distinct + more.distinct
            try:
                total.merge(more)
            except F1Error as error:
                raise F1Error(f"{path}: {error}") from None
            shared.append((rows - total.distinct, path))
        write = showing.finish(total, parsed, meter)
    for rows, path in shared:
        showing.note(parsed, rows, f"rows of {path} in earlier states too, that count once")
    write()
