"""Slices: an Accumulator a group of rows; and the one that a first batch of rows asks for."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from .accumulator import Accumulator
from .counts import Array, Counts, onto
from .discover import zeros_and_ones
from .errors import F1Error, shown
from .groups import group_codes
from .inputs import check
from .options import make_options
from .scores import Scores


class Slices:
    """Counts by group over batches; each group's are what an Accumulator of its rows holds."""

    def __init__(self, empty: Accumulator) -> None:
        self._empty = empty
        self.groups: dict[Any, Accumulator] = {}
        options = empty.options
        self._finds = options.task == "binary" and options.names is None

    @property
    def total(self) -> Any:
        """How many rows count so far, or the sum of their weights."""
        return sum(one.total for one in self.groups.values())

    def update(
        self,
        groups: Array,
        truth: Array,
        scores: Array,
        weight: Array | None,
        ids: Array | None = None,
    ) -> None:
        """Add a batch whose rows belong to these groups.

        Raises
        ------
        F1Error
            If the batch cannot be counted.
        """
        names, which = group_codes(groups, len(scores))
        if self._finds:  # a group may have one label, all rows tell the other
            batch = check(truth, scores, self._empty.named(), weight, exact=True)
            for one in (self._empty, *self.groups.values()):
                one.name_negative(batch.negative)
        order = np.argsort(which, kind="stable")
        edges = np.append(0, np.cumsum(np.bincount(which, minlength=len(names))))
        for place, name in enumerate(names.tolist()):
            rows = order[edges[place] : edges[place + 1]]
            one = self.groups.setdefault(name, copy.copy(self._empty))
            some, own = (None if column is None else column[rows] for column in (weight, ids))
            try:
                one.update(truth[rows], scores[rows], sample_weight=some, sample_id=own)
            except F1Error:  # which says the row's number in its group
                copy.copy(self._empty).update(truth, scores, sample_weight=weight)
                raise

    def compute(self) -> dict[Any, Scores]:
        """The scores by group, in sorted order.

        Raises
        ------
        F1Error
            If no row of a group counts.
        """
        found = {}
        for name in sorted(self.groups, key=lambda name: (isinstance(name, str), name)):
            try:
                found[name] = self.groups[name].compute()
            except F1Error as error:
                raise F1Error(f"group {shown(name)}: {error}") from None
        return found


def start(
    truth: Array, scores: Array, names: Any, task: str | None, options: dict[str, Any]
) -> tuple[Accumulator, bool]:
    """An empty Accumulator for rows like these, and whether labels may turn out to be binary.

    Raises
    ------
    F1Error
        For a task that these rows leave in doubt.
    """
    if task is None and options.get("pos_label") is not None:
        task = "binary"
    if task is not None:
        return Accumulator(task, classes=names, **options), False
    asked = {"threshold", "ignore_index"} & set(options)
    wanted = make_options(classes=names, **{name: options[name] for name in asked})
    batch = check(truth, scores, wanted)
    guessed = batch.kind == "labels" and wanted.n_classes is None
    kind = "multiclass" if guessed else batch.options.task
    return Accumulator(str(kind), classes=names, **options), guessed


def flags_alone(truth: Array, scores: Array, options: dict[str, Any]) -> bool:
    """Whether labels are 0 and 1 on both sides, so that the task may be binary."""
    ignored = options.get("ignore_index")
    return zeros_and_ones(truth, ignored) and zeros_and_ones(scores)


def as_binary(total: Accumulator) -> Accumulator:
    """Labels that turned out to be 0 and 1 alone are a binary task, as in `score`."""
    counts = total.counts
    if counts is None:
        return total
    whole = onto(counts, np.array([0, 1]))
    return total.as_task("binary", Counts(2, whole.confusion, whole.sums, replicas=whole.replicas))
