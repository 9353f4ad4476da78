"""Options: everything that decides what a number means, checked once and frozen."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial
from typing import Any

from . import option_values
from .errors import F1Error, IdleOption, did_you_mean, one_of, refuse_unknown, shown
from .named_classes import OUTSIDE, with_outside, with_positive
from .option_conflicts import refuse_conflicts
from .option_types import Task, Unknown

TASKS = ("binary", "multiclass", "multilabel")
CONFUSION_CLASSES = 1024  # up to here the confusion matrix is kept by default (8 MB)


@dataclass(frozen=True)
class Options:
    """Options that say what to count and how to divide; made by `make_options`."""

    task: Task | None = None
    names: tuple[Any, ...] | None = None  # class names; of a binary task the negative one first
    n_classes: int | None = None
    threshold: float | tuple[float, ...] = 0.5
    top_k: int = 1
    from_logits: bool = False
    ignore_index: Any = None
    average_over: str | tuple[Any, ...] | None = None
    zero_division: float = 0.0
    beta: float = 1.0
    confusion: bool | None = None
    resamples: int = 0  # Poisson-bootstrap replicas that are kept
    unknown: Unknown = "error"  # what a predicted label that is no class is: refused, or a "miss"
    # The positive class where `names` do not tell it: there are none, or numbers count positions
    # in `classes=` as it was given, the positive class first.
    pos_label: Any = None
    # How tags were read, where each row is a span that the truth or the prediction has; OUTSIDE is
    # the class of the side that has it not, the last one.
    spans: str | None = None
    # Whether rows of a multilabel task predict their `top_k` highest-scoring labels.
    ranks: bool = False

    @property
    def given_classes(self) -> Any:
        """`classes=` in the order in which it was given: a tuple of names, a count, or None."""
        if self.names is None:
            return self.n_classes
        if self.spans is not None:
            return self.names[:-1]
        return self.names[::-1] if self.pos_label is not None else self.names

    @property
    def divisors(self) -> tuple[float, ...] | None:
        """A threshold for each class of a multiclass task, by which its scores are divided."""
        given = self.task == "multiclass" and isinstance(self.threshold, tuple)
        return self.threshold if given else None  # type: ignore[return-value]

    @property
    def for_scores(self) -> bool:
        """Whether an option is given that is for scores alone."""
        return self.ranks or self.from_logits or self.threshold != 0.5

    @property
    def below_all(self) -> bool:
        """Whether a threshold is below all scores."""
        given = self.threshold
        return (min(given, default=0.0) if isinstance(given, tuple) else given) < 0

    @property
    def finds_negative(self) -> bool:
        """Whether the data has to name the negative class."""
        return self.pos_label is not None and self.names is None

    def with_labels(self, negative: Any, positive: Any) -> Options:
        """Return these options for a binary task whose labels are known."""
        other = object.__new__(Options)
        names = negative, positive
        other.__dict__.update(self.__dict__, names=names, n_classes=2, pos_label=None)
        return other

    @property
    def given_top_k(self) -> int | None:
        """`top_k=` as it was given; None where a multilabel task's thresholds decide."""
        return self.top_k if self.ranks or self.task != "multilabel" else None

    def refuse_hard(self, came: str, single: bool = False) -> None:
        """Refuse options for scores, where labels or flags came, a `single` class a row."""
        hint = f"is for scores, and {came}: leave it out"
        if single:
            hint += " for labels, a multiclass task needs scores of shape (n, C)"
        else:
            hint += ", or pass the scores as floating numbers"
        if self.ranks:
            raise IdleOption(f"top_k={self.top_k} {hint}")
        for name, value in (("threshold", self.threshold), ("from_logits", self.from_logits)):
            if value is not False and value != 0.5:
                raise IdleOption(f"{name}={shown(value)} {hint}")

    @property
    def counts_unknown(self) -> bool:
        """Whether predicted labels that are no class are counted, in a last column."""
        return self.unknown == "miss"

    def known(self, columns: int) -> int:
        """Return how many columns of counts are classes, without that of unknown predictions."""
        return columns - self.counts_unknown

    @property
    def coefs(self) -> tuple[float, float, float]:
        """(a, b, c) of F-beta = a tp / (b true + c pred); beta = inf is recall."""
        if math.isinf(self.beta):
            return 1.0, 1.0, 0.0
        square = min(self.beta, 1e100) ** 2  # beyond that no count can tell the difference
        return 1.0 + square, square, 1.0

    def keeps_confusion(self, n_classes: int) -> bool:
        """Return whether the (C, C) matrix is kept, or only the three sums per class."""
        if self.top_k > 1 or self.task == "multilabel":
            return False
        size = self.known(n_classes)
        return size <= CONFUSION_CLASSES if self.confusion is None else self.confusion

    def with_task(self, task: str) -> Options:
        """Return these options for a task that was read off the data."""
        if self.task == task:
            return self
        other = object.__new__(Options)  # 3 µs, `dataclasses.replace` takes 25
        other.__dict__.update(self.__dict__, task=task)
        return _cross_checked(other)

    def with_names(self, names: Iterable[Any]) -> Options:
        """Return these options for classes that the data's columns name."""
        found, count = option_values.classes(list(names))
        return _cross_checked(replace(self, names=found, n_classes=count))

    def with_threshold(self, threshold: Any) -> Options:
        """Return these options with another threshold."""
        checked = option_values.threshold(threshold)
        return _cross_checked(replace(self, threshold=checked))

    def places(self, entries: Iterable[Any], n_classes: int, labels: Any = None) -> list[int]:
        """Find where classes stand: by name or label value, else by number."""
        found: list[int] = []
        for entry in entries:
            place = self.place(entry, n_classes, labels)
            if place is None:
                known = self.names if labels is None else labels
                hint = "" if known is None else did_you_mean(entry, known)
                raise F1Error(f"average_over holds {shown(entry)}, which is not a class{hint}")
            if place in found:
                raise F1Error(f"average_over holds {shown(entry)} and its number; once is enough")
            found.append(place)
        return found

    def place(self, value: Any, n_classes: int, labels: Any = None) -> int | None:
        """Find where a class stands; None if it is no class.

        Labels seen and numbers that name classes are looked up by value, never by number.
        """
        known = self.names if labels is None else tuple(labels.tolist())
        try:
            if known is not None and value in known:
                return known.index(value)
        except Exception:  # an object that cannot even be compared
            return None
        numbered = labels is None and (known is None or isinstance(known[0], str))
        return operator.index(value) if numbered and _is_id(value, n_classes) else None

    def averaged(self, n_classes: int, labels: Any = None) -> tuple[list[bool], bool]:
        """Tell which columns of counts averages look at, and if only where they occur.

        Examples
        --------
        >>> make_options("multiclass", ignore_index=1).averaged(3)
        ([True, False, True], True)
        """
        over, size = self.average_over, self.known(n_classes)
        if isinstance(over, tuple):
            listed = set(self.places(over, size, labels))
            chosen, if_seen = [place in listed for place in range(size)], False
        else:
            if_seen = over == "present" or (over is None and self.task != "multilabel")
            chosen = [True] * size
        left_out = OUTSIDE if self.spans is not None else self.ignore_index
        if self.task != "multilabel" and left_out is not None:
            excluded = self.place(left_out, size, labels)
            if excluded is not None:
                chosen[excluded] = False
        return chosen + [False] * (n_classes - size), if_seen

    def difference(self, other: Options) -> str | None:
        """Say in which option two sets differ first, or None."""
        for field in fields(self):
            own, others = getattr(self, field.name), getattr(other, field.name)
            if own != others and not (own != own and others != others):  # nan is itself
                name = "classes" if field.name in ("names", "n_classes") else field.name
                if name in ("top_k", "ranks"):
                    name, own, others = "top_k", self.given_top_k, other.given_top_k
                if name == "classes" and self.spans is not None and other.spans is not None:
                    own, others = self.given_classes, other.given_classes
                return f"{name} is {shown(own)} here and {shown(others)} there"
        return None


# The options that are checked by themselves; task, classes and pos_label are looked at together.
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "threshold": option_values.threshold,
    "top_k": lambda k: None if k is None else option_values.whole("top_k", k),
    "from_logits": partial(option_values.flag, "from_logits"),
    "ignore_index": option_values.ignored,
    "average_over": option_values.average_over,
    "zero_division": option_values.zero_division,
    "beta": option_values.beta,
    "confusion": lambda keep: None if keep is None else option_values.flag("confusion", keep),
    "resamples": lambda several: option_values.whole("resamples", several, 0),
    "spans": option_values.spans,
    "unknown": partial(option_values.among, "unknown", allowed=("error", "miss")),
}
_PLAIN = frozenset((type(None), bool, int, float, str))  # what is equal only to the same


def make_options(
    task: Any = None, *, classes: Any = None, pos_label: Any = None, **given: Any
) -> Options:
    """Check what the user typed and freeze it; what is not given has the default of `Options`."""
    if _PLAIN.issuperset(map(type, (task, classes, pos_label, *given.values()))):
        return _made_before(task, classes, pos_label, **given)  # 5 µs and not 40, of a call's 100
    return _made(task, classes, pos_label, **given)


def _made(task: Any, classes: Any, pos_label: Any, **given: Any) -> Options:
    if not given.keys() <= _CHECKS.keys():
        refuse_unknown(given, ("task", "classes", "pos_label", *_CHECKS), "this call")
    if task is not None and (not isinstance(task, str) or task not in TASKS):
        raise F1Error(one_of("task", task, TASKS))
    names, n_classes = option_values.classes(classes)
    pos_label = option_values.pos_label(pos_label)
    if pos_label is not None:
        task, names, pos_label = with_positive(task, names, n_classes, pos_label)
    checked = {name: check(given[name]) for name, check in _CHECKS.items() if name in given}
    if checked.get("top_k") is None:
        checked["top_k"] = 1
    elif task == "multilabel":
        checked["ranks"] = True
    if checked.get("spans") is not None:
        names, n_classes = with_outside(task, names, n_classes)
    return _cross_checked(Options(task, names, n_classes, pos_label=pos_label, **checked))


_made_before = lru_cache(maxsize=128, typed=True)(_made)


def thread_count(threads: Any) -> int | None:
    """Check `threads=`: None for "as many as pay", or a whole number from 1."""
    return None if threads is None else option_values.whole("threads", threads)


def refuse_idle_seed(seed: Any, resamples: Any) -> None:
    """Complain about a seed where no resamples are kept."""
    if seed is not None and not resamples:
        raise F1Error(
            f"seed={shown(seed)} is for resamples, and none are kept: resamples=200 keeps some, "
            "and interval(…, seed=) takes a seed of its own"
        )


def _cross_checked(options: Options) -> Options:
    refuse_conflicts(options)
    return options


def _is_id(entry: Any, width: int) -> bool:
    return isinstance(entry, int) and 0 <= entry < width
