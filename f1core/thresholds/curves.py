"""curve(): what every threshold gives, from one sort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..counts import Array
from ..errors import F1Error, calling_y_pred, refuse_unknown
from ..metrics import divide, per_class
from ..options import make_options, thread_count
from .best import scores_batch
from .label_columns import Candidates, Column, ScoreColumn
from .reading import for_each_label


@dataclass(frozen=True, eq=False, repr=False)
class Curve:
    """Counts and ratios at each threshold: arrays (m,), thresholds ascending.

    The last one predicts nothing but scores above 1, if rounding has left some there.

    `positives` and `total` count all rows; `average_precision` and `roc_auc` are in [0, 1].
    """

    thresholds: Array
    tp: Array
    predicted: Array
    precision: Array
    recall: Array
    f1: Array
    fbeta: Array
    positives: Any
    total: Any
    average_precision: float
    roc_auc: float

    def __repr__(self) -> str:
        return (
            f"Curve({len(self.thresholds):,} thresholds, average_precision="
            f"{self.average_precision:.4f}, roc_auc={self.roc_auc:.4f})"
        )


def curve(
    y_true: Any = None,
    y_prob: Any = None,
    *,
    classes: Any = None,
    from_logits: bool = False,
    sample_weight: Any = None,
    ignore_index: Any = None,
    zero_division: float = 0.0,
    beta: float = 1.0,
    threads: int | None = None,
    pos_label: Any = None,
    **unknown: Any,
) -> Curve:
    """Precision, recall and F1 of one label at every threshold, by `score`'s rule `p > threshold`.

    Parameters
    ----------
    y_true
        (n,) labels; of a multilabel task one column at a time.
    y_prob
        (n,) probabilities of the positive class.
    classes, from_logits, sample_weight, ignore_index, zero_division, beta, threads, pos_label
        As in `score`. Without a positive `average_precision` is `zero_division`, and `roc_auc`
        is nan unless there are both kinds of rows.

    Returns
    -------
    Curve
        One entry for each different prediction. p = 0 is never above a threshold, so the first
        entry predicts all rows only if no score is 0; both areas count that end in any case.

    Raises
    ------
    F1Error
        For input that cannot be scored.

    Source: average precision is the sum over the steps of the recall of each step's precision,
    ROC AUC the trapezoids under (false positive rate, recall), as scikit-learn's
    `average_precision_score` and `roc_auc_score`.

    Examples
    --------
    >>> import f1core
    >>> c = f1core.curve([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.8])
    >>> c.thresholds.tolist(), c.f1.round(2).tolist()
    ([0.0, 0.1, 0.2, 0.3, 0.8], [0.67, 0.8, 0.5, 0.67, 0.0])
    >>> round(c.average_precision, 4), c.roc_auc
    (0.8333, 0.75)
    """
    if unknown:
        refuse_unknown(unknown, curve, "curve")
    options = make_options(
        "binary", classes=classes, from_logits=from_logits, ignore_index=ignore_index,
        zero_division=zero_division, beta=beta, pos_label=pos_label,
    )  # fmt: skip
    crew = thread_count(threads)
    with calling_y_pred("y_prob"):
        batch = scores_batch(y_true, y_prob, options, sample_weight)
        (column,) = for_each_label(batch, lambda column: column, crew)
    return curve_of(column, options.coefs, options.zero_division)


def curve_of(column: Column, coefs: tuple[float, float, float], zero_division: float) -> Curve:
    """Compute the curve of one label."""
    if not column.total > 0:
        raise F1Error(
            "there are no rows to score: none came, all were ignored, or all weights are 0"
        )
    every = column.every_cut()
    cuts = column.possible(every)
    low, high, last = column.gap(cuts.at)
    logits = isinstance(column, ScoreColumn) and column.from_logits
    ratios = per_class(
        cuts.tp, cuts.pred, column.true, column.total, coefs=coefs, zero_division=zero_division,
        only=("precision", "recall", "f1", "fbeta"),
    )  # fmt: skip
    average_precision, roc_auc = _areas(every, column, zero_division)
    return Curve(
        thresholds=column.threshold(low, high, last) if logits else low + 0.0,
        tp=cuts.tp,
        predicted=cuts.pred,
        positives=column.true,
        total=column.total,
        average_precision=average_precision,
        roc_auc=roc_auc,
        **ratios,
    )


def _areas(cuts: Candidates, column: Column, zero_division: float) -> tuple[float, float]:
    """Average precision and ROC AUC from all steps; step k adds what cut k has over cut k + 1."""
    hits, others = cuts.tp.astype(np.float64), (cuts.pred - cuts.tp).astype(np.float64)
    rise, run = -np.diff(hits), -np.diff(others)
    precision = divide(hits, hits + others, 0.0)[:-1]
    average_precision = divide(np.sum(rise * precision), column.true, zero_division)
    area = np.sum(run * (hits[1:] + rise / 2))
    under = float(column.true) * float(column.total - column.true)
    return float(average_precision), float(divide(area, under, np.nan))
