"""Every Numba option, in one place."""

from contextlib import suppress
from pathlib import Path

from numba import njit

# "numpy": a division by zero gives inf or nan. Raising instead keeps a loop from being vectorised:
# the row ratios took 13 ns a row, and take 4.
OPTIONS = {"nogil": True, "error_model": "numpy", "cache": True}


def jit(kernel):
    """Compile on first use and let Numba keep the result, where it finds a folder for that."""
    try:
        compiled = njit(**OPTIONS)(kernel)
    except RuntimeError:  # "no locator available": no folder can be written
        return njit(**{**OPTIONS, "cache": False})(kernel)
    with suppress(AttributeError, OSError):  # without Numba's compiler, or if Numba changes inside
        compiled._cache._cache_file._source_stamp = _stamp()
    return compiled


def _stamp():
    """What kept code is valid for: all files of kernels. Numba looks at a kernel's own alone."""
    here = Path(__file__).parent
    files = [*sorted(here.glob("*.py")), here.parents[1] / "count_layout.py"]
    return tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files)


def inlined(function):
    """For the pieces kernels are made of: LLVM would call some of them, at twice the time a row."""
    return njit(**{**OPTIONS, "cache": False}, forceinline=True)(function)
