"""Thresholds of classes beside argmax and optimal-classification-cutoffs, on rows held out.

`python bench/bench_class_thresholds.py [--speed]`, with scikit-learn, pandas and pyarrow; the other
library, where it is installed (Python 3.12), takes part. Half of the rows of each data set choose
thresholds, the other half is scored; five times, and means are printed as a table.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import f1core

DATA = Path(__file__).parents[1] / "tests" / "data"
SPLITS = 5


def digits() -> tuple[Any, Any]:
    """Ten digits by naive Bayes, which is too sure of itself; cross-validated."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import cross_val_predict
    from sklearn.naive_bayes import GaussianNB

    x, y = load_digits(return_X_y=True)
    model = GaussianNB(var_smoothing=1e-3)
    return y, cross_val_predict(model, x, y, cv=5, method="predict_proba")


def species() -> tuple[Any, Any]:
    """48 species from 5,343 rows down to one, by a random forest."""
    import pandas as pd

    table = pd.read_parquet(DATA / "species.parquet")
    columns = [name for name in table if name.startswith("p_")]
    y = np.searchsorted([name[2:] for name in columns], table["species"].to_numpy(str))
    return y, table[columns].to_numpy()


def flights() -> tuple[Any, Any]:
    """Two classes, of which one is rare: 0.186 % of flights."""
    with np.load(DATA / "flights.npz") as arrays:
        p = arrays["y_prob"].astype(np.float64)
        return arrays["y_true"].astype(int), np.column_stack([1 - p, p])


def ours(y: Any, p: Any) -> Callable[[Any], Any]:
    best = f1core.best_threshold(y, p, task="multiclass")
    return lambda q: (q.astype(np.float64) / best.threshold).argmax(axis=1)


def theirs(method: str) -> Callable[[Any, Any], Callable[[Any], Any]] | None:
    try:
        from optimal_cutoffs import Average, Task, optimize_thresholds
    except ImportError:
        return None

    def fit(y: Any, p: Any) -> Callable[[Any], Any]:
        found = optimize_thresholds(
            y, np.float64(p), metric="f1", task=Task.MULTICLASS, average=Average.MACRO,
            method=method,
        )  # fmt: skip
        return lambda q: np.asarray(found.predict(np.float64(q)))

    return fit


def compare() -> None:
    """Print macro F1 of the rows that chose, of those held out, and seconds."""
    sides = {
        "argmax": lambda y, p: lambda q: q.argmax(axis=1),
        "f1core": ours,
        "optimal-classification-cutoffs, auto": theirs("auto"),
        "optimal-classification-cutoffs, coord_ascent": theirs("coord_ascent"),
    }
    print("| data | thresholds by | macro F1, chosen on | macro F1, held out | seconds |")
    print("| --- | --- | --- | --- | --- |")
    for load in (digits, species, flights):
        y, p = load()
        for name, fit in sides.items():
            if fit is None:
                continue
            found = []
            for seed in range(SPLITS):
                order = np.random.default_rng(seed).permutation(len(y))
                a, b = np.array_split(order, 2)
                start = time.perf_counter()
                try:
                    predict = fit(y[a], p[a])
                except Exception as error:
                    print(f"| {load.__name__} | {name} | {type(error).__name__}: {error} | | |")
                    break
                took = time.perf_counter() - start
                found.append([*(_f1(y[rows], predict(p[rows]), p) for rows in (a, b)), took])
            else:
                inside, outside, took = np.mean(found, axis=0)
                print(f"| {load.__name__} | {name} | {inside:.4f} | {outside:.4f} | {took:.2g} |")


def _f1(y: Any, predicted: Any, p: Any) -> float:
    return float(f1core.score(y, predicted, task="multiclass", classes=p.shape[1]).macro.f1)


def speed() -> None:
    """Print the time of a million rows of ten classes in sorts of one of its columns."""
    rng = np.random.default_rng(0)
    n, classes = 1_000_000, 10
    share = rng.dirichlet(np.ones(classes))
    y = rng.choice(classes, n, p=share)
    logits = rng.normal(size=(n, classes)) + np.log(share)
    logits[np.arange(n), y] += 1
    p = np.exp(logits)
    p = (p / p.sum(axis=1, keepdims=True)).astype(np.float32)
    column = p[:, 0].copy()
    sides = {
        "best_threshold": lambda: f1core.best_threshold(y, p, task="multiclass"),
        "np.sort": lambda: np.sort(column),
        "np.argsort": lambda: np.argsort(column),
    }
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(7):
        for name, call in sides.items():
            start = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - start)
    least = {name: min(times) for name, times in taken.items()}
    for name in ("np.sort", "np.argsort"):
        print(
            f"{least['best_threshold']:.3f} s: {least['best_threshold'] / least[name]:.0f} {name}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--speed", action="store_true")
    (speed if parser.parse_args().speed else compare)()
