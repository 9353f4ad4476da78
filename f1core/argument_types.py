"""What is typed after an option of the command line, as values."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .errors import F1Error
from .io.rows import Words
from .io.tuned import Tuned


def comma(text: str) -> list[str]:
    """Names, several by comma."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty; name at least one")
    return [part.strip() for part in text.split(",")]


def cutting(text: str) -> float | list[float] | str | Tuned:
    """A threshold, or several by comma; "best"; or the path of a file that `tune` wrote."""
    return text if text == "best" else _cut(text, "'best', ")


def settled_cutting(text: str) -> float | list[float] | Tuned:
    """A threshold, or several by comma, or the path of a file that `tune` wrote; not "best"."""
    if text == "best":
        reason = "'best' on the rows that are compared flatters the model: tune on other rows"
        raise argparse.ArgumentTypeError(reason)
    return _cut(text, "")


def _cut(text: str, more: str) -> float | list[float] | Tuned:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        if Path(text).suffix.lower() == ".json" or Path(text).is_file():
            try:
                return Tuned(Path(text))
            except F1Error as error:
                raise argparse.ArgumentTypeError(str(error)) from None
        reason = f"it is {text!r}; give a number, or several by comma, {more}or a file of tune"
        raise argparse.ArgumentTypeError(reason) from None
    return values[0] if len(values) == 1 else values


def written(text: str) -> str:
    """The path of a file to write to, which "-" is not."""
    if text == "-":
        raise argparse.ArgumentTypeError("it is '-', and nothing is written to a pipe; name a file")
    return text


def words(text: str) -> Words:
    """Labels by comma, whose type the columns tell."""
    return Words(comma(text))


def word(text: str) -> Words:
    """One label, whose type the columns tell."""
    return Words([text])


def averaged(text: str) -> Any:
    """The classes to average over: a word of `average_over`, or labels."""
    return text if text in ("present", "all") else words(text)
