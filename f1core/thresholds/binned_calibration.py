"""Calibration of a stream: bins made of the bins that were counted, and exact sums of losses."""

from __future__ import annotations

import numpy as np

from ..averages import NO_ROWS
from ..counts import Array
from ..errors import F1Error
from ..metrics import divide
from .bin_sums import value_of_digits
from .binned_total import BinnedState
from .reliability import Calibration, ReliabilityBins, Spread, assembled, named_classes


def calibration_of(binned: BinnedState, bins: int, strategy: str) -> Calibration:
    """Compute the calibration of binned scores, in `bins` bins of equal width or equal counts."""
    options, counts, sums = binned.options, binned.counts, binned.sums
    assert counts is not None and sums is not None
    if not counts.any():
        raise F1Error(NO_ROWS)
    task = options.task or ""
    weighted = counts.dtype.kind == "f"
    confidence, totals = value_of_digits(sums.confidence), counts.sum(axis=(1, 2))
    each = [_made(*label, bins, strategy) for label in zip(counts, confidence, strict=True)]
    losses = divide(value_of_digits(sums.losses).T, totals, np.nan)
    top = None
    if task == "multiclass":
        top = _made(sums.top, value_of_digits(sums.top_confidence), bins, strategy)
    whole, partly = sums.kinds.tolist()
    spreads = {}
    if whole and not partly:
        rows, total = value_of_digits(sums.rows), float(totals.max())
        for place, name in enumerate(("brier", "log_loss")):
            mean, square = rows[place] / total, rows[place + 2] / total
            variance = max(square - mean**2, 0.0) / max(total - 1, 1.0)
            spreads[name] = Spread(mean, np.nan if weighted else variance, total)
    return assembled(task, named_classes(task, options, len(counts)), each, top, losses, spreads)


def _made(counts: Array, confidence: Array, bins: int, strategy: str) -> ReliabilityBins:
    """Join (n + 2, 2) counts to so many bins; the first and last hold what lies at the ends."""
    inner, joined = len(counts) - 2, []
    for values in (counts.sum(axis=1), counts[:, 1], confidence):
        some = values[1:-1].copy()
        some[0] += values[0]
        some[-1] += values[-1]
        joined.append(some)
    if strategy == "uniform":
        ends = np.arange(bins + 1) * (inner // bins)
    else:
        sums = np.cumsum(joined[0])
        share = np.arange(1, bins) / bins * sums[-1] * (1 - 1e-12)
        ends = np.concatenate([[0], np.searchsorted(sums, share) + 1, [inner]]).clip(max=inner)
    parts = [np.add.reduceat(np.append(values, 0), ends[:-1]) for values in joined]
    for part in parts:  # of an empty span `reduceat` gives the first number after it
        part[ends[1:] == ends[:-1]] = 0
    trials = None if counts.dtype.kind == "i" else np.full(bins, np.nan)
    return ReliabilityBins.of(ends / inner, parts[0], parts[1], parts[2], trials)
