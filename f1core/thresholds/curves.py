"""curve(): what every threshold gives, from one sort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NoReturn, overload

from ..averages import NO_ROWS
from ..counts import Array
from ..errors import F1Error, one_of, refuse_unknown, rename_y_pred, shown
from ..metrics import per_class
from ..option_types import CurveOptions, Task, Unpack
from ..option_values import flag
from ..options import TASKS, make_options, thread_count
from .areas import areas
from .best import scores_batch
from .label_columns import Column, ScoreColumn
from .ranking import Ranking, rank
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


@overload
def curve(
    y_true: Any = None,
    y_prob: Any = None,
    *,
    task: Literal["binary"] | None = None,
    **options: Unpack[CurveOptions],
) -> Curve: ...
@overload
def curve(
    y_true: Any = None,
    y_prob: Any = None,
    *,
    task: Literal["multiclass", "multilabel"],
    **options: Unpack[CurveOptions],
) -> Ranking: ...
@overload
def curve(
    y_true: Any = None, y_prob: Any = None, *, task: Task | None, **options: Unpack[CurveOptions]
) -> Any: ...
def curve(
    y_true: Any = None,
    y_prob: Any = None,
    *,
    task: Task | None = None,
    classes: Any = None,
    from_logits: bool = False,
    sample_weight: Any = None,
    ignore_index: Any = None,
    average_over: Any = None,
    zero_division: float = 0.0,
    beta: float = 1.0,
    one_vs_one: bool = False,
    threads: int | None = None,
    pos_label: Any = None,
    **unknown: NoReturn,
) -> Any:
    """Precision, recall and F1 of one label at every threshold, by `score`'s rule `p > threshold`.

    With task="multiclass" or "multilabel" the areas alone, of every class and on average.

    Parameters
    ----------
    y_true
        (n,) labels; (n, L) 0/1 rows of a multilabel task, (n,) or one-hot rows of a multiclass one.
    y_prob
        (n,) probabilities of the positive class; (n, C) of the other tasks. Of a multiclass task
        each column is one class against the rest; logits become probabilities by softmax first.
    task
        "binary" (also None), "multiclass" or "multilabel".
    classes, from_logits, sample_weight, ignore_index, zero_division, beta, threads, pos_label
        As in `score`. Without a positive `average_precision` is `zero_division`, and `roc_auc`
        is nan unless there are both kinds of rows. `beta` is for one label.
    average_over
        The classes that means look at: all by default, so that a class without a row makes the
        macro `roc_auc` nan; "present" leaves those out, or list some.
    one_vs_one
        Compare each pair of classes of a multiclass task too, which sorts once more.

    Returns
    -------
    Curve
        One entry for each different prediction. p = 0 is never above a threshold, so the first
        entry predicts all rows only if no score is 0; both areas count that end in any case.
    Ranking
        Of many classes: `c.macro.roc_auc`, `c.per_class.average_precision`, `c.one_vs_one.macro`.

    Raises
    ------
    F1Error
        For input that cannot be scored.

    Source: average precision is the sum over the steps of the recall of each step's precision,
    ROC AUC the trapezoids under (false positive rate, recall), as scikit-learn's
    `average_precision_score` and `roc_auc_score`, and their means are averaged as theirs. Pairs of
    classes: D. Hand, R. Till, A simple generalisation of the area under the ROC curve for multiple
    class classification problems, Machine Learning 45, 2001.

    Examples
    --------
    >>> import f1core
    >>> c = f1core.curve([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.8])
    >>> c.thresholds.tolist(), c.f1.round(2).tolist()
    ([0.0, 0.1, 0.2, 0.3, 0.8], [0.67, 0.8, 0.5, 0.67, 0.0])
    >>> round(c.average_precision, 4), c.roc_auc
    (0.8333, 0.75)
    >>> p = [[0.5, 0.3, 0.2], [0.6, 0.2, 0.2], [0.5, 0.4, 0.1], [0.3, 0.2, 0.5]]
    >>> c = f1core.curve([0, 0, 1, 2], p, task="multiclass")
    >>> c.per_class.roc_auc.tolist(), c.macro.roc_auc
    ([0.875, 1.0, 1.0], 0.9583333333333334)
    """
    if unknown:
        refuse_unknown(unknown, curve, "curve")
    if task is not None and (not isinstance(task, str) or task not in TASKS):
        raise F1Error(one_of("task", task, TASKS))
    many = task in ("multiclass", "multilabel")
    options = make_options(
        task if many else "binary", classes=classes, from_logits=from_logits,
        ignore_index=ignore_index, zero_division=zero_division, beta=beta, pos_label=pos_label,
        average_over=average_over,
    )  # fmt: skip
    ovo = flag("one_vs_one", one_vs_one)
    if many and options.beta != 1.0:
        raise F1Error(f"beta={shown(beta)} is for the curve of one label; areas have no F-beta")
    if options.average_over is not None and not many:
        raise F1Error(
            f"average_over={shown(average_over)} is for means over classes; the curve of one label "
            "has none: say task='multiclass' or task='multilabel'"
        )
    if ovo and task != "multiclass":
        raise F1Error("one_vs_one=True compares the classes of a task='multiclass'")
    n_threads = thread_count(threads)
    with rename_y_pred("y_prob"):
        if many:
            return rank(y_true, y_prob, options, sample_weight, n_threads, ovo)
        batch = scores_batch(y_true, y_prob, options, sample_weight)
        (column,) = for_each_label(batch, lambda column: column, n_threads)
    return curve_of(column, options.coefs, options.zero_division)


def curve_of(column: Column, coefs: tuple[float, float, float], zero_division: float) -> Curve:
    """Compute the curve of one label."""
    if not column.total > 0:
        raise F1Error(NO_ROWS)
    every = column.every_cut()
    cuts = column.possible(every, inside=True)
    low, high, last = column.gap(cuts.at)
    logits = isinstance(column, ScoreColumn) and column.from_logits
    ratios = per_class(
        cuts.tp, cuts.pred, column.true, column.total, coefs=coefs, zero_division=zero_division,
        only=("precision", "recall", "f1", "fbeta"),
    )  # fmt: skip
    average_precision, roc_auc = areas(every, column, zero_division)
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
