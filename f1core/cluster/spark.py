"""score() on Spark: each partition is counted by its worker, in Arrow batches."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from ..counts import Array
from ..errors import F1Error, missing, shown
from ..io import arrow
from ..io.selection import Names, Selection
from ..scores import Scores
from .partition import FAN, Outcome, Plan, finished, merged, stand_in

try:
    import pyspark
    from pyspark.sql import types
except ImportError:
    raise missing("f1core.cluster.spark", "pyspark", "spark") from None

_STATE = "part int, state binary"


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
    """Score the columns of a Spark DataFrame; only counts leave the workers.

    Parameters
    ----------
    df
        A Spark DataFrame.
    target, probabilities, sample_weight
        Columns, as in `f1core.files.score`: one, several, a pattern, or one of lists or of ML
        vectors.
    task
        "binary", "multiclass" or "multilabel"; None where the columns' types tell it.
    classes, **options
        As in `f1core.score`.

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
    chosen = Selection(list(df.columns), target, probabilities, sample_weight, classes=classes)
    kinds = {name: df.schema[name].dataType for name in chosen.all}
    truth = stand_in([_none_of(kinds[name]) for name in chosen.target])
    scores = stand_in([_none_of(kinds[name]) for name in chosen.probabilities])
    plan = Plan(truth, scores, task, classes, options, chosen)
    # mapInArrow reads a dot or a backtick in a name as syntax, so columns go by number.
    rows = df.select(
        [_column(df, name, kinds[name]).alias(f"c{n}") for n, name in enumerate(chosen.all)]
    )
    states = rows.mapInArrow(partial(_count, pickle.dumps(plan), chosen.all), _STATE)
    sums = states.repartition(FAN, "part").mapInArrow(_add, _STATE)
    found = sorted(sums.collect(), key=lambda row: row["part"])
    return finished(merged(pickle.loads(row["state"]) for row in found))


def _count(plan: bytes, columns: list[str], batches: Iterable[Any]) -> Iterator[Any]:
    """One state for the rows of a partition, if it has any."""
    context: Any = pyspark.TaskContext.get()
    part = 0 if context is None else context.partitionId()

    def arrays() -> Iterator[dict[str, Array]]:
        for batch in batches:
            yield arrow.arrays_in_order(batch, columns)

    outcome = pickle.loads(plan).frame(f"partition {part}", arrays())
    if isinstance(outcome, F1Error) or outcome.counts is not None:
        yield _row(part, outcome)


def _add(batches: Iterable[Any]) -> Iterator[Any]:
    """The states of some partitions as one, added in the partitions' order."""
    states = sorted(
        pair
        for batch in batches
        for pair in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    )
    if states:
        outcome = merged(pickle.loads(state) for _, state in states)
        yield _row(states[0][0], outcome)


def _row(part: int, outcome: Outcome | None) -> Any:
    import pyarrow as pa

    columns = [pa.array([part], pa.int32()), pa.array([pickle.dumps(outcome)], pa.binary())]
    return pa.record_batch(columns, ["part", "state"])


def _column(df: Any, name: str, kind: Any) -> Any:
    quoted = "`" + name.replace("`", "``") + "`"
    if type(kind).__name__ != "VectorUDT":
        return df[quoted]
    from pyspark.ml.functions import vector_to_array

    return vector_to_array(df[quoted])


def _none_of(kind: Any) -> Array:
    """No rows of a column of this type."""
    if isinstance(kind, types.ArrayType) or type(kind).__name__ == "VectorUDT":
        return np.empty((0, 0))
    if isinstance(kind, (types.FractionalType, types.DecimalType)):
        return np.empty(0)
    if isinstance(kind, types.StringType):
        return np.empty(0, "U1")
    return np.empty(0, np.bool_ if isinstance(kind, types.BooleanType) else np.int64)
