"""Batch: checked input as data, and its rows in the native dtypes that backends read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import numpy as np

from .arrays import widened
from .counts import Array
from .errors import F1Error
from .float_bits import (
    FORMATS,
    Format,
    is_readable,
    quotients,
    read_only,
    readable,
    score_dtype,
    threshold_bits,
)
from .label_rows import LabelRows
from .labels import NATIVE_IDS, NO_ID, SKIPPED, LabelEncoder, from_onehot, native_ids
from .locks import cached_property
from .options import Options

# As what dtype kernels read ids, flags and one-hot rows without a cast.
_BYTES = {np.dtype(kind): np.dtype(np.uint8) for kind in (np.bool_, np.int8)}
ID_VIEWS = {dtype: dtype for dtype in NATIVE_IDS} | _BYTES
# Flags are 0 or 1, or the bits of 0.0 or 1.0. Of whole-numbered scores, what is negative lies above
# 1 without its sign.
WHOLE_VIEWS = {dtype: np.dtype(f"u{dtype.itemsize}") for dtype in ID_VIEWS}
FLAG_VIEWS = WHOLE_VIEWS | {np.dtype(f"f{size}"): np.dtype(f"u{size}") for size in (4, 8)}
SCORE_VIEWS = {dtype: form.word for dtype, form in FORMATS.items()}


@dataclass
class Batch:
    """One checked pair of arrays; `kind` says how the prediction is read.

    `n_classes` counts one more where predictions may be unknown, which are the last class.
    kind "labels": (n,) predicted labels; "multiclass": (n, C) scores, argmax; "binary": (n,)
    scores, threshold; "multilabel": (n, L) scores, threshold, or 0/1 flags.

    Each side of a multilabel task may be `LabelRows`, which stand for the array.
    """

    kind: str
    options: Options
    true: Array
    pred: Array
    n_classes: int
    weight: Array | None = None
    encoder: LabelEncoder | None = None  # of true labels, and of predicted ones if kind is labels
    coded: bool = False  # labels are ids already, SKIPPED where the truth is `ignore_index`
    labels: Array | None = None  # (C,) label values where the data named the classes
    onehot: bool = False  # true is (n, C), a single 1 in each row
    format: Format | None = None  # of scores; None for labels, flags and whole-numbered scores
    # Those before the classes were taken from the first rows, where they were.
    initial_options: Options | None = None
    negative: Any = None  # of two labels that the data named, where that one occurs
    weights_unchecked: bool = False  # whether the weights' values are still to be looked at

    def __len__(self) -> int:
        return len(self.pred)

    @property
    def hard(self) -> bool:
        """Whether labels or flags are predicted, which no threshold cuts."""
        return self.format is None and self.kind != "multiclass"

    @property
    def width(self) -> int:
        """The most columns that truth or prediction has."""
        return max(a.shape[1] if a.ndim == 2 else 1 for a in (self.true, self.pred))

    @property
    def held(self) -> bool:
        """Whether held cells alone are counted: both sides have few, and the others are 0."""
        both = isinstance(self.true, LabelRows) and isinstance(self.pred, LabelRows)
        return both and self.options.ignore_index is None and not self.options.below_all

    @property
    def numbers_a_row(self) -> int:
        """About how many numbers of a row are read."""
        if not self.held:
            return self.width
        true, pred = cast(Any, self.true), cast(Any, self.pred)
        return max(1, (len(true.labels) + len(pred.labels)) // max(1, len(self)))

    @property
    def bytes(self) -> int:
        """How many bytes are read."""
        return self.true.nbytes + self.pred.nbytes

    @property
    def score_dtype(self) -> np.dtype[Any]:
        """The native dtype in which the scores are compared."""
        return score_dtype(self.pred.dtype)

    @property
    def ignored_id(self) -> int | None:
        """Id that a target of `ignore_index`, and no other, has; None if none has it."""
        value = self.options.ignore_index
        if value is None or self.onehot:
            return None
        if self.encoder is not None or self.coded:
            return SKIPPED
        wraps = self.true.dtype.kind == "u" and self.true.itemsize == 8
        return None if isinstance(value, str) or wraps or value == NO_ID else int(value)

    def true_ids(self, rows: slice) -> Array:
        """(n,) class ids, or (n, L) flags; a value that is no class becomes -1 or stays wrong."""
        block = self.true[rows]
        if self.onehot:
            return from_onehot(block)
        if self.encoder is None:
            return native_ids(block)
        ids, ignored = self.encoder(block), self.ignored(rows)
        return ids if ignored is None else np.where(ignored, np.int32(SKIPPED), ids)

    def pred_ids(self, rows: slice) -> Array:
        """(n,) predicted class ids, or (n, L) flags; what may be unknown has the last id then."""
        block = self.pred[rows]
        if self.encoder is None:
            return native_ids(block)
        ids, unknown = self.encoder(block), np.int32(self.n_classes - 1)
        return np.where(ids < 0, unknown, ids) if self.options.counts_unknown else ids

    def score_bits(self, rows: slice) -> Array:
        """Scores as unsigned bits: float order on non-negative numbers is integer order.

        Where classes have thresholds, the bits of the scores over them.
        """
        if self.divisors is None:
            return self.as_bits(self.pred[rows])
        found = quotients(self.pred[rows], self.divisors, self.options.from_logits)
        return read_only(found, np.dtype(np.uint64))

    @cached_property
    def divisors(self) -> Array | None:
        """(C,) thresholds of the classes of a multiclass task."""
        given = self.options.divisors
        return None if given is None else np.array(given, np.float64)

    def as_bits(self, block: Array) -> Array:
        """View scores, or flags, as unsigned bits."""
        if self.format is None:
            block = block if block.dtype in WHOLE_VIEWS else native_ids(block)
            return read_only(readable(block), WHOLE_VIEWS[block.dtype])
        if not (is_readable(block) and block.dtype in FORMATS):
            with np.errstate(over="ignore", invalid="ignore"):  # of what only longdouble holds
                block = np.array(block, dtype=score_dtype(block.dtype), order="C")
        return read_only(block, self.format.word)

    def flag_bits(self, rows: slice) -> Array:
        """Targets as the kernels of thresholds read them: by their bits, without a sign."""
        if self.encoder is not None:
            return self.true_ids(rows).view(np.uint32)
        return self.as_flags(self.true[rows])

    def as_flags(self, block: Array) -> Array:
        """View a block of targets, or of their transpose, as bits."""
        if block.dtype not in FLAG_VIEWS:
            block = native_ids(block)
        return read_only(readable(block), FLAG_VIEWS[block.dtype])

    @cached_property
    def one(self) -> int:
        """The bits of a target that is true."""
        floats = self.encoder is None and self.true.dtype.kind == "f"
        return int(FORMATS[self.true.dtype].one) if floats and self.true.dtype in FLAG_VIEWS else 1

    def weights(self, rows: slice, checked_by_kernel: bool = False) -> Array | None:
        """(n,) float64 weights, if there are any; one that is no weight is refused."""
        if self.weight is None:
            return None
        block = readable(np.asarray(self.weight[rows], dtype=np.float64))
        if self.weights_unchecked and not checked_by_kernel and not are_weights(block):
            _refuse_weights(self.weight[rows], rows.start or 0)
        return read_only(block)

    def refuse_infinite(self, weights: Any) -> None:
        """Complain if the sum of weights that count has left float64."""
        if not self.weights_unchecked:
            return
        with np.errstate(over="ignore", invalid="ignore"):
            total = np.sum(weights)
        if not np.isfinite(total):
            raise F1Error(
                "sample_weight has a sum beyond float64; divide all weights by one number"
            )

    def ignored(self, rows: slice, true: Array | None = None) -> Array | None:
        """Find the targets that are `ignore_index`, a boolean each; `true` are known ids."""
        value = self.options.ignore_index
        if value is None:
            return None
        if self.onehot:
            place = self.options.place(value, self.options.known(self.n_classes))
            if place is None:  # rows of padding, as long as the others
                with np.errstate(over="ignore"):  # a value that float16 does not hold
                    return np.asarray((widened(self.true[rows]) == value).all(axis=1))
            ids = self.true_ids(rows) if true is None else true
            return np.asarray(ids == place)
        with np.errstate(over="ignore"):
            return np.asarray(widened(self.true[rows]) == (SKIPPED if self.coded else value))

    def cut(self) -> tuple[Array, int, int]:
        """Return (threshold bits, lowest, highest): scores lie from minus `lowest` to `highest`.

        All as bits of the scores' dtype; of flags, also those of the k best labels, which are cut
        at 0, 1 is the highest. The thresholds are rounded to that dtype, so that float32 0.1 is not
        above 0.1.
        """
        options, form = self.options, self.format
        if options.ranks:
            return np.zeros(self.n_classes, np.uint8), 0, 1
        if form is None:
            return np.zeros(self.n_classes, self.score_bits(slice(0, 0)).dtype), 0, 1
        width = self.n_classes if self.kind == "multilabel" else 1
        bits = threshold_bits(options.threshold, width, self.score_dtype, options.from_logits)
        if options.from_logits:
            return bits, int(form.inf), int(form.inf)
        return bits, int(form.below), int(form.highest)

    def ignored_bits(self, true: Array) -> tuple[bool, int]:
        """Tell whether targets of this dtype can be `ignore_index`, and that value, or its bits."""
        value = self.options.ignore_index
        if value is None or (isinstance(value, str) and self.encoder is None):
            return False, 0
        if self.one != 1 and true.dtype.kind == "u":
            return True, int(np.asarray(value, self.true.dtype).view(f"i{true.itemsize}"))
        if self.encoder is not None:
            value = SKIPPED
        signed = self.encoder is not None or self.true.dtype.kind != "u"
        info = np.iinfo(f"i{true.itemsize}" if signed else true.dtype)
        return (True, int(value)) if info.min <= value <= info.max else (False, 0)

    @cached_property
    def averaged_columns(self) -> Array | None:
        """The labels that the samples averages look at, where `average_over` lists them."""
        entries = self.options.average_over
        if self.kind != "multilabel" or not isinstance(entries, tuple):
            return None
        return np.array(self.options.places(entries, self.n_classes))

    @cached_property
    def averaged_masks(self) -> Array:
        """`averaged_columns` as masks: label j is bit j % 16 of entry j // 16; empty without."""
        if self.averaged_columns is None:
            return np.zeros(0, np.uint16)
        masks = np.zeros(-(-self.n_classes // 16), np.uint16)
        for place in self.averaged_columns.tolist():
            masks[place // 16] |= np.uint16(1 << place % 16)
        return masks


@dataclass
class KernelPlan:
    """Plan by which a backend counts a batch: its kernel, and the arrays that it reads.

    `kernel(true_of(rows), pred_of(rows), rows, counts)` adds a block of rows to the counts and
    returns how many rows, or whether some, cannot be counted; the counts then hold anything.
    """

    batch: Batch
    backend: Any
    keeps_matrix: bool  # whether the (C, C) matrix is counted, or sums alone
    true_view: Any  # the dtypes as which the arrays are read where they need no cast, or None
    pred_view: Any
    zero_copy: bool  # whether both arrays are read as they lie
    true_of: Callable[[slice], Array]
    pred_of: Callable[[slice], Array]
    kernel: Any = None
    single_kernel: bool = False  # whether nothing of the rows' size is made between two kernels


def is_column_major(array: Array) -> bool:
    """Return whether a matrix lies column by column, as Fortran has it."""
    if array.ndim != 2 or isinstance(array, LabelRows):
        return False
    return bool(not array.flags.c_contiguous and array.flags.f_contiguous)


def are_weights(block: Array) -> bool:
    """Return whether (n,) float64 numbers are finite and not below 0."""
    bits = block.view(np.uint64)
    if bits.max(initial=0) < FORMATS[np.dtype(np.float64)].inf:  # 0.3 ns each, as floats 1.1
        return True
    return bool(np.isfinite(block).all() and (block >= 0).all())


def _refuse_weights(block: Array, start: int) -> NoReturn:
    wrong = int(np.flatnonzero(~(np.isfinite(block) & (block >= 0)))[0])
    raise F1Error(
        f"sample_weight is {block[wrong]} at row {start + wrong}; weights are finite, not below 0"
    )
