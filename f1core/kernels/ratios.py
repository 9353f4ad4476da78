"""Statistics of rows from their counts: exact sums of the six ratios of `counts.RATIOS`."""

from ..counts import COUNT, EXACT, LIMB
from .jit import jit

UNDEFINED, HIGH, LOW = 2, 8, 14  # where a block of six begins


@jit
def add_rows(n, tp, pred, true, kept, coefs, rows):
    """Add the first n rows' statistics."""
    rows[COUNT] += n
    exact = 0
    for i in range(n):
        exact += (tp[i] == pred[i]) & (tp[i] == true[i])
    rows[EXACT] += exact
    for which in range(6):
        undefined, high, low = 0, 0, 0
        for i in range(n):
            over, under = fraction(which, tp[i], pred[i], true[i], kept[i], coefs)
            none = under == 0.0
            x = over / (under + none) * LIMB  # none: over is 0 as well
            whole = int(x)
            undefined += none
            high += whole
            low += int((x - whole) * LIMB)
        rows[UNDEFINED + which] += undefined
        rows[HIGH + which] += high
        rows[LOW + which] += low


@jit
def add_row_weighted(tp, pred, true, kept, weight, coefs, rows):
    """Add one row's statistics times its weight, as plain float64 sums."""
    rows[COUNT] += weight
    if tp == pred and tp == true:
        rows[EXACT] += weight
    for which in range(6):
        over, under = fraction(which, tp, pred, true, kept, coefs)
        if under == 0.0:
            rows[UNDEFINED + which] += weight
        else:
            rows[HIGH + which] += over / under * weight


@jit
def fraction(which, tp, pred, true, kept, coefs):
    """Numerator and denominator of the ratio at that place in `counts.RATIOS`."""
    if which == 0:
        return float(tp), float(pred)
    if which == 1:
        return float(tp), float(true)
    if which == 2:
        return float(2 * tp), float(pred + true)
    if which == 3:
        over = coefs[0] * tp
        return over, over + coefs[1] * (true - tp) + coefs[2] * (pred - tp)
    if which == 4:
        return float(tp), float(pred + true - tp)
    return float(kept - pred - true + tp), float(kept - true)
