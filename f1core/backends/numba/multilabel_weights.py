"""Rows of labels as masks, with a weight a row: float64 sums strictly in row order."""

import numpy as np

from ...count_layout import CELLS, COUNT, EXACT, PRED, TP, TRUE
from .floats import is_zero, over, plus, times, where
from .jit import inlined, jit
from .lanes import LANES, load
from .limits import LINE, WIDE
from .masks import bits, store
from .row_ratios import FACTORS, FBETA, HIGH, N_RATIOS, SPECIFICITY, UNDEFINED
from .vectors import matrix, room

EVERY = (1 << WIDE) - 1

# Rows of a, b, c as multiples of tp, fn, fp; fbeta's come with the call. Specificity, which alone
# asks for the cells that count, is left to a division of its own.
OVER, UNDER = np.zeros((2, 3, WIDE))
OVER[0, :N_RATIOS] = FACTORS[:, 0]
UNDER[:, :N_RATIOS] = FACTORS.T
OVER[:, SPECIFICITY] = 0


@jit
def add_weighted(
    block, stride, pred, true, kept, skips, chosen, weight, coefs, table, known, total, sums, rows
):
    """Add a block of masks with their weights in row order.

    Rows of up to sixteen labels are few of a kind: each kind's ratios are divided once and kept in
    the table, which saves 10 of 20 ns a row. `total` is room for (4, labels in whole loads).
    """
    size, groups = sums.shape[1], len(pred) // stride
    total.fill(0)
    for k in range(4):
        for j in range(size):
            total[k, j] = sums[k, j]
    added = room(np.float64, LINE)
    added.fill(0)
    for k in range(N_RATIOS):
        added[k], added[WIDE + k] = rows[HIGH + k], rows[UNDEFINED + k]
    specificity, no_negative = added[SPECIFICITY], added[WIDE + SPECIFICITY]
    high, undefined = load(added, 0, 0, WIDE), load(added, 0, WIDE, WIDE)
    count, exact, every = rows[COUNT], rows[EXACT], sums[CELLS, 0]
    for i in range(block):
        w = weight[i]
        every += w
        tp, positive, predicted, cells, some, differ = 0, 0, 0, 0, 0, 0
        for group in range(groups):
            at = group * stride + i
            t, k = np.int64(true[at]), np.int64(kept[at])
            p = np.int64(pred[at]) & k
            add(total[TP], group * LANES, p & t, w)
            add(total[PRED], group * LANES, p, w)
            add(total[TRUE], group * LANES, t, w)
            if skips:
                add(total[CELLS], group * LANES, k, w)
            some |= k
            differ |= p ^ t
            if len(chosen):
                looked_at = np.int64(chosen[group])
                p, t, k = p & looked_at, t & looked_at, k & looked_at
            tp += bits(p & t)
            predicted += bits(p)
            positive += bits(t)
            cells += bits(k)
        if some == 0:
            continue
        count += w
        exact += w * (differ == 0)
        kind = 0
        if groups == 1:
            kind = (predicted * (size + 1) + positive) * (size + 1) + tp
        if not known[kind]:
            divide(table, kind * LINE, coefs, tp, positive - tp, predicted - tp)
            known[kind] = groups == 1
        line = where(EVERY, w, WIDE)
        high = plus(high, times(load(table, 0, kind * LINE, WIDE), line))
        undefined = plus(undefined, times(load(table, 0, kind * LINE + WIDE, WIDE), line))
        negative = cells - positive
        none = negative == 0
        specificity += (negative - predicted + tp) / (negative + none) * w
        no_negative += none * w
    rows[COUNT], rows[EXACT] = count, exact
    store(added, 0, high)
    store(added, WIDE, undefined)
    added[SPECIFICITY], added[WIDE + SPECIFICITY] = specificity, no_negative
    for k in range(N_RATIOS):
        rows[HIGH + k], rows[UNDEFINED + k] = added[k], added[WIDE + k]
    for j in range(size):
        for k in range(4):
            sums[k, j] = total[k, j]
        if not skips:  # of all labels the same
            sums[CELLS, j] = every


@inlined
def add(total, j, mask, weight):
    """Add the weight to the labels of the mask."""
    store(total, j, plus(load(total, 0, j, LANES), where(mask, weight, LANES)))


@jit
def divide(table, at, coefs, tp, fn, fp):
    """Fill a line with the ratios of such rows, and where they are undefined."""
    upper, lower = matrix(np.float64, 3, WIDE), matrix(np.float64, 3, WIDE)
    for i in range(3):
        for k in range(WIDE):
            upper[i, k], lower[i, k] = OVER[i, k], UNDER[i, k]
    upper[0, FBETA] = coefs[0]
    for k in range(3):
        lower[k, FBETA] = coefs[k]
    a, b = multiples(upper, tp, fn, fp), multiples(lower, tp, fn, fp)
    none = is_zero(b)
    store(table, at, over(a, plus(b, where(none, 1.0, WIDE))))
    store(table, at + WIDE, where(none, 1.0, WIDE))


@inlined
def multiples(factors, tp, fn, fp):
    """The numerators, or the denominators, of all ratios."""
    lines = times(load(factors, 0, 0, WIDE), where(EVERY, tp, WIDE))
    lines = plus(lines, times(load(factors, 1, 0, WIDE), where(EVERY, fn, WIDE)))
    return plus(lines, times(load(factors, 2, 0, WIDE), where(EVERY, fp, WIDE)))
