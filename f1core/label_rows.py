"""LabelRows: rows of label ids, the cells of a wide 0/1 or score matrix of which few are not 0."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeVar, cast

import numpy as np

from .arrays import Array, to_numpy
from .errors import F1Error
from .locks import cached_property

B = TypeVar("B")  # a Batch

_TASKS = (None, "multiclass", "multilabel")


@dataclass(frozen=True, eq=False)
class LabelRows:
    """(n, L) cells: those of row r that are not 0 stand from `starts[r]` to `starts[r + 1]`.

    `labels` are their columns, which rise within a row; `values` are what they hold, nothing that
    is 0. As an array it has a shape and a dtype, and a span of its rows is an ndarray.
    """

    starts: Array  # (n + 1,) int64
    labels: Array  # integers from 0 to L - 1
    values: Array
    width: int

    @classmethod
    def of_labels(cls, starts: Array, labels: Array, width: int) -> LabelRows:
        """Rows of labels that are true; each label once a row, in rising order."""
        return cls(starts, labels, np.ones(len(labels), np.uint8), width)

    ndim = 2

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, as an array has them."""
        return len(self.starts) - 1, self.width

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of a cell."""
        return self.values.dtype

    @property
    def size(self) -> int:
        """How many cells there are, held or not."""
        return len(self) * self.width

    @property
    def nbytes(self) -> int:
        """How many bytes are read."""
        return int(self.labels.nbytes + self.values.nbytes + self.starts.nbytes)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def rows(self) -> Array:
        """The row of each held cell."""
        kind = np.int32 if len(self) < 1 << 31 else np.int64
        return np.repeat(np.arange(len(self), dtype=kind), np.diff(self.starts))

    def part(self, rows: slice) -> LabelRows:
        """A span of the rows, without a copy of their cells."""
        start, stop, _ = rows.indices(len(self))
        starts = self.starts[start : stop + 1]
        held = slice(int(starts[0]), int(starts[-1]))
        return LabelRows(starts - starts[0], self.labels[held], self.values[held], self.width)

    def take(self, rows: Array) -> LabelRows:
        """Rows by their numbers, in that order."""
        sizes = np.diff(self.starts)[rows]
        starts = np.append(0, np.cumsum(sizes))
        held = np.arange(starts[-1]) + np.repeat(self.starts[:-1][rows] - starts[:-1], sizes)
        return LabelRows(starts, self.labels[held], self.values[held], self.width)

    def only(self, kept: Array) -> LabelRows:
        """Keep the held cells that a mask of them keeps; the others are 0."""
        starts, at = np.append(0, np.cumsum(kept))[self.starts], np.flatnonzero(kept)
        return LabelRows(starts, self.labels[at], self.values[at], self.width)

    def __getitem__(self, rows: slice) -> Array:
        part = self.part(rows)
        filled = np.zeros(part.shape, self.dtype)
        filled[part.rows, part.labels] = part.values
        return filled

    def one_a_row(self) -> Array | None:
        """(n,) the label of each row, where all rows are one-hot."""
        plain = (np.diff(self.starts) == 1).all() and (self.values == 1).all()
        return self.labels.astype(np.int64) if plain else None


def read(value: Any, name: str, task: str | None) -> Any:
    """Read an array; of a sparse matrix the cells that are not 0, where the task can use these."""
    rows = label_rows(value, name) if task in _TASKS else None
    onehot = rows is not None and name == "y_true" and rows.width > 1
    if task == "multilabel" or onehot:
        return to_numpy(value, name) if rows is None else rows
    return to_numpy(value[:] if isinstance(value, LabelRows) else value, name)


def as_ids(true: Any, ignores: bool) -> tuple[Array, bool]:
    """The truth of a multiclass task, and whether it is one-hot rows: held ones become ids."""
    if not isinstance(true, LabelRows):
        return true, true.ndim == 2
    ids = None if ignores else true.one_a_row()
    return (true[:], True) if ids is None else (ids, False)


def taken(side: Any, rows: Array) -> Any:
    """Rows of an array, or of what stands for one, by their numbers."""
    return side.take(rows) if isinstance(side, LabelRows) else side[rows]


def filled(batch: B) -> B:
    """A batch with all of its cells in arrays."""
    sides = {name: getattr(batch, name) for name in ("true", "pred")}
    found = {name: side[:] for name, side in sides.items() if isinstance(side, LabelRows)}
    return replace(cast(Any, batch), **found) if found else batch


def refuse_logits() -> NoReturn:
    """Complain about logits of which few are held."""
    raise F1Error(
        "from_logits=True cannot read a sparse y_pred, whose other scores are 0: as logits these "
        "would be probabilities of 0.5; pass probabilities, or .toarray()"
    )


def label_rows(value: Any, name: str) -> LabelRows | None:
    """Read a sparse matrix as rows of labels, as SciPy has them, in any of its formats.

    None for what is none. Cells that are held twice are added up; zeros that are held are as good
    as those that are not.
    """
    if isinstance(value, LabelRows):
        return value
    if not hasattr(value, "tocsr") or getattr(value, "ndim", 0) != 2:
        return None
    try:
        matrix = value.tocsr()
        if np.dtype(matrix.dtype).kind not in "fiub":
            return None
        labels, width = np.asarray(matrix.indices), int(matrix.shape[1])
        starts = np.asarray(matrix.indptr, np.int64)
        if not _rise(starts, labels):
            matrix = matrix.copy()  # the user's own stays as it is
            matrix.sum_duplicates()
            labels, starts = np.asarray(matrix.indices), np.asarray(matrix.indptr, np.int64)
        held = slice(0, int(starts[-1]))
        values = np.asarray(matrix.data)[held]
    except Exception as error:  # whatever a foreign library raises
        raise F1Error(f"{name} cannot be read as a sparse matrix: {error}") from error
    rows = LabelRows(starts, labels[held], values, width)
    wrong = len(starts) != matrix.shape[0] + 1 or len(values) != len(rows.labels)
    wrong = wrong or starts[0] != 0 or bool((np.diff(starts) < 0).any())
    labels = rows.labels
    if wrong or (len(labels) and not 0 <= labels.min() <= labels.max() < width):
        raise F1Error(f"{name} cannot be read: it holds columns or rows beyond its shape")
    zero = rows.values == 0
    return rows.only(~zero) if zero.any() else rows


def _rise(starts: Array, labels: Array) -> bool:
    """Return whether the labels of each row rise, none twice."""
    if len(labels) < 2:
        return True
    good = np.append(True, labels[1:] > labels[:-1])
    good[starts[:-1][starts[:-1] < len(good)]] = True
    return bool(good.all())
