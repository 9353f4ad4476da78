"""Pictures: the threshold, the confusion matrix, the classes. Needs the extra `plot`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .averages import normalised
from .counts import RATIOS, Array
from .curves import Curve, curve
from .errors import F1Error, one_of
from .intervals import per_class_interval
from .scores import Scores
from .thresholds import Best, best_threshold

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Told apart by the colour-blind too (Paul Tol's bright scheme); what matters is dark.
_BLUE, _RED, _DARK, _GREY = "#4477AA", "#CC6677", "#222222", "#BBBBBB"
_POINTS = 4000  # of a curve, which is more than pixels across
_WRITTEN = 16  # classes up to which each cell of the confusion matrix has its numbers
_SHOWN = 60  # classes up to which all are drawn as rows


def threshold(y_true: Any, y_prob: Any, *, ax: Axes | None = None, **options: Any) -> Axes:
    """F1 (or F-beta), precision and recall of one label against the threshold, the best marked.

    Parameters
    ----------
    y_true, y_prob
        (n,) labels and probabilities, as `f1core.curve` takes them.
    ax
        Where to draw; by default a new figure.
    **options
        Of `f1core.curve`; `min_precision` or `min_recall` mark the threshold that keeps it.

    Raises
    ------
    F1Error
        If matplotlib is missing, or the input cannot be scored.

    Examples
    --------
    >>> import f1core.plots
    >>> ax = f1core.plots.threshold([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.8])  # doctest: +SKIP
    """
    if ax is None:
        ax = _figure(7.0, 4.2)
    floors = {name: options.pop(name) for name in ("min_precision", "min_recall") if name in options}
    found = curve(y_true, y_prob, **options)
    best = best_threshold(y_true, y_prob, task="binary", **options, **floors)
    shown = _thinned(found, best)
    name = "F1" if options.get("beta", 1.0) == 1.0 else f"F{options['beta']:g}"
    for values, colour, label in (
        (found.precision, _BLUE, "precision"),
        (found.recall, _RED, "recall"),
        (found.fbeta, _DARK, name),
    ):
        ends = np.append(found.thresholds[shown], 1.0), np.append(values[shown], values[-1])
        width = 2.2 if colour == _DARK else 1.3
        ax.plot(*ends, color=colour, lw=width, label=label, drawstyle="steps-post")
    place = int(np.searchsorted(found.thresholds, best.threshold, side="right")) - 1
    ax.axvline(best.threshold, color=_DARK, lw=0.8, ls=":")
    ax.plot(best.threshold, found.fbeta[place], "o", color=_DARK, ms=6)
    ax.set_title(
        f"p > {best.threshold:.4g}: {name} {found.fbeta[place]:.4f}, "
        f"precision {found.precision[place]:.4f}, recall {found.recall[place]:.4f}",
        fontsize=10,
    )
    if best.threshold < 0.05 and found.thresholds[-1] > 0:  # rare positives, or timid scores
        ax.set_xscale("log")
        ax.set_xlim(float(np.quantile(found.thresholds[found.thresholds > 0], 0.01)), 1.0)
    else:
        ax.set_xlim(0.0, 1.0)
    ax.set_ylim(0.0, 1.02)
    ax.set_xlabel("threshold")
    ax.legend(frameon=False, loc="best", fontsize=9)
    _plain(ax)
    return ax


def confusion(scores: Scores, *, normalize: str | None = "true", ax: Axes | None = None) -> Axes:
    """The confusion matrix as a picture: rows are the truth, with numbers up to 16 classes.

    Parameters
    ----------
    scores
        Of a binary or multiclass task.
    normalize
        What the colours are shares of: "true" (each row adds up to 1), "pred", "all"; None colours
        by counts.
    ax
        Where to draw; by default a new figure, as large as the classes need.

    Raises
    ------
    F1Error
        If matplotlib is missing, or there is no (C, C) matrix.

    Examples
    --------
    >>> import f1core.plots
    >>> ax = f1core.plots.confusion(f1core.score([0, 1, 2], [0, 2, 2]))  # doctest: +SKIP
    """
    if scores.task == "multilabel":
        raise F1Error("a multilabel task has no (C, C) matrix; plots.per_class draws its labels")
    counts = scores.confusion_matrix()
    shares = scores.confusion_matrix(normalize)
    size, names = len(counts), [str(name) for name in scores.classes]
    if ax is None:
        side = 2.2 + min(max(0.55 * size, 0.0), 6.6) + (0.06 * max(0, size - 30))
        ax = _figure(side + 0.8, side)
    from matplotlib.colors import PowerNorm

    # The square root brings out small shares: an error of 4 % is a fifth of the way to black.
    scale = PowerNorm(0.5, vmin=0, vmax=1 if normalize else max(1, counts.max()))
    image = ax.imshow(shares, cmap="Blues", norm=scale, interpolation="nearest")
    ...
    return ax
