"""Refuse counts that cannot be: sums that leave their dtype, numbers that contradict each other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .count_layout import (
    CELLS,
    COUNT,
    EXACT,
    HIGH,
    PRED,
    ROWS,
    TP,
    TRUE,
    UNDEFINED,
    Array,
    ratio_sums,
)
from .errors import F1Error

MOST_ROWS = 2**63 - 1  # what an int64 holds
MOST_WEIGHT = float(np.finfo(np.float64).max) * (1 - 1e-9)  # sums of this much do not round to inf
_BITS_OF_INT64, _BITS_OF_FLOAT64 = 62, 350  # and beta², up to 2^665, may come on top
_ROUNDING = 1e-9  # what sums of weights may be off, as a share of all weights
_MOST_DRAWN = 8  # how often one row can be in one resample
_TOO_HEAVY = "sample_weight has a sum beyond float64; divide all weights by one number"


def refuse_overflow(size: Any, more: Any) -> None:
    """Complain if so many rows (or weights of these sums) and more are too many for a count."""
    if isinstance(size, int) and isinstance(more, int):
        if size + more > MOST_ROWS:
            raise F1Error(f"{size:,} rows and {more:,} more cannot be counted: counts end at 2^63")
    elif not float(size) + float(more) <= MOST_WEIGHT:
        raise F1Error(_TOO_HEAVY)


def exact_sum(array: Array) -> Any:
    """The sum as a number of Python, which no int64 limits."""
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return float(array.sum())
    if array.sum(dtype=np.float64) < 2.0**62:
        return int(array.sum())
    return sum(array.ravel().tolist())


def down_scaled(most: float, terms: int, whole: bool, arrays: Any) -> list[Array] | None:
    """Divide all arrays by one power of two; None where sums of `terms` numbers fit anyway.

    `most` is the largest number in them. Ratios stay what they are.
    """
    bits = math.frexp(most)[1] + terms.bit_length()
    if bits <= (_BITS_OF_INT64 if whole else _BITS_OF_FLOAT64):
        return None
    return [np.asarray(np.ldexp(np.float64(each), -bits)) for each in arrays]


def refuse_impossible(sums: Array, rows: Array | None) -> None:
    """Complain about (3, C) sums, or (4, L) with rows, that no rows can have, all from 0."""
    weighted = sums.dtype.kind == "f"
    size = exact_sum(sums[TRUE]) if rows is None else rows[COUNT].item()
    refuse_overflow(size, 0.0 if weighted else 0)
    slack = size * _ROUNDING if weighted else 0
    tp, pred, true = sums[:3]
    good = _all_at_most(tp, pred, slack) and _all_at_most(tp, true, slack)
    if good and rows is None:
        good = _one_class_a_row(tp, pred, true, size, slack)
    elif good and rows is not None:
        good = _labels_a_row(sums, rows, size, slack)
    if not good:
        raise F1Error("sums holds a number that no count can be")


def _one_class_a_row(tp: Array, pred: Array, true: Array, size: Any, slack: Any) -> bool:
    """Every row has one truth and k predictions: misses of a class are hits of no other."""
    named = exact_sum(pred)
    if size == 0:
        return bool(named == 0)
    per_row = max(1, round(named / size))
    missed = pred - tp + (true - tp) if per_row == 1 else pred - tp
    others = size - exact_sum(tp) if per_row == 1 else size
    if abs(named - per_row * size) > slack * per_row:
        return False
    return bool((missed <= others + slack).all())


def _labels_a_row(sums: Array, rows: Array, size: Any, slack: Any) -> bool:
    """Labels out of the cells that count, these out of the rows; every row has such a cell."""
    tp, pred, true, cells = sums
    wrong = (pred - tp) + (true - tp)
    exact, missed = rows[EXACT].item(), size - rows[EXACT].item()
    undefined = rows[UNDEFINED].tolist()
    ratios = zip(ratio_sums(rows), undefined, strict=True) if len(rows) == ROWS else ()
    return bool(
        exact <= size + slack
        and (cells <= size + slack).all()
        and _all_at_most(true + (pred - tp), cells, slack)
        and (wrong <= missed + slack).all()
        and exact_sum(wrong) >= missed - slack
        and exact_sum(cells) >= size - slack
        and all(ratio + none <= (size + slack) * (1 + _ROUNDING) for ratio, none in ratios)
    )


def _all_at_most(some: Array, most: Array, slack: Any) -> bool:
    return bool((some <= most + slack).all()) if slack else bool((some <= most).all())


def refuse_impossible_replicas(
    sums: Array, rows: Array | None, spans: Array, size: Any, weighted: bool
) -> None:
    """Complain about resampled counts that cannot belong to counts of so many rows."""
    tp, pred, true = (sums[:, place] for place in (TP, PRED, TRUE))
    real = (sums.dtype.kind == "f") == weighted
    most = _MOST_DRAWN * float(size) * (1 + _ROUNDING)
    slack = most * _ROUNDING if weighted else 0
    good = real and bool((sums <= most).all())
    good = good and _all_at_most(tp, pred, slack) and _all_at_most(tp, true, slack)
    if good and rows is None:
        good = bool((true.sum(axis=1, dtype=np.float64) <= most + slack).all())
    elif good and rows is not None:
        held, count = sums[:, CELLS], rows[:, COUNT]
        known = rows[:, EXACT], *rows[:, HIGH].T, *rows[:, UNDEFINED].T
        good = _all_at_most(true, held, slack) and _all_at_most(pred, held, slack)
        good = good and bool((held <= count[:, None] * (1 + _ROUNDING) + slack).all())
        good = good and all(bool((each <= count * (1 + _ROUNDING)).all()) for each in known)
    _, first, end = spans.T
    if len(spans) != 1 or end.any():  # else drawn by their clusters, which have no numbers
        drawn = exact_sum(end - first) if len(spans) else 0
        good = good and (weighted or drawn >= size) and bool((first < end).all())
    if not good:
        raise F1Error("replicas hold what no resampled counts can be")
