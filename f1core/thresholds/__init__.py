"""Thresholds for scores: best_threshold(), curve() and BinnedThresholds."""

from .best import Best, best_threshold
from .binned import BinnedBest, BinnedThresholds
from .curves import Curve, curve
from .ranking import Ranking

__all__ = ["Best", "BinnedBest", "BinnedThresholds", "Curve", "Ranking", "best_threshold", "curve"]
