"""Out-of-fold probabilities of a classifier, and what its target is to a threshold."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _check_method_params, column_or_1d

from ...counts import Array
from ...errors import F1Error, one_of, shown
from ...float_bits import quotients
from ...option_types import Task
from ...option_values import among
from ...scores import METRICS
from .scoring import _of_labels

_TASKS = {
    "binary": "binary", "multiclass": "multiclass", "multilabel-indicator": "multilabel",
}  # fmt: skip


_RATIOS = ("f1", "fbeta")
AVERAGES = ("macro", "micro", "weighted")


def asked_metric(metric: Any, average: Any, beta: Any) -> tuple[str | None, str | None]:
    """F-beta's name and its average, or None and any other metric."""
    stem, _, kind = metric.rpartition("_") if isinstance(metric, str) else ("", "", "")
    if stem in _RATIOS and kind in AVERAGES and average in (None, kind):
        metric, average = stem, kind
    if metric == "f1" and beta != 1.0:
        raise F1Error(f"beta is {beta!r} and metric is 'f1': metric='fbeta' has a beta")
    if isinstance(metric, str) and metric in _RATIOS:
        return metric, average
    among("metric", metric, METRICS)
    if average is not None:
        raise F1Error(f"metric is {metric!r}, which leaves no choice of average={average!r}")
    return None, metric


@dataclass(frozen=True, eq=False)
class Target:
    """A target as thresholds see it: ids of classes, or 0/1 rows.

    `ids` are (n,) of a multiclass task, 0 and 1 for the positive class of two, (n, L) for many
    labels; `names` are the classes in that order as f1core calls them.
    """

    task: Task
    classes: Array  # sorted, as scikit-learn has them
    ids: Array
    names: list[Any]
    positive: int | None = None  # its place in `classes`, of a binary task

    def labels_of(self, ids: Array) -> Array:
        """Ids (or whether a class is it) as f1core counts them: the classes' names, or 0/1 rows."""
        ids = ids.astype(np.int64)
        return ids if self.task == "multilabel" else np.asarray(self.names)[ids]

    def predicted(self, ids: Array) -> Array:
        """Ids (or whether a class is it) as scikit-learn predicts them."""
        if self.task == "multilabel":
            return ids.astype(np.int64)
        if self.positive is None:
            return np.asarray(self.classes[ids])
        return np.asarray(self.classes[np.where(ids, self.positive, 1 - self.positive)])

    def decided(self, scores: Array, threshold: Any) -> Array:
        """Ids, or whether a class is it, by `score`'s rule: argmax of p_k / t_k, or p > t."""
        if self.task == "multiclass":
            return np.asarray(quotients(scores, threshold, False).argmax(axis=1))
        return np.asarray(scores > threshold)

    def without_rows(self) -> Target:
        """Drop all rows and keep the rest, which predictions of other rows need."""
        return replace(self, ids=self.ids[:0])


def read_target(y: Any, pos_label: Any, one_sided: bool) -> Target:
    """Read classes or labels; refuse what no threshold parts.

    Of two classes one is positive if the metric is `one_sided`, and something says which one.
    """
    kind = type_of_target(y, input_name="y", raise_unknown=True)
    check_classification_targets(y)
    if kind not in _TASKS:
        raise F1Error(f"y is {kind}; thresholds part classes, or the labels of 0/1 rows")
    if kind == "multilabel-indicator":
        if pos_label is not None:
            raise F1Error(f"pos_label is {shown(pos_label)}, and y has many labels")
        rows = np.asarray(y.toarray() if hasattr(y, "toarray") else y).astype(np.int64)
        labels = np.arange(rows.shape[1])
        return Target("multilabel", labels, rows, labels.tolist())
    classes, ids = np.unique(column_or_1d(y, warn=True), return_inverse=True)
    if len(classes) < 2:
        held = f"one class, {shown(classes[0])}" if len(classes) else "no rows"
        raise F1Error(f"y holds {held}; a threshold parts two classes")
    names = [each if isinstance(each, str) else int(each) for each in classes.tolist()]
    if len(names) > 2 and pos_label is not None:
        raise F1Error(f"pos_label is {shown(pos_label)}, and y has {len(names)} classes")
    positive = _positive(names, pos_label) if one_sided and len(names) == 2 else None
    if positive is None:
        return Target("multiclass", classes, ids, names)
    return Target(
        "binary", classes, (ids == positive).astype(np.int64),
        [names[1 - positive], names[positive]], positive,
    )  # fmt: skip


def _positive(names: list[Any], pos_label: Any) -> int | None:
    """The place of the positive class: what was said, else 1, else none with a warning."""
    if pos_label is not None:
        if pos_label not in names:
            raise F1Error(one_of("pos_label", pos_label, names))
        return names.index(pos_label)
    if 1 in names:
        return names.index(1)
    warnings.warn(
        f"the classes are {shown(names[0])} and {shown(names[1])}, and nothing says which one is "
        f"positive: the mean of both is tuned, pos_label={shown(names[1])} tunes that of one",
        stacklevel=3,
    )
    return None


def probabilities(estimator: Any, X: Any, target: Target) -> Array:
    """(n,) float64 probabilities of the positive class, or (n, C); 0 where it was never seen."""
    if target.task == "multilabel":
        return np.asarray(_of_labels(estimator, "predict_proba", X), dtype=np.float64)
    found = np.asarray(estimator.predict_proba(X), dtype=np.float64)
    if target.task == "multiclass":
        every = np.zeros((len(found), len(target.classes)))
        every[:, np.searchsorted(target.classes, estimator.classes_)] = found
        return every
    seen = np.flatnonzero(estimator.classes_ == target.classes[target.positive])
    return found[:, seen[0]] if len(seen) else np.zeros(len(found))


def out_of_fold(
    estimator: Any, X: Any, y: Any, target: Target, cv: Any, given: Any, n_jobs: int | None
) -> tuple[list[Array], list[Array]]:
    """The rows of each test fold, and what a model fitted without them gives for them."""
    rows = np.arange(len(target.ids))
    splits = check_cv(cv, y, classifier=True).split(X, y, **given.splitter.split)
    folds = [(rows[train], rows[test]) for train, test in splits]
    times = np.bincount(np.concatenate([test for _, test in folds]), minlength=len(rows))
    if len(folds) < 2 or (times > 1).any():
        raise F1Error(
            f"cv gives {len(folds)} test fold, and each is cut by the threshold of the others: "
            "give two at least"
            if len(folds) < 2
            else f"cv has row {int(times.argmax())} in {times.max()} test folds, where each row "
            "has one probability: give a splitter whose test folds share no row, such as "
            "StratifiedKFold, GroupKFold or TimeSeriesSplit"
        )
    found = Parallel(n_jobs=n_jobs)(
        delayed(_fold)(clone(estimator), X, y, target, train, test, given.estimator.fit)
        for train, test in folds
    )
    return [test for _, test in folds], list(found)


def _fold(
    model: Any, X: Any, y: Any, target: Target, train: Array, test: Array, given: Any
) -> Array:
    params = _check_method_params(X, given, indices=train)
    model.fit(_safe_indexing(X, train), _safe_indexing(y, train), **params)
    return probabilities(model, _safe_indexing(X, test), target)
