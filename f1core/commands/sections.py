"""Scores as sections of a page: classes, averages, single numbers, with intervals if asked for."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from .. import report
from ..confused import Confused
from ..errors import F1Error
from ..intervals import per_class_interval
from ..scores import Scores
from .output import Page, Section

_UNBOUNDED = ("unknown",)  # numbers of rows, of which there is no interval


def page_of(
    scores: Scores,
    pairs: list[Confused] | None = None,
    *,
    level: float | None = None,
    every: bool = False,
    group: Any = None,
) -> Page:
    """Make the page of scores, of `every` class or of the largest ones."""
    heads = report.columns(scores)
    bounded = () if level is None else ("f1_interval",)
    most = len(scores.classes) if every else report.SHOWN
    notes = report.notes(scores)[every and len(scores.classes) > report.SHOWN :]

    def rows(found: list[Any], ends: dict[Any, Any]) -> list[tuple[Any, ...]]:
        at = heads.index("f1") + 1
        return [
            (name, *cells[:at], *(ends.get(name) for _ in bounded), *cells[at:])
            for name, cells in found
        ]

    bounds = {} if level is None else intervals(scores, level)
    columns = ("name", *heads[:3], *bounded, *heads[3:])
    classes = rows(report.class_rows(scores, most), bounds.get("per_class", {}))
    averages = report.average_rows(scores)
    ends = {name: bounds.get(f"f1_{name}") for name, _ in averages}
    found = [Section("class", columns, classes, words=True)]
    if averages:
        found.append(Section("average", columns, rows(averages, ends), suffix=" avg", words=True))
    for label, singles in report.single_rows(scores):
        heads_of = ("name", "value", *(("value_interval",) if bounded else ()))
        told = [(n, v, *(bounds.get(n) for _ in bounded)) for n, v in singles]
        kind = "positive_class" if label else "metric"
        found.append(Section(kind, heads_of, told, pairs=True, label=label, words=True))
    if pairs:
        found.insert(-1 if len(found) > 2 else len(found), _confused(pairs))
    if level is not None:
        wanted = {f"f1_{name}" for name, _ in averages}
        wanted |= {n for _, s in report.single_rows(scores) for n, _ in s if n not in _UNBOUNDED}
        missing = sorted(wanted - bounds.keys())
        notes.append(f"{level * 100:.4g} % intervals, of what endless rows would give")
        if missing:
            said = "--resamples 1000 gives them" if not scores._counts.replicas else "none is known"
            notes.append(f"without an interval, {', '.join(missing)}: {said}")
    return Page(found, report.title(scores), notes, group)


def intervals(scores: Scores, level: float) -> dict[str, Any]:
    """Compute the interval of each number shown, where the counts tell one."""
    names = [f"f1_{name}" for name, _ in report.average_rows(scores)]
    names += [n for _, singles in report.single_rows(scores) for n, _ in singles]
    found: dict[str, Any] = {}
    for name in names:
        if name not in _UNBOUNDED:
            with suppress(F1Error):
                found[name] = scores.interval(name, level=level)
    with suppress(F1Error):
        ends = per_class_interval(scores._counts, scores._options, "f1", level=level)
        lows, highs = (end.tolist() for end in ends)
        found["per_class"] = dict(zip(scores.classes, zip(lows, highs, strict=True), strict=True))
    return found


def _confused(pairs: list[Confused]) -> Section:
    names = ("true", "predicted", "count", "share", "share_interval")
    rows = [
        (*("(no class)" if n is None else str(n) for n in pair[:2]), *pair[2:4], pair.interval)
        for pair in pairs
    ]
    return Section("confused", names, rows, words=True, label="most confused")
