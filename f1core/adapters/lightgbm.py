"""F1 and its kin for LightGBM: `lgb.train(feval=…)` and `LGBMClassifier.fit(eval_metric=…)`.

LightGBM itself is not imported here. What to know of it:

- Early stopping watches every metric and stops at the first that stalls: the loss that LightGBM
  adds by itself too, unless the parameters hold `metric="None"` (a string).
- A custom objective hands over raw margins: `from_logits=True` for a binary task. Many classes need
  nothing, the largest margin is the largest probability.
- LGBMClassifier numbers the labels it was given, in sorted order, before a metric sees them:
  `classes=` is a count, or strings in that order. The positive class is the second.
- On several machines each one evaluates the rows that it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..option_types import AverageName, CountOptions, Task, Unpack
from ..scores import LOSSES
from .hooks import Rounds, refuse_factory


@refuse_factory
def feval(
    metric: str | Sequence[str] = "f1",
    *,
    task: Task,
    classes: Any = None,
    average: AverageName | None = None,
    **options: Unpack[CountOptions],
) -> Feval:
    """A metric for both of LightGBM's APIs, early stopping's direction included.

    Parameters
    ----------
    metric
        A key of `Scores.to_dict()`, or "f1", "precision", … with `average` (a binary task's
        positive class, else "macro"); or a list of them. LightGBM's records have the same names.
    task
        "binary" or "multiclass"; LightGBM has no multilabel models.
    classes, options
        Those of `f1core.score`; weights are those of the Dataset.

    Raises
    ------
    F1Error
        For an unknown metric, task, average or option value, at once; during training, for
        predictions that cannot be scored, such as margins without `from_logits=True`.

    Examples
    --------
    >>> from f1core.adapters.lightgbm import feval
    >>> f1 = feval("f1", task="binary", threshold=0.2)
    >>> f1([0, 1, 1], [0.1, 0.3, 0.9])  # as LGBMClassifier calls it
    [('f1', 1.0, True)]
    """
    return Feval(metric, task, average, classes=classes, **options)


class Feval(Rounds):
    """LightGBM's evaluation function, made by `feval`; it can be pickled."""

    def __call__(self, y_true: Any, y_pred: Any, weight: Any = None) -> list[Any]:
        """(name, value, whether more is better) of each metric.

        `lgb.train` passes (predictions, Dataset), the classifiers (truth, predictions, weights).
        """
        if hasattr(y_pred, "get_label"):
            y_true, y_pred, weight = y_pred.get_label(), y_true, y_pred.get_weight()
        values = self.values(y_true, y_pred, weight)
        return [(name, value, name not in LOSSES) for name, value in values.items()]
