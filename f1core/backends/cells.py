"""Decided cells: what one can be, and how NumPy adds them to sums and to the rows' statistics."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from ..count_layout import CELLS, COUNT, EXACT, HIGH, LIMB, LOW, UNDEFINED
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
    _add_rows(_all_right(outcome), _of_rows(outcome, columns), coefs, rows)


def add_cells_weighted(
    outcome: Array, weight: Array, columns: Array | None, coefs: Array, sums: Array, rows: Array
) -> None:
    """Add outcomes by label, and the rows' statistics, times each row's weight in row order."""
    for row, flag in enumerate(_flags(outcome)):
        sums[row] = in_order(sums[row], flag * weight[:, None])
    _add_rows(_all_right(outcome), _of_rows(outcome, columns), coefs, rows, weight)


def add_held_cells(
    true: tuple[Array, Array], pred: tuple[Array, Array], n: int, columns: Array | None,
    coefs: Array, sums: Array, rows: Array, weight: Array | None = None,
) -> None:  # fmt: skip
    """Add n rows whose true and predicted cells are listed: (their rows, their labels), sorted.

    Both lists in one, as numbers of cells, a cell of both stands there twice. Sorting two sorted
    lists is one merge: 2,000,000 true and as many predicted cells take 60 ms.
    """
    size = sums.shape[1]
    kind = np.int32 if n * size < 1 << 31 else np.int64
    numbers = [np.multiply(row, size, dtype=kind) + label for row, label in (true, pred)]
    cells = np.concatenate(numbers)
    cells.sort(kind="stable")
    hit = np.divmod(cells[:-1][cells[1:] == cells[:-1]], size)
    sides = hit, pred, true
    for total, (row, label) in zip(sums, sides, strict=False):
        if weight is not None:
            np.add.at(total, label, weight[row])  # in order
        elif 4 * len(label) < size:
            np.add.at(total, label, 1)
        else:
            total += np.bincount(label, minlength=size)
    sums[CELLS] = sums[CELLS, 0] + n if weight is None else in_order(sums[CELLS, 0], weight)
    tp, guess, truth = (np.bincount(row, minlength=n) for row, _ in sides)
    exact, kept = (tp == guess) & (tp == truth), size
    if columns is not None:
        chosen = np.zeros(size, bool)
        chosen[columns] = True
        kept = len(columns)
        tp, guess, truth = (np.bincount(row[chosen[label]], minlength=n) for row, label in sides)
    _add_rows(exact, (tp, guess, truth, np.full(n, kept)), coefs, rows, weight)


def _add_rows(
    exact: Array, of_rows: tuple[Array, Array, Array, Array], coefs: Array, rows: Array,
    weight: Array | None = None,
) -> None:  # fmt: skip
    """Add rows' statistics: whether each is all right, and its tp, pred, true and kept cells."""
    ratio, undefined = _row_ratios(*of_rows, coefs)
    if weight is not None:
        rows[COUNT] = in_order(rows[COUNT], weight)
        rows[EXACT] = in_order(rows[EXACT], exact * weight)
        rows[UNDEFINED] = in_order(rows[UNDEFINED], (undefined * weight).T)
        rows[HIGH] = in_order(rows[HIGH], (ratio * weight).T)
        return
    high = np.floor(ratio * LIMB)
    low = np.floor((ratio * LIMB - high) * LIMB)
    rows[COUNT] += len(exact)
    rows[EXACT] += exact.sum()
    rows[UNDEFINED] += undefined.sum(axis=1)
    rows[HIGH] += high.astype(np.int64).sum(axis=1)
    rows[LOW] += low.astype(np.int64).sum(axis=1)


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
