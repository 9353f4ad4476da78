"""score() on Ray Data: each block is counted by a task, the states are added in tasks too."""

from __future__ import annotations

import pickle
from functools import partial
from typing import Any

from ..errors import F1Error, missing, shown
from ..io.batches import arrays
from ..io.selection import Names
from ..option_types import CountOptions, Task, Unpack
from ..scores import Scores
from .partition import FAN, Plan, added, finished, state_row

try:
    import ray.data
except ImportError:
    raise missing("f1core.cluster.ray", "ray[data]", "ray") from None


def score(
    df: Any,
    *,
    target: Names,
    probabilities: Names,
    task: Task | None = None,
    classes: Any = None,
    sample_weight: str | None = None,
    **options: Unpack[CountOptions],
) -> Scores:
    """Score the columns of a Ray Dataset; only counts leave the workers.

    Parameters
    ----------
    df
        A `ray.data.Dataset`.
    target, probabilities, sample_weight
        Columns, as in `f1core.files.score`: one, several, a pattern, or one of lists or tensors.
    task, classes, **options
        As in `f1core.score`; the task is read off the columns' types where these tell it.

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
    fields = zip(schema.names, schema.types, strict=True)
    plan, columns = Plan.of_columns(
        fields, task, classes, options,
        target=target, probabilities=probabilities, weight=sample_weight,
    )  # fmt: skip
    count = partial(_count, pickle.dumps(plan), columns)
    states = df.select_columns(columns).map_batches(count, batch_size=None, batch_format="pyarrow")
    sums = states.map_batches(_add, batch_size=FAN, batch_format="pyarrow")
    return finished(added((row["part"], row["state"]) for row in sums.iter_rows())[1])


def _count(plan: bytes, columns: list[str], block: Any) -> Any:
    """One state for a block."""
    part = _place()
    counted = pickle.loads(plan)
    batches = (arrays(some, columns, missing=counted.missing) for some in [block] if len(some))
    return state_row(part, counted.frame(f"block {part}", batches))


def _add(states: Any) -> Any:
    """The states of some blocks as one."""
    rows = [*zip(states["part"].to_pylist(), states["state"].to_pylist(), strict=True)]
    return state_row(*added(rows)) if rows else states


def _place() -> int:
    """The block's number, as far as this version of Ray tells a task."""
    try:
        from ray.data._internal.execution.interfaces.task_context import TaskContext

        context: Any = TaskContext.get_current()
        return int(context.task_idx)
    except Exception:
        return 0
