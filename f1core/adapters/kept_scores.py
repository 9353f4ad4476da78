"""KeptScores: an epoch's scores, kept until its end to be cut by the best of all thresholds."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any

import numpy as np

from ..accumulator import Accumulator
from ..api import score
from ..arrays import to_numpy
from ..averages import AVERAGES
from ..count_layout import RATIOS
from ..counts import Array
from ..errors import F1Error, refuse_unknown, shown
from ..inputs import check
from ..label_rows import filled
from ..option_types import Task
from ..option_values import flag
from ..options import Options
from ..scores import Scores
from ..thresholds.best import Best, best_threshold
from ..thresholds.binned import BinnedThresholds
from ..thresholds.choose import make_objective, search_options
from ..thresholds.class_metrics import metric_name
from ..thresholds.two_classes import best_of_two

_COUNTED = ("from_logits", "ignore_index", "average_over", "zero_division", "beta", "pos_label")


def wants_best(threshold: Any) -> bool:
    """Return whether `threshold` is "best", so that the best one is to be found."""
    return isinstance(threshold, str) and threshold == "best"


def target_metric(key: str, task: str, average: str | None) -> str | None:
    """Return the metric to choose thresholds by, for a metric of `Scores.to_dict`.

    The F-beta of that metric's average; of classes any metric itself.
    """
    stem, _, kind = key.rpartition("_")
    if stem in RATIOS and kind in AVERAGES and (stem in ("f1", "fbeta") or task == "multilabel"):
        return kind
    if task == "binary" and key in RATIOS:  # of the positive class
        return None
    return average if task == "multilabel" else key


class KeptScores:
    """An epoch's rows, and what they score at the best of all thresholds.

    Each score is kept in its own dtype and its truth in a byte: 5 MB for a million of float32, and
    8 more for weights. With `bins` a binary task keeps 16 bytes a bin instead: the scores are then
    exactly those of the best of the bins' edges, and no threshold scores above `best.bound`.

    Raises
    ------
    F1Error
        For options that are not of their form, or that leave no threshold to be found.
    """

    def __init__(
        self,
        task: Task,
        *,
        classes: Any = None,
        average: str | None = None,
        shared: bool = False,
        bins: int | None = None,
        threads: int | None = None,
        **options: Any,
    ) -> None:
        known = ("classes", "average", "shared", "bins", "threads", *_COUNTED)
        refuse_unknown(options, known, "threshold='best'")
        # Counts each batch at 0.5 too: what no threshold could count is refused at once. Without
        # the matrix, since batches and merges may add to a copy.
        self._counted = Accumulator(
            task, classes=classes, threads=threads, confusion=False, **options
        )
        self._how: dict[str, Any] = {"threads": threads, **options}
        made = self._counted.options
        average = None if task == "binary" and average == "binary" else average
        self._of_two = task == "binary" and average is not None
        self._search: dict[str, Any] = {"average": average or "macro", "shared": shared}
        if task == "multiclass" or self._of_two:
            metric_name(average or "macro", made)
            if flag("shared", shared):
                each = "there is one threshold" if self._of_two else "each class has its own"
                raise F1Error(f"shared=True is for labels: {each}")
        else:
            search_options(
                made, slack=0.0, objective=make_objective(made, None, None), **self._search
            )
        self._bins = None if bins is None else self._binned(task, bins, classes)
        self.reset()

    def _binned(self, task: Task, bins: int, classes: Any) -> BinnedThresholds:
        if task != "binary" or self._how.get("from_logits"):
            what = "from_logits=True" if task == "binary" else f"task={task!r}"
            raise F1Error(f"bins is {shown(bins)}, which are of one probability a row: not {what}")
        if self._of_two:
            average = self._search["average"]
            raise F1Error(
                f"bins is {shown(bins)} and average={average!r}: bins are for the F-beta of the "
                "positive class, leave one of them out"
            )
        how: dict[str, Any] = {name: self._how.get(name) for name in ("ignore_index", "pos_label")}
        return BinnedThresholds(task, bins=bins, classes=classes, **how)

    def reset(self) -> None:
        """Forget all rows: at the start of an epoch."""
        self._counted.reset()
        self._rows: list[tuple[Array, Array, Array | None]] = []
        self.best: Best | None = None
        if self._bins is not None:
            self._bins.reset()

    def update(self, y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> None:
        """Keep a batch; what cannot be counted leaves everything as it was.

        Raises
        ------
        F1Error
            If the batch cannot be counted, or holds no scores.
        """
        if self.task == "multiclass" and hasattr(y_true, "tocsr"):  # which reading makes ids of
            y_true = to_numpy(y_true, "y_true")
        # Bins may refuse what is counted by then; a copy reads each batch's form anew.
        counted = self._counted if self._bins is None else copy(self._counted)
        batch = filled(check(y_true, y_pred, counted.named(), sample_weight, counted.width, True))
        true, scores, weight = batch.true, batch.pred, batch.weight
        if scores.dtype.kind in "biuUSO" and scores.size:
            raise F1Error(f"y_pred is {scores.dtype}: threshold='best' takes scores, not labels")
        if self.task == "multiclass" and len(true):  # what argmax would take for a probability
            even, classes = [1 / scores.shape[-1]] * scores.shape[-1], batch.options.given_classes
            score(true, scores, task="multiclass", threshold=even, classes=classes, **self._how)
        counted.update(y_true, y_pred, sample_weight=sample_weight)
        if self._bins is not None:
            self._bins.update(true, scores, sample_weight=weight)
        elif len(true):
            weight = None if weight is None else np.array(weight, np.float64)
            self._rows.append((smallest(true), np.array(scores), weight))
        self._counted = counted

    def merge(self, other: KeptScores) -> None:
        """Add another's rows, which stays as it is.

        Raises
        ------
        F1Error
            If the two were made with different options.
        """
        if not isinstance(other, KeptScores):
            raise F1Error("one side has threshold='best', the other has not")
        for name, own in self._compared_options.items():
            if own != other._compared_options[name]:
                raise F1Error(
                    f"these scores cannot be merged: {name} is {shown(own)} here and "
                    f"{shown(other._compared_options[name])} there"
                )
        counted = copy(self._counted)
        counted.merge(other._counted)
        if self._bins is not None and other._bins is not None:
            self._bins.merge(other._bins)
        self._counted = counted
        self._rows.extend(other._rows)

    def compute(self) -> Scores:
        """The scores at the best threshold of all rows so far; `best` says which that is.

        Raises
        ------
        F1Error
            If there are no rows yet.
        """
        found = self._counted.compute()
        if self._bins is not None:
            return self._best_of_bins(found.classes)
        rows, options = self.rows(), self.options
        assert rows is not None
        true, scores, weight = rows
        how = {**self._how, "task": self.task, "sample_weight": weight}
        how |= {"classes": options.given_classes, "pos_label": options.pos_label}
        if self._of_two:
            average, threads = self._search["average"], self._how["threads"]
            self.best = best_of_two(true, scores, options, average, weight, threads)
        else:
            search = {} if self.task == "binary" else self._search
            self.best = best_threshold(true, scores, **search, **how)
        at = np.asarray(self.best.threshold).tolist()
        return score(true, scores, threshold=at, **how)

    def rows(self) -> tuple[Array, Array, Array | None] | None:
        """Truth, scores and weights of all rows, columns in the order of the classes, if any."""
        if len(self._rows) > 1:
            self._rows = [_joined(self._rows)]
        return self._rows[0] if self._rows else None

    def _best_of_bins(self, classes: list[Any]) -> Scores:
        """Compute the scores at the best of the bins' edges."""
        assert self._bins is not None
        used = {name: self._how[name] for name in ("zero_division", "beta") if name in self._how}
        self.best = self._bins.best_threshold(**used)
        curve = self._bins.curve(**used)
        (at,) = np.flatnonzero(curve.thresholds == self.best.threshold)
        tp, pred, true = curve.tp[at], curve.predicted[at], curve.positives
        matrix = np.array([[curve.total - true - pred + tp, pred - tp], [true - tp, tp]])
        return Scores.from_confusion(matrix, task="binary", classes=classes, **used)

    @property
    def _compared_options(self) -> dict[str, Any]:
        """Return what two must have in common to be merged, beside the options of the counts."""
        average = "binary" if self.task == "binary" and not self._of_two else None
        bins = None if self._bins is None else self._bins.bins
        return {**self._search, "average": average or self._search["average"], "bins": bins}

    def __copy__(self) -> KeptScores:
        made = KeptScores.__new__(KeptScores)
        made.__dict__.update(self.__dict__)
        made._counted, made._rows = copy(self._counted), list(self._rows)
        made._bins = deepcopy(self._bins)
        return made

    @property
    def task(self) -> str:
        """The task it was made for."""
        return self._counted.task

    @property
    def options(self) -> Options:
        """The options it was made with, and the classes that columns have named since."""
        return self._counted.options

    @property
    def one(self) -> bool:
        """Whether there is one threshold, not one for each label or class."""
        return self.task == "binary" or self._search["shared"] is True

    @property
    def total(self) -> Any:
        """Number of rows that count so far, or the sum of their weights."""
        return self._counted.total


def smallest(true: Array) -> Array:
    """Copy labels, into one byte each where they are small whole numbers."""
    if true.dtype.kind in "iuf" and true.itemsize > 1:
        with np.errstate(invalid="ignore"):
            small = true.astype(np.int8)
        if np.array_equal(small, true):
            return small
    return np.array(true)


def _joined(
    rows: list[tuple[Array, Array, Array | None]],
) -> tuple[Array, Array, Array | None]:
    """Concatenate batches; those without weights get weights of 1 where another has some."""
    true, scores, weights = zip(*rows, strict=True)
    weighted = any(weight is not None for weight in weights)
    each = [
        np.ones(len(part)) if weight is None else weight
        for part, weight in zip(true, weights, strict=True)
    ]
    weight = np.concatenate(each) if weighted else None
    return np.concatenate(true), np.concatenate(scores), weight
