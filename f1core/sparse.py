"""A confusion matrix in few bytes, for saving and sending: most of its cells are zeros."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .count_layout import Array
from .errors import F1Error, shape_words

# So much smaller the cells alone must be: 10^6 whole bytes are added in 1 ms, 300,000 cells in 5.
_PAYS = 4


class Cells(NamedTuple):
    """Cells of a matrix: those that are not 0 and the steps between them, or all."""

    gaps: Array | None  # (k,) unsigned; the first one from the place before the matrix
    cells: Array  # (k,), or (C, C) without gaps; unsigned, or float64

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the matrix."""
        return np.dtype(np.float64 if self.cells.dtype.kind == "f" else np.int64)

    def add_to(self, matrix: Array) -> None:
        """Add onto a contiguous matrix of this dtype: 50 µs for 4,000 cells of 1,000 classes."""
        if self.gaps is None:
            np.add(matrix, self.cells, out=matrix, casting="unsafe")  # of less than 2^63
        else:
            at = np.cumsum(self.gaps, dtype=np.int64) - 1
            matrix.reshape(-1)[at] += self.cells.astype(matrix.dtype)

    def dense(self, size: int) -> Array:
        """The (size, size) matrix."""
        if self.gaps is None:
            return self.cells.astype(self.dtype)
        made = np.zeros((size, size), self.dtype)
        self.add_to(made)
        return made

    def as_dict(self) -> dict[str, Array]:
        """The arrays by name."""
        if self.gaps is None:
            return {"confusion": self.cells}
        return {"gaps": self.gaps, "cells": self.cells}


def shrunk(matrix: Array) -> Cells:
    """A matrix in few bytes."""
    at = np.flatnonzero(matrix)
    gaps, cells = _narrow(np.diff(at, prepend=-1)), _narrow(matrix.reshape(-1)[at])
    if _PAYS * (gaps.nbytes + cells.nbytes) < matrix.size * cells.itemsize:
        return Cells(gaps, cells)
    return Cells(None, _narrow(matrix))


def cells_in(named: dict[str, Array], size: int) -> Cells | None:
    """Take the arrays of `as_dict` out of a dict, believing nothing; None without any."""
    whole = named.get("confusion")
    if whole is not None and whole.dtype in _UNSIGNED and whole.shape == (size, size):
        return _plausible(Cells(None, named.pop("confusion")))
    if not {"gaps", "cells"} <= set(named):
        return None
    gaps, cells = named.pop("gaps"), named.pop("cells")
    known = gaps.dtype in _UNSIGNED and cells.dtype in (*_UNSIGNED, np.float64)
    if not known or gaps.ndim != 1 or cells.shape != gaps.shape:
        raise F1Error(f"cells cannot be {shape_words(gaps)} and {shape_words(cells)}")
    if len(gaps) and (gaps.min() == 0 or gaps.sum(dtype=np.float64) > size**2):
        raise F1Error(f"cells lie outside of the matrix of {size} classes")
    return _plausible(Cells(gaps, cells))


def _plausible(found: Cells) -> Cells:
    cells = found.cells
    good = np.isfinite(cells).all() if cells.dtype.kind == "f" else cells.itemsize < 8
    good = good or (cells.dtype.kind == "u" and cells.max(initial=0) < 1 << 63)
    if not good or (found.gaps is not None and cells.min(initial=1) <= 0):
        raise F1Error("confusion holds a number that no count can be")
    return found


def _narrow(numbers: Array) -> Array:
    """Whole numbers from 0 in the narrowest dtype; floats as they are."""
    if numbers.dtype.kind == "f":
        return numbers
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


_UNSIGNED = tuple(np.dtype(f"u{width}") for width in (1, 2, 4, 8))
