"""BinnedRanking: areas from counts of bins, between bounds that hold whatever bins hide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..counts import Array
from ..metrics import divide
from ..options import Options
from .areas import areas_of
from .label_columns import BinColumn
from .ranking import Ranking, averaged, included_labels
from .reliability import named_classes


@dataclass(frozen=True, eq=False, repr=False)
class BinnedRanking(Ranking):
    """Areas that take the scores of a bin as equal, and between what those of the scores lie.

    `low` and `high` hold for every order inside the bins.
    """

    low: Ranking | None = None
    high: Ranking | None = None


def ranking_of(counts: Array, options: Options, positives: Array) -> BinnedRanking:
    """Rank (L, bins + 2, 2) counts of each label, scaled so that sums over labels fit.

    `positives` are those of each label as they are.
    """
    zero_division, size = options.zero_division, len(counts)
    sums = counts.sum(axis=1)
    included = included_labels(options, options.names, sums[:, 1], sums.sum(axis=1))
    if options.task == "binary":
        included = np.array([True])
    together = counts[included].sum(axis=0)
    classes = named_classes(options.task or "", options, size)
    each = np.array([_bounded(one, zero_division) for one in counts])
    micro = _bounded(together, zero_division)

    def side(place: int) -> dict[str, object]:
        rows = np.append(each[:, place].T, sums[None, :, 1], axis=0)
        found = averaged(rows, included, zero_division, tuple(map(float, micro[place])))
        return {**found, "classes": classes, "positives": positives}

    low, high = (Ranking(**side(place)) for place in (1, 2))  # type: ignore[arg-type]
    return BinnedRanking(**side(0), low=low, high=high)  # type: ignore[arg-type]


def _bounded(counts: Array, zero_division: float) -> Array:
    """(3, 2) average precision and ROC AUC: of bins as ties, the least and the most they can be.

    The most where in each bin all positives have one score above the others'; the least ROC AUC
    where they have one below. The least average precision where each positive comes by itself and
    after all others of its bin: the i-th then has a precision of (above + i) / (above + i +
    before), whose sum is one of reciprocals. Weights may be cut into as small pieces as one likes:
    of these the sum is an integral.
    """
    values = areas_of(BinColumn(counts), zero_division)
    others, hits = counts.astype(np.float64).T
    above, false = (np.append(np.cumsum(x[::-1])[::-1][1:], 0.0) for x in (hits, others))
    true, rest = hits.sum(), others.sum()
    pairs = np.array([np.dot(others, above), np.dot(others, above + hits)])
    low_auc, high_auc = divide(pairs, true * rest, np.nan)
    most = hits * divide(above + hits, above + hits + false, 0.0)
    before = false + others  # all that a bin's last positive may come after
    first = above + before
    if counts.dtype.kind == "i":
        reciprocals = _harmonic(first + hits) - _harmonic(first)
    else:
        reciprocals = np.log1p(divide(hits, first, 0.0))
    least = hits - before * reciprocals
    least = np.clip(least, 0.0, most)
    low, high = divide(np.array([least.sum(), most.sum()]), true, zero_division)
    return np.array([values, (low, low_auc), (high, high_auc)])


def _harmonic(numbers: Array) -> Array:
    """Sums of 1 / i for i from 1 to whole numbers, less Euler's constant, to within 1e-15.

    Source: M. Abramowitz, I. Stegun, Handbook of Mathematical Functions, 1964, 6.3.18, from 16 up.
    """
    shifted = numbers + 16.0
    square = 1.0 / np.square(shifted)
    found = np.log(shifted) + 0.5 / shifted
    found -= square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)))
    for step in range(1, 17):
        found -= 1.0 / (numbers + step)
    return np.asarray(found)
