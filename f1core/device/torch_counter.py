"""TorchCounter: counts batches of one form where their tensors lie, and never asks the device.

What cannot be counted is left out and noted: how many rows, and which was the first. Who reads the
counts raises it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..arrays import BFLOAT16
from .decide import Constants, count
from .form import Form
from .notes import BATCH_BITS, FIRST, MOST_BATCHES, ROW_BITS
from .torch_operations import OPERATIONS

try:
    from . import launch
except ModuleNotFoundError as error:  # triton comes with torch on Linux alone
    if error.name != "triton":
        raise
    launch = None  # type: ignore[assignment]

DTYPES: dict[Any, np.dtype[Any]] = {
    torch.float16: np.dtype(np.float16), torch.bfloat16: BFLOAT16,
    torch.float32: np.dtype(np.float32), torch.float64: np.dtype(np.float64),
    torch.bool: np.dtype(bool), torch.uint8: np.dtype(np.uint8), torch.int8: np.dtype(np.int8),
    torch.int16: np.dtype(np.int16), torch.int32: np.dtype(np.int32),
    torch.int64: np.dtype(np.int64),
}  # fmt: skip


class Batch(NamedTuple):
    """Tensors whose form was read: one row an item."""

    true: Tensor
    pred: Tensor


class TorchCounter:
    """Counts batches of one form on one device.

    With scores on a GPU it launches one Triton kernel a batch, elsewhere torch's own operations.
    """

    def __init__(self, form: Form, device: torch.device) -> None:
        self.form = form
        self._constants = Constants.of(form, OPERATIONS, torch.empty(0, device=device))
        self._launch = None
        if launch is not None and launch.fits(form, device):
            self._launch = launch.Launch(form, self._constants, device)

    def add(self, counts: Tensor, notes: Tensor, batch: Batch, number: int) -> None:
        """Add a batch, the how manieth it is, onto the (form.length,) counts and (4,) notes."""
        compiling = torch.compiler.is_compiling()
        number = min(number, MOST_BATCHES)
        if self._launch is not None and not compiling:
            self._launch(counts, notes, batch.true, batch.pred, number)
            return
        found = count(self.form, OPERATIONS, batch.true, batch.pred, self._constants)
        counts.add_(found.counts)
        true, pred = found.wrong_true, found.wrong_pred & ~found.wrong_true
        rows = torch.arange(len(true), device=true.device)
        key = FIRST - ((rows << ROW_BITS) + (~true).to(torch.int64))
        key = key - ((notes[3] + 1 if compiling else number) << BATCH_BITS)
        first = torch.where(true | pred, key, 0).amax(dim=0)
        none = torch.zeros_like(first)
        # A compiled step counts its batches here: a number of Python would be a constant of it.
        notes.add_(torch.stack([true.sum(), pred.sum(), none, none + int(compiling)]))
        notes[2:3].copy_(torch.maximum(notes[2:3], first))


def zeros(length: int, device: Any) -> Tensor:
    """Counts of no rows, or notes of none; added onto in and out of inference mode."""
    if torch.is_inference_mode_enabled():  # whose tensors nothing is added to after its end
        with torch.inference_mode(False):
            return torch.zeros(length, dtype=torch.int64, device=device)
    return torch.zeros(length, dtype=torch.int64, device=device)


def added_notes(parts: Tensor) -> Tensor:
    """(k, 4) notes of several processes or devices as those of all: the first is the largest."""
    total = parts.sum(dim=0)
    return torch.cat([total[:2], parts[:, 2].amax(dim=0, keepdim=True), total[3:]])
