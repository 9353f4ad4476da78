"""contents(): all that a report shows, as one JSON object."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from .. import tables
from ..counts import Array
from ..errors import F1Error
from ..scores import Scores
from ..thresholds.gaps import gap_interval
from ..thresholds.reliability import ReliabilityBins
from .class_table import classes_of, confused_of, confusion_of, weak_of
from .cut_counts import TENTHS, CutCounts
from .cuts import BestCuts, cuts_json, ranking, score_at
from .headline import (
    LEVEL,
    areas_of,
    averages_of,
    best_of,
    best_of_classes,
    bounded,
    headline_of,
    metrics_of,
)
from .kept_rows import KeptRows

_GROUPS, _FILES = 1000, 50  # at most: the largest groups, the first files


def contents(
    scores: Scores,
    counted: CutCounts | None = None,
    kept: KeptRows | None = None,
    *,
    groups: dict[Any, Scores] | None = None,
    column: str | None = None,
    title: str | None = None,
    sources: list[str] | None = None,
) -> dict[str, Any]:
    """Put together what a report shows, as JSON takes it: no NaN, no NumPy number."""
    from .. import __version__

    options = scores._options
    task, classes = scores.task, [str(name) for name in scores.classes]
    if task == "spans":
        raise F1Error("a report is of rows, and these scores are of spans")
    if counted is not None and kept is not None:
        counted = kept.counted_exactly(counted)
    notes, scored = _notes(scores, counted), None if counted is None else counted.scored
    counted = counted if counted is not None and counted.usable and counted.grid else None
    head = headline_of(scores, classes)
    best = None
    if counted is not None and task != "multiclass" and not options.ranks:
        best = BestCuts(counted, options)
        head["best"] = best_of(best, task)
    elif counted is not None and kept is not None:
        head["best"] = best_of_classes(kept.best(scores), head["metric"])
    if head["best"] is not None:
        notes.insert(
            0, "The best threshold was chosen and judged on these same rows, which flatters it."
        )
    areas = None if counted is None else ranking(counted, options)
    found: dict[str, Any] = {
        "format": 1,
        "title": title or _title(sources),
        "task": task,
        "made": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "f1core": __version__,
        "sources": _shown(sources or []),
        "rows": scores.total,
        "weighted": scores._counts.weighted,
        "decided_by": _decided_by(scores, scored),
        "level": LEVEL,
        "options": _options(options),
        "headline": head,
        "metrics": [*metrics_of(scores, head["metric"]), *areas_of(areas, task, counted)],
        "averages": averages_of(scores),
        "classes": classes_of(scores, classes, areas, best),
        "positive": 1 if task == "binary" else None,
        "confused": confused_of(scores),
        "confusion": confusion_of(scores),
        "cuts": None if counted is None else _cuts(scores, counted, best),
        "calibration": None if counted is None else _calibration(scores, counted),
        "groups": None if groups is None else _groups(groups, column, head["metric"]),
        "baseline": None,
        "notes": notes,
    }
    left = 0 if groups is None else len(groups) - len(found["groups"]["rows"])
    if left:
        notes.append(f"Of {len(groups or ()):,} groups the {_GROUPS:,} largest are shown.")
    found["weak"] = weak_of(scores, classes, found)
    return tables.plain(found)  # type: ignore[no-any-return]


def _title(sources: list[str] | None) -> str:
    if not sources:
        return "Scores"
    more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
    return f"Scores of {sources[0]}{more}"


def _shown(sources: list[str]) -> list[str]:
    left = len(sources) - _FILES
    return sources if left <= 0 else [*sources[:_FILES], f"and {left:,} more"]


def _notes(scores: Scores, counted: CutCounts | None) -> list[str]:
    """Say what the page lacks, and why."""
    found = []
    if counted is not None and counted.unfit and counted.scored:
        found.append(f"Thresholds, curves and calibration are left out: {counted.unfit}.")
    elif counted is not None and counted.grid is not None and not counted.add_up:
        found.append("Calibration is left out: the scores of a row do not add up to 1.")
    if scores._counts.weighted and scores._counts.replicas is None:
        found.append("Weighted rows have intervals where resamples are asked for: 200, say.")
    elif scores.task == "multilabel" and scores._counts.replicas is None:
        found.append(
            "Labels of one row depend on each other: the interval of an average over labels is as "
            "wide as any dependence could make it, and narrower where resamples are asked for."
        )
    return found


def _decided_by(scores: Scores, scored: bool | None) -> str | None:
    """Say how rows were decided; None of Scores, which do not remember whether scores came."""
    options = scores._options
    if options.top_k > 1 or options.ranks:
        return "top_k"
    if options.divisors is not None:
        return "class thresholds"
    if not scored:
        return None if scored is None else "labels"
    return "argmax" if scores.task == "multiclass" else "threshold"


def _options(options: Any) -> dict[str, Any]:
    shown = {
        "threshold": (options.threshold, 0.5), "top_k": (options.given_top_k, None),
        "from_logits": (options.from_logits, False), "ignore_index": (options.ignore_index, None),
        "average_over": (options.average_over, None), "beta": (options.beta, 1.0),
        "zero_division": (options.zero_division, 0.0), "unknown": (options.unknown, "error"),
        "resamples": (options.resamples, 0),
    }  # fmt: skip
    found = {name: value for name, (value, usual) in shown.items() if value != usual}
    if found.get("top_k") == 1 and options.task != "multilabel":
        del found["top_k"]
    return found


def _cuts(scores: Scores, counted: CutCounts, best: BestCuts | None) -> dict[str, Any]:
    labels = counted.labels
    of = [1] if scores.task == "binary" else list(range(labels))
    wanted = [[] if best is None else [best.thresholds[k]] for k in range(labels)]
    options, given = scores._options, [None] * labels
    if scores.task != "multiclass" and not options.ranks:
        given = [score_at(scores, k, options.threshold) for k in range(labels)]
    return cuts_json(counted, of, wanted, given)


def _calibration(scores: Scores, counted: CutCounts) -> dict[str, Any] | None:
    """Measure calibration in ten bins: of the positive class, predicted class or all labels."""
    task, total = scores.task, float(scores.total)
    if task == "multiclass" and not counted.add_up:
        return None
    every, positive = counted.every, counted.positive
    if task == "multiclass":
        every, positive = counted.top.sum(axis=0, keepdims=True), counted.top[1:]
    of_labels = [counted.tenths(x) for x in (every, positive, counted.confidence)]
    edges = np.broadcast_to(np.arange(TENTHS + 1) / TENTHS, (len(every), TENTHS + 1))
    each = ReliabilityBins.of(edges, *of_labels)
    bins = ReliabilityBins.of(edges[0], *(x.sum(axis=0) for x in of_labels))
    of = {"binary": "positive class", "multiclass": "predicted class", "multilabel": "all labels"}
    cells = total if task != "multilabel" else float(every.sum())
    alike = task != "multilabel" and not scores._counts.weighted
    none: Array = np.full(TENTHS, np.nan)
    low, high = bins.interval(LEVEL) if alike else (none, none)
    ends: tuple[Any, Any] = (None, None)
    if alike and total:
        ends = gap_interval(bins.count, bins.gap, bins.frequency, bins.trials, False, LEVEL, 2000,
                            20261122)  # fmt: skip
    ece = float(np.nanmean(each.ece)) if task == "multilabel" else float(bins.ece)
    return {
        "of": of[task], "ece": ece, "ece_low": ends[0], "ece_high": ends[1],
        "brier": counted.brier / cells, "log_loss": counted.log_loss / cells,
        "bins": {
            "low": bins.low, "high": bins.high, "count": bins.count,
            "confidence": bins.confidence, "frequency": bins.frequency,
            "frequency_low": low, "frequency_high": high,
        },
    }  # fmt: skip


def _groups(groups: dict[Any, Scores], column: str | None, metric: str) -> dict[str, Any]:
    rows, largest = [], sorted(groups, key=lambda name: -groups[name].total)[:_GROUPS]
    shown = set(largest)
    for name, scores in groups.items():
        if name not in shown:
            continue
        known = scores.to_dict()
        own = metric if metric in known else "f1_macro"
        low, high = bounded(scores, own)
        kind = scores.binary if scores.task == "binary" else scores.macro
        rows.append({
            "name": str(name), "rows": scores.total, "value": known[own], "low": low, "high": high,
            "precision": kind.precision, "recall": kind.recall,
        })  # fmt: skip
    return {"column": column, "rows": rows, "left_out": len(groups) - len(rows)}
