"""TorchReader: reads tensors as rows and finds the counter of their form, if they stay there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..arrays import to_numpy
from ..errors import F1Error
from ..options import Options
from .form import Form, read_form
from .torch_counter import DTYPES, Batch, TorchCounter
from .torch_rows import values_decide

# Dtype and columns of the scores, dtype and columns of the targets, and where they are.
Key = tuple[Any, Any, Any, Any, torch.device]

CHECKS = ("later", "now")
EVERYWHERE = False  # whether tensors on the CPU are counted here too, as tests do


class TorchReader:
    """Reads tensors as rows, and remembers a counter for each of their forms.

    `matrix` says whether a confusion matrix is counted; None leaves it to the options. `settled`
    tells how many classes earlier batches had, where the options do not, and `begin` hears of
    each new form before its first batch.
    """

    def __init__(
        self,
        options: Options,
        matrix: bool | None = None,
        settled: Callable[[], int | None] = lambda: None,
        begin: Callable[[Form, torch.device], None] = lambda form, device: None,
    ) -> None:
        self._matrix, self._settled, self._begin = matrix, settled, begin
        # Not where the data would have to name the classes, or rows are drawn anew.
        self._here = not options.finds_negative and not options.resamples
        if options.task == "binary" and options.names is None and self._here:
            options = options.with_labels(0, 1)
        self._options = options
        self._counters: dict[Key, TorchCounter | None] = {}

    def read(self, preds: Any, target: Any) -> tuple[TorchCounter, Batch] | None:
        """The counter of a batch of one row an item; None for what is counted on the host.

        Raises
        ------
        F1Error
            If the two do not fit together, or not the options.
        """
        if not (self._here and is_on_device(preds) and isinstance(target, Tensor)):
            return None
        if not (_is_plain(preds) and _is_plain(target)):
            return None
        if values_decide(self._options, target, preds):
            return None
        preds = preds.detach() if preds.requires_grad else preds
        if target.device != preds.device:
            target = target.to(preds.device, non_blocking=True)
        preds, target = flat_rows(preds, target, self._options.task)
        if self._options.task != "multilabel":  # a single column is a vector
            preds = preds[:, 0] if preds.shape[1:] == (1,) else preds
            target = target[:, 0] if target.shape[1:] == (1,) else target
        if preds.ndim == 0 or target.ndim == 0:
            return None
        key = preds.dtype, preds.shape[1:], target.dtype, target.shape[1:], preds.device
        if torch.compiler.is_compiling():  # before `_counters` is looked at, as it then is
            self._prepare(key)
        elif key not in self._counters:
            if not preds.shape[0] and not target.shape[0]:
                return None  # no row tells less of its form than one
            self._prepare(key, preds.shape[0], target.shape[0])
        counter = self._counters[key]
        if counter is None:
            return None
        n, m = preds.shape[0], target.shape[0]  # torch's own len() takes 1 us
        if n != m:
            raise F1Error(f"target has {m} rows, preds has {n}")
        return counter, Batch(target, preds)

    def reset(self) -> None:
        """Forget how many classes batches have settled."""
        if self._options.n_classes is None:
            self._counters.clear()

    def _prepare(self, key: Key, n: int = 1, m: int = 1) -> bool:
        """Make a counter of this form, if there is none; while a step is traced, in Python."""
        if key in self._counters:
            return True
        if key[-1].type == "cuda" and torch.cuda.is_current_stream_capturing():
            raise F1Error(
                "the first batch of this form comes while a CUDA graph is captured: update() once "
                "before, in the warm-up, and reset()"
            )
        self._counters[key] = self._made(key, n, m)
        return True

    # As torch's own decorator says it, which would import the compiler: traced steps run it.
    _prepare._dynamo_marked_constant = True  # type: ignore[attr-defined]

    def _made(self, key: Key, n: int, m: int) -> TorchCounter | None:
        pred_dtype, columns, true_dtype, flags, device = key
        true, pred = DTYPES.get(true_dtype), DTYPES.get(pred_dtype)
        if true is None or pred is None:
            return None
        options = self._options
        width = options.n_classes or self._settled()
        labels = not columns and (options.task == "multiclass" or options.counts_unknown)
        if labels and (width is None or pred_dtype.is_floating_point):
            return None  # whose classes only values tell, or whether they are labels
        exact = options.task == "multilabel" or options.divisors is not None
        if exact and not _has_float64(device):
            return None  # ratios would round otherwise than the CPU's
        names = options.names
        if names is not None and isinstance(names[0], str) and true.kind == "b":
            return None  # whose names may be True and False
        form = read_form(
            options, (true, (m, *flags)), (pred, (n, *columns)), width, matrix=self._matrix
        )
        self._begin(form, device)
        return TorchCounter(form, device)


def _is_plain(tensor: Tensor) -> bool:
    """Tell whether a tensor has numbers in rows: none that is sparse, nested or without memory."""
    if tensor.layout is not torch.strided or tensor.is_nested:
        return False
    return not (type(tensor) is Tensor and tensor.is_meta)


def _has_float64(device: torch.device) -> bool:
    """Return whether a device counts in float64: Apple's GPUs and some of Intel's do not."""
    try:
        torch.zeros((), dtype=torch.float64, device=device)
    except (TypeError, RuntimeError):
        return False
    return True


def in_rows(preds: Any, target: Any, task: str | None) -> tuple[Any, Any]:
    """(target, preds), tensors as arrays of the host, dense ones as one row an item.

    Frames stay as they are, since their columns have names.
    """
    if isinstance(preds, Tensor) and (preds.ndim > 2 or getattr(target, "ndim", 0) > 2):
        preds, target = flat_rows(preds, target, task)
    host = {"target": target, "preds": preds}.items()
    true, pred = (to_numpy(each, name) if isinstance(each, Tensor) else each for name, each in host)
    return true, pred


def flat_rows(preds: Tensor, target: Any, task: str | None) -> tuple[Tensor, Any]:
    """Dense predictions, classes in dimension 1 as in torch's losses, as one row an item."""
    if not isinstance(target, Tensor) or (preds.ndim <= 2 and target.ndim <= 2):
        return preds, target
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


def is_on_device(preds: Any) -> bool:
    """Return whether a tensor is counted on its device and not on the host; traced ones are."""
    if not isinstance(preds, Tensor):
        return False
    if preds.is_cpu:
        return EVERYWHERE or torch.compiler.is_compiling()
    return not (type(preds) is Tensor and preds.is_meta)  # which has no numbers at all
