"""KeptRows: rows that are few enough to be kept, for what cuts of a grid cannot tell exactly."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from ..api import score
from ..batch import Batch
from ..counts import Array
from ..errors import F1Error
from ..label_rows import filled
from ..scores import Scores
from ..thresholds import best_threshold
from .cut_counts import CutCounts
from .grid import exact, grid_of_scores

_CELLS = 2_000_000
_CLASSES = 64  # beyond, a search takes longer than all else


class KeptRows:
    """All rows with their scores, until they are too many."""

    def __init__(self) -> None:
        self._batches: list[Batch] = []
        self._parts: list[tuple[Array, Array, Any]] = []
        self._cells = 0

    def add(self, batch: Batch, truth: Array, scores: Array, weight: Any) -> None:
        """Keep the rows of a checked batch, or forget all."""
        self._cells += scores.size
        if self._cells > _CELLS:
            self._batches.clear()
            self._parts.clear()
        else:
            self._batches.append(batch)
            self._parts.append((truth, scores, weight))

    def counted_exactly(self, counted: CutCounts) -> CutCounts:
        """Count the rows once more at each of their scores, if all were kept."""
        rows = [filled(batch) for batch in self._batches if len(batch)]
        if not rows or not counted.usable or rows[0].options.from_logits:
            return counted
        dtype = rows[0].score_dtype
        with np.errstate(over="ignore", invalid="ignore"):  # ignored cells hold anything
            scores = [exact(np.asarray(each.pred, dtype)).ravel() for each in rows]
        grid = grid_of_scores(dtype, counted.labels, np.concatenate(scores))
        if grid is None:
            return counted
        found = CutCounts(grid=grid)
        for each in rows:
            found.add(each)
        return found

    def best(self, counted: Scores) -> tuple[list[float], Scores] | None:
        """Find a threshold for each class, and the scores with them; None where nothing tells."""
        options = counted._options
        few = len(counted.classes) <= _CLASSES and counted.task == "multiclass"
        if not (self._parts and few) or options.top_k > 1:
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
