"""Pictures of rankings: ROC curves, and precision against recall, of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..counts import Array
from ..errors import parameters_of, refuse_unknown
from ..options import make_options
from ..thresholds import Curve, curve
from ..thresholds.label_columns import Column
from ..thresholds.one_vs_rest import columns_batch
from ..thresholds.reading import for_each_label
from .style import COLOURS, DARK, GREY, POINTS, RED, new_axes, short_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED = len(COLOURS)  # classes up to which each line has its name
_WORST = 3  # of more classes, so many have one
_DRAWN = 200  # lines at most, the worst ones
_READ = ("classes", "from_logits", "ignore_index", "pos_label")


def roc(y_true: Any, y_prob: Any, *, ax: Axes | None = None, **options: Any) -> Axes:
    """The ROC curve of one label, or of each class against the rest: its area is `roc_auc`.

    Parameters
    ----------
    y_true, y_prob
        As `f1core.curve` takes them.
    ax
        Where to draw; by default a new figure.
    **options
        Of `f1core.curve`: task="multiclass" or "multilabel" draws a line a class; of more than ten
        the three with the lowest areas have names.

    Raises
    ------
    F1Error
        If matplotlib is missing, or the input cannot be ranked.

    Examples
    --------
    >>> import f1core.plots
    >>> ax = f1core.plots.roc([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.8])  # doctest: +SKIP
    """
    refuse_unknown(options, ("ax", *parameters_of(curve)), "plots.roc")

    def points(column: Column) -> tuple[Array, Array]:
        cuts = column.every_cut()
        false, negatives = cuts.pred - cuts.tp, column.total - column.true
        if not (column.true > 0 and negatives > 0):
            return np.zeros(0), np.zeros(0)
        return _thinned((false / negatives)[::-1], (cuts.tp / column.true)[::-1])

    ax = new_axes(5.6, 5.4) if ax is None else ax
    ax.plot([0, 1], [0, 1], color=GREY, lw=1, ls=":")
    found = _draw(ax, y_true, y_prob, options, points, "roc_auc", "default")
    if isinstance(found, Curve):
        title = f"ROC AUC {found.roc_auc:.4f}"
    else:
        means = found.macro.roc_auc, found.weighted.roc_auc, found.micro.roc_auc
        title = "ROC AUC: macro {:.4f}, weighted {:.4f}, micro {:.4f}".format(*means)
    _finish(ax, title, "false positive rate", "true positive rate (recall)", "lower right")
    return ax


def precision_recall(y_true: Any, y_prob: Any, *, ax: Axes | None = None, **options: Any) -> Axes:
    """Precision against recall of one label or of each class: its area is `average_precision`.

    Parameters
    ----------
    y_true, y_prob
        As `f1core.curve` takes them.
    ax
        Where to draw; by default a new figure.
    **options
        Of `f1core.curve`: task="multiclass" or "multilabel" draws a line a class; of more than ten
        the three with the lowest areas have names.

    Raises
    ------
    F1Error
        If matplotlib is missing, or the input cannot be ranked.

    Examples
    --------
    >>> import f1core.plots
    >>> ax = f1core.plots.precision_recall([0, 1], [0.1, 0.8])  # doctest: +SKIP
    """
    refuse_unknown(options, ("ax", *parameters_of(curve)), "plots.precision_recall")

    def points(column: Column) -> tuple[Array, Array]:
        cuts = column.every_cut()
        cuts = cuts.take(cuts.pred > 0)
        if not column.true > 0:
            return np.zeros(0), np.zeros(0)
        recall, precision = (cuts.tp / column.true)[::-1], (cuts.tp / cuts.pred)[::-1]
        return _thinned(np.append(0.0, recall), np.append(precision[:1], precision))

    ax = new_axes(6.0, 5.0) if ax is None else ax
    # Up to a recall the precision of the cut that reaches it, as average precision sums them.
    found = _draw(ax, y_true, y_prob, options, points, "average_precision", "steps-pre")
    if isinstance(found, Curve):
        share = found.positives / found.total
        ax.axhline(share, color=GREY, lw=1, ls=":")
        title = (
            f"average precision {found.average_precision:.4f} (dotted: all positive {share:.3g})"
        )
    else:
        means = (each.average_precision for each in (found.macro, found.weighted, found.micro))
        title = "average precision: macro {:.4f}, weighted {:.4f}, micro {:.4f}".format(*means)
    _finish(ax, title, "recall", "precision", "lower left")
    return ax


def _draw(
    ax: Axes, y_true: Any, y_prob: Any, options: dict[str, Any], points: Any, area: str, style: str
) -> Any:
    """Draw a line a class, the lowest areas on top, and give what `curve` finds."""
    found, task = curve(y_true, y_prob, **options), options.get("task")
    one = isinstance(found, Curve)
    read = {name: options[name] for name in _READ if name in options}
    checked = make_options("binary" if one else task, **read)
    batch, _ = columns_batch(y_true, y_prob, checked, options.get("sample_weight"))
    lines = for_each_label(batch, points, options.get("threads"))
    if one:
        ax.plot(*lines[0], color=DARK, lw=2, drawstyle=style)
        return found
    values = getattr(found.per_class, area)
    order = [k for k in np.argsort(values, kind="stable") if len(lines[k][0])]  # nan comes last
    few = len(values) <= _NAMED
    for place in order[_WORST:_DRAWN][::-1] if not few else ():
        ax.plot(*lines[place], color=GREY, lw=0.8, alpha=0.6, drawstyle=style)
    for rank, place in enumerate(sorted(order) if few else order[:_WORST]):
        label = f"{short_name(str(found.classes[place]))}  {values[place]:.3f}"
        colour = COLOURS[place] if few else (RED, *COLOURS[3:])[rank]
        ax.plot(*lines[place], color=colour, lw=1.5, label=label, drawstyle=style)
    if not few:
        ax.plot([], [], color=GREY, label=f"{len(order) - _WORST:,} more classes")
    return found


def _finish(
    ax: Axes, title: str, x: str, y: str, where: Literal["lower left", "lower right"]
) -> None:
    ax.set_title(title, fontsize=10, loc="left")
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylim(-0.01, 1.02)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(frameon=False, loc=where, fontsize=8)
    ax.spines[["top", "right"]].set_visible(False)


def _thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """So many points of a line that the eye misses none, evenly along it and along both axes."""
    if len(x) <= POINTS:
        return x, y
    even = np.linspace(0, len(x) - 1, POINTS // 2).astype(np.int64)
    at = np.searchsorted(x, np.linspace(0, 1, POINTS // 2)).clip(max=len(x) - 1)
    first = np.arange(min(len(x), 200))  # where precision moves most
    kept = np.unique(np.concatenate([first, even, at]))
    return x[kept], y[kept]
