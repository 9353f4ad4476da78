"""Triton's kernel for rows of labels: sums a label, and the statistics of rows."""

import triton
import triton.language as tl

from ..count_layout import COUNT, EXACT, HIGH, LIMB, LOW, UNDEFINED
from .triton_rows import above, note

_LIMB = tl.constexpr(LIMB)
_UNDEFINED, _HIGH, _LOW = (tl.constexpr(each.start) for each in (UNDEFINED, HIGH, LOW))
_COUNT, _EXACT = tl.constexpr(COUNT), tl.constexpr(EXACT)


@triton.jit
def _add_ratio(over, under, counts, place: tl.constexpr, there):
    """Add a ratio of each row to its sums of digits."""
    empty = there & (under == 0)
    value = tl.where(there & ~empty, over / tl.where(under == 0, 1.0, under), 0.0) * _LIMB
    whole = value.to(tl.int64)
    digits = ((value - whole.to(tl.float64)) * _LIMB).to(tl.int64)
    tl.atomic_add(counts + _UNDEFINED + place, tl.sum(empty.to(tl.int64), 0), sem="relaxed")
    tl.atomic_add(counts + _HIGH + place, tl.sum(whole, 0), sem="relaxed")
    tl.atomic_add(counts + _LOW + place, tl.sum(digits, 0), sem="relaxed")


@triton.jit(do_not_specialize=["n", "number"])
def label_counts(
    counts, notes, true, pred, n, number, true_row, true_column, pred_row, pred_column, ignored,
    cut, limits, averaged, coefs,
    n_labels: tl.constexpr, BLOCK: tl.constexpr, COLUMNS: tl.constexpr, HARD: tl.constexpr,
    CUTS: tl.constexpr, IGNORES: tl.constexpr, LIMITS: tl.constexpr, CHOSEN: tl.constexpr,
    BY_LABEL: tl.constexpr, BY_ROW: tl.constexpr,
):  # fmt: skip
    """Rows of labels -> four sums a label (`BY_LABEL`), and the statistics of rows (`BY_ROW`).

    With more labels than `COLUMNS`, which one launch cannot do both of, axis 1 of the grid has the
    blocks of labels, or each program reads all of them for its rows.
    """
    first = tl.program_id(1) * COLUMNS
    last = n_labels if BY_ROW else tl.minimum(first + COLUMNS, n_labels)
    if BY_LABEL:
        tps = tl.zeros((COLUMNS,), tl.int32)
        preds = tl.zeros((COLUMNS,), tl.int32)
        trues = tl.zeros((COLUMNS,), tl.int32)
        cells = tl.zeros((COLUMNS,), tl.int32)
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
            hit = over & one
            if BY_LABEL:
                tps += tl.sum(hit.to(tl.int32), 0)
                preds += tl.sum(over.to(tl.int32), 0)
                trues += tl.sum(one.to(tl.int32), 0)
                cells += tl.sum(ok.to(tl.int32), 0)
            if BY_ROW:
                not_ignored += tl.sum(kept.to(tl.int32), 1)
                missed += tl.sum(((over | one) & ~hit).to(tl.int32), 1)
                bad_true += tl.sum(wrong_true.to(tl.int32), 1)
                bad_pred += tl.sum(wrong_pred.to(tl.int32), 1)
                if CHOSEN:
                    chosen = (tl.load(averaged + columns, mask=within, other=0) != 0)[None, :]
                    hit = hit & chosen
                    over = over & chosen
                    one = one & chosen
                    ok = ok & chosen
                tp += tl.sum(hit.to(tl.int32), 1)
                predicted += tl.sum(over.to(tl.int32), 1)
                positive += tl.sum(one.to(tl.int32), 1)
                counted += tl.sum(ok.to(tl.int32), 1)
        if BY_ROW:
            if tl.max(bad_true + bad_pred, 0) > 0:
                note(notes, rows, number, bad_true > 0, bad_pred > 0)
            stats = counts + 4 * n_labels
            there = there & (not_ignored > 0)
            tl.atomic_add(stats + _COUNT, tl.sum(there.to(tl.int64), 0), sem="relaxed")
            right = there & (missed == 0)
            tl.atomic_add(stats + _EXACT, tl.sum(right.to(tl.int64), 0), sem="relaxed")
            h = tp.to(tl.float64)
            p = predicted.to(tl.float64)
            q = positive.to(tl.float64)
            either = p + q - h
            aa = tl.load(coefs)
            bb = tl.load(coefs + 1)
            cc = tl.load(coefs + 2)
            _add_ratio(h, p, stats, 0, there)
            _add_ratio(h, q, stats, 1, there)
            _add_ratio(h + h, p + q, stats, 2, there)
            _add_ratio(aa * h, aa * h + bb * (q - h) + cc * (p - h), stats, 3, there)
            _add_ratio(h, either, stats, 4, there)
            all_cells = counted.to(tl.float64)
            _add_ratio(all_cells - either, all_cells - q, stats, 5, there)
    if BY_LABEL:
        columns = first + tl.arange(0, COLUMNS)
        within = columns < n_labels
        at = counts + columns
        tl.atomic_add(at, tps.to(tl.int64), mask=within, sem="relaxed")
        tl.atomic_add(at + n_labels, preds.to(tl.int64), mask=within, sem="relaxed")
        tl.atomic_add(at + 2 * n_labels, trues.to(tl.int64), mask=within, sem="relaxed")
        tl.atomic_add(at + 3 * n_labels, cells.to(tl.int64), mask=within, sem="relaxed")
