"""What a report says of classes: their numbers, which are weak, what they are taken for."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from ..errors import F1Error
from ..intervals import per_class_interval
from ..scores import Scores
from .cuts import BestCuts
from .headline import LEVEL

_PAIRS = 200  # that are confused most, at most
_SHOWN = 60  # classes of a confusion matrix, at most
_WEAK = 5


def classes_of(
    scores: Scores, classes: list[str], areas: Any, best: BestCuts | None
) -> dict[str, Any]:
    """Give each class's numbers as lists, in the order of the classes."""
    each, size, binary = scores.per_class, len(classes), scores.task == "binary"
    low = high = np.full(size, np.nan)
    with suppress(F1Error):
        low, high = per_class_interval(scores._counts, scores._options, "f1", level=LEVEL)

    def placed(values: Any) -> Any:
        """Align numbers with the classes: a binary task has them of its positive class alone."""
        return [None, *values] if binary else list(values)

    known = areas is not None and len(areas.per_class.roc_auc) == size - binary
    areas = areas if known else None
    if scores._options.beta != 1:  # whose best thresholds are not those of F1
        best = None
    return {
        "name": classes, "support": each.support, "predicted": each.tp + each.fp, "tp": each.tp,
        "precision": each.precision, "recall": each.recall, "f1": each.f1,
        "f1_low": low[:size], "f1_high": high[:size],
        "roc_auc": None if areas is None else placed(areas.per_class.roc_auc),
        "average_precision": None if areas is None else placed(areas.per_class.average_precision),
        "best_threshold": None if best is None else placed(best.thresholds),
        "best_f1": None if best is None else placed(best.each()),
    }  # fmt: skip


def confused_of(scores: Scores) -> list[dict[str, Any]]:
    """Give the pairs that are confused most; none where a row has several predictions."""
    if scores.task == "multilabel" or scores._options.top_k > 1:
        return []
    try:
        pairs = scores.most_confused(_PAIRS, level=LEVEL)
    except F1Error:  # the matrix was not kept
        return []
    place = {name: k for k, name in enumerate(scores.classes)}
    found = []
    for pair in pairs:
        low, high = pair.interval or (None, None)
        predicted = -1 if pair.predicted is None else place[pair.predicted]
        found.append({"true": place[pair.true], "predicted": predicted, "count": pair.count,
                      "share": pair.share, "low": low, "high": high})  # fmt: skip
    return found


def confusion_of(scores: Scores) -> dict[str, Any] | None:
    """Give the cells of the classes that are confused most; of up to 60 classes, of all."""
    if scores.task == "multilabel" or scores._options.top_k > 1:
        return None
    if scores._counts.confusion is None:
        return None
    matrix = scores.confusion_matrix()
    size = len(scores.classes)
    square = matrix[:, :size]
    chosen = np.arange(size)
    if size > _SHOWN:
        wrong = square - np.diag(np.diag(square))
        order = np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable")
        chosen = np.sort(order[:_SHOWN])
    some = matrix[chosen]
    some = np.concatenate([some[:, chosen], some[:, size:]], axis=1)
    names = [*chosen.tolist(), *[-1] * (some.shape[1] - len(chosen))]
    rows, columns = np.nonzero(some)
    cells = [
        [names[row], names[column], some[row, column].item()]
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    return {"cells": cells, "classes": chosen, "left_out": size - len(chosen)}


def weak_of(scores: Scores, classes: list[str], found: dict[str, Any]) -> list[dict[str, Any]]:
    """Name the classes whose F1 is clearly below the mean, the worst first, and say why."""
    each, table = scores.per_class, found["classes"]
    if scores.task == "binary":
        return []
    seen = np.flatnonzero(each.support > 0)
    if not len(seen):
        return []
    f1 = np.nan_to_num(each.f1)
    high = np.where(np.isnan(table["f1_high"]), f1, table["f1_high"])
    mean = float(f1[seen].mean())
    worst = [k for k in seen[np.argsort(f1[seen], kind="stable")].tolist() if high[k] < mean][
        :_WEAK
    ]
    rows = []
    for k in worst:
        ends = ""
        if not np.isnan(table["f1_low"][k]):
            ends = f" ({table['f1_low'][k]:.2f} to {table['f1_high'][k]:.2f})"
        because = f"F1 {f1[k]:.2f}{ends}, {_amount(each.support[k])}"
        taken = next((p for p in found["confused"] if p["true"] == k), None)
        if taken is not None:
            into = classes[taken["predicted"]] if taken["predicted"] >= 0 else "no class"
            because += f": {_amount(taken['count'], '')} of them are taken for {into!r}"
        elif scores.task == "multilabel":
            because += f": {_amount(each.fn[k], '')} missed, {_amount(each.fp[k], '')} false alarms"
        rows.append({"class": k, "because": because})
    return rows


def _amount(number: Any, unit: str = " rows") -> str:
    """Write a count of rows, or a sum of weights to four digits."""
    return f"a weight of {number:,.4g}" if isinstance(number, float) else f"{number:,}{unit}"
