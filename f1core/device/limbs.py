"""Limbs: counters of int32 that widen before they overflow, and float32 sums that lose nothing.

A library without int64 keeps each counter as four digits of 16 bits, each in an int32 of its own.
Digits of several states may be added: 2^15 of them fit before one of their sums is carried.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..count_layout import Array
from ..errors import F1Error

BITS, LIMBS = 16, 4
_DIGIT = (1 << BITS) - 1


def added(limbs: Any, found: Any, xp: Any) -> Any:
    """(4, size) limbs of int32, or (1, size) counters of int64, and (size,) more below 2^31 - 2^16.

    `xp` has `right_shift` and `stack` as NumPy has them.
    """
    if limbs.shape[0] == 1:
        return limbs + found
    made = []
    for place in range(LIMBS - 1):
        digit = (limbs[place] & _DIGIT) + found
        made.append(digit & _DIGIT)
        found = xp.right_shift(limbs[place], BITS) + xp.right_shift(digit, BITS)
    return xp.stack([*made, limbs[LIMBS - 1] + found])


def weighed(sums: Any, found: Any, xp: Any) -> Any:
    """(2, size) sums of weights and (size,) more: what the sums drop is kept beside them.

    Knuth's two-sum, *The Art of Computer Programming* 2, 4.2.2.
    """
    both = sums[0] + found
    part = both - sums[0]
    return xp.stack([both, sums[1] + ((sums[0] - (both - part)) + (found - part))])


def as_floats(parts: Any) -> Any:
    """(size,) counters out of limbs that are floats already."""
    found = parts[0]
    for place in range(1, parts.shape[0]):
        found = found + 2.0 ** (place * BITS) * parts[place]
    return found


def as_integers(limbs: Array) -> Array:
    """(size,) int64 counters out of limbs.

    Raises
    ------
    F1Error
        If they are more than int64 holds, or have overflown.
    """
    digits = limbs.astype(np.int64)
    wrong = (digits < 0).any()
    for place in range(len(digits) - 1):
        digits[place + 1] += digits[place] >> BITS
        digits[place] &= _DIGIT
    if wrong or (len(digits) > 1 and (digits[-1] >> (63 - BITS * (len(digits) - 1))).any()):
        raise F1Error("more rows were added than can be counted: counts end at 2^63")
    found: Array = digits[0]
    for place in range(1, len(digits)):
        found = found + (digits[place] << (place * BITS))
    return found


def as_sums(sums: Array) -> Array:
    """(size,) float64 out of sums of weights.

    Raises
    ------
    F1Error
        If they are no numbers any more.
    """
    found: Array = sums.astype(np.float64).sum(axis=0)
    if not np.isfinite(found).all():
        raise F1Error(
            "a weight is negative or NaN, or the weights sum up to more than float32 holds: "
            "weights are from 0, and may be divided by a constant"
        )
    return found
