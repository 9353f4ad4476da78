"""Grid: thresholds in [0, 1] that are short decimals, finer near 0 and 1, and the bins between.

Scores of rare events crowd near 0 and those of safe ones near 1, so that equal bins tell nothing of
them. Here the edges below 0.5 have as many digits each, and those above are 1 less such a number.
Which bin a score is in tells a table of the top bits of the float, of whose places each holds one
edge at most, and a comparison with that edge: as exact as a binary search, in a tenth of its time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..arrays import widened
from ..counts import Array
from ..float_bits import cuts_of

_MANTISSA = {3: 10, 2: 7, 1: 7}  # bits that tell neighbouring edges apart
_LOGIT = {3: 1024, 2: 128, 1: 128}  # places a unit of logits, likewise
_LIMITS = (4, 200)  # labels up to which edges are fine, or middling
# Edges of a decade: 0.1 to 1 % apart, 1 to 2.5 %, 10 %, about.
_FINE = np.arange(100.0, 1000.0)
_MIDDLE = np.concatenate([np.arange(100.0, 200, 2), np.arange(200.0, 500, 5),
                          np.arange(500.0, 1000, 10)])  # fmt: skip
_PLAIN = np.arange(10.0, 100.0)
_COARSE = np.array([*range(10, 17), 18, 20, 22, 25, 28, *range(30, 65, 5), 70, 80, 90], float)
# Up to which decade below 1 which edges are taken: fewer where hardly any score lies.
_DECADES = {
    3: ((9, _FINE, 3), (30, _PLAIN, 2)), 2: ((9, _MIDDLE, 3), (20, _COARSE, 2)),
    1: ((9, _COARSE, 2),),
}  # fmt: skip
_DISTINCT, _BINS = 200_000, 4_000_000  # scores that are told apart; times labels
_SPAN = 80  # logits beyond which no edge lies


class Grid(NamedTuple):
    """Edges of m bins: bin 0 is not above 0.0, bin k above edge k - 1, a last one above 1.0."""

    edges: Array  # (m + 1,) float64, as a user types them; the first is 0, or -1 where that cuts
    lengths: Array  # of each, how long it is when typed
    first: Array  # of each place of the table, how many edges are below all its scores
    inside: Array  # the edge in each place, as it is compared; inf without any
    mantissa: int
    logits: bool
    every: bool = False  # whether each bin holds one score at most, so that no cut is missing

    @property
    def bins(self) -> int:
        """Count the bins, with the one below all edges and the one above them."""
        return len(self.edges) + 1

    def bins_of(self, scores: Array) -> Array:
        """Find the bin of each of (…) float32 or float64 scores of the grid's dtype."""
        if self.every:
            return np.searchsorted(self.inside, scores, side="left")
        place = (_logit_places if self.logits else _places)(scores, self.mantissa)
        above: Array = scores > self.inside.take(place)
        found: Array = np.add(self.first.take(place), above.view(np.int8), dtype=np.int64)
        return found


def _logit_places(scores: Array, scale: int) -> Array:
    place: Array = np.floor(np.clip(scores, -_SPAN, _SPAN) * scale)
    return place.astype(np.int64) + _SPAN * scale


def _places(scores: Array, mantissa: int) -> Array:
    """Look up the table by the top bits of a score below 0.5, of 1 - score from there on."""
    wide = scores.dtype.itemsize == 8
    shift, bias = (52 - mantissa, 1023) if wide else (23 - mantissa, 127)
    lowest, middle = (bias - 126) << mantissa, (bias - 1) << mantissa
    rest = 1 - scores  # exact from 0.5 on
    near = np.minimum(scores, rest)
    word = np.maximum(near, near.dtype.type(0), out=near).view(np.int64 if wide else np.int32)
    word >>= shift
    np.maximum(word, lowest, out=word)
    word -= middle  # below 0: how far from 0.5
    # -1 where a score is 0.5 or above, whose places are counted from the other end
    high = (scores >= 0.5).view(np.int8)
    word ^= -high
    word += middle - lowest
    return np.asarray(word)


def exact(scores: Array) -> Array:
    """Widen scores to float32 or float64, which hold them as they are."""
    found = widened(scores)
    return found.astype(np.float32) if found.dtype.itemsize == 2 else found


@lru_cache(maxsize=16)
def grid_of(dtype: np.dtype[Any], labels: int, logits: bool = False) -> Grid:
    """Make the grid for scores of this dtype, of so many labels.

    Examples
    --------
    >>> import numpy as np
    >>> grid = grid_of(np.dtype(np.float32), 1)
    >>> scores = np.array([0.0, 0.05, 0.0501, 0.5, 0.999], np.float32)
    >>> bins = grid.bins_of(scores)
    >>> grid.edges[bins[1:] - 1].tolist()
    [0.0499, 0.05, 0.499, 0.99899]
    """
    kind = 3 - int(np.searchsorted(_LIMITS, labels))
    below, above, done = [np.zeros(1)], [np.ones(1)], 0
    for decades, steps, digits in _DECADES[kind]:
        for decade in range(done + 1, decades + 1):
            power = decade - 1 + digits
            unit = 10.0**power
            exactly = power <= 22  # beyond, powers of ten are no floats
            low = steps / unit if exactly else [float(f"{step:.0f}e-{power}") for step in steps]
            below.append(np.array(low))
            if decade <= 15:  # of whole numbers, so that it is the float nearest to the decimal
                above.append((unit - steps) / unit)
        done = decades
    low, high = np.concatenate(below), np.concatenate(above)
    edges = np.union1d(low[low <= 0.5], high[high >= 0.5])
    edges, lengths, compared = _different(edges, dtype, logits)
    mantissa = (_LOGIT if logits else _MANTISSA)[kind]
    find = _logit_places if logits else _places
    place = find(compared, mantissa)
    size = int(find(np.array([np.inf if logits else 2.0], compared.dtype), mantissa)[0]) + 1
    inside = np.full(size, np.inf, compared.dtype)
    inside[place] = compared
    first = np.searchsorted(place, np.arange(size), side="left").astype(np.int32)
    return Grid(edges, lengths, first, inside, mantissa, logits)


def _different(edges: Array, dtype: np.dtype[Any], logits: bool) -> tuple[Array, Array, Array]:
    """Keep the shortest of edges that cut alike; give them, their lengths, and their cuts."""
    lengths = np.array([len(text) for text in map(repr, edges.tolist())])
    compared = exact(cuts_of(edges, dtype, logits))
    order = np.lexsort((lengths, compared))  # what rounds to one number is one edge
    kept = order[np.append(True, compared[order][1:] > compared[order][:-1])]
    return edges[kept], lengths[kept], compared[kept]


def grid_of_scores(dtype: np.dtype[Any], labels: int, scores: Array) -> Grid | None:
    """Make a grid that parts all these scores from each other; None where they are too many.

    `scores` are what `exact` gives, of any shape; what lies outside of [0, 1] no threshold parts.

    Examples
    --------
    >>> import numpy as np
    >>> from f1core.html_report.grid import grid_of_scores
    >>> scores = np.array([0.25, 0.2500001, 0.2500002])
    >>> bins = grid_of_scores(scores.dtype, 1, scores).bins_of(scores)
    >>> (bins - bins[0]).tolist()
    [0, 1, 2]
    """
    distinct = np.unique(scores)
    distinct = distinct[(distinct >= 0) & (distinct <= 1)]
    coarse = grid_of(dtype, labels)
    size = len(distinct) + len(coarse.edges)
    if len(distinct) > _DISTINCT or size * labels > _BINS:
        return None
    # Only a threshold below 0 is below a score of 0.
    lowest = [-1.0] if len(scores) and scores.min() <= 0 else []
    between = _between(distinct[:-1], distinct[1:], dtype)
    edges = np.unique(np.concatenate([lowest, coarse.edges, between]))
    edges, lengths, compared = _different(edges, dtype, False)
    none = np.zeros(0, np.int32)
    return Grid(edges, lengths, none, compared, coarse.mantissa, False, True)


def _between(low: Array, high: Array, dtype: np.dtype[Any]) -> Array:
    """Find for each pair of scores a short decimal that parts them: low <= it < high, as compared.

    As few digits of their middle as do; where none do, `low`, which is not above itself.
    """
    found = low.astype(np.float64)
    left = np.arange(len(found))
    middle = found + (high.astype(np.float64) - found) / 2
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        exponent = np.floor(np.log10(middle))
        for digits in range(1, 16):
            power = 10.0 ** (digits - 1 - exponent[left])
            short = np.round(middle[left] * power) / power
            compared = exact(cuts_of(np.nan_to_num(short, nan=2.0, posinf=2.0), dtype, False))
            parts = (short >= 0) & (short <= 1) & (compared >= low[left]) & (compared < high[left])
            found[left[parts]] = short[parts]
            left = left[~parts]
    return found
