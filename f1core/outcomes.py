"""Decide rows one by one: true and predicted ids, or outcomes, where sums are not enough."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from .backends import numpy as numpy_backend
from .backends import switch
from .backends.cells import Outcome
from .batch import Batch
from .counts import Array
from .diagnose import raise_first_error
from .row_ids import label_bits, pred_ids


class Decisions(NamedTuple):
    """The rows that count: (m,) true ids and (m,) or (m, k) predicted ids; or (m, L) outcomes."""

    true: Array
    pred: Array
    outcome: Array | None
    weight: Array | None
    rows: Array  # (m,) where they stand in the block

    @property
    def several(self) -> Array:
        """(m, k) predicted ids, where one a row is predicted too."""
        return self.pred[:, None] if self.pred.ndim == 1 else self.pred


def decide(batch: Batch, rows: slice, backend: Any = numpy_backend) -> Decisions:
    """Decide a block of rows as `count` decides them, or refuse it by a row that is wrong.

    What a kernel finds unusual is decided by NumPy, which may complain.
    """
    true, weight = batch.true_ids(rows), batch.weights(rows)
    ignored = batch.ignored(rows, true)
    if batch.kind in ("binary", "multilabel"):
        outcome, bad = _outcomes(backend, batch, rows, true)
        if bad and backend is not numpy_backend:
            return decide(batch, rows)
        if bad:
            raise_first_error(batch, rows)
    if batch.kind == "multilabel":
        kept = (outcome != Outcome.IGNORED).any(axis=1)
        return _kept(Decisions(true, true, outcome, weight, np.arange(len(true))), kept)
    pred = np.asarray(outcome & 1) if batch.kind == "binary" else pred_ids(batch, backend, rows)
    true, pred = np.array(true), np.array(pred)  # another thread may change the caller's arrays
    kept = np.ones(len(true), bool) if ignored is None else ~ignored
    found = _kept(Decisions(true, pred, None, weight, np.arange(len(true))), kept)
    for ids in (found.true, found.pred):
        if len(ids) and not (ids.min() >= 0 and ids.max() < batch.n_classes):
            raise_first_error(batch, rows)
    return found


def decided_blocks(batch: Batch, cells: int) -> Iterator[tuple[int, int, Decisions]]:
    """Decide blocks of about so many cells by the backend that counts: start, stop, decisions."""
    backend, budget = switch.choose(batch.pred.size)
    step = max(1, cells // batch.width)
    for start in range(0, len(batch), step):
        rows, began = slice(start, min(start + step, len(batch))), perf_counter()
        try:
            found = decide(batch, rows, backend)
        except switch.Unavailable as error:
            backend, budget = switch.drop_object_code(error)
            found = decide(batch, rows, backend)
        if budget is not None:
            budget.spend(perf_counter() - began)
        yield rows.start, rows.stop, found


def _outcomes(backend: Any, batch: Batch, rows: slice, true: Array) -> tuple[Array, Any]:
    """Return the outcome of each cell, and whether a cell that counts is wrong."""
    outcome, flat = np.empty(true.shape, np.uint8), (len(true), -1)
    both = true.reshape(flat), label_bits(batch, backend, rows).reshape(flat)
    ignored = batch.ignored_bits(true)
    return outcome, backend.decide(*both, *batch.cut(), *ignored, outcome.reshape(flat))


def _kept(found: Decisions, kept: Array) -> Decisions:
    if kept.all():
        return found
    true, pred, outcome, weight, rows = found
    outcome, weight = (None if array is None else array[kept] for array in (outcome, weight))
    return Decisions(true[kept], pred[kept], outcome, weight, rows[kept])
