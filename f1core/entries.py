"""Python objects and what only looks like numbers: lists, object arrays, bytes, missing values."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from .errors import F1Error, shown

Array = NDArray[Any]

_NUMBERS = (bool, int, float, np.bool_, np.number, Decimal)
_MISSING_TYPES = frozenset(("NAType", "NaTType", "MaskedConstant"))  # of pandas, of masked arrays


def from_list(values: Any) -> Array:
    """Read a list or tuple as an array, of objects where NumPy would make text of all entries.

    NumPy turns ["cat", nan] into "cat" and "nan", [1, "1"] into "1" twice, and drops a final NUL.
    """
    if not (len(values) and isinstance(values[0], (str, bytes))):
        array = np.asarray(values)
        if array.dtype.kind not in "US":
            return array
    return np.array(values, dtype=object)


def decoded(array: Array, name: str) -> Array:
    """Decode bytes as text."""
    try:
        return np.char.decode(array) if array.size else array.astype("U")
    except UnicodeDecodeError:
        raise F1Error(f"{name} holds bytes that are no UTF-8 text") from None


def is_missing(entry: Any) -> bool:
    """Return whether an entry is None, NaN, NaT, pandas' NA, or masked."""
    if entry is None or type(entry).__name__ in _MISSING_TYPES:
        return True
    if isinstance(entry, (float, np.generic, Decimal)):
        with suppress(Exception):
            return bool(entry != entry)
    return False


def from_objects(array: Array, name: str) -> Array:
    """Read an object array as numbers, or as one of nothing but strings."""
    entries = array.ravel().tolist()
    kinds = set(map(type, entries))
    if all(issubclass(kind, str) for kind in kinds):
        return array if kinds <= {str} else _as_objects(map(plain_string, entries), array)
    if all(issubclass(kind, bytes) for kind in kinds):  # strings of TensorFlow
        return _from_bytes(array, entries, name)
    if all(issubclass(kind, _NUMBERS) for kind in kinds):
        if Decimal in kinds:
            entries = [float(e) if isinstance(e, Decimal) else e for e in entries]
        with suppress(OverflowError):
            numbers = np.asarray(entries).reshape(array.shape)
            if numbers.dtype.kind in "fiub":
                return numbers
    width = max(1, array.size // max(1, len(array)))
    for at, entry in enumerate(entries):
        if is_missing(entry):
            kind = type(entry).__name__
            came = {"MaskedConstant": "masked", "datetime64": "NaT"}.get(kind) or shown(entry)
            raise F1Error(f"{name} has a missing value ({came}) at row {at // width}; "
                          "drop or fill such rows first")  # fmt: skip
    if any(issubclass(kind, (list, tuple, np.ndarray)) for kind in kinds):
        with suppress(ValueError):
            rows = np.asarray([np.asarray(entry) for entry in entries])
            if array.ndim == 1 and rows.ndim == 2 and rows.dtype.kind in "fiub":
                return rows  # a column of vectors
        raise F1Error(f"{name} is ragged: its rows have different lengths or are nested lists")
    _refuse(entries, width, name)


def _from_bytes(array: Array, entries: list[Any], name: str) -> Array:
    """Decode Python's bytes, a final NUL included."""
    try:
        texts = [entry.decode() for entry in entries]
    except UnicodeDecodeError:
        raise F1Error(f"{name} holds bytes that are no UTF-8 text") from None
    return _as_objects(texts, array)


def _as_objects(texts: Iterable[str], like: Array) -> Array:
    found = np.empty(like.size, dtype=object)
    found[:] = list(texts)
    return found.reshape(like.shape)


def plain_string(entry: str) -> str:
    """Read the characters of a derived string, which `str` and NumPy may print as others.

    A member of `class Pet(str, Enum)` equals "cat" and prints as "Pet.CAT".
    """
    return entry if type(entry) is str else str.__str__(entry)


def _refuse(entries: list[Any], width: int, name: str) -> NoReturn:
    """Say which entries are of different types, or of one that is no label."""
    first = _kind(entries[0])
    for at, entry in enumerate(entries):
        kind = _kind(entry)
        if kind != first:
            raise F1Error(
                f"{name} mixes types: {first} ({shown(entries[0])}) at row 0, "
                f"{kind} ({shown(entry)}) at row {at // width}; use numbers or strings alone"
            )
        if kind == "number" and isinstance(entry, int) and not -(2**63) <= entry < 2**64:
            raise F1Error(f"{name} is {shown(entry)} at row {at // width}, which no array holds; "
                          "labels are less than 2**63")  # fmt: skip
    raise F1Error(f"{name} holds entries of type {first}; use numbers or strings")


def _kind(entry: Any) -> str:
    if isinstance(entry, _NUMBERS):
        return "number"
    kinds = {str: "string", bytes: "bytes"}
    return next((k for t, k in kinds.items() if isinstance(entry, t)), type(entry).__name__)


def entries_of(values: Any) -> tuple[Any, ...]:
    """Return a list, array or series as plain Python values; TypeError if it is none."""
    try:
        if hasattr(values, "to_pylist"):  # Arrow
            entries = values.to_pylist()
        else:
            entries = values.tolist() if hasattr(values, "tolist") else list(values)
    except Exception:  # whatever an object of another library raises
        raise TypeError from None
    if not isinstance(entries, list):
        raise TypeError
    return tuple(plain(entry) for entry in entries)


def plain(value: Any) -> Any:
    """Return a NumPy or torch scalar, or an enum's string or number, as a plain Python one."""
    if isinstance(value, str):
        return plain_string(value)
    if isinstance(value, int) and not isinstance(value, bool):  # an IntEnum's too
        return int(value)
    with suppress(Exception):  # whatever an object of another library raises
        if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
            return value.item()
    return value


def integer(value: Any) -> int:
    """Return a whole number as Python's own; TypeError, whatever the object raises."""
    try:
        return operator.index(value)
    except Exception:
        raise TypeError from None


def is_whole(value: Any) -> bool:
    """Return whether this is a whole number that a label can be."""
    if isinstance(value, float):
        return math.isfinite(value) and value.is_integer() and abs(value) < 2**63
    return isinstance(value, int) and -(2**63) <= value < 2**63
