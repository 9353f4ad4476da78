"""The scikit-learn drop-in beside scikit-learn: the same call on both sides, in turn, in one run.

`pytest bench/bench_sklearn.py --benchmark-json=sklearn.json`; pytest-benchmark times f1core, and
scikit-learn's median stands in the JSON's extra_info, with the factor that is promised.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import f1core

theirs = pytest.importorskip("sklearn.metrics")
ours = pytest.importorskip("f1core.adapters.sklearn")

_ROUNDS = 15
_PEER_SECONDS = 4.0  # of scikit-learn, after its first three turns

Pair = tuple[np.ndarray, np.ndarray]


class Case(NamedTuple):
    """One row of the table: which call, on what, and how many times faster it has to be."""

    name: str
    promised: int
    arrays: Callable[[int], Pair]
    call: Callable[[Any, np.ndarray, np.ndarray], Any]
    size: int = 1_000_000


def _labels(n: int, classes: int = 10) -> Pair:
    rng = np.random.default_rng(20261122)
    true = rng.integers(0, classes, n)
    return true, np.where(rng.random(n) < 0.7, true, rng.integers(0, classes, n))


def _names(n: int) -> Pair:
    names = np.array([f"class_{i:02d}" for i in range(10)])
    true, pred = _labels(n)
    return names[true], names[pred]


def _objects(n: int) -> Pair:
    true, pred = _names(n)
    return true.astype(object), pred.astype(object)


def _indicator(n: int) -> Pair:
    rng = np.random.default_rng(20261122)
    true = (rng.random((n, 15)) < 0.3).astype(np.int64)
    return true, np.where(rng.random(true.shape) < 0.8, true, 1 - true)


def _f1(module: Any, true: np.ndarray, pred: np.ndarray) -> Any:
    return module.f1_score(true, pred, average="macro")


def _f1_samples(module: Any, true: np.ndarray, pred: np.ndarray) -> Any:
    return module.f1_score(true, pred, average="samples", zero_division=0)


def _function(name: str) -> Callable[..., Any]:
    return lambda module, true, pred: getattr(module, name)(true, pred)


CALLS = {
    "f1_score": _f1,
    "confusion_matrix": _function("confusion_matrix"),
    "classification_report": _function("classification_report"),
}
OTHERS = {
    name: _function(name)
    for name in (
        "accuracy_score", "balanced_accuracy_score", "cohen_kappa_score", "hamming_loss",
        "matthews_corrcoef", "multilabel_confusion_matrix", "precision_recall_fscore_support",
        "zero_one_loss",
    )
}  # fmt: skip

CASES = [
    *(Case(f"{n}, 1,000,000 int64 labels", 50, _labels, c) for n, c in CALLS.items()),
    *(Case(f"{n}, 1,000 int64 labels", 10, _labels, c, 1000) for n, c in (CALLS | OTHERS).items()),
    *(Case(f"{n}, 1,000,000 strings", 3, _names, c) for n, c in CALLS.items()),
    Case("f1_score, 1,000,000 strings as objects", 3, _objects, _f1),
    Case("f1_score, 1,000,000 x 15 indicator", 100, _indicator, _f1),
    Case("f1_score(average='samples'), 1,000,000 x 15 indicator", 100, _indicator, _f1_samples),
    Case("classification_report, 1,000,000 x 15 indicator", 100, _indicator,
         CALLS["classification_report"]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_drop_in(benchmark, case, short):
    f1core.warm_up()
    warnings.simplefilter("ignore")
    true, pred = case.arrays(case.size // 10 if short and case.size > 1000 else case.size)
    _check_equal(case.call(ours, true, pred), case.call(theirs, true, pred))
    # A call of microseconds is timed by the dozen.
    times = 1 if case.size > 1000 else 20
    taken: list[float] = []

    def they_first() -> None:
        if len(taken) >= 3 and sum(taken) * times > _PEER_SECONDS:
            return
        start = time.perf_counter()
        for _ in range(times):
            case.call(theirs, true, pred)
        taken.append((time.perf_counter() - start) / times)

    def our_turn() -> None:
        for _ in range(times):
            case.call(ours, true, pred)

    benchmark.pedantic(our_turn, setup=they_first, rounds=3 if short else _ROUNDS, warmup_rounds=1)
    benchmark.extra_info["calls"] = times
    benchmark.extra_info["promised"] = case.promised
    benchmark.extra_info["seconds"] = {"scikit-learn": statistics.median(taken)}
    if benchmark.stats is not None:  # None under --benchmark-disable
        stats = benchmark.stats.stats
        benchmark.extra_info["faster"] = {
            "by median": round(statistics.median(taken) * times / stats.median, 1),
            "by minimum": round(min(taken) * times / stats.min, 1),
        }


def _check_equal(our: Any, their: Any) -> None:
    if isinstance(their, str):
        assert our == their
    elif isinstance(their, tuple):
        for one, other in zip(our, their, strict=True):
            _check_equal(one, other)
    else:
        np.testing.assert_allclose(our, their, rtol=1e-12)
