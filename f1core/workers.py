"""The threads: a small pool over kernels that release the GIL, made anew after a fork."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

T = TypeVar("T")

# Below this many cells a second thread costs more than it saves.
CROSSOVER = 300_000


@cache
def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def crew(threads: int | None, cells: int) -> int:
    """How many threads to use: as asked, or as many as pay for this much work."""
    return threads if threads is not None else max(1, min(cores(), cells // CROSSOVER))


def split(rows: int, step: int, parts: int) -> list[slice]:
    """`rows` as that many spans at most, each a multiple of `step` but the last."""
    steps = -(-rows // step)
    parts = max(1, min(parts, steps))
    edges = [min(rows, steps * part // parts * step) for part in range(parts + 1)]
    return [slice(a, b) for a, b in pairwise(edges)]


def run(work: Callable[[slice], T], spans: list[slice]) -> list[T]:
    """`work` of each span at once, the first one in the calling thread."""
    if len(spans) == 1:
        return [work(spans[0])]
    others = [_pool(len(spans) - 1).submit(work, span) for span in spans[1:]]
    try:
        mine = work(spans[0])
    finally:  # nobody may still read the arrays when this returns
        for other in others:
            other.exception()
    return [mine, *(other.result() for other in others)]


def in_order(work: Callable[[slice], T], spans: list[slice], threads: int) -> Iterator[T]:
    """`work` of each span in the spans' order, with a bounded number under way."""
    if threads == 1 or len(spans) == 1:
        yield from map(work, spans)
        return
    pool = _pool(threads)
    waiting: deque[Future[T]] = deque()
    try:
        for span in spans:
            waiting.append(pool.submit(work, span))
            if len(waiting) >= threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for other in waiting:
            if not other.cancel():
                other.exception()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # 10 ms that small work never pays

    return ThreadPoolExecutor(threads, thread_name_prefix="f1core")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)
