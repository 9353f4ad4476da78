"""torch on the CPU runs no graph: there a step is counted by the kernels, as everywhere else.

A step of 64 x 10 takes 60 µs, and 500 as some thirty operations of keras.ops.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from ...accumulator import Accumulator
from ...arrays import to_numpy
from ...count_layout import COUNT, EXACT, TRUE
from ...counts import Array
from ...errors import F1Error
from ...options import Options
from .shapes import is_flat, is_spread, refuse_shapes

TORCH = keras.backend.backend() == "torch"


def at_hand(variable: Any) -> Any:
    """A variable's tensor if this is torch on the CPU, not being compiled; None elsewhere.

    Keras asks there at every step, and each look at a variable takes it 5 µs.
    """
    if not TORCH:
        return None
    import torch

    value = variable.value
    return value if value.device.type == "cpu" and not torch.compiler.is_compiling() else None


def is_running(variable: Any) -> bool:
    """Whether steps are taken one by one right now, and none is traced for a graph."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return bool(tf.executing_eagerly())
    if backend == "jax":
        import jax

        return not isinstance(variable.value, jax.core.Tracer)
    import torch

    return variable.value.device.type != "meta" and not torch.compiler.is_compiling()


def held(variable: Any) -> Any:
    """What a variable holds, outside of a graph; `convert_to_tensor` takes 30 µs in torch."""
    return variable.value if TORCH else keras.ops.convert_to_tensor(variable)


def tensor(array: Any) -> Any:
    """A NumPy array or number as torch's, on the CPU."""
    import torch

    return torch.as_tensor(array)


class Steps:
    """Counts one step after another: those that look alike take the short way of `repeat`."""

    def __init__(self, options: Options, width: int) -> None:
        self._options, self._width = options, width
        self.running = False  # whether a step has run outside of a graph since the last result
        self.warned = False  # of rows that were counted as wrong
        # Targets of classes whose names are words hold the numbers, unless they are columns.
        words = options.names is not None and isinstance(options.names[0], str)
        plain = replace(options, average_over=None, confusion=False)
        self._columns = Accumulator.of(plain, threads=1)
        self._ids = self._columns
        if words:
            turned = (1, 0) if plain.pos_label is not None else None
            self._ids = Accumulator.of(replace(plain, names=turned, pos_label=None), threads=1)
        elif options.task == "binary" and options.names is None:  # as in the graph
            self._ids = self._columns = Accumulator.of(plain.with_labels(0, 1), threads=1)

    def sums_of(self, y_true: Any, y_pred: Any, mask: Any) -> Array | None:
        """What `adding.sums_of` gives for a step; None where there are no rows, or `score`
        would refuse one. Rows count where the mask (n, 1) is True, or everywhere without one.

        Raises
        ------
        F1Error
            If shapes do not fit the task.
        """
        if not y_pred.dtype.is_floating_point:
            return None
        options, width = self._options, self._width
        if is_flat(y_pred, options):
            y_pred = y_pred[:, None]
        refuse_shapes(y_true, y_pred, options, width)
        spread, one = is_spread(y_true, y_pred, width), options.task == "binary"
        true = to_numpy(y_true, "y_true").reshape((-1, width) if spread else -1)
        pred = to_numpy(y_pred, "y_pred").reshape(-1 if one else (-1, width))
        if mask is not None:
            kept = to_numpy(mask, "mask").reshape(-1)
            true, pred = true[kept], pred[kept]
        counter = self._columns if spread else self._ids
        try:
            counter.reset()
            counter.update(true, pred)
        except F1Error:
            return None
        counts = counter.counts
        if counts is None:
            return None
        if options.task == "multilabel":
            assert counts.sums is not None and counts.rows is not None
            rows = counts.rows[COUNT], counts.rows[EXACT], 0
            return np.concatenate([counts.sums.reshape(-1), rows])
        each = counts.per_class
        return np.concatenate([each.reshape(-1), np.full(width, each[TRUE].sum())])
