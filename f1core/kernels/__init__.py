"""The only Numba: arrays in, arrays filled; no strings, no raising, no Python objects."""

from .codes import cells
from .cuts import binary
from .decisions import decide, decide_logits, empty_rows
from .fused import multiclass, multiclass_sums
from .grid import multilabel
from .pairs import labels, labels_sums, labels_sums_weighted, labels_weighted
from .ranking import argmax
from .top import topk
from .weighted import cells_weighted

__all__ = [
    "argmax",
    "binary",
    "cells",
    "cells_weighted",
    "decide",
    "decide_logits",
    "empty_rows",
    "labels",
    "labels_sums",
    "labels_sums_weighted",
    "labels_weighted",
    "multiclass",
    "multiclass_sums",
    "multilabel",
    "topk",
]
