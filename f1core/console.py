"""Tables on a terminal: rich's where it is installed, plain columns where it is not."""

from __future__ import annotations

import math
from typing import Any

from . import report
from .confused import Confused
from .errors import plain_text
from .scores import Scores

_BESIDE = 6  # columns that a terminal is wide enough for


def print_scores(scores: Scores) -> None:
    """Print the report of scores."""
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        print(scores)
        return
    table = Table(title=report.title(scores), title_justify="left")
    table.add_column("", justify="right")
    for name in report.COLUMNS:
        table.add_column(name, justify="right")
    for rows in (report.class_rows(scores), report.average_rows(scores)):
        for name, cells in rows:
            table.add_row(Text(name), *cells)  # a name is no markup
        table.add_section()
    console = Console()
    console.print(table)
    for note in report.notes(scores):
        console.print(note)
    singles = (f"{name} [bold]{value}[/]" for name, value in report.single_rows(scores))
    console.print("   ".join(singles), soft_wrap=True)


def print_confused(pairs: list[Confused]) -> None:
    """Print the pairs of classes that are confused most often, with the share of the true rows."""
    rows = []
    for pair in pairs:
        names = ["(no class)" if name is None else str(name) for name in pair[:2]]
        count = f"{pair.count:,}" if isinstance(pair.count, int) else f"{pair.count:,.1f}"
        ends = "" if pair.interval is None else "{:.3f} to {:.3f}".format(*pair.interval)
        rows.append([*names, count, f"{pair.share:.3f}", ends])
    print_table("most confused", ["true", "predicted", "count", "share", "95 % interval"], rows)


def print_table(title: str, heads: list[str], rows: list[list[str]]) -> None:
    """Print a title, and rows of text under their heads; a long cell takes several lines."""
    title = plain_text(title) if title else ""
    heads = [plain_text(head) for head in heads]
    rows = [[plain_text(cell) for cell in row] for row in rows]
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        print(title)
        wide = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        for row in [heads, *rows]:
            print("  ".join(f"{cell:>{n}}" for cell, n in zip(row, wide, strict=True)).rstrip())
        return
    table = Table()
    for head in heads:
        table.add_column(Text(head), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))  # a cell is no markup
    console = Console()
    if title:
        console.print(Text(title), soft_wrap=True)
    console.print(table)


def fitting(rows: list[dict[str, Any]], names: list[str]) -> list[str]:
    """Choose the columns that fit beside each other: what is no score, and the highest scores."""
    if len(names) <= _BESIDE:
        return names
    highest = dict.fromkeys(names, -math.inf)
    for row in rows:
        for name, value in row.items():
            score = value if isinstance(value, float) and value == value else math.inf
            highest[name] = max(highest[name], score)
    kept = sorted(names, key=highest.__getitem__, reverse=True)[:_BESIDE]
    return [name for name in names if name in kept]
