"""How often 95 % intervals of calibration errors and losses hold the truth.

    python bench/calibration_coverage.py            1,000 trials a cell: some minutes
    python bench/calibration_coverage.py --trials 200

Each line: how outcomes depend on the probabilities, rows, the metric, its value on endless data
(of the same bins), its mean estimate, how often the interval held the truth, lay below it and
above it, and its mean width.
"""

from __future__ import annotations

import argparse

import numpy as np

from f1core import calibration

SEED = 20261128
BINS = 10
RATES = {  # how often what is predicted with probability p is true
    "calibrated": lambda p: p,
    "overconfident": lambda p: 0.5 + 0.6 * (p - 0.5),
    "a little off": lambda p: p + 0.03 * np.sin(8 * p),
    "one side": lambda p: np.where(p > 0.5, p * 0.8, p),
}
SPREAD = {"uniform": (1.0, 1.0), "rare": (0.5, 4.0)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=1000)
    trials = parser.parse_args().trials
    rng = np.random.default_rng(SEED)
    for how, rate in RATES.items():
        for spread, shape in SPREAD.items():
            large = rng.beta(*shape, 4_000_000)
            truth = true_values(large, rate(large))
            for rows in (100, 1000, 10_000):
                found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in truth}
                for trial in range(trials):
                    p = rng.beta(*shape, rows)
                    k = calibration(rng.random(rows) < rate(p), p, bins=BINS)
                    for name in truth:
                        ends = k.interval(name, seed=trial, resamples=500)
                        found[name].append((getattr(k, name), *ends))
                for name, true in truth.items():
                    value, low, high = np.array(found[name]).T
                    held = (low <= true) & (true <= high)
                    print(
                        f"{how:14} {spread:8} {rows:6} {name:9} {true:.4f} {value.mean():.4f}  "
                        f"{held.mean():6.1%} {(high < true).mean():6.1%} {(low > true).mean():6.1%}"
                        f"  {(high - low).mean():.4f}",
                        flush=True,
                    )


def true_values(p: np.ndarray, rate: np.ndarray) -> dict[str, float]:
    """What endless rows would have: by integration, not by drawing outcomes."""
    at = np.searchsorted(np.arange(1, BINS) / BINS, p, side="left")
    count, gap = np.bincount(at, minlength=BINS), np.bincount(at, rate - p, BINS)
    return {
        "ece": float(np.abs(gap).sum() / len(p)),
        "mce": float(np.max(np.abs(gap) / np.maximum(count, 1))),
        "brier": float(np.mean(rate * (1 - p) ** 2 + (1 - rate) * p**2)),
        "log_loss": float(np.mean(-rate * np.log(p) - (1 - rate) * np.log1p(-p))),
    }


if __name__ == "__main__":
    main()
