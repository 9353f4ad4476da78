"""Whether the shapes of targets, scores and weights fit a task, and what a row is."""

from __future__ import annotations

from typing import Any

from keras import ops
from keras.backend import standardize_dtype

from ...errors import F1Error
from ...options import Options


def rows_of(weight: Any, y_pred: Any, options: Options) -> Any:
    """(n, 1) float32 weights of the rows of `decide`."""
    weight = ops.cast(ops.convert_to_tensor(weight), "float32")
    rank = len(y_pred.shape) - (not is_flat(y_pred, options))
    if rank > 1:
        while len(weight.shape) < rank:
            weight = ops.expand_dims(weight, -1)
        weight = ops.broadcast_to(weight, ops.shape(y_pred)[:rank])
    return ops.reshape(weight, (-1, 1))


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
