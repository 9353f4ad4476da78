"""Two models on the same rows: the joint table of truth and both predictions, and its resamples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..backends.cells import Outcome
from ..batch import Batch
from ..counts import Array, Counts
from ..memory import zeros
from ..options import Options
from ..outcomes import Decisions, decided_blocks
from ..poisson import Summing, drawn_of_rows
from .resampling import Resamples, multinomial

_BLOCK = 1 << 17  # cells decided in one go
_TABLE = 1 << 22  # so many joint cells are counted in a table, more are sorted
_MANY = 1 << 15  # cells from which on they get Poisson weights
_DRAWS = 1 << 22  # weights of such cells in flight at once
_FEW = 3  # rows of a cell, up to which each gets a weight of its own


class Table(NamedTuple):
    """(K,) ids of truth, prediction a and prediction b, and how many rows hold each triple."""

    true: Array
    pred_a: Array
    pred_b: Array
    cells: Array


def joint_resamples(
    a: Batch, b: Batch, counted: list[tuple[Counts, Options]], resamples: int, seed: int
) -> list[Resamples]:
    """Draw both sides' resamples from the cells of the joint table that hold rows."""
    table = _table(a, b)
    values = (table.true, a.labels), (table.pred_a, a.labels), (table.pred_b, b.labels)
    named = [ids if labels is None else labels[ids] for ids, labels in values]
    table = _symmetric_order(table, named)
    sides = [(table.true, table.pred_a, a.n_classes)]
    sides.append((_as_ids(table.true, a, b), table.pred_b, b.n_classes))
    drawn = _drawn(table.cells, sides, resamples, seed)
    found = []
    for sums, batch, (counts, options) in zip(drawn, (a, b), counted, strict=True):
        if batch.labels is not None and counts.labels is not None:
            sums = sums[:, :, np.searchsorted(batch.labels, counts.labels)]
        found.append(Resamples.like(counts, options, sums))
    return found


def class_resamples(
    rows: Array, options: Options, resamples: int, seed: int
) -> tuple[list[tuple[Counts, Options]], list[Resamples]]:
    """Count and resample both sides of one class against the rest, from its line in `outcomes`.

    They are those of `y == c, a == c, b == c`.
    """
    kinds = np.flatnonzero(rows)
    true, pred_a, pred_b = kinds >> 2, kinds >> 1 & 1, kinds & 1
    table = _symmetric_order(Table(true, pred_a, pred_b, rows[kinds]), [true, pred_a, pred_b])
    sides = [(table.true, pred, 2) for pred in (table.pred_a, table.pred_b)]
    counted = []
    for true, pred, _ in sides:
        matrix = np.zeros((2, 2), np.int64)
        np.add.at(matrix, (true, pred), table.cells)
        counted.append((Counts(2, confusion=matrix), options))
    drawn = _drawn(table.cells, sides, resamples, seed)
    return counted, [Resamples.like(*of, sums) for of, sums in zip(counted, drawn, strict=True)]


def outcomes(a: Batch, b: Batch, classes: Array | None) -> Array:
    """Count, of each class, the rows by truth and both predictions: (C, 8).

    What a row is of a class is the number 4 true + 2 a + b. `classes` are the labels, sorted, where
    the data named them.
    """
    size = max(a.n_classes, b.n_classes) if classes is None else len(classes)
    found = np.zeros(size * 8, np.int64)
    rows = 0

    def add(ids: Array, kind: Array | int) -> None:
        found[:] += np.bincount(ids * 8 + kind, minlength=len(found))

    for left, right in _decided(a, b):
        if left.outcome is not None and right.outcome is not None:
            kind = 2 * left.outcome.astype(np.int64) + (right.outcome & 1)
            kept = left.outcome != Outcome.IGNORED
            add(np.broadcast_to(np.arange(size), kind.shape)[kept], kind[kept])
            continue
        true, pred_a = (_placed(ids, a, classes) for ids in (left.true, left.several))
        pred_b = _placed(right.several, b, classes)
        rows += len(true)
        right_a, right_b = ((pred == true[:, None]).any(axis=1) for pred in (pred_a, pred_b))
        add(true, 4 + 2 * right_a + right_b)
        for pred in pred_a.T:
            other = pred != true
            add(pred[other], 2 + (pred_b == pred[:, None]).any(axis=1)[other])
        for pred in pred_b.T:
            add(pred[(pred != true) & ~(pred_a == pred[:, None]).any(axis=1)], 1)
    table = found.reshape(size, 8)
    if rows:
        table[:, 0] = rows - table.sum(axis=1)
    return table


class Flips(NamedTuple):
    """(m,) rows that the two sides decide differently, and whether each side has them right."""

    rows: Array
    right_a: Array
    right_b: Array


def flips(a: Batch, b: Batch) -> Flips:
    """Find the rows that the two sides decide differently."""
    found, start = [Flips(np.zeros(0, np.int64), *np.zeros((2, 0), bool))], 0
    step = _step(a, b)
    for left, right in _decided(a, b):
        if left.outcome is not None and right.outcome is not None:
            differ = (left.outcome != right.outcome).any(axis=1)
        else:
            ids = [_values(side.several, of) for side, of in ((left, a), (right, b))]
            differ = (np.sort(ids[0], axis=1) != np.sort(ids[1], axis=1)).any(axis=1)
        rights = (is_right(side)[differ] for side in (left, right))
        found.append(Flips(start + left.rows[differ], *rights))
        start += step
    return Flips(*(np.concatenate(each) for each in zip(*found, strict=True)))


def discordant(a: Batch, b: Batch) -> tuple[int, int]:
    """Count the rows that only a, and only b, has right."""
    only_a = only_b = 0
    for left, right in _decided(a, b):
        right_a, right_b = is_right(left), is_right(right)
        only_a += int(np.count_nonzero(right_a & ~right_b))
        only_b += int(np.count_nonzero(right_b & ~right_a))
    return only_a, only_b


def is_right(side: Decisions) -> Array:
    """Tell of each of (m,) rows whether it is right in every label."""
    if side.outcome is not None:  # equal, or not counted
        right = Outcome.TN, Outcome.TP, Outcome.IGNORED
        return np.asarray(np.isin(side.outcome, right).all(axis=1))
    return np.asarray((side.several == side.true[:, None]).any(axis=1))


def _drawn(
    cells: Array, sides: list[tuple[Array, Array, int]], resamples: int, seed: int
) -> list[Array]:
    """Draw (B, 3, C) sums of both sides from the same draws of cells.

    A multinomial draw of many cells takes longer than the rows that are not right on both sides:
    1,000,000 rows of 1,000 classes fall into 490,000 cells, and 2,000 draws took 300 s. Each row
    of a cell of few gets a Poisson weight then.
    """
    size = max(size for *_, size in sides)
    what = f"{resamples:,} resamples of {size:,} classes"
    sums = [zeros((resamples, 3, size), np.int64, what) for *_, size in sides]
    rng = np.random.default_rng(seed)
    if len(cells) < _MANY:
        summing = [Summing(*side) for side in sides]
        for part, draws in multinomial(cells, resamples, rng):
            for into, sums_of in zip(sums, summing, strict=True):
                into[part] = sums_of(draws)
        return sums
    few = np.flatnonzero(cells <= _FEW)
    rows, many = np.repeat(few, cells[few]), np.flatnonzero(cells > _FEW)

    def only(some: Array) -> list[Summing]:
        return [Summing(true[some], pred[some], size) for true, pred, size in sides]

    drawn_of_rows(len(rows), resamples, rng, list(zip(only(rows), sums, strict=True)))
    step = max(1, _DRAWS // max(len(many), 1))
    for start in range(0, resamples if len(many) else 0, step):
        part = slice(start, min(start + step, resamples))
        draws = rng.poisson(cells[many], (part.stop - start, len(many)))
        for into, sums_of in zip(sums, only(many), strict=True):
            into[part] += sums_of(draws)
    return sums


def _symmetric_order(table: Table, named: list[Array]) -> Table:
    """Sort the cells of these labels in an order that swapping a and b does not change.

    Of the two tables, (truth, a, b) and (truth, b, a), the one that sorts first says it; a seed
    draws the same resamples then, and only the difference turns its sign.
    """
    _, ids = np.unique(np.concatenate(named), return_inverse=True)
    true, pred_a, pred_b = ids.reshape(3, -1)
    here, there = np.lexsort((pred_b, pred_a, true)), np.lexsort((pred_a, pred_b, true))
    one = np.stack([true, pred_a, pred_b, table.cells])[:, here]
    other = np.stack([true, pred_b, pred_a, table.cells])[:, there]
    first = np.flatnonzero((one != other).any(axis=0))[:1]
    order = there if one[:, first].tolist() > other[:, first].tolist() else here
    return Table(*(each[order] for each in table))


def _table(a: Batch, b: Batch) -> Table:
    """Count the rows of each triple that occurs."""
    size = a.n_classes * a.n_classes * b.n_classes
    keys = []
    table = np.zeros(size if size <= _TABLE else 0, np.int64)
    for left, right in _decided(a, b):
        key = (left.true.astype(np.int64) * a.n_classes + left.pred) * b.n_classes + right.pred
        if len(table):
            table += np.bincount(key, minlength=size)
        else:
            keys.append(key)
    if len(table):
        found = np.flatnonzero(table)
        cells = table[found]
    else:
        found, cells = np.unique(np.concatenate(keys), return_counts=True)
    rest, pred_b = np.divmod(found, b.n_classes)
    true, pred_a = np.divmod(rest, a.n_classes)
    return Table(true, pred_a, pred_b, cells)


def _step(a: Batch, b: Batch) -> int:
    """Choose how many rows are decided together."""
    return max(1, _BLOCK // max(a.width, b.width))


def _decided(a: Batch, b: Batch) -> Iterator[tuple[Decisions, Decisions]]:
    """Decide the rows of both sides, block by block; the same rows count on both."""
    step = _step(a, b)
    sides = (decided_blocks(side, step * side.width) for side in (a, b))
    for (*_, left), (*_, right) in zip(*sides, strict=True):
        yield left, right


def _as_ids(true: Array, a: Batch, b: Batch) -> Array:
    """Translate ids of a's classes into those of b's, where the data named the classes."""
    known = true if a.labels is None else a.labels[true]
    return known if b.labels is None else np.searchsorted(b.labels, known)


def _values(pred: Array, batch: Batch) -> Array:
    """Give predicted labels where the data named the classes, else ids."""
    return pred if batch.labels is None else batch.labels[pred]


def _placed(ids: Array, batch: Batch, classes: Array | None) -> Array:
    """Translate ids into places among the classes of both sides."""
    if classes is not None:
        known = ids if batch.labels is None else batch.labels[ids]
        ids = np.searchsorted(classes, known)
    return ids.astype(np.int64)
