"""Metrics over counts of a fixed length: a state that frameworks keep and add up themselves."""

from __future__ import annotations

import hashlib
import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from ..accumulator import Accumulator
from ..count_layout import RATIOS, ROWS
from ..counts import Array, Counts
from ..device.torch_reader import in_rows
from ..errors import F1Error, one_of, parameters_of, refuse_unknown, renamed, shown
from ..option_types import Task
from ..option_values import word
from ..options import Options
from ..plausible import refuse_overflow
from ..pos_label import with_fixed_labels
from ..scores import LOSSES, Scores
from .hooks import described, monitored, named, names_of

OPTIONS = frozenset(parameters_of(Accumulator)) - {"task", "classes"}


class Vectors:
    """Counts of batches as vectors, and metrics of their sums: one, several, or one a class.

    The confusion matrix is not among them: every single number follows from three sums a class.
    """

    def __init__(
        self,
        metric: str | Sequence[str],
        task: Task,
        classes: Any,
        average: str | None,
        options: Mapping[str, Any],
        prefix: str,
    ) -> None:
        known = ("metric", "average", "classes", "prefix", *sorted(OPTIONS))
        refuse_unknown(options, known, "ScoreMetric")
        names, self._by_class = names_of(metric), average == "per_class"
        self.asked = metric if isinstance(metric, str) else names, average
        self.several = not isinstance(metric, str) or self._by_class
        for name in names if self._by_class else ():
            if name not in RATIOS:
                raise F1Error(one_of("metric", name, RATIOS) + " with average='per_class'")
        kind = None if self._by_class else average
        self._names = {name: named(name, task, kind, options.get("unknown")) for name in names}
        self._prefix = word("prefix", prefix)
        if task != "binary" and classes is None:
            raise F1Error(
                f"classes is None; a state that {task} counts are added to needs their number"
            )
        counting = dict(options)
        if counting.pop("confusion", None):
            raise F1Error("confusion=True is for an Accumulator or a ScoreMeter, not one metric")
        made = Accumulator(task, classes=classes, confusion=False, **counting)
        fixed = with_fixed_labels(made.options)
        if task == "binary" and fixed.names is None:  # whatever the first batch holds
            fixed = fixed.with_labels(0, 1)
        self._counter = (
            made if fixed is made.options else Accumulator.of(fixed, options.get("threads"))
        )
        self._fixed = self._counter.options
        if self.options.resamples:
            raise F1Error("resamples are kept by an Accumulator or a ScoreMeter, not by one metric")
        self.width = 2 if task == "binary" else self.options.n_classes or 0
        self.columns = self.width + self.options.counts_unknown
        self._shape = (4 if task == "multilabel" else 3, self.columns)
        self.length = math.prod(self._shape) + (ROWS if task == "multilabel" else 0)

    @property
    def more_is_better(self) -> bool | None:
        """The direction of all of them; None where they differ."""
        directions = {name not in LOSSES for name in self._names.values()}
        return directions.pop() if len(directions) == 1 else None

    @property
    def keys(self) -> dict[str, str]:
        """Name the values, with the metric that each one is of."""
        names = {f"{self._prefix}{key}": name for key, name in self._names.items()}
        if not self._by_class:
            return names
        classes = self.options.names or range(self.width)
        return {f"{key}_{each}": name for key, name in names.items() for each in classes}

    @property
    def options(self) -> Options:
        """Return the options that decide which counts these are."""
        return self._counter.options

    @property
    def digest(self) -> str:
        """A short name of the options: states of other options have another."""
        text = repr(self.options).replace(", unknown='error'", "")  # states of before it was one
        return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()

    def count(self, preds: Any, target: Any, sample_weight: Any = None) -> Array | None:
        """(length,) int64, or float64 sums of weights; None for an empty batch."""
        self._counter.reset()
        try:
            true, pred = in_rows(preds, target, self._counter.task)
            self._counter.update(true, pred, sample_weight=sample_weight)
            refuse_new_names(self._counter.options, self._fixed)
        except F1Error as error:
            self._counter.reset()
            raise renamed(error, y_pred="preds", y_true="target") from None
        counts = self._counter.counts
        if counts is None:
            return None
        if counts.rows is None and counts.sums is not None:  # 1 of 18 µs
            return counts.sums.reshape(-1)
        return _flat(counts)

    def added(self, parts: Iterable[Array]) -> Array:
        """The sum of several vectors of one dtype, limbs carried, unless counts cannot hold it."""
        return _flat(reduce(operator.add, [self._counts(each) for each in parts]))

    def rows_of(self, sums: Array) -> float:
        """Count the rows of a state, or sum their weights."""
        return float(self._counts(sums).amount)

    def values(self, *sums: Array) -> dict[str, float] | None:
        """The metrics of all these sums together by their keys, never NaN; None of no rows."""
        given = [self._counts(np.asarray(each)) for each in sums if np.any(each)]
        if not given:
            return None
        scores = Scores(given[0] if len(given) == 1 else given[0] + given[1], self.options)
        if self._by_class:
            found = [value for name in self._names for value in getattr(scores.per_class, name)]
        else:
            found = [scores.metric(name) for name in self._names.values()]
        return dict(zip(self.keys, map(monitored, found), strict=True))

    def described(self, made: Any, sums: Iterable[Array]) -> str:
        """Describe a metric object for its `repr`, with the rows that it has counted."""
        try:
            rows = sum(self._counts(each).total for each in sums if np.any(each))
        except F1Error:  # a description of counts that are refused names no rows
            rows = None
        metric, average = self.asked
        more = {"average": average, "prefix": self._prefix or None}
        return described(made, metric, self.options, rows, **more)

    def _counts(self, sums: Array) -> Counts:
        cells = math.prod(self._shape)
        rows = sums[cells:] if len(sums) > cells else None
        counts = Counts(self._shape[1], sums=sums[:cells].reshape(self._shape), rows=rows)
        if counts.weighted:
            with np.errstate(over="ignore", invalid="ignore"):
                refuse_overflow(counts.amount, 0.0)
        elif (sums < 0).any():
            raise F1Error("more rows were added than can be counted: counts end at 2^63")
        return counts


def refuse_new_names(found: Options, given: Options) -> None:
    """Complain about columns that name classes, which a state of tensors does not keep."""
    if given.names is None and found.names is not None and found.task != "binary":
        raise F1Error(
            f"the columns are named {shown(list(found.names))}, and a state keeps no names for the "
            "next batch: name the classes, classes=[…], or pass .to_numpy() to go by position"
        )


def _flat(counts: Counts) -> Array:
    """Sums and statistics of rows as one vector."""
    return np.concatenate([each.reshape(-1) for each in counts.arrays() if each is not None])
