"""Cells: predicted probabilities beside what is true, of one label or of the predicted classes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays import BFLOAT16, widened
from ..averages import NO_ROWS
from ..batch import Batch
from ..counts import Array
from ..diagnose import raise_first_error
from ..errors import F1Error
from ..float_bits import cuts_of, probability_range
from ..metrics import divide
from .one_vs_rest import class_ids
from .reliability import ReliabilityBins, scaled

# How far the probabilities of a row may be from adding up to 1, beside the precision of one.
_SLACK = 1e-3


class Cells(NamedTuple):
    """Cells that count, of one label or of the predicted classes; all arrays (n,)."""

    probability: Array  # float64 in [0, 1]
    positive: Array  # bool
    weight: Array | None
    dtype: np.dtype[Any]  # in which thresholds are compared

    def binned(self, bins: int, strategy: str) -> ReliabilityBins:
        """Add up the cells of each bin."""
        size, weight, found = bins, self.weight, self.probability
        edges = np.arange(bins + 1) / bins if strategy == "uniform" else self._quantiles(bins)
        inner = widened(cuts_of(edges[1:-1], self.dtype, False)).astype(np.float64)
        at = np.searchsorted(inner, found, side="left")
        hits = at[self.positive]
        if weight is None:
            sums = np.bincount(at, None, size), np.bincount(hits, None, size)
            return ReliabilityBins.of(edges, *sums, np.bincount(at, found, size))
        sums = np.bincount(at, weight, size), np.bincount(hits, weight[self.positive], size)
        small = scaled(weight)
        over, under = np.bincount(at, small, size) ** 2, np.bincount(at, small**2, size)
        trials = divide(over, under, 0.0)  # as many rows of one weight would be as uncertain
        return ReliabilityBins.of(edges, *sums, np.bincount(at, found * weight, size), trials)

    def _quantiles(self, bins: int) -> Array:
        """(bins + 1,) the lowest probabilities up to which k / bins of the cells lie."""
        order = np.argsort(self.probability, kind="stable")
        shares = np.arange(1, bins) / bins
        if not len(order):  # all cells of a label are ignored: any edges do
            return np.arange(bins + 1) / bins
        if self.weight is None:
            places = np.ceil(shares * len(order) - 1e-9).astype(np.int64) - 1
        else:
            sums = np.cumsum(self.weight[order])
            places = np.searchsorted(sums, shares * sums[-1] * (1 - 1e-12), side="left")
        places = np.clip(places, 0, len(order) - 1)
        return np.concatenate([[0.0], self.probability[order[places]], [1.0]])

    def losses(self) -> tuple[Array, Array]:
        """(n,) squared error and negative logarithm of each cell."""
        return losses_of(self.probability, self.positive, precision_of(self.dtype))


def losses_of(probability: Array, positive: Array, precision: float) -> tuple[Array, Array]:
    """Compute squared errors and negative logarithms of (n,) probabilities, clipped."""
    p_true = np.where(positive, probability, 1.0 - probability)
    return (probability - positive) ** 2, -np.log(np.clip(p_true, precision, 1.0 - precision))


def precision_of(dtype: np.dtype[Any]) -> float:
    """Return the spacing of numbers around 1, by which scikit-learn clips before a logarithm.

    Examples
    --------
    >>> precision_of(np.dtype(np.float32))
    1.1920928955078125e-07
    """
    return 2.0**-7 if dtype == BFLOAT16 else float(np.finfo(dtype).eps)


def checked_probabilities(batch: Batch, rows: slice, total: bool) -> tuple[Array, Array, Any]:
    """(n, L) float64 probabilities in [0, 1], flags, and which cells are ignored, if any can be.

    With `total` the probabilities of each row must add up to 1.
    """
    size = batch.n_classes if batch.kind == "multilabel" else 1
    with np.errstate(over="ignore", invalid="ignore"):  # of what only longdouble holds
        found = np.asarray(widened(batch.pred[rows]), np.float64)
    true, ignored = batch.true_ids(rows), batch.ignored(rows)
    low, high = probability_range(batch.pred.dtype)
    if batch.options.from_logits:
        wrong = np.isnan(found)
        small = np.exp(-np.abs(found))
        found = np.where(found < 0, small, 1.0) / (1.0 + small)
    else:
        wrong = ~((found >= low) & (found <= high))
    wrong |= (true != 0) & (true != 1)
    if (wrong if ignored is None else wrong & ~ignored).any():
        raise_first_error(batch, rows)
    shape = len(found), size
    if ignored is not None:
        ignored = ignored.reshape(shape)
        found = np.where(ignored, 0.0, found.reshape(shape))
    found, flags = np.clip(found, 0.0, 1.0).reshape(shape), (true == 1).reshape(shape)
    if total:
        _refuse_other_sums(batch, rows, found, ignored)
    return found, flags, ignored


def _refuse_other_sums(batch: Batch, rows: slice, found: Array, ignored: Array | None) -> None:
    sums = found.sum(axis=1)
    wrong = np.abs(sums - 1.0) > _SLACK + precision_of(batch.score_dtype)
    if ignored is not None:
        wrong &= ~ignored[:, 0]
    if wrong.any():
        row = int(wrong.argmax())
        raise F1Error(
            f"y_pred adds up to {sums[row]:.6g} at row {rows.start + row}; the probabilities of a "
            "multiclass task add up to 1 (from_logits=True takes logits)"
        )


def cells_of(batch: Batch, task: str) -> tuple[list[Cells], Cells | None, bool]:
    """The cells of each label, and of the predicted classes of a multiclass task.

    Last whether all labels have the same rows.
    """
    whole = slice(0, len(batch))
    found, flags, ignored = checked_probabilities(batch, whole, task == "multiclass")
    weight, dtype = batch.weights(whole), batch.score_dtype
    dtype = np.dtype(np.float64) if batch.options.from_logits else dtype
    batch.refuse_infinite(weight if weight is not None else 0.0)

    def some(probability: Array, positive: Array, skipped: Array | None) -> Cells:
        kept = np.ones(len(probability), bool) if skipped is None else ~skipped
        if weight is not None:
            kept = kept & (weight > 0)
        if kept.all():
            return Cells(probability, positive, weight, dtype)
        left = None if weight is None else weight[kept]
        return Cells(probability[kept], positive[kept], left, dtype)

    every = [
        some(found[:, k], flags[:, k], None if ignored is None else ignored[:, k])
        for k in range(found.shape[1])
    ]
    if not any(len(cells.probability) for cells in every):
        raise F1Error(NO_ROWS)
    if task != "multiclass":
        return every, None, ignored is None or not ignored.any()
    best = found.argmax(axis=1)
    right = best == class_ids(batch)
    skipped = None if ignored is None else ignored[:, 0]
    return every, some(found[np.arange(len(best)), best], right, skipped), True
