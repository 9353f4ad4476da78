"""What a report says first: the metric that matters, the other ones, averages and areas."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from ..errors import F1Error
from ..intervals import per_class_interval
from ..scores import Scores
from .cut_counts import CutCounts
from .cuts import BestCuts

LEVEL = 0.95


def bounded(scores: Scores, metric: str, of: Any = None) -> tuple[Any, Any]:
    """Compute the interval of a metric; (None, None) where what was kept does not tell.

    Of a mean over labels it is as wide as any dependence between them could make it.
    """
    with suppress(F1Error):
        return scores.interval(metric, of=of, level=LEVEL)
    stem, _, kind = metric.rpartition("_")
    if scores.task != "multilabel" or scores._counts.weighted or kind not in ("macro", "weighted"):
        return None, None
    # No dependence of labels spreads their mean further than the mean of their spreads.
    ends = per_class_interval(scores._counts, scores._options, stem, level=LEVEL)
    shares = np.where(scores.included, 1.0 if kind == "macro" else scores.per_class.support, 0.0)
    sides = [np.where(np.isnan(end), side, end) for side, end in enumerate(ends)]
    if not shares.sum() > 0:
        return None, None
    low, high = (float((side * shares).sum() / shares.sum()) for side in sides)
    return low, high


def headline_of(scores: Scores, classes: list[str]) -> dict[str, Any]:
    """Choose the metric that matters for the task, and say why."""
    options, task = scores._options, scores.task
    stem, letter = ("f1", "F1") if options.beta == 1 else ("fbeta", f"F{options.beta:g}")
    if task == "binary":
        metric, label = stem, f"{letter} of {classes[1]!r}"
        why = (
            f"{letter} looks at the rows that are {classes[1]!r} or are taken for it, so that many "
            "right rows of the other class hide nothing."
        )
    else:
        metric, label = f"{stem}_macro", f"macro {letter}"
        what = "labels" if task == "multilabel" else "classes"
        why = f"The mean of the {what}' {letter}s counts a rare one as much as a frequent one."
    low, high = bounded(scores, metric)
    at = None
    if task in ("binary", "multilabel") and not options.ranks:
        at = {"threshold": options.threshold}
    value = scores.metric(metric)
    return {
        "metric": metric, "label": label, "why": why, "value": value, "low": low, "high": high,
        "at": at, "best": None,
    }  # fmt: skip


def best_of(best: BestCuts, task: str) -> dict[str, Any]:
    """Give the metric at the best thresholds, and what no threshold is above."""
    scores = best.scores()
    low, high = bounded(scores, best.metric)
    threshold = best.thresholds[0] if task == "binary" else best.thresholds
    return {
        "threshold": threshold, "value": best.value, "low": low, "high": high, "bound": best.bound,
    }  # fmt: skip


# Metrics without an average in words, and the others that are shown beside the headline.
SINGLE_LABELS = {
    "accuracy": "accuracy", "balanced_accuracy": "balanced accuracy", "mcc": "Matthews' MCC",
    "kappa": "Cohen's kappa", "exact_match": "rows right in every label",
    "hamming_loss": "Hamming loss", "f1_of_means": "F1 of mean precision and recall",
    "unknown": "predictions that are no class",
}  # fmt: skip
_LABELS = SINGLE_LABELS | {
    "precision": "precision", "recall": "recall", "specificity": "specificity",
    "f1_micro": "micro F1", "f1_weighted": "weighted F1", "f1_samples": "samples F1",
}  # fmt: skip
_SHOWN_METRICS = {
    "binary": ("precision", "recall", "specificity", "accuracy", "balanced_accuracy", "mcc"),
    "multiclass": ("accuracy", "f1_weighted", "balanced_accuracy", "mcc", "kappa", "unknown"),
    "multilabel": ("f1_micro", "f1_weighted", "f1_samples", "exact_match", "hamming_loss"),
}


def best_of_classes(found: tuple[list[float], Scores] | None, metric: str) -> Any:
    """Give the metric at thresholds of classes: a local best, of which no bound is known."""
    if found is None:
        return None
    thresholds, scores = found
    low, high = bounded(scores, metric)
    value = scores.metric(metric)
    return {"threshold": thresholds, "value": value, "low": low, "high": high, "bound": None}


def metrics_of(scores: Scores, headline: str) -> list[dict[str, Any]]:
    """Give the other metrics of the task, with their intervals."""
    known = scores.to_dict()
    found = []
    for name in _SHOWN_METRICS[scores.task]:
        if name in known and name != headline:
            low, high = bounded(scores, name)
            row = {"metric": name, "label": _LABELS[name], "value": known[name]}
            found.append({**row, "low": low, "high": high})
    return found


def areas_of(areas: Any, task: str, counted: CutCounts | None) -> list[dict[str, Any]]:
    """Give the areas on average, with the bounds that bins of several scores leave."""
    if areas is None:
        return []
    found = []
    for name, label in (("roc_auc", "ROC AUC"), ("average_precision", "average precision")):
        value, low, high = (getattr(each.macro, name) for each in (areas, areas.low, areas.high))
        label = label if task == "binary" else f"macro {label}"
        row = {"metric": name, "label": label, "value": value, "low": None, "high": None}
        exactly = counted is not None and counted.grid is not None and counted.grid.every
        found.append(row if exactly else {**row, "low": low, "high": high, "bounds": True})
    return found


def averages_of(scores: Scores) -> list[dict[str, Any]]:
    """Give every average over classes or rows."""
    found = []
    for kind in scores.averages:
        one = getattr(scores, kind)
        names = ("precision", "recall", "f1", "support")
        found.append({"name": kind, **{name: getattr(one, name) for name in names}})
    return found
