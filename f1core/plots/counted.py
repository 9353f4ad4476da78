"""Pictures of what was counted: the threshold, the confusion matrix, the classes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..api import score
from ..count_layout import RATIOS
from ..counts import Array
from ..errors import F1Error, parameters_of, refuse_unknown
from ..errors import shown as literal
from ..intervals import per_class_interval
from ..option_types import Normalize
from ..option_values import among
from ..scores import Scores
from ..thresholds import Curve, best_threshold, curve
from .style import BLUE, DARK, GREY, POINTS, RED, new_axes, short_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WRITTEN = 16  # classes up to which each cell of the confusion matrix has its numbers
_SHOWN = 60  # classes up to which all are drawn as rows
_FLOORS = ("min_precision", "min_recall")


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
    refuse_unknown(options, (*_FLOORS, "ax", *parameters_of(curve)), "plots.threshold")
    ax = new_axes(7.0, 4.2) if ax is None else ax
    floors = {name: options.pop(name) for name in _FLOORS if options.get(name) is not None}
    found = curve(y_true, y_prob, **options)
    best = best_threshold(y_true, y_prob, task="binary", **options, **floors)
    if best.threshold < 0:  # which no curve has: it cuts below all scores
        found = _with_everything(
            found, score(y_true, y_prob, task="binary", threshold=-1, **options)
        )
    name = "F1" if options.get("beta", 1.0) == 1.0 else f"F{float(options['beta']):g}"
    place = int(np.searchsorted(found.thresholds, best.threshold, side="right")) - 1
    end = _drawn_to(found)
    shown = _thinned(found, place, end)
    lines = (found.precision, BLUE, "precision"), (found.recall, RED, "recall")
    for values, colour, label in (*lines, (found.fbeta, DARK, name)):
        ends = np.append(found.thresholds[shown], 1.0), np.append(values[shown], values[-1])
        if colour == BLUE:  # nothing is predicted at the end, and precision is 0/0
            ends[1][np.append(found.predicted[shown] == 0, True)] = np.nan
        width = 2.2 if colour == DARK else 1.3
        ax.plot(*ends, color=colour, lw=width, label=label, drawstyle="steps-post")
    ax.axvline(best.threshold, color=DARK, lw=0.8, ls=":")
    ax.plot(best.threshold, found.fbeta[place], "o", color=DARK, ms=6)
    for floor, least in floors.items():
        ratio = floor.removeprefix("min_")
        why = f"the highest {best.metric} with a {ratio} of at least {least:g}"
        ax.axhline(least, color=BLUE if ratio == "precision" else RED, lw=0.8, ls=":")
    if not floors:
        low, high = _as_good(found, place)
        why = f"grey: {name} at most 5% lower, from {low:.3g} to {high:.3g}"
        ax.axvspan(low, high, color=GREY, alpha=0.3, lw=0)
    ratios = f"precision {found.precision[place]:.4f}, recall {found.recall[place]:.4f}"
    title = f"{name} {found.fbeta[place]:.4f} at p > {best.threshold:.4g}, {ratios}\n{why}"
    ax.set_title(title, fontsize=10, loc="left")
    ax.set_xlim(0.0, end)
    # Where even the best is low, its hill would be a ripple on an axis up to 1.
    ax.set_ylim(0.0, 4 * found.fbeta.max() if 0 < found.fbeta.max() < 0.25 else 1.02)
    ax.set_xlabel("threshold")
    ax.legend(frameon=False, loc="best", fontsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _with_everything(found: Curve, scores: Scores) -> Curve:
    """The curve from -1 on, where all rows are predicted."""
    names = ("precision", "recall", "f1", "fbeta")
    first = {"thresholds": -1.0, "tp": found.positives, "predicted": found.total}
    first |= {name: getattr(scores.binary, name) for name in names}
    more: dict[str, Any] = {k: np.append(v, getattr(found, k)) for k, v in first.items()}
    return replace(found, **more)


def _as_good(found: Curve, place: int) -> tuple[float, float]:
    """The thresholds around one entry of a curve that lose at most 5 % of its F-beta."""
    worse = np.flatnonzero(found.fbeta < 0.95 * found.fbeta[place])
    after = int(np.searchsorted(worse, place))
    first = worse[after - 1] + 1 if after else 0
    edges = np.append(found.thresholds, 1.0)
    return float(edges[first]), float(edges[worse[after] if after < len(worse) else -1])


def _drawn_to(found: Curve) -> float:
    """Choose where a curve's axis ends: at 1, or where rare positives have had their say.

    Past the last threshold with a tenth of the highest F-beta nothing is to be seen.
    """
    last = np.flatnonzero(found.fbeta >= 0.1 * found.fbeta.max())[-1]
    end = 1.05 * float(np.append(found.thresholds, 1.0)[last + 1])
    return end if 0 < end < 0.5 else 1.0


def confusion(
    scores: Scores,
    *,
    normalize: Normalize | None = "true",
    ax: Axes | None = None,
    **unknown: NoReturn,
) -> Axes:
    """The confusion matrix as a picture: rows are the truth, with numbers up to 16 classes.

    Predictions that are no class, with `unknown="miss"`, have a last column.

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
    refuse_unknown(unknown, confusion, "plots.confusion")
    _refuse_other(scores)
    if scores.task == "multilabel":
        raise F1Error("a multilabel task has no (C, C) matrix; plots.per_class draws its labels")
    counts, shares = scores.confusion_matrix(), scores.confusion_matrix(normalize)
    names, (size, several) = [short_name(str(name)) for name in scores.classes], counts.shape
    names += ["no span"] * (size - len(names))
    columns = names + ["unknown"] * (several - size)
    font, longest = (9.0 if size <= _WRITTEN else 6.5), max(map(len, columns))
    cell = min(0.8, 5.0 / size) + 0.06 * min(max(0, size - 20), 80) / size  # inches
    if ax is None:
        margin = longest * font / 120  # a letter is 0.6 of the font's height wide
        ax = new_axes(2.0 + cell * size + margin, 1.2 + cell * size + margin * (longest > 8))
    from matplotlib.colors import PowerNorm

    # The square root brings out what is rare: a share of 4 % is a fifth of the way to dark.
    scale = PowerNorm(0.5, vmin=0, vmax=1 if normalize else max(1, counts.max()))
    image = ax.imshow(shares, cmap="Blues", norm=scale, interpolation="nearest")
    if size <= _WRITTEN:
        _write_cells(ax, counts, shares, normalize is not None)
    places = np.arange(0, several, -(-several // 100))  # more names than that would overlap
    flat = (longest * 0.75 + 1) * font / 72 < cell
    turn = {"rotation": 0} if flat else {"rotation": 90} if size > _WRITTEN else _SLANTED
    ax.set_xticks(places, [columns[i] for i in places], fontsize=font, **turn)
    ax.set_yticks(places[places < size], [names[i] for i in places if i < size], fontsize=font)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    ax.tick_params(length=0)
    if _WRITTEN < size <= _SHOWN:  # lines to follow a row to its name
        ax.set_xticks(np.arange(several) - 0.5, minor=True)
        ax.set_yticks(np.arange(size) - 0.5, minor=True)
        ax.grid(which="minor", color="#D5DDE8", lw=0.4)
        ax.tick_params(which="minor", length=0)
    ax.spines[:].set_color(GREY)
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, pad=0.02)
    bar.outline.set_visible(False)
    bar.set_label(_SHARES[normalize], fontsize=9)
    bar.ax.tick_params(labelsize=8)
    return ax


_SLANTED = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
_SHARES = {
    "true": "share of the true class", "pred": "share of the predicted class",
    "all": "share of all rows", None: "rows",
}  # fmt: skip


def _write_cells(ax: Axes, counts: Array, shares: Array, shared: bool) -> None:
    """Each cell's count, and its share where the colour is one; nothing where nothing is."""
    size = len(counts)
    dark = np.sqrt(shares / max(1e-300, 1.0 if shared else shares.max())) > 0.6
    for row, column in np.argwhere(counts > 0):
        count, share = counts[row, column], shares[row, column]
        text = f"{count:,.4g}" if counts.dtype.kind == "f" else f"{count:,}"
        if shared and size <= 8:
            text = f"{share:.1%}\n{text}"
        ax.text(
            column, row, text, ha="center", va="center", fontsize=10 if size <= 8 else 7,
            color="white" if dark[row, column] else DARK,
        )  # fmt: skip


def per_class(
    scores: Scores,
    *,
    ratio: str = "f1",
    level: float | None = 0.95,
    seed: int | None = None,
    ax: Axes | None = None,
    **unknown: NoReturn,
) -> Axes:
    """Each class's F1 (or another ratio) with its interval, the best at the top.

    Parameters
    ----------
    scores
        Of any task; with more than 60 classes the largest are drawn. Classes that the averages
        leave out, such as those that never occur, are not.
    ratio
        One of precision, recall, f1, fbeta, jaccard, specificity.
    level
        Of the intervals, those of `Scores.interval(ratio, of=…)`; None draws none.
    seed
        Of replicas that must be drawn; without one as `Scores.interval` does.
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
    _refuse_other(scores)
    among("ratio", ratio, RATIOS)
    values, support = getattr(scores.per_class, ratio), scores.per_class.support
    inside = np.flatnonzero(scores.included)
    largest = inside[np.argsort(-support[inside], kind="stable")[:_SHOWN]]
    drawn = largest[np.lexsort((support[largest], np.nan_to_num(values[largest], nan=-1.0)))]
    ax = new_axes(6.4, 1.2 + 0.2 * max(4, len(drawn))) if ax is None else ax
    places = np.arange(len(drawn))
    if level is not None:
        counted = scores._counts, scores._options
        low, high = per_class_interval(*counted, ratio, level=level, seed=seed)
        ax.hlines(places, low[drawn], high[drawn], color=BLUE, lw=2.5, alpha=0.45)
    ax.plot(values[drawn], places, "o", color=DARK, ms=4)
    macro = getattr(scores.macro, ratio)
    ax.axvline(macro, color=RED, lw=1, ls="--")
    name = {"f1": "F1", "fbeta": "F-beta"}.get(ratio, ratio)
    title = f"macro {name} {macro:.4f} (dashed)"
    if level is not None:
        title += f", {float(level):.0%} intervals"
    if len(drawn) < len(inside):
        title += f", the {len(drawn)} largest of {len(inside):,} classes"
    ax.set_title(title, fontsize=10, loc="left")
    names = [short_name(str(scores.classes[i])) for i in drawn]
    ax.set_yticks(places, names, fontsize=9 if len(drawn) <= 30 else 7)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.7, len(drawn) - 0.3)
    ax.set_xlabel(name)
    ax.grid(axis="x", color="#EEEEEE")
    ax.set_axisbelow(True)
    right = ax.secondary_yaxis("right")
    right.set_yticks(places, [f"{support[i]:,.6g}" for i in drawn], fontsize=7, color="#777777")
    right.set_ylabel("true rows", fontsize=8, color="#777777")
    right.tick_params(length=0)
    right.spines["right"].set_visible(False)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _refuse_other(scores: Any) -> None:
    if not isinstance(scores, Scores):
        raise F1Error(f"scores is {literal(scores)}; give what f1core.score returns")


def _thinned(found: Curve, place: int, end: float) -> Array:
    """So many entries of a curve that the eye misses none, one that matters among them."""
    size = len(found.thresholds)
    if size <= POINTS:
        return np.arange(size)
    even = np.linspace(0, size - 1, POINTS // 2).astype(np.int64)
    # Evenly on the axis too: scores crowd where they please.
    at = np.searchsorted(found.thresholds, np.linspace(0, end, POINTS // 2))
    return np.unique(np.concatenate([even, at.clip(max=size - 1), [place]]))
