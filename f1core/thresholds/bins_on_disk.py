"""Bins of scores on disk: an npz as that of an Accumulator, of which nothing is believed either."""

from __future__ import annotations

import operator
import os

import numpy as np

from ..errors import F1Error
from ..state import BINS, read_checked, write_arrays
from ..writing import check_target
from .bin_sums import BinSums, refuse_impossible
from .binned_total import BinnedState

_MOST_BINS = 1 << 20


def save(
    path: str | os.PathLike[str], bins: int, calibrated: bool, binned: BinnedState, force: bool
) -> None:
    """Write bins to a temporary file beside `path`, then rename it."""
    check_target(path, force=force)
    arrays = {BINS: np.asarray(bins), "calibration": np.asarray(calibrated)}
    if binned.counts is not None:
        arrays["counts"] = binned.counts
    if binned.sums is not None:
        arrays |= binned.sums._asdict()
    write_arrays(path, arrays, binned.options, binned.negative, force)


def load(path: str | os.PathLike[str]) -> tuple[int, bool, BinnedState]:
    """Read what `save` wrote: the number of bins, whether they have sums, and their state."""
    with read_checked(path) as (arrays, options, negative, _):
        if BINS not in arrays:
            raise F1Error("it holds counts, which Accumulator.load reads")
        bins, calibrated = operator.index(arrays.pop(BINS)[()]), bool(arrays.pop("calibration")[()])
        if not 2 <= bins <= _MOST_BINS or bins & (bins - 1):
            raise F1Error(f"it has {bins} bins")
        counts = arrays.pop("counts", None)
        named = counts is not None and calibrated
        if set(arrays) != set(BinSums._fields if named else ()):
            raise F1Error("it lacks what its bins have, or has more")
        if counts is None:
            return bins, calibrated, BinnedState(options, None, negative)
        labels = 1 if options.task == "binary" else options.n_classes or len(counts)
        good = counts.shape == (labels, bins + 2, 2) and counts.dtype in (np.int64, np.float64)
        if options.task is None or not good or not (np.isfinite(counts) & (counts >= 0)).all():
            raise F1Error("its counts are none that bins of its task can have")
        sums = BinSums(**arrays) if named else None
        if sums is not None:
            refuse_impossible(sums, counts)
        return bins, calibrated, BinnedState(options, counts, negative, sums)
