"""Pictures: the threshold, classes, ROC, precision and recall, reliability. Needs extra `plot`."""

from .calibrated import reliability
from .classes import per_class
from .cuts import threshold
from .matrix import confusion
from .ranked import precision_recall, roc

__all__ = ["confusion", "per_class", "precision_recall", "reliability", "roc", "threshold"]
