"""Multilabel cells decided: sixteen neighbours as the bits of a mask, a block of rows at a time.

A matrix lies as rows of labels or, turned, as labels of rows. Masks are written line by line of
the matrix: that of columns 16 g … 16 g + 15 of line r stands at [g * stride + r].
"""

import numpy as np

from .argmax_ids import one_load, whole_rows
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
from .masks import has, store
from .tiles import added, both, turned


@inlined
def neighbours(array, i, j, whole):
    """Values j … j + 15 of line i, or the last sixteen, or all where there are fewer."""
    width = array.shape[1]
    if width >= LANES:
        return load(array, i, min(j, width - LANES), LANES)
    return one_load(array, i, width, whole)


@inlined
def aligned(mask, j, width, left):
    """The mask of `neighbours` with bit 0 for column j, and of the columns left no other."""
    if width >= LANES:
        mask >>= max(0, j + LANES - width)
    return mask & ((1 << min(left, LANES)) - 1)


@inlined
def fill_keys(cuts, keys):
    """Fill keys, sixteen at least, with the cuts as signed numbers in the order of floats."""
    size = len(cuts)
    keys.fill(0)
    for j in range(0, size, LANES):
        at = max(0, min(j, size - LANES))
        store(keys, at, order(load_part(cuts, 0, at, min(size, LANES), LANES)))


@inlined
def beyond(words, values, below, limit):
    """Mask of the scores that are NaN, or not from minus `below` to `limit`, which are bits.

    Flags, whose limit is 1, are whole numbers: 128 has the bits of -0.0, and is none.
    """
    if limit == 1:
        return above_bits(values, limit)
    below = np.int64(below)
    lifted = added(order(values), repeated(words, below, LANES))
    return above_bits(lifted, np.uint64(limit) + np.uint64(below))  # logits: beyond int64


@jit
def cut(words, start, first, rows, size, cuts, keys, below, limit, stride, lines, masks):
    """Where scores are above their cut; whether one may be refused: `outside` knows.

    Scores lie from minus `below` to `limit`, both as bits; of logits, where both are the same, the
    sign is not looked at. `keys` is room for the cuts, sixteen at least.
    """
    whole, width = whole_rows(words, LANES), words.shape[1]
    fill_keys(cuts, keys)
    top, every = repeated(words, 0, LANES), repeated(words, -1, LANES)
    if below == limit:
        every = magnitude(every)
    sideways = start >= 0
    if not sideways and size <= LANES:  # 4 ns a row, and 6 with the loop over columns
        limits, inside = load(keys, 0, 0, LANES), (1 << size) - 1
        for r in range(rows):
            values = one_load(words, first + r, size, whole)
            top = larger_bits(top, both(values, every))
            masks[r] = above(order(values), limits) & inside
        return above_bits(top, limit) != 0
    count, columns, step = (size, rows, across(size)) if sideways else (rows, size, stride)
    i0, j0, out = (0, start + first, lines) if sideways else (first, 0, masks)
    for r in range(count):
        for column in range(0, columns, LANES):
            j = j0 + column
            values = neighbours(words, i0 + r, j, whole)
            if sideways:
                limits = repeated(words, keys[r], LANES)
            else:
                limits = load(keys, 0, max(0, min(j, width - LANES)), LANES)
            top = larger_bits(top, both(values, every))
            mask = aligned(above(order(values), limits), j, width, columns - column)
            out[column // LANES * step + r] = mask
    if sideways:
        turn(lines, rows, size, stride, masks)
    return above_bits(top, limit) != 0


@jit
def outside(words, start, first, rows, size, below, limit, stride, lines, masks):
    """Where scores are to be refused."""
    whole, width = whole_rows(words, LANES), words.shape[1]
    sideways = start >= 0
    count, columns, step = (size, rows, across(size)) if sideways else (rows, size, stride)
    i0, j0, out = (0, start + first, lines) if sideways else (first, 0, masks)
    for r in range(count):
        for column in range(0, columns, LANES):
            j = j0 + column
            mask = beyond(words, neighbours(words, i0 + r, j, whole), below, limit)
            out[column // LANES * step + r] = aligned(mask, j, width, columns - column)
    if sideways:
        turn(lines, rows, size, stride, masks)


@jit
def flags(true, one, start, first, rows, size, skips, ignored, stride, lines, others, masks, kept):
    """Where targets are true, and where they count; whether one that counts is not 0 or 1."""
    whole, width = whole_rows(true, LANES), true.shape[1]
    mark, label, odd = repeated(true, one, LANES), repeated(true, -1, LANES), 0
    sideways = start >= 0
    if not sideways and size <= LANES and not skips:
        inside = (1 << size) - 1
        for r in range(rows):
            values = one_load(true, first + r, size, whole)
            mask = has(values, label) & inside
            odd |= mask & ~equal(values, mark)
            masks[r] = mask
        return odd != 0
    count, columns, step = (size, rows, across(size)) if sideways else (rows, size, stride)
    i0, j0, out = (0, start + first, lines) if sideways else (first, 0, masks)
    out_kept = others if sideways else kept
    for r in range(count):
        for column in range(0, columns, LANES):
            j, at = j0 + column, column // LANES * step + r
            values = neighbours(true, i0 + r, j, whole)
            mask, counts = has(values, label), ~equal(values, ignored)
            if skips:
                mask &= counts
                out_kept[at] = aligned(counts, j, width, columns - column)
            mask = aligned(mask, j, width, columns - column)
            odd |= mask & ~aligned(equal(values, mark), j, width, columns - column)
            out[at] = mask
    if sideways:
        turn(lines, rows, size, stride, masks)
        if skips:
            turn(others, rows, size, stride, kept)
    return odd != 0


@inlined
def across(size):
    """How many masks lie between neighbouring columns of labels that are lines."""
    return -(-size // LANES) * LANES


@jit
def turn(lines, rows, size, stride, masks):
    """Masks of labels into masks of rows, sixteen by sixteen."""
    step = across(size)
    for i in range(0, rows, LANES):
        for label in range(0, size, LANES):
            square = turned(load(lines, 0, i // LANES * step + label, LANES))
            store(masks, label // LANES * stride + i, square)
