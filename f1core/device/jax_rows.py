"""What a user of JAX holds, as arrays of JAX with one row an item."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..count_layout import HIGH, LOW, WHOLE
from ..errors import F1Error

_BITS, _DIGIT = 31, (1 << 31) - 1  # of a limb of ratios' sums


def as_array(value: Any, wide: bool) -> Any:
    """An array of JAX; labels that int32 does not hold must not become others."""
    if not isinstance(value, jax.Array):
        value = np.asarray(value)
        if value.dtype.kind not in "biuf" and value.dtype != jnp.bfloat16:
            raise F1Error(
                f"arrays of JAX hold numbers, this one {value.dtype}: classes=[…] names the classes"
            )
        if not wide and value.dtype.kind in "iu" and value.dtype.itemsize > 4:
            ends = np.iinfo(np.int32)
            value = value.clip(ends.min, ends.max).astype(np.int32)
        value = jnp.asarray(value)
    return value


def in_rows(true: Any, pred: Any, weight: Any, task: str, width: int) -> tuple[Any, Any, Any]:
    """Targets, predictions and weights, one row an item."""
    t, p = true.shape, pred.shape
    lead = p[:-1]
    if task == "multilabel" or (task == "multiclass" and not _are_labels(true, pred, width)):
        columns = p[-1:] if p else ()
    elif p == t or p[:-1] != t or p[-1:] != (1,):
        columns, lead = (), p
    else:
        columns = (1,)
    rows = (-1, *columns) if columns else (-1,)
    if len(p) > 2 or len(t) > 2:
        if t == p and columns:
            true = true.reshape(rows)
        elif t in (lead, (*lead, 1)):
            true = true.reshape(-1)
        else:
            raise F1Error(
                f"y_pred is {p} and y_true {t}; a {task} task takes one row an item, or its "
                "classes in the last axis: jnp.moveaxis(y_pred, 1, -1)"
            )
        pred = pred.reshape(rows)
    if weight is None:
        return true, pred, None
    weight = jnp.asarray(weight)
    if len(lead) > 1 and weight.shape != lead and weight.shape == lead[: weight.ndim]:
        weight = weight.reshape(weight.shape + (1,) * (len(lead) - weight.ndim))
        weight = jnp.broadcast_to(weight, lead)
    elif weight.shape not in (lead, (*lead, 1), (len(pred),)):
        raise F1Error(f"sample_weight is {weight.shape}, y_pred is {p}: give a weight a row")
    return true, pred, weight.reshape(-1)


def _are_labels(true: Any, pred: Any, width: int) -> bool:
    """Return whether a multiclass prediction holds labels: one an item, and no column a class."""
    if jnp.issubdtype(pred.dtype, jnp.floating):
        return bool(pred.ndim < 2)
    return bool(pred.ndim < 2 or (pred.shape == true.shape and pred.shape[-1] != width))


def carried(counts: Any, start: int) -> Any:
    """Counters whose statistics of rows, from `start` on, have carried limbs."""
    rows = counts[0, start:]
    high = rows[HIGH] + (rows[LOW] >> _BITS)
    rows = rows.at[WHOLE].add(high >> _BITS).at[HIGH].set(high & _DIGIT)
    rows = rows.at[LOW].set(rows[LOW] & _DIGIT)
    return counts.at[0, start:].set(rows)
