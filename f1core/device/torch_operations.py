"""Counting's operations in torch: eager, compiled, on any device."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..arrays import BFLOAT16

_SORTED = 8  # the k of top-k from which sorting a row is less work than k maxima


class TorchOperations:
    """`Operations` in torch."""

    def constant(self, array: Any, like: Any) -> Tensor:
        """An ndarray as a tensor where `like` is."""
        if array.dtype == BFLOAT16:
            made = torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16)
        else:
            made = torch.from_numpy(np.ascontiguousarray(array))
        return made.to(like.device, non_blocking=True)  # a threshold does not wait

    where = staticmethod(torch.where)
    ones_like = staticmethod(torch.ones_like)
    floor = staticmethod(torch.floor)
    concatenate = staticmethod(torch.cat)

    def arange(self, size: int, like: Any) -> Tensor:
        """(size,) counters 0…."""
        return torch.arange(size, device=like.device)

    def whole(self, array: Any) -> Tensor:
        """Cast to int64."""
        return array.to(torch.int64)

    def cast_like(self, array: Any, like: Any) -> Tensor:
        """Cast to the dtype of another tensor."""
        return array.to(like.dtype)

    def double(self, array: Any) -> Tensor:
        """Cast to float64."""
        return array.to(torch.float64)

    def maximum(self, array: Any, least: float) -> Tensor:
        """Replace numbers below this one by it."""
        return array.clamp(min=least)

    def any(self, flags: Any) -> Tensor:
        """Reduce the last axis: is any True?"""
        return flags.any(dim=-1)

    def all(self, flags: Any) -> Tensor:
        """Reduce the last axis: are all True?"""
        return flags.all(dim=-1)

    def total(self, array: Any) -> Tensor:
        """Sum of a row."""
        return array.sum(dim=-1)

    def sum_rows(self, array: Any, weight: Any = None) -> Tensor:
        """Sum over rows."""
        if weight is None:
            return array.sum(dim=0)
        return torch.where(array != 0, weight[:, None], 0.0).sum(dim=0)

    def best(self, scores: Any, k: int, out: Any = None) -> tuple[Tensor, Tensor]:
        """The largest scores of each row: of equal maxima `max` promises the first, NaN wins."""
        if k == 1 and out is None:
            best, ids = scores.max(dim=-1)
            return ids, best != best
        nan = (scores != scores).any(dim=-1)
        if k >= _SORTED or not scores.is_floating_point():  # `topk` promises no order of equals
            scores = scores + 0.0 if scores.is_floating_point() else scores + 0  # -0.0 is 0.0
            order = scores.argsort(dim=-1, descending=True, stable=True)
            if out is not None:
                kept_first = out.gather(-1, order).to(torch.uint8).argsort(dim=-1, stable=True)
                order = order.gather(-1, kept_first)
            return order[:, :k], nan
        found: list[Tensor] = []
        columns = self.arange(scores.shape[-1], scores)
        taken = torch.zeros_like(scores, dtype=torch.bool) if out is None else out
        for _ in range(k):
            left = scores.masked_fill(taken, float("-inf"))
            # Among what is left, so that scores of -inf are found after all others.
            top = (left == left.amax(dim=-1, keepdim=True)) & ~taken
            first = torch.where(top, columns, scores.shape[-1]).amin(dim=-1)
            taken = taken | (columns == first[:, None])
            found.append(first)
        return found[0] if k == 1 else torch.stack(found, dim=-1), nan

    def search(self, values: Any, wanted: Any) -> Tensor:
        """Find where in sorted values each could be: its index."""
        return torch.searchsorted(values, wanted.contiguous()).clamp(max=len(values) - 1)

    def histogram(self, ids: Any, size: int, weight: Any = None) -> Tensor:
        """Count how often each index occurs; `bincount` would ask the device twice."""
        dtype = torch.int64 if weight is None else weight.dtype
        one = torch.ones((), dtype=dtype, device=ids.device) if weight is None else weight
        return torch.zeros(size, dtype=dtype, device=ids.device).index_add_(
            0, ids, one.expand(ids.shape)
        )

    def flat(self, array: Any) -> Tensor:
        """Flatten into one axis."""
        return array.flatten()

    def repeat(self, array: Any, times: int) -> Tensor:
        """Repeat each element so many times."""
        return array.repeat_interleave(times)

    def stack(self, columns: Any) -> Tensor:
        """Stack k tensors (n,) into (n, k)."""
        return torch.stack(columns, dim=-1)


OPERATIONS = TorchOperations()
