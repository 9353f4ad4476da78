"""Batch: checked input, handed out in native, contiguous, read-only blocks of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from .arrays import widened
from .counts import Array
from .errors import F1Error
from .float_bits import FORMATS, Format, cut_words, read_only, score_dtype
from .labels import NATIVE_IDS, NO_ID, SKIPPED, LabelEncoder, from_onehot, native_ids
from .locks import cached_property
from .options import Options

_FEW = 16  # columns that are one load; two threads gain from 2 to 4 MB of them on
_AS_THEY_ARE = NATIVE_IDS | {np.dtype(np.bool_)}
_CUT = ("binary", "multilabel")  # kinds of batches that are compared with a threshold
_ONE_HOTS = _AS_THEY_ARE | {np.dtype(np.float32), np.dtype(np.float64)}


@dataclass
class Batch:
    """One checked pair of arrays; `kind` says how the prediction is read.

    kind "labels": (n,) predicted labels; "multiclass": (n, C) scores, argmax; "binary": (n,)
    scores, threshold; "multilabel": (n, L) scores, threshold, or 0/1 flags.
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
    again: Callable[[], Batch] | None = None  # the same, without a guess from the first rows
    negative: Any = None  # of two labels that the data named, where that one occurs
    doubted: bool = False  # whether the weights' values are still to be looked at

    def __len__(self) -> int:
        return len(self.pred)

    @property
    def hard(self) -> bool:
        """Whether labels or flags are predicted, which no threshold cuts."""
        return self.format is None and self.kind != "multiclass"

    @property
    def direct(self) -> bool:
        """Whether one kernel reads and counts the arrays as they lie."""
        if not self.as_they_lie or self.onehot:
            return False
        return self.kind in _CUT or (self.fused and self.pred.flags.c_contiguous)

    @property
    def as_they_lie(self) -> bool:
        """Whether kernels read both arrays without a cast or a copy."""
        trues = _ONE_HOTS if self.onehot or self.kind in _CUT else _AS_THEY_ARE
        preds = FORMATS if self.format is not None else _AS_THEY_ARE
        if self.encoder is not None or self.true.dtype not in trues or self.pred.dtype not in preds:
            return False
        true, pred = (a.flags.c_contiguous or _sideways(a) for a in (self.true, self.pred))
        return pred and (true if self.kind == "multilabel" else self.true.flags.c_contiguous)

    @property
    def fused(self) -> bool:
        """Whether one kernel may count all rows, and those of `ignore_index` be taken out then."""
        if self.weight is not None or self.options.top_k > 1:
            return False
        ignored = self.ignored_id
        if self.options.ignore_index is None or ignored is None:
            return self.options.ignore_index is None
        # Of a matrix their line goes; of sums, what they predicted cannot be told from the others.
        return not 0 <= ignored < self.n_classes or self.options.keeps_confusion(self.n_classes)

    @property
    def ignored_id(self) -> int | None:
        """What a target of `ignore_index`, and no other, is among the ids; None if none is that."""
        value = self.options.ignore_index
        if value is None or self.onehot:
            return None
        if self.encoder is not None or self.coded:
            return SKIPPED
        wraps = self.true.dtype.kind == "u" and self.true.itemsize == 8
        return None if isinstance(value, str) or wraps or value == NO_ID else int(value)

    @property
    def float_flags(self) -> bool:
        """Whether targets are 0.0 and 1.0, which the kernels of thresholds read as words."""
        cut = self.kind in _CUT and self.encoder is None
        return cut and self.true.dtype in (np.float32, np.float64)

    def flag_words(self, rows: slice) -> Array:
        """Targets for a kernel of thresholds: float ones as they lie, others as ids."""
        return self._as_flags(self.true[rows]) if self.float_flags else self.true_ids(rows)

    def _as_flags(self, block: Array) -> Array:
        if not self.float_flags:
            return native_ids(block)
        block = np.ascontiguousarray(block)
        return read_only(block, f"u{block.itemsize}")

    def flag_lines(self, rows: slice) -> tuple[Array, int]:
        """(n, L) targets and -1; or all of them as (L, N), and in which column the rows start."""
        if not _sideways(self.true):
            return self.flag_words(rows), -1
        return self._as_flags(self.true.T), rows.start

    @property
    def by_columns(self) -> bool:
        """Whether the scores lie column by column, in a dtype that the kernels read."""
        return _sideways(self.pred) and (self.format is None or self.pred.dtype in FORMATS)

    def lines(self, rows: slice) -> tuple[Array, int]:
        """The same of what is predicted, as words."""
        if self.by_columns:
            return self._as_words(self.pred.T), rows.start
        return self.words(rows), -1

    @property
    def width(self) -> int:
        """The most columns that truth or prediction has."""
        return max(a.shape[1] if a.ndim == 2 else 1 for a in (self.true, self.pred))

    @property
    def cells(self) -> int:
        """How many numbers are read, as a measure of the work."""
        return self.pred.size

    @property
    def bytes(self) -> int:
        """How many bytes are read."""
        return self.true.nbytes + self.pred.nbytes

    @property
    def work(self) -> int:
        """The same as a measure of the kernels' time: rows of a few scores take longer a byte."""
        few = self.kind == "multiclass" and self.width <= _FEW
        return 4 * self.bytes if few else self.bytes

    @property
    def score_dtype(self) -> np.dtype[Any]:
        """The native dtype in which the scores are compared."""
        return score_dtype(self.pred.dtype)

    @property
    def plain(self) -> bool:
        """Whether every row counts once, as the fused kernels assume."""
        return self.weight is None and self.options.ignore_index is None

    def true_ids(self, rows: slice) -> Array:
        """(n,) class ids, or (n, L) flags; a value that is no class becomes -1 or stays wrong."""
        block = self.true[rows]
        if self.onehot:
            return from_onehot(block)
        if self.encoder is None:
            return native_ids(block)
        ids, ignored = self.encoder(block), self.ignored(rows)
        return ids if ignored is None else np.where(ignored, np.int32(SKIPPED), ids)

    def onehot_lines(self, rows: slice) -> Array | None:
        """(n, C) one-hot targets for their kernel; None where there are none that it reads."""
        if not self.onehot or self.true.dtype not in _ONE_HOTS:
            return None
        block = np.ascontiguousarray(self.true[rows])
        return read_only(block, f"u{block.itemsize}" if block.dtype.kind in "bf" else None)

    def pred_ids(self, rows: slice) -> Array:
        """(n,) predicted class ids, or (n, L) flags."""
        block = self.pred[rows]
        return self.encoder(block) if self.encoder is not None else native_ids(block)

    def words(self, rows: slice) -> Array:
        """Scores as unsigned words: float order on non-negative numbers is integer order."""
        return self._as_words(self.pred[rows])

    def _as_words(self, block: Array) -> Array:
        if self.format is None:
            block = native_ids(block)
            return block.view(f"u{block.itemsize}")
        if not (block.flags.c_contiguous and block.dtype in FORMATS):
            with np.errstate(over="ignore", invalid="ignore"):  # of what only longdouble holds
                block = np.ascontiguousarray(block, dtype=score_dtype(block.dtype))
        return read_only(block, self.format.word)

    def weights(self, rows: slice, looked_at: bool = False) -> Array | None:
        """(n,) float64 weights, if there are any; `looked_at` if whoever asks checks them.

        Raises
        ------
        F1Error
            If one of them is no weight.
        """
        if self.weight is None:
            return None
        block = np.ascontiguousarray(self.weight[rows], dtype=np.float64)
        if self.doubted and not looked_at and not are_weights(block):
            _refuse_weights(self.weight[rows], rows.start or 0)
        return read_only(block)

    def refuse_infinite(self, weights: Any) -> None:
        """Complain if the sum of weights that count has left float64.

        Raises
        ------
        F1Error
            If it has.
        """
        if not self.doubted:
            return
        with np.errstate(over="ignore", invalid="ignore"):
            total = np.sum(weights)
        if not np.isfinite(total):
            raise F1Error(
                "sample_weight has a sum beyond float64; divide all weights by one number"
            )

    def ignored(self, rows: slice, true: Array | None = None) -> Array | None:
        """Where the truth is `ignore_index`, a boolean for each target; `true` are known ids."""
        value = self.options.ignore_index
        if value is None:
            return None
        if self.onehot:
            place = self.options.place(value, self.n_classes)
            if place is None:  # rows of padding, as long as the others
                return np.asarray((widened(self.true[rows]) == value).all(axis=1))
            ids = self.true_ids(rows) if true is None else true
            return np.asarray(ids == place)
        return np.asarray(widened(self.true[rows]) == (SKIPPED if self.coded else value))

    @cached_property
    def cut_words(self) -> Array:
        """(L,) thresholds rounded to the scores' dtype, so that float32 0.1 is not above 0.1."""
        width, options = self.n_classes if self.kind == "multilabel" else 1, self.options
        return cut_words(options.threshold, width, self.score_dtype, options.from_logits)

    def cut_form(self, rows: slice) -> tuple[Array, Array, int, int]:
        """Words and their cuts, and between which numbers scores lie: (words, cuts, below, limit).

        From minus `below` to `limit`, both as bits. Logits have the same on both sides.
        """
        words = self.words(rows)
        if self.format is None:  # flags are scores that are cut at 0, and 1 is the highest
            return words, np.zeros(self.n_classes, words.dtype), 0, 1
        if self.options.from_logits:
            return words, self.cut_words, int(self.format.inf), int(self.format.inf)
        return words, self.cut_words, int(self.format.below), int(self.format.highest)

    def skipped(self, true: Array) -> tuple[bool, int]:
        """Whether such targets can be `ignore_index`, and that value, or its bits."""
        value = self.options.ignore_index
        if value is None or (isinstance(value, str) and self.encoder is None):
            return False, 0
        if true.dtype.kind == "u" and self.float_flags:
            return True, int(np.asarray(value, self.true.dtype).view(f"i{true.itemsize}"))
        if self.encoder is not None:
            value = SKIPPED
        info = np.iinfo(true.dtype)
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
        """The same as masks: label j is bit j % 16 of entry j // 16; empty where it does not."""
        if self.averaged_columns is None:
            return np.zeros(0, np.uint16)
        masks = np.zeros(-(-self.n_classes // 16), np.uint16)
        for place in self.averaged_columns.tolist():
            masks[place // 16] |= np.uint16(1 << place % 16)
        return masks


def _sideways(array: Array) -> bool:
    """Whether a matrix lies column by column."""
    return array.ndim == 2 and not array.flags.c_contiguous and array.flags.f_contiguous


def are_weights(block: Array) -> bool:
    """Whether (n,) float64 numbers are finite and not below 0."""
    words = block.view(np.uint64)
    if words.max(initial=0) < FORMATS[np.dtype(np.float64)].inf:  # 0.3 ns each, as floats 1.1
        return True
    return bool(np.isfinite(block).all() and (block >= 0).all())


def _refuse_weights(block: Array, start: int) -> NoReturn:
    wrong = int(np.flatnonzero(~(np.isfinite(block) & (block >= 0)))[0])
    raise F1Error(
        f"sample_weight is {block[wrong]} at row {start + wrong}; weights are finite, not below 0"
    )
