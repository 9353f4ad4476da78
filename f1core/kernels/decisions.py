"""Multilabel decisions as codes: pred + 2 true, or 4 for a cell that counts nowhere.

All arrays are flat and as long as each other, the cuts repeated row by row: one loop without a
branch over all cells of a block, which LLVM turns into vectors. (A loop over rows of 15 labels
takes 1 to 4 ns a cell.)
"""

import numpy as np

from .jit import inlined, jit

IGNORED = 4


@jit
def empty_rows(code, empty):
    """Mark the rows of which no cell counts; return how many there are.

    Most rows are left at their first or second cell: 2 ns a row, where NumPy's `all` takes 15.
    """
    n, size = code.shape
    found = 0
    for i in range(n):
        j = 0
        while j < size and code[i, j] == IGNORED:
            j += 1
        empty[i] = j == size
        found += j == size
    return found


@inlined
def _coded(pred, true, skip, wrong):
    """The code of a cell, and whether it is refused."""
    kept = skip ^ 1
    return (pred | (true != 0) << 1) * kept | skip << 2, kept & (wrong | (true < 0) | (true > 1))


@jit
def decide(true, words, one, cuts, skips, ignored, code):
    """Cut scores; return whether a cell that counts is above `one`, or its target not 0 or 1."""
    bad = 0
    for k in range(len(words)):
        skip = skips & (true[k] == ignored)
        code[k], refused = _coded(words[k] > cuts[k], true[k], skip, words[k] > one)
        bad |= refused
    return bad


@jit
def decide_logits(true, words, inf, cuts, skips, ignored, code):
    """As `decide`, for scores of either sign; only NaN is refused.

    Turning the bits of negative numbers around makes unsigned order the order of floats. -0.0 comes
    before 0.0 then, which no cut tells apart: a cut is never -0.0.
    """
    bits = words.itemsize * 8 - 1
    top = (inf & 0) + 1 << bits
    every = top | (top - 1)
    bad = 0
    for k in range(len(words)):
        word, cut = words[k], cuts[k]
        # As uint64: Numba's arithmetic ends in int64, where words of 64 bits have a sign.
        above = np.uint64(word ^ ((word >> bits) * every | top)) > np.uint64(
            cut ^ ((cut >> bits) * every | top)
        )
        skip = skips & (true[k] == ignored)
        code[k], refused = _coded(above, true[k], skip, (word & (top - 1)) > inf)
        bad |= refused
    return bad
