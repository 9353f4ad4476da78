"""ScoreMetric: an exact `torchmetrics.Metric` that adds up under DDP and in Lightning's `log`.

Half of these lines are docstrings; `vectors` counts a batch and divides sums.
"""

from __future__ import annotations

from typing import Any

from ..errors import missing

try:
    import torch
    from torch import Tensor
    from torchmetrics import Metric
except ModuleNotFoundError as error:
    library = (error.name or "").partition(".")[0]
    if library not in ("torch", "torchmetrics"):
        raise
    raise missing("f1core.adapters.torchmetrics", library, "torchmetrics") from None

from .vectors import OPTIONS, Vectors


class ScoreMetric(Metric):  # type: ignore[misc, unused-ignore]
    """One metric of f1core, exact over an epoch, whatever the batches, devices and processes.

    With `self.log("val_f1", metric)` Lightning computes it at the end of the epoch. Its
    EarlyStopping and ModelCheckpoint look for the smallest value unless they are told
    `mode="max"`: without it they keep the worst epoch of every metric but a loss.

    Parameters
    ----------
    metric, average
        "f1" and its kin under an average (macro unless the task is binary), or any name of
        `Scores.to_dict`: "f1_micro", "mcc".
    task, classes
        As for `f1core.Accumulator`; the number of classes must be known beforehand.
    **options
        The options of `f1core.Accumulator`, and those of `torchmetrics.Metric`.

    `update(preds, target, sample_weight=None)` takes what `ScoreMeter` takes. Metrics of equal
    options share their state in a MetricCollection, others never do. An undefined value, or one of
    no rows, is 0.0.

    Raises
    ------
    F1Error
        For options that are not of their form.

    Examples
    --------
    >>> import torch
    >>> metric = ScoreMetric("f1", task="multiclass", classes=3)
    >>> for _ in range(2):
    ...     metric.update(torch.eye(3), torch.tensor([0, 1, 1]))
    >>> metric.compute()
    tensor(0.5556, dtype=torch.float64)
    """

    full_state_update = False
    is_differentiable = False

    def __init__(
        self,
        metric: str = "f1",
        *,
        task: str,
        classes: Any = None,
        average: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**{k: v for k, v in options.items() if k not in OPTIONS})
        ours = {k: v for k, v in options.items() if k in OPTIONS}
        self._vectors = Vectors(metric, task, classes, average, ours)
        # A collection lets metrics share states of equal names that were equal once.
        self._counts, self._weights = (f"{n}_{self._vectors.digest}" for n in ("counts", "weights"))
        zeros = torch.zeros(self._vectors.length, dtype=torch.int64)
        self.add_state(self._counts, zeros, dist_reduce_fx="sum")
        self.add_state(self._weights, zeros, dist_reduce_fx=_add_weights)

    @property
    def higher_is_better(self) -> bool:  # type: ignore[override, unused-ignore]
        """Whether more is better: always, but for hamming_loss."""
        return not self._vectors.less_is_better

    def update(self, preds: Any, target: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        found = self._vectors.count(preds, target, sample_weight)
        if found is None:
            return
        states = self.__dict__  # where they are; `setattr` of a module costs a tenth of an update
        added = torch.from_numpy(found)
        if not states[self._counts].is_cpu:
            added = added.to(self.device)
        if added.dtype == torch.int64:
            states[self._counts] = states[self._counts] + added
        else:
            both = torch.stack([states[self._weights], added.view(torch.int64)])
            states[self._weights] = _add_weights(both)

    def compute(self) -> Tensor:
        """The metric of everything so far, () float64; float32 where a device lacks that."""
        counts, weights = (getattr(self, n).cpu().numpy() for n in (self._counts, self._weights))
        value = self._vectors.value(counts, weights.view("f8"))
        dtype = torch.float32 if self.device.type == "mps" else torch.float64
        return torch.tensor(value or 0.0, dtype=dtype, device=self.device)

    def set_dtype(self, dst_type: Any) -> ScoreMetric:
        """Counts stay whole numbers, whatever the model's dtype."""
        return self


def _add_weights(parts: Tensor) -> Tensor:
    """Sums of weights: the bits of float64 as int64, which no cast to half precision touches."""
    return parts.cpu().view(torch.float64).sum(dim=0).view(torch.int64).to(parts.device)
