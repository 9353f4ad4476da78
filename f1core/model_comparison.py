"""ModelComparison: what a comparison of two models found, and as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from . import tables
from .intervals.differences import Comparison

KINDS = ("mended", "broken", "both_wrong_differently")


@dataclass(frozen=True)
class PartComparison(Comparison):
    """Comparison of one class (`rows` are of it) or group; `p_holm` is adjusted for all of them."""

    rows: float = 0
    p_holm: float = float("nan")


class Flip(NamedTuple):
    """A row that two models decide differently: where it is in the new file, and what it is."""

    kind: str
    path: str
    row: int
    true: Any
    old: Any
    new: Any


class Flips(NamedTuple):
    """How many rows were mended, broken, or are wrong in another way; some rows of each kind."""

    mended: int
    broken: int
    both_wrong_differently: int
    rows: list[Flip]
    left_out: int


@dataclass(frozen=True)
class ModelComparison:
    """Two models on the same rows; every `difference` is new - old, `a` is new and `b` old.

    `classes` are F1 differences of the classes that occur, `groups` those of the first metric.
    """

    new: str
    old: str
    task: str
    rows: int
    weighted: bool
    level: float
    metrics: dict[str, Comparison]
    classes: dict[Any, PartComparison]
    groups: dict[Any, PartComparison] | None
    flips: Flips
    names: tuple[Any, ...]  # of all classes, those that do not occur too

    @property
    def comparisons(self) -> int:
        """Count the p-values: by chance one in twenty of them is below 0.05."""
        return len(self.metrics) + len(self.classes) + len(self.groups or ())

    def to_dict(self) -> dict[str, Any]:
        """Turn the comparison into what JSON takes: None where a number is undefined."""
        return {
            "new": self.new,
            "old": self.old,
            "task": self.task,
            "rows": self.rows,
            "weighted": self.weighted,
            "level": self.level,
            "comparisons": self.comparisons,
            "metrics": [_plain(None, each) for each in self.metrics.values()],
            "classes": [_plain(name, each) for name, each in self.classes.items()],
            "groups": None
            if self.groups is None
            else [_plain(name, each) for name, each in self.groups.items()],
            "flips": {
                **{kind: getattr(self.flips, kind) for kind in KINDS},
                "rows": [tables.plain(row._asdict()) for row in self.flips.rows],
                "left_out": self.flips.left_out,
            },
        }


def _plain(name: Any, each: Comparison) -> dict[str, Any]:
    found: dict[str, Any] = {"metric": each.metric, "new": each.a, "old": each.b}
    found |= {"difference": each.difference, "interval": each.interval, "p_value": each.p_value}
    if isinstance(each, PartComparison):
        found = {"name": str(name), **found, "p_holm": each.p_holm, "rows": each.rows}
    plain: dict[str, Any] = tables.plain(found)
    return plain


def class_words(name: Any) -> str:
    """Write what a row is or is taken for as text: a class, several, or none."""
    if isinstance(name, tuple):
        return ", ".join(map(class_words, name))
    return "no class" if name is None else str(name)
