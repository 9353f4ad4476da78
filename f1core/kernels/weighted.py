"""Multilabel cells decided already, with a weight a row: float64 sums strictly in row order."""

import numpy as np

from ..counts import CELLS, COUNT, EXACT, PRED, TP, TRUE
from .codes import IGNORED, PRED_BIT, TRUE_BIT
from .floats import is_zero, over, plus, times, where
from .jit import inlined, jit
from .lanes import LANES, above, load, load_part, repeated
from .masks import bits, has, store
from .ranking import whole_rows
from .ratios import FACTORS, FBETA, HIGH, N_RATIOS, SPECIFICITY, UNDEFINED

WIDE = 8  # the six ratios and two never read: one division of a vector, not six
EVERY = (1 << WIDE) - 1

# Numerators and denominators as multiples of tp, fn, fp and tn; fbeta's come with the call.
OVER, UNDER = np.zeros((2, 4, WIDE))
OVER[0, :N_RATIOS] = FACTORS[:, 0]
UNDER[:3, :N_RATIOS] = FACTORS.T
OVER[:, SPECIFICITY], UNDER[:, SPECIFICITY] = (0, 0, 0, 1), (0, 0, 1, 1)


@jit
def cells_weighted(code, weight, coefs, sums, rows):
    """As `cells`, adding weights in row order."""
    n, size = code.shape
    last, part, whole = max(0, size - LANES), min(size, LANES), whole_rows(code, LANES)
    again = -size % LANES if last else 0
    new, slot = -1 << again if last else (1 << part) - 1, last + again
    total = np.zeros((4, slot + LANES))
    for j in range(size):
        for k in range(4):
            total[k, j + again if j >= slot else j] = sums[k, j]
    numerators, denominators, added = OVER.copy(), UNDER.copy(), np.zeros(2 * WIDE)
    numerators[0, FBETA] = coefs[0]
    for k in range(3):
        denominators[k, FBETA] = coefs[k]
    for k in range(N_RATIOS):
        added[k], added[WIDE + k] = rows[UNDEFINED + k], rows[HIGH + k]
    undefined, high = load(added, 0, 0, WIDE), load(added, 0, WIDE, WIDE)
    count, exact = rows[COUNT], rows[EXACT]
    for i in range(n):
        w = weight[i]
        tp, pred, true, kept = 0, 0, 0, 0
        for column in range(0, size, LANES):
            j = min(column, last)
            inside = new if column == slot else -1
            values = load(code, i, j, LANES) if i < whole else load_part(code, i, j, part, LANES)
            p = has(values, repeated(code, PRED_BIT, LANES)) & inside
            t = has(values, repeated(code, TRUE_BIT, LANES)) & inside
            k = above(repeated(code, IGNORED, LANES), values) & inside
            add(total[TP], column, p & t, w)
            add(total[PRED], column, p, w)
            add(total[TRUE], column, t, w)
            add(total[CELLS], column, k, w)
            tp += bits(p & t)
            pred += bits(p)
            true += bits(t)
            kept += bits(k)
        count += w
        exact += w * ((tp == pred) & (tp == true))
        a = multiples(numerators, tp, true - tp, pred - tp, kept - true - pred + tp)
        b = multiples(denominators, tp, true - tp, pred - tp, kept - true - pred + tp)
        none = is_zero(b)
        ratio = over(a, plus(b, where(none, 1.0, WIDE)))
        undefined = plus(undefined, where(none, w, WIDE))
        high = plus(high, times(ratio, where(EVERY, w, WIDE)))
    rows[COUNT], rows[EXACT] = count, exact
    store(added, 0, undefined)
    store(added, WIDE, high)
    for k in range(N_RATIOS):
        rows[UNDEFINED + k], rows[HIGH + k] = added[k], added[WIDE + k]
    for j in range(size):
        for k in range(4):
            sums[k, j] = total[k, j + again if j >= slot else j]


@inlined
def add(total, j, mask, weight):
    """Add the weight to the labels of the mask."""
    store(total, j, plus(load(total, 0, j, LANES), where(mask, weight, LANES)))


@inlined
def multiples(factors, tp, fn, fp, tn):
    """The numerators, or the denominators, of all ratios."""
    lines = times(load(factors, 0, 0, WIDE), where(EVERY, tp, WIDE))
    lines = plus(lines, times(load(factors, 1, 0, WIDE), where(EVERY, fn, WIDE)))
    lines = plus(lines, times(load(factors, 2, 0, WIDE), where(EVERY, fp, WIDE)))
    return plus(lines, times(load(factors, 3, 0, WIDE), where(EVERY, tn, WIDE)))
