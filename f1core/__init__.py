"""f1core: precision, recall and F1, right however the data was cut, at the speed of memory."""

from typing import Any as _Any

from .accumulator import Accumulator
from .api import score
from .engine import warm_up
from .errors import F1Error
from .scores import Average, Scores

__all__ = ["Accumulator", "Average", "F1Error", "Scores", "score", "warm_up"]
__version__ = "0.1.0"

_ON_DEMAND = ("files",)  # modules that `import f1core` does not load


def __getattr__(name: str) -> _Any:
    if name in _ON_DEMAND:
        from importlib import import_module

        return import_module(f"f1core.{name}")
    raise AttributeError(f"module 'f1core' has no attribute {name!r}")
