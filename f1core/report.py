"""Reports of Scores: one line, a table in text, a table in HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import plain_text
from .plausible import exact_sum

if TYPE_CHECKING:
    from .scores import Scores

COLUMNS = ("precision", "recall", "f1", "support")
_SHOWN = 60  # with more classes than this, only the largest are listed

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


def class_rows(scores: Scores) -> list[Row]:
    """A row a class: its name, then the columns; the largest ones if there are many."""
    each = scores.per_class
    places = np.arange(len(each.support))
    if len(places) > _SHOWN:
        places = np.sort(np.argsort(-each.support, kind="stable")[:_SHOWN])
    names = scores.classes
    return [
        (plain_text(names[i]), tuple(_cell(getattr(each, name)[i]) for name in COLUMNS))
        for i in places
    ]


def average_rows(scores: Scores) -> list[Row]:
    """A row an average."""
    return [
        (f"{kind} avg", tuple(_cell(getattr(getattr(scores, kind), name)) for name in COLUMNS))
        for kind in scores.averages
    ]


def single_rows(scores: Scores) -> list[tuple[str, str]]:
    """The numbers without an average."""
    wanted = {
        "binary": ("accuracy", "balanced_accuracy", "mcc", "kappa"),
        "multiclass": ("accuracy", "balanced_accuracy", "mcc", "kappa"),
        "multilabel": ("exact_match", "hamming_loss"),
        "spans": (),
    }[scores.task]
    found = scores.to_dict()
    if scores.task == "binary":
        wanted = ("f1", "precision", "recall", *wanted)
    singles = [(name.replace("_", " "), _cell(found[name])) for name in wanted if name in found]
    if "unknown" in found:
        singles.append(("unknown", _amount(found["unknown"])))
    return singles


def text(scores: Scores) -> str:
    """The report in plain text, aligned for a terminal."""
    rows, averages = class_rows(scores), average_rows(scores)
    width = max(len(name) for name, _ in [*rows, *averages])
    head = " " * width + "".join(f"{name:>11}" for name in COLUMNS)

    def lined(some: list[Row]) -> list[str]:
        return [name.rjust(width) + "".join(f"{c:>11}" for c in cells) for name, cells in some]

    singles = "   ".join(f"{name} {value}" for name, value in single_rows(scores))
    parts = [title(scores), "", head, *lined(rows), *notes(scores), "", *lined(averages)]
    return "\n".join([*parts, "", singles] if singles else parts)


def html(scores: Scores) -> str:
    """The report as an HTML table, for notebooks."""
    from html import escape

    def row(name: str, cells: tuple[Any, ...], tag: str = "td") -> str:
        inner = "".join(f"<{tag} style='text-align:right'>{escape(c)}</{tag}>" for c in cells)
        return f"<tr><th style='text-align:right'>{escape(name)}</th>{inner}</tr>"

    rule = "<tr><td colspan='5' style='border-top:1px solid;padding:0'></td></tr>"
    body = [row(*r) for r in class_rows(scores)] + [rule] + [row(*r) for r in average_rows(scores)]
    singles = " &nbsp; ".join(f"{name} <b>{value}</b>" for name, value in single_rows(scores))
    caption = escape(" ".join([title(scores), *notes(scores)]))
    return (
        f"<table><caption>{caption}</caption><thead>{row('', COLUMNS, 'th')}</thead>"
        f"<tbody>{''.join(body)}</tbody></table><p>{singles}</p>"
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
    found = [f"… and {known - _SHOWN:,} smaller classes"] if known > _SHOWN else []
    if averaged < known:
        found.append(f"averages are over {averaged:,} of the {known:,} classes")
    return found


def _cell(value: Any) -> str:
    if isinstance(value, (int, np.integer)):
        return f"{int(value):,}"
    value = float(value)
    return f"{value:,.1f}" if value > 1 else f"{value:.4f}"


def _amount(value: Any) -> str:
    return f"{int(value):,}" if float(value).is_integer() else f"{float(value):,.1f}"
