"""Labels and whole numbers as class ids, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .counts import Array
from .foreign import widened
from .formats import read_only

# The kernels are compiled for these ids; every other dtype is cast, a block at a time, in cache.
NATIVE_IDS = frozenset(np.dtype(t) for t in (np.int8, np.uint8, np.int32, np.int64))
NO_ID = np.iinfo(np.int64).min  # what no class has for an id
SKIPPED = -2  # what a coder's ignored values become
_CAST_IDS = {"i2": np.int32, "u2": np.int32, "u4": np.int64, "u8": np.int64}
_TABLE = 1 << 20  # how far apart labels may be for a look-up


class Coder:
    """Label values -> positions 0..C-1, and -1 for a value that is no class."""

    def __init__(self, values: Sequence[Any] | Array) -> None:
        array = np.asarray(values)
        self._places: dict[Any, int] | None = None
        if array.dtype.kind in "UO":
            self._places = {value: place for place, value in enumerate(array.tolist())}
            return
        self._order = np.argsort(array, kind="stable")
        self._sorted = array[self._order]
        low, high = int(self._sorted[0]), int(self._sorted[-1])
        self._low, self._table = low, None
        if high - low < _TABLE:  # a look-up costs 1 ns, a search 20
            self._table = np.full(high - low + 1, -1, np.int32)
            self._table[array.astype(np.int64) - low] = np.arange(len(array))

    def __call__(self, block: Array) -> Array:
        """(n,) label values as (n,) positions."""
        if self._places is not None:
            find = self._places.get
            return np.fromiter((find(v, -1) for v in block.tolist()), np.int32, len(block))
        block = native_ids(block)
        if self._table is not None:
            at = block - np.int64(self._low)
            inside = (at >= 0) & (at < len(self._table))
            if inside.all():
                return self._table[at]
            return np.where(inside, self._table[np.where(inside, at, 0)], np.int32(-1))
        at = np.searchsorted(self._sorted, block).clip(max=len(self._sorted) - 1)
        return np.where(self._sorted[at] == block, self._order[at], -1).astype(np.int32)


def native_ids(block: Array) -> Array:
    """Whole numbers as one of four native dtypes; a fraction or NaN becomes what no id is."""
    dtype = block.dtype
    if dtype.kind == "b":
        block = block.view(np.uint8)
    elif dtype not in NATIVE_IDS:
        block = widened(block)
        if block.dtype.kind == "f":
            block = _whole(block)
        else:
            cast = _CAST_IDS.get(f"{dtype.kind}{dtype.itemsize}")
            block = block.astype(cast or dtype.newbyteorder("="))
    return read_only(np.ascontiguousarray(block))


def _whole(block: Array) -> Array:
    """Floats as int32, or as int64 where one is not whole and small: 10^5 take 30 µs, or 200."""
    with np.errstate(invalid="ignore"):
        short: Array = block.astype(np.int32)
        if (short == block).all():
            return short
        whole = block.astype(np.int64)
    return np.where(whole == block, whole, NO_ID)


def from_onehot(block: Array) -> Array:
    """(n,) the place of the single 1 in each row; -1 where there is no such place."""
    block = widened(block)
    ones = block == 1
    ids = ones.argmax(axis=1).astype(np.int32)
    good = (ones.sum(axis=1) == 1) & ((block != 0).sum(axis=1) == 1)
    return ids if good.all() else np.where(good, ids, np.int32(-1))
