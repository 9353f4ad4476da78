"""Rows that are a true and a predicted class already."""

import numpy as np

from ...count_layout import PRED, TP, TRUE
from .jit import inlined, jit
from .lanes import LANES, above_bits, equal, load, repeated
from .masks import bits, choose, store
from .tiles import added, in_32_bits, multiplied
from .vectors import room

BLOCK = 256  # rows whose cells are found before they are counted
PAGE = 4096
ROOM = PAGE // 4 + BLOCK
MOST = (1 << 16) - 1  # classes whose cells are numbered in 32 bits
NOWHERE = 0xFFFF_FFFF  # the cell of a row with an id outside
FULL = 256  # what a byte has counted when it is 0 again


@inlined
def inside(t, p, size):
    """Whether both are 0..size-1; as unsigned numbers, negative ones are large."""
    return (np.uint64(t) < np.uint64(size)) & (np.uint64(p) < np.uint64(size))


# Indices are unsigned as well, so that none is taken for one from the end: 0.9 ns a row, not 1.6.


@jit
def labels(true, pred, confusion):
    """Add 1 at [true, pred] for each row; return how many rows had an id outside 0..C-1.

    The cells of a block of rows are found first and counted then: 0.5 ns a row, and 0.8 where
    sixteen at a time are counted as soon as they are found.
    """
    n, size, bad = len(true), len(confusion), 0
    if size == 2 or size > MOST or n < BLOCK:
        return count_small(true, pred, n, confusion)
    free, cells = room(np.uint32, ROOM), confusion.flat
    at = free[apart(free, confusion) :]
    for i in range(0, n, BLOCK):
        rows = min(BLOCK, n - i)
        if find(true, pred, i, rows, size, at):
            for k in range(rows):
                if at[k] == NOWHERE:
                    bad += 1
                else:
                    cells[np.uint64(at[k])] += 1
        else:
            for k in range(rows):
                cells[np.uint64(at[k])] += 1
    return bad


@jit
def labels_in_bytes(true, pred, size, few, full, used):
    """Count pairs of many classes into bytes (C C,): 1 MB stays in a core's own cache.

    Where a byte is 0 again its place goes into `full`, whose first used[0] numbers are in use.
    10^6 rows of 1,000 classes take 0.7 ms, and 11 where each row touches 8 MB of int64. Returns
    whether a row had an id outside; the bytes hold anything then.
    """
    n = len(true)
    free = room(np.uint32, ROOM)
    at = free[apart(free, few) :]
    for i in range(0, n, BLOCK):
        rows = min(BLOCK, n - i)
        if find(true, pred, i, rows, size, at):
            return 1
        for k in range(rows):
            number = (np.int64(few[np.uint64(at[k])]) + 1) & (FULL - 1)
            few[np.uint64(at[k])] = number
            if number == 0:
                full[used[0]] = at[k]
                used[0] += 1
    return 0


@jit
def unpacked(few, full, cells, margins):
    """Add what `labels_in_bytes` counted to (C, C) cells, and to TP, PRED and TRUE by class."""
    size = len(cells)
    for t in range(size):
        number = 0
        for p in range(size):
            here = np.int64(few[t * size + p])
            cells[t, p] += here
            margins[PRED, p] += here
            number += here
        margins[TRUE, t] += number
        margins[TP, t] += few[t * size + t]
    for place in full:
        t, p = np.int64(place) // size, np.int64(place) % size
        cells[t, p] += FULL
        margins[PRED, p] += FULL
        margins[TRUE, t] += FULL
        if t == p:
            margins[TP, t] += FULL
    return 0


@inlined
def count_small(true, pred, n, confusion):
    """Count the first n pairs, few or of two classes; return how many were outside."""
    start, bad = 0, 0
    if len(confusion) == 2:
        start = n - n % LANES
        bad = count_two(true, pred, start, confusion)
    return bad + count_singly(true, pred, start, n, len(confusion), confusion.flat)


@inlined
def apart(free, confusion):
    """From where on room for a block's cells is half a page from where the matrix starts.

    CPUs tell an address they have stored to by its last 12 bits at first: room in the same place
    as a small matrix takes up to 1.2 ns a row, and 0.45.
    """
    steps = np.int64(confusion.ctypes.data) + PAGE // 2 - np.int64(free.ctypes.data)
    return steps % PAGE // 4


@inlined
def find(true, pred, start, rows, size, at):
    """Fill at[:rows] with the cells of a block of rows; return whether some have none."""
    j, odd = 0, 0
    if size <= 1 << min(8 * min(true.itemsize, pred.itemsize) - 1, 15):  # not 1 << 63
        base, none = repeated(at, size, LANES), repeated(at, NOWHERE, LANES)
        while j + LANES <= rows:
            t, p = load(true, 0, start + j, LANES), load(pred, 0, start + j, LANES)
            out = above_bits(t, size - 1) | above_bits(p, size - 1)
            store(at, j, choose(out, none, added(multiplied(in_32_bits(t), base), in_32_bits(p))))
            odd |= out
            j += LANES
    for k in range(j, rows):
        t, p = np.int64(true[start + k]), np.int64(pred[start + k])
        at[k] = t * size + p if inside(t, p, size) else NOWHERE
        odd |= at[k] == NOWHERE
    return odd


@inlined
def count_singly(true, pred, start, stop, size, cells):
    """Count pairs one by one; return how many were outside."""
    bad = 0
    for i in range(start, stop):
        t, p = np.int64(true[i]), np.int64(pred[i])
        if inside(t, p, size):
            cells[np.uint64(t) * np.uint64(size) + np.uint64(p)] += 1
        else:
            bad += 1
    return bad


@inlined
def count_two(true, pred, n, confusion):
    """Count n pairs of two classes, n a multiple of LANES: 0.2 ns a row."""
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
    """Add the weights of pairs to a matrix, in row order; return how many were outside."""
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
    """Add the weights of pairs to TP, PRED and TRUE, in row order; return how many were outside."""
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
