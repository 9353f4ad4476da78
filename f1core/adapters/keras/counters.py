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
from ...device import limbs
from ...errors import F1Error, one_of
from ...options import Options
from ...scores import single_numbers
from ..hooks import named, names_of
from .operations import NARROW

ROWS, RIGHT, WRONG = range(-3, 0)  # what a multilabel task counts behind four sums a label
LIMBS = limbs.LIMBS if NARROW else 1

Four = tuple[Any, Any, Any, Any]


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
    name = named(metric, task, average, options.unknown)
    stem, _, kind = name.rpartition("_")
    if kind == "samples":
        raise F1Error(f"{name} looks at every row, and a ScoreMetric adds up: use ScoreCallback")
    if stem in RATIOS:
        return Wanted(metric, stem, kind)
    allowed = single_numbers(task, options.top_k)
    if name not in RATIOS and name not in allowed:
        raise F1Error(one_of("metric", name, (*RATIOS, *allowed)))
    return Wanted(metric, name, "binary" if name in RATIOS else "")


def length_of(task: str, width: int) -> int:
    """Return the number of counters: three sums a class and the rows, or a multilabel task's."""
    return (CELLS + 1) * width + 3 if task == "multilabel" else CELLS * width + 1


def as_floats(counts: Any, sums: Any) -> Any:
    """The counters in the graph, for dividing; without sums where no step had weights."""
    found = limbs.as_floats(ops.cast(counts, "float32"))
    return found if sums is None else found + sums[0] + sums[1]


def as_numbers(counts: Any, sums: Any) -> Array:
    """Counters as int64, or float64 where they are sums of weights, unless those overflow."""
    found = limbs.as_integers(to_numpy(counts, "counts"))
    if sums is None:
        return found
    return np.asarray(found + limbs.as_sums(to_numpy(sums, "sums")))


def as_counts(found: Array, width: int, options: Options) -> Counts:
    """Numbers as the counts that `Scores` is made of, unless rows hold what cannot be counted."""
    wrong = miscounted(found, width, options)
    if wrong is not None:
        raise F1Error(wrong)
    if options.task == "multilabel":
        return Counts(width, sums=found[:ROWS].reshape(CELLS + 1, width), rows=found[ROWS:WRONG])
    return Counts(width, sums=found[:-1].reshape(CELLS, width))


def miscounted(found: Array, width: int, options: Options) -> str | None:
    """Say how many rows `score` would refuse, and why, in one sentence; None if there are none."""
    score = "a score that is NaN"
    cut = options.task != "multiclass" or options.divisors is not None
    if cut and not (options.from_logits or options.ranks):
        score += " or outside [0, 1] (logits need from_logits=True)"
    if options.task == "multilabel":
        rows = found[ROWS]
        pairs = [(found[WRONG], f"a target other than 0 and 1, or {score}")]
    else:
        sums, rows = found[:-1].reshape(CELLS, width), found[-1]
        target = f"a target that is none of the {width} classes"
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
    sums: Any = tuple(found[row * width : (row + 1) * width] for row in range(CELLS))
    several = options.task == "multilabel"
    sums += (found[CELLS * width : (CELLS + 1) * width] if several else found[-1],)
    results: dict[str, dict[str, Any]] = {}
    for kind in {want.kind for want in plan}:
        names = tuple(want.name for want in plan if want.kind == kind)
        if kind:
            results[kind] = _ratios(kind, names, sums, options, xp)
            continue
        rows, right = (found[ROWS], found[RIGHT]) if several else (found[-1], xp.sum(sums[TP]))
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
    if name == "f1_of_means":
        means = _ratios("macro", ("precision", "recall"), sums, options, xp)
        return metrics.f1_of_means(means["precision"], means["recall"], xp)
    if name == "balanced_accuracy":
        return metrics.balanced_accuracy(tp, true, xp)
    # What is no class is one class more, so that as many rows are true as are predicted.
    other = [[0.0 * rows], [rows - xp.sum(pred)], [rows - xp.sum(true)]]
    tp, pred, true = (
        xp.concatenate([x, xp.stack(more)]) for x, more in zip((tp, pred, true), other, strict=True)
    )
    return (metrics.mcc if name == "mcc" else metrics.kappa)(tp, pred, true, xp)
