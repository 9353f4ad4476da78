"""One label a row: whole numbers, strings, booleans -> Targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import count as counting
from ...batch import Batch
from ...count_layout import PRED, TP, TRUE
from ...counts import Array
from ...discover import discover_classes
from ...errors import F1Error
from ...labels import LabelEncoder, factorize
from ...options import Options
from .targets import Targets

Dtypes = tuple["np.dtype[Any]", "np.dtype[Any]"]

_MATRIX = Options(task="multiclass", confusion=True)
_SUMS = Options(task="multiclass", confusion=False)
_SMALL = 64  # classes up to which a matrix is counted even where only its sums are wanted
_SAMPLE = 1024  # labels looked at to guess how many classes there are
_EXACT = 2.0**53  # up to here float64 sums of whole numbers are exact


@dataclass
class Ids:
    """Two arrays of ids among `size` classes, and the labels behind them."""

    true: Array
    pred: Array
    size: int
    labels: Array | None = None  # (size,) values; None is `low`, low + 1, …
    low: int = 0
    encoder: LabelEncoder | None = None  # where the arrays hold labels, not ids
    dtypes: Dtypes | None = None  # what the labels were given as

    def batch(self, matrix: bool, weight: Array | None = None) -> Batch:
        """What the engine counts."""
        options = _MATRIX if matrix or self.size <= _SMALL else _SUMS
        return Batch("labels", options, self.true, self.pred, self.size, weight, self.encoder)

    def values(self, seen: Array, sums: Array) -> Array:
        """The labels at these places, in the dtype that scikit-learn would find for them."""
        values = self.labels[seen] if self.labels is not None else seen + self.low
        if self.dtypes is None:
            return values
        first, second = self.dtypes
        if first == second:
            return values.astype(first, copy=False)
        # Mixed: each label is written as in the first array that has it.
        pairs = zip(values.tolist(), (sums[TRUE] > 0).tolist(), strict=True)
        return np.asarray([(first if known else second).type(label) for label, known in pairs])


def read(true: Array, pred: Array, weight: Array | None, matrix: bool) -> Targets | None:
    """Two (n,) arrays counted; None if they are not plainly labels of one kind."""
    dtypes = true.dtype, pred.dtype
    kinds = {dtype.kind for dtype in dtypes}
    if kinds <= {"U", "O"}:
        try:
            labels, (true, pred) = factorize(true, pred)
        except TypeError:  # not all of them are strings
            return None
        return counted(Ids(true, pred, len(labels), labels), weight, matrix)
    if not kinds <= {"i", "u", "b", "f"}:
        return None
    whole_true, whole_pred = _whole(true), _whole(pred)
    if whole_true is None or whole_pred is None:
        return None
    guess = _guess(whole_true, whole_pred, dtypes)
    if guess is not None:
        try:
            return counted(guess, weight, matrix)
        except F1Error:  # the sample did not show all
            pass
    try:
        labels, encoder, _ = discover_classes(whole_true, whole_pred, None, matrix)
        ids = Ids(whole_true, whole_pred, len(labels), labels, encoder=encoder, dtypes=dtypes)
        return counted(ids, weight, matrix)
    except F1Error:  # beyond int64
        return None


def _whole(array: Array) -> Array | None:
    """Floats as int64; None if one is no whole number."""
    if array.dtype.kind != "f":
        return array
    with np.errstate(invalid="ignore"):
        ids = array.astype(np.int64)
    return ids if (ids == array).all() else None


def _guess(true: Array, pred: Array, dtypes: Dtypes) -> Ids | None:
    """Ids among as many classes as a sample shows and some more, to read the labels only once."""
    step = -(-len(true) // _SAMPLE)
    some = true[::step], pred[::step]
    high, low = max(1, *(int(_unsigned(labels).max()) for labels in some)), 0
    if high >= 2 * _SMALL:  # many, or below 0
        high = max(0, *(int(labels.max()) for labels in some))
        low = min(0, *(int(labels.min()) for labels in some))
    size = 1 << (high - low).bit_length()
    if size > 2 * _SMALL:
        return None
    if low < 0:
        true, pred = (np.subtract(labels, low, dtype=np.int64) for labels in (true, pred))
    return Ids(true, pred, size, low=low, dtypes=dtypes)


def _unsigned(labels: Array) -> Array:
    """Labels with those below 0 as the largest."""
    dtype = labels.dtype
    return labels.view(f"{dtype.byteorder}u{dtype.itemsize}") if dtype.kind == "i" else labels


def counted(ids: Ids, weight: Array | None, matrix: bool) -> Targets:
    """Count rows, and weights if there are any; only what occurs is a label."""
    counts = counting.count(ids.batch(matrix))
    sums = counts.per_class
    seen = (sums[PRED] + sums[TRUE]).nonzero()[0]
    sums, n = sums.take(seen, axis=1), len(ids.true)
    labels, occurs, right = ids.values(seen, sums), sums[TRUE], None
    if weight is not None:
        if matrix:
            counts = counting.count(ids.batch(matrix, weight))
        sums, right = _weighted(ids, weight)
        sums = sums.take(seen, axis=1)
    exact = sums[TP].sum()
    wrong = (n if weight is None else sums[TRUE].sum()) - exact
    if weight is None and not exact:
        sums = sums.astype(np.float64)  # as scikit-learn's are then: its report prints "3.0"
    confusion = None
    if matrix and counts.confusion is not None:
        confusion = counts.confusion[np.ix_(seen, seen)]
        if weight is not None and weight.dtype.kind != "f":
            confusion = _exact(confusion, ids, seen, weight)
    kind = "binary" if len(seen) <= 2 else "multiclass"
    return Targets(kind, labels, sums, n, exact, wrong, weight, confusion, occurs, right=right)


def _weighted(ids: Ids, weight: Array) -> tuple[Array, Array]:
    """(3, C) sums of weights, added row by row as scikit-learn adds them, and which rows hit."""
    batch, every = ids.batch(False), slice(None)
    true, pred = batch.true_ids(every), batch.pred_ids(every)
    hit = true == pred
    sides = (true[hit], weight[hit]), (pred, weight), (true, weight)
    return np.array([np.bincount(each, weights, ids.size) for each, weights in sides]), hit


def _exact(confusion: Array, ids: Ids, seen: Array, weight: Array) -> Array:
    """The sums of whole weights as int64, wrapping around as scikit-learn's do."""
    if float(np.abs(weight.astype(np.float64)).sum()) < _EXACT:
        return confusion.astype(np.int64)
    batch, every = ids.batch(True), slice(None)
    added = np.zeros((ids.size, ids.size), np.int64)
    np.add.at(added, (batch.true_ids(every), batch.pred_ids(every)), weight.astype(np.int64))
    return np.asarray(added[np.ix_(seen, seen)])
