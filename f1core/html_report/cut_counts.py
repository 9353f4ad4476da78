"""CutCounts: scores of every label, or of every class against the rest, counted between edges."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..batch import Batch
from ..counts import Array
from ..label_rows import filled
from ..thresholds.cells import precision_of
from .grid import Grid, exact, grid_of

TENTHS = 10  # bins of calibration
_CELLS = 1 << 15  # of a block, whose arrays stay in cache
_SLACK = 1e-3  # how far the probabilities of a row may be from adding up to 1
_FACTORS = 16  # whose product is a float64 above 0: each is 2.2e-16 or more


class CutCounts:
    """Counts of scores between the edges of a grid, and sums for calibration.

    `every` and `positive` are (L, bins) counts of all cells and of the positive ones; of a
    multiclass task each class is a label against the rest.
    """

    def __init__(self, unfit: str = "", grid: Grid | None = None) -> None:
        self.scored = False  # whether scores came, and no decisions
        self.grid: Grid | None = None
        self._chosen = grid  # instead of one by the number of labels
        self.dtype: np.dtype[Any] | None = None
        self.usable = not unfit
        self.unfit = unfit  # why scores that there are cannot be cut
        self.add_up = True  # whether those of each row add up to 1, of a multiclass task
        self.every: Array
        self.positive: Array
        self.confidence: Array  # (L, bins) sums of probabilities; (1, bins) of predicted classes
        self.top: Array  # (2, bins) wrong and right predicted classes of a multiclass task
        self.brier = self.log_loss = 0.0

    @property
    def labels(self) -> int:
        """Count the labels or classes that have cuts."""
        return len(self.every)

    def add(self, batch: Batch) -> None:
        """Add a checked batch whose values were counted already, and so are known to be right."""
        hard = batch.hard or batch.format is None
        self.scored = self.scored or not hard
        if not self.usable or not len(batch):
            return
        if hard:
            if self.grid is not None:
                self._give_up("some are whole numbers")
            self.usable = False
            return
        batch = filled(batch)
        if self.grid is None:
            self._start(batch)
        if batch.score_dtype != self.dtype:  # which another grid would cut
            self._give_up(f"the scores are {self.dtype} here and {batch.score_dtype} there")
        step = max(1, max(_CELLS, 2 * self.every.size) // self.labels)
        for start in range(0, len(batch), step):
            if self.usable:
                self._block(batch, slice(start, min(start + step, len(batch))))

    def _give_up(self, why: str) -> None:
        self.usable, self.unfit = False, why

    def tenths(self, counts: Array) -> Array:
        """Sum (L, bins) numbers to the (L, 10) bins of calibration, each made of whole bins."""
        assert self.grid is not None
        inner = np.searchsorted(self.grid.edges, np.arange(1, TENTHS) / TENTHS) + 1
        return np.asarray(np.add.reduceat(counts, np.append(0, inner), axis=1))

    def _start(self, batch: Batch) -> None:
        labels = 1 if batch.kind == "binary" else batch.pred.shape[1]
        self.dtype = dtype = batch.score_dtype
        logits, multiclass = batch.options.from_logits, batch.kind == "multiclass"
        if logits and multiclass:  # softmax gives float64
            dtype = np.dtype(np.float64)
        self.grid = self._chosen or grid_of(dtype, labels, logits and not multiclass)
        kind = np.int64 if batch.weight is None else np.float64
        bins = self.grid.bins
        self.every, self.positive = np.zeros((2, labels, bins), kind)
        self.top = np.zeros((2, bins), kind)
        self.confidence = np.zeros((1 if multiclass else labels, bins))

    def _block(self, batch: Batch, rows: slice) -> None:
        with np.errstate(over="ignore", invalid="ignore"):  # ignored cells hold anything
            scores = exact(np.asarray(batch.pred[rows], batch.score_dtype))
        true, weight, ignored = batch.true_ids(rows), batch.weights(rows), batch.ignored(rows)
        if ignored is not None and not ignored.any():
            ignored = None
        if ignored is not None and batch.kind == "multilabel":
            scores = np.where(ignored, scores.dtype.type(0), scores)
        elif ignored is not None:
            scores, true = scores[~ignored], true[~ignored]
            weight, ignored = None if weight is None else weight[~ignored], None
        if not len(scores):
            return
        if batch.kind == "multiclass":
            self._add_classes(scores, true, weight, batch.options.from_logits)
        else:
            shape = len(scores), self.labels
            self._add_labels(scores.reshape(shape), true.reshape(shape) == 1, weight, ignored)

    def _add_labels(
        self, scores: Array, flags: Array, weight: Array | None, ignored: Array | None
    ) -> None:
        cell, probability = self._cells(scores), self._probabilities(scores)
        p_true = np.abs(probability - ~flags)
        mass = None if weight is None else np.broadcast_to(weight[:, None], cell.shape)
        if ignored is not None:
            kept = ~ignored
            cell, flags, probability, p_true = (x[kept] for x in (cell, flags, probability, p_true))
            mass = None if mass is None else mass[kept]
        share = None if mass is None else mass[flags]
        self.every += self._sums(cell, mass)
        self.positive += self._sums(cell[flags], share)
        self.confidence += self._sums(cell, probability if mass is None else probability * mass)
        self._add_losses(p_true.ravel(), 1 - p_true.ravel(), None if mass is None else mass.ravel())

    def _add_classes(self, scores: Array, true: Array, weight: Array | None, logits: bool) -> None:
        if logits:
            shares = np.exp(scores.astype(np.float64) - scores.max(axis=1, keepdims=True))
            scores = shares / shares.sum(axis=1, keepdims=True)
        elif not self._are_probabilities(scores):
            self._give_up("some scores are no probabilities")
            return
        cell, row = self._cells(scores), np.arange(len(scores))
        mass = None if weight is None else np.broadcast_to(weight[:, None], cell.shape)
        self.every += self._sums(cell, mass)
        self.positive += self._sums(cell[row, true], weight)
        best = scores.argmax(axis=1)
        high, place = scores[row, best].astype(np.float64), cell[row, best] % self.every.shape[1]
        right = best == true
        for found, some in zip(self.top, (~right, right), strict=True):
            some_mass = None if weight is None else weight[some]
            found += np.bincount(place[some], some_mass, len(found)).astype(found.dtype)
        confident = high if weight is None else high * weight
        self.confidence += np.bincount(place, confident, self.confidence.shape[1])
        p_true = np.clip(scores[row, true].astype(np.float64), 0.0, 1.0)
        self._add_losses(p_true, None, weight)
        squares = np.einsum("ij,ij->i", scores, scores, dtype=np.float64) - 2 * p_true + 1
        self.brier += float((squares if weight is None else squares * weight).sum())

    def _cells(self, scores: Array) -> Array:
        """Find the (n, L) bins of scores, numbered on from one label to the next."""
        assert self.grid is not None
        found = self.grid.bins_of(scores)
        if self.labels > 1:
            found += np.arange(self.labels) * self.grid.bins
        return found

    def _sums(self, cell: Array, mass: Array | None) -> Array:
        mass = None if mass is None else mass.ravel()
        return np.bincount(cell.ravel(), mass, self.every.size).reshape(self.every.shape)

    def _are_probabilities(self, scores: Array) -> bool:
        if not (scores.min() >= -_SLACK and scores.max() <= 1 + _SLACK):
            return False
        sums = np.einsum("ij->i", scores)  # by no BLAS, whose threads are one too many here
        away = _SLACK + precision_of(np.dtype(self.dtype))
        self.add_up = self.add_up and bool(np.abs(sums - 1).max() <= away)
        return True

    def _probabilities(self, scores: Array) -> Array:
        found = scores.astype(np.float64)
        if self.grid is not None and self.grid.logits:
            small = np.exp(-np.abs(found))
            return np.where(found < 0, small, 1.0) / (1.0 + small)
        return np.clip(found, 0.0, 1.0, out=found)

    def _add_losses(self, p_true: Array, error: Array | None, weight: Array | None) -> None:
        """Add what (n,) probabilities of the truth lose."""
        if error is not None:
            squares = error * error if weight is None else error * error * weight
            self.brier += float(squares.sum())
        eps = precision_of(np.dtype(self.dtype))
        p_true = np.clip(p_true, eps, 1 - eps, out=p_true)
        if weight is not None:
            self.log_loss -= float((np.log(p_true) * weight).sum())
            return
        whole = len(p_true) // _FACTORS * _FACTORS  # logarithms of products: a sixteenth of them
        products = np.multiply.reduce(p_true[:whole].reshape(_FACTORS, -1), axis=0)
        self.log_loss -= float(np.log(products).sum() + np.log(p_true[whole:]).sum())
