"""Tensors of torch on their way to the counts: decided on their own device, in rows on the host.

On the CPU the kernels read a tensor's memory as it lies: 4,096 x 100 scores take 0.14 ms, and 0.37
by way of `torch.argmax`. Elsewhere argmax and thresholds run where the scores are, and a byte or
four a row travel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..arrays import BFLOAT16, Array, to_numpy
from ..errors import F1Error
from ..float_bits import cuts_of, probability_range
from ..options import Options

_WRONG = 2  # the flag of what is no score
_DTYPES: dict[Any, np.dtype[Any]] = {
    torch.float16: np.dtype(np.float16),
    torch.bfloat16: BFLOAT16,
    torch.float32: np.dtype(np.float32),
    torch.float64: np.dtype(np.float64),
}


def in_rows(preds: Any, target: Any, options: Options) -> tuple[Array, Array]:
    """(target, preds) as `Accumulator.update` reads them, one row an item."""
    if isinstance(preds, Tensor):
        if isinstance(target, Tensor) and (preds.ndim > 2 or target.ndim > 2):
            preds, target = _flat(preds, target, options.task)
        if not preds.is_cpu:
            found = _travelled(preds.detach(), options)
            if found is not None:
                if isinstance(target, Tensor) and target.ndim == 2 and options.ignore_index is None:
                    flags = (target == 0) | (target == 1)  # which travel as bytes
                    target = target.to(torch.uint8) if bool(flags.all()) else target
                return to_numpy(target, "target"), found
    return to_numpy(target, "target"), to_numpy(preds, "preds")


def _flat(preds: Tensor, target: Tensor, task: str | None) -> tuple[Tensor, Tensor]:
    """Dense predictions, classes in dimension 1 as in torch's losses, as one row an item."""
    p, t = tuple(preds.shape), tuple(target.shape)
    without = p[:1] + p[2:]
    if task == "binary" and (p == t or (without == t and p[1] == 1)):
        return preds.flatten(), target.flatten()
    if task == "multiclass" and without == t:
        return preds.movedim(1, -1).flatten(0, -2), target.flatten()
    if p == t and task == "multiclass" and not preds.is_floating_point():  # labels
        return preds.flatten(), target.flatten()
    if p == t and task != "binary":
        return preds.movedim(1, -1).flatten(0, -2), target.movedim(1, -1).flatten(0, -2)
    hint = "preds.movedim(-1, 1)" if p[:-1] == t else "reshape both to one row an item"
    raise F1Error(
        f"preds is {p} and target {t}; a {task} task takes one row an item, or classes in "
        f"dimension 1 as torch's losses do: {hint}"
    )


def _travelled(scores: Tensor, options: Options) -> Array | None:
    """Predicted ids, votes or flags on the host; None where all must be looked at there."""
    if options.task == "binary" and scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores.squeeze(1)
    dtype, ndim = _DTYPES.get(scores.dtype), scores.ndim
    if dtype is None or scores.numel() == 0 or ndim != (1 if options.task == "binary" else 2):
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
    flags = (scores > cut.to(scores.device)).to(torch.uint8)
    low, high = probability_range(dtype)
    wrong = scores != scores if options.from_logits else ~((scores >= low) & (scores <= high))
    found = to_numpy(flags.masked_fill(wrong, _WRONG), "preds")
    if (found == _WRONG).any():
        return None
    # Scores of the same side, since a threshold is for scores: beyond 1 as far as rounding may be.
    sides = (-np.inf, np.inf) if options.from_logits else (0.0, 1.0 + 2.0**-10)
    return np.array(sides, np.float16)[found]


def _ids(scores: Tensor, options: Options) -> Array | None:
    columns, k, classes = scores.shape[1], options.top_k, options.n_classes
    if columns == 1 or k > columns or classes not in (None, columns):
        return None
    if k == 1:  # of tied maxima torch's `max` promises the first one; a NaN is the largest
        best, ids = scores.max(dim=1, keepdim=True)
    else:  # `topk` promises no order of equals; -0.0 + 0.0 is 0.0
        best, ids = (scores + 0.0).sort(dim=1, descending=True, stable=True)
        best, ids = best.narrow(1, 0, 1), ids.narrow(1, 0, k)
    ids = ids.masked_fill(best != best, columns)
    found = to_numpy(ids.to(torch.uint8 if columns < 256 else torch.int32), "preds")
    if (found == columns).any():
        return None
    if k == 1 and classes is not None and not options.from_logits:  # which is not for labels
        numbers = options.names is not None and not isinstance(options.names[0], str)
        # Numbers that name classes are labels by value.
        return np.asarray(options.names)[found[:, 0]] if numbers else found[:, 0]
    votes = np.zeros((len(found), columns), np.uint8)  # scores that say how many columns there are
    np.put_along_axis(votes, found.astype(np.int64), np.uint8(1), axis=1)
    return votes
