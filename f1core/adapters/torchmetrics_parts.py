"""The parts of a ScoreMetric of several values, and what Lightning's callbacks make of them."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

from torch import Tensor
from torchmetrics import Metric

from ..errors import F1Error
from ..scores import LOSSES

if TYPE_CHECKING:
    from .torchmetrics import ScoreMetric


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


def warn_of_modes(metric: Any, up: bool, seen: int | None) -> int | None:
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
        watched = monitor in (name, f"{name}_epoch") or monitor.startswith(
            f"{name}/dataloader_idx_"
        )
        if watched and mode != want:
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
