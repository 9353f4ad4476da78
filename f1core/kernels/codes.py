"""Multilabel cells decided already: pred + 2 true, or 4 for a cell that counts nowhere."""

import numpy as np

from ..counts import CELLS, PRED, TP, TRUE
from .jit import jit
from .lanes import LANES, above, load, load_part, repeated
from .masks import add_where, bits, has, store
from .ranking import whole_rows
from .ratios import add_rows

IGNORED = 4


ROWS, BYTE = 224, 255  # as in `grid`, with four 8-bit counters
TRUE_ONE, TP_ONE, CELL_ONE = 1 << 8, 1 << 16, 1 << 24
PRED_BIT, TRUE_BIT = 1, 2


@jit
def cells(code, coefs, sums, rows):
    """Add TP, PRED, TRUE and CELLS of each label and the rows' statistics."""
    n, size = code.shape
    last, part, whole = max(0, size - LANES), min(size, LANES), whole_rows(code, LANES)
    again = -size % LANES if last else 0
    new, slot = -1 << again if last else (1 << part) - 1, last + again
    totals = np.zeros(slot + LANES, np.uint32)
    counts = np.full((5, min(n, ROWS)), 1, np.int32)  # TIMES: once each
    for start in range(0, n, ROWS):
        block = min(ROWS, n - start)
        for row in range(block):
            i = start + row
            tp, pred, true, kept = 0, 0, 0, 0
            for column in range(0, size, LANES):
                j = min(column, last)
                inside = new if column == slot else -1
                values = (
                    load(code, i, j, LANES) if i < whole else load_part(code, i, j, part, LANES)
                )
                p = has(values, repeated(code, PRED_BIT, LANES)) & inside
                t = has(values, repeated(code, TRUE_BIT, LANES)) & inside
                k = above(repeated(code, IGNORED, LANES), values) & inside
                total = add_where(p, load(totals, 0, column, LANES), 1)
                total = add_where(t, total, TRUE_ONE)
                total = add_where(p & t, total, TP_ONE)
                store(totals, column, add_where(k, total, CELL_ONE))
                tp += bits(p & t)
                pred += bits(p)
                true += bits(t)
                kept += bits(k)
            counts[TP, row], counts[PRED, row] = tp, pred
            counts[TRUE, row], counts[CELLS, row] = true, kept
        add_rows(block, counts, coefs, rows)
        for j in range(size):
            total = totals[j + again if j >= slot else j]
            sums[PRED, j] += total & BYTE
            sums[TRUE, j] += total >> 8 & BYTE
            sums[TP, j] += total >> 16 & BYTE
            sums[CELLS, j] += total >> 24
        totals[:] = 0
