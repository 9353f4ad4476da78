"""The k largest scores of each row."""

import numpy as np

from .jit import inlined, jit
from .lanes import (
    LANES,
    above,
    above_bits,
    load,
    magnitude,
    order,
    repeated,
)
from .masks import choose, first, lane, store

ALL = (1 << LANES) - 1


@jit
def topk(words, inf, k, ids):
    """Fill ids (n, k) with each row's k largest, the earlier column first among equals."""
    n, columns = words.shape
    limit = np.int64(inf)
    if columns <= LANES:
        side_by_side(words, limit, k, ids)
        return
    best = np.empty(k, np.int64)
    for i in range(n):
        sift(words, i, columns, limit, k, ids, best)


@inlined
def side_by_side(words, limit, k, ids):
    """Sixteen short rows at once, a row a lane: each column goes into falling lists of k.

    Rows of ten take 7 ns for k = 3; taking the maximum of a row away, three times, takes 18.
    """
    n, columns = words.shape
    block, best = np.zeros(columns * LANES, words.dtype), np.empty(k * LANES, words.dtype)
    places = np.empty(k * LANES, words.dtype)
    for start in range(0, n, LANES):
        rows = min(LANES, n - start)
        for r in range(rows):
            for j in range(columns):
                block[j * LANES + r] = words[start + r, j]
        for rank in range(k):
            store(best, rank * LANES, repeated(words, -limit - 1, LANES))
        nan = 0
        for j in range(columns - 1, -1, -1):  # from the end, so that the later one of equals moves
            values = load(block, 0, j * LANES, LANES)
            nan |= above_bits(magnitude(values), limit)
            keys, place = order(values), repeated(words, j, LANES)
            for rank in range(k):
                at = rank * LANES
                others, theirs = load(best, 0, at, LANES), load(places, 0, at, LANES)
                stays = above(others, keys)
                store(best, at, choose(stays, others, keys))
                store(places, at, choose(stays, theirs, place))
                keys, place = choose(stays, keys, others), choose(stays, place, theirs)
        for r in range(rows):
            for rank in range(k):
                ids[start + r, rank] = -1 if nan >> r & 1 else places[rank * LANES + r]


@inlined
def sift(words, i, columns, limit, k, ids, best):
    """Insert into a falling list what beats its last: some 20 of 1,000 columns for k = 3."""
    best[:] = -limit - 1
    for column in range(0, columns, LANES):
        j = min(column, columns - LANES)
        keys = order(load(words, i, j, LANES))
        if above(keys, limit) | above(repeated(words, -limit, LANES), keys):
            ids[i, :] = -1
            return
        beats = above(keys, best[k - 1]) & (ALL << (column - j))
        while beats:
            position = first(beats)
            insert(best, ids[i], k - 1, lane(keys, position), j + position)
            beats &= above(keys, best[k - 1]) & (-2 << position)


@inlined
def insert(best, ids, rank, value, j):
    """Put a value into its place in the list, from the end, behind its equals."""
    while rank > 0 and value > best[rank - 1]:
        best[rank] = best[rank - 1]
        ids[rank] = ids[rank - 1]
        rank -= 1
    best[rank] = value
    ids[rank] = j
