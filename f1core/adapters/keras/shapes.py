"""Whether the shapes of targets, scores and weights fit a task, and what a row is."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.backend import standardize_dtype
from keras.src.backend import get_keras_mask

from ...errors import F1Error
from ...options import Options


def rows_of(weight: Any, y_pred: Any, options: Options) -> Any:
    """(n, 1) float32 weights of the rows of `decide`."""
    return _each_row(ops.cast(ops.convert_to_tensor(weight), "float32"), y_pred, options)


def unmasked(y_pred: Any, options: Options) -> Any:
    """(n, 1) True for the rows that a layer such as Embedding(mask_zero=True) left; or None.

    Keras hands the mask on as an attribute of the predictions, from layer to layer.
    """
    mask = get_keras_mask(y_pred)
    return None if mask is None else _each_row(ops.cast(mask, "bool"), y_pred, options)


def _each_row(value: Any, y_pred: Any, options: Options) -> Any:
    """One value for each row, out of values of rows or of their leading axes."""
    rank = len(y_pred.shape) - (not is_flat(y_pred, options))
    if len(value.shape) == rank + 1 and value.shape[-1] == 1:
        value = ops.squeeze(value, -1)
    if rank > 1:
        while len(value.shape) < rank:
            value = ops.expand_dims(value, -1)
        value = ops.broadcast_to(value, ops.shape(y_pred)[:rank])
    return ops.reshape(value, (-1, 1))


def is_flat(pred: Any, options: Options) -> bool:
    """Whether binary scores come without the axis of one column."""
    return options.task == "binary" and len(pred.shape) == 1


def is_spread(true: Any, pred: Any, width: int) -> bool:
    """Whether the truth has a column for each of the scores', and not one id a row."""
    return len(true.shape) == len(pred.shape) and true.shape[-1] in (None, width)


def refuse_shapes(true: Any, pred: Any, options: Options, width: int) -> None:
    """Complain unless the truth is ids (a row each) or columns that fit those of the scores.

    Raises
    ------
    F1Error
        Naming both shapes, and what the task needs.
    """
    task, rank, columns = options.task, len(pred.shape), true.shape[-1] if true.shape else 0
    if rank < 2 or pred.shape[-1] != (1 if task == "binary" else width):
        what = "one column of scores" if task == "binary" else f"one column for each of {width}"
        raise F1Error(f"{_came(true, pred)}: a {task} task needs {what}")
    ids = len(true.shape) == rank - 1 or (len(true.shape) == rank and columns == 1)
    flags = is_spread(true, pred, width)
    if not {"binary": ids, "multiclass": ids or flags, "multilabel": flags}[task or ""]:
        needed = {
            "binary": "one label a row (one-hot rows are task='multiclass')",
            "multiclass": f"one id a row, or one-hot rows of {width}",
            "multilabel": f"{width} flags a row (ids are task='multiclass')",
        }[task or ""]
        raise F1Error(f"{_came(true, pred)}: a {task} task needs {needed} for targets")


def _came(true: Any, pred: Any) -> str:
    return f"y_true is {words_of(true)}, y_pred {words_of(pred)}"


def words_of(tensor: Any) -> str:
    """A tensor's shape in words: "(None, 4) float32"."""
    return f"{tuple(tensor.shape)} {standardize_dtype(tensor.dtype)}"
