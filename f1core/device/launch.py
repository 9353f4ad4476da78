"""Launch: how a Triton kernel of a form is launched, once a batch."""

from __future__ import annotations

import os
from typing import Any

import torch
import triton
from torch import Tensor

from .decide import Constants, class_ids
from .form import Form
from .torch_operations import OPERATIONS
from .triton_labels import label_counts
from .triton_rows import argmax_counts, binary_counts

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"  # Triton's own way to run without a GPU

_BINS = 1024  # cells that fit in a program's own histogram
_COLUMNS = 1024  # columns that are read at once
_TILE = 8192  # elements of a block of rows
_PROGRAMS = 1056  # eight for each of the 132 multiprocessors of an H100
_UNKNOWN, _SKIPPED = -1, -2
_NO_FUSION = {"enable_fp_fusion": False}  # ratios of rows have the bits of the CPU


def fits(form: Form, device: torch.device) -> bool:
    """Whether these kernels count such batches there."""
    here = device.type == "cuda" or (INTERPRETED and device.type == "cpu")
    whole = form.kind == "multiclass" and form.pred_limit is None  # which float32 would round
    return here and form.options.top_k == 1 and not form.misses and not whole


class Launch:
    """Launches the kernel of a form with what stays the same from batch to batch.

    What does is made once: the host's time is all there is to most updates.
    """

    def __init__(self, form: Form, constants: Constants, device: torch.device) -> None:
        self._form, self._constants, self._device = form, constants, device
        self._ignored = 0 if form.ignored is None else form.ignored
        if form.labels is not None and not form.onehot:
            self._ignored = _SKIPPED
        self._how: dict[str, Any] = {"IGNORES": form.ignored is not None, **_NO_FUSION}
        self._columns = min(_COLUMNS, triton.next_power_of_2(form.width))
        if form.kind in ("binary", "multilabel"):
            none = torch.zeros(1, device=device)
            cut = none if constants.cut is None else constants.cut
            cut = cut if cut.dtype == torch.float64 else cut.to(torch.float32)
            limits = torch.tensor(form.limits or (0.0, 1.0), dtype=cut.dtype, device=device)
            self._more: tuple[Any, ...] = (self._ignored, cut, limits)
            self._how["LIMITS"] = form.limits is not None
        if form.kind == "binary":
            self._run, self._block = self._binary, 1024
            self._how["MATRIX"] = form.matrix
        elif form.kind == "multilabel":
            chosen = none if constants.averaged is None else constants.averaged.to(torch.int8)
            coefs = torch.tensor(form.options.coefs, dtype=torch.float64, device=device)
            self._more += (chosen, coefs)
            self._run, self._block = self._labels, max(1, min(128, _TILE // 2 // self._columns))
            self._how |= {
                "n_labels": form.width, "COLUMNS": self._columns, "HARD": form.hard,
                "CUTS": not form.hard and len(cut) > 1, "CHOSEN": constants.averaged is not None,
            }  # fmt: skip
        else:
            self._run, self._block = self._argmax, max(1, min(512, _TILE // self._columns))
            if form.kind == "labels" and not form.onehot:
                self._block = 512
            self._bins = self._own_bins()
            self._how |= self._argmax_constants()
        self._how["BLOCK"] = self._block

    def _own_bins(self) -> int:
        """Bins of a program's own histogram; 0 where each row is an addition of its own."""
        width = self._form.width
        cells = width * width if self._form.matrix else 3 * width
        # Fewer rows than a program has threads (256 on ROCm) would be held by several of them.
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
                pred = self._encoded(pred, form.pred_limit)
        index = self._device.index
        if index is None or index == torch.cuda.current_device():
            self._run(counts, notes, true, pred, number)
            return
        with torch.cuda.device(index):
            self._run(counts, notes, true, pred, number)

    def _encoded(self, labels: Any, limit: int | None) -> Tensor:
        """Labels as class ids; where classes are named by other numbers."""
        ids, good = class_ids(self._form, OPERATIONS, labels, self._constants, limit)
        return torch.where(good, ids, _UNKNOWN)

    def _blocks(self, n: int) -> int:
        return -(-n // self._block)

    def _binary(self, counts: Any, notes: Any, true: Any, pred: Any, number: int) -> None:
        n = len(pred)
        binary_counts[(min(_PROGRAMS, self._blocks(n)),)](
            counts, notes, true, pred, n, number, true.stride(0), pred.stride(0), *self._more,
            **self._how,
        )  # fmt: skip

    def _argmax(self, counts: Any, notes: Any, true: Any, pred: Any, number: int) -> None:
        blocks = self._blocks(len(pred))
        argmax_counts[(min(_PROGRAMS, blocks) if self._bins else blocks,)](
            counts, notes, true, pred, len(pred), number, true.stride(0), true.stride(-1),
            pred.stride(0), pred.stride(-1), self._ignored, WIDE=pred.dtype == torch.float64,
            **self._how,
        )  # fmt: skip

    def _labels(self, counts: Any, notes: Any, true: Any, pred: Any, number: int) -> None:
        n, how = len(pred), self._how
        programs, several = min(_PROGRAMS, self._blocks(n)), -(-self._form.width // self._columns)
        given = (
            counts, notes, true, pred, n, number, true.stride(0), true.stride(1), pred.stride(0),
            pred.stride(1), *self._more,
        )  # fmt: skip
        if several == 1:
            label_counts[(programs, 1)](*given, BY_LABEL=True, BY_ROW=True, **how)
            return
        label_counts[(programs, several)](*given, BY_LABEL=True, BY_ROW=False, **how)
        label_counts[(programs, 1)](*given, BY_LABEL=False, BY_ROW=True, **how)
