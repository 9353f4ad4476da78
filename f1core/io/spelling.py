"""Whether label columns of text files hold numbers or text: decided over all rows, by one rule.

A text file has no types, and `007` and `7` are one number but two codes. So the cells of label
columns are read as text; they become numbers only if reading them as numbers loses nothing: every
cell of a column is a plain number, written as all others of that column are. What looks like
numbers is counted as numbers until a cell says otherwise; then the rows are read again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..counts import Array
from ..errors import F1Error, shown
from . import arrow
from .batches import Reread

TARGET, PREDICTION, GROUP, ID = "target", "probabilities", "group", "sample_id"
_LABELS = (TARGET, PREDICTION)  # which are read alike

_WHOLE = r"0|-?[1-9][0-9]*"
_FORMS = (
    ("whole", re.compile(_WHOLE)),
    ("whole.0", re.compile(r"(0|-?[1-9][0-9]{0,14})\.0")),  # as pandas writes a column of floats
    ("exponent", re.compile(r"-?[0-9]\.[0-9]*e[+-][0-9]{2}")),  # as numpy.savetxt does
)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?inf")
_SHORT = re.compile(r"(?:(?:0|-?[1-9][0-9]{0,17})(?:\n|\Z))+")
_WORDS = (("true", "false"), ("True", "False"), ("TRUE", "FALSE"))
_MISSING = frozenset(
    ("NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "null", "NULL", "None", "NaT")
)
_INT64 = 2**63
_FEW = 64  # distinct cells of a block that are looked at one by one
_KEPT = 100_000  # distinct cells with spaces around them, and all, that are compared at the end


class Spelling:
    """How the label cells of all text files of one run are written.

    Parameters
    ----------
    text_labels
        Whether labels are text whatever they look like.
    empty_labels
        Whether an empty cell is a class like any other.
    values
        Labels that the caller named: a string that looks like a number says that labels are text.
    """

    def __init__(
        self, text_labels: bool = False, empty_labels: bool = False, values: Any = ()
    ) -> None:
        named = [value for value in values if isinstance(value, str)]
        self._empty = empty_labels or "" in named
        self._named = frozenset(named)
        self._forced = text_labels
        text = text_labels or any(_form(name) != "word" or name in _MISSING for name in named)
        self._text = dict.fromkeys((TARGET, PREDICTION, GROUP, ID), False)
        self._text.update(dict.fromkeys(_LABELS, text), group=text_labels)
        self.scores = False  # whether the one column of predictions holds fractions
        self.wide: set[str] = set()  # columns of whole numbers that turned out to hold fractions
        self.restart()

    def restart(self) -> None:
        """Forget what was seen, not what was decided."""
        self._forms: dict[str, set[str]] = {role: set() for role in self._text}
        self._doubts: dict[str, str] = {}  # what is wrong with a column if it holds numbers alone
        self._distinct: set[str] = set()
        self._given = False  # whether rows were handed out as numbers

    def see_scores(self, values: Array) -> Array:
        """Take in one batch of predictions that have a type; scores are floats in every batch.

        Raises
        ------
        Reread
            If earlier rows were handed out as whole numbers, and these hold fractions.
        """
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
        """Read one batch of label columns, by role, as numbers or as text.

        Parameters
        ----------
        columns
            Arrow arrays of strings by role, as dictionaries.
        names
            What the columns are called.
        where, first
            The file, and the number of its row that the batch starts with.

        Raises
        ------
        F1Error
            For an empty cell.
        Reread
            If earlier rows were handed out as numbers, and these are none.
        """
        cells = {role: _Cells(column) for role, column in columns.items()}
        for role, cell in cells.items():
            self._look(role, cell, names[role], where, first)
        found = {}
        for role, cell in cells.items():
            form = next(iter(self._forms[role]), "")
            found[role] = cell.text() if self._text[role] else cell.numbers(form)
            self._given = self._given or not self._text[role]
        return found

    def check(self) -> None:
        """Complain, after the last row, about what no single cell could tell.

        Raises
        ------
        F1Error
            For NA among numbers, words on one side and numbers on the other, and labels that
            differ by spaces alone.
        """
        self.check_numbers()
        if self._forced or not self._text[TARGET]:
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
        """Complain about NA or a fraction in a column that holds nothing but numbers beside it.

        Raises
        ------
        F1Error
            Naming the file, the column and the row.
        """
        for role, sentence in self._doubts.items():
            if self._forms[role] and "word" not in self._forms[role] and not self._forced:
                raise F1Error(sentence)

    def _look(self, role: str, cells: _Cells, name: str, where: str, first: int) -> None:
        """Take in how these cells are written."""
        row = cells.first_of(lambda text: not text.strip())
        if row is not None and (role == ID or not self._empty):
            said = "" if role == ID else "; drop or fill such rows, or say empty_labels=True"
            raise F1Error(f"column {name} is empty at row {first + row}{said}")
        if not cells.distinct:
            return
        if role == PREDICTION and cells.fractions():
            self.scores = True
            raise Reread("scores have fractions here and none before")
        odd = cells.odd(self._named)
        if odd is not None and role != ID:
            at = first + (cells.first_of(lambda text: text == odd) or 0)
            self._doubts.setdefault(
                role,
                f"{where}: column {name} is {odd} at row {at}, among numbers; drop or mend such "
                "rows, or say text_labels=True if that is a class",
            )
        forms = self._forms[role]
        before = set(forms)
        forms |= cells.forms(self._named)
        plain = forms <= {"whole"} if role == ID else len(forms) == 1
        plain = plain and not forms & {"word", "number", "fraction"} and role not in self._doubts
        if role in _LABELS and len(self._distinct) < _KEPT:
            self._distinct |= cells.words()
        if plain or self._text[role]:
            return
        for other in _LABELS if role in _LABELS else (role,):
            self._text[other] = True
        if self._given:
            at = cells.first_of(lambda text: _form(text) not in before) or 0
            raise Reread(
                f"column {name} is {shown(cells.text()[at])} at row {first + at}, and numbers "
                "before: say text_labels=True"
            )


class _Cells:
    """The cells of one batch of a column: the distinct ones, and where each stands."""

    def __init__(self, column: Any) -> None:
        self._values = column.dictionary
        self._places = arrow.array(column.indices, "")
        self._distinct: list[str] | None = None
        self._whole: bool | None = None

    @property
    def distinct(self) -> list[str]:
        """The distinct cells."""
        if self._distinct is None:
            self._distinct = self._values.to_pylist()
        return self._distinct

    def first_of(self, wanted: Any) -> int | None:
        """The first row whose cell is like that."""
        at = [place for place, text in enumerate(self.distinct) if wanted(text)]
        return int(np.isin(self._places, at).argmax()) if at else None

    def odd(self, named: frozenset[str]) -> str | None:
        """A cell that is no label among numbers: a missing value, or a fraction."""
        if self._all_whole():
            return None
        missing = [text for text in self.distinct if text in _MISSING and text not in named]
        fractions = (text for text in self.distinct if _form(text) == "fraction")
        return missing[0] if missing else next(fractions, None)

    def words(self) -> set[str]:
        """The distinct cells, where there are few."""
        return set(self.distinct) if len(self.distinct) <= _KEPT else set()

    def forms(self, named: frozenset[str]) -> set[str]:
        """How these cells are written, less what stands for a missing value."""
        if self._all_whole():
            return {"whole"}
        asked = (t for t in self.distinct if t not in _MISSING or t in named)
        return {_form(text) for text in asked}

    def fractions(self) -> bool:
        """Whether these cells are numbers, and some are not whole."""
        if self._all_whole():
            return False
        forms = {_form(text) for text in self.distinct if text not in _MISSING}
        return "fraction" in forms and "word" not in forms

    def text(self) -> Array:
        """(n,) the cells as they stand."""
        return np.asarray(np.array(self.distinct, dtype=object)[self._places])

    def numbers(self, form: str) -> Array:
        """(n,) the cells as whole numbers, floats or booleans."""
        if form == "whole":
            values = np.fromiter(map(int, self.distinct), np.int64, len(self.distinct))
        elif form == "whole.0" or form.startswith("exponent"):
            values = np.array([float(text) for text in self.distinct])
        else:
            values = np.array([text.strip()[0] in "tT" for text in self.distinct], dtype=bool)
        return np.asarray(values[self._places])

    def _all_whole(self) -> bool:
        if self._whole is None:
            few = self.distinct[:_FEW]
            self._whole = bool(few) and all(_form(text) == "whole" for text in few)
            if self._whole and len(self.distinct) > _FEW:  # many are looked at in one go
                rest = "\n".join(self.distinct[_FEW:])
                self._whole = (
                    bool(_SHORT.fullmatch(rest))
                    and rest.count("\n") == len(self.distinct) - _FEW - 1
                )
        return self._whole


def _form(text: str) -> str:
    """How a cell is written: a form of labels that are numbers, "number", "fraction" or "word"."""
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
