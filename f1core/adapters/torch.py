"""ScoreMeter: the exact scores of an epoch of torch tensors, on one process or many."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from ..accumulator import Accumulator
from ..counts import Array, Counts
from ..errors import F1Error, missing, renamed, shown
from ..plausible import MOST_ROWS
from ..scores import Scores

try:
    import torch
    import torch.distributed as dist

    from .tensors import in_rows
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise missing("f1core.adapters.torch", "torch", "torch") from None

# What a rank says of its state: nothing yet, arrays of this form, or that it must be sent whole.
Form = tuple[int, tuple[tuple[int, ...] | None, ...]] | str | None


class ScoreMeter:
    """Adds up counts over the batches of a training loop; predictions come first, as in torch.

    Takes the options of `f1core.Accumulator`. Dense predictions may have their classes in
    dimension 1, (N, C, d1, …) with (N, d1, …), as torch's losses do. Scores on another device are
    decided there, so that only ids and flags travel to the host.

    Raises
    ------
    F1Error
        For options that are not of their form.

    Examples
    --------
    >>> import torch
    >>> meter = ScoreMeter("multiclass", classes=3)
    >>> for _ in range(2):  # batches
    ...     meter.update(torch.eye(3), torch.tensor([0, 1, 1]))
    >>> round(meter.compute().macro.f1, 4)
    0.5556
    """

    def __init__(self, task: str, *, classes: Any = None, **options: Any) -> None:
        self._own = Accumulator(task, classes=classes, **options)
        self._all: Accumulator | None = None  # of all ranks, until the next update

    def update(
        self, preds: Any, target: Any, sample_id: Any = None, *, sample_weight: Any = None
    ) -> None:
        """Add a batch: (n,) or (n, C) scores, or labels; rows of an id that was there count once.

        Raises
        ------
        F1Error
            If the batch cannot be counted; the meter is then as it was.
        """
        try:
            true, pred = in_rows(preds, target, self._own.options)
            self._own.update(true, pred, sample_weight=sample_weight, sample_id=sample_id)
        except F1Error as error:
            raise renamed(error, y_pred="preds", y_true="target") from None
        self._all = None

    def compute(self) -> Scores:
        """The scores of this process's rows so far, or, after `sync`, of all ranks' rows.

        Raises
        ------
        F1Error
            If there are no rows yet.
        """
        return (self._all or self._own).compute()

    def sync(self, group: Any = None) -> ScoreMeter:
        """Let `compute` give the scores of all ranks of torch.distributed, on every rank alike.

        Every rank of the group must call it, one without rows too; without torch.distributed it
        does nothing. A rank keeps its own counts, so that a second call counts nothing twice, and
        from the next `update` on `compute` is the rank's own again, until the next `sync`. A rank
        that died before it lets the others fail as `torch.distributed` does, at once or after the
        group's timeout.

        Raises
        ------
        F1Error
            On every rank, if their options or classes differ.

        Examples
        --------
        >>> import torch
        >>> meter = ScoreMeter("binary")
        >>> meter.update(torch.tensor([0.2, 0.9]), torch.tensor([0, 1]))
        >>> meter.sync().compute().binary.f1
        1.0
        """
        self._all = _summed(self._own, group)
        return self

    def merge(self, other: ScoreMeter) -> None:
        """Add another meter's own counts, which stays as it is.

        Raises
        ------
        F1Error
            If the two were made with different options, or saw different classes.
        """
        if not isinstance(other, ScoreMeter):
            raise F1Error(f"only a ScoreMeter can be merged, this is {shown(other)}")
        self._own.merge(other._own)
        self._all = None

    def reset(self) -> None:
        """Forget all counts, keep the options: at the start of an epoch."""
        self._own.reset()
        self._all = None

    @property
    def total(self) -> Any:
        """Number of rows that count in `compute`, or the sum of their weights."""
        return (self._all or self._own).total

    def __repr__(self) -> str:
        return f"ScoreMeter({self._own.task!r}, {self.total:,} rows)"

    def __getstate__(self) -> dict[str, Any]:
        return {"own": self._own}

    def __setstate__(self, made: dict[str, Any]) -> None:
        self._own, self._all = made["own"], None


def _summed(mine: Accumulator, group: Any = None) -> Accumulator:
    """Add up what all ranks have counted, the same on each; `mine` stays as it is.

    Every rank of the group has to call it, whether it has rows or not. Integer counts of one shape
    are added by `all_reduce`; what else there is (labels seen, weights, ids, replicas) is gathered
    and merged in the order of the ranks.
    """
    if not (dist.is_available() and dist.is_initialized()):
        return mine
    if dist.get_rank(group) < 0:
        raise F1Error("this process is not in the group: only its members sync")
    device = _device(group)
    form = _form(mine) if device else "whole"
    size = mine.counts.amount if isinstance(form, tuple) and mine.counts is not None else 0
    forms = _gathered((mine.options, form, size), group)
    for rank, (options, *_) in enumerate(forms):
        difference = forms[0][0].difference(options)
        if difference is not None:
            raise F1Error(f"rank 0 differs from rank {rank}: {difference}")
    seen = {form for _, form, _ in forms if form is not None}
    if len(forms) == 1 or not seen:
        return mine
    if len(seen) == 1 and "whole" not in seen:
        size = sum(each for *_, each in forms)
        if size > MOST_ROWS:
            raise F1Error(f"{size:,} rows of all ranks cannot be counted: counts end at 2^63")
        return mine.as_task(mine.task, _reduced(mine.counts, seen.pop(), device, group))
    total, *others = _gathered(mine, group)
    for other in others:
        total.merge(other)
    return cast(Accumulator, total)


def _gathered(thing: Any, group: Any) -> list[Any]:
    found: list[Any] = [None] * dist.get_world_size(group)
    dist.all_gather_object(found, thing, group=group)
    return found


def _device(group: Any) -> torch.device | None:
    """Return the device on which this group reduces; None where only torch itself knows."""
    config = str(dist.get_backend_config(group))
    if "cpu:" in config:
        return torch.device("cpu")
    return torch.device("cuda", torch.cuda.current_device()) if "cuda:" in config else None


def _form(mine: Accumulator) -> Form:
    if mine.by_id or mine.options.finds_negative or mine.negative not in (None, 0):
        return "whole"
    counts = mine.counts
    if counts is None:
        return None
    if counts.weighted or counts.labels is not None or counts.replicas is not None:
        return "whole"
    return counts.n_classes, tuple(None if a is None else a.shape for a in counts.arrays())


def _reduced(counts: Counts | None, form: Any, device: Any, group: Any) -> Counts:
    def total(shape: tuple[int, ...] | None, array: Array | None) -> Array | None:
        if shape is None:
            return None
        sums = torch.zeros(shape, dtype=torch.int64) if array is None else torch.tensor(array)
        sums = sums.to(device)
        dist.all_reduce(sums, group=group)
        return np.asarray(sums.cpu())

    n_classes, shapes = form
    arrays = [None] * 3 if counts is None else list(counts.arrays())
    confusion, sums, rows = map(total, shapes, arrays)
    return Counts(n_classes, confusion, sums, rows)
