"""What a report says of a baseline: differences, classes, groups and rows that flipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import tables
from ..intervals.differences import Comparison
from ..model_comparison import KINDS, ModelComparison, class_words
from ..paired_files import compare
from .headline import SINGLE_LABELS

_LETTERS = {"f1": "F1", "fbeta": "F-beta", "jaccard": "Jaccard index"}


def baseline(
    paths_new: Any, paths_old: Any, *, metric: str | None = None, rows: int = 500, **options: Any
) -> dict[str, Any]:
    """Compare two models' files as `files.compare` does, and put together what a report shows.

    `metric` comes first, before those that suit the task, and is that of the groups.
    """
    metrics = None if metric is None else [metric, "+"]
    return contents(compare(paths_new, paths_old, metric=metrics, rows=rows, **options))


def contents(found: ModelComparison) -> dict[str, Any]:
    """Turn a comparison into what a report takes: numbers by column, undefined ones None."""
    classes = list(found.classes.values())
    lists: dict[str, Any] = {"name": list(map(str, found.classes))}
    lists["support"] = [each.rows for each in classes]
    numbers = [_numbers(each) for each in classes]
    for name in ("new", "old", "difference", "low", "high", "p_value", "p_holm"):
        lists[name] = [each[name] for each in numbers]
    metrics = [
        {"metric": name, "label": _label(name, found), **_numbers(each)}
        for name, each in found.metrics.items()
    ]
    groups = None
    if found.groups is not None:
        groups = [
            {"name": str(name), "rows": each.rows, **_numbers(each)}
            for name, each in found.groups.items()
        ]
    paths = [found.new, found.old, *(each.path for each in found.flips.rows if each.path)]
    short = _last_parts(paths)  # a page is sent around: nobody needs the folders of who made it
    content = {
        "new": short[found.new],
        "old": short[found.old],
        "rows": found.rows,
        "level": found.level,
        "metric": next(iter(found.metrics)),
        "comparisons": found.comparisons,
        "metrics": metrics,
        "classes": lists,
        "groups": groups,
        "flips": {
            **{kind: getattr(found.flips, kind) for kind in KINDS},
            "rows": [
                {
                    "row": each.row,
                    "file": None if each.path is None else short[each.path],
                    "kind": each.kind,
                    **{side: class_words(getattr(each, side)) for side in ("true", "old", "new")},
                }
                for each in found.flips.rows
            ],
            "left_out": found.flips.left_out,
        },
    }
    plain: dict[str, Any] = tables.plain(content)
    return plain


def _last_parts(paths: list[str]) -> dict[str, str]:
    """Shorten each path to as many of its last parts as tell all of them apart."""
    parts = {path: Path(path).parts or (path,) for path in paths}
    most = max(map(len, parts.values()))
    for size in range(1, most + 1):
        short = {path: str(Path(*each[-size:])) for path, each in parts.items()}
        if len(set(short.values())) == len(short):
            break
    return short


def _numbers(each: Comparison) -> dict[str, Any]:
    low, high = each.interval
    found = {"new": each.a, "old": each.b, "difference": each.difference, "low": low, "high": high}
    return found | {"p_value": each.p_value, "p_holm": getattr(each, "p_holm", np.nan)}


def _label(metric: str, found: ModelComparison) -> str:
    """Write the name of a metric in words."""
    if metric in SINGLE_LABELS:
        return SINGLE_LABELS[metric]
    ratio, _, average = metric.rpartition("_")
    letter = _LETTERS.get(ratio or average, ratio or average)
    if ratio:
        return f"{average} {letter}"
    positive = next(reversed(found.classes), None)
    return letter if positive is None else f"{letter} of {positive!r}"
