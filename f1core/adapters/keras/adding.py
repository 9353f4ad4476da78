"""A step's booleans -> sums, added onto counters: integers of any size, and weights that last."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from ...arrays import to_numpy
from ...count_layout import CELLS, PRED, TRUE
from ...counts import Array, Counts
from ...errors import F1Error
from ...options import Options
from .deciding import NARROW, Four
from .eager import held

ROWS, RIGHT, WRONG = range(-3, 0)  # what a multilabel task counts behind four sums a label
LIMBS = 3 if NARROW else 1
_LOW, _MIDDLE = 16, 30  # bits of the lower two of three int32: a step's sum fits onto each


def size_of(width: int, options: Options) -> int:
    """How many counters there are."""
    return (CELLS + 1) * width + 3 * (options.task == "multilabel")


def sums_of(four: Four, weight: Any, options: Options) -> Any:
    """What a step adds to each counter: int32, or float32 with weights (n, 1)."""
    found = ops.reshape(_total(ops.stack(four), weight), (-1,))
    if options.task != "multilabel":
        return found
    hit, pred, true, kept = four
    here = ops.any(kept, axis=-1)
    right = here & ~ops.any((pred | true) & ~hit, axis=-1)
    flags = ops.stack([here, right, ops.any(pred & true & ~hit, axis=-1)])
    return ops.concatenate([found, _total(flags[..., None], weight)[:, 0]])


def _total(flags: Any, weight: Any) -> Any:
    return ops.sum(flags if weight is None else ops.where(flags, weight, 0.0), axis=1)


def counted(counts: Any, found: Any) -> Any:
    """The counters after a step."""
    if not NARROW:
        return counts + ops.cast(found, "int64")
    low = counts[0] + found
    middle = counts[1] + ops.right_shift(low, _LOW)
    high = counts[2] + ops.right_shift(middle, _MIDDLE)
    return ops.stack([low & ((1 << _LOW) - 1), middle & ((1 << _MIDDLE) - 1), high])


def weighed(sums: Any, found: Any) -> Any:
    """The weight sums after a step, by Knuth's two-sum: what float32 drops is kept beside."""
    both = sums[0] + found
    part = both - sums[0]
    return ops.stack([both, sums[1] + ((sums[0] - (both - part)) + (found - part))])


def as_floats(counts: Any, sums: Any) -> Any:
    """The counters in the graph, for dividing; without sums where no step had weights."""
    parts = ops.cast(counts, "float32")
    found = parts[0]
    if NARROW:
        found = found + 2.0**_LOW * parts[1] + 2.0 ** (_LOW + _MIDDLE) * parts[2]
    return found if sums is None else found + sums[0] + sums[1]


def as_numbers(counts: Any, sums: Any) -> Array:
    """Read a tensor of counters into 64 bits: integers, or floats where they are sums of weights.

    Raises
    ------
    F1Error
        If these are more rows than an int64 counts, or weights beyond float32.
    """
    parts = to_numpy(counts, "counts").astype(np.int64)
    found: Array = parts[0]
    if NARROW:
        found = found + (parts[1] << _LOW) + (parts[2] << (_LOW + _MIDDLE))
    if (parts < 0).any() or (NARROW and (parts[2] >> (63 - _LOW - _MIDDLE)).any()):
        raise F1Error("more rows were added than can be counted: counts end at 2^63")
    if sums is None:
        return found
    lasting = to_numpy(held(sums), "sums").astype(np.float64).sum(axis=0)
    if not np.isfinite(lasting).all():
        raise F1Error("the weights sum up to more than float32 holds: divide them by a constant")
    return np.asarray(found + lasting)


def as_counts(found: Array, width: int, options: Options) -> Counts:
    """Numbers as the counts that `Scores` is made of.

    Raises
    ------
    F1Error
        If some rows hold what cannot be counted.
    """
    wrong = miscounted(found, width, options)
    if wrong is not None:
        raise F1Error(wrong)
    sums = found[: (CELLS + 1) * width].reshape(CELLS + 1, width)
    if options.task == "multilabel":
        return Counts(width, sums=sums, rows=found[ROWS:WRONG])
    return Counts(width, sums=sums[:CELLS])


def miscounted(found: Array, width: int, options: Options) -> str | None:
    """How many rows `score` would refuse, and why, in one sentence; None where there are none."""
    score = "a score that is NaN"
    if options.task != "multiclass" and not options.from_logits:
        score += " or outside [0, 1] (logits need from_logits=True)"
    pairs: list[tuple[Any, str]]
    if options.task == "multilabel":
        pairs = [(found[WRONG], f"a target other than 0 and 1, or {score}")]
        rows = found[ROWS]
    else:
        sums = found[: (CELLS + 1) * width].reshape(CELLS + 1, width)
        rows = sums[CELLS, 0]
        target = f"a target that is none of the {width} classes"
        if options.task == "multiclass":
            target += ", or a row without exactly one 1 (several flags need task='multilabel')"
        pairs = [
            (options.top_k * rows - sums[PRED].sum(), score),
            (rows - sums[TRUE].sum(), target),
        ]
    for wrong, what in pairs:
        if wrong > 1e-6 * rows:  # weights round
            return f"{wrong:,g} of {rows:,g} rows hold {what}; they were counted as wrong"
    return None
