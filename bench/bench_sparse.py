"""Sparse truth and predictions beside scikit-learn: `python bench/bench_sparse.py [ROWS [LABELS]]`.

100,000 x 30,000 with 20 ones a row, in turn, the least of several. scikit-learn is asked for one
average of one metric; f1core counts what all of them are made of. Sparse scores and their k best
have no peer.
"""

import resource
import sys
import warnings
from time import perf_counter

import numpy as np
import scipy.sparse
from sklearn.metrics import f1_score

from f1core import score

ONES, TURNS = 20, 7


def drawn(rows, labels, values, rng):
    """So many cells a row, spread evenly."""
    step = labels // ONES
    columns = np.arange(ONES) * step + rng.integers(0, step, (rows, ONES))
    starts = np.arange(rows + 1, dtype=np.int32) * ONES
    return scipy.sparse.csr_array(
        (values, columns.ravel().astype(np.int32), starts), shape=(rows, labels)
    )


def seconds(call):
    start = perf_counter()
    call()
    return perf_counter() - start


def main(rows=100_000, labels=30_000):
    rng, cells = np.random.default_rng(0), rows * ONES
    true = drawn(rows, labels, np.ones(cells, np.int8), rng)
    pred = drawn(rows, labels, np.ones(cells, np.int8), rng)
    scores = drawn(rows, labels, rng.random(cells, dtype=np.float32), rng)
    warnings.simplefilter("ignore")  # scikit-learn's, of labels that nobody predicts
    found = score(true, pred, task="multilabel")
    for average in ("micro", "macro", "weighted", "samples"):
        expected = f1_score(true, pred, average=average)
        assert abs(getattr(found, average).f1 - expected) < 1e-12, average
    calls = {
        "f1core, flags": lambda: score(true, pred, task="multilabel"),
        "f1core, scores": lambda: score(true, scores, task="multilabel"),
        "f1core, top_k=5": lambda: score(true, scores, task="multilabel", top_k=5),
        "scikit-learn, macro F1": lambda: f1_score(true, pred, average="macro"),
        "scikit-learn, samples F1": lambda: f1_score(true, pred, average="samples"),
    }
    least = dict.fromkeys(calls, np.inf)
    for _ in range(TURNS):
        for name, call in calls.items():
            least[name] = min(least[name], seconds(call))
    for name, time in least.items():
        print(f"{name:26}{1000 * time:8.0f} ms{time / least['f1core, flags']:8.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak of all, with the libraries and three matrices: {peak:.0f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
