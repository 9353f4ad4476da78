"""Whether label columns of text files hold numbers or text: decided over all rows, by one rule.

A text file has no types, and `007` and `7` are one number but two codes. So the cells of label
columns are read as text; they become numbers only if reading them as numbers loses nothing: every
cell of a column is a plain number, written as all others of that column are. What looks like
numbers is counted as numbers until a cell says otherwise; then the rows are read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from ..counts import Array
from ..errors import F1Error, shown
from .batches import Reread
from .label_cells import Cells, form_of

TARGET, PREDICTION, GROUP, ID = "target", "probabilities", "group", "sample_id"
WRITTEN = "\0written"  # what predictions say of which not all are numbers; no column is called so
_LABELS = (TARGET, PREDICTION)  # which are read alike

_MISSING = frozenset(
    ("NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "null", "NULL", "None", "NaT")
)
_KEPT = 100_000  # distinct cells, with spaces around them and all, that are compared at the end


class Spelling:
    """Record of how the label cells of all text files of one run are written.

    `values` are labels that the caller named: a string that looks like a number says that labels
    are text. Where predictions may be `unknown`, an empty cell among them is one, and so is NA; and
    where classes are `numbers` all that is no plain number, so that the target alone tells.
    Where an option says that predictions are scores, `scored`, no number among them is a label.
    """

    def __init__(
        self, text_labels: bool = False, empty_labels: bool = False, values: Any = (),
        unknown: bool = False, numbers: bool = False, scored: bool = False,
    ) -> None:  # fmt: skip
        self.scored = scored and not unknown  # which is for labels
        self.unknown, self._compared = unknown, (TARGET,) if unknown else _LABELS
        named = [value for value in values if isinstance(value, str)]
        self._empty = empty_labels or "" in named
        self._named = frozenset(named)
        self._forced = text_labels
        text = text_labels or any(form_of(name) != "word" or name in _MISSING for name in named)
        self.text = {TARGET: text, PREDICTION: text, GROUP: text_labels, ID: False}
        self._own = unknown and numbers and not text  # whether the target's cells alone tell
        self._mixed = False  # whether some predictions are then no plain number, or of other forms
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
            return values.astype(np.float64) if self.scores or self.scored else values
        if values.dtype.kind == "f" and self._given and not (self.scores or self.scored):
            self.scores = True
            raise Reread("predictions hold fractions here and whole numbers before")
        return values

    def arrays(
        self, columns: Mapping[str, Any], names: Mapping[str, str], where: str, first: int
    ) -> dict[str, Array]:
        """Read one batch of label columns, by role, as numbers or as text; or raise Reread.

        `where` and `first` are the file, and the number of its row that the batch starts with.
        """
        cells = {role: Cells(column) for role, column in columns.items()}
        _refuse_header(cells, names, first)
        for role, cell in cells.items():
            self._look(role, cell, names[role], where, first)
        found = {}
        for role, cell in cells.items():
            if self.text[role]:
                found[role] = cell.as_text()
            elif role == PREDICTION and self._mixed:
                found[role], found[WRITTEN] = cell.as_plain_numbers(), cell.as_text()
            else:
                form = next(iter(self._forms[role]), "")
                found[role] = cell.as_numbers(form, partial(self._is_missing, role))
            self._given = self._given or not self.text[role]
            room = self.text[role] and role in self._compared and len(self._distinct) < _KEPT
            if room and len(cell.distinct) <= _KEPT:
                self._distinct.update(cell.distinct)
        return found

    def _is_missing(self, role: str, text: str) -> bool:
        """Return whether a cell is missing, and may be."""
        missing = text in _MISSING or not (text.strip() or self._empty)
        return self.unknown and role == PREDICTION and missing and text not in self._named

    def check(self) -> None:
        """Refuse, after the last row, what no single cell could tell.

        That is NA among numbers, words on one side and numbers on the other, and labels that differ
        by spaces alone.
        """
        self.check_numbers()
        if self._forced or not (self.text[TARGET] or self._mixed):
            return
        for words, numbers in (_LABELS, _LABELS[::-1]):
            forms = self._forms[numbers]
            if self._forms[words] == {"word"} and forms and "word" not in forms:
                raise F1Error(
                    f"{words} holds words and {numbers} holds numbers, so that no label is in "
                    "both; write both alike, or say text_labels=True"
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

    def _look(self, role: str, cells: Cells, name: str, where: str, first: int) -> None:
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
        if role == PREDICTION and self._own:
            self._mixed = True
            return
        for other in _LABELS if role in _LABELS else (role,):
            self.text[other] = True
        if self._given:
            row, text = cells.first(lambda text: form_of(text) not in before) or (0, "")
            raise Reread(
                f"column {name} is {shown(text)} at row {first + row}, and numbers before: say "
                "text_labels=True"
            )

    def _look_closely(self, role: str, cells: Cells, name: str, where: str, first: int) -> None:
        """Take in cells one by one: a missing value or a fraction is no label among numbers."""
        is_missing = partial(self._is_missing, role)
        blank = cells.first(lambda text: not text.strip() and not is_missing(text))
        if blank is not None and (role == ID or not self._empty):
            hint = "" if role == ID else "; drop or fill such rows, or say empty_labels=True"
            raise F1Error(f"column {name} is empty at row {first + blank[0]}{hint}")
        forms = {text: form_of(text) for text in cells.distinct if not is_missing(text)}
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


def _refuse_header(cells: Mapping[str, Cells], names: Mapping[str, str], first: int) -> None:
    """Refuse a row that repeats the names of the label columns, as files do that were joined."""
    if not all(role in cells and cells[role].whole is None for role in _LABELS):
        return
    one, other = (cells[role].rows_of(names[role]) for role in _LABELS)
    both = np.intersect1d(one, other)
    if len(both):
        raise F1Error(f"row {first + both[0]} repeats the names of the columns; drop it")
