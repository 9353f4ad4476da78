"""Which code counts: the NumPy twin at first, the kernels once loading them has paid.

Renting before buying: the twin works until it has done as much as loading Numba costs, then the
kernels are loaded. That is never worse than twice the best choice, whatever comes next.
"""

from __future__ import annotations

import threading
from types import ModuleType

from . import plain

# What loading costs (1.0 s: importing Numba, and the first dispatch of a cached kernel) in cells of
# the twin's work, at 8 ns a cell: 1,000,000 x 10 scores take it 80 ms.
PRICE = 120_000_000

_lock = threading.Lock()
_spent = 0
_kernels: ModuleType | None = None


def choose(cells: int) -> ModuleType:
    """The module to count with, for work of so many cells."""
    global _spent
    if _kernels is not None:
        return _kernels
    with _lock:
        _spent += cells
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
