"""Read a step, and count it in the graph: targets and scores -> sums.

Nothing can be refused by its value in a graph, so what `score` refuses is counted as wrong: a label
outside the classes is a miss of whatever was predicted, and a score that is NaN or, under a
threshold, further outside [0, 1] than rounding goes never hits. Shapes and dtypes are known, and
refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple, cast

import numpy as np
from keras import ops
from keras.backend import standardize_dtype
from keras.src.backend import get_keras_mask

from ...arrays import BFLOAT16
from ...device.decide import Constants, count
from ...device.form import Form, form_of
from ...errors import F1Error
from ...options import Options
from .operations import BACKEND, OPERATIONS, WHOLE


class Step(NamedTuple):
    """One step's arguments to a metric; axes before the last one are rows: (n, steps, C) too."""

    true: Any
    pred: Any  # (…, C) scores, of a binary task (…, 1)
    mask: Any  # (n,) True for rows that Embedding(mask_zero=True) and its like left; or None
    by_column: bool  # whether the truth has a column for each of the scores', and not one id a row


def read_step(y_true: Any, y_pred: Any, options: Options, width: int) -> Step:
    """Targets and scores as tensors, whose dtypes and shapes fit the task or are refused."""
    true, pred = (
        each if ops.is_tensor(each) else ops.convert_to_tensor(each) for each in (y_true, y_pred)
    )
    if "float" not in str(pred.dtype):
        raise F1Error(f"y_pred is {_words(pred)}; a ScoreMetric needs the model's scores")
    mask = get_keras_mask(pred)  # an attribute that Keras hands on from layer to layer
    if options.task == "binary" and len(pred.shape) == 1:
        pred = pred[:, None]
    task, rank, columns = options.task or "", len(pred.shape), true.shape[-1] if true.shape else 0
    ids = len(true.shape) == rank - 1 or (len(true.shape) == rank and columns == 1)
    flags = len(true.shape) == rank and columns in (None, width)
    if rank < 2 or pred.shape[-1] != (1 if task == "binary" else width):
        needed = "one column of scores" if task == "binary" else f"one column for each of {width}"
    elif not {"binary": ids, "multiclass": ids or flags, "multilabel": flags}[task]:
        needed = {
            "binary": "one label a row (one-hot rows are task='multiclass') for targets",
            "multiclass": f"one id a row, or one-hot rows of {width} for targets",
            "multilabel": f"{width} flags a row (ids are task='multiclass') for targets",
        }[task]
    else:
        return Step(true, pred, None if mask is None else by_row(mask, "bool", pred), flags)
    raise F1Error(f"y_true is {_words(true)}, y_pred {_words(pred)}: a {task} task needs {needed}")


def by_row(value: Any, dtype: str, pred: Any) -> Any:
    """(n,) a value for each row, out of values of rows or of their leading axes."""
    value, rank = ops.cast(ops.convert_to_tensor(value), dtype), len(pred.shape) - 1
    if len(value.shape) == rank + 1 and value.shape[-1] == 1:
        value = ops.squeeze(value, -1)
    if rank > 1:
        while len(value.shape) < rank:
            value = ops.expand_dims(value, -1)
        value = ops.broadcast_to(value, ops.shape(pred)[:rank])
    return ops.reshape(value, -1)


def sums_of(step: Step, weight: Any, options: Options, width: int) -> Any:
    """Sum what a step adds to each counter: integers, or float32 with (n,) weights.

    Three sums a class and the rows; of a multilabel task four sums a label, the rows, those that
    are right, and those that `score` would refuse. A negative weight makes the sums NaN, as a
    weight that is NaN does.
    """
    if weight is not None:
        weight = ops.where(weight >= 0, weight, float("nan"))
    true = _in_rows(_comparable(step.true), width if step.by_column else None)
    pred = _in_rows(step.pred, None if options.task == "binary" else width)
    dtypes = standardize_dtype(true.dtype), standardize_dtype(pred.dtype)
    form = _form(options, width, step.by_column, *dtypes)
    return _compiled(form)(true, pred, weight, step.mask)


def _in_rows(array: Any, columns: int | None) -> Any:
    """(n, columns), or (n,) without columns."""
    if len(array.shape) == (1 if columns is None else 2):
        return array
    return ops.reshape(array, -1 if columns is None else (-1, columns))


def _sums(form: Form, true: Any, pred: Any, weight: Any, mask: Any) -> Any:
    constants = Constants.of(form, OPERATIONS, pred)
    found = count(form, OPERATIONS, true, pred, constants, weight, mask)
    if form.kind != "multilabel":
        return found.counts
    wrong = (found.wrong_true | found.wrong_pred)[:, None]
    return ops.concatenate([found.counts, OPERATIONS.sum_rows(wrong, weight)])


def _compiled(form: Form) -> Callable[..., Any]:
    """Compile the counting of steps of a form: one operation at a time takes 2 ms on a CPU."""
    if BACKEND == "jax" or (BACKEND == "tensorflow" and _is_eager()):
        return _traced(form)
    return partial(_sums, form)


def _is_eager() -> bool:
    import tensorflow as tf

    return bool(tf.executing_eagerly())


@lru_cache(maxsize=64)
def _traced(form: Form) -> Callable[..., Any]:
    count: Callable[..., Any] = partial(_sums, form)
    if BACKEND == "jax":
        import jax

        return cast("Callable[..., Any]", jax.jit(count))
    import tensorflow as tf

    return cast("Callable[..., Any]", tf.function(count, reduce_retracing=True))


@lru_cache(maxsize=64)
def _form(options: Options, width: int, by_column: bool, true: str, pred: str) -> Form:
    task = options.task or ""
    form = BFLOAT16 if pred == "bfloat16" else np.dtype(pred)
    onehot = by_column and task == "multiclass"
    return form_of(
        options, task, width, np.dtype(true), form, onehot=onehot, misses=True, samples=False
    )  # fmt: skip


def _comparable(true: Any) -> Any:
    """Targets as float32, float64 or the dtype of counters, which hold every label."""
    dtype = standardize_dtype(true.dtype)
    if "float" in dtype:
        return true if dtype == "float64" else ops.cast(true, "float32")
    return ops.cast(true, WHOLE)


def _words(tensor: Any) -> str:
    """A tensor's shape in words: "(None, 4) float32"."""
    return f"{tuple(tensor.shape)} {standardize_dtype(tensor.dtype)}"
