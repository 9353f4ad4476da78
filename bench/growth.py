"""How time and memory grow with rows and classes: python bench/growth.py FOLDER

Writes growth.json, rows.png and classes.png. The largest case reads 10^8 rows from a memory map
that is made in FOLDER (4 GB, removed afterwards); --quick stops at 10^6 rows and 10^3 classes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROWS = [10**4, 10**5, 10**6, 10**7, 10**8]
CLASSES = [2, 4, 10, 32, 100, 320, 1000, 1024, 3200, 10_000]
CELLS = 2 * 10**7


def main() -> None:
    folder, quick = Path(sys.argv[1]), "--quick" in sys.argv
    rows = [n for n in ROWS if not quick or n <= 10**6]
    classes = [c for c in CLASSES if not quick or c <= 10**3]
    found = {
        "rows": [one(folder, n, 10) for n in rows],
        "classes": [one(folder, max(1, CELLS // c), c) for c in classes],
    }
    (folder / "growth.json").write_text(json.dumps(found, indent=1))
    plot(folder, found)


def one(folder: Path, n: int, classes: int) -> dict[str, float]:
    """Time and memory of one size, in a process of its own."""
    command = [sys.executable, __file__, "--one", str(folder), str(n), str(classes)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def measure(folder: Path, n: int, classes: int) -> None:
    import f1core

    path = folder / f"scores-{n}-{classes}.npy"
    rng = np.random.default_rng(0)
    scores = np.lib.format.open_memmap(path, "w+", np.float32, (n, classes))
    step = max(1, 10**6 // classes)
    for start in range(0, n, step):
        scores[start : start + step] = rng.random((min(step, n - start), classes), np.float32)
    del scores
    scores = np.load(path, mmap_mode="r")
    true = rng.integers(0, classes, n, dtype=np.int32)
    f1core.warm_up()
    _ = f1core.score(true[:100], scores[:100]).macro  # load the kernel
    before = _anonymous()
    times = []
    for _ in range(3 if n > 10**7 else 7):
        start = time.perf_counter()
        _ = f1core.score(true, scores).macro
        times.append(time.perf_counter() - start)
    path.unlink()
    result = {"rows": n, "classes": classes, "seconds": min(times)}
    result["megabytes"] = (_anonymous() - before) / 2**20
    print(json.dumps(result))


def _anonymous() -> float:
    """The peak of memory that is not a mapped file, in bytes, as far as the system tells."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        return float(lines["RssAnon"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def plot(folder: Path, found: dict[str, list[dict[str, float]]]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    for axis, points in found.items():
        figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
        x = [p[axis] for p in points]
        cells = [p["rows"] * p["classes"] for p in points]
        each = [p["seconds"] / c * 1e9 for p, c in zip(points, cells, strict=True)]
        left.plot(x, each, "o-")
        left.set(xscale="log", xlabel=axis, ylabel="ns a score", ylim=0)
        right.plot(x, [p["megabytes"] for p in points], "o-", color="tab:orange")
        right.set(xscale="log", xlabel=axis, ylabel="memory kept above the inputs, MB", ylim=0)
        figure.suptitle(f"float32 scores, argmax, all averages: growth with {axis}")
        figure.savefig(folder / f"{axis}.png", dpi=150)


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        measure(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
