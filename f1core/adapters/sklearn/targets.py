"""y_true and y_pred in scikit-learn's terms: which labels occur, and how often.

What is plainly labels or plainly 0/1 goes straight to the core. Everything else is shown to
scikit-learn's own `_check_targets`, which refuses it in its own words or says what it is.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

# Private, but what scikit-learn takes for a target, and how it refuses the rest, is written there.
from sklearn.metrics._classification import _check_targets
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import check_consistent_length

from ... import count as counting
from ... import memory
from ...count_layout import EXACT, PRED, TP, TRUE
from ...counts import Array
from ...discover import zeros_and_ones
from ...errors import F1Error
from ...inputs import check
from ...labels import LabelEncoder, factorize
from ...options import CONFUSION_CLASSES, Options
from .checks import as_array, readable, weights

INDICATOR = "multilabel-indicator"
NOT_BY_ROW = "Samplewise metrics are not available outside of multilabel classification."
_FEW_CELLS = 1 << 20  # up to here rows are averaged one by one, which takes 10 ns a cell
_FEW_CLASSES = 512  # 10^6 labels of 1,000 classes: 2.6 ms as sums, 6.7 as a matrix; of 300 alike
_WIDE = 256  # columns that the kernel likes


@dataclass
class Targets:
    """Counts of rows, or of their weights."""

    kind: str  # "binary", "multiclass" or INDICATOR
    labels: Array  # (C,) that occur, sorted; the columns' numbers of an indicator
    sums: Array  # (3, C): TP, PRED, TRUE; of a confusion matrix with weights, its sums
    n: int
    exact: Any  # rows that are right in every label; None of an indicator without `rows`
    wrong: Any  # cells that differ
    weight: Array | None = None  # (n,)
    confusion: Array | None = None  # (C, C), where it was asked for
    support: Array | None = None  # (C,) true rows of each label, whatever their weight
    right: Array | None = None  # (n,) whether a row's label is predicted, where rows have weights
    flags: tuple[Any, Any] | None = None  # an indicator's arrays, dense or CSR
    rows: Array | None = None  # an indicator's row statistics; None to average rows one by one

    @property
    def indicator(self) -> bool:
        """Whether rows may have several labels."""
        return self.kind == INDICATOR

    @property
    def wrong_by_row(self) -> Array:
        """(n,) how many of an indicator's cells differ in each row."""
        assert self.flags is not None
        true, pred = self.flags
        if hasattr(true, "indptr"):
            return np.asarray(np.diff((true != pred).tocsr().indptr))
        return np.asarray(np.count_nonzero(true != pred, axis=1))

    @property
    def rows_right(self) -> Array:
        """(n,) whether all labels of a row are right; of rows with weights."""
        return self.wrong_by_row == 0 if self.right is None else self.right

    def places(self, labels: Array) -> Array:
        """Find where these labels stand among those that occur; -1 for one that does not."""
        place = {label: i for i, label in enumerate(self.labels.tolist())}
        return np.array([place.get(label, -1) for label in labels.tolist()], np.intp)

    def chosen(self, labels: Array | None) -> Array:
        """(3, k) sums of these labels, 0 for one that does not occur."""
        if labels is None or self.indicator:  # an indicator's columns were chosen when counted
            return self.sums
        places = self.places(labels)
        return np.where(places < 0, 0, self.sums[:, places])

    def by_row(self) -> tuple[Array, Any]:
        """(3, n) sums of each row of an indicator, and what they are out of."""
        if self.flags is None:
            raise ValueError(NOT_BY_ROW)
        true, pred = (flags != 0 for flags in self.flags)
        both = true.multiply(pred) if hasattr(true, "multiply") else true & pred
        sums = np.stack([np.asarray(flags.sum(axis=1)).ravel() for flags in (both, pred, true)])
        weight = 1 if self.weight is None else self.weight
        return sums * weight, len(self.labels) * weight


def read(
    y_true: Any,
    y_pred: Any,
    sample_weight: Any = None,
    *,
    matrix: bool | None = False,
    columns: Any = None,
    rows: bool = False,
    beta: float = 1.0,
) -> Targets:
    """Check and count, or refuse by scikit-learn's own check.

    `matrix` keeps the confusion of labels, None up to 1,024 classes; of an indicator, `columns` are
    the ones to look at, and `rows` keeps the statistics of rows, with F of this `beta`.
    """
    if sample_weight is not None:
        check_consistent_length(y_true, y_pred, sample_weight)
    y_true, y_pred = readable(y_true, "y_true"), readable(y_pred, "y_pred")
    true, pred = as_array(y_true), as_array(y_pred)
    if true is not None and pred is not None and 0 < len(true) == len(pred):
        weight, found = weights(sample_weight, true), None
        with suppress(F1Error):  # scikit-learn may take it, or word it
            if true.ndim == pred.ndim == 1:
                found = _labels(true, pred, weight, matrix)
            elif true.shape == pred.shape:
                found = _flags(true, pred, weight, columns, rows, beta)
        if found is not None:
            return found
    # (kind, labels, truth, prediction, weight), or fewer of them before scikit-learn 1.9
    kind, *parts = (part for part in _check_targets(y_true, y_pred) if part is not None)
    true, pred = parts[-2:]
    weight = weights(sample_weight, true)
    if kind == INDICATOR:
        return _sparse_flags(true, pred, weight, columns)
    classes = unique_labels(true, pred)
    true, pred = (np.searchsorted(classes, y) for y in (true, pred))
    return _counted(true, pred, weight, matrix, classes)


def _labels(true: Array, pred: Array, weight: Array | None, matrix: bool | None) -> Targets | None:
    """Count two (n,) arrays; None if they are not plainly labels of one kind."""
    dtypes = true.dtype, pred.dtype
    kinds = {dtype.kind for dtype in dtypes}
    if kinds <= {"U", "O"}:
        try:
            names, (true, pred) = factorize(true, pred)
        except TypeError:  # not all of them are strings
            return None
        return _counted(true, pred, weight, matrix, names)
    if not kinds <= {"i", "u", "b", "f"}:
        return None
    with np.errstate(invalid="ignore"):
        whole_true, whole_pred = (
            side.astype(np.int64) if side.dtype.kind == "f" else side for side in (true, pred)
        )
    for whole, side in ((whole_true, true), (whole_pred, pred)):
        if whole is not side and not (whole == side).all():
            return None
    found = _counted(whole_true, whole_pred, weight, matrix)
    # scikit-learn finds each label as the first array that has it writes it.
    mixed = dtypes[0] != dtypes[1] and not np.all(found.support)
    found.labels = found.labels.astype(np.result_type(*dtypes) if mixed else dtypes[0])
    return found


def _counted(
    true: Array,
    pred: Array,
    weight: Array | None,
    matrix: bool | None,
    names: Array | None = None,
) -> Targets:
    """Count (n,) whole numbers, which are places among `names` if there are any."""
    kept = None if weight is not None else matrix
    batch = check(true, pred, Options(task="multiclass", confusion=kept or None))
    if not kept and batch.n_classes > _FEW_CLASSES:
        batch = replace(batch, options=replace(batch.options, confusion=False))
    _, counts = counting.count_guessed(batch)
    assert counts.labels is not None
    labels, n, sums, right = counts.labels, len(true), counts.per_class, None
    confusion = counts.confusion if matrix else None
    exact, support = sums[TP].sum(), sums[TRUE]
    if weight is not None:
        encode: Any = LabelEncoder(labels)
        if labels[0] == 0 and labels[-1] == len(labels) - 1:
            encode = partial(np.asarray, dtype=np.int64)  # they are their own places
        ids = encode(true), encode(pred)
        right = ids[0] == ids[1]
        if matrix or (matrix is None and len(labels) <= CONFUSION_CLASSES):
            confusion = _weighted_confusion(*ids, weight, len(labels))
            sums = np.array([confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1)])
        else:  # added row by row, as scikit-learn adds them
            sides = (ids[0][right], weight[right]), (ids[1], weight), (ids[0], weight)
            sums = np.array([np.bincount(side, amount, len(labels)) for side, amount in sides])
    elif not exact:
        sums = sums.astype(np.float64)  # as scikit-learn's are then: its report prints "3.0"
    kind = "binary" if len(labels) <= 2 else "multiclass"
    labels = labels if names is None else names[labels]
    return Targets(kind, labels, sums, n, exact, n - exact, weight, confusion, support, right)


def _weighted_confusion(true: Array, pred: Array, weight: Array, size: int) -> Array:
    """(C, C) sums of weights, added row by row; of whole ones as int64, which wrap around."""
    dtype = np.float64 if weight.dtype.kind == "f" else np.int64
    found = memory.zeros((size, size), dtype, f"the confusion matrix of {size:,} classes", "")
    np.add.at(found.reshape(-1), true * np.int64(size) + pred, weight.astype(dtype))
    return found


def _flags(
    true: Array, pred: Array, weight: Array | None, columns: Any, rows: bool, beta: float
) -> Targets | None:
    """Count two (n, L) arrays; None if they hold anything but 0 and 1."""
    kinds = true.dtype.kind + pred.dtype.kind
    if true.shape[1] < 2 or not set(kinds) <= set("iubf"):
        return None
    # The kernels see only the columns to look at, and do not mind fractions.
    unseen = columns is not None or "f" in kinds
    if unseen and not (zeros_and_ones(true) and zeros_and_ones(pred)):
        return None
    if columns is not None:
        columns = _checked(columns, true.shape[1])
        if not columns.size:
            return None
        true, pred = true[:, columns], pred[:, columns]
    options = Options(task="multilabel", beta=beta)
    if rows or weight is not None or true.size <= _FEW_CELLS:
        batch = check(true, pred, options)
        batch.weight = weight  # past `check`, which refuses weights below 0
        counts = counting.count(batch)
        sums, statistics = counts.per_class, counts.rows
    else:
        sides, statistics = _folded(true, pred), None
        each = [counting.count(check(*side, options)).per_class for side in sides]
        sums = np.sum([one.reshape(3, -1, true.shape[1]).sum(axis=1) for one in each], axis=0)
    # A few rows are averaged one by one, and weights below 0 could hide a row that is 0/0.
    by_row = true.size <= _FEW_CELLS or (weight is not None and weight.min() < 0)
    return Targets(
        INDICATOR,
        np.arange(true.shape[1]),
        sums,
        len(true),
        None if statistics is None else statistics[EXACT],
        sums[PRED].sum() + sums[TRUE].sum() - 2 * sums[TP].sum(),
        weight,
        flags=(true, pred),
        rows=None if by_row else statistics,
    )


def _folded(true: Array, pred: Array) -> list[tuple[Array, Array]]:
    """Rows as wide ones, and what is left: each row's ratios take 5 ns, and none is wanted.

    10^6 rows of 2 labels take a third of the time, of 40 in bytes half.
    """
    n, width = true.shape
    times = _WIDE // width
    if times < 2 or not (true.flags.c_contiguous and pred.flags.c_contiguous):
        return [(true, pred)]
    whole = n - n % times
    wide, wide_pred = (a[:whole].reshape(-1, width * times) for a in (true, pred))
    return [(wide, wide_pred), (true[whole:], pred[whole:])]


def _checked(columns: Any, width: int) -> Array:
    """The labels of an indicator as column numbers."""
    places = np.asarray(columns)
    if places.size and places.max() >= width:
        what = f"{places.max()} > {width - 1}"
    elif places.size and places.min() < 0:
        what = f"{places.min()} < 0"
    else:
        return places.astype(np.intp)
    raise ValueError(f"All labels must be in [0, n labels) for multilabel targets. Got {what}")


def _sparse_flags(true: Any, pred: Any, weight: Array | None, columns: Any) -> Targets:
    """Count two CSR matrices without filling them; whatever is not 0 is a label."""
    if columns is not None:
        columns = _checked(columns, true.shape[1])
        true, pred = true[:, columns], pred[:, columns]
    n, width = true.shape
    w = np.ones(n, np.int64) if weight is None else weight.astype(np.float64)
    sums = []
    for flags in ((true != 0).multiply(pred != 0), pred != 0, true != 0):
        matrix = flags.tocsr()
        each = None if weight is None else np.repeat(w, np.diff(matrix.indptr))
        sums.append(np.bincount(matrix.indices, each, width))
    found = Targets(INDICATOR, np.arange(width), np.array(sums, w.dtype), n, 0, 0, weight)
    found.flags = true, pred
    found.exact, found.wrong = np.count_nonzero(found.wrong_by_row == 0), found.wrong_by_row.sum()
    return found
