"""BestScoreMetric: a torchmetrics metric at the best of all thresholds, whose state are scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

from ..arrays import to_numpy
from ..device.torch_reader import CHECKS, flat_rows, in_rows, is_on_device
from ..errors import F1Error, renamed
from ..option_types import Check, MetricAverage, Task
from ..option_values import among, word
from ..scores import LOSSES
from ..thresholds.best import Best
from .hooks import monitored, named, names_of
from .kept_scores import KeptScores, target_metric
from .state_vector import refuse_new_names
from .torchmetrics_parts import warn_of_modes

BASE_OPTIONS = (  # the options of `torchmetrics.Metric`
    "compute_on_cpu", "compute_with_cache", "dist_sync_fn", "dist_sync_on_step",
    "distributed_available_fn", "process_group", "sync_on_compute",
)  # fmt: skip


class BestScoreMetric(Metric):  # type: ignore[misc, unused-ignore]
    """What `ScoreMetric(threshold="best")` makes; `best` says which threshold it was."""

    full_state_update = False
    is_differentiable = False

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
        super().__init__(**{name: options.pop(name) for name in BASE_OPTIONS if name in options})
        among("check", check, CHECKS)
        if "bins" in options:
            raise F1Error("bins are for ScoreCallback and ScoreMeter; a metric's state are scores")
        named_so = {
            name: named(name, task, average, options.get("unknown")) for name in names_of(metric)
        }
        self._keys = {f"{word('prefix', prefix)}{name}": key for name, key in named_so.items()}
        self._several = not isinstance(metric, str)
        # Of several, all are those at the thresholds that are best for the first.
        key = target_metric(next(iter(self._keys.values())), task, average)
        self._how = {"task": task, "classes": classes, "average": key, **options}
        self._asked = KeptScores(**self._how).options  # which refuses what makes no sense
        for name in ("scores", "target", "weights"):
            self.add_state(name, [], dist_reduce_fx="cat")
        self.best: Best | None = None
        self._trainer: int | None = None

    @property
    def higher_is_better(self) -> bool | None:  # type: ignore[override, unused-ignore]
        """Whether more is better; None of several that differ."""
        directions = {key not in LOSSES for key in self._keys.values()}
        return directions.pop() if len(directions) == 1 else None

    def update(self, preds: Any, target: Any, sample_weight: Any = None) -> None:
        """Keep a batch where it lies; on the host its truth in a byte.

        Raises
        ------
        F1Error
            If the batch cannot be counted; the metric is then as it was. Of values on a device
            `compute` says so.
        """
        if is_on_device(preds):
            if not isinstance(target, Tensor):
                target = torch.from_numpy(np.array(to_numpy(target, "target")))
            preds, target = flat_rows(preds.detach(), target.detach(), self._how["task"])
            weight = None if sample_weight is None else torch.as_tensor(sample_weight).detach()
        else:
            preds, target, weight = self._read(preds, target, sample_weight)
        if self._how["task"] == "binary":
            preds, target = preds.reshape(-1), target.reshape(-1)
        if self.scores and (weight is None) != (len(self.weights) == 0):
            raise F1Error("sample_weight: give weights with every batch, or with none")
        self.scores.append(preds)
        self.target.append(target.to(preds.device))
        if weight is not None:
            self.weights.append(weight.to(preds.device))

    def compute(self) -> Tensor | dict[str, Tensor]:
        """The metric of all rows at their best threshold, () float64; several are a dict by key.

        Raises
        ------
        F1Error
            If rows on a device are refused.
        """
        values = dict.fromkeys(self._keys, 0.0)
        if len(self.scores):
            # Lists of batches, or tensors once they are of all ranks.
            scores, target, weights = (
                torch.cat(list(each)) if isinstance(each, (list, tuple)) and len(each) else each
                for each in (self.scores, self.target, self.weights)
            )
            kept = self._kept(scores, target, weights if len(weights) else None)
            found = kept.compute()
            self.best = kept.best
            values = {name: monitored(found.metric(key)) for name, key in self._keys.items()}
        dtype = torch.float32 if self.device.type == "mps" else torch.float64
        tensors = {name: torch.tensor(value, dtype=dtype) for name, value in values.items()}
        tensors = {name: value.to(self.device) for name, value in tensors.items()}
        if self._several:
            return tensors
        key = next(iter(self._keys.values()))
        self._trainer = warn_of_modes(self, key not in LOSSES, self._trainer)
        return next(iter(tensors.values()))

    def _read(
        self, preds: Any, target: Any, sample_weight: Any
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """A batch of the host, checked, as tensors: scores, truth in bytes, weights."""
        if max(getattr(each, "ndim", 0) for each in (preds, target)) > 2:  # dense, as torch's are
            preds, target = (
                torch.from_numpy(np.array(each)) if isinstance(each, np.ndarray) else each
                for each in (preds, target)
            )
        kept = self._kept(preds, target, sample_weight)
        refuse_new_names(kept.options, self._asked)
        rows = kept.rows()
        if rows is None:  # a process without rows gathers tensors of their form too
            true, scores = in_rows(preds, target, self._how["task"])
            true, scores = np.zeros(np.shape(true), np.int8), np.zeros(np.shape(scores))
            rows = true, scores, None if sample_weight is None else np.zeros(0)
        true, scores, weight = rows
        if true.dtype.kind in "UO":
            raise F1Error("target holds strings, and a state keeps tensors: pass class numbers")
        if isinstance(preds, Tensor):  # in whatever dtype, without a copy
            preds, _ = flat_rows(preds.detach(), target, self._how["task"])
        else:
            preds = torch.from_numpy(scores)
        return preds, torch.from_numpy(true), None if weight is None else torch.from_numpy(weight)

    def _kept(self, preds: Any, target: Any, sample_weight: Any) -> KeptScores:
        """Rows as the host reads them."""
        kept = KeptScores(**self._how)
        try:
            true, scores = in_rows(preds, target, kept.task)
            kept.update(true, scores, sample_weight=sample_weight)
        except F1Error as error:
            raise renamed(error, y_pred="preds", y_true="target") from None
        return kept

    def reset(self) -> None:
        """Forget all rows: at the start of an epoch."""
        super().reset()
        self.best = None

    def set_dtype(self, dst_type: Any) -> BestScoreMetric:
        """Scores keep the dtype in which they came, whatever the model's."""
        return self

    def __repr__(self) -> str:
        rows = sum(map(len, self.scores)) if isinstance(self.scores, list) else len(self.scores)
        return f"ScoreMetric({', '.join(self._keys)!r}, threshold='best'; {rows:,} rows)"
