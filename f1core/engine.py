"""Which code counts: the NumPy twin at first, the kernels once loading them has paid.

Renting before buying: the twin works until it has done as much as loading Numba costs, then the
kernels are loaded. That is never worse than twice the best choice, whatever comes next.
"""

from __future__ import annotations

import os
import threading
from types import ModuleType
from typing import Any

from . import plain

# What loading costs (1.0 s: importing Numba, and the first dispatch of a cached kernel) in cells of
# the twin's work, at 8 ns a cell: 1,000,000 x 10 scores take it 80 ms.
PRICE = 120_000_000
CALL = 3_000  # what the twin's dozen NumPy calls cost in a small batch: 25 µs

_lock = threading.Lock()
_spent = 0
_kernels: ModuleType | None = None


def choose(cells: int) -> Any:
    """The module to count with, for one call's work of so many cells."""
    global _spent
    if _kernels is not None:
        return _kernels
    with _lock:
        _spent += cells + CALL
        if _spent < PRICE:
            return plain
    return load()


def load() -> ModuleType:
    """The kernels; the twin where Numba cannot be imported."""
    global _kernels
    with _lock:
        if _kernels is None:
            try:
                from . import kernels

                _kernels = kernels
            except ImportError:
                _kernels = plain
    return _kernels


def loaded() -> bool:
    """Whether the kernels are in use."""
    return _kernels is not None and _kernels is not plain


def warm_up() -> None:
    """Load the kernels now rather than when they pay: for servers and long training.

    Examples
    --------
    >>> import f1core
    >>> f1core.warm_up()
    """
    load()


def _renew() -> None:
    """After a fork: what another thread was loading will never be loaded here."""
    global _lock, _kernels
    if _lock.locked() and _kernels is None:
        _kernels = plain
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
