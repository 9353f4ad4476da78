"""Rows of pandas objects whose index labels are the same in another order."""

from __future__ import annotations

from typing import Any

from .arrays import is_pandas
from .errors import F1Error


def refuse_reordered(**arguments: Any) -> None:
    """Complain about pandas objects whose rows are the same ones by name and others by position.

    Rows are matched by position, as NumPy and scikit-learn do. Index labels that are equal in the
    same order, that repeat, or that are not the same set say nothing against that.
    """
    first = first_index = None
    for name, value in arguments.items():
        index = getattr(value, "index", None) if is_pandas(value) else None
        if index is None:
            continue
        if first_index is None:
            first, first_index = name, index
        elif _reordered(first_index, index):
            raise F1Error(
                f"{first} and {name} have the same index labels in another order: align them "
                f"({name}.loc[{first}.index]), or pass .to_numpy() to go by position"
            )


def _reordered(one: Any, other: Any) -> bool:
    if len(one) != len(other) or one.equals(other):
        return False
    return bool(one.is_unique and other.is_unique and one.isin(other).all())
