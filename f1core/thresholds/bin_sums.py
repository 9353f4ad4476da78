"""What calibration asks of bins: sums of probabilities and losses, the same however rows are cut.

A number is added as three digits: what is whole, 31 bits below and 31 more, each to an int64, so
that the order does not matter and a row is rounded by less than 2^-62. `digits` carries between
them, so that equal sums have equal digits. Sums of weights are float64, in the first place.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..batch import Batch
from ..counts import Array
from ..errors import F1Error
from ..memory import zeros
from ..plausible import refuse_overflow
from .bins import blocks, places_of
from .cells import checked_probabilities, losses_of, precision_of
from .one_vs_rest import class_ids

_BITS = 31
_DIGIT = (1 << _BITS) - 1


class BinSums(NamedTuple):
    """Sums beside the counts of `count_bins`, each with its three digits last."""

    confidence: Array  # (L, bins + 2, 3) probabilities of each bin
    losses: Array  # (L, 2, 3) Brier and log loss of each label
    rows: Array  # (4, 3) Brier and log loss of whole rows, and their squares
    kinds: Array  # (2,) how many rows count whole, and of how many some cells are ignored
    top: Array  # (bins + 2, 2) wrong and right predicted classes; empty unless multiclass
    top_confidence: Array  # (bins + 2, 3), or empty

    def plus(self, other: BinSums) -> BinSums:
        """Add another's sums."""
        pairs = zip(self._fields, self, other, strict=True)
        return BinSums(**{name: _plus(name, mine, more) for name, mine, more in pairs})


def _plus(name: str, mine: Array, more: Array) -> Array:
    if name in ("kinds", "top"):
        return np.asarray(mine + more)
    if mine.dtype != more.dtype:  # weights came to rows that had none
        mine, more = (as_weights(each) for each in (mine, more))
    with np.errstate(over="ignore"):
        both = np.asarray(mine + more)
    if both.dtype.kind == "f" and both.size:
        refuse_overflow(float(both.max()), 0.0)
    return carried(both)


def carried(digits: Array) -> Array:
    """Carry what a digit has above 31 bits into the one before it.

    >>> carried(np.array([1, (1 << 31) + 5, 0]))
    array([2, 5, 0])
    """
    if digits.dtype.kind == "f":
        return digits
    whole, high, low = np.moveaxis(digits.copy(), -1, 0)
    high += low >> _BITS
    whole += high >> _BITS
    return np.stack([whole, high & _DIGIT, low & _DIGIT], axis=-1)


def value_of_digits(digits: Array) -> Array:
    """(…,) float64 sums of (…, 3) digits."""
    whole, high, low = np.moveaxis(digits, -1, 0).astype(np.float64)
    return np.asarray(whole + (high + low * 2.0**-_BITS) * 2.0**-_BITS)


def as_weights(digits: Array) -> Array:
    """Sums of rows as sums of weights of 1."""
    if digits.dtype.kind == "f":
        return digits
    found = np.zeros(digits.shape)
    found[..., 0] = value_of_digits(digits)
    return found


def _digits(values: Array) -> list[Array]:
    """Three arrays of whole float64 numbers that numbers from 0 on are made of."""
    whole = np.floor(values)
    rest = (values - whole) * 2.0**_BITS
    high = np.floor(rest)
    return [whole, high, np.floor((rest - high) * 2.0**_BITS)]


def sum_bins(batch: Batch, bins: int, task: str) -> BinSums:
    """Add up probabilities and losses of a batch's cells, those of `columns_batch`."""
    labels = batch.n_classes if batch.kind == "multilabel" else 1
    dtype = np.int64 if batch.weight is None else np.float64
    top = bins + 2 if task == "multiclass" else 0
    found = BinSums(
        zeros((labels, bins + 2, 3), dtype, f"{bins:,} bins of {labels:,} labels"),
        np.zeros((labels, 2, 3), dtype), np.zeros((4, 3), dtype), np.zeros(2, np.int64),
        np.zeros((top, 2), dtype), np.zeros((top, 3), dtype),
    )  # fmt: skip
    for rows in blocks(batch, bins, labels):
        found = found.plus(_block(batch, rows, bins, task))
    return found


def _block(batch: Batch, rows: slice, bins: int, task: str) -> BinSums:
    probability, true, ignored = checked_probabilities(batch, rows, task == "multiclass")
    weight = batch.weights(rows)
    kept: Array = np.ones(true.shape, bool) if ignored is None else ~ignored
    labels, size = true.shape[1], bins + 2
    dtype = np.int64 if weight is None else np.float64

    def summed(values: Array, which: Array, at: Array | None = None, size: int = 1) -> Array:
        """(size, 3) digits of the values of each place that count."""
        place = np.zeros(np.count_nonzero(which), np.int64) if at is None else at[which]
        found = np.zeros((size, 3), dtype)
        if weight is not None:
            found[:, 0] = np.bincount(place, (values * weight)[which], size)
            return found
        for digit, part in enumerate(_digits(values[which])):
            found[:, digit] = np.bincount(place, part, size).astype(np.int64)
        return found

    at = places_of(batch, rows, bins).reshape(true.shape)
    confidence, losses = np.empty((labels, size, 3), dtype), np.empty((labels, 2, 3), dtype)
    squared, logs = np.zeros((2, len(true)))
    precision = precision_of(batch.score_dtype)
    for label in range(labels):
        each, which = np.ascontiguousarray(probability[:, label]), kept[:, label]
        confidence[label] = summed(each, which, at[:, label], size)
        brier, log = losses_of(each, true[:, label], precision)
        losses[label] = np.concatenate([summed(brier, which), summed(log, which)])
        squared += brier
        logs += np.where(true[:, label], log, 0.0) if task == "multiclass" else log
    if task == "multilabel":
        squared, logs = squared / labels, logs / labels
    every, some = np.asarray(kept.all(axis=1)), kept.any(axis=1)
    squares = [squared**2, logs**2] if weight is None else [0.0 * squared, 0.0 * logs]
    of_rows = np.concatenate([summed(x, every) for x in (squared, logs, *squares)])
    kinds = np.array([np.count_nonzero(every), np.count_nonzero(some & ~every)])
    confidence, losses, of_rows = map(carried, (confidence, losses, of_rows))
    if task != "multiclass":
        none = np.zeros((0, 2), dtype), np.zeros((0, 3), dtype)
        return BinSums(confidence, losses, of_rows, kinds, *none)
    best = probability.argmax(axis=1)
    right = best == class_ids(batch, rows)
    row = np.arange(len(best))
    place = at[row, best]
    share = None if weight is None else weight[every]
    cell = np.bincount((place * 2 + right)[every], share, 2 * size).reshape(size, 2)
    top = carried(summed(probability[row, best], every, place, size))
    return BinSums(confidence, losses, of_rows, kinds, cell.astype(dtype), top)


def refuse_impossible(sums: BinSums, counts: Array) -> None:
    """Complain about sums that no cells of such counts can have."""
    labels, size = counts.shape[:2]
    shapes = {
        "confidence": (labels, size, 3), "losses": (labels, 2, 3), "rows": (4, 3), "kinds": (2,),
    }  # fmt: skip
    good = all(getattr(sums, name).shape == shape for name, shape in shapes.items())
    top = len(sums.top)
    good = good and top in (0, size) and sums.top.shape == (top, 2)
    good = good and sums.top_confidence.shape == (top, 3)
    for name, each in zip(sums._fields, sums, strict=True):
        real = each.dtype == (np.int64 if name == "kinds" else counts.dtype)
        good = good and real and bool(np.isfinite(each).all() and (each >= 0).all())
        if good and name not in ("kinds", "top") and each.dtype.kind == "i" and each.size:
            good = bool((each[..., 1:] <= _DIGIT).all())
    if good:
        least = np.clip(np.arange(-1, size - 1) / (size - 2), 0, 1)
        cells, said = counts.sum(axis=2), value_of_digits(sums.confidence)
        slack = 1e-6 * cells
        most = np.append(np.append(0.0, np.arange(1, size - 1) / (size - 2)), 1.0)
        good = bool((said <= cells * most + slack).all() and (said >= cells * least - slack).all())
    if not good:
        raise F1Error("its sums of probabilities do not belong to its counts")
