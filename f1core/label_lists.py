"""Lists of names, one a row, such as [["cat", "dog"], [], ["cat"]], as rows of label ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from .arrays import column_names
from .counts import Array
from .errors import F1Error, shown
from .label_rows import LabelRows
from .options import Options

_KINDS = (list, tuple, set, frozenset, np.ndarray)
_ARROW = re.compile(  # the types of Arrow that are lists of text, or of nothing at all
    r"(large_|fixed_size_)?list(_view)?<\w+: (null|(dictionary<values=)?(large_)?string)"
)
_NAMED = 20  # so many classes are named in a sentence


def are_lists(value: Any, empty: bool = False) -> bool:
    """Return whether something holds lists of names: one entry does, all before it are empty.

    With `empty`, also whether it is nothing but empty lists.
    """
    rows = _rows(value)
    if rows is None:
        return False
    if not isinstance(rows, list):  # Arrow's, whose type tells
        return True
    for row in rows:
        if not isinstance(row, _KINDS):
            return False
        if len(row):
            return isinstance(next(iter(row)), str)
    return empty and len(rows) > 0


def read_lists(
    y_true: Any, y_pred: Any, options: Options, discover: bool = False
) -> tuple[Any, Any, Options]:
    """Read the sides of a multilabel task that are lists of names; others stay as they are.

    The classes are `classes=`, or the columns of the other side; or what occurs, to `discover`.
    """
    sides = {"y_true": y_true, "y_pred": y_pred}
    if options.task not in (None, "multilabel"):
        return y_true, y_pred, options
    lists = [name for name, value in sides.items() if are_lists(value)]
    if options.task is None and lists:
        _refuse_single_names(lists[0], sides[lists[0]])
        return y_true, y_pred, options
    if lists or (options.names and options.task):  # lists without a single name are lists too
        lists = [name for name in sides if name in lists or are_lists(sides[name], True)]
    if not lists:
        return y_true, y_pred, options
    names = options.names
    if names is None and len(lists) == 1:
        other = "y_pred" if lists == ["y_true"] else "y_true"
        names = column_names(sides[other], other)
    if names is None and discover and len(lists) == 2 and options.n_classes is None:
        names = tuple(sorted(set(chain.from_iterable(map(_names_in, sides.items())))))
    if names is None or options.n_classes not in (None, len(names)):
        raise F1Error(f"{lists[0]} holds lists of names: name all labels, classes=[…]")
    if not isinstance(names[0], str):
        raise F1Error(f"{lists[0]} holds lists of names, classes are numbers: {shown(names)}")
    places = {name: place for place, name in enumerate(names)}
    read = {name: rows_of(sides[name], name, places) for name in lists}
    return (*(read.get(name, value) for name, value in sides.items()), options.with_names(names))


def rows_of(value: Any, name: str, places: dict[str, int]) -> LabelRows:
    """Rows of label ids; a name that a row repeats says no more than once."""
    rows = _rows(value)
    if isinstance(rows, list):
        lengths, found = _from_python(rows, name, places)
    else:
        lengths, found = _from_arrow(rows, name, places)
    cells = np.repeat(np.arange(len(lengths)), lengths) * len(places) + found
    if not (cells[1:] > cells[:-1]).all():
        cells.sort()
        row, found = np.divmod(cells[np.append(True, cells[1:] != cells[:-1])], len(places))
        lengths = np.bincount(row, minlength=len(lengths))
    starts = np.append(0, np.cumsum(lengths))
    return LabelRows.of_labels(starts, found, len(places))


def texts_in(rows: Array) -> set[str]:
    """The labels in some rows of text, or of lists of text."""
    entries = rows.tolist()
    if rows.dtype.kind == "O" and all(isinstance(entry, _KINDS) for entry in entries):
        entries = list(chain.from_iterable(entries))
    return set(entries)


def _rows(value: Any) -> Any:
    """A list of rows, or an Arrow array of lists of text; None for what is neither."""
    if isinstance(value, (list, tuple)):
        return value if isinstance(value, list) else list(value)
    kind = str(getattr(value, "dtype", ""))
    if kind == "object" and getattr(value, "ndim", 0) == 1 and hasattr(value, "tolist"):
        return value.tolist()
    if kind.startswith(("List(", "Array(")) and hasattr(value, "to_arrow"):  # Polars
        value = value.to_arrow()
    elif kind.endswith("[pyarrow]"):  # pandas
        value = value.array.__arrow_array__()
    kind = str(getattr(value, "type", ""))
    if hasattr(value, "to_pylist") and _ARROW.match(kind):
        return value
    return None


def _refuse_single_names(name: str, value: Any) -> None:
    """Complain about lists that nobody called labels; single names may be a column of classes."""
    rows = _rows(value)
    if not isinstance(rows, list) or any(len(row) != 1 for row in rows if isinstance(row, _KINDS)):
        raise F1Error(f"{name} holds lists of names: say task='multilabel'")


def _names_in(side: tuple[str, Any]) -> Iterable[str]:
    name, value = side
    rows = _rows(value)
    rows = rows if isinstance(rows, list) else rows.to_pylist()
    for number, row in enumerate(rows):
        _refuse_other(row, name, number)
        yield from row


def _from_python(rows: list[Any], name: str, places: dict[str, int]) -> tuple[Array, Array]:
    """Lengths of rows of Python, and the ids in them."""
    try:
        if not all(issubclass(kind, _KINDS) for kind in set(map(type, rows))):
            raise TypeError  # text is no list of letters
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        ids = [places[entry] for row in rows for entry in row]
    except (TypeError, KeyError):  # which row it was is asked only now
        for number, row in enumerate(rows):
            _refuse_other(row, name, number)
            _refuse_unknown(row, name, number, places)
        raise
    return lengths, np.array(ids, np.int32)


def _from_arrow(column: Any, name: str, places: dict[str, int]) -> tuple[Array, Array]:
    """Lengths of rows of an Arrow column, and the ids in them: text is looked up once a name."""
    if hasattr(column, "combine_chunks"):
        column = column.combine_chunks()
    chunks = column.chunks if hasattr(column, "chunks") else [column]
    lengths, ids = [], []
    for chunk in chunks:
        flat = chunk.flatten()
        if chunk.null_count or flat.null_count:
            return _from_python(chunk.to_pylist(), name, places)
        sizes = chunk.value_lengths() if hasattr(chunk, "value_lengths") else None
        width = getattr(chunk.type, "list_size", None)
        lengths.append(np.full(len(chunk), width) if width is not None else np.asarray(sizes))
        if not len(flat):
            continue
        coded = flat if hasattr(flat, "dictionary") else flat.dictionary_encode()
        names = coded.dictionary.to_pylist()
        table = np.array([places.get(each, -1) for each in names], np.int32)
        found = table[np.asarray(coded.indices)]
        if (found < 0).any():
            return _from_python(column.to_pylist(), name, places)
        ids.append(found)
    return (
        np.concatenate([np.zeros(0, np.int64), *lengths]),
        np.concatenate([np.zeros(0, np.int32), *ids]),
    )


def _refuse_other(row: Any, name: str, number: int) -> None:
    """Complain about a row that is no list of names."""
    if not isinstance(row, _KINDS):
        raise F1Error(
            f"{name} is {shown(row)} at row {number}, other rows are lists of names: an empty list "
            "says that no label is true"
        )
    for entry in row:
        if not isinstance(entry, str):
            raise F1Error(f"{name} holds {shown(entry)} at row {number}; names are text")


def _refuse_unknown(row: Sequence[str], name: str, number: int, places: dict[str, int]) -> None:
    odd = next((entry for entry in row if entry not in places), None)
    if odd is not None:
        known = shown([*places]) if len(places) <= _NAMED else f"the {len(places)} classes"
        raise F1Error(f"{name} holds {shown(odd)} at row {number}, which is none of {known}")
