"""TorchCounter: counts batches of one form where their tensors lie, and never asks the device.

What cannot be counted is left out and noted: how many rows, and which was the first. Who reads the
counts raises it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..arrays import BFLOAT16, Array
from ..errors import F1Error
from .decide import Constants, count
from .form import Form
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

# Notes of what was refused: rows with a wrong target, rows with a wrong score, which was the first,
# as FIRST less its batch, row and reason, so that the largest is the first and 0 is none; and how
# many batches compiled steps have added, which count them here.
NOTES = 4
FIRST = 1 << 62
_ROW, _BATCH = 1, 36  # bits below those of the row, and of the batch
_MOST_BATCHES = (1 << 26) - 2  # later ones are noted as this one
HINT = ", reset() starts anew, and check='now' refuses a batch at once"


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
        number = min(number, _MOST_BATCHES)
        if self._launch is not None and not compiling:
            self._launch(counts, notes, batch.true, batch.pred, number)
            return
        found = count(self.form, OPERATIONS, batch.true, batch.pred, self._constants)
        counts.add_(found.counts)
        true, pred = found.wrong_true, found.wrong_pred & ~found.wrong_true
        rows = torch.arange(len(true), device=true.device)
        key = FIRST - ((rows << _ROW) + (~true).to(torch.int64))
        key = key - ((notes[3] + 1 if compiling else number) << _BATCH)
        first = torch.where(true | pred, key, 0).amax(dim=0)
        more = torch.stack([true.sum(), pred.sum(), torch.zeros_like(first), first * 0])
        if compiling:  # where a number of Python would be a constant, and another one another step
            more[3].add_(1)
        notes.add_(more)
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


def noted_number(notes: Array) -> int:
    """The number of the first batch of which rows were refused."""
    return (FIRST - int(notes[2])) >> _BATCH


def refuse_noted(
    notes: Array, form: Form, names: tuple[str, str] = ("target", "preds"), hint: str = HINT
) -> None:
    """Raise what was refused while it was counted, if anything was.

    Raises
    ------
    F1Error
        With the number of rows, and the first of them.
    """
    wrong = int(notes[0] + notes[1])
    if not wrong:
        return
    key, number = FIRST - int(notes[2]), noted_number(notes)
    row, reason = (key & ((1 << _BATCH) - 1)) >> _ROW, key & 1
    several = "1 row was" if wrong == 1 else f"{wrong:,} rows were"
    raise F1Error(
        f"{several} refused, the first in update {number}, {names[reason]} at row {row}: "
        f"{_why(form, bool(reason))}; nothing of {'it' if wrong == 1 else 'them'} was counted{hint}"
    )


def _why(form: Form, predicted: bool) -> str:
    """Say what cannot be counted, and what would do."""
    options, listed = form.options, f"0…{form.width - 1}"
    if form.labels is not None:
        listed = str(options.names if options.names is not None else form.labels.tolist())
    if predicted:
        if form.kind == "labels":
            return f"it is none of the classes {listed}"
        if form.hard:
            return "multilabel flags are 0 or 1"
        if form.limits is None:
            return "a score is NaN"
        return "a score is NaN or outside [0, 1] (if these are logits, say from_logits=True)"
    if form.kind == "multilabel":
        return "multilabel targets are 0 or 1"
    if form.onehot:
        return "it is not a one-hot row (a single 1, the rest 0)"
    if form.labels is None and options.task == "binary":
        return "binary targets are 0 or 1 (classes=[negative, positive] names others)"
    return f"it is none of the classes {listed} (ignore_index= leaves rows out)"
