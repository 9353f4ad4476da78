"""When two results are the same."""

from __future__ import annotations

import math

import numpy as np

from f1core import Scores


def same_bits(one: Scores, other: Scores) -> None:
    """The same counts, and every number the same to the last bit."""
    assert one._counts == other._counts
    mine, theirs = one.to_dict(), other.to_dict()
    assert list(mine) == list(theirs)
    for name in mine:
        assert mine[name] == theirs[name] or (math.isnan(mine[name]) and math.isnan(theirs[name]))


def close(one: Scores, other: Scores) -> None:
    """Every number the same but for rounding."""
    mine, theirs = one.to_dict(), other.to_dict()
    assert list(mine) == list(theirs)
    np.testing.assert_allclose(list(mine.values()), list(theirs.values()), rtol=0, atol=1e-12)
