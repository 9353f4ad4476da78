"""Read off the data what no option says: its task, and the classes that occur."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from .arrays import exact_limit, is_floating, refuse_rounded, widened
from .counts import Array
from .errors import F1Error, shape_words, shown
from .labels import SKIPPED, LabelEncoder, factorize, occurring
from .option_types import Task
from .options import CONFUSION_CLASSES, Options

_SCAN = 1 << 16  # rows looked at in one go, so that no scan makes a full-size temporary
_BEYOND = 2**63  # the least number above int64
_CLOSE = 64  # numbers so close together are all classes: to count them is faster than to mark them


class Classes(NamedTuple):
    """The sorted labels of truth and prediction, and how these become ids."""

    labels: Array
    encoder: LabelEncoder | None  # None where small numbers are their own ids, and with `codes`
    codes: tuple[Array, Array] | None = None  # strings: both sides as ids, SKIPPED where ignored


def discover_classes(
    true: Array, pred: Array, ignored: Any, confusion: bool | None, guess: int | None = None
) -> Classes:
    """The classes of (n,) labels on both sides that nobody named.

    Of small numbers some may not occur. If the first `guess` rows hold nothing but small numbers,
    the rest is taken to lie among them.
    """
    if true.dtype.kind in "UO":
        return _of_strings(true, pred, ignored)
    return _of_numbers(true, pred, ignored, confusion, guess)


def fractions(array: Array) -> Array:
    """(n,) booleans of the entries, in order, that are no whole number; NaN is none of them."""
    array = widened(array)
    return np.asarray((np.floor(array) != array) & ~np.isnan(array)).ravel()


def whole(array: Array) -> bool:
    """Return whether all entries are whole numbers (or NaN)."""
    return not any(fractions(array[i : i + _SCAN]).any() for i in range(0, len(array), _SCAN))


def zeros_and_ones(array: Array, ignored: Any = None) -> bool:
    """Return whether nothing but 0 and 1 occurs, apart from what is ignored."""
    array = widened(array)
    if array.dtype.kind not in "iubf":
        return False
    good = (0, 1) if ignored is None or isinstance(ignored, str) else (0, 1, ignored)
    return all(
        bool(np.logical_or.reduce([block == value for value in good]).all())
        for block in (array[i : i + _SCAN] for i in range(0, len(array), _SCAN))
    )


def task_of(true: Array, pred: Array, options: Options, exact: bool) -> Task:
    """Tell the task that shapes and values leave no doubt about."""
    if true.ndim == 2:
        raise F1Error(
            f"y_true is {shape_words(true)}: say task='multiclass' (one-hot rows) "
            "or task='multilabel' (any number of 1s in a row)"
        )
    if pred.ndim == 2 or options.n_classes not in (None, 2):
        return "multiclass"
    if options.counts_unknown:  # whatever is predicted
        return "binary" if zeros_and_ones(true, options.ignore_index) else "multiclass"
    if is_floating(pred.dtype):
        flags = zeros_and_ones(true[:_SCAN], options.ignore_index)
        labels = not (flags or options.for_scores) and whole(pred)
        return "multiclass" if labels else "binary"
    seen = slice(None if exact else _SCAN)
    flags = zeros_and_ones(true[seen], options.ignore_index)
    return "binary" if flags and zeros_and_ones(pred[seen]) else "multiclass"


def _of_strings(true: Array, pred: Array, ignored: Any) -> Classes:
    labels, (true_ids, pred_ids) = factorize(true, pred)
    if labels.dtype.kind == "O" and len(labels):
        raise F1Error("a label ends in the character \\0, which NumPy drops; rename it")
    labels = labels.astype("U")
    if ignored is not None and (labels == ignored).any():
        place = int(np.flatnonzero(labels == ignored)[0])
        skipped = true_ids == place
        if not (pred_ids == place).any():  # a label of ignored rows alone is no class
            labels = np.delete(labels, place)
            true_ids, pred_ids = (ids - (ids > place) for ids in (true_ids, pred_ids))
        true_ids = np.where(skipped, np.int32(SKIPPED), true_ids)
    return Classes(labels, None, (true_ids, pred_ids))


def _of_numbers(
    true: Array, pred: Array, ignored: Any, confusion: bool | None, guess: int | None
) -> Classes:
    if guess is not None and len(true) > guess and true.dtype.kind in "iub":
        first = _of_numbers(true[:guess], pred[:guess], ignored, confusion, None)
        found = first.labels
        if 0 < len(found) <= CONFUSION_CLASSES and found[-1] - found[0] == len(found) - 1:
            return first
    ranges = [_range(true, ignored, "y_true"), _range(pred, None, "y_pred")]
    low = min(low for low, _ in ranges)
    high = max(high for _, high in ranges)
    if high < low:
        return Classes(np.zeros(0, np.int64), None)
    if low >= 0 and high < CONFUSION_CLASSES:
        return Classes(np.arange(high + 1), None)
    if high - low < _CLOSE:
        found = np.arange(low, high + 1)
        return Classes(found, LabelEncoder(found))
    found = occurring(chain(_blocks(true, ignored), _blocks(pred)), low, high)
    dense = low >= 0 and len(found) > max(CONFUSION_CLASSES, (high + 1) // 4)
    if dense and not confusion:  # counted by value, without a look-up
        return Classes(np.arange(high + 1), None)
    return Classes(found, LabelEncoder(found))


def _blocks(array: Array, ignored: Any = None) -> Iterator[Array]:
    """The array as blocks of whole numbers, less the rows to ignore."""
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
        wrong = ~((np.floor(block) == block) & (np.abs(block) <= exact_limit(array.dtype)))
        if ignored is not None:
            wrong &= block != ignored
        if wrong.any():
            row = int(wrong.argmax())
            refuse_rounded(block[row], array.dtype, name, start + row)
            least = " less than 2**63" if abs(block[row]) >= _BEYOND else ""
            value = "NaN" if np.isnan(block[row]) else shown(block[row])
            raise F1Error(
                f"{name} is {value} at row {start + row}; labels are whole numbers{least}"
            )
