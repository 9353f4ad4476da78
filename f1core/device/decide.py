"""Decide and count a batch in another library's operations: the one description, for all of them.

Shapes are fixed, nothing depends on a value, and the device is asked nothing: what the kernels of
the CPU refuse is told apart here by a flag a row, and counted or left out.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ..count_layout import LIMB, RATIOS
from ..metrics import fractions
from .form import Form
from .operations import Operations


class Constants(NamedTuple):
    """The arrays of a form, as the library's own."""

    labels: Any = None
    places: Any = None
    cut: Any = None
    averaged: Any = None

    @classmethod
    def of(cls, form: Form, xp: Operations, like: Any = None) -> Constants:
        """Put the constants of a form where `like` is."""
        found = (getattr(form, name) for name in cls._fields)
        return cls(*(None if each is None else xp.constant(each, like) for each in found))


class Found(NamedTuple):
    """Counts of one batch, and which of its rows cannot be counted."""

    counts: Any  # (form.length,) integers, or sums of weights
    wrong_true: Any  # (n,) whether a row's target cannot be counted
    wrong_pred: Any  # (n,) or its score


class _Read(NamedTuple):
    """Targets or labels as class ids."""

    ids: Any  # (n,) from 0 to C, where C is no class
    wrong: Any  # (n,) whether there is none


def count(
    form: Form, xp: Operations, true: Any, pred: Any, constants: Constants, weight: Any = None,
    mask: Any = None,
) -> Found:  # fmt: skip
    """Count a batch: (n,) or (n, C) targets and scores, and (n,) weights where there are any.

    Where there is a (n,) mask, rows that are False in it count nowhere, whatever they hold.
    """
    if form.kind == "multilabel":
        return _count_labels(form, xp, true, pred, constants, weight, mask)
    return _count_rows(form, xp, true, pred, constants, weight, mask)


# ---- one class a row ---------------------------------------------------------------------


def _count_rows(
    form: Form, xp: Operations, true: Any, pred: Any, constants: Constants, weight: Any, mask: Any
) -> Found:
    none, k = form.width, form.options.top_k
    (truth, wrong_true), kept = _targets(form, xp, true, constants)
    found, wrong_pred = _predicted(form, xp, pred, constants)
    if mask is not None:
        kept = mask if kept is None else kept & mask
    if kept is not None:
        wrong_true, wrong_pred = wrong_true & kept, wrong_pred & kept
    if form.misses:
        gone_true, gone_pred = wrong_true, wrong_pred
        if kept is not None:
            gone_true, gone_pred = gone_true | ~kept, gone_pred | ~kept
    else:
        gone_true = wrong_true | wrong_pred
        gone_pred = gone_true = gone_true if kept is None else gone_true | ~kept
    truth = xp.where(gone_true, none, truth)
    if k > 1:
        found = xp.where(gone_pred[:, None], none, found)
        hit = xp.any((found == truth[:, None]) & (found != none))
    else:
        found = xp.where(gone_pred, none, found)
        hit = found == truth
    if form.matrix:
        cells = form.width * form.width
        at = xp.where(gone_true | gone_pred, cells, truth * form.width + found)
        counts = xp.histogram(at, cells + 1, weight)[:-1]
    else:
        sums = [xp.histogram(xp.where(hit, truth, none), none + 1, weight)]
        each = found if k == 1 else xp.flat(found)
        each_weight = weight if weight is None or k == 1 else xp.repeat(weight, k)
        sums.append(xp.histogram(each, none + 1, each_weight))
        sums.append(xp.histogram(truth, none + 1, weight))
        counts = xp.concatenate([each[:-1] for each in sums])
    if form.misses:
        rows = xp.ones_like(hit) if kept is None else kept
        counts = xp.concatenate([counts, xp.sum_rows(rows[:, None], weight)])
    return Found(counts, wrong_true, wrong_pred)


def _targets(form: Form, xp: Operations, true: Any, constants: Constants) -> tuple[_Read, Any]:
    """The true classes, and which rows count; None where all do."""
    ignored = form.ignored
    if not form.onehot:
        read = _ids(form, xp, true, constants, form.true_limit)
        return read, None if ignored is None else true != ignored
    one = true == 1
    good = (xp.total(one) == 1) & (xp.total(true != 0) == 1)
    ids = xp.total(xp.where(one, xp.arange(form.classes, true), 0))
    place = form.ignored_class
    if place is not None:
        kept = ~(good & (ids == place))
    elif ignored is not None:  # rows of padding
        kept = ~xp.all(true == ignored)
    else:
        kept = None
    return _Read(xp.where(good, ids, form.width), ~good), kept


def _predicted(form: Form, xp: Operations, pred: Any, constants: Constants) -> _Read:
    """The predicted classes: (n,), or (n, k) of top-k."""
    if form.kind == "labels":
        found = _ids(form, xp, pred, constants, form.pred_limit)
        if form.options.counts_unknown:  # in the last column, and none of them is wrong
            return _Read(xp.where(found.wrong, form.classes, found.ids), found.wrong & ~found.wrong)
        return found
    if form.kind == "multiclass" and form.cut is not None:
        return _largest_quotient(form, xp, xp.double(pred), constants.cut)
    if form.kind == "multiclass":
        return _Read(*xp.best(pred, form.options.top_k))
    above, below = _sides(form, pred, constants)
    return _Read(xp.whole(above), ~(above | below))


def _largest_quotient(form: Form, xp: Operations, pred: Any, cut: Any) -> _Read:
    """The largest scores over the thresholds of their classes, as `float_bits.quotients` has it."""
    if form.limits is None:
        found = xp.where(pred == -math.inf, -math.inf, pred - cut)
        return _Read(*xp.best(found, form.options.top_k))
    low, high = form.limits
    inside = xp.all((pred >= low) & (pred <= high))
    ids, nan = xp.best(xp.where(pred == 0, 0.0, pred / cut), form.options.top_k)
    return _Read(ids, nan | ~inside)


def _ids(form: Form, xp: Operations, labels: Any, constants: Constants, limit: int | None) -> _Read:
    ids, good = class_ids(form, xp, labels, constants, limit)
    return _Read(xp.where(good, ids, form.width), ~good)


def class_ids(
    form: Form, xp: Operations, labels: Any, constants: Constants, limit: int | None
) -> tuple[Any, Any]:
    """Labels as class ids, and which are one: no fraction, NaN or what no class is called."""
    ids = xp.whole(labels)
    good = None
    if limit is not None:
        good = (labels == xp.cast_like(ids, labels)) & (ids <= limit) & (ids >= -limit)
    if constants.labels is None:
        inside = (ids >= 0) & (ids < form.classes)
    else:
        at = xp.search(constants.labels, ids)
        inside, ids = constants.labels[at] == ids, constants.places[at]
    return ids, inside if good is None else good & inside


def _sides(form: Form, pred: Any, constants: Constants) -> tuple[Any, Any]:
    """Compare scores with the cut: which lie above, and which at or below; neither if invalid."""
    if form.hard:
        return pred == 1, pred == 0
    above, below = pred > constants.cut, pred <= constants.cut
    if form.limits is None:
        return above, below
    low, high = form.limits
    if form.options.below_all:  # what is above that cut need not be above the lowest score
        above &= pred >= low
    return above & (pred <= high), below & (pred >= low)


# ---- labels of their own -----------------------------------------------------------------


def _count_labels(
    form: Form, xp: Operations, true: Any, pred: Any, constants: Constants, weight: Any, mask: Any
) -> Found:
    zero, one = true == 0, true == 1
    kept = None if form.ignored is None else true != form.ignored
    sides = _ranked(form, xp, pred, kept) if form.options.ranks else _sides(form, pred, constants)
    above, below = sides
    wrong_true, wrong_pred = ~(zero | one), ~(above | below)
    if mask is not None:
        kept = mask[:, None] & (xp.ones_like(zero) if kept is None else kept)
    counted = None  # rows of nothing but what is ignored count nowhere
    if kept is not None:
        wrong_true, wrong_pred = wrong_true & kept, wrong_pred & kept
        counted = xp.any(kept)
    hit = one & above
    if form.misses:  # what is neither is both a miss and a false alarm
        found, truth = ~(below & (zero | one)), ~(zero & (below | above))
    else:
        good = ~(wrong_true | wrong_pred)
        kept = good if kept is None else kept & good
        found, truth = above, one
    if kept is not None:
        hit, found, truth = hit & kept, found & kept, truth & kept
    else:
        kept = xp.ones_like(hit)
    sums = [xp.sum_rows(each, weight) for each in (hit, found, truth, kept)]
    rows = _rows(form, xp, (hit, found, truth, kept), counted, constants.averaged, weight)
    return Found(xp.concatenate([*sums, *rows]), xp.any(wrong_true), xp.any(wrong_pred))


def _ranked(form: Form, xp: Operations, pred: Any, kept: Any) -> tuple[Any, Any]:
    """Find which scores are among the k best of their row that count, and which are not."""
    number, k = pred == pred, form.options.top_k
    if kept is not None:
        pred = xp.where(kept, pred, 0.0)  # NaN, maybe
    ids, _ = xp.best(pred, k, None if kept is None else ~kept)
    columns = xp.arange(form.width, pred)
    above = columns == (ids[:, None] if k == 1 else ids[:, :1])
    for rank in range(1, k):
        above = above | (columns == ids[:, rank : rank + 1])
    return above & number, ~above & number


def _rows(
    form: Form, xp: Operations, cells: Any, counted: Any, averaged: Any, weight: Any
) -> list[Any]:
    """The statistics of rows: how many count, are all right, and sums of their ratios."""
    hit, found, truth, _ = cells
    exact = ~xp.any((found | truth) & ~hit)
    counted = xp.ones_like(exact) if counted is None else counted
    parts = [xp.sum_rows(each[:, None], weight) for each in (counted, exact & counted)]
    if not form.samples:
        return parts
    if averaged is not None:
        cells = [each & averaged for each in cells]
    tp, pred, true, total = (xp.double(xp.total(each)) for each in cells)
    undefined, high, low = [], [], []
    of_rows = fractions(tp, pred, true, total, form.options.coefs, xp)
    for over, under in (of_rows[ratio] for ratio in RATIOS):
        empty = (under == 0) & counted
        value = over / xp.where(under == 0, 1.0, under)
        if weight is not None:
            undefined.append(xp.where(empty, weight, 0.0))
            high.append(value * weight)
            low.append(value * 0.0)
            continue
        scaled = value * LIMB
        whole = xp.floor(scaled)
        undefined.append(xp.whole(empty))
        high.append(xp.whole(whole))
        low.append(xp.whole(xp.floor((scaled - whole) * LIMB)))
    zeros = [low[0] * 0] * len(RATIOS)
    return [*parts, xp.sum_rows(xp.stack([*undefined, *high, *low, *zeros]))]
