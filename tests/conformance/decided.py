"""What adapters of libraries that take labels, tensors or rows need of a case."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def labels(case: Any) -> np.ndarray:
    """Decided predictions for libraries that take no scores, but where deciding is the point."""
    if case.y_pred is not None:
        return case.y_pred
    if case.kind in ("ties", "thresholds", "half", "logits") or "top_k" in case.options:
        raise NotImplementedError("takes labels, not scores")
    if case.task == "multiclass":
        return case.y_score.argmax(axis=1)
    return (case.y_score > np.asarray(case.options.get("threshold", 0.5))).astype(int)


def rows_of(case: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, prediction and count of each cell of a matrix."""
    matrix = np.array(case.matrix)
    true, pred = np.indices(matrix.shape).reshape(2, -1)
    return true, pred, matrix.ravel()


def repeated(case: Any) -> tuple[np.ndarray, np.ndarray]:
    """Truth and prediction of a matrix, a row each."""
    true, pred, counts = rows_of(case)
    if counts.sum() > 2**20:
        raise NotImplementedError("takes rows, and these are too many to write out")
    return np.repeat(true, counts), np.repeat(pred, counts)


def over_of(case: Any) -> Any:
    return case.options.get("average_over", "all")


def tensor(case: Any) -> Any:
    """Scores, or labels, as a torch tensor of their dtype."""
    torch = sys.modules["torch"]
    if case.y_score is None:
        return torch.from_numpy(np.ascontiguousarray(case.y_pred))
    if case.dtype == "bfloat16":
        return torch.from_numpy(case.y_score.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(np.ascontiguousarray(case.y_score))


def truth(case: Any) -> Any:
    return sys.modules["torch"].from_numpy(np.ascontiguousarray(case.y_true))


def number(value: Any) -> Any:
    """A float, or a list of them, of a tensor."""
    return value.detach().double().cpu().numpy().tolist() if hasattr(value, "detach") else value
