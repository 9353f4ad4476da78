"""From counted targets to scikit-learn's averages: which classes, what 0/0 is, who is warned."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import metrics
from ...count_layout import RATIOS
from ...counts import Array
from .checks import warn, warn_undefined
from .reading import read
from .targets import NOT_BY_ROW, Targets

# Ratio by its name here, in scikit-learn's warning, and what it is undefined without.
_WORDS = {
    "precision": ("Precision", "predicted"),
    "recall": ("Recall", "true"),
    "fbeta": ("F-score", "true nor predicted"),
    "jaccard": ("Jaccard", "true or predicted"),
}


def score(
    ratios: tuple[str, ...],
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any,
    pos_label: Any,
    average: str | None,
    sample_weight: Any,
    zero_division: Any,
    beta: float = 1.0,
    warn_for: Any = None,
) -> tuple[list[Any], Any]:
    """The ratios, each a float (an array (k,) without an average), and the support without one."""
    columns = None if average == "binary" else labels
    targets = read(
        y_true, y_pred, sample_weight, columns=columns, rows=average == "samples", beta=float(beta)
    )
    labels = chosen_labels(targets, labels, pos_label, average)
    return averaged(targets, ratios, labels, average, zero_division, beta, warn_for)


def chosen_labels(targets: Targets, labels: Any, pos_label: Any, average: str | None) -> Any:
    """The labels to average over; None for all that occur.

    Raises
    ------
    ValueError
        If a binary average has nothing binary to look at, or no such positive label.
    """
    if average == "binary":
        if targets.kind != "binary":
            others = [None, "micro", "macro", "weighted", "samples"]
            if targets.kind == "multiclass":
                others.remove("samples")
            raise ValueError(
                f"Target is {targets.kind} but average='binary'. Please choose another average "
                f"setting, one of {others!r}."
            )
        known = len(targets.labels) >= 2 or pos_label is None
        if known and pos_label not in targets.labels:
            raise ValueError(
                f"pos_label={pos_label} is not a valid label. It should be one of {targets.labels}"
            )
        return np.asarray([pos_label])
    if pos_label not in (None, 1):
        warn(
            f"Note that pos_label (set to {pos_label!r}) is ignored when average != 'binary' (got "
            f"{average!r}). You may use labels=[pos_label] to specify a single positive class."
        )
    if average == "samples" and not targets.indicator:
        raise ValueError(NOT_BY_ROW)
    return None if labels is None else np.asarray(labels)


def averaged(
    targets: Targets,
    ratios: tuple[str, ...],
    labels: Array | None,
    average: str | None,
    zero_division: Any = "warn",
    beta: float = 1.0,
    warn_for: Any = None,
) -> tuple[list[Any], Any]:
    """As `score`, of targets that are counted already."""
    told = zero_division == "warn"
    empty = 0.0 if told else float(zero_division)
    # F-beta is recall at infinity and precision at 0, which give their own warnings.
    same = {0.0: "precision", math.inf: "recall"}.get(beta, "fbeta")
    wanted = [same if ratio == "fbeta" else ratio for ratio in ratios]
    warned = [
        ratio
        for ratio, taken in zip(ratios, wanted, strict=True)
        if told and ratio == taken and (warn_for is None or _WORDS[ratio][0].lower() in warn_for)
    ]
    if average == "samples":
        for ratio in warned:
            if targets.undefined[RATIOS.index(ratio)]:
                warn_undefined(*_WORDS[ratio], average, targets.n)
        if not targets.few_cells:
            assert targets.rows is not None
            means = metrics.samples(targets.rows, empty)
            return [means[ratio] for ratio in wanted], None
        (tp, pred, true), _ = targets.by_row()
    else:
        tp, pred, true = targets.chosen(labels)
    pairs, true = _pairs(tp, pred, true, beta, average == "micro")
    for ratio in warned:
        under = pairs[ratio][1]
        if average != "samples" and not under.all():
            warn_undefined(*_WORDS[ratio], average, under.size)
    values = [metrics.divide(*pairs[ratio], empty) for ratio in wanted]
    if average is None:
        return values, true
    weights = {"weighted": true, "samples": targets.weight}.get(average)
    return [_mean(value, weights) for value in values], None


def _pairs(
    tp: Array, pred: Array, true: Array, beta: float, micro: bool
) -> tuple[dict[str, tuple[Any, Any]], Array]:
    """Numerators and denominators, and the true ones, with scikit-learn's order of additions.

    It keeps what is missed, from which it finds sums of weights again: so they round as there.
    """
    wrong, missed = pred - tp, true - tp
    pred, true, either = tp + wrong, tp + missed, tp + wrong + missed
    if micro:
        tp, pred, true, either = (sums.sum(keepdims=True) for sums in (tp, pred, true, either))
    square = beta**2
    fbeta = (1 + square) * tp.astype(np.float64), square * true.astype(np.float64) + pred
    pairs = {
        "precision": (tp, pred), "recall": (tp, true), "fbeta": fbeta, "jaccard": (tp, either),
    }  # fmt: skip
    return pairs, true


def _mean(values: Array, weights: Array | None) -> float:
    """The mean by NumPy's own functions, which scikit-learn calls; nan is left out."""
    known = ~np.isnan(values)
    if not known.any():
        return math.nan
    if weights is None or not weights[known].sum():
        return float(np.nanmean(values))
    return float(np.average(values[known], weights=weights[known]))
