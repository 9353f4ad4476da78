"""Right values of ranked scores: areas, best thresholds, calibration, by pairs and brute force."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from exact import NAN, largest, mean, ratio, rounded

Row = tuple[Fraction, bool, Fraction]  # score, whether positive, weight


def roc_auc(rows: Sequence[Row]) -> Any:
    """The share of pairs in which the positive is above; equal scores are half a pair."""
    over = Fraction(0)
    for p, true, w in rows:
        for q, other, v in rows:
            if true and not other:
                over += w * v * (Fraction(p > q) + Fraction(p == q, 2))
    sides = [sum(w for _, true, w in rows if true is side) for side in (True, False)]
    return ratio(over, sides[0] * sides[1], NAN)


def average_precision(rows: Sequence[Row]) -> Any:
    """The sum, over different scores from above, of the recall gained times the precision."""
    positives = sum(w for _, true, w in rows if true)
    if not positives:
        return NAN
    total = Fraction(0)
    for cut in {p for p, _, _ in rows}:
        hits = sum(w for p, true, w in rows if true and p >= cut)
        gained = sum(w for p, true, w in rows if true and p == cut)
        every = sum(w for p, _, w in rows if p >= cut)
        total += gained / positives * ratio(hits, every, Fraction(0))
    return total


def one_vs_rest(y_true: Sequence[Any], scores: Any, weights: Sequence[Fraction], size: int) -> Any:
    """Each class's rows; labels that are lists are flags."""
    flags = [t if isinstance(t, list) else [int(c == t) for c in range(size)] for t in y_true]
    return [
        [(s[c], bool(f[c]), w) for s, f, w in zip(scores, flags, weights, strict=True)]
        for c in range(size)
    ]


def areas(vector: dict[str, Any], scores: Any) -> dict[str, Any]:
    truth = vector["y_true"]
    weights = [rounded(w, "float64") for w in vector.get("sample_weight", ["1"] * len(truth))]
    if vector["task"] == "binary":
        rows = [(s, bool(t), w) for s, t, w in zip(scores, truth, weights, strict=True)]
        return {"roc_auc": roc_auc(rows), "average_precision": average_precision(rows)}
    classes = one_vs_rest(truth, scores, weights, vector["classes"])
    support = [sum(w for _, true, w in rows if true) for rows in classes]
    found: dict[str, Any] = {}
    for name, area in (("roc_auc", roc_auc), ("average_precision", average_precision)):
        each = [area(rows) for rows in classes]
        found[f"{name}_per_class"] = each
        found[f"{name}_macro"] = mean(each, [1] * len(each))
        found[f"{name}_weighted"] = mean(each, support)
        found[f"{name}_micro"] = area([row for rows in classes for row in rows])
    return found


def best(vector: dict[str, Any], scores: Any) -> dict[str, Any]:
    """The highest F-beta over all cuts `p > t`, and where t may lie: low <= t < high."""
    truth = vector["y_true"]
    weights = [rounded(w, "float64") for w in vector.get("sample_weight", ["1"] * len(truth))]
    square = Fraction(vector.get("options", {}).get("beta", 1)) ** 2
    positives = sum(w for t, w in zip(truth, weights, strict=True) if t)
    levels = [Fraction(0), *sorted(set(scores) - {Fraction(0)}), Fraction(2)]
    values = []
    for low in levels[:-1]:
        above = [(t, w) for s, t, w in zip(scores, truth, weights, strict=True) if s > low]
        tp, pred = sum(w for t, w in above if t), sum(w for _, w in above)
        values.append(ratio((1 + square) * tp, square * positives + pred, Fraction(0)))
    top = max(values)
    ranges = [[levels[i], levels[i + 1]] for i, value in enumerate(values) if value == top]
    joined = [ranges[0]]
    for low, high in ranges[1:]:
        if low == joined[-1][1]:
            joined[-1][1] = high
        else:
            joined.append([low, high])
    return {"score": top, "threshold": {"in": joined}}


def bins_of(rows: Sequence[Row], count: int) -> dict[str, Any]:
    """Calibration errors over bins (k / count, (k + 1) / count], the first with 0."""
    total = sum(w for *_, w in rows)
    gaps = []
    for k in range(count):
        inside = [
            (p, true, w) for p, true, w in rows
            if (p > Fraction(k, count) or (k == 0 and p == 0)) and p <= Fraction(k + 1, count)
        ]  # fmt: skip
        if inside:
            weight = sum(w for *_, w in inside)
            mean_p = sum(p * w for p, _, w in inside) / weight
            share = sum(w for _, true, w in inside if true) / weight
            gaps.append((abs(mean_p - share), weight))
    return {"ece": sum(g * w for g, w in gaps) / total, "mce": max(g for g, _ in gaps)}


def calibration(vector: dict[str, Any], scores: Any) -> dict[str, Any]:
    truth = vector["y_true"]
    weights = [rounded(w, "float64") for w in vector.get("sample_weight", ["1"] * len(truth))]
    count = vector["options"]["bins"]
    total = sum(weights)
    if vector["task"] == "binary":
        rows = [(s, bool(t), w) for s, t, w in zip(scores, truth, weights, strict=True)]
        brier = sum(w * (p - true) ** 2 for p, true, w in rows) / total
        return bins_of(rows, count) | {"brier": brier}
    classes = one_vs_rest(truth, scores, weights, vector["classes"])
    brier = sum(w * (p - true) ** 2 for rows in classes for p, true, w in rows) / total
    top = []
    for s, t, w in zip(scores, truth, weights, strict=True):
        (found,) = largest(s, 1)
        top.append((s[found], found == t, w))
    return bins_of(top, count) | {"brier": brier}
