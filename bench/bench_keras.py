"""What an epoch of a small network costs with a ScoreMetric in it. python bench/bench_keras.py

For the backend that KERAS_BACKEND names. The same network trains without a metric, with Keras'
own accuracy and F1Score, and with a ScoreMetric, all in turn; printed are the medians of an
epoch's wall time and of its ratio, round by round, to the epoch without a metric. What the
ScoreCallback costs stands apart: its forward pass, and what it adds to that.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import f1core
from f1core.adapters.keras import ScoreCallback, ScoreMetric

CLASSES, ROWS, BATCH = 10, 2560, 64


class Nothing(keras.metrics.Metric):
    """What Keras itself takes for any metric."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        pass

    def result(self) -> Any:
        return keras.ops.zeros(())


METRICS: dict[str, Callable[[], list[Any]]] = {
    "without a metric": lambda: [],
    "a metric that does nothing": lambda: [Nothing()],
    "Keras' CategoricalAccuracy": lambda: [keras.metrics.CategoricalAccuracy()],
    "Keras' F1Score": lambda: [keras.metrics.F1Score("macro")],
    "ScoreMetric f1": lambda: [ScoreMetric("f1", task="multiclass", classes=CLASSES)],
    "ScoreMetric f1, precision, recall": lambda: [
        ScoreMetric(["f1", "precision", "recall"], task="multiclass", classes=CLASSES)
    ],
}


def convolutions() -> list[Any]:
    return [
        keras.Input((28, 28, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(CLASSES, "softmax"),
    ]


def dense() -> list[Any]:
    return [
        keras.Input((28, 28, 1)),
        keras.layers.Flatten(),
        keras.layers.Dense(64, "relu"),
        keras.layers.Dense(CLASSES, "softmax"),
    ]


def network(layers: Callable[[], list[Any]], metrics: list[Any]) -> Any:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(layers())
    model.compile("adam", "categorical_crossentropy", metrics=metrics)
    return model


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    f1core.warm_up()
    rng = np.random.default_rng(0)
    x = rng.random((ROWS, 28, 28, 1), dtype=np.float32)
    ids = rng.integers(0, CLASSES, ROWS)
    y = np.eye(CLASSES, dtype=np.float32)[ids]
    print(f"{keras.backend.backend()}, epochs of {ROWS // BATCH} steps of {BATCH} rows")
    for layers in (convolutions, dense):
        models = {name: network(layers, make()) for name, make in METRICS.items()}
        taken: dict[str, list[float]] = {name: [] for name in METRICS}
        for _ in range(rounds + 1):
            for name, model in models.items():
                start = time.perf_counter()
                model.fit(x, y, batch_size=BATCH, verbose=0)
                taken[name].append(time.perf_counter() - start)
        base = taken["without a metric"][1:]  # the first epoch compiles
        for name, times in taken.items():
            ratio = statistics.median(t / b for t, b in zip(times[1:], base, strict=True))
            median = statistics.median(times[1:])
            print(f"{layers.__name__:13s}{name:35s}{median * 1e3:9.1f} ms {ratio:6.3f}")
        callback_cost(models["without a metric"], x, ids, layers.__name__, rounds)


def callback_cost(model: Any, x: Any, ids: Any, what: str, rounds: int) -> None:
    """The callback at an epoch's end, beside the bare forward pass over the same batches."""
    callback = ScoreCallback(x, ids, task="multiclass", batch_size=BATCH)
    callback.set_model(model)
    taken: list[tuple[float, float]] = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        for row in range(0, ROWS, BATCH):
            model.predict_on_batch(x[row : row + BATCH])
        bare = time.perf_counter() - start
        start = time.perf_counter()
        callback.on_epoch_end(0, {})
        taken.append((bare, time.perf_counter() - start))
    bare, whole = (statistics.median(times) for times in zip(*taken[1:], strict=True))
    print(f"{what:13s}{'a forward pass':35s}{bare * 1e3:9.1f} ms")
    print(f"{what:13s}{'ScoreCallback':35s}{whole * 1e3:9.1f} ms {whole / bare:6.3f} of that")


if __name__ == "__main__":
    main()
