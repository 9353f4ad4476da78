"""Thresholds for scores, and how good these are: best_threshold(), curve(), calibration()."""

from .best import Best, best_threshold
from .binned import BinnedBest, BinnedThresholds
from .calibrate import calibration
from .curves import Curve, curve
from .ranking import Ranking
from .reliability import Calibration

__all__ = [
    "Best",
    "BinnedBest",
    "BinnedThresholds",
    "Calibration",
    "Curve",
    "Ranking",
    "best_threshold",
    "calibration",
    "curve",
]
