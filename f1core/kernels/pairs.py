"""Rows that are a true and a predicted class already."""

import numpy as np

from ..counts import PRED, TP, TRUE
from .jit import inlined, jit
from .lanes import LANES, above_bits, equal, load, repeated
from .masks import bits, choose, store
from .tiles import added, in_32_bits, multiplied

WIDE = 256  # classes whose int64 matrix, 0.5 MB, still fits a core's cache
BLOCK = 256  # rows whose cells are found before they are counted
PAGE = 4096
NOWHERE = 0xFFFF_FFFF  # the cell of a row with an id outside
FULL = 256  # what a byte has counted when it is 0 again


@inlined
def inside(t, p, size):
    """Whether both are 0..size-1; as unsigned numbers, negative ones are large."""
    return (np.uint64(t) < np.uint64(size)) & (np.uint64(p) < np.uint64(size))


# Indices are unsigned as well, so that none is taken for one from the end: 0.9 ns a row, not 1.6.


@jit
def labels(true, pred, confusion):
    """Add 1 at [true, pred] for each row; return how many rows had an id outside 0..C-1."""
    n, size = len(true), len(confusion)
    if size == 2 or n < BLOCK:
        return count_small(true, pred, n, confusion)
    at = apart(confusion)
    if size > WIDE and n > size * size // 4:
        return count_wide(true, pred, size, at, confusion.flat)
    return count(true, pred, size, at, confusion.flat, None)


@inlined
def count_small(true, pred, n, confusion):
    """As `labels` for the first n rows: few of them, or two classes."""
    start, bad = 0, 0
    if len(confusion) == 2:
        start = n - n % LANES
        bad = count_two(true, pred, start, confusion)
    return bad + count_singly(true, pred, start, n, len(confusion), confusion.flat, None)


@inlined
def apart(confusion):
    """Room for a block's cells, half a page from where the matrix starts.

    CPUs tell an address they have stored to by its last 12 bits at first: room in the same place
    as a small matrix takes up to 1.2 ns a row, and 0.45.
    """
    room = np.empty(PAGE // 4 + BLOCK, np.uint32)
    steps = np.int64(confusion.ctypes.data) + PAGE // 2 - np.int64(room.ctypes.data)
    return room[steps % PAGE // 4 :]


@inlined
def count_wide(true, pred, size, at, cells):
    """As `labels` for many classes: bytes count first, since 1 MB stays in a core's own cache.

    10^6 rows of 1,000 classes take 3 ms, and 11 when each row touches 8 MB of int64.
    """
    few = np.zeros(size * size, np.uint8)
    bad = count(true, pred, size, at, few, cells)
    for cell in range(size * size):
        cells[cell] += few[cell]
    return bad


@inlined
def count(true, pred, size, at, cells, full):
    """Count all rows; cells of bytes that are full add to those of `full`.

    The cells of a block of rows are found first, sixteen at once, and counted then: 0.5 ns a row,
    and 0.8 where each sixteen are counted at once.
    """
    n, bad, i = len(true), 0, 0
    if size > 1 << min(8 * min(true.itemsize, pred.itemsize) - 1, 15):  # not 1 << 63
        return count_singly(true, pred, 0, n, size, cells, full)
    base, none = repeated(at, size, LANES), repeated(at, NOWHERE, LANES)
    while i + LANES <= n:
        rows, odd = min(BLOCK, (n - i) // LANES * LANES), 0
        for j in range(0, rows, LANES):
            t, p = load(true, 0, i + j, LANES), load(pred, 0, i + j, LANES)
            out = above_bits(t, size - 1) | above_bits(p, size - 1)
            found = added(multiplied(in_32_bits(t), base), in_32_bits(p))
            store(at, j, choose(out, none, found))
            odd |= out
        if odd:
            for k in range(rows):
                if at[k] == NOWHERE:
                    bad += 1
                else:
                    add_one(np.uint64(at[k]), cells, full)
        else:
            for k in range(rows):
                add_one(np.uint64(at[k]), cells, full)
        i += rows
    return bad + count_singly(true, pred, i, n, size, cells, full)


@inlined
def count_singly(true, pred, start, stop, size, cells, full):
    """The same row by row; return how many were outside."""
    bad = 0
    for i in range(start, stop):
        t, p = np.int64(true[i]), np.int64(pred[i])
        if inside(t, p, size):
            add_one(np.uint64(t) * np.uint64(size) + np.uint64(p), cells, full)
        else:
            bad += 1
    return bad


@inlined
def add_one(cell, cells, full):
    """One row more in a cell."""
    if full is None:
        cells[cell] += 1
    else:
        number = (np.int64(cells[cell]) + 1) & (FULL - 1)
        cells[cell] = number
        if number == 0:
            full[cell] += FULL


@inlined
def count_two(true, pred, n, confusion):
    """As `labels` for the first n rows, a multiple of LANES, and two classes: 0.2 ns a row."""
    a, b, c, d = 0, 0, 0, 0
    for j in range(0, n, LANES):
        t, p = load(true, 0, j, LANES), load(pred, 0, j, LANES)
        t0, t1, p0, p1 = equal(t, 0), equal(t, 1), equal(p, 0), equal(p, 1)
        a += bits(t0 & p0)
        b += bits(t0 & p1)
        c += bits(t1 & p0)
        d += bits(t1 & p1)
    confusion[0, 0] += a
    confusion[0, 1] += b
    confusion[1, 0] += c
    confusion[1, 1] += d
    return n - a - b - c - d


@jit
def labels_weighted(true, pred, weight, confusion):
    """As `labels`, adding weights in row order."""
    size = len(confusion)
    bad = 0
    for i in range(len(true)):
        t, p = np.int64(true[i]), np.int64(pred[i])
        if inside(t, p, size):
            confusion[np.uint64(t), np.uint64(p)] += weight[i]
        else:
            bad += 1
    return bad


@jit
def labels_sums(true, pred, sums):
    """Add 1 to TRUE of the true, PRED of the predicted and TP of the class both name."""
    size = sums.shape[1]
    bad = 0
    for i in range(len(true)):
        t, p = np.int64(true[i]), np.int64(pred[i])
        if inside(t, p, size):
            sums[TRUE, np.uint64(t)] += 1
            sums[PRED, np.uint64(p)] += 1
            sums[TP, np.uint64(t)] += t == p
        else:
            bad += 1
    return bad


@jit
def labels_sums_weighted(true, pred, weight, sums):
    """As `labels_sums`, adding weights in row order."""
    size = sums.shape[1]
    bad = 0
    for i in range(len(true)):
        t, p = np.int64(true[i]), np.int64(pred[i])
        if inside(t, p, size):
            sums[TRUE, np.uint64(t)] += weight[i]
            sums[PRED, np.uint64(p)] += weight[i]
            if t == p:
                sums[TP, np.uint64(t)] += weight[i]
        else:
            bad += 1
    return bad
