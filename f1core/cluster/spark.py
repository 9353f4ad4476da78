"""score() on Spark: each partition is counted by its worker, in Arrow batches."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from ..errors import F1Error, missing, shown
from ..io.batches import array
from ..io.selection import Names
from ..option_types import CountOptions, Task, Unpack
from ..scores import Scores
from .partition import FAN, Plan, added, finished, state_row

try:
    import pyspark
except ImportError:
    raise missing("f1core.cluster.spark", "pyspark", "spark") from None

_STATE = "part int, state binary"


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
    """Score the columns of a Spark DataFrame; only counts leave the workers.

    Parameters
    ----------
    df
        A Spark DataFrame.
    target, probabilities, sample_weight
        Columns, as in `f1core.files.score`: one, several, a pattern, or one of lists or of ML
        vectors.
    task, classes, **options
        As in `f1core.score`; the task is read off the columns' types where these tell it.

    Raises
    ------
    F1Error
        For input that has no clear meaning; of a wrong row, naming the partition.

    Examples
    --------
    >>> from f1core.cluster.spark import score
    >>> score(df, target="label", probabilities="probability").macro.f1  # doctest: +SKIP
    0.87
    """
    if not hasattr(df, "mapInArrow"):
        raise F1Error(f"df is {shown(type(df).__name__)}; give a Spark DataFrame")
    fields = ((field.name, field.dataType.simpleString()) for field in df.schema)
    plan, columns = Plan.of_columns(
        fields, task, classes, options,
        target=target, probabilities=probabilities, weight=sample_weight,
    )  # fmt: skip
    # mapInArrow reads a dot or a backtick in a name as syntax, so columns go by number.
    rows = df.select([_column(df, name).alias(f"c{n}") for n, name in enumerate(columns)])
    states = rows.mapInArrow(partial(_count, pickle.dumps(plan), columns), _STATE)
    sums = states.repartition(FAN, "part").mapInArrow(_add, _STATE)
    return finished(added((row["part"], bytes(row["state"])) for row in sums.collect())[1])


def _count(plan: bytes, columns: list[str], batches: Iterable[Any]) -> Iterator[Any]:
    """One state for the rows of a partition, if it has any."""
    context: Any = pyspark.TaskContext.get()
    part = 0 if context is None else context.partitionId()
    counted = pickle.loads(plan)
    parts = (
        {
            name: array(column, name, name == counted.missing)
            for name, column in zip(columns, b.columns, strict=True)
        }
        for b in batches
    )
    outcome = counted.frame(f"partition {part}", parts)
    if isinstance(outcome, F1Error) or outcome.counts is not None:
        yield from state_row(part, outcome).to_batches()


def _add(batches: Iterable[Any]) -> Iterator[Any]:
    """The states of some partitions as one."""
    rows = [
        pair
        for batch in batches
        for pair in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    ]
    if rows:
        yield from state_row(*added(rows)).to_batches()


def _column(df: Any, name: str) -> Any:
    quoted = "`" + name.replace("`", "``") + "`"
    if type(df.schema[name].dataType).__name__ != "VectorUDT":
        return df[quoted]
    from pyspark.ml.functions import vector_to_array

    return vector_to_array(df[quoted])
