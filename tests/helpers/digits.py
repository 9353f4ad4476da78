"""Handwritten digits to train small networks on, in halves: (1,200, 64) and (597, 64) pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits


class Half(NamedTuple):
    x: np.ndarray  # (n, 64) float32 in [0, 1]
    y: np.ndarray  # (n,) int64 from 0 to 9


def digits() -> tuple[Half, Half]:
    """For training and for validation."""
    x, y = load_digits(return_X_y=True)
    x, y = (x / 16).astype(np.float32), y.astype(np.int64)
    return Half(x[:1200], y[:1200]), Half(x[1200:], y[1200:])
