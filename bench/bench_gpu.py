"""f1core beside torchmetrics on a GPU: `python bench_gpu.py`, which needs nothing else installed.

All sides are first held against the CPU's counts. Times are of the host's clock: "host" until the
calls return, "whole" until the device is done; both sides alternate in one run, medians count.
Ends within 200 s. `--device cpu` runs it where there is no GPU, to see that it runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

import f1core
from f1core.adapters.torch import ScoreMeter

ROUNDS, UPDATES, STEPS = 7, 100, 100
SHAPES = [
    # task, rows, columns, dtype of the targets, goal
    ("multiclass", 32, 10, torch.int64, "host 1/8 of torchmetrics"),
    ("multiclass", 4096, 100, torch.int64, "host 1/8 of torchmetrics"),
    ("multiclass", 65_536, 1000, torch.int64, "1.3 x P.sum()"),
    ("multiclass", 1_000_000, 10, torch.int64, "120 us"),
    ("multilabel", 65_536, 39, torch.int64, "host 1/8 of torchmetrics"),
    ("binary", 10_000_000, 1, torch.int64, "60 us"),
]


def drawn(task: str, rows: int, columns: int, dtype: Any, device: str) -> tuple[Any, Any]:
    """Scores and targets on the device."""
    torch.manual_seed(0)
    shape = (rows,) if task == "binary" else (rows, columns)
    preds = torch.rand(shape, device=device)
    if task == "multiclass":
        return preds, torch.randint(0, columns, (rows,), device=device, dtype=dtype)
    return preds, (torch.rand(shape, device=device) < 0.2).to(dtype)


def theirs(task: str, columns: int, device: str) -> Any:
    """Torchmetrics' F1, without its validation, which would ask the device."""
    from torchmetrics import classification

    if task == "binary":
        made = classification.BinaryF1Score(validate_args=False)
    elif task == "multiclass":
        made = classification.MulticlassF1Score(columns, average="macro", validate_args=False)
    else:
        made = classification.MultilabelF1Score(columns, average="macro", validate_args=False)
    return made.to(device)


def synchronize(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def clock(call: Callable[[], Any], times: int, device: str) -> tuple[float, float]:
    """Microseconds of a call: until the host goes on, until the device is done."""
    synchronize(device)
    start = time.perf_counter()
    for _ in range(times):
        call()
    host = time.perf_counter()
    synchronize(device)
    return (host - start) / times * 1e6, (time.perf_counter() - start) / times * 1e6


def table(device: str, scale: float) -> list[dict[str, Any]]:
    """A row a shape."""
    rows = []
    for task, n, columns, dtype, goal in SHAPES:
        n = max(16, int(n * scale))
        preds, target = drawn(task, n, columns, dtype, device)
        options = {} if task == "binary" else {"classes": columns}
        meter, other = ScoreMeter(task, **options), theirs(task, columns, device)
        for _ in range(2):
            meter.update(preds, target)
        expected = f1core.score(target.cpu(), preds.cpu(), task=task, **options)
        found = meter.compute()
        key = "f1" if task == "binary" else "f1_macro"
        other.update(preds, target)
        assert found.to_dict() == expected.to_dict(), task
        assert abs(float(other.compute()) - found.to_dict()[key]) < 1e-4, task
        sides = {
            "f1core": partial(meter.update, preds, target),
            "torchmetrics": partial(other.update, preds, target),
            "P.sum()": preds.sum,
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
        updates = UPDATES if device == "cuda" else 3
        for call in sides.values():
            clock(call, 10 if device == "cuda" else 1, device)
        for _ in range(ROUNDS):
            for name, call in sides.items():
                times[name].append(clock(call, updates, device))
        row: dict[str, Any] = {"batch": f"{task} {n:,} x {columns}", "goal": goal}
        for name, each in times.items():
            row[f"{name} host"] = statistics.median(host for host, _ in each)
            row[f"{name} whole"] = statistics.median(whole for _, whole in each)
        rows.append(row)
    return rows


def loop(device: str) -> dict[str, float]:
    """Milliseconds of a training step, with and without a metric."""
    width, count = (2048, STEPS) if device == "cuda" else (64, 3)
    torch.manual_seed(0)
    layers = [each for _ in range(6) for each in (torch.nn.Linear(width, width), torch.nn.ReLU())]
    net = torch.nn.Sequential(*layers, torch.nn.Linear(width, 100)).to(device)
    optimizer = torch.optim.SGD(net.parameters(), 1e-3)
    x = torch.randn(512, width, device=device)
    y = torch.randint(0, 100, (512,), device=device)

    def steps(metric: Any) -> float:
        synchronize(device)
        start = time.perf_counter()
        for _ in range(count):
            out = net(x)
            loss = torch.nn.functional.cross_entropy(out, y)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            if metric is not None:
                metric.update(out.detach(), y)
        synchronize(device)
        return (time.perf_counter() - start) / count * 1e3

    sides = {
        "no metric": None,
        "f1core": ScoreMeter("multiclass", classes=100),
        "torchmetrics": theirs("multiclass", 100, device),
    }
    found: dict[str, list[float]] = {name: [] for name in sides}
    for metric in sides.values():
        steps(metric)
    for _ in range(ROUNDS):
        for name, metric in sides.items():
            found[name].append(steps(metric))
    return {name: statistics.median(each) for name, each in found.items()}


def asks_nothing() -> None:
    """A hundred updates under torch's own watch for synchronisations."""
    for task, _, columns, dtype, _ in SHAPES[1:]:
        preds, target = drawn(task, 500, columns, dtype, "cuda")
        meter = ScoreMeter(task, **({} if task == "binary" else {"classes": columns}))
        meter.update(preds, target)
        torch.cuda.set_sync_debug_mode("error")
        try:
            for _ in range(100):
                meter.update(preds, target)
        finally:
            torch.cuda.set_sync_debug_mode("default")
        meter.compute()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--json", help="also write the figures there")
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # of torchmetrics
    device = given.device
    card = torch.cuda.get_device_name(0) if device == "cuda" else "no GPU: nothing to compare"
    print(f"{card}; torch {torch.__version__}, f1core {f1core.__version__}")
    if device == "cuda":
        asks_nothing()
    rows, step = table(device, 1.0 if device == "cuda" else 0.001), loop(device)
    print("\n| batch | f1core, us: host (whole) | torchmetrics | ratio of host | P.sum() | goal |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    for row in rows:
        ours, other, most = (
            f"{row[f'{name} host']:,.0f} ({row[f'{name} whole']:,.0f})"
            for name in ("f1core", "torchmetrics", "P.sum()")
        )
        ratio = row["f1core host"] / row["torchmetrics host"]
        print(f"| {row['batch']} | {ours} | {other} | {ratio:.3f} | {most} | {row['goal']} |")
    none = step["no metric"]
    print(
        f"\ntraining step of {none:.2f} ms: f1core {step['f1core'] / none:.3f} of it, "
        f"torchmetrics {step['torchmetrics'] / none:.3f} (goal 1.04)"
    )
    if given.json:
        with open(given.json, "w") as file:
            json.dump({"card": card, "rows": rows, "step": step}, file, indent=1)


if __name__ == "__main__":
    main()
