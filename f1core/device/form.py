"""Form: what is known of a batch before any value is looked at, and where its counts are added.

Everything here is a plain constant, so that a compiled step may hold it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from ..arrays import BFLOAT16, exact_limit, is_floating, widened
from ..count_layout import EXACT, ROWS, Array
from ..counts import Counts
from ..errors import IdleOption
from ..float_bits import cuts_of, probability_range, rounded, score_dtype
from ..inputs import check
from ..options import Options


@dataclass(frozen=True, eq=False)
class Form:
    """Dtypes and columns of batches of one task: how they are decided and added up.

    The counts are one vector: a (C, C) matrix or three sums a class, or for a multilabel task four
    sums a label and the statistics of rows; with `misses`, the number of rows comes last.
    """

    kind: str  # "labels", "binary" and "multiclass" scores, or "multilabel" scores or flags
    options: Options
    width: int
    onehot: bool = False
    hard: bool = False  # labels or flags are predicted, which no threshold cuts
    matrix: bool = False
    samples: bool = True  # whether the samples averages are kept, or rows only counted
    misses: bool = False  # whether a row that `score` refuses counts as wrong, or nowhere
    # The values that name classes, sorted, and the classes that they name; None where ids do.
    labels: Array | None = None
    places: Array | None = None
    # (1,) or (L,) in the dtype of the scores; of a multiclass task (C,) float64 that scores are
    # divided by, or logarithms that logits lose.
    cut: Array | None = None
    limits: tuple[float, float] | None = None  # of scores that are probabilities
    averaged: Array | None = None  # (L,) bool, the labels that the samples averages look at
    ignored: Any = None  # the number that marks what counts nowhere, if a target can be that
    true_limit: int | None = None  # beyond which targets of this floating dtype are rounded
    pred_limit: int | None = None
    shape: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        if self.kind == "multilabel":
            shape: tuple[int, ...] = (4, self.width)
        else:
            shape = (self.width, self.width) if self.matrix else (3, self.width)
        object.__setattr__(self, "shape", shape)

    @property
    def rows(self) -> int:
        """How many numbers come after the matrix or the sums."""
        if self.kind == "multilabel":
            return ROWS if self.samples else EXACT + 1
        return int(self.misses)

    @property
    def classes(self) -> int:
        """How many classes there are: one less than columns where predictions may be unknown."""
        return self.options.known(self.width)

    @property
    def length(self) -> int:
        """How many numbers the counts are."""
        return prod(self.shape) + self.rows

    @property
    def ignored_class(self) -> int | None:
        """The class that `ignore_index` is of one-hot rows."""
        value = self.options.ignore_index
        return None if value is None else self.options.place(value, self.classes)

    def counts(self, vector: Array) -> Counts:
        """The vector as counts that metrics are made of."""
        cells = prod(self.shape)
        first, rows = vector[:cells].reshape(self.shape).copy(), vector[cells:]
        if self.kind == "multilabel":
            return Counts(self.width, sums=first, rows=rows.copy())
        if self.matrix:
            return Counts(self.width, confusion=first)
        return Counts(self.width, sums=first)


def form_of(
    options: Options,
    kind: str,
    width: int,
    true: np.dtype[Any],
    pred: np.dtype[Any],
    **more: Any,
) -> Form:
    """A form of these dtypes."""
    hard = kind == "labels" or (kind == "multilabel" and pred.kind in "iub")
    if hard and options.ranks:
        options.refuse_hard("y_pred holds whole numbers")
    if kind in ("binary", "multilabel") and not (hard or options.ranks):
        dtype = score_dtype(pred)
        cut = cuts_of(np.atleast_1d(np.asarray(options.threshold, np.float64)), dtype,
                      options.from_logits)  # fmt: skip
        more |= {"cut": cut, "limits": None if options.from_logits else probability_range(pred)}
    if kind == "multiclass" and options.divisors is not None:
        divisors = np.array(options.divisors)
        with np.errstate(divide="ignore"):
            cut = np.log(divisors) if options.from_logits else divisors
        more |= {"cut": cut, "limits": None if options.from_logits else probability_range(pred)}
    if kind == "multilabel" and isinstance(options.average_over, tuple):
        chosen = options.places(options.average_over, width)
        more["averaged"] = np.isin(np.arange(width), chosen)
    elif kind != "multilabel":
        labels = _values(options, options.known(width))
        if labels is not None:
            places = np.argsort(labels, kind="stable")
            more |= {"labels": labels[places], "places": places}
    value = options.ignore_index
    if value is not None and not isinstance(value, str) and _holds(true, value):
        more["ignored"] = value
    for name, dtype in (("true_limit", true), ("pred_limit", pred)):
        more[name] = exact_limit(dtype) if dtype.kind == "f" or dtype == BFLOAT16 else None
    return Form(kind, options, width, hard=hard, **more)


def _holds(dtype: np.dtype[Any], value: Any) -> bool:
    """Tell whether this dtype can hold the value: 156 of uint8 must not be taken for -100."""
    if dtype.kind == "b":
        return value in (0, 1)
    if dtype.kind not in "iu":
        with np.errstate(over="ignore"):
            return bool(widened(rounded(np.array([float(value)]), dtype))[0] == value)
    return bool(np.iinfo(dtype).min <= value <= np.iinfo(dtype).max)


def _values(options: Options, width: int) -> Array | None:
    """(C,) the numbers that name the classes; None where each is its own place, and known."""
    names: Any = options.names
    if names is not None and isinstance(names[0], str):
        # Numbers are places in classes= as it was given.
        names = None if options.pos_label is None else (1, 0)
    if names is None or tuple(names) == tuple(range(width)):
        return np.arange(width) if options.counts_unknown else None
    return np.array(names, np.int64)


def read_form(
    options: Options,
    true: tuple[np.dtype[Any], tuple[int, ...]],
    pred: tuple[np.dtype[Any], tuple[int, ...]],
    width: int | None,
    **more: Any,
) -> Form:
    """The form of arrays of these dtypes and shapes, which `check` refuses as it does on the CPU.

    Raises
    ------
    F1Error
        If the two do not fit together, or not the options.
    """
    if options.counts_unknown and is_floating(pred[0]):  # whose values would have to be looked at
        raise IdleOption(
            "unknown='miss' is for predicted labels, and y_pred holds floating numbers: leave it "
            "out, or pass integers"
        )
    batch = check(_like(*true, 0), _like(*pred, 1), options, None, width)
    keeps = more.pop("matrix", None)
    if batch.kind != "multilabel":
        keeps = options.keeps_confusion(batch.n_classes) if keeps is None else keeps
        more["matrix"] = keeps
    return form_of(
        batch.options, batch.kind, batch.n_classes, true[0], pred[0], onehot=batch.onehot, **more
    )  # fmt: skip


def _like(dtype: np.dtype[Any], shape: tuple[int, ...], score: int) -> Array:
    """An array that stands for one on a device; no score in it may be taken for a label."""
    one = np.zeros((), dtype)
    if score and dtype.kind == "f":
        one = np.asarray(0.25, dtype)
    return np.broadcast_to(one, shape)
