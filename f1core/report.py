"""Reports of Scores: one line, a table in text, a table in HTML."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import plain_text
from .plausible import exact_sum

if TYPE_CHECKING:
    from .scores import Scores

SHOWN = 60  # with more classes than this, only the largest are listed
_COUNTS = ("support", "rows", "positives", "count", "unknown")  # columns of numbers of rows

Row = tuple[str, tuple[Any, ...]]


def line(scores: Scores) -> str:
    """The repr: task, size and the headline number."""
    if scores.task == "spans":
        return f"Scores({title(scores)}, f1_micro={scores.micro.f1:.4f})"
    headline = "f1" if scores.task == "binary" else "f1_macro"
    return (
        f"Scores({scores.task}, {_amount(scores.total)} rows, {headline}="
        f"{scores.metric(headline):.4f}, accuracy={scores.accuracy:.4f}"
        f"{f', unknown={_amount(scores.unknown)}' if scores._options.counts_unknown else ''})"
    )


def columns(scores: Scores) -> tuple[str, ...]:
    """The columns of classes and averages; F-beta's where beta is not 1."""
    more = () if scores._options.beta == 1.0 else ("fbeta",)
    return ("precision", "recall", "f1", *more, "support")


def class_rows(scores: Scores, most: int = SHOWN) -> list[tuple[Any, tuple[Any, ...]]]:
    """A row a class: its name, then the columns; the largest ones if there are many."""
    each = scores.per_class
    places = np.arange(len(each.support))
    if len(places) > most:
        places = np.sort(np.argsort(-each.support, kind="stable")[:most])
    names, wanted = scores.classes, [getattr(each, name) for name in columns(scores)]
    return [(names[i], tuple(column[i] for column in wanted)) for i in places]


def average_rows(scores: Scores) -> list[Row]:
    """A row an average; none for a micro average of two classes that is accuracy."""
    rows = []
    for kind in scores.averages:
        one = getattr(scores, kind)
        is_accuracy = one.precision == one.recall == one.f1 and scores.task == "binary"
        if kind == "micro" and is_accuracy and one.f1 == scores.accuracy:
            continue
        rows.append((kind, tuple(getattr(one, name) for name in columns(scores))))
    return rows


def single_rows(scores: Scores) -> list[tuple[str, list[tuple[str, float]]]]:
    """The numbers without an average: those of the positive class under its name, all others."""
    wanted = {
        "binary": ("accuracy", "balanced_accuracy", "mcc", "kappa"),
        "multiclass": ("accuracy", "balanced_accuracy", "mcc", "kappa"),
        "multilabel": ("exact_match", "hamming_loss"),
        "spans": (),
    }[scores.task]
    found = scores.to_dict()
    groups = [("", [(name, found[name]) for name in (*wanted, "unknown") if name in found])]
    if scores.task == "binary":
        ratios = [name for name in ("f1", *columns(scores)) if name in found]
        positive = f"positive class {plain_text(scores.classes[-1])}:"
        groups.insert(0, (positive, [(name, found[name]) for name in dict.fromkeys(ratios)]))
    return [group for group in groups if group[1]]


def text(scores: Scores, width: int = 80) -> str:
    """The report in plain text, aligned for a terminal of this width."""
    rows = [(plain_text(name), cells) for name, cells in class_rows(scores)]
    averages = [(f"{name} avg", cells) for name, cells in average_rows(scores)]
    heads = columns(scores)
    wide = max(len(name) for name, _ in [*rows, *averages])
    head = " " * wide + "".join(f"{name:>11}" for name in heads)

    def lined(some: list[Row]) -> list[str]:
        return [
            name.rjust(wide)
            + "".join(f"{cell(h, v):>11}" for h, v in zip(heads, values, strict=True))
            for name, values in some
        ]

    singles = [
        line
        for label, pairs in single_rows(scores)
        for line in wrapped(
            label, [f"{spaced(name)} {cell(name, value)}" for name, value in pairs], width
        )
    ]
    parts = [title(scores), "", head, *lined(rows), *notes(scores)]
    parts += ["", *lined(averages)] if averages else []
    return "\n".join([*parts, "", *singles] if singles else parts)


def wrapped(label: str, pairs: list[str], width: int, space: str = "   ") -> list[str]:
    """Put a label and pairs of a name and a number beside each other, with breaks between them."""
    lines, indent = [label], "  " if label else ""
    for pair in pairs:
        between = "" if not lines[-1] else " " if lines == [label] else space
        if len(lines[-1]) + len(between) + len(pair) <= width:
            lines[-1] += between + pair
        else:  # between words, where a pair alone is too long
            lines += [
                indent + part
                for part in textwrap.wrap(
                    pair,
                    max(1, width - len(indent)),
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            ]
    return lines if lines[0] else lines[1:]


def html(scores: Scores) -> str:
    """The report as an HTML table, for notebooks."""
    from html import escape

    heads = columns(scores)

    def row(name: str, cells: Iterable[str], tag: str = "td") -> str:
        inner = "".join(f"<{tag} style='text-align:right'>{escape(c)}</{tag}>" for c in cells)
        return f"<tr><th style='text-align:right'>{escape(name)}</th>{inner}</tr>"

    def rows(some: list[Row], what: str = "") -> list[str]:
        return [row(plain_text(name) + what, map(cell, heads, values)) for name, values in some]

    rule = f"<tr><td colspan='{len(heads) + 1}' style='border-top:1px solid;padding:0'></td></tr>"
    averages = rows(average_rows(scores), " avg")
    body = [*rows(class_rows(scores)), *([rule] if averages else []), *averages]
    singles = ""
    for label, pairs in single_rows(scores):
        cells = [f"{spaced(name)} <b>{cell(name, value)}</b>" for name, value in pairs]
        singles += f"<p>{' &nbsp; '.join([escape(label)] * bool(label) + cells)}</p>"
    caption = escape(" ".join([title(scores), *notes(scores)]))
    return (
        f"<table><caption>{caption}</caption><thead>{row('', heads, 'th')}</thead>"
        f"<tbody>{''.join(body)}</tbody></table>{singles}"
    )


def title(scores: Scores) -> str:
    """Say what was counted: "multiclass: 34,786 rows, 48 classes"."""
    if scores.task == "spans":
        _, pred, true = (exact_sum(each[:-1]) for each in scores._counts.per_class)
        return f"spans: {_amount(true)} true, {_amount(pred)} predicted"
    what = "labels" if scores.task == "multilabel" else "classes"
    return f"{scores.task}: {_amount(scores.total)} rows, {len(scores.classes):,} {what}"


def notes(scores: Scores) -> list[str]:
    """Say what the table leaves out."""
    known, averaged = len(scores.classes), int(scores.included.sum())
    found = [f"… and {known - SHOWN:,} smaller classes"] if known > SHOWN else []
    if averaged < known:
        found.append(f"averages are over {averaged:,} of the {known:,} classes")
    return found


def spaced(name: str) -> str:
    """A name of a metric as words."""
    return name.replace("_", " ")


def cell(column: str, value: Any) -> str:
    """A number as a column of this name shows it: rows as a count, all else as a ratio."""
    return _amount(value) if column in _COUNTS else f"{float(value):.4f}"


def _amount(value: Any) -> str:
    return f"{int(value):,}" if float(value).is_integer() else f"{float(value):,.1f}"
