"""Differences of two models' metrics: their interval and p-value, from paired resamples."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ..count_layout import RATIOS, TRUE
from ..counts import Array, Counts
from ..options import Options
from ..scores import Scores
from . import percentiles
from .replicated import trials_of
from .resampling import Resamples, understated, units_of

_EXACT = ("accuracy", "exact_match")
_SIGNED = ("mcc", "kappa")


@dataclass(frozen=True)
class Comparison:
    """Result of `compare`: `difference` is `a` - `b`, with an interval and a two-sided p-value."""

    metric: str
    a: float
    b: float
    difference: float
    interval: tuple[float, float]
    p_value: float
    level: float = 0.95

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{self.metric}: {self.a:.4f} - {self.b:.4f} = {self.difference:+.4f} "
            f"({self.level:.0%} from {low:+.4f} to {high:+.4f}), p = {self.p_value:.3g}"
        )


@dataclass(frozen=True)
class Pair:
    """Two models' counts of the same rows, and resamples of both drawn together."""

    counted: list[tuple[Counts, Options]]
    drawn: list[Resamples]
    trials: list[Resamples]  # whose sums say how many rows each ratio is out of
    units: float  # how many rows, or equal clusters, were drawn from
    seed: int
    discordant: Callable[[], tuple[int, int]] | None = None  # where rows are alike

    def compare(self, metric: str, level: float) -> Comparison:
        """Return the difference in one metric, with its interval and p-value."""
        value_a, value_b = (Scores(*of).metric(metric) for of in self.counted)
        difference = value_a - value_b
        moved = self.drawn[0].metric(metric) - self.drawn[1].metric(metric)
        moved = difference + (moved - difference) * float(understated(self.units, level)) ** 0.5
        total = self.counted[0][0].total
        most = total if metric == "unknown" else 2.0 if metric in _SIGNED else 1.0
        moved = _blurred(moved, max(_one_row(each, metric) for each in self.trials), self.seed)
        uneven = self.discordant if metric in _EXACT else None
        p_value = _shifted(moved, difference) if uneven is None else _mcnemar(*uneven())
        low, high = np.clip(percentiles(moved, level), -most, most).tolist()
        return Comparison(metric, value_a, value_b, difference, (low, high), p_value, level)


def holm(p_values: Iterable[float]) -> Array:
    """Adjust p-values of so many comparisons: no one of them errs more often than it says.

    Source: S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal
    of Statistics 6, 1979.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    found = np.array(list(p_values), np.float64)
    tested = np.flatnonzero(~np.isnan(found))
    order = tested[np.argsort(found[tested], kind="stable")]
    raised = found[order] * np.arange(len(order), 0, -1)
    found[order] = np.minimum(np.maximum.accumulate(raised), 1.0)
    return found


def _one_row(resamples: Resamples, metric: str) -> float:
    """Estimate how far a metric moves by one row (or cluster) that only one side has right.

    Any class is as likely to be that row's: a rare one may hold all that the rows did not show.
    MCC and kappa of many classes count rows and not classes, out of what chance alone gets wrong.
    """
    units = units_of if len(resamples.sums) > 1 else lambda trials: np.maximum(trials[0], 1)
    stem, _, kind = metric.rpartition("_")
    if metric in RATIOS:
        return 1 / float(units(trials_of(resamples, metric)[:, 1]))
    if metric in _SIGNED and resamples.sums.shape[2] > 2:
        true = resamples.sums[:, TRUE].mean(axis=0)
        others = 1 - float((true**2).sum()) / max(float(true.sum()), 1e-300) ** 2
        return float(min(2.0, 2 / (max(others, 1e-300) * units(resamples.totals))))
    if metric in _SIGNED or metric == "balanced_accuracy":
        stem, kind = "recall", "macro"
    if metric == "f1_of_means":
        stem, kind = "f1", "macro"
    if stem not in RATIOS or kind == "samples":
        # A number of rows, or a share of them.
        whole = resamples.totals.mean() if metric == "unknown" else 1
        return float(whole / units(resamples.totals))
    trials = trials_of(resamples, "recall" if kind == "weighted" else stem)[:, resamples.included]
    if kind != "macro":
        return 1 / float(units(trials.sum(axis=1)))
    moves = (2 if metric in _SIGNED else 1) / (trials.shape[1] * units(trials))
    return float(np.mean(moves**2) ** 0.5)


def _blurred(moved: Array, one: float, seed: int) -> Array:
    """Add and subtract Laplace noise of the width of one row: (B,) differences -> (2 B,)."""
    blur = np.random.default_rng([seed, 1]).laplace(scale=one, size=len(moved))
    return np.concatenate([moved - blur, moved + blur])


def _shifted(moved: Array, difference: float) -> float:
    """Count how often resampled differences lie as far from the difference as it does from 0."""
    moved = moved[~np.isnan(moved)]
    if np.isnan(difference) or not len(moved):
        return float("nan")
    far = np.abs(moved - difference) >= abs(difference) - 1e-12  # rounding
    return float((2 + np.count_nonzero(far)) / (2 + len(moved)))  # each resample is there twice


def _mcnemar(only_a: int, only_b: int) -> float:
    """Compute the two-sided p-value of McNemar's exact test, from the discordant rows of both."""
    tosses, fewer = only_a + only_b, min(only_a, only_b)
    if only_a == only_b:
        return 1.0
    place = np.arange(1, fewer + 1)
    log_choices = np.cumsum(np.append(0.0, np.log(tosses - place + 1) - np.log(place)))
    return float(min(1.0, 2 * np.exp(log_choices - tosses * np.log(2)).sum()))
