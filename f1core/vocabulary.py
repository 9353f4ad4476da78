"""Which labels occur: the classes of data that comes without `classes`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .counts import Array
from .errors import F1Error, shown
from .foreign import widened
from .labels import Coder
from .options import CONFUSION_CLASSES

_SCAN = 1 << 16  # rows looked at in one go, so that no scan makes a full-size temporary
_BEYOND = 2**63  # the least number above int64
_FLAGS = 1 << 22  # values up to here apart are marked in a table: 1 ns a row, sorting takes 80


def fractions(array: Array) -> Array:
    """(n,) booleans of the entries, in order, that are no whole number; NaN is none of them."""
    array = widened(array)
    return np.asarray((np.floor(array) != array) & ~np.isnan(array)).ravel()


def whole(array: Array) -> bool:
    """Whether all entries are whole numbers (or NaN)."""
    return not any(fractions(array[i : i + _SCAN]).any() for i in range(0, len(array), _SCAN))


def zeros_and_ones(array: Array, ignored: Any = None) -> bool:
    """Whether nothing but 0 and 1 occurs, apart from what is ignored."""
    array = widened(array)
    if array.dtype.kind not in "iubf":
        return False
    good = (0, 1) if ignored is None or isinstance(ignored, str) else (0, 1, ignored)
    return all(
        bool(np.logical_or.reduce([block == value for value in good]).all())
        for block in (array[i : i + _SCAN] for i in range(0, len(array), _SCAN))
    )


def of_strings(true: Array, pred: Array, ignored: Any) -> tuple[Array, Coder | None]:
    """The sorted strings that occur, and how they become ids."""
    ordered = sorted(_strings(true, ignored) | _strings(pred))
    found = np.array(ordered, dtype="U")
    if found.tolist() != ordered:
        raise F1Error("a label ends in the character \\0, which NumPy drops; rename it")
    return _coded(found)


def of_numbers(
    true: Array, pred: Array, ignored: Any, confusion: bool | None, guess: int | None = None
) -> tuple[Array, Coder | None]:
    """Sorted whole numbers among which all are that occur, and how they become ids.

    Small numbers are their own ids (the coder is None); some of them may not occur. If the first
    `guess` rows hold nothing but small numbers, the rest is taken to be no larger.
    """
    if guess is not None and len(true) > guess and true.dtype.kind in "iub":
        first, _ = of_numbers(true[:guess], pred[:guess], ignored, confusion)
        if len(first) <= CONFUSION_CLASSES and len(first) and first[-1] == len(first) - 1:
            return first, None
    ranges = [_range(true, ignored, "y_true"), _range(pred, None, "y_pred")]
    low = min(low for low, _ in ranges)
    high = max(high for _, high in ranges)
    if high < low:
        return _coded(np.zeros(0, np.int64))
    if low >= 0 and high < CONFUSION_CLASSES:
        return np.arange(high + 1), None
    found = _values(true, pred, low, high, ignored)
    dense = low >= 0 and len(found) > max(CONFUSION_CLASSES, (high + 1) // 4)
    if dense and not confusion:  # counted by value, without a look-up
        return np.arange(high + 1), None
    return _coded(found)


def _coded(found: Array) -> tuple[Array, Coder | None]:
    return found, Coder(found) if len(found) else None


def _blocks(array: Array, ignored: Any = None) -> Iterator[Array]:
    """The array as int64 blocks, less the rows to ignore."""
    for start in range(0, len(array), _SCAN):
        block = widened(array[start : start + _SCAN])
        if ignored is not None:
            block = block[block != ignored]
        if block.dtype.kind == "f":
            block = block.astype(np.int64)
        if len(block):
            yield block


def _range(array: Array, ignored: Any, name: str) -> tuple[int, int]:
    low, high = _BEYOND, -_BEYOND - 1
    if array.dtype.kind not in "iub":
        _refuse_no_label(array, ignored, name)
    for block in _blocks(array, ignored):
        low, high = min(low, int(block.min())), max(high, int(block.max()))
    if high >= _BEYOND:
        raise F1Error(f"{name} holds {high}; labels are less than 2**63")
    return low, high


def _refuse_no_label(array: Array, ignored: Any, name: str) -> None:
    """The first row whose floating number is no label, if there is one."""
    for start in range(0, len(array), _SCAN):
        block = widened(array[start : start + _SCAN]).astype(np.float64)
        wrong = ~((np.floor(block) == block) & (np.abs(block) < _BEYOND))
        if ignored is not None:
            wrong &= block != ignored
        if wrong.any():
            row = int(wrong.argmax())
            value = "NaN" if np.isnan(block[row]) else shown(block[row])
            raise F1Error(f"{name} is {value} at row {start + row}; labels are whole numbers")


def _values(true: Array, pred: Array, low: int, high: int, ignored: Any) -> Array:
    """The sorted values that occur."""
    if high - low < _FLAGS:
        seen = np.zeros(high - low + 1, bool)
        for array, skip in ((true, ignored), (pred, None)):
            for block in _blocks(array, skip):
                seen[block.astype(np.int64) - low] = True
        return np.flatnonzero(seen) + low
    found = np.zeros(0, np.int64)
    for array, skip in ((true, ignored), (pred, None)):
        for block in _blocks(array, skip):
            found = np.union1d(found, block.astype(np.int64))
    return found


def _strings(array: Array, ignored: Any = None) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(array), _SCAN):
        found.update(array[start : start + _SCAN].tolist())
    return found - {ignored}
