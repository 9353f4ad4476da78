"""Precision, recall, F and Jaccard: averaged as scikit-learn does, under its names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import metrics
from ...count_layout import RATIOS, UNDEFINED
from ...counts import Array
from .checks import drop_in, warn, warn_undefined
from .targets import NOT_BY_ROW, Targets, read

# Ratio by its name here, in scikit-learn's warning, and what it is undefined without.
_WORDS = {
    "precision": ("Precision", "predicted"),
    "recall": ("Recall", "true"),
    "fbeta": ("F-score", "true nor predicted"),
    "jaccard": ("Jaccard", "true or predicted"),
}


def score(
    ratios: tuple[str, ...],
    y_true: Any,
    y_pred: Any,
    labels: Any,
    pos_label: Any,
    average: str | None,
    sample_weight: Any,
    zero_division: Any,
    beta: float = 1.0,
    warn_for: Any = None,
) -> tuple[list[Any], Any]:
    """The ratios, each a float (an array (k,) without an average), and the support without one."""
    columns = None if average == "binary" else labels
    by_row = average == "samples"
    targets = read(y_true, y_pred, sample_weight, columns=columns, rows=by_row, beta=float(beta))
    labels = chosen_labels(targets, labels, pos_label, average)
    return averaged(targets, ratios, labels, average, zero_division, beta, warn_for)


def chosen_labels(targets: Targets, labels: Any, pos_label: Any, average: str | None) -> Any:
    """The labels to average over, in scikit-learn's words if there are none; None for all."""
    if average == "binary":
        if targets.kind != "binary":
            others = [None, "micro", "macro", "weighted", "samples"]
            if targets.kind == "multiclass":
                others.remove("samples")
            raise ValueError(
                f"Target is {targets.kind} but average='binary'. Please choose another average "
                f"setting, one of {others!r}."
            )
        known = len(targets.labels) >= 2 or pos_label is None
        if known and pos_label not in targets.labels:
            raise ValueError(
                f"pos_label={pos_label} is not a valid label. It should be one of {targets.labels}"
            )
        return np.asarray([pos_label])
    if pos_label not in (None, 1):
        warn(
            f"Note that pos_label (set to {pos_label!r}) is ignored when average != 'binary' (got "
            f"{average!r}). You may use labels=[pos_label] to specify a single positive class."
        )
    if average == "samples" and not targets.indicator:
        raise ValueError(NOT_BY_ROW)
    return None if labels is None else np.asarray(labels)


def averaged(
    targets: Targets,
    ratios: tuple[str, ...],
    labels: Array | None,
    average: str | None,
    zero_division: Any = "warn",
    beta: float = 1.0,
    warn_for: Any = None,
) -> tuple[list[Any], Any]:
    """Divide counted targets: each ratio, a float or (k,) without an average, and the support."""
    warns = zero_division == "warn"
    empty = 0.0 if warns else float(zero_division)
    # F-beta is recall at infinity and precision at 0, which give their own warnings.
    same = {0.0: "precision", math.inf: "recall"}.get(beta, "fbeta")
    wanted = [same if ratio == "fbeta" else ratio for ratio in ratios]
    warned = [
        ratio
        for ratio, taken in zip(ratios, wanted, strict=True)
        if warns and ratio == taken and (warn_for is None or _WORDS[ratio][0].lower() in warn_for)
    ]
    if average == "samples" and targets.rows is not None:
        weightless = targets.weight is not None and not targets.weight.all()
        empties = targets.rows[UNDEFINED] + weightless  # a row of weight 0 is 0/0 to scikit-learn
        for ratio in warned:
            if empties[RATIOS.index(ratio)]:
                warn_undefined(*_WORDS[ratio], average, targets.n)
        means = metrics.samples(targets.rows, empty)
        return [means[ratio] for ratio in wanted], None
    tp, pred, true = targets.by_row()[0] if average == "samples" else targets.chosen(labels)
    # scikit-learn keeps what is missed and finds sums again: so sums of weights round as there.
    wrong, missed = pred - tp, true - tp
    pred, true, either = tp + wrong, tp + missed, tp + wrong + missed
    if average == "micro":
        tp, pred, true, either = (sums.sum(keepdims=True) for sums in (tp, pred, true, either))
    square = min(beta, 1e100) ** 2  # beyond that no count can tell the difference
    pairs = {
        "precision": (tp, pred),
        "recall": (tp, true),
        "jaccard": (tp, either),
        # Not as in `metrics`, where a perfect score is 1.0 for every beta.
        "fbeta": ((1 + square) * tp.astype(np.float64), square * true.astype(np.float64) + pred),
    }
    for ratio in warned:
        under = pairs[ratio][1]
        if not under.all():
            warn_undefined(*_WORDS[ratio], average, under.size)
    values = [metrics.divide(*pairs[ratio], empty) for ratio in wanted]
    if average is None:
        return values, true
    weights = {"weighted": true, "samples": targets.weight}.get(average)
    return [_mean(value, weights) for value in values], None


def _mean(values: Array, weights: Array | None) -> float:
    """The mean by NumPy's own functions, which scikit-learn calls; nan is left out."""
    known = ~np.isnan(values)
    if not known.any():
        return math.nan
    if weights is None or not weights[known].sum():
        return float(np.nanmean(values))
    return float(np.average(values[known], weights=weights[known]))


@drop_in
def precision_recall_fscore_support(
    y_true: Any,
    y_pred: Any,
    *,
    beta: float = 1.0,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = None,
    warn_for: Any = ("precision", "recall", "f-score"),
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> tuple[Any, Any, Any, Any]:
    """Precision, recall, F-beta and support; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import precision_recall_fscore_support
    >>> precision_recall_fscore_support([0, 1, 2, 2], [0, 2, 2, 2], average="micro")
    (0.75, 0.75, 0.75, None)
    """
    (precision, recall, f_score), support = score(
        ("precision", "recall", "fbeta"), y_true, y_pred, labels, pos_label, average,
        sample_weight, zero_division, beta, warn_for,
    )  # fmt: skip
    return precision, recall, f_score, support


@drop_in
def precision_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """The share of what is predicted that is true; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import precision_score
    >>> precision_score([0, 1, 1], [0, 1, 0])
    1.0
    """
    given = y_true, y_pred, labels, pos_label, average, sample_weight, zero_division
    return score(("precision",), *given)[0][0]


@drop_in
def recall_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """The share of what is true that is predicted; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import recall_score
    >>> recall_score([0, 1, 1], [0, 1, 0])
    0.5
    """
    given = y_true, y_pred, labels, pos_label, average, sample_weight, zero_division
    return score(("recall",), *given)[0][0]


@drop_in
def f1_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """The harmonic mean of precision and recall; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import f1_score
    >>> f1_score([0, 1, 2, 2], [0, 2, 2, 2], average=None, zero_division=0)
    array([1. , 0. , 0.8])
    """
    given = y_true, y_pred, labels, pos_label, average, sample_weight, zero_division
    return score(("fbeta",), *given)[0][0]


@drop_in
def fbeta_score(
    y_true: Any,
    y_pred: Any,
    *,
    beta: float,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """F with recall `beta` times as important; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import fbeta_score
    >>> fbeta_score([0, 1, 1, 1], [0, 1, 1, 0], beta=0.5)
    0.9090909090909091
    """
    given = y_true, y_pred, labels, pos_label, average, sample_weight, zero_division, beta
    return score(("fbeta",), *given)[0][0]


@drop_in
def jaccard_score(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    pos_label: Any = 1,
    average: str | None = "binary",
    sample_weight: Any = None,
    zero_division: Any = "warn",
) -> Any:
    """Intersection over union of truth and prediction; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import jaccard_score
    >>> jaccard_score([0, 1, 1], [0, 1, 0])
    0.5
    """
    given = y_true, y_pred, labels, pos_label, average, sample_weight, zero_division
    return score(("jaccard",), *given)[0][0]
