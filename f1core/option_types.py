"""Types of options: the words that each takes, for editors and type checkers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if sys.version_info >= (3, 11):
    from typing import Unpack as Unpack
elif TYPE_CHECKING:
    from typing_extensions import Unpack as Unpack
else:
    Unpack = list  # a name for those who evaluate hints on Python 3.10

Task = Literal["binary", "multiclass", "multilabel"]
AverageName = Literal["micro", "macro", "weighted", "samples"]
# Of a metric that may give a number for each class.
MetricAverage = Literal["micro", "macro", "weighted", "samples", "per_class"]
Unknown = Literal["error", "miss"]  # what a predicted label that is no class is
Check = Literal["later", "now"]  # when what a device refused is raised
Normalize = Literal["true", "pred", "all"]
Method = Literal["auto", "bootstrap", "delta"]  # of an interval
Strategy = Literal["uniform", "quantile"]  # bins of equal width, or of equal mass
Frame = Literal["pandas", "polars"]


class DecisionOptions(TypedDict, total=False):
    """Options of how rows are decided and counts are divided, as in `f1core.score`."""

    threshold: Any  # a float, or one a label or class
    top_k: int | None
    from_logits: bool
    ignore_index: Any  # any label
    average_over: Any  # "present", "all" or labels
    zero_division: float
    beta: float
    confusion: bool | None
    pos_label: Any  # any label
    unknown: Unknown


class CountOptions(DecisionOptions, total=False):
    """Options of an `Accumulator` beside its task and classes."""

    resamples: int
    seed: int | None
    threads: int | None


class TaskOptions(DecisionOptions, total=False):
    """Options of how rows are decided, with the task and the classes."""

    task: Task | None
    classes: Any  # how many, or names


class CurveOptions(TypedDict, total=False):
    """Options of `f1core.curve` beside its task."""

    classes: Any  # how many, or names
    from_logits: bool
    sample_weight: Any  # (n,)
    ignore_index: Any  # any label
    average_over: Any  # "present", "all" or labels
    zero_division: float
    beta: float
    one_vs_one: bool
    threads: int | None
    pos_label: Any  # any label
