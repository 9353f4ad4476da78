"""Scores and Average: what a user holds, prints, and turns into a dict."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from . import foreign_names, metrics, report
from .count_layout import CELLS, EXACT, PRED, RATIOS, ROWS, TP, TRUE
from .counts import Array, Counts, onto, union
from .errors import F1Error, UnknownAttribute, one_of, refuse_unknown
from .locks import cached_property
from .options import Options
from .plausible import down_scaled, exact_sum, refuse_overflow

CLASS_AVERAGES = ("micro", "macro", "weighted")
AVERAGES = (*CLASS_AVERAGES, "samples")
_ONE_CLASS = ("accuracy", "balanced_accuracy", "mcc", "kappa", "hamming_loss", "exact_match")
_MANY_LABELS = ("accuracy", "exact_match", "hamming_loss")
_TOP_K = ("accuracy", "exact_match")
# Every key that `to_dict` can have, of whatever task; and those of which less is better.
METRICS = (*RATIOS, *(f"{ratio}_{kind}" for kind in AVERAGES for ratio in RATIOS), *_ONE_CLASS)
LOSSES = ("hamming_loss",)

# What `Scores.interval` asks: `f1core/__init__.py` sets it, since intervals are made of scores.
find_interval: Callable[..., tuple[float, float]] | None = None


@dataclass(frozen=True)
class Average:
    """Seven numbers of one average: floats in [0, 1], or arrays (C,) for `per_class`.

    `f1` is always beta = 1, `fbeta` has the beta asked for; `support` counts the true rows.
    """

    precision: Any
    recall: Any
    f1: Any
    fbeta: Any
    jaccard: Any
    specificity: Any
    support: Any

    @classmethod
    def on_demand(
        cls, ratios: Callable[..., dict[str, Any]], support: Callable[[], Any]
    ) -> Average:
        """An average whose numbers are computed when they are asked for.

        `ratios(only=names)` divides some. Who asks for one ratio a batch, as training loops do,
        pays for one; who asks for a second one gets all. Neither function may hold the `Scores`
        that hold the average: such a circle waits for the garbage collector, 8 µs a batch.
        """
        made = object.__new__(cls)
        made.__dict__.update(_ratios=ratios, _support=support)
        return made

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            known = self.__dict__
            if name == "support" and "_support" in known:
                known[name] = self._support()
            elif name in RATIOS and "_ratios" in known:
                first = known.setdefault("_first", name) == name
                only = (name,) if first else tuple(each for each in RATIOS if each not in known)
                found = self._ratios(only=only)
                known.update((each, found[each].item()) for each in only)
            else:
                raise _no_attribute(self, name, "an average", (*RATIOS, "support"))
            return known[name]

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *RATIOS]

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in (*RATIOS, "support")}


class Scores:
    """Every metric and every average of one set of counts.

    Examples
    --------
    >>> import f1core
    >>> s = f1core.score([0, 1, 2, 2], [0, 2, 2, 2])
    >>> round(s.macro.f1, 4), s.accuracy
    (0.6, 0.75)
    """

    def __init__(self, counts: Counts, options: Options) -> None:
        weighted = counts.weighted
        if weighted:
            with np.errstate(over="ignore"):
                total = counts.total
            refuse_overflow(total.item(), 0.0)
        else:
            total = counts.total
        if not total > 0:
            raise F1Error(
                "there are no rows to score: none came, all were ignored, or all weights are 0"
            )
        self._counts, self._options = _with_averaged(counts, options), options
        self.task: str = options.task or ""
        self.__dict__["total"] = total

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.__dict__)  # a copy: averages that are sent divide first, which adds to it

    # ---- averages ------------------------------------------------------------------------

    @cached_property
    def per_class(self) -> Average:
        """Each class by itself: arrays (C,)."""
        ratios = metrics.stacked(*self._shares, **self._how)
        return Average(**dict(zip(RATIOS, ratios, strict=True)), support=self._sums[TRUE])

    @cached_property
    def binary(self) -> Average:
        """The positive class of a binary task."""
        self._only("binary", "binary averages")
        positive = (each[1:] if np.ndim(each) else each for each in self._shares)
        ratios = partial(metrics.per_class, *positive, **self._how)
        return Average.on_demand(ratios, self._sums[TRUE][1].item)

    @cached_property
    def micro(self) -> Average:
        """All classes' counts added up, divided once."""
        return self._average("micro")

    @cached_property
    def macro(self) -> Average:
        """The plain mean over classes."""
        return self._average("macro")

    @cached_property
    def weighted(self) -> Average:
        """The mean over classes, weighted by support."""
        return self._average("weighted")

    @cached_property
    def samples(self) -> Average:
        """The mean over the rows of a multilabel task."""
        self._only("multilabel", "samples averages")
        assert self._counts.rows is not None
        if "samples" not in self.averages:
            raise F1Error("samples averages look at every row, and these are sums over rows")
        ratios = metrics.samples(self._counts.rows, self._options.zero_division)
        return Average(**ratios, support=_support(self._sums[TRUE], self.included))

    @property
    def averages(self) -> tuple[str, ...]:
        """The averages over classes or rows that there are."""
        rows = self._counts.rows
        return AVERAGES if rows is not None and len(rows) == ROWS else CLASS_AVERAGES

    # ---- single numbers ------------------------------------------------------------------

    @property
    def accuracy(self) -> float:
        """Rows that are right (multilabel: in every label; top-k: among the k)."""
        return self.exact_match

    @cached_property
    def exact_match(self) -> float:
        """Rows that are right in every label."""
        if self._counts.rows is not None:
            return float(self._counts.rows[EXACT] / self.total)
        return float(self._sums[TP].sum() / self.total)

    @cached_property
    def hamming_loss(self) -> float:
        """The share of single decisions that are wrong."""
        if self._counts.rows is None:
            self._one_prediction("hamming_loss")
            return float((self.total - self._sums[TP].sum()) / self.total)
        tp, pred, true, cells = (each.sum() for each in self._shares)
        return float((pred + true - 2 * tp) / cells)

    @cached_property
    def balanced_accuracy(self) -> float:
        """The mean recall over the classes that occur."""
        self._single_label("balanced_accuracy")
        return float(metrics.balanced_accuracy(self._sums[TP], self._sums[TRUE]))

    @cached_property
    def mcc(self) -> float:
        """Matthews' correlation coefficient, in [-1, 1]."""
        self._single_label("mcc")
        return float(metrics.mcc(*self._sums))

    @cached_property
    def kappa(self) -> float:
        """Cohen's kappa, in [-1, 1]; nan where chance alone explains everything."""
        self._single_label("kappa")
        return float(metrics.kappa(*self._sums))

    # ---- counts --------------------------------------------------------------------------

    @property
    def confusion(self) -> Array:
        """(C, C) counts, rows = truth; multilabel (L, 2, 2) as scikit-learn's."""
        return self.confusion_matrix()

    def confusion_matrix(self, normalize: str | None = None, **unknown: Any) -> Array:
        """The confusion matrix, as counts or as shares.

        Parameters
        ----------
        normalize
            None for counts; "true", "pred" or "all" for shares of the truth's rows, of the
            prediction's columns, or of everything (0/0 is 0).

        Raises
        ------
        F1Error
            If it was not kept (more than 1,024 classes without `confusion=True`, or top-k).

        Examples
        --------
        >>> import f1core
        >>> f1core.score([0, 1, 1], [0, 1, 0]).confusion_matrix(normalize="true")
        array([[1. , 0. ],
               [0.5, 0.5]])
        """
        if unknown:
            refuse_unknown(unknown, Scores.confusion_matrix, "confusion_matrix")
        if self.task == "multilabel":
            tp, pred, true = self._sums
            matrix = np.array([[self._cells - pred - true + tp, pred - tp], [true - tp, tp]])
            matrix = np.moveaxis(matrix, -1, 0)
        elif self._counts.confusion is None:
            self._one_prediction("confusion")
            raise F1Error(
                f"the confusion matrix of {self._counts.n_classes} classes was not kept; "
                "confusion=True keeps it"
            )
        else:
            matrix = self._counts.confusion.view()
            matrix.setflags(write=False)
        if normalize is None:
            return matrix
        if not isinstance(normalize, str) or normalize not in ("true", "pred", "all"):
            raise F1Error(one_of("normalize", normalize, ("true", "pred", "all")))
        return metrics.normalised(matrix, normalize)

    @cached_property
    def classes(self) -> list[Any]:
        """The classes' names, label values or numbers, in the order of `per_class`."""
        if self._counts.labels is not None:
            return list(self._counts.labels.tolist())
        return list(self._options.names or range(self._counts.n_classes))

    @cached_property
    def total(self) -> Any:
        """Number of rows that count, or the sum of their weights."""
        return self._counts.total

    def to_dict(self, **unknown: Any) -> dict[str, float]:
        """Every metric by name, as plain floats: {"f1_macro": …, "accuracy": …}.

        Examples
        --------
        >>> import f1core
        >>> f1core.score([0, 1, 1], [0, 1, 0]).to_dict()["f1_macro"]
        0.6666666666666666
        """
        if unknown:
            refuse_unknown(unknown, (), "to_dict")
        found: dict[str, float] = {}
        if self.task == "binary":
            found |= {name: getattr(self.binary, name) for name in RATIOS}
        for kind in self.averages:
            average = getattr(self, kind)
            found |= {f"{name}_{kind}": float(getattr(average, name)) for name in RATIOS}
        return found | {name: getattr(self, name) for name in self._single_numbers()}

    def metric(self, name: str) -> float:
        """One number by its name in `to_dict`.

        Raises
        ------
        F1Error
            If this task has no such metric.
        """
        if not isinstance(name, str):
            raise F1Error(one_of("metric", name, self.to_dict()))
        stem, _, kind = name.rpartition("_")
        if stem in RATIOS and kind in AVERAGES:
            return float(getattr(getattr(self, kind), stem))
        if name in RATIOS:
            return float(getattr(self.binary, name))
        if name not in self._single_numbers():
            raise F1Error(one_of("metric", name, self.to_dict()))
        return float(getattr(self, name))

    def interval(
        self,
        metric: str,
        *,
        of: Any = None,
        level: float = 0.95,
        method: str = "auto",
        resamples: int = 2000,
        seed: int | None = None,
        **unknown: Any,
    ) -> tuple[float, float]:
        """Bound what a metric would be on endless rows of the same kind: (low, high).

        Parameters
        ----------
        metric, of
            A name in `to_dict`; or precision, recall, f1, fbeta, jaccard or specificity `of` one
            class.
        level
            How often such an interval holds the metric of endless data.
        method
            "auto", which takes what holds for the metric, "bootstrap" or "delta":
            `f1core.intervals.interval` describes them, with their sources.
        resamples, seed
            Of the bootstrap and of what "auto" draws; without a seed it is always the same one.

        Raises
        ------
        F1Error
            If the metric or the class is unknown, or the counts do not tell: averages of
            multilabel rows, weighted rows and clusters need `score(…, resamples=)`.

        Examples
        --------
        >>> import f1core
        >>> s = f1core.score(["cat", "dog", "dog", "cat"] * 25, ["cat", "dog", "cat", "cat"] * 25)
        >>> low, high = s.interval("f1_macro")
        >>> low < s.macro.f1 < high
        True
        >>> [round(end, 2) for end in s.interval("recall", of="dog")]
        [0.36, 0.64]
        """
        if unknown:
            refuse_unknown(unknown, Scores.interval, "interval")
        assert find_interval is not None
        how: dict[str, Any] = {"level": level, "method": method, "resamples": resamples}
        return find_interval(self._counts, self._options, metric, of=of, seed=seed, **how)

    # ---- how it looks --------------------------------------------------------------------

    def __repr__(self) -> str:
        return report.line(self)

    def __str__(self) -> str:
        return report.text(self)

    def _repr_html_(self) -> str:
        return report.html(self)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise _no_attribute(self, name, "Scores", dir(type(self)))

    # ---- inside --------------------------------------------------------------------------

    @cached_property
    def _sums(self) -> Array:
        sums = self._counts.per_class.view()
        sums.setflags(write=False)  # `support` is a part of it
        return sums

    @property
    def _cells(self) -> Any:
        """All cells of each class: (L,) where some may be ignored, or a number."""
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

    @cached_property
    def included(self) -> Array:
        """(C,) booleans: the classes that micro, macro and weighted averages look at."""
        eligible, if_seen = self._options.averaged(self._counts.n_classes, self._counts.labels)
        if if_seen:
            seen = np.logical_or(self._sums[PRED], self._sums[TRUE])  # a sum could leave int64
            chosen: Array = seen if all(eligible) else seen & eligible
        else:
            chosen = np.array(eligible)
        if not np.count_nonzero(chosen):
            raise F1Error("no class is left to average over")
        return chosen

    def _average(self, kind: str) -> Average:
        included = self.included
        ratios = partial(metrics.average, kind, *self._shares, included, **self._how)
        return Average.on_demand(ratios, partial(_support, self._sums[TRUE], included))

    def _single_numbers(self) -> tuple[str, ...]:
        return single_numbers(self.task, self._options.top_k)

    def _only(self, task: str, what: str) -> None:
        if self.task != task:
            raise F1Error(f"{what} are for {task} tasks, this one is {self.task}")

    def _single_label(self, name: str) -> None:
        if self.task == "multilabel":
            raise F1Error(f"{name} needs one class a row, this task is multilabel")
        self._one_prediction(name)

    def _one_prediction(self, name: str) -> None:
        if self._options.top_k > 1:
            raise F1Error(f"{name} needs one predicted class a row, top_k is {self._options.top_k}")


def _no_attribute(of: Any, name: str, what: str, known: Iterable[str]) -> AttributeError:
    """The error for an attribute that is not there: with what does the same, unless it is private.

    Names with an underscore are what `copy`, `pickle` and IPython ask for, and are no one's typo.
    """
    if name.startswith("_"):
        return AttributeError(f"{type(of).__name__!r} object has no attribute {name!r}")
    public = [each for each in known if not each.startswith("_")]
    sentence = f"{what} has no {name[:60]}"
    if isinstance(of, Scores):
        way = foreign_names.attribute_of(name, of.task)
        if way is not None:
            return UnknownAttribute(f"{sentence}: {way}")
    near = foreign_names.ratio_of(name) or foreign_names.nearest(name, public)
    if near is not None:
        return UnknownAttribute(f"{sentence}; did you mean {near}?")
    return UnknownAttribute(f"{sentence}; there are {', '.join(public)}")


def _support(true: Array, included: Array) -> Any:
    return exact_sum(true[included])


def single_numbers(task: str, top_k: int = 1) -> tuple[str, ...]:
    """The metrics without an average that a task has."""
    if task == "multilabel":
        return _MANY_LABELS
    return _TOP_K if top_k > 1 else _ONE_CLASS


def _with_averaged(counts: Counts, options: Options) -> Counts:
    """Counts that know the listed classes to average over, though the labels seen lack some."""
    over = options.average_over
    if counts.labels is None or not isinstance(over, tuple):
        return counts
    return onto(counts, union(counts.labels, np.unique(np.array(over))))
