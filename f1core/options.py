"""Options: everything that decides what a number means, checked once and frozen."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from .errors import F1Error, one_of, shown

TASKS = ("binary", "multiclass", "multilabel")
CONFUSION_CLASSES = 1024  # up to here the confusion matrix is kept by default (8 MB)


@dataclass(frozen=True)
class Options:
    """What to count and how to divide; made by `make_options`, compared by merges."""

    task: str | None = None
    names: tuple[Any, ...] | None = None  # class names, in column order
    n_classes: int | None = None
    threshold: float | tuple[float, ...] = 0.5
    top_k: int = 1
    from_logits: bool = False
    ignore_index: Any = None
    average_over: str | tuple[Any, ...] | None = None
    zero_division: float = 0.0
    beta: float = 1.0
    confusion: bool | None = None

    @property
    def coefs(self) -> tuple[float, float, float]:
        """(a, b, c) of F-beta = a tp / (b true + c pred); beta = inf is recall."""
        if math.isinf(self.beta):
            return 1.0, 1.0, 0.0
        square = self.beta * self.beta
        return 1.0 + square, square, 1.0

    def keeps_confusion(self, n_classes: int) -> bool:
        """Whether the (C, C) matrix is kept, or only the three sums per class."""
        if self.top_k > 1 or self.task == "multilabel":
            return False
        return n_classes <= CONFUSION_CLASSES if self.confusion is None else self.confusion

    def with_task(self, task: str) -> Options:
        """The same options for a task that was read off the data."""
        return self if self.task == task else _cross_checked(replace(self, task=task))

    def places(self, entries: Iterable[Any], n_classes: int, labels: Any = None) -> list[int]:
        """Where these classes stand: by name or label value, else by number.

        Raises
        ------
        F1Error
            If one of them is no class.
        """
        found: list[int] = []
        for entry in entries:
            place = self.place(entry, n_classes, labels)
            if place is None:
                raise F1Error(f"average_over holds {shown(entry)}, which is not a class")
            if place in found:
                raise F1Error(f"average_over holds {shown(entry)} and its number; once is enough")
            found.append(place)
        return found

    def place(self, value: Any, n_classes: int, labels: Any = None) -> int | None:
        """Where this class stands, or None if it is no class.

        Labels seen and numbers that name classes are looked up by value, never by number.
        """
        known = self.names if labels is None else tuple(labels.tolist())
        if known is not None and value in known:
            return known.index(value)
        numbered = labels is None and (known is None or isinstance(known[0], str))
        return operator.index(value) if numbered and _is_id(value, n_classes) else None

    def difference(self, other: Options) -> str | None:
        """The first option in which two sets differ, in words, or None."""
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if mine != theirs and not (mine != mine and theirs != theirs):  # nan is itself
                return f"{field.name} is {shown(mine)} here and {shown(theirs)} there"
        return None


def make_options(
    task: str | None = None,
    *,
    classes: Any = None,
    threshold: Any = 0.5,
    top_k: int = 1,
    from_logits: bool = False,
    ignore_index: Any = None,
    average_over: Any = None,
    zero_division: Any = 0.0,
    beta: Any = 1.0,
    confusion: bool | None = None,
) -> Options:
    """Check what the user typed and freeze it.

    Raises
    ------
    F1Error
        For any option that is not of its form, or two that contradict each other.
    """
    if task is not None and (not isinstance(task, str) or task not in TASKS):
        raise F1Error(one_of("task", task, TASKS))
    names, n_classes = _classes(classes)
    options = Options(
        task=task,
        names=names,
        n_classes=n_classes,
        threshold=_threshold(threshold),
        top_k=_whole("top_k", top_k),
        from_logits=_flag("from_logits", from_logits),
        ignore_index=_ignored(ignore_index),
        average_over=_average_over(average_over),
        zero_division=_zero_division(zero_division),
        beta=_beta(beta),
        confusion=None if confusion is None else _flag("confusion", confusion),
    )
    return _cross_checked(options)


def thread_count(threads: Any) -> int | None:
    """`threads=` checked: None for "as many as pay", or a whole number from 1."""
    return None if threads is None else _whole("threads", threads)


def _cross_checked(options: Options) -> Options:
    """Complaints about two options at once."""
    width, task = options.n_classes, options.task
    if task == "binary" and width not in (None, 2):
        raise F1Error(f"classes has {width} entries, a binary task has 2: the negative one first")
    if options.top_k > 1:
        if task in ("binary", "multilabel"):
            raise F1Error(f"top_k={options.top_k} is for multiclass scores, the task is {task}")
        if width is not None and options.top_k > width:
            raise F1Error(f"top_k is {options.top_k}, there are only {width} classes")
        if options.confusion:
            raise F1Error("confusion=True needs one predicted class a row: use top_k=1")
    if isinstance(options.threshold, tuple):
        if task in ("binary", "multiclass"):
            raise F1Error(f"threshold is a list, which is for multilabel; the task is {task}")
        if width is not None and len(options.threshold) != width:
            raise F1Error(
                f"threshold has {len(options.threshold)} values for {width} labels: "
                "give one number, or one for each label"
            )
    if isinstance(options.average_over, tuple) and width is not None:
        options.places(options.average_over, width)
    return options


def _is_id(entry: Any, width: int) -> bool:
    return isinstance(entry, int) and 0 <= entry < width


def _classes(classes: Any) -> tuple[tuple[Any, ...] | None, int | None]:
    if classes is None:
        return None, None
    if isinstance(classes, str):
        raise F1Error(f"classes is the string {classes!r}; give a count or a list of names")
    try:
        count = operator.index(classes)
    except TypeError:
        try:
            names = _entries(classes)
        except TypeError:
            raise F1Error(f"classes is {shown(classes)}; give a count or a list of names") from None
        return _distinct_names(names), len(names)
    if isinstance(classes, bool) or count < 1:
        raise F1Error(f"classes is {classes}; a count of classes is at least 1")
    return None, count


def _distinct_names(names: tuple[Any, ...]) -> tuple[Any, ...]:
    if not names:
        raise F1Error("classes is empty; name at least one class")
    for name in names:
        if not isinstance(name, (str, int, float)):
            raise F1Error(f"classes holds {shown(name)}; names are strings or numbers")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise F1Error(f"classes names {shown(twice)} twice")
    if len({isinstance(name, str) for name in names}) > 1:
        raise F1Error("classes mixes strings and numbers; name all classes in one way")
    return names


def _entries(values: Any) -> tuple[Any, ...]:
    """The entries of a list, array or series as plain Python values."""
    values = values.tolist() if hasattr(values, "tolist") else list(values)
    if not isinstance(values, list):
        raise TypeError
    return tuple(v.item() if hasattr(v, "item") else v for v in values)


def _threshold(threshold: Any) -> float | tuple[float, ...]:
    try:
        if isinstance(threshold, (str, bytes)) or threshold is None:
            raise TypeError
        try:
            values: float | tuple[float, ...] = float(threshold)
        except TypeError:
            values = tuple(float(t) for t in _entries(threshold))
    except (TypeError, ValueError):
        raise F1Error(
            f"threshold is {shown(threshold)}; give a number in [0, 1], or one for each label"
        ) from None
    for value in values if isinstance(values, tuple) else (values,):
        if not 0.0 <= value <= 1.0:
            raise F1Error(
                f"threshold is {value:g}, outside [0, 1]: it cuts probabilities "
                "(with from_logits=True too)"
            )
    return values


def _whole(name: str, value: Any) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise F1Error(f"{name} is {shown(value)}; give a whole number from 1") from None
    if isinstance(value, bool) or number < 1:
        raise F1Error(f"{name} is {shown(value)}; give a whole number from 1")
    return number


def _flag(name: str, value: Any) -> bool:
    if value is True or value is False or type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    raise F1Error(f"{name} is {shown(value)}; use True or False")


def _ignored(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    try:
        return operator.index(value)
    except TypeError:
        if isinstance(value, float) and value.is_integer():
            return int(value)
    raise F1Error(f"ignore_index is {shown(value)}; give the target value that counts nowhere")


def _average_over(value: Any) -> str | tuple[Any, ...] | None:
    if value is None or value in ("present", "all"):
        return value if value is None else str(value)
    if isinstance(value, str):
        raise F1Error(one_of("average_over", value, ("present", "all")) + " or a list of classes")
    try:
        entries = _entries(value)
    except TypeError:
        raise F1Error(
            f"average_over is {shown(value)}; use 'present', 'all' or a list of classes"
        ) from None
    if not entries or len(set(entries)) != len(entries):
        raise F1Error(f"average_over is {shown(value)}; list at least one class, each once")
    return entries


def _zero_division(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
        if number in (0.0, 1.0) or math.isnan(number):
            return number
    raise F1Error(f"zero_division is {shown(value)}; use 0.0, 1.0 or nan")


def _beta(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, (str, bool)) or not number >= 0.0:
        raise F1Error(f"beta is {shown(value)}; give a number from 0 (2 weighs recall more)")
    return number
