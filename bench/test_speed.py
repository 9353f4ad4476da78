"""Every row of the table of speeds: all sides checked equal, then timed in turn in one run.

`pytest bench --benchmark-json=bench.json` takes the real sizes, `--short` a tenth of them.
pytest-benchmark times f1core; before each of its rounds the other sides take their turn, and
their medians stand in the JSON's extra_info.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import pytest
from variants import SLOWER

import f1core
from f1core import bench
from f1core.backends.cores import n_cores

pytestmark = pytest.mark.filterwarnings("ignore")  # of the peers
_ROUNDS = 11
_PEER_SECONDS = 2.0  # of each slow peer, after its first three turns


@pytest.mark.parametrize("case", [*bench.CASES, *SLOWER], ids=lambda case: case.name)
def test_speed(benchmark, case, short):
    f1core.warm_up()
    threads = n_cores()
    true, pred = case.arrays(scale=10 if short else 1)
    sides = bench.sides_of(case, true, pred, threads)
    bench.check_equal(case, true, pred, sides)
    ours, limit = sides.pop("f1core"), sides.pop("limit")
    alone = sides | {  # all threads come after one, so that the cores are equally awake
        "limit, one thread": bench.limit(true, pred, 1),
        "limit": limit,
        "f1core, one thread": case.f1core_call(true, pred, 1),
    }
    taken: dict[str, list[float]] = {name: [] for name in alone}

    def others_first():
        for name, call in alone.items():
            if len(taken[name]) >= 3 and sum(taken[name]) > _PEER_SECONDS:
                continue
            taken[name].append(bench.timed(name, call))

    rounds = 3 if short else _ROUNDS
    benchmark.pedantic(ours, setup=others_first, rounds=rounds, warmup_rounds=1)
    benchmark.extra_info["threads"] = threads
    first = [bench.first_call(case, 10 if short else 1) for _ in range(1 if short else 3)]
    benchmark.extra_info["first"] = statistics.median(first)
    benchmark.extra_info["seconds"] = {n: statistics.median(t) for n, t in taken.items() if t}


@pytest.mark.parametrize("rows", [32])
def test_update(benchmark, rows):
    """A training loop's update: 32 x 10 scores."""
    f1core.warm_up()
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, 10, rows), rng.random((rows, 10), dtype=np.float32)
    ours = f1core.Accumulator("multiclass", classes=10)
    peers = {"torchmetrics": _torchmetrics, "torcheval": _torcheval}
    calls = {name: make(true, pred) for name, make in peers.items()}
    taken = {name: [] for name, call in calls.items() if call is not None}

    def others_first():
        for name in taken:
            start = time.perf_counter()
            for _ in range(20):
                calls[name]()
            taken[name].append((time.perf_counter() - start) / 20)

    benchmark.pedantic(
        lambda: [ours.update(true, pred) for _ in range(100)], setup=others_first, rounds=30
    )
    benchmark.extra_info["calls"] = 100
    benchmark.extra_info["seconds"] = {n: statistics.median(t) for n, t in taken.items()}


def _torchmetrics(true, pred):
    torch, classification = _both("torch", "torchmetrics.classification")
    if classification is None:
        return None
    metric = classification.MulticlassF1Score(10, average="macro")
    preds, target = torch.from_numpy(pred), torch.from_numpy(true)
    return lambda: metric.update(preds, target)


def _torcheval(true, pred):
    torch, metrics = _both("torch", "torcheval.metrics")
    if metrics is None:
        return None
    metric = metrics.MulticlassF1Score(num_classes=10, average="macro")
    preds, target = torch.from_numpy(pred), torch.from_numpy(true)
    return lambda: metric.update(preds, target)


def _both(*names):
    import importlib

    try:
        return [importlib.import_module(name) for name in names]
    except ImportError:
        return None, None
