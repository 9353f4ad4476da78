"""Which callbacks of a Lightning Trainer go the wrong way by a metric that it logs.

Lightning hands a metric neither its name nor its trainer: both are found on the stack, once, when
it asks for the value of an epoch. Where that is laid out in another way nothing is said.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any


def warn_of_modes(metric: Any, up: bool, seen: int | None) -> int | None:
    """Warn of callbacks that take the worst epoch for the best; return which trainer was seen."""
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
