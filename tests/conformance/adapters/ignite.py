"""Ignite, by its metrics."""

from __future__ import annotations

from typing import Any

import ignite
import ignite.metrics as m
import torch
from decided import labels, number, over_of, truth

VERSION = ignite.__version__


def value(metric: Any, pred: Any, true: Any) -> Any:
    metric.update((pred, true))
    return number(metric.compute())


def values(task: str, size: int, pred: Any, true: Any, beta: float = 1.0) -> dict[str, Any]:
    """Of decided predictions, as Ignite asks for them: flags, or one-hot rows."""
    found: dict[str, Any] = {}
    many = task == "multilabel"
    for name, kind in (("precision", m.Precision), ("recall", m.Recall)):
        if task == "binary":
            found[name] = value(kind(average=False), pred, true)
            continue
        for average in ("micro", "macro", "weighted", False, *["samples"][:many]):
            metric = kind(average=average, is_multilabel=many)
            found[f"{name}_{average or 'per_class'}"] = value(metric, pred, true)
    found["accuracy"] = value(m.Accuracy(is_multilabel=many), pred, true)
    if not many:
        for average, key in ((True, "macro"), (False, "per_class")):
            sides = m.Precision(average=False), m.Recall(average=False)
            metric = m.Fbeta(beta, average, *sides)  # which resets them
            for side in sides:
                side.update((pred, true))
            f = number(metric.compute())
            names = ("f1", "fbeta") if beta == 1.0 else ("fbeta",)
            found |= {n if task == "binary" else f"{n}_{key}": f for n in names}
    if task == "multiclass":
        metric = m.ConfusionMatrix(num_classes=size)
        metric.update((pred, true))
        found["confusion"] = metric.compute().long().tolist()
        found["kappa"] = value(m.CohenKappa(), pred.argmax(1), true)
    return found


def given(case: Any, found: Any) -> Any:
    tensor = torch.from_numpy(found)
    if case.task == "multiclass":
        return torch.nn.functional.one_hot(tensor, case.classes).float()
    return tensor


def score(case: Any) -> dict[str, Any]:
    refused = {"ignore_index", "zero_division", "from_logits"} & set(case.options)
    if refused or case.sample_weight is not None or over_of(case) != "all":
        raise NotImplementedError("no ignore_index, zero_division or weights; all classes")
    beta = case.options.get("beta", 1.0)
    if case.task == "multiclass" and case.y_score is not None and case.dtype != "bfloat16":
        pred = torch.from_numpy(case.y_score)
        if "top_k" in case.options:
            metric = m.TopKCategoricalAccuracy(k=case.options["top_k"])
            return {"accuracy": value(metric, pred, truth(case))}
    else:
        pred = given(case, labels(case))
    return values(case.task, case.classes, pred, truth(case), beta)


def curve(case: Any) -> dict[str, Any]:
    if case.sample_weight is not None or case.task != "binary":
        raise NotImplementedError("no weights, one class")
    pred, true = torch.from_numpy(case.y_score), truth(case)
    return {"roc_auc": value(m.ROC_AUC(), pred, true),
            "average_precision": value(m.AveragePrecision(), pred, true)}  # fmt: skip
