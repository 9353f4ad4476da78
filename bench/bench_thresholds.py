"""The best threshold beside the sort it would cost, and beside scikit-learn's curve.

`pytest bench/bench_thresholds.py --benchmark-json=thresholds.json`; pytest-benchmark times f1core,
the others take their turns before each round and their minima stand in the JSON's extra_info.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from f1core.thresholds import BinnedThresholds, best_threshold, curve

_ROUNDS = 9


def arrays(shape, share):
    rng = np.random.default_rng(20261122)
    y_true = (rng.random(shape) < share).astype(np.int8)
    y_prob = rng.random(shape) * 0.7 + 0.3 * y_true * rng.random(shape)
    return y_true, y_prob.astype(np.float32)


def timed(benchmark, ours, sides, short):
    """Time ours, with the other sides in turn before each round."""
    taken = {name: [] for name in sides}

    def others_first():
        for name, call in sides.items():
            start = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - start)

    benchmark.pedantic(ours, setup=others_first, rounds=3 if short else _ROUNDS, warmup_rounds=1)
    benchmark.extra_info["seconds"] = {name: min(times) for name, times in taken.items() if times}


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5])
def test_binary(benchmark, share, short):
    """Promised: at most 2.5 sorts, and an eighth of precision_recall_curve."""
    metrics = pytest.importorskip("sklearn.metrics")
    y_true, y_prob = arrays(100_000 if short else 1_000_000, share)
    assert best_threshold(y_true, y_prob).score == curve(y_true, y_prob).f1.max()
    sides = {
        "np.sort": lambda: np.sort(y_prob),
        "precision_recall_curve": lambda: metrics.precision_recall_curve(y_true, y_prob),
    }
    timed(benchmark, lambda: best_threshold(y_true, y_prob, threads=1), sides, short)


@pytest.mark.parametrize("average", ["macro", "micro"])
@pytest.mark.parametrize("shared", [False, True])
def test_multilabel(benchmark, average, shared, short):
    """Promised: at most 2.5 times sorting each column."""
    y_true, y_prob = arrays((20_000 if short else 200_000, 39), np.linspace(0.01, 0.5, 39))
    sides = {"np.sort of each column": lambda: [np.sort(column) for column in y_prob.T]}
    options = {"task": "multilabel", "average": average, "shared": shared}
    timed(benchmark, lambda: best_threshold(y_true, y_prob, **options), sides, short)


def test_curve(benchmark, short):
    y_true, y_prob = arrays(100_000 if short else 1_000_000, 0.3)
    timed(benchmark, lambda: curve(y_true, y_prob), {"np.sort": lambda: np.sort(y_prob)}, short)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("one_vs_one", [False, True])
def test_ranking(benchmark, dtype, one_vs_one, short):
    """Promised: at most a third of roc_auc_score, which gives one of the numbers."""
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(20261122)
    y_true = rng.integers(0, 10, 20_000 if short else 200_000)
    y_prob = rng.random((len(y_true), 10)) + 0.3 * np.eye(10)[y_true]
    y_prob = (y_prob / y_prob.sum(axis=1, keepdims=True)).astype(dtype)
    sides = {
        name: lambda how=how: metrics.roc_auc_score(y_true, y_prob, multi_class=how)
        for name, how in (("roc_auc_score", "ovo" if one_vs_one else "ovr"),)
    }
    found = curve(y_true, y_prob, task="multiclass", one_vs_one=one_vs_one)
    ours = found.one_vs_one.macro if one_vs_one else found.macro.roc_auc
    assert abs(ours - sides["roc_auc_score"]()) < 1e-12
    sides["average_precision_score"] = lambda: metrics.average_precision_score(y_true, y_prob)
    how = {"task": "multiclass", "one_vs_one": one_vs_one, "threads": 1}
    timed(benchmark, lambda: curve(y_true, y_prob, **how), sides, short)


def test_bins(benchmark, short):
    y_true, y_prob = arrays((20_000 if short else 200_000, 39), 0.3)
    binned = BinnedThresholds("multilabel")
    timed(benchmark, lambda: binned.update(y_true, y_prob), {}, short)
