"""Threads over spans of rows: a pool of `concurrent.futures` and kernels that release the GIL.

Spans are taken from one queue by whichever thread is free, the calling one among them, so that a
thread that wakes up late takes fewer of them. Sums of integers do not depend on who adds them.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from typing import Any, TypeVar

from .cores import n_cores

T = TypeVar("T")

# Bytes that a thread should have to read, or it costs more than it saves: waking one takes 0.2 ms,
# and most kernels 0.05 to 0.1 ns a byte; two threads gained from 12 to 16 MB on.
BYTES_A_THREAD = 7_000_000
# Spans a thread whose results are kept until their turn to be added comes.
_HELD = 8
_MOST = 64  # threads beside the calling one, whatever is asked for

_pool: ThreadPoolExecutor | None = None


def n_threads(threads: int | None, n_bytes: int) -> int:
    """Return how many threads to use: `threads`, or by default as many as pay for the bytes."""
    return threads if threads is not None else max(1, min(n_cores(), n_bytes // BYTES_A_THREAD))


def split_rows(rows: int, step: int, parts: int) -> list[slice]:
    """Cut `rows` into that many spans at most, each a multiple of `step` but the last."""
    steps = -(-rows // step)
    parts = max(1, min(parts, steps))
    edges = [min(rows, steps * part // parts * step) for part in range(parts + 1)]
    return [slice(a, b) for a, b in pairwise(edges)]


def map_unordered(
    work: Callable[[Iterator[slice]], T], spans: list[slice], threads: int
) -> list[T]:
    """Call `work` once a thread with the spans that it takes; return the results of all threads.

    No thread reads the arrays any more when this returns or raises.
    """
    threads = min(threads, len(spans))
    if threads <= 1:
        return [work(iter(spans))]
    left = deque(spans)

    def some() -> T:
        try:
            return work(_taken(left))
        except BaseException:
            left.clear()
            raise

    helpers: list[Future[T]] = []
    try:
        with suppress(RuntimeError):  # no thread to be had, or the interpreter is ending
            helpers += (_executor().submit(some) for _ in range(threads - 1))
        results = [some()]
    finally:
        started = [helper for helper in helpers if not helper.cancel()]
        for helper in started:
            helper.exception()  # waits
    return results + [helper.result() for helper in started]


def map_ordered(work: Callable[[slice], T], spans: list[slice], threads: int) -> Iterator[T]:
    """Yield `work` of each span in the spans' order, holding back a bounded number of results."""
    if threads <= 1:
        yield from map(work, spans)
        return

    def some(taken: Iterator[slice]) -> list[tuple[int, T]]:
        return [(span.start, work(span)) for span in taken]

    size = _HELD * threads
    for start in range(0, len(spans), size):
        parts = map_unordered(some, spans[start : start + size], threads)
        yield from (result for _, result in sorted(_joined(parts), key=lambda pair: pair[0]))


def _joined(parts: list[list[T]]) -> list[T]:
    return [entry for part in parts for entry in part]


def _taken(left: deque[T]) -> Iterator[T]:
    """Yield entries from the left until none is there; threads may share the deque."""
    with suppress(IndexError):
        while True:
            yield left.popleft()


def _executor() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(_MOST, thread_name_prefix="f1core")
    return _pool


def _forget(*_: Any) -> None:
    """Drop the pool in a child process, where its threads do not exist."""
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
