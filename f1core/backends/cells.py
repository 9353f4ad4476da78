"""Decided cells: what one can be, and how NumPy adds them to sums and to the rows' statistics."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from ..count_layout import COUNT, EXACT, HIGH, LIMB, LOW, UNDEFINED
from ..counts import Array
from ..metrics import fractions


class Outcome(IntEnum):
    """Outcome of one cell: predicted + 2 true, or IGNORED where it counts nowhere."""

    TN, FP, FN, TP, IGNORED = range(5)


# Plain numbers: NumPy 2 widens an array of bytes that meets a member of an enumeration.
_FP, _FN, _TP, IGNORED = map(int, list(Outcome)[1:])


def add_cells(
    outcome: Array, columns: Array | None, coefs: Array, sums: Array, rows: Array
) -> None:
    """Add decided cells: pred + 2 true, or 4 for a cell that counts nowhere.

    Exact match asks every label, the samples averages only those in `columns`.
    """
    sums += [flag.sum(axis=0) for flag in _flags(outcome)]
    rows[COUNT] += len(outcome)
    rows[EXACT] += _all_right(outcome).sum()
    ratio, undefined = _row_ratios(*_of_rows(outcome, columns), coefs)
    high = np.floor(ratio * LIMB)
    low = np.floor((ratio * LIMB - high) * LIMB)
    rows[UNDEFINED] += undefined.sum(axis=1)
    rows[HIGH] += high.astype(np.int64).sum(axis=1)
    rows[LOW] += low.astype(np.int64).sum(axis=1)


def add_cells_weighted(
    outcome: Array, weight: Array, columns: Array | None, coefs: Array, sums: Array, rows: Array
) -> None:
    """Add outcomes by label, and the rows' statistics, times each row's weight in row order."""
    for row, flag in enumerate(_flags(outcome)):
        sums[row] = in_order(sums[row], flag * weight[:, None])
    rows[COUNT] = in_order(rows[COUNT], weight)
    rows[EXACT] = in_order(rows[EXACT], _all_right(outcome) * weight)
    ratio, undefined = _row_ratios(*_of_rows(outcome, columns), coefs)
    rows[UNDEFINED] = in_order(rows[UNDEFINED], (undefined * weight).T)
    rows[HIGH] = in_order(rows[HIGH], (ratio * weight).T)


def _flags(outcome: Array) -> tuple[Array, Array, Array, Array]:
    """Find the cells that are hits, predicted, true, and those that count."""
    return outcome == _TP, (outcome & _FP) == _FP, (outcome & _FN) == _FN, outcome != IGNORED


def _all_right(outcome: Array) -> Array:
    return np.asarray(~((outcome == _FP) | (outcome == _FN)).any(axis=1))


def _of_rows(outcome: Array, columns: Array | None) -> tuple[Array, Array, Array, Array]:
    tp, pred, true, kept = _flags(outcome if columns is None else outcome[:, columns])
    return tp.sum(axis=1), pred.sum(axis=1), true.sum(axis=1), kept.sum(axis=1)


def in_order(start: Array, values: Array) -> Array:
    """`start` plus the values down axis 0, strictly in order: `sum` adds pairwise."""
    return np.asarray(np.add.accumulate(np.concatenate([[start], values]), axis=0)[-1])


def _row_ratios(
    tp: Array, pred: Array, true: Array, kept: Array, coefs: Array
) -> tuple[Array, Array]:
    """(6, n) ratios in the order of RATIOS, 0 where undefined, and where that is."""
    a, b, c = coefs.tolist()
    pairs = fractions(tp, pred, true, kept, (a, b, c)).values()
    over, under = np.array([*zip(*pairs, strict=True)], np.float64)
    undefined = under == 0
    return over / np.where(undefined, 1.0, under), undefined
