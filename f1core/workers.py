"""The threads: a few helpers over kernels that release the GIL, made anew after a fork.

Spans of rows are taken from one queue by whoever is free, the calling thread among them, so that a
helper that wakes up late takes fewer of them. Whole numbers do not care who adds them.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from queue import SimpleQueue
from time import perf_counter, sleep
from typing import Any, Generic, TypeVar

T = TypeVar("T")

# Bytes that a thread should have to read, or it costs more than it saves: calling a helper takes
# 0.2 ms, and most kernels 0.05 to 0.1 ns a byte; two threads gained from 12 to 16 MB on.
SHARE = 7_000_000
SPIN = 0.0002  # seconds: a thread that sleeps wakes up 50 µs late
AHEAD = 2  # how many results a thread may be ahead of the one that is waited for


@cache
def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def crew(threads: int | None, work: int) -> int:
    """How many threads to use: as asked, or as many as pay for reading so many bytes."""
    return threads if threads is not None else max(1, min(cores(), work // SHARE))


def split(rows: int, step: int, parts: int) -> list[slice]:
    """`rows` as that many spans at most, each a multiple of `step` but the last."""
    steps = -(-rows // step)
    parts = max(1, min(parts, steps))
    edges = [min(rows, steps * part // parts * step) for part in range(parts + 1)]
    return [slice(a, b) for a, b in pairwise(edges)]


def share(work: Callable[[Iterator[slice]], T], spans: list[slice], threads: int) -> list[T]:
    """`work` of those spans that a thread takes, the results of all threads that took part."""
    threads = min(threads, len(spans))
    if threads <= 1:
        return [work(iter(spans))]
    todo = deque(spans)

    def some() -> T:
        try:
            return work(_taken(todo))
        except BaseException:
            todo.clear()
            raise

    jobs = [_Job(some) for _ in range(threads - 1)]
    _call(jobs)
    try:
        mine = some()
    finally:  # nobody may still read the arrays when this returns
        for job in jobs:
            job.end()
    return [mine, *(result for job in jobs for result in job.results())]


def run(work: Callable[[slice], T], spans: list[slice], threads: int) -> list[T]:
    """`work` of each span, in the spans' order."""

    def some(taken: Iterator[slice]) -> list[tuple[int, T]]:
        return [(span.start, work(span)) for span in taken]

    found = dict(pair for part in share(some, spans, threads) for pair in part)
    return [found[span.start] for span in spans]


def in_order(work: Callable[[slice], T], spans: list[slice], threads: int) -> Iterator[T]:
    """`work` of each span in the spans' order, with a bounded number under way."""
    threads = min(threads, len(spans))
    if threads <= 1:
        yield from map(work, spans)
        return
    todo, done = deque(enumerate(spans)), dict[int, T]()
    changed = threading.Condition()
    given, failed = 0, False

    def ready() -> bool:
        return given in done or failed

    def one() -> bool:
        """Work of the next span; False if there is none, or none yet."""
        nonlocal failed
        with changed:
            if not todo or todo[0][0] >= given + AHEAD * threads:
                return False
            place, span = todo.popleft()
        try:
            result = work(span)
        except BaseException:
            failed = True
            raise
        finally:
            with changed:
                if failed:
                    todo.clear()
                else:
                    done[place] = result
                changed.notify_all()
        return True

    def help_out() -> None:
        while todo:
            if not one():
                with changed:
                    changed.wait_for(lambda: not todo or todo[0][0] < given + AHEAD * threads)

    jobs = [_Job(help_out) for _ in range(threads - 1)]
    _call(jobs)
    try:
        while given < len(spans) and not failed:
            if given in done:
                with changed:
                    result = done.pop(given)
                    given += 1
                    changed.notify_all()
                yield result
            elif not one():
                with changed:
                    changed.wait_for(ready)
    finally:
        with changed:
            todo.clear()
            changed.notify_all()
        for job in jobs:
            job.end()
    for job in jobs:
        job.results()


def _taken(todo: deque[T]) -> Iterator[T]:
    while todo:
        try:
            yield todo.popleft()
        except IndexError:  # another thread was faster
            return


class _Job(Generic[T]):
    """A function that a helper calls, unless it is taken back before."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work: Callable[[], T] | None = work
        self._claim, self._done = threading.Lock(), threading.Lock()
        self._done.acquire()
        self._results: list[T] = []
        self._error: BaseException | None = None

    def __call__(self) -> None:
        work = self._work
        if not self._claim.acquire(False) or work is None:
            return
        try:
            self._results.append(work())
        except BaseException as error:
            self._error = error
        self._work = work = None  # they hold the arrays
        self._done.release()

    def end(self) -> None:
        """Take it back, or wait for its end."""
        if self._claim.acquire(False):
            self._work = None
            return
        end = perf_counter() + SPIN
        while not self._done.acquire(False):
            if perf_counter() > end:
                self._done.acquire()
                return
            sleep(0)

    def results(self) -> list[T]:
        """What it returned, if it was called in time."""
        if self._error is not None:
            raise self._error
        return self._results


_queue: SimpleQueue[_Job[Any]] = SimpleQueue()
_helpers = 0
_lock = threading.Lock()


def _call(jobs: list[_Job[Any]]) -> None:
    global _helpers
    for job in jobs:
        _queue.put(job)
    while _helpers < len(jobs):
        with _lock:
            if _helpers >= len(jobs):
                return
            _helpers += 1
            name = f"f1core-{_helpers}"
        try:
            threading.Thread(target=_help, args=(_queue,), name=name, daemon=True).start()
        except RuntimeError:  # none to be had, or the interpreter is ending: this thread does all
            return


def _help(queue: SimpleQueue[_Job[Any]]) -> None:
    while True:
        queue.get()()


def _renew() -> None:
    """After a fork: the helpers are not here."""
    global _queue, _helpers, _lock
    _queue, _helpers, _lock = SimpleQueue(), 0, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
