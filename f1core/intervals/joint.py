"""Two models' predictions of the same rows as one table: (truth, a, b) and how many rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..backends.numpy import Outcome
from ..batch import Batch
from ..counts import Array, Counts
from ..memory import zeros
from ..options import Options
from ..outcomes import Decisions, decide
from ..poisson import summed
from .resampling import Resamples, multinomial

_BLOCK = 1 << 17  # cells decided in one go
_TABLE = 1 << 22  # so many joint cells are counted in a table, more are sorted


def joint_resamples(
    a: Batch, b: Batch, counted: list[tuple[Counts, Options]], resamples: int, seed: int
) -> list[Resamples]:
    """Both sides' resamples from the cells of the joint table that hold rows."""
    true, pred_a, pred_b, cells = _table(a, b)
    what = f"{resamples:,} resamples of {a.n_classes:,} classes"
    sums = [zeros((resamples, 3, batch.n_classes), np.int64, what) for batch in (a, b)]
    values = (true, a.labels), (pred_a, a.labels), (pred_b, b.labels)
    named = (ids if labels is None else labels[ids] for ids, labels in values)
    order = _either_way(np.concatenate(list(named)), cells)
    true, pred_a, pred_b, cells = (x[order] for x in (true, pred_a, pred_b, cells))
    sides = [(true, pred_a, a, *counted[0]), (_as_ids(true, a, b), pred_b, b, *counted[1])]
    for part, draws in multinomial(cells, resamples, np.random.default_rng(seed)):
        for into, (of, pred, batch, _, _) in zip(sums, sides, strict=True):
            into[part] = summed(draws, of, pred, batch.n_classes)
    found = []
    for into, (_, _, batch, counts, options) in zip(sums, sides, strict=True):
        if batch.labels is not None and counts.labels is not None:
            into = into[:, :, np.searchsorted(batch.labels, counts.labels)]
        found.append(Resamples.like(counts, options, into))
    return found


def _either_way(triples: Array, cells: Array) -> Array:
    """(K,) an order of the cells of (3 K,) labels that stays when a and b change places.

    Of the two tables, (truth, a, b) and (truth, b, a), the one that sorts first says it; a seed
    draws the same resamples then, and only the difference turns its sign.
    """
    _, ids = np.unique(triples, return_inverse=True)
    true, pred_a, pred_b = ids.reshape(3, -1)
    here, there = np.lexsort((pred_b, pred_a, true)), np.lexsort((pred_a, pred_b, true))
    one = np.stack([true, pred_a, pred_b, cells])[:, here]
    other = np.stack([true, pred_b, pred_a, cells])[:, there]
    first = np.flatnonzero((one != other).any(axis=0))[:1]
    return there if one[:, first].tolist() > other[:, first].tolist() else here


def _table(a: Batch, b: Batch) -> tuple[Array, Array, Array, Array]:
    """(K,) ids of truth, prediction a and prediction b, and how many rows hold each triple."""
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
    return true, pred_a, pred_b, cells


def _decided(a: Batch, b: Batch) -> Iterator[tuple[Decisions, Decisions]]:
    """Both sides' decisions, block by block; the same rows count on both."""
    step = max(1, _BLOCK // max(a.width, b.width))
    for start in range(0, len(a), step):
        rows = slice(start, min(start + step, len(a)))
        yield decide(a, rows), decide(b, rows)


def _as_ids(true: Array, a: Batch, b: Batch) -> Array:
    """Ids of a's classes as ids of b's, where the data named the classes."""
    known = true if a.labels is None else a.labels[true]
    return known if b.labels is None else np.searchsorted(b.labels, known)


def discordant(a: Batch, b: Batch) -> tuple[int, int]:
    """How many rows only a, and only b, has right."""
    only_a = only_b = 0
    for left, right in _decided(a, b):
        mine, theirs = _right(left), _right(right)
        only_a += int(np.count_nonzero(mine & ~theirs))
        only_b += int(np.count_nonzero(theirs & ~mine))
    return only_a, only_b


def _right(side: Decisions) -> Array:
    if side.outcome is not None:  # equal, or not counted
        right = Outcome.TN, Outcome.TP, Outcome.IGNORED
        return np.asarray(np.isin(side.outcome, right).all(axis=1))
    ids = side.pred.reshape(len(side.true), -1)
    return np.asarray((ids == side.true[:, None]).any(axis=1))
