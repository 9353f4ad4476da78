"""What a metric adds to an epoch of a small network in torch: epochs with and without, in turns.

`pytest bench/bench_torch.py --benchmark-json=torch.json`; pytest-benchmark times the epoch without
a metric, and what each metric adds stands in the JSON's extra_info, in percent of that: the
median over the rounds of (with - without) / without, and the share of the time inside its calls.
Promised for f1core's: at most 2 % where validation is scored.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

import f1core

torch = pytest.importorskip("torch")
torchmetrics = pytest.importorskip("torchmetrics")

from f1core.adapters.torch import ScoreMeter  # noqa: E402
from f1core.adapters.torchmetrics import ScoreMetric  # noqa: E402

ROWS, VALID, BATCH, CLASSES = 20_000, 5_000, 64, 10
ROUNDS = 15


class Clocked:
    """A metric, and the time inside of it."""

    def __init__(self, metric: Any) -> None:
        self.metric, self.seconds = metric, 0.0

    def __call__(self, name: str, *arguments: Any) -> Any:
        start = time.perf_counter()
        found = getattr(self.metric, name)(*arguments)
        self.seconds += time.perf_counter() - start
        return found


METRICS: dict[str, Callable[[], Any]] = {
    "f1core ScoreMeter": lambda: ScoreMeter("multiclass", classes=CLASSES),
    "f1core ScoreMetric": lambda: ScoreMetric("f1", task="multiclass", classes=CLASSES),
    "torchmetrics MulticlassF1Score": lambda: torchmetrics.classification.MulticlassF1Score(
        CLASSES, average="macro"
    ),
}


class Training:
    """A perceptron of one hidden layer on random clusters."""

    def __init__(self, rows: int) -> None:
        torch.manual_seed(0)
        centres = torch.randn(CLASSES, 64)
        self.y = torch.randint(0, CLASSES, (rows + VALID,))
        self.x = centres[self.y] + 2 * torch.randn(rows + VALID, 64)
        self.model = torch.nn.Sequential(
            torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, CLASSES)
        )
        self.optimizer = torch.optim.Adam(self.model.parameters())
        self.rows = rows

    def epoch(self, metric: Clocked | None, everywhere: bool) -> float:
        """Train, then validate: seconds."""
        start = time.perf_counter()
        if metric is not None:
            metric("reset")
        for at in torch.randperm(self.rows).split(BATCH):
            self.optimizer.zero_grad()
            logits = self.model(self.x[at])
            torch.nn.functional.cross_entropy(logits, self.y[at]).backward()
            self.optimizer.step()
            if metric is not None and everywhere:
                metric("update", logits.detach(), self.y[at])
        with torch.no_grad():
            for at in torch.arange(self.rows, self.rows + VALID).split(BATCH):
                logits = self.model(self.x[at])
                if metric is not None:
                    metric("update", logits, self.y[at])
        if metric is not None:
            metric("compute")
        return time.perf_counter() - start


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("everywhere", [False, True], ids=["validation", "every batch"])
def test_an_epoch(benchmark, everywhere, short):
    f1core.warm_up()
    torch.set_num_threads(1)
    training = Training(2_000 if short else ROWS)
    metrics = {name: Clocked(make()) for name, make in METRICS.items()}
    taken: dict[str, list[float]] = {name: [] for name in metrics}
    plain: list[float] = []
    rounds = 2 if short else ROUNDS
    for metric in metrics.values():
        training.epoch(metric, everywhere)
        metric.seconds = 0.0

    def others_first() -> None:
        for name, metric in metrics.items():
            taken[name].append(training.epoch(metric, everywhere))

    def without() -> None:
        plain.append(training.epoch(None, everywhere))

    benchmark.pedantic(without, setup=others_first, rounds=rounds)
    epoch = statistics.median(plain)
    for name, metric in metrics.items():
        added = statistics.median(b / a - 1 for a, b in zip(plain, taken[name], strict=True))
        benchmark.extra_info[name] = {
            "added %": round(100 * added, 2),
            "inside its calls %": round(100 * metric.seconds / len(plain) / epoch, 2),
            "us a batch": round(1e6 * metric.seconds / len(plain) / _batches(training, everywhere)),
        }


def _batches(training: Training, everywhere: bool) -> int:
    return -(-VALID // BATCH) + everywhere * -(-training.rows // BATCH)
