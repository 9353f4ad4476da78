"""Intervals of calibration errors: means and maxima of gaps, whose noise has no sign."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..counts import Array

_STEPS = 40  # halvings of the range in which an end lies
_CELLS = 1 << 22  # numbers drawn at most


def gap_interval(
    count: Array,
    gap: Array,
    frequency: Array,
    trials: Array,
    largest: bool,
    level: float,
    draws: int,
    seed: int,
) -> tuple[float, float]:
    """Bound the mean (or the largest) of the bins' true gaps without their signs: (low, high).

    What was found is too large by an amount that depends on how the true gaps are spread over the
    bins. Four ways are tried: as the gaps that were found, as these less what noise explains, as
    those that are twice their standard error, and evenly. Of each way the interval holds the
    multiples under which as small an error as the one found has a chance of (1 - level) / 2 at
    least, and as large a one; the result holds all four. Where right probabilities would nearly
    always show more error, as with no miss at all, it ends at what noise alone may show.

    Source: test inversion, as G. Casella, R. Berger, Statistical Inference, 2002, section 9.2; the
    bias of the error that was found: A. Kumar, P. Liang, T. Ma, Verified uncertainty calibration,
    NeurIPS 2019.
    """
    kept = count > 0
    share = count[kept] / count[kept].sum()
    gap, frequency, trials = gap[kept], frequency[kept], np.maximum(trials[kept], 1.0)
    rate = (frequency * trials + 0.5) / (trials + 1)  # a bin of one kind only is not without noise
    noise = np.sqrt(rate * (1 - rate) / trials)
    less = np.sqrt(np.maximum(gap**2 - noise**2, 0.0))
    some = np.where(np.abs(gap) > 2 * noise, np.abs(gap), 0.0)
    shapes = [shape for shape in (np.abs(gap), less, some, np.ones(len(gap))) if shape.any()]
    draws = max(100, min(draws, _CELLS // len(gap)))
    drawn = np.random.default_rng(seed).standard_normal((draws, len(gap))) * noise

    def error(gaps: Array) -> Array:
        sizes = np.abs(gaps)
        return np.asarray(sizes.max(axis=-1) if largest else sizes @ share)

    found, tail, ends = error(gap), (1 - level) / 2, []
    alone = error(drawn)
    if np.mean(alone <= found) < tail:
        return 0.0, float(min(1.0, np.quantile(alone, 1 - tail)))
    for shape in shapes:
        ends.append(_inverted(lambda gaps: error(gaps + drawn), shape / error(shape), found, tail))
    return min(low for low, _ in ends), max(high for _, high in ends)


def _inverted(
    errors: Callable[[Array], Array], shape: Array, found: Array, tail: float
) -> tuple[float, float]:
    """The multiples of a shape, whose own error is 1, that do not make what was found a surprise.

    `errors` are those of many draws around some true gaps.
    """

    def end(beyond: Callable[[float], bool]) -> float:
        low, high = 0.0, 1.0  # no error is above 1
        for _ in range(_STEPS):
            middle = (low + high) / 2
            low, high = (low, middle) if beyond(middle) else (middle, high)
        return low

    def too_small(s: float) -> bool:
        return bool(np.mean(errors(s * shape) <= found) < tail)

    def large_enough(s: float) -> bool:
        return bool(np.mean(errors(s * shape) >= found) >= tail)

    low, high = 0.0 if large_enough(0.0) else end(large_enough), end(too_small)
    return min(low, high), max(low, high)
