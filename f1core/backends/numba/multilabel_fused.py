"""Rows of labels, counted by label and by row: the short way for few labels, the one for all."""

import numpy as np

from ...count_layout import PRED, TP, TRUE
from .argmax_ids import whole_rows
from .jit import inlined, jit
from .lanes import (
    LANES,
    above,
    above_bits,
    equal,
    larger_bits,
    load,
    load_part,
    magnitude,
    order,
    repeated,
)
from .masks import add_where, bits, choose, has, store
from .row_ratios import SAME, TIMES, add_rows
from .threshold_masks import aligned, beyond, neighbours
from .tiles import added, both, multiplied, ones
from .vectors import matrix, read_only

ROWS = 240  # in one go: their counters are bytes, emptied before a row too many


@jit
def few_labels(true, one, words, below, limit, cuts, seen, sums):
    """One load a row; the rows are few of a kind, and `seen` ((L + 1)^3,) counts each kind."""
    n, size = words.shape
    whole = min(whole_rows(words, LANES), whole_rows(true, LANES))
    odd = add_loads(true, one, words, whole, limit, cuts, seen, sums)
    if whole < n:  # the last rows, beyond which nothing may be read
        left = n - whole
        targets = matrix(true.dtype, LANES, LANES)
        scores = matrix(words.dtype, LANES, LANES)
        targets.fill(0)
        scores.fill(0)
        for i in range(left):  # as slices, they take Numba a second to compile
            for j in range(size):
                targets[i, j], scores[i, j] = true[whole + i, j], words[whole + i, j]
        targets, scores = read_only(targets), read_only(scores)
        odd |= add_loads(targets, one, scores, left, limit, cuts, seen, sums)
    return odd & 1 != 0 or (odd != 0 and refused(words, below, limit))


@jit
def add_loads(true, one, words, n, limit, cuts, seen, sums):
    """Count n rows that may be read LANES wide. Returns 1 for an odd target, 2 for a score.

    In a loop with the last rows' loads, registers run out: 6 ns a row, and not 3.
    """
    size = sums.shape[1]
    inside, base = (1 << size) - 1, size + 1
    # Lanes that are no label hold anything, but nothing is above the highest integer.
    highest = magnitude(repeated(words, -1, LANES))
    cut = choose(inside, order(load_part(cuts, 0, 0, size, LANES)), highest)
    label = choose(inside, repeated(true, -1, LANES), repeated(true, 0, LANES))
    top, one_true, odd = repeated(words, 0, LANES), repeated(true, one, LANES), 0
    totals, kinds = matrix(np.uint8, 3, LANES), matrix(np.uint16, 2, ROWS)
    totals.fill(0)
    factor = repeated(kinds, base, LANES)
    for start in range(0, n, ROWS):
        block = min(ROWS, n - start)
        tp = pred = positive = repeated(totals, 0, LANES)
        for row in range(block):
            score, target = load(words, start + row, 0, LANES), load(true, start + row, 0, LANES)
            top = larger_bits(top, score)
            p, t = above(score, cut), has(target, label)
            odd |= t & ~equal(target, one_true)
            tp, pred = add_where(p & t, tp, 1), add_where(p, pred, 1)
            positive = add_where(t, positive, 1)
            kinds[0, row], kinds[1, row] = p, t
        for row in range(0, block, LANES):
            p, t = load(kinds, 0, row, LANES), load(kinds, 1, row, LANES)
            key = added(multiplied(ones(p), factor), ones(t))
            store(kinds[0], row, added(multiplied(key, factor), ones(both(p, t))))
        for row in range(block):
            seen[np.uint64(kinds[0, row])] += 1
        store(totals[TP], 0, tp)
        store(totals[PRED], 0, pred)
        store(totals[TRUE], 0, positive)
        empty(totals, sums, 0)
    if odd:
        return 1
    return 2 * (above_bits(top, limit) & inside != 0)


@jit
def refused(words, below, limit):
    """Whether a score is to be refused; -0.0 and a hair below 0.0 are not."""
    whole, size, found = whole_rows(words, LANES), words.shape[1], 0
    for i in range(len(words)):
        for j in range(0, size, LANES):
            mask = beyond(words, neighbours(words, i, j, whole), below, limit)
            found |= aligned(mask, j, size, size - j)
    return found != 0


@inlined
def tally(totals, j, p, t):
    """Add one to the counters of the labels from j on that are in the masks."""
    none, one = repeated(totals, 0, LANES), repeated(totals, 1, LANES)
    p, t = choose(p, one, none), choose(t, one, none)
    store(totals[TP], j, added(load(totals, TP, j, LANES), both(p, t)))
    store(totals[PRED], j, added(load(totals, PRED, j, LANES), p))
    store(totals[TRUE], j, added(load(totals, TRUE, j, LANES), t))


@inlined
def empty(totals, sums, again):
    """Move each label's counters into the sums; those of the last load stand `again` later."""
    slot = totals.shape[1] - LANES
    for k in range(3):
        for j in range(sums.shape[1]):
            sums[k, j] += totals[k, j + again if j >= slot else j]
    totals.fill(0)


@jit
def many_labels(true, one, words, below, limit, cuts, keys, totals, coefs, sums, rows):
    """Several loads a row; the last goes `again` over labels counted already, all but `new`.

    It has a slot of its own in totals (3, a multiple of LANES), zeros as uint8: a load from half of
    what was just stored has to wait. `keys` is room for a number like the scores a label.
    """
    n, size = words.shape
    last, again = size - LANES, -size % LANES
    new, slot = -1 << again, last + again
    for j in range(0, size, LANES):
        store(keys, min(j, last), order(load(cuts, 0, min(j, last), LANES)))
    highest = magnitude(repeated(words, -1, LANES))
    last_cut = choose(new, load(keys, 0, last, LANES), highest)
    label = repeated(true, -1, LANES)
    last_label = choose(new, label, repeated(true, 0, LANES))
    top, one_true, odd = repeated(words, 0, LANES), repeated(true, one, LANES), 0
    counts = matrix(np.int32, 6, ROWS)
    counts.fill(size)
    counts[TIMES] = 1
    for start in range(0, n, ROWS):
        block = min(ROWS, n - start)
        for row in range(block):
            i = start + row
            tp, pred, positive = 0, 0, 0
            for j in range(0, slot, LANES):
                score, target = load(words, i, j, LANES), load(true, i, j, LANES)
                top = larger_bits(top, score)
                p, t = above(score, load(keys, 0, j, LANES)), has(target, label)
                odd |= t & ~equal(target, one_true)
                tally(totals, j, p, t)
                tp += bits(p & t)
                pred += bits(p)
                positive += bits(t)
            score, target = load(words, i, last, LANES), load(true, i, last, LANES)
            top = larger_bits(top, score)
            p, t = above(score, last_cut), has(target, last_label)
            odd |= t & ~equal(target, one_true)
            tally(totals, slot, p, t)
            tp += bits(p & t)
            pred += bits(p)
            positive += bits(t)
            counts[TP, row], counts[PRED, row], counts[TRUE, row] = tp, pred, positive
            counts[SAME, row] = (tp == pred) & (tp == positive)
        for row in range(block, ROWS):
            counts[TIMES, row] = 0
        add_rows(block, counts, coefs, rows)
        empty(totals, sums, again)
    return odd != 0 or (above_bits(top, limit) != 0 and refused(words, below, limit))
