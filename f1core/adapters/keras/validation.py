"""Validation data: batches that every epoch can ask for again, predictions with their masks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import keras
import numpy as np
from keras.src.backend import get_keras_mask

from ...arrays import to_numpy
from ...errors import F1Error, shown

Batch = tuple[Any, Any, Any]


class Batches:
    """Batches (x, targets, weights) of what `fit` takes as data; x comes as the model takes it."""

    def __init__(self, x: Any, y: Any, weight: Any, batch_size: int, steps: int | None) -> None:
        self._steps, kind = steps, f"a {type(x).__name__}"
        self._read: Callable[[], Iterator[Any]] = x if callable(x) else lambda: iter(x)
        made = callable(x) or isinstance(x, (keras.utils.PyDataset, Iterator))
        loader = hasattr(x, "cardinality") or (hasattr(x, "dataset") and hasattr(x, "__iter__"))
        if y is not None:
            if made or loader:
                raise F1Error(f"x is {kind}, which holds its own targets: leave out y")
            arrays = x, _array(y), _array(weight)
            sizes = {len(each) for each in keras.tree.flatten(arrays) if each is not None}
            if len(sizes) > 1:
                raise F1Error(f"x, y and sample_weight have {sorted(sizes)} rows")
            (rows,) = sizes
            self._read = lambda: (
                keras.tree.map_structure(partial(_cut, rows=slice(at, at + batch_size)), arrays)
                for at in range(0, rows, batch_size)
            )
            return
        if weight is not None:
            raise F1Error("sample_weight goes with arrays x and y; a dataset holds its own")
        if isinstance(x, Iterator):
            raise F1Error(
                f"x is {kind}, which is used up after one epoch: give the function that makes it"
            )
        if not (made or loader or hasattr(x, "__iter__")) or hasattr(x, "dtype"):
            raise F1Error(f"x is {shown(x)} and y is None: give y, or a dataset that holds it")
        endless = hasattr(x, "cardinality") and int(x.cardinality()) == -1
        if isinstance(x, keras.utils.PyDataset):
            endless = x.num_batches is None
            self._read = lambda: (x[i] for i in range(x.num_batches or 2**62))
        if steps is None and endless:
            raise F1Error(f"x is {kind} without an end: say steps=")

    def __iter__(self) -> Iterator[Batch]:
        for batch in islice(self._read(), self._steps):
            x, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
            if y is None:
                raise F1Error("x holds batches without targets: each is (x, y), or with weights")
            # A tensor of another library than the backend's, or a list, goes in as an array.
            feed = keras.tree.map_structure(
                lambda each: each if keras.ops.is_tensor(each) else np.asarray(each), x
            )
            yield feed, y, weight


def _cut(array: Any, rows: slice) -> Any:
    return None if array is None else array[rows]


def _array(value: Any) -> Any:
    """A list of labels as an array; a list of arrays is one for each output."""
    if isinstance(value, (list, tuple)) and not any(hasattr(each, "shape") for each in value):
        return np.asarray(value)
    return value


class Predictor:
    """Calls a model with batches, and tells which steps a layer has masked.

    Whether there are masks is read off a functional model's outputs; any other model is called
    once with the first batch, outside of a graph. A model without masks predicts as ever.
    """

    def __init__(self, model: Any, x: Any) -> None:
        outputs = getattr(model, "outputs", None)
        masked = any(m is not None for m in _masks(model(x) if outputs is None else outputs))
        self.model, self._marked = model, MaskedModel(model) if masked else None

    def __call__(self, x: Any) -> tuple[Any, Any]:
        """(predictions, masks) as arrays in the same structure; None for what has no mask."""
        if self._marked is None:
            return self.model.predict_on_batch(x), None
        y_pred, masks = self._marked.predict_on_batch(x)
        each = [masks.get(str(place)) for place in range(len(keras.tree.flatten(y_pred)))]
        return y_pred, keras.tree.pack_sequence_as(y_pred, each)


class MaskedModel(keras.Model):  # type: ignore[misc]
    """A model that gives the masks of its outputs beside them; `predict_on_batch` drops them."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self._inner = model
        self._takes_training = "training" in inspect.signature(model.call).parameters

    def call(self, x: Any, training: bool = False) -> Any:
        """Predict, and list the masks by the place of their output."""
        y_pred = self._inner(x, **({"training": training} if self._takes_training else {}))
        masks = {str(place): mask for place, mask in enumerate(_masks(y_pred)) if mask is not None}
        return y_pred, masks


def _masks(outputs: Any) -> list[Any]:
    return [get_keras_mask(each) for each in keras.tree.flatten(outputs)]


def rows_of(y_true: Any, y_pred: Any, weight: Any, mask: Any) -> Batch:
    """(targets, scores, weights) of each row or step, (n, steps, C) as (n · steps, C), unmasked."""
    if y_pred.ndim > 2:
        lead = y_pred.shape[:-1]

        def spread(each: Any, name: str) -> Any:
            values = to_numpy(each, name)
            values = values.reshape(values.shape + (1,) * (len(lead) - values.ndim))
            return np.broadcast_to(values, lead).reshape(-1)

        true = to_numpy(y_true, "y_true")
        y_true = true.reshape((-1, true.shape[-1]) if true.ndim == y_pred.ndim else -1)
        y_pred = y_pred.reshape(-1, y_pred.shape[-1])
        weight = None if weight is None else spread(weight, "sample_weight")
        mask = None if mask is None else spread(mask, "mask")
    if mask is None:
        return y_true, y_pred, weight
    kept = to_numpy(mask, "mask").reshape(-1).astype(bool)
    y_true, y_pred = (to_numpy(each, "rows")[kept] for each in (y_true, y_pred))
    return y_true, y_pred, None if weight is None else to_numpy(weight, "sample_weight")[kept]
