"""Cells as codes, for what needs each cell and not its sums."""

from .argmax_ids import whole_rows
from .jit import jit
from .lanes import LANES, above, equal, load, order, repeated
from .masks import has
from .threshold_masks import aligned, beyond, fill_keys, neighbours


@jit
def decide(true, one, words, cuts, keys, below, limit, skips, ignored, code):
    """Fill code (n, L) with pred + 2 true, or 4 for a cell that counts nowhere.

    Returns whether a cell that counts is to be refused; keys, below and limit are those of `cut`.
    """
    n, size = code.shape
    fill_keys(cuts, keys)
    last = max(0, size - LANES)
    whole = min(whole_rows(words, LANES), whole_rows(true, LANES))
    label, mark = repeated(true, -1, LANES), repeated(true, one, LANES)
    odd = 0
    for i in range(n):
        for j in range(0, size, LANES):
            score, target = neighbours(words, i, j, whole), neighbours(true, i, j, whole)
            p = above(order(score), load(keys, 0, min(j, last), LANES))
            t, skipped = has(target, label), skips * equal(target, ignored)
            wrong = beyond(words, score, below, limit) | (t & ~equal(target, mark))
            odd |= aligned(wrong & ~skipped, j, size, size - j)
            p = aligned(p & ~skipped, j, size, size - j)
            t = aligned(t & ~skipped, j, size, size - j)
            skipped = aligned(skipped, j, size, size - j)
            for k in range(min(LANES, size - j)):
                code[i, j + k] = (p >> k & 1) | (t >> k & 1) << 1 | (skipped >> k & 1) << 2
    return odd != 0
