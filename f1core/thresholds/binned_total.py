"""BinnedTotal: bins of scores as a value: merged, compared, pickled, saved."""

from __future__ import annotations

import os
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..counts import Array
from ..errors import F1Error, shown
from ..locks import new_lock
from ..options import Options
from ..plausible import down_scaled, exact_sum, refuse_overflow
from ..pos_label import agreed
from .bin_sums import BinSums

Own = TypeVar("Own", bound="BinnedTotal")


class BinnedState(NamedTuple):
    """Options, counts and sums of the bins at one moment; replaced in one step."""

    options: Options  # those asked for, and what the columns of the first batch call the labels
    counts: Array | None = None  # (L, bins + 2, 2) of `count_bins`: negative, positive
    negative: Any = None  # the negative class that the data named, once it occurred
    sums: BinSums | None = None  # beside the counts, where calibration is asked for

    def plus(
        self, options: Options, counts: Array, negative: Any, sums: BinSums | None
    ) -> BinnedState:
        """Add counts and sums of the same form."""
        if self.counts is None:
            return BinnedState(options, counts, negative, sums)
        more = None if self.sums is None or sums is None else self.sums.plus(sums)
        return BinnedState(options, _sum(self.counts, counts), negative, more)


class BinnedTotal:
    """Counts of bins under a lock; `BinnedThresholds` adds batches to them."""

    bins: int
    calibrated: bool

    def __init__(self, options: Options, bins: int, calibrated: bool) -> None:
        self._initial_options = options  # before columns named the labels
        self.bins, self.calibrated = bins, calibrated
        self._state = BinnedState(options)
        self._lock = new_lock()

    def merge(self: Own, other: Own) -> None:
        """Add another's counts, which stays as it is.

        Raises
        ------
        F1Error
            If the two were made with different options, or saw different numbers of labels.
        """
        if not isinstance(other, BinnedTotal):
            raise F1Error(f"only BinnedThresholds can be merged, this is {shown(other)}")
        options, more, negative, sums = other._state
        with self._lock:
            current = self._state
            now = current.counts
            if now is None or more is None:  # no columns named its labels yet
                difference = self._initial_options.difference(other._initial_options)
            else:
                difference = current.options.difference(options)
            for name in ("bins", "calibrated"):
                own, others = getattr(self, name), getattr(other, name)
                if own != others:
                    name = {"calibrated": "calibration"}.get(name, name)
                    difference = f"{name} is {own} here and {others} there"
            if difference is not None:
                raise F1Error(f"these bins cannot be merged: {difference}")
            if now is not None and more is not None and len(now) != len(more):
                raise F1Error(f"{len(more)} labels cannot be added to {len(now)}")
            negative = agreed(current.negative, negative)
            if more is None:
                both = current._replace(negative=negative)
            else:
                both = current.plus(
                    options if now is None else current.options, more, negative, sums
                )
            if self._state is current:  # else a signal handler came in between
                self._state = both
                return
        self.merge(other)

    def __add__(self: Own, other: Own) -> Own:
        if not isinstance(other, BinnedTotal):
            return NotImplemented
        both = type(self).__new__(type(self))
        both.__setstate__(self.__getstate__())
        both.merge(other)
        return both

    def reset(self) -> None:
        """Forget all counts, keep the options."""
        with self._lock:
            self._state = BinnedState(self._initial_options)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BinnedTotal):
            return NotImplemented
        (one, left, negative, sums), (two, right, another, more) = self._state, other._state
        if self.bins != other.bins or one.difference(two) is not None or negative != another:
            return False
        if left is None or right is None or self.calibrated != other.calibrated:
            return left is right and self.calibrated == other.calibrated
        same = np.array_equal(left, right)
        return same and all(map(np.array_equal, sums or (), more or ()))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        options, counts, *_ = self._state
        rows = 0 if counts is None else counts.sum(axis=(1, 2)).max()
        more = ", calibration=True" if self.calibrated else ""
        return f"BinnedThresholds({options.task!r}, bins={self.bins}{more}, {rows:,} rows)"

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the bins to a file (npz, no pickle, with a checksum), whole or not at all.

        An older state is replaced; any other file only with `force=True`.

        Raises
        ------
        F1Error
            If the file cannot be written, or holds something else than a state.
        """
        from .bins_on_disk import save  # zipfile, json and hashlib

        save(path, self.bins, self.calibrated, self._state, force)

    @classmethod
    def load(cls: type[Own], path: str | os.PathLike[str]) -> Own:
        """Read what `save` wrote.

        Raises
        ------
        F1Error
            If the file is missing, damaged, or holds no bins.
        """
        from .bins_on_disk import load

        made = cls.__new__(cls)
        bins, calibrated, loaded = load(path)
        BinnedTotal.__init__(made, loaded.options, bins, calibrated)
        made._state = loaded
        return made

    def __getstate__(self) -> dict[str, Any]:
        options, counts, negative, sums = self._state
        counts = None if counts is None else counts.copy()
        sums = None if sums is None else BinSums(*(each.copy() for each in sums))
        named = {"options": options, "asked": self._initial_options, "negative": negative}
        both = {"bins": self.bins, "calibrated": self.calibrated}
        return {**named, **both, "counts": counts, "sums": sums}

    def __setstate__(self, made: dict[str, Any]) -> None:
        initial = made.get("asked", made["options"])
        BinnedTotal.__init__(self, initial, made["bins"], made.get("calibrated", False))
        fields = (made.get(name) for name in ("options", "counts", "negative", "sums"))
        self._state = BinnedState(*fields)  # type: ignore[arg-type]

    def _seen(self) -> Array:
        counts = self._state.counts
        if counts is None:
            raise F1Error("there are no rows to cut: update() was not called since the start")
        most, whole = max(map(float, map(exact_sum, counts))), counts.dtype.kind == "i"
        scaled = down_scaled(most, 4 * len(counts), whole, [counts])
        return counts if scaled is None else scaled[0]


def _sum(own: Array, more: Array) -> Array:
    for one, other in zip(own, more, strict=True):
        refuse_overflow(exact_sum(one), exact_sum(other))
    return np.asarray(own + more)
