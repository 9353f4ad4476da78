"""Targets: which labels occur and how often, in scikit-learn's terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...counts import Array

INDICATOR = "multilabel-indicator"
_FEW_CELLS = 1 << 20


@dataclass
class Targets:
    """Counts of rows, or of their weights."""

    kind: str  # "binary", "multiclass" or INDICATOR
    labels: Array  # (C,) that occur, sorted; the columns' numbers of an indicator
    sums: Array  # (3, C): TP, PRED, TRUE
    n: int
    exact: Any  # rows that are right in every label; None of an indicator without `rows`
    wrong: Any  # cells that differ
    weight: Array | None = None
    confusion: Array | None = None  # (C, C)
    occurs: Array | None = None  # (C,) true rows of each label, whatever their weight
    rows: Array | None = None  # an indicator's row statistics
    undefined: Any = 0  # (6,) rows whose ratio is 0/0
    flags: tuple[Any, Any] | None = None  # an indicator's arrays, dense or CSR
    right: Array | None = None  # (n,) whether a row's label is predicted, where rows have weights

    @property
    def indicator(self) -> bool:
        """Whether rows may have several labels."""
        return self.kind == INDICATOR

    @property
    def few_cells(self) -> bool:
        """Whether rows are averaged one by one, which rounds as in scikit-learn: 10 ns a cell."""
        return self.flags is not None and self.n * len(self.labels) <= _FEW_CELLS

    @property
    def wrong_by_row(self) -> Array:
        """(n,) how many of an indicator's cells differ in each row."""
        assert self.flags is not None
        true, pred = self.flags
        if hasattr(true, "indptr"):
            return np.asarray(np.diff((true != pred).tocsr().indptr))
        return np.asarray(np.count_nonzero(true != pred, axis=1))

    @property
    def rows_right(self) -> Array:
        """(n,) whether all labels of a row are right; of rows with weights."""
        return self.wrong_by_row == 0 if self.right is None else self.right

    def places(self, labels: Array) -> Array:
        """Where these labels stand among those that occur; -1 for one that does not."""
        place = {label: i for i, label in enumerate(self.labels.tolist())}
        return np.array([place.get(label, -1) for label in labels.tolist()], np.intp)

    def chosen(self, labels: Array | None) -> Array:
        """(3, k) sums of these labels, 0 for one that does not occur."""
        if labels is None or self.indicator:  # an indicator's columns were chosen when counted
            return self.sums
        places = self.places(labels)
        return np.where(places < 0, 0, self.sums[:, places])

    def by_row(self) -> tuple[Array, Any]:
        """(3, n) sums of each row of an indicator, and what they are out of.

        Raises
        ------
        ValueError
            If rows have one label each.
        """
        if self.flags is None:
            raise ValueError(NOT_BY_ROW)
        true, pred = (flags != 0 for flags in self.flags)
        both = true.multiply(pred) if hasattr(true, "multiply") else true & pred
        sums = np.stack([np.asarray(flags.sum(axis=1)).ravel() for flags in (both, pred, true)])
        weight = 1 if self.weight is None else self.weight
        return sums * weight, len(self.labels) * weight


NOT_BY_ROW = "Samplewise metrics are not available outside of multilabel classification."
