"""calibration(): calibration errors, Brier score and log loss of predicted probabilities."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from ..counts import Array
from ..errors import F1Error, refuse_unknown, rename_y_pred
from ..metrics import divide
from ..option_types import Strategy, Task
from ..option_values import among, whole
from ..options import make_options
from .cells import Cells, cells_of
from .one_vs_rest import columns_batch
from .reliability import STRATEGIES, Calibration, Spread, assembled, named_classes

_MOST_BINS = 1 << 16


def calibration(
    y_true: Any = None,
    y_prob: Any = None,
    *,
    task: Task | None = None,
    bins: int = 10,
    strategy: Strategy = "uniform",
    classes: Any = None,
    from_logits: bool = False,
    sample_weight: Any = None,
    ignore_index: Any = None,
    pos_label: Any = None,
    **unknown: NoReturn,
) -> Calibration:
    """Measure how far predicted probabilities are from how often what they predict is true.

    Parameters
    ----------
    y_true
        (n,) labels, or one-hot rows; (n, L) 0/1 rows with task="multilabel".
    y_prob
        (n,) probabilities of the positive class, or (n, C); rows of a multiclass task add up to 1.
    task
        "binary", "multiclass" or "multilabel"; None reads it off the shapes.
    bins
        How many bins.
    strategy
        "uniform": bins of equal width, in which the probabilities above k / bins up to (k + 1) /
        bins are together; "quantile": of equal mass, as far as equal probabilities allow.
    classes, ignore_index, pos_label
        As in `score`.
    from_logits
        The scores are logits, of which probabilities are made: sigmoid, or softmax of a multiclass
        task.
    sample_weight
        (n,) weights.

    Returns
    -------
    Calibration
        `k.ece`, `k.mce`, `k.brier`, `k.log_loss`, `k.bins`, `k.per_class`, `k.interval("ece")`.

    Raises
    ------
    F1Error
        For input that cannot be scored, or probabilities that add up to something else than 1.

    Source: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, On calibration of modern neural networks,
    ICML 2017 (top-label errors); M. Kull and others, Beyond temperature scaling, NeurIPS 2019
    (classwise); Brier score and log loss as scikit-learn's `brier_score_loss` and `log_loss`,
    which clips probabilities by the precision of their dtype.

    Examples
    --------
    >>> import f1core
    >>> k = f1core.calibration([0, 1, 0, 1], [0.1, 0.4, 0.3, 0.9], bins=2)
    >>> round(k.ece, 4), round(k.mce, 4), round(k.brier, 4), round(k.log_loss, 4)
    (0.075, 0.1, 0.1175, 0.3709)
    >>> k.bins.count.tolist(), k.bins.frequency.round(3).tolist()
    ([3, 1], [0.333, 1.0])
    """
    if unknown:
        refuse_unknown(unknown, calibration, "calibration")
    size = whole("bins", bins)
    if size > _MOST_BINS:
        raise F1Error(f"bins is {size:,}; give {_MOST_BINS:,} at most")
    among("strategy", strategy, STRATEGIES)
    options = make_options(
        task, classes=classes, from_logits=from_logits, ignore_index=ignore_index,
        pos_label=pos_label,
    )  # fmt: skip
    with rename_y_pred("y_prob"):
        batch, found = columns_batch(y_true, y_prob, options, sample_weight)
        every, top, whole_rows = cells_of(batch, found)
    losses = [cells.losses() for cells in every]
    means = [[_mean(loss, cells.weight) for loss in both]
             for cells, both in zip(every, losses, strict=True)]  # fmt: skip
    return assembled(
        found,
        named_classes(found, batch.options, len(every)),
        [cells.binned(size, strategy) for cells in every],
        None if top is None else top.binned(size, strategy),
        np.array(means).T,
        _of_rows(found, every, losses) if whole_rows else {},
    )


def _mean(values: Array, weight: Array | None) -> Any:
    if weight is None:
        return values.mean() if len(values) else np.nan
    return divide(np.dot(values, weight), weight.sum(), np.nan)


def _of_rows(task: str, every: list[Cells], losses: list[tuple[Array, Array]]) -> dict[str, Spread]:
    """Average each loss over rows: of the sum over classes, or of the mean over labels."""
    squared, logs = (np.zeros(len(losses[0][0])) for _ in range(2))
    for cells, (each, log) in zip(every, losses, strict=True):
        squared += each
        logs += np.where(cells.positive, log, 0.0) if task == "multiclass" else log
    if task == "multilabel":
        squared, logs = squared / len(every), logs / len(every)
    rows = ("brier", squared), ("log_loss", logs)
    return {name: Spread.of(values, every[0].weight) for name, values in rows}
