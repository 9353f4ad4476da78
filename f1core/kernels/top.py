"""The k largest scores of each row."""

import numpy as np

from .jit import inlined, jit
from .lanes import (
    LANES,
    above,
    above_bits,
    equal,
    largest,
    load,
    load_part,
    magnitude,
    order,
    repeated,
)
from .masks import choose, first, lane
from .ranking import whole_rows

ALL = (1 << LANES) - 1


@jit
def topk(words, inf, k, ids):
    """Fill ids (n, k) with each row's k largest, the earlier column first among equals."""
    n, columns = words.shape
    limit, whole = np.int64(inf), whole_rows(words, LANES)
    best = np.empty(k, np.int64)
    for i in range(n):
        if columns <= LANES:
            pick(words, i, columns, whole, limit, k, ids)
        else:
            sift(words, i, columns, limit, k, ids, best)


@inlined
def pick(words, i, columns, whole, limit, k, ids):
    """A row of one load: take its maximum away, k times."""
    inside = (1 << columns) - 1
    values = load(words, i, 0, LANES) if i < whole else load_part(words, i, 0, columns, LANES)
    nothing = repeated(words, -limit - 1, LANES)
    nan = above_bits(magnitude(values), limit) & inside
    keys = choose(inside, order(values), nothing)
    for rank in range(k):
        found = equal(keys, largest(keys))
        found &= -found
        ids[i, rank] = -1 if nan else first(found)
        keys = choose(found, nothing, keys)


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
