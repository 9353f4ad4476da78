"""Tables on a terminal: rich's where it is installed, plain columns where it is not."""

from __future__ import annotations

from . import report
from .errors import plain_text
from .scores import Scores


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
