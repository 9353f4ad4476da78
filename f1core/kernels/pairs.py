"""Rows that are a true and a predicted class already."""

from ..counts import PRED, TP, TRUE
from .jit import jit


@jit
def labels(true, pred, confusion):
    """Add 1 at [true, pred] for each row; return how many rows had an id outside 0..C-1."""
    size = len(confusion)
    bad = 0
    for i in range(len(true)):
        t, p = int(true[i]), int(pred[i])
        if 0 <= t < size and 0 <= p < size:
            confusion[t, p] += 1
        else:
            bad += 1
    return bad


@jit
def labels_weighted(true, pred, weight, confusion):
    """As `labels`, adding weights in row order."""
    size = len(confusion)
    bad = 0
    for i in range(len(true)):
        t, p = int(true[i]), int(pred[i])
        if 0 <= t < size and 0 <= p < size:
            confusion[t, p] += weight[i]
        else:
            bad += 1
    return bad


@jit
def labels_sums(true, pred, sums):
    """Add 1 to TRUE of the true, PRED of the predicted and TP of the class both name."""
    size = sums.shape[1]
    bad = 0
    for i in range(len(true)):
        t, p = int(true[i]), int(pred[i])
        if 0 <= t < size and 0 <= p < size:
            sums[TRUE, t] += 1
            sums[PRED, p] += 1
            sums[TP, t] += t == p
        else:
            bad += 1
    return bad


@jit
def labels_sums_weighted(true, pred, weight, sums):
    """As `labels_sums`, adding weights in row order."""
    size = sums.shape[1]
    bad = 0
    for i in range(len(true)):
        t, p = int(true[i]), int(pred[i])
        if 0 <= t < size and 0 <= p < size:
            sums[TRUE, t] += weight[i]
            sums[PRED, p] += weight[i]
            if t == p:
                sums[TP, t] += weight[i]
        else:
            bad += 1
    return bad
