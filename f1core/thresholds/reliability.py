"""Calibration: how far predicted probabilities are from frequencies, from counts of bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..counts import Array
from ..errors import F1Error, one_of, shown
from ..intervals import checked_level, seeded
from ..intervals.proportions import proportion_interval, spread_interval, t_quantile
from ..metrics import divide
from ..option_values import whole
from ..options import Options
from .gaps import gap_interval

STRATEGIES = ("uniform", "quantile")
METRICS = ("ece", "mce", "brier", "log_loss")


@dataclass(frozen=True, eq=False)
class ReliabilityBins:
    """Rows by predicted probability: arrays (b,), or (C, b) of each class.

    A bin holds the probabilities above `low`, up to and including `high`. `count` are its rows (or
    their weight), `positives` those that are the class, `confidence` the mean probability and
    `frequency` the share of positives, nan in an empty bin.
    """

    low: Array
    high: Array
    count: Array
    positives: Array
    confidence: Array
    frequency: Array
    trials: Array  # as many rows as weights leave: count, or less; nan where nothing tells

    @classmethod
    def of(
        cls, edges: Array, count: Array, positives: Array, confidence: Array, trials: Any = None
    ) -> ReliabilityBins:
        """Divide sums of (…, b) bins between `edges`; without weights all rows are trials."""
        trials = count if trials is None else trials
        return cls(
            edges[..., :-1], edges[..., 1:], count, positives, divide(confidence, count, np.nan),
            divide(positives, count, np.nan), np.asarray(trials, np.float64),
        )  # fmt: skip

    @property
    def gap(self) -> Array:
        """How much more often than predicted the class occurs: `frequency` - `confidence`."""
        return self.frequency - self.confidence

    @property
    def ece(self) -> Any:
        """Expected calibration error: the mean of `gap` without its sign, by `count`."""
        gaps = np.where(self.count > 0, np.abs(self.gap), 0.0)
        return divide((gaps * self.count).sum(axis=-1), self.count.sum(axis=-1), np.nan)

    @property
    def mce(self) -> Any:
        """Maximum calibration error: the largest `gap` without its sign."""
        gaps = np.where(self.count > 0, np.abs(self.gap), -1.0).max(axis=-1)
        return np.where(gaps < 0, np.nan, gaps)

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Bound each bin's `frequency` on endless rows: (low, high), nan in an empty bin.

        Read as a proportion, as `Scores.interval` reads recall.

        Raises
        ------
        F1Error
            If the level is none, or only sums of weights were kept.
        """
        level = checked_level(level)
        _refuse_unknown_trials(self)
        hits = np.nan_to_num(self.frequency) * self.trials
        low, high = proportion_interval(hits, self.trials, level)
        empty = self.count <= 0
        return np.where(empty, np.nan, low), np.where(empty, np.nan, high)

    def take(self, place: int) -> ReliabilityBins:
        """The bins of one class."""
        return ReliabilityBins(**{name: value[place] for name, value in vars(self).items()})


@dataclass(frozen=True, eq=False)
class ClassCalibration:
    """Each class by itself, one against the rest: arrays (C,), and bins (C, b)."""

    ece: Array
    mce: Array
    brier: Array
    log_loss: Array
    bins: ReliabilityBins


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """Calibration errors, and the losses that punish them.

    Of a binary task `bins` are of the positive class; of a multiclass task of the predicted class
    (top-label: the largest probability, and whether it is right), `per_class` has those of each
    class (classwise) and `classwise_ece` their mean; of a multilabel task (L, b), and `ece` is the
    mean over labels and `mce` the largest. `ece` and `mce` are in [0, 1]. `brier` is the mean
    squared error in [0, 1], of a multiclass task the sum over classes in [0, 2]; `log_loss` is in
    nats, and both of a multilabel task are means over labels.
    """

    task: str
    classes: list[Any]
    bins: ReliabilityBins
    per_class: ClassCalibration
    brier: float
    log_loss: float
    spreads: dict[str, Spread]  # of each loss, where the losses of whole rows are known

    @property
    def ece(self) -> float:
        """Expected calibration error."""
        return float(np.nanmean(self.bins.ece))

    @property
    def mce(self) -> float:
        """Maximum calibration error."""
        return float(np.nanmax(self.bins.mce))

    @property
    def classwise_ece(self) -> float:
        """The mean over classes of their expected calibration errors."""
        return float(np.nanmean(self.per_class.ece))

    def to_dict(self) -> dict[str, float]:
        """Flat numbers by name: ece, mce, brier, log_loss, and classwise_ece of many classes."""
        names = METRICS if self.task == "binary" else (*METRICS, "classwise_ece")
        return {name: float(getattr(self, name)) for name in names}

    def interval(
        self,
        metric: str,
        *,
        of: Any = None,
        level: float = 0.95,
        resamples: int = 2000,
        seed: int | None = None,
    ) -> tuple[float, float]:
        """Bound what a number would be on endless rows of the same kind: (low, high).

        Parameters
        ----------
        metric
            "ece", "mce", "brier" or "log_loss"; with `of` one of the first two.
        of
            A class, by its name or number, for its own error, one against the rest.
        level
            How often such an interval holds the number of endless data, in (0, 1).
        resamples, seed
            How many sets of frequencies are drawn for "ece" and "mce"; without a seed always the
            same ones.

        Raises
        ------
        F1Error
            If there is no such number, or what was kept does not tell: labels of one row depend on
            each other, weights that were added up are not alike.

        Notes
        -----
        A loss is a mean over rows: it has their variance, and a beta (Brier) or, on a scale of
        logarithms, a t distribution (log loss). A calibration error is biased, since noise has no
        sign: its interval holds the errors under which what was found is no surprise, whatever
        bins they lie in. In 200 trials each of 24 kinds of data, bench/calibration_coverage.py,
        intervals of 95 % held the error of these bins in 92.5 to 99.5 %, losses in 92.5 to 98 %.
        """
        if not isinstance(metric, str) or metric not in METRICS:
            raise F1Error(one_of("metric", metric, METRICS))
        level = checked_level(level)
        draws, seed = whole("resamples", resamples, 100), seeded(seed)
        if metric in ("brier", "log_loss"):
            if of is not None:
                raise F1Error(f"of={shown(of)} is for ece and mce; {metric} is bounded as a whole")
            return self._loss(metric, level)
        bins = self.bins
        if of is not None:
            bins = self.per_class.bins.take(self.place(of))
        elif self.task == "multilabel":
            raise F1Error(
                f"an interval of {metric} over labels needs more than bins, since labels of one "
                f"row depend on each other: of={shown(self.classes[0])} asks for one label"
            )
        _refuse_unknown_trials(bins)
        return gap_interval(
            bins.count, bins.gap, bins.frequency, bins.trials, metric == "mce", level, draws, seed
        )

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={value:.4f}" for name, value in self.to_dict().items())
        return f"Calibration({self.task!r}, {numbers})"

    def place(self, of: Any) -> int:
        """Find where a class stands, by its name or number."""
        if self.task == "binary":
            raise F1Error("of= is for classes; a binary task has the bins of its positive class")
        for place, name in enumerate(self.classes):
            if type(of) is type(name) and of == name:
                return place
        if isinstance(self.classes[0], str) and isinstance(of, int) and 0 <= of < len(self.classes):
            return of
        raise F1Error(one_of("of", of, self.classes[:20]))

    def _loss(self, metric: str, level: float) -> tuple[float, float]:
        if np.isnan(self.spreads.get(metric, _UNKNOWN).variance):
            raise F1Error(
                f"an interval of {metric} needs the loss of every row, and what was kept are sums "
                "of weights or of cells, some of which were ignored"
            )
        value, variance, trials = self.spreads[metric]
        if metric == "brier":
            most = 2.0 if self.task == "multiclass" else 1.0
            ends = spread_interval(value / most, variance / most**2, 1 / trials, level)
            return float(ends[0]) * most, float(ends[1]) * most
        if not trials > 1 or not value > 0:
            return 0.0, float("inf")
        away = t_quantile((1 + level) / 2, trials - 1) * variance**0.5 / value
        with np.errstate(over="ignore", under="ignore"):
            # Endless where weights leave hardly more than one row: t has no bound there, and with
            # one row nothing is known at all.
            return float(value * np.exp(-away)), float(value * np.exp(away))


class Spread(NamedTuple):
    """A mean, its variance, and as how many rows of one weight those weigh that it is of."""

    mean: float
    variance: float
    trials: float

    @classmethod
    def of(cls, values: Array, weight: Array | None) -> Spread:
        """The weighted mean of (n,) values."""
        weight = np.ones(len(values)) if weight is None else scaled(weight)
        total, squares = weight.sum(), np.square(weight).sum()
        mean, trials = np.dot(values, weight) / total, total**2 / squares
        spread = np.dot(np.square(values - mean), np.square(weight)) / total**2
        return cls(float(mean), float(spread * trials / max(trials - 1, 1.0)), float(trials))


def scaled(weight: Array) -> Array:
    """Weights divided by a power of two, so that no square of one leaves float64."""
    return np.asarray(np.ldexp(weight, -np.frexp(weight.max(initial=0.0))[1]))


_UNKNOWN = Spread(np.nan, np.nan, np.nan)


def assembled(
    task: str,
    classes: list[Any],
    each: list[ReliabilityBins],
    top: ReliabilityBins | None,
    losses: Array,
    spreads: dict[str, Spread],
) -> Calibration:
    """Make a Calibration of the bins of each label, (2, C) mean losses and those of whole rows."""
    every = ReliabilityBins(
        **{name: np.stack([vars(bins)[name] for bins in each]) for name in vars(each[0])}
    )
    brier, log_loss = losses
    of_class = ClassCalibration(every.ece, every.mce, brier, log_loss, every)
    squared, logs = (
        spreads[name].mean if name in spreads else float(np.nanmean(loss))
        for name, loss in (("brier", brier), ("log_loss", log_loss))
    )
    bins = top if top is not None else every.take(0) if task == "binary" else every
    return Calibration(task, classes, bins, of_class, squared, logs, spreads)


def named_classes(task: str, options: Options, size: int) -> list[Any]:
    """The classes' names, or their numbers; of a binary task the positive one."""
    if task == "binary" and options.names is None:
        return [1 if options.pos_label is None else options.pos_label]
    names = list(options.names or range(size))
    return names[1:] if task == "binary" else names


def _refuse_unknown_trials(bins: ReliabilityBins) -> None:
    if np.isnan(bins.trials).any():
        raise F1Error("an interval of weighted rows needs more than their sums, which were kept")
