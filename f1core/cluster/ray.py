"""score() on Ray Data: each block is counted by a task, the states are added in tasks too."""

from __future__ import annotations

import pickle
from functools import partial
from typing import Any

import numpy as np

from ..counts import Array
from ..errors import F1Error, missing, shown
from ..io import arrow
from ..io.selection import Names, Selection
from ..scores import Scores
from .partition import FAN, Plan, finished, merged, stand_in

try:
    import ray.data
except ImportError:
    raise missing("f1core.cluster.ray", "ray[data]", "ray") from None


def score(
    df: Any,
    *,
    target: Names,
    probabilities: Names,
    task: str | None = None,
    classes: Any = None,
    sample_weight: str | None = None,
    **options: Any,
) -> Scores:
    """Score the columns of a Ray Dataset; only counts leave the workers.

    Parameters
    ----------
    df
        A `ray.data.Dataset`.
    target, probabilities, sample_weight
        Columns, as in `f1core.files.score`: one, several, a pattern, or one of lists or tensors.
    task
        "binary", "multiclass" or "multilabel"; None where the columns' types tell it.
    classes, **options
        As in `f1core.score`.

    Raises
    ------
    F1Error
        For input that has no clear meaning; of a wrong row, naming the block.

    Examples
    --------
    >>> from f1core.cluster.ray import score
    >>> score(ds, target="y", probabilities="p_*").macro.f1  # doctest: +SKIP
    0.87
    """
    if not isinstance(df, ray.data.Dataset):
        raise F1Error(f"df is {shown(type(df).__name__)}; give a Ray Dataset")
    schema = df.schema()
    if schema is None:
        raise F1Error("there are no rows to score")
    kinds = dict(zip(schema.names, schema.types, strict=True))
    chosen = Selection(list(kinds), target, probabilities, sample_weight, classes=classes)
    truth = stand_in([_none_of(kinds[name]) for name in chosen.target])
    scores = stand_in([_none_of(kinds[name]) for name in chosen.probabilities])
    plan = Plan(truth, scores, task, classes, options, chosen)
    states = df.select_columns(chosen.all).map_batches(
        partial(_count, pickle.dumps(plan), chosen.all), batch_size=None, batch_format="pyarrow"
    )
    sums = states.map_batches(_add, batch_size=FAN, batch_format="pyarrow")
    found = sorted((row["part"], row["state"]) for row in sums.iter_rows())
    return finished(merged(pickle.loads(state) for _, state in found))


def _count(plan: bytes, columns: list[str], block: Any) -> Any:
    """One state for a block."""
    part = _place()
    outcome = pickle.loads(plan).frame(
        f"block {part}", (arrow.arrays(some, columns) for some in [block] if len(some))
    )
    return _table([part], [outcome])


def _add(states: Any) -> Any:
    """The states of some blocks as one, added in the blocks' order."""
    pairs = sorted(zip(states["part"].to_pylist(), states["state"].to_pylist(), strict=True))
    if not pairs:
        return states
    return _table([pairs[0][0]], [merged(pickle.loads(state) for _, state in pairs)])


def _table(parts: list[int], outcomes: list[Any]) -> Any:
    import pyarrow as pa

    states = [pickle.dumps(outcome) for outcome in outcomes]
    return pa.table({"part": pa.array(parts, pa.int64()), "state": pa.array(states, pa.binary())})


def _place() -> int:
    """The block's number, as far as this version of Ray tells a task."""
    try:
        from ray.data._internal.execution.interfaces.task_context import TaskContext

        context: Any = TaskContext.get_current()
        return int(context.task_idx)
    except Exception:
        return 0


def _none_of(kind: Any) -> Array:
    """No rows of a column of this type, pyarrow's or NumPy's."""
    import pyarrow as pa

    if not isinstance(kind, pa.DataType):
        return np.empty(0, kind if isinstance(kind, np.dtype) else object)
    if isinstance(kind, pa.ExtensionType) or hasattr(kind, "value_type"):
        return np.empty((0, 0)) if not pa.types.is_dictionary(kind) else _none_of(kind.value_type)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return np.empty(0)
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return np.empty(0, np.bool_ if pa.types.is_boolean(kind) else np.int64)
    return np.empty(0, "U1")
