"""BestScoreMetric: a torchmetrics metric at the best of all thresholds, whose state are scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

from ..arrays import column_names
from ..device.torch_reader import CHECKS, flat_rows, lies_here
from ..errors import F1Error, renamed
from ..inputs import check
from ..label_rows import filled
from ..option_values import among, word
from ..options import make_options
from ..scores import LOSSES
from ..thresholds.best import Best
from .hooks import monitored, named, names_of
from .kept_scores import KeptScores, smallest, sought
from .state_vector import refuse_new_names
from .torchmetrics_parts import warn_of_modes

THEIRS = (  # the options of `torchmetrics.Metric`
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
        task: str,
        classes: Any = None,
        average: str | None = None,
        prefix: str = "",
        check: str = "later",
        **options: Any,
    ) -> None:
        super().__init__(**{name: options.pop(name) for name in THEIRS if name in options})
        among("check", check, CHECKS)
        if "bins" in options:
            raise F1Error("bins are for ScoreCallback and ScoreMeter; a metric's state are scores")
        named_so = {
            name: named(name, task, average, options.get("unknown")) for name in names_of(metric)
        }
        self._keys = {f"{word('prefix', prefix)}{name}": key for name, key in named_so.items()}
        self._several = not isinstance(metric, str)
        # Of several, all are those at the thresholds that are best for the first.
        average = sought(next(iter(self._keys.values())), task, average)
        self._how = {"task": task, "classes": classes, "average": average, **options}
        KeptScores(**self._how)  # refuses what makes no sense
        for name in ("scores", "target", "weights"):
            self.add_state(name, [], dist_reduce_fx="cat")
        self.best: Best | None = None
        self._trainer: int | None = None

    @property
    def higher_is_better(self) -> bool | None:  # type: ignore[override, unused-ignore]
        """Whether more is better; None of several that differ."""
        ways = {key not in LOSSES for key in self._keys.values()}
        return ways.pop() if len(ways) == 1 else None

    def update(self, preds: Any, target: Any, sample_weight: Any = None) -> None:
        """Keep a batch where it lies; on the host its truth in a byte.

        Raises
        ------
        F1Error
            If the batch cannot be counted; the metric is then as it was. Of values on a device
            `compute` says so.
        """
        if column_names(preds, "preds") or column_names(target, "target"):
            preds, target = self._by_name(preds, target)
        preds, target = (  # the caller may use arrays again, and some are read-only
            torch.as_tensor(np.array(each) if isinstance(each, np.ndarray) else each).detach()
            for each in (preds, target)
        )
        preds, target = flat_rows(preds, target, self._how["task"])
        weight = None if sample_weight is None else torch.as_tensor(sample_weight).detach()
        if not lies_here(preds):
            self._kept([preds], [target], [] if weight is None else [weight])
            target = torch.from_numpy(smallest(target.cpu().numpy()))
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
            kept = self._kept(self.scores, self.target, self.weights)
            found = kept.compute()
            self.best = kept.best
            values = {name: monitored(found.metric(key)) for name, key in self._keys.items()}
        dtype = torch.float32 if self.device.type == "mps" else torch.float64
        told = {name: torch.tensor(value, dtype=dtype) for name, value in values.items()}
        told = {name: value.to(self.device) for name, value in told.items()}
        if self._several:
            return told
        key = next(iter(self._keys.values()))
        self._trainer = warn_of_modes(self, key not in LOSSES, self._trainer)
        return next(iter(told.values()))

    def _by_name(self, preds: Any, target: Any) -> tuple[Any, Any]:
        """The scores and the truth of frames, columns in the order of the classes."""
        given = {name: self._how.get(name) for name in ("classes", "ignore_index", "pos_label")}
        options = make_options(self._how["task"], **given)
        try:
            batch = filled(check(target, preds, options, exact=True))
            refuse_new_names(batch.options, options)
        except F1Error as error:
            raise renamed(error, y_pred="preds", y_true="target") from None
        return np.array(batch.pred), np.array(batch.true)

    def _kept(self, scores: Any, target: Any, weights: Any) -> KeptScores:
        """Rows as the host reads them: lists of batches, or a tensor once they are of all ranks."""
        whole = [
            torch.cat(list(each)) if isinstance(each, (list, tuple)) and len(each) else each
            for each in (scores, target, weights)
        ]
        kept = KeptScores(**self._how)
        try:
            kept.update(whole[1], whole[0], sample_weight=whole[2] if len(whole[2]) else None)
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
