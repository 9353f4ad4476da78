"""Batches that look just like the one before: the checks of form would only say the same again."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import engine
from .batch import Batch
from .counts import Counts
from .tally import count_block

_MOST_CLASSES = 100  # above, `add_sparsely` is the shorter way
_MOST_CELLS = 1 << 15  # larger batches have time for the checks


class Repeat:
    """The way of one checked batch into its kernel.

    A training batch of 32 x 10 takes 12 µs through the checks, and 5 this way.
    """

    def __init__(self, batch: Batch) -> None:
        self._form = {**batch.__dict__, "true": None, "pred": None}
        self._kinds = self._kinds_of(batch.true, batch.pred)
        self._module = engine.choose(0)

    @staticmethod
    def of(batch: Batch, y_true: Any, y_pred: Any) -> Repeat | None:
        """The way of this batch, if the arrays went to a fused kernel untouched."""
        if batch.true is not y_true or batch.pred is not y_pred or not engine.loaded():
            return None
        if batch.weight is not None:  # the next batch's are others
            return None
        small = batch.n_classes <= _MOST_CLASSES or not batch.options.keeps_confusion(2)
        return Repeat(batch) if batch.direct and batch.labels is None and small else None

    @staticmethod
    def _kinds_of(true: Any, pred: Any) -> tuple[Any, ...]:
        return true.dtype, pred.dtype, true.ndim, true.shape[1:], pred.shape[1:]

    def count(self, y_true: Any, y_pred: Any) -> Counts | None:
        """The counts of a batch of the same form; None if it has another, or a wrong value."""
        if type(y_true) is not np.ndarray or type(y_pred) is not np.ndarray:
            return None
        if not (
            0 < y_pred.size <= _MOST_CELLS
            and len(y_true) == len(y_pred)
            and self._kinds_of(y_true, y_pred) == self._kinds
            and y_true.flags.c_contiguous
            and y_pred.flags.c_contiguous
        ):
            return None
        batch = Batch.__new__(Batch)
        batch.__dict__ = {**self._form, "true": y_true, "pred": y_pred}
        return count_block(self._module, batch)
