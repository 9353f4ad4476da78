"""What scikit-learn calls targets, checked and counted once.

What is plainly labels or plainly 0/1 goes straight to the engine. Everything else is shown to
scikit-learn's own `_check_targets`, which refuses it in its own words or says what it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics._classification import _check_targets
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import _check_sample_weight, check_consistent_length

from ...arrays import to_numpy
from ...counts import Array
from ...entries import from_objects
from . import flags, labels
from .targets import INDICATOR, Targets

_ANY = np.dtype(object)


def read(
    y_true: Any,
    y_pred: Any,
    sample_weight: Any = None,
    *,
    matrix: bool = False,
    columns: Any = None,
    rows: bool = False,
    beta: float = 1.0,
) -> Targets:
    """Check and count.

    `matrix` keeps the confusion of labels; of an indicator, `columns` are the ones to look at, and
    `rows` keeps the statistics of rows, with F of this `beta`.

    Raises
    ------
    ValueError, TypeError
        scikit-learn's, for targets or weights that it refuses.
    """
    if sample_weight is not None:
        check_consistent_length(y_true, y_pred, sample_weight)
    y_true, y_pred = _readable(y_true, "y_true"), _readable(y_pred, "y_pred")
    true, pred = _array(y_true), _array(y_pred)
    if true is not None and pred is not None and 0 < len(true) == len(pred):
        weight = _weights(sample_weight, true)
        found = None
        if true.ndim == pred.ndim == 1:
            found = labels.read(true, pred, weight, matrix)
        elif true.shape == pred.shape:
            found = flags.read(true, pred, weight, columns, rows, beta)
        if found is not None:
            return found
    # (kind, labels, truth, prediction, weight), or fewer of them before scikit-learn 1.9
    kind, *parts = (part for part in _check_targets(y_true, y_pred) if part is not None)
    true, pred = parts[-2:]
    weight = _weights(sample_weight, true)
    if kind == INDICATOR:
        return flags.read_sparse(true, pred, weight, columns, beta)
    classes = unique_labels(true, pred)
    true, pred = (np.searchsorted(classes, y) for y in (true, pred))
    return labels.counted(labels.Ids(true, pred, len(classes), classes), weight, matrix)


def _readable(y: Any, name: str) -> Any:
    """What scikit-learn cannot read, as what it can; strings mixed with anything are refused.

    It reads neither NumPy's StringDType nor Arrow's dictionaries of views, and counts the nan of
    ["cat", nan] as a class.

    Raises
    ------
    F1Error
        If a label is missing or of another type than the rest, where NumPy would make text of it.
    """
    if type(y) is np.ndarray:
        return to_numpy(y, name) if y.dtype.kind == "T" else y
    if isinstance(y, (list, tuple)):
        kinds = set(map(type, y))
        if len(kinds) > 1 and any(issubclass(kind, str) for kind in kinds):
            from_objects(np.array(y, dtype=object), name)
    elif type(y).__module__ == "pyarrow.lib" and hasattr(y, "type"):
        return to_numpy(y, name)
    return y


def _array(y: Any) -> Array | None:
    """(n,) or (n, L) as an ndarray where that is plainly what it is; a single column as (n,)."""
    array = y if type(y) is np.ndarray else _converted(y)
    if array is None or array.ndim not in (1, 2) or array.dtype.kind not in "iubfUO":
        return None
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _converted(y: Any) -> Array | None:
    """A list, series or frame as the ndarray that scikit-learn would make of it."""
    known = isinstance(y, (list, tuple)) or (hasattr(y, "__array__") and hasattr(y, "__len__"))
    if not known or isinstance(y, (np.matrix, np.ma.MaskedArray)):
        return None
    try:
        array = np.asarray(y)
    except Exception:  # ragged, or whatever a foreign library raises: scikit-learn will say
        return None
    pandas = type(y).__module__.partition(".")[0] == "pandas"
    if pandas and array.dtype.kind != "O" and not isinstance(getattr(y, "dtype", _ANY), np.dtype):
        return None  # nullable numbers, which are floats to scikit-learn
    return array


def _weights(sample_weight: Any, true: Any) -> Array | None:
    """(n,) weights; whole numbers stay whole."""
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight)
    usual = weight.shape == (true.shape[0],) and weight.dtype.kind in "iubf"
    if usual and np.isfinite(weight.sum()) and weight.any():
        return weight
    return np.asarray(_check_sample_weight(sample_weight, true))
