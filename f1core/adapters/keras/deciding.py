"""Targets and scores -> who is right, in the graph: the rules of `inputs` and `tally` in keras.ops.

Nothing can be refused by its value in here, so what `score` refuses is counted as wrong: a label
outside the classes is a miss of whatever was predicted, and a score that is NaN or, under a
threshold, further outside [0, 1] than rounding goes never hits. Shapes and dtypes are known, and
refused.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from keras.backend import standardize_dtype

from ...arrays import BFLOAT16, widened
from ...errors import F1Error
from ...float_bits import cuts_of, probability_range
from ...options import Options
from .shapes import is_flat, is_spread, refuse_shapes, words_of

NARROW = keras.backend.backend() == "jax"  # which has no int64 unless it is told to
Four = tuple[Any, Any, Any, Any]


def decide(y_true: Any, y_pred: Any, mask: Any, options: Options, width: int) -> Four:
    """What is hit, predicted, true, and counts at all: booleans (n, C).

    Axes before the last one are rows: (n, C) as well as (n, steps, C) or (n, height, width, C).
    Rows that the mask (n, 1) leaves out count nowhere.

    Raises
    ------
    F1Error
        If shapes or dtypes do not fit the task.
    """
    if "float" not in standardize_dtype(y_pred.dtype):
        raise F1Error(f"y_pred is {words_of(y_pred)}; a ScoreMetric needs the model's scores")
    pred = ops.expand_dims(y_pred, -1) if is_flat(y_pred, options) else y_pred
    refuse_shapes(y_true, pred, options, width)
    spread = is_spread(y_true, pred, width)
    true = ops.reshape(_comparable(y_true), (-1, width if spread else 1))
    pred = ops.reshape(pred, (-1, pred.shape[-1]))
    hit, pred, true, kept = _DECIDE[options.task or ""](true, pred, options)
    if mask is not None:
        kept = mask if kept is None else kept & mask
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


_DECIDE = {"binary": _binary, "multiclass": _multiclass, "multilabel": _multilabel}


def _sides(pred: Any, options: Options) -> tuple[Any, Any]:
    """Which scores are surely not above the cut, and which surely are: NaN is neither."""
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
