"""Rows that must reach the host: decided on their device, copied while the next step runs.

Ids of rows, weights in strict order and labels that nobody named are counted by the accumulator.
What a device has decided travels into pinned memory without waiting, and is counted one step later.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..arrays import BFLOAT16, Array, to_numpy
from ..errors import F1Error
from ..float_bits import cuts_of, probability_range
from ..options import Options
from .torch_counter import DTYPES
from .torch_operations import OPERATIONS

_NAN, _BELOW, _ABOVE = 2, 3, 4  # flags of what is no score
_DEPTH = 1  # batches that may be on their way


class _Sent(NamedTuple):
    """A batch on its way, and what was decided of it."""

    number: int
    arrays: dict[str, Any]
    columns: int | None  # of the scores, where ids or flags travel for them
    event: Any


class HostQueue:
    """Counts batches on the host in their order, each while the next one is computed.

    The first that is refused is raised whenever all are asked for, until `reset`, and none of it
    counts; where every batch is asked (`at_once`) it is raised then, and forgotten.
    """

    def __init__(self, options: Options, add: Callable[..., None], at_once: bool = False) -> None:
        self._options, self._add, self._at_once = options, add, at_once
        self._sent: list[_Sent] = []
        self._refused: F1Error | None = None
        self._number = 0

    def put(self, preds: Tensor, **others: Any) -> None:
        """Send a batch, and count those that were sent before."""
        self._number += 1
        scores = preds.detach()
        travels = scores.layout is not torch.strided
        travels = travels or values_decide(self._options, others["target"], scores)
        decided = None if travels else _decided(scores, self._options)
        arrays = {name: _kept(each) for name, each in others.items()}
        arrays["preds"] = _kept(scores) if decided is None else _kept(decided, own=True)
        event = None
        if preds.is_cuda:
            event = torch.cuda.Event()
            event.record()
        columns = None if decided is None else scores.shape[-1]
        self._sent.append(_Sent(self._number, arrays, columns, event))
        self._count(0 if self._at_once else _DEPTH)

    def flush(self) -> None:
        """Count all that was sent.

        Raises
        ------
        F1Error
            If a batch was refused since `reset`.
        """
        self.drain()
        if self._refused is not None:
            raise self._refused

    def drain(self) -> None:
        """Count all that was sent; what is refused waits until somebody asks."""
        self._count(0)

    def _count(self, left: int) -> None:
        while len(self._sent) > left:
            sent = self._sent.pop(0)
            if sent.event is not None:
                sent.event.synchronize()
            arrays = {name: each for name, each in sent.arrays.items() if each is not None}
            try:
                if sent.columns is not None:
                    found = to_numpy(arrays.pop("preds"), "preds")
                    arrays["preds"] = _predictions(
                        found, sent.columns, arrays["target"], self._options
                    )
                self._add(**arrays)
            except F1Error as error:
                if self._at_once:
                    raise
                if self._refused is None:
                    self._refused = F1Error(f"{error} (of batch {sent.number} with ids or weights)")

    def reset(self) -> None:
        """Forget what was sent, and what was refused."""
        self._sent.clear()
        self._refused, self._number = None, 0


def values_decide(options: Options, target: Any, scores: Any) -> bool:
    """Tell whether only the values say if floats beside named classes are labels or scores."""
    names = options.names
    if options.task != "binary" or names is None or isinstance(names[0], str) or names == (0, 1):
        return False
    plain = options.threshold == 0.5 and not options.from_logits
    floats = not isinstance(target, Tensor) or target.is_floating_point()
    return bool(plain and floats and scores.is_floating_point())


def _kept(value: Any, own: bool = False) -> Any:
    """Copy an argument that nobody may change while it waits; from a GPU into pinned memory."""
    if not isinstance(value, Tensor):
        return deepcopy(value)
    if not value.is_cuda:
        return value if own else value.detach().clone()
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
    if ndim != (1 if options.task == "binary" else 2) or options.counts_unknown:
        return None
    if options.task == "multiclass":
        return _ids(scores, options)
    if options.ranks:  # among those of its cells that count, which the targets tell
        return None
    cuts = cuts_of(np.atleast_1d(np.asarray(options.threshold)), dtype, options.from_logits)
    if len(cuts) not in (1, scores.shape[-1]):
        return None
    flags = (scores > OPERATIONS.constant(cuts, scores)).to(torch.uint8)
    flags = flags.masked_fill(scores != scores, _NAN)
    if options.from_logits:
        return flags
    low, high = probability_range(dtype)
    return flags.masked_fill(scores < low, _BELOW).masked_fill(scores > high, _ABOVE)


def _ids(scores: Tensor, options: Options) -> Tensor | None:
    columns, k, classes = scores.shape[1], options.top_k, options.n_classes
    if columns == 1 or k > columns or classes not in (None, columns):
        return None
    if options.divisors is not None:
        return None
    ids, nan = OPERATIONS.best(scores, k)
    ids = ids.reshape(-1, k).masked_fill(nan[:, None], columns)
    return ids.to(torch.uint8 if columns < 256 else torch.int32)


def _predictions(found: Array, columns: int, target: Any, options: Options) -> Array:
    """Turn ids and flags into predictions of the same outcome; what was no score stays none."""
    if options.task != "multiclass":
        # Scores of the same side, since a threshold is for scores: beyond 1 as far as rounding may.
        low, high = (-np.inf, np.inf) if options.from_logits else (0.0, 1.0 + 2.0**-10)
        return np.array([low, high, np.nan, -np.inf, np.inf], np.float16)[found]
    wrong = found[:, 0] == columns
    # Labels say the same in fewer bytes, where nothing but scores could be meant by them.
    if found.shape[1] == 1 and options.n_classes is not None and options.names is None:
        integers = isinstance(target, (Tensor, np.ndarray)) and target.ndim == 1
        if integers and not options.from_logits and "int" in str(target.dtype) and not wrong.any():
            return found[:, 0]
    votes = np.zeros((len(found), columns), np.float16 if wrong.any() else np.uint8)
    votes[wrong] = np.nan if wrong.any() else 0
    rows = np.flatnonzero(~wrong)
    votes[rows[:, None], found[rows].astype(np.int64)] = 1
    return votes
