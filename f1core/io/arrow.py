"""Arrow columns as arrays: nulls by row, lists as rows, dictionaries and decimals as values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..arrays import null_row, plain_arrow, to_numpy
from ..counts import Array
from ..errors import F1Error


def arrays(batch: Any, columns: Iterable[str]) -> dict[str, Array]:
    """These columns of a record batch or a table by name, without a copy where possible."""
    return {name: array(batch.column(name), name) for name in columns}


def arrays_in_order(batch: Any, columns: Iterable[str]) -> dict[str, Array]:
    """All columns of a record batch, which come under names of their own."""
    return {name: array(part, name) for name, part in zip(columns, batch.columns, strict=True)}


def array(column: Any, name: str) -> Array:
    """An Arrow column as (n,), or a column of equally long lists as (n, C).

    Raises
    ------
    F1Error
        If it holds a null, lists of different lengths, or what is no number and no string.
    """
    import pyarrow as pa

    shape = getattr(column.type, "shape", None)
    if shape is not None and len(shape) != 1:
        raise F1Error(f"column {name} holds tensors of shape {tuple(shape)}; use one row each")
    column = plain_arrow(column)
    kind = column.type
    _refuse_nulls(column, name, 1)
    if hasattr(kind, "value_type"):
        return _rows(column, name)
    elif pa.types.is_nested(kind):
        raise F1Error(f"column {name} is {kind}; use numbers, strings, or lists of numbers")
    return _flat(column, name)


def _flat(column: Any, name: str) -> Array:
    """A column without nulls or lists; numbers without `to_numpy`, which imports pandas: 0.2 s."""
    dtype = dtype_of(column.type)
    if dtype is None:
        return to_numpy(column, f"column {name}")
    values = column.buffers()[1]
    if not len(column) or values is None:
        return np.empty(0, dtype)
    return np.frombuffer(values, dtype, len(column), column.offset * dtype.itemsize)


def dtype_of(kind: Any) -> np.dtype[Any] | None:
    """The NumPy type of the same bytes as an Arrow type of numbers; None for any other type."""
    import pyarrow as pa

    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    letter = "f" if pa.types.is_floating(kind) else "i" if pa.types.is_signed_integer(kind) else "u"
    return np.dtype(f"{letter}{kind.bit_width // 8}")


def _rows(column: Any, name: str) -> Array:
    """Equally long lists as (n, C)."""
    width = getattr(column.type, "list_size", None)
    flat = column.flatten()
    if width is None:
        lengths = _flat(column.value_lengths(), name)
        width = int(lengths[0]) if len(lengths) else 0
        if (lengths != width).any():
            row = int((lengths != width).argmax())
            raise F1Error(
                f"column {name} holds lists of different lengths: {width} numbers at row 0, "
                f"{int(lengths[row])} at row {row}"
            )
    _refuse_nulls(flat, name, max(1, width))
    return _flat(flat, name).reshape(len(column), width)


def _refuse_nulls(column: Any, name: str, width: int) -> None:
    if column.null_count:
        row = null_row(column) // width
        raise F1Error(f"column {name} is null at row {row}; drop or fill such rows first")
