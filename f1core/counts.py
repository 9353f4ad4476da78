"""Counts: the integers (or weight sums) that add up over batches, threads and machines.

A single-label task holds either a confusion matrix or three sums per class; a multilabel task
holds four sums per label and the row statistics behind the samples averages. Merging is addition.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import sent_counts
from .alignment import aligned
from .count_layout import COUNT, PRED, ROWS, TP, TRUE, as_floats, carried
from .locks import cached_property
from .plausible import MOST_ROWS, MOST_WEIGHT, exact_sum, refuse_overflow
from .replicas import Replicas
from .sparse import Cells

Array = NDArray[Any]

_CARRIED = 1 << 31  # rows after which limbs must be carried: they are below 2^62 until then


class Counts:
    """Arrays that add up: `+` merges, `==` compares, `as_dict` and `from_dict` carry them.

    `confusion` is (C, C), rows = truth; `sums` are (3, C), or (4, L) with `rows`; these are (26,)
    for a multilabel task, (2,) where rows were only counted. `labels` are (C,) sorted values, where
    the data named the classes. `packed` is a matrix as it was sent, or counted in bytes: only who
    asks for `confusion` pays for 8 bytes a cell.
    """

    def __init__(
        self,
        n_classes: int,
        confusion: Array | None = None,
        sums: Array | None = None,
        rows: Array | None = None,
        labels: Array | None = None,
        replicas: Replicas | None = None,
        packed: Cells | None = None,
    ) -> None:
        self.n_classes = n_classes
        self.sums, self.rows, self.labels, self.replicas = sums, rows, labels, replicas
        self._packed = packed
        if packed is None:
            self.confusion = confusion
        # What `per_class` remembers of a matrix; None before that is changed in place.
        self.margins: Array | None = None
        # Sums and rows as one array of which they are parts, so that adding to both is one step.
        self._both: Array | None = None
        # How many more rows (or how much weight) may be added in place before `make_room` looks.
        self.room: Any = 0

    @classmethod
    def of_labels(cls, size: int, dtype: Any) -> Counts:
        """Counts of no rows of a multilabel task."""
        made = cls(size)
        made._split(np.zeros(4 * size + ROWS, dtype))
        if not made.weighted:
            made.room = _CARRIED
        return made

    @classmethod
    def of_cells(cls, cells: Cells, margins: Array) -> Counts:
        """Counts of a matrix in bytes, and what `per_class` is of it."""
        made = cls(margins.shape[1], packed=cells)
        made.margins = margins
        return made

    # ---- what there is -------------------------------------------------------------------

    @cached_property
    def confusion(self) -> Array | None:
        """(C, C), rows = truth, or None; unpacked when it is first asked for."""
        return None if self._packed is None else self._packed.dense(self.n_classes)

    @property
    def packed(self) -> Cells | None:
        """The matrix as it was sent or counted, as long as nobody asked for `confusion`."""
        return None if "confusion" in self.__dict__ else self._packed

    @property
    def weighted(self) -> bool:
        """Whether these are sums of float64 weights and not exact integers."""
        held: Any = self.sums
        if held is None:
            packed = self.packed
            held = self.confusion if packed is None else packed
        return bool(held.dtype.kind == "f")

    @property
    def per_class(self) -> Array:
        """(3, C): true positives, predicted and true of each class."""
        if self.margins is None:  # 1 ms for 1,000 classes, and asked for twice
            if self.confusion is None:
                assert self.sums is not None
                return self.sums[:3]
            cells = self.confusion
            margins = np.empty((3, len(cells)), cells.dtype)
            margins[TP] = cells.diagonal()
            np.add.reduce(cells, axis=0, out=margins[PRED])
            np.add.reduce(cells, axis=1, out=margins[TRUE])
            self.margins = margins
        return self.margins

    @property
    def total(self) -> Any:
        """Number of rows that count (or their weight)."""
        return self.rows[COUNT] if self.rows is not None else np.add.reduce(self.per_class[TRUE])

    @property
    def amount(self) -> Any:
        """Number of rows that count (or their weight), as a Python number; keeps nothing."""
        if self.rows is not None:
            return self.rows[COUNT].item()
        packed = self.packed
        if packed is not None:
            return exact_sum(packed.cells)
        each = self.sums if self.margins is None else self.margins
        if each is not None:
            return each[TRUE].sum().item()
        assert self.confusion is not None
        return self.confusion.sum(axis=1).sum().item()

    def arrays(self) -> tuple[Array | None, Array | None, Array | None]:
        """The matrix, the sums and the statistics of rows, with carried limbs: what adds up."""
        rows = None if self.rows is None else carried(self.rows)
        return self.confusion, self.sums, rows

    # ---- adding --------------------------------------------------------------------------

    def __add__(self, other: Counts) -> Counts:
        """Add two sets of counts, unless they do not belong together or their sum overflows."""
        left, right = aligned(self, other)
        refuse_overflow(left.amount, right.amount)
        confusion, sums, rows = (
            None if a is None or b is None else a + b
            for a, b in zip(left.arrays(), right.arrays(), strict=True)
        )
        replicas = None
        if left.replicas is not None and right.replicas is not None:
            replicas = left.replicas + right.replicas
        return Counts(left.n_classes, confusion, sums, rows, left.labels, replicas)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Counts) or self.n_classes != other.n_classes:
            return False
        left, right = (*self.arrays(), self.labels), (*other.arrays(), other.labels)
        return self.replicas == other.replicas and all(
            a is b or (a is not None and b is not None and np.array_equal(a, b))
            for a, b in zip(left, right, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def _bare(self) -> bool:
        """Return whether the three arrays are all there is: no labels, no replicas."""
        return self.labels is None and self.replicas is None

    def add_in_place(self, other: Counts) -> bool:
        """Add in one step without a new array, where shapes and dtypes allow; return if done.

        Nothing is added where the sum is refused, since it overflows.
        """
        if not (self._bare and other._bare):
            return False
        packed, matrix = other.packed, self.confusion
        if packed is not None and matrix is not None and other.n_classes == self.n_classes:
            if matrix.dtype != packed.dtype:
                return False
            self.make_room(other.amount)
            self.forget_margins()
            packed.add_to(matrix)
            return True
        pair = self.pair(other)
        if pair is None:
            return False
        self.make_room(other.amount)
        self.forget_margins()
        np.add(pair[0], pair[1], pair[0])
        return True

    def make_room(self, more: Any) -> None:
        """Make sure that so many rows, or weights of that sum, may be added in place; or refuse."""
        self.room -= more
        if self.room >= 0:
            return
        size = self.amount
        refuse_overflow(size, more)
        if self.weighted:
            self.room = MOST_WEIGHT - size - more
            return
        if self.rows is not None:
            self.rows[:] = carried(self.rows)
        self.room = max(0, min(MOST_ROWS - size, _CARRIED) - more)

    def pair(self, other: Counts) -> tuple[Array, Array] | None:
        """Return the arrays of all counts of both; None if one cannot be added to the other."""
        if not (self._bare and other._bare):
            return None
        left, right = self._whole(), other._whole()
        same = (self.rows is None) == (other.rows is None)
        same = same and left.shape == right.shape and left.dtype == right.dtype
        return (left, right) if same else None

    def _whole(self) -> Array:
        """Return the one array in which all of these counts add up."""
        if self.rows is None:
            whole = self.sums if self.confusion is None else self.confusion
        else:
            if self._both is None:
                assert self.sums is not None
                self._split(np.concatenate([self.sums.ravel(), self.rows]))
            whole = self._both
        assert whole is not None
        return whole

    def _split(self, both: Array) -> None:
        """Take sums and rows out of one array; an interrupt leaves them right."""
        size = 4 * self.n_classes
        self.sums, self.rows = both[:size].reshape(4, self.n_classes), both[size:]
        self._both = both

    def forget_margins(self) -> None:
        """Forget the sums of the confusion matrix, which is about to change."""
        self.margins = None

    # ---- in another form -----------------------------------------------------------------

    def copy(self) -> Counts:
        """Copy the counts into arrays of their own."""
        made = Counts.__new__(Counts)
        made.__dict__ = kept = self.__dict__.copy()
        if self._both is not None:
            made._split(self._both.copy())
            return made
        for name in ("confusion", "sums", "rows"):
            if kept.get(name) is not None:
                kept[name] = kept[name].copy()
        return made

    def onto(self, labels: Array) -> Counts:
        """Put counts over a larger sorted set of labels."""
        assert self.labels is not None
        size = len(labels)
        if size == self.n_classes:
            return self
        at = np.searchsorted(labels, self.labels)
        confusion = sums = None
        if self.confusion is not None:
            confusion = np.zeros((size, size), self.confusion.dtype)
            confusion[np.ix_(at, at)] = self.confusion
        if self.sums is not None:
            sums = np.zeros((3, size), self.sums.dtype)
            sums[:, at] = self.sums
        replicas = None if self.replicas is None else self.replicas.onto(at, size)
        return Counts(size, confusion, sums, None, labels, replicas)

    def as_weighted(self) -> Counts:
        """Exact integers as sums of weights 1.0."""
        confusion, sums = (None if a is None else a * 1.0 for a in (self.confusion, self.sums))
        rows = None if self.rows is None else as_floats(self.rows)
        return Counts(self.n_classes, confusion, sums, rows, self.labels, self.replicas)

    def without_confusion(self) -> Counts:
        """Reduce the confusion matrix to three sums per class."""
        return Counts(
            self.n_classes, sums=self.per_class, labels=self.labels, replicas=self.replicas
        )

    def as_dict(self) -> dict[str, Array]:
        """The arrays by name, for saving and sending."""
        return sent_counts.as_dict(self)

    @classmethod
    def from_dict(cls, named: dict[str, Array]) -> Counts:
        """Rebuild from `as_dict`, believing nothing."""
        made = cls(**sent_counts.checked(named))
        sent_counts.refuse_impossible(made)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Counts.from_dict, (self.as_dict(),)
