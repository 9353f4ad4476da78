"""What our metric adds to a boosting round and to an evaluation, in real training.

`pytest bench/bench_boost.py --benchmark-json=boost.json`. pytest-benchmark times training with our
metric; extra_info holds training with the framework's own metric (they take turns, medians) and
`share`: the time inside our function over the time of training, or of evaluating, as a whole.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import pytest

import f1core
from f1core.adapters import lightgbm, transformers, xgboost

PROMISED = 0.02
_ROUNDS = 3


def rows(classes, short):
    """100,000 x 20 rows to learn from, and as many to evaluate."""
    rng = np.random.default_rng(0)
    count = 2_000 if short else 100_000
    x = rng.normal(size=(2 * count, 20)).astype(np.float32)
    scores = x @ rng.normal(size=(20, classes)) + rng.normal(size=(2 * count, classes))
    y = scores.argmax(axis=1)
    return x[:count], y[:count], x[count:], y[count:]


class Timed:
    """A metric that knows how long it took."""

    def __init__(self, metric):
        self.metric, self.seconds = metric, 0.0

    def __call__(self, *arrays, **how):
        start = time.perf_counter()
        found = self.metric(*arrays, **how)
        self.seconds += time.perf_counter() - start
        return found


def compared(benchmark, metric, with_ours, with_theirs, short):
    """Time training with our metric, and before each round with the framework's."""
    timed, shares, ours, theirs = Timed(metric), [], [], []

    def they_first():
        start = time.perf_counter()
        with_theirs()
        theirs.append(time.perf_counter() - start)

    def our_turn():
        timed.seconds, start = 0.0, time.perf_counter()
        with_ours(timed)
        ours.append(time.perf_counter() - start)
        shares.append(timed.seconds / ours[-1])

    f1core.warm_up()
    benchmark.pedantic(our_turn, setup=they_first, rounds=2 if short else _ROUNDS, warmup_rounds=1)
    benchmark.extra_info["promised"] = PROMISED
    benchmark.extra_info["share"] = round(statistics.median(shares), 4)
    benchmark.extra_info["seconds"] = {
        "ours": statistics.median(ours), "the framework's own": statistics.median(theirs)
    }  # fmt: skip


@pytest.mark.parametrize(("classes", "own"), [(2, "binary_error"), (10, "multi_error")])
def test_lightgbm(benchmark, classes, own, short):
    lgb = pytest.importorskip("lightgbm")
    x, y, xv, yv = rows(classes, short)
    task = "binary" if classes == 2 else "multiclass"
    params = {"objective": task, "verbosity": -1, "seed": 0}
    if classes > 2:
        params["num_class"] = classes

    def train(metric, feval):
        data = lgb.Dataset(x, y)
        valid = lgb.Dataset(xv, yv, reference=data)
        lgb.train({**params, "metric": metric}, data, 20, valid_sets=[valid], feval=feval)

    metric = lightgbm.feval("f1", task=task)
    compared(benchmark, metric, lambda f: train("None", f), lambda: train(own, None), short)


@pytest.mark.parametrize(("classes", "own"), [(2, "error"), (10, "merror")])
def test_xgboost(benchmark, classes, own, short):
    xgb = pytest.importorskip("xgboost")
    x, y, xv, yv = rows(classes, short)
    task, params = "binary", {"objective": "binary:logistic"}
    if classes > 2:
        task, params = "multiclass", {"objective": "multi:softprob", "num_class": classes}

    def train(how, metric):
        xgb.train(
            {**params, **how}, xgb.DMatrix(x, y), 20, evals=[(xgb.DMatrix(xv, yv), "valid")],
            custom_metric=metric, verbose_eval=False,
        )  # fmt: skip

    metric = xgboost.custom_metric("f1", task=task)
    alone, theirs = {"disable_default_eval_metric": True}, {"eval_metric": own}
    compared(benchmark, metric, lambda f: train(alone, f), lambda: train(theirs, None), short)


@pytest.mark.parametrize("batches", [False, True])
def test_transformers(benchmark, batches, short, tmp_path):
    """An evaluation of a Bert of two layers; theirs is one without a metric, of the loss alone."""
    hugging = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    config = hugging.BertConfig(
        vocab_size=100, hidden_size=64, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=128, max_position_embeddings=32, num_labels=10,
    )  # fmt: skip
    words = np.random.default_rng(0).integers(0, 100, (200 if short else 5_000, 16))
    data = [{"input_ids": torch.tensor(row), "labels": int(row[0]) % 10} for row in words]
    arguments = hugging.TrainingArguments(
        str(tmp_path), report_to=[], use_cpu=True, disable_tqdm=True,
        per_device_eval_batch_size=64, batch_eval_metrics=batches,
    )  # fmt: skip
    model = hugging.BertForSequenceClassification(config)
    trainer = hugging.Trainer(model, arguments, eval_dataset=data)

    def evaluate(metric):
        trainer.compute_metrics = metric
        trainer.evaluate()

    metric = transformers.make_compute_metrics(task="multiclass", classes=10)
    compared(benchmark, metric, evaluate, lambda: evaluate(None), short)
