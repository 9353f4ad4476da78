"""Batches on devices for metrics whose framework keeps the state: counted onto it, or waiting.

Counts are added onto a state where the scores lie. What a state elsewhere has yet to take in waits:
counts on another device, and rows with weights on their way to the host.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..arrays import Array
from ..device.form import Form, form_of
from ..device.notes import NOTES
from ..device.torch_reader import TorchReader, flat_rows
from ..device.torch_rows import HostQueue
from ..device.torch_total import TorchTotal, counted_now
from ..errors import F1Error, renamed
from .state_vector import Vectors


class Waiting:
    """Counts batches of a metric that lie on devices; `add` takes what the host has counted."""

    def __init__(self, vectors: Vectors, add: Callable[[Array], None], at_once: bool) -> None:
        self._vectors, self._add, self._at_once = vectors, add, at_once
        options = vectors.options
        self._there = TorchTotal(at_once)
        self._reader = TorchReader(options, matrix=False, begin=self._there.begin)
        self._sent = HostQueue(options, self._count, at_once)
        self._waits = False  # whether anything does
        self._number = 0
        self.form: Form = form_of(  # of the last batch, which says what was refused
            options, str(options.task), vectors.columns, np.dtype(np.int64), np.dtype(np.float32)
        )

    def update(
        self, preds: Tensor, target: Any, sample_weight: Any, counts: Tensor, notes: Tensor
    ) -> None:
        """Add a batch on a device, onto counts and notes if they are there too.

        Raises
        ------
        F1Error
            If the batch cannot be counted, as far as its form tells; of its values where every
            batch is asked, and of those of an earlier batch with weights.
        """
        try:
            if sample_weight is None and self._counted(preds, target, counts, notes):
                return
            preds, target = flat_rows(preds, target, self._vectors.options.task)
        except F1Error as error:
            raise renamed(error, y_pred="preds", y_true="target") from None
        self._waits = True
        self._sent.put(preds, target=target, sample_weight=sample_weight)

    def _counted(self, preds: Tensor, target: Any, counts: Tensor, notes: Tensor) -> bool:
        """Count a batch on its device, if it can be counted there."""
        found = self._reader.read(preds, target)
        if found is None:
            return False
        counter, batch = found
        self.form = counter.form
        if not len(batch.pred):
            return True
        if batch.pred.device != counts.device:
            if batch.pred.is_cuda and torch.cuda.is_current_stream_capturing():
                raise F1Error(
                    f"a CUDA graph is captured on {batch.pred.device}, and the metric's counts are "
                    f"on {counts.device}: move it there, metric.to({str(batch.pred.device)!r})"
                )
            self._waits = True
            self._there.add(counter, batch)
            return True
        if self._at_once:
            counts.add_(counted_now(counter, batch, self._number + 1)[:-NOTES])
        else:
            counter.add(counts, notes, batch, self._number + 1)
        if not torch.compiler.is_compiling():
            self._number += 1
        return True

    def _count(self, preds: Any, target: Any, sample_weight: Any = None) -> None:
        found = self._vectors.count(preds, target, sample_weight)
        if found is not None:
            self._add(found)

    def settle(self) -> list[Tensor]:
        """Count what is on its way, and hand over counts and notes of other devices."""
        if not self._waits:
            return []
        self._sent.flush()
        self._waits = False
        return self._there.take()

    def forget(self) -> None:
        """Forget what waits."""
        self._sent.reset()
        self._there.take()
        self._waits = False

    def reset(self) -> None:
        """Forget what waits, and begin to number batches anew."""
        self.forget()
        self._there.reset()
        self._number = 0


def open_to_additions(state: Tensor) -> Tensor:
    """A state itself, or its copy where it was made in inference mode, which has ended."""
    if not torch.compiler.is_compiling() and state.is_inference():
        return state if torch.is_inference_mode_enabled() else state.clone()
    return state
