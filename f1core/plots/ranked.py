"""Pictures of rankings: ROC curves, and precision against recall, of classes and of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import F1Error, parameters_of, refuse_unknown
from ..thresholds import curve
from .class_names import short_names
from .models import Model, model_line, models_of
from .ranked_lines import ROC, Area, Lines, PrecisionRecall, lines_of
from .style import (
    COLOURS,
    DARK,
    GREY,
    RED,
    checked_title,
    despine,
    finish,
    head,
    legend,
    legend_name,
    new_axes,
    number_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED = len(COLOURS)  # classes up to which each line has its name
_WORST = 3  # of more classes, so many have one
_DRAWN = 200  # lines at most, the worst ones


def roc(
    y_true: Any,
    y_prob: Any,
    *,
    of: Any = None,
    threshold: Any = None,
    label: str | None = None,
    title: str | None = None,
    ax: Axes | None = None,
    **options: Any,
) -> Axes:
    """Draw the ROC curve of one label, of each class against the rest, or of models.

    Parameters
    ----------
    y_true, y_prob
        As `f1core.curve` takes them. A dict of names and probabilities draws a line a model; truth
        and weights may be such dicts too.
    of
        A class, or several, by name or number: only these are drawn.
    threshold
        What is predicted at `p > threshold` is marked: one number, or one a label.
    label
        A model's name, to draw several on the same `ax` one after another.
    title
        Written above what is measured.
    ax
        Where to draw; by default a new figure.
    **options
        Of `f1core.curve`: task="multiclass" or "multilabel" draws a line a class; of more than ten
        the three with the lowest areas have names. Of several models the mean over classes is
        drawn, or the class that `of` names.

    Raises
    ------
    F1Error
        If matplotlib is missing, or the input cannot be ranked.

    Examples
    --------
    >>> import f1core.plots
    >>> ax = f1core.plots.roc([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.8])  # doctest: +SKIP
    """
    known = ("of", "threshold", "label", "title", "ax", *parameters_of(curve))
    refuse_unknown(options, known, "plots.roc")
    return _picture(ROC(), y_true, y_prob, of, threshold, label, title, ax, options)


def precision_recall(
    y_true: Any,
    y_prob: Any,
    *,
    of: Any = None,
    threshold: Any = None,
    label: str | None = None,
    title: str | None = None,
    ax: Axes | None = None,
    **options: Any,
) -> Axes:
    """Draw precision against recall of one label, of each class against the rest, or of models.

    Parameters
    ----------
    y_true, y_prob
        As `f1core.curve` takes them. A dict of names and probabilities draws a line a model; truth
        and weights may be such dicts too.
    of
        A class, or several, by name or number: only these are drawn.
    threshold
        What is predicted at `p > threshold` is marked: one number, or one a label.
    label
        A model's name, to draw several on the same `ax` one after another.
    title
        Written above what is measured.
    ax
        Where to draw; by default a new figure.
    **options
        Of `f1core.curve`: task="multiclass" or "multilabel" draws a line a class; of more than ten
        the three with the lowest areas have names. Of several models the mean over classes is
        drawn, or the class that `of` names.

    Raises
    ------
    F1Error
        If matplotlib is missing, or the input cannot be ranked.

    Examples
    --------
    >>> import f1core.plots
    >>> ax = f1core.plots.precision_recall([0, 1], [0.1, 0.8])  # doctest: +SKIP
    """
    known = ("of", "threshold", "label", "title", "ax", *parameters_of(curve))
    refuse_unknown(options, known, "plots.precision_recall")
    return _picture(PrecisionRecall(), y_true, y_prob, of, threshold, label, title, ax, options)


def _picture(
    area: Area, y_true: Any, y_prob: Any, of: Any, threshold: Any, label: Any, title: Any,
    ax: Axes | None, options: dict[str, Any],
) -> Axes:  # fmt: skip
    """Draw one model, or a line for each of several."""
    heading = checked_title(title)
    models = models_of(y_true, y_prob, label, options)
    found = [lines_of(area, each, of, threshold) for each in models]
    if any(lines.classes != found[0].classes for lines in found):
        raise F1Error("models have different classes: give those that all have")
    if ax is None:
        ax = new_axes(*area.inches)
        area.chance(ax, found)
    if models[0].name is None:
        _one(ax, area, found[0])
        told = [area.told(found[0]), found[0].rows_told()]
        if threshold is not None and len(found[0].places) > 1:
            cuts = {cut for *_, cut in found[0].marks or ()}
            told[1] += f"; points: {f'p > {cuts.pop():.4g}' if len(cuts) == 1 else 'its threshold'}"
    else:
        same = len({lines.rows for lines in found}) == 1 and label is None
        for model, lines in zip(models, found, strict=True):
            _model(ax, area, model, lines, of, "" if same else f", {number_of(lines.rows, 'row')}")
        what = (
            area.name
            if found[0].one or of is not None
            else f"{area.name}, mean over {number_of(len(found[0].inside), 'class')}"
        )
        if of is not None:
            what += f" of {short_names([found[0].classes[found[0].places[0]]])[0]}"
        told = [what + (f", {found[0].rows_told()}" if same else "")]
    head(ax, heading, *filter(None, told))
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylim(-0.01, 1.02)
    ax.set_xlabel(area.x)
    ax.set_ylabel(area.y)
    legend(ax, loc=area.corner)
    despine(ax)
    finish(ax)
    return ax


def _one(ax: Axes, area: Area, lines: Lines) -> None:
    """Draw a line a class, the lowest areas on top."""
    style: dict[str, Any] = {"drawstyle": area.style}
    if lines.one:
        ax.plot(*lines.points[0], color=DARK, lw=2, **style)
        _mark(ax, area, lines, 0, DARK)
        return
    few = len(lines.places) <= _NAMED
    values = lines.areas[lines.places]
    order = [lines.places[k] for k in np.argsort(values, kind="stable")]
    order = [k for k in order if len(lines.points[k][0])]  # nan comes last
    for place in order[_WORST:_DRAWN][::-1] if not few else ():
        ax.plot(*lines.points[place], color=GREY, lw=0.8, alpha=0.6, **style)
    chosen = [k for k in lines.places if k in order] if few else order[:_WORST]
    names = short_names(lines.classes[k] for k in chosen)
    for rank, (place, name) in enumerate(zip(chosen, names, strict=True)):
        told = f"{legend_name(name)}  {lines.areas[place]:.3f}"
        colour = COLOURS[lines.places.index(place)] if few else (RED, *COLOURS[3:])[rank]
        ax.plot(*lines.points[place], color=colour, lw=1.5, label=told, **style)
        _mark(ax, area, lines, place, colour)
    if not few:
        ax.plot([], [], color=GREY, label=f"{len(order) - _WORST:,} more classes")


def _model(ax: Axes, area: Area, model: Model, lines: Lines, of: Any, rows: str) -> None:
    """Draw the line of one model: of its label, of a class, or the mean over classes."""
    if of is not None and len(lines.places) > 1:
        raise F1Error("of names several classes; of several models one class is drawn, or the mean")
    place = 0 if lines.one else lines.places[0]
    alone = lines.one or of is not None
    points = lines.points[place] if alone else area.mean(lines)
    value = lines.areas[place] if alone else float(lines.areas[lines.inside].mean())
    style = model_line(ax, f"{model.name}  {area.short} {value:.4f}{rows}")
    ax.plot(*points, lw=1.6, drawstyle=area.style, **style)
    if alone:
        _mark(ax, area, lines, place, style["color"])
    elif lines.marks is not None:
        raise F1Error(
            "threshold= marks a point of one label's line: of several models say which, of=…"
        )


def _mark(ax: Axes, area: Area, lines: Lines, place: int, colour: str) -> None:
    """Mark what the threshold of a label gives."""
    if lines.marks is None:
        return
    x, y, cut = lines.marks[place]
    if x != x or y != y:  # nothing is predicted
        return
    ax.plot(x, y, "o", color=colour, ms=7, mec="white", mew=1, clip_on=False, zorder=5)
    if lines.one or len(lines.places) == 1:
        right = x > 0.7
        ax.annotate(
            f"p > {cut:.4g}", (x, y), xytext=(-7 if right else 7, -4 if area.below else 4),
            textcoords="offset points", fontsize=8.5, color=colour,
            ha="right" if right else "left", va="top" if area.below else "bottom",
        )  # fmt: skip
