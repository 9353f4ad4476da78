"""True and predicted class ids of a block of rows: made by a backend, and counted as pairs."""

from __future__ import annotations

from typing import Any

import numpy as np

from .backends import numpy as numpy_backend
from .batch import FLAG_VIEWS, SCORE_VIEWS, Batch, is_column_major
from .count_layout import PRED, TP
from .counts import Array, Counts
from .float_bits import read_only, readable
from .label_rows import LabelRows

# From so many columns on, copying them into rows comes first: their numbers do not fit into int16.
_MANY = 1 << 15


def true_ids(batch: Batch, backend: Any, rows: slice) -> Array:
    """(n,) true ids; of one-hot rows by the kernel that reads them, where there is one."""
    if backend is numpy_backend or not batch.onehot or batch.true.dtype not in FLAG_VIEWS:
        return batch.true_ids(rows)
    block = readable(batch.true[rows])
    return ids_of_onehot(backend, read_only(block, FLAG_VIEWS[block.dtype]), batch.one)


def ids_of_onehot(backend: Any, onehot: Array, one: int) -> Array:
    """(n,) the place of the single 1 in each row of (n, C), -1 where there is no such place."""
    ids = np.empty(len(onehot), np.int32)
    backend.onehot(onehot, one, ids)
    return ids


def pred_ids(batch: Batch, backend: Any, rows: slice) -> Array:
    """(n,) predicted ids: labels, or the first maximum of each row; (n, k) of the k largest."""
    if batch.kind == "labels":
        return batch.pred_ids(rows)
    k = batch.options.top_k
    if batch.format is None:  # votes, or one-hot predictions
        return _most_votes(batch.pred[rows], k)
    inf, n = batch.format.inf, rows.stop - rows.start
    if k > 1:
        ids = np.empty((k, n), np.int32)
        backend.topk(batch.score_bits(rows), inf, k, ids)
        return ids.T
    ids = np.empty(n, np.int32)
    columns = backend is not numpy_backend and batch.n_classes <= _MANY and batch.divisors is None
    if columns and is_column_major(batch.pred) and batch.pred.dtype in SCORE_VIEWS:
        backend.argmax_of_columns(batch.as_bits(batch.pred.T), rows.start, inf, ids)
    else:
        backend.argmax(batch.score_bits(rows), inf, ids)
    return ids


def _most_votes(votes: Array, k: int) -> Array:
    """The largest whole number of each row, or the k largest: the earlier column among equals."""
    if k == 1:
        return np.asarray(votes.argmax(axis=1))
    ascending: Array = votes[:, ::-1].argsort(axis=1, kind="stable")
    return np.asarray(votes.shape[1] - 1 - ascending[:, ::-1][:, :k])


def label_bits(batch: Batch, backend: Any, rows: slice) -> Array:
    """(n, L) scores of labels as bits, or where rows are ranked flags of their k best labels.

    Of equal scores the first is better, and what `ignore_index` leaves out takes no place. Flags
    are 2, which is refused, where a score is NaN. Of `LabelRows`, what is not held is no label that
    anybody chose: a score of 0 is never among the k best, and one below 0 is refused.
    """
    bits = batch.score_bits(rows)
    if not batch.options.ranks or batch.format is None:
        return bits
    n, k, inf, ignored = len(bits), batch.options.top_k, batch.format.inf, batch.ignored(rows)
    ids, flags = np.empty((k, n), np.int32), np.zeros(bits.shape, np.uint8)
    backend.topk(bits, inf, k, ids)
    flags[np.arange(n), ids] = 1
    flags[ids[0] < 0] = 2
    if ignored is not None:
        some = np.flatnonzero(ignored.any(axis=1))
        scores = numpy_backend.floats(bits[some], inf)
        flags[some] = _best_of_kept(scores, ignored[some], k)
    if isinstance(batch.pred, LabelRows):
        scores = numpy_backend.floats(bits, inf)
        flags[scores == 0] = 0
        flags[scores < 0] = 2
    return flags


def chosen_labels(
    batch: Batch, backend: Any, pred: LabelRows, cut: tuple[Array, int, int]
) -> LabelRows | None:
    """The labels that rows predict of those that they hold; None if one of these is wrong."""
    if batch.format is None:
        return pred if (pred.values == 1).all() else None
    words, (cuts, below, highest) = batch.as_bits(pred.values), cut
    if batch.options.ranks:
        inf, k = batch.format.inf, batch.options.top_k
        good = (numpy_backend.floats(words, inf) > 0).all()
        return pred.only(_best_held(backend, pred, words, inf, k)) if good else None
    scores, limits = (numpy_backend.floats(each, highest) for each in (words, cuts))
    low, high = numpy_backend.floats(np.array([below, highest], words.dtype), highest)
    if not ((scores >= -low) & (scores <= high)).all():
        return None
    return pred.only(scores > limits[pred.labels])


def _best_held(backend: Any, pred: LabelRows, words: Array, inf: Any, k: int) -> Array:
    """(m,) which held scores, all above 0, are among the k best of their row.

    Rows of about as many scores are ranked together, filled up with zeros to a power of two:
    2,000,000 scores of 100,000 rows take a sixth of the time of sorting all by row and score.
    """
    sizes, best = np.diff(pred.starts), np.ones(len(words), bool)
    several = np.flatnonzero(sizes > k)
    powers = np.ceil(np.log2(sizes[several])).astype(np.int64)
    for power in np.unique(powers).tolist():
        rows, columns = several[powers == power], np.arange(1 << power)
        starts, inside = pred.starts[rows], columns < sizes[rows][:, None]
        at = (starts[:, None] + columns)[inside]
        filled = np.zeros(inside.shape, words.dtype)
        filled[inside] = words[at]
        ids = np.empty((k, len(rows)), np.int32)
        backend.topk(filled, inf, k, ids)
        best[at] = False
        best[starts + ids] = True
    return best


def _best_of_kept(scores: Array, ignored: Array, k: int) -> Array:
    """Flags of the k best of each row's scores that count; 2 where one of these is NaN."""
    flags = np.zeros(scores.shape, np.uint8)
    best = np.argsort(-scores, axis=1, kind="stable")
    kept_first = np.take_along_axis(ignored, best, axis=1).argsort(axis=1, kind="stable")
    np.put_along_axis(flags, np.take_along_axis(best, kept_first, axis=1)[:, :k], 1, axis=1)
    flags[np.isnan(scores)] = 2
    flags[ignored] = 0
    return flags


def without_ignored(
    batch: Batch, rows: slice, true: Array, pred: Array
) -> tuple[Array, Array, Array | None]:
    """True and predicted ids, and weights, of the rows that `ignore_index` does not leave out."""
    weight, ignored = batch.weights(rows), batch.ignored(rows, true)
    if ignored is not None and ignored.any():
        kept = ~ignored
        true, pred = true[kept], pred[kept]
        weight = None if weight is None else weight[kept]
    return true, pred, weight


def add_pairs(backend: Any, true: Array, pred: Array, weight: Array | None, counts: Counts) -> Any:
    """Count pairs of ids; return how many are outside of the classes."""
    if counts.confusion is not None:
        if weight is None:
            return backend.labels(true, pred, counts.confusion)
        return backend.labels_weighted(true, pred, weight, counts.confusion)
    if weight is None:
        return backend.labels_sums(true, pred, counts.sums)
    return backend.labels_sums_weighted(true, pred, weight, counts.sums)


def add_topk(backend: Any, true: Array, ids: Array, weight: Array | None, counts: Counts) -> Any:
    """Count rows that predict k classes each; the truth is counted with the first of them."""
    assert counts.sums is not None
    ids = readable(ids.T)
    bad = add_pairs(backend, true, ids[0], weight, counts)
    others = Counts(counts.n_classes, sums=np.zeros_like(counts.sums))
    for column in ids[1:]:
        bad += add_pairs(backend, true, column, weight, others)
    assert others.sums is not None
    counts.sums[TP] += others.sums[TP]
    counts.sums[PRED] += others.sums[PRED]
    return bad
