"""The rows that count of multiclass scores: few of them for a start, then those that may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import widened
from ..backends import thread_pool
from ..counts import Array
from .class_lines import Rows, ids_dtype
from .class_metrics import ClassMetric, Cost

_BLOCK = 1 << 13  # rows whose quotients stay in a core's cache
_READINGS = 20  # how often scores are read to find their quotients, about
# Thresholds and scores whose quotients float32 tells apart.
_FAR_APART, _FAINT = 1e12, 1e-20


@dataclass(frozen=True)
class Table:
    """The rows that count of a batch: scores as they lie, what is true, weights."""

    scores: Array  # (n, C)
    from_logits: bool
    true: Array
    weight: Array | None

    @property
    def size(self) -> int:
        """How many classes there are."""
        return int(self.scores.shape[1])

    def columns(self, rows: Any, dtype: Any = np.float64) -> Array:
        """(C, m) scores, none negative; logits as probabilities but for a factor a row."""
        columns = np.array(widened(self.scores[rows]).T, dtype=dtype, order="C")
        highest = columns.max(axis=0)
        if not self.from_logits:
            if not highest.all() or columns.min() < 0:
                settled = np.flatnonzero(highest <= 0)  # no threshold changes which is highest
                columns[columns[:, settled].argmax(axis=0), settled] = 1.0
                np.maximum(columns, 0.0, out=columns)  # some are a hair below
            return columns
        with np.errstate(invalid="ignore"):
            columns -= highest
        columns[np.isnan(columns)] = 0.0  # inf - inf: as high as any
        columns[:, highest == -np.inf] = -np.inf
        return np.asarray(np.exp(columns, out=columns))

    def some(self, rows: Any) -> Rows:
        """Rows by themselves."""
        weight = None if self.weight is None else self.weight[rows]
        nothing = np.zeros(self.size, np.int64 if weight is None else np.float64)
        bounds = np.zeros(self.size), np.full(self.size, np.inf)
        return Rows(
            self.columns(rows), self.true[rows], weight, nothing, nothing.copy(), 0.0, *bounds,
            self.scores[rows], self.from_logits,
        )  # fmt: skip

    def sample(self, size: int) -> Table:
        """About so many rows, half of them shared out over the classes, by what they stand for."""
        if len(self.true) <= size:
            return self
        order = np.argsort(self.true.astype(ids_dtype(self.size)), kind="stable")
        counts = np.bincount(self.true, minlength=self.size)
        share = size / 2 / np.count_nonzero(counts) + size / 2 * counts / len(order)
        taken = np.minimum(counts, np.ceil(share).astype(int))
        first = np.cumsum(counts) - counts
        places = np.arange(taken.sum()) - np.repeat(np.cumsum(taken) - taken, taken)
        places = places * np.repeat(counts, taken) // np.repeat(taken, taken)
        rows = order[np.repeat(first, taken) + places]
        weight = np.repeat(counts / np.maximum(taken, 1), taken)
        weight = weight if self.weight is None else weight * self.weight[rows]
        return Table(self.scores[rows], self.from_logits, self.true[rows], weight)

    @property
    def support(self) -> Array:
        """(C,) how many rows, or how much weight, each class has."""
        return np.bincount(self.true, self.weight, self.size)

    def near(
        self, thresholds: Array, size: int, metric: ClassMetric | Cost, threads: int | None
    ) -> Rows:
        """About so many rows whose two highest quotients are closest; the others are counted.

        Of these no prediction changes while no threshold moves farther than half way (in
        logarithms) to where the closest of them would.
        """
        n = len(self.true)
        if n <= size:
            return self.some(slice(None))
        close, predicted = self._closeness(thresholds, threads)
        sampled = close[:: max(1, n // (16 * size))]
        limit = float(np.quantile(sampled, 1 - size / n))
        rows = np.flatnonzero(close >= limit)
        found = self.some(rows)
        for sums, kept in ((found.pred, None), (found.tp, predicted == self.true)):
            for sign, some in ((1, slice(None)), (-1, rows)):
                of_it = slice(None) if kept is None else kept[some]
                weight = None if self.weight is None else self.weight[some][of_it]
                more = np.bincount(predicted[some][of_it], weight, self.size)
                sums += sign * more.astype(sums.dtype, copy=False)
        loss = 0.0
        if isinstance(metric, Cost):
            each = metric.costs[self.true, predicted]
            each = each if self.weight is None else each * self.weight
            loss = float(each.sum() - each[rows].sum())
        reach = np.sqrt(limit) * (1 + 1e-6)
        return found._replace(loss=loss, lowest=thresholds * reach, highest=thresholds / reach)

    def _closeness(self, thresholds: Array, threads: int | None) -> tuple[Array, Array]:
        """(n,) the second highest quotient over the highest, and the predicted class."""
        n = len(self.true)
        close, predicted = np.empty(n, np.float32), np.zeros(n, ids_dtype(self.size))
        factors = thresholds.min() / thresholds
        short = self.scores.itemsize <= 4 and factors.min() > 1 / _FAR_APART
        dtype = np.float32 if short else np.float64  # which tell apart what is not close

        def span(rows: slice) -> None:
            for start in range(rows.start, rows.stop, _BLOCK):
                block = slice(start, min(start + _BLOCK, rows.stop))
                columns, where = self.columns(block, dtype), predicted[block]
                first, second, less = np.zeros((3, columns.shape[1]), dtype)
                for label, quotient in enumerate(columns):
                    quotient *= dtype(factors[label])
                    np.putmask(where, quotient > first, label)
                    np.maximum(second, np.minimum(first, quotient, out=less), out=second)
                    np.maximum(first, quotient, out=first)
                if short and first.min() < _FAINT:
                    second[first < _FAINT] = first[first < _FAINT] = 1.0
                np.divide(second, first, out=close[block], casting="same_kind")

        n_threads = thread_pool.n_threads(threads, _READINGS * self.scores.nbytes)
        for _ in thread_pool.map_ordered(
            span, thread_pool.split_rows(n, _BLOCK, n_threads), n_threads
        ):
            pass
        return close, predicted
