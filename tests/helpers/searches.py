"""Problems for best_threshold that are small enough to try every threshold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from arrays import to_dtype
from hypothesis import settings
from hypothesis import strategies as st

from f1core import F1Error
from f1core.arrays import BFLOAT16

SEEDS = st.integers(0, 2**32 - 1)
MANY = settings(max_examples=min(500, settings.default.max_examples))  # problems in an example
DTYPES = [np.dtype(t) for t in ("f2", "f4", "f8", ">f4", "g")] + [BFLOAT16]
# Neighbours that some dtypes do not tell apart, both zeros, the smallest of each width, and what
# rounding has moved out of [0, 1].
VALUES = [0.0, -0.0, 5e-324, 1e-45, 1e-40, 6e-8, 0.1, 0.1000001, 0.25, 1 / 3, 0.5, 0.5000001, 0.9,
          1.0, -1e-3, -1e-7, 1.0000002, 1.001]  # fmt: skip


def drawn(rng: np.random.Generator) -> tuple[Any, Any, dict[str, Any], dict[str, Any]]:
    """y_true, y_prob, options of both functions, and options of the search."""
    binary = rng.random() < 0.3
    n = int(rng.integers(1, 8))
    shape = (n,) if binary else (n, int(rng.integers(1, 4)))
    few = rng.choice(VALUES, int(rng.integers(1, 5)))
    y_prob = to_dtype(rng.choice(few, shape), DTYPES[rng.integers(len(DTYPES))])
    y_true = (rng.random(shape) < rng.choice([0.2, 0.5, 0.8])).astype(np.int8)
    options: dict[str, Any] = {"task": "binary" if binary else "multilabel"}
    if rng.random() < 0.3:
        y_true[rng.random(shape) < 0.2] = -1
        options["ignore_index"] = -1
    if rng.random() < 0.3:
        options["sample_weight"] = rng.integers(0, 4, n) / 2
    options["zero_division"] = float(rng.choice([0.0, 1.0, math.nan]))
    options["beta"] = float(rng.choice([1.0, 1.0, 1.0, 0.0, 0.5, 2.0, 1.7, math.inf]))
    if not binary and rng.random() < 0.4:
        chosen = rng.permutation(shape[1])[: rng.integers(1, shape[1] + 1)]
        options["average_over"] = ["present", "all", chosen.tolist()][rng.integers(3)]
    search = {"average": str(rng.choice(["macro", "micro", "weighted"]))}
    search["shared"] = bool(rng.random() < 0.4)
    if binary:  # one label has no average and nothing to share
        search |= {"average": "macro", "shared": False}
    if rng.random() < 0.3:
        search[str(rng.choice(["min_precision", "min_recall"]))] = float(
            rng.choice([0, 0.3, 0.5, 1])
        )
    return y_true, y_prob, options, search


def aimed_at(search: dict[str, Any], binary: bool) -> str:
    stem = (
        "recall"
        if "min_precision" in search
        else "precision"
        if "min_recall" in search
        else "fbeta"
    )
    return stem if binary else f"{stem}_{search['average']}"


NOTHING = ("there are no rows to score", "no class is left to average over")


def tried(call: Any, *args: Any, **options: Any) -> tuple[Any, str]:
    """What a call gives, or the sentence with which it refuses."""
    try:
        return call(*args, **options), ""
    except F1Error as error:
        return None, str(error)
