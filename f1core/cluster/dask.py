"""score() and score_frame() on Dask: each chunk is counted where it lies."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import option_values
from ..arrays import column_names, to_numpy
from ..columns_by_name import Arrangement, arrange
from ..errors import F1Error, missing, shown
from ..io.selection import Names
from ..label_lists import are_lists
from ..option_types import CountOptions, Task, Unpack
from .partition import FAN, Outcome, Plan, finished, merged

try:
    import dask
    import dask.array as da
except ImportError:
    raise missing("f1core.cluster.dask", "dask", "dask") from None


def score(
    y_true: Any,
    y_pred: Any,
    *,
    task: Task | None = None,
    classes: Any = None,
    sample_weight: Any = None,
    compute: bool = True,
    **options: Unpack[CountOptions],
) -> Any:
    """Score Dask arrays, chunk by chunk; only counts leave the workers.

    Parameters
    ----------
    y_true, y_pred, sample_weight
        As in `f1core.score`, as Dask arrays of any chunks, Series, or DataFrames whose columns are
        matched by name. Truth and weights are cut as `y_pred` is, whose rows stay where they are;
        chunks of its columns are put together.
    compute
        False for a Delayed, to be computed with others.
    task, classes, **options
        As in `f1core.score`; the task is read off shapes and dtypes where these tell it.

    Returns
    -------
    Scores
        Or a Delayed of them.

    Raises
    ------
    F1Error
        For input that has no clear meaning; of a wrong row, naming the chunk.

    Examples
    --------
    >>> import dask.array as da
    >>> from f1core.cluster.dask import score
    >>> y_true = da.from_array([0, 1, 1, 0], chunks=3)
    >>> score(y_true, da.from_array([0.1, 0.8, 0.4, 0.3], chunks=2)).binary.recall
    0.5
    """
    pred = _array(y_pred, "y_pred")
    pred = pred.rechunk({1: -1}) if pred.ndim == 2 else pred
    true = _like(pred, y_true, "y_true")
    names, count = option_values.classes(classes)
    found = _by_name((y_true, true), (y_pred, pred), names, count)
    sides = [
        side if order is None else side[:, order]
        for side, order in ((true, found.target), (pred, found.scores))
    ]
    true, pred = sides
    classes = names or found.names or count
    if sample_weight is not None:
        sides.append(_like(pred, sample_weight, "sample_weight"))
    none, zero = (np.empty((0, *side.shape[1:]), side.dtype) for side in (true, pred))
    plan = Plan(none, zero, task, classes, options)
    counted = dask.delayed(plan.arrays, pure=False)
    blocks = [side.to_delayed().reshape(-1).tolist() for side in sides]
    parts = [counted(f"chunk {n}", [block]) for n, block in enumerate(zip(*blocks, strict=True))]
    return _reduced(parts, compute)


def score_frame(
    df: Any,
    *,
    target: Names,
    probabilities: Names,
    task: Task | None = None,
    classes: Any = None,
    sample_weight: str | None = None,
    compute: bool = True,
    **options: Unpack[CountOptions],
) -> Any:
    """Score the columns of a Dask DataFrame, partition by partition.

    Parameters
    ----------
    df
        A Dask DataFrame.
    target, probabilities, sample_weight
        Columns, as in `f1core.files.score`: one, several, a pattern, or one of vectors.
    task, classes, compute, **options
        As in `score`; of a column of vectors the task must be said.

    Returns
    -------
    Scores
        Or a Delayed of them.

    Raises
    ------
    F1Error
        For input that has no clear meaning; of a wrong row, naming the partition.

    Examples
    --------
    >>> import pandas as pd, dask.dataframe as dd
    >>> from f1core.cluster.dask import score_frame
    >>> rows = pd.DataFrame({"y": [0, 1, 1, 0], "p": [0.1, 0.8, 0.4, 0.3]})
    >>> frame = dd.from_pandas(rows, npartitions=2)
    >>> score_frame(frame, target="y", probabilities="p").binary.recall
    0.5
    """
    if not hasattr(df, "to_delayed") or not hasattr(df, "columns"):
        raise F1Error(f"df is {shown(type(df).__name__)}; give a Dask DataFrame")
    if not all(isinstance(name, str) for name in df.columns):
        df = df.rename(columns={name: str(name) for name in df.columns})
    fields = zip(df.columns, df.dtypes, strict=True)
    plan, columns = Plan.of_columns(
        fields, task, classes, options,
        target=target, probabilities=probabilities, weight=sample_weight,
    )  # fmt: skip
    count = dask.delayed(_counted, pure=False)
    frames = df[columns].to_delayed()
    return _reduced([count(plan, n, columns, frame) for n, frame in enumerate(frames)], compute)


def _counted(plan: Plan, number: int, columns: list[str], frame: Any) -> Outcome:
    where = f"partition {number}"
    try:
        batch = {
            name: frame[name].to_numpy()
            if name == plan.missing or are_lists(frame[name], empty=True)
            else to_numpy(frame[name], f"column {name}")
            for name in columns
        }
    except F1Error as error:
        return F1Error(f"{where}: {error}")
    return plan.frame(where, [batch])


def _reduced(parts: list[Any], compute: bool) -> Any:
    """Add up `FAN` parts at a time until one is left, and divide."""
    add = dask.delayed(merged, pure=False)
    while len(parts) > 1:
        parts = [add(parts[start : start + FAN]) for start in range(0, len(parts), FAN)]
    total = parts[0] if parts else None
    if compute:
        return finished(dask.compute(total)[0])
    return dask.delayed(finished, pure=False)(total)


def _by_name(
    target: tuple[Any, Any],
    scores: tuple[Any, Any],
    classes: tuple[Any, ...] | None,
    count: int | None,
) -> Arrangement:
    """Arrange the columns of frames, each with its array, in the order of the classes."""
    shapes = [array.shape for _, array in (target, scores)]
    matrices = all(len(shape) == 2 for shape in shapes)
    if matrices and shapes[0][1] != shapes[1][1]:
        return Arrangement()  # which is refused
    names = [
        column_names(value, name) if array.ndim == 2 and array.shape[1] > 1 else None
        for (value, array), name in ((target, "y_true"), (scores, "y_pred"))
    ]
    labels = target[1] if target[1].ndim == 1 else scores[1]
    text = labels.ndim == 1 and labels.dtype.kind not in "iubf"
    return arrange(
        *names, classes=classes, count=count, labels=() if text else None, matrices=matrices,
        remedy="pass .to_dask_array() to go by position",
    )  # fmt: skip


def _array(value: Any, name: str) -> Any:
    value = value.to_dask_array() if hasattr(value, "to_dask_array") else value
    if not isinstance(value, da.Array):
        raise F1Error(f"{name} is {shown(type(value).__name__)}; give a Dask array, or use score()")
    if value.ndim not in (1, 2):
        raise F1Error(f"{name} has {value.ndim} dimensions; use one row an item")
    return value


def _like(pred: Any, value: Any, name: str) -> Any:
    """Rechunk an array to the row chunks of `pred`, whole in its columns."""
    if not (isinstance(value, da.Array) or hasattr(value, "to_dask_array")):
        value = da.from_array(to_numpy(value, name), chunks=-1)
    value = _array(value, name)
    if value.ndim == 2:
        value = value.rechunk({1: -1})
    if np.isnan([*value.chunks[0], *pred.chunks[0]]).any():  # the chunks are believed to match
        if len(value.chunks[0]) != len(pred.chunks[0]):
            raise F1Error(
                f"{name} has {len(value.chunks[0])} chunks of unknown size, y_pred has "
                f"{len(pred.chunks[0])}; compute_chunk_sizes() makes them known"
            )
        return value
    if len(value) != len(pred):
        raise F1Error(f"{name} has {len(value)} rows, y_pred has {len(pred)}")
    return value.rechunk({0: pred.chunks[0]})
