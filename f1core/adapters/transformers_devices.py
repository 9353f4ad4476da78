"""DeviceBatches: logits of a Trainer's batches, counted on their device until the last one."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from ..accumulator import Accumulator
from ..device.torch_reader import TorchReader
from ..device.torch_rows import HostQueue
from ..device.torch_total import TorchTotal

_NAMES = "label_ids", "predictions"


class DeviceBatches:
    """Adds batches up on their device; `settle` brings the counts to an accumulator.

    `logits` are cut at a threshold; `turned` says that they are of the negative class.
    """

    def __init__(self, own: Accumulator, logits: bool, turned: bool) -> None:
        self._own, self._logits, self._turned = own, logits, turned
        self._there = TorchTotal(names=_NAMES, hint="")
        self._reader = TorchReader(own.options, settled=lambda: own.width, begin=self._there.begin)
        self._sent = HostQueue(own.options, self._count)

    def add(self, pred: Tensor, true: Any) -> None:
        """Add (n,) or (n, C) predictions of a device, one row an item."""
        pred = pred.detach()
        options = self._own.options
        if options.task == "binary":
            pred = _positive(pred, self._logits)
        if self._logits and not pred.is_floating_point() and options.threshold == 0.5:
            side = torch.where(pred == 0, -math.inf, math.nan)  # NaN for what is neither
            pred = torch.where(pred == 1, math.inf, side)
        if self._turned:
            pred = -pred if self._logits else 1 - pred
        found = self._reader.read(pred, true)
        if found is None:
            self._sent.put(pred, target=true)
        else:
            self._there.add(*found)

    def _count(self, preds: Any, target: Any) -> None:
        self._own.update(target, preds)

    def settle(self) -> None:
        """Move all counts to the accumulator.

        Raises
        ------
        F1Error
            If rows were refused.
        """
        self._sent.flush()
        self._there.move_to(self._own)

    def reset(self) -> None:
        """Forget all counts."""
        self._sent.reset()
        self._there.reset()


def _positive(pred: Tensor, logits: bool) -> Tensor:
    """(n,) scores of the positive class out of (n, 2), by the rule of `hooks.positive`."""
    if pred.dtype == torch.bfloat16:
        pred = pred.float()
    if pred.dtype == torch.bool:  # which torch does not subtract
        pred = pred.to(torch.uint8)
    if pred.ndim != 2 or pred.shape[1] != 2:
        return pred
    if not logits:
        return pred[:, 1]
    if pred.dtype == torch.float16:  # whose differences would round
        pred = pred.float()
    return pred[:, 1] - pred[:, 0]
