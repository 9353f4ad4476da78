"""What is typed after an option of the command line, as values."""

from __future__ import annotations

import argparse
from typing import Any

from .io.rows import Words


def comma(text: str) -> list[str]:
    """Names, several by comma."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty; name at least one")
    return [part.strip() for part in text.split(",")]


def numbers(text: str) -> float | list[float]:
    """A number, or several by comma."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        said = f"it is {text!r}; give a number, or several by comma"
        raise argparse.ArgumentTypeError(said) from None
    return values[0] if len(values) == 1 else values


def words(text: str) -> Words:
    """Labels by comma, whose type the columns tell."""
    return Words(comma(text))


def word(text: str) -> Words:
    """One label, whose type the columns tell."""
    return Words([text])


def averaged(text: str) -> Any:
    """The classes to average over: a word of `average_over`, or labels."""
    return text if text in ("present", "all") else words(text)
