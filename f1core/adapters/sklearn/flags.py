"""Any number of labels a row: indicator matrices, dense or sparse -> Targets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ... import count as counting
from ...backends.numpy import _row_ratios
from ...batch import Batch
from ...count_layout import COUNT, EXACT, HIGH, PRED, ROWS, TP, TRUE, UNDEFINED
from ...counts import Array
from ...discover import zeros_and_ones
from ...errors import F1Error
from ...float_bits import format_of
from ...options import Options
from .targets import INDICATOR, Targets

_WIDE = 256  # columns that the kernel likes


def read(
    true: Array, pred: Array, weight: Array | None, columns: Any, rows: bool, beta: float
) -> Targets | None:
    """Two (n, L) arrays counted; None if they hold anything but 0 and 1."""
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
    flags = true, pred
    true, pred = (a.view(np.uint8) if a.dtype.kind == "b" else a for a in flags)
    try:
        if not rows and weight is None:
            return _targets(_sums(true, pred), flags)
        batch = _batch(true, pred, beta)
        counts = plain = counting.count(batch)
    except F1Error:  # something else than 0 and 1
        return None
    if weight is not None:
        counts = counting.count(replace(batch, weight=weight))
    assert counts.rows is not None and plain.rows is not None
    return _targets(counts.per_class, flags, weight, counts.rows, plain.rows[UNDEFINED])


def _batch(true: Array, pred: Array, beta: float = 1.0) -> Batch:
    options = Options(task="multilabel", beta=beta)
    return Batch("multilabel", options, true, pred, pred.shape[1], format=format_of(pred))


def _sums(true: Array, pred: Array) -> Array:
    """(3, L) sums alone: several rows count as one wide row, which is up to twice as fast."""
    n, width = true.shape
    times = _WIDE // width
    whole = n // max(times, 1) * times
    if whole == 0 or not (true.flags.c_contiguous and pred.flags.c_contiguous):
        return counting.count(_batch(true, pred)).per_class
    wide, wide_pred = (a[:whole].reshape(-1, width * times) for a in (true, pred))
    many = counting.count(_batch(wide, wide_pred)).per_class
    rest = counting.count(_batch(true[whole:], pred[whole:])).per_class
    return np.asarray(many.reshape(3, times, width).sum(axis=1) + rest)


def _targets(
    sums: Array,
    flags: tuple[Any, Any],
    weight: Array | None = None,
    rows: Array | None = None,
    undefined: Any = 0,
) -> Targets:
    if weight is not None:  # a row of weight 0 is 0/0 to scikit-learn
        undefined = undefined + np.count_nonzero(weight == 0)
    return Targets(
        INDICATOR,
        np.arange(sums.shape[1]),
        sums,
        flags[0].shape[0],
        None if rows is None else rows[EXACT],
        sums[PRED].sum() + sums[TRUE].sum() - 2 * sums[TP].sum(),
        weight,
        rows=rows,
        undefined=undefined,
        flags=flags,
    )


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


def read_sparse(true: Any, pred: Any, weight: Array | None, columns: Any, beta: float) -> Targets:
    """Two CSR matrices counted without filling them; whatever is not 0 is a label."""
    if columns is not None:
        columns = _checked(columns, true.shape[1])
        true, pred = true[:, columns], pred[:, columns]
    n, width = true.shape
    both = (true != 0).multiply(pred != 0)
    each = [flags.tocsr() for flags in (both, pred != 0, true != 0)]
    tp, predicted, positive, differ = (np.diff(m.indptr) for m in (*each, (true != pred).tocsr()))
    w = np.ones(n, np.int64) if weight is None else weight.astype(np.float64)
    sums = [
        np.bincount(m.indices, None if weight is None else np.repeat(w, np.diff(m.indptr)), width)
        for m in each
    ]
    ratios, undefined = _row_ratios(
        tp, predicted, positive, np.full(n, width), np.array(Options(beta=beta).coefs)
    )
    rows = np.zeros(ROWS)
    rows[COUNT], rows[EXACT] = w.sum(), w[differ == 0].sum()
    rows[HIGH], rows[UNDEFINED] = ratios @ w, undefined @ w
    found = _targets(np.array(sums, w.dtype), (true, pred), weight, rows, undefined.sum(axis=1))
    found.wrong = differ @ w
    return found
