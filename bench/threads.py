"""One thread against two, and where two begin to pay: python bench/threads.py [cases] [sweep]

A case's row: milliseconds of one and of two threads, of reading the bytes with each (`limit`), both
ratios, and how far one thread is above its own limit; the four take turns, medians count. On two
cores a neighbour is half a thread: a row during which others took over a tenth of a core is done
again and, after four times, marked with the cores that they took.
`sweep` prints one thread's time over two threads', for growing work; ! where others took too much.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from variants import SLOWER

import f1core
from f1core import bench

SECONDS = 1.0  # a case
MEGABYTES = (1, 2, 4, 8, 16)


def main() -> None:
    f1core.warm_up()
    for part in sys.argv[1:] or ("cases", "sweep"):
        {"cases": cases, "sweep": sweep}[part]()


def cases() -> None:
    head = ("one", "two", "limit 1", "limit 2", "ratio", "limit's", "x limit 1")
    print(f"{'':52s}", *(f"{name:>9s}" for name in head))
    for case in (*bench.CASES, *SLOWER):
        true, pred = case.arrays()
        sides = {name: case.f1core_call(true, pred, n) for name, n in (("one", 1), ("two", 2))}
        sides |= {f"limit {n}": bench.limit(true, pred, n) for n in (1, 2)}
        for call in sides.values():
            call()
        taken, mark = undisturbed(sides, SECONDS, 40)
        found = one, two, limit_1, limit_2 = [seconds * 1e3 for seconds in taken.values()]
        row = (*found, one / two, limit_1 / limit_2, one / limit_1)
        print(f"{case.name:52s}", *(f"{number:9.2f}" for number in row), mark, flush=True)


def sweep() -> None:
    print(f"{'':45s}", *(f"{size:6.0f}" for size in MEGABYTES), "MB read")
    for case in [case for case in bench.CASES if case.shape[0] >= 10**6]:
        true, pred = case.arrays()
        row = []
        for size in MEGABYTES:
            rows = int(size * 1e6 * len(pred) / (true.nbytes + pred.nbytes))
            if rows > len(pred):
                break
            sides = {str(n): case.f1core_call(true[:rows], pred[:rows], n) for n in (1, 2)}
            for call in sides.values():
                call()
            taken, mark = undisturbed(sides, 0.15, 200)
            row.append(f"{taken['1'] / taken['2']:5.2f}{'!' if mark else ' '}")
        print(f"{case.name:45s}", *row, flush=True)


def undisturbed(
    sides: dict[str, Callable[[], object]], seconds: float, most: int
) -> tuple[dict[str, float], str]:
    """Medians of all sides, from the calmest of four tries; and a mark where that was not calm."""
    tries = []
    while len(tries) < 4 and (not tries or tries[-1][0] > 0.1):
        start, others = time.perf_counter(), _busy() - time.process_time()
        taken = bench.interleaved(sides, seconds, most)
        others = _busy() - time.process_time() - others
        tries.append((others / (time.perf_counter() - start), taken))
    share, taken = min(tries, key=lambda one: one[0])
    return taken, f"  others took {share:.1f} cores" if share > 0.1 else ""


def _busy() -> float:
    """CPU seconds of all processes since the machine started."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return time.process_time()
    user, nice, system, *_ = map(int, stat.read_text().split("\n")[0].split()[1:])
    return (user + nice + system) / 100


if __name__ == "__main__":
    main()
