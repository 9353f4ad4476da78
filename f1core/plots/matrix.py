"""The picture of a confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..counts import Array
from ..errors import F1Error, refuse_unknown
from ..errors import shown as literal
from ..option_types import Normalize
from ..option_values import among, whole
from ..scores import Scores
from .class_names import short_names, wrapped_names
from .style import (
    GREY,
    checked_title,
    contrasting,
    finish,
    head,
    longest,
    new_axes,
    number_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LIMIT = 60
_WITH_SHARES = 8  # classes up to which cells have shares beside their counts
_WRAPPED = 12  # classes up to which long names take several lines
_SLANTED = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
_SHARES = {
    "true": "share of the true class", "pred": "share of the predicted class",
    "all": "share of all rows", None: "rows",
}  # fmt: skip
_SCALES = ("linear", "sqrt")


def confusion(
    scores: Scores,
    *,
    normalize: Normalize | None = "true",
    scale: str = "linear",
    limit: int = _LIMIT,
    title: str | None = None,
    ax: Axes | None = None,
    **unknown: NoReturn,
) -> Axes:
    """Draw the confusion matrix: rows are the truth, with counts where they fit.

    Predictions that are no class, with `unknown="miss"`, have a last column.

    Parameters
    ----------
    scores
        Of a binary or multiclass task, or of spans.
    normalize
        What the colour is: a share as `Scores.confusion_matrix` has it, or None for counts.
    scale
        How colours follow it: "linear", or "sqrt", which brings out what is rare.
    limit
        Of more classes than that, those that are confused most often are drawn, and all others
        together as one.
    title
        Written above what is measured.
    ax
        Where to draw; by default a new figure, as large as the classes need.

    Raises
    ------
    F1Error
        If matplotlib is missing, or no matrix was kept.

    Examples
    --------
    >>> import f1core.plots
    >>> ax = f1core.plots.confusion(f1core.score([0, 1, 2], [0, 2, 2]))  # doctest: +SKIP
    """
    refuse_unknown(unknown, confusion, "plots.confusion")
    if not isinstance(scores, Scores):
        raise F1Error(f"scores is {literal(scores)}; give what f1core.score returns")
    if scores.task == "multilabel":
        raise F1Error("a multilabel task has no (C, C) matrix; plots.per_class draws its labels")
    heading, most = checked_title(title), whole("limit", limit, 2)
    among("scale", scale, _SCALES)
    counts, names = _drawn(scores, most)
    scores.confusion_matrix(normalize)  # which refuses other words
    shares = _shares(counts, normalize)
    size, several = counts.shape
    outside = {"no span", "unknown"} | {n for n in names if isinstance(n, _Others)}
    flat_names = [str(n) if n in outside else n for n in names]
    told = wrapped_names(flat_names, 18, 3) if size <= _WRAPPED else short_names(flat_names)
    font = 9.0 if size <= 20 else 7.0
    cell = _cell(size, max(map(len, _cells(counts, shares, normalize is not None)), default=1))
    if ax is None:
        margin = longest(told) * font / 120  # a letter is 0.6 of the font's height wide
        wide = longest(told) * 0.62 * font / 72 > cell
        ax = new_axes(1.9 + cell * several + margin, 1.5 + cell * size + margin * wide)
    else:
        cell = ax.get_window_extent().height / ax.figure.dpi / size
    from matplotlib.colors import Normalize, PowerNorm

    highest = 1.0 if normalize else max(1, counts.max())
    scaled = PowerNorm(0.5, 0, highest) if scale == "sqrt" else Normalize(0, highest)
    image = ax.imshow(shares, cmap="Blues", norm=scaled, interpolation="nearest")
    _write(ax, image, counts, shares, normalize is not None, cell)
    step = -(-several // max(1, int(several * cell * 72 / (font * 1.15))))  # that fit side by side
    places = np.arange(0, several, step)
    turn = _turned([told[k] for k in places], font, cell * step, size)
    ax.set_xticks(places, [told[i] for i in places], fontsize=font, **turn)
    rows = places[places < size]
    ax.set_yticks(rows, [told[i] for i in rows], fontsize=font)
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    ax.tick_params(length=0)
    if size <= 100:  # lines to follow a row to its name, as two artists: ticks are slow
        colour = "white" if size <= 20 else "#E3E8EF"
        ax.hlines(np.arange(size + 1) - 0.5, -0.5, several - 0.5, color=colour, lw=0.5)
        ax.vlines(np.arange(several + 1) - 0.5, -0.5, size - 0.5, color=colour, lw=0.5)
    ax.spines[:].set_color(GREY)
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, pad=0.02, aspect=20 if size <= 20 else 40)
    bar.outline.set_visible(False)
    root = " (colour by its square root)" if scale == "sqrt" else ""
    bar.set_label(_SHARES[normalize] + root, fontsize=9)
    bar.ax.tick_params(labelsize=8)
    head(ax, heading, *_told(scores, counts, names))
    finish(ax)
    return ax


class _Others(str):
    """The name of all classes that are not drawn by themselves; no class is called so."""

    __slots__ = ()


def _drawn(scores: Scores, limit: int) -> tuple[Array, list[Any]]:
    """Return counts and names of rows and columns, the classes beyond a limit as one."""
    counts = scores.confusion_matrix()
    size, several = counts.shape
    names: list[Any] = [*scores.classes]
    names += ["no span"] * (size - len(names))
    if size > limit:
        apart = counts.copy()
        apart[np.arange(size), np.arange(size)] = 0
        kept = _confused(apart, limit - 1)
        rest = np.setdiff1d(np.arange(size), kept)
        beside = np.arange(size, several)
        counts = np.vstack([counts[kept], counts[rest].sum(axis=0, keepdims=True)])
        counts = np.hstack(
            [counts[:, kept], counts[:, rest].sum(axis=1, keepdims=True), counts[:, beside]]
        )
        names = [names[k] for k in kept] + [_Others(f"{len(rest):,} others")]
    return counts, names + ["unknown"] * (several - size)


def _confused(apart: Array, limit: int) -> Array:
    """Find the classes of the largest cells beside the diagonal, in their order."""
    size = len(apart)
    order = np.argsort(-apart[:, :size], axis=None, kind="stable")[: limit * limit]
    pairs = np.stack(np.divmod(order, size), axis=1).ravel()
    _, first = np.unique(pairs, return_index=True)
    chosen = pairs[np.sort(first)][:limit]
    if len(chosen) < limit:
        chosen = np.append(chosen, np.setdiff1d(np.arange(size), chosen)[: limit - len(chosen)])
    return np.sort(chosen)


def _shares(counts: Array, normalize: Normalize | None) -> Array:
    """Compute what the colours show: counts, or shares of a row, a column or all."""
    if normalize is None:
        return counts
    axis = {"true": 1, "pred": 0, "all": None}[normalize]
    total = counts.sum(axis=axis, keepdims=True)
    return np.asarray(counts / np.where(total > 0, total, 1))


def _told(scores: Scores, counts: Array, names: list[Any]) -> list[str]:
    """Write in words what is drawn."""
    told = [f"accuracy {scores.accuracy:.4f}"] if scores.task != "spans" else []
    told.append(f"macro F1 {scores.macro.f1:.4f}")
    rows = number_of(float(counts.sum()), "row")
    lines = [", ".join(told), f"{rows}, {number_of(len(scores.classes), 'class')}"]
    alone = sum(not isinstance(n, _Others) for n in names[: len(counts)])
    if len(counts) > alone:
        lines.append(f"the {alone:,} classes of the largest confusions, all others as one")
    return lines


def _cells(counts: Array, shares: Array, shared: bool) -> list[str]:
    """Write the text of each cell that is not 0."""
    both = shared and len(counts) <= _WITH_SHARES
    found = []
    for row, column in np.argwhere(counts > 0):
        count = counts[row, column]
        text = f"{count:,.4g}" if counts.dtype.kind == "f" else f"{count:,}"
        found.append(f"{shares[row, column]:.1%}\n{text}" if both else text)
    return found


def _cell(size: int, letters: int) -> float:
    """Choose the inches of a cell: many where classes are few, never below what a name needs."""
    if size <= _WITH_SHARES:
        return 0.85
    if size <= 30:
        return float(min(0.7, max(9.0 / size, 0.16 + 0.055 * min(letters, 6))))
    return max(9.5 / size, 0.12) if size <= 100 else 12 / size


def _turned(names: list[str], font: float, room: float, size: int) -> dict[str, Any]:
    """Choose how names below columns are turned, so that none runs into the next one."""
    if (longest(names) * 0.62 + 1) * font / 72 < room:
        return {"rotation": 0}
    return {"rotation": 90} if size > 12 else _SLANTED


def _write(ax: Axes, image: Any, counts: Array, shares: Array, shared: bool, cell: float) -> None:
    """Write each count into its cell if it fits there, dark on light or light on dark."""
    texts = _cells(counts, shares, shared)
    size = len(counts)
    largest = 10 if size <= _WITH_SHARES else 8 if size <= 16 else 6.5
    points = cell * 72 * 0.9
    for (row, column), text in zip(np.argwhere(counts > 0), texts, strict=True):
        fits = min(largest, points / (0.62 * longest([text])))
        if fits < 5 and counts[row, column] >= 1000:
            text = _rounded(float(counts[row, column]))
            fits = min(largest, points / (0.62 * len(text)))
        if fits < 4.5 or points < 1.2 * fits * (1 + text.count("\n")):
            continue
        written = ax.text(
            column, row, text, ha="center", va="center", fontsize=fits,
            color=contrasting(image.cmap(image.norm(shares[row, column]))),
        )  # fmt: skip
        written.set_in_layout(False)  # it lies inside, and a thousand of them take seconds


def _rounded(count: float) -> str:
    """Write a large count in four letters: 5.1k, 812k, 3.4M."""
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= 0.9995 * unit:
            return f"{count / unit:.{1 if count < 9.95 * unit else 0}f}{letter}"
    return f"{count:.0f}"
