"""The only Numba: arrays in, arrays filled; no strings, no raising, no Python objects."""

from .cuts import binary, multilabel
from .decisions import decide, decide_logits
from .fused import multiclass, multiclass_sums
from .grid import cells, cells_weighted
from .pairs import labels, labels_sums, labels_sums_weighted, labels_weighted
from .ranking import argmax, topk

__all__ = [
    "argmax",
    "binary",
    "cells",
    "cells_weighted",
    "decide",
    "decide_logits",
    "labels",
    "labels_sums",
    "labels_sums_weighted",
    "labels_weighted",
    "multiclass",
    "multiclass_sums",
    "multilabel",
    "topk",
]
