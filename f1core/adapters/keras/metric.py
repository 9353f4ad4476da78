"""ScoreMetric: the epoch's true score, out of counters inside the compiled step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ...counts import CELLS, PRED, TP, TRUE, Array, Counts
from ...errors import F1Error, one_of
from ...foreign import to_numpy
from ...options import make_options
from ...scores import LOSSES, Scores
from .deciding import NARROW, decide, rows_of
from .reading import planned, value

OPTIONS = (
    "threshold", "top_k", "from_logits", "ignore_index", "average_over", "zero_division", "beta",
)  # fmt: skip
ROWS, RIGHT, WRONG = range(3)  # what a multilabel task counts beside four sums a label
_LOW_BITS = 16  # of a count that is two limbs, where there is no int64


@keras.saving.register_keras_serializable("f1core")
class ScoreMetric(keras.metrics.Metric):  # type: ignore[misc]
    """F1, or any other metric of `Scores.to_dict`, for `compile(metrics=[…])`.

    Steps only count, and the epoch's end divides, so the value is that of all rows at once; it is
    never NaN. Counters are exact integers, up to 2^46 of anything. With `weighted_metrics=` the
    weights are added in float32, with the lost digits kept beside, so that long epochs lose none.
    What `score` would refuse is counted as wrong, and `scores()` refuses it.

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
        threshold, top_k, from_logits, ignore_index, average_over, zero_division and beta, as
        `f1core.score` has them.

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
        for option in options:
            if option not in OPTIONS:
                raise F1Error(one_of("option", option, OPTIONS))
        self._options = make_options(task, classes=classes, **options)
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
        self._direction = "down" if self._plan[0][1] in LOSSES else "up"
        size = (CELLS + 1) * width + (WRONG + 1) * (task == "multilabel")
        dtype = "int32" if NARROW else "int64"
        self._counts = self.add_variable((1 + NARROW, size), "zeros", dtype, name="counts")
        self._sums = self.add_variable((2, size), "zeros", "float32", name="weight_sums")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a step: see `deciding.decide` for the shapes."""
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        four = decide(y_true, y_pred, self._options, self._width)
        weight = None if sample_weight is None else rows_of(sample_weight, y_pred, self._options)
        found = ops.reshape(_total(ops.stack(four), weight), (-1,))
        if self._options.task == "multilabel":
            hit, pred, true, kept = four
            here = ops.any(kept, axis=-1)
            right = here & ~ops.any((pred | true) & ~hit, axis=-1)
            flags = ops.stack([here, right, ops.any(pred & true & ~hit, axis=-1)])
            found = ops.concatenate([found, _total(flags[..., None], weight)[:, 0]])
        if weight is not None:
            self._weighted = True
            self._sums.assign(_kept_whole(self._sums[0], self._sums[1], found))
        elif not NARROW:
            self._counts.assign(self._counts + ops.cast(found, "int64"))
        else:
            low = self._counts[0] + found
            high = self._counts[1] + ops.right_shift(low, _LOW_BITS)
            self._counts.assign(ops.stack([low & ((1 << _LOW_BITS) - 1), high]))

    def result(self) -> Any:
        """The value so far, or a dict of values by key; 0.0 where it is undefined."""
        at_hand = _is_at_hand(self._counts)
        xp: Any = np if at_hand else ops
        parts = _numpy(self._counts) if at_hand else ops.cast(self._counts, "float32")
        found = parts[0] if not NARROW else parts[0] + 2.0**_LOW_BITS * parts[1]
        if self._weighted:
            lost = _numpy(self._sums).astype(np.float64) if at_hand else self._sums
            found = found + lost[0] + lost[1]
        sums = [found[row * self._width : (row + 1) * self._width] for row in range(CELLS + 1)]
        rows, right = sums[CELLS][0], xp.sum(sums[TP])
        if self._options.task == "multilabel":
            rows, right = found[-3 + ROWS], found[-3 + RIGHT]
        values = {want: value(want, sums, rows, right, self._options, xp) for want in self._plan}
        if at_hand:
            values = {want: ops.convert_to_tensor(each, "float32") for want, each in values.items()}
        if len(values) == 1 and self._plan[0].kind != "per_class":
            return values[self._plan[0]]
        return self._by_key(values)

    def scores(self) -> Scores:
        """Everything that follows from the counts of the epoch so far, as `f1core.Scores`.

        Raises
        ------
        F1Error
            If there are no rows, or some hold what cannot be counted.
        """
        parts = _numpy(self._counts).astype(np.int64)
        found: Array = parts[0] + ((parts[1] << _LOW_BITS) if NARROW else 0)
        if self._weighted:
            found = found + _numpy(self._sums).astype(np.float64).sum(axis=0)
        sums = found[: (CELLS + 1) * self._width].reshape(CELLS + 1, self._width)
        if self._options.task == "multilabel":
            rows = found[-3:]
            _refuse(rows[WRONG], rows[ROWS], "a target other than 0 and 1, or a score")
            return Scores(Counts(self._width, sums=sums, rows=rows[:WRONG]), self._options)
        n = sums[CELLS, 0]
        _refuse(n - sums[TRUE].sum(), n, "a target that is no class (or not one-hot)")
        _refuse(self._options.top_k * n - sums[PRED].sum(), n, "a score")
        return Scores(Counts(self._width, sums=sums[:CELLS]), self._options)

    def get_config(self) -> dict[str, Any]:
        """What makes the same metric anew."""
        metric, average, name = self._asked
        given = {option: getattr(self._options, option) for option in OPTIONS}
        classes = self._options.names or self._options.n_classes
        asked = {"metric": metric, "average": average, "name": name}
        given |= {"task": self._options.task, "classes": classes}
        return {"dtype": self.dtype, **asked, **{k: _plain(v) for k, v in given.items()}}

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


def _is_at_hand(variable: Any) -> bool:
    """Whether NumPy may compute the result: torch runs no graph, and Keras asks at every step."""
    if keras.backend.backend() != "torch":
        return False
    import torch

    return variable.value.device.type == "cpu" and not torch.compiler.is_compiling()


def _total(flags: Any, weight: Any) -> Any:
    """(k, n, C) booleans summed over rows: int32, or float32 with weights (n, 1)."""
    return ops.sum(flags if weight is None else ops.where(flags, weight, 0.0), axis=1)


def _kept_whole(high: Any, low: Any, more: Any) -> Any:
    """Knuth's two-sum: what float32 drops from high + more goes into low."""
    both = high + more
    part = both - high
    return ops.stack([both, low + ((high - (both - part)) + (more - part))])


def _refuse(wrong: Any, rows: Any, what: str) -> None:
    if wrong > 1e-6 * rows:  # weights round
        raise F1Error(
            f"{wrong:g} of {rows:g} rows hold {what} that is NaN or outside [0, 1] "
            "(logits need from_logits=True)"
        )


def _numpy(variable: Any) -> Array:
    return to_numpy(ops.convert_to_tensor(variable), "counts")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
