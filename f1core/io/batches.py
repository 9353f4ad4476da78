"""Sources of rows, and how these, Arrow's among them, become batches of arrays."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import numpy as np

from ..arrays import null_row, plain_arrow, to_numpy
from ..counts import Array
from ..errors import F1Error, MissingColumn, WrongEnvironment, missing, offset_rows
from .selection import Selection
from .streams import Packed, PeekedStream

Columns = dict[str, Array]

_BYTES = 1 << 23  # of one batch, about: small beside 300 MB, large beside the cost of a call
ROWS = 1 << 17  # in one batch at most
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # what Hive calls a folder of nulls


class Reread(Exception):
    """Raised when labels that looked like numbers turn out as text: read again, from the first."""


def once(error: Reread, stream: Any) -> Exception:
    """A reason to read the rows again, or a refusal of it where that cannot be done."""
    return error if stream is None else F1Error(f"{error}; a stream is read only once")


class Source(ABC):
    """Rows of named columns, to be read once."""

    name: str  # what an error calls it
    names: list[str]  # its columns
    whole: str | None = None  # the name of all columns together, which no pattern means
    rows: int | None = None  # where that is known without reading them
    files: Sequence[Any] = ()  # to be closed in the end
    keys: Mapping[str, Any] = MappingProxyType({})  # columns that the folders above it name
    whole_numbers: Collection[str] = ()  # columns that hold these, though batches may bring floats
    hint: str | None = None  # what may be wrong where a column is not found
    packed: Packed | None = None  # the file of text that is read
    begun: PeekedStream | None = None  # the pipe that is read

    def close(self) -> None:
        """Close what was opened for it."""
        for file in self.files:
            file.close()

    def share(self, rows: int) -> float | None:
        """Return the share that was read with so many rows, in [0, 1]; None if unknown."""
        if self.packed is not None:
            return self.packed.share()
        return min(1.0, rows / self.rows) if self.rows else None

    @abstractmethod
    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """Read the chosen columns, a batch of rows at a time."""


class Partition(Source):
    """A file, and the columns that the folders above it name: the same in all of its rows."""

    def __init__(self, inner: Source, keys: dict[str, int | str]) -> None:
        self._inner, self.keys = inner, keys
        self.name, self.names, self.whole = inner.name, inner.names, inner.whole
        self.rows, self.hint, self.whole_numbers = inner.rows, inner.hint, inner.whole_numbers

    def share(self, rows: int) -> float | None:
        """Return the share of the file that was read."""
        return self._inner.share(rows)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """Read the chosen columns, those of the folders among them."""
        inside = copy.copy(chosen)
        inside.all = [name for name in chosen.all if name not in self.keys]
        inside.extra = [name for name in chosen.extra if name not in self.keys]
        added = [name for name in chosen.all if name in self.keys]
        for name in added:
            if self.keys[name] in ("", _NO_VALUE):
                raise F1Error(f"{self.name}: its folder leaves {name} empty")
        for batch in self._inner.batches(inside):
            rows = len(next(iter(batch.values())))
            yield {**batch, **{name: np.repeat(np.array(self.keys[name]), rows) for name in added}}


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn whatever a reader raises into one sentence that names the source."""
    try:
        yield
    except (Reread, WrongEnvironment):
        raise
    except MissingColumn as error:
        raise F1Error(error.within(name)) from None
    except F1Error as error:
        raise F1Error(f"{name}: {error}") from None
    except ImportError:
        raise missing(f"reading {name}", "pyarrow", "cli") from None
    except Exception as error:  # a damaged file raises one of many kinds
        lines = str(error).splitlines() or [type(error).__name__]
        raise F1Error(f"{name} cannot be read: {lines[0]}") from error


def step(row_bytes: float) -> int:
    """Return how many rows of so many bytes make a batch."""
    return max(1, min(ROWS, int(_BYTES / max(1, row_bytes))))


def batches_of(parts: Iterable[Any], chosen: Selection, first: int = 0) -> Iterator[Columns]:
    """Cut record batches where they are large; rows in errors count from `first`."""
    done, columns = first, chosen.all
    for part in parts:
        if not len(part):
            continue
        part = part.select(chosen.all)
        rows = step(part.nbytes / len(part))
        for start in range(0, len(part), rows):
            piece = part.slice(start, rows)
            with offset_rows(done):
                found = arrays(piece, columns, chosen.extra, chosen.missing)
            yield found
            done += len(piece)


def arrays(
    batch: Any, columns: Iterable[str], extra: Collection[str] = (), missing: str | None = None
) -> Columns:
    """Read columns of a record batch or a table by name, without a copy where possible.

    Those that are `extra` stay Arrow's: they may hold anything, and few rows of them are looked at.
    Of the others only the column `missing` may hold nulls, which are None then.
    """
    return {
        name: batch.column(name)
        if name in extra
        else array(batch.column(name), name, name == missing)
        for name in columns
    }


def array(column: Any, name: str, missing: bool = False) -> Array:
    """Read an Arrow column as (n,), or a column of equally long lists as (n, C)."""
    import pyarrow as pa

    shape = getattr(column.type, "shape", None)
    if shape is not None and len(shape) != 1:
        raise F1Error(f"column {name} holds tensors of shape {tuple(shape)}; use one row each")
    column = plain_arrow(column)
    kind = column.type
    if missing and column.null_count and not pa.types.is_nested(kind):
        return np.array([*column.to_pylist(), None], dtype=object)[:-1]
    _refuse_nulls(column, name, 1)
    if hasattr(kind, "value_type"):
        inner = plain_arrow(column.flatten()).type
        if pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_null(inner):
            return np.fromiter(column.to_pylist(), object, len(column))  # lists of names
        return _rows(column, name)
    if pa.types.is_nested(kind):
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
    """Return the NumPy type of an Arrow type of numbers; None for any other type."""
    import pyarrow as pa

    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    letter = "f" if pa.types.is_floating(kind) else "i" if pa.types.is_signed_integer(kind) else "u"
    return np.dtype(f"{letter}{kind.bit_width // 8}")


def _rows(column: Any, name: str) -> Array:
    """Read equally long lists as (n, C)."""
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
