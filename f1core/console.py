"""Tables on a terminal: rich's where it is installed, plain columns where it is not."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Iterable
from typing import Any

from .errors import plain_text
from .report import wrapped

_BESIDE = 6  # columns that a terminal is wide enough for
_NAME = 12  # characters that a column of names is given at least
_WORD = 24  # characters of a word that is never broken


def terminal_width() -> int:
    """The characters of a line: of the terminal, of COLUMNS, or 80."""
    try:
        from rich.console import Console
    except ImportError:
        return max(20, shutil.get_terminal_size().columns)
    return max(20, Console().width)


def print_table(
    title: str, heads: list[str], rows: list[list[str]], groups: Iterable[int] = ()
) -> None:
    """Print a title, and rows of text under their heads; a long cell takes several lines.

    A line follows each row whose number is among `groups`. Where the columns are wider than the
    terminal, each row becomes lines of its own, so that no number is broken.
    """
    heads = [plain_text(head) if head else "" for head in heads]
    rows = [[plain_text(cell) if cell else "" for cell in row] for row in rows]
    if title:
        print_lines(plain_text(title))
    wide = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    names = [k for k, column in enumerate(zip(*rows, strict=True)) if not any(map(_number, column))]
    least = [_least(column, k in names) for k, column in enumerate(zip(heads, *rows, strict=True))]
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        if sum(wide) + 2 * len(wide) - 2 > terminal_width():
            _print_apart(heads, rows)
            return
        for row in [heads, *rows]:
            print("  ".join(f"{cell:>{n}}" for cell, n in zip(row, wide, strict=True)).rstrip())
        return
    if sum(least) + 3 * len(wide) + 1 > terminal_width():
        _print_apart(heads, rows)
        return
    tight = sum(wide) + 3 * len(wide) + 1 > terminal_width()  # one blank between columns, not two
    table, groups = Table(collapse_padding=tight), set(groups)
    for k, head in enumerate(heads):
        table.add_column(
            Text(head),
            overflow="fold",
            justify="left" if k in names and k > 0 else "right",
            min_width=least[k],
            no_wrap=least[k] == wide[k],
        )
    for k, row in enumerate(rows):
        table.add_row(*map(Text, row), end_section=k in groups)  # a cell is no markup
    Console().print(table)


def _least(column: tuple[str, ...], names: bool) -> int:
    """Measure how narrow a column may be: an interval takes two lines, a number and a word one."""
    if not names:
        return max(len(line) for cell in column for line in re.split("(?<= to) ", cell))
    longest = max(len(word) for cell in column for word in cell.split(" "))
    return min(max(map(len, column)), longest if _NAME < longest <= _WORD else _NAME)


def print_lines(text: str) -> None:
    """Print a sentence in lines of the terminal's width, broken between words only."""
    for line in wrapped("", text.split(" "), terminal_width(), space=" "):
        print(line)


def _print_apart(heads: list[str], rows: list[list[str]]) -> None:
    """Print each row as its name, and pairs of a head and a number below it."""
    for row in rows:
        print(f"{heads[0]} {row[0]}".strip())
        pairs = [f"{h} {cell}" for h, cell in zip(heads[1:], row[1:], strict=True) if cell]
        for line in wrapped("", pairs, terminal_width() - 2):
            print(f"  {line}")


def _number(cell: str) -> bool:
    """Return whether a cell holds a number, or two, that must not be broken."""
    try:
        float(cell.partition(" to ")[0].partition(" → ")[0].replace(",", ""))
    except ValueError:
        return False
    return True


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
