"""What each threshold of one label gives, as lines of so many points that the eye misses none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..api import score
from ..averages import NO_ROWS
from ..batch import Batch
from ..counts import Array
from ..errors import F1Error
from ..scores import Scores
from ..thresholds import Curve, best_threshold, curve
from .style import POINTS


@dataclass
class CutLines:
    """Precision, recall and F-beta by threshold, where the best is, and what is marked."""

    x: Array
    precision: Array
    recall: Array
    fbeta: Array
    name: str  # of F-beta
    metric: str  # that was sought
    at: float  # the best threshold
    best: float  # F-beta there
    ratios: tuple[float, float]  # precision and recall there
    as_good: tuple[float, float]
    end: float  # of the axis
    rows: float
    positives: float
    marked: list[tuple[float, float]]  # thresholds, and F-beta there

    def told(self) -> str:
        """Write in words what the best threshold gives."""
        precision, recall = self.ratios
        return (
            f"{self.name} {self.best:.4f} at p > {self.at:.4g}, precision {precision:.4f}, "
            f"recall {recall:.4f}"
        )


def cut_lines(
    y_true: Any,
    y_prob: Any,
    cuts: Array,
    floors: dict[str, Any],
    options: dict[str, Any],
    points: int = POINTS,
) -> CutLines:
    """Find the best threshold of one label, and what all others give."""
    found = curve(y_true, y_prob, **options)
    chosen = best_threshold(y_true, y_prob, task="binary", **options, **floors)
    counted = {"task": "binary", **options}
    if chosen.threshold < 0:  # which no curve has: it cuts below all scores
        found = _with_everything(found, score(y_true, y_prob, threshold=-1, **counted))
    marks = [
        (float(cut), float(score(y_true, y_prob, threshold=float(cut), **counted).binary.fbeta))
        for cut in cuts
    ]
    place = int(np.searchsorted(found.thresholds, chosen.threshold, side="right")) - 1
    end = max([_drawn_to(found), *(min(1.0, 1.05 * cut) for cut, _ in marks)])
    shown = _thinned(found, place, end, points)
    beta = options.get("beta", 1.0)
    lines = {}
    for ratio in ("precision", "recall", "fbeta"):
        values = getattr(found, ratio)
        lines[ratio] = np.append(values[shown], values[-1])
    # Nothing is predicted at the end, and precision is 0/0.
    lines["precision"][np.append(found.predicted[shown] == 0, True)] = np.nan
    return CutLines(
        x=np.append(found.thresholds[shown], 1.0),
        **lines,
        name="F1" if beta == 1.0 else f"F{float(beta):g}",
        metric=chosen.metric,
        at=chosen.threshold,
        best=float(found.fbeta[place]),
        ratios=(float(found.precision[place]), float(found.recall[place])),
        as_good=_as_good(found, place),
        end=end,
        rows=float(found.total),
        positives=float(found.positives),
        marked=marks,
    )


def most_gained(batch: Batch, limit: int, options: dict[str, Any]) -> tuple[list[int], str]:
    """Choose the labels that are drawn, and say why not all.

    All that have a row, or those whose F-beta gains most by their best threshold.
    """
    size, ignored = batch.n_classes, batch.ignored(slice(0, len(batch)))
    inside = np.arange(size) if ignored is None else np.flatnonzero(~ignored.all(axis=0))
    if not len(inside):
        raise F1Error(NO_ROWS)
    if len(inside) <= limit:
        return inside.tolist(), "" if len(inside) == size else "; labels without a row left out"
    given = {"ignore_index": batch.options.ignore_index, "from_logits": batch.options.from_logits}
    given |= {k: v for k, v in options.items() if k != "zero_division"}
    rows = batch.true[:, inside], batch.pred[:, inside]
    best = best_threshold(*rows, task="multilabel", **given).threshold
    given.pop("threads", None)
    after, before = (
        score(*rows, task="multilabel", threshold=t, **given).per_class.fbeta for t in (best, 0.5)
    )
    most = np.argsort(-np.nan_to_num(after - before), kind="stable")[:limit]
    told = f"; the {limit} of {size:,} labels that gain most over the threshold 0.5"
    return sorted(inside[most].tolist()), told


def _with_everything(found: Curve, scores: Scores) -> Curve:
    """Extend a curve by the threshold -1, where all rows are predicted."""
    names = ("precision", "recall", "f1", "fbeta")
    first = {"thresholds": -1.0, "tp": found.positives, "predicted": found.total}
    first |= {name: getattr(scores.binary, name) for name in names}
    more: dict[str, Any] = {k: np.append(v, getattr(found, k)) for k, v in first.items()}
    return replace(found, **more)


def _as_good(found: Curve, place: int) -> tuple[float, float]:
    """Find the thresholds around one entry of a curve that lose at most 5 % of its F-beta."""
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


def _thinned(found: Curve, place: int, end: float, points: int) -> Array:
    """Choose so many entries of a curve that the eye misses none, `place` among them."""
    size = len(found.thresholds)
    if size <= points:
        return np.arange(size)
    even = np.linspace(0, size - 1, points // 2).astype(np.int64)
    # Evenly on the axis too: scores crowd where they please.
    at = np.searchsorted(found.thresholds, np.linspace(0, end, points // 2))
    return np.unique(np.concatenate([even, at.clip(max=size - 1), [place]]))
