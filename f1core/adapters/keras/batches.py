"""Validation data as batches of x, targets and weights, which every epoch can ask for again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import keras
import numpy as np

from ...arrays import to_numpy
from ...errors import F1Error, shown

Batch = tuple[Any, Any, Any]


class Batches:
    """What `fit` takes as data, iterated over by hand; x comes as the model takes it.

    Parameters
    ----------
    x
        Arrays (also a list or dict of them); a PyDataset, tf.data.Dataset, torch DataLoader or
        other iterable of batches (x, y) or (x, y, sample_weight); or a function without
        arguments that makes a generator of batches.
    y, sample_weight
        Targets and weights for arrays; the others hold their own.
    batch_size
        How many rows of the arrays at a time.
    steps
        How many batches, where the data would go on for ever.

    Raises
    ------
    F1Error
        If x cannot be read twice, targets are missing or given twice, or there is no end.
    """

    def __init__(
        self, x: Any, y: Any, sample_weight: Any, batch_size: int, steps: int | None
    ) -> None:
        self._steps = steps
        self._batches: Callable[[], Iterator[Any]]
        if y is not None:
            if _is_dataset(x):
                raise F1Error(f"x is {_kind(x)}, which holds its own targets: leave out y")
            arrays = x, _array(y), _array(sample_weight)
            sizes = {len(each) for each in keras.tree.flatten(arrays) if each is not None}
            if len(sizes) > 1:
                raise F1Error(f"x, y and sample_weight have {sorted(sizes)} rows")
            (rows,) = sizes
            self._batches = lambda: _sliced(arrays, rows, batch_size)
            return
        if sample_weight is not None:
            raise F1Error("sample_weight goes with arrays x and y; a dataset holds its own")
        if isinstance(x, Iterator):
            raise F1Error(
                f"x is {_kind(x)}, which is used up after one epoch: "
                "give the function that makes it"
            )
        if not (_is_dataset(x) or hasattr(x, "__iter__")) or hasattr(x, "dtype"):
            raise F1Error(f"x is {shown(x)} and y is None: give y, or a dataset that holds it")
        if steps is None and _is_endless(x):
            raise F1Error(f"x is {_kind(x)} without an end: say steps=")
        self._batches = _reader(x)

    def __iter__(self) -> Iterator[Batch]:
        for batch in islice(self._batches(), self._steps):
            x, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
            if y is None:
                raise F1Error("x holds batches without targets: each is (x, y), or with weights")
            yield keras.tree.map_structure(_feedable, x), y, weight


def _is_dataset(x: Any) -> bool:
    batched = callable(x) or isinstance(x, keras.utils.PyDataset) or hasattr(x, "cardinality")
    return batched or (hasattr(x, "dataset") and hasattr(x, "__iter__")) or isinstance(x, Iterator)


def _is_endless(x: Any) -> bool:
    if isinstance(x, keras.utils.PyDataset):
        return x.num_batches is None
    return hasattr(x, "cardinality") and int(x.cardinality()) == -1


def _reader(x: Any) -> Callable[[], Iterator[Any]]:
    if isinstance(x, keras.utils.PyDataset):
        return lambda: (x[i] for i in range(x.num_batches or 2**62))
    return x if callable(x) else lambda: iter(x)


def _sliced(arrays: Batch, rows: int, size: int) -> Iterator[Batch]:
    for start in range(0, rows, size):
        stop = start + size

        def cut(array: Any, start: int = start, stop: int = stop) -> Any:
            return None if array is None else array[start:stop]

        yield keras.tree.map_structure(cut, arrays)


def _array(value: Any) -> Any:
    """A list of labels as an array; a list of arrays is one for each output."""
    if isinstance(value, (list, tuple)) and not any(hasattr(each, "shape") for each in value):
        return np.asarray(value)
    return value


def _feedable(x: Any) -> Any:
    """A tensor of another library than the backend's, or a list, as an array."""
    return x if keras.ops.is_tensor(x) else np.asarray(x)


def _kind(x: Any) -> str:
    return f"a {type(x).__name__}"


def as_rows(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """(n, steps, C) and the like as (n · steps, C)."""
    if y_pred.ndim < 3:
        return y_true, y_pred
    true = to_numpy(y_true, "y_true")
    flat = true.reshape(-1, true.shape[-1]) if true.ndim == y_pred.ndim else true.reshape(-1)
    return flat, y_pred.reshape(-1, y_pred.shape[-1])


def spread(weight: Any, y_pred: Any) -> Any:
    """Weights of rows, or of their steps, for each step."""
    if weight is None or y_pred.ndim < 3:
        return weight
    lead = y_pred.shape[:-1]
    weight = to_numpy(weight, "sample_weight")
    weight = weight.reshape(weight.shape + (1,) * (len(lead) - weight.ndim))
    return np.broadcast_to(weight, lead).reshape(-1)
