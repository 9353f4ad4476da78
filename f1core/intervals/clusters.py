"""Rows that belong together: how often each cluster counts in each replica, by its id."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from ..counts import Array
from ..dedup.keys import Ids, check_ids
from ..errors import F1Error

SEED = 0  # where none is given: parts that are merged must draw their clusters alike
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def cluster_hashes(cluster: Any, rows: int) -> Array:
    """Hash the id of each row's cluster to 64 bits: (n,), the same on every machine.

    Raises
    ------
    F1Error
        If there is not one id a row, or one that is missing or negative.

    Examples
    --------
    >>> first, second = cluster_hashes(["a", "b", "a"], 3), cluster_hashes(["b"], 1)
    >>> bool(first[0] == first[2]), bool(first[1] == second[0])
    (True, True)
    """
    try:
        ids = check_ids(cluster, rows)
    except F1Error as error:
        raise F1Error(str(error).replace("sample_id", "cluster")) from None
    if ids.kind == "numbers":
        return _mixed(ids.values.astype(np.uint64))
    return _of_text(ids)


def cluster_weights(hashes: Array, seed: int, resamples: int, table: Array) -> Array:
    """(B, n) how often each row counts in each replica: an entry of `table` (65,536) a cluster."""
    each, place = np.unique(hashes, return_inverse=True)
    keys = _mixed(np.arange(resamples, dtype=np.uint64) + _mixed(np.array([seed], np.uint64)))
    drawn = np.empty((resamples, len(each)), table.dtype)
    for replica, key in enumerate(keys):
        drawn[replica] = table[_mixed(each ^ key) >> np.uint64(48)]
    return drawn[:, place]


def _of_text(ids: Ids) -> Array:
    each, place = np.unique(ids.values, return_inverse=True)
    start = ids.kind.encode()
    digests = [hashlib.blake2b(x, digest_size=8, key=start).digest() for x in each.tolist()]
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)[place]


def _mixed(numbers: Array) -> Array:
    """splitmix64 (Steele, Lea, Flood, 2014): every bit of the input moves every bit of it."""
    with np.errstate(over="ignore"):
        mixed = numbers + _GOLDEN
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))
