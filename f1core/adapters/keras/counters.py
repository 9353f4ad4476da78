"""Counters of a ScoreMetric, onto which steps are added, and the metrics that follow.

Metrics are computed in the compiled step, or by NumPy where the numbers are at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from ... import metrics
from ...arrays import to_numpy
from ...count_layout import CELLS, PRED, RATIOS, TP, TRUE
from ...counts import Array, Counts
from ...errors import F1Error, one_of
from ...options import Options
from ...scores import single_numbers
from ..hooks import named, names_of
from .ops import NARROW, Four

ROWS, RIGHT, WRONG = range(-3, 0)  # what a multilabel task counts behind four sums a label
LIMBS = 3 if NARROW else 1
_LOW, _MIDDLE = 16, 30  # bits of the lower two of three int32: a step's sum fits onto each


class Wanted(NamedTuple):
    """One metric that is asked for."""

    key: str  # in the logs
    name: str
    kind: str  # the average of a ratio, "per_class", or "" of a single number


def planned(metric: str | Sequence[str], average: str | None, options: Options) -> list[Wanted]:
    """Plan what a ScoreMetric tells; refuse what the task or sums over rows do not give."""
    return [_wanted(each, average, options) for each in names_of(metric)]


def _wanted(metric: str, average: str | None, options: Options) -> Wanted:
    task = options.task or ""
    if average == "per_class" and metric in RATIOS:
        named(metric, task)
        return Wanted(metric, metric, "per_class")
    name = named(metric, task, average)
    stem, _, kind = name.rpartition("_")
    if kind == "samples":
        raise F1Error(f"{name} looks at every row, and a ScoreMetric adds up: use ScoreCallback")
    if stem in RATIOS:
        return Wanted(metric, stem, kind)
    allowed = single_numbers(task, options.top_k)
    if name not in RATIOS and name not in allowed:
        raise F1Error(one_of("metric", name, (*RATIOS, *allowed)))
    return Wanted(metric, name, "binary" if name in RATIOS else "")


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
    """Counters as int64, or float64 where they are sums of weights, unless those overflow."""
    parts = to_numpy(counts, "counts").astype(np.int64)
    found: Array = parts[0]
    if NARROW:
        found = found + (parts[1] << _LOW) + (parts[2] << (_LOW + _MIDDLE))
    if (parts < 0).any() or (NARROW and (parts[2] >> (63 - _LOW - _MIDDLE)).any()):
        raise F1Error("more rows were added than can be counted: counts end at 2^63")
    if sums is None:
        return found
    lasting = to_numpy(sums, "sums").astype(np.float64).sum(axis=0)
    if not np.isfinite(lasting).all():
        raise F1Error(
            "a weight is negative or NaN, or the weights sum up to more than float32 holds: "
            "weights are from 0, and may be divided by a constant"
        )
    return np.asarray(found + lasting)


def as_counts(found: Array, width: int, options: Options) -> Counts:
    """Numbers as the counts that `Scores` is made of, unless rows hold what cannot be counted."""
    wrong = miscounted(found, width, options)
    if wrong is not None:
        raise F1Error(wrong)
    sums = found[: (CELLS + 1) * width].reshape(CELLS + 1, width)
    if options.task == "multilabel":
        return Counts(width, sums=sums, rows=found[ROWS:WRONG])
    return Counts(width, sums=sums[:CELLS])


def miscounted(found: Array, width: int, options: Options) -> str | None:
    """Say how many rows `score` would refuse, and why, in one sentence; None if there are none."""
    score = "a score that is NaN"
    if options.task != "multiclass" and not options.from_logits:
        score += " or outside [0, 1] (logits need from_logits=True)"
    if options.task == "multilabel":
        rows = found[ROWS]
        pairs = [(found[WRONG], f"a target other than 0 and 1, or {score}")]
    else:
        sums = found.reshape(CELLS + 1, width)
        rows, target = sums[CELLS, 0], f"a target that is none of the {width} classes"
        if options.task == "multiclass":
            target += ", or a row without exactly one 1 (several flags need task='multilabel')"
        predicted, true = sums[PRED].sum(), sums[TRUE].sum()
        pairs = [(options.top_k * rows - predicted, score), (rows - true, target)]
    for wrong, what in pairs:
        if wrong > 1e-6 * rows:  # weights round
            return f"{wrong:,g} of {rows:,g} rows hold {what}; they were counted as wrong"
    return None


def values(
    plan: Sequence[Wanted], found: Any, width: int, options: Options, xp: Any
) -> dict[Wanted, Any]:
    """The metrics from the counters, as floats: () or, "per_class", (C,); 0 where undefined.

    Ratios of one average are divided at once: three take 60 µs, and 100 one after another.
    """
    sums: Any = tuple(found[row * width : (row + 1) * width] for row in range(CELLS + 1))
    results: dict[str, dict[str, Any]] = {}
    for kind in {want.kind for want in plan}:
        names = tuple(want.name for want in plan if want.kind == kind)
        if kind:
            results[kind] = _ratios(kind, names, sums, options, xp)
            continue
        rows, right = sums[CELLS][0], xp.sum(sums[TP])
        if options.task == "multilabel":
            rows, right = found[ROWS], found[RIGHT]
        each = {name: _single(name, sums, rows, right, options, xp) for name in names}
        results[kind] = each
    every = {want: results[want.kind][want.name] for want in plan}
    return {want: xp.where(value == value, value, 0.0) for want, value in every.items()}


def _ratios(kind: str, names: tuple[str, ...], sums: Four, options: Options, xp: Any) -> Any:
    """Divide some ratios of one average, or of the classes."""
    how: dict[str, Any] = {
        "coefs": options.coefs, "zero_division": options.zero_division, "only": names, "xp": xp,
    }  # fmt: skip
    if kind in ("binary", "per_class"):
        each = metrics.per_class(*sums, **how)
        return {name: a[1] for name, a in each.items()} if kind == "binary" else each
    eligible, if_seen = options.averaged(sums[0].shape[0])
    included = sums[PRED] + sums[TRUE] > 0
    if not (if_seen and all(eligible)):
        listed = np.array(eligible)
        listed = listed if xp is np else xp.convert_to_tensor(listed)
        included = listed & included if if_seen else listed
    return metrics.average(kind, *sums, included, **how)


def _single(name: str, sums: Four, rows: Any, right: Any, options: Options, xp: Any) -> Any:
    """A metric that has no average."""
    tp, pred, true, cells = sums
    if name in ("accuracy", "exact_match"):
        return metrics.divide(right, rows, 0.0, xp)
    if name == "hamming_loss":
        wrong, whole = rows - right, rows
        if options.task == "multilabel":
            wrong, whole = xp.sum(pred + true - 2 * tp), xp.sum(cells)
        return metrics.divide(wrong, whole, 0.0, xp)
    if name == "balanced_accuracy":
        return metrics.balanced_accuracy(tp, true, xp)
    # What is no class is one class more, so that as many rows are true as are predicted.
    other = [[0.0 * rows], [rows - xp.sum(pred)], [rows - xp.sum(true)]]
    tp, pred, true = (
        xp.concatenate([x, xp.stack(more)]) for x, more in zip((tp, pred, true), other, strict=True)
    )
    return (metrics.mcc if name == "mcc" else metrics.kappa)(tp, pred, true, xp)
