"""Numbers as commands print them: a table for people, Markdown, CSV, or plain values for JSON."""

from __future__ import annotations

import csv
import html
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .. import console, report, tables
from ..errors import plain_text

_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|~$-])")  # which mean something in Markdown
_CUTS = ("threshold", "low", "high")  # columns of scores that cut


@dataclass
class Section:
    """Rows of numbers of one kind, under the names of their columns.

    A value is text, a number, None, or the two ends of an interval. Of `pairs` the first column is
    the name of the number in the second one, and the third its interval, if there is one.
    """

    kind: str  # what a row is about: "class", "average", "metric"
    heads: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    pairs: bool = False
    label: str = ""
    suffix: str = ""  # of names in tables: "macro avg"
    words: bool = False  # whether underscores of names are shown as spaces

    def named(self, name: str) -> str:
        """Write the name of a column or number as a table shows it."""
        return "" if name == "name" else report.spaced(name) if self.words else name

    def shown(self) -> list[list[str]]:
        """Write the cells as text."""
        return [
            [
                f"{value}{self.suffix}" if k == 0 else shown(head, value)
                for k, (head, value) in enumerate(zip(self.heads, row, strict=True))
            ]
            for row in self.rows
        ]


@dataclass
class Page:
    """What one command prints, or what it prints of one group."""

    sections: list[Section]
    title: str = ""
    notes: list[str] = field(default_factory=list)
    group: Any = None


def write(kind: str, pages: list[Page], plain: Any = None) -> None:
    """Print pages as a table, Markdown or CSV, or `plain` as JSON."""
    if kind == "json":
        print(json.dumps(tables.plain(plain), indent=2))
    elif kind == "csv":
        _write_csv(pages)
    else:
        for page in pages:
            (_write_markdown if kind == "markdown" else _write_table)(page)
            if page.group is not None:
                print()


def shown(head: str, value: Any) -> str:
    """Write a value as a cell of a table under this heading."""
    if value is None or isinstance(value, str):
        return plain_text(value) if value else ""
    if isinstance(value, tuple):
        return " to ".join(shown(head, end) for end in value)
    if isinstance(value, list):  # before and after
        return " → ".join(shown(head, end) for end in value)
    return f"{value:.6g}" if head in _CUTS else report.cell(head, value)


def _write_table(page: Page) -> None:
    if page.group is not None:
        print(plain_text(page.group))
    if page.title:
        console.print_lines(page.title)
    grids = [section for section in page.sections if not section.pairs]
    while grids:  # those with the same columns in one table
        same = [section for section in grids if section.heads == grids[0].heads]
        grids = [section for section in grids if section.heads != same[0].heads]
        rows = [row for section in same for row in section.shown()]
        ends, done = [], 0
        for section in same:
            done += len(section.rows)
            ends.append(done - 1)
        heads = [same[0].named(head) for head in same[0].heads]
        console.print_table(same[0].label, heads, rows, ends[:-1])
    for note in page.notes:
        console.print_lines(note)
    for section in page.sections:
        if section.pairs:
            told = [_pair(section.named(name), *cells) for name, *cells in section.shown()]
            for line in report.wrapped(section.label, told, console.terminal_width()):
                print(line)


def _pair(name: str, value: str, interval: str = "") -> str:
    return f"{name} {value} ({interval})" if interval else f"{name} {value}"


def _write_markdown(page: Page) -> None:
    title = ": ".join(str(t) for t in (page.group, page.title) if t not in (None, ""))
    if title:
        print(f"**{_escaped(title)}**\n")
    for section in page.sections:
        if section.label:
            print(f"{_escaped(section.label)}\n")
        heads = [_escaped(section.named(head)) for head in section.heads]
        print(f"| {' | '.join(heads)} |")
        print(f"| {' | '.join('---:' if k else '---' for k in range(len(heads)))} |")
        for name, *cells in section.shown():
            row = [section.named(name) if section.pairs else name, *cells]
            print(f"| {' | '.join(map(_escaped, row))} |")
        print()
    for note in page.notes:
        print(f"{_escaped(note)}\n")


def _escaped(text: str) -> str:
    """Escape text for Markdown and HTML; the points and minus signs of numbers stay."""
    if re.fullmatch(r"[-0-9.,eE+ to→]*", text):
        return text
    return html.escape(_MARKS.sub(r"\\\1", plain_text(text)), quote=False)


def _write_csv(pages: list[Page]) -> None:
    grouped = any(page.group is not None for page in pages)
    several = len({section.kind for page in pages for section in page.sections}) > 1
    columns: dict[str, None] = {}
    lines = []
    for page in pages:
        for section in page.sections:
            for row in section.rows:
                line = dict(_flat(section.heads, row))
                columns |= dict.fromkeys(line)
                lines.append(({"group": page.group} if grouped else {}) | line)
                if several:
                    lines[-1]["kind"] = section.kind
    first = ["group"] * grouped + ["kind"] * several
    writer = csv.writer(sys.stdout, lineterminator="\n")
    heads = [*first, *(name for name in columns if name not in first)]
    writer.writerow(map(_text, heads))
    for line in lines:
        writer.writerow([_text(line.get(head)) for head in heads])


def _flat(heads: Iterable[str], row: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Pair columns with cells: an interval fills two columns, and so does a change."""
    for head, value in zip(heads, row, strict=True):
        if head.endswith("interval"):
            stem = head.removesuffix("interval")
            low, high = value or (None, None)
            yield f"{stem}low", low
            yield f"{stem}high", high
        elif isinstance(value, list):
            yield f"{head}_before", value[0]
            yield head, value[1]
        else:
            yield head, value


def _text(value: Any) -> Any:
    """Write a cell of CSV: floats in full; control characters go only to files and pipes."""
    if value is None:
        return ""
    if isinstance(value, str):
        return plain_text(value) if sys.stdout.isatty() and value else value
    found = tables.plain(value)
    return "nan" if found is None else found


def named(classes: list[Any], each: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """Put each class's numbers under its name."""
    return {str(name): numbers for name, numbers in zip(classes, each, strict=True)}
