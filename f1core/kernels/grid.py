"""Multilabel cells decided already: pred + 2 true, or 4 for a cell that counts nowhere."""

import numpy as np

from ..counts import CELLS, PRED, TP, TRUE
from .jit import jit
from .lanes import ALL, LANES, equal, load, load_part
from .masks import add, bits
from .ranking import whole_rows
from .ratios import add_row_weighted, add_rows

IGNORED, BOTH = 4, 3
ROWS = 255  # as many as an 8-bit counter holds
TRUE_ONE, TP_ONE, CELL_ONE = 1 << 8, 1 << 16, 1 << 24  # four counters in one 32-bit lane


@jit
def cells(code, coefs, sums, rows):
    """Add TP, PRED, TRUE and CELLS of each label and the rows' statistics."""
    n, size = code.shape
    whole = whole_rows(code)
    totals = np.zeros(max(size, LANES), np.uint32)
    counts = np.empty((4, min(n, ROWS)), np.int32)
    last = max(0, size - LANES)
    new = ALL & -(1 << (-size % LANES)) if size >= LANES else (1 << size) - 1
    for start in range(0, n, ROWS):
        block = min(ROWS, n - start)
        for row in range(block):
            i = start + row
            tp, pred, positive, kept = 0, 0, 0, 0
            for column in range(0, size, LANES):
                j = min(column, last)
                cell = load(code, i, j) if i < whole else load_part(code, i, j, size)
                inside = new if j == last else ALL
                both = equal(cell, 3) & inside
                p, t = (both | equal(cell, 1)) & inside, (both | equal(cell, 2)) & inside
                k = (p | t | equal(cell, 0)) & inside
                add(totals, j, p, 1)
                add(totals, j, t, TRUE_ONE)
                add(totals, j, both, TP_ONE)
                add(totals, j, k, CELL_ONE)
                pred += bits(p)
                positive += bits(t)
                tp += bits(both)
                kept += bits(k)
            counts[TP, row], counts[PRED, row], counts[TRUE, row] = tp, pred, positive
            counts[CELLS, row] = kept
        add_rows(block, counts[TP], counts[PRED], counts[TRUE], counts[CELLS], coefs, rows)
        for j in range(size):
            sums[PRED, j] += totals[j] & ROWS
            sums[TRUE, j] += totals[j] >> 8 & ROWS
            sums[TP, j] += totals[j] >> 16 & ROWS
            sums[CELLS, j] += totals[j] >> 24
        totals[:] = 0


@jit
def cells_weighted(code, weight, coefs, sums, rows):
    """As `cells`, adding weights in row order."""
    n, size = code.shape
    for i in range(n):
        w = weight[i]
        tp, pred, positive, kept = 0, 0, 0, 0
        for j in range(size):
            c = code[i, j]
            p, t, k = c & 1, c >> 1 & 1, c != IGNORED
            tp += p & t
            pred += p
            positive += t
            kept += k
            sums[TP, j] += w * (p & t)
            sums[PRED, j] += w * p
            sums[TRUE, j] += w * t
            sums[CELLS, j] += w * k
        add_row_weighted(tp, pred, positive, kept, w, coefs, rows)
