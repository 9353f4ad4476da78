"""BinnedThresholds: the best threshold of a stream, from a fixed number of score bins."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..counts import Array
from ..errors import F1Error, calling_y_pred, shown
from ..options import make_options, refuse_unknown
from ..positive import agreed, with_negative
from .best import Best, best_of, scores_batch
from .bins import BinColumn, HopefulColumn, count_bins
from .curves import Curve, curve_of
from .search import Choice
from .tuning import choose, make_aim, metric_of, number, value_of


@dataclass(frozen=True, eq=False)
class BinnedBest(Best):
    """What `BinnedThresholds.best_threshold` found; no threshold at all scores above `bound`.

    The thresholds from `low` to `high`, both included, keep the score.
    """

    bound: float = np.nan


class BinnedThresholds:
    """Counts scores in equal bins of [0, 1], to choose thresholds from a stream.

    Every count at a bin's edge is exact: the threshold returned is the best of the `bins` + 1
    edges, its score is what `score` gives on the same rows, and `bound` is what the best of all
    thresholds could reach if inside each bin all positives came first. Within a bin the error is
    at most 1 / `bins` in the threshold and `bound` - `score` in the score.

    Parameters
    ----------
    task
        "binary" or "multilabel".
    classes
        How many labels, or their names; by default as many as the first batch has.
    bins
        A power of two, so that every edge is a float32; a label takes 16 bytes a bin.
    ignore_index, pos_label
        As in `score`.

    Raises
    ------
    F1Error
        For options that are not of their form.

    Examples
    --------
    >>> import f1core
    >>> b = f1core.BinnedThresholds("binary", bins=16)
    >>> b.update([0, 1], [0.1, 0.2])
    >>> b.update([0, 1], [0.3, 0.8])
    >>> best = b.best_threshold()
    >>> best.threshold, best.score, best.bound
    (0.125, 0.8, 0.8)
    """

    def __init__(
        self,
        task: str,
        *,
        classes: Any = None,
        bins: int = 4096,
        ignore_index: Any = None,
        pos_label: Any = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            refuse_unknown(unknown, BinnedThresholds, "BinnedThresholds")
        whole = isinstance(bins, (int, np.integer)) and not isinstance(bins, bool)
        if not whole or not 1 < bins <= 1 << 20 or bins & (bins - 1):
            raise F1Error(f"bins is {shown(bins)}; give a power of two from 2 to 1,048,576")
        if task not in ("binary", "multilabel"):
            raise F1Error(f"task is {shown(task)}; thresholds are for 'binary' and 'multilabel'")
        self._options = make_options(
            task, classes=classes, ignore_index=ignore_index, pos_label=pos_label
        )
        self._asked = self._options  # before columns named the labels
        self.bins = int(bins)
        self._counts: Array | None = None  # (L, bins + 2, 2) of `count_bins`: negative, positive
        self._negative: Any = None  # the negative class that the data named, once it occurred
        self._lock = threading.Lock()

    def update(
        self, y_true: Any, y_prob: Any, *, sample_weight: Any = None, **unknown: Any
    ) -> None:
        """Add a batch; what cannot be counted leaves everything as it was.

        Raises
        ------
        F1Error
            If the batch cannot be counted.
        """
        if unknown:
            refuse_unknown(unknown, BinnedThresholds.update, "BinnedThresholds.update")
        with calling_y_pred("y_prob"):
            asked, seen, options = self._options, self._counts, self._options
            if self._negative is not None:
                options = with_negative(options, self._negative)
            width = None if seen is None or asked.task == "binary" else len(seen)
            batch = scores_batch(y_true, y_prob, options, sample_weight, width)
            counts = count_bins(batch, self.bins)
        many = asked.task != "binary"
        with self._lock:
            now = self._counts
            named = many and asked.names is None and batch.options.names is not None
            fits = now is seen or (not named and now is not None and len(now) == len(counts))
            if fits and asked is self._options:
                self._negative = agreed(self._negative, batch.negative)
                self._counts = counts if now is None else now + counts
                self._options = batch.options if named else asked
                return
        self.update(y_true, y_prob, sample_weight=sample_weight)  # after another thread's first

    def merge(self, other: BinnedThresholds) -> None:
        """Add another's counts, which stays as it is.

        Raises
        ------
        F1Error
            If the two were made with different options, or saw different numbers of labels.
        """
        if not isinstance(other, BinnedThresholds):
            raise F1Error(f"only BinnedThresholds can be merged, this is {shown(other)}")
        with other._lock:
            options, asked, more = other._options, other._asked, other._counts
            negative = other._negative
        with self._lock:
            now = self._counts
            if now is None or more is None:  # no columns named its labels yet
                difference = self._asked.difference(asked)
            else:
                difference = self._options.difference(options)
            if self.bins != other.bins:
                difference = f"bins is {self.bins} here and {other.bins} there"
            if difference is not None:
                raise F1Error(f"these bins cannot be merged: {difference}")
            if now is not None and more is not None and len(now) != len(more):
                raise F1Error(f"{len(more)} labels cannot be added to {len(now)}")
            self._negative = agreed(self._negative, negative)
            if now is None:
                self._counts, self._options = more, options
            elif more is not None:
                self._counts = now + more

    def __add__(self, other: BinnedThresholds) -> BinnedThresholds:
        if not isinstance(other, BinnedThresholds):
            return NotImplemented
        both = BinnedThresholds.__new__(BinnedThresholds)
        both.__setstate__(self.__getstate__())
        both.merge(other)
        return both

    def best_threshold(
        self,
        *,
        average: str = "macro",
        shared: bool = False,
        min_precision: float | None = None,
        min_recall: float | None = None,
        slack: float = 0.0,
        average_over: Any = None,
        zero_division: float = 0.0,
        beta: float = 1.0,
    ) -> BinnedBest:
        """The best of the bins' edges, by the options of `f1core.best_threshold`.

        Raises
        ------
        F1Error
            If there are no rows yet, or no edge has the least precision or recall.
        """
        options = make_options(
            self._options.task,
            classes=self._options.given_classes,
            pos_label=self._options.pos_label,
            average_over=average_over,
            zero_division=zero_division,
            beta=beta,
        )
        seen, aim = self._seen(), make_aim(options, min_precision, min_recall)
        metric = metric_of(aim, options, average)

        def found(kind: type[BinColumn]) -> tuple[list[Choice], float]:
            labels = [kind(counts) for counts in seen]
            choices = choose(
                lambda work: [work(label) for label in labels],
                lambda chosen: kind(seen[chosen].sum(axis=0)),
                options,
                len(seen),
                aim,
                average,
                shared,
                number("slack", slack, 1.0),
            )
            return choices, value_of(choices, options, metric)

        choices, score = found(BinColumn)
        best = best_of(choices, metric, shared or options.task == "binary")
        _, bound = found(HopefulColumn)
        return BinnedBest(best.threshold, score, best.low, best.high, metric, bound)

    def curve(self, label: int = 0, *, zero_division: float = 0.0, beta: float = 1.0) -> Curve:
        """The curve of one label at the bins' edges; its areas take the scores of a bin as equal.

        Raises
        ------
        F1Error
            If there are no rows yet, or no such label.
        """
        seen, given = self._seen(), make_options(zero_division=zero_division, beta=beta)
        if not isinstance(label, (int, np.integer)) or not 0 <= label < len(seen):
            raise F1Error(f"label is {shown(label)}; there are {len(seen)}, counted from 0")
        return curve_of(BinColumn(seen[label]), given.coefs, given.zero_division)

    def reset(self) -> None:
        """Forget all counts, keep the options."""
        with self._lock:
            self._counts, self._options, self._negative = None, self._asked, None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BinnedThresholds):
            return NotImplemented
        mine, theirs = self._counts, other._counts
        if self.bins != other.bins or self._options.difference(other._options) is not None:
            return False
        if self._negative != other._negative:
            return False
        if mine is None or theirs is None:
            return mine is theirs
        return bool(np.array_equal(mine, theirs))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        rows = 0 if self._counts is None else self._counts.sum(axis=(1, 2)).max()
        return f"BinnedThresholds({self._options.task!r}, bins={self.bins}, {rows:,} rows)"

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            counts = None if self._counts is None else self._counts.copy()
        named = {"options": self._options, "asked": self._asked, "negative": self._negative}
        return {**named, "bins": self.bins, "counts": counts}

    def __setstate__(self, made: dict[str, Any]) -> None:
        self._options, self.bins, self._counts = made["options"], made["bins"], made["counts"]
        self._asked = made.get("asked", self._options)
        self._negative = made.get("negative")
        self._lock = threading.Lock()

    def _seen(self) -> Array:
        if self._counts is None:
            raise F1Error("there are no rows to cut: update() was not called since the start")
        return self._counts
