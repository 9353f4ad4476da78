"""SpanMetrics: spans of token classification for Transformers' Trainer, -100 left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import option_values
from ..arrays import is_floating, to_numpy, widened
from ..counts import Array
from ..errors import F1Error, parameters_of, refuse_unknown, shape_words, shown
from ..scores import Scores
from .hooks import average_of
from .seqeval import ScoreMeter
from .seqeval.spans import Sentences, Tags, refuse_letters, taken_apart
from .seqeval.warn import warn_unknown_tags
from .transformers import ComputeMetrics, _on_device

_IDLE = ("classes", "resamples", "seed")  # labels name the types, and a log needs no interval
_OPTIONS = tuple(name for name in parameters_of(ScoreMeter) if name not in _IDLE)
_SHAPES = "they are (n, T, C) logits or (n, T) ids, and (n, T) ids"


class SpanMetrics(ComputeMetrics):
    """Function for the Trainer: each sequence is a sentence, ids are places among the tags."""

    def __init__(
        self,
        labels: Any,
        average: str | None,
        per_class: bool,
        output: int,
        ignore_index: Any,
        options: dict[str, Any],
    ) -> None:
        average_of("spans", average)
        refuse_unknown(options, ("average", "per_class", "output", *_OPTIONS), "spans")
        self._ignored = option_values.ignored(ignore_index)
        if self._ignored is not None and not isinstance(self._ignored, int):
            raise F1Error(f"ignore_index is {shown(ignore_index)}; give an id, such as -100")
        self._listed = _tags(labels)
        reads = str(ScoreMeter(**options).options.spans)
        refuse_letters(self._listed, reads, "labels")
        warn_unknown_tags(self._listed, reads)
        self._tags: Tags = taken_apart([*self._listed, "O"], reads)
        if not self._tags.named:
            raise F1Error(f"labels is {shown(labels)}, which has no tag of a span, as 'B-PER' is")
        meter = ScoreMeter(self._tags.named, **options)
        super().__init__(meter, average, per_class, output, False)
        self._right, self._tokens = 0, 0

    def reset(self) -> None:
        """Forget the batches of an evaluation that did not reach its end."""
        self._right, self._tokens = 0, 0
        super().reset()

    def _accuracy(self, scores: Scores) -> float:
        return self._right / self._tokens

    def _add(self, pred: Any, true: Any) -> None:
        if _on_device(pred) and pred.ndim == 3 and pred.shape[-1] == len(self._listed):
            # Ids alone leave the device; NaN is the largest to torch too, and no place.
            pred = pred.argmax(-1).where(~pred.isnan().any(-1), -1)
        pred, true = to_numpy(pred, "predictions"), to_numpy(true, "label_ids")
        if true.ndim != 2 or pred.shape[:2] != true.shape or pred.ndim > 3:
            raise F1Error(
                f"predictions are {shape_words(pred)} and label_ids {shape_words(true)}: {_SHAPES}"
            )
        if true.dtype.kind not in "iu" or (pred.ndim == 2 and pred.dtype.kind not in "iu"):
            wrong = "label_ids" if true.dtype.kind not in "iu" else "predictions"
            raise F1Error(f"{wrong} hold numbers with a fraction: {_SHAPES}")
        kept = np.ones(true.shape, bool) if self._ignored is None else true != self._ignored
        truth, found = true[kept], self._ids(pred, kept)
        self._refuse_outside(truth, "label_ids", kept)
        self._refuse_outside(found, "predictions", kept)
        lengths = kept.sum(axis=1)
        self._counts._add_rows(Sentences(lengths, truth, found, self._listed), self._tags)
        self._right += int((truth == found).sum())
        self._tokens += len(truth)

    def _ids(self, pred: Array, kept: Array) -> Array:
        """(k,) predicted ids of the tokens that count; -1 where a logit is NaN."""
        if pred.ndim == 2:
            return pred[kept]
        if pred.shape[-1] != len(self._listed):
            raise F1Error(
                f"predictions have {pred.shape[-1]} columns, labels names {len(self._listed)} tags"
            )
        scores = widened(pred[kept])
        ids: Array = scores.argmax(axis=1)
        if is_floating(scores.dtype):
            ids[np.isnan(scores).any(axis=1)] = -1
        return ids

    def _refuse_outside(self, ids: Array, name: str, kept: Array) -> None:
        wrong = (ids < 0) | (ids >= len(self._listed))
        if wrong.any():
            row, place = (int(each[wrong.argmax()]) for each in np.nonzero(kept))
            value = int(ids[wrong.argmax()])
            what = "NaN, or the id -1," if value == -1 and name == "predictions" else str(value)
            raise F1Error(
                f"{name} hold {what} at row {row}, token {place}; labels names the ids 0 to "
                f"{len(self._listed) - 1}"
            )


def _tags(labels: Any) -> list[str]:
    """Tags in the order of their ids."""
    if labels is None:
        raise F1Error("labels is None; task='spans' needs the tags of the ids: ['O', 'B-PER', …]")
    try:
        names, _ = option_values.classes(labels)
    except F1Error as error:
        raise F1Error(str(error).replace("classes", "labels")) from None
    if names is None or not all(isinstance(name, str) and name for name in names):
        raise F1Error(f"labels is {shown(labels)}; give tags in the order of their ids, as text")
    return list(names)
