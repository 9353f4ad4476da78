"""Rows with a single 1 as the place where it stands."""

from .argmax_ids import whole_rows
from .jit import jit
from .lanes import LANES, equal, repeated
from .masks import bits, first, has
from .threshold_masks import aligned, neighbours


@jit
def onehot(true, one, ids):
    """Fill ids (n,) with the place of each row's 1, -1 where there is none, or anything else."""
    n, columns = true.shape
    whole = whole_rows(true, LANES)
    mark, any_bit = repeated(true, one, LANES), repeated(true, -1, LANES)
    for i in range(n):
        found, odd, place = 0, 0, -1
        for column in range(0, columns, LANES):
            values = neighbours(true, i, column, whole)
            mask = aligned(has(values, any_bit), column, columns, columns - column)
            if mask:
                odd |= mask & ~aligned(equal(values, mark), column, columns, columns - column)
                found += bits(mask)
                place = column + first(mask)
        ids[i] = place if found == 1 and not odd else -1
