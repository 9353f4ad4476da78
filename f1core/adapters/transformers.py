"""F1 and its kin for Hugging Face's Trainer: `Trainer(compute_metrics=…)`.

Transformers itself is not imported here. What to know of its Trainer:

- `metric_for_best_model="f1"` finds "eval_f1", and more is better by itself.
- It hands over logits, which are not probabilities: `from_logits` is True unless you say otherwise,
  as for a model or a `preprocess_logits_for_metrics` that ends in a sigmoid.
- It keeps every logit of the evaluation set until its end. With `batch_eval_metrics=True` it keeps
  none, and the same function adds up integers, batch by batch: on a GPU it counts there, and only
  the counts leave it, with the last batch, which also says what was refused. Or let
  `preprocess_logits_for_metrics=lambda logits, labels: logits.argmax(-1)` keep class ids alone:
  counted on a GPU where classes= says how many there are.
- Labels of −100, its padding, count nowhere.
- Of token classification, task="spans" with labels=model.config.id2label counts the spans of each
  sequence as seqeval does, and task="multiclass" its tokens.
- A batch-wise evaluation that was interrupted leaves counts behind: call `reset()`.
"""

from __future__ import annotations

import math
import sys
from typing import Any, Literal

import numpy as np

from ..accumulator import Accumulator
from ..arrays import to_numpy
from ..errors import F1Error, parameters_of, refuse_unknown, shape_words, shown
from ..option_types import AverageName, Task
from ..option_values import flag, whole
from ..scores import Scores
from .hooks import as_logs, average_of, monitored, positive, refuse_factory

_IDLE = ("resamples", "seed")  # which no number of a Trainer's log needs
_OPTIONS = tuple(name for name in parameters_of(Accumulator) if name not in _IDLE)


@refuse_factory
def make_compute_metrics(
    *,
    task: Task | Literal["spans"],
    classes: Any = None,
    average: AverageName | None = None,
    per_class: bool = False,
    output: int = 0,
    from_logits: bool = True,
    ignore_index: Any = -100,
    labels: Any = None,
    **options: Any,
) -> ComputeMetrics:
    """A `compute_metrics` that returns floats "f1", "precision", "recall" and "accuracy".

    With unknown="miss", for class ids, also "unknown": how many predict no class.

    It reads (n, C) logits or (n,) class ids, per token (n, T, C) or (n, T), with labels of any
    padding; of a binary task (n,), (n, 1), or (n, 2) logits of both classes.

    Parameters
    ----------
    task
        "binary", "multiclass" (of tokens too), "multilabel", or "spans" of tokens' tags.
    average
        "micro", "macro", "weighted" or "samples"; by default a binary task's positive class, of
        spans "micro" as in seqeval, else "macro". The keys stay the same.
    per_class
        Also each class by itself: "f1_cat", "recall_2".
    output
        Which one, where the model returns several predictions (or the labels are several).
    labels
        Of spans: the tags in the order of their ids, or a model's id2label or label2id. "accuracy"
        is then that of tokens.
    classes, from_logits, ignore_index, options
        Those of `f1core.score`; of spans the options are those of `adapters.seqeval.ScoreMeter`.

    Raises
    ------
    F1Error
        For an unknown task, average or option value, at once.

    Examples
    --------
    >>> import numpy as np
    >>> from f1core.adapters.transformers import make_compute_metrics
    >>> compute_metrics = make_compute_metrics(task="binary")
    >>> compute_metrics((np.array([[2.0, -1.0], [0.5, 0.9]]), np.array([0, 1])))["f1"]
    1.0
    """
    from_logits, per_class = flag("from_logits", from_logits), flag("per_class", per_class)
    if isinstance(task, str) and task == "spans":
        from .transformers_spans import SpanMetrics

        if classes is not None:
            raise F1Error("classes is not for spans: labels=[…] names the tags of the ids")
        output = whole("output", output, 0)
        return SpanMetrics(labels, average, per_class, output, ignore_index, options)
    if labels is not None:
        raise F1Error(f"labels is for task='spans', the task is {shown(task)}: classes=[…] names")
    average_of(task, average)  # whether they go together
    # Where there is a threshold to move.
    logits = from_logits and (task != "multiclass" or np.ndim(options.get("threshold", 0.5)) > 0)
    known = ("average", "per_class", "output", *_OPTIONS)
    refuse_unknown(options, known, "make_compute_metrics")
    counts = Accumulator(
        task, classes=classes, from_logits=logits, ignore_index=ignore_index, **options
    )
    return ComputeMetrics(counts, average, per_class, whole("output", output, 0), logits)


class ComputeMetrics:
    """Function for the Trainer, made by `make_compute_metrics`; it can be pickled."""

    def __init__(
        self, counts: Any, average: str | None, per_class: bool, output: int, logits: bool
    ) -> None:
        self._counts, self._average, self._per_class = counts, average, per_class
        self._output, self._logits = output, logits
        self._there: Any = None  # DeviceBatches, once there are tensors on a device

    def __getstate__(self) -> dict[str, Any]:
        if self._there is not None:
            self._there.settle()
        return self.__dict__ | {"_there": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({"_there": None} | state)

    def __call__(self, prediction: Any, compute_result: bool | None = None) -> dict[str, float]:
        """The metrics of a whole evaluation; batch by batch, those of all batches at the last.

        A refusal forgets what was counted.
        """
        if compute_result is None:
            self.reset()
        try:
            self._update(*_pair(prediction))
            if compute_result is False:
                return {}
            if self._there is not None:
                self._there.settle()
            scores = self._counts.compute()
        except Exception:
            self.reset()
            raise
        found = as_logs(scores, self._average, per_class=self._per_class)
        found["accuracy"] = monitored(self._accuracy(scores))
        if self._counts.options.counts_unknown:
            found["unknown"] = scores.metric("unknown")
        self.reset()
        return found

    def _accuracy(self, scores: Scores) -> float:
        return scores.accuracy

    def reset(self) -> None:
        """Forget the batches of an evaluation that did not reach its end."""
        self._counts.reset()
        if self._there is not None:
            self._there.reset()

    def _update(self, predictions: Any, labels: Any) -> None:
        if isinstance(predictions, list):  # of batches, with eval_do_concat_batches=False
            if not isinstance(labels, (list, tuple)) or len(labels) != len(predictions):
                raise F1Error("predictions are a list of batches, label_ids are not as many")
            for batch in zip(predictions, labels, strict=True):
                self._update(*batch)
            return
        if not isinstance(predictions, tuple):
            predictions = (predictions,)
        if self._output >= len(predictions):
            raise F1Error(f"output is {self._output}, the model returns {len(predictions)}")
        pred = predictions[self._output]
        true = labels[self._output] if isinstance(labels, tuple) else labels
        self._add(pred, true)

    def _add(self, pred: Any, true: Any) -> None:
        """Add one output of a batch, or of a whole evaluation."""
        task, options = self._counts.task, self._counts.options
        # A model's scores are of label 1.
        turned = options.pos_label == 0 or (options.names and options.pos_label is not None)
        turned = task == "binary" and bool(turned)
        if _on_device(pred):
            from .transformers_devices import DeviceBatches

            if self._there is None:
                self._there = DeviceBatches(self._counts, self._logits, turned)
            self._there.add(*_rows(pred, true, task))
            return
        pred, true = to_numpy(pred, "predictions"), to_numpy(true, "label_ids")
        pred, true = _rows(pred, true, task)
        if task == "binary":
            pred = positive(pred, self._logits)
        flags = self._logits and pred.dtype.kind in "iub" and options.threshold == 0.5
        if flags and ((pred == 0) | (pred == 1)).all():  # decided by preprocess_logits_for_metrics
            pred = np.where(pred == 1, np.inf, -np.inf)
        if turned:
            pred = -pred if self._logits else 1 - pred
        self._counts.update(true, pred)


def _on_device(pred: Any) -> bool:
    """Return whether predictions are a tensor that is counted where it lies."""
    if "torch" not in sys.modules:
        return False
    from ..device.torch_reader import is_on_device

    return is_on_device(pred)


def _pair(prediction: Any) -> tuple[Any, Any]:
    """Predictions and label ids out of what the Trainer hands over, or of one batch of it."""
    try:
        predictions, labels = list(prediction)[:2]
    except Exception:  # too few, or whatever the object raises
        raise F1Error(
            f"the argument is {shown(prediction)}; it holds (predictions, label_ids)"
        ) from None
    return predictions, labels


def _rows(pred: Any, true: Any, task: str) -> tuple[Any, Any]:
    """Every token a row: (n, T, C) with (n, T) as (n T, C) with (n T,), of arrays or tensors."""
    if pred.ndim > 1 and pred.shape[-1] == 0:
        raise F1Error(f"predictions are {shape_words(pred)}; they have no columns")
    scores = pred.reshape(math.prod(pred.shape[:-1]), pred.shape[-1])
    if pred.shape[:-1] == true.shape:
        return scores, true.reshape(-1)
    columns = task == "multilabel" or (task == "multiclass" and not _whole(pred))
    if columns and pred.ndim == true.ndim > 1:  # one a label, or one-hot
        return scores, true.reshape(-1, true.shape[-1])
    if math.prod(pred.shape) == math.prod(true.shape) and (
        task != "binary" or pred.shape[1:] != (2,)
    ):
        return pred.reshape(-1), true.reshape(-1)
    raise F1Error(
        f"predictions are {shape_words(pred)} and label_ids {shape_words(true)}: they are "
        "(n, C) and (n,), of tokens (n, T, C) and (n, T), or class ids of the labels' shape"
    )


def _whole(pred: Any) -> bool:
    """Return whether an array or a tensor holds whole numbers."""
    kind = getattr(pred.dtype, "kind", None)
    if kind is not None:
        return kind in "iu"
    return not pred.is_floating_point() and str(pred.dtype) != "torch.bool"
