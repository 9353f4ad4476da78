"""Why a block of rows was refused: the first wrong value, in a sentence that mends it."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from .arrays import refuse_rounded, widened
from .batch import Batch
from .counts import Array
from .errors import F1Error, did_you_mean, shown
from .float_bits import TOLERANCE, probability_range
from .label_rows import LabelRows

_NEAR = 0.1  # so far outside, it may be a probability as well as a logit

_LISTED = 10  # so many classes a sentence lists
_CELLS = 1 << 20  # of rows of which few cells are held, that are looked at in one go
_PADDING = (255, 65535)  # what fills up truth that is no negative number


def raise_first_error(batch: Batch, rows: slice) -> NoReturn:
    """Raise an F1Error for the first value in these rows that cannot be counted."""
    step = max(1, _CELLS // batch.n_classes) if batch.held else max(1, rows.stop - rows.start)
    for start in range(rows.start, rows.stop, step):
        part = slice(start, min(start + step, rows.stop))
        skipped = batch.ignored(part)
        _check_targets(batch, part, skipped)
        if batch.kind == "labels":
            _check_labels(batch, part, skipped)
        else:
            _check_scores(batch, part, skipped)
    raise AssertionError("a block was refused, and nothing is wrong with it")


def _first(wrong: Array, skipped: Array | None) -> tuple[int, ...] | None:
    """Return the index of the first True that is not skipped, or None."""
    if skipped is not None:
        wrong = wrong & ~(skipped if skipped.ndim == wrong.ndim else skipped[:, None])
    hits = np.argwhere(wrong)
    return tuple(int(i) for i in hits[0]) if len(hits) else None


def _where(rows: slice, at: tuple[int, ...]) -> str:
    row = f"row {rows.start + at[0]}"
    return f"{row}, column {at[1]}" if len(at) > 1 else row


def _check_targets(batch: Batch, rows: slice, skipped: Array | None) -> None:
    ids, block = batch.true_ids(rows), batch.true[rows]
    if batch.onehot:
        at = _first(ids < 0, skipped)
        if at is not None:
            raise F1Error(
                f"y_true at {_where(rows, at)} is {shown(widened(block[at[0]]).tolist())}, not a "
                "one-hot row (a single 1, the rest 0); several 1s in a row are task='multilabel'"
            )
        return
    size = 2 if batch.kind in ("binary", "multilabel") else batch.n_classes
    at = _first((ids < 0) | (ids >= size), skipped)
    if at is not None:
        _refuse_target(batch, rows, at, _value(block, at))


def _refuse_target(batch: Batch, rows: slice, at: tuple[int, ...], value: Any) -> NoReturn:
    where = _where(rows, at)
    if value != value:
        raise F1Error(f"y_true is NaN at {where}; drop the row, or mark it with ignore_index")
    refuse_rounded(value, batch.true.dtype, "y_true", rows.start + at[0])
    if batch.options.task == "multilabel":
        raise F1Error(f"y_true is {shown(value)} at {where}; multilabel targets are 0 or 1")
    names, size = batch.options.names, batch.options.known(batch.n_classes)
    if names is not None and (batch.encoder is not None or not isinstance(names[0], str)):
        raise F1Error(
            f"y_true is {shown(value)} at {where}, which is none of the classes {shown(names)}"
            + did_you_mean(value, names)
        )
    if batch.options.task == "binary":
        raise F1Error(
            f"y_true is {shown(value)} at {where}; binary targets are 0 or 1 "
            "(classes=[negative, positive] names others)"
        )
    sentence = f"y_true is {shown(value)} at {where}, {_outside(size)}"
    raise F1Error(f"{sentence}: {_remedy(batch, size, value)}")


def _remedy(batch: Batch, size: int, value: Any) -> str:
    """Return what to do about a label that is no column's number."""
    truth = widened(batch.true)
    kept = np.isfinite(truth) if truth.dtype.kind == "f" else np.ones(len(truth), bool)
    if batch.options.ignore_index is not None:
        kept &= truth != batch.options.ignore_index
    if not kept.any():
        return "labels are whole numbers"
    low, high = int(truth[kept].min()), int(truth[kept].max())
    if low > 0 and (high - low == size - 1 or (low == 1 and high == size)):
        listed = list(range(low, low + size)) if size <= _LISTED else f"range({low}, {low + size})"
        return f"if labels count from {low}, classes={listed} says so"
    if value < 0 or value in _PADDING:
        return f"if such rows have no class, ignore_index={shown(value)} leaves them out"
    return f"labels are {_ids(size)}, or those that classes=[…] names in column order"


def _check_labels(batch: Batch, rows: slice, skipped: Array | None) -> None:
    ids = batch.pred_ids(rows)
    at = _first((ids < 0) | (ids >= batch.n_classes), skipped)
    if at is None:
        return
    value, where = _value(batch.pred[rows], at), _where(rows, at)
    if value != value:
        raise F1Error(f"y_pred is NaN at {where}")
    refuse_rounded(value, batch.pred.dtype, "y_pred", rows.start + at[0])
    classes = (
        f"none of the classes {shown(batch.options.names)}"
        if batch.encoder is not None
        else _outside(batch.n_classes)
    )
    raise F1Error(f"y_pred is {shown(value)} at {where}, which is {classes}{_unknown_hint(batch)}")


def _ids(size: int) -> str:
    """Write the range of the ids of `size` classes: "0…2" of three."""
    return "0" if size == 1 else f"0…{size - 1}"


def _outside(size: int) -> str:
    """Write that an id is outside the range of `size` classes."""
    return f"outside the {'only class' if size == 1 else f'{size} classes'} {_ids(size)}"


def _unknown_hint(batch: Batch) -> str:
    """Return the hint that unknown='miss' counts a prediction that is no class as wrong."""
    named = batch.options.n_classes is not None
    return f"; unknown='miss' {'' if named else 'and classes=[…] '}counts it as a miss"


def _check_scores(batch: Batch, rows: slice, skipped: Array | None) -> None:
    scores = widened(batch.pred[rows])
    at = _first(np.isnan(scores), skipped)
    if at is not None:
        raise F1Error(f"y_pred is NaN at {_where(rows, at)}")
    if batch.options.ranks and isinstance(batch.pred, LabelRows):
        at = _first(scores < 0, skipped)
        if at is not None:
            raise F1Error(
                f"y_pred is {shown(_value(scores, at))} at {_where(rows, at)}; beside scores that "
                "a sparse matrix does not hold, which are 0, only those above 0 are ranked: pass "
                "probabilities, or .toarray()"
            )
    if (batch.kind == "multiclass" and batch.divisors is None) or batch.options.ranks:
        return
    if batch.format is None:
        at = _first((scores != 0) & (scores != 1), skipped)
        if at is not None:
            raise F1Error(
                f"y_pred is {shown(_value(scores, at))} at {_where(rows, at)}; whole-numbered "
                "multilabel predictions are flags, 0 or 1"
            )
    low, high = probability_range(batch.pred.dtype)
    at = _first((scores < low) | (scores > high), skipped)
    if at is not None and not batch.options.from_logits:
        value = float(_value(scores, at))
        near = low - _NEAR <= value <= high + _NEAR
        raise F1Error(
            f"y_pred is {_digits(value, low, high)} at {_where(rows, at)}, outside [0, 1]"
            + (f" by more than {TOLERANCE:g}" if near else "")
            + ": if these are logits, say from_logits=True"
        )


def _digits(value: float, low: float, high: float) -> str:
    """A number outside of [low, high] in as few digits as show that it is, six at least."""
    texts = (f"{value:.{digits}g}" for digits in range(6, 18))
    return next(text for text in texts if not low <= float(text) <= high)


def _value(block: Array, at: tuple[int, ...]) -> Any:
    value = widened(block)[at]
    return value.item() if hasattr(value, "item") else value
