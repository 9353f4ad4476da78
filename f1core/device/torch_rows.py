"""Rows that must reach the host: decided on their device, copied while the next step runs.

Ids of rows, weights in strict order and labels that nobody named are counted by the accumulator.
What a device has decided travels into pinned memory without waiting, and is counted one step later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..arrays import BFLOAT16, Array, to_numpy
from ..float_bits import cuts_of, probability_range
from ..options import Options
from .torch_counter import DTYPES

_WRONG = 2  # the flag of what is no score
_DEPTH = 1  # batches that may be on their way


class _Sent(NamedTuple):
    """A batch on its way: what is read once it has come, and what it was, should it be refused."""

    arrays: dict[str, Any]
    decided: bool
    scores: Any
    event: Any


class HostQueue:
    """Counts batches on the host in their order, each while the next one is computed."""

    def __init__(self, options: Options, add: Callable[..., None]) -> None:
        self._options, self._add = options, add
        self._sent: list[_Sent] = []

    def put(self, preds: Tensor, **others: Any) -> None:
        """Send a batch, and count those that were sent before."""
        decided = _decided(preds.detach(), self._options)
        given = {"preds": preds.detach() if decided is None else decided, **others}
        arrays = {name: _pinned(each) for name, each in given.items()}
        event = None
        if preds.is_cuda:
            event = torch.cuda.Event()
            event.record()
        self._sent.append(_Sent(arrays, decided is not None, preds.detach(), event))
        self.flush(_DEPTH)

    def flush(self, left: int = 0) -> None:
        """Count what was sent, all but the last so many batches; one that is refused is dropped."""
        while len(self._sent) > left:
            sent = self._sent.pop(0)
            if sent.event is not None:
                sent.event.synchronize()
            arrays = {name: each for name, each in sent.arrays.items() if each is not None}
            pred = arrays.pop("preds")
            found = _predictions(to_numpy(pred, "preds"), sent.scores, self._options) if (
                sent.decided
            ) else None  # fmt: skip
            self._add(sent.scores if found is None else found, **arrays)

    def reset(self) -> None:
        """Forget what was sent."""
        self._sent.clear()


def _pinned(value: Any) -> Any:
    """A tensor on a GPU copied into pinned memory, without waiting; others as they are."""
    if not isinstance(value, Tensor) or not value.is_cuda:
        return value
    room = torch.empty(value.shape, dtype=value.dtype, pin_memory=True)
    return room.copy_(value.detach(), non_blocking=True)


def _decided(scores: Tensor, options: Options) -> Tensor | None:
    """Predicted ids or flags on the device; None where the scores themselves must travel."""
    if options.task == "binary" and scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores.squeeze(1)
    dtype, ndim = DTYPES.get(scores.dtype), scores.ndim
    floating = dtype is not None and (dtype.kind == "f" or dtype == BFLOAT16)
    if dtype is None or not floating or scores.numel() == 0:
        return None
    if ndim != (1 if options.task == "binary" else 2):
        return None
    if options.task == "multiclass":
        return _ids(scores, options)
    cuts = cuts_of(np.atleast_1d(np.asarray(options.threshold)), dtype, options.from_logits)
    if len(cuts) not in (1, scores.shape[-1]):
        return None
    if dtype == BFLOAT16:
        cut = torch.from_numpy(cuts.view(np.int16)).view(torch.bfloat16)
    else:
        cut = torch.from_numpy(cuts)
    flags = (scores > cut.to(scores.device, non_blocking=True)).to(torch.uint8)
    low, high = probability_range(dtype)
    wrong = scores != scores if options.from_logits else ~((scores >= low) & (scores <= high))
    return flags.masked_fill(wrong, _WRONG)


def _ids(scores: Tensor, options: Options) -> Tensor | None:
    columns, k, classes = scores.shape[1], options.top_k, options.n_classes
    if columns == 1 or k > columns or classes not in (None, columns):
        return None
    if k == 1:  # of tied maxima torch's `max` promises the first one; a NaN is the largest
        best, ids = scores.max(dim=1, keepdim=True)
    else:  # `topk` promises no order of equals; -0.0 + 0.0 is 0.0
        best, ids = (scores + 0.0).sort(dim=1, descending=True, stable=True)
        best, ids = best.narrow(1, 0, 1), ids.narrow(1, 0, k)
    ids = ids.masked_fill(best != best, columns)
    return ids.to(torch.uint8 if columns < 256 else torch.int32)


def _predictions(found: Array, scores: Tensor, options: Options) -> Array | None:
    """What was decided, as predictions of that outcome; None where a score was none."""
    if options.task != "multiclass":
        if (found == _WRONG).any():
            return None
        # Scores of the same side, since a threshold is for scores: beyond 1 as far as rounding may.
        sides = (-np.inf, np.inf) if options.from_logits else (0.0, 1.0 + 2.0**-10)
        return np.array(sides, np.float16)[found]
    columns, classes = scores.shape[1], options.n_classes
    if (found == columns).any():
        return None
    if found.shape[1] == 1 and classes is not None and not options.from_logits:
        # Not for labels, which from_logits is not for either; numbers that name classes are values.
        numbers = options.names is not None and not isinstance(options.names[0], str)
        return np.asarray(options.names)[found[:, 0]] if numbers else found[:, 0]
    votes = np.zeros((len(found), columns), np.uint8)  # scores that say how many columns there are
    np.put_along_axis(votes, found.astype(np.int64), np.uint8(1), axis=1)
    return votes
