"""TorchReader: which counter counts these tensors where they lie, if one does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..errors import F1Error
from ..options import Options
from .form import read_form
from .torch_counter import DTYPES, Batch, TorchCounter

CHECKS = ("later", "now")
EVERYWHERE = False  # whether tensors on the CPU are counted here too, as tests do


class TorchReader:
    """Reads tensors as rows, and remembers a counter for each of their forms.

    `matrix` says whether a confusion matrix is counted; None leaves it to the options. `settled`
    tells how many classes earlier batches had, where the options do not.
    """

    def __init__(
        self,
        options: Options,
        matrix: bool | None = None,
        settled: Callable[[], int | None] = lambda: None,
    ) -> None:
        self._matrix, self._settled = matrix, settled
        # Not where the data would have to name the classes, or rows are drawn anew.
        self._here = not options.finds_negative and not options.resamples
        if options.task == "binary" and options.names is None and self._here:
            options = options.with_labels(0, 1)
        self._options = options
        self._counters: dict[Any, TorchCounter | None] = {}

    def read(self, preds: Any, target: Any) -> tuple[TorchCounter, Batch] | None:
        """The counter of a batch of one row an item; None for what is counted on the host.

        Raises
        ------
        F1Error
            If the two do not fit together, or not the options.
        """
        if not (self._here and lies_here(preds) and isinstance(target, Tensor)):
            return None
        preds = preds.detach() if preds.requires_grad else preds
        if target.device != preds.device:
            target = target.to(preds.device, non_blocking=True)
        if preds.ndim > 2 or target.ndim > 2:
            preds, target = flat_rows(preds, target, self._options.task)
        if self._options.task != "multilabel":  # a single column is a vector
            preds = preds[:, 0] if preds.shape[1:] == (1,) else preds
            target = target[:, 0] if target.shape[1:] == (1,) else target
        if preds.ndim == 0 or target.ndim == 0:
            return None
        key = preds.dtype, preds.shape[1:], target.dtype, target.shape[1:], preds.device
        if key not in self._counters:
            _refuse_capture(preds)
            self._counters[key] = self._made(preds, target)
        counter = self._counters[key]
        if counter is None:
            return None
        if len(preds) != len(target):
            raise F1Error(f"target has {len(target)} rows, preds has {len(preds)}")
        return counter, Batch(target, preds)

    def _made(self, preds: Tensor, target: Tensor) -> TorchCounter | None:
        true, pred = DTYPES.get(target.dtype), DTYPES.get(preds.dtype)
        options = self._options
        if true is None or pred is None:
            return None
        width = options.n_classes or self._settled()
        labels = preds.ndim == 1 and options.task == "multiclass"
        if labels and (width is None or preds.is_floating_point()):
            return None  # whose classes only values tell
        form = read_form(
            options, (true, tuple(target.shape)), (pred, tuple(preds.shape)), width,
            matrix=self._matrix,
        )  # fmt: skip
        return TorchCounter(form, preds.device)


def in_rows(preds: Any, target: Any, task: str | None) -> tuple[Any, Any]:
    """The two as they are, or dense ones as one row an item."""
    if (
        isinstance(preds, Tensor)
        and isinstance(target, Tensor)
        and max(preds.ndim, target.ndim) > 2
    ):
        return flat_rows(preds, target, task)
    return preds, target


def flat_rows(preds: Tensor, target: Tensor, task: str | None) -> tuple[Tensor, Tensor]:
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


def _refuse_capture(preds: Tensor) -> None:
    """Complain about a first batch while a CUDA graph is captured, which would repeat its setup."""
    if preds.is_cuda and torch.cuda.is_current_stream_capturing():
        raise F1Error(
            "the first batch of this form comes while a CUDA graph is captured: update() once "
            "before, in the warm-up, and reset()"
        )


def lies_here(preds: Any) -> bool:
    """Whether a tensor is not read by the CPU's kernels; in a traced step it has no memory yet."""
    if not isinstance(preds, Tensor):
        return False
    if type(preds) is Tensor and preds.is_meta:  # which has no numbers at all
        return False
    return not preds.is_cpu or EVERYWHERE or torch.compiler.is_compiling()
