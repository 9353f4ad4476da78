"""Merge 10,000 states of 1,000 classes, and what 10^12 rows cost: python bench/scale.py

Writes SCALE.md beside this file, all of it measured in one run; --quick writes nothing.
"""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import f1core

CLASSES = 1000
WORKERS = 10_000
DIFFERENT = 50  # states that are made; merging does not care that they come again
ROWS = (10_000, 1_000_000)  # each worker's
FAN = 32  # states that one node of the tree merges
GOAL = 10**12
MACHINES, CORES = (1, 10, 100, 1000), 32
WIDTHS = (("multiclass", 10), ("multiclass", 1000), ("multilabel", 15))


def main() -> None:
    quick = "--quick" in sys.argv
    workers = 100 if quick else WORKERS
    merges = [one("merge", rows, how, workers) for rows in ROWS for how in ("flat", "tree")]
    rates = [one("rate", task, width) for task, width in WIDTHS]
    text = page(merges, rates)
    print(text)
    if not quick:
        (Path(__file__).parent / "SCALE.md").write_text(text)


def one(*arguments: object) -> dict:
    """One measurement, in a process of its own, so that its peak of memory is its own."""
    command = [sys.executable, __file__, *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def merge(rows: int, how: str, workers: int) -> dict:
    """Unpickle and merge so many states, as a driver receives them or as a tree of nodes would."""
    made, sizes = [], []
    for seed in range(DIFFERENT):
        rng = np.random.default_rng(seed)
        y_true = rng.integers(0, CLASSES, rows)
        y_pred = np.where(rng.random(rows) < 0.7, y_true, rng.integers(0, CLASSES, rows))
        state = f1core.Accumulator("multiclass", classes=CLASSES)
        state.update(y_true, y_pred)
        made.append(pickle.dumps(state))
        sizes.append(len(made[-1]))
    level = [made[i % DIFFERENT] for i in range(workers)]
    before, levels, slowest, start = _peak(), 0, 0.0, time.perf_counter()
    if how == "flat":
        total = _merged(level)
    else:  # every node's result is pickled again, as it would travel
        while len(level) > 1:
            groups = [level[i : i + FAN] for i in range(0, len(level), FAN)]
            level, worst = [], 0.0
            for group in groups:
                begun = time.perf_counter()
                level.append(pickle.dumps(_merged(group)))
                worst = max(worst, time.perf_counter() - begun)
            levels, slowest = levels + 1, slowest + worst
        total = pickle.loads(level[0])
    seconds = time.perf_counter() - start
    assert total.total == rows * workers
    return {
        "rows": rows,
        "how": how,
        "workers": workers,
        "bytes": float(np.mean(sizes)),
        "seconds": seconds,
        "critical": slowest or seconds,
        "levels": levels or 1,
        "megabytes": _peak() - before,
        "last": len(pickle.dumps(total)),
    }


def _merged(states: list[bytes]) -> f1core.Accumulator:
    total = pickle.loads(states[0])
    for state in states[1:]:
        total.merge(pickle.loads(state))
    return total


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rate(task: str, width: int) -> dict:
    """Rows a second on one core: float32 scores in memory, batches of 64 MB."""
    f1core.warm_up()
    rng, size = np.random.default_rng(0), max(1, (1 << 24) // width)
    scores = rng.random((size, width), dtype=np.float32)
    flags = task == "multilabel"
    truth = (scores > 0.7).astype(np.int8) if flags else rng.integers(0, width, size)
    made = f1core.Accumulator(task, classes=width, threads=1)
    made.update(truth, scores)
    times = []
    for _ in range(25):
        start = time.perf_counter()
        made.update(truth, scores)
        times.append(time.perf_counter() - start)
    return {"task": task, "width": width, "rows": size / float(np.median(times))}


HEAD = """# Scale

Written by `python bench/scale.py`; every figure was measured or follows from one that was.

## Merging {workers:,} states of {classes:,} classes, confusion matrix kept

A matrix of {classes:,} classes takes {dense:.0f} MB in memory. What is sent has the fewest bytes a
number and leaves out zeros where that pays; what was received is added without making its matrix.
The tree merges {fan} states a node and pickles each node's result. Its nodes would work side by
side, so that the run waits for the slowest node of each level.

| rows a worker | KB a state | how | seconds, one core | seconds waited | peak MB | KB of the sum |
| ---: | ---: | --- | ---: | ---: | ---: | ---: |
"""
THEN = """
## 10^12 rows

From rows a second on one core, float32 scores already in memory, and machines of {cores} cores.
Reading them usually takes longer: the last column is what each machine would have to read.

| work | million rows a second, a core | {machines} | GB/s to read |
| --- | ---: | {bars} | ---: |
"""
LAST = """
At the end each core has a state: {states:,} of {classes:,} classes from {most:,} machines are
{all:.0f} GB at most, and take one driver {driver:.0f} s ({each:.2f} ms each). One state a machine,
merged there first: {some:.1f} GB and {few:.1f} s. Counts are int64 and hold 9 million times 10^12.
"""


def page(merges: list[dict], rates: list[dict]) -> str:
    """The measurements as Markdown, and what follows from them."""
    text = HEAD.format(
        workers=merges[0]["workers"], classes=CLASSES, dense=8 * CLASSES**2 / 1e6, fan=FAN
    )
    for m in merges:
        how = "flat" if m["how"] == "flat" else f"tree of {m['levels']} levels"
        text += (
            f"| {m['rows']:,} | {m['bytes'] / 1e3:,.0f} | {how} | {m['seconds']:.2f} "
            f"| {m['critical']:.2f} | {m['megabytes']:,.0f} | {m['last'] / 1e3:,.0f} |\n"
        )
    machines = " | ".join(f"{n:,} machine{'s' * (n > 1)}" for n in MACHINES)
    text += THEN.format(cores=CORES, machines=machines, bars=" | ".join(["---:"] * len(MACHINES)))
    for r in rates:
        spans = " | ".join(_span(GOAL / (r["rows"] * CORES * n)) for n in MACHINES)
        read = r["rows"] * CORES * r["width"] * 4 / 1e9
        text += (
            f"| {r['task']}, {r['width']:,} columns | {r['rows'] / 1e6:.2f} | {spans} "
            f"| {read:,.0f} |\n"
        )
    flat, most = merges[-2], MACHINES[-1]
    each, states = flat["seconds"] / flat["workers"], most * CORES
    return text + LAST.format(
        states=states, classes=CLASSES, most=most, all=states * flat["bytes"] / 1e9,
        driver=states * each, each=each * 1e3, some=most * flat["bytes"] / 1e9, few=most * each,
    )  # fmt: skip


def _span(seconds: float) -> str:
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {name}"
    return f"{seconds:.1f} s"


if __name__ == "__main__":
    if sys.argv[1:2] == ["merge"]:
        print(json.dumps(merge(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))))
    elif sys.argv[1:2] == ["rate"]:
        print(json.dumps(rate(sys.argv[2], int(sys.argv[3]))))
    else:
        main()
