"""Cells as codes, for what needs each cell and not its sums."""

from .argmax_ids import whole_rows
from .jit import jit
from .lanes import LANES, above, equal, load, order, repeated
from .masks import has, yes
from .threshold_masks import aligned, beyond, keys_of, neighbours


@jit
def decide(true, words, cuts, below, limit, skips, ignored, code):
    """Fill code (n, L) with pred + 2 true, or 4 for a cell that counts nowhere.

    Returns whether a cell that counts is to be refused; below and limit are those of `cells`.
    """
    n, size = code.shape
    keys, last = keys_of(cuts, words), max(0, size - LANES)
    whole = min(whole_rows(words, LANES), whole_rows(true, LANES))
    label, one = repeated(true, -1, LANES), yes(true, LANES)
    odd = 0
    for i in range(n):
        for j in range(0, size, LANES):
            score, target = neighbours(words, i, j, whole), neighbours(true, i, j, whole)
            p = above(order(score), load(keys, 0, min(j, last), LANES))
            t, skipped = has(target, label), skips * equal(target, ignored)
            wrong = beyond(words, score, below, limit) | (t & ~equal(target, one))
            odd |= aligned(wrong & ~skipped, j, size, size - j)
            p = aligned(p & ~skipped, j, size, size - j)
            t = aligned(t & ~skipped, j, size, size - j)
            skipped = aligned(skipped, j, size, size - j)
            for k in range(min(LANES, size - j)):
                code[i, j + k] = (p >> k & 1) | (t >> k & 1) << 1 | (skipped >> k & 1) << 2
    return odd != 0
