"""Scores counted in equal bins of [0, 1].

Bin 0 holds the scores that no threshold is below, bin k those above (k - 1) / bins and not above
k / bins, and a last one those that are above every threshold.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..arrays import widened
from ..backends.numpy import floats
from ..batch import Batch
from ..counts import Array
from ..diagnose import raise_first_error
from ..float_bits import cuts_of, probability_range
from ..memory import zeros

# Cells of a block of rows, at least.
_BLOCK = 1 << 18


def count_bins(batch: Batch, bins: int) -> Array:
    """Count a batch's negatives and positives of each bin: (L, bins + 2, 2)."""
    labels = batch.n_classes if batch.kind == "multilabel" else 1
    dtype = np.int64 if batch.weight is None else np.float64
    counts = zeros((labels * (bins + 2) * 2,), dtype, f"{bins:,} bins of {labels:,} labels")
    for rows in blocks(batch, bins, labels):
        counts += _block(batch, rows, bins, labels)
    batch.refuse_infinite(counts)
    return counts.reshape(labels, bins + 2, 2)


def blocks(batch: Batch, bins: int, labels: int) -> Iterator[slice]:
    """Cut a batch's rows so that a block's bins are counted and added in one go."""
    step = max(1, max(_BLOCK, labels * (bins + 2) * 2) // labels)
    for start in range(0, len(batch), step):
        yield slice(start, min(start + step, len(batch)))


def places_of(batch: Batch, rows: slice, bins: int) -> Array:
    """Find the bin of each score, where cells that are ignored have any."""
    assert batch.format is not None
    words = np.array(batch.score_bits(rows))
    with np.errstate(invalid="ignore"):
        return _bin_of(floats(words, batch.format.inf), words, batch, bins)


def _block(batch: Batch, rows: slice, bins: int, labels: int) -> Array:
    assert batch.format is not None
    # Copies: another thread may change the caller's arrays between the check and the counting.
    words, true = np.array(batch.score_bits(rows)), np.array(batch.true_ids(rows))
    scores = floats(words, batch.format.inf)
    low, high = probability_range(batch.score_dtype)
    wrong = ~((scores >= low) & (scores <= high)) | ((true != 0) & (true != 1))
    ignored, weight = batch.ignored(rows), batch.weights(rows)
    if (wrong if ignored is None else wrong & ~ignored).any():
        raise_first_error(batch, rows)
    with np.errstate(invalid="ignore"):  # ignored cells hold anything
        cell = _bin_of(scores, words, batch, bins) * 2 + true
    cell = cell.reshape(len(true), labels) + np.arange(labels) * ((bins + 2) * 2)
    weights = None if weight is None else np.broadcast_to(weight[:, None], cell.shape)
    if ignored is not None:
        kept = ~ignored.reshape(cell.shape)
        cell, weights = cell[kept], None if weights is None else weights[kept]
    weights = None if weights is None else weights.ravel()
    return np.asarray(np.bincount(cell.ravel(), weights, labels * (bins + 2) * 2))


def _bin_of(scores: Array, words: Array, batch: Batch, bins: int) -> Array:
    """Count the edges k / bins that each score is above, by the rule of `score`."""
    if words.dtype != np.uint16:
        # Exact, since it is a power of two.
        edges = np.ceil(scores * scores.dtype.type(bins))
        return np.asarray(np.clip(edges, 0, bins + 1)).astype(np.int64)
    assert batch.format is not None
    edges = widened(cuts_of(np.arange(bins + 1) / bins, batch.score_dtype, False))
    highest = batch.format.highest
    every = floats(np.arange(int(highest) + 1, dtype=np.uint16), batch.format.inf)
    table = np.searchsorted(edges, every, side="left")
    place = np.where(words >> np.uint16(15), np.uint16(0), words)  # below 0.0, or -0.0
    return np.asarray(table[np.minimum(place, highest)])
