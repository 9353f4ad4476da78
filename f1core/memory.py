"""Arrays that are only made where they fit in memory."""

from __future__ import annotations

import math
import os
from functools import cache
from typing import Any

import numpy as np

from .counts import Array
from .errors import F1Error


@cache
def physical_bytes() -> float:
    """Return how much memory the machine has; infinity where nobody says."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return math.inf


def zeros(shape: tuple[int, ...], dtype: Any, what: str, hint: str = "") -> Array:
    """Make an array of zeros; a system may promise more than it has, so sizes are compared first.

    Parameters
    ----------
    shape, dtype
        Of the array.
    what
        What it is for, as the subject of a sentence: "1,000 resamples of 5 classes".
    hint
        What would do.

    Examples
    --------
    >>> zeros((2, 3), "int64", "two resamples").shape
    (2, 3)
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    try:
        if size > physical_bytes():
            raise MemoryError
        return np.zeros(shape, dtype)
    except (MemoryError, ValueError):  # NumPy's "array is too big"
        amount = f"{size / 2**30:,.1f} GiB" if size < 1 << 60 else "more than an exabyte"
        more = f"; {hint}" if hint else ""
        raise F1Error(f"{what} do not fit in memory, they take {amount}{more}") from None
