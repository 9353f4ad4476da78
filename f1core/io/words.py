"""Labels as they are typed on a command line, whose type the column tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from ..arrays import widened
from ..counts import Array
from ..errors import F1Error, shown

_WHOLE = re.compile(r"(0|-?[1-9][0-9]*)(\.0)?")  # a column of floats shows 1 as 1.0
_FLAGS = {"true": True, "false": False}
_OPTIONS = ("ignore_index", "average_over", "pos_label")


class Words(tuple[str, ...]):
    """Some labels, typed on a command line.

    Examples
    --------
    >>> import numpy as np
    >>> from f1core.io.words import Words
    >>> Words(["1", "2"]).meant("classes", np.array([2, 1, 2]))
    [1, 2]
    >>> Words(["1", "2"]).meant("classes", np.array(["2", "1", "2"]))
    ['1', '2']
    """

    def meant(self, option: str, truth: Array) -> list[Any]:
        """Read them as values of the truth's type; words beside whole numbers name these.

        Raises
        ------
        F1Error
            If some are numbers and some are not, where the truth holds numbers.
        """
        kind = widened(truth).dtype.kind
        if truth.ndim == 2 or kind in "UO":
            return list(self)
        if kind == "b" and all(word.lower() in _FLAGS for word in self):
            return [_FLAGS[word.lower()] for word in self]
        whole = [bool(_WHOLE.fullmatch(word)) for word in self]
        if all(whole):
            return [_number(word) for word in self]
        if any(whole):
            odd = self[whole.index(False)]
            raise F1Error(
                f"{option} holds {shown(odd)} beside numbers, and the target column holds numbers"
            )
        return list(self)


def _number(word: str) -> int:
    return int(word.removesuffix(".0"))


def classes_of(words: Words, truth: Array) -> Any:
    """Read `classes=` as names of the truth's type; one whole number says how many there are.

    Raises
    ------
    F1Error
        If some are numbers and some are not, where the truth holds numbers.
    """
    if len(words) == 1 and _WHOLE.fullmatch(words[0]):
        return _number(words[0])
    return words.meant("classes", truth)


def meant(options: dict[str, Any], truth: Array, classes: Any) -> dict[str, Any]:
    """Read the words among options as values of the truth's type.

    Parameters
    ----------
    options
        As the caller gave them.
    truth
        The first rows.
    classes
        The names of the classes, where they have names: a word that is one is that name.

    Returns
    -------
    dict
        The options.

    Raises
    ------
    F1Error
        For words that the column cannot hold.
    """
    found = dict(options)
    names = classes if isinstance(classes, list) else []
    for option in _OPTIONS:
        words = options.get(option)
        if not isinstance(words, Words):
            continue
        if all(word in names for word in words) and not (
            option == "ignore_index" and truth.ndim == 2
        ):
            values: list[Any] = list(words)
        elif truth.ndim == 2:  # a cell, or the place of a column
            values = [_number(word) if _WHOLE.fullmatch(word) else word for word in words]
        else:
            values = words.meant(option, truth)
        found[option] = values if option == "average_over" else values[0]
    return found


def named(classes: Any, options: dict[str, Any]) -> Iterator[str]:
    """Yield the labels that the caller gave as text, which must therefore be text in the columns.

    Iterators are left alone, since whoever reads the option would find them used up.
    """
    given = [classes, *(options.get(name) for name in _OPTIONS)]
    for values in given:
        if isinstance(values, Words):
            plain = all(_WHOLE.fullmatch(word) for word in values)
            if not plain and not all(word.lower() in _FLAGS for word in values):
                yield from values
        elif isinstance(values, str):
            yield values
        elif isinstance(values, Iterable) and not isinstance(values, (dict, Iterator)):
            with suppress(Exception):  # what cannot be read is refused with its option
                yield from [value for value in values if isinstance(value, str)]
