"""Write the vectors: `python make.py`; with --check, fail unless the files are just these bytes."""

from __future__ import annotations

import decimal
import json
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import exact
import more_cases  # noqa: F401 - adds to CASES
import ranked
import spanned
from cases import CASES

HERE = Path(__file__).parent
# The 0.975 quantile of the normal distribution, https://oeis.org/A220510.
Z = Decimal("1.959963984540054235524594430520551527955550")
decimal.getcontext().prec = 50


def spelled(value: Any) -> Any:
    """Spell values as "3/7", "5", "nan", "sqrt(3/7)", or lists of them."""
    if isinstance(value, list):
        return [spelled(each) for each in value]
    if isinstance(value, dict):
        return {name: spelled(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return f"{value[0]}sqrt({value[1]})"
    return str(value)


def scores_of(vector: dict[str, Any]) -> Any:
    """Read exact scores, or the labels that stand in their place."""
    if "y_score" not in vector:
        return vector["y_pred"]
    dtype, rows = vector["y_score"]["dtype"], vector["y_score"]["values"]
    flat = [[row] if isinstance(row, str) else row for row in rows]
    found = [[exact.rounded(v, dtype) for v in row] for row in flat]
    if dtype in ("float64", "float32"):  # readers round by way of float64
        assert found == [[exact.rounded(str(Fraction(float(v))), dtype) for v in r] for r in flat]
    return [row[0] for row in found] if isinstance(rows[0], str) else found


def stream(vector: dict[str, Any]) -> dict[str, Any]:
    rows, repeats = [], []
    for batch in vector["batches"]:
        rows += zip(batch["y_true"], scores_of(batch), strict=True)
        repeats += [
            r * batch.get("times", 1) for r in batch.get("repeats", [1] * len(batch["y_true"]))
        ]
    y_true, scores = (list(side) for side in zip(*rows, strict=True))
    first = vector["batches"][0]["y_score"]
    return exact.score({**vector, "y_true": y_true, "y_score": first, "repeats": repeats}, scores)


def interval(vector: dict[str, Any]) -> dict[str, Any]:
    """Apply the delta method: (1/n) sum p g^2, of the gradient g of a metric by each cell."""
    matrix, size = vector["matrix"], range(len(vector["matrix"]))
    n = sum(map(sum, matrix))
    values = exact.of_matrix(matrix)
    diagonal = [Fraction(matrix[c][c]) for c in size]
    true = [Fraction(sum(matrix[c])) for c in size]
    pred = [Fraction(sum(matrix[r][c] for r in size)) for c in size]
    p, r = values["precision_macro"], values["recall_macro"]

    def gradient(metric: str, i: int, j: int) -> Fraction:
        hit = int(i == j)
        if metric == "f1_micro":  # not homogeneous: less its mean
            return hit - values["f1_micro"]
        if metric == "f1_macro":
            total = Fraction(2 * hit) / (true[i] + pred[i])
            total -= 2 * diagonal[i] / (true[i] + pred[i]) ** 2
            total -= 2 * diagonal[j] / (true[j] + pred[j]) ** 2
            return total * n / len(matrix)
        if metric == "f1":
            sides = (i == 1) + (j == 1)
            total = Fraction(2 * hit * i) / (true[1] + pred[1])
            return (total - 2 * sides * diagonal[1] / (true[1] + pred[1]) ** 2) * n
        of_p = (hit / pred[j] - diagonal[j] / pred[j] ** 2) * n / len(matrix)
        of_r = (hit / true[i] - diagonal[i] / true[i] ** 2) * n / len(matrix)
        return 2 * (r**2 * of_p + p**2 * of_r) / (p + r) ** 2

    found = {}
    for metric in vector["want"]:
        variance = sum(
            Fraction(matrix[i][j], n) * gradient(metric, i, j) ** 2 for i in size for j in size
        ) / n  # fmt: skip
        root = (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()
        middle = Decimal(values[metric].numerator) / Decimal(values[metric].denominator)
        found[metric] = values[metric]
        found[f"{metric}.se"] = ("", variance)
        for name, end in (("low", middle - Z * root), ("high", middle + Z * root)):
            found[f"{metric}.{name}"] = {"value": f"{end:.20f}", "within": "1e-12"}
    return found


RIGHT = {
    "score": lambda v: exact.score(v, scores_of(v)),
    "stream": stream,
    "confusion": lambda v: exact.of_matrix(v["matrix"]),
    "interval": interval,
    "curve": lambda v: ranked.areas(v, scores_of(v)),
    "best_threshold": lambda v: ranked.best(v, scores_of(v)),
    "calibration": lambda v: ranked.calibration(v, scores_of(v)),
    "spans": spanned.score,
    "span_sets": spanned.score,
}


def finished(case: dict[str, Any]) -> dict[str, Any]:
    vector = dict(case)
    right, want, ulp = RIGHT[vector["op"]](vector), vector.pop("want"), vector.pop("ulp")
    if vector["op"] == "interval":
        want = list(right)
    expected = {name: spelled(right[name]) for name in want}
    for name, within in vector.pop("within", {}).items():
        expected[name] = {"value": expected[name], "within": within}
    return {**vector, "expected": expected, "ulp": ulp}


def lines(vectors: list[dict[str, Any]]) -> str:
    """Write JSON with one field a line."""
    blocks = [
        "{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}"
                            for k, v in vector.items()) + "\n }"
        for vector in vectors
    ]  # fmt: skip
    return '{"format": 1, "vectors": [\n ' + ",\n ".join(blocks) + "\n]}\n"


def main() -> int:
    files: dict[str, list[dict[str, Any]]] = {}
    for case in CASES:
        files.setdefault(f"{case['kind']}.json", []).append(finished(case))
    stale = []
    for name, vectors in files.items():
        text, path = lines(vectors), HERE / "vectors" / name
        if "--check" in sys.argv:
            stale += [name] if not path.exists() or path.read_text("utf-8") != text else []
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")
    known = {path.name for path in (HERE / "vectors").glob("*.json")}
    stale += sorted(known - set(files))
    print(f"{len(CASES)} vectors in {len(files)} files", *stale and ["; not as made:", *stale])
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
