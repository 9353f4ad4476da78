"""torcheval, by its functions."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import torch
import torcheval.metrics as classes
import torcheval.metrics.functional as f
from decided import number, over_of, repeated, tensor, truth

VERSION = importlib.metadata.version("torcheval")
RATIOS = {"precision": "precision", "recall": "recall", "f1": "f1_score"}


def values(task: str, size: int, pred: Any, true: Any, options: Any, over: Any) -> dict[str, Any]:
    if {"ignore_index", "zero_division", "beta", "from_logits"} & set(options):
        raise NotImplementedError("has no ignore_index, zero_division or beta")
    cut, found = options.get("threshold", 0.5), {}
    if task == "multilabel":
        if isinstance(cut, list) or "top_k" in options:
            raise NotImplementedError("one threshold for all labels")
        return {"exact_match": number(f.multilabel_accuracy(pred, true, threshold=cut)),
                "accuracy": number(f.multilabel_accuracy(pred, true, threshold=cut))}  # fmt: skip
    if task == "binary":
        found["accuracy"] = number(f.binary_accuracy(pred, true, threshold=cut))
        found["precision"] = number(f.binary_precision(pred, true, threshold=cut))
        found["recall"] = number(f.binary_recall(pred, true, threshold=cut))
        found["f1"] = number(f.binary_f1_score(pred, true, threshold=cut))
        matrix = f.binary_confusion_matrix(pred, true, threshold=cut)
        return found | {"confusion": matrix.long().tolist()}
    top = options.get("top_k", 1)
    if top > 1:
        return {"accuracy": number(f.multiclass_accuracy(pred, true, num_classes=size, k=top))}
    if isinstance(over, list):
        raise NotImplementedError("averages over no listed classes")
    for name, stem in RATIOS.items():
        function = getattr(f, f"multiclass_{stem}")
        for average in ("micro", "macro", "weighted", None):
            key = average or "per_class"
            try:
                value = number(function(pred, true, num_classes=size, average=average))
            except RuntimeError:  # shapes that do not match, where a class is not in the truth
                value = None
            found[f"{name}_{key}"] = value
    found["accuracy"] = number(f.multiclass_accuracy(pred, true, num_classes=size))
    matrix = f.multiclass_confusion_matrix(pred, true, num_classes=size)
    return found | {"confusion": matrix.long().tolist()}


def score(case: Any) -> dict[str, Any]:
    if case.sample_weight is not None:
        raise NotImplementedError("has no weights here")
    return values(case.task, case.classes, tensor(case), truth(case), case.options, over_of(case))


def stream(case: Any) -> dict[str, Any]:
    metrics = {"f1": classes.BinaryF1Score(), "recall": classes.BinaryRecall(),
               "accuracy": classes.BinaryAccuracy()}  # fmt: skip
    for batch, times in case.batches:
        for _ in range(times):
            for metric in metrics.values():
                metric.update(tensor(batch), truth(batch))
    return {name: number(metric.compute()) for name, metric in metrics.items()}


def confusion(case: Any) -> dict[str, Any]:
    true, pred = (torch.from_numpy(side) for side in repeated(case))
    return values(case.task, case.classes, pred, true, {}, "all")


def curve(case: Any) -> dict[str, Any]:
    pred, true = tensor(case), truth(case)
    if case.sample_weight is not None:
        weight = torch.from_numpy(case.sample_weight)
        return {"roc_auc": number(f.binary_auroc(pred, true, weight=weight))}
    if case.task == "binary":
        return {"roc_auc": number(f.binary_auroc(pred, true)),
                "average_precision": number(f.binary_auprc(pred, true))}  # fmt: skip
    size, found = case.classes, {}
    for average, key in (("macro", "macro"), (None, "per_class")):
        if case.task == "multiclass":
            auc = f.multiclass_auroc(pred, true, num_classes=size, average=average)
            ap = f.multiclass_auprc(pred, true, num_classes=size, average=average)
            found[f"roc_auc_{key}"] = number(auc)
        else:
            ap = f.multilabel_auprc(pred, true, num_labels=size, average=average)
        found[f"average_precision_{key}"] = number(ap)
    return found
