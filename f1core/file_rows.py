"""Rows of files, frames and streams behind a cell: where each is, and what its columns hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from . import option_values
from .arrays import widened
from .errors import F1Error, parameters_of, refuse_unknown
from .found_rows import DECIDING, Cell, Finder
from .io.rows import ChosenBatch, cast_words, locate_errors, process_batches
from .io.selection import Names
from .io.spelling import WRITTEN
from .option_types import CountOptions, Task, Unpack


class Row(NamedTuple):
    """A row of a source: its path (or what the source is called), its number, its columns."""

    path: str
    row: int
    columns: dict[str, Any]


def rows(
    paths: Any,
    *,
    target: Names,
    probabilities: Names | None = None,
    true: Any = None,
    predicted: Any = None,
    label: Any = None,
    outcome: str | None = None,
    limit: int | None = 100,
    columns: Names | None = None,
    task: Task | None = None,
    classes: Any = None,
    text_labels: bool = False,
    empty_labels: bool = False,
    **options: Unpack[CountOptions],
) -> list[Row]:
    """Find the rows behind a cell of the confusion matrix, or that decided a label one way.

    Parameters
    ----------
    paths, target, probabilities, classes, text_labels, empty_labels
        As in `score`; each source is read once.
    true, predicted, label, outcome, task, **options
        As in `f1core.rows`: a true and a predicted class, or a label and "tp", "fp", "fn" or "tn".
    limit
        How many rows at most, the first ones: reading ends with the last of them. None for all.
    columns
        What to show beside target and probabilities: a column, several, or a pattern; "*" for all.
        Those of text files come as they are written.

    Returns
    -------
    list
        Rows (path, row, columns): the row's number in its file counts from 0, without a header;
        `columns` are plain Python values by name.

    Raises
    ------
    F1Error
        As `score`, and for a class that is none.

    Examples
    --------
    >>> import f1core.files
    >>> asked = {"true": "VF", "predicted": "L", "columns": "Resample", "limit": 1}
    >>> [row] = f1core.files.rows(
    ...     "tests/data/hpc_cv.csv", target="obs", probabilities="pred", **asked
    ... )
    >>> row.path, row.row, row.columns
    ('tests/data/hpc_cv.csv', 2447, {'obs': 'VF', 'pred': 'L', 'Resample': 'Fold08'})
    """
    refuse_unknown(options, (*parameters_of(rows), *DECIDING), "files.rows")
    most = None if limit is None else option_values.whole("limit", limit)
    names = {"true": true, "predicted": predicted, "label": label}
    Cell.checked(true, predicted, label, outcome)  # before anything is read

    def find_rows(batches: Iterator[ChosenBatch]) -> list[Row]:
        found: list[Row] = []
        finder: Finder | None = None
        done, last = 0, ""
        for name, chosen, batch in batches:
            truth, scores = chosen.truth(batch), chosen.scores(batch)
            done, last = done if name == last else 0, name
            with locate_errors(name, done):
                if finder is None:
                    given = cast_words({**options, **names}, truth, chosen.classes)
                    pair, of = (given.pop("true"), given.pop("predicted")), given.pop("label")
                    cell = Cell.checked(*pair, of, outcome)
                    finder = Finder(cell, task, chosen.classes, given)
                left = None if most is None else most - len(found)
                places = finder.found(truth, scores, left).tolist()
            for place in places:
                shown = {column: _plain(batch[column][place]) for column in chosen.all}
                predicted_column = chosen.probabilities[0]
                if WRITTEN in batch and shown[predicted_column] is None:  # no number among numbers
                    shown[predicted_column] = batch[WRITTEN][place] or None
                found.append(Row(name, done + place, shown))
            done += len(scores)
            if most is not None and len(found) >= most:
                return found
        if finder is None:
            raise F1Error("there are no rows in these files")
        finder.finish()
        return found

    return process_batches(
        paths, find_rows, classes=classes, text_labels=text_labels, empty_labels=empty_labels,
        options={**options, **names}, task=task, target=target, probabilities=probabilities,
        extra=columns,
    )  # fmt: skip


def _plain(value: Any) -> Any:
    """Convert a cell to a plain Python value."""
    if hasattr(value, "as_py"):  # Arrow's
        return value.as_py()
    if isinstance(value, (np.ndarray, np.void)) and value.dtype.names == ("bfloat16",):
        value = widened(np.asarray(value))
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
