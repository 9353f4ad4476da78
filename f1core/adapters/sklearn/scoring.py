"""Scorers of f1core's metrics, for whatever takes `scoring=`."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics._scorer import _BaseScorer
from sklearn.utils.validation import _check_response_method

from ...api import score
from ...counts import Array
from ...errors import F1Error, one_of, shown
from ...layout import RATIOS
from ...options import make_options, thread_count
from ...scores import LOSSES, METRICS


def scorer(metric: str, **options: Any) -> Scorer:
    """A scikit-learn scorer for cross-validation, searches and skorch; greater is better.

    Parameters
    ----------
    metric
        A key of `Scores.to_dict()`: "f1_macro", "mcc", plain "f1" for the second of two classes
        (`classes=[negative, positive]` turns them round). The hamming loss is negated.
    options
        Those of `f1core.score`. With `threshold` or `top_k` the estimator is asked for
        `predict_proba`, with `from_logits=True` for `decision_function`, else for `predict`.

    Raises
    ------
    F1Error
        For an unknown metric or option value, as soon as the scorer is made.

    Examples
    --------
    >>> from f1core.adapters.sklearn import scorer
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.naive_bayes import GaussianNB
    >>> x, y = load_breast_cancer(return_X_y=True)
    >>> found = cross_val_score(GaussianNB(), x, y, scoring=scorer("f1", threshold=0.9))
    >>> round(float(found.mean()), 2)
    0.95
    """
    if metric not in METRICS:
        raise F1Error(one_of("metric", metric, METRICS))
    return Scorer(metric, options)


class Scorer(_BaseScorer):  # type: ignore[misc]
    """What `scorer` makes; call it as `scorer(estimator, x, y)`."""

    def __init__(self, metric: str, options: dict[str, Any]) -> None:
        self.metric = metric
        thread_count(options.get("threads"))
        made = make_options(**{key: value for key, value in options.items() if key != "threads"})
        if made.names is not None:  # a dict is in the order of its ids
            options = {**options, "classes": list(made.names)}
        method = "predict_proba" if "threshold" in options or made.top_k > 1 else "predict"
        if made.from_logits:
            method = "decision_function"
        super().__init__(self.value, -1 if metric in LOSSES else 1, options, method)

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self._kwargs.items())
        return f"scorer({self.metric!r}{options})"

    def value(
        self, y_true: Any, y_pred: Any, *, sample_weight: Any = None, **options: Any
    ) -> float:
        """The metric, in its own direction, of predictions that were made already.

        Who calls this without the estimator, as TunedThresholdClassifierCV does, knows no classes:
        the second of two labels is then the positive one.
        """
        if self.metric in RATIOS and options.get("task") is None:
            classes = options.get("classes")
            if classes is None:
                classes = np.unique(np.concatenate([np.ravel(y_true), np.ravel(y_pred)])).tolist()
            if np.size(classes) == 2 and list(classes) != [0, 1]:
                options |= {"task": "binary", "classes": classes}
        return score(y_true, y_pred, sample_weight=sample_weight, **options).metric(self.metric)

    def _score(
        self, method_caller: Any, estimator: Any, X: Any, y_true: Any, **kwargs: Any
    ) -> float:
        self._warn_overlap("These are options of the scorer and metadata as well.", kwargs)
        _check_response_method(estimator, self._response_method)
        options = {**self._kwargs, **kwargs}
        if np.ndim(y_true) == 2 and np.shape(y_true)[1] > 1:
            options.setdefault("task", "multilabel")
            pred = _of_labels(estimator, self._response_method, X)
            return float(self._sign * self.value(y_true, pred, **options))
        pred = np.asarray(method_caller(estimator, self._response_method, X))
        classes = np.asarray(getattr(estimator, "classes_", ())).tolist()
        scored = self._response_method != "predict"
        if not scored and pred.dtype.kind == "f":  # labels, not probabilities
            pred = pred.astype(np.int64)
        if len(classes) == 2 and (scored or self.metric in RATIOS):
            options.setdefault("task", "binary")
        if classes and (scored or options.get("task") == "binary"):
            options.setdefault("classes", classes)
        if classes and scored:
            pred = self._reordered(pred, classes, options["classes"])
        return float(self._sign * self.value(y_true, pred, **options))

    def _reordered(self, scores: Array, classes: list[Any], wanted: Any) -> Array:
        """The scores of the estimator's classes in the order of `classes=`."""
        wanted = np.asarray(wanted).tolist()
        if wanted == classes or not isinstance(wanted, list):
            return scores
        if set(wanted) != set(classes):
            raise F1Error(f"classes is {shown(wanted)}, the estimator's are {shown(classes)}")
        if scores.ndim == 1:  # of two classes, those of the second
            logits = self._response_method == "decision_function"
            return np.asarray(-scores if logits else 1 - scores)
        return np.asarray(scores[:, [classes.index(name) for name in wanted]])


def _of_labels(estimator: Any, method: str, X: Any) -> Array:
    """(n, L) predictions of a multilabel estimator; forests give a list, one array a label."""
    found = getattr(estimator, method)(X)
    if not isinstance(found, list):
        return found  # type: ignore[no-any-return]
    # A label that never varied has a single column, of whichever class that was.
    return np.column_stack(
        [p[:, -1] * float(seen[-1]) for p, seen in zip(found, estimator.classes_, strict=True)]
    )
