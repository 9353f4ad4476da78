"""A multiclass batch as one against the rest: a column of flags a class, as a multilabel task."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..arrays import widened
from ..batch import Batch
from ..counts import Array
from ..diagnose import raise_first_error
from ..errors import F1Error
from ..float_bits import FORMATS
from ..inputs import check
from ..label_rows import filled
from ..options import Options

_SKIPPED = 2  # a flag that counts nowhere


def columns_batch(
    y_true: Any, y_prob: Any, options: Options, sample_weight: Any, width: int | None = None
) -> tuple[Batch, str]:
    """Check scores, and give those of a multiclass task as those of many labels; and name the task.

    Logits of a multiclass task become probabilities: it is these that columns are sorted by. What
    names the columns is in the options; those of a multiclass task that say which rows are left
    out are used up.
    """
    batch = filled(check(y_true, y_prob, options, sample_weight, width, exact=True))
    if batch.format is None or batch.hard:
        raise F1Error("y_pred holds labels: give probabilities, not labels")
    task = batch.options.task or ""
    return (_one_vs_rest(batch) if task == "multiclass" else batch), task


def class_ids(batch: Batch, rows: slice = slice(None)) -> Array:
    """(n,) the true class of rows of what `columns_batch` gives; C where one counts nowhere."""
    flags = batch.true[rows]
    ids = np.asarray(flags.argmax(axis=1))
    if batch.options.ignore_index is not None:
        ids = np.where(flags[:, 0] == _SKIPPED, batch.n_classes, ids)
    return ids


def _one_vs_rest(batch: Batch) -> Batch:
    whole, size = slice(0, len(batch)), batch.n_classes
    ids, ignored = batch.true_ids(whole), batch.ignored(whole)
    wrong = (ids < 0) | (ids >= size)
    if (wrong if ignored is None else wrong & ~ignored).any():
        raise_first_error(batch, whole)
    flags = (ids[:, None] == np.arange(size, dtype=ids.dtype)).view(np.int8)
    if ignored is not None:
        flags[ignored] = _SKIPPED
    pred, form = batch.pred, batch.format
    if batch.options.from_logits:
        pred, form = _softmax(batch), FORMATS[np.dtype(np.float64)]
    options = replace(
        batch.options, task="multilabel", top_k=0, from_logits=False, average_over=None,
        ignore_index=None if ignored is None else _SKIPPED,
    )  # fmt: skip
    return replace(
        batch, kind="multilabel", options=options, true=flags, pred=pred, format=form,
        encoder=None, onehot=False,
    )  # fmt: skip


def _softmax(batch: Batch) -> Array:
    """(n, C) float64 probabilities of logits, from -inf on but below inf."""
    logits = np.asarray(widened(batch.pred), np.float64)
    if np.isnan(logits).any():
        raise_first_error(batch, slice(0, len(batch)))
    highest = logits.max(axis=1, keepdims=True)
    wrong = np.flatnonzero(np.isinf(highest))
    if len(wrong):
        raise F1Error(
            f"y_pred has {highest[wrong[0], 0]} as its largest logit at row {wrong[0]}, which no "
            "probability follows from"
        )
    shares = np.exp(logits - highest)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))
