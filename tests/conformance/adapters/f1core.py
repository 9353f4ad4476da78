"""f1core, held to the vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

import f1core
from f1core.adapters.seqeval import ScoreMeter

BFLOAT16 = np.dtype([("bfloat16", "u2")])  # how f1core takes bits, where no library names them
RATIOS = ("precision", "recall", "f1", "fbeta", "jaccard", "specificity")
VERSION = f1core.__version__


def scores_of(case: Any) -> Any:
    return case.y_score.view(BFLOAT16) if case.dtype == "bfloat16" else case.y_score


def options_of(case: Any) -> dict[str, Any]:
    return {"average_over": "all", **case.options}


def values_of(scores: Any, top_k: int = 1) -> dict[str, Any]:
    found = dict(scores.to_dict())
    for ratio in RATIOS:
        found[f"{ratio}_per_class"] = getattr(scores.per_class, ratio).tolist()
    if scores.task != "multilabel" and top_k < 2:
        found["confusion"] = scores.confusion
    return found


def score(case: Any) -> dict[str, Any]:
    given = scores_of(case) if case.y_pred is None else case.y_pred
    return values_of(
        f1core.score(
            case.y_true, given, task=case.task, classes=case.classes,
            sample_weight=case.sample_weight, **options_of(case),
        ),
        case.options.get("top_k", 1),
    )  # fmt: skip


def stream(case: Any) -> dict[str, Any]:
    total = f1core.Accumulator(case.task, classes=case.classes)
    for batch, times in case.batches:
        for _ in range(times):
            total.update(batch.y_true, scores_of(batch))
    return values_of(total.compute())


def confusion(case: Any) -> dict[str, Any]:
    return values_of(f1core.Scores.from_confusion(case.matrix, **options_of(case)))


def interval(case: Any) -> dict[str, Any]:
    scores = f1core.Scores.from_confusion(case.matrix)
    found = {}
    for metric in [name for name in case.expected if "." not in name]:
        low, high = scores.interval(metric, level=case.options["level"], method="delta")
        value = scores.to_dict()[metric]
        found |= {metric: value, f"{metric}.low": low, f"{metric}.high": high}
    return found


def curve(case: Any) -> dict[str, Any]:
    found = f1core.curve(
        case.y_true, scores_of(case), task=case.task, classes=case.classes,
        sample_weight=case.sample_weight,
    )  # fmt: skip
    areas = ("roc_auc", "average_precision")
    if case.task == "binary":
        return {name: getattr(found, name) for name in areas}
    return {
        f"{name}_{average}": getattr(getattr(found, average), name)
        for name in areas
        for average in ("macro", "weighted", "micro", "per_class")
    }


def best_threshold(case: Any) -> dict[str, Any]:
    best = f1core.best_threshold(
        case.y_true, scores_of(case), task=case.task, sample_weight=case.sample_weight,
        **case.options,
    )  # fmt: skip
    return {"score": best.score, "threshold": best.threshold}


def calibration(case: Any) -> dict[str, Any]:
    found = f1core.calibration(
        case.y_true, scores_of(case), task=case.task, classes=case.classes,
        sample_weight=case.sample_weight, **case.options,
    )  # fmt: skip
    return {name: getattr(found, name) for name in ("ece", "mce", "brier")}


def spans(case: Any) -> dict[str, Any]:
    scheme = case.options.get("scheme")
    meter = ScoreMeter(mode="strict" if scheme else None, scheme=scheme)
    meter.update(case.y_true, case.y_pred)
    scores = meter.compute()
    found = {f"{r}_{a}": getattr(getattr(scores, a), r)
             for a in ("micro", "macro", "weighted") for r in RATIOS[:3]}  # fmt: skip
    return found | {"f1_per_class": scores.per_class.f1.tolist()}
