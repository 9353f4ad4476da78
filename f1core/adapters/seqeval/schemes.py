"""Schemes: which neighbouring tags start, continue and end a span, as seqeval 1.2.2 has it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ...counts import Array
from ...errors import F1Error, one_of, shown
from ...option_values import SCHEMES, flag

# What a tag begins with, or ends with where types come first; the last is of any other letter.
LETTERS = "OBIESUL.#"
OTHER = len(LETTERS) - 1
START, INSIDE, END = 1, 2, 4
NAMES = SCHEMES[1:]


class Scheme(NamedTuple):
    """Allowed letters, and pairs of neighbours that start, continue and end a span.

    "BI=" are a B and then an I of the same type; "!" are different types, "*" any two types; "?" is
    any letter.
    """

    letters: str
    start: str
    inside: str
    end: str


_SCHEMES = {
    # conlleval's rules: whatever the letters say, a span ends where the type changes.
    "default": Scheme(
        LETTERS,
        "?B* ?S* EE* EI* SE* SI* OE* OI* ?I! ?E! ?U! ?L! ?#!",
        "",
        "E?* S?* BB* BS* BO* IB* IS* IO* B?! I?! U?! L?! #?!",
    ),
    "IOB1": Scheme(
        "IOB", "OI* II! BI* IB= BB=", "BI= II=", "II! IO* IB* BO* BI! BB="
    ),
    "IOB2": Scheme("IOB", "?B*", "BI= II=", "IO* II! IB* BO* BI! BB*"),
    "IOE1": Scheme("IOE", "OI* II! EI* EE=", "II= IE=", "II! IO* IE! EI= EE="),
    "IOE2": Scheme("IOE", "OI* OE* EI* EE* II! IE!", "IE= II=", "E?*"),
    "IOBES": Scheme("IOBES", "?B* ?S*", "BI= BE= II= IE=", "S?* E?*"),
    "BILOU": Scheme("BILOU", "?B* ?U*", "BI= BL= II= IL=", "U?* L?*"),
}  # fmt: skip


def letters_of(scheme: str) -> str:
    """The letters that a scheme allows."""
    return _SCHEMES[scheme].letters


# Letters that occur together, and the scheme that seqeval takes them for.
_DETECTED = {
    "IOB2": "IOB IB BO B",
    "IOE2": "IOE IE EO E",
    "IOBES": "IOBES IBES IOBE OBES IBE BES OBE BE S",
    "BILOU": "IOBLU IBLU IOBL OBLU IBL BLU OBL BL U",
}


@lru_cache
def pairs_of(scheme: str) -> Array:
    """Tabulate what each pair of neighbouring tags does (start, inside, end), as bits.

    They are in the order of the first letter, the second one, and whether the types are the same.
    """
    found = np.zeros((len(LETTERS), len(LETTERS), 2), np.uint8)
    _, *patterns = _SCHEMES[scheme]
    for bit, listed in zip((START, INSIDE, END), patterns, strict=True):
        for pair in listed.split():
            before, now, types = pair[0], pair[1], pair[2]
            first = range(len(LETTERS)) if before == "?" else [LETTERS.index(before)]
            second = range(len(LETTERS)) if now == "?" else [LETTERS.index(now)]
            same = {"=": (1,), "!": (0,), "*": (0, 1)}[types]
            for place in itertools.product(first, second, same):
                found[place] |= bit
    return found.ravel()


def scheme_name(scheme: Any) -> str:
    """Read `scheme=`: a name, or seqeval's class of that name."""
    name = scheme
    if isinstance(scheme, type) and scheme.__module__.partition(".")[0] == "seqeval":
        name = scheme.__name__
    if not isinstance(name, str) or name not in NAMES:
        raise F1Error(one_of("scheme", scheme, NAMES))
    return name


def check_mode(mode: Any) -> bool:
    """Return whether `mode=` is strict."""
    if mode is not None and mode != "strict":
        raise F1Error(f"mode is {shown(mode)}; use None for conlleval's rules, or 'strict'")
    return mode is not None


def reading(strict: bool, scheme: Any, suffix: Any) -> str:
    """Return how tags are read, in one word: the value of `Options.spans`."""
    end = " suffix" if flag("suffix", suffix) else ""
    return (scheme_name(scheme) if strict else "default") + end


def detected(tags: Iterable[str], suffix: bool) -> str:
    """Find the scheme that has just these tags' letters, by seqeval's list."""
    letters = frozenset(tag[-1] if suffix else tag[0] for tag in tags)
    for name, listed in _DETECTED.items():
        if letters in map(frozenset, listed.split()):
            return name
    occur = ", ".join(sorted(letters)) or "(none)"
    raise F1Error(
        f"scheme is None, and no scheme has just the letters {occur}: say which of "
        f"{', '.join(NAMES)} it is"
    )
