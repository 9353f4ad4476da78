"""Every Numba option, in one place."""

from contextlib import suppress

from numba import njit

from .object_cache import kept_by_numba, sources

# "numpy": a division by zero gives inf or nan. Raising instead keeps a loop from being vectorised:
# the row ratios took 13 ns a row, and take 4.
OPTIONS = {"nogil": True, "error_model": "numpy"}


def jit(kernel):
    """Compile on first use and keep the result on disk, in a folder that is nobody else's."""
    if not kept_by_numba():
        return njit(**OPTIONS)(kernel)
    try:
        compiled = njit(cache=True, **OPTIONS)(kernel)
    except RuntimeError:  # "no locator available": no folder can be written
        return njit(**OPTIONS)(kernel)
    with suppress(AttributeError):  # without Numba's compiler, or if Numba changes inside
        compiled._cache._cache_file._source_stamp = sources()
    return compiled


def inlined(function):
    """For the pieces kernels are made of: LLVM would call some of them, at twice the time a row."""
    return njit(forceinline=True, **OPTIONS)(function)
