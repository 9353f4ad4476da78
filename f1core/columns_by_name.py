"""Match columns to classes by name: columns `p_b, p_a` hold the scores of the classes b and a.

Names decide, never positions: a frame keeps the column order of whatever made it. A prefix or
suffix of all columns is no part of the names where what remains are the classes, and numbers count
as numbers (`p_0, p_1, p_10` and `p_00, p_01, p_10` are the classes 0, 1 and 10).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from . import affixes
from .errors import F1Error, shown

Order = list[int]  # which column holds each class


def order_of(
    columns: Sequence[Any], classes: Sequence[Any], what: str, remedy: str, listed: bool = False
) -> Order | None:
    """Find the column of each class, or refuse columns whose names are not the classes'.

    None where the user `listed` columns whose names have nothing to do with the classes: their
    order is then the user's.
    """
    texts, wanted = _distinct(columns, what), [str(name) for name in classes]
    found = _by_text(texts, wanted)
    found = _by_number(columns, _as_numbers(classes)) if found is None else found
    if found is not None:
        return found
    numbers = [str(n) for some in affixes.numbers_of(columns) for n in some]
    stems = (texts, affixes.split(texts)[1], numbers)
    missing = [[name for name in classes if str(name) not in each] for each in stems]
    if listed and len(texts) == len(wanted) and min(map(len, missing)) == len(wanted):
        return None
    lacking = [some[0] for some in missing if 0 < len(some) < len(wanted)]
    held = f"no column for class {shown(lacking[0])}" if lacking else "other columns"
    raise F1Error(
        f"{what} has {held}: its columns are {_list(texts)}, the classes {_list(classes)}; {remedy}"
    )


class Arrangement(NamedTuple):
    """The order in which to take the columns of both sides, or None; what they call the classes."""

    target: Order | None = None
    scores: Order | None = None
    names: list[Any] | None = None


def arrange(
    target: Sequence[Any] | None,
    scores: Sequence[Any] | None,
    *,
    classes: Sequence[Any] | None = None,
    count: int | None = None,
    labels: Iterable[Any] | None = None,
    ids: Iterable[Any] | None = None,
    matrices: bool = False,
    listed: tuple[bool, bool] = (False, False),
    called: tuple[str, str] = ("y_true", "y_pred"),
    remedy: str = "pass .to_numpy() to go by position",
) -> Arrangement:
    """Match the columns of truth and scores to the classes, or to each other.

    `target` and `scores` are what the columns of each side are called, None where it has no columns
    or no names; `matrices` says whether both have a column a class, `listed` of each side whether
    the user listed its columns one by one. `classes` are the names of the classes, `count` is how
    many there are: those numbers from 0. `labels` are some labels where one side holds text, as for
    `names_of`; `ids` where it holds numbers: they tell whether columns 1 to C that the user listed
    are the classes 1 to C, or those of the places 0 to C-1. `called` and `remedy` are what
    sentences call the two sides, and what they advise.
    """
    sides, order = (target, scores), None
    if classes is not None:
        found = [
            None if side is None else order_of(side, classes, what, remedy, own)
            for side, what, own in zip(sides, called, listed, strict=True)
        ]
        return Arrangement(*found)
    if target is not None and scores is not None:
        pair = paired(target, scores)
        if pair is None and not all(listed):
            raise F1Error(
                f"{called[0]} and {called[1]} have other columns: {_list(target)} and "
                f"{_list(scores)}; {remedy}"
            )
        if pair is None:
            return Arrangement(names=_raw(scores))
        order, names = pair
    elif target is not None or scores is not None:
        names = names_of(target or scores or (), labels, called[target is None])
    else:
        return Arrangement()
    if isinstance(names[0], str):
        return Arrangement(order, names=names)
    alone = target is None or scores is None
    if sorted(names) != list(range(len(names))):  # these are no places
        chosen = listed[target is None]
        if alone and chosen and not matrices and count is None and ids is not None:
            chosen = not _mean_numbers(set(ids), names, called[target is None])
        if alone and (matrices or chosen):
            own = _raw(target or scores or ())
            if matrices and names != sorted(names) and not chosen:
                raise F1Error(
                    f"{called[target is None]} has columns in the order {_list(own)}, and the "
                    f"other side has no names that tell its order; {remedy}"
                )
            return Arrangement(names=own)
        if count is not None and not matrices:
            raise F1Error(
                f"classes is {count}, which means 0 to {count - 1}, and {called[target is None]} "
                f"has the columns {_list(sorted(names))}; say classes={shown(sorted(names))}"
            )
    if matrices and count is None:  # the order of the scores' columns stays
        if not alone:
            return Arrangement(order, names=names)
        if target is None:
            return Arrangement(target=names, names=names)
    ascending = _order(names, sorted(names))
    first = ascending if order is None else [order[place] for place in ascending]
    return Arrangement(
        None if target is None else first, None if scores is None else ascending, sorted(names)
    )


def _mean_numbers(ids: set[Any], names: list[int], what: str) -> bool:
    """Return whether labels are numbers in columns' names, and not the columns' places."""
    places = set(range(len(names)))
    ids &= places | set(names)  # less what ignore_index= leaves out, or a later check refuses
    by_name, by_place = ids <= set(names), ids <= places
    if ids and by_name and by_place:
        raise F1Error(
            f"{what} are the columns {_list(names)}, and these rows have the labels "
            f"{_list(sorted(ids))}: say classes={shown(sorted(names))} for these, or classes="
            f"{len(names)} for 0 to {len(names) - 1} in this order"
        )
    return bool(ids) and by_name


def names_of(columns: Sequence[Any], labels: Iterable[Any] | None, what: str) -> list[Any]:
    """Return what columns call their classes, in the columns' order.

    `labels` are some of the classes where these are text: they tell an affix of all columns from
    the names. None for numbers, which columns of numbers name by value.
    """
    texts = _distinct(columns, what)
    if labels is None:
        for numbers in affixes.numbers_of(columns):
            if len(set(numbers)) < len(numbers):
                raise F1Error(f"{what} has columns that are one number: {_list(sorted(texts))}")
            return numbers
        return _raw(columns)
    return affixes.stems_around(texts, set(labels)) or _raw(columns)


def paired(target: Sequence[Any], scores: Sequence[Any]) -> tuple[Order, list[Any]] | None:
    """Find the column of the truth for each column of scores, and what they have in common.

    None where the two have other names.
    """
    texts, others = _distinct(target, "y_true"), _distinct(scores, "y_pred")
    if set(texts) == set(others):
        values = [affixes.number_of(name) for name in scores]
        return _order(texts, others), _raw(scores) if None in values else list(values)
    for numbers in affixes.numbers_of(scores):
        order = _by_number(target, numbers)
        if order is not None:
            return order, numbers
    (before, stems, after), (start, parts, end) = affixes.split(texts), affixes.split(others)
    if len(set(stems)) < len(stems) or set(stems) != set(parts):
        return None
    kept = affixes.shared_ending(before, start), affixes.shared_ending(after[::-1], end[::-1])[::-1]
    return _order(stems, parts), [f"{kept[0]}{part}{kept[1]}" for part in parts]


def _raw(columns: Sequence[Any]) -> list[Any]:
    """Keep the names as they are; all as text where some are numbers."""
    alike = len({isinstance(name, str) for name in columns}) == 1
    return list(columns) if alike else [str(name) for name in columns]


def _distinct(columns: Sequence[Any], what: str) -> list[str]:
    texts = [str(name) for name in columns]
    if len(set(texts)) < len(texts):
        twice = next(text for text in texts if texts.count(text) > 1)
        raise F1Error(f"{what} has {texts.count(twice)} columns {shown(twice)}; name each once")
    return texts


def _order(texts: Sequence[Any], wanted: Sequence[Any]) -> Order:
    places = {text: place for place, text in enumerate(texts)}
    return [places[text] for text in wanted]


def _by_text(texts: list[str], wanted: list[str]) -> Order | None:
    """Match columns that are one affix around each class."""
    if set(texts) == set(wanted):
        return _order(texts, wanted)
    start = len(affixes.common_start(texts)) - len(affixes.common_start(wanted))
    end = len(affixes.common_end(texts)) - len(affixes.common_end(wanted))
    if len(texts) != len(wanted) or start < 0 or end < 0:
        return None
    stems = [text[start : len(text) - end] for text in texts]
    return _order(stems, wanted) if set(stems) == set(wanted) else None


def _by_number(columns: Sequence[Any], wanted: list[int]) -> Order | None:
    found = (
        numbers for numbers in affixes.numbers_of(columns) if sorted(numbers) == sorted(wanted)
    )
    return next((_order(each, wanted) for each in found if len(set(each)) == len(each)), None)


def _as_numbers(classes: Sequence[Any]) -> list[int]:
    """Read classes as numbers: by value, or the places of words, as whole-numbered labels do."""
    if not isinstance(classes[0], str):
        return list(map(int, classes))
    values = [affixes.number_of(name) for name in classes]
    numbers = [value for value in values if value is not None]
    return numbers or list(range(len(classes)))


def _list(names: Sequence[Any]) -> str:
    return shown(list(names))[1:-1]
