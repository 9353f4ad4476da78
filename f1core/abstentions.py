"""Predicted labels of which some are no class: what is missing becomes a label of no class."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import (
    as_array,
    exact_limit,
    is_floating,
    plain_arrow,
    refuse_rounded,
    to_numpy,
    widened,
)
from .counts import Array
from .entries import from_objects, is_missing
from .errors import IdleOption, shape_words, shown
from .labels import NO_ID
from .options import Options

_SCAN = 1 << 16  # rows looked at in one go, so that no scan makes a full-size temporary


def predicted_labels(y_pred: Any, true: Array, options: Options) -> Array:
    """Read predictions that may be missing, for unknown="miss".

    None, NaN, NA and nulls are abstentions, and become a label that no class is called. Numbers
    beside text stay refused, whatever batch they come in, and so do scores.
    """
    if isinstance(y_pred, np.ma.MaskedArray) and y_pred.ndim:
        absent, y_pred = np.ma.getmaskarray(y_pred), y_pred.data.astype(object)
        y_pred[absent] = None  # for which `filled` writes "?"
    elif type(y_pred).__module__.partition(".")[0] == "pyarrow" and hasattr(y_pred, "to_pylist"):
        single = getattr(y_pred, "num_columns", 0) == 1  # a table of one column
        column = y_pred.column(0) if single else y_pred
        column = column if hasattr(column, "column_names") else plain_arrow(column)
        y_pred = column.to_pylist() if getattr(column, "null_count", 0) else y_pred
    array = as_array(y_pred, "y_pred")
    times = array.dtype.kind in "mM" and bool(np.isnat(array).all())
    if array.ndim and (times or array.dtype.kind in "OT"):
        array = _from_entries(np.asarray(array, dtype=object), true, options)
    array = to_numpy(array, "y_pred")
    if array.ndim == 2 and array.shape[1] != 1:
        raise IdleOption(_idle(f"y_pred is {shape_words(array)}"))
    if is_floating(array.dtype) and array.ndim < 3:  # others are refused for their shape
        if true.dtype.kind in "UO" and len(array) and np.isnan(widened(array)).all():
            return np.full(array.shape, _no_name(options), dtype=object)
        _refuse_scores(array)
    return array


def _from_entries(array: Array, true: Array, options: Options) -> Array:
    """Read Python objects as labels; entries that are missing become a label of no class."""
    entries = array.ravel().tolist()
    doubtful = {kind for kind in set(map(type, entries)) if not issubclass(kind, (str, int))}
    if not doubtful:  # 10^6 strings take 20 ms, and one by one 500
        return array
    each = (type(entry) in doubtful and is_missing(entry) for entry in entries)
    absent = np.fromiter(each, bool, len(entries)).reshape(array.shape)
    if not absent.any():
        return array
    if absent.all():
        text = true.dtype.kind in "UO"
        return np.full(array.shape, _no_name(options) if text else np.nan, object if text else None)
    filled = array.copy()
    filled[absent] = array[~absent][0]  # so that sentences tell the row of what is no label
    found = from_objects(filled, "y_pred")
    if found.dtype.kind in "iub":
        beyond = found >= 2**63 if found.dtype.kind == "u" else False  # more than a class can be
        return np.where(absent | beyond, NO_ID, found.astype(np.int64))
    found[absent] = np.nan if found.dtype.kind == "f" else _no_name(options)
    return found


def _no_name(options: Options) -> str:
    """Return a text that is no class: longer than all of their names."""
    return max(map(str, options.names or ("",)), key=len) + "?"


def _refuse_scores(array: Array) -> None:
    """Complain about fractions, and about numbers that this floating dtype cannot tell apart."""
    limit = exact_limit(array.dtype)
    for start in range(0, len(array), _SCAN):
        block = widened(array[start : start + _SCAN]).ravel()
        wrong = (np.floor(block) != block) & ~np.isnan(block)
        if wrong.any():
            row = int(wrong.argmax())
            held = f"y_pred is {shown(float(block[row]))} at row {start + row}"
            raise IdleOption(_idle(f"{held}, which is a score or no label at all"))
        size = np.abs(block.astype(np.float64, copy=False))
        rounded = (size > limit) & (size < 2.0**63)
        if rounded.any():
            row = int(rounded.argmax())
            refuse_rounded(block[row], array.dtype, "y_pred", start + row)


def _idle(came: str) -> str:
    return f"unknown='miss' is for predicted labels, and {came}: leave it out, or pass labels"
