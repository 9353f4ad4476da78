"""Files larger than memory: python bench/bench_files.py FOLDER [rounds]

Whole processes in turn: the command line on 20 Parquet files of 100,000 x 10 probabilities, and
pyarrow that merely reads them in each of its ways; the start of both sides apart. Then the peak of
memory that the command line takes on each format.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROWS, PARTS, CLASSES = 100_000, 20, 10
READERS = {
    "ParquetFile.iter_batches": (
        "import glob, pyarrow.parquet as q\n"
        "for f in sorted(glob.glob('{}/*')):\n"
        "    for b in q.ParquetFile(f).iter_batches(1 << 17): pass"
    ),
    "read_table": "import pyarrow.parquet as q; q.read_table('{}')",
    "dataset": "import pyarrow.dataset as d\nfor b in d.dataset('{}').to_batches(): pass",
}
EMPTY = {
    "python, pyarrow.parquet": "import pyarrow.parquet",
    "f1core's command line": "import f1core.cli, pyarrow.parquet",
}


def main() -> None:
    folder = Path(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    # A process of its own: a child's peak of memory is at least its parent's.
    subprocess.run([sys.executable, __file__, "--make", str(folder)], check=True)
    commands = {f"start: {n}": [sys.executable, "-c", code] for n, code in EMPTY.items()}
    for name, code in READERS.items():
        commands[f"read: {name}"] = [sys.executable, "-c", code.format(folder / "parts")]
    commands["f1core score"] = _score(folder / "parts")
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            taken[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(times[1:]) for name, times in taken.items()}
    for name, seconds in medians.items():
        print(f"{name:36s} {seconds * 1e3:6.0f} ms")
    for name in READERS:
        print(f"f1core / {name}: {medians['f1core score'] / medians[f'read: {name}']:.2f}")
    for path in (
        "parts",
        "big.parquet",
        "big.arrow",
        "big.csv",
        "big.npz",
        "packed.npz",
        "big.npy",
    ):
        print(f"{path:12s} {_size(folder / path):6.0f} MB  peak {peak(folder, path):4.0f} MB")


def make(folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    if (folder / "big.npy").exists():
        return
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for part in range(PARTS):
        scores = rng.random((ROWS, CLASSES), np.float32)
        columns = {f"p_{i}": scores[:, i] for i in range(CLASSES)}
        table = pa.table({"y": rng.integers(0, CLASSES, ROWS), **columns})
        pa.parquet.write_table(table, folder / "parts" / f"{part:02d}.parquet")
    rows = ROWS * PARTS * 4
    scores, true = rng.random((rows, CLASSES), np.float32), rng.integers(0, CLASSES, rows)
    np.savez(folder / "big.npz", y_true=true, y_prob=scores)
    np.savez_compressed(folder / "packed.npz", y_true=true[::4], y_prob=scores[::4])
    table = pa.table({"y": true, **{f"p_{i}": scores[:, i] for i in range(CLASSES)}})
    pa.parquet.write_table(table, folder / "big.parquet", row_group_size=rows)
    with pa.ipc.new_file(folder / "big.arrow", table.schema) as file:
        file.write_table(table)
    pa.csv.write_csv(table[: rows // 4], folder / "big.csv")
    np.save(folder / "truth.npy", true)
    np.save(folder / "big.npy", scores)


def peak(folder: Path, path: str) -> float:
    """The peak resident memory of a whole process."""
    child = subprocess.Popen(_score(folder / path), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0
    return usage.ru_maxrss / 1024


def _score(path: Path) -> list[str]:
    command = [sys.executable, "-m", "f1core", "score", str(path), "--format", "json"]
    if path.suffix == ".npy":
        return [*command, "--target", str(path.parent / "truth.npy")]
    return (
        command if path.suffix == ".npz" else [*command, "--target", "y", "--probabilities", "p*"]
    )


def _size(path: Path) -> float:
    files = path.iterdir() if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files) / 1e6


if __name__ == "__main__":
    if sys.argv[1] == "--make":
        make(Path(sys.argv[2]))
    else:
        main()
