"""Names of classes and models as pictures show them: short, wrapped, and no two alike."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from ..errors import F1Error, one_of, plain_text, shown
from .style import as_list, plain

_LETTERS = 28


class _Wrapper(textwrap.TextWrapper):
    """Breaks lines at spaces, and behind what else joins words in names."""

    wordsep_re = re.compile(r"(\s+|(?<=[_/.:-]))")


def short_names(names: Iterable[Any], letters: int = _LETTERS) -> list[str]:
    """Shorten names in the middle to at most so many letters, no two to the same text.

    Those that would be shortened to the same text keep the place where they differ, and if that is
    not enough more letters.

    Examples
    --------
    >>> from f1core.plots.class_names import short_names
    >>> short_names(["customer_support_level_1", "customer_support_level_2"], 12)
    ['customer…l_1', 'customer…l_2']
    >>> short_names(["customer_a_support_level_1", "customer_b_support_level_1"], 12)
    ['…mer_a_suppor…', '…mer_b_suppor…']
    """
    whole = [plain_text(name) for name in names]
    told = [_shortened(name, letters) for name in whole]
    while True:
        groups: dict[str, list[int]] = {}
        for place, text in enumerate(told):
            groups.setdefault(text, []).append(place)
        alike = [g for g in groups.values() if len({whole[place] for place in g}) > 1]
        if not alike:
            break
        for group in alike:
            # How far the shortest of them differs from its neighbours in sorted order.
            ordered = sorted({whole[place] for place in group})
            shared = min(_shared(a, b) for a, b in pairwise(ordered))
            for place in group:
                told[place] = _around(whole[place], shared, letters)
        letters *= 2
    return [plain(text) for text in _numbered(told)]


def wrapped_names(names: Iterable[Any], letters: int, lines: int) -> list[str]:
    """Wrap names into lines of so many letters, shortened where they need more lines."""
    short = short_names(names, letters * (lines - 1) + letters // 3)  # for words cannot be cut
    if max(map(len, short), default=0) <= letters:
        return short
    return _numbered(["\n".join(_Wrapper(letters).wrap(name)) or name for name in short])


def _shortened(name: str, letters: int) -> str:
    if len(name) <= letters:
        return name
    tail = (letters - 1) // 3
    return f"{name[: letters - 1 - tail]}…{name[len(name) - tail :]}"


def _shared(one: str, other: str) -> int:
    """Count the letters that two names begin with alike."""
    apart = (k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(apart, min(len(one), len(other)))


def _around(name: str, place: int, letters: int) -> str:
    """Cut out a name's letters around the first one in which it differs from others."""
    start = max(0, min(place - letters // 3, len(name) - letters))
    part = name[start : start + letters]
    return f"{'…' if start else ''}{part}{'…' if start + letters < len(name) else ''}"


def _numbered(names: list[str]) -> list[str]:
    """Number the later ones of names that are the same as text, such as 1 and "1"."""
    if len(set(names)) == len(names):
        return names
    taken, seen, found = set(names), Counter[str](), []
    for name in names:
        text = name
        while seen[name] and (text in taken):
            seen[name] += 1
            text = f"{name} ({seen[name]})"
        seen[name] += not seen[name]
        taken.add(text)
        found.append(text)
    return found


def places_of(of: Any, classes: list[Any]) -> list[int]:
    """Find where classes stand, by their names or, where names are text, their numbers."""
    found = []
    for one in as_list(of):
        one = one.item() if hasattr(one, "item") and getattr(one, "ndim", 1) == 0 else one
        place = next((k for k, c in enumerate(classes) if type(c) is type(one) and c == one), None)
        if place is None and isinstance(classes[0], str) and type(one) is int:
            place = one if 0 <= one < len(classes) else None
        if place is None:
            raise F1Error(one_of("of", one, classes[:20]))
        if place in found:
            raise F1Error(f"of names {shown(one)} twice")
        found.append(place)
    if not found:
        raise F1Error("of is empty; name at least one class")
    return found
