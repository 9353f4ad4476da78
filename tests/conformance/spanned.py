"""Spans read from tags, and scored: a span is right if its type, its start and its end are."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from exact import mean, ratios

Span = tuple[str, int, int]  # type, first token, the one after the last


def split(tag: str) -> tuple[str, str]:
    letter, _, kind = tag.partition("-")
    return letter, kind


def conll(tags: Sequence[str]) -> set[Span]:
    """The rules of conlleval.pl: an I of another type, or after O, begins a span."""
    found, start, previous = set(), None, ("O", "")
    for i, tag in enumerate([*tags, "O"]):
        now = split(tag)
        pair, changed = previous[0] + now[0], previous[1] != now[1]
        if start is not None and (
            now[0] == "O" or changed or pair in {"BB", "IB", "EE", "EI", "EB"}
        ):
            found.add((previous[1], start, i))
            start = None
        if now[0] != "O" and start is None:
            start = i
        previous = now
    return found


def strict(tags: Sequence[str], scheme: str) -> set[Span]:
    """IOB2: B I*. IOBES: S, or B I* E. What is not so is no span, and breaks none off."""
    found, start, kind = set(), None, ""
    for i, tag in enumerate([*tags, "O"]):
        letter, now = split(tag)
        if start is not None and not (letter in "IE" and now == kind):
            if scheme == "IOB2":
                found.add((kind, start, i))
            start = None
        if letter == "B":
            start, kind = i, now
        elif letter == "S":
            found.add((now, i, i + 1))
        elif letter == "E" and start is not None:
            found.add((kind, start, i + 1))
            start = None
    return found


def of_sets(true: Sequence[set[Any]], pred: Sequence[set[Any]], zero: Fraction) -> dict[str, Any]:
    """Ratios of spans; averages over the types that either side has, sorted."""
    kinds = sorted({span[0] for side in (true, pred) for spans in side for span in spans})

    def count(sets: Sequence[set[Any]], kind: str) -> int:
        return sum(span[0] == kind for spans in sets for span in spans)

    both = [t & p for t, p in zip(true, pred, strict=True)]
    counts = [(count(both, k), count(pred, k), count(true, k), 0) for k in kinds]
    every = [ratios(*each, 1, zero) for each in counts]
    micro = ratios(*(sum(side) for side in zip(*counts, strict=True)), 1, zero)
    found: dict[str, Any] = {}
    for name in ("precision", "recall", "f1"):
        each = [row[name] for row in every]
        found[f"{name}_micro"] = micro[name]
        found[f"{name}_macro"] = mean(each, [1] * len(each))
        found[f"{name}_weighted"] = mean(each, [c[2] for c in counts])
        found[f"{name}_per_class"] = each
    return found


def score(vector: dict[str, Any]) -> dict[str, Any]:
    sides = [vector["y_true"], vector["y_pred"]]
    if vector["op"] == "span_sets":
        read = [[{tuple(span) for span in spans} for spans in side] for side in sides]
    else:
        scheme = vector["options"].get("scheme")
        read = [[strict(t, scheme) if scheme else conll(t) for t in side] for side in sides]
    return of_sets(read[0], read[1], Fraction(0))
