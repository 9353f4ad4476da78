"""One row per public quantity: ours, scikit-learn's, which tasks, which averages, how close.

The agreement tests and the benchmarks both read this table; `to_dict` must hold just these names.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn import metrics

AVERAGES = ("micro", "macro", "weighted")


@dataclass
class Case:
    """Decided predictions, as scikit-learn takes them.

    Single-label: (n,) ids, (n, k) predicted ids for top-k. Multilabel: (n, L) flags of 0 and 1.
    """

    task: str
    true: np.ndarray
    pred: np.ndarray
    n_classes: int
    included: list[int]  # the classes that averages look at
    sampled: list[int] | None = None  # the labels that the samples averages look at, if others
    weight: np.ndarray | None = None
    kept: np.ndarray | None = None  # (n, L) cells that count; None for all
    beta: float = 1.0
    zero_division: float = 0.0
    names: list[Any] = field(default_factory=list)  # what f1core must call the classes

    @property
    def top_k(self) -> int:
        return self.pred.shape[1] if self.task != "multilabel" and self.pred.ndim == 2 else 1

    def flags(self) -> tuple[np.ndarray, np.ndarray]:
        """Truth and prediction as (n, C) rows of 0 and 1."""
        if self.task == "multilabel":
            return self.true, self.pred
        true = np.zeros((len(self.true), self.n_classes), int)
        pred = np.zeros_like(true)
        rows = np.arange(len(true))
        true[rows, self.true] = 1
        pred[rows[:, None], self.pred.reshape(len(true), -1)] = 1
        return true, pred

    @property
    def known_to_sklearn(self) -> bool:
        """It knows neither cells that count nowhere nor a multilabel task of one label."""
        indicator = self.task == "multilabel" or self.top_k > 1
        return self.kept is None and not (indicator and self.n_classes == 1)

    def arguments(self) -> tuple[np.ndarray, np.ndarray]:
        return self.flags() if self.top_k > 1 else (self.true, self.pred)


@dataclass(frozen=True)
class Quantity:
    name: str  # in to_dict
    tasks: tuple[str, ...]
    ours: Callable[[Any], Any]
    theirs: Callable[[Case], float]
    top_k: bool = False  # defined for several predictions a row
    tolerance: float = 1e-12

    def of(self, case: Case) -> bool:
        return case.task in self.tasks and (self.top_k or case.top_k == 1)


def _averaged(function: Any, case: Case, average: str, **more: Any) -> float:
    chosen = {"pos_label": 1} if average == "binary" else {"labels": case.included}
    true, pred = case.arguments()
    return function(
        true, pred, average=average, sample_weight=case.weight, zero_division=case.zero_division,
        **chosen, **more,
    )  # fmt: skip


def _matrices(case: Case, average: str) -> np.ndarray:
    true, pred = case.arguments()
    included = case.included if case.sampled is None or average != "samples" else case.sampled
    found = metrics.multilabel_confusion_matrix(
        true, pred, sample_weight=case.weight, samplewise=average == "samples",
        labels=[0, 1] if average == "binary" else included,
    )  # fmt: skip
    if average == "samples" and case.weight is not None:  # it multiplies these by the weight
        found = found / np.where(case.weight == 0, 1, case.weight)[:, None, None]
    return found[1:] if average == "binary" else found


def _mean(over: np.ndarray, under: np.ndarray, weights: Any, zero_division: float) -> float:
    values = np.where(under == 0, zero_division, over / np.where(under == 0, 1, under))
    weights = np.ones(len(values)) if weights is None else weights
    counted = ~np.isnan(values)
    if not counted.any():
        return math.nan
    weights = np.where(weights[counted].sum() > 0, weights[counted], 1.0)
    return float(np.average(values[counted], weights=weights))


def _from_matrices(pick: Callable[..., tuple[Any, Any]], case: Case, average: str) -> float:
    tn, fp, fn, tp = _matrices(case, average).reshape(-1, 4).T
    weights = {"weighted": tp + fn, "samples": case.weight}.get(average)
    if average == "micro":
        tn, fp, fn, tp = (x.sum(keepdims=True) for x in (tn, fp, fn, tp))
    return _mean(*pick(tn, fp, fn, tp), weights, case.zero_division)


def _jaccard(case: Case, average: str) -> float:
    if math.isnan(case.zero_division):  # which its jaccard_score does not take
        return _from_matrices(lambda tn, fp, fn, tp: (tp, tp + fp + fn), case, average)
    return _averaged(metrics.jaccard_score, case, average)


RATIOS: dict[str, Callable[[Case, str], float]] = {
    "precision": lambda case, average: _averaged(metrics.precision_score, case, average),
    "recall": lambda case, average: _averaged(metrics.recall_score, case, average),
    "f1": lambda case, average: _averaged(metrics.f1_score, case, average),
    "fbeta": lambda case, average: _averaged(metrics.fbeta_score, case, average, beta=case.beta),
    "jaccard": _jaccard,
    "specificity": lambda case, average: _from_matrices(
        lambda tn, fp, fn, tp: (tn, tn + fp), case, average
    ),
}


def _ratio(stem: str, average: str) -> Quantity:
    tasks = {"samples": ("multilabel",), "binary": ("binary",)}
    return Quantity(
        stem if average == "binary" else f"{stem}_{average}",
        tasks.get(average, ("binary", "multiclass", "multilabel")),
        lambda scores: getattr(getattr(scores, average), stem),
        lambda case: RATIOS[stem](case, average),
        top_k=average in AVERAGES,
    )


def _f1_of_means(case: Case) -> float:
    means = [RATIOS[ratio](case, "macro") for ratio in ("precision", "recall")]
    return 2 * means[0] * means[1] / sum(means) if sum(means) else 0.0


def _exact_match(case: Case) -> float:
    if case.top_k > 1:
        hits = (case.pred == case.true[:, None]).any(axis=1)
        return float(np.average(hits, weights=case.weight))
    return metrics.accuracy_score(case.true, case.pred, sample_weight=case.weight)


def _single(name: str, tasks: tuple[str, ...], function: Any, top_k: bool = False) -> Quantity:
    def theirs(case: Case) -> float:
        return function(case.true, case.pred, sample_weight=case.weight)

    return Quantity(
        name,
        tasks,
        lambda scores: getattr(scores, name),
        _exact_match if function is None else theirs,
        top_k=top_k,
    )


ONE, ALL = ("binary", "multiclass"), ("binary", "multiclass", "multilabel")

REGISTRY: tuple[Quantity, ...] = (
    *(_ratio(stem, average) for average in ("binary", *AVERAGES, "samples") for stem in RATIOS),
    _single("accuracy", ALL, None, top_k=True),
    _single("exact_match", ALL, None, top_k=True),
    Quantity("f1_of_means", ALL, lambda scores: scores.f1_of_means, _f1_of_means, top_k=True),
    _single("balanced_accuracy", ONE, metrics.balanced_accuracy_score),
    _single("mcc", ONE, metrics.matthews_corrcoef),
    _single("kappa", ONE, metrics.cohen_kappa_score),
    _single("hamming_loss", ALL, metrics.hamming_loss),
)


def quietly(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Without scikit-learn's warnings about what is undefined."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **options)
