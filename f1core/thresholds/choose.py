"""Choose thresholds for an average: one label or many, each by itself or all together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..count_layout import CELLS, COUNT, PRED, ROWS, TP, TRUE
from ..counts import Array, Counts
from ..errors import F1Error, shown
from ..option_values import among, flag, proportion
from ..options import Options
from ..scores import Scores
from .label_columns import Column
from .search import Choice, Objective, Unreachable, allowed, best_cut, best_sum
from .shared import Labels, best_shared


@dataclass(frozen=True)
class SearchOptions:
    """Checked options of a threshold search: the objective, and how labels share it."""

    options: Options
    average: str
    shared: bool
    slack: float
    objective: Objective

    @property
    def one(self) -> bool:
        """Whether all labels get one threshold."""
        return self.shared or self.options.task == "binary"

    @property
    def metric(self) -> str:
        """The name in `to_dict` of what is maximised."""
        ratio = self.objective.ratio
        stem = "f1" if ratio == "fbeta" and self.options.beta == 1.0 else ratio
        return stem if self.options.task == "binary" else f"{stem}_{self.average}"


def make_objective(options: Options, min_precision: Any, min_recall: Any) -> Objective:
    """Decide what to maximise: F-beta, or recall or precision while the other is high enough."""
    least = {"precision": min_precision, "recall": min_recall}
    given = {name: value for name, value in least.items() if value is not None}
    if len(given) > 1:
        raise F1Error("give min_precision or min_recall, not both: one is kept, the other raised")
    ratio, constraint = "fbeta", None
    for name, value in given.items():
        ratio = "recall" if name == "precision" else "precision"
        constraint = name, proportion(f"min_{name}", value)
    skip = options.average_over == "present"
    return Objective(ratio, constraint, options.coefs, options.zero_division, skip)


def search_options(
    options: Options, average: str, shared: bool, slack: float, objective: Objective
) -> SearchOptions:
    """Check the options of a search; refuse those of several labels in a binary task."""
    among("average", average, ("macro", "micro", "weighted"))
    flag("shared", shared)
    given = {
        "average": (average, "macro"),
        "shared": (shared, False),
        "average_over": (options.average_over, None),
    }
    for name, (value, default) in given.items():
        if options.task == "binary" and value != default:
            raise F1Error(
                f"{name}={shown(value)} is for the labels of a multilabel task; "
                "a binary task has one threshold, that of its positive class"
            )
    return SearchOptions(options, average, shared, proportion("slack", slack), objective)


def choose(
    search: SearchOptions,
    each: Callable[[Callable[[Column], Any]], list[Any]],
    pool: Callable[[Array], Column],
    n_classes: int,
) -> list[Choice]:
    """Return the best threshold of each label, or one for all: of a binary task, or if shared.

    `each` gives some work every label's column, `pool` makes one of all cells of some labels.
    """
    options, average, objective, slack = (
        search.options,
        search.average,
        search.objective,
        search.slack,
    )
    alone = _catch_unreachable(lambda column: best_cut(column, objective, slack))
    if options.task == "binary":
        return _require_reached(each(alone), objective, [None])
    included = np.ones(n_classes, bool)  # the labels that an average is of, whatever is predicted
    if isinstance(options.average_over, tuple):
        included[:] = False
        included[options.places(options.average_over, n_classes)] = True
    if search.shared and average == "micro":
        return _require_reached([alone(pool(np.flatnonzero(included)))], objective, [None])
    if search.shared:
        shared = _catch_unreachable(lambda columns: _shared(columns, included, search))
        return _require_reached([shared(each(lambda column: column))], objective, [None])
    names = list(options.names or range(n_classes))
    if average != "micro":
        return _require_reached(each(alone), objective, names)
    every = each(_catch_unreachable(lambda column: (column, allowed(column, objective))))
    ready = _require_reached(every, objective, names)
    inside, found = zip(*(ready[label] for label in np.flatnonzero(included)), strict=True)
    together = iter(best_sum(list(inside), list(found), objective, slack))
    return [  # labels outside of the average choose for themselves
        next(together) if of_it else best_cut(column, objective, slack)
        for of_it, (column, _) in zip(included, ready, strict=True)
    ]


def _catch_unreachable(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Wrap `work` to return `Unreachable` instead of raising it, so that a label can be named."""

    def tried(column: Any) -> Any:
        try:
            return work(column)
        except Unreachable as missing:
            return missing

    return tried


def _require_reached(found: list[Any], objective: Objective, names: list[Any]) -> list[Any]:
    """Return the choices; raise with the label's name if one is `Unreachable`."""
    for name, choice in zip(names, found, strict=True):
        if isinstance(choice, Unreachable) and objective.constraint is not None:
            ratio, least = objective.constraint
            where = "" if name is None else f" for label {shown(name)}"
            raise F1Error(
                f"no threshold has a {ratio} of at least {least:g}{where}: "
                f"the highest is {choice.args[0]:.4g}"
            )
    return found


def _shared(columns: list[Column], included: Array, search: SearchOptions) -> Choice:
    """Find the one threshold of all labels that is best for an average over them."""
    true, total = np.array([(column.true, column.total) for column in columns]).T
    weights = np.where(included, true if search.average == "weighted" else 1, 0)
    if not weights.any():
        weights = included.astype(np.int64)
    objective = search.objective
    ratios = objective.ratio, (objective.constraint or (objective.ratio,))[0]

    def exact(tp: Array, pred: Array) -> tuple[float, float]:
        try:
            scores = scores_of((tp, pred, true, total), search.options)
            first, second = (scores.metric(f"{ratio}_{search.average}") for ratio in ratios)
        except F1Error:  # no label is left to average over
            return np.nan, np.nan
        return first, second

    inside = np.flatnonzero(included)
    return best_shared(Labels(columns, inside, weights, objective, exact), search.slack)


def value_of(found: list[Choice], search: SearchOptions) -> float:
    """Compute the metric of what these choices predict."""
    names, options = ("tp", "pred", "true", "total"), search.options
    tp, pred, true, total = (np.hstack([getattr(one, name) for one in found]) for name in names)
    if len(tp) == 1 and isinstance(options.average_over, tuple):  # those are summed already
        options = replace(options, average_over=None)
    return scores_of((tp, pred, true, total), options).metric(search.metric)


def scores_of(counted: tuple[Array, Array, Array, Array], options: Options) -> Scores:
    """Make Scores from each label's true positives, predicted, true and all; (1,) if binary."""
    tp, pred, true, total = counted
    if options.task == "binary":
        hits, predicted, positive, cells = (x[0] for x in counted)
        misses = cells - positive - predicted + hits
        matrix = np.array([[misses, predicted - hits], [positive - hits, hits]])
        return Scores(Counts(2, confusion=matrix), options)
    sums = np.zeros((4, len(tp)), np.result_type(tp, pred, true, total))
    sums[TP], sums[PRED], sums[TRUE], sums[CELLS] = tp, pred, true, total
    rows = np.zeros(ROWS)
    rows[COUNT] = total.max()  # the averages over labels ask nothing else of the rows
    return Scores(Counts(len(tp), sums=sums, rows=rows), options)
