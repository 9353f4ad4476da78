"""Pictures of calibration: how often what is predicted is true, against how probable it was."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..errors import F1Error, refuse_unknown
from ..errors import shown as literal
from ..option_values import flag
from ..thresholds import Calibration
from ..thresholds.reliability import ReliabilityBins
from .class_names import short_names
from .models import model_line, named
from .style import (
    BLUE,
    COLOURS,
    DARK,
    FAINT,
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

_WORST = len(COLOURS)  # classes that are drawn, those with the largest errors


def reliability(
    calibration: Any,
    *,
    of: Any = None,
    per_class: bool = False,
    level: float | None = 0.95,
    label: str | None = None,
    title: str | None = None,
    ax: Axes | None = None,
    **unknown: NoReturn,
) -> Axes:
    """Draw the frequency in each bin against the mean probability, with intervals and rows.

    Parameters
    ----------
    calibration
        What `f1core.calibration` or `BinnedThresholds.calibration` returns, or a dict of names and
        such to compare models.
    of
        A class to be drawn, by its name or number; by default the predicted class of a multiclass
        task. A multilabel task has no one picture without it.
    per_class
        Draw each class as a line, of more than ten those with the largest errors.
    level
        Of the intervals of frequencies; None draws none.
    label
        A model's name, to draw several on the same `ax` one after another.
    title
        Written above what is measured.
    ax
        Where to draw; by default a new figure.

    Raises
    ------
    F1Error
        If matplotlib is missing, or there is no such class.

    Examples
    --------
    >>> import f1core.plots
    >>> k = f1core.calibration([0, 1, 0, 1], [0.1, 0.4, 0.3, 0.9], bins=2)
    >>> ax = f1core.plots.reliability(k)  # doctest: +SKIP
    """
    refuse_unknown(unknown, reliability, "plots.reliability")
    heading, models = checked_title(title), named(calibration, "calibration", label)
    for _, each in models:
        if not isinstance(each, Calibration):
            raise F1Error(f"calibration is {literal(each)}; give what f1core.calibration returns")
    many, first = flag("per_class", per_class), models[0][1]
    several = models[0][0] is not None
    if len({each.task for _, each in models}) > 1:
        raise F1Error("calibration of models of different tasks: give models of one task")
    if many and several:
        raise F1Error("per_class=True draws the classes of one model; of=… one class of several")
    if many and of is not None:
        raise F1Error(f"of={literal(of)} draws one class, per_class=True all: say one of the two")
    if not many and of is None and any(each.task == "multilabel" for _, each in models):
        raise F1Error(
            f"a multilabel task has bins of each label: say of={literal(first.classes[0])} or "
            "per_class=True"
        )
    bins = [
        each.bins if many or of is None else each.per_class.bins.take(each.place(of))
        for _, each in models
    ]
    if not many and not all((each.count > 0).any() for each in bins):
        raise F1Error(f"of={literal(of)} has no row that counts")
    intervals = [None if level is None or many else each.interval(level) for each in bins]
    if ax is None:
        ax = new_axes(7.6 if many else 5.8, 5.6)
        ax.plot([0, 1], [0, 1], color=GREY, lw=1, ls=":")
    top = first.task == "multiclass" and of is None and not many
    end = 1.0 if many else _end(bins, intervals)
    what = "" if of is None else f"{short_names([of])[0]}: "
    rows = {float(np.nansum(each.count)) for each in bins}
    if many:
        told = _lines(ax, first)
    elif several:
        _models(ax, models, bins, intervals)
        told = [f"{what}calibration, expected error (ECE) beside the models"]
    else:
        _bars(ax, bins[0], intervals[0], end)
        errors = f"expected error {float(bins[0].ece):.4f}{_ends(first, of, level)}"
        told = [f"{what}{errors}, largest {float(bins[0].mce):.4f}"]
        if of is None:
            told += [f"Brier {first.brier:.4f}, log loss {first.log_loss:.4f}"]
    if not many and len(rows) == 1 and label is None:
        told.append(number_of(rows.pop(), "row"))
    head(ax, heading, *told)
    ax.set_xlim(-0.01 * end, 1.01 * end)
    ax.set_ylim(-0.01 * end, 1.02 * end)
    ax.set_xlabel("probability of the predicted class" if top else "predicted probability")
    ax.set_ylabel("how often it was right" if top else "how often it was true")
    legend(ax, **({"loc": "center left", "bbox_to_anchor": (1, 0.5)} if many else _CORNER))
    despine(ax)
    finish(ax)
    return ax


_CORNER = {"loc": "upper left"}


def _end(bins: list[Any], intervals: list[Any]) -> float:
    """Choose where both axes end: at 1, or sooner where all that is drawn is rare."""
    ends = [high for pair in intervals if pair is not None for high in pair[1:]]
    highest = max(float(np.nanmax(v)) for b in bins for v in (b.confidence, b.frequency, *ends))
    return 1.1 * highest if 0 < highest < 0.4 else 1.0


def _models(ax: Axes, models: list[Any], bins: list[Any], intervals: list[Any]) -> None:
    """Draw a line a model through its bins, with their intervals."""
    for (name, _), one, ends in zip(models, bins, intervals, strict=True):
        kept = one.count > 0
        style = model_line(ax, f"{name}  {float(one.ece):.4f}")
        said = one.confidence[kept]
        if ends is not None:
            ax.vlines(said, ends[0][kept], ends[1][kept], color=style["color"], lw=3, alpha=0.25)
        ax.plot(said, one.frequency[kept], marker="o", ms=4, lw=1.3, **style)


def _bars(ax: Axes, bins: ReliabilityBins, ends: Any, end: float) -> None:
    """Draw points with intervals, gaps in red, and below them how the rows are spread."""
    kept = bins.count > 0
    said, true = bins.confidence[kept], bins.frequency[kept]
    share = bins.count / bins.count.sum()
    width = np.diff(np.append(bins.low, bins.high[-1]))
    # A quarter of the height: the largest bin.
    ax.bar(bins.low, 0.22 * end * share / share.max(), width, align="edge", color="#E8EDF3",
           edgecolor="white", lw=0.6, zorder=0)  # fmt: skip
    ax.text(
        0.99 * end, 0.005 * end, f"grey: rows, {share.max():.0%} in the largest", ha="right",
        va="bottom", fontsize=7, color=FAINT,
    )  # fmt: skip
    ax.vlines(said, said, true, color=RED, lw=1.4, alpha=0.7)
    if ends is not None:
        low, high = ends
        ax.vlines(said, low[kept], high[kept], color=BLUE, lw=3.5, alpha=0.35)
    ax.plot(said, true, "-", color=DARK, lw=0.8, alpha=0.5)
    ax.plot(said, true, "o", color=DARK, ms=5)


def _lines(ax: Axes, calibration: Calibration) -> list[str]:
    """Draw a line a class, and give what is to be written above."""
    errors = calibration.per_class.ece
    known = [int(k) for k in np.argsort(-errors, kind="stable") if errors[k] == errors[k]]
    few = len(errors) <= _WORST
    chosen = sorted(known) if few else known[:_WORST]
    names = short_names(calibration.classes[k] for k in chosen)
    for rank, (place, name) in enumerate(zip(chosen, names, strict=True)):
        bins = calibration.per_class.bins.take(place)
        kept = bins.count > 0
        points = bins.confidence[kept], bins.frequency[kept]
        ax.plot(
            *points, lw=1.2, color=COLOURS[rank], alpha=0.8,
            label=f"{legend_name(name)}  {errors[place]:.3f}",
        )  # fmt: skip
        # A point's area is its share of rows: those of few rows jump about.
        area = 4 + 60 * bins.count[kept] / bins.count.sum()
        ax.scatter(*points, s=area, color=COLOURS[rank], zorder=3, linewidths=0)
    told = f"mean of the classes' expected errors {calibration.classwise_ece:.4f}; dots by rows"
    worst = [] if few else [f"the {_WORST} largest of {len(errors):,}"]
    return [told, *worst, number_of(_rows(calibration), "row")]


def _rows(calibration: Calibration) -> float:
    """Count the rows of the label that has most: others may leave some out."""
    return float(np.nansum(calibration.per_class.bins.count, axis=-1).max())


def _ends(calibration: Calibration, of: Any, level: float | None) -> str:
    """Write the interval of an expected error in words, where there is one."""
    if level is not None:
        with suppress(F1Error):  # labels of one row, sums of weights
            low, high = calibration.interval("ece", of=of, level=level)
            return f" ({low:.4f} to {high:.4f})"
    return ""
