"""Rows of labels, counted by label and by row: the short way for few labels, the one for all."""

import numpy as np

from ..counts import PRED, TP, TRUE
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
from .masks import add_where, bits, choose, has, store, yes
from .ranking import whole_rows
from .ratios import SAME, TIMES, add_histogram, add_rows

# A 32-bit lane holds three 10-bit counters, emptied before a row too many.
ROWS, FULL = 992, 1023
PRED_ONE, TRUE_ONE, TP_ONE = 1, 1 << 10, 1 << 20


@jit
def few_labels(true, words, one, cuts, coefs, sums, rows):
    """One load a row; the rows are few of a kind, so a histogram gives their statistics."""
    n, size = words.shape
    inside, base = (1 << size) - 1, size + 1
    whole = min(whole_rows(words, LANES), whole_rows(true, LANES))
    # Lanes that are no label hold anything, but nothing is above the highest integer.
    highest = magnitude(repeated(words, -1, LANES))
    cut = choose(inside, order(load_part(cuts, 0, 0, size, LANES)), highest)
    label = choose(inside, repeated(true, -1, LANES), repeated(true, 0, LANES))
    top, one_true, odd = repeated(words, 0, LANES), yes(true, LANES), 0
    totals, seen = np.zeros(LANES, np.uint32), np.zeros(base**3, np.uint32)
    for start in range(0, n, ROWS):
        total = repeated(totals, 0, LANES)
        for i in range(start, min(start + ROWS, n)):
            if i < whole:
                score, target = load(words, i, 0, LANES), load(true, i, 0, LANES)
            else:
                score = load_part(words, i, 0, size, LANES)
                target = load_part(true, i, 0, size, LANES)
            top = larger_bits(top, score)
            p, t = above(score, cut), has(target, label)
            odd |= t & ~equal(target, one_true)
            total = tally(total, p, t)
            seen[np.uint64((bits(p) * base + bits(t)) * base + bits(p & t))] += 1
        store(totals, 0, total)
        empty(totals, sums, 0)
    add_histogram(seen, size, size, coefs, rows)
    return odd != 0 or (above_bits(top, one) & inside != 0 and beyond(words, one))


@inlined
def beyond(words, one):
    """Whether a score is to be refused; -0.0, which is 0.0, is not, but 128 is no flag."""
    most, found = np.uint64(one), False
    minus = np.uint64(1) << np.uint64(words.itemsize * 8 - 1) if most > 1 else np.uint64(0)
    for i in range(len(words)):
        for j in range(words.shape[1]):
            word = np.uint64(words[i, j])
            found |= (word > most) & (word != minus)
    return found


@inlined
def tally(total, p, t):
    """Add one to each of three counters in the lanes of a mask."""
    total = add_where(p, total, PRED_ONE)
    total = add_where(t, total, TRUE_ONE)
    return add_where(p & t, total, TP_ONE)


@inlined
def empty(totals, sums, again):
    """Move each label's counters into the sums; those of the last load stand `again` later."""
    slot = len(totals) - LANES
    for j in range(sums.shape[1]):
        total = totals[j + again if j >= slot else j]
        sums[PRED, j] += total & FULL
        sums[TRUE, j] += total >> 10 & FULL
        sums[TP, j] += total >> 20
    totals[:] = 0


@jit
def many_labels(true, words, one, cuts, coefs, sums, rows):
    """Several loads a row; the last goes `again` over labels counted already, all but `new`.

    It has a slot of its own in totals: a load from half of what was just stored has to wait.
    """
    n, size = words.shape
    last, again = size - LANES, -size % LANES
    new, slot = -1 << again, last + again
    keys = np.empty(size, words.dtype)
    for j in range(0, size, LANES):
        store(keys, min(j, last), order(load(cuts, 0, min(j, last), LANES)))
    highest = magnitude(repeated(words, -1, LANES))
    last_cut = choose(new, load(keys, 0, last, LANES), highest)
    label = repeated(true, -1, LANES)
    last_label = choose(new, label, repeated(true, 0, LANES))
    top, one_true, odd = repeated(words, 0, LANES), yes(true, LANES), 0
    totals = np.zeros(slot + LANES, np.uint32)
    counts = np.full((6, ROWS), size, np.int32)
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
                store(totals, j, tally(load(totals, 0, j, LANES), p, t))
                tp += bits(p & t)
                pred += bits(p)
                positive += bits(t)
            score, target = load(words, i, last, LANES), load(true, i, last, LANES)
            top = larger_bits(top, score)
            p, t = above(score, last_cut), has(target, last_label)
            odd |= t & ~equal(target, one_true)
            store(totals, slot, tally(load(totals, 0, slot, LANES), p, t))
            tp += bits(p & t)
            pred += bits(p)
            positive += bits(t)
            counts[TP, row], counts[PRED, row], counts[TRUE, row] = tp, pred, positive
            counts[SAME, row] = (tp == pred) & (tp == positive)
        for row in range(block, ROWS):
            counts[TIMES, row] = 0
        add_rows(block, counts, coefs, rows)
        empty(totals, sums, again)
    return odd != 0 or (above_bits(top, one) != 0 and beyond(words, one))
