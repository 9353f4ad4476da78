"""Speeds: f1core beside its peers and beside the time to read the bytes, interleaved.

A case is data: the arrays, how f1core scores them and how scikit-learn would. `limit` is np.max
over integer views of the same arrays with the same threads. All sides are checked equal before
anything is timed. The benchmarks in the repository and `f1core bench` run the same cases.
"""

from __future__ import annotations

import os
import pickle
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np

from .api import score
from .backends import thread_pool
from .counts import Array
from .errors import F1Error
from .option_types import Task

Call = Callable[[], Any]
CALM = 0.01  # seconds


@dataclass(frozen=True)
class Case:
    """One row of the table: what is scored, and how."""

    name: str
    task: Task
    shape: tuple[int, ...]  # (n,) or (n, C) of the prediction
    scores: str | None  # dtype of the scores; None for labels against labels
    truth: str  # dtype of the targets
    classes: int
    short: bool = False  # part of the short form
    varied: ClassVar[bool] = False  # whether peers cannot be asked the same

    def arrays(self, scale: int = 1) -> tuple[Array, Array]:
        """Truth and prediction from a fixed seed; `scale` divides the rows."""
        rng = np.random.default_rng(20261122)
        shape = (max(1, self.shape[0] // scale), *self.shape[1:])
        wide = shape if self.task == "multilabel" else shape[:1]
        high = 2 if self.task == "multilabel" else self.classes
        true = rng.integers(0, high, wide).astype(self.truth)
        if self.scores is None:
            wrong = rng.random(shape) < 0.3
            pred = np.where(wrong, rng.integers(0, self.classes, shape), true)
            return true, pred.astype(self.truth)
        drawn = rng.random(shape, dtype=np.float64 if self.scores == "float64" else np.float32)
        return true, drawn.astype(self.scores, copy=False)

    def f1core_call(self, true: Array, pred: Array, threads: int | None = None) -> Any:
        """Return the call that is timed."""
        return partial(score, true, pred, task=self.task, threads=threads)


_F32, _I64 = "float32", "int64"
CASES = (
    Case("multiclass 1,000,000 x 10", "multiclass", (10**6, 10), _F32, _I64, 10, short=True),
    Case("multiclass 1,000,000 x 4", "multiclass", (10**6, 4), _F32, _I64, 4),
    Case("multiclass 1,000,000 x 100", "multiclass", (10**6, 100), _F32, _I64, 100),
    Case("multiclass 100,000 x 1,000", "multiclass", (10**5, 1000), _F32, _I64, 1000, short=True),
    Case("multiclass 20,000 x 5,000", "multiclass", (20_000, 5000), _F32, _I64, 5000),
    Case("multiclass 1,000,000 x 10 float64", "multiclass", (10**6, 10), "float64", _I64, 10),
    Case("multiclass 1,000,000 x 10 float16", "multiclass", (10**6, 10), "float16", _I64, 10),
    Case("labels 1,000,000, 10 classes int64", "multiclass", (10**6,), None, _I64, 10, short=True),
    Case("labels 1,000,000, 1,000 classes int32", "multiclass", (10**6,), None, "int32", 1000),
    Case("labels 10,000,000, 2 classes int8", "multiclass", (10**7,), None, "int8", 2),
    Case("binary 10,000,000, int8 targets", "binary", (10**7,), _F32, "int8", 2),
    Case("binary 1,000,000 float64, int64 targets", "binary", (10**6,), "float64", _I64, 2),
    Case("multilabel 1,000,000 x 15, int8 targets", "multilabel", (10**6, 15), _F32, "int8", 15,
         short=True),
    Case("multilabel 50,000 x 1,000, int8 targets", "multilabel", (50_000, 1000), _F32, "int8",
         1000),
    Case("multilabel 200,000 x 39, int64 targets", "multilabel", (200_000, 39), _F32, _I64, 39),
    Case("multilabel 200,000 x 39, float32 targets", "multilabel", (200_000, 39), _F32, _F32, 39),
)  # fmt: skip


def limit(true: Array, pred: Array, threads: int) -> Call:
    """Return a call that reads all bytes: np.max over integer views, rows shared among threads."""
    views = [_as_integers(a) for a in (true, pred)]

    def part(rows: slice) -> None:
        for view in views:
            view[rows].max()

    spans = thread_pool.split_rows(len(true), 1, threads if threads == 1 else 4 * threads)
    return lambda: list(thread_pool.map_ordered(part, spans, threads))


def _as_integers(array: Array) -> Array:
    return array if array.dtype.kind in "iu" else array.view(f"i{array.dtype.itemsize}")


def sklearn_sides(case: Case, true: Array, pred: Array) -> dict[str, Call]:
    """Time scikit-learn from the scores, `P.argmax(1)` or `P > t` included, and from decisions."""
    if find_spec("sklearn") is None:
        return {}
    from sklearn.metrics import precision_recall_fscore_support as scored

    truth = true.astype(np.int64) if true.dtype.kind == "f" else true
    found = {"scikit-learn": lambda: scored(truth, _decided(case, pred), zero_division=0.0)}
    if case.scores is not None and case.task != "multilabel":  # 1 % of 2 s
        decided = _decided(case, pred)
        found["scikit-learn, decided"] = lambda: scored(truth, decided, zero_division=0.0)
    return found


def _decided(case: Case, pred: Array) -> Array:
    if case.scores is None:
        return pred
    if case.task == "multiclass":
        return np.asarray(pred.argmax(axis=1))
    return np.asarray(pred > pred.dtype.type(0.5)).astype(np.int64)


def torch_sides(case: Case, true: Array, pred: Array) -> dict[str, Call]:
    """Torchmetrics' and torcheval's macro F1, where installed; they read the scores themselves."""
    if find_spec("torch") is None:
        return {}
    import torch

    wide = pred.astype(np.int64, copy=False) if case.scores is None else pred
    scores = torch.from_numpy(np.ascontiguousarray(wide))
    target = torch.from_numpy(true.astype(np.int64, copy=False))
    found: dict[str, Call] = {}
    if find_spec("torchmetrics") is not None:
        from torchmetrics.functional import classification as tm

        binary: Any = partial(tm.binary_f1_score, scores, target)
        call = getattr(tm, f"{case.task}_f1_score")
        several = partial(call, scores, target, case.classes, average="macro")
        found["torchmetrics"] = binary if case.task == "binary" else several
    if find_spec("torcheval") is not None and case.task != "multilabel":
        from torcheval.metrics import functional as te

        binary = partial(te.binary_f1_score, scores, target)
        how = {"num_classes": case.classes, "average": "macro"}
        several = partial(te.multiclass_f1_score, scores, target, **how)
        found["torcheval"] = binary if case.task == "binary" else several
    return found


def first_call(case: Case, scale: int = 1) -> float:
    """Seconds of `import f1core` and one call in a fresh process that finds no code of Numba's.

    Importing NumPy and making the arrays do not count.
    """
    with TemporaryDirectory() as nothing:
        env = os.environ | {"NUMBA_CACHE_DIR": nothing, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", _FIRST, pickle.dumps(case).hex(), str(scale)]
        done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        raise F1Error(f"{case.name}: a fresh process ended with {done.stderr.strip()}")
    return float(done.stdout)


_FIRST = """
import pickle, sys, time
import numpy
clock = time.perf_counter
start = clock()
import f1core
imported = clock() - start
case = pickle.loads(bytes.fromhex(sys.argv[1]))
call = case.f1core_call(*case.arrays(int(sys.argv[2])))
start = clock()
call()
print(imported + clock() - start)
"""


def check_equal(case: Case, true: Array, pred: Array, sides: dict[str, Call]) -> None:
    """Refuse to time sides that disagree."""
    scores = sides["f1core"]()
    if "scikit-learn" in sides:
        precision, recall, f1, support = sides["scikit-learn"]()
        each: Any = scores.per_class
        seen: Any = slice(None)
        if case.task == "multiclass":  # scikit-learn leaves out classes that never occur
            seen = np.union1d(true, _decided(case, pred))
        for name, expected in zip(
            ("precision", "recall", "f1", "support"), (precision, recall, f1, support), strict=True
        ):
            if not np.allclose(getattr(each, name)[seen], expected, rtol=0, atol=1e-12):
                raise F1Error(f"{case.name}: {name} differs from scikit-learn's")
    number = scores.binary.f1 if case.task == "binary" else scores.macro.f1
    for name in ("torchmetrics", "torcheval"):
        if name in sides and abs(float(sides[name]()) - number) > 1e-4:
            raise F1Error(f"{case.name}: {name} says {float(sides[name]())}, f1core {number}")


def sides_of(
    case: Case, true: Array, pred: Array, threads: int, peers: bool = True
) -> dict[str, Call]:
    """Every side of a case that can run here, f1core first."""
    sides: dict[str, Call] = {"f1core": case.f1core_call(true, pred, threads)}
    sides["limit"] = limit(true, pred, threads)
    if peers and not case.varied:
        sides |= sklearn_sides(case, true, pred) | torch_sides(case, true, pred)
        if case.scores is None:
            size = case.classes
            sides["np.bincount"] = lambda: np.bincount(true.astype(np.int64) * size + pred)
    return sides


def timed(name: str, call: Call) -> float:
    """Seconds that a side's call takes; the next side finds the cores idle.

    Torch's OpenMP threads spin for 6 ms after their last work: whoever came next was measured with
    a thread less, 2.4 ms for 1.7.
    """
    start = time.perf_counter()
    call()
    taken = time.perf_counter() - start
    if name.startswith("torch"):
        while time.perf_counter() < start + taken + CALM:
            pass
    return taken


def interleaved(sides: dict[str, Call], seconds: float = 2.0, most: int = 50) -> dict[str, float]:
    """The median seconds of each side; all take turns until the time is up (three at least)."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    spent = dict.fromkeys(sides, 0.0)
    for turn in range(most):
        for name, call in sides.items():
            if turn >= 3 and spent[name] > seconds / len(sides):
                continue
            taken[name].append(timed(name, call))
            spent[name] += taken[name][-1]
    return {name: statistics.median(times) for name, times in taken.items()}
