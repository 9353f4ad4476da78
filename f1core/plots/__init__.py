"""Pictures: the threshold, classes, ROC, precision and recall, reliability. Needs extra `plot`."""

from .calibrated import reliability
from .counted import confusion, per_class, threshold
from .ranked import precision_recall, roc

__all__ = ["confusion", "per_class", "precision_recall", "reliability", "roc", "threshold"]
