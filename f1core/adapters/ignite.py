"""ScoreMetric: an exact `ignite.metrics.Metric`, one process or many."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from ..errors import F1Error, missing

try:
    import torch
    from ignite import distributed as idist
    from ignite.exceptions import NotComputableError
    from ignite.metrics.metric import Metric, reinit__is_reduced
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("torch", "ignite"):
        raise
    raise missing("f1core.adapters.ignite", "pytorch-ignite", "ignite") from None

from ..arrays import Array
from ..device.notes import NOTES, refuse_noted
from ..device.torch_counter import added_notes, zeros
from ..device.torch_reader import CHECKS, is_on_device
from ..option_types import Check, CountOptions, MetricAverage, Task, Unpack
from ..option_values import among
from ..plausible import refuse_overflow
from .state_vector import Vectors
from .waiting import Waiting, open_to_additions


class ScoreMetric(Metric):  # type: ignore[misc, unused-ignore]
    """One metric of f1core, exact over an epoch, whatever the batches and processes.

    Parameters
    ----------
    metric, average
        "f1" and its kin under an average (macro unless the task is binary), or any name of
        `Scores.to_dict`: "f1_micro", "mcc". A list of them, or average="per_class", gives a dict,
        which an engine's metrics take in: "f1", "recall_cat".
    prefix
        What the keys of a dict begin with.
    task, classes
        As for `f1core.Accumulator`; the number of classes must be known beforehand.
    check
        When what is refused of scores on a device is said: "later", by `compute`, so that nothing
        waits for the device; or "now", by the update.
    output_transform, device
        As for every metric of Ignite; the output is (y_pred, y) or (y_pred, y, sample_weight).
        Scores are counted where they lie, on `device` onto the metric's own counts; weights travel
        to the host while the next step runs.
    **options
        The options of `f1core.Accumulator`.

    Raises
    ------
    F1Error
        For options that are not of their form, and batches that cannot be counted: of values on
        a device by `compute`, on every process.

    Examples
    --------
    >>> import torch
    >>> metric = ScoreMetric("f1", task="multiclass", classes=3)
    >>> for _ in range(2):
    ...     metric.update((torch.eye(3), torch.tensor([0, 1, 1])))
    >>> round(metric.compute(), 4)
    0.5556
    """

    _state_dict_all_req_keys = ("_counts", "_weights", "_notes")
    _counts: Any
    _notes: Any

    def __init__(
        self,
        metric: str | Sequence[str] = "f1",
        *,
        task: Task,
        classes: Any = None,
        average: MetricAverage | None = None,
        prefix: str = "",
        check: Check = "later",
        output_transform: Callable[[Any], Any] = lambda output: output,
        device: str | torch.device = "cpu",
        **options: Unpack[CountOptions],
    ) -> None:
        self._vectors = Vectors(metric, task, classes, average, options, prefix)
        if prefix and not self._vectors.several:
            raise F1Error("prefix is for several metrics; `attach` names a single one")
        self._at_once = among("check", check, CHECKS) == "now"
        self._waiting = Waiting(self._vectors, self._add, self._at_once)
        super().__init__(output_transform, device=device)

    @reinit__is_reduced  # type: ignore[untyped-decorator, unused-ignore]
    def reset(self) -> None:
        """Forget all counts: at the start of an epoch."""
        length, device = self._vectors.length, self._device
        self._waiting.reset()
        self._weights = torch.zeros(length, dtype=self._double_dtype, device=device)
        for name, size in (("_counts", length), ("_notes", NOTES)):
            state = self.__dict__.get(name)
            if state is not None and state.device.type == self._device.type:
                setattr(self, name, open_to_additions(state).zero_())  # where graphs go on counting
            else:
                setattr(self, name, zeros(size, device))

    @reinit__is_reduced  # type: ignore[untyped-decorator, unused-ignore]
    def update(self, output: Sequence[Any]) -> None:
        """Add a batch: (y_pred, y), or (y_pred, y, sample_weight)."""
        if is_on_device(output[0]):
            self._counts, self._notes = map(open_to_additions, (self._counts, self._notes))
            preds, target, weight = (*output, None)[:3]
            self._waiting.update(preds, target, weight, self._counts, self._notes)
            return
        found = self._vectors.count(*output)
        if found is not None:
            self._add(found)

    def _add(self, found: Array) -> None:
        """Add what the host has counted."""
        added = torch.from_numpy(found)
        if added.dtype == torch.int64:
            self._counts = open_to_additions(self._counts).add_(added.to(self._device))
        else:
            self._weights += added.to(self._device, self._double_dtype)

    def _settle(self) -> None:
        """Add to the counts what has waited for that."""
        for flat in self._waiting.settle():
            flat = flat.to(self._device)
            self._counts = open_to_additions(self._counts).add_(flat[:-NOTES])
            self._notes = added_notes(torch.stack([self._notes, flat[-NOTES:]]))

    def compute(self) -> float | dict[str, float]:
        """The metric of everything so far, of all processes; 0.0 where it is undefined.

        Several are a dict by key.

        Raises
        ------
        NotComputableError
            If there are no rows.
        F1Error
            On every process, if all rows together are more than counts hold.
        """
        values = self._vectors.values(*self._of_all())
        if values is None:
            raise NotComputableError("there are no rows to score")
        if self._vectors.several:
            return values
        return next(iter(values.values()))

    def _of_all(self) -> list[Any]:
        """The sums of all processes, each one's limbs carried so that none overflows."""
        if idist.get_world_size() == 1:
            *sums, notes = self._sums()
            refuse_noted(notes, self._waiting.form)
            return sums
        found, rows, refused = [], [], None
        try:
            *sums, notes = self._sums()
        except F1Error as error:  # told on every process, since the others wait for this one
            *sums, notes = self._read()
            refused = error
        for state in sums:
            try:
                found.append(self._vectors.added([state]))
                rows.append(self._vectors.rows_of(state))
            except F1Error:
                found.append(state)
                rows.append(math.inf)
        numbers = [*rows, float(notes[:2].sum()), float(refused is not None)]
        counted, weighed, wrong, others = self._reduced(np.asarray(numbers)).tolist()
        if refused is not None:
            raise refused
        if others:
            raise F1Error("a batch was refused on another process, which says why")
        if wrong:
            total, first = self._reduced(notes), self._reduced(notes, "MAX")
            refuse_noted(np.where(np.arange(NOTES) == 2, first, total), self._waiting.form)
        if counted >= 2.0**63:
            raise F1Error(f"{counted:,.4g} rows of all processes: counts end at 2^63")
        refuse_overflow(weighed, 0.0)
        return [self._reduced(each) for each in found]

    def _reduced(self, array: Any, how: str = "SUM") -> Any:
        dtype = torch.int64 if array.dtype.kind == "i" else self._double_dtype
        total: Any = idist.all_reduce(torch.tensor(array, dtype=dtype).to(self._device), how)
        return total.cpu().numpy()

    def _sums(self) -> list[Any]:
        """Counts, sums of weights and notes of what was refused."""
        self._settle()
        return self._read()

    def _read(self) -> list[Any]:
        weights = self._weights
        if self._double_dtype is torch.float64:  # all in one copy
            weights = weights.view(torch.int64)
            states = torch.cat([self._counts, weights, self._notes]).cpu().numpy()
            length = self._vectors.length
            counts, weights, notes = np.split(states, [length, 2 * length])
            return [counts, weights.view("f8"), notes]
        return [each.cpu().numpy() for each in (self._counts, weights, self._notes)]

    def state_dict(self) -> Any:
        """The counts of all processes, with what has waited for that."""
        self._settle()
        return deepcopy(super().state_dict())  # later batches are added onto the tensors themselves

    def _load_state_dict_per_rank(self, state_dict: Mapping[str, Any]) -> None:
        self._waiting.reset()
        none = {"_notes": zeros(NOTES, self._device)}  # of a version that had none
        saved = none | {name: state.clone() for name, state in state_dict.items()}
        super()._load_state_dict_per_rank(saved)

    def __getstate__(self) -> dict[str, Any]:
        self._settle()
        return {name: each for name, each in self.__dict__.items() if name != "_waiting"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._waiting = Waiting(self._vectors, self._add, self._at_once)

    def _counted(self) -> Iterator[Any]:
        """Counts and sums of weights, once somebody asks."""
        yield from self._sums()[:2]

    def __repr__(self) -> str:
        return self._vectors.described(self, self._counted())
