"""A checked batch -> the sorted column of each label."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from ..backends import thread_pool
from ..backends.numpy import floats
from ..batch import Batch
from ..counts import Array
from ..diagnose import raise_first_error
from ..float_bits import probability_range
from ..labels import native_ids
from .label_columns import ScoreColumn

T = TypeVar("T")

READINGS = 20  # how often scores are read to be sorted, about
COLUMNS = 8  # transposed together: eight float32 are half a cache line of each row


def for_each_label(
    batch: Batch, work: Callable[[ScoreColumn], T], threads: int | None = None
) -> list[T]:
    """Do some work on each label's column, in order; a binary task has its positive class's."""
    whole = slice(0, len(batch))
    weight, ignored = _finite_weights(batch), batch.ignored(whole)
    if batch.kind == "binary":
        return [
            work(_column(batch, batch.score_bits(whole), batch.true_ids(whole), weight, ignored))
        ]

    def span(labels: slice) -> list[T]:
        found = []
        for start in range(labels.start, labels.stop, COLUMNS):
            part = slice(start, min(start + COLUMNS, labels.stop))
            words, true = _transposed(batch, part)
            for place, label in enumerate(range(part.start, part.stop)):
                skip = None if ignored is None else ignored[:, label]
                found.append(work(_column(batch, words[place], true[place], weight, skip)))
        return found

    n_threads = thread_pool.n_threads(threads, READINGS * batch.bytes)
    spans = thread_pool.split_rows(batch.n_classes, 1, n_threads)
    return [one for some in thread_pool.map_ordered(span, spans, n_threads) for one in some]


def pooled(batch: Batch, labels: Array) -> ScoreColumn:
    """Sort all cells of these labels as one column."""
    words, true = _transposed(batch, labels)
    weight, ignored = _finite_weights(batch), batch.ignored(slice(0, len(batch)))
    weight = None if weight is None else np.tile(weight, len(labels))
    ignored = None if ignored is None else ignored[:, labels].T.ravel()
    return _column(batch, words.ravel(), true.ravel(), weight, ignored)


def _finite_weights(batch: Batch) -> Array | None:
    weight = batch.weights(slice(0, len(batch)))
    batch.refuse_infinite(weight if weight is not None else 0.0)
    return weight


def _transposed(batch: Batch, labels: slice | Array) -> tuple[Array, Array]:
    """(L, n) words of some columns, which are a copy even of a single one, and flags."""
    assert batch.format is not None
    with np.errstate(over="ignore", invalid="ignore"):  # of what only longdouble holds
        scores = np.array(batch.pred[:, labels].T, dtype=batch.score_dtype, order="C")
    return scores.view(batch.format.word), native_ids(batch.true[:, labels].T)


def _column(
    batch: Batch, words: Array, true: Array, weight: Array | None, ignored: Array | None
) -> ScoreColumn:
    """The cells of one label, checked and sorted."""
    form, logits, dtype = batch.format, batch.options.from_logits, batch.score_dtype
    assert form is not None
    if ignored is not None:
        kept = ~ignored
        words, true = words[kept], true[kept]
        weight = None if weight is None else weight[kept]
    beyond = not logits and len(words) and words.max() > form.highest  # NaN, too high, negative
    if beyond:
        sign = form.word.type(1 << 8 * words.itemsize - 1)
        words = np.where(words == sign, form.word.type(0), words)  # -0.0
        beyond = words.max() > form.highest
    scores, wrong = floats(words, form.inf), False
    if logits:
        wrong = bool(np.isnan(scores).any())
    elif beyond:
        low, high = probability_range(dtype)
        wrong = not ((scores >= low) & (scores <= high)).all()
    if wrong or (len(true) and true.view(f"u{true.itemsize}").max() > 1):
        raise_first_error(batch, slice(0, len(batch)))
    if weight is None and not logits and not beyond:
        return ScoreColumn(*_sorted_with_truth(words, true, form.inf), dtype, positives_first=True)
    if weight is not None and not weight.all():  # they bring no threshold, as in scikit-learn
        kept = weight > 0
        scores, true, weight = scores[kept], true[kept], weight[kept]
    order = _ascending(scores)
    weight = None if weight is None else weight[order]
    return ScoreColumn(scores[order], true[order] != 0, dtype, logits, weight)


def _sorted_with_truth(words: Array, true: Array, inf: Array) -> tuple[Array, Array]:
    """Sort scores from 0 on, positives first among equals: the scores, and which are positive.

    The sign bit is spare: 2 x bits + (1 where negative) sorts without a permutation.
    """
    # In place where the words are a copy: new pages cost two threads more than the sorting.
    keys = np.left_shift(words, 1, out=words if words.flags.writeable else None)
    keys |= true == 0
    # NumPy sorts 16 bits by radix if the order shall be stable: 8 ns a key instead of 53.
    keys.sort(kind="stable" if keys.itemsize == 2 else None)
    positive = (keys & keys.dtype.type(1)) == 0
    keys >>= keys.dtype.type(1)
    return floats(keys, inf), positive


def _ascending(scores: Array) -> Array:
    """(n,) places of the scores in ascending order.

    Those of up to 32 bits leave room for their own places: 1,000,000 float32 sort in 20 ms as
    such integers, where a stable argsort takes 146.
    """
    if scores.dtype.itemsize > 4 or len(scores) >= 1 << 32:
        return np.argsort(scores, kind="stable")
    bits = scores.astype(np.float32).view(np.uint32)
    negative = bits >> np.uint32(31) != 0
    bits = np.where(negative, ~bits, bits | np.uint32(1 << 31))
    keys = bits.astype(np.uint64) << np.uint64(32)
    keys |= np.arange(len(keys), dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64((1 << 32) - 1)).astype(np.int64)
