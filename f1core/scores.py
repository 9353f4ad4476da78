"""Scores: what a user holds, prints, and turns into a dict."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from . import foreign_names, metrics, option_values, report, tables
from .averages import AVERAGES
from .count_layout import EXACT, RATIOS, TP, TRUE
from .counts import Array
from .errors import F1Error, one_of, refuse_unknown, unknown_attribute
from .locks import cached_property
from .option_types import Method, Normalize
from .tabulated import Tabulated

_TOP_K = ("accuracy", "exact_match", "f1_of_means")
_MANY_LABELS = (*_TOP_K, "hamming_loss")
_ONE_CLASS = (*_MANY_LABELS, "balanced_accuracy", "mcc", "kappa")
# Every key that `to_dict` can have, of whatever task; and those of which less is better.
_AVERAGED = tuple(f"{ratio}_{kind}" for kind in AVERAGES for ratio in RATIOS)
METRICS = (*RATIOS, *_AVERAGED, *_ONE_CLASS, "unknown")
LOSSES = ("hamming_loss", "unknown")

# What `Scores.interval` asks: `f1core/__init__.py` sets it, since intervals are made of scores.
find_interval: Callable[..., tuple[float, float]] | None = None


class Scores(Tabulated):
    """Every metric and every average of one set of counts.

    Examples
    --------
    >>> import f1core
    >>> s = f1core.score([0, 1, 2, 2], [0, 2, 2, 2])
    >>> round(s.macro.f1, 4), s.accuracy
    (0.6, 0.75)
    """

    # ---- single numbers ------------------------------------------------------------------

    @property
    def accuracy(self) -> float:
        """Rows that are right (multilabel: in every label; top-k: among the k)."""
        return self.exact_match

    @cached_property
    def exact_match(self) -> float:
        """Rows that are right in every label."""
        self._not_of_spans("accuracy")
        if self._counts.rows is not None:
            return float(self._counts.rows[EXACT] / self.total)
        return float(self._sums[TP].sum() / self.total)

    @cached_property
    def hamming_loss(self) -> float:
        """The share of single decisions that are wrong."""
        if self._counts.rows is None:
            self._not_of_spans("hamming_loss")
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

    @cached_property
    def f1_of_means(self) -> float:
        """The F1 of macro precision and macro recall; `macro.f1` is the mean of the classes' F1s.

        Examples
        --------
        >>> import f1core
        >>> s = f1core.Scores.from_confusion([[1, 1000], [0, 1]])
        >>> round(s.macro.f1, 3), round(s.f1_of_means, 3)
        (0.002, 0.501)
        """
        return float(metrics.f1_of_means(self.macro.precision, self.macro.recall))

    # ---- counts --------------------------------------------------------------------------

    @property
    def confusion(self) -> Array:
        """(C, C) counts, rows = truth; multilabel (L, 2, 2) as scikit-learn's.

        Of spans (C + 1, C + 1): the last row is of spans that the truth has not, the last column
        of those that the prediction has not. With `unknown="miss"` (C, C + 1): the last column is
        of predictions that are no class.
        """
        return self.confusion_matrix()

    def confusion_matrix(self, normalize: Normalize | None = None, **unknown: NoReturn) -> Array:
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
                f"the confusion matrix of {self._size} classes was not kept; "
                "confusion=True keeps it"
            )
        else:
            rows = self._options.known(self._counts.n_classes)
            matrix = self._counts.confusion[:rows].view()
            matrix.setflags(write=False)
        if normalize is None:
            return matrix
        if not isinstance(normalize, str) or normalize not in ("true", "pred", "all"):
            raise F1Error(one_of("normalize", normalize, ("true", "pred", "all")))
        return metrics.normalised(matrix, normalize)

    @cached_property
    def classes(self) -> list[Any]:
        """The classes' names, label values or numbers, in the order of `per_class`."""
        labels = self._counts.labels
        found = (self._options.names or range(self._size)) if labels is None else labels.tolist()
        return list(found)[: self._size]

    def to_dict(self, *, per_class: bool = False, **unknown: NoReturn) -> dict[str, Any]:
        """Every metric by name, as plain floats: {"f1_macro": …, "accuracy": …}.

        Parameters
        ----------
        per_class
            Whether to add `task`, `threshold` (that which cuts scores), `total`, `classes`,
            `support`, `per_class` (lists in the order of `classes`: each ratio, `tp`, `fp`, `fn`
            and `tn`) and `confusion` (None where it was not kept). All of it is then what JSON
            takes: what is undefined is None and not nan.

        Examples
        --------
        >>> import f1core
        >>> s = f1core.score([0, 1, 1], [0, 1, 0])
        >>> s.to_dict()["f1_macro"]
        0.6666666666666666
        >>> s.to_dict(per_class=True)["per_class"]["recall"]
        [1.0, 0.5]
        """
        if unknown:
            refuse_unknown(unknown, Scores.to_dict, "to_dict")
        if option_values.flag("per_class", per_class):
            return tables.as_json(self)
        found: dict[str, Any] = {}
        if self.task == "binary":
            found |= {name: getattr(self.binary, name) for name in RATIOS}
        for kind in self.averages:
            average = getattr(self, kind)
            found |= {f"{name}_{kind}": float(getattr(average, name)) for name in self.ratios}
        return found | {name: float(getattr(self, name)) for name in self._single_numbers()}

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
        if stem in self.ratios and kind in AVERAGES:
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
        method: Method = "auto",
        resamples: int = 2000,
        seed: int | None = None,
        **unknown: NoReturn,
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
            hint = None if name.startswith("_") else foreign_names.attribute_of(name, self.task)
            raise unknown_attribute(self, name, "Scores", dir(type(self)), hint)

    # ---- inside --------------------------------------------------------------------------

    def _single_numbers(self) -> tuple[str, ...]:
        return single_numbers(self.task, self._options.top_k, self._options.counts_unknown)

    def _single_label(self, name: str) -> None:
        if self.task == "multilabel":
            raise F1Error(f"{name} needs one class a row, this task is multilabel")
        self._not_of_spans(name)
        self._one_prediction(name)

    def _one_prediction(self, name: str) -> None:
        if self._options.top_k > 1:
            raise F1Error(f"{name} needs one predicted class a row, top_k is {self._options.top_k}")


def single_numbers(task: str, top_k: int = 1, unknown: bool = False) -> tuple[str, ...]:
    """The metrics without an average that a task has."""
    if task == "spans":
        return ("f1_of_means",)
    if task == "multilabel":
        return _MANY_LABELS
    return _TOP_K if top_k > 1 else (*_ONE_CLASS, "unknown") if unknown else _ONE_CLASS
