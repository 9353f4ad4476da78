"""Any array a user may hold -> ndarray, without importing the library it came from."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .entries import decoded, from_list, from_objects
from .errors import F1Error, shown

# NumPy has no bfloat16: its 16 bits travel under this dtype, which every view keeps.
BFLOAT16 = np.dtype([("bfloat16", np.uint16)])

Array = NDArray[Any]


def to_numpy(value: Any, name: str) -> Array:
    """Read a value as an ndarray of numbers, booleans or strings, without a copy where possible."""
    array = value if type(value) is np.ndarray else as_array(value, name)
    if array.ndim == 0:
        raise F1Error(f"{name} is {shown(value)}; give an array or a list, one entry a row")
    kind = array.dtype.kind
    if kind in "fiub":
        return array
    if array.dtype == BFLOAT16:
        return array
    return _unusual(array, name)


def column_names(value: Any, name: str) -> tuple[Any, ...] | None:
    """Names that a frame, a table or a structured array gives its columns, or their numbers.

    None for what has no columns with names; what a library calls columns by default is no name.
    """
    if isinstance(value, (list, tuple)) or value is None:
        return None
    if isinstance(value, np.ndarray):
        found = None if value.dtype == BFLOAT16 else value.dtype.names
    else:
        home = _library_of(type(value))  # type: ignore[arg-type, unused-ignore]
        if home == "torch":
            return None
        frame = getattr(value, "schema", None) if home == "pyarrow" else value
        found = getattr(frame, "names" if home == "pyarrow" else "columns", None)
        if getattr(found, "nlevels", 1) > 1:
            found = _one_level(found, name)
    if found is None or not hasattr(found, "__iter__"):
        return None
    names = tuple(_column_name(each) for each in found)
    count = range(len(names))
    for default in ("{}", "column_{}", "f{}"):  # of pandas, polars, NumPy
        if all(
            str(each) == default.format(place) for place, each in zip(count, names, strict=True)
        ):
            return None
    return names


def _column_name(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, (str, int)) else str(value)


def _one_level(columns: Any, name: str) -> Any:
    """The level of a MultiIndex that tells its columns apart."""
    levels = [columns.get_level_values(level) for level in range(columns.nlevels)]
    varying = [level for level in levels if level.nunique() > 1]
    if len(varying) > 1:
        raise F1Error(
            f"{name} has columns of {len(varying)} levels; keep the one that names the classes: "
            "frame.columns = frame.columns.get_level_values(-1)"
        )
    return varying[0] if varying else levels[-1]


def widened(array: Array) -> Array:
    """Widen bfloat16 to float32, which holds it exactly; anything else stays as it is."""
    if array.dtype != BFLOAT16:
        return array
    return (array["bfloat16"].astype(np.uint32) << np.uint32(16)).view(np.float32)


def is_floating(dtype: np.dtype[Any]) -> bool:
    """Return whether numbers of this dtype are floating, bfloat16 included."""
    return dtype.kind == "f" or dtype == BFLOAT16


def exact_limit(dtype: np.dtype[Any]) -> int:
    """Return up to where every whole number is one of its own in a floating dtype."""
    return 1 << 8 if dtype == BFLOAT16 else _EXACT[dtype.itemsize]


_EXACT = {2: 1 << 11, 4: 1 << 24, 8: 1 << 53, 12: 1 << 53, 16: 1 << 53}


def dtype_name(dtype: np.dtype[Any]) -> str:
    """A dtype as users know it."""
    return "bfloat16" if dtype == BFLOAT16 else str(dtype)


def refuse_rounded(value: Any, dtype: np.dtype[Any], name: str, row: int | None = None) -> None:
    """Complain about a label that a floating dtype cannot tell from its neighbours."""
    if not is_floating(dtype):
        return
    if float(value).is_integer() and exact_limit(dtype) < abs(float(value)) < 2**63:
        where = "" if row is None else f" at row {row}"
        raise F1Error(
            f"{name} is {float(value):.0f}{where} as {dtype_name(dtype)}, in which whole numbers "
            f"above {exact_limit(dtype):,} are rounded; pass integers"
        )


def as_array(value: Any, name: str) -> Array:
    """Read a value as an ndarray of any dtype."""
    home = _library_of(type(value))  # type: ignore[arg-type, unused-ignore]
    if home == "torch":  # it warns of nothing, and a filter costs each batch 4 µs
        return _read_safely(_torch, value, name)
    if isinstance(value, np.ma.MaskedArray):
        if value.ndim and np.ma.is_masked(value):
            row = int(np.argwhere(np.ma.getmaskarray(value))[0][0])
            raise F1Error(f"{name} is masked at row {row}; drop or fill such rows first")
        return np.asarray(value.data)
    if isinstance(value, np.ndarray):
        return np.asarray(value)
    mapping = isinstance(value, dict) and not hasattr(value, "toarray")  # a sparse one may be
    if isinstance(value, (str, bytes, set, frozenset)) or mapping or value is None:
        raise F1Error(f"{name} is {shown(value)}; give an array or a list, one entry a row")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _read_safely(_TAKERS.get(home, _plain), value, name)


def _read_safely(take: Callable[[Any], Array], value: Any, name: str) -> Array:
    """Call `take(value)`; turn whatever a library raises into an F1Error."""
    try:
        return take(value)
    except F1Error as error:
        raise F1Error(f"{name} cannot be read: {error}") from None
    except Exception as error:
        raise F1Error(f"{name} cannot be read as an array: {_first_line(error)}") from error


def is_pandas(value: Any) -> bool:
    """Return whether an object is pandas', or of a class derived from one of pandas'."""
    return _library_of(type(value)) == "pandas"  # type: ignore[arg-type, unused-ignore]


@lru_cache(maxsize=64)
def _library_of(kind: type) -> str:
    """Return the library that defines a type, or a type that it is derived from."""
    for each in kind.__mro__:
        home = each.__module__.partition(".")[0]
        if home in _TAKERS:
            return home
    return ""


def _first_line(error: Exception) -> str:
    if "inhomogeneous" in str(error):
        return "its rows have different lengths"
    return (str(error).splitlines() or [type(error).__name__])[0]


def _plain(value: Any) -> Array:
    if hasattr(value, "toarray"):  # scipy.sparse, of any format
        return np.asarray(value.toarray())
    if isinstance(value, (list, tuple)):
        return from_list(value)
    if hasattr(value, "__array__") or isinstance(value, (range, memoryview)):
        return np.asarray(value)
    if hasattr(value, "__dlpack__"):
        return np.from_dlpack(value)
    if hasattr(value, "__iter__") and hasattr(value, "__len__"):
        return from_list(list(value))
    return np.array(0)  # of no dimension, so no array


def _torch(tensor: Any) -> Array:
    if tensor.requires_grad:
        tensor = tensor.detach()
    try:
        return np.asarray(tensor.numpy())  # 2 µs, where nothing needs a second look
    except (RuntimeError, TypeError):
        pass  # elsewhere, bfloat16, or a view with its sign turned
    torch = sys.modules["torch"]
    if tensor.device.type != "cpu":
        tensor = tensor.cpu()
    if tensor.dtype == torch.bfloat16:
        return np.asarray(tensor.view(torch.int16).numpy()).view(BFLOAT16)
    return np.asarray(tensor.resolve_neg().numpy())


def _pandas(frame: Any) -> Array:
    return np.asarray(frame.to_numpy())


def _pyarrow(table: Any) -> Array:
    if hasattr(table, "column_names"):
        return np.column_stack([_pyarrow(column) for column in table.columns])
    column = plain_arrow(table)
    if column.null_count:
        raise F1Error(f"it is null at row {null_row(column)}; drop or fill such rows first")
    return np.asarray(column.to_numpy(zero_copy_only=False))


def plain_arrow(column: Any) -> Any:
    """An Arrow column as one array of values: no chunks, dictionaries, run lengths or views."""
    pa = sys.modules["pyarrow"]
    if hasattr(column, "chunks"):
        chunks = [plain_arrow(chunk) for chunk in column.chunks]
        if len(chunks) == 1:
            return chunks[0]
        return pa.concat_arrays(chunks or [plain_arrow(pa.array([], column.type))])
    if isinstance(column, pa.ExtensionArray):
        return plain_arrow(column.storage)
    kind = column.type
    if pa.types.is_dictionary(kind):
        values = plain_arrow(column.dictionary)
        if values.null_count:  # of which the dictionary's own count says nothing
            return values.take(column.indices)
        return pa.DictionaryArray.from_arrays(column.indices, values).dictionary_decode()
    if getattr(pa.types, "is_run_end_encoded", lambda kind: False)(kind):
        rows = np.arange(column.offset, column.offset + len(column))
        runs = np.searchsorted(column.run_ends.to_numpy(), rows, side="right")
        return plain_arrow(column.values).take(pa.array(runs))
    if getattr(pa.types, "is_string_view", lambda kind: False)(kind):
        return column.cast(pa.large_string())
    if getattr(pa.types, "is_binary_view", lambda kind: False)(kind):
        return column.cast(pa.large_binary())
    return column.cast(pa.float64()) if pa.types.is_decimal(kind) else column


def null_row(column: Any) -> int:
    """The first row at which an Arrow array is null."""
    return int(column.is_null().to_numpy(zero_copy_only=False).argmax())


def _polars(frame: Any) -> Array:
    if not hasattr(frame, "to_numpy"):
        raise F1Error("a LazyFrame holds no rows yet; collect() it first")
    if str(getattr(frame, "dtype", "")).startswith("Struct"):
        raise F1Error("its rows are structs; pass .struct.unnest(), whose columns have names")
    return np.asarray(frame.to_numpy())


_TAKERS = {"torch": _torch, "pandas": _pandas, "pyarrow": _pyarrow, "polars": _polars}


def _unusual(array: Array, name: str) -> Array:
    """The kinds that need a second look: strings, objects, bfloat16, and what cannot be."""
    kind = array.dtype.kind
    if array.dtype.name == "bfloat16":  # ml_dtypes, from JAX and TensorFlow
        return array.view(np.uint16).view(BFLOAT16)
    if kind == "U":
        return array
    if kind == "V" and array.dtype.names and array.ndim == 1:
        return _fields(array, name)
    if kind == "S":
        return decoded(array, name)
    if kind == "T":
        return from_objects(np.asarray(array, dtype=object), name)
    if kind == "O":
        return from_objects(array, name)
    raise F1Error(f"{name} has dtype {array.dtype}; use numbers, booleans or strings")


def _fields(array: Array, name: str) -> Array:
    """A structured array as one column a field."""
    columns = [to_numpy(array[field], f"{name}[{field!r}]") for field in array.dtype.names or ()]
    if len({column.dtype.kind in "UO" for column in columns}) > 1:
        raise F1Error(f"{name} has fields of text and of numbers; choose those of one kind")
    if any(column.ndim > 1 for column in columns):
        raise F1Error(f"{name} has fields of several numbers; use one number a field")
    return np.column_stack([widened(column) for column in columns])
