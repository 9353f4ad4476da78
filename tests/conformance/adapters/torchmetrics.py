"""torchmetrics, by its functions, which compute in float32."""

from __future__ import annotations

import warnings
from typing import Any

import torch
import torchmetrics
import torchmetrics.functional.classification as f
from decided import number, over_of, repeated, tensor, truth

VERSION = torchmetrics.__version__
RATIOS = {"precision": "precision", "recall": "recall", "f1": "f1_score", "fbeta": "fbeta_score",
          "jaccard": "jaccard_index", "specificity": "specificity"}  # fmt: skip
warnings.filterwarnings("ignore")


def values(task: str, size: int, pred: Any, true: Any, options: Any, over: Any) -> dict[str, Any]:
    """Each number by the function of its name."""
    zero, beta = options.get("zero_division", 0.0), options.get("beta", 1.0)
    cut, top = options.get("threshold", 0.5), options.get("top_k")
    if isinstance(cut, list):
        raise NotImplementedError("one threshold for all labels")
    if task == "multilabel" and top:
        raise NotImplementedError("top_k is for multiclass")
    if isinstance(over, list):
        raise NotImplementedError("averages over no listed classes")
    common: dict[str, Any] = {"ignore_index": options.get("ignore_index")}
    if task != "binary":
        common["num_classes" if task == "multiclass" else "num_labels"] = size
    if task != "multiclass":
        common["threshold"] = cut
    found: dict[str, Any] = {}

    def call(name: str, stem: str, **more: Any) -> None:
        function = getattr(f, f"{task}_{stem}", None)
        if function is not None:
            found[name] = number(function(pred, true, **common, **more))

    for name, stem in RATIOS.items():
        more: dict[str, Any] = {} if name == "specificity" else {"zero_division": zero}
        more |= {"beta": beta} if name == "fbeta" else {}
        if task == "binary":
            call(name, stem, **more)
            continue
        if top and name != "jaccard":
            more["top_k"] = top
        for average in ("micro", "macro", "weighted"):
            call(f"{name}_{average}", stem, average=average, **more)
        call(f"{name}_per_class", stem, average="none", **more)
    if task == "multiclass":
        call("accuracy", "accuracy", average="micro", top_k=top or 1)
        call("balanced_accuracy", "accuracy", average="macro")
    if task == "binary":
        call("accuracy", "accuracy")
    call("exact_match", "exact_match")
    call("hamming_loss", "hamming_distance", **({"average": "micro"} if task != "binary" else {}))
    if task != "multilabel" and not top:
        call("mcc", "matthews_corrcoef")
        call("kappa", "cohen_kappa")
        function = getattr(f, f"{task}_confusion_matrix")
        found["confusion"] = function(pred, true, **common).tolist()
    return found


def score(case: Any) -> dict[str, Any]:
    if case.sample_weight is not None:
        raise NotImplementedError("has no weights")
    return values(case.task, case.classes, tensor(case), truth(case), case.options, over_of(case))


def stream(case: Any) -> dict[str, Any]:
    metrics = {"recall": torchmetrics.classification.BinaryRecall(),
               "f1": torchmetrics.classification.BinaryF1Score(),
               "accuracy": torchmetrics.classification.BinaryAccuracy()}  # fmt: skip
    for batch, times in case.batches:
        for _ in range(times):
            for metric in metrics.values():
                metric.update(tensor(batch), truth(batch))
    return {name: number(metric.compute()) for name, metric in metrics.items()}


def confusion(case: Any) -> dict[str, Any]:
    true, pred = (torch.from_numpy(side) for side in repeated(case))
    return values(case.task, case.classes, pred, true, case.options, "all")


def curve(case: Any) -> dict[str, Any]:
    if case.sample_weight is not None:
        raise NotImplementedError("has no weights")
    pred, true, found = tensor(case), truth(case), {}
    size = {"multiclass": "num_classes", "multilabel": "num_labels"}
    for name, stem in (("roc_auc", "auroc"), ("average_precision", "average_precision")):
        function = getattr(f, f"{case.task}_{stem}")
        if case.task == "binary":
            found[name] = number(function(pred, true))
            continue
        for average in ("macro", "weighted", "none", *["micro"][: case.task == "multilabel"]):
            key = "per_class" if average == "none" else average
            more = {size[case.task]: case.classes}
            found[f"{name}_{key}"] = number(function(pred, true, average=average, **more))
    return found


def calibration(case: Any) -> dict[str, Any]:
    if case.sample_weight is not None:
        raise NotImplementedError("has no weights")
    more = {"num_classes": case.classes} if case.task == "multiclass" else {}
    function = getattr(f, f"{case.task}_calibration_error")
    bins = case.options["bins"]
    return {
        name: number(function(tensor(case), truth(case), n_bins=bins, norm=norm, **more))
        for name, norm in (("ece", "l1"), ("mce", "max"))
    }
