"""F1 and its kin for XGBoost: `xgb.train(custom_metric=…)` and `XGBClassifier(eval_metric=…)`.

XGBoost itself is not imported here. What to know of it:

- It takes any metric of a user for a cost and stops when it no longer falls: an F1 that rises would
  leave the first tree as the best one. Hence these metrics count down, "1-f1" is 1 − F1, and every
  way of early stopping goes right. `maximize=True` gives F1 itself under its own name, for
  `xgb.callback.EarlyStopping(rounds=10, maximize=True)` and for `xgb.train(maximize=True)`.
- Of several metrics early stopping watches the last one, on the last of the evaluation sets.
- It keeps six decimals of a metric.
- A custom objective and binary:logitraw hand over margins: `from_logits=True`, where there is a
  threshold. Many classes need nothing, be it probabilities, margins or multi:softmax's class ids.
- On several workers it averages the workers' numbers, whatever the metric.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import F1Error
from ..option_types import AverageName, CountOptions, Task, Unpack
from ..option_values import flag
from ..scores import LOSSES
from .hooks import Rounds, refuse_factory


@refuse_factory
def custom_metric(
    metric: str | Sequence[str] = "f1",
    *,
    task: Task,
    classes: Any = None,
    average: AverageName | None = None,
    maximize: bool = False,
    **options: Unpack[CountOptions],
) -> CustomMetric:
    """A metric for `xgb.train` and `xgb.cv`: 1 − F1, so that less is better.

    Parameters
    ----------
    metric
        A key of `Scores.to_dict()`, or "f1", "precision", … with `average` (a binary task's
        positive class, else "macro"); or a list of them. XGBoost's records say "1-f1".
    task
        "binary", "multiclass", or "multilabel" for (n, L) labels.
    maximize
        The metric itself under its own name; early stopping must then be told to maximize.
    classes, options
        Those of `f1core.score`; weights are those of the DMatrix.

    Raises
    ------
    F1Error
        For an unknown metric, task, average or option value, at once; during training, for
        predictions that cannot be scored, such as margins without `from_logits=True`.

    Examples
    --------
    >>> from f1core.adapters.xgboost import custom_metric
    >>> custom_metric(["accuracy", "f1"], task="binary", threshold=0.2)
    CustomMetric('accuracy, f1', task='binary', threshold=0.2)
    """
    return CustomMetric(metric, task, average, maximize, classes=classes, **options)


@refuse_factory
def eval_metric(
    metric: str = "f1",
    *,
    task: Task,
    classes: Any = None,
    average: AverageName | None = None,
    maximize: bool = False,
    **options: Unpack[CountOptions],
) -> EvalMetric:
    """A metric for `XGBClassifier(eval_metric=…)`: 1 − F1, so that less is better.

    Parameters and errors are those of `custom_metric`; XGBClassifier takes one metric.

    Examples
    --------
    >>> from f1core.adapters.xgboost import eval_metric
    >>> cost = eval_metric("f1", task="binary")
    >>> cost.__name__, cost([0, 1, 1], [0.1, 0.4, 0.9])
    ('1-f1', 0.33333333333333337)
    """
    if isinstance(metric, (list, tuple)):
        raise F1Error("metric is a list; XGBClassifier takes one metric, xgb.train several")
    return EvalMetric(metric, task, average, maximize, classes=classes, **options)


class _Costs(Rounds):
    """Metrics that count down, unless they are losses already or are to be maximized."""

    def __init__(
        self,
        metric: Any,
        task: str,
        average: str | None,
        maximize: bool,
        **options: Any,
    ) -> None:
        super().__init__(metric, task, average, **options)
        self.maximize = flag("maximize", maximize)
        losses = [name for name in self.keys if name in LOSSES]
        if self.maximize and losses:
            raise F1Error(f"maximize is True, of {losses[0]} less is better")

    def values(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, float]:
        found = super().values(y_true, y_pred, sample_weight)
        if self.maximize:
            return found
        return {
            self.shown(name): value if name in LOSSES else 1.0 - value
            for name, value in found.items()
        }

    def shown(self, name: str) -> str:
        """A metric's name in XGBoost's records."""
        return name if self.maximize or name in LOSSES else f"1-{name}"


class CustomMetric(_Costs):
    """Metric for `xgboost.train`, made by `custom_metric`; it can be pickled."""

    def __call__(self, predt: Any, dmatrix: Any) -> list[tuple[str, float]]:
        """(name, value) of each metric, as `xgb.train` wants it."""
        weight = dmatrix.get_weight()
        values = self.values(dmatrix.get_label(), predt, weight if len(weight) else None)
        return list(values.items())


class EvalMetric(_Costs):
    """Metric of an XGBClassifier, made by `eval_metric`; cloned and pickled with it."""

    @property
    def __name__(self) -> str:
        return self.shown(*self.keys)

    def __call__(self, y_true: Any, y_score: Any, sample_weight: Any = None) -> float:
        """The value, as XGBClassifier wants it."""
        return self.values(y_true, y_score, sample_weight)[self.__name__]
