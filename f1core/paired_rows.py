"""Rows of two models' files: paired by position or by id, columns by name, targets compared."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from .arrays import widened
from .counts import Array
from .dedup.keys import Ids, spelled
from .errors import F1Error, renamed, shown
from .label_lists import are_lists

_AT = re.compile(r"(?<= at row )\d+")


class Side(NamedTuple):
    """All rows of one model's files."""

    which: str  # "new" or "old"
    true: Array
    scores: Array
    classes: Any  # as the caller or the columns name them
    options: dict[str, Any]  # with words read as values of the truth's type
    counts: dict[str, int]  # rows by file
    groups: Array | None
    weight: Array | None
    ids: Ids | None

    @property
    def name(self) -> str:
        """Return the first file, and how many more there are: "a.csv and 2 more"."""
        first, *more = self.counts
        return f"{first} and {len(more)} more" if more else first

    @property
    def description(self) -> str:
        """Return the files' name for a sentence, with their side: "a.csv and 2 more (old)"."""
        return f"{self.name} ({self.which})"


def same_classes(new: Side, old: Side) -> Any:
    """Find the classes of both sides, in the order of the new one's columns."""
    own, other = new.classes, old.classes
    if not (isinstance(own, list) and isinstance(other, list)):
        return next((each for each in (own, other) if isinstance(each, list)), own or other)
    for one, others, here in ((own, other, new), (other, own, old)):
        alone = [name for name in one if name not in others]
        if alone:
            raise F1Error(
                f"the classes differ: {', '.join(map(shown, alone[:3]))}"
                f"{' and others' if len(alone) > 3 else ''}: only in {here.description}"
            )
    return own


def paired(new: Side, old: Side) -> tuple[Side, Array | None]:
    """Put the old side's rows and columns in the new one's order; return it and that row order."""
    old = _columns_of(new, old)
    if new.ids is None or old.ids is None:
        if len(new.scores) != len(old.scores):
            raise F1Error(
                f"{new.description} has {len(new.scores):,} rows, {old.description} has "
                f"{len(old.scores):,}: rows are paired by position, sample_id='id' pairs "
                "them by a column of ids"
            )
        return old, None
    if new.ids.kind != old.ids.kind:
        raise F1Error(
            f"sample_id holds {new.ids.kind} in {new.description} and {old.ids.kind} in "
            f"{old.description}"
        )
    sorts = _sorted_ids(new, new.ids), _sorted_ids(old, old.ids)
    one, two = new.ids.values[sorts[0]], old.ids.values[sorts[1]]
    alike = np.result_type(one, two)
    one, two = one.astype(alike), two.astype(alike)
    unmatched = []
    for side, other, missing, order in (
        (new, old, ~np.isin(one, two), sorts[0]), (old, new, ~np.isin(two, one), sorts[1])
    ):  # fmt: skip
        if missing.any():
            first = spelled(side.ids or new.ids, int(order[missing].min()))
            unmatched.append(
                f"{missing.sum():,} of {len(missing):,} ids of {side.description} are not in "
                f"{other.description} (the first is {first})"
            )
    if unmatched:
        raise F1Error(f"only the same rows can be compared: {', '.join(unmatched)}")
    order = np.empty(len(sorts[0]), np.int64)
    order[sorts[0]] = sorts[1]
    return old._replace(true=old.true[order], scores=old.scores[order]), order


def _columns_of(new: Side, old: Side) -> Side:
    """Put the old side's columns in the order of the new one's."""
    if not (isinstance(new.classes, list) and isinstance(old.classes, list)):
        return old
    columns = [old.classes.index(name) for name in new.classes]

    def moved(array: Array) -> Array:
        wide = array.ndim == 2 and array.shape[1] == len(columns)
        return array[:, columns] if wide else array

    if columns == list(range(len(columns))):
        return old
    return old._replace(true=moved(old.true), scores=moved(old.scores))


def _sorted_ids(side: Side, ids: Ids) -> Array:
    """Find the order that sorts the ids of a side; refuse ids that repeat."""
    order = np.argsort(ids.values, kind="stable")
    ordered = ids.values[order]
    repeated = np.flatnonzero(ordered[1:] == ordered[:-1])
    if len(repeated):
        first = int(order[repeated].min())
        raise F1Error(
            f"sample_id is repeated in {side.description}: {len(repeated):,} rows have an id of "
            f"an earlier one, such as {spelled(ids, first)}"
        )
    return order


def refuse_other_truth(new: Side, old: Side) -> None:
    """Refuse rows whose targets differ."""
    own, other = new.true, old.true
    kinds = ["text" if _is_text(side) else "numbers" for side in (own, other)]
    if kinds[0] != kinds[1]:
        raise F1Error(
            f"target holds {kinds[0]} in {new.description} and {kinds[1]} in {old.description}: "
            "text_labels=True reads both as text, where these are text files"
        )
    if own.shape != other.shape:
        widths = [side.shape[1] if side.ndim == 2 else 1 for side in (own, other)]
        raise F1Error(
            f"target has {widths[0]} columns in {new.description}, {widths[1]} in {old.description}"
        )
    if are_lists(own, True) and are_lists(other, True):
        pairs = zip(own.tolist(), other.tolist(), strict=True)
        differ = np.array([set(one) != set(two) for one, two in pairs])
    else:
        one, two = widened(own), widened(other)
        differ = np.asarray(one != two) & ~(np.asarray(one != one) & np.asarray(two != two))
    if not differ.any():
        return
    row = int(np.flatnonzero(differ if differ.ndim == 1 else differ.any(axis=1))[0])
    at = row if differ.ndim == 1 else (row, int(np.flatnonzero(differ[row])[0]))
    path, place = place_of(new, row)
    if new.ids is not None:
        of = f"the row of id {spelled(new.ids, row)}"
        hint = ""
    else:
        of = f"row {place:,}"
        hint = ": rows are paired by position, sample_id='id' pairs them by a column of ids"
    column = "" if differ.ndim == 1 else f"in target column {at[1]} "  # type: ignore[index]
    raise F1Error(
        f"{of} of {path} (new) is {shown(own[at])} {column}and in {old.description} "
        f"{shown(other[at])}{hint}"
    )


def _is_text(side: Array) -> bool:
    return side.dtype.kind in "UOST" and not are_lists(side, True)


def place_of(side: Side, row: int) -> tuple[str, int]:
    """Find the file of a row, and its number there."""
    names, ends = list(side.counts), list(accumulate(side.counts.values()))
    at = bisect_right(ends, row)
    return names[at], row - (ends[at - 1] if at else 0)


@contextmanager
def locate_errors_of_pair(
    new: Side, old: Side, order: Array | None, called_old: str
) -> Iterator[None]:
    """Add the file of either side, and the row's number there, to an error; rename its arguments.

    `called_old` is the argument that names the old side's predictions.
    """
    try:
        yield
    except F1Error as error:
        side = old if "pred_b" in str(error) else new
        text = str(renamed(error, y_true="target", pred_a="probabilities", pred_b=called_old))
        at = _AT.search(text)
        if at is None:
            raise F1Error(f"{side.name}: {text}" if side is old else text) from None
        row = int(at.group())
        path, place = place_of(side, int(order[row]) if side is old and order is not None else row)
        raise F1Error(f"{path}: {text[: at.start()]}{place}{text[at.end() :]}") from None
