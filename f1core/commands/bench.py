"""The command bench: speeds on this machine, beside installed peers."""

from __future__ import annotations

import argparse

from .. import console
from . import arguments
from .progress import progress


def add(commands: arguments.Parsers) -> None:
    """Make the parser of `f1core bench`."""
    parser = arguments.add_command(
        commands, "bench", run,
        short="speeds on this machine, beside installed peers",
        long="Time f1core on this machine, beside the reading of the bytes and whatever peers are "
        "installed.",
        example="f1core bench",
    )  # fmt: skip
    parser.add_argument("--long", action="store_true", help="all cases, some minutes")


def run(parsed: argparse.Namespace) -> None:
    """Time the short form on this machine, beside whatever peers are installed."""
    from .. import bench
    from ..backends.cores import n_cores
    from ..backends.switch import warm_up

    threads, lines = n_cores(), []
    cases = [case for case in bench.CASES if case.short or parsed.long]
    with progress(parsed) as meter:
        meter.stage("loading compiled kernels")
        warm_up()
        for place, case in enumerate(cases, 1):
            meter.stage(f"{place} of {len(cases)}: {case.name}")
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
