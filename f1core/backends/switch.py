"""Which backend counts: NumPy at first, the Numba kernels once loading them has paid.

NumPy counts until it has taken as long as loading takes, or until the rows to come would, then the
kernels are loaded: see `WarmupBudget`.
"""

from __future__ import annotations

import os
import threading
from typing import Any

from . import numba as kernels
from . import numpy as numpy_backend
from .numba import NotCompiledYet, WarmupBudget

__all__ = ["NotCompiledYet", "WarmupBudget", "active", "choose", "load", "loaded", "warm_up"]

# Seconds: llvmlite, and the object code of a kernel (0.04 measured). Scripts that score n x 10 k
# times, n = 32 to 1,000,000 and k = 1 to 1,000, then take 1.9 of the better choice at worst.
PRICE = 0.035
LEAST = 0.7e-9  # seconds a number that NumPy takes at least: float32 scores of 5,000 classes

_lock = threading.Lock()
active: Any = None  # the backend that counts, once it stays: the kernels, or NumPy without Numba
_budget = WarmupBudget(PRICE)


def choose(size: int) -> tuple[Any, WarmupBudget | None]:
    """Return the backend that counts `size` numbers, and the budget that its seconds come from.

    The budget is None once a backend is `active`.
    """
    if active is not None:
        return active, None
    if _budget.spend(0.0, to_come=size * LEAST):
        return load(), None
    return numpy_backend, _budget


def load() -> Any:
    """Load the kernels and return them; NumPy where Numba cannot be imported."""
    global active
    with _lock:
        if active is None:
            try:
                kernels.start()
                active = kernels
            except ImportError:
                active = numpy_backend
    return active


def loaded() -> bool:
    """Whether the kernels are in use."""
    return active is not None and active is not numpy_backend


def warm_up() -> None:
    """Load the kernels now rather than when they pay: for servers and long training.

    Those that were never compiled on this machine will be when they are first called (some 5 s).

    Examples
    --------
    >>> import f1core
    >>> f1core.warm_up()
    """
    if load() is not numpy_backend:
        active.hurry()


def _renew() -> None:
    """After a fork: what another thread was loading will never be loaded here."""
    global _lock, active
    if _lock.locked() and active is None:
        active = numpy_backend
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
