"""The largest scores of each row.

`limit` is the bits of +inf, so that of all keys only a NaN's are above it or below -limit.
"""

import numpy as np

from .argmax_transposed import SIDE, beat, fill_in_eights, keys, strange
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
    smaller,
    smallest_bits,
)
from .masks import choose, first, lane, put
from .tiles import in_32_bits

FAR = 1 << 15  # numbers of loads from here on may not fit into 16-bit lanes


@inlined
def whole_rows(array, lanes):
    """How many leading rows may be read that wide without passing the end of the last row."""
    n, columns = array.shape
    missing = (lanes - columns) * array.itemsize
    if missing <= 0 or n == 0:
        return n
    if array.strides[0] <= 0:  # of a single row, which is in C order whatever its stride
        return 0
    return max(0, n - -(-missing // array.strides[0]))


@inlined
def one_load(array, i, columns, whole):
    """All values of a row of at most LANES, of which `whole` rows may be read that wide."""
    return load(array, i, 0, LANES) if i < whole else load_part(array, i, 0, columns, LANES)


@inlined
def fill_one_by_one(words, limit, ids):
    """Rows of up to LANES columns, one load each, with -1 for a row with a NaN."""
    n, columns = words.shape
    inside, whole = (1 << columns) - 1, whole_rows(words, LANES)
    for i in range(n):
        values = one_load(words, i, columns, whole)
        keys = choose(inside, order(values), repeated(words, -limit - 1, LANES))
        found = first(equal(keys, largest(keys)))
        ids[i] = -1 if above_bits(magnitude(values), limit) & inside else found


@inlined
def search(words, i, last, best):
    """Position of the first value whose key is in the lanes of `best`."""
    for column in range(0, last + LANES, LANES):
        j = min(column, last)
        found = equal(order(load(words, i, j, LANES)), best)
        if found:
            return j + first(found)
    return -1


@inlined
def first_largest(words, i, last, limit):
    """Each lane's maximum and the number of its load, without a branch: the speed of memory.

    A search for the maximum's position in a second pass mispredicts once a row, and takes 1.8
    times as long at 100 and 1,000 columns. The last load goes back over columns seen before,
    which do not beat themselves.
    """
    top = low = order(load(words, i, 0, LANES))
    where, number = repeated(words, 0, LANES), 0
    for column in range(LANES, last + LANES, LANES):
        number += 1
        keys = order(load(words, i, min(column, last), LANES))
        new = above(keys, top)
        top = choose(new, keys, top)
        where = choose(new, repeated(words, number, LANES), where)
        low = smaller(low, keys)
    if above(top, limit) | above(repeated(words, -limit, LANES), low):
        return -1
    best = largest(top)
    if number >= FAR:
        return search(words, i, last, best)
    mine = equal(top, best)
    earliest = smallest_bits(choose(mine, where, repeated(words, -1, LANES)))
    mine &= equal(where, earliest)
    return min(lane(earliest, 0) * LANES, last) + first(mine)


@jit
def argmax(words, inf, ids):
    """Fill ids (n,) with the position of each row's first maximum, -1 where the row holds a NaN."""
    n, columns = words.shape
    limit = np.int64(inf)
    if columns <= 2 * SIDE:
        done = fill_in_eights(words, whole_rows(words, SIDE), limit, ids)
        fill_one_by_one(words[done:], limit, ids[done:])
    else:
        for i in range(n):
            ids[i] = first_largest(words, i, columns - LANES, limit)


@jit
def argmax_of_columns(lines, start, inf, ids):
    """Find each row's largest score where scores lie by columns (C, N), from row `start` on.

    Scores of 16 bits may have up to 32,768 columns, whose numbers fit into their lanes.
    """
    limit, columns, n = np.int64(inf), len(lines), len(ids)
    for i in range(0, n, SIDE):
        left = n - i
        column = some(lines, 0, start + i, left)
        top, where, nan = keys(column), repeated(lines, 0, SIDE), strange(column, limit)
        for c in range(1, columns):
            top, where, nan = beat(
                lines, some(lines, c, start + i, left), c, limit, top, where, nan
            )
        put(ids, i, choose(nan, repeated(ids, -1, SIDE), in_32_bits(where)), left, SIDE)


@inlined
def some(array, i, j, left):
    """Eight neighbours, or those that are left."""
    return load(array, i, j, SIDE) if left >= SIDE else load_part(array, i, j, left, SIDE)
