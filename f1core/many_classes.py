"""Label pairs of many classes, whose (C, C) matrix is large beside the rows or the cache.

A matrix of 1,000 classes is 8 MB as int64 and 1 MB, a core's own cache, as bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

import numpy as np

from . import blocks
from .backends import switch, thread_pool
from .batch import Batch, KernelPlan
from .counts import Array, Counts
from .row_ids import pred_ids, true_ids, without_ignored
from .sparse import Cells

_MOST = 2048  # classes: 4 MB of bytes


def fits(plan: KernelPlan) -> bool:
    """Return whether these are many pairs of ids as they lie, of which a matrix is kept."""
    batch, size, rows = plan.batch, plan.batch.n_classes, len(plan.batch.pred)
    if batch.kind != "labels" or not blocks.MOST_CLASSES < size <= _MOST:
        return False
    plain = batch.weight is None and batch.options.ignore_index is None and not batch.onehot
    plain = plain and plan.true_view == plan.pred_view  # as the kernel has them
    many = size * size // 4 < rows < 1 << 32
    return plain and many and plan.keeps_matrix and plan.zero_copy


def counts(plan: KernelPlan, n_threads: int) -> Counts | None:
    """Count every thread's pairs in bytes; int64 is made when asked for. None for a wrong row.

    10^6 rows of 1,000 classes take 1.1 ms, not 2.0.
    """
    batch, backend, size = plan.batch, plan.backend, plan.batch.n_classes
    most = len(batch) // 256 + 1

    def counted(spans: Iterable[slice]) -> tuple[Array, Array] | None:
        few, used = np.zeros(size * size, np.uint8), np.zeros(1, np.int64)
        full = np.empty(most, np.uint32)  # the places of bytes that were full, one for each time
        for rows in spans:
            true, pred = plan.true_of(rows), plan.pred_of(rows)
            if backend.labels_in_bytes(true, pred, size, few, full, used):
                return None
        return few, full[: used[0]]

    cells, margins = np.zeros((size, size), np.uint32), np.zeros((3, size), np.int64)
    parts = max(batch.pred.size // blocks.SINGLE_SIZE + 1, n_threads * blocks.TURNS)
    spans = thread_pool.split_rows(len(batch), blocks.rows_of(batch, blocks.SIZE), parts)
    for part in thread_pool.map_unordered(counted, spans, n_threads):
        if part is None:
            return None
        backend.unpacked(*part, cells, margins)
    return Counts.of_cells(Cells(None, cells), margins)


def add_sparsely(total: Counts, batch: Batch) -> bool:
    """Add a batch that is small beside the confusion matrix onto it, pair by pair; or refuse.

    Nothing is added where a row is wrong. Of 1,000 classes, a batch of its own would have to zero
    and add 8 MB: 3 ms, and this takes 30 µs.
    """
    matrix = total.confusion
    known = batch.labels is None and total.labels is None and batch.weight is None
    if matrix is None or not known or total.weighted or batch.kind not in ("labels", "multiclass"):
        return False
    if matrix.size < 2 * batch.pred.size or len(matrix) != batch.n_classes:
        return False
    rows, start = slice(0, len(batch)), perf_counter()
    backend, budget = switch.choose(batch.pred.size)
    try:
        pred = pred_ids(batch, backend, rows)
        true, pred, _ = without_ignored(batch, rows, true_ids(batch, backend, rows), pred)
        true, pred = np.array(true), np.array(pred)  # the caller's may change after the check
        for side in (true, pred):
            if len(side) and not (side.min() >= 0 and side.max() < batch.n_classes):
                return False
        total.make_room(len(true))
        total.forget_margins()
        backend.labels(true, pred, matrix)
    except switch.Unavailable:
        return False
    if budget is not None:
        budget.spend(perf_counter() - start)
    return True
