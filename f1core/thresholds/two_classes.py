"""The threshold of a binary task that is best for both classes: macro F1, MCC, any metric."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..count import count
from ..options import Options
from ..scores import Scores
from .best import Best, scores_batch
from .class_metrics import class_metric, metric_name
from .label_columns import Column, possible_cuts
from .reading import for_each_label
from .search import Choice, middle


def best_of_two(
    y_true: Any,
    y_prob: Any,
    options: Options,
    average: str,
    sample_weight: Any = None,
    threads: int | None = None,
) -> Best:
    """Find the cut of (n,) scores with the best mean over both classes, by looking at each one.

    `average` is that of F-beta, or any metric by its name in `to_dict`.
    """
    batch = scores_batch(y_true, y_prob, options, sample_weight)
    options, name = batch.options, metric_name(average, options)

    def work(column: Column) -> Choice:
        cuts = possible_cuts(column)
        true = np.array([column.total - column.true, column.true])
        # The negative class has the rows that are not predicted, and hits what is no false alarm.
        tp = np.stack([np.maximum(true[0] - (cuts.pred - cuts.tp), 0), cuts.tp], axis=-1)
        pred = np.stack([column.total - cuts.pred, cuts.pred], axis=-1)
        metric = class_metric(name, options, true)
        rank = metric.sign * metric.exact(tp, pred)
        rank[np.isnan(rank)] = -np.inf
        return middle(column, cuts, rank == rank.max())

    (found,) = for_each_label(batch, work, threads)
    options = replace(options, threshold=found.threshold)
    scores = Scores(count(replace(batch, options=options), threads), options)
    return Best(found.threshold, scores.metric(name), found.low, found.high, name)
