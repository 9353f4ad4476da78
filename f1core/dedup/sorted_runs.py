"""Rows by id in sorted runs: found by search, merged so seldom that each addition stays cheap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..counts import Array

# A run is at least this many times larger than the next: of 10^6 rows that came by 32 there are
# up to 8 runs, and each row was moved some 15 times. With 2 there are 15 runs to search, with 8
# rows move more often; an update takes 10 % longer either way.
_RATIO = 4


@dataclass(frozen=True, eq=False)
class Rows:
    """Some rows with their ids and what they decided; never changed in place.

    Single-label: truth is 1 + class, or 0 where the row counts nowhere; guess is the predicted
    class, or (n, k) of them. Multilabel: guess holds a bit a label, truth another bit a label, and
    after these the bits of the cells that count nowhere.
    """

    ids: Array  # (n,) unsigned or bytes
    truth: Array
    guess: Array
    weight: Array | None  # (n,) float64; None is 1 each

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, which: Any) -> Rows:
        """Some of them, as NumPy selects."""
        weight = None if self.weight is None else self.weight[which]
        return Rows(self.ids[which], self.truth[which], self.guess[which], weight)

    @property
    def weights(self) -> Array:
        """(n,) the weights, 1.0 where none were given."""
        return np.ones(len(self)) if self.weight is None else self.weight

    def find(self, ids: Array) -> tuple[Array, Array]:
        """Where ids stand among these, which are sorted, and whether they do."""
        held = self.ids
        keys = ids
        if keys.dtype != held.dtype:  # else NumPy casts all that is held: 270 µs for 10^6, not 3
            if keys.dtype.kind == "u" and keys.itemsize > held.itemsize:
                keys = np.minimum(keys, np.iinfo(held.dtype).max)
            keys = keys.astype(held.dtype)
        at = held.searchsorted(keys)
        at[at == len(held)] = 0
        return at, np.asarray(held[at] == ids)


def stacked(runs: tuple[Rows, ...], more: Rows) -> tuple[Rows, ...]:
    """One more run, the last ones merged until each is larger than the next."""
    stack = [*runs, more]
    while len(stack) > 1 and len(stack[-2]) < _RATIO * len(stack[-1]):
        last = stack.pop()
        stack.append(merged(stack.pop(), last))
    return tuple(stack)


def whole(runs: tuple[Rows, ...]) -> Rows:
    """All runs as one."""
    stack = list(runs)
    while len(stack) > 1:
        last = stack.pop()
        stack.append(merged(stack.pop(), last))
    return stack[0]


def merged(a: Rows, b: Rows) -> Rows:
    """Two sorted runs without a common id as one."""
    wide = np.promote_types(a.ids.dtype, b.ids.dtype)
    first, second = a.ids.astype(wide, copy=False), b.ids.astype(wide, copy=False)
    at = first.searchsorted(second) + np.arange(len(b))
    rest = np.ones(len(a) + len(b), bool)
    rest[at] = False

    def woven(x: Array, y: Array) -> Array:
        both = np.empty((len(rest), *x.shape[1:]), np.promote_types(x.dtype, y.dtype))
        both[rest], both[at] = x, y
        return both

    weight = None
    if a.weight is not None or b.weight is not None:
        weight = woven(a.weights, b.weights)
    return Rows(woven(first, second), woven(a.truth, b.truth), woven(a.guess, b.guess), weight)
