"""Scores as plain data: what JSON takes, and frames of pandas or Polars."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from .averages import OUTCOMES
from .count_layout import RATIOS
from .errors import F1Error, MissingExtra, one_of

if TYPE_CHECKING:
    from .scores import Scores

_COLUMNS = (*RATIOS, "support")
_KINDS = ("pandas", "polars")
# pandas' dtypes of what is whole, and of the same with holes, which are no reason for floats.
_DTYPES = {int: ("int64", "Int64"), bool: ("bool", "boolean"), float: ("float64", "float64")}


def as_json(scores: Scores) -> dict[str, Any]:
    """Everything there is, as JSON takes it: None where a number is undefined."""
    each, options = scores.per_class, scores._options
    many = isinstance(options.threshold, tuple)
    cut = (scores.task not in ("multiclass", "spans") or many) and not options.ranks
    kept = scores.task == "multilabel" or scores._counts.confusion is not None
    found = {
        **scores.to_dict(),
        "task": scores.task,
        "threshold": options.threshold if cut else None,
        "total": scores.total,
        "classes": scores.classes,
        "support": each.support,
        "per_class": {name: getattr(each, name) for name in (*RATIOS, *OUTCOMES)},
        "confusion": scores.confusion if kept else None,
    }
    return {name: plain(value) for name, value in found.items()}


def plain(value: Any) -> Any:
    """A value as JSON takes it: no array, no NumPy number, no NaN, no infinity.

    Examples
    --------
    >>> import numpy as np
    >>> plain({"a": np.array([1.0, np.nan]), 2: np.int64(3), "b": ("x", np.str_("y"), b"z")})
    {'a': [1.0, None], '2': 3, 'b': ['x', 'y', "b'z'"]}
    """
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, bool):
        return value
    return int(value) if isinstance(value, int) else str(value)


def as_frame(scores: Scores, kind: Any) -> Any:
    """A row a class, then a row an average, as a frame of pandas or Polars."""
    each, averages = scores.per_class, scores.averages
    table: dict[str, list[Any]] = {
        "class": [*scores.classes, *[None] * len(averages)],
        "average": [*[None] * len(scores.classes), *averages],
    }
    for name in _COLUMNS:
        means = [getattr(getattr(scores, average), name) for average in averages]
        table[name] = [*getattr(each, name).tolist(), *means]
    for name in OUTCOMES:
        table[name] = [*getattr(each, name).tolist(), *[None] * len(averages)]
    return frame(table, kind)


def groups_frame(by: Mapping[Any, Scores], kind: Any) -> Any:
    """A row a group: its name, how many rows it has, and every number of `to_dict`."""
    numbers = [{"rows": scores.total, **scores.to_dict()} for scores in by.values()]
    names = dict.fromkeys(name for row in numbers for name in row)
    columns = {name: [row.get(name) for row in numbers] for name in names}
    return frame({"group": list(by), **columns}, kind)


def frame(table: dict[str, list[Any]], kind: Any) -> Any:
    """Columns as a frame of pandas or Polars, whichever is asked for."""
    if not isinstance(kind, str) or kind not in _KINDS:
        raise F1Error(one_of("kind", kind, _KINDS))
    table = {name: [_item(value) for value in column] for name, column in table.items()}
    try:
        library = import_module(kind)  # which is the name of the library too
    except ImportError:
        raise MissingExtra(f"to_frame({kind!r}) needs {kind}: pip install {kind}") from None
    if kind == "polars":
        return library.DataFrame(table, strict=False)
    columns = {name: library.Series(each, dtype=_dtype(each)) for name, each in table.items()}
    return library.DataFrame(columns)


def _item(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _dtype(column: list[Any]) -> Any:
    """The dtype of pandas that holds these values and None."""
    kinds = {type(value) for value in column if value is not None}
    kinds = {float} if kinds == {int, float} else kinds
    if len(kinds) != 1:
        return object
    kind = kinds.pop()
    return _DTYPES[kind][None in column] if kind in _DTYPES else None  # as pandas has text
