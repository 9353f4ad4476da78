"""BinnedThresholds: thresholds, areas and calibration of a stream, from bins of scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import numpy as np

from ..errors import F1Error, one_of, refuse_unknown, rename_y_pred, shown
from ..frame_columns import refuse_nameless
from ..option_types import Strategy, Task
from ..option_values import among, flag, whole
from ..options import TASKS, make_options
from ..pos_label import agreed, with_negative
from .best import Best, best_of
from .bin_sums import sum_bins
from .binned_calibration import calibration_of
from .binned_ranking import BinnedRanking, ranking_of
from .binned_total import BinnedTotal
from .bins import count_bins
from .choose import choose, make_objective, search_options, value_of
from .curves import Curve, curve_of
from .label_columns import BinColumn
from .one_vs_rest import columns_batch
from .reliability import STRATEGIES, Calibration


@dataclass(frozen=True, eq=False)
class BinnedBest(Best):
    """Result of `BinnedThresholds.best_threshold`; no threshold at all scores above `bound`.

    The thresholds from `low` to `high`, both included, keep the score.
    """

    bound: float = np.nan


class BinnedThresholds(BinnedTotal):
    """Counts scores in equal bins of [0, 1], for what needs all scores of a stream at once.

    Every count at a bin's edge is exact: the threshold returned is the best of the `bins` + 1
    edges, its score is what `score` gives on the same rows, and `bound` is what the best of all
    thresholds could reach if inside each bin all positives came first. Within a bin the error is
    at most 1 / `bins` in the threshold and `bound` - `score` in the score. `ranking` bounds ROC AUC
    and average precision in the same way; `calibration` is exact for bins made of these.

    Parameters
    ----------
    task
        "binary", "multilabel" or "multiclass", which has no threshold: each class against the rest.
    classes
        How many labels, or their names; by default as many as the first batch has.
    bins
        A power of two, so that every edge is a float32; a label takes 16 bytes a bin.
    calibration
        Keep sums of probabilities and losses too, for `calibration`: 24 bytes more a bin, and six
        to nine times the time. They are the same bits however rows without weights were cut, and
        off by less than 2^-62 a cell; sums of weights round as float64 does.
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
        task: Task,
        *,
        classes: Any = None,
        bins: int = 4096,
        calibration: bool = False,
        ignore_index: Any = None,
        pos_label: Any = None,
        **unknown: NoReturn,
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
        if not isinstance(task, str) or task not in TASKS:
            raise F1Error(one_of("task", task, TASKS))
        options = make_options(
            task, classes=classes, ignore_index=ignore_index, pos_label=pos_label
        )
        BinnedTotal.__init__(self, options, size, flag("calibration", calibration))

    def update(
        self,
        y_true: Any = None,
        y_prob: Any = None,
        *,
        sample_weight: Any = None,
        **unknown: NoReturn,
    ) -> None:
        """Add a batch; what cannot be counted leaves everything as it was.

        Raises
        ------
        F1Error
            If the batch cannot be counted.
        """
        if unknown:
            refuse_unknown(unknown, BinnedThresholds.update, "BinnedThresholds.update")
        with rename_y_pred("y_prob"):
            options_read, seen, negative, _ = self._state
            options = options_read if negative is None else with_negative(options_read, negative)
            width = None if seen is None or options_read.task == "binary" else len(seen)
            batch, task = columns_batch(y_true, y_prob, options, sample_weight, width)
            if options_read.names is not None and self._initial_options.names is None:
                refuse_nameless(batch, y_true, y_prob)
            counts = count_bins(batch, self.bins)
            sums = sum_bins(batch, self.bins, task) if self.calibrated else None
        names = batch.options.names if task != "binary" and options_read.names is None else None
        named = options_read if names is None else options_read.with_names(names)
        with self._lock:
            current = self._state
            counts_now = current.counts
            fits = counts_now is seen or (
                names is None and counts_now is not None and len(counts_now) == len(counts)
            )
            if fits and options_read is current.options:
                both = current.plus(named, counts, agreed(current.negative, batch.negative), sums)
                if self._state is current:  # else a signal handler came in between
                    self._state = both
                    return
        self.update(y_true, y_prob, sample_weight=sample_weight)  # after another thread's first

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
        **unknown: NoReturn,
    ) -> BinnedBest:
        """The best of the bins' edges, by the options of `f1core.best_threshold`.

        Raises
        ------
        F1Error
            If there are no rows yet, or no edge has the least precision or recall.
        """
        if unknown:
            refuse_unknown(unknown, self.best_threshold, "BinnedThresholds.best_threshold")
        known = self._state.options
        if known.task == "multiclass":
            raise F1Error(
                "bins hold each class by itself, which does not tell the largest score of a row: "
                "a multiclass task has no threshold here"
            )
        options = make_options(
            known.task, classes=known.given_classes, pos_label=known.pos_label,
            average_over=average_over, zero_division=zero_division, beta=beta,
        )  # fmt: skip
        objective = make_objective(options, min_precision, min_recall)
        search, seen = search_options(options, average, shared, slack, objective), self._seen()

        def found(optimistic: bool) -> tuple[Best, float]:
            kind = partial(BinColumn, optimistic=optimistic)
            choices = choose(
                search,
                lambda work: [work(kind(counts)) for counts in seen],
                lambda labels: kind(seen[labels].sum(axis=0)),
                len(seen),
            )
            return best_of(choices, search), value_of(choices, search)

        (best, score), (_, bound) = found(False), found(True)
        return BinnedBest(best.threshold, score, best.low, best.high, best.metric, bound)

    def curve(
        self, label: int = 0, *, zero_division: float = 0.0, beta: float = 1.0, **unknown: NoReturn
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

    def ranking(
        self, *, average_over: Any = None, zero_division: float = 0.0, **unknown: NoReturn
    ) -> BinnedRanking:
        """ROC AUC and average precision of each class and on average, between bounds that hold.

        The areas take the scores of a bin as equal; `low` and `high` are what they could be at
        most, whatever the order inside each bin.

        Raises
        ------
        F1Error
            If there are no rows yet, or no class is left to average over.
        """
        if unknown:
            refuse_unknown(unknown, self.ranking, "BinnedThresholds.ranking")
        known = self._state.options
        options = make_options(
            known.task, classes=known.given_classes, pos_label=known.pos_label,
            average_over=average_over, zero_division=zero_division,
            # A binary task has one class here, and no row of another.
            ignore_index=None if known.task == "binary" else known.ignore_index,
        )  # fmt: skip
        seen, counts = self._seen(), self._state.counts
        assert counts is not None
        return ranking_of(seen, options, counts[:, :, 1].sum(axis=1))

    def calibration(
        self, *, bins: int = 16, strategy: Strategy = "uniform", **unknown: NoReturn
    ) -> Calibration:
        """Give what `f1core.calibration` gives of the same rows.

        The bins asked for are made of whole ones of these, so that those of equal width are
        exact, and those of equal mass (strategy="quantile") as equal as these edges allow.

        Raises
        ------
        F1Error
            If there are no rows yet, sums were not kept, or such bins are not made of these.
        """
        if unknown:
            refuse_unknown(unknown, self.calibration, "BinnedThresholds.calibration")
        size = whole("bins", bins)
        among("strategy", strategy, STRATEGIES)
        if size > self.bins or (strategy == "uniform" and self.bins % size):
            raise F1Error(
                f"bins is {size:,}, and these {self.bins:,} make powers of two up to that, such "
                f"as {min(16, self.bins)}; strategy='quantile' makes any number up to it"
            )
        if not self.calibrated:
            raise F1Error(
                "probabilities were counted and not added up: say "
                "BinnedThresholds(…, calibration=True)"
            )
        self._seen()
        return calibration_of(self._state, size, strategy)
