"""confidenceinterval: F1, precision and recall with Takahashi's intervals, of labels."""

from __future__ import annotations

import importlib.metadata
import warnings
from typing import Any

import confidenceinterval as c
from decided import labels, over_of, repeated

VERSION = importlib.metadata.version("confidenceinterval")
warnings.filterwarnings("ignore")


def values(true: Any, pred: Any, task: str) -> dict[str, Any]:
    found = {}
    for name, function in (("f1", c.f1_score), ("precision", c.precision_score),
                           ("recall", c.recall_score)):  # fmt: skip
        for average in ("micro", "macro"):
            found[f"{name}_{average}"] = function(true, pred, average=average, compute_ci=False)
    if task == "binary":
        found["f1"] = c.f1_score(true, pred, average="binary", compute_ci=False)
        found["accuracy"] = c.accuracy_score(true, pred, compute_ci=False)
    return found


def score(case: Any) -> dict[str, Any]:
    plain = set(case.options) <= {"average_over"} and over_of(case) == "all"
    if case.task == "multilabel" or case.sample_weight is not None or not plain:
        raise NotImplementedError("labels of one class a row, all classes, no options")
    return values(case.y_true, labels(case), case.task)


def confusion(case: Any) -> dict[str, Any]:
    return values(*repeated(case), case.task)


def interval(case: Any) -> dict[str, Any]:
    true, pred = repeated(case)
    found = {}
    for name, average in (("f1_micro", "micro"), ("f1_macro", "macro"), ("f1", "binary")):
        if average != "binary" or case.task == "binary":
            value, (low, high) = c.f1_score(true, pred, average=average, confidence_level=0.95)
            found |= {name: value, f"{name}.low": low, f"{name}.high": high}
    return found


def curve(case: Any) -> dict[str, Any]:
    if case.task != "binary" or case.sample_weight is not None:
        raise NotImplementedError("one class, no weights")
    value, _ = c.roc_auc_score(case.y_true, case.y_score)
    return {"roc_auc": float(value)}
