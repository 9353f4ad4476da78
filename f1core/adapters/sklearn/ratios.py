"""Precision, recall, F and Jaccard under scikit-learn's names; `locals()` is what came."""

from __future__ import annotations

from typing import Any

from .averaging import score
from .checks import check


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
    given = locals()
    check("precision_recall_fscore_support", given)
    (precision, recall, f_score), support = score(("precision", "recall", "fbeta"), **given)
    return precision, recall, f_score, support


def _one(ratio: str, function: str, given: dict[str, Any]) -> Any:
    check(function, given)
    values, _ = score((ratio,), **given)
    return values[0]


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
    return _one("precision", "precision_score", locals())


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
    return _one("recall", "recall_score", locals())


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
    return _one("fbeta", "f1_score", locals())


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
    return _one("fbeta", "fbeta_score", locals())


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
    return _one("jaccard", "jaccard_score", locals())
