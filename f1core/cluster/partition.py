"""Count one partition, whatever the engine: rows in, an Accumulator or a refusal out.

A refusal travels as a value and not as an exception, so that the caller sees its sentence and not
the engine's traceback.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import numpy as np

from ..accumulator import Accumulator
from ..counts import Array
from ..errors import F1Error, offset_rows, parameters_of, refuse_unknown, renamed, shape_words
from ..frame_columns import kind_of
from ..io.selection import Selection, stacked
from ..option_types import Task
from ..scores import Scores

_OPTIONS = ("target", "probabilities", "sample_weight", *parameters_of(Accumulator))
Outcome = Accumulator | F1Error
FAN = 8  # so many states are added in one task
_DTYPES = {"f": "f8", "b": "?", "i": "i8", "U": "U1"}
_ROWS = re.compile("((large_|fixed_size_)?list|array|vector|extension|arrowtensor|fixed_shape)")


class Plan:
    """Plan by which a partition's rows are counted; made once, sent to every worker.

    `truth` and `scores` are arrays of no rows, of the columns' shapes and dtypes.
    """

    _chosen: Selection | None = None

    def __init__(
        self,
        truth: Array,
        scores: Array,
        task: Task | None,
        classes: Any,
        options: Mapping[str, Any],
    ) -> None:
        refuse_unknown(options, _OPTIONS, "score")
        options = {"threads": 1, **options}  # the engine's workers are the threads
        if task is None and options.get("pos_label") is not None:
            task = "binary"
        self._empty = Accumulator(task or _task_of(truth, scores), classes=classes, **options)

    @classmethod
    def of_columns(
        cls,
        fields: Iterable[tuple[str, Any]],
        task: Task | None,
        classes: Any,
        options: Mapping[str, Any],
        **columns: Any,
    ) -> tuple[Plan, list[str]]:
        """Plan for a frame of these names and types; return the names of what is read, too."""
        names, types = zip(*fields, strict=True)
        kinds = dict(zip(names, map(str, types), strict=True))
        unknown = options.get("unknown", "error")
        chosen = Selection(
            list(names),
            classes=classes,
            unknown=unknown,
            task=task,
            **columns,
        )
        truth, scores = (
            stacked([_none_of(kinds[name]) for name in some])
            for some in (chosen.target, chosen.probabilities)
        )
        chosen.settle(truth, scores)
        plan = cls(truth, scores, task, chosen.classes, options)
        plan._chosen = chosen
        return plan, chosen.all

    @property
    def missing(self) -> str | None:
        """The column of predictions that may hold nulls."""
        return None if self._chosen is None else self._chosen.missing

    def frame(self, where: str, batches: Iterable[Mapping[str, Array]]) -> Outcome:
        """Count one partition of columns, in batches of any size."""
        chosen = cast(Selection, self._chosen)

        def parts() -> Iterator[tuple[Any, ...]]:
            for batch in batches:
                chosen.refuse_stray(batch)
                weight = None if chosen.weight is None else batch[chosen.weight]
                yield chosen.truth(batch), chosen.scores(batch), weight

        return self.arrays(where, parts())

    def arrays(self, where: str, parts: Iterable[tuple[Any, ...]]) -> Outcome:
        """Count one partition in parts: truth, scores and weights or None."""
        total, done = pickle.loads(pickle.dumps(self._empty)), 0
        names = {} if self._chosen is None else {"y_true": "target", "y_pred": "probabilities"}
        try:
            for truth, scores, *weight in parts:
                if not (len(truth) or len(scores)):  # of which engines may not know the dtype
                    continue
                with offset_rows(done):
                    total.update(truth, scores, sample_weight=weight[0] if weight else None)
                done += len(scores)
        except F1Error as error:
            return F1Error(f"{where}: {renamed(error, **names)}")
        return cast(Accumulator, total)


def merged(outcomes: Iterable[Outcome | None]) -> Outcome | None:
    """Add up some partitions in order, or take the first refusal; None where there are none."""
    total: Accumulator | None = None
    for one in outcomes:
        if isinstance(one, F1Error):
            return one
        try:
            total = one if total is None else total if one is None else total + one
        except F1Error as error:
            return error
    return total


def finished(outcome: Outcome | None) -> Scores:
    """Divide the sum of all partitions, or raise what a partition was refused for."""
    if isinstance(outcome, F1Error):
        raise outcome
    if outcome is None:
        raise F1Error("there are no rows to score")
    return outcome.compute()


def state_row(part: int, outcome: Outcome | None) -> Any:
    """A partition's number and its outcome as an Arrow table of one row."""
    import pyarrow as pa

    state = pa.array([pickle.dumps(outcome)], pa.binary())
    return pa.table({"part": pa.array([part], pa.int32()), "state": state})


def added(rows: Iterable[tuple[int, bytes]]) -> tuple[int, Outcome | None]:
    """Add up the outcomes of such rows in the partitions' order, under the first one's number."""
    ordered = sorted(rows)
    return ordered[0][0] if ordered else 0, merged(pickle.loads(state) for _, state in ordered)


def _task_of(truth: Array, scores: Array) -> Task:
    """The task that shapes and dtypes alone leave no doubt about."""
    if truth.ndim == 2:
        raise F1Error(
            f"the truth is {truth.shape[1]} columns: say task='multiclass' (one-hot rows) "
            "or task='multilabel' (any number of 1s in a row)"
        )
    if scores.ndim == 2 or {truth.dtype.kind, scores.dtype.kind} == {"U"}:
        return "multiclass"
    if scores.dtype.kind in "fb":
        return "binary"
    if "O" in (truth.dtype.kind, scores.dtype.kind):
        raise F1Error("columns of Python objects may hold text or vectors: say task=")
    raise F1Error(
        f"labels ({shape_words(scores)[4:].strip()}) do not tell their task before they are read: "
        "say task='binary' or task='multiclass'"
    )


def _none_of(kind: str) -> Array:
    """No rows of a column whose type is called that."""
    word = re.sub("^dictionary<values=", "", kind.lower())
    if _ROWS.match(word) and "string" not in word:
        return np.empty((0, 0))
    return np.empty(0, _DTYPES.get(kind_of(word), "O"))
