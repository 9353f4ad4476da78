"""Columns of frames that are no scores: an id, a weight or the truth beside the classes' columns.

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

from .arrays import column_names, to_numpy
from .columns_by_name import common_start, numbers_of
from .counts import Array
from .errors import F1Error, shown

_KINDS = (  # of columns, by how NumPy, pandas, polars, Arrow and Spark call their types
    ("u?int|(big|small|tiny)int|long|short|byte", "i"), ("float|double|half|decimal", "f"),
    ("bool", "b"), ("(large_)?str", "U"),
)  # fmt: skip
_HELD = {"i": "whole numbers", "b": "booleans"}


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
