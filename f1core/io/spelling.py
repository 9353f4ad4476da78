"""Whether label columns of text files hold numbers or text: decided over all rows, by one rule.

A text file has no types, and `007` and `7` are one number but two codes. So the cells of label
columns are read as text; they become numbers only if reading them as numbers loses nothing: every
cell of a column is a plain number, written as all others of that column are. What looks like
numbers is counted as numbers until a cell says otherwise; then the rows are read again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

import numpy as np

from ..counts import Array
from ..errors import F1Error, shown
from .batches import Reread, array

TARGET, PREDICTION, GROUP, ID = "target", "probabilities", "group", "sample_id"
_LABELS = (TARGET, PREDICTION)  # which are read alike

_FORMS = (
    ("whole", re.compile(r"0|-?[1-9][0-9]*")),
    ("whole.0", re.compile(r"(0|-?[1-9][0-9]{0,14})\.0")),  # as pandas writes a column of floats
    ("exponent", re.compile(r"-?[0-9]\.[0-9]*e[+-][0-9]{2}")),  # as numpy.savetxt does
)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?inf")
_WORDS = (("true", "false"), ("True", "False"), ("TRUE", "FALSE"))
_MISSING = frozenset(
    ("NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "null", "NULL", "None", "NaT")
)
_INT64 = 2**63
_DIGITS = 18  # which any int64 holds
_KEPT = 100_000  # distinct cells, with spaces around them and all, that are compared at the end


class Spelling:
    """Record of how the label cells of all text files of one run are written.

    `values` are labels that the caller named: a string that looks like a number says that labels
    are text. Where predictions may be `unknown`, an empty cell among them is one, and so is NA.
    """

    def __init__(
        self, text_labels: bool = False, empty_labels: bool = False, values: Any = (),
        unknown: bool = False,
    ) -> None:  # fmt: skip
        self.unknown, self._compared = unknown, (TARGET,) if unknown else _LABELS
        named = [value for value in values if isinstance(value, str)]
        self._empty = empty_labels or "" in named
        self._named = frozenset(named)
        self._forced = text_labels
        text = text_labels or any(_form(name) != "word" or name in _MISSING for name in named)
        self.text = {TARGET: text, PREDICTION: text, GROUP: text_labels, ID: False}
        self.scores = False  # whether the one column of predictions holds fractions
        self.wide: set[str] = set()  # columns of whole numbers that turned out to hold fractions
        self.restart()

    def restart(self) -> None:
        """Forget what was seen, not what was decided."""
        self._forms: dict[str, set[str]] = {role: set() for role in self.text}
        self._doubts: dict[str, str] = {}  # what is wrong with a column if it holds numbers alone
        self._words: dict[str, str] = {}  # what is wrong with a column if it holds fractions, too
        self._distinct: set[str] = set()
        self._given = False  # whether rows were handed out as numbers

    def see_scores(self, values: Array) -> Array:
        """Take in predictions that have a type; scores are floats in every batch, or Reread."""
        if values.dtype.kind in "iu":
            self._given = True
            return values.astype(np.float64) if self.scores else values
        if values.dtype.kind == "f" and self._given and not self.scores:
            self.scores = True
            raise Reread("predictions hold fractions here and whole numbers before")
        return values

    def arrays(
        self, columns: Mapping[str, Any], names: Mapping[str, str], where: str, first: int
    ) -> dict[str, Array]:
        """Read one batch of label columns, by role, as numbers or as text; or raise Reread.

        `where` and `first` are the file, and the number of its row that the batch starts with.
        """
        cells = {role: _Cells(column) for role, column in columns.items()}
        _refuse_header(cells, names, first)
        for role, cell in cells.items():
            self._look(role, cell, names[role], where, first)
        found = {}
        for role, cell in cells.items():
            form = next(iter(self._forms[role]), "")
            numbers = partial(cell.as_numbers, form, partial(self._gone, role))
            found[role] = cell.as_text() if self.text[role] else numbers()
            self._given = self._given or not self.text[role]
            room = self.text[role] and role in self._compared and len(self._distinct) < _KEPT
            if room and len(cell.distinct) <= _KEPT:
                self._distinct.update(cell.distinct)
        return found

    def _gone(self, role: str, text: str) -> bool:
        """Whether a cell is missing, and may be."""
        missing = text in _MISSING or not (text.strip() or self._empty)
        return self.unknown and role == PREDICTION and missing and text not in self._named

    def check(self) -> None:
        """Refuse, after the last row, what no single cell could tell.

        That is NA among numbers, words on one side and numbers on the other, and labels that differ
        by spaces alone.
        """
        self.check_numbers()
        if self._forced or not self.text[TARGET]:
            return
        for words, numbers in (_LABELS, _LABELS[::-1]):
            forms = self._forms[numbers]
            if self._forms[words] == {"word"} and forms and "word" not in forms:
                raise F1Error(
                    f"{words} holds words and {numbers} numbers, so that no label is in both; "
                    "write both alike, or say text_labels=True"
                )
        for word in self._distinct:
            if word != word.strip() and word.strip() in self._distinct:
                raise F1Error(
                    f"the labels {shown(word)} and {shown(word.strip())} differ by spaces alone; "
                    "write both alike, or say text_labels=True"
                )

    def check_numbers(self) -> None:
        """Refuse NA or a fraction among numbers alone, and a word among fractions."""
        for role, sentence in self._words.items():
            if "fraction" in self._forms[role] and not self._forced:
                raise F1Error(sentence)
        for role, sentence in self._doubts.items():
            if self._forms[role] and "word" not in self._forms[role] and not self._forced:
                raise F1Error(sentence)

    def _look(self, role: str, cells: _Cells, name: str, where: str, first: int) -> None:
        """Take in how these cells are written."""
        forms = self._forms[role]
        before = set(forms)
        if cells.whole is not None:
            forms.add("whole")
        else:
            self._look_closely(role, cells, name, where, first)
        plain = forms <= {"whole"} if role == ID else len(forms) <= 1
        plain = plain and not forms & {"word", "number", "fraction"} and role not in self._doubts
        if plain or self.text[role]:
            return
        for other in _LABELS if role in _LABELS else (role,):
            self.text[other] = True
        if self._given:
            row, text = cells.first(lambda text: _form(text) not in before) or (0, "")
            raise Reread(
                f"column {name} is {shown(text)} at row {first + row}, and numbers before: say "
                "text_labels=True"
            )

    def _look_closely(self, role: str, cells: _Cells, name: str, where: str, first: int) -> None:
        """Take in cells one by one: a missing value or a fraction is no label among numbers."""
        gone = partial(self._gone, role)
        blank = cells.first(lambda text: not text.strip() and not gone(text))
        if blank is not None and (role == ID or not self._empty):
            said = "" if role == ID else "; drop or fill such rows, or say empty_labels=True"
            raise F1Error(f"column {name} is empty at row {first + blank[0]}{said}")
        forms = {text: _form(text) for text in cells.distinct if not gone(text)}
        present = {form for text, form in forms.items() if text not in _MISSING}
        fractions = "fraction" in present and "word" not in present
        if role == PREDICTION and fractions and not self.unknown:
            self.scores = True
            raise Reread("scores have fractions here and none before")
        absent = [text for text in forms if text in _MISSING and text not in self._named]
        odd = absent or [text for text, form in forms.items() if form == "fraction"]
        if odd and role != ID:
            row, _ = cells.first(lambda text: text == odd[0]) or (0, "")
            self._doubts.setdefault(
                role,
                f"{where}: column {name} is {odd[0]} at row {first + row}, among numbers; drop or "
                "mend such rows, or say text_labels=True if that is a class",
            )
        words = [text for text, form in forms.items() if form == "word" and text not in absent]
        if words and role in _LABELS and not self._named.intersection(words):
            row, _ = cells.first(lambda text: text == words[0]) or (0, "")
            self._words.setdefault(
                role,
                f"{where}: column {name} is {shown(words[0])} at row {first + row}, and fractions "
                "elsewhere; drop or mend such rows, or say text_labels=True if these are classes",
            )
        self._forms[role] |= {form for text, form in forms.items() if text not in absent}


def _refuse_header(cells: Mapping[str, _Cells], names: Mapping[str, str], first: int) -> None:
    """Refuse a row that repeats the names of the label columns, as files do that were joined."""
    if not all(role in cells and cells[role].whole is None for role in _LABELS):
        return
    one, other = (cells[role].rows_of(names[role]) for role in _LABELS)
    both = np.intersect1d(one, other)
    if len(both):
        raise F1Error(f"row {first + both[0]} repeats the names of the columns; drop it")


class _Cells:
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

    def as_numbers(self, form: str, gone: Callable[[str], bool]) -> Array:
        """(n,) the cells as whole numbers, floats or booleans; None for what is gone."""
        if self.whole is not None:
            return self.whole
        texts = [text for text in self.distinct if not gone(text)]
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


def _form(text: str) -> str:
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
