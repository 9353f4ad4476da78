"""F1 and its kin for CatBoost: `CatBoostClassifier(eval_metric=…)`, `catboost.train`, `cv`.

CatBoost itself is imported for many labels alone. What to know of it:

- It hands over raw scores, before any sigmoid: for two classes and many labels `threshold` is
  moved to where the sigmoid has it, so nobody says `from_logits`. Of many classes the largest raw
  score is the largest probability.
- It numbers the labels it was given, in sorted order, before a metric sees them: `classes=` is a
  count, or strings in that order. The positive class is the second.
- Weights are those of the pool, times `class_weights` or `auto_class_weights`.
- A refusal during training arrives inside of CatBoost's own error.
- A saved model knows that it had a metric but not which: set `eval_metric` anew to go on training.
- On a GPU it knows no metric of Python's but by falling back to the CPU, stops by its own loss
  meanwhile (https://github.com/catboost/catboost/issues/2679), and fails for many classes (2766):
  so the metric refuses to count there.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..errors import F1Error, missing
from ..option_types import AverageName, CountOptions, Task, Unpack
from ..option_values import flag
from ..scores import LOSSES
from .hooks import Rounds, refuse_factory


@refuse_factory
def eval_metric(
    metric: str = "f1",
    *,
    task: Task,
    classes: Any = None,
    average: AverageName | None = None,
    **options: Unpack[CountOptions],
) -> EvalMetric:
    """A metric for `CatBoostClassifier(eval_metric=…)`, early stopping's direction included.

    Parameters
    ----------
    metric
        A key of `Scores.to_dict()`, or "f1", "precision", … with `average` (a binary task's
        positive class, else "macro"). CatBoost's records have the same name.
    task
        "binary", "multiclass", or "multilabel" for the losses MultiLogloss and MultiCrossEntropy.
    classes, options
        Those of `f1core.score`; weights are those of the pool. `from_logits` is always True.

    Raises
    ------
    F1Error
        For an unknown metric, task, average or option value, at once. During training, inside of
        CatBoost's own error, for targets that cannot be scored, and on a GPU.

    Examples
    --------
    >>> import numpy as np
    >>> from f1core.adapters.catboost import eval_metric
    >>> f1 = eval_metric("f1", task="binary", threshold=0.2)
    >>> f1.evaluate((np.array([-3.0, -1.0, 2.0]),), np.array([0, 1, 1]), None)
    (1.0, 1.0)
    >>> f1
    eval_metric('f1', task='binary', threshold=0.2)
    """
    if isinstance(metric, (list, tuple)):
        raise F1Error("metric is a list; CatBoostClassifier takes one metric")
    if not flag("from_logits", options.pop("from_logits", True)):
        raise F1Error("from_logits is False, and CatBoost hands over raw scores: leave it out")
    given = (metric, task, average, classes, options)
    EvalMetric(*given)  # refuses what makes no sense, before a class is named by it
    return _class_of(metric, task == "multilabel")(*given)


class EvalMetric(Rounds):
    """Metric of a CatBoostClassifier, made by `eval_metric`; cloned and pickled with it.

    CatBoost calls a metric what its class is called, so each name has a class of its own.
    """

    _asked_by_gpu = _on_gpu = False

    def __init__(
        self,
        metric: str,
        task: Task,
        average: AverageName | None,
        classes: Any,
        options: CountOptions,
    ) -> None:
        self._made_of = (metric, task, average, classes, options)
        super().__init__(metric, task, average, classes=classes, from_logits=True, **options)

    def evaluate(self, approxes: Any, target: Any, weight: Any) -> tuple[float, float]:
        """(value, 1.0) of all rows: raw scores and truth are an array (n,), or one a column."""
        if self._on_gpu:
            raise F1Error(
                f"task_type is 'GPU', where CatBoost would not stop by {type(self).__name__}: "
                "train with task_type='CPU', or with an eval_metric of CatBoost's own"
            )
        many_labels = self.options["task"] == "multilabel"
        one = len(approxes) == 1 and not many_labels
        raw = approxes[0] if one else np.column_stack(approxes)
        true = np.column_stack(target) if many_labels else target
        (value,) = self.values(true, raw, weight).values()
        return value, 1.0

    def get_final_error(self, error: float, weight: float) -> float:
        """The value as `evaluate` gave it: a mean over blocks of rows would be another number."""
        return error

    def is_additive(self) -> bool:
        """False: F1 is no sum over blocks of rows, so CatBoost hands over all at once."""
        return False

    def is_max_optimal(self) -> bool:
        """Return whether more is better."""
        return next(iter(self.keys)) not in LOSSES

    @property
    def gpu_evaluate(self) -> Any:
        """Note that CatBoost trains on a GPU: there alone it looks for this, which is not there."""
        self._asked_by_gpu = True
        raise AttributeError("gpu_evaluate")

    @property
    def no_jit(self) -> bool:
        """True, else CatBoost has Numba compile `evaluate`, and warns that it cannot.

        Asked for at the start of each training, so it says where the training runs.
        """
        self._on_gpu, self._asked_by_gpu = self._asked_by_gpu, False
        return True

    def __deepcopy__(self, memo: Any) -> EvalMetric:
        """The object itself, which nobody changes: CatBoost copies its parameters when it is made.

        scikit-learn's `clone` refuses an estimator that holds another object than it was given.
        """
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, self._made_of

    def __repr__(self) -> str:
        metric, task, average, classes, options = self._made_of
        settings = {"task": task, "classes": classes, "average": average, **options}
        words = "".join(
            f", {key}={value!r}" for key, value in settings.items() if value is not None
        )
        return f"eval_metric({metric!r}{words})"


def _again(
    metric: str, task: Task, average: AverageName | None, classes: Any, options: CountOptions
) -> EvalMetric:
    return eval_metric(metric, task=task, average=average, classes=classes, **options)


@cache
def _class_of(name: str, many_labels: bool) -> type[EvalMetric]:
    """A class of this name, which CatBoost shows; of CatBoost's own kind for many labels."""
    bases: tuple[type, ...] = (EvalMetric,)
    if many_labels:
        try:
            from catboost import MultiTargetCustomMetric
        except ModuleNotFoundError as error:
            if error.name != "catboost":
                raise
            raise missing("f1core.adapters.catboost", "catboost", "catboost") from None
        bases = (EvalMetric, MultiTargetCustomMetric)
    return type(name, bases, {"__module__": __name__, "__doc__": EvalMetric.__doc__})
