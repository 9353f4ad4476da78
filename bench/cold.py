"""Fresh processes: import, first calls, and scripts that score k times: python bench/cold.py

`first` takes the wall time of whole processes, all in turn, and prints medians: what a user waits
for. `fresh` scores 20 times in a new process that finds no code of Numba's, and 20 times more.
`script` scores k times in processes of their own, with the kernels as f1core loads them, never
and at once, and compares the totals (from before `import f1core`) with the better of the last two.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 5
SIZES = (32, 1_000, 10_000, 100_000, 1_000_000)
TIMES = (1, 3, 10, 30, 100, 300, 1000)
SECONDS = 1.0  # a script stops there

DATA = (
    "import numpy as np; r = np.random.default_rng(0); "
    "P = r.random(({n}, 10), dtype=np.float32); y = r.integers(0, 10, {n}); "
)
OURS = DATA + "import f1core; f1core.score(y, P).macro.f1"
WARM = DATA + "import f1core; f1core.warm_up(); f1core.score(y, P).macro.f1"
THEIRS = DATA + (
    "from sklearn.metrics import precision_recall_fscore_support as f; f(y, P.argmax(1))"
)
CALLS = (
    DATA.format(n=1000)
    + """
from time import perf_counter as clock
def took(work):
    start = clock(); work(); return clock() - start
def imports():
    import f1core
def scores():
    from f1core import score
    score(y, P).macro.f1
def warms():
    from f1core import warm_up
    warm_up()
found = [took(work) for work in (imports, scores, scores, warms, scores, scores)]
print(found)
"""
)
SCRIPT = (
    DATA
    + """
from time import perf_counter as clock
start = clock()
import f1core
way = "{way}"
if way == "kernels":
    f1core.warm_up()
elif way == "NumPy":
    switch = f1core.backends.switch
    switch._budget = switch.WarmupBudget(float("inf"))
found = dict()
for k in range(1, 1001):
    f1core.score(y, P).macro.f1
    if k in {times}:
        found[k] = clock() - start
    if clock() - start > {seconds}:
        break
print(__import__("json").dumps(found))
"""
)


FRESH = """
import time
import numpy as np
clock = time.perf_counter
start = clock(); import f1core; imported = clock() - start
from f1core import bench
case = next(case for case in bench.CASES if case.name == "{name}")
call = case.f1core_call(*case.arrays())
def twenty():
    found = []
    for _ in range(20):
        start = clock(); call(); found.append(clock() - start)
    return found
first, second = twenty(), twenty()
print(__import__("json").dumps([imported, first[0], sum(first), sum(second)]))
"""
FRESH_CASES = (
    "multiclass 1,000,000 x 10", "multilabel 1,000,000 x 15, int8 targets",
    "binary 10,000,000, int8 targets", "labels 1,000,000, 10 classes int64",
    "multiclass 1,000,000 x 10 float64",
)  # fmt: skip


def main() -> None:
    for part in sys.argv[1:] or ("first", "fresh", "script"):
        {"first": first, "fresh": fresh, "script": script}[part]()


def fresh() -> None:
    """What compiled kernels that come with the package are for."""
    heads = "  import    first       20  20 more  ratio"
    print(f"{'in a new process, ms':45s}{heads}")
    for name in FRESH_CASES:
        runs = []
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as nothing:
                runs.append(json.loads(run(FRESH.format(name=name), NUMBA_CACHE_DIR=nothing)))
        imported, first_call, new, more = (
            statistics.median(each) for each in zip(*runs, strict=True)
        )
        numbers = (f"{1e3 * t:8.1f}" for t in (imported, first_call, new, more))
        print(f"{name:45s}", *numbers, f"{new / more:6.2f}")


def first() -> None:
    scripts = {"nothing": "pass", "import numpy": "import numpy", "import f1core": "import f1core"}
    scripts["import sklearn.metrics"] = "import sklearn.metrics"
    for n in (1_000, 1_000_000):
        scripts[f"{n:,} x 10, arrays alone"] = DATA.format(n=n)
        scripts[f"{n:,} x 10, f1core"] = OURS.format(n=n)
        scripts[f"{n:,} x 10, f1core with warm_up()"] = WARM.format(n=n)
        scripts[f"{n:,} x 10, scikit-learn"] = THEIRS.format(n=n)
    taken: dict[str, list[float]] = {name: [] for name in scripts}
    for _ in range(ROUNDS + 1):
        for name, code in scripts.items():
            start = time.perf_counter()
            run(code)
            taken[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(times[1:]) for name, times in taken.items()}
    for name, seconds in medians.items():
        print(f"{name:40s} {seconds * 1e3:8.0f} ms")
    for n in (1_000, 1_000_000):
        share = medians[f"{n:,} x 10, f1core"] / medians[f"{n:,} x 10, scikit-learn"]
        alone = medians[f"{n:,} x 10, arrays alone"]
        less = [medians[f"{n:,} x 10, {who}"] - alone for who in ("f1core", "scikit-learn")]
        print(
            f"{n:,} x 10: {share:.3f} of scikit-learn, {less[0] / less[1]:.3f} without the arrays"
        )
    names = ("import", "first call", "second call", "warm_up()", "first kernel", "second kernel")
    found = zip(*(json.loads(run(CALLS)) for _ in range(ROUNDS)), strict=True)
    for name, seconds in zip(names, found, strict=True):
        print(f"in one process, 1,000 x 10, {name:13s} {statistics.median(seconds) * 1e3:9.2f} ms")


def script() -> None:
    ways = ("f1core", "NumPy", "kernels")
    print("seconds of a script that scores n x 10 k times, and f1core's over the better of the two")
    print(f"{'n':>9s} {'k':>5s}", *(f"{way:>8s}" for way in ways), "  ratio")
    worst = 0.0
    for n in SIZES:
        found = {way: [curve(n, way) for _ in range(3)] for way in ways}
        for k in TIMES:
            times = {
                way: statistics.median(c[str(k)] for c in curves)
                for way, curves in found.items()
                if all(str(k) in c for c in curves)
            }
            if "f1core" not in times or len(times) < 2:
                continue
            ratio = times["f1core"] / min(times.values())
            worst = max(worst, ratio)
            shown = (f"{times[way]:8.3f}" if way in times else f"{'':8s}" for way in ways)
            print(f"{n:9,d} {k:5d}", *shown, f"{ratio:7.2f}")
    print(f"worst ratio {worst:.2f}")


def curve(n: int, way: str) -> dict[str, float]:
    code = SCRIPT.format(n=n, way=way, times=set(TIMES), seconds=SECONDS)
    return json.loads(run(code))


def run(code: str, **more: str) -> str:
    """What the code prints; with bytecode on disk, as an installed package has it."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env | more)
    return done.stdout


if __name__ == "__main__":
    main()
