"""What every partition does, whatever the engine: rows in, an Accumulator or a refusal out.

A refusal travels as a value and not as an exception, so that the caller sees its sentence and not
the engine's traceback.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import numpy as np

from ..accumulator import Accumulator
from ..counts import Array
from ..errors import F1Error, counted_from, renamed, shape_words
from ..io.selection import Selection
from ..options import parameters_of, refuse_unknown
from ..scores import Scores

_OPTIONS = ("target", "probabilities", "sample_weight", *parameters_of(Accumulator))
Outcome = Accumulator | F1Error
FAN = 8  # so many states are added in one task


class Plan:
    """How the rows of a partition are counted; made once, sent to every worker.

    Parameters
    ----------
    truth, scores
        Arrays of no rows, of the columns' shapes and dtypes.
    task, classes, options
        As in `f1core.score`.
    chosen
        Which columns are which, where the rows are of a frame.

    Raises
    ------
    F1Error
        For wrong options, and for a task that shapes and dtypes leave in doubt.
    """

    def __init__(
        self,
        truth: Array,
        scores: Array,
        task: str | None,
        classes: Any,
        options: dict[str, Any],
        chosen: Selection | None = None,
    ) -> None:
        refuse_unknown(options, _OPTIONS, "score")
        self._chosen = chosen
        if chosen is not None:
            chosen.settle(truth, scores)
            classes = chosen.classes
        options = {"threads": 1, **options}  # the engine's workers are the threads
        if task is None and options.get("pos_label") is not None:
            task = "binary"
        self._empty = Accumulator(task or _task_of(truth, scores), classes=classes, **options)

    def arrays(self, where: str, truth: Any, scores: Any, weight: Any = None) -> Outcome:
        """The counts of one partition of arrays."""
        return self._counted(where, [(truth, scores, weight)])

    def frame(self, where: str, batches: Iterable[Mapping[str, Array]]) -> Outcome:
        """The counts of one partition of columns, in batches of any size."""
        chosen = cast(Selection, self._chosen)

        def parts() -> Iterable[tuple[Any, Any, Any]]:
            for batch in batches:
                weight = None if chosen.weight is None else batch[chosen.weight]
                yield chosen.truth(batch), chosen.scores(batch), weight

        return self._counted(where, parts())

    def _counted(self, where: str, parts: Iterable[tuple[Any, Any, Any]]) -> Outcome:
        total, done = pickle.loads(pickle.dumps(self._empty)), 0
        names = {} if self._chosen is None else {"y_true": "target", "y_pred": "probabilities"}
        try:
            for truth, scores, weight in parts:
                if not (len(truth) or len(scores)):  # of which engines may not know the dtype
                    continue
                with counted_from(done):
                    total.update(truth, scores, sample_weight=weight)
                done += len(scores)
        except F1Error as error:
            return F1Error(f"{where}: {renamed(error, **names)}")
        return cast(Accumulator, total)


def merged(outcomes: Iterable[Outcome | None]) -> Outcome | None:
    """The sum of some partitions in order, or the first refusal; None where there are none."""
    total: Outcome | None = None
    for one in outcomes:
        if one is None or isinstance(total, F1Error):
            continue
        if total is None or isinstance(one, F1Error):
            total = one
            continue
        try:
            total = total + one
        except F1Error as error:
            total = error
    return total


def tree(parts: list[Any], add: Callable[[list[Any]], Any]) -> Any:
    """`FAN` parts at a time added up until one is left."""
    while len(parts) > 1:
        parts = [add(parts[start : start + FAN]) for start in range(0, len(parts), FAN)]
    return parts[0] if parts else None


def finished(outcome: Outcome | None) -> Scores:
    """The scores of the sum of all partitions.

    Raises
    ------
    F1Error
        What a partition was refused for; or if there are no rows.
    """
    if isinstance(outcome, F1Error):
        raise outcome
    if outcome is None:
        raise F1Error("there are no rows to score")
    return outcome.compute()


def _task_of(truth: Array, scores: Array) -> str:
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


def stand_in(columns: list[Array]) -> Array:
    """No rows of these columns side by side."""
    if len(columns) == 1:
        return columns[0]
    return np.empty((0, len(columns)), np.result_type(*columns))
