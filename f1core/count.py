"""count(Batch) -> Counts: one plan a batch says which kernel reads which arrays, then it runs.

Where kernels meet something unusual they say so without a reason. The batch is then counted by
NumPy, and where that objects too, `diagnose` finds the sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from . import blocks, many_classes, memory
from .backends import numpy as numpy_backend
from .backends import switch
from .batch import (
    FLAG_VIEWS,
    ID_VIEWS,
    SCORE_VIEWS,
    WHOLE_VIEWS,
    Batch,
    KernelPlan,
    is_column_major,
)
from .counts import Array, Counts
from .diagnose import raise_first_error
from .float_bits import is_readable
from .inputs import rescan
from .label_rows import LabelRows
from .options import Options
from .row_ids import add_pairs, add_topk, ids_of_onehot, pred_ids, true_ids, without_ignored
from .threshold_kernels import plan_binary, plan_multilabel

_SMALL = 1024  # classes whose counts fit in any memory


class _Refused(Exception):
    """A kernel met a row that it does not count."""


class _GuessFailed(_Refused):
    """A row does not fit the classes that were guessed from the first rows, or is wrong."""


def count_guessed(batch: Batch, threads: int | None = None) -> tuple[Batch, Counts]:
    """Count a batch whose classes may be a guess; return it as it turned out to be, and counts.

    This is the one place where a wrong guess is noticed: all rows are then looked at.
    """
    try:
        return batch, count(batch, threads)
    except _GuessFailed:
        batch = rescan(batch)
        return batch, count(batch, threads)


def count(batch: Batch, threads: int | None = None) -> Counts:
    """Count all rows of a batch, or none: a row that cannot be counted is refused by name."""
    backend, budget = switch.active, None
    if backend is None:  # else a call less, and a file less to read, in every count
        size = batch.numbers_a_row * len(batch) if batch.held else batch.pred.size
        backend, budget = switch.choose(size, batch.kind)
    while True:
        plan = kernel_plan(batch, backend)
        try:
            counts = _count_all(plan, threads, budget)
            break
        except switch.Unavailable as error:
            backend, budget = switch.drop_object_code(error)
        except _GuessFailed:
            raise
        except _Refused:
            backend, budget = numpy_backend, None
    if batch.weights_unchecked:
        with np.errstate(over="ignore", invalid="ignore"):
            batch.refuse_infinite(counts.total)
    return counts if batch.labels is None else _occurring(counts, batch.labels)


def _count_all(plan: KernelPlan, threads: int | None, budget: Any) -> Counts:
    """Count in one block, or in many on threads; kernels take over once the budget is spent."""
    batch, left = plan.batch, len(plan.batch.pred)
    one = left <= blocks.ROWS and max(batch.true.size, batch.pred.size) <= blocks.SIZE
    n_threads = 1 if one else blocks.n_threads(batch, threads)

    def counted(spans: Iterable[slice]) -> Counts:
        nonlocal plan, left
        counts = zeros(batch, plan.keeps_matrix)
        for rows in spans:
            start, n = perf_counter(), rows.stop - rows.start
            if counts.rows is not None and batch.weight is None:
                counts.make_room(n)  # limbs of 2^32 rows in one batch
            if plan.kernel(plan.true_of(rows), plan.pred_of(rows), rows, counts):
                if batch.initial_options is not None:
                    raise _GuessFailed
                if plan.backend is numpy_backend:
                    raise_first_error(batch, rows)
                raise _Refused
            if budget is not None and plan.backend is numpy_backend:
                left -= n
                seconds = (perf_counter() - start) / n_threads
                if budget.spend(seconds, seconds * left / max(1, n)) and left:
                    plan = kernel_plan(batch, switch.load(now=False))
        return counts

    def counted_weights(spans: Iterable[slice]) -> Counts:
        with np.errstate(over="ignore", invalid="ignore"):  # `refuse_infinite` looks at the end
            return counted(spans)

    work = counted if batch.weight is None else counted_weights
    if one:  # a training batch: 3 of its 12 µs would go into cutting it
        return work([slice(0, left)])
    if plan.backend is not numpy_backend and many_classes.fits(plan):
        found = many_classes.counts(plan, n_threads)
        if found is None:
            raise _Refused
        return found
    return blocks.add_up(plan, n_threads, work)


def kernel_plan(batch: Batch, backend: Any) -> KernelPlan:
    """Decide how this backend counts the batch: by which kernel, and what is read in place."""
    true, pred = batch.true, batch.pred
    compiled, flags = backend is not numpy_backend, batch.kind in ("binary", "multilabel")
    bits = compiled and (flags or batch.onehot)
    true_view: Any = (FLAG_VIEWS if bits else ID_VIEWS).get(true.dtype)
    if true.dtype == np.int8 and not bits and (flags or batch.onehot or batch.n_classes > 128):
        true_view = None  # as uint8, what is negative could be a class, or is not told apart
    whole_views = WHOLE_VIEWS if flags else ID_VIEWS
    pred_view: Any = (whole_views if batch.format is None else SCORE_VIEWS).get(pred.dtype)
    high = pred.dtype == np.int8 and batch.kind == "labels" and batch.n_classes > 128
    if high or batch.divisors is not None:  # no kernel divides
        pred_view = None
    if isinstance(true, LabelRows) or isinstance(pred, LabelRows):
        true_view = pred_view = None
    zero_copy = (
        true_view is not None
        and pred_view is not None
        and batch.encoder is None
        and not batch.options.ranks
        and (compiled or not batch.onehot)
        and is_readable(true)
        and is_readable(pred)
    )
    if zero_copy:
        true, pred = true.view(true_view), pred.view(pred_view)
        true.setflags(write=False)  # kernels are compiled once for read-only and writable input
        pred.setflags(write=False)
    matrix = batch.options.keeps_confusion(batch.n_classes)
    plan = KernelPlan(
        batch, backend, matrix, true_view, pred_view, zero_copy, true.__getitem__, pred.__getitem__
    )
    _PLAN[batch.kind](plan)
    return plan


def _plan_multiclass(plan: KernelPlan) -> None:
    """Plan for scores of which the largest of a row is predicted, or the k largest are."""
    batch, backend, form, k = plan.batch, plan.backend, plan.batch.format, plan.batch.options.top_k
    if form is None or (not plan.zero_copy and is_column_major(batch.pred)):
        return _plan_pairs(plan)
    if k > 1:
        plain = batch.weight is None and batch.options.ignore_index is None
        if backend is numpy_backend or not plain or k > backend.RANKED:
            return _plan_pairs(plan)
        if batch.n_classes > backend.LISTED:
            return _plan_pairs(plan)
    ignored = None
    if batch.options.ignore_index is not None or batch.weight is not None:
        if not _can_fuse_ignore(plan):
            return _plan_pairs(plan)
        ignored = _ignored_id(batch, plan.zero_copy)
    if not plan.zero_copy:
        plan.true_of, plan.pred_of = partial(true_ids, batch, backend), batch.score_bits
    inf, matrix = form.inf, plan.keeps_matrix
    onehot = batch.onehot and plan.zero_copy
    add = backend.multiclass if matrix else backend.multiclass_sums

    def kernel(true: Array, bits: Array, rows: slice, counts: Counts) -> Any:
        if onehot:
            true = ids_of_onehot(backend, true, batch.one)
        if k > 1:
            ids = true.astype(np.int64, copy=False)
            return backend.topk_sums(ids, bits, inf, k, counts.sums)
        bad = add(true, bits, inf, counts.confusion if matrix else counts.sums)
        return bad if ignored is None else bad - _take_out(ignored, true, counts)

    plan.kernel, plan.single_kernel = kernel, plan.zero_copy and k == 1


def _can_fuse_ignore(plan: KernelPlan) -> bool:
    """Return whether all rows may be counted, and those of `ignore_index` be taken out then."""
    batch = plan.batch
    if batch.weight is not None or batch.options.top_k > 1:
        return False
    ignored = batch.ignored_id
    if batch.options.ignore_index is None or ignored is None:
        return batch.options.ignore_index is None
    # Of a matrix their line goes; of sums, what they predicted cannot be told from the others.
    return not 0 <= ignored < batch.n_classes or plan.keeps_matrix


def _ignored_id(batch: Batch, in_place: bool) -> int | None:
    """Return the id that `ignore_index` has where a kernel reads it in place (int8 as uint8)."""
    ignored = batch.ignored_id
    if ignored is None or not in_place or batch.onehot or batch.true.dtype != np.int8:
        return ignored
    return ignored & 0xFF if -128 <= ignored <= 127 else None


def _take_out(ignored: int, true: Array, counts: Counts) -> int:
    """Take the rows of an ignored id out of the counts; return how many were not counted at all.

    10^6 rows of ten classes take 0.5 ms, and leaving them out before 4.
    """
    steps = range(0, len(true), blocks.ROWS)
    found = sum(int(np.count_nonzero(true[i : i + blocks.ROWS] == ignored)) for i in steps)
    if counts.confusion is None or not 0 <= ignored < counts.n_classes:
        return found
    line = counts.confusion[ignored]
    found -= int(line.sum())
    line[:] = 0
    return found


def _plan_pairs(plan: KernelPlan) -> None:
    """Plan for pairs of true and predicted ids: labels, or scores whose largest are found first."""
    batch, backend, fused = plan.batch, plan.backend, _can_fuse_ignore(plan)
    in_place = plan.zero_copy and batch.kind == "labels"
    if not in_place:
        plan.true_of = partial(true_ids, batch, backend)
        plan.pred_of = partial(pred_ids, batch, backend)
    onehot, ignored = batch.onehot and in_place, _ignored_id(batch, in_place)

    def kernel(true: Array, pred: Array, rows: slice, counts: Counts) -> Any:
        if onehot:
            true = ids_of_onehot(backend, true, batch.one)
        if fused:
            bad = add_pairs(backend, true, pred, None, counts)
            return bad if ignored is None else bad - _take_out(ignored, true, counts)
        true, pred, weight = without_ignored(batch, rows, true, pred)
        if pred.ndim == 2:
            return add_topk(backend, true, pred, weight, counts)
        return add_pairs(backend, true, pred, weight, counts)

    plan.kernel, plan.single_kernel = kernel, in_place and fused


_PLAN = {
    "labels": _plan_pairs,
    "multiclass": _plan_multiclass,
    "binary": plan_binary,
    "multilabel": plan_multilabel,
}


def zeros(batch: Batch, matrix: bool) -> Counts:
    """Make counts of no rows in the batch's form: with a matrix or with sums alone."""
    size, dtype = batch.n_classes, np.int64 if batch.weight is None else np.float64
    if batch.kind == "multilabel":
        return Counts.of_labels(size, dtype)
    shape = (size, size) if matrix else (3, size)
    if size <= _SMALL:  # 1 of the 20 µs that a small batch takes
        found = np.zeros(shape, dtype)
    else:
        hint = "confusion=False keeps three numbers a class" if matrix else ""
        found = memory.zeros(shape, dtype, f"the counts of {size:,} classes", hint)
    return Counts(size, confusion=found) if matrix else Counts(size, sums=found)


def add(total: Counts | None, more: Counts, options: Options) -> Counts:
    """Add counts, in the arrays of `total` where that is possible."""
    if total is None:
        return more
    if total.add_in_place(more):
        return total
    both = total + more
    kept = both.confusion is None or options.keeps_confusion(both.n_classes)
    return both if kept else both.without_confusion()


def _occurring(counts: Counts, labels: Array) -> Counts:
    """Keep the classes that occur, where the data named the classes."""
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
