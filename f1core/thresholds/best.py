"""best_threshold(): the threshold, or one a label, with the highest F-beta."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, NoReturn

import numpy as np

from ..batch import Batch
from ..count import count
from ..errors import F1Error, IdleOption, refuse_unknown, rename_y_pred, shown
from ..inputs import check
from ..label_rows import filled
from ..option_types import Task
from ..options import Options, make_options, thread_count
from ..scores import Scores
from .choose import SearchOptions, choose, make_objective, search_options, value_of
from .multiclass import best_class_thresholds
from .reading import for_each_label, pooled
from .search import Choice


@dataclass(frozen=True, eq=False)
class Best:
    """Result of `best_threshold`.

    `threshold`, `low` and `high` are floats in [0, 1], or arrays with one entry a label or class.
    Where 0.0 is among the scores and to predict all is strictly better, a threshold is -1.
    Any threshold from `low` up to, not including, `high` keeps the score (or loses `slack` of it
    at most): far apart, the choice hardly matters. Of classes one may move, strictly between.
    Their `low` is 0 where no normal float64 is too low.
    `score(…, threshold=best.threshold).metric(best.metric)` is `best.score`, to the last bit.
    """

    threshold: Any
    score: float
    low: Any
    high: Any
    metric: str
    sign: ClassVar[str] = ">"

    def __str__(self) -> str:
        rows = zip(*(np.atleast_1d(x) for x in (self.threshold, self.low, self.high)), strict=True)
        lines = [
            f"p {self.sign} {at:.6g}   (as good from {low:.6g} to {high:.6g})"
            for at, low, high in rows
        ]
        return "\n".join([f"{self.metric} {self.score:.4f}", *lines])


class BestOfClasses(Best):
    """Thresholds of classes: argmax of p_k / t_k is predicted."""

    sign = "/"


def best_threshold(
    y_true: Any = None,
    y_prob: Any = None,
    *,
    task: Task | None = None,
    average: str = "macro",
    shared: bool = False,
    min_precision: float | None = None,
    min_recall: float | None = None,
    slack: float = 0.0,
    costs: Any = None,
    classes: Any = None,
    from_logits: bool = False,
    sample_weight: Any = None,
    ignore_index: Any = None,
    average_over: Any = None,
    zero_division: float = 0.0,
    beta: float = 1.0,
    threads: int | None = None,
    pos_label: Any = None,
    **unknown: NoReturn,
) -> Best:
    """The threshold with the highest F-beta among all there are, by `score`'s rule `p > threshold`.

    Of a multiclass task a threshold t_k for each class, of which argmax of p_k / t_k is predicted:
    exact for two classes. For more it is a local optimum, never below plain argmax and always the
    same: no class's threshold alone makes it better. Of more than 65,536 rows or 64 classes a
    round of all classes that gains at most 0.00005 is the last.

    Found on the very rows it is scored on, the score flatters: choose on some rows, report on
    others.

    Parameters
    ----------
    y_true
        (n,) labels, or (n, L) 0/1 rows with task="multilabel", one-hot ones with "multiclass".
    y_prob
        (n,) probabilities of the positive class, or (n, L), or (n, C).
    task
        "binary", "multiclass" or "multilabel"; None reads it off the shapes.
    average
        Which F-beta of a multilabel or multiclass task: "macro", "micro" or "weighted"; of a
        multiclass task also a name in `to_dict`, as "mcc" or "recall_macro".
    shared
        One threshold for all labels of a multilabel task, not one for each.
    min_precision, min_recall
        The highest recall with at least this precision, or the reverse: in every label, or with
        `shared` on average.
    slack
        `low` and `high` say where a label's score (with `shared`, the average) is at most so
        much lower.
    costs
        (C, C) what a row costs, rows truth, columns predicted; of a frame both sides by the names
        of the classes. Its mean is to be low, instead of `average`.
    classes, from_logits, sample_weight, ignore_index, average_over, zero_division, beta
        As in `score`. A 0/0 that is nan is not sought, except by labels without positives.
    threads, pos_label
        As in `score`.

    Raises
    ------
    F1Error
        For input that cannot be scored, and where no threshold has the least precision or recall.

    Examples
    --------
    >>> import f1core
    >>> best = f1core.best_threshold([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.8])
    >>> best.score, round(best.low, 2), round(best.threshold, 2), round(best.high, 2)
    (0.8, 0.1, 0.15, 0.2)
    >>> p = [[0.7, 0.3], [0.8, 0.2], [0.6, 0.4], [0.9, 0.1]]
    >>> best = f1core.best_threshold([0, 0, 1, 0], p, task="multiclass")
    >>> best.score, best.threshold.round(2)
    (1.0, array([0.65, 0.35]))
    """
    if unknown:
        refuse_unknown(unknown, best_threshold, "best_threshold")
    options = make_options(
        task, classes=classes, from_logits=from_logits, ignore_index=ignore_index,
        average_over=average_over, zero_division=zero_division, beta=beta, pos_label=pos_label,
    )  # fmt: skip
    objective = make_objective(options, min_precision, min_recall)
    n_threads = thread_count(threads)
    with rename_y_pred("y_prob"):
        batch = scores_batch(y_true, y_prob, options, sample_weight, multiclass=True)
        if batch.options.task == "multiclass":
            idle = {
                "shared": (shared, False), "slack": (slack, 0.0),
                "min_precision": (min_precision, None), "min_recall": (min_recall, None),
            }  # fmt: skip
            return _of_classes(batch, average, costs, idle, n_threads)
        if costs is not None:
            raise IdleOption(
                f"costs= is for multiclass scores (n, C), the task is {batch.options.task}: "
                "two classes are two columns there"
            )
        search = search_options(batch.options, average, shared, slack, objective)
        columns = partial(for_each_label, batch, threads=n_threads)
        found = choose(search, columns, partial(pooled, batch), batch.n_classes)
    best = best_of(found, search)
    if batch.weight is None:  # the very integers that score counts
        return replace(best, score=value_of(found, search))
    at = np.asarray(best.threshold).tolist()
    options = replace(batch.options, threshold=tuple(at) if isinstance(at, list) else at)
    scores = Scores(count(replace(batch, options=options), n_threads), options)
    return replace(best, score=scores.metric(best.metric))


def _of_classes(
    batch: Batch,
    average: Any,
    costs: Any,
    idle: dict[str, tuple[Any, Any]],
    threads: int | None,
) -> Best:
    """Find the thresholds of a multiclass task, for which some options mean nothing."""
    for name, (value, default) in idle.items():
        if value is not default and value != default:
            raise IdleOption(
                f"{name}={shown(value)} is for binary and multilabel tasks: a multiclass task "
                "weighs its classes by average= or costs="
            )
    if costs is not None and average != "macro":
        raise IdleOption(
            f"average={shown(average)} names a metric, and costs= is another: give one"
        )
    return BestOfClasses(**vars(best_class_thresholds(batch, average, costs, threads)))


def scores_batch(
    y_true: Any,
    y_prob: Any,
    options: Options,
    sample_weight: Any,
    width: int | None = None,
    multiclass: bool = False,
) -> Batch:
    """Check a batch of scores that thresholds cut; `width` is what earlier batches settled."""
    batch = filled(check(y_true, y_prob, options, sample_weight, width, exact=True))
    if batch.options.task == "multiclass" and not multiclass:
        raise F1Error(
            "a multiclass task predicts the largest score, or that over a threshold for each "
            "class, which best_threshold finds; "
            "task='multilabel' cuts each column of one-hot rows by itself"
        )
    if batch.hard or batch.format is None:
        raise F1Error("y_pred holds labels: give probabilities, not labels")
    return batch


def best_of(found: list[Choice], search: SearchOptions) -> Best:
    """The choices as a user sees them, before they are scored."""
    names = ("threshold", "low", "high")
    each = {name: np.array([getattr(choice, name) for choice in found]) for name in names}
    if search.one:
        return Best(score=np.nan, metric=search.metric, **{k: float(v[0]) for k, v in each.items()})
    return Best(score=np.nan, metric=search.metric, **each)
