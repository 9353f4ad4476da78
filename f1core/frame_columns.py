"""Columns of frames: taken in the order of the classes, refused where they are no scores.

Nothing but its name makes a column a class, and an id is larger than any score: each row would be
predicted as the class "id". So a column of whole numbers or booleans beside columns of fractions is
refused, unless the classes are named or the names of all columns are alike (`p_0, p_1`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from .affixes import common_start, numbers_of
from .arrays import column_names, to_numpy
from .batch import Batch
from .columns_by_name import arrange
from .counts import Array
from .errors import F1Error, shown
from .options import Options

_SCAN = 1 << 16  # rows looked at where something is guessed

_KINDS = (  # of columns, by how NumPy, pandas, polars, Arrow and Spark call their types
    ("u?int|(big|small|tiny)int|long|short|byte", "i"), ("float|double|half|decimal", "f"),
    ("bool", "b"), ("(large_)?str", "U"),
)  # fmt: skip
_HELD = {"i": "whole numbers", "b": "booleans"}


def in_class_order(
    y_true: Any, y_pred: Any, true: Array, pred: Array, options: Options, width: int | None
) -> tuple[Array, Array, Options]:
    """Take frames' columns in the order of the classes, into options that know their names."""
    matrices = true.ndim == pred.ndim == 2
    if options.task == "binary" or (matrices and true.shape != pred.shape):
        return true, pred, options  # which is refused
    target, scores = (
        _names(value, array, name)
        for value, array, name in ((y_true, true, "y_true"), (y_pred, pred, "y_pred"))
    )
    if target is None and scores is None:
        return true, pred, options
    count = width if options.n_classes is None else options.n_classes
    if options.names is None and count not in (None, len(target or scores or ())):
        return true, pred, options  # which is refused
    if options.names is None and scores is not None:
        refuse_stray(scores, kinds_of(y_pred), pred[:_SCAN].T, "y_pred")
    vector, labels = (true if true.ndim == 1 else pred)[:_SCAN], None
    if options.names is None and not matrices and vector.dtype.kind in "UO":
        labels = set(vector.tolist()) - {options.ignore_index}
    orders = arrange(
        target, scores, classes=options.names, count=count, labels=labels, matrices=matrices
    )
    names = orders.names
    if names is not None and names != list(range(len(names))):
        if width is not None:
            raise F1Error(
                f"earlier rows came without names of columns, these have {shown(names)}: name the "
                "classes from the start, classes=[…], or pass .to_numpy() to go by position"
            )
        options = options.with_names(names)
    return _taken(true, orders.target), _taken(pred, orders.scores), options


def _names(value: Any, array: Array, name: str) -> tuple[Any, ...] | None:
    """Return what the columns of a matrix are called, if several have names."""
    if array.ndim != 2 or array.shape[1] < 2:
        return None
    names = column_names(value, name)
    return names if names is not None and len(names) == array.shape[1] else None


def refuse_nameless(batch: Batch, y_true: Any, y_pred: Any) -> None:
    """Complain about columns without names after rows whose columns named the classes."""
    for value, array, name in ((y_true, batch.true, "y_true"), (y_pred, batch.pred, "y_pred")):
        if array.ndim == 2 and array.shape[1] > 1 and _names(value, array, name) is None:
            raise F1Error(
                f"the columns of earlier rows have names, {shown(batch.options.names)}, those of "
                f"{name} have none: name them, or say classes=[…] from the start"
            )


def _taken(array: Array, order: list[int] | None) -> Array:
    """Take the columns in another order; without a copy where it is the same."""
    return array if order is None or order == list(range(len(order))) else array[:, order]


def kind_of(type_name: str) -> str:
    """Return the kind of NumPy dtype that a type of this name is read as, "" for any other."""
    return next((kind for words, kind in _KINDS if re.match(words, type_name)), "")


def kinds_of(frame: Any) -> list[str]:
    """Return the kind of each column of a frame, a table or a structured array."""
    if isinstance(frame, np.ndarray):
        types: Any = [frame.dtype[name] for name in frame.dtype.names or ()]
    else:
        types = getattr(getattr(frame, "schema", None), "types", None)
        types = getattr(frame, "dtypes", ()) if types is None else types
    return [kind_of(str(each).lower()) for each in types]


def refuse_stray(
    names: Sequence[Any], kinds: list[str], columns: Iterable[Array], what: str
) -> None:
    """Refuse a column of booleans, or of whole numbers other than 0 and 1, beside fractions."""
    if "f" not in kinds or not {"i", "b"} & set(kinds):
        return
    start = common_start([str(name) for name in names])
    if numbers_of(names) or (start and not start[-1].isalnum()):
        return
    for name, kind, column in zip(names, kinds, columns, strict=True):
        if kind == "b" or (kind == "i" and not np.isin(column, (0, 1)).all()):
            raise F1Error(
                f"{what} has the column {shown(name)} of {_HELD[kind]} beside columns of "
                "fractions: leave it out, or name the classes, classes=[…], if it is one"
            )


def refuse_own_columns(y_pred: Any, **arguments: Any) -> None:
    """Refuse a frame of scores in which another argument, such as the truth, is a column too."""
    named = {arg: getattr(value, "name", None) for arg, value in arguments.items()}
    if not any(isinstance(name, str) for name in named.values()):
        return
    names = column_names(y_pred, "y_pred") or ()
    for argument, name in named.items():
        if not isinstance(name, str) or name not in names or len(names) == 1:
            continue
        same = False
        with suppress(Exception):  # what cannot be read is refused elsewhere
            same = np.array_equal(
                to_numpy(y_pred[name], name), to_numpy(arguments[argument], argument)
            )
        if same:
            raise F1Error(f"y_pred has the column {shown(name)}, which is {argument}: leave it out")
