"""Labels as class ids: one factorizer, one encoder, and what stands for "no class" and "ignored".

`discover` says which labels are classes where nobody named them; strings are hashed in `text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from .arrays import exact_limit, widened
from .counts import Array
from .errors import F1Error, shown
from .float_bits import read_only, readable
from .options import Options
from .string_codes import TextTable, as_text, codes_by_hash, find_by_hash

# The kernels are compiled for these ids; every other dtype is cast, a block at a time, in cache.
NATIVE_IDS = frozenset(np.dtype(t) for t in (np.uint8, np.int32, np.int64))
NO_ID = np.iinfo(np.int64).min  # the id of a number that can be no label: a fraction, NaN
UNKNOWN = -1  # what LabelEncoder makes of a value that is none of its classes
SKIPPED = -2  # the code of a row that `ignore_index` leaves out
_CAST_IDS = {"i1": np.int32, "i2": np.int32, "u2": np.int32, "u4": np.int64, "u8": np.int64}
_TABLE = 1 << 20  # how far apart labels may be for a look-up table
_FLAGS = 1 << 22  # up to here apart they are marked in a table: 1 ns a row, where sorting takes 80
_BLOCK = 1 << 16  # rows looked at in one go, so that no scan makes a full-size temporary


class LabelEncoder:
    """Turn label values into positions 0..C-1 among the given ones, and others into UNKNOWN."""

    def __init__(self, values: Sequence[Any] | Array) -> None:
        array = as_text(values)
        self._places: dict[Any, int] | None = None
        if array.dtype.kind in "UO":
            self._places = {value: place for place, value in enumerate(array.tolist())}
            self._tables: dict[int, TextTable | None] = {}  # by the letters that a cell has
            return
        self._order = np.argsort(array, kind="stable")
        self._sorted = array[self._order]
        low, high = int(self._sorted[0]), int(self._sorted[-1])
        self._low, self._span = low, high - low + 1
        self._table: Array | None = None
        if self._span == len(array) and (self._sorted == array).all():
            return  # each is its own place, less the first
        if self._span > _TABLE:
            self._span = 0
            return
        self._table = np.full(self._span, UNKNOWN, np.int32)  # 1 ns a look-up, a search 20
        self._table[array.astype(np.int64) - low] = np.arange(len(array))

    def __call__(self, block: Array) -> Array:
        """(n,) label values as (n,) positions."""
        if self._places is not None:
            return find_by_hash(block, self._places, self._tables)
        block = native_ids(block)
        if self._span:
            at = np.subtract(block, self._low, dtype=np.int64)
            inside = at.view(np.uint64) < self._span  # what is below the first becomes the largest
            known = inside.all()
            if not known:
                at = np.where(inside, at, 0)
            places = at.astype(np.int32) if self._table is None else self._table[at]
            return places if known else np.where(inside, places, np.int32(UNKNOWN))
        at = np.searchsorted(self._sorted, block).clip(max=len(self._sorted) - 1)
        return np.where(self._sorted[at] == block, self._order[at], UNKNOWN).astype(np.int32)


def encoder_of(options: Options, labels: Array, name: str = "y_true") -> LabelEncoder | None:
    """Return the encoder of labels, given the classes; None where they are ids already.

    Ids that may be unknown have one too, which tells those of no class.
    """
    names, text = options.names, labels.dtype.kind in "UO"
    ids = LabelEncoder(np.arange(options.n_classes or 0)) if options.counts_unknown else None
    if names is None:
        if text:
            raise F1Error(
                f"{name} holds strings ({shown(labels[0]) if len(labels) else labels.dtype}): "
                "name the classes in column order, classes=[…]"
            )
        return ids
    if isinstance(names[0], str):
        if not text and options.pos_label is not None:  # numbers are places in classes= as given
            return LabelEncoder((1, 0))
        if labels.dtype.kind == "b" and {name.casefold() for name in names} == {"true", "false"}:
            return LabelEncoder(tuple(int(name.casefold() == "true") for name in names))
        return LabelEncoder(names) if text else ids
    if text:
        raise F1Error(f"{name} holds strings, classes are numbers: {shown(names)}")
    return ids if names == tuple(range(len(names))) else LabelEncoder(names)


def factorize(*arrays: Array) -> tuple[Array, list[Array]]:
    """The sorted values that occur in arrays of one kind, and each array as positions among them.

    Examples
    --------
    >>> values, (codes,) = factorize(np.array(["cat", "ant", "cat"]))
    >>> values.tolist(), codes.tolist()
    (['ant', 'cat'], [1, 0, 1])
    """
    first = arrays[0]
    if any(array.dtype.kind in "UO" for array in arrays):
        names, codes = codes_by_hash(*arrays)
        return as_text(names), codes
    if all(array.dtype.kind in "iub" for array in arrays):
        spans = [(int(a.min()), int(a.max())) for a in arrays if len(a)]
        low, high = min((s[0] for s in spans), default=0), max((s[1] for s in spans), default=-1)
        if high - low < _TABLE and high < 1 << 63:
            found = occurring(_blocks(arrays), low, high)
            values = found.astype(first.dtype if len(arrays) == 1 else np.int64)
            if not len(found):
                return values, [np.zeros(0, np.int32) for _ in arrays]
            encode = LabelEncoder(found)
            return values, [encode(array) for array in arrays]
    values, places = np.unique(np.concatenate(arrays), return_inverse=True)
    edges = np.cumsum([len(array) for array in arrays])[:-1]
    return values, np.split(places.reshape(-1), edges)


def _blocks(arrays: Iterable[Array]) -> Iterator[Array]:
    for array in arrays:
        for start in range(0, len(array), _BLOCK):
            yield array[start : start + _BLOCK]


def occurring(blocks: Iterable[Array], low: int, high: int) -> Array:
    """The sorted whole numbers, from `low` to `high`, that occur in blocks of whole numbers."""
    if high - low < _FLAGS:
        seen = np.zeros(max(0, high - low + 1), bool)
        for block in blocks:
            seen[block.astype(np.int64) - low] = True
        return np.flatnonzero(seen) + low
    found = np.zeros(0, np.int64)
    for block in blocks:
        found = np.union1d(found, block.astype(np.int64))
    return found


def native_ids(block: Array) -> Array:
    """Whole numbers as one of three native dtypes.

    A fraction, NaN, or a number that the floating dtype rounds becomes NO_ID.
    """
    dtype = block.dtype
    if dtype.kind == "b":
        block = block.view(np.uint8)
    elif dtype not in NATIVE_IDS:
        block = widened(block)
        if block.dtype.kind == "f":
            block = _whole(block, exact_limit(dtype))
        else:
            cast = _CAST_IDS.get(f"{dtype.kind}{dtype.itemsize}")
            block = block.astype(cast or dtype.newbyteorder("="))
    return read_only(readable(block))


def _whole(block: Array, limit: int) -> Array:
    """Cast floats to int32, or to int64 if one is not whole and small: 10^5 take 40 µs, or 200."""
    with np.errstate(invalid="ignore"):
        short: Array = block.astype(np.int32)
        if (short == block).all() and short.max(initial=0) <= limit >= -short.min(initial=0):
            return short
        whole = block.astype(np.int64)
        sound = (whole == block) & (np.abs(block) <= limit)
    return np.where(sound, whole, NO_ID)


def from_onehot(block: Array) -> Array:
    """(n,) the place of the single 1 in each row; UNKNOWN where there is no such place."""
    block = widened(block)
    ones = block == 1
    ids = ones.argmax(axis=1).astype(np.int32)
    good = (ones.sum(axis=1) == 1) & ((block != 0).sum(axis=1) == 1)
    return ids if good.all() else np.where(good, ids, np.int32(UNKNOWN))
