"""Selection: which columns are truth, scores, weights and groups, and in which order."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..counts import Array
from ..errors import F1Error, one_of, shown

_LISTED = 30  # with more columns than this, an error does not name them all

Names = str | Iterable[str]


class Selection:
    """Column names and patterns, looked up among the columns that there are.

    Parameters
    ----------
    names
        The columns that there are, in their order.
    target, probabilities
        Names or patterns.
    weight, group, sample_id
        The names of single columns.
    classes
        Names of the classes: columns that are called after them come in their order.
    whole
        A name that no pattern means.

    Raises
    ------
    F1Error
        If a name or pattern has no column.
    """

    def __init__(
        self,
        names: list[str],
        target: Names,
        probabilities: Names,
        weight: str | None = None,
        group: str | None = None,
        sample_id: str | None = None,
        classes: Any = None,
        whole: str | None = None,
    ) -> None:
        self.target, labels = matching(target, names, "target", whole)
        self.weight = weight if weight is None else _single(weight, names, "sample_weight")
        self.group = group if group is None else _single(group, names, "group")
        self.id = sample_id if sample_id is None else _single(sample_id, names, "sample_id")
        found = matching(probabilities, names, "probabilities", whole)
        taken = {
            *self.target,
            self.weight,
            self.group,
            self.id,
        }  # which a pattern such as * takes in
        pairs = [pair for pair in zip(*found, strict=True) if pair[0] not in taken]
        if not pairs:
            raise F1Error(f"probabilities {shown(probabilities)} leave no column beside the target")
        self.probabilities = [name for name, _ in pairs]
        self.stems = [stem for _, stem in pairs]
        self.patterned = self.stems != self.probabilities
        if isinstance(classes, (list, tuple, np.ndarray)):
            self._in_order_of([str(name) for name in np.asarray(classes).tolist()])
        if len(self.target) > 1 and self.stems != labels and set(self.stems) == set(labels):
            self.target = [self.target[labels.index(stem)] for stem in self.stems]
        wanted = [*self.target, *self.probabilities, self.weight, self.group, self.id]
        self.all = list(dict.fromkeys(name for name in wanted if name is not None))
        twice = [name for name in self.all if names.count(name) > 1]
        if twice:
            raise F1Error(f"there are {names.count(twice[0])} columns {twice[0]!r}")

    def follow(self, first: Selection) -> None:
        """Take the columns in the order of an earlier file's.

        Raises
        ------
        F1Error
            If this file has other columns of probabilities.
        """
        self._in_order_of(first.stems)
        if self.stems != first.stems:
            other = min(set(self.stems) ^ set(first.stems), default=self.stems[0])
            where = "only here" if other in self.stems else "not here"
            raise F1Error(
                f"probabilities are {len(self.stems)} columns, earlier ones {len(first.stems)}: "
                f"{shown(other)} is {where}"
            )
        if len(self.target) > 1 and set(self.target) == set(first.target):
            self.target = first.target

    def truth(self, batch: Mapping[str, Array]) -> Array:
        """(n,) labels or (n, C) rows."""
        return stacked([batch[name] for name in self.target])

    def scores(self, batch: Mapping[str, Array]) -> Array:
        """(n,) or (n, C) scores, or (n,) labels."""
        return stacked([batch[name] for name in self.probabilities])

    def class_names(self, truth: Array, scores: Array) -> list[Any] | None:
        """What the pattern or the column names call the classes, if these names fit the truth."""
        if len(self.stems) < 2 or scores.dtype.kind in "UO":
            return None
        if truth.ndim == 2 or truth.dtype.kind in "UO":
            return self.stems
        if self.patterned and all(stem.lstrip("-").isdigit() for stem in self.stems):
            return [int(stem) for stem in self.stems]
        return self.stems

    def _in_order_of(self, stems: list[str]) -> None:
        if self.stems == stems or sorted(self.stems) != sorted(stems):
            return
        self.probabilities = [self.probabilities[self.stems.index(stem)] for stem in stems]
        self.stems = stems


def matching(
    wanted: Names, names: list[str], what: str, whole: str | None = None
) -> tuple[list[str], list[str]]:
    """The columns behind names and patterns, and what each pattern's `*` stands for.

    `whole` is a name that no pattern means.

    Raises
    ------
    F1Error
        If a name or pattern has no column.
    """
    columns: list[str] = []
    stems: list[str] = []
    for entry in [wanted] if isinstance(wanted, str) else wanted:
        if not isinstance(entry, str):
            raise F1Error(f"{what} is {shown(entry)}; give the name of a column, or several")
        if entry in names:
            columns.append(entry)
            stems.append(entry)
            continue
        hits = [name for name in names if fnmatch.fnmatchcase(name, entry) and name != whole]
        if not hits:
            raise F1Error(_no_column(entry, names, what))
        single = entry.count("*") == 1 and not set("?[") & set(entry)
        before, _, after = entry.partition("*")
        columns += hits
        stems += [h[len(before) : len(h) - len(after)] if single else h for h in hits]
    if not columns:
        raise F1Error(f"{what} names no column")
    return columns, stems


def _single(wanted: Any, names: list[str], what: str) -> str:
    if not isinstance(wanted, str):
        raise F1Error(f"{what} is {shown(wanted)}; give the name of a column")
    if wanted not in names:
        raise F1Error(_no_column(wanted, names, what))
    return wanted


def _no_column(entry: str, names: list[str], what: str) -> str:
    if len(names) <= _LISTED:
        return one_of(what, entry, names)
    return f"{what} is {shown(entry)}, which is none of its {len(names)} columns"


def stacked(columns: list[Array]) -> Array:
    """(n,) columns side by side as (n, C), in one copy: 10 of 100,000 float32 in 0.9 ms."""
    if len(columns) == 1:
        return columns[0]
    rows = np.empty((len(columns[0]), len(columns)), np.result_type(*columns))
    for place, column in enumerate(columns):
        rows[:, place] = column
    return rows
