"""Scores against a threshold."""

import numpy as np

from ..counts import CELLS, PRED, TP, TRUE
from .jit import jit
from .lanes import (
    ALL,
    LANES,
    above,
    above_bits,
    larger_bits,
    load,
    load_part,
    order,
    repeated,
    spread,
)
from .masks import add, bits
from .ranking import whole_rows
from .ratios import add_rows

N = 3  # binary's count of rows, after TP, PRED, TRUE
ROWS = FULL = 1023  # as many as a 10-bit counter holds
TRUE_ONE, TP_ONE = 1 << 10, 1 << 20  # three counters in one 32-bit lane


@jit
def binary(true, words, one, cut, out):
    """Add true positives, predicted, true and rows; return whether a row is not 0/1 and [0, 1]."""
    n = len(words)
    limit = order(repeated(words, cut))
    top, odd = repeated(words, 0), repeated(true, 0)
    tp, pred, positive = 0, 0, 0
    for j in range(0, n, LANES):
        if n - j >= LANES:
            inside = ALL
            score, target = load(words, 0, j), load(true, 0, j)
        else:
            inside = (1 << (n - j)) - 1
            score = spread(load_part(words, 0, j, n - j), n - j)
            target = spread(load_part(true, 0, j, n - j), n - j)
        top, odd = larger_bits(top, score), larger_bits(odd, target)
        p, t = above(score, limit) & inside, above_bits(target, 0) & inside
        pred += bits(p)
        positive += bits(t)
        tp += bits(p & t)
    out[TP] += tp
    out[PRED] += pred
    out[TRUE] += positive
    out[N] += n
    return above_bits(top, one) | above_bits(odd, 1)


@jit
def multilabel(true, words, one, cuts, coefs, sums, rows):
    """Add TP, PRED and TRUE of each label and the rows' statistics; return as `binary`."""
    n, size = words.shape
    whole = min(whole_rows(words), whole_rows(true))
    limits = np.zeros(max(size, LANES), words.dtype)
    limits[:size] = cuts
    totals = np.zeros(max(size, LANES), np.uint32)
    counts = np.full((4, min(n, ROWS)), size, np.int32)
    top, odd = repeated(words, 0), repeated(true, 0)
    last = max(0, size - LANES)  # the last load goes back over columns already counted,
    new = ALL & -(1 << (-size % LANES)) if size >= LANES else (1 << size) - 1  # all but these
    for start in range(0, n, ROWS):
        block = min(ROWS, n - start)
        for row in range(block):
            i = start + row
            tp, pred, positive = 0, 0, 0
            for column in range(0, size, LANES):
                j = min(column, last)
                if i < whole:
                    score, target = load(words, i, j), load(true, i, j)
                else:
                    score, target = load_part(words, i, j, size), load_part(true, i, j, size)
                if size < LANES:
                    score, target = spread(score, size), spread(target, size)
                inside = new if j == last else ALL
                top, odd = larger_bits(top, score), larger_bits(odd, target)
                p = above(score, order(load(limits, 0, j))) & inside
                t = above_bits(target, 0) & inside
                add(totals, j, p, 1)
                add(totals, j, t, TRUE_ONE)
                add(totals, j, p & t, TP_ONE)
                pred += bits(p)
                positive += bits(t)
                tp += bits(p & t)
            counts[TP, row], counts[PRED, row], counts[TRUE, row] = tp, pred, positive
        add_rows(block, counts[TP], counts[PRED], counts[TRUE], counts[CELLS], coefs, rows)
        for j in range(size):
            sums[PRED, j] += totals[j] & FULL
            sums[TRUE, j] += totals[j] >> 10 & FULL
            sums[TP, j] += totals[j] >> 20
        totals[:] = 0
    return above_bits(top, one) | above_bits(odd, 1)
