"""Scores to counts in one pass: `argmax`, then `labels`, a block of ids between them in cache."""

import numpy as np

from .jit import jit
from .pairs import labels, labels_sums
from .ranking import argmax

BLOCK = 1024


@jit
def multiclass(true, words, inf, confusion):
    """Add 1 at [true, argmax] for each row; return how many rows had a NaN or an id outside."""
    n = len(true)
    ids = np.empty(min(n, BLOCK), np.int32)
    bad = 0
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        argmax(words[start:stop], inf, ids)
        bad += labels(true[start:stop], ids, confusion)
    return bad


@jit
def multiclass_sums(true, words, inf, sums):
    """The same into TP, PRED and TRUE of each class."""
    n = len(true)
    ids = np.empty(min(n, BLOCK), np.int32)
    bad = 0
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        argmax(words[start:stop], inf, ids)
        bad += labels_sums(true[start:stop], ids, sums)
    return bad
