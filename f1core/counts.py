"""Counts: the integers (or weight sums) that add up over batches, threads and machines.

A single-label task holds either a confusion matrix or three sums per class; a multilabel task
holds four sums per label and the row statistics behind the samples averages. Merging is addition.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .count_layout import COUNT, PRED, ROWS, TP, TRUE, as_floats, carried, with_whole
from .errors import F1Error, shape_words, shown
from .plausible import (
    MOST_ROWS,
    MOST_WEIGHT,
    exact_sum,
    refuse_impossible,
    refuse_impossible_replicas,
    refuse_overflow,
)
from .replicas import Replicas
from .sparse import Cells, cells_in, shrunk

Array = NDArray[Any]

_CARRIED = 1 << 31  # rows after which limbs must be carried: they are below 2^62 until then


@dataclass
class Counts:
    """Arrays that add up: `+` merges, `==` compares, `as_dict` and `from_dict` carry them."""

    n_classes: int
    # (C, C), rows = truth; made of `_cells` when first asked for, see `__getattr__`
    confusion: Array | None = field(default_factory=type(None))
    sums: Array | None = None  # (3, C), or (4, L) with rows
    rows: Array | None = None  # (26,) multilabel; (2,) where rows were only counted
    labels: Array | None = None  # (C,) sorted label values, where the data named the classes
    replicas: Replicas | None = None  # resampled counts, where they were asked for
    # What `per_class` remembers of a matrix; None before that is changed in place.
    margins: Array | None = field(default=None, init=False, repr=False)
    _cells: Cells | None = field(default=None, init=False, repr=False)
    # Sums and rows as one array of which they are parts, so that adding to both is one step.
    _both: Array | None = field(default=None, init=False, repr=False)
    # How many more rows (or how much weight) may be added in place before `make_room` must look.
    room: Any = field(default=0, init=False, repr=False)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Make the matrix of counts that came as cells when it is first asked for."""
            if name != "confusion":
                raise AttributeError(name)
            cells = self._cells
            if cells is not None:  # two threads may come here at once, and one matrix is right
                self.__dict__.setdefault("confusion", cells.dense(self.n_classes))
                self._cells = None
            return self.__dict__["confusion"]

    @property
    def cells(self) -> Cells | None:
        """The matrix as it was sent or counted, as long as nobody asked for it."""
        return self._cells

    @property
    def weighted(self) -> bool:
        """Whether these are sums of float64 weights and not exact integers."""
        held: Any = self._cells
        if held is None:
            held = self.confusion
        if held is None:
            held = self.sums if self.sums is not None else self.rows
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
        if self._cells is not None:
            return exact_sum(self._cells.cells)
        margins = self.margins
        if margins is not None:
            return margins[TRUE].sum().item()
        if self.confusion is None:
            assert self.sums is not None
            return self.sums[TRUE].sum().item()
        return self.confusion.sum(axis=1).sum().item()

    def __add__(self, other: Counts) -> Counts:
        """Add two sets of counts.

        Raises
        ------
        F1Error
            If they do not belong together, or their sum leaves int64 or float64.
        """
        mine, theirs = aligned(self, other)
        refuse_overflow(mine.amount, theirs.amount)
        confusion, sums, rows = (
            None if a is None or b is None else a + b
            for a, b in zip(mine._carried(), theirs._carried(), strict=True)
        )
        replicas = None
        if mine.replicas is not None and theirs.replicas is not None:
            replicas = mine.replicas + theirs.replicas
        made = Counts(mine.n_classes, confusion, sums, rows, mine.labels, replicas)
        return made._in_one()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Counts) or self.n_classes != other.n_classes:
            return False
        mine, theirs = (*self._carried(), self.labels), (*other._carried(), other.labels)
        return self.replicas == other.replicas and all(
            a is b or (a is not None and b is not None and np.array_equal(a, b))
            for a, b in zip(mine, theirs, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def arrays(self) -> tuple[Array | None, Array | None, Array | None]:
        """The three arrays that add up."""
        return self.confusion, self.sums, self.rows

    def _carried(self) -> tuple[Array | None, Array | None, Array | None]:
        rows = None if self.rows is None else carried(self.rows)
        return self.confusion, self.sums, rows

    def add_in_place(self, other: Counts) -> bool:
        """Add in one step without a new array, where shapes and dtypes allow; say if it was done.

        Raises
        ------
        F1Error
            If the sum leaves int64 or float64; nothing is added then.
        """
        if not (self._bare and other._bare):
            return False
        cells, matrix = other._cells, self.confusion
        if cells is not None and matrix is not None and other.n_classes == self.n_classes:
            if matrix.dtype != cells.dtype:
                return False
            self.make_room(other.amount)
            self.forget_margins()
            cells.add_to(matrix)
            return True
        pair = self.pair(other)
        if pair is None:
            return False
        self.make_room(other.amount)
        self.forget_margins()
        np.add(pair[0], pair[1], pair[0])
        return True

    def make_room(self, more: Any) -> None:
        """Make sure that so many rows, or weights of that sum, may be added in place.

        Raises
        ------
        F1Error
            If they do not fit.
        """
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
        """The array that holds all of these, and the other's; None if one cannot take the other."""
        if not (self._bare and other._bare):
            return None
        mine, theirs = self._whole(), other._whole()
        if mine is None or theirs is None or (self.rows is None) != (other.rows is None):
            return None
        same = mine.shape == theirs.shape and mine.dtype == theirs.dtype
        return (mine, theirs) if same else None

    def _whole(self) -> Array | None:
        if self.rows is not None:
            return self._both
        return self.sums if self.confusion is None else self.confusion

    def forget_margins(self) -> None:
        """Forget the sums of the confusion matrix, which is about to change."""
        self.margins = None

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

    @classmethod
    def of_labels(cls, size: int, dtype: Any) -> Counts:
        """Counts of no rows of a multilabel task."""
        made = cls(size)
        both = np.zeros(4 * size + ROWS, dtype)
        made._split(both)
        if both.dtype.kind == "i":
            made.room = _CARRIED
        return made

    def _split(self, both: Array) -> None:
        """Take sums and rows out of one array."""
        self._both, size = both, 4 * self.n_classes
        self.sums, self.rows = both[:size].reshape(4, self.n_classes), both[size:]

    def _in_one(self) -> Counts:
        """Put sums and rows into one array, so that both are added to in one step."""
        if self.sums is not None and self.rows is not None and self._both is None:
            self._split(np.concatenate([self.sums.ravel(), self.rows]))
        return self

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
        _, sums, rows = self._carried() if self._cells is None else (None, self.sums, self.rows)
        named = {"sums": sums, "rows": rows, "labels": self.labels}
        found = {name: array for name, array in named.items() if array is not None}
        cells = self.cells
        if cells is None or cells.gaps is None:
            matrix = self.confusion if cells is None else cells.cells
            cells = None if matrix is None else shrunk(matrix)
        found |= {} if cells is None else cells.as_dict()
        found |= {} if self.replicas is None else self.replicas.as_dict()
        return {"n_classes": np.asarray(self.n_classes), **found}

    @classmethod
    def from_dict(cls, named: dict[str, Array]) -> Counts:
        """Rebuild from `as_dict`, believing nothing.

        Raises
        ------
        F1Error
            If an array is missing or unknown, has another shape or dtype, or holds what no
            count can be.
        """
        named = dict(named)
        try:
            n_classes = operator.index(np.asarray(named.pop("n_classes"))[()])
            labels = named.pop("labels", None)
            cells = cells_in(named, n_classes)
            arrays = {name: named.pop(name) for name in _SHAPES if name in named}
            if "rows" in arrays:
                arrays["rows"] = with_whole(arrays["rows"])
        except (KeyError, TypeError, ValueError) as error:
            raise F1Error(f"these are not counts: {error!r}") from None
        shapes = {name: shape(n_classes, "rows" in arrays) for name, shape in _SHAPES.items()}
        in_rows = shapes["rows"] if "rows" in arrays else None
        replicas = Replicas.taken_from(named, shapes["sums"], in_rows)
        form = {*arrays, *([] if cells is None else ["confusion"])}
        doubled = cells is not None and "confusion" in arrays
        if named or form not in _FORMS or doubled or n_classes < 0:
            raise F1Error(f"these are not counts: {sorted({*named, *arrays})}")
        for name, array in arrays.items():
            if array.shape != shapes[name] or array.dtype not in (np.int64, np.float64):
                raise F1Error(f"{name} of {n_classes} classes cannot be {shape_words(array)}")
            if not (np.isfinite(array).all() and (array >= 0).all()):
                raise F1Error(f"{name} holds a number that no count can be")
        if len({array.dtype for array in arrays.values()}) > 1:
            raise F1Error("sums and rows cannot be of two dtypes")
        if labels is not None and (
            labels.shape != (n_classes,)
            or labels.dtype.kind not in "iuUfb"
            or (labels[1:] <= labels[:-1]).any()
        ):
            raise F1Error(f"labels of {n_classes} classes cannot be {shape_words(labels)}")
        made = cls(n_classes, **arrays, labels=labels, replicas=replicas)._with(cells)
        made._refuse_impossible()
        return made._in_one()

    def _refuse_impossible(self) -> None:
        if self.sums is not None:
            refuse_impossible(self.sums, self.rows)
        else:
            cells = self.confusion if self._cells is None else self._cells.cells
            assert cells is not None
            refuse_overflow(exact_sum(cells), 0.0 if self.weighted else 0)
        replicas = self.replicas
        if replicas is not None:
            arrays = replicas.sums, replicas.rows, replicas.spans
            refuse_impossible_replicas(*arrays, self.amount, self.weighted)

    @classmethod
    def of_cells(cls, cells: Cells, margins: Array) -> Counts:
        """Counts whose matrix is made when it is asked for, and what `per_class` is of it."""
        counts = cls(margins.shape[1])._with(cells)
        counts.margins = margins
        return counts

    def _with(self, cells: Cells | None) -> Counts:
        if cells is not None:
            del self.confusion
            self._cells = cells
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Counts.from_dict, (self.as_dict(),)

    @property
    def _bare(self) -> bool:
        """Whether the three arrays are all there is."""
        return self.labels is None and self.replicas is None


# What shape each array has, and which arrays come together.
_SHAPES: dict[str, Callable[[int, bool], tuple[int, ...]]] = {
    "confusion": lambda n, multilabel: (n, n),
    "sums": lambda n, multilabel: (4 if multilabel else 3, n),
    "rows": lambda n, multilabel: (ROWS,),
}
_FORMS = ({"confusion"}, {"sums"}, {"sums", "rows"})


def aligned(a: Counts, b: Counts) -> tuple[Counts, Counts]:
    """Bring both to the same classes and the same form, so that their arrays add up."""
    refuse_mixed(a.labels, b.labels)
    if a.labels is not None and b.labels is not None:
        labels = union(a.labels, b.labels)
        a, b = onto(a, labels), onto(b, labels)
    refuse_other_width(a.n_classes, b.n_classes)
    if (a.confusion is None) != (b.confusion is None):
        a, b = a.without_confusion(), b.without_confusion()
    if a.weighted != b.weighted:
        a, b = a.as_weighted(), b.as_weighted()
    if (a.replicas is None) != (b.replicas is None):
        raise F1Error("one side kept resamples, the other none: give both the same resamples=")
    return a, b


def refuse_mixed(a: Array | None, b: Array | None) -> None:
    """Complain if one side has labels and the other none."""
    if (a is None) != (b is None):
        raise F1Error(
            "one side knows its classes from the labels seen, the other by number: "
            "give both the same classes="
        )


def refuse_other_width(a: int, b: int) -> None:
    """Complain if the numbers of classes differ."""
    if a != b:
        raise F1Error(f"{a} classes cannot be added to {b}")


def union(a: Array, b: Array) -> Array:
    """Two sorted sets of labels as one."""
    if a.shape == b.shape and (a == b).all():
        return a
    if len(a) and len(b) and (a.dtype.kind == "U") != (b.dtype.kind == "U"):
        raise F1Error(f"labels mix strings and numbers: {shown(a[0])} and {shown(b[0])}")
    return np.union1d(a, b) if len(a) and len(b) else (a if len(a) else b)


def onto(counts: Counts, labels: Array) -> Counts:
    """Put counts over a larger sorted set of labels."""
    assert counts.labels is not None
    size = len(labels)
    if size == counts.n_classes:
        return counts
    at = np.searchsorted(labels, counts.labels)
    confusion = sums = None
    if counts.confusion is not None:
        confusion = np.zeros((size, size), counts.confusion.dtype)
        confusion[np.ix_(at, at)] = counts.confusion
    if counts.sums is not None:
        sums = np.zeros((3, size), counts.sums.dtype)
        sums[:, at] = counts.sums
    replicas = None if counts.replicas is None else counts.replicas.onto(at, size)
    return Counts(size, confusion=confusion, sums=sums, labels=labels, replicas=replicas)
