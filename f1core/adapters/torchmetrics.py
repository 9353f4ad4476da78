"""ScoreMetric: an exact `torchmetrics.Metric` that adds up under DDP and in Lightning's `log`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import F1Error, missing, refuse_unknown
from ..option_values import among
from ..scores import LOSSES

try:
    import torch
    from torch import Tensor
    from torchmetrics import Metric
except ModuleNotFoundError as error:
    library = (error.name or "").partition(".")[0]
    if library not in ("torch", "torchmetrics"):
        raise
    raise missing("f1core.adapters.torchmetrics", library, "torchmetrics") from None

from ..device.notes import refuse_noted
from ..device.torch_reader import CHECKS, is_on_device
from ..option_types import Check, MetricAverage, Task
from .kept_scores import wants_best
from .state_vector import OPTIONS, Vectors
from .torchmetrics_best import BASE_OPTIONS, BestScoreMetric
from .torchmetrics_parts import Part, warn_of_modes
from .torchmetrics_states import CountStates


class ScoreMetric(CountStates):
    """One metric of f1core, exact over an epoch, whatever the batches, devices and processes.

    With `self.log("val_f1", metric)` Lightning computes it at the end of the epoch. Its
    EarlyStopping and ModelCheckpoint look for the smallest value unless they are told
    `mode="max"`: without it they keep the worst epoch of every metric but a loss, of which a
    warning tells at the end of the first.

    `update(preds, target, sample_weight=None)` takes what `ScoreMeter` takes. Metrics of equal
    options share their state in a MetricCollection, others never do. An undefined value, or one of
    no rows, is 0.0. Scores on the metric's device are counted there, onto its state; scores on
    another one there too, and their counts move to the state when somebody reads it. Rows with
    weights travel to the host while the next step runs. `forward` gives each batch's value, for
    which it waits: `update` does not.

    threshold="best" gives the metric at the best of all thresholds, exactly, and keeps that in
    `best`. Its state are the scores then, where they lie, which all processes gather. Best is the
    F-beta of the metric's average (of several: the first's), of the positive class for its ratios;
    any other metric of classes itself, of three and more by `best_threshold`'s local search.
    `shared=True` means one threshold for all labels.

    Parameters
    ----------
    metric, average
        "f1" and its kin under an average (macro unless the task is binary), or any name of
        `Scores.to_dict`: "f1_micro", "mcc". A list of them, or average="per_class", gives a dict
        of values, for a MetricCollection or for Lightning's `self.log_dict(metric)`: "f1",
        "recall_cat".
    prefix
        What the keys of a dict begin with: "val_".
    task, classes
        As for `f1core.Accumulator`; the number of classes must be known beforehand.
    **options
        The options of `f1core.Accumulator`, and those of `torchmetrics.Metric`.
    check
        When what is refused of scores on a device is said: "later", by `compute`, so that nothing
        waits for the device; or "now", by the update.

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

    def __new__(cls, *metric: Any, threshold: Any = 0.5, **options: Any) -> Any:
        """Make a BestScoreMetric, whose state are scores, where threshold="best"."""
        if not wants_best(threshold):  # a copy is made with odd arguments of torchmetrics' own
            return super().__new__(cls)
        return BestScoreMetric(*metric, **options)

    def __init__(
        self,
        metric: str | Sequence[str] = "f1",
        *,
        task: Task,
        classes: Any = None,
        average: MetricAverage | None = None,
        prefix: str = "",
        check: Check = "later",
        **options: Any,
    ) -> None:
        among("check", check, CHECKS)
        base_options = {k: v for k, v in options.items() if k not in OPTIONS}
        try:
            super().__init__(**base_options)
        except ValueError as error:
            refuse_unknown(
                options,
                (
                    "metric",
                    "average",
                    "classes",
                    "prefix",
                    "check",
                    *sorted(OPTIONS),
                    *BASE_OPTIONS,
                ),
                "ScoreMetric",
            )
            raise F1Error(str(error)) from None
        own_options = {k: v for k, v in options.items() if k in OPTIONS}
        vectors = Vectors(metric, task, classes, average, own_options, prefix)
        self._add_states(vectors, check == "now")
        self._trainer: int | None = None
        keys = vectors.keys.items() if vectors.several else ()
        self._parts = torch.nn.ModuleList(Part(self, key, name) for key, name in keys)

    @property
    def higher_is_better(self) -> bool | None:  # type: ignore[override, unused-ignore]
        """Whether more is better: always, but for hamming_loss; None of several that differ."""
        return self._vectors.more_is_better

    @property
    def plot_lower_bound(self) -> float:  # type: ignore[override, unused-ignore]
        """The value at which a plot's axis begins: mcc and kappa may be negative."""
        return -1.0 if {"mcc", "kappa"} & set(self._vectors.keys.values()) else 0.0

    plot_upper_bound = 1.0

    def items(self) -> Iterator[tuple[str, Metric]]:
        """A metric for each key, which share these counts: what `self.log_dict` asks for."""
        if not self._vectors.several:
            yield next(iter(self._vectors.keys)), self
        for part in self._parts:
            yield part.key, part

    def plot(self, val: Any = None, ax: Any = None) -> Any:
        """Draw the values so far, or those of `forward` and `compute` that are given."""
        fig, ax = self._plot(val, ax)
        legend = ax.get_legend()
        for each in [] if legend is None else legend.get_texts():
            each.set_parse_math(False)  # a class may be named with dollars
        metric, average = self._vectors.asked
        ax.set_ylabel(" ".join([metric] if isinstance(metric, str) else metric))
        if average is not None:
            ax.set_ylabel(f"{ax.get_ylabel()} ({average})")
        return fig, ax

    def __repr__(self) -> str:
        sums = () if getattr(self, self._counts).is_meta else self._counted()
        return self._vectors.described(self, sums)

    def update(self, preds: Any, target: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Raises
        ------
        F1Error
            If the batch cannot be counted; the metric is then as it was. Of values on a device
            `compute` says so, or with check="now" this update.
        """
        if is_on_device(preds):
            self._update_there(preds, target, sample_weight)
            return
        found = self._vectors.count(preds, target, sample_weight)
        if found is not None:
            self._add(found)

    def compute(self) -> Tensor | dict[str, Tensor]:
        """The metric of everything so far, () float64; float32 where a device lacks that.

        Several are a dict by key.

        Raises
        ------
        F1Error
            If rows on a device were refused, on every process.
        """
        vectors = self._vectors
        try:
            *sums, notes = self._sums()
            refuse_noted(notes, self._waiting.form)
            values = vectors.values(*sums) or dict.fromkeys(vectors.keys, 0.0)
        except F1Error:
            self.unsync(self._is_synced and self._should_unsync)
            raise
        if vectors.several:
            return {key: self._tensor(value) for key, value in values.items()}
        self._look(self, next(iter(vectors.keys.values())))
        return self._tensor(next(iter(values.values())))

    def _look(self, logged: Metric, name: str) -> None:
        """Warn once a training of callbacks that look for the worst epoch."""
        logged._trainer = warn_of_modes(logged, name not in LOSSES, logged._trainer)

    def _tensor(self, value: float) -> Tensor:
        dtype = torch.float32 if self.device.type == "mps" else torch.float64
        return torch.tensor(value, dtype=dtype).to(self.device)
