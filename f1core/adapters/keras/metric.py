"""ScoreMetric: the epoch's true score, out of counters inside the compiled step."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ...errors import F1Error
from ...options import make_options, refuse_unknown
from ...pos_label import with_fixed_labels
from ...scores import LOSSES, Scores
from ..hooks import described
from . import adding, eager
from .deciding import NARROW, decide
from .reading import planned, values
from .shapes import rows_of, unmasked

OPTIONS = (
    "threshold", "top_k", "from_logits", "ignore_index", "average_over", "zero_division", "beta",
    "pos_label",
)  # fmt: skip


@keras.saving.register_keras_serializable("f1core")
class ScoreMetric(keras.metrics.Metric):  # type: ignore[misc]
    """F1, or any other metric of `Scores.to_dict`, for `compile(metrics=[…])`.

    Steps only count, and the epoch's end divides, so the value is that of all rows at once; it is
    never NaN. Counters are exact integers, up to 2^63 of anything. With `weighted_metrics=` the
    weights are added in float32, with the lost digits kept beside, so that long epochs lose none.
    What `score` would refuse is counted as wrong: a warning at the end of the epoch says so, and
    `scores()` refuses it. Steps that a layer masks (`Embedding(mask_zero=True)`) count nowhere, as
    in Keras' own metrics; on JAX it takes the mask off the predictions while it trains.

    Parameters
    ----------
    metric
        A name such as "f1", "recall", "fbeta", "f1_micro", "accuracy" or "mcc"; or several, out
        of one set of counters, each under a key of its own.
    task
        "binary", "multiclass" or "multilabel".
    classes
        How many classes, or their names; a binary task needs none.
    average
        "micro", "macro" or "weighted"; "per_class" gives a key a class: "recall_cat". Without it,
        the positive class of a binary task, and the macro average of all others.
    name
        The key in the logs; where there are several, what all of them begin with.
    **options
        threshold, top_k, from_logits, ignore_index, average_over, zero_division, beta and
        pos_label, as `f1core.score` has them; labels other than 0 and 1 need both classes named.

    Raises
    ------
    F1Error
        If there is no such metric, an option is not of its form, or `classes` is missing.

    Examples
    --------
    >>> metric = ScoreMetric("f1", task="binary")
    >>> metric.update_state([0, 1, 1], [[0.2], [0.9], [0.4]])
    >>> round(float(metric.result()), 4)
    0.6667
    """

    def __init__(
        self,
        metric: str | Sequence[str] = "f1",
        *,
        task: str,
        classes: Any = None,
        average: str | None = None,
        name: str | None = None,
        dtype: Any = None,
        **options: Any,
    ) -> None:
        refuse_unknown(options, ("metric", "average", "task", "classes", *OPTIONS), "ScoreMetric")
        self._options = with_fixed_labels(make_options(task, classes=classes, **options))
        self._plan = planned(metric, average, self._options)
        super().__init__(name=name or self._plan[0][0], dtype=dtype)
        self._asked = (metric if isinstance(metric, str) else list(metric), average, name)
        width = 2 if task == "binary" else self._options.n_classes
        if width is None:
            raise F1Error(
                f"classes is None; say how many there are, or their names, so that a {task} "
                "ScoreMetric can count in the graph"
            )
        self._width, self._weighted = width, False
        self._steps = eager.Steps(self._options, width)
        self._direction = "down" if self._plan[0][1] in LOSSES else "up"
        size = adding.size_of(width, self._options)
        integers = "int32" if NARROW else "int64"
        self._counts = self.add_variable((adding.LIMBS, size), "zeros", integers, name="counts")
        self._sums = self.add_variable((2, size), "zeros", "float32", name="weight_sums")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a step: see `deciding.decide` for the shapes."""
        y_true, y_pred = (
            each if ops.is_tensor(each) else ops.convert_to_tensor(each)
            for each in (y_true, y_pred)
        )
        mask = unmasked(y_pred, self._options)
        counts = eager.at_hand(self._counts)
        self._steps.running = counts is not None or eager.is_running(self._counts)
        if counts is not None and sample_weight is None:
            found = self._steps.sums_of(y_true, y_pred, mask)
            if found is not None:
                self._counts.assign(counts + eager.tensor(found))
                return
        four = decide(y_true, y_pred, mask, self._options, self._width)
        if sample_weight is None:
            self._counts.assign(
                adding.counted(self._counts, adding.sums_of(four, None, self._options))
            )
            return
        self._weighted = True
        weight = rows_of(sample_weight, y_pred, self._options)
        self._sums.assign(adding.weighed(self._sums, adding.sums_of(four, weight, self._options)))

    def result(self) -> Any:
        """The value so far, or a dict of values by key; 0.0 where it is undefined."""
        counts, sums = eager.at_hand(self._counts), self._sums if self._weighted else None
        at_hand = counts is not None
        # Keras asks after each step that runs outside of a graph, and once more after the last.
        if not (self._steps.running and _of_keras(sys._getframe(1))):
            self._warn()
        self._steps.running = False
        found = adding.as_numbers(counts, sums) if at_hand else adding.as_floats(self._counts, sums)
        each = values(self._plan, found, self._width, self._options, np if at_hand else ops)
        if at_hand:
            each = {want: eager.tensor(np.float32(value)) for want, value in each.items()}
        if len(each) == 1 and self._plan[0].kind != "per_class":
            return each[self._plan[0]]
        return self._by_key(each)

    def reset_state(self) -> None:
        """Forget all counts: at the start of an epoch."""
        try:
            self._warn()
        finally:
            super().reset_state()

    def scores(self) -> Scores:
        """Everything that follows from the counts of the epoch so far, as `f1core.Scores`.

        Raises
        ------
        F1Error
            If there are no rows, or some hold what cannot be counted.
        """
        counts = adding.as_counts(self._numbers(), self._width, self._options)
        return Scores(counts, self._options)

    def get_config(self) -> dict[str, Any]:
        """What makes the same metric anew."""
        metric, average, name = self._asked
        given = {option: getattr(self._options, option) for option in OPTIONS}
        classes = self._options.given_classes
        asked = {"metric": metric, "average": average, "name": name}
        given |= {"task": self._options.task, "classes": classes}
        return {"dtype": self.dtype, **asked, **{k: _plain(v) for k, v in given.items()}}

    def __repr__(self) -> str:
        metric, average, name = self._asked
        return described(self, metric, self._options, average=average, name=name)

    def _numbers(self) -> Any:
        return adding.as_numbers(eager.held(self._counts), self._sums if self._weighted else None)

    def _warn(self) -> None:
        """Tell once of rows that were counted as wrong; again only after an epoch without any."""
        if not eager.is_running(self._counts):
            return
        wrong = adding.miscounted(self._numbers(), self._width, self._options)
        if wrong and not self._steps.warned:
            warnings.warn(f"{self.name}: {wrong}", stacklevel=3)
        self._steps.warned = wrong is not None

    def _by_key(self, values: dict[Any, Any]) -> dict[str, Any]:
        """Values of several metrics, or of one a class, under their keys."""
        name = self._asked[2]
        found: dict[str, Any] = {}
        for want, each in values.items():
            key = want.key if name is None or name == want.key else f"{name}_{want.key}"
            if want.kind == "per_class":
                classes = self._options.names or range(self._width)
                found |= {f"{key}_{label}": each[i] for i, label in enumerate(classes)}
            else:
                found[key] = each
        return found


def _of_keras(frame: Any) -> bool:
    return str(frame.f_globals.get("__name__")).startswith("keras.")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
