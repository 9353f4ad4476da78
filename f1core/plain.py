"""The NumPy twin of the kernels: the same names, the same arguments, the same integers.

It counts until loading Numba pays, it is the oracle of the kernels' tests, and it keeps f1core
alive where Numba is missing. Each function works on one block, so temporaries stay small.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .counts import (
    COUNT,
    EXACT,
    HIGH,
    LIMB,
    LOW,
    PRED,
    TP,
    TRUE,
    UNDEFINED,
    Array,
)
from .foreign import BFLOAT16, widened

_HALF_INF = 0x7C00  # float16; bfloat16's infinity is 0x7F80


def floats(words: Array, inf: Any) -> Array:
    """The scores behind unsigned words of the same width; bfloat16 is widened to float32."""
    if words.dtype == np.uint16 and inf != _HALF_INF:
        return widened(words.view(BFLOAT16))
    return words.view(f"f{words.dtype.itemsize}")


def argmax(words: Array, inf: Any, ids: Array) -> None:
    """The first maximum of each row; -1 where the row holds a NaN."""
    scores = floats(words, inf)
    if scores.shape[1] <= _BY_COLUMN:
        _argmax_by_column(scores, ids)
        return
    best = scores.argmax(axis=1)  # a NaN counts as the maximum
    ids[:] = best
    ids[np.isnan(scores[np.arange(len(scores)), best])] = -1


# Up to here one vectorised pass a column beats argmax(axis=1), which pays per row:
# 65,536 x 10 float32 take 1.4 ms against 2.6 ms.
_BY_COLUMN = 16


def _argmax_by_column(scores: Array, ids: Array) -> None:
    best = scores[:, 0].copy()
    ids[:] = 0
    for column in range(1, scores.shape[1]):
        values = scores[:, column]
        np.copyto(ids, np.int32(column), where=values > best)
        np.maximum(best, values, out=best)  # NaN spreads
    ids[np.isnan(best)] = -1


def topk(words: Array, inf: Any, k: int, ids: Array) -> None:
    """The k largest of each row, the earlier column first among equals; -1 where a NaN is."""
    scores = floats(words, inf)
    ids[:] = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    ids[np.isnan(scores).any(axis=1)] = -1


def labels(true: Array, pred: Array, confusion: Array) -> int:
    """Add rows into the (C, C) matrix; return how many ids were outside of it."""
    cells, bad = _cells_of(true, pred, len(confusion))
    if 4 * len(cells) < confusion.size:  # 131 rows of 1,000 classes: 2 µs, not 1 ms
        np.add.at(confusion.reshape(-1), cells, 1)
    else:
        confusion += np.bincount(cells, minlength=confusion.size).reshape(confusion.shape)
    return bad


def labels_weighted(true: Array, pred: Array, weight: Array, confusion: Array) -> int:
    """As `labels`, adding weights in row order."""
    cells, bad = _cells_of(true, pred, len(confusion))
    if not bad:
        np.add.at(confusion.reshape(-1), cells, weight)  # in order, onto what is there
    return bad


def labels_sums(true: Array, pred: Array, sums: Array) -> int:
    """Add rows into the (3, C) sums; return how many ids were outside of them."""
    size = sums.shape[1]
    bad = _outside(true, pred, size)
    if not bad:
        sums[TRUE] += np.bincount(true, minlength=size)
        sums[PRED] += np.bincount(pred, minlength=size)
        sums[TP] += np.bincount(true[true == pred], minlength=size)
    return bad


def labels_sums_weighted(true: Array, pred: Array, weight: Array, sums: Array) -> int:
    """As `labels_sums`, adding weights in row order."""
    bad = _outside(true, pred, sums.shape[1])
    if not bad:
        hit = true == pred
        np.add.at(sums[TRUE], true, weight)
        np.add.at(sums[PRED], pred, weight)
        np.add.at(sums[TP], true[hit], weight[hit])
    return bad


def _outside(true: Array, pred: Array, size: int) -> int:
    return len(true) - int((_inside(true, size) & _inside(pred, size)).sum())


def _inside(ids: Array, size: int) -> Array:
    return (ids >= 0) & (ids < size)


def _cells_of(true: Array, pred: Array, size: int) -> tuple[Array, int]:
    cells = true.astype(np.int64) * size
    cells += pred
    good = _inside(true, size) & _inside(pred, size)
    if good.all():
        return cells, 0
    return cells[good], len(good) - int(good.sum())


def multiclass(true: Array, words: Array, inf: Any, confusion: Array) -> int:
    """`argmax`, then `labels`."""
    ids = np.empty(len(true), np.int32)
    argmax(words, inf, ids)
    return labels(true, ids, confusion)


def multiclass_sums(true: Array, words: Array, inf: Any, sums: Array) -> int:
    """`argmax`, then `labels_sums`."""
    ids = np.empty(len(true), np.int32)
    argmax(words, inf, ids)
    return labels_sums(true, ids, sums)


def binary(true: Array, words: Array, one: Any, cut: Any, out: Array) -> int:
    """Add true positives, predicted, true and rows; return how many rows are wrong."""
    inf = _inf_of(one)
    scores, limit = floats(words, inf), floats(np.asarray([cut], words.dtype), inf)[0]
    bad = ~((scores >= 0) & (scores <= 1)) | ((true != 0) & (true != 1))
    pred, is_true = scores > limit, true != 0
    out += [(pred & is_true).sum(), pred.sum(), is_true.sum(), len(true)]
    return int(bad.sum())


def multilabel(
    true: Array, words: Array, one: Any, cuts: Array, coefs: Array, sums: Array, rows: Array
) -> int:
    """Threshold each label's scores, add its sums and the rows' statistics."""
    above, wrong = _cut(words, one, cuts)
    bad = wrong | ((true != 0) & (true != 1))
    code = above.view(np.uint8) + np.uint8(2) * (true != 0)
    four = np.zeros((4, sums.shape[1]), np.int64)
    cells(code, coefs, four, rows)
    sums += four[:3]
    return int(bad.sum())


def _cut(words: Array, one: Any, cuts: Array) -> tuple[Array, Array]:
    """Where scores (or flags, whose `one` is 1) are above their cut, and where out of range."""
    if one == 1:
        return words > cuts, words > one
    inf = _inf_of(one)
    scores = floats(words, inf)
    return scores > floats(cuts, inf), ~((scores >= 0) & (scores <= 1))


def decide(
    true: Array, words: Array, one: Any, cuts: Array, skips: bool, ignored: Any, code: Array
) -> int:
    """Cells as codes, all arrays flat; return how many that count are wrong."""
    return _code(true, *_cut(words, one, cuts), skips, ignored, code)


def decide_logits(
    true: Array, words: Array, inf: Any, cuts: Array, skips: bool, ignored: Any, code: Array
) -> int:
    """As `decide`, for scores of either sign; only NaN is refused."""
    scores = floats(words, inf)
    return _code(true, scores > floats(cuts, inf), np.isnan(scores), skips, ignored, code)


def _code(true: Array, above: Array, wrong: Array, skips: bool, ignored: Any, code: Array) -> int:
    code[:] = above.view(np.uint8) + np.uint8(2) * (true != 0)
    wrong = wrong | ((true != 0) & (true != 1))
    if skips:
        code[true == ignored] = 4
        wrong &= true != ignored
    return int(wrong.sum())


def empty_rows(code: Array, empty: Array) -> int:
    """Mark the rows of which no cell counts; return how many there are."""
    empty[:] = (code == 4).all(axis=1)
    return int(empty.sum())


def _inf_of(one: Any) -> int:
    return _HALF_INF if one == 0x3C00 else 0x7F80  # only 16-bit words need to know


def cells(code: Array, coefs: Array, sums: Array, rows: Array) -> None:
    """Add decided cells: pred + 2 true, or 4 for a cell that counts nowhere."""
    tp, pred, true, kept = flags = code == 3, (code & 1) == 1, (code & 2) == 2, code != 4
    sums += [flag.sum(axis=0) for flag in flags]
    tp, pred, true, kept = (flag.sum(axis=1) for flag in flags)
    rows[COUNT] += len(code)
    rows[EXACT] += ((tp == pred) & (tp == true)).sum()
    ratio, undefined = _row_ratios(tp, pred, true, kept, coefs)
    high = np.floor(ratio * LIMB)
    low = np.floor((ratio * LIMB - high) * LIMB)
    rows[UNDEFINED] += undefined.sum(axis=1)
    rows[HIGH] += high.astype(np.int64).sum(axis=1)
    rows[LOW] += low.astype(np.int64).sum(axis=1)


def cells_weighted(code: Array, weight: Array, coefs: Array, sums: Array, rows: Array) -> None:
    """As `cells`, adding weights in row order."""
    tp, pred, true, kept = flags = code == 3, (code & 1) == 1, (code & 2) == 2, code != 4
    for row, flag in enumerate(flags):
        sums[row] = _in_order(sums[row], flag * weight[:, None])
    tp, pred, true, kept = (flag.sum(axis=1) for flag in flags)
    rows[COUNT] = _in_order(rows[COUNT], weight)
    rows[EXACT] = _in_order(rows[EXACT], ((tp == pred) & (tp == true)) * weight)
    ratio, undefined = _row_ratios(tp, pred, true, kept, coefs)
    rows[UNDEFINED] = _in_order(rows[UNDEFINED], (undefined * weight).T)
    rows[HIGH] = _in_order(rows[HIGH], (ratio * weight).T)


def _in_order(start: Array, values: Array) -> Array:
    """`start` plus the values down axis 0, strictly in order: `sum` adds pairwise."""
    return np.asarray(np.add.accumulate(np.concatenate([[start], values]), axis=0)[-1])


def _row_ratios(
    tp: Array, pred: Array, true: Array, kept: Array, coefs: Array
) -> tuple[Array, Array]:
    """(6, n) ratios in the order of RATIOS, 0 where undefined, and where that is."""
    a, b, c = coefs
    fbeta = a * tp + b * (true - tp) + c * (pred - tp)
    over = np.array([tp, tp, 2 * tp, a * tp, tp, kept - pred - true + tp], np.float64)
    under = np.array([pred, true, pred + true, fbeta, pred + true - tp, kept - true], np.float64)
    undefined = under == 0
    return over / np.where(undefined, 1.0, under), undefined
