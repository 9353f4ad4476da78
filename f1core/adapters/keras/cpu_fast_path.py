"""Count steps by the kernels where torch runs on the CPU: 64 x 10 in 60 µs, by keras.ops in 500."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...accumulator import Accumulator
from ...arrays import to_numpy
from ...count_layout import COUNT, EXACT, TRUE
from ...counts import Array
from ...errors import F1Error
from ...options import Options
from .operations import BACKEND
from .step import Step


def cpu_tensor(variable: Any) -> Any:
    """Return a variable's tensor if this is torch on the CPU, not being compiled; else None.

    Keras asks there at every step, and each look at a variable takes it 5 µs.
    """
    if BACKEND != "torch":
        return None
    import torch

    value = variable.value
    return value if value.device.type == "cpu" and not torch.compiler.is_compiling() else None


def tensor(array: Any) -> Any:
    """Convert a NumPy array or number to a torch tensor on the CPU."""
    import torch

    return torch.as_tensor(array)


class StepCounter:
    """Counts steps by accumulators, which add batches of the form of the last one fast."""

    def __init__(self, options: Options, width: int) -> None:
        self._width = width
        plain = replace(options, average_over=None, confusion=False)
        if options.task == "binary" and options.names is None:  # as in the graph
            plain = plain.with_labels(0, 1)
        self._columns = self._ids = Accumulator.of(plain, threads=1)
        # Targets of classes whose names are words hold the numbers, unless they are columns.
        if options.names is not None and isinstance(options.names[0], str):
            turned = (1, 0) if plain.pos_label is not None else None
            self._ids = Accumulator.of(replace(plain, names=turned, pos_label=None), threads=1)

    def sums_of(self, step: Step) -> Array | None:
        """Sum a step without weights, as `step.sums_of`; None without rows, or if one is wrong."""
        task, width = self._columns.task, self._width
        true = to_numpy(step.true, "y_true").reshape((-1, width) if step.by_column else -1)
        pred = to_numpy(step.pred, "y_pred").reshape(-1 if task == "binary" else (-1, width))
        if step.mask is not None:
            kept = to_numpy(step.mask, "mask").reshape(-1)
            true, pred = true[kept], pred[kept]
        counter = self._columns if step.by_column else self._ids
        try:
            counter.reset()
            counter.update(true, pred)
        except F1Error:
            return None
        counts = counter.counts
        if counts is None:
            return None
        if task == "multilabel":
            assert counts.sums is not None and counts.rows is not None
            return np.concatenate([counts.sums.reshape(-1), counts.rows[[COUNT, EXACT]], [0]])
        each = counts.per_class
        return np.append(each.reshape(-1), each[TRUE].sum())
