"""What rows decided, in a few bytes each: enough to count them again, or only once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .batch import Batch
from .counts import Array
from .decisions import decide
from .options import Options
from .tally import IGNORED

# Rows that are decided or unpacked together: 1 MB of codes.
_CELLS = 1 << 20
_SKIPPED = 2  # a cell that counts nowhere, beside the targets 0 and 1


@dataclass(frozen=True, eq=False)
class Rows:
    """Some rows with their ids; never changed in place.

    Single-label: truth is 1 + class, or 0 where the row counts nowhere; guess is the predicted
    class, or (n, k) of them. Multilabel: guess holds a bit a label, truth another bit a label, and
    after these the bits of the cells that count nowhere.
    """

    ids: Array  # (n,)
    truth: Array
    guess: Array
    weight: Array | None  # (n,) float64; None is 1 each

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, which: Any) -> Rows:
        """Some of them, as NumPy selects."""
        weight = None if self.weight is None else self.weight[which]
        return Rows(self.ids[which], self.truth[which], self.guess[which], weight)

    @property
    def weights(self) -> Array:
        """(n,) the weights, 1.0 where none were given."""
        return np.ones(len(self)) if self.weight is None else self.weight


def smallest(numbers: Array, highest: int) -> Array:
    """Numbers from 0 in the narrowest dtype that also holds `highest`."""
    return numbers.astype(np.min_scalar_type(highest))


def of_batch(batch: Batch, ids: Array) -> Rows:
    """The outcomes of all rows of a batch, classes by number.

    Raises
    ------
    F1Error
        If any row holds a value that cannot be counted.
    """
    step = max(1, _CELLS // batch.width)
    parts = [
        _outcome(batch, slice(start, min(start + step, len(batch))))
        for start in range(0, len(batch), step)
    ]
    truth, guess = (np.concatenate(side) for side in zip(*parts, strict=True))
    return Rows(ids, truth, guess, batch.weights(slice(0, len(batch))))


def _outcome(batch: Batch, rows: slice) -> tuple[Array, Array]:
    found = decide(batch, rows)
    size = rows.stop - rows.start
    if found.code is not None:
        code = np.full((size, batch.n_classes), IGNORED, np.uint8)
        code[found.rows] = found.code
        true, guess = (np.packbits(code & bit, axis=1) for bit in (2, 1))
        if batch.options.ignore_index is not None:
            true = np.concatenate([true, np.packbits(code & IGNORED, axis=1)], axis=1)
        return true, guess
    truth = np.zeros(size, np.min_scalar_type(batch.n_classes))
    guess = np.zeros((size, *found.pred.shape[1:]), truth.dtype)
    truth[found.rows] = found.true.astype(truth.dtype) + 1
    guess[found.rows] = found.pred
    return truth, guess


def batches(rows: Rows, options: Options, n_classes: int, labels: Array | None) -> Iterator[Batch]:
    """The same rows to be counted, some at a time."""
    plain = replace(options, ignore_index=None, threshold=0.5, from_logits=False)
    multilabel = options.task == "multilabel"
    step = max(1, _CELLS // n_classes) if multilabel else _CELLS
    for start in range(0, max(len(rows), 1), step):
        part = rows.take(slice(start, start + step))
        if multilabel:
            yield _flags(part, plain, n_classes)
            continue
        kept = part.truth > 0
        if not kept.all():
            part = part.take(kept)
        true = part.truth - part.truth.dtype.type(1)
        yield Batch("labels", plain, true, part.guess, n_classes, part.weight, labels=labels)


def _flags(rows: Rows, options: Options, n_classes: int) -> Batch:
    guess = np.unpackbits(rows.guess, axis=1, count=n_classes)
    bits = -(-n_classes // 8)
    true = np.unpackbits(rows.truth[:, :bits], axis=1, count=n_classes)
    if rows.truth.shape[1] > bits:
        gone = np.unpackbits(rows.truth[:, bits:], axis=1, count=n_classes)
        if gone.any():
            true = true + _SKIPPED * gone  # the truth of such a cell is 0
            options = replace(options, ignore_index=_SKIPPED)
    return Batch("multilabel", options, true, guess, n_classes, rows.weight)
