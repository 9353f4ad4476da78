"""SpanCounts: the spans of each type, averaged and warned of as seqeval does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...averages import CLASS_AVERAGES
from ...count_layout import PRED, TRUE
from ...counts import Array
from ...errors import F1Error, one_of, shown
from ...options import make_options
from ...scores import Scores
from . import spans
from .meter import counted
from .schemes import detected, reading
from .warn import warn, warn_undefined, warn_unknown_tags

WARN_FOR = ("precision", "recall", "f-score")
_AVERAGES = (None, *CLASS_AVERAGES)


class SpanCounts:
    """Sums of the types of spans that occur, and what seqeval makes of them."""

    def __init__(
        self,
        y_true: Any,
        y_pred: Any,
        spans_read: str | None,
        beta: float,
        zero_division: Any,
        sample_weight: Any,
        suffix: bool = False,
    ) -> None:
        known = isinstance(zero_division, (int, float)) and zero_division in (0, 1)
        if zero_division != "warn" and not known:
            raise F1Error(f"zero_division is {shown(zero_division)}; use 'warn', 0 or 1")
        if sample_weight is not None:
            warn("sample_weight changes nothing, as in seqeval; ScoreMeter.update weighs sentences")
        self._warns = zero_division == "warn"
        self._undefined = 0.0 if self._warns else float(zero_division)
        sentences = spans.read(y_true, y_pred)
        if not len(sentences.lengths):
            raise spans.NotNested("y_true and y_pred are empty: there are no sentences to score")
        if spans_read is None:
            occur = spans.occurring(sentences.tags, sentences.true)
            spans_read = reading(True, detected(occur, suffix), suffix)
        options = make_options(
            "multiclass", beta=beta, zero_division=self._undefined, spans=spans_read
        )
        self._beta = options.beta
        rows = spans.rows_of(sentences, spans_read)
        warn_unknown_tags(sentences.tags, spans_read)
        self._scores: Scores | None = None
        self.names: list[str] = []
        self._sums: Array = np.zeros((3, 0), np.int64)
        if len(rows.true):
            _, counts = counted(rows, options)
            self._scores = Scores(counts, options)
            self.names = self._scores.classes
            self._sums = self._scores._counts.per_class[:, :-1]

    def averaged(self, average: Any, warn_for: tuple[str, ...]) -> tuple[Any, Any, Any, Any]:
        """Precision, recall, F-beta and support; warns of what is 0/0."""
        if average not in _AVERAGES:
            raise F1Error(one_of("average", average, _AVERAGES))
        sums = self._sums.sum(axis=1, keepdims=True) if average == "micro" else self._sums
        if self._warns:
            self._warn(sums[PRED], sums[TRUE], warn_for)
        support = sums[TRUE].copy() if average is None else sums[TRUE].sum()
        ratios: Any
        if self._scores is not None:
            of = self._scores.micro if average == "micro" else self._scores.per_class
            precision, recall = np.atleast_1d(of.precision), np.atleast_1d(of.recall)
            each = precision, recall, self._fbeta(precision, recall)
            weights = sums[TRUE] if average == "weighted" and sums[TRUE].any() else None
            # Rounded as seqeval's own: f1core's means have a place more, for no span.
            ratios = each if average is None else (np.average(x, weights=weights) for x in each)
        elif average is None:
            ratios = (np.zeros(0),) * 3
        elif average == "macro":
            warn("Mean of empty slice.", RuntimeWarning)
            ratios = (np.float64("nan"),) * 3
        else:
            ratios = (np.float64(self._undefined),) * 3
        return (*ratios, support)

    def _fbeta(self, precision: Array, recall: Array) -> Array:
        """F-beta as seqeval rounds it, of precision and recall: .75 may be .7499999999999999.

        Its reports show such a number in another last digit than `Scores.fbeta`, one fraction.
        """
        if math.isinf(self._beta):
            return recall
        square = self._beta**2
        under = square * precision + recall
        found: Array = (1 + square) * precision * recall / np.where(under == 0, 1.0, under)
        return found

    def _warn(self, pred: Array, true: Array, warn_for: tuple[str, ...]) -> None:
        if warn_for == ("f-score",):
            if ((pred == 0) & (true == 0)).any():
                warn_undefined("F-score is", "true nor predicted", len(true))
            return
        for name, sums, modifier in (("precision", pred, "predicted"), ("recall", true, "true")):
            if name in warn_for and (sums == 0).any():
                more = " and F-score are" if "f-score" in warn_for else " is"
                warn_undefined(f"{name.title()}{more}", modifier, len(true))
