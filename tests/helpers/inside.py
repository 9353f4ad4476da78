"""The one file of the tests that reaches into the package: which backend counts, in which blocks.

Tests ask for a situation by name; how it is brought about is said here, once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pytest

import f1core.backends.compiled
import f1core.backends.numpy
import f1core.backends.thread_pool
from f1core.backends import switch

BACKENDS = ("numpy", "kernels")


def kernels() -> ModuleType:
    """The compiled kernels, or a skipped test where neither object code nor Numba is there."""
    if switch.backend() == "numpy":
        pytest.skip(switch.backend().reason)
    return f1core.backends.compiled


@contextmanager
def counted_by(backend: str) -> Iterator[None]:
    """Let one backend count, as if it had been chosen long ago."""
    module = f1core.backends.numpy if backend == "numpy" else kernels()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(switch, "active", module)
        patch.setattr(switch, "drop_object_code", _refuse_to_do_without)
        yield


def _refuse_to_do_without(error: Exception) -> None:
    """Object code is there for whatever `count` calls: nobody else counts in its place."""
    raise AssertionError(str(error))


class _Nobody:
    """What counts instead of NumPy where it must not be asked."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError("the kernels refused what NumPy would have counted")


def fail_if_numpy_is_asked(patch: pytest.MonkeyPatch) -> None:
    """Let nobody look again where kernels refuse a row, which could hide that they are wrong."""
    patch.setattr("f1core.count.numpy_backend", _Nobody())


@contextmanager
def as_found(backend: str) -> Iterator[None]:
    """Let a backend be found by the usual way: the kernels loaded, or never worth loading."""
    module = None if backend == "numpy" else kernels()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(switch, "active", module)
        patch.setattr(switch, "_budget", switch.WarmupBudget(float("inf")))
        yield


def loaded() -> bool:
    """Whether the kernels are in use."""
    return switch.loaded()


def load_after(seconds: float) -> None:
    """Let this process load the kernels once NumPy has counted for so long."""
    switch._budget = switch.WarmupBudget(seconds)


def lock_of_loading() -> threading.Lock:
    """What a thread holds while it loads the kernels."""
    return switch._lock


def lock_of_linking() -> threading.Lock:
    """What a thread holds while it is inside of LLVM."""
    assert f1core.backends.compiled._code is not None
    return f1core.backends.compiled._code._lock


def numba_after(seconds: float) -> None:
    """Let this process load Numba, where it must, once NumPy has counted for so long."""
    switch.NUMBA = seconds


def set_block_sizes(patch: pytest.MonkeyPatch, size: int) -> None:
    """Cut so small that a few rows span many blocks, and every thread gets some."""
    for name in ("SIZE", "READ_SIZE", "SINGLE_SIZE", "WEIGHTED_ROWS"):
        patch.setattr(f"f1core.blocks.{name}", size)


def mask_blocks(patch: pytest.MonkeyPatch, most: int) -> None:
    """Count labels in masks of 48 rows at most; of `most` rows and more, rows by their kind."""
    for name, size in (("MASKS", 48), ("LEAST", 16), ("MANY", most)):
        patch.setattr(f1core.backends.compiled, name, size)


def spans_cut(patch: pytest.MonkeyPatch) -> list[list[slice]]:
    """Note the spans of rows that each later call is cut into."""
    found: list[list[slice]] = []
    split = f1core.backends.thread_pool.split_rows

    def noted(*arguments: int) -> list[slice]:
        found.append(split(*arguments))
        return found[-1]

    patch.setattr("f1core.backends.thread_pool.split_rows", noted)
    return found


def guess_labels_from(patch: pytest.MonkeyPatch, rows: int) -> None:
    """Look at so few rows before the classes are guessed."""
    patch.setattr("f1core.inputs._SCAN", rows)
    patch.setattr("f1core.discover._SCAN", rows)
    patch.setattr("f1core.frame_columns._SCAN", rows)
    patch.setattr("f1core.labels._BLOCK", rows)
