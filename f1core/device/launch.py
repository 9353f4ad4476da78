"""Launch: how a Triton kernel of a form is launched, once a batch."""

from __future__ import annotations

import os
from typing import Any

import torch
import triton
from torch import Tensor

from ..count_layout import COEFS, RATIOS
from .decide import Constants, class_ids
from .form import Form
from .torch_operations import OPERATIONS
from .triton_labels import ROW_LIMIT, label_counts
from .triton_rows import argmax_counts, binary_counts

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"  # Triton's own way to run without a GPU

# Measured on an H200; of ROCm, whose programs have twice the threads, nothing is known.
_BINS = 1024  # cells that fit in a program's own histogram
_COLUMNS = 1024  # columns that are read at once
_TILE = 2048  # elements of a block of rows
_PROGRAMS = 1056  # eight for each of the 132 multiprocessors of an H100
_MOST_BLOCKS = 1 << 15  # of one program
_WARPS = 8 if torch.version.hip is None else 4  # 256 threads
_UNKNOWN, _SKIPPED = -1, -2
_INT32 = 1 << 31
_NO_FUSION = {"enable_fp_fusion": False}  # ratios of rows have the bits of the CPU
# Before, compiled kernels were called without their constants.
_CALLS_COMPILED = tuple(int(part) for part in triton.__version__.split(".")[:2]) >= (3, 6)


def fits(form: Form, device: torch.device) -> bool:
    """Return whether these kernels count such batches there."""
    if not (device.type == "cuda" or (INTERPRETED and device.type == "cpu")):
        return False
    if form.misses or form.options.top_k > 1 or form.options.ranks:
        return False
    if form.kind == "multilabel" and form.width >= ROW_LIMIT:
        return False
    if form.onehot and form.options.counts_unknown:  # whose rows are shorter than the counts'
        return False
    # Whole numbers float32 would round, and no kernel divides by thresholds.
    return form.kind != "multiclass" or (form.pred_limit is not None and form.cut is None)


class _Kernel:
    """A Triton kernel and its constants.

    Triton asks each argument for its type, and what it is divisible by; that is half of the host's
    time of a launch. Where that was asked before, the compiled kernel is called right away.
    """

    def __init__(self, kernel: Any, constants: dict[str, Any], warps: int) -> None:
        self._kernel, self._constants, self._warps = kernel, constants, warps
        self._in_order = tuple(constants[n] for n in kernel.arg_names if n in constants)
        self._compiled: dict[tuple[Any, ...], Any] = {}

    def __call__(
        self, programs: int, several: int, counts: Tensor, notes: Tensor, true: Tensor,
        pred: Tensor, *more: Any,
    ) -> None:  # fmt: skip
        grid = programs, several, 1
        form = (
            true.stride(), pred.stride(), true.dtype, pred.dtype, true.data_ptr() & 15,
            pred.data_ptr() & 15, counts.data_ptr() & 15, notes.data_ptr() & 15,
            pred.shape[0] < _INT32,
        )  # fmt: skip
        compiled = self._compiled.get(form)
        if compiled is not None:
            compiled[grid](counts, notes, true, pred, *more, *self._in_order)
            return
        compiled = self._kernel[grid](
            counts, notes, true, pred, *more, **self._constants, num_warps=self._warps, **_NO_FUSION
        )
        if compiled is not None and _CALLS_COMPILED:  # the interpreter compiles nothing
            self._compiled[form] = compiled


class Launch:
    """Launches the kernel of a form with what stays the same from batch to batch.

    What does is made once: the host's time is all there is to most updates.
    """

    def __init__(self, form: Form, constants: Constants, device: torch.device) -> None:
        self._form, self._constants, self._device = form, constants, device
        self._ignored = 0 if form.ignored is None else form.ignored
        if form.labels is not None and not form.onehot:
            self._ignored = _SKIPPED
        how: dict[str, Any] = {"IGNORES": form.ignored is not None}
        self._columns = min(_COLUMNS, triton.next_power_of_2(form.width))
        if form.kind in ("binary", "multilabel"):
            none = torch.zeros(1, device=device)
            cut = none if constants.cut is None else constants.cut
            cut = cut if cut.dtype == torch.float64 else cut.to(torch.float32)
            limits = torch.tensor(form.limits or (0.0, 1.0), dtype=cut.dtype, device=device)
            self._more: tuple[Any, ...] = (self._ignored, cut, limits)
            how["LIMITS"] = form.limits is not None
        if form.kind == "binary":
            self._run, self._block = self._binary, 1024
            how |= {"MATRIX": form.matrix, "BLOCK": self._block}
            self._kernels: tuple[_Kernel, ...] = (_Kernel(binary_counts, how, 4),)
        elif form.kind == "multilabel":
            chosen = none if constants.averaged is None else constants.averaged.to(torch.int8)
            each = {**COEFS, "fbeta": form.options.coefs}
            coefs = torch.tensor([each[name] for name in RATIOS], dtype=torch.float64)
            self._more += (chosen, coefs.to(device))
            self._run, self._block = self._labels, max(1, min(128, _TILE // self._columns))
            how |= {
                "n_labels": form.width, "COLUMNS": self._columns, "HARD": form.hard,
                "CUTS": not form.hard and len(cut) > 1, "CHOSEN": constants.averaged is not None,
                "BLOCK": self._block,
            }  # fmt: skip
            several = form.width > self._columns
            passes = [(True, False), (False, True)] if several else [(True, True)]
            self._kernels = tuple(
                _Kernel(label_counts, how | {"BY_LABEL": label, "BY_ROW": row}, _WARPS)
                for label, row in passes
            )
        else:
            self._run, self._block = self._argmax, max(1, _TILE // self._columns)
            if form.kind == "labels" and not form.onehot:
                self._block = 512
            elif self._columns <= 16:
                self._block = 256  # a row a thread, for their own histogram
            self._bins = self._own_bins()
            how |= self._argmax_constants() | {"BLOCK": self._block}
            warps = 2 if self._columns >= 512 else _WARPS
            self._kernels = tuple(
                _Kernel(argmax_counts, how | {"WIDE": wide}, warps) for wide in (False, True)
            )

    def _own_bins(self) -> int:
        """Bins of a program's own histogram; 0 where each row is an addition of its own."""
        width = self._form.width
        cells = width * width if self._form.matrix else 3 * width
        # Fewer rows than a program has threads would be held by several of them.
        fits = cells < _BINS and cells <= 2 * self._block and self._block >= 256
        return max(128, triton.next_power_of_2(cells + 1)) if fits else 0

    def _argmax_constants(self) -> dict[str, Any]:
        form, place = self._form, self._form.ignored_class
        encoded = form.labels is not None
        limit = None if encoded and not form.onehot else form.true_limit
        return {
            "n_classes": form.width, "COLUMNS": self._columns, "BINS": self._bins,
            "MATRIX": form.matrix, "ONEHOT": form.onehot, "PLACE": -1 if place is None else place,
            "LIMIT": limit or 0, "LABELS": form.kind == "labels",
            "PRED_LIMIT": 0 if encoded else form.pred_limit or 0,
        }  # fmt: skip

    def __call__(
        self, counts: Tensor, notes: Tensor, true: Tensor, pred: Tensor,
        number: int,
    ) -> None:  # fmt: skip
        """Add a batch onto counts and notes."""
        true, pred = true.resolve_neg(), pred.resolve_neg()  # of which kernels read the memory
        if self._constants.labels is not None:
            form = self._form
            if not form.onehot:
                ignored = form.ignored
                ids = self._encoded(true, form.true_limit)
                true = ids if ignored is None else torch.where(true == ignored, _SKIPPED, ids)
            if form.kind == "labels":
                unknown = form.classes if form.options.counts_unknown else _UNKNOWN
                pred = self._encoded(pred, form.pred_limit, unknown)
        index = self._device.index
        if index is None or index == torch.cuda.current_device():
            self._run(counts, notes, true, pred, number)
            return
        with torch.cuda.device(index):
            self._run(counts, notes, true, pred, number)

    def _encoded(self, labels: Any, limit: int | None, unknown: int = _UNKNOWN) -> Tensor:
        """Labels as class ids; where classes are named by other numbers, or may be unknown."""
        ids, good = class_ids(self._form, OPERATIONS, labels, self._constants, limit)
        return torch.where(good, ids, unknown)

    def _programs(self, n: int) -> int:
        """Choose how many programs count n rows: `_PROGRAMS`, or more for very many blocks."""
        blocks = -(-n // self._block)
        return max(min(_PROGRAMS, blocks), blocks // _MOST_BLOCKS)

    def _binary(self, counts: Any, notes: Any, true: Any, pred: Any, number: int) -> None:
        n = pred.shape[0]
        self._kernels[0](
            self._programs(n), 1, counts, notes, true, pred, n, number, true.stride(0),
            pred.stride(0), *self._more,
        )  # fmt: skip

    def _argmax(self, counts: Any, notes: Any, true: Any, pred: Any, number: int) -> None:
        n = pred.shape[0]
        self._kernels[pred.dtype == torch.float64](
            self._programs(n) if self._bins else -(-n // self._block), 1, counts, notes, true,
            pred, n, number, true.stride(0), true.stride(-1), pred.stride(0), pred.stride(-1),
            self._ignored,
        )  # fmt: skip

    def _labels(self, counts: Any, notes: Any, true: Any, pred: Any, number: int) -> None:
        n = pred.shape[0]
        programs, blocks_of_labels = self._programs(n), -(-self._form.width // self._columns)
        # A launch has room of its own: another may run beside it, in another stream.
        room = torch.empty(programs * self._block, dtype=torch.int64, device=pred.device)
        for kernel, several in zip(self._kernels, (blocks_of_labels, 1), strict=False):
            kernel(
                programs, several, counts, notes, true, pred, n, number, true.stride(0),
                true.stride(1), pred.stride(0), pred.stride(1), *self._more, room,
            )  # fmt: skip
