"""Cells with options: targets and scores to masks, then masks to counts.

Each step is a kernel of its own and the masks stay in a core's second cache between them. So m
kinds of targets and n of scores are m + n kernels of 1 s to compile, where one of everything was
m n of 8 s, and m n of 12 s with weights.
"""

import numpy as np

from .limits import LANES, LINE
from .loader import Kernel

MASKS = 1 << 15  # in an array of them: so many rows or fewer, which 16 bits count
LEAST = 128  # rows in one go
STEP = 1.5  # seconds that one of these kernels takes to compile
MANY = 1 << 12  # rows from which on counting by kind pays, of 17^4 kinds with cells left out

flags = Kernel("threshold_masks", "flags", STEP)
cut = Kernel("threshold_masks", "cut", STEP)
outside = Kernel("threshold_masks", "outside", STEP)
add_few = Kernel("multilabel_masks", "add_few", STEP)
add_seen = Kernel("multilabel_masks", "add_seen", STEP)
add_many = Kernel("multilabel_masks", "add_many", STEP)
add_weighted = Kernel("multilabel_weights", "add_weighted", STEP)


def cells(
    true, true_from, words, words_from, n, cuts, below, limit, skips, ignored, chosen, coefs, sums,
    rows, weight=None,
):  # fmt: skip
    """Add n rows' TP, PRED, TRUE and CELLS of each label and the rows' statistics.

    A matrix is (n, L), with -1 for its `from`; or (L, N), whose columns from there on are the rows.
    `chosen` are masks of the labels that the rows' statistics look at; empty, if at all. Weights
    are added in row order. Scores lie from minus `below` to `limit`, both as bits. Returns whether
    a cell that counts is to be refused; the sums hold anything then.
    """
    size = sums.shape[1]
    groups, base = -(-size // LANES), size + 1
    stride = -(-min(max(n, 1), max(LEAST, MASKS // groups)) // LANES) * LANES
    pred, targets, lines, others = np.zeros((4, groups * stride), np.uint16)
    kept = full(size).repeat(stride)
    few = groups == 1 and weight is None and not len(chosen) and (not skips or n > MANY)
    if weight is not None:
        kinds = base**3 if groups == 1 else 1
        table, known = np.empty(kinds * LINE), np.zeros(kinds, np.bool_)
    elif few:
        seen = np.zeros(base ** (4 if skips else 3), np.uint32)
    for first in range(0, n, stride):
        block = min(stride, n - first)
        where = first, block, size
        if flags(
            true, true_from, *where, skips, ignored, stride, lines, others, targets, kept
        ):  # fmt: skip
            return True
        if cut(words, words_from, *where, cuts, below, limit, stride, lines, pred):
            outside(words, words_from, *where, below, limit, stride, lines, others)
            wrong = (others & kept).reshape(groups, stride)
            if wrong[:, :block].any():
                return True
        if weight is not None:
            add_weighted(
                block, stride, pred, targets, kept, skips, chosen, weight[first : first + block],
                coefs, table, known, sums, rows,
            )  # fmt: skip
        elif few:
            add_few(block, pred, targets, kept, skips, seen, sums)
        else:
            add_many(block, stride, pred, targets, kept, skips, chosen, coefs, sums, rows)
    if few:
        add_seen(seen, size, skips, coefs, rows)
    return False


def full(size):
    """Masks of sixteen labels each that have all `size` labels."""
    return np.packbits(np.arange(-size % LANES + size) < size, bitorder="little").view("<u2")
