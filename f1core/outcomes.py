"""What is true and what is predicted, row by row, for what needs more than sums."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .backends import numpy as numpy_backend
from .backends.numpy import IGNORED
from .batch import Batch
from .counts import Array
from .diagnose import complain
from .row_ids import pred_ids


class Decisions(NamedTuple):
    """The rows that count: (m,) true ids and (m,) or (m, k) predicted ids; or (m, L) codes.

    A code is predicted + 2 true, or 4 for a cell that counts nowhere.
    """

    true: Array
    pred: Array
    code: Array | None
    weight: Array | None
    rows: Array  # (m,) where they stand in the block


def decide(batch: Batch, rows: slice, module: Any = numpy_backend) -> Decisions:
    """A block of rows, decided as `count` decides them.

    What a kernel finds unusual is decided by NumPy, which may complain.

    Raises
    ------
    F1Error
        If any row holds a value that cannot be counted.
    """
    true, weight = batch.true_ids(rows), batch.weights(rows)
    ignored = batch.ignored(rows, true)
    if batch.kind == "multilabel":
        code, bad = _coded(module, batch, rows, true)
        if bad and module is not numpy_backend:
            return decide(batch, rows)
        if bad:
            complain(batch, rows)
        kept = (code != IGNORED).any(axis=1)
        return _kept(Decisions(true, true, code, weight, np.arange(len(true))), kept)
    if batch.kind == "binary":
        code, bad = _coded(module, batch, rows, true)
        if bad and module is not numpy_backend:
            return decide(batch, rows)
        if bad:
            complain(batch, rows)
        pred = np.asarray(code & 1)
    else:
        pred = pred_ids(batch, module, rows)
    true, pred = np.array(true), np.array(pred)  # another thread may change the caller's arrays
    kept = np.ones(len(true), bool) if ignored is None else ~ignored
    found = _kept(Decisions(true, pred, None, weight, np.arange(len(true))), kept)
    for ids in (found.true, found.pred):
        if len(ids) and not (ids.min() >= 0 and ids.max() < batch.n_classes):
            complain(batch, rows)
    return found


def _coded(module: Any, batch: Batch, rows: slice, true: Array) -> tuple[Array, Any]:
    """Each cell's code, and whether a cell that counts is wrong."""
    code, flat = np.empty(true.shape, np.uint8), (len(true), -1)
    both = true.reshape(flat), batch.score_bits(rows).reshape(flat)
    return code, module.decide(*both, *batch.cut(), *batch.ignored_bits(true), code.reshape(flat))


def _kept(found: Decisions, kept: Array) -> Decisions:
    if kept.all():
        return found
    true, pred, code, weight, rows = found
    code, weight = (None if array is None else array[kept] for array in (code, weight))
    return Decisions(true[kept], pred[kept], code, weight, rows[kept])
