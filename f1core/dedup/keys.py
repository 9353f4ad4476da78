"""Ids of rows as keys that sort: whole numbers, text or UUIDs, kept exactly and in few bytes."""

from __future__ import annotations

import uuid
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from ..arrays import BFLOAT16, Array, as_array, dtype_name, exact_limit, is_floating, widened
from ..errors import F1Error, shape_words, shown

_KINDS = "ids are whole numbers from 0, text, or UUIDs"
# Text up to here is its own key; of longer text, and of what NumPy would not tell apart because it
# ends in \0, the key is a byte that no UTF-8 has and a digest: all keys have one width.
_LONGEST, _DIGEST, _DIGESTED = 40, 16, b"\xff"
_INTEGERS = tuple(np.dtype(f"{sign}{size}").type for sign in "iu" for size in (1, 2, 4, 8))


class Ids(NamedTuple):
    """(n,) ids, unsigned or as bytes of one width; ids of different kinds are never equal."""

    kind: str  # "numbers", "text" (keys of UTF-8), or "16 bytes" as they are
    values: Array


def check_ids(sample_id: Any, rows: int) -> Ids:
    """Read what the user passed as `sample_id`; refuse missing, negative and rounded ids."""
    sample_id = _arrow_bytes(sample_id)
    if isinstance(sample_id, (list, tuple)):  # NumPy would make text of [1, "a"], and drop \0
        array = np.array(sample_id, dtype=object)
    else:
        array = as_array(sample_id, "sample_id")
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2) or len(array) != rows:
        came = shape_words(array) if array.ndim else shown(sample_id)
        raise F1Error(f"sample_id is {came}, there are {rows} rows: one id a row")
    if array.ndim == 2:
        return _of_raw(array)
    if not rows:
        return Ids("numbers", np.zeros(0, np.uint32))
    if array.dtype.name == "bfloat16":  # ml_dtypes, from JAX and TensorFlow
        array = array.view(np.uint16).view(BFLOAT16)
    kind = array.dtype.kind
    if is_floating(array.dtype):
        return _of_floats(array)
    if kind in "iu":
        if array.min() < 0:
            row = int((array < 0).argmax())
            raise F1Error(f"sample_id is {array[row]} at row {row}; {_KINDS}")
        return _numbers(array)
    if kind == "V":
        return _of_raw(array)
    if kind == "U" and 0 < array.dtype.itemsize // 4 <= _LONGEST:
        codes = np.ascontiguousarray(array, array.dtype.newbyteorder("=")).view(np.uint32)
        if codes.max() < 128:  # 10 ns an id, where encode takes 300
            return Ids("text", codes.astype(np.uint8).view(f"S{array.dtype.itemsize // 4}"))
    if kind == "S" and array.dtype.itemsize <= _LONGEST:
        plain = np.array(array, order="C")  # the caller's may change
        if not (plain.view(np.uint8).reshape(rows, -1)[:, 0] == _DIGESTED[0]).any():
            return Ids("text", plain)
    if kind not in "USOT":
        raise F1Error(f"sample_id has dtype {array.dtype}; {_KINDS}")
    return _of_objects(array.tolist())


def spelled(ids: Ids, at: int) -> str:
    """One id as the user wrote it, for a sentence."""
    value = ids.values[at]
    if ids.kind == "numbers":
        return str(int(value))
    if ids.kind == "text":
        if value[:1] == _DIGESTED:
            return f"of digest {value[1:].ljust(_DIGEST, bytes(1)).hex()} (BLAKE2b)"
        return shown(value.decode("utf-8", "backslashreplace"))
    raw = value.ljust(ids.values.dtype.itemsize, b"\0")
    return str(uuid.UUID(bytes=raw)) if len(raw) == 16 else raw.hex()


def refuse_no_ids(ids: Ids) -> None:
    """Complain about what is no sorted set of ids: an unknown kind, another dtype or order."""
    kind, values = ids
    width = kind.removesuffix(" bytes")
    if kind == "numbers":
        good = values.dtype in (np.dtype(np.uint32), np.dtype(np.uint64))
    else:
        good = values.dtype.kind == "S" and kind in ("text", f"{width} bytes")
    if good and kind.endswith(" bytes"):
        good = width.isdigit() and values.dtype.itemsize == int(width)
    if not good or values.ndim != 1 or (values[1:] <= values[:-1]).any():
        raise F1Error(f"ids of kind {shown(kind)} cannot be {shape_words(values)}")


def key_of(text: bytes) -> bytes:
    """Shorten text to at most 40 bytes that stand for it."""
    if len(text) <= _LONGEST and text[:1] != _DIGESTED and text[-1:] != b"\0":
        return text
    return _DIGESTED + blake2b(text, digest_size=_DIGEST).digest()


def _arrow_bytes(column: Any) -> Any:
    """Read (n, w) bytes of one width, as UUIDs are, out of an Arrow column; pass all else on."""
    kind = type(column)
    if not kind.__module__.startswith("pyarrow") or not hasattr(column, "type"):
        return column
    if hasattr(column, "combine_chunks"):
        column = column.combine_chunks()
        if hasattr(column, "chunks"):  # of older versions, and where there are no rows
            column = column.chunk(0) if column.num_chunks else []
            if not len(column):
                return column
    column = getattr(column, "storage", column)
    raw = str(column.type).startswith("fixed_size_binary")
    width = getattr(column.type, "byte_width", 0) if raw else 0
    if not width or column.null_count:
        return column
    start = column.offset * width
    every = np.frombuffer(column.buffers()[1], np.uint8)
    return every[start : start + len(column) * width].reshape(-1, width)


def _numbers(array: Array) -> Ids:
    """Numbers from 0 in 4 bytes where these suffice, else in 8."""
    small = not len(array) or int(array.max()) < 1 << 32
    return Ids("numbers", array.astype(np.uint32 if small else np.uint64))


def _of_floats(array: Array) -> Ids:
    """Whole numbers that came as floats, as pandas makes them of a column with gaps."""
    dtype = array.dtype
    array = widened(array)
    with np.errstate(invalid="ignore"):
        wrong = ~((array >= 0) & (np.floor(array) == array) & (array < exact_limit(dtype)))
    if wrong.any():
        row = int(wrong.argmax())
        value = float(array[row])
        if value > 1 and value == np.floor(value) and np.isfinite(value):
            raise F1Error(f"sample_id is {value:.0f} at row {row} as {dtype_name(dtype)}, which "
                          "rounds such numbers; pass them as integers")  # fmt: skip
        raise F1Error(f"sample_id is {'NaN' if value != value else value} at row {row}; {_KINDS}")
    return _numbers(array)


def _of_raw(array: Array) -> Ids:
    """(n, w) bytes, or (n,) opaque ones of w bytes each."""
    width = array.dtype.itemsize if array.ndim == 1 else array.shape[1]
    opaque = array.dtype.kind == "V" and array.dtype.names is None and array.ndim == 1
    if not width or not (opaque or array.dtype == np.uint8):
        raise F1Error(f"sample_id is {shape_words(array)}; {_KINDS}")
    raw = np.array(array, order="C")  # the caller's may change
    return Ids(f"{width} bytes", raw.view(f"S{width}").reshape(len(array)))


def _of_objects(entries: list[Any]) -> Ids:
    """Ids that came as Python objects."""
    kinds = {type(entry) for entry in entries}
    if kinds == {uuid.UUID}:
        return Ids("16 bytes", np.array([entry.bytes for entry in entries], "S16"))
    if kinds <= {int, *_INTEGERS}:
        for row, entry in enumerate(entries):
            if not 0 <= entry < 1 << 64:
                raise F1Error(f"sample_id is {shown(entry)} at row {row}; {_KINDS}, below 2**64")
        return _numbers(np.array([int(entry) for entry in entries], np.uint64))
    if kinds <= {str, np.str_, bytes, np.bytes_}:
        return Ids("text", np.array([key_of(_encoded(r, e)) for r, e in enumerate(entries)], "S"))
    if kinds <= {float, int, np.float64, np.float32}:
        return _of_floats(np.array(entries, np.float64))
    for row, entry in enumerate(entries):
        if entry is None or entry != entry:
            raise F1Error(f"sample_id is missing at row {row} ({shown(entry)}); every row has one")
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise F1Error(f"sample_id holds {names}; {_KINDS}, one kind alone")


def _encoded(row: int, entry: str | bytes) -> bytes:
    try:
        return entry if isinstance(entry, bytes) else entry.encode()
    except UnicodeEncodeError:
        raise F1Error(f"sample_id is {shown(entry)} at row {row}, which is no UTF-8 text") from None
