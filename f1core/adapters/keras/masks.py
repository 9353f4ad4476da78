"""Predictions together with their masks: `predict_on_batch` gives arrays, which carry none."""

from __future__ import annotations

import inspect
from typing import Any

import keras
from keras.src.backend import get_keras_mask

from ...arrays import to_numpy


class Predictor:
    """Calls a model with batches, and tells which steps a layer has masked.

    Whether there are masks is read off a functional model's outputs; any other model is called
    once with the first batch, outside of a graph. A model without masks predicts as ever.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self._marked: Any = None
        self._known = False

    def __call__(self, x: Any) -> tuple[Any, Any]:
        """(predictions, masks) as arrays in the same structure; None for what has no mask."""
        if not self._known:
            self._known = True
            if any(mask is not None for mask in _masks(self._outputs(x))):
                self._marked = Marked(self.model)
        if self._marked is None:
            return self.model.predict_on_batch(x), None
        y_pred, masks = self._marked.predict_on_batch(x)
        each = [masks.get(str(place)) for place in range(len(keras.tree.flatten(y_pred)))]
        return y_pred, keras.tree.pack_sequence_as(y_pred, each)

    def _outputs(self, x: Any) -> Any:
        found = getattr(self.model, "outputs", None)
        return self.model(x) if found is None else found


class Marked(keras.Model):  # type: ignore[misc]
    """Return a model that gives the masks of its outputs beside them."""

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


def kept_rows(arrays: tuple[Any, ...], mask: Any) -> tuple[Any, ...]:
    """The rows of each array that a mask (n,) leaves; all of them without one."""
    if mask is None:
        return arrays
    kept = to_numpy(mask, "mask").reshape(-1).astype(bool)
    return tuple(None if each is None else to_numpy(each, "rows")[kept] for each in arrays)
