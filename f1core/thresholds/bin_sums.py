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

_CELLS = 1 << 14  # of a block of rows whose losses are added
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
        """Add the sums of another."""
        pairs = zip(self._fields, self, other, strict=True)
        return BinSums(**{name: _plus(name, own, more) for name, own, more in pairs})


def _plus(name: str, own: Array, more: Array) -> Array:
    if name in ("kinds", "top"):
        return np.asarray(own + more)
    if own.dtype != more.dtype:  # weights came to rows that had none
        own, more = (as_weights(each) for each in (own, more))
    with np.errstate(over="ignore"):
        both = np.asarray(own + more)
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


def _digits(values: Array) -> tuple[Array, Array]:
    """Numbers from 0 on in units of 2^-31, and what is left of that in units of 2^-62."""
    rest = values * 2.0**_BITS
    high = np.floor(rest)
    rest -= high
    rest *= 2.0**_BITS
    return high, np.floor(rest, out=rest)


def _sums(values: Array, weight: Array | None) -> Array:
    """(…, 3) digits of the sums of (…, n) values over rows, to be carried."""
    if weight is not None:
        found = np.zeros((*values.shape[:-1], 3))
        found[..., 0] = values @ weight
        return found
    found = np.zeros((*values.shape[:-1], 3), np.int64)
    for place, part in enumerate(_digits(values), 1):
        found[..., place] = part.astype(np.int64).sum(axis=-1)
    return found


def _sums_of_bins(values: Array, cell: Array, size: int, weight: Array | None) -> Array:
    """(size, 3) digits of the sums of (n, …) values in [0, 1] in each cell's place."""
    if weight is not None:
        found = np.zeros((size, 3))
        values = values * weight.reshape(-1, *[1] * (values.ndim - 1))
        found[:, 0] = np.bincount(cell.ravel(), values.ravel(), size)
        return found
    parts = (np.bincount(cell.ravel(), part.ravel(), size) for part in _digits(values))
    digits = [part.astype(np.int64) for part in parts]  # of 2^21 rows below 2^53: exact
    return carried(np.stack([np.zeros_like(digits[0]), *digits], axis=-1))


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
        with np.errstate(over="ignore"):  # of weights, which `plus` refuses
            more = _block(batch, rows, bins, task)
        found = found.plus(more)
    return found


def _block(batch: Batch, rows: slice, bins: int, task: str) -> BinSums:
    probability, true, ignored = checked_probabilities(batch, rows, task == "multiclass")
    weight, labels, size = batch.weights(rows), true.shape[1], bins + 2
    dtype = np.int64 if weight is None else np.float64
    at = places_of(batch, rows, bins).reshape(true.shape)
    every, kinds = np.ones(len(true), bool), np.array([len(true), 0])
    if ignored is not None:  # such a cell has a probability of 0, in any bin
        at[ignored] = 0
        every, none = ~ignored.any(axis=1), ignored.all(axis=1)
        whole = np.count_nonzero(every)
        kinds = np.array([whole, len(true) - whole - np.count_nonzero(none)])
    cell = at + np.arange(labels) * size
    confidence = _sums_of_bins(probability, cell, labels * size, weight).reshape(labels, size, 3)
    losses, of_rows = np.zeros((labels, 2, 3), dtype), np.zeros((4, 3), dtype)
    step, precision = max(1, _CELLS // labels), precision_of(batch.score_dtype)
    for start in range(0, len(true), step):  # what stays in cache is three times as fast
        some = slice(start, start + step)
        share = None if weight is None else weight[some]
        skipped = None if ignored is None else ignored[some].T
        chosen = np.ascontiguousarray(true[some].T)
        each = losses_of(np.ascontiguousarray(probability[some].T), chosen, precision)
        for place, loss in enumerate(each):
            if skipped is not None:
                loss[skipped] = 0.0
            losses[:, place] += _sums(loss, share)
        if task == "multiclass":
            each = each[0], np.where(chosen, each[1], 0.0)
        of_rows += _sums(_of_rows(each, every[some], task, weight is None), share)
    found = confidence, carried(losses), carried(of_rows), kinds
    if task != "multiclass":
        return BinSums(*found, np.zeros((0, 2), dtype), np.zeros((0, 3), dtype))
    best, row = probability.argmax(axis=1), np.arange(len(true))
    right = best == class_ids(batch, rows)
    place, confidence_of_best = at[row, best], probability[row, best]
    share = None if weight is None else weight[every]
    top = np.bincount((place * 2 + right)[every], share, 2 * size).reshape(size, 2)
    return BinSums(
        *found, top.astype(dtype), _sums_of_bins(confidence_of_best, place, size, weight)
    )


def _of_rows(each: tuple[Array, Array], every: Array, task: str, squares: bool) -> Array:
    """(4, n) losses of rows from (L, n) of their cells, and their squares if these can be used."""
    found = np.zeros((4, len(every)))
    for place, loss in enumerate(each):
        for label in loss:  # in this order, whatever rows are beside
            found[place] += label
    if task == "multilabel":
        found /= len(each[0])
    found[:, ~every] = 0.0
    if squares:
        np.square(found[:2], out=found[2:])
    return found


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
        cells, confidence = counts.sum(axis=2), value_of_digits(sums.confidence)
        slack = 1e-6 * cells
        most = np.append(np.append(0.0, np.arange(1, size - 1) / (size - 2)), 1.0)
        good = bool(
            (confidence <= cells * most + slack).all()
            and (confidence >= cells * least - slack).all()
        )
    if not good:
        raise F1Error("its sums of probabilities do not belong to its counts")
