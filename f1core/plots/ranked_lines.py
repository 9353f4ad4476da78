"""The points of ROC curves and of precision against recall: of each class, and on average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import option_values
from ..batch import Batch
from ..counts import Array
from ..errors import F1Error, shown
from ..metrics import divide
from ..options import make_options
from ..thresholds import Curve, curve
from ..thresholds.label_columns import Column, ScoreColumn
from ..thresholds.one_vs_rest import columns_batch
from ..thresholds.reading import for_each_label
from .class_names import places_of
from .models import Model
from .style import GREY, POINTS, amount, number_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_READ = ("classes", "from_logits", "ignore_index", "pos_label")
# Where the mean of classes is taken: closest where rare false positives are.
_GRID = np.unique(np.concatenate([[0.0], np.geomspace(1e-5, 1, 600), np.linspace(0, 1, 1401)]))


@dataclass
class Lines:
    """What is drawn of one model: the points and area of each class, and what averages are."""

    one: bool  # label, which is no list of classes
    points: list[tuple[Array, Array]]
    areas: Array
    classes: list[Any]
    places: list[int]  # of the classes that are drawn
    macro: float
    averaged: int  # classes that the macro mean is over
    inside: list[int]  # those of them that have a line
    means: tuple[float, float]  # weighted, micro
    rows: float
    positives: float
    marks: list[tuple[float, float, float]] | None = None

    def rows_told(self) -> str:
        """Say how many rows there are, and how many classes or positives."""
        more = (
            f"{amount(self.positives)} positive"
            if self.one
            else number_of(len(self.classes), "class")
        )
        return f"{number_of(self.rows, 'row')}, {more}"


class Area:
    """A kind of curve: how its points follow from cuts, and what is written beside it."""

    name: str
    short: str
    value: str  # of `Areas`
    x: str
    y: str
    corner: str  # of the legend
    below: bool  # is empty, so that a point has its name there
    style: str
    inches: tuple[float, float]
    needs: str

    def rates(self, tp: Array, pred: Array, column: Column) -> tuple[Array, Array]:
        """Compute the point of each cut; nan where it is 0/0."""
        raise NotImplementedError

    def line(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Make the line through the points of all cuts, the highest threshold first."""
        raise NotImplementedError

    def at(self, grid: Array, x: Array, y: Array) -> Array:
        """Find the height of a line at each x of a grid."""
        raise NotImplementedError

    def chance(self, ax: Axes, found: list[Lines]) -> None:
        """Draw what scores without any skill would give."""
        raise NotImplementedError

    def mean(self, lines: Lines) -> tuple[Array, Array]:
        """Average the classes' lines to one whose area is the mean of their areas."""
        each = [self.at(_GRID, *lines.points[k]) for k in lines.inside]
        return self.line(_GRID, np.mean(each, axis=0))

    def told(self, lines: Lines) -> str:
        """Write the area, or the means of areas, in words."""
        head = self.short if self.short.islower() else f"ROC {self.short}"
        if lines.one:
            return f"{head} {lines.areas[0]:.4f}"
        some = "" if lines.averaged == len(lines.classes) else f" of {lines.averaged:,} classes"
        weighted, micro = lines.means
        return f"{head}: macro {lines.macro:.4f}{some}, weighted {weighted:.4f}, micro {micro:.4f}"


class ROC(Area):
    """True positive rate against false positive rate."""

    name, short, value = "ROC curve", "AUC", "roc_auc"
    x, y = "false positive rate", "true positive rate (recall)"
    corner, below, style, inches = "lower right", True, "default", (5.6, 5.4)
    needs = "rows that are positive and rows that are not"

    def rates(self, tp: Array, pred: Array, column: Column) -> tuple[Array, Array]:
        """Compute false positive rate and recall of each cut."""
        negatives = column.total - column.true
        return divide(pred - tp, negatives, np.nan), divide(tp, column.true, np.nan)

    def line(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Start the curve at (0, 0)."""
        return (x, y) if x[0] == y[0] == 0 else (np.append(0.0, x), np.append(0.0, y))

    def at(self, grid: Array, x: Array, y: Array) -> Array:
        """Interpolate between points, and take the upper end of a step."""
        return np.interp(grid, x, y)

    def chance(self, ax: Axes, found: list[Lines]) -> None:
        """Draw the diagonal."""
        ax.plot([0, 1], [0, 1], color=GREY, lw=1, ls=":")


class PrecisionRecall(Area):
    """Precision against recall."""

    name, short, value = "precision and recall", "average precision", "average_precision"
    x, y = "recall", "precision"
    # Up to a recall the precision of the cut that reaches it, as average precision sums them.
    corner, below, style, inches = "best", False, "steps-pre", (6.0, 5.0)
    needs = "positive rows"

    def rates(self, tp: Array, pred: Array, column: Column) -> tuple[Array, Array]:
        """Compute recall and precision of each cut."""
        return divide(tp, column.true, np.nan), divide(tp, pred, np.nan)

    def line(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Start the line at recall 0, with the precision of the first cut."""
        return (x, y) if x[0] == 0 else (np.append(0.0, x), np.append(y[:1], y))

    def at(self, grid: Array, x: Array, y: Array) -> Array:
        """Find the precision with which each recall is reached."""
        return np.asarray(y[np.searchsorted(x, grid).clip(max=len(x) - 1)])

    def chance(self, ax: Axes, found: list[Lines]) -> None:
        """Draw the share of positives, where all models have the same."""
        shares = {lines.positives / lines.rows for lines in found if lines.one}
        if len(shares) == 1:
            ax.axhline(shares.pop(), color=GREY, lw=1, ls=":")

    def told(self, lines: Lines) -> str:
        """Write the area in words, and what the precision is if all rows are predicted."""
        told = super().told(lines)
        share = lines.positives / lines.rows
        return f"{told} (dotted: all positive {share:.3g})" if lines.one else told


def lines_of(area: Area, model: Model, of: Any, threshold: Any) -> Lines:
    """Rank one model's rows, and give the points of each class's line."""
    options = model.options
    found, task = curve(model.true, model.prob, **options), options.get("task")
    one = isinstance(found, Curve)
    if one and of is not None:
        raise F1Error(f"of={shown(of)} is for classes; a binary task has one line")
    read = {name: options[name] for name in _READ if name in options}
    checked = make_options("binary" if one else task, **read)
    batch, _ = columns_batch(model.true, model.prob, checked, options.get("sample_weight"))
    cuts = checked_cuts(threshold, task, 1 if one else batch.n_classes)

    def work(column: ScoreColumn) -> tuple[tuple[Array, Array], Array]:
        every = column.every_cut()
        x, y = (rate[::-1] for rate in area.rates(every.tp, every.pred, column))
        known = ~(np.isnan(x) | np.isnan(y))
        x, y = x[known], y[known]
        points = _thinned(*area.line(x, y)) if len(x) else (x, y)
        if not len(cuts):
            return points, np.zeros((2, 0))
        some = column.cuts_at(column.places_above(column.compared(cuts)))
        return points, np.array(area.rates(some.tp, some.pred, column))

    done = for_each_label(batch, work, options.get("threads"))
    points = [each for each, _ in done]
    marks = (
        [(*(m[:, k % len(cuts)]), cuts[k % len(cuts)]) for k, (_, m) in enumerate(done)]
        if len(cuts)
        else None
    )
    if one:
        values, classes, places = np.array([getattr(found, area.value)]), [None], [0]
        macro, averaged, means, inside = float(values[0]), 1, (np.nan, np.nan), [0]
        rows, positives = found.total, found.positives
    else:
        values, classes = getattr(found.per_class, area.value), found.classes
        places = list(range(len(classes))) if of is None else places_of(of, classes)
        # A class without a row leaves no mean over all: then it is that over the others.
        macro, averaged = getattr(found.macro, area.value), len(classes)
        if np.isnan(macro):
            averaged = int(np.count_nonzero(~np.isnan(values)))
            macro = float(np.nanmean(values)) if averaged else np.nan
        over = options.get("average_over")
        inside = [k for k, (x, _) in enumerate(points) if len(x)]
        if over is not None and not isinstance(over, str):
            inside = [k for k in inside if found.classes[k] in list(over)]
            averaged = len(list(over))
        elif over == "present":
            averaged = int(np.count_nonzero(found.positives > 0))
        means = tuple(getattr(getattr(found, kind), area.value) for kind in ("weighted", "micro"))
        rows, positives = _rows(batch), float(found.positives.sum())
    if not any(len(points[k][0]) for k in places):
        raise F1Error(f"there is no line to draw: it needs {area.needs}")
    return Lines(
        one, points, values, classes, places, macro, averaged, inside, means, rows, positives, marks
    )


def checked_cuts(threshold: Any, task: Any, size: int) -> Array:
    """Check the (t,) thresholds to be marked: none, one, or one a label."""
    if threshold is None:
        return np.zeros(0)
    if task == "multiclass":
        raise F1Error(
            f"threshold={shown(threshold)} cuts the scores of a label; a multiclass task predicts "
            "the largest score"
        )
    cuts = np.atleast_1d(option_values.threshold(threshold))
    if len(cuts) not in (1, size):
        raise F1Error(
            f"threshold has {len(cuts):,} entries; give one, or one for each of "
            f"{number_of(size, 'label')}"
        )
    return cuts


def _rows(batch: Batch) -> int:
    """Count the rows of which some cell counts."""
    ignored = batch.ignored(slice(0, len(batch)))
    return len(batch) if ignored is None else int(np.count_nonzero(~ignored.all(axis=1)))


def _thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """Choose so many points of a line that the eye misses none, evenly along it and along x."""
    if len(x) <= POINTS:
        return x, y
    even = np.linspace(0, len(x) - 1, POINTS // 2).astype(np.int64)
    at = np.searchsorted(x, np.linspace(0, 1, POINTS // 2)).clip(max=len(x) - 1)
    first = np.arange(min(len(x), 200))  # where precision moves most
    kept = np.unique(np.concatenate([first, even, at]))
    return x[kept], y[kept]
