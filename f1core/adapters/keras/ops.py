"""Count a step in the graph, by keras.ops: targets and scores -> who is right -> sums.

Nothing can be refused by its value in a graph, so what `score` refuses is counted as wrong: a label
outside the classes is a miss of whatever was predicted, and a score that is NaN or, under a
threshold, further outside [0, 1] than rounding goes never hits. Shapes and dtypes are known, and
refused.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops
from keras.backend import standardize_dtype
from keras.src.backend import get_keras_mask

from ...arrays import BFLOAT16, widened
from ...errors import F1Error
from ...float_bits import cuts_of, probability_range
from ...options import Options

NARROW = keras.backend.backend() == "jax"  # which has no int64 unless it is told to
Four = tuple[Any, Any, Any, Any]


class Step(NamedTuple):
    """One step's arguments to a metric; axes before the last one are rows: (n, steps, C) too."""

    true: Any
    pred: Any  # (…, C) scores, of a binary task (…, 1)
    mask: Any  # (n, 1) True for rows that Embedding(mask_zero=True) and its like left; or None
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
    """(n, 1) a value for each row, out of values of rows or of their leading axes."""
    value, rank = ops.cast(ops.convert_to_tensor(value), dtype), len(pred.shape) - 1
    if len(value.shape) == rank + 1 and value.shape[-1] == 1:
        value = ops.squeeze(value, -1)
    if rank > 1:
        while len(value.shape) < rank:
            value = ops.expand_dims(value, -1)
        value = ops.broadcast_to(value, ops.shape(pred)[:rank])
    return ops.reshape(value, (-1, 1))


def sums_of(step: Step, weight: Any, options: Options, width: int) -> Any:
    """Sum what a step adds to each counter: int32, or float32 with weights (n, 1).

    A negative weight makes the sums NaN, as a weight that is NaN does.
    """
    if weight is not None:
        weight = ops.where(weight >= 0, weight, float("nan"))

    def total(flags: Any) -> Any:
        return ops.sum(flags if weight is None else ops.where(flags, weight, 0.0), axis=1)

    hit, pred, true, kept = four = _decide(step, options, width)
    found = ops.reshape(total(ops.stack(four)), (-1,))
    if options.task != "multilabel":
        return found
    here = ops.any(kept, axis=-1)
    right = here & ~ops.any((pred | true) & ~hit, axis=-1)
    flags = ops.stack([here, right, ops.any(pred & true & ~hit, axis=-1)])
    return ops.concatenate([found, total(flags[..., None])[:, 0]])


def _decide(step: Step, options: Options, width: int) -> Four:
    """Decide each cell: (n, C) booleans of hit, predicted, true, and whether it counts at all."""
    true = ops.reshape(_comparable(step.true), (-1, width if step.by_column else 1))
    pred = ops.reshape(step.pred, (-1, step.pred.shape[-1]))
    decide = {"binary": _binary, "multiclass": _multiclass, "multilabel": _multilabel}
    hit, pred, true, kept = decide[options.task or ""](true, pred, options)
    if step.mask is not None:
        kept = step.mask if kept is None else kept & step.mask
    if kept is None:
        return hit, pred, true, ops.ones_like(hit)
    return hit & kept, pred & kept, true & kept, ops.broadcast_to(kept, ops.shape(hit))


def _binary(true: Any, pred: Any, options: Options) -> Four:
    ids, best = _is(true, options, 2), ops.concatenate(_sides(pred, options), -1)
    return ids & best, best, ids, _not_ignored(true, options)


def _multiclass(true: Any, pred: Any, options: Options) -> Four:
    width = pred.shape[-1]
    best = _best(pred, options.top_k)
    if true.shape[-1] == 1:
        ids, kept = _is(true, options, width), _not_ignored(true, options)
    else:
        ids, kept = (true == 1) & (ops.sum(true != 0, axis=-1, keepdims=True) == 1), None
        if options.ignore_index is not None:
            gone = options.place(options.ignore_index, width)
            kept = None if gone is None else ~ids[:, gone : gone + 1]
    return ids & best, best, ids, kept


def _multilabel(true: Any, pred: Any, options: Options) -> Four:
    below, above = _sides(pred, options)
    zero, one = true == 0, true == 1
    # What is neither (a label 2, a score NaN) is both a miss and a false alarm.
    found = one & above, ~(below & (zero | one)), ~(zero & (below | above))
    return *found, _not_ignored(true, options)


def _not_ignored(true: Any, options: Options) -> Any:
    return None if options.ignore_index is None else true != options.ignore_index


def _sides(pred: Any, options: Options) -> tuple[Any, Any]:
    """Tell the scores surely not above the cut from those surely above: NaN is neither."""
    dtype = standardize_dtype(pred.dtype)
    cuts = np.atleast_1d(np.asarray(options.threshold, np.float64))
    form = BFLOAT16 if dtype == "bfloat16" else np.dtype(dtype)
    cut = ops.convert_to_tensor(widened(cuts_of(cuts, form, options.from_logits)), dtype=dtype)
    below, above = pred <= cut, pred > cut
    if options.from_logits:
        return below, above
    low, high = (ops.convert_to_tensor(end, dtype=dtype) for end in probability_range(form))
    return below & (pred >= low), above & (pred <= high)


def _best(pred: Any, k: int) -> Any:
    """The k largest of each row, the earlier one first among equals; none where all are NaN.

    `ops.argmax` takes -0.0 for less than 0.0, and TensorFlow promises nothing for equals.
    """
    width = pred.shape[-1]
    columns = ops.arange(width, dtype="int32")
    best = None
    for _ in range(k):
        is_top = pred == ops.max(pred, axis=-1, keepdims=True)
        is_top = is_top if best is None else is_top & ~best
        first = columns == ops.min(ops.where(is_top, columns, width), axis=-1, keepdims=True)
        best = first if best is None else best | first
        if k > 1:
            pred = ops.where(best, ops.cast(float("-inf"), pred.dtype), pred)
    return best


def _is(true: Any, options: Options, width: int) -> Any:
    """(n, C) from (n, 1) labels: True in the column of that class."""
    names = options.names
    values = range(width) if names is None or isinstance(names[0], str) else names
    if options.pos_label is not None:  # numbers are places in classes= as it was given
        values = range(width)[::-1]
    return true == ops.convert_to_tensor(np.asarray(values), dtype=true.dtype)


def _comparable(true: Any) -> Any:
    """Targets in a dtype that holds every label: 2^32 + 1 must not become 1."""
    dtype = standardize_dtype(true.dtype)
    if "float" in dtype:
        return true if dtype == "float64" else ops.cast(true, "float32")
    wide = dtype in ("int64", "uint32", "uint64") and not NARROW
    return ops.cast(true, "int64" if wide else "int32")


def _words(tensor: Any) -> str:
    """A tensor's shape in words: "(None, 4) float32"."""
    return f"{tuple(tensor.shape)} {standardize_dtype(tensor.dtype)}"
