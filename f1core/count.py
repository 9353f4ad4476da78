"""count(Batch) -> Counts: cuts the rows into blocks, picks the engine, runs the threads.

Where the kernels meet something unusual they say so without a reason. The batch is then counted
by the NumPy twin, and if that objects too, `complaints` finds the sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import Any

import numpy as np

from . import many_classes, memory
from .backends import numpy as numpy_backend
from .backends import switch, thread_pool
from .batch import Batch
from .count_layout import PRED, TP
from .counts import Array, Counts
from .diagnose import complain
from .options import Options

# A block's ids, casts and codes stay in a core's cache; where nothing is cast, its ids.
_BLOCK_CELLS, _BLOCK_ROWS, _READ_CELLS = 1 << 17, 1 << 15, 1 << 19
# A fused kernel reads the user's arrays as they lie and needs no such block, but one call should
# not keep Ctrl-C waiting: 5 ms. (Blocks of 1 << 17 cells cost 76 calls, 0.4 ms, for 10^6 x 10.)
_DIRECT_CELLS = 1 << 24
# Blocks a thread, so that one that comes late or is slow leaves some to the others; on two calm
# cores 2 to 6 take equally long.
_TURNS = 4
# With more classes, a second thread's confusion matrix costs more than it saves; see `crowded`.
_CROWDED = 512
_SMALL = 1024  # classes whose counts fit in any memory
# From so many columns on, copying them into rows comes first: their numbers do not fit into int16.
_MANY = 1 << 15
# Weighted sums are added span by span in order, so that threads cannot change a bit; the spans are
# larger than blocks, since each brings its own sums.
_WEIGHTED_ROWS = 1 << 18


class _Refused(Exception):
    """A kernel met something unusual."""


def count(batch: Batch, threads: int | None = None) -> Counts:
    """All rows of a batch as counts.

    A batch whose labels were guessed from the first rows, and wrongly, is read again in its place.

    Raises
    ------
    F1Error
        If any row holds a value that cannot be counted; nothing is counted then.
    """
    crew = thread_pool.n_threads(threads, batch.work)
    try:
        counts = _ready(batch, crew)
    except _Refused:
        if batch.again is not None:
            batch.__dict__ = batch.again().__dict__  # whoever made it sees what it turned out to be
            return count(batch, threads)
        counts = _counted(batch, numpy_backend, crew)
    if batch.doubted:
        with np.errstate(over="ignore", invalid="ignore"):
            batch.refuse_infinite(counts.total)
    return counts if batch.labels is None else _seen(counts, batch.labels)


def _ready(batch: Batch, crew: int) -> Counts:
    """Counts by the engine; by the twin as long as compiling for these dtypes has not paid."""
    module, budget = switch.choose(batch.cells)
    while True:
        try:
            return _counted(batch, module, crew, budget)
        except switch.NotCompiledYet as missing:
            module, budget = numpy_backend, missing.budget


def _counted(batch: Batch, module: Any, crew: int, budget: Any = None) -> Counts:
    grain = _rows_of(batch, _BLOCK_CELLS)
    left = len(batch)

    def pay(seconds: float, rows: int) -> Any:
        """The module for the next block."""
        nonlocal left, module
        left -= rows
        if budget.spend(seconds / crew, seconds * left / (crew * max(1, rows))) and left:
            module = switch.load()
        return module

    def counted(blocks: Iterable[slice]) -> Counts:
        if batch.weight is None:
            return _part(batch, module, blocks, None if budget is None else pay)
        with np.errstate(over="ignore", invalid="ignore"):  # `refuse_infinite` looks at the end
            return _part(batch, module, blocks, None if budget is None else pay)

    if len(batch) <= grain:  # a training batch: 3 of its 12 µs would go into cutting it
        return counted([slice(0, len(batch))])
    if batch.kind == "labels" and batch.n_classes > _CROWDED:
        if module is not numpy_backend and many_classes.fits(batch):
            blocks = max(batch.cells // _DIRECT_CELLS + 1, crew * _TURNS)
            found = many_classes.counts(
                batch, module, thread_pool.split_rows(len(batch), grain, blocks), crew
            )
            if found is None:
                raise _Refused
            return found
        crew = 1
    block = _rows_of(batch, _READ_CELLS if batch.as_they_lie else _BLOCK_CELLS)
    blocks = max(-(-len(batch) // block), min(-(-len(batch) // grain), crew * _TURNS))
    if module is not numpy_backend and batch.direct:
        blocks = max(batch.cells // _DIRECT_CELLS + 1, crew * _TURNS if crew > 1 else 1)
    if batch.weight is None:
        spans = thread_pool.split_rows(len(batch), grain, blocks)
        parts = iter(thread_pool.map_unordered(counted, spans, crew))
    else:
        size = -(-max(_WEIGHTED_ROWS, batch.n_classes) // grain) * grain
        spans = thread_pool.split_rows(len(batch), size, len(batch) // size + 1)
        step = size if module is not numpy_backend and batch.direct else block
        parts = thread_pool.map_ordered(lambda rows: counted(_cut(rows, step)), spans, crew)
    total = next(parts)
    for part in parts:
        total.add_in_place(part)
    return total


def _rows_of(batch: Batch, cells: int) -> int:
    """How many rows a block of so many cells has."""
    return max(16, min(_BLOCK_ROWS, cells // batch.width))


def _cut(rows: slice, step: int) -> Iterator[slice]:
    for start in range(rows.start, rows.stop, step):
        yield slice(start, min(start + step, rows.stop))


def _part(batch: Batch, module: Any, blocks: Iterable[slice], pay: Any = None) -> Counts:
    """Fresh counts of these blocks; where the twin is rented, `pay` says who does the next one."""
    counts = zeros(batch)
    for rows in blocks:
        start = perf_counter()
        if counts.rows is not None and batch.weight is None:
            counts.make_room(rows.stop - rows.start)  # limbs of 2^32 rows in one batch
        if fill(module, batch, rows, counts):
            if module is numpy_backend and batch.again is None:
                complain(batch, rows)
            raise _Refused
        if pay is not None and module is numpy_backend:
            module = pay(perf_counter() - start, rows.stop - rows.start)
    return counts


def zeros(batch: Batch) -> Counts:
    """Counts of the batch's form, of no rows.

    Raises
    ------
    F1Error
        If they do not fit in memory.
    """
    size, dtype = batch.n_classes, np.int64 if batch.weight is None else np.float64
    if batch.kind == "multilabel":
        return Counts.of_labels(size, dtype)
    matrix = batch.options.keeps_confusion(size)
    shape = (size, size) if matrix else (3, size)
    if size <= _SMALL:  # 1 of the 20 µs that a small batch takes
        found = np.zeros(shape, dtype)
    else:
        hint = "confusion=False keeps three numbers a class" if matrix else ""
        found = memory.zeros(shape, dtype, f"the counts of {size:,} classes", hint)
    return Counts(size, confusion=found) if matrix else Counts(size, sums=found)


def add(total: Counts | None, more: Counts, options: Options) -> Counts:
    """Both together, in the arrays of `total` where that is possible."""
    if total is None:
        return more
    if total.add_in_place(more):
        return total
    both = total + more
    kept = both.confusion is None or options.keeps_confusion(both.n_classes)
    return both if kept else both.without_confusion()


def add_sparsely(total: Counts, batch: Batch) -> bool:
    """Add a batch that is small beside the confusion matrix onto it, cell by cell; or refuse.

    Nothing is added where a row is wrong. Of 1,000 classes, a batch of its own would have to zero
    and add 8 MB: 3 ms, and this takes 30 µs.
    """
    matrix = total.confusion
    known = batch.labels is None and total.labels is None and batch.weight is None
    if matrix is None or not known or total.weighted or batch.kind not in ("labels", "multiclass"):
        return False
    if matrix.size < 2 * batch.cells or len(matrix) != batch.n_classes:
        return False
    (module, budget), start = switch.choose(batch.cells), perf_counter()
    try:
        true, pred, _ = _decided_ids(module, batch, slice(0, len(batch)))
        true, pred = np.array(true), np.array(pred)  # the caller's may change after the check
        for side in (true, pred):
            if len(side) and not (side.min() >= 0 and side.max() < batch.n_classes):
                return False
        total.make_room(len(true))
        total.forget_margins()
        module.labels(true, pred, matrix)
    except switch.NotCompiledYet:
        return False
    if budget is not None:
        budget.spend(perf_counter() - start)
    return True


def _seen(counts: Counts, labels: Array) -> Counts:
    """Only what occurs is a class, where the data named the classes."""
    _, pred, true = counts.per_class
    seen = np.flatnonzero(pred + true > 0)
    if len(seen) == counts.n_classes:
        counts.labels = labels
        return counts
    confusion, sums = counts.confusion, counts.sums
    return Counts(
        len(seen),
        confusion=None if confusion is None else confusion[np.ix_(seen, seen)],
        sums=None if sums is None else sums[:, seen],
        labels=labels[seen],
    )


def _ids(module: Any, batch: Batch, rows: slice, counts: Counts) -> Any:
    """Count decided rows; ids of -1 are refused unless the row is ignored."""
    if batch.fused:
        true, pred = _true_ids(module, batch, rows), _pred_ids(module, batch, rows)
        return _add(module, true, pred, None, counts) - taken_out(batch.ignored_id, true, counts)
    true, pred, weight = _decided_ids(module, batch, rows)
    if pred.ndim == 2:
        return _add_topk(module, true, pred, weight, counts)
    return _add(module, true, pred, weight, counts)


def _decided_ids(module: Any, batch: Batch, rows: slice) -> tuple[Array, Array, Array | None]:
    """True and predicted ids, and weights, of the rows that are not ignored."""
    pred = _pred_ids(module, batch, rows)
    true, weight = _true_ids(module, batch, rows), batch.weights(rows)
    ignored = batch.ignored(rows, true)
    if ignored is not None and ignored.any():
        kept = ~ignored
        true, pred = true[kept], pred[kept]
        weight = None if weight is None else weight[kept]
    return true, pred, weight


def taken_out(ignored: int | None, true: Array, counts: Counts) -> int:
    """Take the rows of an ignored id out of the counts; return how many were not counted at all.

    10^6 rows of ten classes take 0.5 ms, and leaving them out before 4.
    """
    if ignored is None:
        return 0
    steps = range(0, len(true), _BLOCK_ROWS)
    found = sum(int(np.count_nonzero(true[i : i + _BLOCK_ROWS] == ignored)) for i in steps)
    if counts.confusion is None or not 0 <= ignored < counts.n_classes:
        return found
    line = counts.confusion[ignored]
    found -= int(line.sum())
    line[:] = 0
    return found


def _pred_ids(module: Any, batch: Batch, rows: slice) -> Array:
    return batch.pred_ids(rows) if batch.kind == "labels" else best(module, batch, rows)


def _true_ids(module: Any, batch: Batch, rows: slice) -> Array:
    lines = None if module is numpy_backend else batch.onehot_lines(rows)
    if lines is None:
        return batch.true_ids(rows)
    ids = np.empty(len(lines), np.int32)
    module.onehot(lines, ids)
    return ids


def _add(module: Any, true: Array, pred: Array, weight: Array | None, counts: Counts) -> Any:
    if counts.confusion is not None:
        if weight is None:
            return module.labels(true, pred, counts.confusion)
        return module.labels_weighted(true, pred, weight, counts.confusion)
    if weight is None:
        return module.labels_sums(true, pred, counts.sums)
    return module.labels_sums_weighted(true, pred, weight, counts.sums)


def _add_topk(module: Any, true: Array, ids: Array, weight: Array | None, counts: Counts) -> Any:
    """Each row predicts its k best classes; the truth is counted with the first of them."""
    assert counts.sums is not None
    ids = np.ascontiguousarray(ids.T)
    bad = _add(module, true, ids[0], weight, counts)
    others = Counts(counts.n_classes, sums=np.zeros_like(counts.sums))
    for column in ids[1:]:
        bad += _add(module, true, column, weight, others)
    assert others.sums is not None
    counts.sums[TP] += others.sums[TP]
    counts.sums[PRED] += others.sums[PRED]
    return bad


def _multiclass(module: Any, batch: Batch, rows: slice, counts: Counts) -> Any:
    if batch.format is not None and _unordered(module, batch):
        true, words, k = _true_ids(module, batch, rows), batch.words(rows), batch.options.top_k
        return module.topk_sums(true, words, batch.format.inf, k, counts.sums)
    if batch.format is None or not batch.fused or batch.by_columns:
        return _ids(module, batch, rows, counts)
    true, words, inf = _true_ids(module, batch, rows), batch.words(rows), batch.format.inf
    if counts.confusion is not None:
        bad = module.multiclass(true, words, inf, counts.confusion)
    else:
        bad = module.multiclass_sums(true, words, inf, counts.sums)
    return bad - taken_out(batch.ignored_id, true, counts)


def _unordered(module: Any, batch: Batch) -> bool:
    """Whether a kernel counts several predictions a row without listing them."""
    if batch.options.top_k == 1 or module is numpy_backend or not batch.plain:
        return False
    return bool(batch.options.top_k <= module.RANKED and batch.n_classes <= module.LISTED)


def best(module: Any, batch: Batch, rows: slice) -> Array:
    """(n,) the place of the first maximum of each row, or (n, k) of the k largest."""
    k = batch.options.top_k
    if batch.format is None:  # votes, or one-hot predictions
        return most_votes(batch.pred[rows], k)
    inf, n = batch.format.inf, rows.stop - rows.start
    ids = np.empty(n if k == 1 else (k, n), np.int32)
    if k > 1:
        module.topk(batch.words(rows), inf, k, ids)
    elif module is numpy_backend or not batch.by_columns or batch.n_classes > _MANY:
        module.argmax(batch.words(rows), inf, ids)
    else:
        module.argmax_of_columns(*batch.lines(rows), inf, ids)
    return ids.T


def most_votes(votes: Array, k: int) -> Array:
    """The largest whole number of each row, or the k largest: the earlier column among equals."""
    if k == 1:
        return np.asarray(votes.argmax(axis=1))
    ascending: Array = votes[:, ::-1].argsort(axis=1, kind="stable")
    return np.asarray(votes.shape[1] - 1 - ascending[:, ::-1][:, :k])


def _binary(module: Any, batch: Batch, rows: slice, counts: Counts) -> Any:
    words, cuts, below, limit = batch.cut_form(rows)
    true = batch.true_ids(rows) if module is numpy_backend else batch.flag_words(rows)
    if batch.plain and not batch.options.from_logits:
        out = np.zeros(4, np.int64)
        if not module.binary(true, words, words.dtype.type(limit), cuts[0], out):
            tp, pred, positive, n = out.tolist()
            quad = np.array([[n - pred - positive + tp, pred - tp], [positive - tp, tp]])
            _add_quad(counts, quad)
            return 0
    call = true, words, cuts[0], below, limit, *batch.skipped(true)
    weight = batch.weights(rows, looked_at=module is not numpy_backend)
    if weight is None:
        bad = module.binary_sums(*call, quad := np.zeros(4, np.int64))
    else:
        bad = module.binary_sums_weighted(*call, weight, quad := np.zeros(4))
    _add_quad(counts, quad.reshape(2, 2))
    return bad


def _add_quad(counts: Counts, quad: Array) -> None:
    """Add a binary task's (2, 2) cells in whichever form is kept."""
    if counts.confusion is not None:
        counts.confusion += quad
    else:
        counts.sums += Counts(2, confusion=quad).per_class


def _multilabel(module: Any, batch: Batch, rows: slice, counts: Counts) -> Any:
    _, cuts, below, limit = batch.cut_form(slice(0, 0))
    if module is numpy_backend:
        lines = batch.true_ids(rows), -1, batch.words(rows), -1
    else:
        lines = *batch.flag_lines(rows), *batch.lines(rows)
    weight = batch.weights(rows)
    call = (
        *lines, rows.stop - rows.start, cuts, below, limit, *batch.skipped(lines[0]),
        batch.averaged_masks, np.array(batch.options.coefs), counts.sums, counts.rows,
    )  # fmt: skip
    if weight is None:
        return module.multilabel(*call)
    return module.multilabel_weighted(*call, weight)


def fill(module: Any, batch: Batch, rows: slice, counts: Counts) -> Any:
    """Add these rows by a module; say whether it refuses one: the counts hold anything then."""
    return _FILL[batch.kind](module, batch, rows, counts)


_FILL = {
    "labels": _ids, "multiclass": _multiclass, "binary": _binary, "multilabel": _multilabel,
}  # fmt: skip
