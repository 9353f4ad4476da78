"""Triton's kernel for rows of labels: sums a label, and the statistics of rows."""

import triton
import triton.language as tl

from ..count_layout import COUNT, EXACT, HIGH, LIMB, LOW, RATIOS, ROWS, UNDEFINED
from .triton_rows import above, note

_LIMB = tl.constexpr(LIMB)
_UNDEFINED, _HIGH, _LOW = (tl.constexpr(each.start) for each in (UNDEFINED, HIGH, LOW))
_COUNT, _EXACT = tl.constexpr(COUNT), tl.constexpr(EXACT)
# A row as one number: four counts, then flags.
ROW_LIMIT = 1 << 15  # of labels
_BITS, _FIELD = tl.constexpr(15), tl.constexpr(ROW_LIMIT - 1)
_COUNTED, _RIGHT, _BAD_TRUE, _BAD_PRED = (tl.constexpr(bit) for bit in range(60, 64))
_RATIOS, _ROOM = tl.constexpr(len(RATIOS)), tl.constexpr(triton.next_power_of_2(ROWS))


@triton.jit
def _row_statistics(word, coefs, cell):
    """Compute what rows add: how many, how many all right, and the limbs of each ratio.

    A word is tp, predicted, true and cells of a row in 15 bits each, then four flags.
    """
    there = ((word >> _COUNTED) & 1) == 1
    right = there & (((word >> _RIGHT) & 1) == 1)
    added = tl.where(cell == _COUNT, tl.sum(there.to(tl.int32), 0), 0).to(tl.int64)
    added += tl.where(cell == _EXACT, tl.sum(right.to(tl.int32), 0), 0)
    tp = (word & _FIELD).to(tl.float64)
    fp = ((word >> _BITS) & _FIELD).to(tl.float64) - tp
    fn = ((word >> 2 * _BITS) & _FIELD).to(tl.float64) - tp
    tn = ((word >> 3 * _BITS) & _FIELD).to(tl.float64) - (tp + fp + fn)
    for place in range(_RATIOS):
        negatives = place == _RATIOS - 1  # specificity is their recall
        hit, miss = tl.where(negatives, tn, tp), tl.where(negatives, fp, fn)
        a, b = tl.load(coefs + 3 * place), tl.load(coefs + 3 * place + 1)
        c = tl.load(coefs + 3 * place + 2)
        under = a * hit + b * miss + c * fp
        empty = there & (under == 0)
        value = tl.where(there & ~empty, a * hit / tl.where(under == 0, 1.0, under), 0.0) * _LIMB
        whole = value.to(tl.int64)
        digits = ((value - whole.to(tl.float64)) * _LIMB).to(tl.int64)
        n_empty = tl.sum(empty.to(tl.int32), 0).to(tl.int64)
        added += tl.where(cell == _UNDEFINED + place, n_empty, 0)
        added += tl.where(cell == _HIGH + place, tl.sum(whole, 0), 0)
        added += tl.where(cell == _LOW + place, tl.sum(digits, 0), 0)
    return added


@triton.jit
def _pair(low, high):
    """Two flags as halves of one number: both are then summed at once, up to 65,535 of each."""
    return low.to(tl.int32) + (high.to(tl.int32) << 16)


@triton.jit
def _high(pair):
    return (pair >> 16) & 0xFFFF


@triton.jit(do_not_specialize=["n", "number"])
def label_counts(
    counts, notes, true, pred, n, number, true_row, true_column, pred_row, pred_column, ignored,
    cut, limits, averaged, coefs, room,
    n_labels: tl.constexpr, BLOCK: tl.constexpr, COLUMNS: tl.constexpr, HARD: tl.constexpr,
    CUTS: tl.constexpr, IGNORES: tl.constexpr, LIMITS: tl.constexpr, CHOSEN: tl.constexpr,
    BY_LABEL: tl.constexpr, BY_ROW: tl.constexpr,
):  # fmt: skip
    """Rows of labels -> four sums a label (`BY_LABEL`), and the statistics of rows (`BY_ROW`).

    With more labels than `COLUMNS`, which one launch cannot do both of, axis 1 of the grid has the
    blocks of labels, or each program reads all of them for its rows. Labels are fewer than
    ROW_LIMIT, a program's blocks of rows than 65,536; BLOCK numbers of `room` are its own.
    """
    first = tl.program_id(1) * COLUMNS
    last = n_labels if BY_ROW else tl.minimum(first + COLUMNS, n_labels)
    if BY_LABEL:  # summed over rows once, at the end
        hits_over = tl.zeros((BLOCK, COLUMNS), tl.int32)
        ones_cells = tl.zeros((BLOCK, COLUMNS), tl.int32)
    if BY_ROW:
        cell = tl.arange(0, _ROOM)
        own = tl.zeros((_ROOM,), tl.int64)
    for block in range(tl.program_id(0), tl.cdiv(n, BLOCK), tl.num_programs(0)):
        rows = (block + tl.zeros((BLOCK,), tl.int64)) * BLOCK + tl.arange(0, BLOCK)
        there = rows < n
        tp = tl.zeros((BLOCK,), tl.int32)
        predicted = tl.zeros((BLOCK,), tl.int32)
        positive = tl.zeros((BLOCK,), tl.int32)
        counted = tl.zeros((BLOCK,), tl.int32)
        missed = tl.zeros((BLOCK,), tl.int32)
        not_ignored = tl.zeros((BLOCK,), tl.int32)
        bad_true = tl.zeros((BLOCK,), tl.int32)
        bad_pred = tl.zeros((BLOCK,), tl.int32)
        for start in range(first, last, COLUMNS):
            columns = start + tl.arange(0, COLUMNS)
            within = columns < n_labels
            inside = there[:, None] & within[None, :]
            wide = columns[None, :].to(tl.int64)
            x = tl.load(pred + rows[:, None] * pred_row + wide * pred_column, mask=inside, other=0)
            t = tl.load(true + rows[:, None] * true_row + wide * true_column, mask=inside, other=0)
            if HARD:
                over = x == 1
                wrong_pred = ~(over | (x == 0))
            else:
                if CUTS:
                    edge = tl.load(cut + columns, mask=within, other=0)[None, :]
                else:
                    edge = tl.load(cut)
                over, wrong_pred = above(x, edge, limits, LIMITS)
            one = t == 1
            wrong_true = ~(one | (t == 0))
            kept = inside
            if IGNORES:
                kept = kept & (t != ignored)
            wrong_true = wrong_true & kept
            wrong_pred = wrong_pred & kept
            ok = kept & ~wrong_true & ~wrong_pred
            over = over & ok
            one = one & ok
            hit_over, one_ok = _pair(over & one, over), _pair(one, ok)
            if BY_LABEL:
                hits_over += hit_over
                ones_cells += one_ok
            if BY_ROW:
                wrong = tl.sum(_pair(wrong_true, wrong_pred), 1)
                bad_true += wrong & 0xFFFF
                bad_pred += _high(wrong)
                upper, lower = tl.sum(hit_over, 1), tl.sum(one_ok, 1)
                missed += _high(upper) + (lower & 0xFFFF) - 2 * (upper & 0xFFFF)
                not_ignored += _high(lower) + wrong
                if CHOSEN:
                    chosen = (tl.load(averaged + columns, mask=within, other=0) != 0)[None, :]
                    upper = tl.sum(tl.where(chosen, hit_over, 0), 1)
                    lower = tl.sum(tl.where(chosen, one_ok, 0), 1)
                tp += upper & 0xFFFF
                predicted += _high(upper)
                positive += lower & 0xFFFF
                counted += _high(lower)
        if BY_ROW:
            word = tp.to(tl.int64) + (predicted.to(tl.int64) << _BITS)
            word += (positive.to(tl.int64) << 2 * _BITS) + (counted.to(tl.int64) << 3 * _BITS)
            word += (there & (not_ignored != 0)).to(tl.int64) << _COUNTED
            word += (missed == 0).to(tl.int64) << _RIGHT
            word += (bad_true > 0).to(tl.int64) << _BAD_TRUE
            word += (bad_pred > 0).to(tl.int64) << _BAD_PRED
            # After a reduction many threads hold the same row; by way of memory each has its own.
            place = tl.arange(0, BLOCK)
            at = room + tl.program_id(0) * BLOCK + place
            tl.debug_barrier()
            tl.store(at, word)
            tl.debug_barrier()
            word = tl.load(at)
            own += _row_statistics(word, coefs, cell)
            wrong_true = ((word >> _BAD_TRUE) & 1) == 1
            wrong_pred = ((word >> _BAD_PRED) & 1) == 1
            if tl.max((wrong_true | wrong_pred).to(tl.int32), 0) > 0:
                first_row = (block + tl.zeros((BLOCK,), tl.int64)) * BLOCK
                note(notes, first_row + place, number, wrong_true, wrong_pred)
    if BY_ROW:
        tl.atomic_add(counts + 4 * n_labels + cell, own, mask=own != 0, sem="relaxed")
    if BY_LABEL:
        columns = first + tl.arange(0, COLUMNS)
        within = columns < n_labels
        at = counts + columns
        tps, preds = tl.sum(hits_over & 0xFFFF, 0), tl.sum(_high(hits_over), 0)
        trues, cells = tl.sum(ones_cells & 0xFFFF, 0), tl.sum(_high(ones_cells), 0)
        tl.atomic_add(at, tps.to(tl.int64), mask=within, sem="relaxed")
        tl.atomic_add(at + n_labels, preds.to(tl.int64), mask=within, sem="relaxed")
        tl.atomic_add(at + 2 * n_labels, trues.to(tl.int64), mask=within, sem="relaxed")
        tl.atomic_add(at + 3 * n_labels, cells.to(tl.int64), mask=within, sem="relaxed")
