"""A batch's labels, column by column, each ready to be cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from ..backends import thread_pool
from ..backends.numpy import floats
from ..batch import Batch
from ..counts import Array
from ..diagnose import complain
from ..float_bits import probability_range
from ..labels import native_ids
from .cuts import Column, Ordered, Scale
from .packed import Packed

T = TypeVar("T")

# Columns transposed together: eight float32 are half a cache line of each row.
_READINGS = 20  # how often scores are read to be sorted, about
_COLUMNS = 8


class _WrongCell(Exception):
    """A score or target that cannot be counted."""


def columns(batch: Batch, work: Callable[[Column], T], threads: int | None = None) -> list[T]:
    """`work` of each label's column, in order; a binary task has one, of its positive class.

    Raises
    ------
    F1Error
        If any cell holds a value that cannot be counted.
    """
    whole = slice(0, len(batch))
    weight, ignored = _finite(batch, whole), batch.ignored(whole)
    if batch.kind == "binary":
        return [
            work(_checked(batch, batch.score_bits(whole), batch.true_ids(whole), weight, ignored))
        ]

    def span(labels: slice) -> list[T]:
        found = []
        for start in range(labels.start, labels.stop, _COLUMNS):
            part = slice(start, min(start + _COLUMNS, labels.stop))
            words, true = _transposed(batch, part)
            for place, label in enumerate(range(part.start, part.stop)):
                gone = None if ignored is None else ignored[:, label]
                found.append(work(_checked(batch, words[place], true[place], weight, gone)))
        return found

    crew = thread_pool.n_threads(threads, _READINGS * batch.bytes)
    spans = thread_pool.split_rows(batch.n_classes, 1, crew)
    return [one for some in thread_pool.map_ordered(span, spans, crew) for one in some]


def merged(batch: Batch, labels: Array) -> Column:
    """All cells of these labels as one column.

    Raises
    ------
    F1Error
        If any cell holds a value that cannot be counted.
    """
    whole = slice(0, len(batch))
    words, true = _transposed(batch, labels)
    weight, ignored = _finite(batch, whole), batch.ignored(whole)
    return _checked(
        batch,
        words.ravel(),
        true.ravel(),
        None if weight is None else np.tile(weight, len(labels)),
        None if ignored is None else ignored[:, labels].T.ravel(),
    )


def _finite(batch: Batch, rows: slice) -> Array | None:
    weight = batch.weights(rows)
    batch.refuse_infinite(weight if weight is not None else 0.0)
    return weight


def _transposed(batch: Batch, labels: slice | Array) -> tuple[Array, Array]:
    """(L, n) words of some columns, which are a copy even of a single one, and flags."""
    assert batch.format is not None
    with np.errstate(over="ignore", invalid="ignore"):  # of what only longdouble holds
        scores = np.array(batch.pred[:, labels].T, dtype=batch.score_dtype, order="C")
    return scores.view(batch.format.word), native_ids(batch.true[:, labels].T)


def _checked(
    batch: Batch, words: Array, true: Array, weight: Array | None, ignored: Array | None
) -> Column:
    try:
        return _column(batch, words, true, weight, ignored)
    except _WrongCell:
        complain(batch, slice(0, len(batch)))


def _column(
    batch: Batch, words: Array, true: Array, weight: Array | None, ignored: Array | None
) -> Column:
    form, logits = batch.format, batch.options.from_logits
    assert form is not None
    if ignored is not None:
        kept = ~ignored
        words, true = words[kept], true[kept]
        weight = None if weight is None else weight[kept]
    if len(true) and true.view(f"u{true.itemsize}").max() > 1:
        raise _WrongCell
    scale = Scale(batch.score_dtype, logits)
    if logits:
        scores = floats(words, form.inf)
        if np.isnan(scores).any():
            raise _WrongCell
        return _ordered(scores, true, weight, scale)
    packed = weight is None
    if len(words) and words.max() > form.one:  # beyond 1, NaN, below 0, or -0.0
        sign = form.word.type(1 << 8 * form.word.itemsize - 1)
        words = np.where(words == sign, form.word.type(0), words)
        if words.max() > form.one:
            scores, (low, high) = floats(words, form.inf), probability_range(batch.score_dtype)
            if not ((scores >= low) & (scores <= high)).all():
                raise _WrongCell
            packed = False
    if packed:
        return Packed(words, true, form, scale)
    return _ordered(floats(words, form.inf), true, weight, scale)


def _ordered(scores: Array, true: Array, weight: Array | None, scale: Scale) -> Column:
    """The cells that count, sorted: rows of weight 0 bring no threshold, as in scikit-learn."""
    if weight is not None and not weight.all():
        kept = weight > 0
        scores, true, weight = scores[kept], true[kept], weight[kept]
    return Ordered(scores, true, weight, scale)
