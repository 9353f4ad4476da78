"""Statistics of rows from their counts: exact sums of the six ratios of `counts.RATIOS`."""

import numpy as np

from ..counts import CELLS, COUNT, EXACT, LIMB, PRED, RATIOS, TP, TRUE
from .jit import inlined, jit

TIMES = 4  # the row of counts after TP, PRED, TRUE, CELLS: how often such a row occurs
N_RATIOS = len(RATIOS)
UNDEFINED, HIGH, LOW = (2 + N_RATIOS * block for block in range(3))
FBETA, SPECIFICITY = RATIOS.index("fbeta"), RATIOS.index("specificity")

# Each is a tp / (a tp + b fn + c fp): rows of a, b, c in the order of RATIOS. fbeta's come with the
# call; specificity is the recall of the negatives.
FACTORS = np.array([[1, 0, 1], [1, 1, 0], [2, 1, 1], [0, 0, 0], [1, 1, 1], [1, 1, 0]], float)


@jit
def add_rows(n, counts, coefs, rows):
    """Add the first n rows' statistics, each TIMES times; overwrites counts.

    Six vectorised loops take 5 ns a row together and compile in half the time of one loop over six
    written-out ratios, which takes 4.
    """
    tp, pred, true, kept = counts[TP], counts[PRED], counts[TRUE], counts[CELLS]
    times = counts[TIMES]
    total, exact = 0, 0
    for i in range(n):
        total += times[i]
        exact += times[i] * ((tp[i] == pred[i]) & (tp[i] == true[i]))
    rows[COUNT] += total
    rows[EXACT] += exact
    for which in range(N_RATIOS):
        if which == SPECIFICITY:
            for i in range(n):
                tp[i] += kept[i] - true[i] - pred[i]
                true[i] = kept[i] - true[i]
        factors = coefs if which == FBETA else FACTORS[which]
        a, b, c = factors[0], factors[1], factors[2]
        undefined, high, low = 0, 0, 0
        for i in range(n):
            over = a * tp[i]
            under = over + b * (true[i] - tp[i]) + c * (pred[i] - tp[i])
            none = np.int64(under == 0.0)  # then over is 0 as well
            x = over / (under + none) * LIMB
            whole = np.int64(x)
            undefined += times[i] * none
            high += times[i] * whole
            low += times[i] * np.int64((x - whole) * LIMB)
        rows[UNDEFINED + which] += undefined
        rows[HIGH + which] += high
        rows[LOW + which] += low


@inlined
def add_histogram(seen, size, coefs, rows):
    """Add the statistics of seen[pred, true, tp] rows of `size` labels."""
    n, kinds = np.int64(0), (size + 1) * (size + 2) * (2 * size + 3) // 6  # tp <= pred, true
    counts = np.full((5, kinds), size, np.int32)
    for pred in range(size + 1):
        for true in range(size + 1):
            start = (pred * (size + 1) + true) * (size + 1)
            for tp in range(min(pred, true) + 1):
                times = seen[start + tp]
                if times:
                    counts[TP, n], counts[PRED, n], counts[TRUE, n] = tp, pred, true
                    counts[TIMES, n] = times
                    n += 1
    add_rows(n, counts, coefs, rows)
