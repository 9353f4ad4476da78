"""TunedClassifier: a classifier that predicts by the threshold that is best out of fold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils._metadata_requests import _raise_for_params
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, indexable

from ...accumulator import Accumulator
from ...counts import Array
from ...errors import F1Error, UnknownAttribute
from ...intervals.differences import Comparison
from ...intervals.paired import compare
from ...option_values import among, flag
from ...scores import LOSSES
from ...thresholds.best import Best, best_threshold
from .out_of_fold import (
    AVERAGES,
    Target,
    asked_metric,
    out_of_fold,
    probabilities,
    read_target,
)

# Of rows, for intervals that counts alone do not give.
_REPLICAS: dict[str, Any] = {"resamples": 500, "seed": 0}
_FEW = 200  # resamples, to see which of two is better
Method = TypeVar("Method", bound=Callable[..., Any])


def _refitted(name: str) -> Callable[[Method], Method]:
    """Make a method of what is there after a refit alone, and if the estimator has it."""

    def there(tuned: TunedClassifier) -> bool:
        if not tuned.refit:
            raise UnknownAttribute(f"refit is False: nothing was fitted that has {name}")
        getattr(getattr(tuned, "estimator_", tuned.estimator), name)
        return True

    return available_if(there)  # type: ignore[no-any-return]


class TunedClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that predicts by the threshold with the highest F1 out of fold.

    Each row's probability comes from a model that was fitted without the row's fold. Over all of
    them `f1core.best_threshold` finds the best threshold, of labels and two classes exactly, and
    `predict` cuts by it what the estimator, fitted to all rows, gives for new ones. What to expect
    is `scores_`: each fold's rows as the best threshold of the other folds cuts them.

    Of three classes and more each has a threshold, and so many fit the noise of few rows. They
    stay equal, so that the largest probability is predicted, unless those of the other folds are
    surely better on each fold's rows: `improvement_` compares both, and 0 is below its interval.

    Weights reach the estimator if it requests them, as scikit-learn routes metadata; the choice of
    the threshold and `scores_` take them unless `set_fit_request(sample_weight=False)` was said.

    Parameters
    ----------
    estimator
        A classifier with `predict_proba`. One that is fitted already stays as it is inside of
        `sklearn.frozen.FrozenEstimator`.
    metric
        "f1", or "fbeta" with `beta`; also with its average, "f1_macro". Of two classes or more any
        name in `Scores.to_dict`: "mcc", "balanced_accuracy".
    average
        None for the positive one of two classes, else for "macro"; or "micro" or "weighted".
    cv
        How many folds, or a splitter of scikit-learn's; no row may be in two test folds.
    refit
        Whether to fit the estimator to all rows, without which nothing can be predicted.
    beta, shared
        As in `f1core.best_threshold`.
    pos_label
        The positive one of two classes: by default 1, where it is one of them. Where neither is,
        the mean over both is tuned, with a warning.
    n_jobs
        How many folds are fitted at the same time, as in scikit-learn.

    Attributes
    ----------
    threshold_
        A float in [0, 1], or (L,) of them: `predict` says yes where p > threshold. Of classes
        without a positive one (C,), of which argmax of p_k / t_k is predicted.
    thresholds_
        (K,) or (K, C): the thresholds by which `scores_` has the folds cut. How far they spread
        shows how much the choice hangs on single rows.
    best_
        What `f1core.best_threshold` found on all rows, with the range that is as good.
    improvement_
        Of three classes and more the `f1core.Comparison` of thresholds with none.
    scores_
        The out-of-fold `Scores`; `scores_.interval(metric_)` bounds what was tuned.
    metric_
        The name in `scores_` of what was tuned.
    classes_, estimator_, n_features_in_, feature_names_in_
        As scikit-learn's meta-estimators have them.

    Raises
    ------
    F1Error
        From `fit`: for parameters that are not of their form, a single class, scores that are no
        probabilities, folds that share rows.

    Examples
    --------
    >>> from f1core.adapters.sklearn import TunedClassifier
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> x, y = make_classification(2000, weights=[0.95], random_state=0)
    >>> model = TunedClassifier(LogisticRegression()).fit(x, y)
    >>> round(model.threshold_, 2), round(model.scores_.binary.f1, 2)
    (0.25, 0.94)
    >>> low, high = model.scores_.interval(model.metric_)
    >>> low < model.scores_.binary.f1 < high
    True
    """

    improvement_: Comparison
    __metadata_request__fit = {"sample_weight": True}  # noqa: RUF012 - where scikit-learn looks

    def __init__(
        self,
        estimator: Any,
        metric: str = "f1",
        average: str | None = None,
        cv: Any = 5,
        refit: bool = True,
        *,
        beta: float = 1.0,
        shared: bool = False,
        pos_label: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.metric = metric
        self.average = average
        self.cv = cv
        self.refit = refit
        self.beta = beta
        self.shared = shared
        self.pos_label = pos_label
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any, **params: Any) -> TunedClassifier:
        """Find the threshold, and fit the estimator to all rows.

        Parameters
        ----------
        X
            (n, features), whatever the estimator takes.
        y
            (n,) labels, or (n, L) 0/1 rows.
        params
            Metadata for the estimator and the splitter, if scikit-learn's routing is enabled.

        Raises
        ------
        F1Error
            As the class says.
        """
        _raise_for_params(params, self, None)
        X, y = indexable(X, y)
        ratio, average = asked_metric(self.metric, self.average, self.beta)
        one_sided = ratio is not None and average in (None, "binary")
        target = read_target(y, self.pos_label, one_sided)
        if not hasattr(self.estimator, "predict_proba"):
            raise UnknownAttribute(
                f"{type(self.estimator).__name__} has no predict_proba: "
                "sklearn.calibration.CalibratedClassifierCV gives it one"
            )
        flag("refit", self.refit)
        how = self._how(target, ratio, average)
        given = process_routing(self, "fit", **params)
        tests, found = out_of_fold(self.estimator, X, y, target, self.cv, given, self.n_jobs)
        self._tune(target, tests, found, self._weight(X, params), how)
        if self.refit:
            self.estimator_ = clone(self.estimator).fit(X, y, **given.estimator.fit)
            for name in ("n_features_in_", "feature_names_in_"):
                if hasattr(self.estimator_, name):
                    setattr(self, name, getattr(self.estimator_, name))
        self.classes_, self._target = target.classes, target.without_rows()
        return self

    def _how(self, target: Target, ratio: str | None, average: str | None) -> dict[str, Any]:
        """The options of `best_threshold` that metric, average, beta and shared stand for."""
        how = {"task": target.task, "beta": self.beta, "shared": self.shared}
        if target.task == "binary":
            return how
        if target.task == "multilabel" or ratio is not None:
            if ratio is None:
                raise F1Error(f"metric is {average!r}, y has many labels: their F-beta is tuned")
            average = among("average", average or "macro", AVERAGES)
        if target.task == "multiclass":
            how["classes"] = len(target.classes)
        return {**how, "average": average}

    def _weight(self, X: Any, params: dict[str, Any]) -> Array | None:
        """(n,) weights for the threshold, unless they are only the estimator's."""
        wanted = self._get_metadata_request().fit.requests.get("sample_weight")
        if params.get("sample_weight") is None or wanted in (False, None):
            return None
        return np.asarray(_check_sample_weight(params["sample_weight"], X, dtype=np.float64))

    def _tune(
        self,
        target: Target,
        tests: list[Array],
        found: list[Array],
        weight: Array | None,
        how: dict[str, Any],
    ) -> None:
        """Choose the threshold on all rows, and score each fold by that of the others."""

        def best(folds: list[int]) -> Best:
            rows = np.concatenate([tests[k] for k in folds])
            scores = np.concatenate([found[k] for k in folds])
            weights = None if weight is None else weight[rows]
            return best_threshold(target.ids[rows], scores, sample_weight=weights, **how)

        every = range(len(tests))
        self.best_ = best(list(every))
        self.threshold_, self.metric_ = self.best_.threshold, self.best_.metric
        self.thresholds_ = np.array([best([i for i in every if i != k]).threshold for k in every])
        rows = np.concatenate(tests)
        cut = zip(found, self.thresholds_, strict=True)
        decided = np.concatenate([target.decided(scores, at) for scores, at in cut])
        weights = None if weight is None else weight[rows]
        if target.task == "multiclass" and len(target.classes) > 2:
            largest = np.concatenate([scores.argmax(axis=1) for scores in found])
            self.improvement_ = compare(
                target.ids[rows], decided, largest, metric=self.metric_, task=target.task,
                classes=len(target.classes), beta=self.beta, sample_weight=weights, seed=0,
                resamples=_FEW,
            )  # fmt: skip
            low, high = self.improvement_.interval
            if not (high < 0 if self.metric_ in LOSSES else low > 0):
                decided = largest
                self.threshold_ = np.full(len(target.classes), 1 / len(target.classes))
        # What the counts alone cannot bound has replicas of rows.
        plain = weight is None and target.task != "multilabel"
        replicas = {} if plain else _REPLICAS
        total = Accumulator(target.task, classes=target.names, beta=self.beta, **replicas)
        true = target.labels_of(target.ids[rows])
        total.update(true, target.labels_of(decided), sample_weight=weights)
        self.scores_ = total.compute()

    @_refitted("predict")
    def predict(self, X: Any) -> Array:
        """The labels (n,) of the rows, or (n, L) 0/1 rows, by `threshold_`."""
        check_is_fitted(self)
        scores = probabilities(self.estimator_, X, self._target)
        return self._target.predicted(self._target.decided(scores, self.threshold_))

    @_refitted("predict_proba")
    def predict_proba(self, X: Any) -> Any:
        """The probabilities that the estimator, fitted to all rows, gives."""
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    @_refitted("predict_log_proba")
    def predict_log_proba(self, X: Any) -> Any:
        """The logarithms of `predict_proba`."""
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(X)

    @_refitted("decision_function")
    def decision_function(self, X: Any) -> Any:
        """The margins that the estimator, fitted to all rows, gives; `threshold_` is not theirs."""
        check_is_fitted(self)
        return self.estimator_.decision_function(X)

    def get_metadata_routing(self) -> MetadataRouter:
        """Say who takes which metadata: the estimator, the splitter, the threshold."""
        both = MethodMapping().add(caller="fit", callee="fit")
        split = MethodMapping().add(caller="fit", callee="split")
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(estimator=self.estimator, method_mapping=both)
        return router.add(splitter=self.cv, method_mapping=split)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "threshold_")

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import get_tags  # since scikit-learn 1.6

        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        if inner.classifier_tags is not None:
            tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
            tags.classifier_tags.multi_label = inner.classifier_tags.multi_label
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        return tags
