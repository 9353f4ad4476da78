"""Many resampled counts at once, and their metrics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from .. import metrics
from ..count_layout import CELLS, COUNT, PRED, RATIOS, TP, TRUE
from ..counts import Array, Counts
from ..errors import F1Error
from ..memory import zeros
from ..options import Options
from ..poisson import summed
from ..replicas import among
from ..scores import Scores
from .proportions import t_quantile

# Numbers in flight at once while resampling: 32 MB of int64.
_NUMBERS = 1 << 22

_MOST_UNITS = 1e15  # where a few resamples happen to be equal

FEWEST = 20  # resamples, of which an interval of a difference can be read


@dataclass
class Resamples:
    """B sets of counts, (B, 3, C) or (B, 4, L) with rows (B, 20), and how they are averaged."""

    sums: Array
    rows: Array | None
    options: Options
    included: Array  # (C,) the columns of counts that the averages of the whole look at
    labels: Array | None

    @classmethod
    def like(cls, whole: Counts, options: Options, sums: Array, rows: Any = None) -> Resamples:
        """Make resamples of these counts; a class to average over that they lack gets zeros."""
        scores = Scores(whole, options)
        labels = scores._counts.labels
        if whole.labels is not None and labels is not None and len(labels) > sums.shape[2]:
            sums = among(sums, np.searchsorted(labels, whole.labels), len(labels))
        return cls(sums, rows, options, scores._included, labels)

    @property
    def totals(self) -> Array:
        """(B,) how many rows, or how much weight, each has."""
        if self.rows is not None:
            return np.asarray(self.rows[:, COUNT])
        return np.asarray(self.sums[:, TRUE].sum(axis=1))

    def metric(self, name: str) -> Array:
        """(B,) a metric of each, by its name in `to_dict`; nan where nothing was drawn for it."""
        stem, _, kind = name.rpartition("_")
        if stem in RATIOS and kind in ("micro", "macro", "weighted"):
            return np.concatenate([part._average(stem, kind) for part in self._parts()])
        if name == "f1_of_means":
            means = (self.metric(f"{ratio}_macro") for ratio in ("precision", "recall"))
            return np.asarray(metrics.f1_of_means(*means))
        if name in RATIOS:
            return self.ratio(name)[:, 1]
        if name == "unknown":
            return np.asarray(self.sums[:, PRED, -1], np.float64)
        if self.rows is None and name in ("mcc", "kappa", "balanced_accuracy"):
            return np.concatenate([part._over_classes(name) for part in self._parts()])
        return np.array([self._single(name, i) for i in range(len(self.sums))])

    def ratio(self, name: str) -> Array:
        """(B, C) a ratio of each class."""
        how = self.options
        pairs = metrics.fractions(*self._four, how.coefs)
        return np.asarray(metrics.divide(*pairs[name], how.zero_division))

    @property
    def _four(self) -> tuple[Array, Array, Array, Array]:
        """(B, C) true positives, predicted, true, and what each class's counts are out of."""
        sums = np.asarray(self.sums, np.float64)  # of which no sum leaves int64
        tp, pred, true = (sums[:, row] for row in (TP, PRED, TRUE))
        if sums.shape[1] > CELLS:
            return tp, pred, true, sums[:, CELLS]
        return tp, pred, true, true.sum(axis=1, keepdims=True)

    def _parts(self) -> Iterator[Resamples]:
        step = max(1, _NUMBERS // (8 * self.sums[0].size))
        for start in range(0, len(self.sums), step):
            yield replace(self, sums=self.sums[start : start + step])

    def _average(self, stem: str, kind: str) -> Array:
        options, four = self.options, self._four
        included = np.broadcast_to(self.included, four[TRUE].shape)
        over = options.average_over
        if over == "present" or (over is None and options.task != "multilabel"):
            included = included & (four[PRED] + four[TRUE] > 0)
        found = metrics.average(
            kind, *four, included, coefs=options.coefs, zero_division=options.zero_division
        )[stem]
        return np.where(included.any(axis=1), found, np.nan)

    def _over_classes(self, name: str) -> Array:
        tp, pred, true, _ = self._four
        if name == "balanced_accuracy":
            found = metrics.balanced_accuracy(tp, true)
        else:
            found = getattr(metrics, name)(tp, pred, true)
        return np.where(true.any(axis=1), found, np.nan)

    def _single(self, name: str, which: int) -> float:
        rows = None if self.rows is None else self.rows[which]
        size = self.sums.shape[2]
        try:
            counts = Counts(size, sums=self.sums[which], rows=rows, labels=self.labels)
            return Scores(counts, self.options).metric(name)
        except F1Error:  # no row was drawn
            return float("nan")


def units_of(sums: Array) -> Array:
    """Estimate how many equal rows or clusters stray as these (B, …) sums do.

    A sum of Poisson weights over n equal ones has mean n and variance n.
    """
    mean, variance = sums.mean(axis=0), sums.var(axis=0, ddof=1)
    units = mean**2 / np.maximum(variance, 1e-300)
    return np.asarray(np.clip(np.where(mean > 0, units, 1.0), 1.0, _MOST_UNITS))


def understated(units: Any, level: float) -> Array:
    """Return the factor by which a variance of so few units is too small, by Student's t."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    factors = [
        (t_quantile((1 + level) / 2, n - 1) / z) ** 2 * n / (n - 1) if n < 1000 else 1.0
        for n in np.clip(np.ravel(units), 2.0, 1e9).tolist()
    ]
    return np.reshape(factors, np.shape(units))


def multinomial(
    counts: Array, resamples: int, rng: np.random.Generator
) -> Iterator[tuple[slice, Array]]:
    """(b, K) draws of as many rows as there are from K cells, some resamples at a time.

    Drawing n rows with replacement is one multinomial draw over the cells that the rows fall
    into: its cost grows with the number of cells, not with n.
    """
    step = max(1, _NUMBERS // len(counts))
    share = counts / counts.sum()
    for start in range(0, resamples, step):
        drawn = slice(start, min(start + step, resamples))
        yield drawn, rng.multinomial(int(counts.sum()), share, drawn.stop - drawn.start)


def of_confusion(counts: Counts, options: Options, resamples: int, seed: Any) -> Resamples:
    """Bootstrap resamples of unweighted single-label counts, from the (C, C) matrix."""
    assert counts.confusion is not None
    true, pred = np.nonzero(counts.confusion)
    cells = counts.confusion[true, pred]
    what = f"{resamples:,} resamples of {counts.n_classes:,} classes"
    sums = zeros((resamples, 3, counts.n_classes), np.int64, what)
    for part, draws in multinomial(cells, resamples, np.random.default_rng(seed)):
        sums[part] = summed(draws, true, pred, counts.n_classes)
    return Resamples.like(counts, options, sums)


def of_posterior(
    counts: Counts, options: Options, prior: Array, draws: int, seed: Any
) -> Resamples:
    """Confusion matrices of endless rows, as likely as the counts and a Dirichlet prior say."""
    assert counts.confusion is not None
    shape, size = counts.confusion + prior, counts.n_classes
    cells = np.random.default_rng(seed).standard_gamma(shape, (draws, size, size))
    sums = [cells.diagonal(axis1=1, axis2=2), cells.sum(axis=1), cells.sum(axis=2)]
    included = np.array(options.averaged(size, counts.labels)[0])  # seen or not
    return Resamples(np.stack(sums, axis=1), None, options, included, counts.labels)


def of_labels(counts: Counts, options: Options, resamples: int, seed: Any) -> Resamples:
    """Resample each label of unweighted multilabel counts by itself: not for averages."""
    assert counts.sums is not None
    tp, pred, true, cells = counts.sums
    kinds = np.stack([tp, pred - tp, true - tp, cells - pred - true + tp], axis=1)
    what = f"{resamples:,} resamples of {counts.n_classes:,} labels"
    sums = zeros((resamples, 4, counts.n_classes), np.int64, what)
    drawn = np.random.default_rng(seed).multinomial(
        cells, kinds / np.maximum(cells, 1)[:, None], (resamples, counts.n_classes)
    )
    sums[:] = np.stack(
        [drawn[..., 0], drawn[..., :2].sum(2), drawn[..., [0, 2]].sum(2), drawn.sum(2)], axis=1
    )
    return Resamples.like(counts, options, sums)
