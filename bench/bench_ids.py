"""What it costs that rows count once: time of an update, memory of a million ids.

`pytest bench/bench_ids.py --benchmark-json=ids.json`; memory is in each row's extra_info.
"""

from __future__ import annotations

import pickle
import tracemalloc

import numpy as np
import pytest

import f1core

BATCH = 32
KINDS = {
    "10 classes": ("multiclass", 10),
    "1,000 classes": ("multiclass", 1000),
    "15 labels": ("multilabel", 15),
}


def rows(rng, kind, size):
    task, width = KINDS[kind]
    if task == "multilabel":
        return (rng.random((size, width)) < 0.3).astype(np.int8), rng.random((size, width))
    return rng.integers(0, width, (2, size))  # as labels: what scores cost is timed elsewhere


def holding(kind, ids, step=50_000):
    """An accumulator that holds these ids, in an order as if shuffled."""
    task, width = KINDS[kind]
    rng, made = np.random.default_rng(0), f1core.Accumulator(task, classes=width)
    for start in range(0, len(ids), step):
        part = ids[start : start + step]
        y_true, y_pred = rows(rng, kind, len(part))
        made.update(y_true, y_pred, sample_id=part)
    return made


@pytest.mark.parametrize("held", [0, 10**3, 10**4, 10**5, 10**6])
@pytest.mark.parametrize("kind", KINDS)
def test_update_of_32_rows(benchmark, kind, held, short):
    """New rows each time; 1,000 updates, so that merging what came is in the mean."""
    held, rounds = (min(held, 10**4), 50) if short else (held, 1000)
    f1core.warm_up()
    rng = np.random.default_rng(1)
    ids = rng.permutation(held + BATCH * (rounds + 1))
    made, new = holding(kind, ids[:held]), iter(ids[held:].reshape(-1, BATCH))

    def arguments():
        y_true, y_pred = rows(rng, kind, BATCH)
        return (y_true, y_pred), {"sample_id": next(new)}

    benchmark.pedantic(made.update, setup=arguments, rounds=rounds, warmup_rounds=1)
    benchmark.extra_info["rows held"] = made.total


def test_update_of_32_rows_without_ids(benchmark, short):
    f1core.warm_up()
    made = f1core.Accumulator("multiclass", classes=10)
    y_true, y_pred = rows(np.random.default_rng(1), "10 classes", BATCH)
    benchmark.pedantic(
        made.update, (y_true, y_pred), rounds=50 if short else 1000, warmup_rounds=10
    )


SPELLINGS = {
    "32 bits": lambda ids: ids,
    "64 bits": lambda ids: ids.astype(np.uint64) << np.uint64(40),
    "text of 12": lambda ids: np.char.add("row-", np.char.zfill(ids.astype(str), 8)),
    "UUIDs": lambda ids: np.frombuffer(
        np.random.default_rng(2).bytes(16 * len(ids)), np.uint8
    ).reshape(-1, 16),
}  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_memory_of_a_million_ids(benchmark, kind, spelling, short):
    """Held, at the peak while they come, and pickled; timed is the whole in batches of 50,000."""
    size = 10_000 if short else 1_000_000
    ids = SPELLINGS[spelling](np.random.default_rng(0).permutation(size).astype(np.int64))
    empty = len(pickle.dumps(holding(kind, ids[:1])))
    benchmark.pedantic(holding, (kind, ids), rounds=1)
    tracemalloc.start()
    made = holding(kind, ids)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    million = 1e6 / size
    counts = sum(a.nbytes for a in made.counts.arrays() if a is not None)
    benchmark.extra_info["MB held a million ids"] = (held - counts) * million / 1e6
    benchmark.extra_info["MB at the peak"] = peak * million / 1e6
    benchmark.extra_info["MB pickled"] = (len(pickle.dumps(made)) - empty) * million / 1e6
