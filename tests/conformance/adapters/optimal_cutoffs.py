"""optimal-classification-cutoffs: the best threshold of one class."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import numpy as np
import optimal_cutoffs

VERSION = importlib.metadata.version("optimal-classification-cutoffs")


def best_threshold(case: Any) -> dict[str, Any]:
    beta = case.options.get("beta", 1.0)
    if beta != 1.0:
        raise NotImplementedError("F1 of rows; F-beta of calibrated probabilities alone")
    result = optimal_cutoffs.optimize_thresholds(
        case.y_true, case.y_score, metric="f1", task=optimal_cutoffs.Task.BINARY,
        sample_weight=case.sample_weight, comparison=">",
    )  # fmt: skip
    return {"score": float(result.score), "threshold": float(np.ravel(result.thresholds)[0])}
