"""Which code counts: the NumPy twin at first, the kernels once loading them has paid.

Renting before buying: the twin works until it has taken as long as loading takes, or until the rows
to come would, then the kernels are loaded. That is never worse than twice the best choice.
"""

from __future__ import annotations

import os
import threading
from types import SimpleNamespace
from typing import Any

from . import numba as kernels
from . import numpy as numpy_backend
from .numba import NotReady, Rent

__all__ = ["NotReady", "Rent", "choose", "hired", "load", "loaded", "warm_up"]

# Seconds: llvmlite, and the object code of a kernel (0.04 measured). Scripts that score n x 10 k
# times, n = 32 to 1,000,000 and k = 1 to 1,000, then take 1.9 of the better choice at worst.
PRICE = 0.035
LEAST = 0.7e-9  # seconds that the twin takes a cell at least: float32 scores of 5,000 classes

_lock = threading.Lock()
_kernels: Any = None
# The twin as it is rented: `tally` sees the rent, and pays it a block at a time.
_rented = SimpleNamespace(**vars(numpy_backend), rent=Rent(PRICE))


def choose(cells: int) -> Any:
    """The module to count so many cells with: the kernels, or the twin, with a `rent` to pay."""
    if _kernels is not None:
        return _kernels
    return load() if _rented.rent.pay(0.0, to_come=cells * LEAST) else _rented


def hired(cells: int) -> tuple[Any, Rent | None]:
    """The same, as the twin itself and its rent; without one where the kernels are there."""
    module = choose(cells)
    rent = getattr(module, "rent", None)
    return (module, None) if rent is None else (numpy_backend, rent)


def load() -> Any:
    """The kernels; the twin where Numba cannot be imported."""
    global _kernels
    with _lock:
        if _kernels is None:
            try:
                kernels.start()
                _kernels = kernels
            except ImportError:
                _kernels = numpy_backend
    return _kernels


def loaded() -> bool:
    """Whether the kernels are in use."""
    return _kernels is not None and _kernels is not numpy_backend


def warm_up() -> None:
    """Load the kernels now rather than when they pay: for servers and long training.

    Those that were never compiled on this machine will be when they are first called (some 5 s).

    Examples
    --------
    >>> import f1core
    >>> f1core.warm_up()
    """
    if load() is not numpy_backend:
        _kernels.hurry()


def _renew() -> None:
    """After a fork: what another thread was loading will never be loaded here."""
    global _lock, _kernels
    if _lock.locked() and _kernels is None:
        _kernels = numpy_backend
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
