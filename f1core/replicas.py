"""Replicas: resampled counts that add up beside the counts themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .count_layout import Array
from .errors import F1Error


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
        """Add resampled counts of different rows; the same row of a stream on both is refused."""
        if self.sums.shape != other.sums.shape or (self.rows is None) != (other.rows is None):
            left, right = (f"{len(r.sums)} resamples {r.sums.shape[1:]}" for r in (self, other))
            raise F1Error(f"{right} cannot be added to {left}")
        if self.clustered != other.clustered:
            raise F1Error("rows drawn by cluster= cannot be added to rows drawn one by one")
        rows = None if self.rows is None or other.rows is None else self.rows + other.rows
        with np.errstate(over="ignore"):
            sums = self.sums + other.sums
        if sums.dtype.kind == "i" and (sums < 0).any():  # wrapped: neither side is negative
            raise F1Error("these resamples hold too many rows to be added: counts end at 2^63")
        refuse_infinite(sums)
        return Replicas(sums, rows, joined(self.spans, other.spans))

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
        """Return whether this row of the stream of that seed is in."""
        seeds, first, end = self.spans.T
        return bool(((seeds == seed) & (first <= row) & (row < end)).any())

    def only(self, classes: Array) -> Replicas:
        """Select some classes."""
        return Replicas(self.sums[:, :, classes], self.rows, self.spans)

    def onto(self, classes: Array, size: int) -> Replicas:
        """Put each class at its place among more."""
        return Replicas(among(self.sums, classes, size), self.rows, self.spans)


def among(sums: Array, places: Array, size: int) -> Array:
    """Put the last axis of (B, k, C) sums at these places among `size` classes, zeros elsewhere."""
    found = np.zeros((*sums.shape[:2], size), sums.dtype)
    found[:, :, places] = sums
    return found


def refuse_infinite(sums: Array) -> None:
    """Complain about resampled sums of weights that have left float64."""
    if sums.dtype.kind == "f" and not np.isfinite(sums).all():
        raise F1Error(
            "sample_weight has a sum beyond float64 in a resample, where a row may count "
            "several times; divide all weights by one number"
        )


def joined(a: Array, b: Array) -> Array:
    """Join the rows that are in either; refuse if some are in both."""
    if len(a) and len(b) and not (a[:, 1:].any() or b[:, 1:].any()):
        # Clusters, which are drawn alike on both sides.
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
