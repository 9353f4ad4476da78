"""Replicas: resampled counts that add up beside the counts themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .count_layout import with_whole
from .errors import F1Error, shape_words

Array = NDArray[Any]

_NAMES = {"replica_sums": "sums", "replica_rows": "rows", "replica_spans": "spans"}


@dataclass(frozen=True, eq=False)
class Replicas:
    """B resampled counts of the rows of some streams; never changed in place.

    `spans` (k, 3) says which rows are in: seed of the stream, first row, end. Of rows that were
    drawn by their clusters' ids it is the seed alone, (1, 3) with two zeros.
    """

    sums: Array  # (B, 3, C), or (B, 4, L) with rows
    rows: Array | None  # (B, 20) multilabel
    spans: Array

    def __add__(self, other: Replicas) -> Replicas:
        """Add resampled counts of different rows.

        Raises
        ------
        F1Error
            If the same row of a stream is on both sides, or they differ in form.
        """
        if self.sums.shape != other.sums.shape or (self.rows is None) != (other.rows is None):
            mine, theirs = (f"{len(r.sums)} resamples {r.sums.shape[1:]}" for r in (self, other))
            raise F1Error(f"{theirs} cannot be added to {mine}")
        if self.clustered != other.clustered:
            raise F1Error("rows drawn by cluster= cannot be added to rows drawn one by one")
        rows = None if self.rows is None or other.rows is None else self.rows + other.rows
        with np.errstate(over="ignore"):
            sums = self.sums + other.sums
        if sums.dtype.kind == "i" and (sums < 0).any():  # wrapped: neither side is negative
            raise F1Error("these resamples hold too many rows to be added: counts end at 2^63")
        refuse_infinite(sums)
        return Replicas(sums, rows, _joined(self.spans, other.spans))

    @property
    def clustered(self) -> bool:
        """Whether whole clusters were drawn, by their ids."""
        return len(self.spans) == 1 and not self.spans[0, 1:].any()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Replicas):
            return NotImplemented
        pairs = ((self.sums, other.sums), (self.rows, other.rows), (self.spans, other.spans))
        return all(
            a is b or (a is not None and b is not None and np.array_equal(a, b)) for a, b in pairs
        )

    __hash__ = None  # type: ignore[assignment]

    def holds(self, seed: int, row: int) -> bool:
        """Whether this row of the stream of that seed is in."""
        seeds, first, end = self.spans.T
        return bool(((seeds == seed) & (first <= row) & (row < end)).any())

    def only(self, classes: Array) -> Replicas:
        """Select some classes."""
        return Replicas(self.sums[:, :, classes], self.rows, self.spans)

    def onto(self, classes: Array, size: int) -> Replicas:
        """Put each class at its place among more."""
        sums = np.zeros((*self.sums.shape[:2], size), self.sums.dtype)
        sums[:, :, classes] = self.sums
        return Replicas(sums, self.rows, self.spans)

    def as_dict(self) -> dict[str, Array]:
        """The arrays by name, for saving and sending."""
        named = {name: getattr(self, of) for name, of in _NAMES.items()}
        return {name: array for name, array in named.items() if array is not None}

    @classmethod
    def taken_from(
        cls, named: dict[str, Array], sums: tuple[int, ...], rows: Any
    ) -> Replicas | None:
        """Take the arrays of `as_dict` out of a dict, believing nothing; None without any.

        Raises
        ------
        F1Error
            If they are not of replicas of counts of these shapes.
        """
        found = {of: named.pop(name) for name, of in _NAMES.items() if name in named}
        if not found:
            return None
        if set(found) != {"sums", "spans"} | ({"rows"} if rows is not None else set()):
            raise F1Error(f"these are not replicas: {sorted(found)}")
        if "rows" in found:
            found["rows"] = with_whole(found["rows"])
        shapes = {"sums": (None, *sums), "rows": (None, *(rows or ())), "spans": (None, 3)}
        for name, array in found.items():
            known = (np.int64,) if name == "spans" else (np.int64, np.float64)
            good = array.dtype in known and array.ndim == len(shapes[name])
            if not good or array.shape[1:] != shapes[name][1:]:
                raise F1Error(f"{name} of replicas cannot be {shape_words(array)}")
            if not ((array >= 0) & np.isfinite(array)).all():
                raise F1Error(f"{name} of replicas hold a number that no count can be")
        _joined(found["spans"], found["spans"][:0])
        return cls(found["sums"], found.get("rows"), found["spans"])


def refuse_infinite(sums: Array) -> None:
    """Complain about resampled sums of weights that have left float64.

    Raises
    ------
    F1Error
        If they have.
    """
    if sums.dtype.kind == "f" and not np.isfinite(sums).all():
        raise F1Error(
            "sample_weight has a sum beyond float64 in a resample, where a row may count "
            "several times; divide all weights by one number"
        )


def _joined(a: Array, b: Array) -> Array:
    """Join the rows that are in either; refuse if some are in both."""
    if (
        len(a) and len(b) and not (a[:, 1:].any() or b[:, 1:].any())
    ):  # clusters, which are drawn alike on both sides
        if a[0, 0] != b[0, 0]:
            raise F1Error(
                f"clusters were drawn from seed {a[0, 0]} on one side and {b[0, 0]} on the other: "
                "give both the same seed="
            )
        return a
    if len(a) == 1 and not len(b) and not a[0, 1:].any():
        return a
    spans: list[list[int]] = []
    for seed, start, stop in sorted([*a.tolist(), *b.tolist()]):
        last = spans[-1] if spans else [-1, 0, 0]
        if seed == last[0] and start < last[2]:
            raise F1Error(
                f"both sides drew the resamples of the same rows from seed {seed}: "
                "give each its own seed, or None"
            )
        if seed == last[0] and start == last[2]:
            last[2] = stop
        elif stop > start:
            spans.append([seed, start, stop])
    return np.array(spans, np.int64).reshape(-1, 3)
