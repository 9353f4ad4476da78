"""Confusion, agreement and loss under scikit-learn's names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from ... import metrics
from ...counts import Array
from .checks import drop_in, warn
from .targets import Targets, read


@drop_in
def confusion_matrix(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    sample_weight: Any = None,
    normalize: str | None = None,
) -> Array:
    """(C, C) counts, rows = truth; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import confusion_matrix
    >>> confusion_matrix([0, 1, 1], [0, 1, 0])
    array([[1, 0],
           [1, 1]])
    """
    matrix = _confusion(y_true, y_pred, labels, sample_weight)
    return matrix if normalize is None else metrics.normalised(matrix, normalize)


@drop_in
def multilabel_confusion_matrix(
    y_true: Any,
    y_pred: Any,
    *,
    sample_weight: Any = None,
    labels: Any = None,
    samplewise: bool = False,
) -> Array:
    """(k, 2, 2) counts of each label against the rest; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import multilabel_confusion_matrix
    >>> multilabel_confusion_matrix([0, 1, 1], [0, 1, 0], labels=[1])
    array([[[1, 0],
            [1, 1]]])
    """
    targets = read(y_true, y_pred, sample_weight, columns=labels)
    if samplewise:
        (tp, pred, true), total = targets.by_row()
    else:
        tp, pred, true = targets.chosen(None if labels is None else np.asarray(labels))
        total = targets.n if targets.weight is None else targets.weight.sum()
    wrong, missed = pred - tp, true - tp
    cells = np.stack([total - tp - wrong - missed, wrong, missed, tp], axis=-1)
    return cells.reshape(-1, 2, 2)


@drop_in
def accuracy_score(
    y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None
) -> float:
    """Rows that are right in every label; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import accuracy_score
    >>> accuracy_score([0, 1, 1, 2], [0, 1, 0, 2])
    0.75
    """
    return _accuracy(read(y_true, y_pred, sample_weight, rows=True), normalize)


@drop_in
def zero_one_loss(
    y_true: Any, y_pred: Any, *, normalize: bool = True, sample_weight: Any = None
) -> float:
    """Rows that are wrong in some label; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import zero_one_loss
    >>> zero_one_loss([0, 1, 1, 2], [0, 1, 0, 2])
    0.25
    """
    targets = read(y_true, y_pred, sample_weight, rows=True)
    accuracy = _accuracy(targets, normalize)
    if normalize:
        return 1 - accuracy
    return float((targets.n if targets.weight is None else targets.weight.sum()) - accuracy)


def _accuracy(targets: Targets, normalize: bool) -> float:
    """The share of rows that are right in every label, or their number."""
    if targets.weight is None:
        return float(targets.exact) / (targets.n if normalize else 1.0)
    if normalize:
        return float(np.average(targets.rows_right, weights=targets.weight))
    return float(np.dot(targets.rows_right, targets.weight))


@drop_in
def hamming_loss(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """The share of single labels that are wrong; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import hamming_loss
    >>> hamming_loss([[0, 1], [1, 1]], [[0, 0], [1, 1]])
    0.25
    """
    targets = read(y_true, y_pred, sample_weight)
    width, weight = len(targets.labels) if targets.indicator else 1, targets.weight
    if weight is None:
        return float(targets.wrong) / (targets.n * width)
    if not targets.indicator:
        return float(np.average(~targets.rows_right, weights=weight))
    whole = targets.n * width * np.average(weight)  # of float32 where the weights are
    return float(float(np.dot(targets.wrong_by_row, weight)) / whole)


@drop_in
def balanced_accuracy_score(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, adjusted: bool = False
) -> float:
    """The mean recall over the classes that occur; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import balanced_accuracy_score
    >>> balanced_accuracy_score([0, 0, 0, 1], [0, 0, 0, 0])
    0.5
    """
    tp, _, true = _single_label(read(y_true, y_pred, sample_weight, matrix=None)).sums
    if not true.all():
        warn("y_pred contains classes not in y_true")
    with np.errstate(divide="ignore", invalid="ignore"):
        score = float(np.mean((tp / true)[true != 0]))
    if adjusted:
        chance = np.float64(1 / np.count_nonzero(true))  # with one class 0/0: nan and a warning
        return float((score - chance) / (1 - chance))
    return score


@drop_in
def matthews_corrcoef(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Matthews' correlation, of any number of classes; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import matthews_corrcoef
    >>> round(matthews_corrcoef([1, 1, 1, 0], [1, 0, 1, 1]), 4)
    -0.3333
    """
    targets = _single_label(read(y_true, y_pred, sample_weight, matrix=None))
    tp, pred, true = targets.sums.astype(np.float64)
    total = pred.sum()
    both = (total**2 - np.dot(pred, pred)) * (total**2 - np.dot(true, true))
    return 0.0 if both == 0 else float((tp.sum() * total - np.dot(true, pred)) / np.sqrt(both))


@drop_in
def cohen_kappa_score(
    y1: Any,
    y2: Any,
    *,
    labels: Any = None,
    weights: str | None = None,
    sample_weight: Any = None,
    replace_undefined_by: float = math.nan,
) -> float:
    """Cohen's kappa, plain or weighted by distance; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import cohen_kappa_score
    >>> cohen_kappa_score([0, 1, 1, 0], [0, 1, 0, 0])
    0.5
    """
    try:
        matrix = _confusion(y1, y2, labels, sample_weight)
    except ValueError as error:
        if _NO_LABEL not in str(error):
            raise
        raise ValueError(
            "At least one label in `labels` must be present in `y1` (even though "
            "`cohen_kappa_score` is otherwise agnostic to the order of `y1` and `y2`)."
        ) from error
    pred, true = matrix.sum(axis=0), matrix.sum(axis=1)
    shared = np.count_nonzero(pred.astype(bool) | true.astype(bool))
    if shared > 1:
        matrix = matrix.astype(np.float64)
        true, pred = matrix.sum(axis=1), matrix.sum(axis=0)
        places = np.arange(len(matrix), dtype=np.float64)
        cost = np.abs(places - places[:, None])
        cost = {"linear": cost, "quadratic": cost**2}.get(weights or "", np.minimum(cost, 1.0))
        chance = np.sum(cost * (np.outer(pred, true) / pred.sum()))
        return float(1 - np.sum(cost * matrix) / chance)
    missing = "`y2` contains no labels that are present in both `y1` and `labels`."
    alike = "`y1`, `y2` and `labels` have only one label in common. "
    warn(
        f"{alike if shared else missing}`cohen_kappa_score` is undefined and set to the value "
        f"defined by the {'the ' if shared else ''}`replace_undefined_by` param, which is set to "
        f"{replace_undefined_by}.",
        UndefinedMetricWarning,
    )
    return replace_undefined_by


_NO_LABEL = "At least one label specified must be in y_true"


def _confusion(y_true: Any, y_pred: Any, labels: Any, sample_weight: Any) -> Array:
    targets = _single_label(read(y_true, y_pred, sample_weight, matrix=True), labels)
    matrix = targets.confusion
    assert matrix is not None and targets.support is not None
    if labels is None:
        return matrix
    labels = np.asarray(labels)
    if not labels.size:
        raise ValueError("'labels' should contain at least one label.")
    places = targets.places(labels)
    if not targets.support[places[places >= 0]].any():
        raise ValueError(_NO_LABEL)
    # Of a label named twice, the last place counts.
    last = {place: i for i, place in enumerate(places.tolist()) if place >= 0}
    at, found = np.array([*last.values()]), np.array([*last])
    chosen = np.zeros((len(labels), len(labels)), matrix.dtype)
    chosen[np.ix_(at, at)] = matrix[np.ix_(found, found)]
    return chosen


def _single_label(targets: Targets, labels: Any = None) -> Targets:
    """The targets, if rows have one label each."""
    if targets.indicator:
        raise ValueError(f"{targets.kind} is not supported")
    if len(targets.labels if labels is None else labels) == 1:
        warn(
            "A single label was found in 'y_true' and 'y_pred'. For the confusion matrix to have "
            "the correct shape, use the 'labels' parameter to pass all known labels."
        )
    return targets
