"""Fresh processes: what import, the first call and k calls cost. python bench/cold.py [rounds]

Every script runs in a process of its own, all of them in turn; the medians of the whole process'
wall time are printed, and its share of the time that an empty process with the same arrays takes
is left in: it is what a user waits for.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

DATA = (
    "import numpy as np; r = np.random.default_rng(0); "
    "P = r.random(({n}, 10), dtype=np.float32); y = r.integers(0, 10, {n}); "
)
OURS = DATA + "import f1core; [f1core.score(y, P).macro.f1 for _ in range({k})]"
WARM = DATA + "import f1core; f1core.warm_up(); f1core.score(y, P).macro.f1"
THEIRS = (
    DATA + "from sklearn.metrics import precision_recall_fscore_support as f; "
    "[f(y, P.argmax(1)) for _ in range({k})]"
)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    scripts = {"import f1core": "import f1core", "import scikit-learn": "import sklearn.metrics"}
    for n in (1_000, 1_000_000):
        scripts[f"arrays alone, {n:,} x 10"] = DATA.format(n=n)
        scripts[f"f1core, {n:,} x 10"] = OURS.format(n=n, k=1)
        scripts[f"f1core with warm_up, {n:,} x 10"] = WARM.format(n=n)
        scripts[f"scikit-learn, {n:,} x 10"] = THEIRS.format(n=n, k=1)
    for k in (1, 10, 100, 1000):
        scripts[f"f1core, 100,000 x 10, {k} times"] = OURS.format(n=100_000, k=k)
    for k in (1, 10, 100):
        scripts[f"scikit-learn, 100,000 x 10, {k} times"] = THEIRS.format(n=100_000, k=k)
    medians = measured(scripts, rounds)
    for name, seconds in medians.items():
        print(f"{name:42s} {seconds * 1e3:9.0f} ms")
    for n in (1_000, 1_000_000):
        share = medians[f"f1core, {n:,} x 10"] / medians[f"scikit-learn, {n:,} x 10"]
        print(f"f1core / scikit-learn, {n:,} x 10: {share:.3f}")


def measured(scripts: dict[str, str], rounds: int) -> dict[str, float]:
    """The median wall seconds of each script, all in turn; the first round fills caches."""
    taken: dict[str, list[float]] = {name: [] for name in scripts}
    for _ in range(rounds + 1):
        for name, code in scripts.items():
            if sum(taken[name]) > 30:
                continue
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times[1:] or times) for name, times in taken.items()}


if __name__ == "__main__":
    main()
