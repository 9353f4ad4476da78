"""Averages: what counts give once divided, of each class and averaged over classes or rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np

from . import metrics
from .alignment import union
from .count_layout import CELLS, PRED, RATIOS, ROWS, TRUE
from .counts import Array, Counts
from .errors import F1Error, unknown_attribute
from .locks import cached_property
from .named_classes import OUTSIDE
from .options import Options
from .plausible import down_scaled, exact_sum, refuse_overflow

CLASS_AVERAGES = ("micro", "macro", "weighted")
AVERAGES = (*CLASS_AVERAGES, "samples")
T = TypeVar("T", bound="Average[Any]")
Number = TypeVar("Number")  # of one class or average a float, of each class an array (C,)
OUTCOMES = ("tp", "fp", "fn", "tn")
NO_ROWS = "there are no rows to score: none came, all were ignored, or all weights are 0"


@dataclass(frozen=True)
class Average(Generic[Number]):
    """Seven numbers of one average: floats in [0, 1], or arrays (C,) for `per_class`.

    `f1` is always beta = 1, `fbeta` has the beta asked for; `support` counts the true rows.
    Of spans `specificity` (and `tn`) is nan: what is on neither side cannot be counted.
    """

    precision: Number
    recall: Number
    f1: Number
    fbeta: Number
    jaccard: Number
    specificity: Number
    support: Any
    _names: ClassVar[tuple[str, ...]] = (*RATIOS, "support")

    @classmethod
    def on_demand(
        cls: type[T], ratios: Callable[..., dict[str, Any]], support: Callable[[], Any], **more: Any
    ) -> T:
        """An average whose numbers are computed when they are asked for.

        `ratios(only=names)` divides some. Who asks for one ratio a batch, as training loops do,
        pays for one; who asks for a second one gets all. No function may hold the `Scores` that
        hold the average: such a circle waits for the garbage collector, 8 µs a batch.
        """
        made = object.__new__(cls)
        made.__dict__.update(_ratios=ratios, _support=support, **more)
        return made

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            known = self.__dict__
            if name == "support" and "_support" in known:
                known[name] = self._support()
            elif name in OUTCOMES and "_outcomes" in known:
                known.update(known["_outcomes"]())
            elif name in RATIOS and "_ratios" in known:
                first = known.setdefault("_first", name) == name
                only = (name,) if first else tuple(each for each in RATIOS if each not in known)
                found = self._ratios(only=only)
                known.update((each, found[each].item()) for each in only)
            else:
                raise unknown_attribute(self, name, "an average", self._names)
            return known[name]

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self._names]

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._names}


@dataclass(frozen=True)
class Decided(Average[Number]):
    """Ratios of one class, or arrays (C,) of each, and how many rows were decided which way.

    `tp` rows are the class and predicted to be, `fp` predicted alone, `fn` missed, `tn` neither.
    """

    tp: Any
    fp: Any
    fn: Any
    tn: Any
    _names: ClassVar[tuple[str, ...]] = (*Average._names, *OUTCOMES)


class Averages:
    """Every ratio of one set of counts: of each class, and averaged."""

    def __init__(self, counts: Counts, options: Options) -> None:
        weighted = counts.weighted
        if weighted:
            with np.errstate(over="ignore"):
                total = counts.total
            refuse_overflow(total.item(), 0.0)
        else:
            total = counts.total
        if not total > 0:
            raise F1Error(NO_ROWS)
        self._counts, self._options = _with_averaged(counts, options), options
        self.task: str = (options.task or "") if options.spans is None else "spans"
        self.__dict__["total"] = total

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.__dict__)  # a copy: averages that are sent divide first, which adds to it

    @cached_property
    def per_class(self) -> Decided[Array]:
        """Each class by itself: arrays (C,), its TP, FP, FN and TN among them."""
        found = dict(zip(RATIOS, metrics.stacked(*self._shares, **self._how), strict=True))
        found["support"] = self._sums[TRUE]
        spans, size = self.task == "spans", self._size
        found = _of_spans(found) if spans else found
        made = object.__new__(Decided)
        made.__dict__.update((name, values[:size]) for name, values in found.items())
        made.__dict__["_outcomes"] = partial(_each_decided, self._sums, self._cells, size, spans)
        return made

    @cached_property
    def binary(self) -> Decided[float]:
        """The positive class of a binary task, its TP, FP, FN and TN among them."""
        self._only("binary", "binary averages")
        positive = (each[1:2] if np.ndim(each) else each for each in self._shares)
        ratios = partial(metrics.per_class, *positive, **self._how)
        outcomes = partial(_outcomes, self._sums[:, 1].tolist(), self._cells.item())
        return Decided.on_demand(ratios, self._sums[TRUE][1].item, _outcomes=outcomes)

    @cached_property
    def micro(self) -> Average[float]:
        """All classes' counts added up, divided once."""
        return self._average("micro")

    @cached_property
    def macro(self) -> Average[float]:
        """The plain mean over classes."""
        return self._average("macro")

    @cached_property
    def weighted(self) -> Average[float]:
        """The mean over classes, weighted by support."""
        return self._average("weighted")

    @cached_property
    def samples(self) -> Average[float]:
        """The mean over the rows of a multilabel task."""
        self._only("multilabel", "samples averages")
        assert self._counts.rows is not None
        if "samples" not in self.averages:
            raise F1Error("samples averages look at every row, and these are sums over rows")
        ratios = metrics.samples(self._counts.rows, self._options.zero_division)
        return Average(**ratios, support=exact_sum(self._sums[TRUE][self._included]))

    @property
    def ratios(self) -> tuple[str, ...]:
        """The ratios that there are: spans that are on neither side have no specificity."""
        return tuple(name for name in RATIOS if self.task != "spans" or name != "specificity")

    @property
    def averages(self) -> tuple[str, ...]:
        """The averages over classes or rows that there are."""
        rows = self._counts.rows
        return AVERAGES if rows is not None and len(rows) == ROWS else CLASS_AVERAGES

    @cached_property
    def total(self) -> Any:
        """Number of rows that count, or the sum of their weights."""
        return self._counts.total

    @cached_property
    def _sums(self) -> Array:
        sums = self._counts.per_class.view()
        sums.setflags(write=False)  # `support` is a part of it
        return sums

    @property
    def _cells(self) -> Any:
        """Return how many cells each class has: (L,) where some may be ignored, or a number."""
        sums = self._counts.sums
        return self.total if sums is None or len(sums) == 3 else sums[CELLS]

    @cached_property
    def _shares(self) -> tuple[Any, Any, Any, Any]:
        """Counts that ratios divide: true positives, predicted, true and all of each class.

        Where a sum over classes could leave int64 or float64, all are divided by one power of two.
        """
        parts = (*self._sums, self._cells)
        most, terms = float(self.total), 4 * len(parts[0]) * self._options.top_k
        scaled = down_scaled(most, terms, not self._counts.weighted, parts)
        tp, pred, true, cells = parts if scaled is None else scaled
        return tp, pred, true, cells

    @property
    def _how(self) -> dict[str, Any]:
        return {"coefs": self._options.coefs, "zero_division": self._options.zero_division}

    @property
    def included(self) -> Array:
        """(C,) booleans: the classes that micro, macro and weighted averages look at."""
        return self._included[: self._size]

    @property
    def _size(self) -> int:
        """Return how many columns of the counts are classes, without "no span" and "no class"."""
        return self._options.known(self._counts.n_classes) - (self.task == "spans")

    @cached_property
    def unknown(self) -> Any:
        """How many rows predict no class, or their weight, with `unknown="miss"`."""
        if not self._options.counts_unknown:
            sentence = (
                "unknown counts predicted labels that are none of the classes, with classes=[…]"
            )
            raise F1Error(f"{sentence} and unknown='miss'; here none was counted")
        return self._sums[PRED, -1].item()

    @cached_property
    def _included(self) -> Array:
        """Booleans of the columns of the counts that averages look at."""
        eligible, if_seen = self._options.averaged(self._counts.n_classes, self._counts.labels)
        if if_seen:
            seen = np.logical_or(self._sums[PRED], self._sums[TRUE])  # a sum could leave int64
            chosen: Array = seen if all(eligible) else seen & eligible
        else:
            chosen = np.array(eligible)
        if not np.count_nonzero(chosen):
            raise F1Error("no class is left to average over")
        return chosen

    def _average(self, kind: str) -> Average[float]:
        included, true = self._included, self._sums[TRUE]
        ratios = partial(metrics.average, kind, *self._shares, included, **self._how)
        if self.task == "spans":
            ratios = partial(_average_of_spans, ratios)
        return Average.on_demand(ratios, lambda: exact_sum(true[included]))

    def _not_of_spans(self, name: str) -> None:
        if self.task == "spans":
            raise F1Error(
                f"{name} counts what is rightly left out, which has no number where rows are "
                "spans: micro.f1 and micro.jaccard are of the spans that there are"
            )

    def _only(self, task: str, what: str) -> None:
        if self.task != task:
            raise F1Error(f"{what} are for {task} tasks, this one is {self.task}")


def _outcomes(sums: Any, cells: Any) -> dict[str, Any]:
    """True and false positives and negatives, of one class or (C,) of each."""
    tp, pred, true = sums
    fp, fn = pred - tp, true - tp
    found = tp, fp, fn, cells - pred - fn  # in this order no number leaves int64
    if isinstance(tp, float) or getattr(tp, "dtype", None) == np.float64:  # these may pass 0
        found = tuple(each * (each > 0) for each in found)
    return dict(zip(OUTCOMES, found, strict=True))


def _each_decided(sums: Array, cells: Any, size: int, spans: bool) -> dict[str, Any]:
    """Make the decided counts of each class on demand: 12 µs that a caller of one ratio saves."""
    found = _outcomes(sums, cells)
    found = _of_spans(found) if spans else found
    return {name: values[:size] for name, values in found.items()}


def _of_spans(ratios: dict[str, Any]) -> dict[str, Any]:
    """Numbers of spans: those of spans that are on neither side are nan."""
    nowhere = ("specificity", "tn")
    return {name: each * np.nan if name in nowhere else each for name, each in ratios.items()}


def _average_of_spans(ratios: Callable[..., dict[str, Any]], only: Any) -> dict[str, Any]:
    return _of_spans(ratios(only=only))


def _with_averaged(counts: Counts, options: Options) -> Counts:
    """Counts that know the listed classes to average over, though the labels seen lack some.

    Of spans they know the class "no span" too, which is the last one.
    """
    over = options.average_over
    if isinstance(over, tuple):
        _refuse_no_class(over, counts, options)
    if counts.labels is not None and options.spans is not None:
        counts = counts.onto(union(counts.labels, np.array([OUTSIDE])))
    if counts.labels is None or not isinstance(over, tuple):
        return counts
    return counts.onto(union(counts.labels, np.unique(np.array(over))))


def _refuse_no_class(over: tuple[Any, ...], counts: Counts, options: Options) -> None:
    """Complain about a class to average over that cannot be one; labels that do not occur can."""
    labels = counts.labels
    if labels is not None:
        text = labels.dtype.kind in "UO"
        options.places([each for each in over if isinstance(each, str) != text], 0, labels)
    elif options.n_classes is None or options.task == "binary":  # others were looked up with it
        options.places(over, options.known(counts.n_classes))
