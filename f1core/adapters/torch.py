"""ScoreMeter: the exact scores of an epoch of torch tensors, on one process or many."""

from __future__ import annotations

from copy import copy
from typing import Any

from ..accumulator import Accumulator
from ..errors import F1Error, missing, renamed, shown
from ..locks import new_lock
from ..option_types import Check, CountOptions, Task, Unpack
from ..option_values import among
from ..scores import Scores
from ..thresholds.best import Best
from .kept_scores import KeptScores, wants_best

try:
    import torch

    from ..device.torch_ranks import merged_of_ranks, total_of_ranks
    from ..device.torch_reader import CHECKS, TorchReader, flat_rows, in_rows, is_on_device
    from ..device.torch_rows import HostQueue
    from ..device.torch_total import TorchTotal
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise missing("f1core.adapters.torch", "torch", "torch") from None


class ScoreMeter:
    """Adds up counts over the batches of a training loop; predictions come first, as in torch.

    Takes the options of `f1core.Accumulator`. Dense predictions may have their classes in
    dimension 1, (N, C, d1, …) with (N, d1, …), as torch's losses do. Scores on another device are
    counted there, and nothing waits for it: counts come to the host with `compute`, which then
    says what was refused. With check="now" each update asks, and refuses a batch at once. Rows
    with ids or weights travel to the host while the next step runs, and are counted then.

    threshold="best" cuts all rows by the best of all thresholds, exactly, once somebody computes;
    `best` says which that was. For it the scores are kept on the host, 5 bytes each for float32;
    with `bins=4096` a binary task keeps counts instead and is cut by the best of so many edges:
    `best.bound` is what no threshold exceeds. `average` and `shared` are `best_threshold`'s; of a
    binary task, which is cut for the F-beta of its positive class, average="macro" or any metric's
    name asks for that of both classes.

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

    def __new__(cls, *task: Any, threshold: Any = 0.5, **options: Any) -> ScoreMeter:
        """Make a BestScoreMeter, which keeps scores, where threshold="best"."""
        found = cls is ScoreMeter and wants_best(threshold)
        return object.__new__(BestScoreMeter if found else cls)

    def __init__(
        self,
        task: Task,
        *,
        classes: Any = None,
        check: Check = "later",
        **options: Unpack[CountOptions],
    ) -> None:
        self._at_once = among("check", check, CHECKS) == "now"
        self._begin(Accumulator(task, classes=classes, **options))

    def _begin(self, own: Accumulator) -> None:
        self._own = own
        self._all: Accumulator | None = None  # of all ranks, until the next update
        self._away = False  # whether a batch ever lay elsewhere
        self._there = TorchTotal(self._at_once, settled=lambda: own.width)
        self._reader = TorchReader(own.options, settled=lambda: own.width, begin=self._there.begin)
        self._sent = HostQueue(own.options, self._add_sent, self._at_once)
        self._lock = new_lock()

    def update(
        self, preds: Any, target: Any, sample_id: Any = None, *, sample_weight: Any = None
    ) -> None:
        """Add a batch: (n,) or (n, C) scores, or labels; rows of an id that was there count once.

        Raises
        ------
        F1Error
            If the batch cannot be counted; the meter is then as it was. Of values on another
            device `compute` and `sync` say so, or with check="now" this update.
        """
        self._all = None
        try:
            if is_on_device(preds):
                self._away = True
                if torch.compiler.is_compiling():  # which takes no locks, and needs none
                    self._add_there(preds, target, sample_id, sample_weight)
                    return
                with self._lock:
                    self._add_there(preds, target, sample_id, sample_weight)
                return
            if self._away:
                self._settle()
            true, pred = in_rows(preds, target, self._own.task)
            self._own.update(true, pred, sample_weight=sample_weight, sample_id=sample_id)
        except F1Error as error:
            raise renamed(error, y_pred="preds", y_true="target") from None

    def _add_there(self, preds: Any, target: Any, sample_id: Any, sample_weight: Any) -> None:
        """Add a batch on its device, or send it on its way to the host."""
        if sample_id is None and sample_weight is None:
            found = self._reader.read(preds, target)
            if found is not None:
                self._there.add(*found)
                if self._at_once:
                    self._move_now()
                return
        if self._there.seen:  # in the order of the batches
            self._sent.drain()
            self._there.move_to(self._own)
        preds, target = flat_rows(preds, target, self._own.task)
        given = {"target": target, "sample_id": sample_id, "sample_weight": sample_weight}
        self._sent.put(preds, **given)

    def _move_now(self) -> None:
        """Add a batch that is all that was counted elsewhere; or nothing of it."""
        try:
            self._there.move_to(self._own)
        except F1Error:
            self._there.clear()
            raise

    def _add_sent(self, preds: Any, target: Any, **more: Any) -> None:
        """Add a batch that has come to the host."""
        try:
            self._own.update(target, preds, **more)
        except F1Error as error:
            raise renamed(error, y_pred="preds", y_true="target") from None

    def _settle(self) -> None:
        """Bring what devices have counted to the host."""
        with self._lock:
            self._sent.flush()
            self._there.move_to(self._own)

    def compute(self) -> Scores:
        """The scores of this process's rows so far, or, after `sync`, of all ranks' rows.

        Raises
        ------
        F1Error
            If there are no rows yet.
        """
        self._settle()
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
        self._all = total_of_ranks(self._own, group, self._settle)
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
        if isinstance(self, BestScoreMeter) != isinstance(other, BestScoreMeter):
            raise F1Error("one side has threshold='best', the other has not")
        self._settle()
        other._settle()
        self._own.merge(other._own)
        self._all = None

    def reset(self) -> None:
        """Forget all counts, keep the options: at the start of an epoch."""
        with self._lock:
            self._sent.reset()
            self._there.reset()
            self._reader.reset()
            self._own.reset()
        self._all = None

    @property
    def total(self) -> Any:
        """Number of rows that count in `compute`, or the sum of their weights."""
        self._settle()
        return (self._all or self._own).total

    def __repr__(self) -> str:
        try:
            self._settle()
        except F1Error:  # which `compute` raises
            return f"ScoreMeter({self._own.task!r}, rows refused)"
        return f"ScoreMeter({self._own.task!r}, {self.total:,} rows)"

    def __getstate__(self) -> dict[str, Any]:
        self._settle()
        return {"own": self._own, "at_once": self._at_once}

    def __setstate__(self, made: dict[str, Any]) -> None:
        self._at_once = made.get("at_once", False)
        self._begin(made["own"])

    def __copy__(self) -> ScoreMeter:
        made = type(self).__new__(type(self))
        made._at_once = self._at_once
        self._settle()
        made._begin(copy(self._own))
        return made


class BestScoreMeter(ScoreMeter):
    """A ScoreMeter of threshold="best": scores are kept, and cut when somebody computes."""

    _own: Any
    _all: Any

    def __init__(
        self,
        task: Task,
        *,
        classes: Any = None,
        check: Check = "later",
        threshold: str = "best",
        **options: Any,
    ) -> None:
        self._at_once = among("check", check, CHECKS) == "now"
        self._begin(KeptScores(task, classes=classes, **options))

    def _begin(self, own: Any) -> None:
        self._own, self._all, self._lock = own, None, new_lock()

    def _settle(self) -> None:
        """Do nothing: scores wait for the host as they come, so none are on their way to it."""

    def update(
        self, preds: Any, target: Any, sample_id: Any = None, *, sample_weight: Any = None
    ) -> None:
        """Keep a batch of (n,) or (n, L) scores, on the host, for which it waits.

        Raises
        ------
        F1Error
            If the batch cannot be counted; the meter is then as it was.
        """
        if sample_id is not None:
            raise F1Error("sample_id is for rows that are counted; threshold='best' keeps scores")
        self._all = None
        try:
            true, pred = in_rows(preds, target, self._own.task)
            with self._lock:
                self._own.update(true, pred, sample_weight=sample_weight)
        except F1Error as error:
            raise renamed(error, y_pred="preds", y_true="target") from None

    def sync(self, group: Any = None) -> ScoreMeter:
        """Let `compute` cut the rows of all ranks, which each of them gathers: 5 bytes a score."""
        self._all = merged_of_ranks(self._own, group)
        return self

    def reset(self) -> None:
        """Forget all rows, keep the options: at the start of an epoch."""
        with self._lock:
            self._own.reset()
        self._all = None

    @property
    def best(self) -> Best | None:
        """What `f1core.best_threshold` found at the last `compute`; None before."""
        found: Best | None = (self._all or self._own).best
        return found
