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
from .style import BLUE, COLOURS, DARK, GREY, RED, new_axes, short_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WORST = len(COLOURS)  # classes that are drawn, those with the largest errors


def reliability(
    calibration: Calibration,
    *,
    of: Any = None,
    per_class: bool = False,
    level: float | None = 0.95,
    ax: Axes | None = None,
    **unknown: NoReturn,
) -> Axes:
    """The frequency in each bin against the mean probability, with intervals, and how many rows.

    Parameters
    ----------
    calibration
        What `f1core.calibration` or `BinnedThresholds.calibration` returns.
    of
        A class to be drawn, by its name or number; by default the predicted class of a multiclass
        task. A multilabel task has no one picture without it.
    per_class
        Draw each class as a line, of more than ten those with the largest errors.
    level
        Of the intervals of frequencies; None draws none.
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
    if not isinstance(calibration, Calibration):
        raise F1Error(
            f"calibration is {literal(calibration)}; give what f1core.calibration returns"
        )
    many = flag("per_class", per_class)
    if many and of is not None:
        raise F1Error(f"of={literal(of)} draws one class, per_class=True all: say one of the two")
    every = calibration.per_class.bins
    if not many and of is None and calibration.task == "multilabel":
        first = literal(calibration.classes[0])
        raise F1Error(f"a multilabel task has bins of each label: say of={first} or per_class=True")
    ax = new_axes(5.8, 5.6) if ax is None else ax
    ax.plot([0, 1], [0, 1], color=GREY, lw=1, ls=":")
    if many:
        _lines(ax, calibration)
    else:
        bins = calibration.bins if of is None else every.take(calibration.place(of))
        _bars(ax, bins, level)
        what = "" if of is None else f"{short_name(str(of))}: "
        errors = f"expected error {float(bins.ece):.4f}{_ends(calibration, of, level)}"
        title = f"{what}{errors}, largest {float(bins.mce):.4f}"
        if of is None:
            title += f"\nBrier {calibration.brier:.4f}, log loss {calibration.log_loss:.4f}"
        ax.set_title(title, fontsize=10, loc="left")
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylim(-0.01, 1.02)
    top = calibration.task == "multiclass" and of is None and not many
    ax.set_xlabel("probability of the predicted class" if top else "predicted probability")
    ax.set_ylabel("how often it was right" if top else "how often it was true")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _bars(ax: Axes, bins: ReliabilityBins, level: float | None) -> None:
    """Points with intervals, gaps in red, and below them how the rows are spread."""
    kept = bins.count > 0
    said, true = bins.confidence[kept], bins.frequency[kept]
    share = bins.count / bins.count.sum()
    width = np.diff(np.append(bins.low, bins.high[-1]))
    # A quarter of the height: the largest bin.
    ax.bar(bins.low, 0.22 * share / share.max(), width, align="edge", color="#E8EDF3",
           edgecolor="white", lw=0.6, zorder=0)  # fmt: skip
    ax.text(
        0.99, 0.005, f"grey: rows, {share.max():.0%} in the largest", ha="right", va="bottom",
        fontsize=7, color="#777777",
    )  # fmt: skip
    ax.vlines(said, said, true, color=RED, lw=1.4, alpha=0.7)
    if level is not None:
        low, high = bins.interval(level)
        ax.vlines(said, low[kept], high[kept], color=BLUE, lw=3.5, alpha=0.35)
    ax.plot(said, true, "-", color=DARK, lw=0.8, alpha=0.5)
    ax.plot(said, true, "o", color=DARK, ms=5)


def _lines(ax: Axes, calibration: Calibration) -> None:
    errors = calibration.per_class.ece
    known = [k for k in np.argsort(-errors, kind="stable") if errors[k] == errors[k]]
    few = len(errors) <= _WORST
    for rank, place in enumerate(sorted(known) if few else known[:_WORST]):
        bins = calibration.per_class.bins.take(int(place))
        kept = bins.count > 0
        name = short_name(str(calibration.classes[place]))
        ax.plot(
            bins.confidence[kept], bins.frequency[kept], "o-", ms=3, lw=1.2, color=COLOURS[rank],
            label=f"{name}  {errors[place]:.3f}",
        )  # fmt: skip
    title = f"mean of the classes' expected errors {calibration.classwise_ece:.4f}"
    if not few:
        title += f"\nthe {_WORST} largest of {len(errors):,}"
    ax.set_title(title, fontsize=10, loc="left")
    ax.legend(frameon=False, loc="upper left", fontsize=8)


def _ends(calibration: Calibration, of: Any, level: float | None) -> str:
    """The interval of an expected error in words, where there is one."""
    if level is not None:
        with suppress(F1Error):  # labels of one row, sums of weights
            low, high = calibration.interval("ece", of=of, level=level)
            return f" ({low:.4f} to {high:.4f})"
    return ""
