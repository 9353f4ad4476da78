"""ScoreMeter: the exact scores of an epoch of torch tensors, on one process or many.

Half of these lines are docstrings; `tensors` reads a batch and `ranks` adds up processes.
"""

from __future__ import annotations

from typing import Any

from ..accumulator import Accumulator
from ..errors import F1Error, missing, renamed, shown
from ..scores import Scores

try:
    from .ranks import summed
    from .tensors import in_rows
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise missing("f1core.adapters.torch", "torch", "torch") from None


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
        self._all = summed(self._own, group)
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
        """How many rows count in `compute`, or the sum of their weights."""
        return (self._all or self._own).total

    def __repr__(self) -> str:
        return f"ScoreMeter({self._own.task!r}, {self.total:,} rows)"

    def __getstate__(self) -> dict[str, Any]:
        return {"own": self._own}

    def __setstate__(self, made: dict[str, Any]) -> None:
        self._own, self._all = made["own"], None
