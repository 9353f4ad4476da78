"""The picture of each class's F1, or another ratio, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..count_layout import RATIOS
from ..counts import Array
from ..errors import F1Error, refuse_unknown
from ..errors import shown as literal
from ..intervals import per_class_interval
from ..option_values import among, whole
from ..scores import Scores
from .class_names import places_of, short_names
from .models import model_line, named
from .style import (
    BLUE,
    DARK,
    FAINT,
    GREY,
    RED,
    checked_title,
    despine,
    finish,
    head,
    legend,
    new_axes,
    number_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LIMIT = 60


def per_class(
    scores: Any,
    *,
    ratio: str = "f1",
    of: Any = None,
    level: float | None = 0.95,
    seed: int | None = None,
    limit: int = _LIMIT,
    title: str | None = None,
    ax: Axes | None = None,
    **unknown: NoReturn,
) -> Axes:
    """Draw each class's F1 (or another ratio) with its interval, the best at the top.

    Parameters
    ----------
    scores
        Scores of any task, or a dict of names and Scores to compare models. Classes that the
        averages leave out, such as those that never occur, are not drawn.
    ratio
        One of precision, recall, f1, fbeta, jaccard, specificity.
    of
        A class, or several, by name or number: only these are drawn.
    level
        Of the intervals, those of `Scores.interval(ratio, of=…)`; None draws none.
    seed
        Of replicas that must be drawn; without one as `Scores.interval` does.
    limit
        Of more classes than that, those whose interval ends lowest are drawn: what is surely weak,
        and not what is rare. All others are ticks along the axis. Of models those that differ most.
    title
        Written above what is measured.
    ax
        Where to draw; by default a new figure, as high as the classes need.

    Raises
    ------
    F1Error
        If matplotlib is missing, or what was counted tells no intervals.

    Examples
    --------
    >>> import f1core.plots
    >>> ax = f1core.plots.per_class(f1core.score([0, 1, 2], [0, 2, 2]))  # doctest: +SKIP
    """
    refuse_unknown(unknown, per_class, "plots.per_class")
    heading, most = checked_title(title), whole("limit", limit)
    models = named(scores, "scores", None)
    for _, each in models:
        if not isinstance(each, Scores):
            raise F1Error(f"scores is {literal(each)}; give what f1core.score returns")
    among("ratio", ratio, RATIOS)
    first: Scores = models[0][1]
    if any(each.classes != first.classes for _, each in models):
        raise F1Error("scores of models name different classes: give classes= to each `score`")
    values = np.array([getattr(each.per_class, ratio) for _, each in models])
    bounds = _bounds([each for _, each in models], ratio, level, seed)
    inside = np.flatnonzero(np.all([each.included for _, each in models], axis=0))
    asked = inside if of is None else np.array(places_of(of, first.classes))
    drawn, why = _chosen(values, bounds, asked, most)
    support = first.per_class.support
    drawn = drawn[np.lexsort((support[drawn], np.nan_to_num(values[0][drawn], nan=-1.0)))]
    rest = np.setdiff1d(asked, drawn)
    step = 0.2 if len(models) == 1 else 0.12 + 0.11 * len(models)
    several = models[0][0] is not None
    if ax is None:
        ax = new_axes(6.6, 1.5 + step * max(4, len(drawn)))
    places = np.arange(len(drawn))
    name = {"f1": "F1", "fbeta": "F-beta"}.get(ratio, ratio)
    macros = [getattr(each.macro, ratio) for _, each in models]
    for k, (model, _) in enumerate(models):
        style = {"color": DARK} if model is None else model_line(ax, f"{model}  {macros[k]:.4f}")
        style.pop("linestyle", None)
        away = 0.0 if model is None else 0.6 * ((len(models) - 1) / 2 - k) / len(models)
        if level is not None:
            ends = places + away, bounds[k, 0, drawn], bounds[k, 1, drawn]
            ax.hlines(*ends, color=BLUE if model is None else style["color"], lw=2.5, alpha=0.45)
        ax.plot(values[k][drawn], places + away, "o", ms=4, **style)
    if len(rest):
        ticks = values[0][rest]
        ax.plot(ticks, np.full(len(rest), -1.2), "|", color=FAINT, ms=7, mew=0.8, alpha=0.7)
        ax.annotate(
            f"the other {len(rest):,}", (1.0, -1.2), xycoords=("axes fraction", "data"),
            xytext=(4, 0), textcoords="offset points", fontsize=7, color=FAINT, va="center",
        )  # fmt: skip
    if not several:
        ax.axvline(macros[0], color=RED, lw=1, ls="--")
        told = f"macro {name} {macros[0]:.4f} (dashed)"
    else:
        told = f"{name} of each class (macro {name} beside the models)"
    if level is not None:
        told += f", {float(level):.0%} intervals"
    total = number_of(float(support.sum()), "true label" if first.task == "multilabel" else "row")
    lines = [told, f"{total}, {number_of(len(inside), 'class')}"]
    if len(rest):
        lines.append(f"the {len(drawn)} {why} of {len(asked):,} classes")
    head(ax, heading, *lines)
    names = short_names(first.classes[i] for i in drawn)
    ax.set_yticks(places, names, fontsize=9 if len(drawn) <= 30 else 7.5)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-1.8 if len(rest) else -0.7, len(drawn) - 0.3)
    ax.set_xlabel(name)
    ax.grid(axis="x", color="#E8E8E8")
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    despine(ax)
    ax.spines["left"].set_color(GREY)
    if several:
        legend(ax, loc="best")
    right = ax.secondary_yaxis("right")
    right.set_yticks(places, [f"{support[i]:,.6g}" for i in drawn], fontsize=7, color=FAINT)
    right.set_ylabel("true rows", fontsize=8, color=FAINT)
    right.tick_params(length=0)
    right.spines["right"].set_visible(False)
    finish(ax)
    return ax


def _bounds(scores: list[Scores], ratio: str, level: Any, seed: Any) -> Array:
    """Compute the (models, 2, C) ends of intervals; without a level the values themselves."""
    if level is None:
        return np.array([[getattr(each.per_class, ratio)] * 2 for each in scores])
    return np.array(
        [
            per_class_interval(each._counts, each._options, ratio, level=level, seed=seed)
            for each in scores
        ]
    )


def _chosen(values: Array, bounds: Array, inside: Array, limit: int) -> tuple[Array, str]:
    """Choose the classes that are drawn, and say why these."""
    if len(inside) <= limit:
        return inside, ""
    if len(values) > 1:
        apart = np.nan_to_num(np.ptp(values[:, inside], axis=0))
        return inside[np.argsort(-apart, kind="stable")[:limit]], "that differ most"
    high = np.nan_to_num(bounds[0, 1, inside], nan=2.0)
    low = np.nan_to_num(values[0, inside], nan=2.0)
    return inside[np.lexsort((low, high))[:limit]], "lowest by the upper end of the interval,"
