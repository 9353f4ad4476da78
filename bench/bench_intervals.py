"""What intervals, comparisons, replicas and groups cost.

`pytest bench/bench_intervals.py --benchmark-json=intervals.json`
"""

from __future__ import annotations

import numpy as np
import pytest

import f1core
from f1core.grouped import score_by
from f1core.intervals.paired import compare


def labels(rows, classes=10, wrong=0.3):
    rng = np.random.default_rng(20261122)
    y_true = rng.integers(0, classes, rows)
    y_pred = np.where(rng.random(rows) < wrong, rng.integers(0, classes, rows), y_true)
    return y_true, y_pred


@pytest.mark.parametrize("rows", [1000, 1_000_000])
@pytest.mark.parametrize("metric", ["f1_macro", "f1_micro", "mcc"])
def test_ten_thousand_resamples(benchmark, rows, metric, short):
    """Promised: under a second, whatever the number of rows."""
    scores = f1core.score(*labels(rows))
    resamples = 1000 if short else 10_000
    benchmark.pedantic(
        lambda: scores.interval(metric, resamples=resamples, seed=0), rounds=3, warmup_rounds=1
    )


@pytest.mark.parametrize("resamples", [0, 100, 200])
def test_replicas(benchmark, resamples, short):
    """Multilabel rows with so many Poisson replicas; 0 is the plain score beside them."""
    rng = np.random.default_rng(20261122)
    shape = (10_000 if short else 100_000, 15)
    y_true, y_prob = (rng.random(shape) < 0.3).astype(np.int8), rng.random(shape, dtype=np.float32)
    options = {"task": "multilabel"}
    if resamples:
        options |= {"resamples": resamples, "seed": 0}
    benchmark.pedantic(lambda: f1core.score(y_true, y_prob, **options), rounds=3, warmup_rounds=1)


def test_compare(benchmark, short):
    rows = 100_000 if short else 1_000_000
    y_true, a = labels(rows)
    b = labels(rows, wrong=0.35)[1]
    benchmark.pedantic(
        lambda: compare(y_true, a, b, metric="f1_macro", seed=0), rounds=3, warmup_rounds=1
    )


@pytest.mark.parametrize("kind", ["ids", "strings"])
def test_groups(benchmark, kind, short):
    rows = 100_000 if short else 1_000_000
    groups = np.random.default_rng(0).integers(0, 50, rows)
    groups = groups.astype(str) if kind == "strings" else groups
    y_true, y_pred = labels(rows)
    benchmark.pedantic(lambda: score_by(groups, y_true, y_pred), rounds=3, warmup_rounds=1)
