"""What each number of an array of counts means, and exact sums of ratios as digits of three limbs.

A ratio r in [0, 1] is added to its sum as two digits of 31 bits, floor(r 2^31) and what is left of
it, times 2^31. A third limb takes whole ratios, so that sums of 2^63 rows fit: `carried` moves what
a limb has above 31 bits into the next one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

TP, PRED, TRUE, CELLS = range(4)  # rows of `sums`; CELLS only for multilabel

# Entries of `rows`: two counters, then four blocks of one entry a ratio.
COUNT, EXACT = range(2)
RATIOS = ("precision", "recall", "f1", "fbeta", "jaccard", "specificity")
# Each ratio is a tp / (a tp + b fn + c fp): its (a, b, c). Those of fbeta depend on beta, and are
# `Options.coefs`; specificity is the recall of the negatives.
COEFS = {
    "precision": (1.0, 0.0, 1.0), "recall": (1.0, 1.0, 0.0), "f1": (2.0, 1.0, 1.0),
    "jaccard": (1.0, 1.0, 1.0), "specificity": (1.0, 1.0, 0.0),
}  # fmt: skip
# Rows whose denominator is 0, and three limbs worth 2^-31, 2^-62 and 1: floats are in HIGH alone.
# A file of counts has them in this order: another ratio here is another format of states.
UNDEFINED, HIGH, LOW, WHOLE = (
    slice(2 + block * len(RATIOS), 2 + (block + 1) * len(RATIOS)) for block in range(4)
)
ROWS, ROWS_BEFORE = WHOLE.stop, LOW.stop  # without WHOLE before
LIMB = 2.0**31
_BITS, _DIGIT = 31, (1 << 31) - 1

Array = NDArray[Any]


def carried(rows: Array) -> Array:
    """Carry between the limbs of (…, 26) statistics of rows: all but the last get below 2^31.

    Floats are returned as they are.

    >>> rows = np.zeros(ROWS, np.int64)
    >>> rows[COUNT], rows[HIGH] = 3, 3 << 31  # three rows whose ratios are all 1
    >>> carried(rows)[WHOLE]
    array([3, 3, 3, 3, 3, 3])
    """
    if rows.dtype.kind != "i" or rows.shape[-1] != ROWS:
        return rows
    made = rows.copy()
    low, high, whole = made[..., LOW], made[..., HIGH], made[..., WHOLE]
    high += low >> _BITS
    low &= _DIGIT
    whole += high >> _BITS
    high &= _DIGIT
    return made


def ratio_sums(rows: Array) -> list[float]:
    """The sum of each ratio over rows, rounded once."""
    if rows.dtype.kind != "i":
        return [float(each) for each in rows[HIGH]]
    limbs = zip(rows[WHOLE].tolist(), rows[HIGH].tolist(), rows[LOW].tolist(), strict=True)
    return [((whole << 62) + (high << 31) + low) / (1 << 62) for whole, high, low in limbs]


def as_floats(rows: Array) -> Array:
    """Statistics of rows as sums of weights 1.0."""
    made = rows * 1.0
    if rows.dtype.kind == "i" and len(rows) == ROWS:
        made[HIGH], made[LOW], made[WHOLE] = ratio_sums(rows), 0.0, 0.0
    return made


def with_whole(rows: Array) -> Array:
    """Statistics of rows in today's length: they had no limb for whole ratios before."""
    if rows.shape[-1:] != (ROWS_BEFORE,):
        return rows
    none = np.zeros((*rows.shape[:-1], ROWS - ROWS_BEFORE), rows.dtype)
    return np.concatenate([rows, none], axis=-1)
