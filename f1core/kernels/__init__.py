"""The only Numba: arrays in, arrays filled; no strings, no raising, no Python objects."""

from .loader import Kernel
from .loader import NotReady as NotReady
from .loader import Rent as Rent
from .loader import hurry as hurry
from .loader import start as start
from .sizes import LANES

argmax = Kernel("ranking", "argmax")
binary = Kernel("cuts", "binary")
cells = Kernel("codes", "cells")
cells_weighted = Kernel("weighted", "cells_weighted")
decide = Kernel("decisions", "decide")
decide_logits = Kernel("decisions", "decide_logits")
empty_rows = Kernel("decisions", "empty_rows")
few_labels = Kernel("grid", "few_labels")
labels = Kernel("pairs", "labels")
labels_sums = Kernel("pairs", "labels_sums")
labels_sums_weighted = Kernel("pairs", "labels_sums_weighted")
labels_weighted = Kernel("pairs", "labels_weighted")
many_labels = Kernel("grid", "many_labels")
multiclass = Kernel("fused", "multiclass")
multiclass_sums = Kernel("fused", "multiclass_sums")
topk = Kernel("top", "topk")


def multilabel(true, words, one, cuts, coefs, sums, rows):
    """Add TP, PRED and TRUE of each label and the rows' statistics.

    Returns whether a cell is not 0/1 and [0, 1].
    """
    count = few_labels if words.shape[1] <= LANES else many_labels
    return count(true, words, one, cuts, coefs, sums, rows)
