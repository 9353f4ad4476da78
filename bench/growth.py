"""How time and memory grow with rows and with classes: python bench/growth.py [rows] [classes]

Each size runs in a process of its own. The last reads 10^8 x 10 scores from a memory map in a
temporary folder (4 GB, removed afterwards). Prints the figures and draws growth_rows.png and
growth_classes.png beside this file.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROWS = [10**4, 3 * 10**4, 10**5, 3 * 10**5, 10**6, 3 * 10**6, 10**7, 3 * 10**7, 10**8]
CLASSES = [2, 3, 5, 8, 10, 16, 17, 32, 64, 100, 256, 512, 1000, 1024, 1025, 2000, 5000, 10_000]
CELLS = 2 * 10**7  # whatever the number of classes
MAPPED = 10**8  # from so many rows on, scores come from a file
STEP = 10**6  # scores made at once


def main() -> None:
    for part in sys.argv[1:] or ("rows", "classes"):
        if part == "rows":
            draw_rows([measured(n, 10) for n in ROWS])
        else:
            draw_classes([measured(CELLS // c, c) for c in CLASSES])


def measured(rows: int, classes: int) -> dict[str, float]:
    """Best time, and memory above the inputs, of one size."""
    command = [sys.executable, __file__, "one", str(rows), str(classes)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    found["each"] = found["seconds"] / (rows * classes) * 1e9
    print(
        f"{rows:11,d} x {classes:6,d} {found['seconds'] * 1e3:10.3f} ms "
        f"{found['each']:6.3f} ns a score {found['megabytes']:7.1f} MB above the inputs",
        flush=True,
    )
    return found


def one(rows: int, classes: int) -> None:
    import f1core

    f1core.warm_up()
    rng = np.random.default_rng(0)
    true = rng.integers(0, classes, rows, dtype=np.int32)
    with tempfile.TemporaryDirectory() as folder:
        if rows >= MAPPED:
            path = Path(folder) / "scores.npy"
            made = np.lib.format.open_memmap(path, "w+", np.float32, (rows, classes))
            fill(made, rng)
            made.flush()
            del made
            scores = np.load(path, mmap_mode="r")
        else:
            scores = np.empty((rows, classes), np.float32)
            fill(scores, rng)
        print(json.dumps(timed(f1core.score, true, scores)))


def fill(scores: np.ndarray, rng: np.random.Generator) -> None:
    step = max(1, STEP // scores.shape[1])
    for start in range(0, len(scores), step):
        part = scores[start : start + step]
        part[:] = rng.random(part.shape, np.float32)


def timed(score, true: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    two = true[:100] % 2, np.ascontiguousarray(scores[:100, :2])
    for confusion in (True, False):  # what happens once
        _ = score(*two, task="multiclass", confusion=confusion).macro.f1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times: list[float] = []
    while len(times) < 3 or (sum(times) < 1 and len(times) < 200):
        start = time.perf_counter()
        _ = score(true, scores).macro.f1
        times.append(time.perf_counter() - start)
        if len(times) == 1:  # a mapped file's pages count as memory of the process
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    mapped = isinstance(scores, np.memmap)
    return {
        "rows": len(scores),
        "classes": scores.shape[1],
        "seconds": min(times),
        "megabytes": float("nan") if mapped else peak / 1024,
    }


def draw_rows(found: list[dict[str, float]]) -> None:
    figure, (left, right) = panes()
    rows = [point["rows"] for point in found]
    seconds = [point["seconds"] for point in found]
    left.loglog(rows, seconds, "o-", label="f1core")
    last = seconds[-1] / rows[-1]
    left.loglog(rows, [n * last for n in rows], ":", color="gray", label="proportional")
    left.set(xlabel="rows of 10 float32 scores", ylabel="seconds")
    left.legend()
    right.semilogx(rows, [point["each"] for point in found], "o-")
    right.set(xlabel="rows of 10 float32 scores", ylabel="ns a score", ylim=0)
    save(figure, "rows")


def draw_classes(found: list[dict[str, float]]) -> None:
    figure, (left, right) = panes()
    classes = [point["classes"] for point in found]
    left.semilogx(classes, [point["each"] for point in found], "o-")
    left.set(xlabel=f"classes ({CELLS:,} scores in all)", ylabel="ns a score", ylim=0)
    right.loglog(classes, [max(0.1, point["megabytes"]) for point in found], "o-", label="f1core")
    kept = [c for c in classes if c <= 1024]
    matrix = [max(0.1, 8 * c * c / 2**20) for c in kept]
    right.loglog(kept, matrix, ":", color="gray", label="one C x C matrix")
    right.axvline(1024, color="gray", linewidth=0.5)
    right.set(xlabel="classes", ylabel="peak MB above the inputs (or 0.1)", ylim=(0.08, 100))
    right.legend()
    save(figure, "classes")


def panes():
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    return plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")


def save(figure, name: str) -> None:
    figure.savefig(HERE / f"growth_{name}.png", dpi=100)


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        one(int(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
