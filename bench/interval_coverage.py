"""How often 95 % intervals hold the truth: a grid of sizes, prevalences, recalls and classes.

    python bench/interval_coverage.py            400 trials a cell: an hour or more on one core
    python bench/interval_coverage.py --quick    a fifth of the grid: about a quarter of an hour
    python bench/interval_coverage.py --only many,clusters --trials 500

Each line is one cell of the grid: what is drawn, the metric, its true value on endless data of
the same kind, how often the interval held it, how often it lay below and above, and how wide it
was. A mark stands before cells outside 93 to 97.5 %:

    *   outside, without a reason
    e   above, and the truth is at an end of the scale
    d   above, and no run of outcomes, in order of the estimate, has a chance of 93 to 97.5 %
    t   above, and the least or the greatest outcome has a chance of more than 2.5 %: an interval
        with a tail of 2.5 % on each side leaves out nothing on that side
    f   above, and what holds 93 % both where the number of rows of each class is random and where
        it is fixed (which the counts do not tell) covers as much here
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from f1core import score
from f1core.count_layout import RATIOS
from f1core.counts import Counts
from f1core.intervals import interval, per_class_interval
from f1core.options import Options, make_options
from f1core.scores import Scores

SEED = 20261128
BINARY = ("precision", "recall", "f1", "fbeta", "jaccard", "specificity", "accuracy", "f1_macro",
          "f1_weighted", "f1_of_means", "balanced_accuracy", "mcc", "kappa")  # fmt: skip
AVERAGED = ("accuracy", "precision_macro", "recall_macro", "f1_macro", "fbeta_macro",
            "jaccard_macro", "f1_weighted", "f1_of_means", "mcc", "kappa")  # fmt: skip


@dataclass
class Cell:
    """One line of the table."""

    what: str
    metric: str
    truth: float
    covered: float
    below: float  # the interval lies below the truth
    above: float
    width: float
    reason: str = ""  # why it cannot cover less, a letter as above

    @property
    def mark(self) -> str:
        """Say with one letter whether it covers 93 to 97.5 %, and if not, why it cannot."""
        covered = round(self.covered, 4)
        if covered < 0.93:
            return "*"
        if covered <= 0.975:
            return " "
        return "e" if self.truth in (0, 1) else self.reason or "*"

    def __str__(self) -> str:
        return (
            f"{self.mark} {self.what:44s} {self.metric:18s} {self.truth:.4f}  "
            f"{self.covered:6.1%}  {self.below:5.1%} {self.above:5.1%}  {self.width:.4f}"
        )


def cell(
    what: str,
    metric: str,
    truth: float,
    ends: list[tuple[float, float]],
    values: list[float] | None = None,
    other: list[float] | None = None,
) -> Cell:
    """One line, from the intervals and the estimates of all trials, and those of the other design.

    The other design has as many rows of each class exactly, or as many on average.
    """
    low, high = np.array(ends).T
    below, above = np.mean(high < truth - 1e-12), np.mean(low > truth + 1e-12)
    width = float(np.mean(high - low))
    made = Cell(what, metric, truth, float(1 - below - above), float(below), float(above), width)
    if values is not None:
        made.reason = reason(np.array(values), None if other is None else np.array(other))
    return made


def reason(values: np.ndarray, other: np.ndarray | None) -> str:
    """Why an interval must cover more than 97.5 %, a letter; empty where nothing says so."""
    _, often = np.unique(values.round(12), return_counts=True)
    upto = np.append(0.0, np.cumsum(often)) / len(values)
    runs = upto - upto[:, None]
    if not ((runs >= 0.93) & (runs <= 0.975)).any():
        return "d"
    if max(upto[1], 1 - upto[-2]) > 0.025:
        return "t"
    if other is not None:
        ends = np.quantile(values, [0.035, 0.965]), np.quantile(other, [0.035, 0.965])
        low, high = min(ends[0][0], ends[1][0]), max(ends[0][1], ends[1][1])
        if np.mean((low <= values) & (values <= high)) > 0.975:
            return "f"
    return ""


# ---- two classes ---------------------------------------------------------------------------


def binary(quick: bool, trials: int) -> Iterator[Cell]:
    """Rows drawn at random: prevalence, recall and precision are given."""
    sizes = (20, 200, 10_000) if quick else (20, 50, 200, 1000, 10_000)
    rates = (0.002, 0.05, 0.5) if quick else (0.002, 0.01, 0.05, 0.2, 0.5)
    ratios = (0.05, 0.9) if quick else (0.05, 0.5, 0.9, 0.99)
    options = make_options("binary", beta=2.0)
    for n, rate, recall, precision in itertools.product(sizes, rates, ratios, ratios):
        false = rate * recall * (1 - precision) / precision
        if rate + false > 1 or n * rate < 0.5:
            continue
        shares = np.array([1 - rate - false, false, rate * (1 - recall), rate * recall])
        truth = Scores(Counts(2, confusion=shares.reshape(2, 2)), options)
        rng = np.random.default_rng([SEED, n])
        drawn, often = np.unique(rng.multinomial(n, shares, trials), axis=0, return_counts=True)
        what = f"n {n}, prevalence {rate}, R {recall}, P {precision}"
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in BINARY}
        values: dict[str, list[float]] = {name: [] for name in BINARY}
        for table, times in zip(drawn, often, strict=True):
            scores = Scores(Counts(2, confusion=table.reshape(2, 2)), options)
            for name in BINARY:
                ends = scores.interval(name)
                if ends[0] == ends[0]:  # kappa is undefined where one class is all there is
                    found[name] += [ends] * int(times)
                    values[name] += [scores.metric(name)] * int(times)
        for name in BINARY:
            yield cell(what, name, truth.metric(name), found[name], values[name])


# ---- many classes --------------------------------------------------------------------------


def sizes_of(kind: str, classes: int) -> np.ndarray:
    """(C,) how many rows each class has, on average or exactly."""
    if kind == "rare":  # half of the classes have 1 to 20 rows, half some hundreds
        rows = np.full(classes, 300.0)
        rows[: classes // 2] = np.linspace(1, 20, classes // 2).round()
        return rows
    return np.full(classes, float(kind))


def many_classes(
    rows: np.ndarray, recall: np.ndarray, fixed: bool, trials: int, rng: np.random.Generator
) -> Iterator[Counts]:
    """Counts of rows whose errors go to any other class alike; `fixed`: exactly `rows` of each."""
    classes = len(rows)
    for _ in range(trials):
        true = rows.astype(int) if fixed else rng.poisson(rows)
        hits = rng.binomial(true, recall)
        missed = np.repeat(np.arange(classes), true - hits)
        taken = (missed + rng.integers(1, classes, len(missed))) % classes
        matrix = np.zeros((classes, classes), np.int64)
        np.add.at(matrix, (missed, taken), 1)
        matrix[np.diag_indices(classes)] = hits
        yield Counts(classes, confusion=matrix)


def endless(rows: np.ndarray, recall: np.ndarray) -> Counts:
    """The counts on average, as weights."""
    classes = len(rows)
    matrix = np.repeat((rows * (1 - recall) / (classes - 1))[:, None], classes, axis=1)
    matrix[np.diag_indices(classes)] = rows * recall
    return Counts(classes, confusion=matrix)


def many(quick: bool, trials: int) -> Iterator[Cell]:
    """Macro, weighted and single classes of 5, 48 and 1,000 classes."""
    kinds = ("1", "10", "rare") if quick else ("1", "2", "5", "10", "50", "rare")
    ratios = (0.5, 0.9) if quick else (0.05, 0.5, 0.9, 0.99)
    for classes, kind, recall in itertools.product((5, 48, 1000), kinds, ratios):
        rows, options = sizes_of(kind, classes), make_options("multiclass", classes=classes, beta=2)
        if classes == 5 and kind == "1":
            continue
        recalls = np.full(classes, recall)
        if kind == "rare":
            recalls[: classes // 2] *= 0.6  # what is rare is hard
        truth = Scores(endless(rows, recalls), options)
        some = max(100, trials // (4 if classes == 1000 else 2))
        designs = []
        for fixed in (False, True):
            drawn = many_classes(rows, recalls, fixed, some, np.random.default_rng([SEED, classes]))
            designs.append(averaged(drawn, options, classes == 48 and kind != "rare"))
        for here, (found, values) in enumerate(designs):
            what = f"{classes} classes, {kind} rows{' exactly' if here else ''}, R {recall}"
            other = designs[1 - here][1]
            for name in AVERAGED:
                yield cell(what, name, truth.metric(name), found[name], values[name], other[name])
            for name in RATIOS if "f1" in found else ():
                value = float(getattr(truth.per_class, name)[0])
                yield cell(what, f"{name}, of=", value, found[name], values[name], other[name])


Found = tuple[dict[str, list[tuple[float, float]]], dict[str, list[float]]]


def averaged(drawn: Iterator[Counts], options: Options, single: bool) -> Found:
    """Intervals and estimates of every average and, if asked, of the first three classes."""
    names = (*AVERAGED, *(RATIOS if single else ()))
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    values: dict[str, list[float]] = {name: [] for name in names}
    for counts in drawn:
        scores = Scores(counts, options)
        for name in AVERAGED:
            found[name].append(interval(counts, options, name))
            values[name].append(scores.metric(name))
        for name in RATIOS if single else ():
            low, high = per_class_interval(counts, options, name)
            seen = counts.per_class[2, :3] > 0
            found[name] += list(zip(low[:3][seen], high[:3][seen], strict=True))
            values[name] += list(getattr(scores.per_class, name)[:3][seen])
    return found, values


# ---- rows that depend on each other --------------------------------------------------------


def clusters(quick: bool, trials: int) -> Iterator[Cell]:
    """Clusters of rows whose errors correlate by 0.3 (a beta-binomial chance of being right)."""
    for number, size in itertools.product((10, 30) if quick else (10, 20, 50, 200), (5, 20)):
        for right in (0.9,) if quick else (0.5, 0.9, 0.99):
            names = ("accuracy", "f1_macro", "recall_macro", "mcc", "f1")
            found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
            total, rng = np.zeros((2, 2)), np.random.default_rng([SEED, number, size])
            for trial in range(max(100, trials // 4)):
                ids = np.repeat(np.arange(number), size)
                chance = rng.beta(right * 7 / 3, (1 - right) * 7 / 3, number)[ids]
                y_true = rng.integers(0, 2, len(ids))
                y_pred = np.where(rng.random(len(ids)) < chance, y_true, 1 - y_true)
                kept = score(y_true, y_pred, task="binary", resamples=300, seed=trial, cluster=ids)
                for name in names:
                    found[name].append(kept.interval(name))
            wrong = (1 - right) / 2
            total = np.array([[right / 2, wrong], [wrong, right / 2]])
            truth = Scores(Counts(2, confusion=total), make_options("binary"))
            for name in names:
                what = f"{number} clusters of {size}, accuracy {right}"
                yield cell(what, name, truth.metric(name), found[name])


def labelled(rng: np.random.Generator, rows: int, wrong: float) -> tuple[np.ndarray, np.ndarray]:
    """Four labels a row, which are wrong together."""
    y_true = rng.random((rows, 4)) < np.linspace(0.1, 0.5, 4)
    hard = rng.random((rows, 1)) * 2 * wrong
    return y_true, np.where(rng.random((rows, 4)) < hard, ~y_true, y_true)


def labels(quick: bool, trials: int) -> Iterator[Cell]:
    """Averages of multilabel rows and weighted rows, from 300 replicas."""
    names = ("f1_micro", "f1_macro", "f1_samples", "recall_macro", "exact_match", "hamming_loss")
    for n, wrong in itertools.product((50, 500) if quick else (20, 50, 200, 1000), (0.02, 0.3)):
        for weighted in (False, True):
            rng = np.random.default_rng([SEED, n])
            truth = score(*labelled(rng, 1_000_000, wrong), task="multilabel")
            found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
            values: dict[str, list[float]] = {name: [] for name in names}
            for trial in range(max(100, trials // 4)):
                weight = rng.exponential(size=n) + 0.1 if weighted else None
                kept = score(
                    *labelled(rng, n, wrong),
                    task="multilabel",
                    resamples=300,
                    seed=trial,
                    sample_weight=weight,
                )
                for name in names:
                    found[name].append(kept.interval(name))
                    values[name].append(kept.metric(name))
            what = f"multilabel n {n}, wrong {wrong}{', weighted' if weighted else ''}"
            for name in names:
                yield cell(what, name, truth.metric(name), found[name], values[name])


PARTS: dict[str, Callable[[bool, int], Iterator[Cell]]] = {
    "binary": binary, "many": many, "labels": labels, "clusters": clusters,
}  # fmt: skip


def main() -> None:
    """Draw the grid and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas between")
    parser.add_argument("--bad", action="store_true", help="print only cells outside")
    asked = parser.parse_args()
    start, found = time.perf_counter(), []
    for part in asked.only.split(","):
        for one in PARTS[part](asked.quick, asked.trials):
            found.append(one)
            if not (asked.bad and one.mark == " "):
                print(one, flush=True)
    marks = Counter(one.mark for one in found)
    low = sum(one.covered < 0.93 for one in found)
    print(
        f"{len(found)} cells: {marks[' ']} within 93 to 97.5 %, {low} below, "
        f"{marks['*'] - low} above, and above with a reason "
        + ", ".join(f"{marks[letter]} {letter}" for letter in "edtf")
        + f"; {time.perf_counter() - start:.0f} s"
    )
    for one in sorted(found, key=lambda one: one.covered)[:10]:
        print(one)


if __name__ == "__main__":
    sys.exit(main())
