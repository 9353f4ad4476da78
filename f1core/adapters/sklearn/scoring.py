"""Scorers of f1core's metrics, for whatever takes `scoring=`."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics._scorer import _BaseScorer
from sklearn.utils.validation import _check_response_method

from ...api import score
from ...count_layout import RATIOS
from ...counts import Array
from ...errors import F1Error, UnknownAttribute, UnknownOption, parameters_of, refuse_unknown, shown
from ...options import make_options, thread_count
from ...scores import LOSSES
from ..hooks import refuse_metric

_NONE = ("y_true", "y_pred", "sample_weight", "resamples", "seed", "cluster")
_OPTIONS = tuple(name for name in parameters_of(score) if name not in _NONE)
# What a scorer has no option for, and how it is said.
_HINTS = {
    "y_true y_pred": "the model and its data come with the call, scorer(…)(model, X, y)",
    "sample_weight": "weights are metadata, scorer(…).set_score_request(sample_weight=True)",
    "cluster resamples": "a scorer gives one number; f1core.score(…, resamples=) gives intervals",
    "response_method needs_proba needs_threshold": (
        "threshold= and top_k= ask for predict_proba, from_logits=True for decision_function"
    ),
    "greater_is_better": "greater is always better, since a loss is negated",
}


def scorer(metric: str, **options: Any) -> Scorer:
    """A scikit-learn scorer for cross-validation, searches and skorch; greater is better.

    Parameters
    ----------
    metric
        A key of `Scores.to_dict()`: "f1_macro", "mcc", plain "f1" for the positive class, which is
        `pos_label` or the second of `classes`; without them 1, if it is a label, and else refused.
        The hamming loss is negated.
    options
        Those of `f1core.score`. With `threshold` or `top_k` the estimator is asked for
        `predict_proba`, with `from_logits=True` for `decision_function`, else for `predict`, whose
        fractions are no labels. A class of `classes` that an estimator never saw, as in a fold
        without it, is one that it never predicts.

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
    for names, hint in _HINTS.items():
        for name in options.keys() & names.split():
            raise UnknownOption(f"scorer has no option {name}=: {hint}")
    refuse_unknown(options, ("metric", *_OPTIONS), "scorer")
    refuse_metric(metric, options.get("unknown"))
    return Scorer(metric, options)


class Scorer(_BaseScorer):  # type: ignore[misc]
    """Scorer that scikit-learn calls as `scorer(estimator, x, y)`; made by `scorer`."""

    def __init__(self, metric: str, options: dict[str, Any]) -> None:
        self.metric = metric
        thread_count(options.get("threads"))
        made = make_options(**{key: value for key, value in options.items() if key != "threads"})
        if made.names is not None:  # a dict is in the order of its ids, a positive class the last
            options = {**options, "classes": list(made.names)}
            options.pop("pos_label", None)
        if made.task == "binary":
            options = {**options, "task": "binary"}
        ranked = made.top_k > 1 or made.ranks
        method = "predict_proba" if "threshold" in options or ranked else "predict"
        if made.from_logits:
            method = "decision_function"
        super().__init__(self.value, -1 if metric in LOSSES else 1, options, method)

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self._kwargs.items())
        return f"scorer({self.metric!r}{options})"

    def value(
        self, y_true: Any, y_pred: Any, *, sample_weight: Any = None, **options: Any
    ) -> float:
        """The metric, in its own direction, of predictions that were made already."""
        if self.metric in RATIOS and options.get("task") is None:
            classes = options.get("classes")
            if classes is None:
                classes = np.unique(np.concatenate([np.ravel(y_true), np.ravel(y_pred)])).tolist()
            if classes == 2 or (np.ndim(classes) == 1 and np.size(classes) <= 2):
                options["task"] = "binary"
        return score(y_true, y_pred, sample_weight=sample_weight, **options).metric(self.metric)

    def _score(
        self, method_caller: Any, estimator: Any, X: Any, y_true: Any, **kwargs: Any
    ) -> float:
        self._warn_overlap("These are options of the scorer and metadata as well.", kwargs)
        method, options = self._response_method, {**self._kwargs, **kwargs}
        try:
            _check_response_method(estimator, method)
        except AttributeError as error:
            hint = "its predictions are scored without threshold=, top_k= and from_logits="
            if method == "predict_proba" and hasattr(estimator, "decision_function"):
                hint = "from_logits=True takes its decision_function"
            named = type(estimator).__name__
            raise UnknownAttribute(f"{named} has no {method}: {hint}") from error
        if np.ndim(y_true) == 2 and np.shape(y_true)[1] > 1:
            options.setdefault("task", "multilabel")
            pred = _of_labels(estimator, method, X)
            if method == "predict":
                pred = self._labels(pred)
            return float(self._sign * self.value(y_true, pred, **options))
        known = np.asarray(getattr(estimator, "classes_", ())).tolist()
        if len(known) > 1:
            pred = np.asarray(method_caller(estimator, method, X))
        else:  # scikit-learn would refuse what has one class, or none that it knows of
            pred = np.asarray(getattr(estimator, method)(X))
        if method == "predict":
            pred = self._labels(pred)
        wanted: Any = options.get("classes")
        classes = known
        if np.ndim(wanted) == 1:
            classes = np.asarray(wanted).tolist()
        elif wanted is not None and set(known) < set(range(wanted)):
            classes = list(range(wanted))
        if classes is known and known and (len(known) > 1 or (options.get("top_k") or 1) > 1):
            self._refuse_unseen(y_true, known)
        if len(classes) == 1 and method != "predict":  # one side of a binary task, all else missed
            options["task"] = "binary"
            positive = options.get("pos_label", 1 if classes[0] in (0, 1, -1) else None)
            least = -np.inf if method == "decision_function" else 0.0
            pred = pred.reshape(-1) if classes == [positive] else np.full(len(pred), least)
            return float(self._sign * self.value(y_true, pred, **options))
        if len(classes) == 2 and (method != "predict" or self.metric in RATIOS):
            options.setdefault("task", "binary")
        if options.get("task") == "binary" and len(classes) == 2:
            if np.ndim(wanted) != 1:
                classes = _positive_last(classes, options.pop("pos_label", None), self.metric)
            options["classes"] = classes
        elif classes and method != "predict":
            options["classes"] = classes
        if known and method != "predict":
            pred = _in_order(pred, known, classes, options, method == "decision_function")
        return float(self._sign * self.value(y_true, pred, **options))

    def _refuse_unseen(self, y_true: Any, known: list[Any]) -> None:
        """Complain about a label whose scores the estimator cannot give, since it never saw it."""
        if self._response_method == "predict":
            return
        labels = np.ravel(np.asarray(y_true))
        seen = np.isin(labels, [*known, self._kwargs.get("ignore_index", known[0])])
        if not seen.all():
            row = int((~seen).argmax())
            raise F1Error(
                f"y_true is {shown(labels[row])} at row {row}, which the estimator never saw, as "
                "in a fold without it: name all classes, scorer(…, classes=[…]), and such rows "
                "count as missed"
            )

    def _labels(self, pred: Any) -> Array:
        """Return what `predict` gave if it is labels, else None."""
        found: Array = np.asarray(pred)
        if found.dtype.kind != "f":
            return found
        wrong = ~(np.floor(found) == found)
        if wrong.any():
            at = np.argwhere(wrong)[0]
            metric = repr(self.metric)
            raise F1Error(
                f"predict gave {found[tuple(at)]:g} at row {at[0]}, which is no label: a "
                f"classifier is asked for probabilities by scorer({metric}, threshold=0.5), and "
                "where predict itself gives them, a function scores them: scoring=lambda model, "
                f"X, y: f1core.score(y, model.predict(X)).metric({metric})"
            )
        return np.asarray(found.astype(np.int64))


def _positive_last(classes: list[Any], pos_label: Any, metric: str) -> list[Any]:
    """Two classes, the positive one last."""
    if pos_label is None and 1 not in classes:
        one, other = (shown(each) for each in classes)
        raise F1Error(
            f"the classes are {one} and {other}, and nothing says which one is positive: "
            f"scorer({metric!r}, pos_label={other}) or pos_label={one} does"
        )
    positive = 1 if pos_label is None else pos_label
    if positive not in classes:
        raise F1Error(f"pos_label is {shown(positive)}, the estimator's are {shown(classes)}")
    return classes if classes[1] == positive else classes[::-1]


def _in_order(
    scores: Array, known: list[Any], classes: list[Any], options: dict[str, Any], logits: bool
) -> Array:
    """The scores of the estimator's classes in the order of `classes`; least where it has none.

    (n,) scores are those of the second of two classes that the estimator knows.
    """
    strange = [name for name in known if name not in classes]
    if strange:
        raise F1Error(f"classes is {shown(classes)}, the estimator's are {shown(known)}")
    if scores.ndim == 1 and len(known) == 2:
        scores = np.column_stack([-scores if logits else 1 - scores, scores])
    if scores.ndim == 1 or scores.shape[1] != len(known):
        return scores
    binary = options.get("task") == "binary"
    least = 0.0 if binary and not logits else -np.inf  # which is no probability to be cut
    found = np.full((len(scores), len(classes)), least, np.result_type(scores, np.float32))
    for place, name in enumerate(known):
        found[:, classes.index(name)] = scores[:, place]
    return found[:, 1] if binary else found


def _of_labels(estimator: Any, method: str, X: Any) -> Array:
    """(n, L) predictions of a multilabel estimator; forests give a list, one array a label."""
    found = getattr(estimator, method)(X)
    if not isinstance(found, list):
        return found  # type: ignore[no-any-return]
    # A label that never varied has a single column, of whichever class that was.
    return np.column_stack(
        [p[:, -1] * float(seen[-1]) for p, seen in zip(found, estimator.classes_, strict=True)]
    )
