"""NumPy as a backend: the kernels' names, arguments and integers, uncompiled.

It counts until loading compiled kernels pays, it is the oracle of their tests, and it keeps f1core
alive where there are none. Each function works on one block, so temporaries stay small.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import BFLOAT16, widened
from ..count_layout import PRED, TP, TRUE
from ..counts import Array
from ..float_bits import FORMATS
from .cells import IGNORED, add_cells, add_cells_weighted, in_order

_HALF = FORMATS[np.dtype(np.float16)]


def floats(words: Array, limit: Any) -> Array:
    """The scores behind unsigned words of the same width; bfloat16 is widened to float32.

    Which of the formats of 16 bits it is can be told from the highest number there may be:
    infinity, or the highest probability.
    """
    if words.dtype == np.uint16 and limit not in (_HALF.inf, _HALF.highest):
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
    """The k largest of each row into (k, n), the first among equals; -1 where a NaN is."""
    scores = floats(words, inf)
    ids[:] = np.argsort(-scores, axis=1, kind="stable")[:, :k].T
    ids[:, np.isnan(scores).any(axis=1)] = -1


def labels(true: Array, pred: Array, confusion: Array) -> int:
    """Add rows into the (C, C) matrix; return how many ids were outside of it."""
    cells, bad = _cells_of(true, pred, len(confusion))
    if 4 * len(cells) < confusion.size:  # 131 rows of 1,000 classes: 2 µs, not 1 ms
        np.add.at(confusion.reshape(-1), cells, 1)
    else:
        confusion += np.bincount(cells, minlength=confusion.size).reshape(confusion.shape)
    return bad


def labels_weighted(true: Array, pred: Array, weight: Array, confusion: Array) -> int:
    """Add the weights of pairs to a matrix, in row order; return how many were outside."""
    cells, bad = _cells_of(true, pred, len(confusion))
    if not bad:
        np.add.at(confusion.reshape(-1), cells, weight)  # in order, onto what is there
    return bad


def labels_sums(true: Array, pred: Array, sums: Array) -> int:
    """Add rows into the (3, C) sums; return how many ids were outside of them."""
    size = sums.shape[1]
    true, pred = _own(true, pred)
    good = _inside(true, pred, size)
    bad = len(good) - int(good.sum())
    if bad:
        true, pred = true[good], pred[good]
    sums[TRUE] += np.bincount(true, minlength=size)
    sums[PRED] += np.bincount(pred, minlength=size)
    sums[TP] += np.bincount(true[true == pred], minlength=size)
    return bad


def labels_sums_weighted(true: Array, pred: Array, weight: Array, sums: Array) -> int:
    """Add the weights of pairs to TP, PRED and TRUE, in row order; return how many were outside."""
    true, pred = _own(true, pred)
    bad = len(true) - int(_inside(true, pred, sums.shape[1]).sum())
    if not bad:
        hit = true == pred
        np.add.at(sums[TRUE], true, weight)
        np.add.at(sums[PRED], pred, weight)
        np.add.at(sums[TP], true[hit], weight[hit])
    return bad


def _own(true: Array, pred: Array) -> tuple[Array, Array]:
    """Copies, which no other thread changes between a check and NumPy's use as an index."""
    return true.astype(np.int64), pred.astype(np.int64)


def _inside(true: Array, pred: Array, size: int) -> Array:
    return (true >= 0) & (true < size) & (pred >= 0) & (pred < size)


def _cells_of(true: Array, pred: Array, size: int) -> tuple[Array, int]:
    true, pred = _own(true, pred)
    cells = true * size
    cells += pred
    good = _inside(true, pred, size)
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


def binary(true: Array, one: Any, words: Array, limit: Any, cut: Any, out: Array) -> int:
    """Add true positives, predicted, true and rows; return how many rows are wrong.

    The sign of a score is not looked at: whatever is below 0 is wrong, -0.0 too.
    """
    pred, is_true = _above(words, limit, np.asarray([cut], words.dtype)), true != 0
    out += [(pred & is_true).sum(), pred.sum(), is_true.sum(), len(true)]
    return int(((words > limit) | (is_true & (true != 1))).sum())


def binary_sums(
    true: Array, one: Any, words: Array, cut: Any, below: int, limit: Any, skips: bool,
    ignored: Any, out: Array,
) -> int:  # fmt: skip
    """Add the rows to out[pred + 2 true]; return how many are wrong."""
    outcome, bad = decided(true, words, np.array([cut], words.dtype), below, limit, skips, ignored)
    out += np.bincount(outcome, minlength=IGNORED + 1)[:IGNORED]
    return bad


def binary_sums_weighted(
    true: Array, one: Any, words: Array, cut: Any, below: int, limit: Any, skips: bool,
    ignored: Any, weight: Array, out: Array,
) -> int:  # fmt: skip
    """Add weights to out[pred + 2 true]: in eight lanes, and these in order, each LANE_ROWS."""
    outcome, bad = decided(true, words, np.array([cut], words.dtype), below, limit, skips, ignored)
    for start in range(0, len(outcome), LANE_ROWS):
        block, weights = outcome[start : start + LANE_ROWS], weight[start : start + LANE_ROWS]
        missing = -len(block) % SUM_LANES
        for place in range(IGNORED):
            lanes = np.append(np.where(block == place, weights, 0.0), np.zeros(missing))
            each = in_order(np.zeros(SUM_LANES), lanes.reshape(-1, SUM_LANES))
            out[place] += in_order(np.zeros(()), each)
    return bad


SUM_LANES, LANE_ROWS = 8, 1 << 15  # how the kernel adds the weights of a binary task
LANES = 16  # bits of a mask


def multilabel(
    true: Array, one: Any, true_from: int, words: Array, words_from: int, n: int, cuts: Array,
    below: int, limit: Any, skips: bool, ignored: Any, chosen: Array, coefs: Array, sums: Array,
    rows: Array, weight: Array | None = None,
) -> int:  # fmt: skip
    """Cut each label's scores, add its sums and the rows' statistics.

    A matrix is (n, L), with -1 for its `from`; or (L, N), whose columns from there on are the rows.
    """
    true, words = _rows_of(true, true_from, n), _rows_of(words, words_from, n)
    outcome, bad = decided(true, words, cuts, below, limit, skips, ignored)
    if bad:
        return bad
    if skips:  # a row without a cell that counts is no row
        some = (outcome != IGNORED).any(axis=1)
        outcome, weight = outcome[some], None if weight is None else weight[some]
    columns = None
    if len(chosen):
        columns = np.flatnonzero((chosen[:, None] >> np.arange(LANES, dtype=np.uint16) & 1).ravel())
    if weight is None:
        add_cells(outcome, columns, coefs, sums, rows)
    else:
        add_cells_weighted(outcome, weight, columns, coefs, sums, rows)
    return 0


multilabel_weighted = multilabel


def _rows_of(matrix: Array, start: int, n: int) -> Array:
    return matrix if start < 0 else matrix[:, start : start + n].T


def decided(
    true: Array, words: Array, cuts: Array, below: int, limit: Any, skips: bool, ignored: Any
) -> tuple[Array, int]:
    """Return the `Outcome` of each cell, and how many cells that count are wrong."""
    outcome = _above(words, limit, cuts).view(np.uint8) + np.uint8(2) * (true != 0)
    wrong = _beyond(words, below, limit) | ((true != 0) & (true != 1))
    if skips:
        outcome[true == ignored] = IGNORED
        wrong &= true != ignored
    return outcome, int(wrong.sum())


def decide(
    true: Array, words: Array, cuts: Array, below: int, limit: Any, skips: bool, ignored: Any,
    outcome: Array,
) -> int:  # fmt: skip
    """`decided` into an array that is there."""
    outcome[:], bad = decided(true, words, cuts, below, limit, skips, ignored)
    return bad


def _above(words: Array, limit: Any, cuts: Array) -> Array:
    """Find the scores (or flags, whose limit is 1) above their cut."""
    if limit == 1:
        return np.asarray(words > cuts)
    return np.asarray(floats(words, limit) > floats(cuts, limit))


def _beyond(words: Array, below: Any, limit: Any) -> Array:
    """Find scores (or flags) that are NaN, or not from minus `below` to `limit`, as bits."""
    if limit == 1:
        return np.asarray(words > limit)
    low, high = floats(np.array([below, limit], words.dtype), limit)
    scores = floats(words, limit)
    return np.asarray(~((scores >= -low) & (scores <= high)))
