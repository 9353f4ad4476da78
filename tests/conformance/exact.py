"""Right values as fractions: plain loops over the standard library, sharing nothing with f1core."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import isqrt
from typing import Any

NAN = "nan"  # what a fraction cannot be
# Bits of the significand with the hidden one, and the least exponent of a normal number.
DTYPES = {
    "float64": (53, -1022),
    "float32": (24, -126),
    "float16": (11, -14),
    "bfloat16": (8, -126),
}
Number = Any  # a Fraction, or NAN


def rounded(text: str, dtype: str) -> Fraction:
    """Round a decimal to the nearest number of this dtype, ties to even."""
    value = Fraction(text)
    if not value:
        return value
    digits, least = DTYPES[dtype]
    exponent = abs(value.numerator).bit_length() - value.denominator.bit_length()
    if abs(value) < Fraction(2) ** exponent:
        exponent -= 1
    step = Fraction(2) ** (max(exponent, least) - digits + 1)
    return round(value / step) * step  # Fraction rounds halves to even


def bits_of(text: str, dtype: str) -> int:
    """Find the 16 bits of the float16 or bfloat16 in [0, 1] that is nearest to a decimal."""
    value = rounded(text, dtype)
    digits, least = DTYPES[dtype]
    if not value:
        return 0
    exponent = least
    while Fraction(2) ** (exponent + 1) <= value:
        exponent += 1
    fraction = value / Fraction(2) ** exponent - 1  # negative if subnormal
    assert fraction >= 0, "subnormal"
    return ((exponent - least + 1) << (digits - 1)) + int(fraction * 2 ** (digits - 1))


def ratio(over: Number, under: Number, zero: Number) -> Number:
    return Fraction(over) / under if under else zero


def mean(values: Iterable[Number], weights: Iterable[Number]) -> Number:
    """Take the weighted mean of what is defined; the plain one where all weights are 0."""
    pairs = [(v, w) for v, w in zip(values, weights, strict=True) if v != NAN]
    if not sum(w for _, w in pairs):
        pairs = [(v, 1) for v, _ in pairs]
    return sum(v * w for v, w in pairs) / Fraction(sum(w for _, w in pairs)) if pairs else NAN


def largest(row: Sequence[Fraction], k: int, among: Sequence[int] | None = None) -> set[int]:
    """Find the k highest, the first of equal ones."""
    columns = range(len(row)) if among is None else among
    return set(sorted(columns, key=lambda j: (-row[j], j))[:k])


def ratios(
    tp: Number, pred: Number, true: Number, every: Number, beta: Number, zero: Number
) -> Any:
    """Divide one class's counts; F is one fraction, undefined only where all is 0."""
    square = Fraction(beta) ** 2
    return {
        "precision": ratio(tp, pred, zero),
        "recall": ratio(tp, true, zero),
        "f1": ratio(2 * tp, pred + true, zero),
        "fbeta": ratio((1 + square) * tp, square * true + pred, zero),
        "jaccard": ratio(tp, pred + true - tp, zero),
        "specificity": ratio(every - pred - true + tp, every - true, zero),
    }


class Decided:
    """Rows of flags (true, predicted) a class, None where a cell counts nowhere, and weights."""

    def __init__(self, rows: list[list[Any]], weights: list[Number], **options: Any) -> None:
        self.rows, self.weights = rows, weights
        self.zero = options.get("zero_division", Fraction(0))
        self.beta = Fraction(options.get("beta", 1))
        over = options.get("average_over", "all")
        left_out = options.get("ignore_index")
        classes = [c for c in range(len(rows[0])) if c != left_out or options.get("cells")]
        if over == "present":
            classes = [c for c in classes if self.counts(c)[1] or self.counts(c)[2]]
        self.included = over if isinstance(over, list) else classes

    def counts(self, column: int) -> tuple[Number, ...]:
        """Count true positives, predicted, true, all."""
        cells = [(r[column], w) for r, w in zip(self.rows, self.weights, strict=True) if r[column]]
        return (
            sum(w for (t, p), w in cells if t and p),
            sum(w for (_, p), w in cells if p),
            sum(w for (t, _), w in cells if t),
            sum(w for _, w in cells),
        )

    def all_values(self) -> dict[str, Any]:
        counts = [self.counts(column) for column in range(len(self.rows[0]))]
        return values_of(counts, self.included, self.beta, self.zero)

    def samples(self) -> dict[str, Number]:
        """Average over the rows that have a cell."""
        rows = [[cell for cell in row if cell] for row in self.rows]
        each = [
            ratios(
                sum(t and p for t, p in row), sum(p for _, p in row), sum(t for t, _ in row),
                len(row), self.beta, self.zero,
            )
            for row in rows if row
        ]  # fmt: skip
        weights = [w for w, row in zip(self.weights, rows, strict=True) if row]
        return {f"{name}_samples": mean([e[name] for e in each], weights) for name in each[0]}

    def matches(self) -> Number:
        """Find the share of rows in which every cell that counts is right."""
        pairs = [
            (all(t == p for t, p in cells), w)
            for row, w in zip(self.rows, self.weights, strict=True)
            if (cells := [cell for cell in row if cell])
        ]
        return Fraction(sum(w for right, w in pairs if right)) / sum(w for _, w in pairs)

    def hamming(self) -> Number:
        cells = [
            (c, w) for row, w in zip(self.rows, self.weights, strict=True) for c in row if c
        ]  # fmt: skip
        return Fraction(sum(w for (t, p), w in cells if t != p)) / sum(w for _, w in cells)


def values_of(
    counts: Sequence[tuple[Number, ...]], included: Sequence[int], beta: Number, zero: Number
) -> dict[str, Any]:
    """Compute averages and classes' ratios from classes' counts."""
    classes = [ratios(*each, beta, zero) for each in counts]
    sums = [sum(side) for side in zip(*(counts[c] for c in included), strict=True)]
    micro = ratios(*sums, beta, zero)
    found: dict[str, Any] = {}
    for name in micro:
        chosen = [classes[c][name] for c in included]
        found[f"{name}_micro"] = micro[name]
        found[f"{name}_macro"] = mean(chosen, [1] * len(chosen))
        found[f"{name}_weighted"] = mean(chosen, [counts[c][2] for c in included])
        found[f"{name}_per_class"] = [each[name] for each in classes]
    p, r = found["precision_macro"], found["recall_macro"]
    found["f1_of_means"] = NAN if NAN in (p, r) else ratio(2 * p * r, p + r, Fraction(0))
    return found


def of_matrix(
    matrix: Sequence[Sequence[Any]], beta: Number = 1, zero: Number = Fraction(0), over: str = "all"
) -> dict[str, Any]:
    """Compute everything that a confusion matrix tells; rows are truth."""
    size = range(len(matrix))
    every = sum(map(sum, matrix))
    counts = [(matrix[c][c], sum(matrix[r][c] for r in size), sum(matrix[c]), every) for c in size]
    included = [c for c in size if over == "all" or counts[c][1] or counts[c][2]]
    found = values_of(counts, included, beta, zero)
    hits = sum(c[0] for c in counts)
    chance = sum(c[1] * c[2] for c in counts)
    spread = [every**2 - sum(c[side] ** 2 for c in counts) for side in (1, 2)]
    recalls = [Fraction(c[0]) / c[2] for c in counts if c[2]]
    over_ = Fraction(hits * every - chance)
    under = Fraction(spread[0] * spread[1])
    return found | {
        "accuracy": Fraction(hits) / every,
        "balanced_accuracy": sum(recalls) / len(recalls),
        "mcc": signed_root(over_, under) if under else Fraction(0),
        "kappa": over_ / (every**2 - chance) if every**2 != chance else NAN,
        **({name: found[f"{name}_per_class"][1] for name in ratios(0, 0, 0, 0, 1, 0)}
           if len(matrix) == 2 else {}),
    }  # fmt: skip


def signed_root(over: Fraction, under: Fraction) -> Any:
    """Compute over / sqrt(under): a Fraction where it is one, else ("-" or "", its square)."""
    square = over**2 / under
    roots = [int_root(square.numerator), int_root(square.denominator)]
    if None not in roots:
        return Fraction(roots[0], roots[1]) * (-1 if over < 0 else 1)
    return ("-" if over < 0 else "", square)


def int_root(value: int) -> int | None:
    return isqrt(value) if isqrt(value) ** 2 == value else None


def decide(vector: dict[str, Any], scores: Any) -> Decided:
    """Decide what rows of exact scores, or of labels, predict."""
    task, options = vector["task"], vector.get("options", {})
    dtype = vector.get("y_score", {}).get("dtype")
    n, size = len(vector["y_true"]), vector["classes"]
    weights = [rounded(w, "float64") for w in vector.get("sample_weight", ["1"] * n)]
    weights = [w * r for w, r in zip(weights, vector.get("repeats", [1] * n), strict=True)]
    ignore, k = options.get("ignore_index"), options.get("top_k")
    cuts = options.get("threshold", "0.5")
    if options.get("from_logits"):
        assert cuts == "0.5"
        cuts = "0"  # the logit of 1/2
    cuts = [rounded(t, dtype) if dtype else None
            for t in (cuts if isinstance(cuts, list) else [cuts] * size)]  # fmt: skip
    rows, kept = [], []
    for i, true in enumerate(vector["y_true"]):
        given = scores[i]
        if task == "multilabel":
            cells = [c for c in range(size) if true[c] != ignore]
            if dtype is None:
                found = {c for c in range(size) if given[c]}
            elif k:
                found = largest(given, k, cells)
            else:
                found = {c for c in range(size) if given[c] > cuts[c]}
            rows.append([(int(true[c]), int(c in found)) if c in cells else None
                         for c in range(size)])  # fmt: skip
            kept.append(weights[i])
        elif true != ignore:
            if dtype is None:
                found = {given}
            elif task == "binary":
                found = {int(given > cuts[0])}
            else:
                found = largest(given, k or 1)
            rows.append([(int(c == true), int(c in found)) for c in range(size)])
            kept.append(weights[i])
    more = {"cells": task == "multilabel"}
    return Decided(rows, kept, **{**options, **more, "zero_division": zero_of(options)})


def zero_of(options: dict[str, Any]) -> Number:
    text = options.get("zero_division", "0")
    return NAN if text == NAN else Fraction(text)


def matrix_of(decided: Decided) -> list[list[Number]]:
    """Count the confusion matrix of rows that predict one class; truth in rows."""
    size = range(len(decided.rows[0]))
    found: list[list[Number]] = [[Fraction(0) for _ in size] for _ in size]
    for row, weight in zip(decided.rows, decided.weights, strict=True):
        t = next(c for c in size if row[c][0])
        p = next(c for c in size if row[c][1])
        found[t][p] += weight
    return found


def score(vector: dict[str, Any], scores: Any) -> dict[str, Any]:
    """Compute every value of one vector of rows."""
    decided = decide(vector, scores)
    found = decided.all_values()
    k = vector.get("options", {}).get("top_k")
    if vector["task"] == "multilabel":
        found |= decided.samples()
        found["exact_match"] = found["accuracy"] = decided.matches()
        found["hamming_loss"] = decided.hamming()
    elif k and k > 1:
        hits = [any(t and p for t, p in row) for row in decided.rows]
        total = sum(decided.weights)
        found["accuracy"] = Fraction(
            sum(w for hit, w in zip(hits, decided.weights, strict=True) if hit), 1
        ) / total  # fmt: skip
    else:
        matrix = matrix_of(decided)
        single = of_matrix(matrix, decided.beta, decided.zero)
        for name in ("accuracy", "balanced_accuracy", "mcc", "kappa"):
            found[name] = single[name]
        found["hamming_loss"] = 1 - found["accuracy"]
        found["confusion"] = matrix
        if vector["task"] == "binary":
            found |= {name: found[f"{name}_per_class"][1] for name in ratios(0, 0, 0, 0, 1, 0)}
    return found
