"""The same numbers in any dtype and any layout a user may hand over."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np

from f1core.arrays import BFLOAT16

NATIVE_FLOATS = [np.dtype(t) for t in ("f2", "f4", "f8")]
FLOATS = [*NATIVE_FLOATS, BFLOAT16, *(np.dtype(t) for t in (">f2", ">f4", ">f8", "g"))]
INTS = [np.dtype(f"{order}{kind}") for order in "<>" for kind in ("i2", "i4", "i8")] + [
    np.dtype("i1")
]
UINTS = [np.dtype(f"{order}{kind}") for order in "<>" for kind in ("u2", "u4", "u8")] + [
    np.dtype("u1")
]
LAYOUTS = [
    "C", "Fortran", "strided", "reversed", "read-only", "memory-mapped", "unaligned", "inner",
]  # fmt: skip

# Every non-negative finite bfloat16, in order: its bits are its rank.
_BFLOATS = (np.arange(0x7F80, dtype=np.uint32) << 16).view(np.float32).astype(np.float64)


def widened(array: np.ndarray) -> np.ndarray:
    """The float64 numbers that an array of any dtype holds."""
    if array.dtype == BFLOAT16:
        bits = array["bfloat16"].astype(np.uint32) << 16
        return bits.view(np.float32).astype(np.float64)
    with np.errstate(over="ignore"):
        return array.astype(np.float64)


def to_dtype(values: Any, dtype: np.dtype) -> np.ndarray:
    """Each number rounded to the nearest one of a dtype, the even one of two."""
    values = np.asarray(values)
    if dtype == BFLOAT16:
        return _to_bfloat16(values.astype(np.float64))
    with np.errstate(over="ignore"):
        return values.astype(dtype)


def _to_bfloat16(values: np.ndarray) -> np.ndarray:
    size = np.abs(values)
    above = np.searchsorted(_BFLOATS, size).clip(1, len(_BFLOATS) - 1)
    low, high = _BFLOATS[above - 1], _BFLOATS[above]
    up = (size - low > high - size) | ((size - low == high - size) & (above % 2 == 0))
    bits = np.where(up, above, above - 1)
    bits = np.where(np.isinf(size), 0x7F80, np.where(np.isnan(size), 0x7FC0, bits))
    bits = bits | np.where(np.signbit(values), 0x8000, 0)
    return bits.astype(np.uint16).view(BFLOAT16)


def laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    """An equal array of another layout in memory."""
    if layout == "C":
        return np.ascontiguousarray(array)
    if layout == "Fortran":
        return np.asfortranarray(array)
    if layout == "strided":  # every second row and column of something larger
        wide = np.zeros(tuple(2 * n + 1 for n in array.shape), array.dtype)
        view = wide[tuple(slice(1, None, 2) for _ in array.shape)]
        view[...] = array
        return view
    if layout == "reversed":
        flip = (slice(None, None, -1),) * array.ndim
        return np.ascontiguousarray(array[flip])[flip]
    if layout == "inner":  # some columns of a wider table
        wide = np.zeros((*array.shape[:-1], array.shape[-1] + 3), array.dtype)
        wide[..., 2:-1] = array
        return wide[..., 2:-1]
    if layout == "read-only":
        array = array.copy()
        array.setflags(write=False)
        return array
    if layout == "unaligned":
        raw = np.zeros(array.nbytes + 1, np.uint8)
        view = raw[1:].view(array.dtype).reshape(array.shape)
        view[...] = array
        return view
    assert layout == "memory-mapped"
    with tempfile.TemporaryFile() as file:
        mapped = np.memmap(file, array.dtype, "w+", shape=array.shape)
    mapped[...] = array
    return mapped
