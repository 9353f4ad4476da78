"""Names of metrics, plain floats and metrics of arrays, which the hooks of frameworks share.

A framework compares the number it monitors with the best so far: a NaN would be the best for ever,
and a vector has no order. So training loops get to see floats under short names, never NaN.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from ..api import score
from ..arrays import to_numpy, widened
from ..averages import AVERAGES, CLASS_AVERAGES
from ..count_layout import RATIOS
from ..errors import F1Error, parameters_of, refuse_unknown, shown
from ..option_values import among
from ..options import TASKS, Options, make_options, thread_count
from ..pos_label import with_fixed_labels
from ..scores import METRICS, Scores

HEADLINES = ("f1", "precision", "recall")
_IDLE = ("y_true", "y_pred", "sample_weight", "resamples", "seed", "cluster")
_OPTIONS = (*(name for name in parameters_of(score) if name not in _IDLE), "metric", "average")
_P = ParamSpec("_P")
_R = TypeVar("_R")


def average_of(task: str, average: str | None = None) -> str:
    """Return the name of an average, one of the attributes of `Scores`; by default the task's.

    Without a name it is "binary" for a binary task and "macro" for all others: the micro average of
    single labels is the accuracy under another name. Of spans it is "micro", as in seqeval.
    """
    if isinstance(task, str) and task == "spans":
        return "micro" if average is None else among("average", average, CLASS_AVERAGES)
    among("task", task, TASKS)
    over = AVERAGES if task == "multilabel" else CLASS_AVERAGES
    allowed = ("binary", *over) if task == "binary" else over
    if average is None:
        return "binary" if task == "binary" else "macro"
    return among("average", average, allowed)


def named(metric: str, task: str, average: str | None = None, unknown: Any = None) -> str:
    """`metric` as `Scores.to_dict` names it: "f1" gets its average, "f1_macro" has it."""
    if isinstance(metric, str) and metric in RATIOS:
        kind = average_of(task, average)
        return metric if kind == "binary" else f"{metric}_{kind}"
    refuse_metric(metric, unknown)
    if average is not None:
        raise F1Error(f"metric is {metric!r}, which leaves no choice of average={average!r}")
    return metric


def names_of(metric: Any) -> list[str]:
    """One metric, or several, each named once, as a list of names."""
    if isinstance(metric, str):
        return [metric]
    try:
        names = list(metric)
        if not names or len(set(names)) != len(names):
            raise TypeError
    except Exception:  # no list, or whatever the object raises
        raise F1Error(f"metric is {shown(metric)}; name at least one metric, each once") from None
    return names


def described(
    made: Any, metric: Any, options: Options, rows: float | None = None, **more: Any
) -> str:
    """Describe a metric object for its `repr`: metric, task and every option that was set."""
    classes = options.names or options.n_classes
    settings = more | {"task": options.task, "classes": classes}
    for field in fields(options):
        if field.name not in ("task", "names", "n_classes", "confusion"):
            value = getattr(options, field.name)
            settings[field.name] = None if value == field.default else value
    if settings.pop("ranks"):
        settings["top_k"] = options.top_k
    words = "".join(
        f", {key}={shown(value)}" for key, value in settings.items() if value is not None
    )
    counted = "" if rows is None else f"; {rows:,.12g} rows"
    return f"{type(made).__name__}({metric!r}{words}{counted})"


def monitored(value: float) -> float:
    """Return a number for a framework to compare: 0.0 where it is undefined."""
    return 0.0 if math.isnan(value) else float(value)


def as_logs(
    scores: Scores,
    average: str | None = None,
    *,
    per_class: bool = False,
    prefix: str = "",
) -> dict[str, float]:
    """F1, precision and recall under the keys that callbacks look for.

    With `per_class`, each class has keys of its own: "val_recall_cat".
    """
    whole = getattr(scores, average_of(scores.task, average))
    found = {f"{prefix}{ratio}": getattr(whole, ratio) for ratio in HEADLINES}
    if per_class:
        for ratio in HEADLINES:
            each: Any = getattr(scores.per_class, ratio)
            for name, value in zip(scores.classes, each, strict=True):
                found[f"{prefix}{ratio}_{name}"] = float(value)
    return {key: monitored(value) for key, value in found.items()}


def refuse_factory(make: Callable[_P, _R]) -> Callable[_P, _R]:
    """Decorate `make`: refuse calls with arrays, as training makes if it is given `make` itself."""
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
    """
    scores = widened(to_numpy(y_pred, "y_pred"))
    if scores.ndim != 2 or scores.shape[1] != 2:
        return scores
    if not from_logits:
        return scores[:, 1]
    if scores.dtype == np.float16:  # whose differences would round
        scores = scores.astype(np.float32)
    return scores[:, 1] - scores[:, 0]


def refuse_idle_unknown(options: Options, who: str) -> None:
    """Complain about unknown="miss" before the first scores come, of which it is not."""
    if options.counts_unknown:
        raise F1Error(
            f"unknown='miss' is for predicted labels, and {who} passes on scores: leave it out"
        )


def refuse_metric(metric: Any, unknown: Any) -> None:
    """Complain about what is no metric, or counts what is refused."""
    among("metric", metric, METRICS)
    if metric == "unknown" and unknown != "miss":
        raise F1Error(
            "metric is 'unknown', which counts predictions that are no class: unknown='miss' and "
            "classes=[…] go with it"
        )


class Rounds:
    """One or several metrics of the same arrays, as LightGBM and XGBoost ask after a round."""

    def __init__(
        self, metric: str | Sequence[str], task: str, average: str | None, **options: Any
    ) -> None:
        self.keys = {
            name: named(name, task, average, options.get("unknown")) for name in names_of(metric)
        }
        self.options = {"task": task, **options}
        refuse_unknown(options, _OPTIONS, type(self).__name__)
        thread_count(options.pop("threads", None))
        made = make_options(task, **options)
        refuse_idle_unknown(made, "a booster")
        if isinstance(made.pos_label, str) and made.names is None:
            raise F1Error(
                f"pos_label is {shown(made.pos_label)}, and a booster passes on no labels but "
                "their numbers, 0 and 1 in sorted order: pos_label=0 for the first of the two"
            )
        # A booster's scores are of the second class, and labels have the numbers 0 and 1.
        self.turned = made.pos_label == 0 or made.names == (1, 0)
        self.turned = self.turned or (made.names is not None and made.pos_label is not None)
        if made.finds_negative and not self.turned:
            with_fixed_labels(made)

    def values(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, float]:
        """The metrics under the names that the user gave, 0.0 where one is undefined."""
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
