"""Hold a library to the vectors: `python run.py adapters/<library>.py [KIND…] [--failures]`.

The adapter's form, and what is compared how, is in README.md. Needs NumPy and nothing else.
"""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from collections import Counter
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

VECTORS = Path(__file__).parent / "vectors"


def vectors(*kinds: str) -> list[dict[str, Any]]:
    """Read all vectors, or those of these kinds."""
    paths = [p for p in sorted(VECTORS.glob("*.json")) if not kinds or p.stem in kinds]
    return [v for p in paths for v in json.loads(p.read_text("utf-8"))["vectors"]]


def array(scores: dict[str, Any]) -> np.ndarray:
    """Make scores of their dtype; those of bfloat16 as uint16 bits."""
    if scores["dtype"] == "bfloat16":
        return np.array(scores["bits"], np.uint16)
    return np.array(scores["values"]).astype(np.float64).astype(scores["dtype"])


def decoded(vector: dict[str, Any]) -> SimpleNamespace:
    """Put arrays in the place of lists, repeat rows, and make options numbers."""
    case = SimpleNamespace(**{"y_score": None, "y_pred": None, "sample_weight": None, **vector})
    case.dtype = case.y_score["dtype"] if case.y_score else None
    case.options = dict(vector.get("options", {}))
    for name in ("threshold", "zero_division", "beta", "level"):
        if name in case.options:
            case.options[name] = np.array(case.options[name]).astype(float).tolist()
    if vector["op"] in ("spans", "span_sets", "confusion", "interval"):
        return case
    if vector["op"] == "stream":
        like = {name: vector[name] for name in ("id", "task", "classes")}
        case.batches = [
            (decoded({**like, "op": "score", **b}), b.get("times", 1)) for b in case.batches
        ]
        return case
    for name in ("y_true", "y_pred", "y_score", "sample_weight"):
        given = getattr(case, name)
        if given is not None:
            kind = float if name == "sample_weight" else None
            rows = array(given) if name == "y_score" else np.array(given, kind)
            setattr(case, name, np.repeat(rows, vector.get("repeats", 1), axis=0))
    return case


def exactly(text: str) -> Fraction | Decimal | float:
    """Read "3/7", "-sqrt(3/7)", "nan" or a decimal as a number, to 50 digits."""
    if "sqrt" in text:
        with localcontext() as context:
            context.prec = 50
            square = Fraction(text[text.index("(") + 1 : -1])
            root = (Decimal(square.numerator) / Decimal(square.denominator)).sqrt()
            return -root if text.startswith("-") else root
    return math.nan if text == "nan" else Fraction(text)


def agrees(got: Any, right: Any, ulp: int, relative: float = 0.0) -> bool:
    """Whether a number, or lists of them, is as near as the vector asks, or relatively so near."""
    if isinstance(right, list):
        got = np.asarray(got, object).tolist()
        if not isinstance(got, list) or len(got) != len(right):
            return False
        return all(agrees(g, r, ulp, relative) for g, r in zip(got, right, strict=True))
    if isinstance(right, dict) and "in" in right:
        return any(
            Fraction(low) <= Fraction(float(got)) < Fraction(high) for low, high in right["in"]
        )
    within = Fraction(right["within"]) if isinstance(right, dict) else 0
    value = exactly(right["value"] if within else right)
    if got is None or isinstance(got, complex) or math.isnan(value) or math.isnan(float(got)):
        return got is not None and math.isnan(value) and math.isnan(float(got))
    if within or relative:
        gap = abs(Fraction(float(got)) - Fraction(value))
        return gap <= max(within, max(abs(Fraction(value)), Fraction(1, 1000)) * Fraction(relative))
    nearest = float(value)
    if isinstance(got, int | np.integer):
        return int(got) == value
    return abs(Fraction(float(got)) - Fraction(nearest)) <= ulp * Fraction(math.ulp(nearest))


def load(path: str | Path) -> ModuleType:
    """Import the adapter at a path."""
    spec = importlib.util.spec_from_file_location(f"adapter_{Path(path).stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outcome(adapter: ModuleType, vector: dict[str, Any], relative: float = 0.0) -> dict[str, Any]:
    """Ask an adapter for a vector: its status ("pass", "fail", "unsupported") and numbers."""
    function = getattr(adapter, vector["op"], None)
    if function is None:
        return {"status": "unsupported"}
    try:
        found = function(decoded(vector))
    except NotImplementedError as error:
        return {"status": "unsupported", "error": str(error)}
    except Exception as error:  # a refusal or a crash: either way no number
        return {"status": "fail", "error": f"{type(error).__name__}: {error}", "wrong": []}
    got = {name: found[name] for name in vector["expected"] if name in found}
    wrong = [
        name for name, value in got.items()
        if not agrees(value, vector["expected"][name], vector["ulp"], relative)
    ]  # fmt: skip
    return {
        "status": "fail" if wrong else "pass" if got else "unsupported",
        "got": got,
        "wrong": wrong,
    }


def main(arguments: list[str]) -> int:
    adapter = load(arguments[0])
    tally, kinds = Counter(), [a for a in arguments[1:] if not a.startswith("--")]
    for vector in vectors(*kinds):
        found = outcome(adapter, vector)
        tally[found["status"]] += 1
        if found["status"] == "fail" or "--failures" not in arguments:
            print(f"{found['status']:11} {vector['id']}  {found.get('error', '')}")
        for name in found.get("wrong", []):
            print(f"            {name}: {found['got'][name]}, not {vector['expected'][name]}")
    print(", ".join(f"{count} {status}" for status, count in sorted(tally.items())))
    return 1 if tally["fail"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
