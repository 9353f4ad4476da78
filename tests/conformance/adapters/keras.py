"""Keras 3, by the metrics that `compile(metrics=…)` takes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras
from decided import over_of, tensor

VERSION = f"{keras.__version__} on torch"
M = keras.metrics


def fed(metric: Any, true: Any, pred: Any, weight: Any, times: int = 1) -> Any:
    for _ in range(times):
        metric.update_state(true, pred, sample_weight=weight)
    return metric


def result(metric: Any) -> Any:
    return keras.ops.convert_to_numpy(metric.result()).astype(float).tolist()


def scores_of(case: Any) -> Any:
    if case.dtype == "bfloat16":
        import torch  # noqa: F401 - what `tensor` finds

        return tensor(case)
    return case.y_score


def score(case: Any) -> dict[str, Any]:
    options = case.options
    if over_of(case) != "all" or {"ignore_index", "zero_division", "from_logits"} & set(options):
        raise NotImplementedError("averages over all classes, 0/0 is 0, no ignore_index")
    weight, true, cut = case.sample_weight, case.y_true, options.get("threshold", 0.5)
    if isinstance(cut, list):
        raise NotImplementedError("one threshold for all labels")
    if case.y_score is None:
        eye = np.eye(case.classes)
        pred = case.y_pred.astype("float32") if case.y_pred.ndim == 2 else eye[case.y_pred]
    else:
        pred = scores_of(case)
    found: dict[str, Any] = {}
    top = options.get("top_k")
    if case.task == "binary":
        column = pred.reshape(-1, 1)
        if cut > 0:
            beta = float(options.get("beta", 1.0))
            metric = M.FBetaScore(average="micro", beta=beta, threshold=float(cut))
            found["fbeta"] = result(fed(metric, true[:, None].astype("float32"), column, weight))
            if beta == 1.0:
                found["f1"] = found["fbeta"]
        for name, kind in (("precision", M.Precision), ("recall", M.Recall)):
            found[name] = result(fed(kind(thresholds=cut), true[:, None], column, weight))
        metric = M.BinaryAccuracy(threshold=cut)
        return found | {"accuracy": result(fed(metric, true[:, None], column, weight))}
    flags = true if case.task == "multilabel" else np.eye(case.classes)[true]
    if top:
        if case.task == "multiclass":
            metric = M.SparseTopKCategoricalAccuracy(k=top)
            found["accuracy"] = result(fed(metric, true, pred, weight))
        found["precision_micro"] = result(fed(M.Precision(top_k=top), flags, pred, weight))
        found["recall_micro"] = result(fed(M.Recall(top_k=top), flags, pred, weight))
        return found
    threshold = {"threshold": float(cut)} if case.task == "multilabel" else {}
    for average in ("micro", "macro", "weighted", None):
        key, beta = average or "per_class", float(options.get("beta", 1.0))
        metric = M.FBetaScore(average=average, beta=beta, **threshold)
        found[f"fbeta_{key}"] = result(fed(metric, flags.astype("float32"), pred, weight))
        if beta == 1.0:
            found[f"f1_{key}"] = found[f"fbeta_{key}"]
    if case.task == "multiclass":
        found["accuracy"] = result(fed(M.SparseCategoricalAccuracy(), true, pred, weight))
    return found


def stream(case: Any) -> dict[str, Any]:
    metrics = {"f1": M.F1Score(average="micro", threshold=0.5), "recall": M.Recall(),
               "accuracy": M.BinaryAccuracy()}  # fmt: skip
    for batch, times in case.batches:
        true, pred = batch.y_true[:, None].astype("float32"), batch.y_score[:, None]
        for metric in metrics.values():
            fed(metric, true, pred, None, times)
    return {name: result(metric) for name, metric in metrics.items()}


def curve(case: Any) -> dict[str, Any]:
    if case.task != "binary":
        flags = case.y_true if case.y_true.ndim == 2 else np.eye(case.classes)[case.y_true]
        rows = flags, case.y_score, case.sample_weight
        macro, micro = fed(M.AUC(multi_label=True), *rows), fed(M.AUC(), *rows)
        return {"roc_auc_macro": result(macro), "roc_auc_micro": result(micro)}
    weight = case.sample_weight
    return {"roc_auc": result(fed(M.AUC(), case.y_true, case.y_score, weight))}
