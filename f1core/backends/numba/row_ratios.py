"""Statistics of rows from their counts: exact sums of each of `count_layout.RATIOS`."""

import numpy as np

from ...count_layout import CELLS, COEFS, COUNT, EXACT, LIMB, PRED, RATIOS, TP, TRUE
from .floats import floats_of, is_zero, minus, over, plus, times, where
from .jit import inlined, jit
from .lanes import LANES, above, load, repeated
from .masks import choose, store
from .tiles import added, both, multiplied, widened
from .vectors import matrix

# Rows of counts after TP, PRED, TRUE, CELLS: how often such a row occurs, whether it is all right.
TIMES, SAME = 4, 5
N_RATIOS = len(RATIOS)
UNDEFINED, HIGH, LOW = (2 + N_RATIOS * block for block in range(3))
F1, FBETA, SPECIFICITY = (RATIOS.index(ratio) for ratio in ("f1", "fbeta", "specificity"))
assert FBETA == F1 + 1

FACTORS = np.array([COEFS.get(ratio, (0.0, 0.0, 0.0)) for ratio in RATIOS])  # fbeta's: the call's


# A whole number from 0 to 2^51 plus this has its bits as the lowest of the sum.
# A ratio's limbs are at most 2^31: of numbers of 32 bits, any CPU multiplies lanes.
SHIFT, LOWEST = 2.0**52, (1 << 32) - 1
MOST_KINDS = 1792  # of rows of sixteen labels, whose tp is at most pred and true; whole loads
SOME = 8  # float64 in a vector: with 16, registers run out, and 8 ns a row become 14
EVERY = (1 << SOME) - 1


@jit
def add_rows(n, counts, coefs, rows):
    """Add the first n rows' statistics, each TIMES times: 0 for those beyond, up to a whole load.

    All in vectors, on any CPU. Left to LLVM, a cast from float64 to int64 keeps it from vectors
    wherever there is no AVX-512: 35 ns a row.
    """
    total, exact = 0, 0
    for i in range(n):
        total += counts[TIMES, i]
        exact += np.int64(counts[TIMES, i]) * counts[SAME, i]
    rows[COUNT] += total
    rows[EXACT] += exact
    sums = matrix(np.int64, 3, SOME)
    usual = coefs[0] == FACTORS[F1, 0] and coefs[1] == FACTORS[F1, 1] and coefs[2] == FACTORS[F1, 2]
    for which in range(N_RATIOS):
        if which != FBETA or not usual:  # else sums still hold what F1 has, a ratio ahead
            add_ratio(n, counts, coefs if which == FBETA else FACTORS[which], which, sums)
        for lane in range(SOME):
            rows[UNDEFINED + which] += sums[0, lane]
            rows[HIGH + which] += sums[1, lane]
            rows[LOW + which] += sums[2, lane]


@inlined
def add_ratio(n, counts, factors, which, sums):
    """Fill sums (3, lanes): how many rows have no such ratio, and the limbs of all others'."""
    a, b = where(EVERY, factors[0], SOME), where(EVERY, factors[1], SOME)
    c, limb = where(EVERY, factors[2], SOME), where(EVERY, LIMB, SOME)
    undefined = high = low = repeated(sums, 0, SOME)
    for i in range(0, n, SOME):
        tp, pred = number(counts, TP, i), number(counts, PRED, i)
        fn, fp = minus(number(counts, TRUE, i), tp), minus(pred, tp)
        if which == SPECIFICITY:
            tp = minus(minus(minus(number(counts, CELLS, i), fn), fp), tp)
            fn = fp
        upper = times(a, tp)
        under = plus(plus(upper, times(b, fn)), times(c, fp))
        none = is_zero(under)  # then upper is 0 as well
        x = times(over(upper, plus(under, where(none, 1.0, SOME))), limb)
        whole = floor(x)
        rest = floor(times(minus(x, whole), limb))
        often = widened(load(counts, TIMES, i, SOME))
        undefined = added(undefined, choose(none, often, repeated(sums, 0, SOME)))
        high = added(high, multiplied(often, digits(whole, sums)))
        low = added(low, multiplied(often, digits(rest, sums)))
    store(sums[0], 0, undefined)
    store(sums[1], 0, high)
    store(sums[2], 0, low)


@inlined
def number(counts, line, i):
    """Some rows' counts as float64."""
    return floats_of(load(counts, line, i, SOME))


@inlined
def floor(x):
    """The whole part of numbers from 0 to 2^51; their bits have the numbers' order."""
    shift = where(EVERY, SHIFT, SOME)
    nearest = minus(plus(x, shift), shift)
    return minus(nearest, where(above(nearest, x), 1.0, SOME))


@inlined
def digits(x, sums):
    """Whole numbers from 0 to 2^51 as int64."""
    return both(plus(x, where(EVERY, SHIFT, SOME)), repeated(sums, LOWEST, SOME))


@inlined
def add_histogram(seen, size, cells, coefs, rows):
    """Add the statistics of seen[pred, true, tp] rows of `size` labels, if so many cells count."""
    n, kinds = np.int64(0), (cells + 1) * (cells + 2) * (2 * cells + 3) // 6  # tp <= pred, true
    counts = matrix(np.int32, 6, MOST_KINDS)
    counts[:, : -(-kinds // LANES) * LANES] = cells
    counts[TIMES, : -(-kinds // LANES) * LANES] = 0
    for pred in range(cells + 1):
        for true in range(cells + 1):
            start = (pred * (size + 1) + true) * (size + 1)
            for tp in range(min(pred, true) + 1):
                times = seen[start + tp]
                if times:
                    counts[TP, n], counts[PRED, n], counts[TRUE, n] = tp, pred, true
                    counts[TIMES, n], counts[SAME, n] = times, (tp == pred) & (tp == true)
                    n += 1
    add_rows(n, counts, coefs, rows)
