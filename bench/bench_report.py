"""Time `f1core report` beside `f1core score` of the same files, whole commands, interleaved.

Run: python bench/bench_report.py [FOLDER]

Prints the fastest of each, in seconds, how many times as long the report takes, and its size.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROUNDS = 5


def write(path: Path, **columns: np.ndarray) -> None:
    """Write columns into a Parquet file."""
    pq.write_table(pa.table({name: pa.array(column) for name, column in columns.items()}), path)


def binary(path: Path, rng: np.random.Generator, rows: int) -> list[str]:
    """A rare event in float32."""
    y = rng.random(rows) < 0.05
    z = rng.normal(-3.5, 1.5, rows) + y * 2.5
    write(path, y=y.astype(np.int8), p=(1 / (1 + np.exp(-z))).astype(np.float32))
    return ["--target", "y", "--probabilities", "p"]


def multiclass(path: Path, rng: np.random.Generator, rows: int, size: int) -> list[str]:
    """Softmax of so many classes."""
    y = rng.integers(0, size, rows)
    z = rng.normal(0, 1, (rows, size)).astype(np.float32)
    z[np.arange(rows), y] += 2
    p = np.exp(z)
    p /= p.sum(axis=1, keepdims=True)
    write(path, y=y.astype(np.int16), **{f"p_{k}": p[:, k] for k in range(size)})
    return ["--target", "y", "--probabilities", "p_*"]


def multilabel(path: Path, rng: np.random.Generator, rows: int, size: int) -> list[str]:
    """Flags and scores of so many labels."""
    y = rng.random((rows, size)) < 0.08
    p = (1 / (1 + np.exp(3 - rng.normal(0, 1.3, (rows, size)) - y * 2))).astype(np.float32)
    flags = {f"t_{k}": y[:, k].astype(np.int8) for k in range(size)}
    write(path, **flags, **{f"p_{k}": p[:, k] for k in range(size)})
    return ["--target", "t_*", "--probabilities", "p_*", "--task", "multilabel"]


CASES = {
    "binary, 10,000,000": lambda path, rng: binary(path, rng, 10_000_000),
    "10 classes, 1,000,000": lambda path, rng: multiclass(path, rng, 1_000_000, 10),
    "39 labels, 200,000": lambda path, rng: multilabel(path, rng, 200_000, 39),
    "1,000 classes, 20,000": lambda path, rng: multiclass(path, rng, 20_000, 1000),
}


def timed(*arguments: str) -> float:
    """Run a command in a new process, and say how long that took."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "f1core", *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main(folder: Path) -> None:
    """Write the files, time both commands in turn, print a line a case."""
    print(f"{'':24}{'score':>8}{'report':>8}{'times':>8}{'page':>12}")
    for name, make in CASES.items():
        path, page = folder / "preds.parquet", folder / "report.html"
        columns = make(path, np.random.default_rng(0))
        pairs = [
            (
                timed("score", str(path), *columns),
                timed("report", str(path), *columns, "-o", str(page)),
            )
            for _ in range(ROUNDS)
        ]
        score, report = (min(side) for side in zip(*pairs, strict=True))
        size = page.stat().st_size
        print(f"{name:24}{score:8.2f}{report:8.2f}{report / score:8.2f}{size:12,}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as made:
            main(Path(made))
