"""Sparse matrices take the memory of their cells: 100,000 x 30,000 as bytes would be 3 GB."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("scipy.sparse")
if not Path("/proc/self/status").exists():
    pytest.skip("the kernel does not tell a process's peak", allow_module_level=True)

MEMORY = """
import numpy as np, scipy.sparse as sp
import f1core

rng = np.random.default_rng(0)
n, size, ones = 100_000, 30_000, 20
def drawn(values):
    step = size // ones
    labels = (np.arange(ones) * step + rng.integers(0, step, (n, ones))).astype(np.int32)
    starts = np.arange(n + 1, dtype=np.int32) * ones
    return sp.csr_array((values, labels.ravel(), starts), shape=(n, size))
true = drawn(np.ones(n * ones, np.float32))
scores = drawn(rng.random(n * ones, dtype=np.float32))
for options in ({}, {"top_k": 5}):
    assert f1core.score(true, scores, task="multilabel", **options).total == n
some = true[:3000], scores[:3000]  # cells are filled, some rows at a time
assert f1core.score(*some, task="multilabel", ignore_index=-1).total == 3000
# Not `ru_maxrss`, which begins with that of whoever started the process.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak.split()[1])
"""


def test_a_wide_matrix_takes_the_memory_of_its_cells():
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 300 << 10  # of kilobytes, with NumPy, SciPy and both matrices
