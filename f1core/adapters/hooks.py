"""What the hooks of frameworks share: who makes them, what they are handed, what they hold."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from ..api import score
from ..arrays import to_numpy, widened
from ..errors import F1Error
from ..options import make_options, parameters_of, refuse_unknown, thread_count
from ..pos_label import with_fixed_labels
from .logs import monitored, named, names_of

_IDLE = ("y_true", "y_pred", "sample_weight", "resamples", "seed", "cluster")
_OPTIONS = (*(name for name in parameters_of(score) if name not in _IDLE), "metric", "average")
_P = ParamSpec("_P")
_R = TypeVar("_R")


def made_first(make: Callable[_P, _R]) -> Callable[_P, _R]:
    """A sentence for who hands over `make` itself, which training then calls with arrays."""
    parameters = inspect.signature(make).parameters.values()
    most = sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)
    name = make.__name__

    @wraps(make)
    def made(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        if len(args) > most:
            raise F1Error(
                f"{name} was called with {len(args)} arguments without a name: call it once, "
                f"before training, and hand over what it returns: {name}(…, task='binary')"
            )
        return make(*args, **kwargs)

    return made


def positive(y_pred: Any, from_logits: bool = False) -> Any:
    """(n,) scores of the positive class out of (n, 2) of both classes; others as they are.

    The difference of two logits is the logit of their softmax: above 0 exactly where the second
    is the larger one.

    Examples
    --------
    >>> positive([[0.25, 0.75]]), positive([[1.0, 3.0]], from_logits=True), positive([0.75])
    (array([0.75]), array([2.]), array([0.75]))
    """
    scores = widened(to_numpy(y_pred, "y_pred"))
    if scores.ndim != 2 or scores.shape[1] != 2:
        return scores
    if not from_logits:
        return scores[:, 1]
    if scores.dtype == np.float16:  # whose differences would round
        scores = scores.astype(np.float32)
    return scores[:, 1] - scores[:, 0]


class Rounds:
    """One or several metrics of the same arrays, as LightGBM and XGBoost ask after a round."""

    def __init__(
        self, metric: str | Sequence[str], task: str, average: str | None, **options: Any
    ) -> None:
        self.keys = {name: named(name, task, average) for name in names_of(metric)}
        self.options = {"task": task, **options}
        refuse_unknown(options, _OPTIONS, type(self).__name__)
        thread_count(options.pop("threads", None))
        made = make_options(task, **options)
        # A booster's scores are of the second class, and labels have the numbers 0 and 1.
        self.turned = made.pos_label == 0 or made.names == (1, 0)
        self.turned = self.turned or (made.names is not None and made.pos_label is not None)
        if made.finds_negative and not self.turned:
            with_fixed_labels(made)

    def values(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, float]:
        """The metrics under the names that the user gave, 0.0 where one is undefined.

        Raises
        ------
        F1Error
            If the arrays cannot be scored, or the task has no such metric.
        """
        if self.options["task"] == "binary":
            logits = self.options.get("from_logits", False)
            y_pred = positive(y_pred, logits)
            if self.turned:
                y_pred = -y_pred if logits else 1 - y_pred
        scores = score(y_true, y_pred, sample_weight=sample_weight, **self.options)
        return {name: monitored(scores.metric(key)) for name, key in self.keys.items()}

    def __repr__(self) -> str:
        options = "".join(f", {k}={v!r}" for k, v in self.options.items() if v is not None)
        return f"{type(self).__name__}({', '.join(self.keys)!r}{options})"
