"""Tensors on a device that this machine lacks: they say where they are, and note what leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from hypothesis import assume
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from f1core.arrays import BFLOAT16

DEVICE = "meta"  # the one device that torch knows everywhere
_aten = torch.ops.aten
_copy = _aten._to_copy.default
WAITING = {
    _aten._local_scalar_dense.default, _aten.nonzero.default, _aten.bincount.default,
    _aten._unique2.default, _aten.masked_select.default, _aten.index.Tensor, _aten.equal.default,
    _aten.repeat_interleave.Tensor, _aten.histc.default,
}  # fmt: skip


class Away(torch.Tensor):
    """A tensor whose numbers lie elsewhere: every operation is done there."""

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, here: torch.Tensor) -> Away:
        made = torch.Tensor._make_wrapper_subclass(
            cls, here.shape, dtype=here.dtype, device=DEVICE, strides=here.stride()
        )
        made.here = here
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise AssertionError(f"{func} outside of Elsewhere()")


class Elsewhere(TorchDispatchMode):
    """A block in which such tensors work; `sent` is what came to the host, in its order.

    `asked` counts what the host had to wait for without a copy: numbers read, shapes that depend
    on values.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[torch.Tensor] = []
        self.asked = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        tensors = [a for a in tree_leaves(args) if isinstance(a, torch.Tensor)]
        away = any(isinstance(t, Away) for t in tensors)
        device = kwargs.get("device")
        if device is not None and torch.device(device).type == DEVICE:
            away, kwargs["device"] = True, torch.device("cpu")
        elif func is _copy and away and device is not None:
            self.sent.append(func(args[0].here, **kwargs))
            return self.sent[-1]
        elif away and any(t.ndim and not isinstance(t, Away) for t in tensors):
            raise RuntimeError("Expected all tensors to be on the same device")
        self.asked += away and func in WAITING
        found = func(*tree_map(_here, args), **kwargs)
        return tree_map(_away, found) if away else found

    @property
    def bytes(self) -> int:
        """How much came to the host."""
        return sum(t.numel() * t.element_size() for t in self.sent)


def _here(thing: Any) -> Any:
    return thing.here if isinstance(thing, Away) else thing


def _away(thing: Any) -> Any:
    return Away(thing) if isinstance(thing, torch.Tensor) else thing


def tensor_of(array: np.ndarray) -> torch.Tensor | None:
    """The numbers of an array as a tensor, of its strides where torch has such; None of words."""
    if array.dtype == BFLOAT16:
        bits = np.ascontiguousarray(array).view(np.int16)
        return torch.from_numpy(bits.copy()).view(torch.bfloat16)
    if array.dtype.kind not in "fiub":
        return None
    array = array.astype(np.float64 if array.dtype.char == "g" else array.dtype.newbyteorder("="))
    return torch.from_numpy(array)


def counted_in_cuts(problem: Any, size: int, place: Any) -> Any:
    """A ScoreMeter of a drawn problem's batches of so many rows, each put in its place."""
    from f1core.adapters.torch import ScoreMeter

    true, pred = (tensor_of(a) for a in (problem.y_true, problem.y_pred))
    assume(true is not None and pred is not None)
    options = {k: v for k, v in problem.options.items() if k != "task"}
    meter = ScoreMeter(problem.case.task, **options)
    for start in range(0, len(problem), size):
        rows = slice(start, start + size)
        meter.update(place(pred[rows]), place(true[rows]))
    return meter


def for_metric(problem: Any) -> tuple[Any, Any, str, dict[str, Any]]:
    """Truth, prediction, task and options of a drawn problem whose number of classes is known."""
    true, pred = tensor_of(problem.y_true), tensor_of(problem.y_pred)
    assume(true is not None and pred is not None)
    options = {k: v for k, v in problem.options.items() if k not in ("task", "confusion")}
    task = problem.case.task
    width = problem.y_pred.shape[1] if problem.y_pred.ndim == 2 else None
    assume(options.setdefault("classes", 2 if task == "binary" else width) is not None)
    return true, pred, task, options
