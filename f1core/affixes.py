"""Affixes of columns' names: what all start and end with, and the numbers between."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_NUMBER = re.compile(r"-?[0-9]{1,18}")
_TRUTH = re.compile(r"(true|false)(.*)", re.IGNORECASE)
_DIGITS = "0123456789"


def common_start(texts: Sequence[str]) -> str:
    """Return what all texts begin with."""
    low, high = min(texts), max(texts)  # whatever these two share, all between them share
    differ = (place for place, letter in enumerate(low) if letter != high[place])
    return low[: next(differ, len(low))]


def common_end(texts: Sequence[str]) -> str:
    """Return what all texts end with."""
    return common_start([text[::-1] for text in texts])[::-1]


def split(texts: list[str]) -> tuple[str, list[str], str]:
    """Split texts into what all start with, what differs, and what all end with."""
    before = common_start(texts)
    rest = [text[len(before) :] for text in texts]
    after = common_end(rest)
    return before, [text[: len(text) - len(after)] for text in rest], after


def stems_around(texts: list[str], labels: set[str]) -> list[str] | None:
    """Return the names less the shortest affixes that leave all labels among them."""
    if labels <= set(texts):
        return texts
    label, found = max(labels, key=len), None
    for text in texts:
        for at in range(len(text) - len(label) + 1):
            if not text.startswith(label, at):
                continue
            before, after = text[:at], text[at + len(label) :]
            least = len(before) + len(after)
            if all(t.startswith(before) and t.endswith(after) and len(t) > least for t in texts):
                stems = [t[at : len(t) - len(after)] for t in texts]
                longer = found is None or len(stems[0]) > len(found[0])
                if longer and labels <= set(stems):
                    found = stems
    return found


def shared_ending(before: str, start: str) -> str:
    """Return what two prefixes end with, in whole words: `true_cat_` and `p_cat_` give `cat_`."""
    common = common_end([before, start])
    if common in (before, start):  # one side has names without a prefix of its own
        return common
    cut = re.search(r"[\W_]", common)
    return common[cut.end() :] if cut else common


def number_of(name: Any) -> int | None:
    """Read a name as a number; None if it is none."""
    if isinstance(name, str):
        return int(name) if _NUMBER.fullmatch(name) else None
    return int(name) if isinstance(name, int) else None


def numbers_of(columns: Sequence[Any]) -> list[list[int]]:
    """Read the columns as numbers: at most two ways, since a "-" may be a sign or a separator."""
    raw = [number_of(name) for name in columns]
    if None not in raw:
        return [[number for number in raw if number is not None]]
    texts = [str(name) for name in columns]
    truths = _truths(texts)
    if truths is not None:
        return [truths]
    start = len(common_start(texts).rstrip(_DIGITS))
    rest = [text[start:] for text in texts]
    end = len(common_end(rest).lstrip(_DIGITS))
    found = []
    for sign in (0, 1) if texts[0][:start].endswith("-") else (0,):
        stems = [text[start - sign : len(text) - end] for text in texts]
        if all(map(_NUMBER.fullmatch, stems)):
            found.append([int(stem) for stem in stems])
    return found


def _truths(texts: list[str]) -> list[int] | None:
    """Read two columns named False and True, whatever both start or end with, as 0 and 1."""
    start = len(common_start(texts))
    words = [_TRUTH.fullmatch(text[start:]) for text in texts]
    if len(texts) != 2 or None in words:
        return None
    (one, after), (other, rest) = (word.groups() for word in words if word is not None)
    different = one.casefold() != other.casefold() and after == rest
    return [int(one.casefold() == "true"), int(other.casefold() == "true")] if different else None
