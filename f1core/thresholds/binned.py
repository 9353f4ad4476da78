"""BinnedThresholds: the best threshold of a stream, from a fixed number of score bins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..counts import Array
from ..errors import F1Error, calling_y_pred, refuse_unknown, shown
from ..frame_columns import refuse_nameless
from ..locks import new_lock
from ..option_values import whole
from ..options import Options, make_options
from ..plausible import down_scaled, exact_sum, refuse_overflow
from ..pos_label import agreed, with_negative
from .best import Best, best_of, scores_batch
from .bins import count_bins
from .choose import ask, choose, make_objective, value_of
from .curves import Curve, curve_of
from .label_columns import BinColumn


class Kept(NamedTuple):
    """All that the bins have, replaced in one step."""

    options: Options  # those asked for, and what the columns of the first batch call the labels
    counts: Array | None = None  # (L, bins + 2, 2) of `count_bins`: negative, positive
    negative: Any = None  # the negative class that the data named, once it occurred


@dataclass(frozen=True, eq=False)
class BinnedBest(Best):
    """Result of `BinnedThresholds.best_threshold`; no threshold at all scores above `bound`.

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
        try:
            size = whole("bins", bins, 2)
            good = size <= 1 << 20 and not size & (size - 1)
        except F1Error:
            good = False
        if not good:
            raise F1Error(f"bins is {shown(bins)}; give a power of two from 2 to 1,048,576")
        if not isinstance(task, str) or task not in ("binary", "multilabel"):
            raise F1Error(f"task is {shown(task)}; thresholds are for 'binary' and 'multilabel'")
        options = make_options(
            task, classes=classes, ignore_index=ignore_index, pos_label=pos_label
        )
        self._asked = options  # before columns named the labels
        self.bins = size
        self._kept = Kept(options)
        self._lock = new_lock()

    def update(
        self,
        y_true: Any = None,
        y_prob: Any = None,
        *,
        sample_weight: Any = None,
        **unknown: Any,
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
            asked, seen, negative = self._kept
            options = asked if negative is None else with_negative(asked, negative)
            width = None if seen is None or asked.task == "binary" else len(seen)
            batch = scores_batch(y_true, y_prob, options, sample_weight, width)
            if asked.names is not None and self._asked.names is None:
                refuse_nameless(batch, y_true, y_prob)
            counts = count_bins(batch, self.bins)
        many = asked.task != "binary"
        with self._lock:
            kept = self._kept
            now = kept.counts
            named = many and asked.names is None and batch.options.names is not None
            fits = now is seen or (not named and now is not None and len(now) == len(counts))
            if fits and asked is kept.options:
                negative = agreed(kept.negative, batch.negative)
                both = counts if now is None else _sum(now, counts)
                if self._kept is kept:  # else a signal handler came in between
                    self._kept = Kept(batch.options if named else asked, both, negative)
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
        options, more, negative = other._kept
        with self._lock:
            kept = self._kept
            now = kept.counts
            if now is None or more is None:  # no columns named its labels yet
                difference = self._asked.difference(other._asked)
            else:
                difference = kept.options.difference(options)
            if self.bins != other.bins:
                difference = f"bins is {self.bins} here and {other.bins} there"
            if difference is not None:
                raise F1Error(f"these bins cannot be merged: {difference}")
            if now is not None and more is not None and len(now) != len(more):
                raise F1Error(f"{len(more)} labels cannot be added to {len(now)}")
            negative = agreed(kept.negative, negative)
            if now is None:
                both, named = more, options
            else:
                both, named = now if more is None else _sum(now, more), kept.options
            if self._kept is kept:  # else a signal handler came in between
                self._kept = Kept(named, both, negative)
                return
        self.merge(other)

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
        **unknown: Any,
    ) -> BinnedBest:
        """The best of the bins' edges, by the options of `f1core.best_threshold`.

        Raises
        ------
        F1Error
            If there are no rows yet, or no edge has the least precision or recall.
        """
        if unknown:
            refuse_unknown(unknown, self.best_threshold, "BinnedThresholds.best_threshold")
        kept = self._kept.options
        options = make_options(
            kept.task, classes=kept.given_classes, pos_label=kept.pos_label,
            average_over=average_over, zero_division=zero_division, beta=beta,
        )  # fmt: skip
        objective = make_objective(options, min_precision, min_recall)
        asked, seen = ask(options, average, shared, slack, objective), self._seen()

        def found(optimistic: bool) -> tuple[Best, float]:
            kind = partial(BinColumn, optimistic=optimistic)
            choices = choose(
                asked,
                lambda work: [work(kind(counts)) for counts in seen],
                lambda labels: kind(seen[labels].sum(axis=0)),
                len(seen),
            )
            return best_of(choices, asked), value_of(choices, asked)

        (best, score), (_, bound) = found(False), found(True)
        return BinnedBest(best.threshold, score, best.low, best.high, best.metric, bound)

    def curve(
        self, label: int = 0, *, zero_division: float = 0.0, beta: float = 1.0, **unknown: Any
    ) -> Curve:
        """The curve of one label at the bins' edges; its areas take the scores of a bin as equal.

        Raises
        ------
        F1Error
            If there are no rows yet, or no such label.
        """
        if unknown:
            refuse_unknown(unknown, self.curve, "BinnedThresholds.curve")
        seen, given = self._seen(), make_options(zero_division=zero_division, beta=beta)
        if whole("label", label, 0) >= len(seen):
            raise F1Error(f"label is {shown(label)}; there are {len(seen)}, counted from 0")
        return curve_of(BinColumn(seen[label]), given.coefs, given.zero_division)

    def reset(self) -> None:
        """Forget all counts, keep the options."""
        with self._lock:
            self._kept = Kept(self._asked)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BinnedThresholds):
            return NotImplemented
        (one, mine, negative), (two, theirs, another) = self._kept, other._kept
        if self.bins != other.bins or one.difference(two) is not None or negative != another:
            return False
        if mine is None or theirs is None:
            return mine is theirs
        return bool(np.array_equal(mine, theirs))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        options, counts, _ = self._kept
        rows = 0 if counts is None else counts.sum(axis=(1, 2)).max()
        return f"BinnedThresholds({options.task!r}, bins={self.bins}, {rows:,} rows)"

    def __getstate__(self) -> dict[str, Any]:
        options, counts, negative = self._kept
        counts = None if counts is None else counts.copy()
        named = {"options": options, "asked": self._asked, "negative": negative}
        return {**named, "bins": self.bins, "counts": counts}

    def __setstate__(self, made: dict[str, Any]) -> None:
        self._kept = Kept(made["options"], made["counts"], made.get("negative"))
        self._asked, self.bins = made.get("asked", made["options"]), made["bins"]
        self._lock = new_lock()

    def _seen(self) -> Array:
        counts = self._kept.counts
        if counts is None:
            raise F1Error("there are no rows to cut: update() was not called since the start")
        most, whole = max(map(float, map(exact_sum, counts))), counts.dtype.kind == "i"
        scaled = down_scaled(most, 4 * len(counts), whole, [counts])
        return counts if scaled is None else scaled[0]


def _sum(mine: Array, more: Array) -> Array:
    for one, other in zip(mine, more, strict=True):
        refuse_overflow(exact_sum(one), exact_sum(other))
    return np.asarray(mine + more)
