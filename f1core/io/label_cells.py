"""Cells of a column of labels in a text file: as they are written, and as numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from ..counts import Array
from .batches import array

_FORMS = (
    ("whole", re.compile(r"0|-?[1-9][0-9]*")),
    ("whole.0", re.compile(r"(0|-?[1-9][0-9]{0,14})\.0")),  # as pandas writes a column of floats
    ("exponent", re.compile(r"-?[0-9]\.[0-9]*e[+-][0-9]{2}")),  # as numpy.savetxt does
)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?inf")
_WORDS = (("true", "false"), ("True", "False"), ("TRUE", "FALSE"))
_INT64 = 2**63
_DIGITS = 18  # which any int64 holds


class Cells:
    """The cells of one batch of a column: whole numbers, or the distinct ones and their places."""

    def __init__(self, column: Any) -> None:
        self._column = column
        self.whole = None if hasattr(column, "dictionary") else _whole_numbers(column)

    @cached_property
    def distinct(self) -> list[str]:
        """The distinct cells."""
        if hasattr(self._column, "dictionary"):
            return list(self._column.dictionary.to_pylist())
        return list(dict.fromkeys(self._column.to_pylist()))

    @cached_property
    def _places(self) -> Array:
        if hasattr(self._column, "dictionary"):
            return array(self._column.indices, "")
        known = {text: place for place, text in enumerate(self.distinct)}
        return np.array([known[text] for text in self._column.to_pylist()])

    def first(self, wanted: Callable[[str], bool]) -> tuple[int, str] | None:
        """The first row whose cell is like that, and the cell."""
        at = [place for place, text in enumerate(self.distinct) if wanted(text)]
        if not at:
            return None
        row = int(np.isin(self._places, at).argmax())
        return row, self.distinct[self._places[row]]

    def rows_of(self, text: str) -> Array:
        """The rows whose cell is this text."""
        if text not in self.distinct:
            return np.zeros(0, np.intp)
        return np.flatnonzero(self._places == self.distinct.index(text))

    def as_text(self) -> Array:
        """(n,) the cells as they stand."""
        return np.asarray(np.array(self.distinct, dtype=object)[self._places])

    def as_numbers(self, form: str, is_missing: Callable[[str], bool]) -> Array:
        """(n,) the cells as whole numbers, floats or booleans; None for what is gone."""
        if self.whole is not None:
            return self.whole
        texts = [text for text in self.distinct if not is_missing(text)]
        if form == "whole":
            values: Array = np.fromiter(map(int, texts), np.int64, len(texts))
        elif form == "whole.0" or form.startswith("exponent"):
            values = np.array([float(text) for text in texts])
        else:
            values = np.array([text.strip()[0] in "tT" for text in texts], dtype=bool)
        if len(texts) < len(self.distinct):
            known = dict(zip(texts, values.tolist(), strict=True))
            values = np.array([*map(known.get, self.distinct), None], dtype=object)[:-1]
        return np.asarray(values[self._places])

    def as_plain_numbers(self) -> Array:
        """(n,) what is a plain number, each cell by itself; None for all else."""
        if self.whole is not None:
            return self.whole
        plain = [form_of(text).startswith(("whole", "exponent")) for text in self.distinct]
        values = [
            (int(text) if form_of(text) == "whole" else int(float(text))) if each else None
            for text, each in zip(self.distinct, plain, strict=True)
        ]
        return np.asarray(np.array([*values, None], dtype=object)[:-1][self._places])


def _whole_numbers(column: Any) -> Array | None:
    """An Arrow column of text as whole numbers, if each cell is digits alone without a 0 in front.

    1,000,000 cells take 8 ms a digit; what else is a number is left to `_form`.
    """
    ends = np.frombuffer(column.buffers()[1], np.int32)[column.offset :][: len(column) + 1]
    sizes = np.diff(ends)
    if not len(sizes) or sizes.min() == 0 or sizes.max() > _DIGITS:
        return None
    digits = np.frombuffer(column.buffers()[2], np.uint8)[ends[0] : ends[-1]] - np.uint8(ord("0"))
    if digits.max() > 9:
        return None
    starts, longest = ends[:-1] - ends[0], int(sizes.max())
    values: Array = digits[starts].astype(np.int64)
    if longest > 1 and ((values == 0) & (sizes > 1)).any():
        return None
    for place in range(1, longest):
        more = digits.take(starts + place, mode="clip")
        values = np.where(sizes > place, 10 * values + more, values)
    return values


def form_of(text: str) -> str:
    """Tell the form of a cell: one of labels that are numbers, "number", "fraction" or "word"."""
    text = text.strip()
    for name, pattern in _FORMS:
        if pattern.fullmatch(text):
            if name == "exponent" and float(text).is_integer():
                return f"{name} of {len(text.lstrip('-'))}"
            if name == "whole.0" or (name == "whole" and -_INT64 <= int(text) < _INT64):
                return name
    for pair in _WORDS:
        if text in pair:
            return "/".join(pair)
    if not _NUMBER.fullmatch(text):
        return "word"
    value = float(text)
    return "number" if not math.isfinite(value) or value.is_integer() else "fraction"
