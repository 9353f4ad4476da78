"""Every metric from decided predictions, in exact fractions and plain loops: slow and evident."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np
from registry import AVERAGES, Case

Number = Fraction | float  # an undefined ratio may be nan


def exact(case: Case) -> dict[str, float]:
    """What `to_dict` must hold."""
    found = {}
    columns = _columns(case)
    classes = [_ratios(case, *counts) for counts in columns]
    if case.task == "binary":
        found |= classes[1]
    chosen = [classes[i] for i in case.included]
    counts = [columns[i] for i in case.included]
    for average in AVERAGES:
        for stem in _ratios(case, 0, 0, 0, 0):
            if average == "micro":
                value: Any = _ratios(case, *(sum(c) for c in zip(*counts, strict=True)))[stem]
            else:
                weights = [c[2] if average == "weighted" else 1 for c in counts]
                value = _mean([row[stem] for row in chosen], weights)
            found[f"{stem}_{average}"] = value
    if case.task == "multilabel":
        found |= _samples(case)
    means = found["precision_macro"], found["recall_macro"]
    found["f1_of_means"] = 2 * means[0] * means[1] / sum(means) if sum(means) else 0.0
    return {name: float(value) for name, value in (found | _singles(case)).items()}


def _weights(case: Case) -> list[Fraction | int]:
    given = [1] * len(case.true) if case.weight is None else case.weight.tolist()
    return [int(w) if int(w) == w else Fraction(w) for w in given]


def _counts(cells: Iterable[tuple[int, int, bool]], weights: Iterable[Any]) -> tuple[Any, ...]:
    """True positives, predicted, true and all, of cells (true, predicted, whether it counts)."""
    tp = predicted = positive = every = 0
    for (true, pred, kept), weight in zip(cells, weights, strict=False):
        if kept:
            every += weight
            positive += weight if true else 0
            predicted += weight if pred else 0
            tp += weight if true and pred else 0
    return tp, predicted, positive, every


def _cells(case: Case) -> list[list[tuple[int, int, bool]]]:
    """Rows of cells."""
    true, pred = case.flags()
    kept = np.ones(true.shape, bool) if case.kept is None else case.kept
    sides = (true.tolist(), pred.tolist(), kept.tolist())
    return [list(zip(*row, strict=True)) for row in zip(*sides, strict=True)]


def _columns(case: Case) -> list[tuple[Any, ...]]:
    """The four counts of each class."""
    weights = _weights(case)
    return [_counts(column, weights) for column in zip(*_cells(case), strict=True)]


def _ratios(case: Case, tp: Any, pred: Any, true: Any, every: Any) -> dict[str, Number]:
    def ratio(over: Any, under: Any) -> Number:
        return case.zero_division if under == 0 else Fraction(over) / Fraction(under)

    if math.isinf(case.beta):
        fbeta = ratio(tp, true)
    else:
        square = Fraction(case.beta) ** 2
        fbeta = ratio((1 + square) * tp, square * true + pred)
    return {
        "precision": ratio(tp, pred),
        "recall": ratio(tp, true),
        "f1": ratio(2 * tp, pred + true),
        "fbeta": fbeta,
        "jaccard": ratio(tp, pred + true - tp),
        "specificity": ratio(every - pred - true + tp, every - true),
    }


def per_class(case: Case) -> dict[str, list[float]]:
    """Each ratio, the support, and what was decided, of each class."""
    columns = _columns(case)
    rows = [_ratios(case, *counts) for counts in columns]
    found = {stem: [float(row[stem]) for row in rows] for stem in rows[0]}
    for tp, pred, true, every in columns:
        decided = {"tp": tp, "fp": pred - tp, "fn": true - tp, "tn": every - pred - true + tp}
        for name, count in {"support": true, **decided}.items():
            found.setdefault(name, []).append(float(count))
    return found


def _mean(values: list[Number], weights: list[Any]) -> Number:
    """The weighted mean of what is defined; the plain one where all weights are 0."""
    pairs = [(v, w) for v, w in zip(values, weights, strict=True) if v == v]
    if not pairs:
        return math.nan
    if not sum(w for _, w in pairs):
        pairs = [(v, 1) for v, _ in pairs]
    return sum((Fraction(v) * w for v, w in pairs), Fraction(0)) / sum(w for _, w in pairs)


def _samples(case: Case) -> dict[str, Number]:
    """The mean over rows, of those with a cell that counts."""
    rows = [i for i in range(len(case.true)) if case.kept is None or case.kept[i].any()]
    cells, ones = _cells(case), [1] * case.n_classes
    labels = case.included if case.sampled is None else case.sampled
    each = [_ratios(case, *_counts([cells[row][i] for i in labels], ones)) for row in rows]
    weights = [_weights(case)[row] for row in rows]
    return {f"{stem}_samples": _mean([r[stem] for r in each], weights) for stem in each[0]}


def _singles(case: Case) -> dict[str, Number]:
    true, pred = case.flags()
    weights = _weights(case)
    kept = np.ones(true.shape, bool) if case.kept is None else case.kept
    rows = [i for i in range(len(true)) if kept[i].any()]
    total = Fraction(sum(weights[i] for i in rows))
    right = ((true & pred) == true).all(axis=1) if case.top_k > 1 else (
        (true == pred) | ~kept
    ).all(axis=1)  # fmt: skip
    match = sum(weights[i] for i in rows if right[i]) / total
    found: dict[str, Number] = {"accuracy": match, "exact_match": match}
    if case.top_k > 1:
        return found
    if case.task == "multilabel":
        cells = [w * int(k) for w, row in zip(weights, kept, strict=True) for k in row]
        wrong = [c * int(d) for c, d in zip(cells, (true != pred).ravel(), strict=True)]
        return found | {"hamming_loss": Fraction(sum(wrong)) / sum(cells)}
    tp, predicted, positive, _ = zip(*_columns(case), strict=True)
    recalls = [Fraction(t) / p for t, p in zip(tp, positive, strict=True) if p]
    chance = sum(a * b for a, b in zip(positive, predicted, strict=True))
    over = sum(tp) * total - chance
    spread = [total**2 - sum(x * x for x in side) for side in (predicted, positive)]
    under = spread[0] * spread[1]
    return found | {
        "hamming_loss": 1 - match,
        "balanced_accuracy": sum(recalls) / len(recalls),
        "mcc": float(over) / math.sqrt(under) if under else 0.0,
        "kappa": over / (total**2 - chance) if total**2 != chance else math.nan,
    }
