"""ScoreMetric: an exact `ignite.metrics.Metric`, one process or many."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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

from ..plausible import refuse_overflow
from .state_vector import Vectors


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
    output_transform, device
        As for every metric of Ignite; the output is (y_pred, y) or (y_pred, y, sample_weight).
    **options
        The options of `f1core.Accumulator`.

    Raises
    ------
    F1Error
        For options that are not of their form, and batches that cannot be counted.

    Examples
    --------
    >>> import torch
    >>> metric = ScoreMetric("f1", task="multiclass", classes=3)
    >>> for _ in range(2):
    ...     metric.update((torch.eye(3), torch.tensor([0, 1, 1])))
    >>> round(metric.compute(), 4)
    0.5556
    """

    _state_dict_all_req_keys = ("_counts", "_weights")

    def __init__(
        self,
        metric: str | Sequence[str] = "f1",
        *,
        task: str,
        classes: Any = None,
        average: str | None = None,
        prefix: str = "",
        output_transform: Callable[[Any], Any] = lambda output: output,
        device: str | torch.device = "cpu",
        **options: Any,
    ) -> None:
        self._vectors = Vectors(metric, task, classes, average, options, prefix)
        if prefix and not self._vectors.several:
            raise F1Error("prefix is for several metrics; `attach` names a single one")
        super().__init__(output_transform, device=device)

    @reinit__is_reduced  # type: ignore[untyped-decorator, unused-ignore]
    def reset(self) -> None:
        """Forget all counts: at the start of an epoch."""
        length, device = self._vectors.length, self._device
        self._counts = torch.zeros(length, dtype=torch.int64, device=device)
        self._weights = torch.zeros(length, dtype=self._double_dtype, device=device)

    @reinit__is_reduced  # type: ignore[untyped-decorator, unused-ignore]
    def update(self, output: Sequence[Any]) -> None:
        """Add a batch: (y_pred, y), or (y_pred, y, sample_weight)."""
        found = self._vectors.count(*output)
        if found is None:
            return
        added = torch.from_numpy(found)
        if added.dtype == torch.int64:
            self._counts += added.to(self._device)
        else:
            self._weights += added.to(self._device, self._double_dtype)

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
        sums = self._sums()
        if idist.get_world_size() == 1:
            return list(sums)
        found, rows = [], []
        for mine in sums:
            try:
                found.append(self._vectors.added([mine]))
                rows.append(self._vectors.rows_of(mine))
            except F1Error:  # told on every process, since the others wait for this one
                found.append(mine)
                rows.append(math.inf)
        counted, weighed = self._reduced(np.asarray(rows)).tolist()
        if counted >= 2.0**63:
            raise F1Error(f"{counted:,.4g} rows of all processes: counts end at 2^63")
        refuse_overflow(weighed, 0.0)
        return [self._reduced(each) for each in found]

    def _reduced(self, array: Any) -> Any:
        dtype = torch.int64 if array.dtype.kind == "i" else self._double_dtype
        total: Any = idist.all_reduce(torch.tensor(array, dtype=dtype, device=self._device))
        return total.cpu().numpy()

    def _sums(self) -> tuple[Any, Any]:
        return self._counts.cpu().numpy(), self._weights.cpu().numpy()

    def __repr__(self) -> str:
        return self._vectors.described(self, self._sums())
