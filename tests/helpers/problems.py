"""Drawn problems: what a user hands over, beside what must come of it.

Hypothesis draws the structure (task, sizes, dtypes, layouts, options) and a seed; the seed fills
the arrays, from few values, so that ties and scores equal to the threshold are common.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from arrays import FLOATS, INTS, LAYOUTS, UINTS, laid_out, to_dtype, widened
from hypothesis import assume
from hypothesis import strategies as st
from registry import Case

import f1core

THRESHOLDS = [0.5, 0.1, 0.3, 1 / 3, 0.0, 1.0, 0.9]
BELOW_ALL = [-1.0, -1e-9, -1.0]  # of probabilities alone
NAMES = ["owl", "cat", "ant", "élan", "fox", "bee", "gnu", "x y", "", "Z"]


@dataclass
class Problem:
    y_true: Any
    y_pred: Any
    case: Case
    weight: Any = None
    options: dict[str, Any] = field(default_factory=dict)

    def score(self, **more: Any) -> f1core.Scores:
        return f1core.score(
            self.y_true, self.y_pred, sample_weight=self.weight, **(self.options | more)
        )

    def accumulator(self, **more: Any) -> f1core.Accumulator:
        return f1core.Accumulator(**(self.options | {"task": self.case.task} | more))

    def __len__(self) -> int:
        return len(self.y_true)

    def part(self, rows: Any) -> Problem:
        """The same problem of some rows; its case stays that of all rows."""
        weight = None if self.weight is None else self.weight[rows]
        return replace(self, y_true=self.y_true[rows], y_pred=self.y_pred[rows], weight=weight)

    def put_into(self, accumulator: f1core.Accumulator) -> f1core.Accumulator:
        accumulator.update(self.y_true, self.y_pred, sample_weight=self.weight)
        return accumulator


# ---- what every task draws ---------------------------------------------------------------


@st.composite
def generators(draw: Any) -> np.random.Generator:
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1)))


def _maybe(value: Any) -> Any:
    return st.one_of(st.none(), value)


@st.composite
def ratio_options(draw: Any) -> dict[str, Any]:
    return {
        "zero_division": draw(st.sampled_from([0.0, 1.0, math.nan])),
        "beta": draw(st.sampled_from([1.0, 0.0, 0.5, 2.0, 1.7, math.inf])),
        "threads": draw(st.sampled_from([None, 1, 2, 3])),
    }


@st.composite
def weights(draw: Any, rows: int, exact: bool = True) -> Any:
    """None, or weights whose sums are exact, so that 0/0 is 0/0 for scikit-learn too."""
    kind = draw(st.sampled_from(["none", "none", "halves", "whole"]))
    rng = draw(generators())
    if kind == "none":
        return None
    numbers = rng.integers(0, 9, rows) / (16 if kind == "halves" else 1)
    numbers[rng.integers(rows)] = 3  # one row counts at least
    dtypes = ["f2", "f4", ">f8", "f8"] + ["i1", "u2", ">i4", "u8"] * (kind == "whole")
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    return laid_out(to_dtype(numbers, dtype), draw(st.sampled_from(LAYOUTS)))


# A kernel takes up to 6 s to compile for each pair of dtypes: the quick and brief profiles draw
# targets that kernels read as int8 and int64, in any byte order and layout; the others every dtype.
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "quick")
QUICK = PROFILE in ("brief", "quick")
QUICK_KINDS = {"i1", "i8", "u4", "u8", "f2", "f8", "b1"}


def seeds(count: int) -> range:
    """So many seeds of drawn problems: a quarter in the quick profile, an eighth in the brief."""
    return range(-(-count // {"brief": 8, "quick": 4}.get(PROFILE, 1)))


def holding(dtypes: list[np.dtype], low: int, high: int) -> list[np.dtype]:
    """The integer dtypes that hold both numbers."""
    return [d for d in dtypes if np.iinfo(d).min <= low and high <= np.iinfo(d).max]


@st.composite
def numbered(draw: Any, ids: np.ndarray, floats: bool = True, ignored: Any = None) -> np.ndarray:
    """Whole numbers in any dtype that holds them, or in the quick profile of QUICK_KINDS.

    A float among these holds the number that is ignored too, whether or not it occurs.
    """
    floats = floats and (ignored is None or abs(ignored) < 2048)
    low, high = (int(ids.min()), int(ids.max())) if ids.size else (0, 0)
    fit = holding(INTS + UINTS, low, high)
    fit += [np.dtype(bool)] * (low >= 0 and high <= 1)
    fit += [np.dtype(t) for t in ("f8", ">f4", "f2")] * (floats and max(high, -low) < 2048)
    if QUICK:
        fit = [dtype for dtype in fit if dtype.str[1:] in QUICK_KINDS]
    dtype = draw(st.sampled_from(fit))
    return laid_out(ids.astype(dtype), draw(st.sampled_from(LAYOUTS)))


@st.composite
def in_words(draw: Any, ids: np.ndarray, names: list[str]) -> np.ndarray:
    texts = np.array(names)[ids]
    kind = draw(st.sampled_from("UOS"))
    if kind == "S":
        texts = np.char.encode(texts, "utf-8")
    return laid_out(
        texts.astype(object) if kind == "O" else texts, draw(st.sampled_from(LAYOUTS[:5]))
    )


@st.composite
def scores(draw: Any, shape: tuple[int, ...], special: list[float], wild: bool = False) -> Any:
    """Scores in any dtype and layout; often one of few values, the special ones among them."""
    dtype, rng = draw(st.sampled_from(FLOATS)), draw(generators())
    few = np.array(special + [0.0, 1.0, 0.25] + [-0.0, 7.5, -3.0, math.inf, -math.inf] * wild)
    near = to_dtype(special, dtype).astype(dtype)  # also the neighbours of the special ones
    if dtype.kind == "f":
        around = [
            np.nextafter(near, to_dtype([2], dtype)),
            np.nextafter(near, to_dtype([-1], dtype)),
        ]
        few = np.concatenate([few, *(widened(a) for a in around)])
    if not wild:
        few = few.clip(0, 1)
    values = rng.random(shape)
    mixed = rng.random(shape) < draw(st.sampled_from([0.0, 0.5, 1.0]))
    values = np.where(mixed, rng.choice(few, shape), values)
    return laid_out(to_dtype(values, dtype), draw(st.sampled_from(LAYOUTS)))


def present(case: Case) -> list[int]:
    """The classes that are true or predicted somewhere."""
    true, pred = case.flags()
    seen = (true | pred).astype(bool)
    if case.kept is not None:
        seen &= case.kept
    return np.flatnonzero(seen.any(axis=0)).tolist()


@st.composite
def averaged(draw: Any, case: Case, spelled: Any, gone: int | None = None) -> Any:
    """`average_over` drawn, and what it includes put into the case."""
    over = draw(st.sampled_from([None, "present", "all", "list"]))
    everything = over == "all" or (over is None and case.task == "multilabel")
    chosen = list(range(case.n_classes)) if everything else present(case)
    if over == "list":
        some = st.lists(st.integers(0, case.n_classes - 1), min_size=1, unique=True)
        chosen = draw(some)
        over = [spelled(c) for c in chosen]
    if over == "present":  # a row cannot know which labels other rows will bring
        case.sampled = list(range(case.n_classes))
    case.included = sorted(c for c in chosen if c != gone)
    assume(case.included)
    return {} if over is None else {"average_over": over}


def drop_weightless(case: Case, weight: Any) -> None:
    """A row of weight 0 is no row, for the classes that are present too."""
    if weight is not None:
        weight = np.asarray(weight, np.float64)
        rows = weight > 0
        case.true, case.pred, case.weight = case.true[rows], case.pred[rows], weight[rows]
        case.kept = None if case.kept is None else case.kept[rows]


def rounded_cut(threshold: float, dtype: np.dtype, from_logits: bool) -> float:
    """The number that scores of this dtype are compared with."""
    if from_logits:
        with np.errstate(divide="ignore"):
            threshold = float(np.log(threshold) - np.log1p(-threshold))
    threshold = -1.0 if threshold < 0 and not from_logits else threshold
    native = np.dtype(np.float64) if dtype.char == "g" else dtype
    return float(widened(to_dtype([threshold], native))[0])
