"""ScoreCallback: the validation rows predicted once more at an epoch's end, and scored whole."""

from __future__ import annotations

import sys
from collections.abc import Container
from typing import Any

import keras
import numpy as np

from ...accumulator import Accumulator
from ...errors import F1Error, one_of, parameters_of, refuse_unknown
from ...option_types import AverageName, CountOptions, Task, Unpack
from ...option_values import whole, word
from ...scores import Scores
from ...thresholds.best import Best
from ..hooks import HEADLINES, as_logs, average_of, refuse_idle_unknown
from ..kept_scores import KeptScores, wants_best
from .validation import Batches, Predictor, rows_of

_OPTIONS = parameters_of(Accumulator)


class ScoreCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Puts `val_f1`, `val_precision` and `val_recall` into the logs, as plain floats.

    Callbacks see the keys if they are listed after this one; say mode="max" there, since Keras
    cannot know the direction of a key that is no compiled metric's. Predictions are counted batch
    by batch and dropped; steps that a layer masks (`Embedding(mask_zero=True)`) count nowhere.
    `scores` holds everything else about the last epoch.

    Parameters
    ----------
    x
        Arrays (also a list or dict of them); a PyDataset, tf.data.Dataset, torch DataLoader or
        other iterable of batches (x, y) or (x, y, sample_weight); or a function without
        arguments that makes a generator of batches.
    y, sample_weight
        Targets and weights for arrays; the others hold their own.
    task, classes, **options
        As `f1core.Accumulator` has them. threshold="best" cuts each epoch's rows by the best of all
        thresholds, which the logs hold as `val_threshold`, of labels or classes as
        `val_threshold_cat`, and `best` in full. The epoch's scores are kept for it, 5 bytes each
        for float32; `bins=4096` keeps counts instead, and cuts by the best of so many edges.
        `shared=True` is one threshold for all labels.
    average
        Of F1, precision and recall: the positive class of a binary task, else "macro". The best
        threshold is that of its F-beta.
    per_class
        Whether each class has keys of its own too: "val_recall_cat".
    prefix
        What the keys begin with.
    output
        The name of the output to score, where there are several: "val_<output>_f1".
    batch_size, steps
        Rows at a time for arrays; how many batches, where a dataset has no end.
    validation_freq
        Every how many epochs, or which epochs (counted from 1), as in `fit`.

    Raises
    ------
    F1Error
        If options or data do not fit; when training starts, if a callback that monitors one of
        the keys would not see it, or would take less for better where more is.

    Examples
    --------
    >>> import numpy as np
    >>> x, y = np.array([[-1.0], [-2.0], [3.0]]), np.array([0, 0, 1])
    >>> model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
    >>> model.compile("sgd", "binary_crossentropy")
    >>> history = model.fit(x, y, verbose=0, callbacks=[ScoreCallback(x, y, task="binary")])
    >>> sorted(history.history)
    ['loss', 'val_f1', 'val_precision', 'val_recall']
    """

    scores: Scores
    best: Best

    def __init__(
        self,
        x: Any,
        y: Any = None,
        *,
        task: Task,
        classes: Any = None,
        sample_weight: Any = None,
        average: AverageName | None = None,
        per_class: bool = False,
        prefix: str = "val_",
        output: str | None = None,
        batch_size: int = 32,
        steps: int | None = None,
        validation_freq: int | Container[int] = 1,
        **options: Unpack[CountOptions],
    ) -> None:
        super().__init__()
        average_of(task, average)
        total: Accumulator | KeptScores
        if wants_best(options.get("threshold")):
            del options["threshold"]
            total = KeptScores(task, classes=classes, average=average, **options)
        else:
            refuse_unknown(options, ("task", "classes", *_OPTIONS), "ScoreCallback")
            total = Accumulator(task, classes=classes, **options)
            refuse_idle_unknown(total.options, "a model")
        self._total = total
        self._batches = Batches(x, y, sample_weight, batch_size, steps)
        self._average, self._per_class, self._output = average, per_class, output
        prefix = word("prefix", prefix)
        self._prefix = prefix if output is None else f"{prefix}{output}_"
        which = isinstance(validation_freq, Container) and not isinstance(
            validation_freq, (str, bytes)
        )
        self._freq: Any = validation_freq if which else whole("validation_freq", validation_freq)
        self._predictor: Predictor | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Look at the other callbacks before the first epoch is spent."""
        ahead = True
        for other in _listed():
            monitor, mode = getattr(other, "monitor", None), getattr(other, "mode", None)
            if other is self:
                ahead = False
            elif ahead and (self._adds(monitor) or self._cuts(monitor)):
                raise F1Error(
                    f"{type(other).__name__} monitors {monitor!r} and is listed ahead of the "
                    "ScoreCallback that adds it, so it would never see it: list ScoreCallback first"
                )
            elif self._adds(monitor) and (
                mode in ("auto", "min") or getattr(other, "monitor_op", None) is np.less
            ):
                how = f"with mode={mode!r}" if mode else "and takes less for better"  # Keras 3.9
                raise F1Error(
                    f"{type(other).__name__} monitors {monitor!r} {how}: say mode='max', since "
                    "Keras cannot tell that more is better"
                )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Predict, count and tell."""
        freq = self._freq
        if not ((epoch + 1) % freq == 0 if isinstance(freq, int) else epoch + 1 in freq):
            return
        self._total.reset()
        for x, *given in self._batches:
            if self._predictor is None or self._predictor.model is not self.model:
                self._predictor = Predictor(self.model, x)
            y_pred, mask = self._predictor(x)
            y, weight, mask, pred = (self._part(a, y_pred) for a in (*given, mask, y_pred))
            y_true, pred, weight = rows_of(y, pred, weight, mask)
            self._total.update(y_true, pred, sample_weight=weight)
        self.scores = self._total.compute()
        found = as_logs(self.scores, self._average, per_class=self._per_class, prefix=self._prefix)
        if isinstance(self._total, KeptScores):
            assert self._total.best is not None
            self.best = self._total.best
            at, key = np.asarray(self.best.threshold), f"{self._prefix}threshold"
            each = zip(self.scores.classes, at.tolist(), strict=True) if at.ndim else ()
            found |= {f"{key}_{name}": cut for name, cut in each} or {key: float(at)}
        if logs is not None:
            logs.update(found)

    def _cuts(self, key: Any) -> bool:
        """Return whether a key is that of a threshold, of which neither more nor less is better."""
        head = f"{self._prefix}threshold"
        if not isinstance(key, str) or not isinstance(self._total, KeptScores):
            return False
        return key == head if self._total.one else key.startswith(f"{head}_")

    def _adds(self, key: Any) -> bool:
        """Return whether a key of the logs is one of the metrics added here."""
        heads = [f"{self._prefix}{ratio}" for ratio in HEADLINES]
        if not isinstance(key, str):
            return False
        return key in heads or (self._per_class and key.startswith(tuple(f"{h}_" for h in heads)))

    def _part(self, value: Any, y_pred: Any) -> Any:
        """Pick the part of some nested data that belongs to the output that is scored."""
        if not isinstance(y_pred, (dict, list, tuple)):
            return value
        names = list(y_pred) if isinstance(y_pred, dict) else list(self.model.output_names)
        if self._output not in names:
            raise F1Error(one_of("output", self._output, names))
        if isinstance(value, dict):
            return value[self._output]
        return value[names.index(self._output)] if isinstance(value, (list, tuple)) else value


def _listed() -> list[Any]:
    """Find the list of all callbacks of this training, which alone knows them, in order."""
    frame = sys._getframe(1)
    while frame is not None:
        caller = frame.f_locals.get("self")
        if isinstance(caller, keras.callbacks.CallbackList):
            return list(caller.callbacks)
        frame = frame.f_back  # type: ignore[assignment]
    return []
