"""Check the parameters, arrays and weights of a call, in scikit-learn's words."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np
import sklearn.metrics
from sklearn.exceptions import UndefinedMetricWarning

# Private, but the only way to the sentences that scikit-learn's own tests ask for.
from sklearn.utils._param_validation import make_constraint, validate_parameter_constraints
from sklearn.utils.validation import _check_sample_weight

from ...arrays import to_numpy
from ...counts import Array
from ...entries import from_objects

_ANY = np.dtype(object)
Function = TypeVar("Function", bound=Callable[..., Any])


def drop_in(function: Function) -> Function:
    """Check the parameters of a call by the table of scikit-learn's function of the same name.

    The table is read once, since that name may be f1core's later: so its tests are run here.
    """
    name = function.__name__
    table = getattr(sklearn.metrics, name)._skl_parameter_constraints
    allowed = {key: [make_constraint(each) for each in listed] for key, listed in table.items()}
    kinds = inspect.signature(function).parameters.values()
    positional = [each.name for each in kinds if each.kind is each.POSITIONAL_OR_KEYWORD]

    @wraps(function)
    def checked(*args: Any, **given: Any) -> Any:
        passed = {**dict(zip(positional, args, strict=False)), **given}
        for key, constraints in allowed.items():
            if key not in passed:
                continue
            for constraint in constraints:
                if constraint.is_satisfied_by(passed[key]):
                    break
            else:
                validate_parameter_constraints(table, {key: passed[key]}, name)
        return function(*args, **given)

    return checked  # type: ignore[return-value]


def readable(y: Any, name: str) -> Any:
    """Convert what scikit-learn cannot read; strings mixed with anything else are refused.

    It reads neither NumPy's StringDType nor Arrow's dictionaries of views, and counts the nan of
    ["cat", nan] as a class.
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


def as_array(y: Any) -> Array | None:
    """(n,) or (n, L) as an ndarray where that is plainly what it is; a single column as (n,)."""
    array: Array = y
    if type(y) is not np.ndarray:  # a list, series or frame, as scikit-learn would convert it
        known = isinstance(y, (list, tuple)) or (hasattr(y, "__array__") and hasattr(y, "__len__"))
        if not known or isinstance(y, (np.matrix, np.ma.MaskedArray)):
            return None
        try:
            array = np.asarray(y)
        except Exception:  # ragged, or whatever a foreign library raises: scikit-learn will say
            return None
        native = isinstance(getattr(y, "dtype", _ANY), np.dtype) or array.dtype.kind == "O"
        if type(y).__module__.partition(".")[0] == "pandas" and not native:
            return None  # nullable numbers, which are floats to scikit-learn
    if array.ndim not in (1, 2) or array.dtype.kind not in "iubfUO":
        return None
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def weights(sample_weight: Any, true: Any) -> Array | None:
    """(n,) weights; whole numbers stay whole."""
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight)
    usual = weight.shape == (true.shape[0],) and weight.dtype.kind in "iubf"
    if usual and np.isfinite(weight.sum()) and weight.any():
        return weight
    return np.asarray(_check_sample_weight(sample_weight, true))


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the user's line, yet as `sklearn.metrics._classification`.

    So a filter written for scikit-learn, by message, category or module, does what it did.
    """
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__package__") == __package__:
        frame = frame.f_back
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        module="sklearn.metrics._classification",
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def warn_undefined(metric: str, modifier: str, average: str | None, size: int) -> None:
    """Say that a ratio is 0/0 somewhere, as scikit-learn words it."""
    within, lacking = ("sample", "label") if average == "samples" else ("label", "sample")
    where = "due to" if size == 1 else f"in {within}s with"
    warn(
        f"{metric} is ill-defined and being set to 0.0 {where} no {modifier} {lacking}s. "
        "Use `zero_division` parameter to control this behavior.",
        UndefinedMetricWarning,
    )
