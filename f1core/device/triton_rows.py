"""Triton's kernels for one class a row: scores are read once, counters are added where they lie.

The meaning is that of the CPU's kernels, bit for bit: the first of equal maxima, -0.0 equals 0.0,
thresholds in the dtype of the scores, ratios of rows in float64 without fused multiplication.
With few cells each program counts into a histogram of its own, and adds it once; with many, each
row is an atomic addition of an integer, whose order cannot matter.
"""

from __future__ import annotations

import triton
import triton.language as tl

from .notes import BATCH_BITS, FIRST, ROW_BITS

_FIRST, _ROW, _BATCH = (tl.constexpr(each) for each in (FIRST, ROW_BITS, BATCH_BITS))
_NAN, _LAST = tl.constexpr((1 << 63) - 1), tl.constexpr((1 << 31) - 1)


@triton.jit
def note(notes, rows, number, wrong_true, wrong_pred):
    """Note rows that are refused: how many for which reason, and the first."""
    pred = wrong_pred & ~wrong_true
    n_true, n_pred = tl.sum(wrong_true.to(tl.int64), 0), tl.sum(pred.to(tl.int64), 0)
    reason = tl.where(wrong_true, 0, 1).to(tl.int64)
    key = _FIRST - ((number.to(tl.int64) << _BATCH) + (rows << _ROW) + reason)
    first = tl.max(tl.where(wrong_true | pred, key, 0), 0)
    some = first > 0
    tl.atomic_add(notes, n_true, mask=some, sem="relaxed")
    tl.atomic_add(notes + 1, n_pred, mask=some, sem="relaxed")
    tl.atomic_max(notes + 2, first, mask=some, sem="relaxed")


@triton.jit
def _id(label, n_classes, LIMIT: tl.constexpr):
    """A label as a class id, and whether it is one; floats are whole numbers up to LIMIT."""
    if LIMIT > 0:
        wide = label.to(tl.float64)
        near = (wide >= 0) & (wide <= LIMIT)
        wide = tl.where(near, wide, 0.0)
        ids = wide.to(tl.int64)
        good = near & (ids.to(tl.float64) == wide) & (ids < n_classes)
    else:
        ids = label.to(tl.int64)
        good = (ids >= 0) & (ids < n_classes)
    return ids, good


@triton.jit
def _argmax(
    pred, rows, there, pred_row, pred_column,
    n_classes: tl.constexpr, BLOCK: tl.constexpr, COLUMNS: tl.constexpr, WIDE: tl.constexpr,
):  # fmt: skip
    """The first of the largest scores of each row, and whether a score is NaN.

    But for float64 a score and its column are one number, so that one maximum finds both: the bits
    of the score in the order of floats, NaN above all, and below them how many columns are left.
    """
    if WIDE:
        top = tl.full((BLOCK,), float("-inf"), tl.float64)
        best = tl.zeros((BLOCK,), tl.int64)
        nans = tl.zeros((BLOCK,), tl.int32)
    else:
        most = tl.full((BLOCK,), -_NAN - 1, tl.int64)
    for start in range(0, n_classes, COLUMNS):
        columns = start + tl.arange(0, COLUMNS)
        inside = there[:, None] & (columns < n_classes)[None, :]
        at = rows[:, None] * pred_row + columns[None, :].to(tl.int64) * pred_column
        x = tl.load(pred + at, mask=inside, other=float("-inf"))
        if WIDE:
            nans += tl.sum((x != x).to(tl.int32), 1)
            highest, where = tl.max(x, 1), tl.argmax(x, 1)
            better = highest > top
            best = tl.where(better, start + where, best)
            top = tl.where(better, highest, top)
        else:
            x = x.to(tl.float32)
            x = tl.where(x == 0.0, 0.0, x)  # -0.0 is 0.0
            bits = x.to(tl.int32, bitcast=True)
            bits = bits ^ ((bits >> 31) & 0x7FFFFFFF)
            key = (bits.to(tl.int64) << 32) + (_LAST - columns[None, :])
            most = tl.maximum(most, tl.max(tl.where(x != x, _NAN, key), 1))
    if WIDE:
        wrong = nans > 0
    else:
        wrong = most == _NAN
        best = tl.where(wrong, 0, _LAST - (most & 0xFFFFFFFF))
    return best, wrong


@triton.jit(do_not_specialize=["n", "number"])
def argmax_counts(
    counts, notes, true, pred, n, number, true_row, true_column, pred_row, pred_column, ignored,
    n_classes: tl.constexpr, BLOCK: tl.constexpr, COLUMNS: tl.constexpr, BINS: tl.constexpr,
    MATRIX: tl.constexpr, ONEHOT: tl.constexpr, IGNORES: tl.constexpr, PLACE: tl.constexpr,
    LIMIT: tl.constexpr, WIDE: tl.constexpr, LABELS: tl.constexpr, PRED_LIMIT: tl.constexpr,
):  # fmt: skip
    """Rows of scores (or labels) and targets -> a matrix, or three sums a class."""
    n_cells = n_classes * n_classes if MATRIX else 3 * n_classes
    if BINS > 0:
        own = tl.zeros((BINS,), tl.int32)
    for block in range(tl.program_id(0), tl.cdiv(n, BLOCK), tl.num_programs(0)):
        rows = (block + tl.zeros((BLOCK,), tl.int64)) * BLOCK + tl.arange(0, BLOCK)
        there = rows < n
        if LABELS:
            label = tl.load(pred + rows * pred_row, mask=there, other=0)
            best, good = _id(label, n_classes, PRED_LIMIT)
            wrong_pred = ~good
        else:
            best, wrong_pred = _argmax(
                pred, rows, there, pred_row, pred_column, n_classes, BLOCK, COLUMNS, WIDE
            )
        kept = there
        if ONEHOT:
            ones = tl.zeros((BLOCK,), tl.int32)
            others = tl.zeros((BLOCK,), tl.int32)
            padding = tl.zeros((BLOCK,), tl.int32)
            truth = tl.zeros((BLOCK,), tl.int64)
            for start in range(0, n_classes, COLUMNS):
                columns = start + tl.arange(0, COLUMNS)
                inside = there[:, None] & (columns < n_classes)[None, :]
                at = rows[:, None] * true_row + columns[None, :].to(tl.int64) * true_column
                t = tl.load(true + at, mask=inside, other=0)
                one = t == 1
                ones += tl.sum(one.to(tl.int32), 1)
                others += tl.sum((t != 0).to(tl.int32), 1)
                if IGNORES:
                    padding += tl.sum(((t == ignored) & inside).to(tl.int32), 1)
                truth += tl.sum(tl.where(one, columns[None, :], 0).to(tl.int64), 1)
            good = (ones == 1) & (others == 1)
            if PLACE >= 0:
                kept = kept & ~(good & (truth == PLACE))
            elif IGNORES:
                kept = kept & (padding < n_classes)
        else:
            t = tl.load(true + rows * true_row, mask=there, other=0)
            truth, good = _id(t, n_classes, LIMIT)
            if IGNORES:
                kept = kept & (t != ignored)
        wrong_true = ~good & kept
        wrong_pred = wrong_pred & kept
        wrong = wrong_true | wrong_pred
        if tl.max(wrong.to(tl.int32), 0) > 0:
            note(notes, rows, number, wrong_true, wrong_pred)
        ok = kept & ~wrong
        if BINS > 0:
            if MATRIX:
                at = tl.where(ok, truth * n_classes + best, BINS - 1).to(tl.int32)
                own += tl.histogram(at, BINS)
            else:
                hit = ok & (truth == best)
                own += tl.histogram(tl.where(hit, best, BINS - 1).to(tl.int32), BINS)
                own += tl.histogram(tl.where(ok, n_classes + best, BINS - 1).to(tl.int32), BINS)
                own += tl.histogram(
                    tl.where(ok, 2 * n_classes + truth, BINS - 1).to(tl.int32), BINS
                )
        else:
            one = tl.full((BLOCK,), 1, tl.int64)
            if MATRIX:
                tl.atomic_add(counts + truth * n_classes + best, one, mask=ok, sem="relaxed")
            else:
                hit = ok & (truth == best)
                tl.atomic_add(counts + best, one, mask=hit, sem="relaxed")
                tl.atomic_add(counts + n_classes + best, one, mask=ok, sem="relaxed")
                tl.atomic_add(counts + 2 * n_classes + truth, one, mask=ok, sem="relaxed")
    if BINS > 0:
        cell = tl.arange(0, BINS)
        some = (cell < n_cells) & (own > 0)
        tl.atomic_add(counts + cell, own.to(tl.int64), mask=some, sem="relaxed")


@triton.jit(do_not_specialize=["n", "number"])
def binary_counts(
    counts, notes, true, pred, n, number, true_row, pred_row, ignored, cut, limits,
    BLOCK: tl.constexpr, MATRIX: tl.constexpr, IGNORES: tl.constexpr, LIMITS: tl.constexpr,
):  # fmt: skip
    """Scores above a threshold, and targets 0 and 1."""
    tps = tl.zeros((BLOCK,), tl.int32)
    preds = tl.zeros((BLOCK,), tl.int32)
    trues = tl.zeros((BLOCK,), tl.int32)
    alls = tl.zeros((BLOCK,), tl.int32)
    edge = tl.load(cut)
    for block in range(tl.program_id(0), tl.cdiv(n, BLOCK), tl.num_programs(0)):
        rows = (block + tl.zeros((BLOCK,), tl.int64)) * BLOCK + tl.arange(0, BLOCK)
        there = rows < n
        x = tl.load(pred + rows * pred_row, mask=there, other=0.0)
        t = tl.load(true + rows * true_row, mask=there, other=0)
        over, wrong_pred = above(x, edge, limits, LIMITS)
        one = t == 1
        wrong_true = ~(one | (t == 0))
        kept = there
        if IGNORES:
            kept = kept & (t != ignored)
        wrong_true = wrong_true & kept
        wrong_pred = wrong_pred & kept
        wrong = wrong_true | wrong_pred
        if tl.max(wrong.to(tl.int32), 0) > 0:
            note(notes, rows, number, wrong_true, wrong_pred)
        ok = kept & ~wrong
        over = over & ok
        one = one & ok
        tps += (over & one).to(tl.int32)
        preds += over.to(tl.int32)
        trues += one.to(tl.int32)
        alls += ok.to(tl.int32)
    tp, fp = tl.sum(tps.to(tl.int64), 0), tl.sum(preds.to(tl.int64), 0)
    positive, total = tl.sum(trues.to(tl.int64), 0), tl.sum(alls.to(tl.int64), 0)
    if MATRIX:
        tl.atomic_add(counts, total - fp - positive + tp, sem="relaxed")
        tl.atomic_add(counts + 1, fp - tp, sem="relaxed")
        tl.atomic_add(counts + 2, positive - tp, sem="relaxed")
        tl.atomic_add(counts + 3, tp, sem="relaxed")
    else:
        tl.atomic_add(counts, total - fp - positive + tp, sem="relaxed")
        tl.atomic_add(counts + 1, tp, sem="relaxed")
        tl.atomic_add(counts + 2, total - fp, sem="relaxed")
        tl.atomic_add(counts + 3, fp, sem="relaxed")
        tl.atomic_add(counts + 4, total - positive, sem="relaxed")
        tl.atomic_add(counts + 5, positive, sem="relaxed")


@triton.jit
def above(x, edge, limits, LIMITS: tl.constexpr):
    """Compare scores with the cut: which lie above, which are invalid; float16 is widened."""
    if x.dtype.primitive_bitwidth < 32:
        x = x.to(tl.float32)
    wrong = x != x
    if LIMITS:
        wrong = ~((x >= tl.load(limits)) & (x <= tl.load(limits + 1)))
    return x > edge, wrong
