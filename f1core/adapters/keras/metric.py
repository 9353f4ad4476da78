"""ScoreMetric: the epoch's true score, out of counters inside the compiled step."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
from keras import ops

from ...device import limbs
from ...errors import F1Error, refuse_unknown
from ...option_types import CountOptions, MetricAverage, Task, Unpack
from ...options import make_options
from ...pos_label import with_fixed_labels
from ...scores import LOSSES, Scores
from ..hooks import described
from . import counters, cpu_fast_path
from .operations import BACKEND, WHOLE
from .step import by_row, read_step, sums_of

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
        task: Task,
        classes: Any = None,
        average: MetricAverage | None = None,
        name: str | None = None,
        dtype: Any = None,
        **options: Unpack[CountOptions],
    ) -> None:
        refuse_unknown(options, ("metric", "average", "task", "classes", *OPTIONS), "ScoreMetric")
        self._options = with_fixed_labels(make_options(task, classes=classes, **options))
        self._plan = counters.planned(metric, average, self._options)
        super().__init__(name=name or self._plan[0][0], dtype=dtype)
        self._metric_args = (metric if isinstance(metric, str) else list(metric), average, name)
        width = 2 if task == "binary" else self._options.n_classes
        if width is None:
            raise F1Error(
                f"classes is None; say how many there are, or their names, so that a {task} "
                "ScoreMetric can count in the graph"
            )
        self._width, self._weighted = width, False
        self._counter = cpu_fast_path.StepCounter(self._options, width)
        # Whether a step has run outside of a graph since the last result, and whether the user was
        # warned of rows counted as wrong; an attribute of a metric takes 3 µs to set.
        self._now = SimpleNamespace(running=False, warned=False)
        self._direction = "down" if self._plan[0][1] in LOSSES else "up"
        size = counters.length_of(task, width)
        self._counts = self.add_variable((counters.LIMBS, size), "zeros", WHOLE, name="counts")
        self._sums = self.add_variable((2, size), "zeros", "float32", name="weight_sums")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a step: (n, C) scores, or (n, steps, C) and the like, and targets of these rows."""
        options, width = self._options, self._width
        step = read_step(y_true, y_pred, options, width)
        counts = cpu_fast_path.cpu_tensor(self._counts)
        self._now.running = counts is not None or self._is_running()
        if counts is not None and sample_weight is None:
            found = self._counter.sums_of(step)
            if found is not None:
                self._counts.assign(counts + cpu_fast_path.tensor(found))
                return
        if sample_weight is None:
            sums = sums_of(step, None, options, width)
            self._counts.assign(limbs.added(self._counts, sums, ops))
            return
        self._weighted = True
        weight = by_row(sample_weight, "float32", step.pred)
        sums = sums_of(step, weight, options, width)
        self._sums.assign(limbs.weighed(self._sums, sums, ops))

    def result(self) -> Any:
        """The value so far, or a dict of values by key; 0.0 where it is undefined."""
        counts = cpu_fast_path.cpu_tensor(self._counts)
        # Keras asks after each step that runs outside of a graph, and once more after the last.
        by_keras = str(sys._getframe(1).f_globals.get("__name__")).startswith("keras.")
        if not (self._now.running and by_keras):
            self._warn()
        self._now.running = False
        if counts is None:
            found = counters.as_floats(self._counts, self._sums if self._weighted else None)
            each = counters.values(self._plan, found, self._width, self._options, ops)
        else:
            found = self._numbers(counts)
            each = counters.values(self._plan, found, self._width, self._options, np)
            each = {want: cpu_fast_path.tensor(np.float32(a)) for want, a in each.items()}
        if len(each) == 1 and self._plan[0].kind != "per_class":
            return each[self._plan[0]]
        name = self._metric_args[2]
        by_key: dict[str, Any] = {}
        for want, value in each.items():
            key = want.key if name is None or name == want.key else f"{name}_{want.key}"
            if want.kind == "per_class":
                classes = self._options.names or range(self._width)
                by_key |= {f"{key}_{label}": value[i] for i, label in enumerate(classes)}
            else:
                by_key[key] = value
        return by_key

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
        counts = counters.as_counts(self._numbers(self._counts.value), self._width, self._options)
        return Scores(counts, self._options)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration from which Keras makes this metric anew."""
        metric, average, name = self._metric_args
        given = {option: getattr(self._options, option) for option in OPTIONS}
        given |= {"task": self._options.task, "classes": self._options.given_classes}
        given["top_k"] = self._options.given_top_k
        given = {key: list(a) if isinstance(a, tuple) else a for key, a in given.items()}
        return {"dtype": self.dtype, "metric": metric, "average": average, "name": name, **given}

    def __repr__(self) -> str:
        metric, average, name = self._metric_args
        return described(self, metric, self._options, average=average, name=name)

    def _numbers(self, counts: Any) -> Any:
        return counters.as_numbers(counts, self._sums.value if self._weighted else None)

    def _warn(self) -> None:
        """Tell once of rows that were counted as wrong; again only after an epoch without any."""
        if not self._is_running():
            return
        wrong = counters.miscounted(self._numbers(self._counts.value), self._width, self._options)
        if wrong and not self._now.warned:
            warnings.warn(f"{self.name}: {wrong}", stacklevel=3)
        self._now.warned = wrong is not None

    def _is_running(self) -> bool:
        """Return whether steps are taken one by one right now, and none is traced for a graph."""
        value = self._counts.value
        if BACKEND == "tensorflow":
            import tensorflow as tf

            return bool(tf.executing_eagerly())
        if BACKEND == "jax":
            import jax

            return not isinstance(value, jax.core.Tracer)
        import torch

        return value.device.type != "meta" and not torch.compiler.is_compiling()
