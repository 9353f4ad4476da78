"""ScoreMetric: an exact `torchmetrics.Metric` that adds up under DDP and in Lightning's `log`."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import F1Error, missing, refuse_unknown
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

from .state_vector import OPTIONS, Vectors

_THEIRS = (  # the options of `torchmetrics.Metric`
    "compute_on_cpu", "compute_with_cache", "dist_sync_fn", "dist_sync_on_step",
    "distributed_available_fn", "process_group", "sync_on_compute",
)  # fmt: skip


class ScoreMetric(Metric):  # type: ignore[misc, unused-ignore]
    """One metric of f1core, exact over an epoch, whatever the batches, devices and processes.

    With `self.log("val_f1", metric)` Lightning computes it at the end of the epoch. Its
    EarlyStopping and ModelCheckpoint look for the smallest value unless they are told
    `mode="max"`: without it they keep the worst epoch of every metric but a loss, of which a
    warning tells at the end of the first.

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
        metric: str | Sequence[str] = "f1",
        *,
        task: str,
        classes: Any = None,
        average: str | None = None,
        prefix: str = "",
        **options: Any,
    ) -> None:
        theirs = {k: v for k, v in options.items() if k not in OPTIONS}
        try:
            super().__init__(**theirs)
        except ValueError as error:
            refuse_unknown(
                options,
                ("metric", "average", "classes", "prefix", *sorted(OPTIONS), *_THEIRS),
                "ScoreMetric",
            )
            raise F1Error(str(error)) from None
        ours = {k: v for k, v in options.items() if k in OPTIONS}
        self._vectors = Vectors(metric, task, classes, average, ours, prefix)
        # A collection lets metrics share states of equal names that were equal once.
        self._counts, self._weights = (f"{n}_{self._vectors.digest}" for n in ("counts", "weights"))
        zeros = torch.zeros(self._vectors.length, dtype=torch.int64)
        self.add_state(self._counts, zeros, dist_reduce_fx=self._add_counts)
        self.add_state(self._weights, zeros, dist_reduce_fx=self._add_weights)
        self._trainer: int | None = None
        keys = self._vectors.keys.items() if self._vectors.several else ()
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
        sums = () if self.device.type == "meta" else self._sums()
        return self._vectors.described(self, sums)

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
            states[self._weights] = self._add_weights(both)

    def compute(self) -> Tensor | dict[str, Tensor]:
        """The metric of everything so far, () float64; float32 where a device lacks that.

        Several are a dict by key.
        """
        vectors = self._vectors
        values = vectors.values(*self._sums()) or dict.fromkeys(vectors.keys, 0.0)
        if vectors.several:
            return {key: self._tensor(value) for key, value in values.items()}
        self._look(self, next(iter(vectors.keys.values())))
        return self._tensor(next(iter(values.values())))

    def _look(self, logged: Metric, name: str) -> None:
        """Warn once a training of callbacks that look for the worst epoch."""
        logged._trainer = _warn_of_modes(logged, name not in LOSSES, logged._trainer)

    def _sums(self) -> tuple[Any, Any]:
        counts, weights = (getattr(self, n).cpu().numpy() for n in (self._counts, self._weights))
        return counts, weights.view("f8")

    def _add_counts(self, parts: Tensor) -> Tensor:
        """Counts of several processes or metrics, stacked."""
        return torch.from_numpy(self._vectors.added(parts.cpu().numpy())).to(parts.device)

    def _add_weights(self, parts: Tensor) -> Tensor:
        """Sums of weights, as the bits of float64: no cast to half precision touches an int64."""
        found = self._vectors.added(parts.cpu().numpy().view("f8"))
        return torch.from_numpy(found.view("i8")).to(parts.device)

    def _tensor(self, value: float) -> Tensor:
        dtype = torch.float32 if self.device.type == "mps" else torch.float64
        return torch.tensor(value, dtype=dtype, device=self.device)

    def set_dtype(self, dst_type: Any) -> ScoreMetric:
        """Counts stay whole numbers, whatever the model's dtype."""
        return self


class Part(Metric):  # type: ignore[misc, unused-ignore]
    """One value of a ScoreMetric of several, for who logs metrics one by one."""

    full_state_update = False
    is_differentiable = False

    def __init__(self, whole: ScoreMetric, key: str, name: str) -> None:
        self.__dict__["_whole"] = whole  # not as a module, which would hold itself
        super().__init__()
        self.key, self._name, self._trainer = key, name, None

    @property
    def higher_is_better(self) -> bool:  # type: ignore[override, unused-ignore]
        """Whether more is better: always, but for hamming_loss."""
        return self._name not in LOSSES

    @property
    def _forward_cache(self) -> Any:
        cache = self._whole._forward_cache
        return None if cache is None else cache[self.key]

    @_forward_cache.setter
    def _forward_cache(self, cache: Any) -> None:
        """Left to the whole, as all state is."""

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Left to the whole, whose counts these are."""
        raise F1Error("update the ScoreMetric of which this is a part")

    def compute(self) -> Tensor:
        """The value of this key."""
        self._whole._look(self, self._name)
        value: Tensor = self._whole.compute()[self.key]
        return value

    def reset(self) -> None:
        """Forget all counts, of the other parts too."""
        self._whole.reset()

    def _wrap_compute(self, compute: Any) -> Any:
        return compute  # the whole synchronizes and remembers


def _warn_of_modes(metric: Any, up: bool, seen: int | None) -> int | None:
    """Warn of callbacks that take the worst epoch for the best; return which trainer was seen.

    Lightning hands a metric neither its name nor its trainer: both are found on the stack, once,
    when it asks for the value of an epoch. Where that is laid out in another way nothing is said.
    """
    if "lightning.pytorch" not in sys.modules and "pytorch_lightning" not in sys.modules:
        return seen
    frame, name, trainer = sys._getframe(1), None, None
    for depth in range(16):
        if frame.f_back is None or (name is None and depth > 6):
            return seen
        frame = frame.f_back
        caller = frame.f_locals.get("self")
        if name is None:
            if getattr(caller, "value", None) is metric:
                name = getattr(getattr(caller, "meta", None), "name", None)
            continue
        trainer = getattr(caller, "trainer", None)
        if hasattr(trainer, "callbacks"):
            break
    if name is None or trainer is None or id(trainer) == seen:
        return seen
    want = "max" if up else "min"
    for who, monitor, mode in _watchers(trainer):
        ours = monitor in (name, f"{name}_epoch") or monitor.startswith(f"{name}/dataloader_idx_")
        if ours and mode != want:
            warnings.warn(
                f"{who} monitors {monitor!r} with mode={mode!r}, of which "
                f"{'more' if up else 'less'} is better: say mode={want!r}",
                stacklevel=2,
            )
    return id(trainer)


def _watchers(trainer: Any) -> list[tuple[str, str, str]]:
    """(who, monitored name, mode) of callbacks and of schedulers that wait for a plateau."""
    found = [(each, getattr(each, "monitor", None), each) for each in trainer.callbacks]
    for config in getattr(trainer, "lr_scheduler_configs", ()):
        found.append((config.scheduler, config.monitor, config.scheduler))
    return [
        (type(who).__name__, monitor, how.mode)
        for who, monitor, how in found
        if isinstance(monitor, str) and getattr(how, "mode", None) in ("min", "max")
    ]
