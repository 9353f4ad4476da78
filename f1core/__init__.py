"""f1core: precision, recall and F1, right however the data was cut, at the speed of memory."""

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from . import confused as _confused
from . import scores as _scores
from . import tabulated as _tabulated
from .accumulator import Accumulator
from .api import score
from .averages import Average
from .backends.switch import backend, warm_up
from .errors import F1Error
from .scores import Scores

if _TYPE_CHECKING:
    from .early_stopping import BestEpoch
    from .found_rows import rows
    from .grouped import score_by
    from .intervals.paired import compare
    from .thresholds import BinnedThresholds, best_threshold, calibration, curve

__all__ = [
    "Accumulator",
    "Average",
    "BestEpoch",
    "BinnedThresholds",
    "F1Error",
    "Scores",
    "backend",
    "best_threshold",
    "calibration",
    "compare",
    "curve",
    "rows",
    "score",
    "score_by",
    "warm_up",
]
__version__ = "0.2.0"

# What `import f1core` does not load: modules, and names out of modules.
_MODULES = ("files", "plots")
_NAMES = {
    "BestEpoch": "early_stopping",
    "BinnedThresholds": "thresholds",
    "best_threshold": "thresholds",
    "calibration": "thresholds",
    "compare": "intervals.paired",
    "curve": "thresholds",
    "rows": "found_rows",
    "score_by": "grouped",
}


def _find_interval(*counted: _Any, **how: _Any) -> tuple[float, float]:
    from .intervals import interval

    return interval(*counted, **how)


def _find_shares(hits: _Any, trials: _Any, level: float) -> tuple[_Any, _Any]:
    from .intervals import checked_level
    from .intervals.proportions import proportion_interval

    return proportion_interval(hits, trials, checked_level(level))


def _write_report(scores: Scores, output: _Any, **how: _Any) -> _Any:
    from .html_report.of_scores import write_report

    return write_report(scores, output, **how)


_scores.find_interval = _find_interval
_tabulated.write_report = _write_report
_confused.find_shares = _find_shares


def __getattr__(name: str) -> _Any:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"f1core.{name}")
    if name in _NAMES:
        return getattr(import_module(f"f1core.{_NAMES[name]}"), name)
    from .foreign_names import attribute_of

    found = None if name.startswith("_") else attribute_of(name, "multiclass")
    hint = "" if found is None else f": {found}"
    if found is not None and found.startswith("s."):
        hint = (
            f": s = f1core.score(y_true, y_pred) has it as {found}, and "
            "f1core.adapters.sklearn has scikit-learn's functions"
        )
    raise AttributeError(f"module 'f1core' has no attribute {name!r}{hint}")


def __dir__() -> list[str]:
    return [*__all__, *_MODULES]
