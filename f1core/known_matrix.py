"""Counts out of a confusion matrix that somebody has already."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import option_values
from .arrays import column_names, to_numpy, widened
from .counts import Array, Counts
from .errors import F1Error, amount, shape_words, shown
from .options import Options, make_options
from .plausible import exact_sum, refuse_overflow

Labels = tuple[Any, ...]


def read(
    matrix: Any, task: Any, classes: Any, pos_label: Any, **how: Any
) -> tuple[Counts, Options]:
    """Counts of a (C, C) matrix, rows = truth, and the options by which they are averaged."""
    rows, columns = _names(matrix)
    cells = _cells(matrix, rows, columns)
    size = len(cells)
    if columns is not None and rows is not None and rows[-1] == columns[-1] == "All":
        _refuse_margins(cells)
    numbered = columns is not None and sorted(map(repr, columns)) == sorted(map(repr, range(size)))
    if classes is None:  # numbers are classes in their own order, and of two the second is positive
        classes = size if numbered else columns
    names, count = option_values.classes(classes)
    if names is None and pos_label is not None:
        names = tuple(range(size))
    if (count or size) != size:
        said = f"classes has {amount(count or size, 'entry', 'entries')}"
        raise F1Error(f"{said}, the matrix {amount(size, 'row', 'rows')}")
    options = make_options(task, classes=names or size, pos_label=pos_label, **how)
    if options.task == "multilabel":
        raise F1Error("a multilabel task has no one matrix; task is 'binary' or 'multiclass'")
    # As `score` reads labels: those that are 0 and 1 are a binary task.
    flags = size == 2 and set(options.names or (0, 1)) == {0, 1}
    options = options.with_task(options.task or ("binary" if flags else "multiclass"))
    wanted = options.names or tuple(range(size))
    given = names or wanted
    order = np.ix_(
        _order(wanted, rows or given, "rows"), _order(wanted, columns or given, "columns")
    )
    return Counts(size, confusion=np.ascontiguousarray(cells[order])), options


def _names(matrix: Any) -> tuple[Labels | None, Labels | None]:
    """Return what a frame calls its rows and columns; unnamed ones are in the others' order."""
    columns = column_names(matrix, "matrix")
    index = getattr(matrix, "index", None)  # a list's is a method
    rows = None if index is None or callable(index) else tuple(index.tolist())
    if rows is None:
        return columns, columns
    numbers = tuple(range(len(rows)))  # pandas' own names, or classes in their order
    if columns is None and sorted(map(str, rows)) == sorted(map(str, numbers)):
        columns = numbers
    if rows == numbers and (columns is None or columns == numbers or set(columns) != set(numbers)):
        rows = None
    return (columns if rows is None else rows), (rows if columns is None else columns)


def _order(wanted: Labels, known: Labels, what: str) -> list[int]:
    """Where each class stands among the names of rows or columns."""
    lacking = next((name for name in wanted if name not in known), None)
    if lacking is not None:
        raise F1Error(f"no one of the matrix's {what} is {shown(lacking)}: they are {shown(known)}")
    return [known.index(name) for name in wanted]


def _cells(matrix: Any, rows: Labels | None, columns: Labels | None) -> Array:
    """The matrix as int64 counts, or as float64 sums of weights."""
    cells = widened(to_numpy(matrix, "matrix"))
    if cells.ndim != 2 or cells.shape[0] != cells.shape[1] or not len(cells):
        alone = sorted(map(shown, set(rows or ()) ^ set(columns or ())))
        why = f"; {alone[0]} is a row or a column alone" if alone else ""
        raise F1Error(f"matrix is {shape_words(cells)}; give one (C, C), rows = truth{why}")
    if cells.dtype.kind not in "iubf":
        raise F1Error(f"matrix is {shape_words(cells)}; it holds counts, or sums of weights")
    wrong = ~(np.isfinite(cells) & (cells >= 0))
    if wrong.any():
        row, column = np.argwhere(wrong)[0].tolist()
        raise F1Error(
            f"matrix holds {shown(cells[row, column])} at row {row}, column {column}; counts are "
            "finite, not below 0"
        )
    real = cells.dtype.kind == "f"
    refuse_overflow(exact_sum(cells), 0.0 if real else 0)
    return cells.astype(np.float64 if real else np.int64)


def _refuse_margins(cells: Array) -> None:
    """Complain about sums that pandas.crosstab(margins=True) adds as a last row and column."""
    inner = cells[:-1, :-1]
    if (inner.sum(axis=0) == cells[-1, :-1]).all() and (inner.sum(axis=1) == cells[:-1, -1]).all():
        raise F1Error("matrix has a last row and column of sums, 'All'; leave them out")
