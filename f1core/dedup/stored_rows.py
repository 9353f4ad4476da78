"""What rows decided, in a few bytes each: enough to count them again, or only once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from ..backends import numpy as numpy_backend
from ..backends import switch
from ..backends.numpy import IGNORED
from ..batch import Batch, are_weights
from ..count import add, add_sparsely, count
from ..counts import Array, Counts
from ..errors import F1Error, shape_words
from ..options import Options
from ..outcomes import decide
from .keys import Ids, refuse_no_ids, with_keys
from .sorted_runs import Rows

# Rows that are decided or unpacked together: 1 MB of codes.
_CELLS = 1 << 20
_SKIPPED = 2  # a cell that counts nowhere, beside the targets 0 and 1


class Outcomes(NamedTuple):
    """Rows, and what the numbers in them mean: classes in column order, or these labels."""

    rows: Rows
    kind: str  # of ids
    n_classes: int
    labels: Array | None

    def as_dict(self) -> dict[str, Array]:
        """The arrays by name, for saving."""
        rows = self.rows
        named = {
            "ids": rows.ids,
            "kind": np.frombuffer(self.kind.encode(), np.uint8),
            "truth": rows.truth,
            "guess": rows.guess,
            "n_classes": np.asarray(self.n_classes),
            "weight": rows.weight,
            "labels": self.labels,
        }
        return {name: array for name, array in named.items() if array is not None}

    @classmethod
    def from_dict(cls, named: dict[str, Array], options: Options, keyed: bool = True) -> Outcomes:
        """Rebuild from `as_dict`, believing nothing; `keyed` unless text was saved as it was.

        Raises
        ------
        F1Error
            If an array is missing or unknown, has another shape or dtype, or holds what no row
            can have decided.
        """
        if set(named) - {"weight", "labels"} != {"ids", "kind", "truth", "guess", "n_classes"}:
            raise F1Error(f"these are not rows: {sorted(named)}")
        rows = Rows(named["ids"], named["truth"], named["guess"], named.get("weight"))
        kind = named["kind"].astype(np.uint8).tobytes().decode()
        n_classes, labels = int(named["n_classes"]), named.get("labels")
        if kind == "text" and not keyed:
            rows = _sorted_by_key(rows)
        refuse_no_ids(Ids(kind, rows.ids))
        _refuse_no_outcomes(rows, options, n_classes, labels)
        return trimmed(cls(rows, kind, n_classes, labels))


def of_batch(batch: Batch, ids: Ids) -> Outcomes:
    """What each row of a batch decided.

    Raises
    ------
    F1Error
        If any row holds a value that cannot be counted.
    """
    (module, budget), step, parts = switch.choose(batch.cells), max(1, _CELLS // batch.width), []
    for start in range(0, len(batch), step):
        block, began = slice(start, min(start + step, len(batch))), perf_counter()
        try:
            parts.append(_decided(batch, block, module))
        except switch.NotCompiledYet as missing:
            module, budget = numpy_backend, missing.budget
            parts.append(_decided(batch, block, module))
        if budget is not None:
            budget.spend(perf_counter() - began)
    truth, guess = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    rows = Rows(ids.values, truth, guess, batch.weights(slice(0, len(batch))))
    return trimmed(Outcomes(rows, ids.kind, batch.n_classes, batch.labels))


def _decided(batch: Batch, rows: slice, module: Any) -> tuple[Array, Array]:
    found = decide(batch, rows, module)
    size = rows.stop - rows.start
    if found.code is not None:
        code = found.code
        if len(code) < size:
            code = np.full((size, batch.n_classes), IGNORED, np.uint8)
            code[found.rows] = found.code
        true, guess = (np.packbits(code & bit, axis=1) for bit in (2, 1))
        if batch.options.ignore_index is not None:
            true = np.concatenate([true, np.packbits(code & IGNORED, axis=1)], axis=1)
        return true, guess
    narrow = np.min_scalar_type(batch.n_classes)
    if len(found.true) == size:
        return found.true.astype(narrow) + narrow.type(1), found.pred.astype(narrow)
    truth = np.zeros(size, narrow)
    guess = np.zeros((size, *found.pred.shape[1:]), narrow)
    truth[found.rows] = found.true.astype(narrow) + narrow.type(1)
    guess[found.rows] = found.pred
    return truth, guess


def counted(
    some: Outcomes, options: Options, threads: int | None, total: Counts | None = None
) -> Counts:
    """The counts of these rows, added to others where there are some."""
    for batch in batches(some, options):
        if total is None or not add_sparsely(total, batch):
            total = add(total, count(batch, threads), options)
    assert total is not None
    return total


def batches(some: Outcomes, options: Options) -> Iterator[Batch]:
    """The rows to be counted again, some at a time."""
    rows, _, n_classes, labels = some
    options, multilabel = _decided_already(options), options.task == "multilabel"
    step = max(1, _CELLS // n_classes) if multilabel else _CELLS
    for start in range(0, max(len(rows), 1), step):
        part = rows if len(rows) <= step else rows.take(slice(start, start + step))
        if multilabel:
            yield _flags(part, options, n_classes)
            continue
        if not part.truth.all():
            part = part.take(part.truth > 0)
        true = part.truth - part.truth.dtype.type(1)
        yield Batch("labels", options, true, part.guess, n_classes, part.weight, labels=labels)


@lru_cache(maxsize=16)  # 10 of an update's 100 µs
def _decided_already(options: Options) -> Options:
    return replace(options, ignore_index=None, threshold=0.5, from_logits=False)


def _flags(rows: Rows, options: Options, n_classes: int) -> Batch:
    bits = -(-n_classes // 8)
    guess, true = (
        np.unpackbits(side, axis=1, count=n_classes) for side in (rows.guess, rows.truth[:, :bits])
    )
    if rows.truth.shape[1] > bits:
        gone = np.unpackbits(rows.truth[:, bits:], axis=1, count=n_classes)
        if gone.any():
            true = true + _SKIPPED * gone  # the truth of such a cell is 0
            options = replace(options, ignore_index=_SKIPPED)
    return Batch("multilabel", options, true, guess, n_classes, rows.weight)


def trimmed(some: Outcomes) -> Outcomes:
    """The same with only those labels that occur in rows that count, sorted."""
    rows, labels = some.rows, some.labels
    if labels is None:
        return some
    seen = np.zeros(len(labels), bool)
    counts = rows.truth > 0
    seen[rows.truth[counts] - 1] = True
    seen[rows.guess[counts]] = True
    held = np.flatnonzero(seen)
    held = held[np.argsort(labels[held])]
    numbers = np.zeros(len(labels), np.int64)
    numbers[held] = np.arange(len(held))
    return some._replace(rows=renumbered(rows, numbers), n_classes=len(held), labels=labels[held])


def renumbered(rows: Rows, numbers: Array) -> Rows:
    """The same rows with other numbers for their labels."""
    narrow = np.min_scalar_type(int(numbers.max(initial=0)) + 1)
    truth = np.append(0, numbers + 1)[rows.truth]
    guess = np.where(rows.truth > 0, np.append(numbers, 0)[rows.guess], 0)
    return replace(rows, truth=truth.astype(narrow), guess=guess.astype(narrow))


def _sorted_by_key(rows: Rows) -> Rows:
    if rows.ids.dtype.kind != "S" or rows.ids.ndim != 1 or (rows.ids[1:] <= rows.ids[:-1]).any():
        return rows  # which is refused
    keys = with_keys(rows.ids)
    if len({len(rows.ids), len(rows.truth), len(rows.guess)}) > 1:
        return rows
    if rows.weight is not None and rows.weight.shape != rows.ids.shape:
        return rows
    return replace(rows, ids=keys).take(np.argsort(keys, kind="stable"))


def _refuse_no_outcomes(rows: Rows, options: Options, n_classes: int, labels: Array | None) -> None:
    size, bits, truth, guess = len(rows), -(-n_classes // 8), rows.truth, rows.guess
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
        gone = truth[:, bits:]
        wrong = bool((gone & (truth[:, :bits] | guess)).any())
    elif not multilabel and not wrong:
        counts = guess[truth > 0]
        wrong = bool((truth > n_classes).any() or (counts >= n_classes).any())
        wrong = wrong or (k > 1 and bool((np.diff(np.sort(counts, axis=1), axis=1) == 0).any()))
    if wrong:
        raise F1Error(f"these rows hold what none of {n_classes} classes can be")
    weight = rows.weight
    if weight is not None:
        good = weight.shape == (size,) and weight.dtype == np.float64
        if not (good and are_weights(weight)):
            raise F1Error("these rows hold what no weight can be")
    if labels is not None:
        good = labels.shape == (n_classes,) and labels.dtype.kind in "iuUfb"
        if not good or (labels[1:] <= labels[:-1]).any():
            raise F1Error(f"labels of {n_classes} classes cannot be {shape_words(labels)}")
