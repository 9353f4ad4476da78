"""Counting's operations in keras.ops: in a graph or eagerly, on TensorFlow, JAX and torch.

Sums of weights are dense, so that they are the same from run to run; integers may be scattered.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from ...arrays import widened
from ...errors import F1Error

BACKEND = keras.backend.backend()
NARROW = BACKEND == "jax"  # which has no int64 unless it is told to
WHOLE = "int32" if NARROW else "int64"  # the dtype of counters


class _Table:
    """A vector that is read by index, which TensorFlow's tensors are not."""

    def __init__(self, array: Any) -> None:
        self.values = ops.convert_to_tensor(array, dtype=WHOLE)

    def __getitem__(self, at: Any) -> Any:
        return ops.take(self.values, at)


class KerasOperations:
    """`Operations` in keras.ops."""

    where = staticmethod(ops.where)
    ones_like = staticmethod(ops.ones_like)
    floor = staticmethod(ops.floor)
    maximum = staticmethod(ops.maximum)
    concatenate = staticmethod(ops.concatenate)
    repeat = staticmethod(ops.repeat)

    def constant(self, array: Any, like: Any) -> Any:
        """An ndarray as a tensor: whole numbers to look up, or floats of the dtype of `like`."""
        if array.dtype.kind == "i":
            if np.abs(array).max() > np.iinfo(WHOLE).max:
                raise F1Error(f"classes are numbers that {WHOLE} does not hold: {array.tolist()}")
            return _Table(array)
        dtype = "float64" if array.dtype == np.float64 else like.dtype
        return ops.convert_to_tensor(widened(array), dtype=dtype)

    def arange(self, size: int, like: Any) -> Any:
        """(size,) counters 0…."""
        return ops.arange(size, dtype=WHOLE)

    def whole(self, array: Any) -> Any:
        """Cast to the dtype of counters."""
        return ops.cast(array, WHOLE)

    def cast_like(self, array: Any, like: Any) -> Any:
        """Cast to the dtype of another tensor."""
        return ops.cast(array, like.dtype)

    def double(self, array: Any) -> Any:
        """Cast to float64."""
        if NARROW:
            raise F1Error(
                "a threshold for each class divides in float64, which Keras on JAX has not: "
                "ScoreCallback counts by it"
            )
        return ops.cast(array, "float64")

    def any(self, flags: Any) -> Any:
        """Reduce the last axis: is any True?"""
        return ops.any(flags, axis=-1)

    def all(self, flags: Any) -> Any:
        """Reduce the last axis: are all True?"""
        return ops.all(flags, axis=-1)

    def total(self, array: Any) -> Any:
        """Sum of a row, as a counter."""
        return ops.cast(ops.sum(array, axis=-1), WHOLE)

    def sum_rows(self, array: Any, weight: Any = None) -> Any:
        """Sum over rows."""
        if weight is None:
            found = ops.sum(array, axis=0)  # of flags it is int32
            return ops.cast(found, WHOLE) if "bool" in str(array.dtype) else found
        return ops.sum(ops.where(array, weight[:, None], 0.0), axis=0)

    def best(self, scores: Any, k: int, out: Any = None) -> tuple[Any, Any]:
        """The largest of each row, the first among equals, and whether one is NaN.

        `ops.argmax` takes -0.0 for less than 0.0, and TensorFlow promises nothing for equals.
        """
        width = scores.shape[-1]
        columns = ops.arange(width, dtype="int32")
        nan, taken, found = ops.any(scores != scores, axis=-1), out, []
        for _ in range(k):
            # Among what is left, so that scores of -inf are found after all others.
            left = scores if taken is None else ops.where(taken, float("-inf"), scores)
            top = left == ops.max(left, axis=-1, keepdims=True)
            top = top if taken is None else top & ~taken
            first = ops.min(ops.where(top, columns, width), axis=-1)
            found.append(first)
            if len(found) < k:
                at = columns == first[:, None]
                taken = at if taken is None else taken | at
        return ops.cast(found[0] if k == 1 else ops.stack(found, axis=-1), WHOLE), nan

    def search(self, values: Any, wanted: Any) -> Any:
        """Find where in sorted values each could be: its index."""
        at = ops.searchsorted(values.values, wanted)
        return ops.minimum(ops.cast(at, WHOLE), values.values.shape[0] - 1)

    def histogram(self, ids: Any, size: int, weight: Any = None) -> Any:
        """Count how often each index occurs, or sum its weights."""
        if weight is None:
            return ops.segment_sum(ops.ones_like(ids), ids, num_segments=size)
        ids = ops.cast(ids, "int32")  # half the bytes
        return self.sum_rows(ids[:, None] == ops.arange(size, dtype="int32"), weight)

    def flat(self, array: Any) -> Any:
        """Flatten into one axis."""
        return ops.reshape(array, (-1,))

    def stack(self, columns: Any) -> Any:
        """Stack k tensors (n,) into (n, k)."""
        return ops.stack(columns, axis=-1)


OPERATIONS = KerasOperations()
