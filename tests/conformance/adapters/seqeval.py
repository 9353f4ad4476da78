"""seqeval: spans read from tags."""

from __future__ import annotations

import importlib.metadata
import warnings
from typing import Any

import seqeval.metrics as m
import seqeval.scheme

VERSION = importlib.metadata.version("seqeval")
warnings.filterwarnings("ignore")


def spans(case: Any) -> dict[str, Any]:
    scheme = case.options.get("scheme")
    how = {"mode": "strict", "scheme": getattr(seqeval.scheme, scheme)} if scheme else {}
    functions = {"precision": m.precision_score, "recall": m.recall_score, "f1": m.f1_score}
    found: dict[str, Any] = {}
    for name, function in functions.items():
        for average in ("micro", "macro", "weighted"):
            value = function(case.y_true, case.y_pred, average=average, zero_division=0, **how)
            found[f"{name}_{average}"] = float(value)
    each = functions["f1"](case.y_true, case.y_pred, average=None, zero_division=0, **how)
    return found | {"f1_per_class": [float(value) for value in each]}
