"""Which classes are taken for which others: the largest cells beside the diagonal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .count_layout import TRUE
from .counts import Array, Counts
from .errors import F1Error

if TYPE_CHECKING:
    from .scores import Scores

# Bounds of (K,) shares, of so many hits in so many trials: `f1core/__init__.py` sets it.
find_shares: Callable[[Array, Array, float], tuple[Array, Array]] | None = None


class _Cell(NamedTuple):
    true: Any
    predicted: Any
    count: Any
    share: float


class Confused(_Cell):
    """A cell of the confusion matrix beside its diagonal: (true, predicted, count, share).

    `share` is `count` out of all rows that are `true`, and `interval` (low, high) bounds it; None
    where rows are weighted or clustered, whose sums do not tell how far they stray. Of spans None
    is also the class of the side that has not the span.
    """

    interval: tuple[float, float] | None

    def __repr__(self) -> str:
        ends = self.interval and tuple(round(end, 4) for end in self.interval)
        pair = f"true={self.true!r}, predicted={self.predicted!r}, count={self.count!r}"
        return f"Confused({pair}, share={self.share:.4g}, interval={ends})"


def most_confused(scores: Scores, n: int, level: Any) -> list[Confused]:
    """The n largest cells beside the diagonal, the earlier class first among equals."""
    counts, of_spans = scores._counts, scores.task == "spans"
    classes = [*scores.classes, None]  # and what is no span, or no class
    if scores.task == "multilabel":
        raise F1Error(
            "most_confused needs one class a row, this task is multilabel: fn and fp of "
            "per_class count each label's misses and false alarms"
        )
    scores._one_prediction("most_confused")
    assert find_shares is not None
    true, pred, cells, support = _filled(counts, scores._size)
    apart = true != pred
    true, pred, cells = true[apart], pred[apart], cells[apart]
    if len(cells) > n:  # sorting a million takes 0.2 s
        large = cells >= np.partition(cells, -n)[-n]
        true, pred, cells = true[large], pred[large], cells[large]
    order = np.lexsort((pred, true, -cells))[:n]
    true, pred, cells = true[order], pred[order], cells[order]
    trials = support[true]
    low, high = find_shares(cells, trials, level)
    drawn = counts.replicas
    alike = not counts.weighted and (drawn is None or not (drawn.clustered or of_spans))
    places = zip(true.tolist(), pred.tolist(), cells.tolist(), strict=True)
    found = []
    for i, (of, taken, count) in enumerate(places):
        row = Confused(classes[of], classes[taken], count, float(cells[i] / trials[i]))
        row.interval = (float(low[i]), float(high[i])) if alike else None
        found.append(row)
    return found


def _filled(counts: Counts, size: int) -> tuple[Array, Array, Array, Array]:
    """(K,) true and predicted ids and counts of the cells that are not 0, and (C,) true rows.

    A matrix in few bytes stays so.
    """
    packed = counts.packed
    if packed is not None and packed.gaps is not None:
        at = np.cumsum(packed.gaps, dtype=np.int64) - 1
        true, pred = np.divmod(at, counts.n_classes)
        cells = packed.cells.astype(packed.dtype)
        support = np.zeros(counts.n_classes, cells.dtype)
        np.add.at(support, true, cells)
        return true, pred, cells, support
    if counts.confusion is None:
        raise F1Error(
            f"the confusion matrix of {size} classes was not kept; confusion=True keeps it"
        )
    true, pred = np.nonzero(counts.confusion)
    return true, pred, counts.confusion[true, pred], counts.per_class[TRUE]
