"""Thresholds of the classes of a multiclass task, where its rows are few enough to be kept."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from ..api import score
from ..batch import Batch
from ..counts import Array
from ..errors import F1Error
from ..scores import Scores
from ..thresholds import best_threshold

_CELLS = 2_000_000
_CLASSES = 64  # beyond, a search takes longer than all else


class KeptRows:
    """Rows of a multiclass task, until they are too many."""

    def __init__(self) -> None:
        self._parts: list[tuple[Array, Array, Any]] = []
        self._cells = 0

    def add(self, batch: Batch, truth: Array, scores: Array, weight: Any) -> None:
        """Keep the rows of a checked batch, or forget all."""
        few = batch.kind == "multiclass" and scores.shape[1] <= _CLASSES
        self._cells += scores.size if few else _CELLS + 1
        if self._cells > _CELLS:
            self._parts.clear()
        else:
            self._parts.append((truth, scores, weight))

    def best(self, counted: Scores) -> tuple[list[float], Scores] | None:
        """Find a threshold for each class, and the scores with them; None where nothing tells."""
        options = counted._options
        if not self._parts or options.top_k > 1:
            return None
        truths, scores, weights = zip(*self._parts, strict=True)
        true, prob = np.concatenate(truths), np.concatenate(scores)
        given: dict[str, Any] = {
            name: getattr(options, name)
            for name in ("from_logits", "ignore_index", "average_over", "zero_division", "beta")
        }
        given |= {"task": "multiclass", "classes": options.given_classes}
        if weights[0] is not None:
            given["sample_weight"] = np.concatenate(weights)
        with suppress(F1Error):  # of scores that are no probabilities
            found = best_threshold(true, prob, **given).threshold.tolist()
            return found, score(true, prob, threshold=found, **given)
        return None
