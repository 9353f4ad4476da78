"""Rows that predict each of their k best classes: which of them is the best does not count."""

import numpy as np

from ...count_layout import PRED, TP, TRUE
from .argmax_ids import whole_rows
from .argmax_transposed import SIDE, greater, keys, lower, strange, upper
from .jit import inlined, jit
from .lanes import above, above_bits, equal, load, load_part, repeated
from .limits import LISTED
from .masks import add_where, bits
from .topk_ids import BLOCK, put_side_by_side
from .vectors import room

TRANSPOSED = LISTED * BLOCK
HALF, ALL = (1 << SIDE) - 1, (1 << BLOCK) - 1


@jit
def topk_sums(true, words, inf, k, sums):
    """Add rows of up to LISTED columns, k up to RANKED; return whether a NaN or an id is refused.

    Of sixteen rows at once the k-th values are found, and what reaches them is counted column by
    column: rows of ten float32 take 4.3 ns for k = 3, and 9.5 where ids are listed and counted.
    """
    (n, columns), limit = words.shape, np.int64(inf)
    whole = whole_rows(words, SIDE) - BLOCK
    block, chosen = room(words.dtype, TRANSPOSED), room(np.int64, LISTED)
    block[: (columns if columns > SIDE else SIDE) * BLOCK] = 0
    least = keys(repeated(words, limit | (-1 << (8 * words.itemsize - 1)), SIDE))  # -inf
    for start in range(0, n, BLOCK):
        rows = n - start if n - start < BLOCK else BLOCK
        inside = (1 << rows) - 1
        if start <= whole:
            for left in range(0, columns, SIDE):
                j = left if left + SIDE <= columns or columns < SIDE else columns - SIDE
                put_side_by_side(words, start, j, block, j * BLOCK)
                put_side_by_side(words, start + SIDE, j, block, j * BLOCK + SIDE)
        else:
            for r in range(rows):
                for j in range(columns):
                    block[j * BLOCK + r] = words[start + r, j]
        if rows == BLOCK:
            ids = load(true, 0, start, BLOCK)
        else:
            ids = load_part(true, 0, start, rows, BLOCK)
        odd = above_bits(ids, columns - 1)
        last, nan = kth(block, 0, columns, k, limit, least)
        other_last, other_nan = kth(block, SIDE, columns, k, limit, least)
        if (odd | nan | other_nan << SIDE) & inside:
            return 1
        if choose_columns(block, last, other_last, columns, chosen, inside) > k * rows:
            drop_ties(block, 0, last, columns, k, chosen)
            drop_ties(block, SIDE, other_last, columns, k, chosen)
        for j in range(columns):
            picked, named = chosen[j] & inside, equal(ids, j) & inside
            sums[PRED, j] += bits(picked)
            sums[TRUE, j] += bits(named)
            sums[TP, j] += bits(picked & named)
    return 0


@inlined
def kth(block, half, columns, k, limit, least):
    """The k-th largest key of a half's rows, and which rows have a NaN.

    Each column sinks through a falling list of four, or eight, in registers.
    """
    a = b = c = d = e = f = g = h = least
    nan = 0
    if k <= 4:
        for j in range(half, half + columns * BLOCK, BLOCK):
            values = load(block, 0, j, SIDE)
            nan |= strange(values, limit)
            key = keys(values)
            a, key = upper(a, key), lower(a, key)
            b, key = upper(b, key), lower(b, key)
            c, key = upper(c, key), lower(c, key)
            d = upper(d, key)
    else:
        for j in range(half, half + columns * BLOCK, BLOCK):
            values = load(block, 0, j, SIDE)
            nan |= strange(values, limit)
            key = keys(values)
            a, key = upper(a, key), lower(a, key)
            b, key = upper(b, key), lower(b, key)
            c, key = upper(c, key), lower(c, key)
            d, key = upper(d, key), lower(d, key)
            e, key = upper(e, key), lower(e, key)
            f, key = upper(f, key), lower(f, key)
            g, key = upper(g, key), lower(g, key)
            h = upper(h, key)
    return (a, b, c, d, e, f, g, h)[k - 1], nan


@inlined
def choose_columns(block, last, other_last, columns, chosen, inside):
    """Mark the rows in which each column reaches the k-th value; return how many that are."""
    found = 0
    for j in range(columns):
        less = greater(last, keys(load(block, 0, j * BLOCK, SIDE)))
        other = greater(other_last, keys(load(block, 0, j * BLOCK + SIDE, SIDE)))
        chosen[j] = ALL ^ (less | other << SIDE)
        found += bits(chosen[j] & inside)
    return found


@inlined
def drop_ties(block, half, last, columns, k, chosen):
    """Keep the first columns that equal the k-th value, as many as there is room for."""
    left = repeated(block, k, SIDE)
    for j in range(columns):
        left = add_where(greater(keys(load(block, 0, j * BLOCK + half, SIDE)), last), left, -1)
    for j in range(columns):
        more = greater(keys(load(block, 0, j * BLOCK + half, SIDE)), last)
        tied = chosen[j] >> half & HALF & ~more
        kept = tied & above(left, 0)
        left = add_where(kept, left, -1)
        chosen[j] ^= (tied & ~kept) << half
