"""One thread against two, and where two begin to pay: python bench/threads.py [cases] [sweep]

A case's row: milliseconds of one and of two threads, of reading the bytes with each (`limit`), both
ratios, and how far one thread is above its own limit; the four take turns, and medians count. What
else ran on the machine meanwhile is printed last: on two cores, a neighbour is half a thread.
`sweep` finds for each kind the number of cells from which two threads are faster.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import f1core
from f1core import bench

SECONDS = 1.2  # a case


def main() -> None:
    f1core.warm_up()
    for part in sys.argv[1:] or ("cases", "sweep"):
        before = _busy(), time.process_time()
        {"cases": cases, "sweep": sweep}[part]()
        others = (_busy() - before[0]) - (time.process_time() - before[1])
        print(f"other processes took {others:.1f} s of CPU meanwhile")


def cases() -> None:
    head = ("one", "two", "limit 1", "limit 2", "ratio", "limit's", "x limit 1")
    print(f"{'':52s}", *(f"{name:>9s}" for name in head))
    for case in (*bench.CASES, *bench.SLOWER):
        true, pred = case.arrays()
        sides = {name: case.ours(true, pred, n) for name, n in (("one", 1), ("two", 2))}
        sides |= {f"limit {n}": bench.limit(true, pred, n) for n in (1, 2)}
        for call in sides.values():
            call()
        found = [seconds * 1e3 for seconds in bench.interleaved(sides, SECONDS, 40).values()]
        one, two, limit_1, limit_2 = found
        ratios = one / two, limit_1 / limit_2, one / limit_1
        print(f"{case.name:52s}", *(f"{number:9.2f}" for number in (*found, *ratios)), flush=True)


def sweep() -> None:
    chosen = [case for case in bench.CASES if case.shape[0] >= 10**6 or case.classes == 1000]
    for case in chosen:
        true, pred = case.arrays()
        crossover = None
        row = []
        for cells in (10**5, 2 * 10**5, 4 * 10**5, 8 * 10**5, 16 * 10**5, 32 * 10**5):
            rows = cells * len(pred) // pred.size
            if rows > len(pred):
                break
            part = true[:rows], pred[:rows]
            sides = {str(n): case.ours(*part, n) for n in (1, 2)}
            for call in sides.values():
                call()
            taken = bench.interleaved(sides, 0.15, 200)
            row.append(f"{taken['1'] / taken['2']:6.2f}")
            if crossover is None and taken["2"] < taken["1"]:
                crossover = cells
        print(f"{case.name:45s}", *row, f"  pays from {crossover or 0:,} cells", flush=True)


def _busy() -> float:
    """CPU seconds of all processes since the machine started."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return time.process_time()
    user, nice, system, *_ = map(int, stat.read_text().split("\n")[0].split()[1:])
    return (user + nice + system) / 100


if __name__ == "__main__":
    main()
