"""Thresholds for scores: best_threshold(), curve() and BinnedThresholds."""

from .best import Best, best_threshold
from .binned import BinnedBest, BinnedThresholds
from .curves import Curve, curve

__all__ = ["Best", "BinnedBest", "BinnedThresholds", "Curve", "best_threshold", "curve"]
