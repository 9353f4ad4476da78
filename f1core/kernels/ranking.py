"""The largest scores of each row."""

import numpy as np

from .jit import inlined, jit
from .lanes import (
    ALL,
    LANES,
    above,
    equal,
    lane_of,
    largest,
    load,
    load_part,
    order,
    repeated,
    smaller,
    smallest_bits,
    spread,
)
from .masks import choose, first, keep


@inlined
def whole_rows(array):
    """How many leading rows may be read LANES wide without passing the end of the last row."""
    n, columns = array.shape
    missing = (LANES - columns) * array.itemsize
    if missing <= 0 or n == 0:
        return n
    if array.strides[0] <= 0:
        return 0
    return max(0, n - -(-missing // array.strides[0]))


@inlined
def one_load(words, i, columns, whole):
    """A row of up to LANES columns; lanes beyond repeat its first, neither a new maximum nor a first one."""
    values = load(words, i, 0) if i < whole else load_part(words, i, 0, columns)
    return spread(values, columns)


@jit
def argmax(words, inf, ids):
    """Fill ids (n,) with the position of each row's first maximum, -1 where the row holds a NaN."""
    n, columns = words.shape
    limit = np.int64(inf)
    if columns <= LANES:
        whole = whole_rows(words)
        for i in range(n):
            keys = order(one_load(words, i, columns, whole))
            best = largest(keys)
            nan = above(repeated(words, -limit), keys) | (best > limit)
            ids[i] = -1 if nan else first(equal(keys, best))
    else:
        for i in range(n):
            ids[i] = first_largest(words, i, columns - LANES, limit)


@inlined
def first_largest(words, i, last, limit):
    """Each lane's maximum and the number of its load, no branch: x times the two-pass, which mispredicts once a row.

    The last load goes back over columns seen before, which do not beat themselves."""
    top = low = order(load(words, i, 0))
    where, number = repeated(words, 0), 0
    for column in range(LANES, last + LANES, LANES):
        number += 1
        keys = order(load(words, i, min(column, last)))
        new = above(keys, top)
        top = choose(new, keys, top)
        where = choose(new, repeated(words, number), where)
        low = smaller(low, keys)
    best = largest(top)
    if best > limit or above(repeated(words, -limit), low):
        return -1
    mine = equal(top, best)
    number = smallest_bits(choose(mine, where, repeated(words, -1)))
    return min(number * LANES, last) + first(mine & equal(where, number))


@inlined
def topk_short(words, i, columns, whole, limit, k, ids):
    """A row of one load: its maximum, k times."""
    keys = order(one_load(words, i, columns, whole))
    if largest(keys) > limit or above(repeated(words, -limit), keys):
        ids[i, :] = -1
        return
    keys = keep(keys, (1 << columns) - 1)
    for rank in range(k):
        j = first(equal(keys, largest(keys)))
        ids[i, rank] = j
        keys = keep(keys, ALL ^ (1 << j))


@inlined
def topk_long(words, i, columns, limit, k, ids, best):
    """Insert into a sorted list what beats its last: with C = 1000 and k = 3 some 20 times a row."""
    best[:] = -limit - 1
    for start in range(0, columns, LANES):
        j = min(start, columns - LANES)
        keys = order(load(words, i, j))
        if above(keys, limit) | above(repeated(words, -limit), keys):
            ids[i, :] = -1
            return
        beats = above(keys, best[k - 1]) & (ALL << (start - j))
        while beats:
            lane = first(beats)
            insert(best, ids[i], k - 1, lane_of(keys, lane), j + lane)
            beats &= above(keys, best[k - 1]) & (-2 << lane)


@inlined
def insert(best, ids, rank, value, j):
    """Put a value in its place in a falling list, from the end, behind its equals."""
    while rank > 0 and value > best[rank - 1]:
        best[rank] = best[rank - 1]
        ids[rank] = ids[rank - 1]
        rank -= 1
    best[rank] = value
    ids[rank] = j


@jit
def topk(words, inf, k, ids):
    """Fill ids (n, k) with each row's k largest, the earlier column first among equals."""
    n, columns = words.shape
    whole = whole_rows(words)
    limit = np.int64(inf)
    best = np.empty(k, np.int64)
    for i in range(n):
        if columns <= LANES:
            topk_short(words, i, columns, whole, limit, k, ids)
        else:
            topk_long(words, i, columns, limit, k, ids, best)
