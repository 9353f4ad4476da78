"""Rows with ids, and what each decided in a few bytes: enough to count it again, or only once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..backends.cells import Outcome
from ..batch import Batch, are_weights
from ..count import add, count
from ..counts import Array, Counts
from ..errors import F1Error, shape_words
from ..many_classes import add_sparsely
from ..options import Options
from ..outcomes import Decisions, decided_blocks
from .keys import Ids, key_of, refuse_no_ids

# Rows that are decided or unpacked together: 1 MB of outcomes.
_CELLS = 1 << 20
_SKIPPED = 2  # a cell that counts nowhere, beside the targets 0 and 1


@dataclass(frozen=True, eq=False)
class StoredRows:
    """Rows by id and what each decided; never changed in place.

    Single-label: truth is 1 + class, or 0 where the row counts nowhere; guess is the predicted
    class, or (n, k) of them. Multilabel: guess holds a bit a label, truth another bit a label, and
    after these the bits of the cells that count nowhere.
    """

    kind: str  # of ids
    ids: Array  # (n,) unsigned or bytes
    truth: Array
    guess: Array
    weight: Array | None  # (n,) float64; None is 1 each
    n_classes: int
    labels: Array | None  # of each class, where the data named the classes

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, which: Any) -> StoredRows:
        """Select rows, as NumPy does."""
        weight = None if self.weight is None else self.weight[which]
        arrays = self.ids[which], self.truth[which], self.guess[which], weight
        return StoredRows(self.kind, *arrays, self.n_classes, self.labels)

    @property
    def weights(self) -> Array:
        """(n,) the weights, 1.0 where none were given."""
        return np.ones(len(self)) if self.weight is None else self.weight

    def merged(self, more: StoredRows) -> StoredRows:
        """Merge rows of the same kind and classes, both sorted by id, with none in common."""
        if not len(more) and (more.weight is None or self.weight is not None):
            return self
        ids, size = np.concatenate([self.ids, more.ids]), len(self)
        order: Any = slice(None)
        if size and len(more) and more.ids[0] < self.ids[-1]:  # else they only are appended
            at = ids[:size].searchsorted(ids[size:])
            order = np.insert(np.arange(size), at, np.arange(size, len(ids)))
        pairs = (self.truth, more.truth), (self.guess, more.guess)
        truth, guess = (np.concatenate(pair)[order] for pair in pairs)
        weight = None
        if self.weight is not None or more.weight is not None:
            weight = np.concatenate([self.weights, more.weights])[order]
        return StoredRows(self.kind, ids[order], truth, guess, weight, self.n_classes, self.labels)

    def find(self, ids: Array) -> tuple[Array, Array]:
        """Search ids in these rows, which are sorted: where each stands, and whether it does."""
        held, keys = self.ids, ids
        if not len(held):
            return np.zeros(len(ids), int), np.zeros(len(ids), bool)
        if keys.dtype != held.dtype:  # else NumPy casts all that is held: 270 µs for 10^6, not 3
            if keys.dtype.kind == "u" and keys.itemsize > held.itemsize:
                keys = np.minimum(keys, np.iinfo(held.dtype).max)
            keys = keys.astype(held.dtype)
        at = held.searchsorted(keys)
        at[at == len(held)] = 0
        return at, np.asarray(held[at] == ids)

    def renumbered(self, numbers: Array, labels: Array | None, n_classes: int) -> StoredRows:
        """Give each class another number, and the classes other labels."""
        narrow = np.min_scalar_type(int(numbers.max(initial=0)) + 1)
        truth = np.append(0, numbers + 1)[self.truth].astype(narrow)
        guess = np.where(self.truth > 0, np.append(numbers, 0)[self.guess], 0).astype(narrow)
        return StoredRows(self.kind, self.ids, truth, guess, self.weight, n_classes, labels)

    def trimmed(self) -> StoredRows:
        """Keep only those labels that occur in rows that count, sorted."""
        labels = self.labels
        if labels is None:
            return self
        seen, counts = np.zeros(len(labels), bool), self.truth > 0
        seen[self.truth[counts] - 1] = True
        seen[self.guess[counts]] = True
        kept = np.flatnonzero(seen)
        kept = kept[np.argsort(labels[kept])]
        numbers = np.zeros(len(labels), np.int64)
        numbers[kept] = np.arange(len(kept))
        return self.renumbered(numbers, labels[kept], len(kept))

    def as_dict(self) -> dict[str, Array]:
        """The arrays by name, for saving."""
        named = {name: getattr(self, name) for name in ("ids", "truth", "guess")}
        named["kind"] = np.frombuffer(self.kind.encode(), np.uint8)
        named["n_classes"] = np.asarray(self.n_classes)
        optional = {"weight": self.weight, "labels": self.labels}
        return named | {name: array for name, array in optional.items() if array is not None}

    @classmethod
    def from_dict(cls, named: dict[str, Array], options: Options, keyed: bool = True) -> StoredRows:
        """Rebuild from `as_dict`, believing nothing; `keyed` unless text was saved as it was."""
        if set(named) - {"weight", "labels"} != {"ids", "kind", "truth", "guess", "n_classes"}:
            raise F1Error(f"these are not rows: {sorted(named)}")
        kind = named["kind"].astype(np.uint8).tobytes().decode()
        arrays = named["ids"], named["truth"], named["guess"], named.get("weight")
        rows = cls(kind, *arrays, int(named["n_classes"]), named.get("labels"))
        refuse_no_ids(Ids(kind, rows.ids))
        _refuse_impossible(rows, options)
        if kind == "text" and not keyed:
            rows = replace(rows, ids=np.array([key_of(text) for text in rows.ids.tolist()], "S"))
            rows = rows.take(np.argsort(rows.ids, kind="stable"))
        return rows.trimmed()


def decided_rows(batch: Batch, ids: Ids) -> StoredRows:
    """Decide each row of a batch, and store it; a value that cannot be counted is refused."""
    parts = [
        _stored(batch, stop - start, found) for start, stop, found in decided_blocks(batch, _CELLS)
    ]
    truth, guess = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    weight = batch.weights(slice(0, len(batch)))
    weight = None if weight is None else weight.copy()  # the caller's array may change
    rows = StoredRows(ids.kind, ids.values, truth, guess, weight, batch.n_classes, batch.labels)
    return rows.trimmed()


def _stored(batch: Batch, size: int, found: Decisions) -> tuple[Array, Array]:
    """The truth and the guess of a block of rows, as they are stored."""
    if found.outcome is not None:
        code = found.outcome
        if len(code) < size:
            code = np.full((size, batch.n_classes), Outcome.IGNORED, np.uint8)
            code[found.rows] = found.outcome
        true, guess = (np.packbits(code & bit, axis=1) for bit in (2, 1))
        if batch.options.ignore_index is not None:
            true = np.concatenate([true, np.packbits(code & Outcome.IGNORED, axis=1)], axis=1)
        return true, guess
    narrow = np.min_scalar_type(batch.n_classes)
    truth = np.zeros(size, narrow)
    guess = np.zeros((size, *found.pred.shape[1:]), narrow)
    truth[found.rows] = found.true.astype(narrow) + narrow.type(1)
    guess[found.rows] = found.pred
    return truth, guess


def counted(
    rows: StoredRows, options: Options, threads: int | None, total: Counts | None = None
) -> Counts:
    """Count stored rows, and add them to other counts, in their arrays, where there are some."""
    for batch in replay(rows.trimmed(), options):
        if total is None or not add_sparsely(total, batch):
            total = add(total, count(batch, threads), options)
    assert total is not None
    return total


def replay(rows: StoredRows, options: Options) -> Iterator[Batch]:
    """Batches that count what the rows decided, some rows at a time."""
    options, n_classes = _decided_already(options), rows.n_classes
    multilabel = options.task == "multilabel"
    step = max(1, _CELLS // n_classes) if multilabel else _CELLS
    for start in range(0, max(len(rows), 1), step):
        part = rows if len(rows) <= step else rows.take(slice(start, start + step))
        if multilabel:
            yield _flags(part, options)
            continue
        if not part.truth.all():
            part = part.take(part.truth > 0)
        true = part.truth - part.truth.dtype.type(1)
        labels = rows.labels
        yield Batch("labels", options, true, part.guess, n_classes, part.weight, labels=labels)


@lru_cache(maxsize=16)  # 10 of an update's 100 µs
def _decided_already(options: Options) -> Options:
    return replace(options, ignore_index=None, threshold=0.5, from_logits=False, ranks=False)


def _flags(rows: StoredRows, options: Options) -> Batch:
    """Unpack the bits of a multilabel task."""
    n_classes = rows.n_classes
    bits = -(-n_classes // 8)
    guess, true = (
        np.unpackbits(side, axis=1, count=n_classes) for side in (rows.guess, rows.truth[:, :bits])
    )
    if rows.truth.shape[1] > bits:
        ignored = np.unpackbits(rows.truth[:, bits:], axis=1, count=n_classes)
        if ignored.any():
            true = true + _SKIPPED * ignored  # the truth of such a cell is 0
            options = replace(options, ignore_index=_SKIPPED)
    return Batch("multilabel", options, true, guess, n_classes, rows.weight)


def _refuse_impossible(rows: StoredRows, options: Options) -> None:
    """Complain about arrays of another shape or dtype, and of what no row can have decided."""
    size, n_classes, truth, guess = len(rows), rows.n_classes, rows.truth, rows.guess
    weight, labels, bits = rows.weight, rows.labels, -(-n_classes // 8)
    multilabel, k = options.task == "multilabel", options.top_k
    shapes: tuple[tuple[int, ...], ...] = ((size,), (size,) if k == 1 else (size, k))
    kinds = [np.dtype(f"u{width}") for width in (1, 2, 4, 8)]
    if multilabel:
        tall = bits if options.ignore_index is None else 2 * bits
        shapes, kinds = ((size, tall), (size, bits)), kinds[:1]
    for name, array, shape in (("truth", truth, shapes[0]), ("guess", guess, shapes[1])):
        if array.shape != shape or array.dtype not in kinds:
            raise F1Error(f"{name} of {size} rows of {n_classes} classes cannot be "
                          f"{shape_words(array)}")  # fmt: skip
    wrong = n_classes < 1 and (labels is None or bool(truth.any()))
    if multilabel and not wrong and truth.shape[1] > bits:
        ignored = truth[:, bits:]
        wrong = bool((ignored & (truth[:, :bits] | guess)).any())
    elif not multilabel and not wrong:
        counts = guess[truth > 0]
        wrong = bool((truth > n_classes).any() or (counts >= n_classes).any())
        wrong = wrong or (k > 1 and bool((np.diff(np.sort(counts, axis=1), axis=1) == 0).any()))
    if wrong:
        raise F1Error(f"these rows hold what none of {n_classes} classes can be")
    good = weight is None or (weight.shape == (size,) and weight.dtype == np.float64)
    if weight is not None and not (good and are_weights(weight)):
        raise F1Error("these rows hold what no weight can be")
    if labels is not None:
        good = labels.shape == (n_classes,) and labels.dtype.kind in "iuUfb"
        if not good or (labels[1:] <= labels[:-1]).any():
            raise F1Error(f"labels of {n_classes} classes cannot be {shape_words(labels)}")
