"""torch on the CPU runs no graph: there a step is counted by the kernels, as everywhere else.

A step of 64 x 10 takes 60 µs, and 500 as some thirty operations of keras.ops.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import keras
import numpy as np

from ...counts import COUNT, EXACT, TRUE, Array
from ...errors import F1Error
from ...foreign import to_numpy
from ...inputs import check
from ...options import Options
from ...tally import count
from .shapes import is_flat, is_spread, refuse_shapes

TORCH = keras.backend.backend() == "torch"


def is_at_hand(variable: Any) -> bool:
    """Whether this is torch on the CPU, not being compiled: Keras asks there at every step."""
    if not TORCH:
        return False
    import torch

    return variable.value.device.type == "cpu" and not torch.compiler.is_compiling()


def held(variable: Any) -> Any:
    """What a variable holds, outside of a graph; `convert_to_tensor` takes 30 µs in torch."""
    return variable.value if TORCH else keras.ops.convert_to_tensor(variable)


def tensor(array: Any) -> Any:
    """A NumPy array or number as torch's, on the CPU."""
    import torch

    return torch.as_tensor(array)


def sums_of(y_true: Any, y_pred: Any, options: Options, width: int) -> Array | None:
    """What `adding.sums_of` gives for a step; None if `score` would refuse a row of it.

    Raises
    ------
    F1Error
        If shapes do not fit the task.
    """
    if not y_pred.dtype.is_floating_point:
        return None
    if is_flat(y_pred, options):
        y_pred = y_pred[:, None]
    refuse_shapes(y_true, y_pred, options, width)
    spread, one = is_spread(y_true, y_pred, width), options.task == "binary"
    true = to_numpy(y_true, "y_true").reshape((-1, width) if spread else -1)
    pred = to_numpy(y_pred, "y_pred").reshape(-1 if one else (-1, width))
    try:
        counts = count(check(true, pred, _counting(options, not spread), width=width), threads=1)
    except F1Error:
        return None
    if options.task == "multilabel":
        assert counts.sums is not None and counts.rows is not None
        rows = counts.rows[COUNT], counts.rows[EXACT], 0
        return np.concatenate([counts.sums.reshape(-1), rows])
    each = counts.per_class
    return np.concatenate([each.reshape(-1), np.full(width, each[TRUE].sum())])


@lru_cache(maxsize=16)
def _counting(options: Options, ids: bool) -> Options:
    """What counting looks at: of classes whose names are words, targets hold the numbers."""
    words = ids and options.names is not None and isinstance(options.names[0], str)
    return replace(options, names=None if words else options.names, average_over=None)
