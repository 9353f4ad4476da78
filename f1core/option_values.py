"""One option at a time: what a user typed -> plain Python, or the sentence that mends it."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterable, Mapping, Reversible, Set
from contextlib import suppress
from numbers import Real
from typing import Any

from .entries import entries_of, integer, is_whole, plain
from .errors import F1Error, one_of, shown

_MOST_CLASSES = 100_000_000  # three counts of each take 2.4 GB
SCHEMES = ("default", "IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BILOU")  # how tags make spans


def classes(value: Any) -> tuple[tuple[Any, ...] | None, int | None]:
    """Read `classes=`: the names, if there are any, and how many classes there are."""
    if value is None:
        return None, None
    if isinstance(value, str):
        raise F1Error(f"classes is the string {shown(value)}; give a count or a list of names")
    if isinstance(value, Mapping):
        names = _by_id(value)
        return _distinct_names(names), len(names)
    try:
        count = integer(value)
    except TypeError:
        names = _ordered(value)
        return _distinct_names(names), len(names)
    if isinstance(value, bool) or count < 1:
        raise F1Error(f"classes is {shown(value)}; a count of classes is at least 1")
    if count > _MOST_CLASSES:
        raise F1Error(f"classes is {shown(value)}; at most {_MOST_CLASSES:,} can be counted")
    return None, count


def _ordered(value: Any) -> tuple[Any, ...]:
    """Read class names from anything that has an order: lists, arrays, a dict's keys."""
    if isinstance(value, Set) and not isinstance(value, Reversible):  # dict.keys() is Reversible
        raise F1Error(f"classes is {shown(value)}, which has no order; give a list of names")
    try:
        if isinstance(value, (bytes, bytearray, memoryview)) or hasattr(value, "columns"):
            raise TypeError
        entries = entries_of(value)
    except TypeError:
        raise F1Error(f"classes is {shown(value)}; give a count or a list of names") from None
    _refuse_index(value, entries)
    return entries


def _refuse_index(value: Any, entries: tuple[Any, ...]) -> None:
    """Complain about a pandas Series that may be a dict of names and ids."""
    index = getattr(value, "index", None)
    if not hasattr(index, "tolist"):
        return
    keys, order = entries_of(index), list(range(len(entries)))
    numbers = [each for each in (keys, entries) if all(map(is_whole, each))]
    if any(sorted(each) == order and list(each) != order for each in numbers[:1]) or (
        entries in numbers and keys not in numbers and sorted(entries) == order
    ):
        raise F1Error(
            "classes is a Series whose index and values may be ids and names: series.to_dict() "
            "goes by its index, series.tolist() by position"
        )


def _by_id(value: Mapping[Any, Any]) -> tuple[Any, ...]:
    """Read class names from label2id ({"cat": 0}) or id2label ({0: "cat"}), in the order of ids."""
    keys, values = [plain(key) for key in value], [plain(entry) for entry in value.values()]
    if not all(isinstance(name, (str, int, float)) for name in (*keys, *values)):
        raise F1Error(f"classes is {shown(value)}; a dict gives each name an id or each id a name")
    texts = [all(isinstance(entry, str) for entry in side) for side in (keys, values)]
    of_keys, of_values = _as_ids(keys), _as_ids(values)
    if all(texts):  # JSON turns the ids of id2label into strings; two digits do not tell
        of_keys, of_values = (None if of_values else of_keys), None
    elif texts[0] and of_values:  # names that are digits
        of_keys = None
    readings = {
        tuple(name for _, name in sorted(zip(ids, names, strict=True), key=operator.itemgetter(0)))
        for ids, names in ((of_keys, values), (of_values, keys))
        if ids is not None
    }
    if len(readings) == 1:
        return readings.pop()
    if readings or all(texts):
        raise F1Error(
            f"classes is {shown(value)}, which does not tell names from ids; "
            "give a list of names in the order of the ids"
        )
    raise F1Error(
        f"classes is {shown(value)}; a dict gives each name an id or each id a name, and the ids "
        f"are 0 to {max(0, len(value) - 1)}, each once"
    )


def _as_ids(entries: list[Any]) -> list[int] | None:
    """Read entries as the numbers 0 to C - 1 in any order; None if they are anything else."""
    ids = []
    for entry in entries:
        text = isinstance(entry, str)
        if not (re.fullmatch("[0-9]{1,9}", entry) if text else is_whole(entry)):
            return None
        ids.append(int(entry))
    return ids if sorted(ids) == list(range(len(ids))) else None


def _distinct_names(names: tuple[Any, ...]) -> tuple[Any, ...]:
    if not names:
        raise F1Error("classes is empty; name at least one class")
    for name in names:
        if not (isinstance(name, str) or is_whole(name)):
            raise F1Error(f"classes holds {shown(name)}; names are strings or whole numbers")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise F1Error(f"classes names {shown(twice)} twice")
    if len({isinstance(name, str) for name in names}) > 1:
        raise F1Error("classes mixes strings and numbers; name all classes in one way")
    return names


def among(name: str, value: Any, allowed: Iterable[str]) -> str:
    """Check an option that is one of some words."""
    words = tuple(allowed)
    if not isinstance(value, str) or value not in words:
        raise F1Error(one_of(name, value, words))
    return value


def number(value: Any) -> float:
    """Return a real number as a float; TypeError for a boolean, or what no float holds."""
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError
    try:
        return float(value)
    except Exception:  # too large, or what the object itself raises
        raise TypeError from None


def proportion(name: str, value: Any) -> float:
    """Check an option that is a number from 0 to 1."""
    try:
        found = number(value)
    except TypeError:
        found = math.nan
    if not 0.0 <= found <= 1.0:
        raise F1Error(f"{name} is {shown(value)}; give a number from 0 to 1")
    return found


def threshold(value: Any) -> float | tuple[float, ...]:
    """Check `threshold=`: one number in [0, 1], or one a label or class; below 0 down to -1."""
    try:
        try:
            values: float | tuple[float, ...] = number(value)
        except TypeError:
            if isinstance(value, (str, bytes, bytearray, set, frozenset, dict)):
                raise
            _refuse_named(value)
            values = tuple(number(t) for t in entries_of(value))
    except TypeError:
        raise F1Error(
            f"threshold is {shown(value)}; give a number in [0, 1], or one for each label or class"
        ) from None
    for cut in values if isinstance(values, tuple) else (values,):
        if not -1.0 <= cut <= 1.0:
            raise F1Error(
                f"threshold is {cut:g}, outside [0, 1]: it cuts probabilities "
                "(with from_logits=True too), and -1 is below every one"
            )
    return values


def _refuse_named(values: Any) -> None:
    """Complain about a pandas Series of thresholds by name: they go by position."""
    index = getattr(values, "index", None)  # a list's is a method
    if index is None or callable(index):
        return
    if list(index) != list(range(len(index))):
        raise F1Error(
            "threshold has an index of names, and goes by position: put it into the order of the "
            "labels and pass .tolist()"
        )


def whole(name: str, value: Any, least: int = 1) -> int:
    """Check an option that is a whole number from `least`."""
    try:
        found = integer(value)
    except TypeError:
        raise F1Error(f"{name} is {shown(value)}; give a whole number from {least}") from None
    if isinstance(value, bool) or found < least:
        raise F1Error(f"{name} is {shown(value)}; give a whole number from {least}")
    return found


def flag(name: str, value: Any) -> bool:
    """Check an option that is True or False."""
    if value is True or value is False or type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    raise F1Error(f"{name} is {shown(value)}; use True or False")


def word(name: str, value: Any) -> str:
    """Check an option that is text."""
    if not isinstance(value, str):
        raise F1Error(f"{name} is {shown(value)}; it must be text")
    return value


def ignored(value: Any) -> Any:
    """Check `ignore_index=`: a string or a whole number."""
    return _label("ignore_index", value, "give the target value that counts nowhere")


def pos_label(value: Any) -> Any:
    """Check `pos_label=`: a string or a whole number, True being 1."""
    value = plain(value)
    if isinstance(value, bool):
        return int(value)
    return _label("pos_label", value, "give the label of the positive class")


def _label(name: str, value: Any, hint: str) -> Any:
    found = plain(value)
    if found is None or isinstance(found, str):
        return found
    with suppress(TypeError):
        found = integer(found)
    if not is_whole(found):
        raise F1Error(f"{name} is {shown(value)}; {hint}")
    return int(found)


def average_over(value: Any) -> str | tuple[Any, ...] | None:
    """Check `average_over=`: None, "present", "all", or distinct classes."""
    if value is None:
        return None
    if isinstance(value, str):
        if value in ("present", "all"):
            return str(value)
        raise F1Error(one_of("average_over", value, ("present", "all")) + " or a list of classes")
    try:
        if isinstance(value, (bytes, bytearray)):
            raise TypeError
        entries = entries_of(value)
    except TypeError:
        raise F1Error(
            f"average_over is {shown(value)}; use 'present', 'all' or a list of classes"
        ) from None
    for entry in entries:
        if not (isinstance(entry, str) or is_whole(entry)):
            raise F1Error(f"average_over holds {shown(entry)}, which is not a class")
    if not entries or len(set(entries)) != len(entries):
        raise F1Error(f"average_over is {shown(value)}; list at least one class, each once")
    return entries


def zero_division(value: Any) -> float:
    """Check `zero_division=`: 0.0, 1.0 or nan."""
    try:
        found = number(value)
    except TypeError:
        found = -1.0
    if found in (0.0, 1.0) or math.isnan(found):
        return found
    raise F1Error(f"zero_division is {shown(value)}; use 0.0, 1.0 or nan")


def spans(value: Any) -> str | None:
    """Check how tags were read as spans: a scheme, with " suffix" where types come first."""
    both = [f"{scheme}{end}" for end in ("", " suffix") for scheme in SCHEMES]
    return None if value is None else among("spans", value, both)


def beta(value: Any) -> float:
    """Check `beta=`: a number from 0, inf included."""
    try:
        found = number(value)
    except TypeError:
        found = math.nan
    if not found >= 0.0:
        raise F1Error(f"beta is {shown(value)}; give a number from 0 (2 weighs recall more)")
    return found
