"""Floating numbers as unsigned words, which the kernels compare; thresholds in their precision."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .arrays import BFLOAT16, widened
from .counts import Array

# A probability so far outside of [0, 1] has been rounded on its way, and counts as it is.
TOLERANCE = 1e-3
BELOW_ALL = -1.0  # a threshold that every probability is above


class Format(NamedTuple):
    """Limits of a floating dtype as unsigned words of the same width.

    Probabilities lie from minus `below` to `highest`, which are 1.0 and TOLERANCE apart from it
    and from 0.0, rounded to the dtype.
    """

    word: np.dtype[Any]
    inf: Any
    one: Any
    below: Any
    highest: Any


def score_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The native dtype in which scores of this dtype are compared."""
    native = dtype.newbyteorder("=")
    return native if native in FORMATS else np.dtype(np.float64)


def format_of(array: Array) -> Format | None:
    """The word format of scores of this dtype; None for whole numbers."""
    if array.dtype.kind in "iub":
        return None
    return FORMATS[score_dtype(array.dtype)]


def cuts_of(thresholds: Array, dtype: np.dtype[Any], from_logits: bool) -> Array:
    """Turn float64 thresholds of probabilities into what scores of this dtype are compared with.

    One below 0 is below every score, those that rounding left a hair below 0 among them.
    """
    thresholds = np.where(thresholds < 0, BELOW_ALL, thresholds)
    if from_logits:  # no sigmoid: p > t is x > log(t / (1 - t))
        with np.errstate(divide="ignore"):
            thresholds = np.log(thresholds) - np.log1p(-thresholds)
    return rounded(thresholds, dtype)


@lru_cache(maxsize=64)  # of every call the same: 12 µs of 56, and 40 of 130 on cold caches
def threshold_bits(
    threshold: float | tuple[float, ...], width: int, dtype: np.dtype[Any], from_logits: bool
) -> Array:
    """(width,) thresholds of probabilities as bits of scores of this dtype, read-only."""
    thresholds = np.broadcast_to(np.asarray(threshold, np.float64), (width,))
    return read_only(cuts_of(thresholds, dtype, from_logits), FORMATS[dtype].word)


def rounded(values: Array, dtype: np.dtype[Any]) -> Array:
    """float64 values rounded to nearest in `dtype`, bfloat16 included."""
    if dtype != BFLOAT16:
        with np.errstate(over="ignore"):
            return np.asarray(values.astype(dtype) + dtype.type(0))  # never -0.0
    bits = values.astype(np.float32).view(np.uint32)
    bits = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return (bits >> np.uint32(16)).astype(np.uint16).view(BFLOAT16)


def quotients(scores: Array, divisors: Array, from_logits: bool) -> Array:
    """(n, C) scores over the thresholds of their classes, as float64: the largest is predicted.

    0 / 0 is 0; what is no probability is NaN. Of logits it is the logarithm, but for what all
    classes of a row have in common.
    """
    exact = widened(scores)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if from_logits:
            found = np.subtract(exact, np.log(divisors), dtype=np.float64, order="C")
            found[exact == -np.inf] = -np.inf
            return found
        found = np.divide(exact, divisors, dtype=np.float64, order="C")
    low, high = probability_range(scores.dtype)
    if not (exact.min(initial=low) >= low and exact.max(initial=high) <= high):
        found[~((exact >= low) & (exact <= high))] = np.nan
    if not divisors.all():
        found[exact == 0] = 0.0
    return found


def _format(dtype: Any, word: Any, inf: int, one: int) -> tuple[np.dtype[Any], Format]:
    dtype = np.dtype(dtype)
    below, highest = rounded(np.array([TOLERANCE, 1 + TOLERANCE]), dtype).view(word)
    return dtype, Format(np.dtype(word), word(inf), word(one), below, highest)


FORMATS = dict(
    [
        _format(np.float16, np.uint16, 0x7C00, 0x3C00),
        _format(BFLOAT16, np.uint16, 0x7F80, 0x3F80),
        _format(np.float32, np.uint32, 0x7F80_0000, 0x3F80_0000),
        _format(np.float64, np.uint64, 0x7FF0 << 48, 0x3FF0 << 48),
    ]
)


def probability_range(dtype: np.dtype[Any]) -> tuple[float, float]:
    """The lowest and the highest number that counts as a probability among scores of this dtype.

    Examples
    --------
    >>> probability_range(np.dtype(np.float16))
    (-0.0010004043579101562, 1.0009765625)
    """
    low, high = widened(rounded(np.array([-TOLERANCE, 1 + TOLERANCE]), score_dtype(dtype)))
    return float(low), float(high)


def is_readable(array: Array) -> bool:
    """Return whether kernels read the array as it lies: in C order, aligned."""
    flags = array.flags
    if array.dtype == BFLOAT16 and array.__array_interface__["data"][0] % 2:
        return False  # a structured dtype of bytes, to NumPy
    return bool(flags.c_contiguous and flags.aligned)


def readable(array: Array) -> Array:
    """The array, or a copy that kernels read."""
    return array if is_readable(array) else np.array(array, order="C")


def read_only(array: Array, dtype: Any = None) -> Array:
    """A view for the kernels, of a dtype that does not name this machine's byte order."""
    view: Array = array.view(array.dtype.newbyteorder("=") if dtype is None else dtype)
    view.setflags(write=False)
    return view
