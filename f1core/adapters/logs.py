"""What training loops get to see: plain floats under short names, never NaN.

A framework compares the number it monitors with the best so far: a NaN would be the best for ever,
and a vector has no order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from ..count_layout import RATIOS
from ..errors import F1Error, one_of, shown
from ..option_values import among
from ..options import TASKS, Options
from ..scores import AVERAGES, CLASS_AVERAGES, METRICS, Scores

HEADLINES = ("f1", "precision", "recall")


def metric_of(task: str, average: str | None = None, ratio: str = "f1") -> str:
    """The name in `Scores.to_dict` of a ratio under an average.

    Without an average it is the positive class's for a binary task, and the macro average for all
    others: the micro average of single labels is the accuracy under another name.

    Raises
    ------
    F1Error
        If the task, the average or the ratio does not exist, or they do not go together.

    Examples
    --------
    >>> metric_of("multiclass"), metric_of("binary"), metric_of("multilabel", "micro", "recall")
    ('f1_macro', 'f1', 'recall_micro')
    """
    kind = average_of(task, average)
    among("metric", ratio, RATIOS)
    return ratio if kind == "binary" else f"{ratio}_{kind}"


def average_of(task: str, average: str | None = None) -> str:
    """The average that is meant, one of the attributes of `Scores`.

    Raises
    ------
    F1Error
        If the task or the average does not exist, or they do not go together.

    Examples
    --------
    >>> average_of("binary"), average_of("multilabel"), average_of("multiclass", "micro")
    ('binary', 'macro', 'micro')
    """
    among("task", task, TASKS)
    over = AVERAGES if task == "multilabel" else CLASS_AVERAGES
    allowed = ("binary", *over) if task == "binary" else over
    if average is None:
        return "binary" if task == "binary" else "macro"
    return among("average", average, allowed)


def named(metric: str, task: str, average: str | None = None) -> str:
    """`metric` as `Scores.to_dict` names it: "f1" gets its average, "f1_macro" and "mcc" have it.

    Raises
    ------
    F1Error
        If there is no such metric, or an average is asked for twice.

    Examples
    --------
    >>> named("f1", "multiclass"), named("f1", "binary"), named("mcc", "multiclass")
    ('f1_macro', 'f1', 'mcc')
    """
    if isinstance(metric, str) and metric in RATIOS:
        return metric_of(task, average, metric)
    among("metric", metric, METRICS)
    if average is not None:
        raise F1Error(f"metric is {metric!r}, which leaves no choice of average={average!r}")
    return metric


def names_of(metric: Any) -> list[str]:
    """One metric, or several, as a list of names.

    Raises
    ------
    F1Error
        If it is neither a name nor a list of them, or one is named twice.

    Examples
    --------
    >>> names_of("f1"), names_of(("f1", "mcc"))
    (['f1'], ['f1', 'mcc'])
    """
    if isinstance(metric, str):
        return [metric]
    try:
        names = list(metric)
        if not names or len(set(names)) != len(names):
            raise TypeError
    except Exception:  # no list, or whatever the object raises
        raise F1Error(f"metric is {shown(metric)}; name at least one metric, each once") from None
    return names


def wanted(
    metric: str | Sequence[str], task: str, average: str | None
) -> dict[str, tuple[str, bool]]:
    """Keys of one or several metrics: their names in `Scores.to_dict`, and whether by class.

    Raises
    ------
    F1Error
        If there is no such metric, or one is named twice.

    Examples
    --------
    >>> wanted(["f1", "mcc"], "multiclass", None), wanted("recall", "binary", "per_class")
    ({'f1': ('f1_macro', False), 'mcc': ('mcc', False)}, {'recall': ('recall', True)})
    """
    each = names_of(metric)
    if average != "per_class":
        return {key: (named(key, task, average), False) for key in each}
    for key in each:
        if key not in RATIOS:
            raise F1Error(one_of("metric", key, RATIOS) + " with average='per_class'")
        named(key, task)
    return {key: (key, True) for key in each}


def described(
    made: Any, metric: Any, options: Options, rows: float | None = None, **more: Any
) -> str:
    """What a metric object is, for its `repr`: metric, task and every option that was set.

    Examples
    --------
    >>> described(object(), "f1", Options("multiclass", n_classes=3, top_k=2), 1200)
    "object('f1', task='multiclass', classes=3, top_k=2; 1,200 rows)"
    """
    classes = options.names or options.n_classes
    said = more | {"task": options.task, "classes": classes}
    for field in fields(options):
        if field.name not in ("task", "names", "n_classes", "confusion"):
            value = getattr(options, field.name)
            said[field.name] = None if value == field.default else value
    words = "".join(f", {key}={shown(value)}" for key, value in said.items() if value is not None)
    counted = "" if rows is None else f"; {rows:,.12g} rows"
    return f"{type(made).__name__}({metric!r}{words}{counted})"


def monitored(value: float) -> float:
    """A number for a framework to compare: 0.0 where it is undefined."""
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

    Examples
    --------
    >>> import f1core
    >>> as_logs(f1core.score([0, 1, 1], [0, 1, 0]), prefix="val_")["val_recall"]
    0.5
    """
    whole = getattr(scores, average_of(scores.task, average))
    found = {f"{prefix}{ratio}": getattr(whole, ratio) for ratio in HEADLINES}
    if per_class:
        for ratio in HEADLINES:
            each: Any = getattr(scores.per_class, ratio)
            for name, value in zip(scores.classes, each, strict=True):
                found[f"{prefix}{ratio}_{name}"] = float(value)
    return {key: monitored(value) for key, value in found.items()}
