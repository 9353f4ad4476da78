"""What is true and what is predicted, row by row, for what needs more than sums."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from . import plain
from .batch import Batch
from .complaints import complain
from .counts import Array
from .tally import IGNORED, decided, most_votes


class Decisions(NamedTuple):
    """The rows that count: (m,) true ids and (m,) or (m, k) predicted ids; or (m, L) codes.

    A code is predicted + 2 true, or 4 for a cell that counts nowhere.
    """

    true: Array
    pred: Array
    code: Array | None
    weight: Array | None
    rows: Array  # (m,) where they stand in the block


def decide(batch: Batch, rows: slice) -> Decisions:
    """A block of rows, decided as `tally.count` decides them.

    Raises
    ------
    F1Error
        If any row holds a value that cannot be counted.
    """
    true, weight, ignored = batch.true_ids(rows), batch.weights(rows), batch.ignored(rows)
    if batch.kind == "multilabel":
        words, one, _ = batch.cut_form(rows)
        code, bad = decided(plain, batch, rows, true, words, one)
        kept = (code != IGNORED).any(axis=1)
        if bad:
            complain(batch, rows)
        return _kept(Decisions(true, true, code, weight, np.arange(len(true))), kept)
    pred = _predicted(batch, rows, true)
    kept = np.ones(len(true), bool) if ignored is None else ~ignored
    found = _kept(Decisions(true, pred, None, weight, np.arange(len(true))), kept)
    for ids in (found.true, found.pred):
        if ((ids < 0) | (ids >= batch.n_classes)).any():
            complain(batch, rows)
    return found


def _predicted(batch: Batch, rows: slice, true: Array) -> Array:
    if batch.kind == "labels":
        return batch.pred_ids(rows)
    if batch.kind == "binary":
        assert batch.format is not None
        code, bad = decided(plain, batch, rows, true, batch.words(rows), batch.format.one)
        if bad:
            complain(batch, rows)
        return np.asarray(code & 1)
    k = batch.options.top_k
    if batch.format is None:
        return most_votes(batch.pred[rows], k)
    words = batch.words(rows)
    ids = np.empty(len(words) if k == 1 else (len(words), k), np.int32)
    if k == 1:
        plain.argmax(words, batch.format.inf, ids)
    else:
        plain.topk(words, batch.format.inf, k, ids)
    return ids


def _kept(found: Decisions, kept: Array) -> Decisions:
    if kept.all():
        return found
    true, pred, code, weight, rows = found
    code, weight = (None if array is None else array[kept] for array in (code, weight))
    return Decisions(true[kept], pred[kept], code, weight, rows[kept])
