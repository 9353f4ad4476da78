"""From what is asked to the search that answers it: one label or many, apart or together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..count_layout import CELLS, COUNT, PRED, ROWS, TP, TRUE
from ..counts import Array, Counts
from ..errors import F1Error, shown
from ..option_values import among, flag
from ..options import Options
from ..scores import Scores
from .cuts import Column
from .search import Aim, Choice, Unreachable, allowed, best_cut, best_sum
from .shared import Exact, Labels, best_shared

_AVERAGES = ("macro", "micro", "weighted")

EachColumn = Callable[[Callable[[Column], Any]], list[Any]]


def make_aim(options: Options, min_precision: Any, min_recall: Any) -> Aim:
    """What to maximise: F-beta, or one of recall and precision above a floor of the other.

    Raises
    ------
    F1Error
        If both floors are given, or one is not in [0, 1].
    """
    floors = {"precision": min_precision, "recall": min_recall}
    given = {name: value for name, value in floors.items() if value is not None}
    if len(given) > 1:
        raise F1Error("give min_precision or min_recall, not both: one is kept, the other raised")
    ratio, floor = "fbeta", None
    for name, value in given.items():
        least = number(f"min_{name}", value, 1.0)
        ratio, floor = ("recall" if name == "precision" else "precision"), (name, least)
    shy = options.average_over == "present"
    return Aim(ratio, floor, options.coefs, options.zero_division, shy)


def refuse_idle_average(options: Options, average: str, shared: bool) -> None:
    """Complain about options that are for several labels, where a binary task has one.

    Raises
    ------
    F1Error
        If there is one, or one that is not of its form.
    """
    among("average", average, _AVERAGES)
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


def number(name: str, value: Any, most: float) -> float:
    """An option from 0 to `most`, checked.

    Raises
    ------
    F1Error
        If it is none.
    """
    try:
        found = -1.0 if isinstance(value, (bool, str)) else float(value)
    except Exception:  # whatever the object raises
        found = -1.0
    if not 0.0 <= found <= most:
        raise F1Error(f"{name} is {shown(value)}; give a number from 0 to {most:g}")
    return found


def metric_of(aim: Aim, options: Options, average: str) -> str:
    """The name in `to_dict` of what is maximised."""
    stem = "f1" if aim.ratio == "fbeta" and options.beta == 1.0 else aim.ratio
    return stem if options.task == "binary" else f"{stem}_{average}"


def choose(
    each: EachColumn,
    merged: Callable[[Array], Column],
    options: Options,
    n_classes: int,
    aim: Aim,
    average: str,
    shared: bool,
    slack: float,
) -> list[Choice]:
    """One choice a label, or a single one: of a binary task, or shared by all labels.

    `each` gives some work every label's column, `merged` makes one of all cells of some labels.

    Raises
    ------
    F1Error
        Where no threshold keeps the floor.
    """
    alone = _trying(lambda column: best_cut(column, aim, slack))
    if options.task == "binary":
        return _reached(each(alone), aim, [None])
    included = _included(options, n_classes)
    if shared and average == "micro":
        return _reached([alone(merged(np.flatnonzero(included)))], aim, [None])
    names = list(options.names or range(n_classes))
    if not shared and average != "micro":
        return _reached(each(alone), aim, names)
    if shared:
        try:
            columns = each(lambda column: column)
            return [_shared(columns, included, options, aim, average, slack)]
        except Unreachable as missing:
            return _reached([missing], aim, [None])
    ready = _reached(each(_trying(lambda column: (column, allowed(column, aim)))), aim, names)
    inside, found = zip(*(ready[label] for label in np.flatnonzero(included)), strict=True)
    together = iter(best_sum(list(inside), list(found), aim, slack))
    # Labels outside of the average choose for themselves.
    return [
        next(together) if of_it else best_cut(column, aim, slack)
        for of_it, (column, _) in zip(included, ready, strict=True)
    ]


def _trying(work: Callable[[Column], Any]) -> Callable[[Column], Any]:
    """The same work, with the missing floor as a result."""

    def tried(column: Column) -> Any:
        try:
            return work(column)
        except Unreachable as missing:
            return missing

    return tried


def _included(options: Options, n_classes: int) -> Array:
    """(L,) booleans: the labels that an average looks at, whatever is predicted."""
    over = options.average_over
    if not isinstance(over, tuple):
        return np.ones(n_classes, bool)
    chosen = np.zeros(n_classes, bool)
    chosen[options.places(over, n_classes)] = True
    return chosen


def _reached(found: list[Any], aim: Aim, names: list[Any]) -> list[Any]:
    """What was found, if all was; a sentence that names the label if not."""
    for name, choice in zip(names, found, strict=True):
        if isinstance(choice, Unreachable) and aim.floor is not None:
            ratio, least = aim.floor
            where = "" if name is None else f" for label {shown(name)}"
            raise F1Error(
                f"no threshold has a {ratio} of at least {least:g}{where}: "
                f"the highest is {choice.args[0]:.4g}"
            )
    return found


def _shared(
    columns: list[Column],
    included: Array,
    options: Options,
    aim: Aim,
    average: str,
    slack: float,
) -> Choice:
    true = np.array([column.true for column in columns])
    weights = np.where(included, true if average == "weighted" else 1, 0)
    if not weights.any():
        weights = included.astype(np.int64)
    exact = _exact(columns, true, options, aim, average)
    return best_shared(Labels(columns, included, weights, aim, exact), slack)


def _exact(columns: list[Column], true: Array, options: Options, aim: Aim, average: str) -> Exact:
    """(L,) true positives and predicted cells -> what `Scores` says of them."""
    total = np.array([column.total for column in columns])
    names = [f"{aim.ratio}_{average}", f"{(aim.floor or (aim.ratio,))[0]}_{average}"]

    def exact(tp: Array, pred: Array) -> tuple[float, float]:
        try:
            scores = scores_of((tp, pred, true, total), options)
            return scores.metric(names[0]), scores.metric(names[1])
        except F1Error:  # no label is left to average over
            return np.nan, np.nan

    return exact


def value_of(found: list[Choice], options: Options, metric: str) -> float:
    """A metric of what these choices predict."""
    names = ("tp", "pred", "true", "total")
    tp, pred, true, total = (np.hstack([getattr(one, name) for one in found]) for name in names)
    if len(tp) == 1 and isinstance(options.average_over, tuple):  # those are summed already
        options = replace(options, average_over=None)
    return scores_of((tp, pred, true, total), options).metric(metric)


def scores_of(counted: tuple[Array, Array, Array, Array], options: Options) -> Scores:
    """Scores from each label's true positives, predicted, true and all; (1,) of a binary task."""
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
