"""Plans for scores that are cut at thresholds: a binary task, or a threshold a label."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import numpy as np

from .backends import numpy as numpy_backend
from .backends.cells import add_held_cells
from .batch import Batch, KernelPlan, is_column_major
from .counts import Array, Counts
from .label_rows import LabelRows
from .row_ids import chosen_labels, label_bits


def _targets(batch: Batch, backend: Any, rows: slice) -> Array:
    """Targets as a backend reads them: kernels read bits."""
    return batch.true_ids(rows) if backend is numpy_backend else batch.flag_bits(rows)


def plan_binary(plan: KernelPlan) -> None:
    """Plan for scores of the positive class, cut at one threshold."""
    batch, backend = plan.batch, plan.backend
    if not plan.zero_copy:
        plan.true_of, plan.pred_of = partial(_targets, batch, backend), batch.score_bits
    (thresholds, lowest, highest), one = batch.cut(), batch.one
    threshold, limit = thresholds[0], thresholds.dtype.type(highest)
    ignores, weighted = batch.options.ignore_index is not None, batch.weight is not None
    plain = not (ignores or weighted or batch.options.from_logits)

    def kernel(true: Array, bits: Array, rows: slice, counts: Counts) -> Any:
        if plain:
            found = np.zeros(4, np.int64)
            if not backend.binary(true, one, bits, limit, threshold, found):
                tp, pred, positive, n = found.tolist()
                table = np.array([[n - pred - positive + tp, pred - tp], [positive - tp, tp]])
                _add_table(counts, table)
                return 0
        ignored = batch.ignored_bits(true) if ignores else (False, 0)
        call = true, one, bits, threshold, lowest, highest, *ignored
        if weighted:
            weight = batch.weights(rows, checked_by_kernel=backend is not numpy_backend)
            bad = backend.binary_sums_weighted(*call, weight, sums := np.zeros(4))
        else:
            bad = backend.binary_sums(*call, sums := np.zeros(4, np.int64))
        _add_table(counts, sums.reshape(2, 2))
        return bad

    plan.kernel, plan.single_kernel = kernel, plan.zero_copy


def _add_table(counts: Counts, table: Array) -> None:
    """Add a (2, 2) table, rows = truth, in whichever form is kept."""
    if counts.confusion is not None:
        counts.confusion += table
    else:
        counts.sums += Counts(2, confusion=table).per_class


def plan_multilabel(plan: KernelPlan) -> None:
    """Plan for a threshold a label, or the k best labels of a row.

    A matrix that lies column by column is read as (L, N), unless its rows are ranked.
    """
    batch, backend = plan.batch, plan.backend
    if batch.held:
        return _plan_held_cells(plan)
    true_columns = pred_columns = False
    if not plan.zero_copy:
        plan.true_of = partial(_targets, batch, backend)
        plan.pred_of = partial(label_bits, batch, backend)
        coded = batch.encoder is not None
        if backend is not numpy_backend and is_column_major(batch.true) and not coded:
            true, true_columns = batch.as_flags(batch.true.T), True
            plan.true_of = lambda rows: true
        columns = backend is not numpy_backend and is_column_major(batch.pred)
        if columns and plan.pred_view is not None and not batch.options.ranks:
            bits, pred_columns = batch.as_bits(batch.pred.T), True
            plan.pred_of = lambda rows: bits
    (thresholds, lowest, highest), one = batch.cut(), batch.one
    ignores, weighted = batch.options.ignore_index is not None, batch.weight is not None
    masks, coefs = batch.averaged_masks, np.array(batch.options.coefs)
    below_all = batch.options.below_all

    def kernel(true: Array, bits: Array, rows: slice, counts: Counts) -> Any:
        start, n = rows.start, rows.stop - rows.start
        ignored = batch.ignored_bits(true) if ignores else (False, 0)
        call = (
            true, one, start if true_columns else -1, bits, start if pred_columns else -1, n,
            thresholds, lowest, highest, *ignored, masks, coefs, counts.sums, counts.rows,
        )  # fmt: skip
        if weighted or below_all:  # the kernel without options takes no -0.0 for above -1
            return backend.multilabel_weighted(*call, batch.weights(rows))
        return backend.multilabel(*call)

    plan.kernel = kernel
    # Columns are read in place as well, by kernels that find them by the numbers of their rows.
    in_place = plan.true_view is not None and plan.pred_view is not None
    in_place = in_place and not batch.options.ranks
    in_place = in_place and (true_columns or batch.true.flags.c_contiguous)
    plan.single_kernel = plan.zero_copy or (
        in_place and (pred_columns or batch.pred.flags.c_contiguous)
    )


def _plan_held_cells(plan: KernelPlan) -> None:
    """Plan for two sides of which few cells are not 0: NumPy counts these alone."""
    batch, backend = plan.batch, plan.backend
    true, pred = cast(Any, batch.true), cast(Any, batch.pred)
    plan.true_of, plan.pred_of = true.part, pred.part
    cut, columns, coefs = batch.cut(), batch.averaged_columns, np.array(batch.options.coefs)

    def kernel(true: LabelRows, pred: LabelRows, rows: slice, counts: Counts) -> Any:
        chosen = chosen_labels(batch, backend, pred, cut)
        if chosen is None or not (true.values == 1).all():
            return 1
        assert counts.sums is not None and counts.rows is not None
        add_held_cells(
            (true.rows, true.labels), (chosen.rows, chosen.labels), len(true), columns, coefs,
            counts.sums, counts.rows, batch.weights(rows),
        )  # fmt: skip
        return 0

    plan.kernel = kernel
