"""The k largest scores of each row."""

import numpy as np

from .argmax_ids import whole_rows
from .argmax_transposed import SIDE, greater, keys, side_by_side, strange
from .jit import inlined, jit
from .lanes import LANES, above, load, order, repeated
from .limits import TOPK_ROWS
from .masks import choose, first, lane, put, store
from .tiles import in_32_bits
from .vectors import room

ALL, BLOCK = (1 << LANES) - 1, TOPK_ROWS
TRANSPOSED = SIDE * BLOCK


@jit
def topk_lists(words, inf, k, best, places, ids):
    """Fill ids (k n,) with each row's k largest, the first of equals first; -1 if one is NaN.

    Sixteen rows at once, a row a lane: each column goes into falling lists of k, for which `best`
    and `places` have room (k BLOCK,) for numbers like the scores. As two halves, so that one's
    stores are under way while the other's are read. Rows of ten float32 take 6 ns for k = 3; with
    columns read a score at a time, they took 17.
    """
    n, columns = words.shape
    whole = whole_rows(words, SIDE) - BLOCK
    block, limit = room(words.dtype, TRANSPOSED), np.int64(inf)
    block.fill(0)
    least = keys(repeated(words, limit | (-1 << (8 * words.itemsize - 1)), SIDE))  # -inf
    for start in range(0, n, BLOCK):
        rows = n - start if n - start < BLOCK else BLOCK
        for at in range(0, k * BLOCK, SIDE):
            store(best, at, least)
        nan = other_nan = 0
        for stop in range(columns, 0, -SIDE):  # from the end: the later one of equals moves on
            left = stop - SIDE if stop > SIDE else 0
            if start <= whole:
                for half in range(0, BLOCK, SIDE):
                    put_side_by_side(words, start + half, left, block, half)
            else:
                for r in range(rows):
                    for j in range(left, stop):
                        block[(j - left) * BLOCK + r] = words[start + r, j]
            for j in range(stop - 1, left - 1, -1):
                values = load(block, 0, (j - left) * BLOCK, SIDE)
                others = load(block, 0, (j - left) * BLOCK + SIDE, SIDE)
                nan |= strange(values, limit)
                other_nan |= strange(others, limit)
                pair = keys(values), repeated(words, j, SIDE)
                other_pair = keys(others), repeated(words, j, SIDE)
                for at in range(0, k * BLOCK, BLOCK):
                    pair = pushed(best, places, at, *pair)
                    other_pair = pushed(best, places, at + SIDE, *other_pair)
        nan |= other_nan << SIDE
        for rank in range(k):
            found = in_32_bits(load(places, 0, rank * BLOCK, BLOCK))
            found = choose(nan, repeated(ids, -1, BLOCK), found)
            put(ids, rank * n + start, found, rows, BLOCK)


@jit
def topk_sifted(words, inf, k, best, places, ids):
    """Fill ids (k n,) as `topk_lists` does, row by row: the shorter way for many columns.

    `best` (k,) of int64 and `places` (k,) of int32 are room for a row's list.
    """
    for i in range(len(words)):
        sift(words, i, np.int64(inf), k, best, places)
        for rank in range(k):
            ids[rank * len(words) + i] = places[rank]


@inlined
def put_side_by_side(words, i, j, block, half):
    """Columns j … j + 7 of eight rows, as half lines of the block."""
    a, b, c, d, e, f, g, h = side_by_side(words, i, j)
    store(block, half, a)
    store(block, half + BLOCK, b)
    store(block, half + 2 * BLOCK, c)
    store(block, half + 3 * BLOCK, d)
    store(block, half + 4 * BLOCK, e)
    store(block, half + 5 * BLOCK, f)
    store(block, half + 6 * BLOCK, g)
    store(block, half + 7 * BLOCK, h)


@inlined
def pushed(best, places, at, key, place):
    """Put a column into one rank of the lists; return what goes on to the next."""
    other, theirs = load(best, 0, at, SIDE), load(places, 0, at, SIDE)
    stays = greater(other, key)
    store(best, at, choose(stays, other, key))
    store(places, at, choose(stays, theirs, place))
    return choose(stays, key, other), choose(stays, place, theirs)


@inlined
def sift(words, i, limit, k, best, places):
    """Insert into a falling list what beats its last: some 20 of 1,000 columns for k = 3."""
    columns = words.shape[1]
    best.fill(-limit - 1)
    for column in range(0, columns, LANES):
        j = min(column, columns - LANES)
        keys = order(load(words, i, j, LANES))
        if above(keys, limit) | above(repeated(words, -limit, LANES), keys):
            places.fill(-1)
            return
        beats = above(keys, best[k - 1]) & (ALL << (column - j))
        while beats:
            position = first(beats)
            insert(best, places, k - 1, lane(keys, position), j + position)
            beats &= above(keys, best[k - 1]) & (-2 << position)


@inlined
def insert(best, places, rank, value, j):
    """Put a value into its place in the list, from the end, behind its equals."""
    while rank > 0 and value > best[rank - 1]:
        best[rank] = best[rank - 1]
        places[rank] = places[rank - 1]
        rank -= 1
    best[rank] = value
    places[rank] = j
