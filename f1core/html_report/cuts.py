"""Cuts of a report: the best edge of all, and as many edges as a slider needs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..counts import Array
from ..errors import F1Error
from ..metrics import divide
from ..options import Options
from ..scores import Scores
from ..thresholds.binned_ranking import BinnedRanking, ranking_of
from ..thresholds.choose import choose, make_objective, scores_of, search_options, value_of
from ..thresholds.label_columns import BinColumn, above
from .cut_counts import CutCounts
from .grid import Grid

_CUTS, _LEAST = 1000, 20  # of one label; of each of many
_SEVERAL = 500  # of each of a few labels
_ALL_CUTS = {"i": 32_000, "f": 20_000}  # of all labels: 20 bytes each, or 30 of weights


class GridColumn(BinColumn):
    """One label's bins between any edges; cut k predicts the scores above edge k."""

    def __init__(self, edges: Array, counts: Array, optimistic: bool = False) -> None:
        super().__init__(counts, optimistic)
        self._edges = edges

    def gap(self, at: Array) -> tuple[Array, Array, Array]:
        """Give (low, high, last) of each cut: its edge twice, and whether it is the last."""
        found = self._edges[np.clip(at, 0, None)]
        return found, found, np.asarray(at == self._bins)

    def threshold(self, low: Array, high: Array, last: Array) -> Array:
        """Choose the (m,) edges in, or just below, the middles of [low, high]."""
        place = np.searchsorted(self._edges, (low + high) / 2, side="right") - 1
        return np.asarray(self._edges[place])


def counts_of(counted: CutCounts) -> Array:
    """Stack the (L, bins, 2) negative and positive cells of each bin."""
    return np.stack([counted.every - counted.positive, counted.positive], axis=-1)


class BestCuts:
    """Search for the edges with the best macro F (or F of one label), and for a bound of it."""

    def __init__(self, counted: CutCounts, options: Options) -> None:
        assert counted.grid is not None
        edges, counts = counted.grid.edges, counts_of(counted)
        size = len(counts)
        over = options.average_over if options.task == "multilabel" else None
        cut_options = replace(options, threshold=0.5, average_over=over, resamples=0)
        objective = make_objective(cut_options, None, None)
        search = search_options(cut_options, "macro", False, 0.0, objective)

        def found(optimistic: bool) -> tuple[Any, float]:
            columns = [GridColumn(edges, one, optimistic) for one in counts]
            choices = choose(
                search,
                lambda work: [work(column) for column in columns],
                lambda labels: GridColumn(edges, counts[labels].sum(axis=0), optimistic),
                size,
            )
            return choices, value_of(choices, search)

        self.choices, self.value = found(False)
        self.bound = self.value if counted.grid.every else found(True)[1]
        self.thresholds = [choice.threshold for choice in self.choices]
        self.metric, self._options = search.metric, cut_options

    def scores(self) -> Scores:
        """Make the scores that these thresholds give."""
        return scores_of(self._counted(), self._options)

    def each(self) -> list[float]:
        """Give each label's F1 at its best threshold."""
        tp, pred, true, _ = self._counted()
        found = divide(2.0 * tp, pred + true, self._options.zero_division)
        return list(map(float, found))

    def _counted(self) -> tuple[Array, Array, Array, Array]:
        names = ("tp", "pred", "true", "total")
        found = (np.hstack([getattr(one, name) for one in self.choices]) for name in names)
        return tuple(found)  # type: ignore[return-value]


def ranking(counted: CutCounts, options: Options) -> BinnedRanking | None:
    """Bound the areas under the curves of each class, and on average over those that occur.

    None where no class is left to average over.
    """
    if options.task == "binary":
        options = replace(options, average_over=None)
    elif options.average_over is None:
        options = replace(options, average_over="present")
    counts = counts_of(counted)
    try:
        return ranking_of(counts, options, counts[:, :, 1].sum(axis=1))
    except F1Error:
        return None


def cuts_json(
    counted: CutCounts, of: list[int], wanted: list[list[float]], given: list[Any]
) -> dict[str, Any]:
    """Give the cuts of each label for a slider: thresholds ascending, tp and predicted.

    `wanted` are edges that must be among each label's, `given` a (threshold, tp, predicted) that
    was counted by itself, or None.
    """
    assert counted.grid is not None
    grid, labels = counted.grid, counted.labels
    edges = grid.edges
    share = _ALL_CUTS[counted.every.dtype.kind] // labels
    most = int(np.clip(share, _LEAST, _CUTS if labels == 1 else _SEVERAL))
    found: dict[str, Any] = {"rule": ">", "of": of, "threshold": [], "tp": [], "predicted": []}
    totals, trues = [], []
    for label in range(labels):
        every, positive = counted.every[label], counted.positive[label]
        pred, tp = above(every)[1:-1], above(positive)[1:-1]
        at = _thinned(grid, tp, pred, most, [0.0, 0.5, 1.0, *wanted[label]])
        rows = {float(edges[k]): (_short(tp[k]), _short(pred[k])) for k in at.tolist()}
        if given[label] is not None:
            threshold, *numbers = given[label]
            rows[threshold] = tuple(map(_short, numbers))
        ordered = sorted(rows.items())
        found["threshold"].append([threshold for threshold, _ in ordered])
        found["tp"].append([row[0] for _, row in ordered])
        found["predicted"].append([row[1] for _, row in ordered])
        totals.append(_short(every.sum()))
        trues.append(_short(positive.sum()))
    return {**found, "true": trues, "total": totals}


def _short(number: Any) -> Any:
    """Give a count as it is, a sum of weights to ten digits."""
    return float(f"{number:.10g}") if isinstance(number, float) else int(number)


def _thinned(grid: Grid, tp: Array, pred: Array, most: int, wanted: list[float]) -> Array:
    """Choose at most so many edges, between which recall and alarms take small steps."""
    edges, must = grid.edges, np.searchsorted(grid.edges, wanted)
    new = np.append(True, (pred[1:] != pred[:-1]) | (tp[1:] != tp[:-1]))
    starts = np.flatnonzero(new)  # runs of edges that cut alike
    stops = np.append(starts[1:], len(edges))
    if len(starts) > most:
        hits, alarms = tp[starts].astype(np.float64), pred[starts].astype(np.float64)
        walked = hits / max(hits[0], 1e-300) + alarms / max(alarms[0], 1e-300)
        walked += np.log1p(alarms) / max(np.log1p(alarms[0]), 1e-300)  # where alarms are few
        steps = np.linspace(walked[0], walked[-1], most)
        chosen = np.unique(np.searchsorted(-walked, -steps).clip(0, len(starts) - 1))
        starts, stops = starts[chosen], stops[chosen]
    return np.union1d(_shortest(grid.lengths, starts, stops), must).astype(np.int64)


def _shortest(lengths: Array, starts: Array, stops: Array) -> Array:
    """Choose of each run of edges that cut alike the shortest to type, near the middle."""
    every = np.arange(len(lengths))
    run = np.searchsorted(starts, every, side="right") - 1
    every = every[(run >= 0) & (every < stops[run])]
    run = np.searchsorted(starts, every, side="right") - 1
    away = np.abs(2 * every - (starts + stops - 1)[run])
    order = np.lexsort((away, lengths[every], run))
    return np.asarray(every[order[np.searchsorted(run, np.arange(len(starts)))]])


def score_at(scores: Scores, label: int, threshold: Any) -> Any:
    """Give (threshold, tp, predicted) of a label as it was scored; None outside of [0, 1]."""
    each = scores.per_class
    if isinstance(threshold, tuple):
        threshold = threshold[label]
    if not 0 <= threshold <= 1:
        return None
    place = label if scores.task == "multilabel" else 1
    tp = each.tp[place].item()
    return float(threshold), tp, tp + each.fp[place].item()
