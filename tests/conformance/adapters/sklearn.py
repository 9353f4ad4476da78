"""scikit-learn, which takes labels: those of scores are decided before, by NumPy."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
import sklearn
from decided import labels, over_of, rows_of
from sklearn import metrics as m

VERSION = sklearn.__version__
warnings.filterwarnings("ignore")
AVERAGES = ("micro", "macro", "weighted")


def ratios(
    true: Any, pred: Any, task: str, over: Any, classes: int, weight: Any, options: Any
) -> Any:
    zero, beta = options.get("zero_division", 0.0), options.get("beta", 1.0)
    listed = {"present": None, "all": list(range(classes))}
    chosen = over if isinstance(over, list) else listed[over]
    functions = {
        "precision": m.precision_score, "recall": m.recall_score, "f1": m.f1_score,
        "fbeta": lambda *a, **k: m.fbeta_score(*a, beta=beta, **k), "jaccard": m.jaccard_score,
    }  # fmt: skip
    found: dict[str, Any] = {}
    for name, function in functions.items():
        if name == "jaccard" and np.isnan(zero):
            continue
        how = {"sample_weight": weight, "zero_division": zero}
        for average in AVERAGES + (("samples",) if task == "multilabel" else ()):
            found[f"{name}_{average}"] = function(true, pred, average=average, labels=chosen, **how)
        found[f"{name}_per_class"] = function(
            true, pred, average=None, labels=listed["all"], **how
        ).tolist()
        if task == "binary":
            found[name] = function(true, pred, **how)
    if task != "multilabel":
        found["balanced_accuracy"] = m.balanced_accuracy_score(true, pred, sample_weight=weight)
        found["mcc"] = m.matthews_corrcoef(true, pred, sample_weight=weight)
        found["kappa"] = m.cohen_kappa_score(true, pred, sample_weight=weight)
        found["confusion"] = m.confusion_matrix(
            true, pred, labels=listed["all"], sample_weight=weight
        )
    found["accuracy"] = found["exact_match"] = m.accuracy_score(true, pred, sample_weight=weight)
    found["hamming_loss"] = m.hamming_loss(true, pred, sample_weight=weight)
    return found


def score(case: Any) -> dict[str, Any]:
    if "ignore_index" in case.options:
        raise NotImplementedError("has no ignore_index")
    k = case.options.get("top_k")
    if k and case.task == "multiclass":
        names = list(range(case.classes))
        return {"accuracy": m.top_k_accuracy_score(case.y_true, case.y_score, k=k, labels=names)}
    return ratios(case.y_true, labels(case), case.task, over_of(case), case.classes,
                  case.sample_weight, case.options)  # fmt: skip


def confusion(case: Any) -> dict[str, Any]:
    true, pred, counts = rows_of(case)
    keep = counts > 0
    return ratios(
        true[keep], pred[keep], case.task, "all", case.classes, counts[keep], case.options
    )


def curve(case: Any) -> dict[str, Any]:
    true, weight = case.y_true, case.sample_weight
    if case.task == "binary":
        how = {"sample_weight": weight}
        auc = m.roc_auc_score(true, case.y_score, **how)
        ap = m.average_precision_score(true, case.y_score, **how)
        return {"roc_auc": auc, "average_precision": ap}
    found = {}
    flags = true if true.ndim == 2 else np.eye(case.classes, dtype=int)[true]
    for average in ("macro", "weighted", "micro", None):
        name = average or "per_class"
        auc = m.roc_auc_score(flags, case.y_score, average=average)
        ap = m.average_precision_score(flags, case.y_score, average=average)
        found |= {f"roc_auc_{name}": auc, f"average_precision_{name}": ap}
    return found


def best_threshold(case: Any) -> dict[str, Any]:
    beta = case.options.get("beta", 1.0)
    values, _ = m.metric_at_thresholds(
        case.y_true, case.y_score, partial(m.fbeta_score, beta=beta),
        sample_weight=case.sample_weight,
    )  # fmt: skip
    return {"score": max(values)}


def calibration(case: Any) -> dict[str, Any]:
    scale = "auto" if case.task == "binary" else False
    return {"brier": m.brier_score_loss(case.y_true, case.y_score, scale_by_half=scale,
                                        sample_weight=case.sample_weight)}  # fmt: skip
