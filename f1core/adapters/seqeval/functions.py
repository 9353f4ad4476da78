"""seqeval 1.2.2's functions: its signatures, numbers and warnings, from one count."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...averages import CLASS_AVERAGES
from ...errors import F1Error
from ...option_values import flag, whole
from . import spans
from .averaging import WARN_FOR, SpanCounts
from .schemes import check_mode, reading
from .warn import warn, warn_unknown_tags

_COLUMNS = ("precision", "recall", "f1-score", "support")


def precision_recall_fscore_support(
    y_true: Any,
    y_pred: Any,
    *,
    average: str | None = None,
    warn_for: Any = WARN_FOR,
    beta: float = 1.0,
    sample_weight: Any = None,
    zero_division: Any = "warn",
    scheme: Any = None,
    suffix: bool = False,
) -> tuple[Any, Any, Any, Any]:
    """Precision, recall, F-beta and support of spans: of each type, sorted, or averaged.

    With a scheme in strict mode, as `seqeval.metrics.v1` has it. Other parameters are those of
    `f1_score`.

    Examples
    --------
    >>> from f1core.adapters.seqeval import precision_recall_fscore_support
    >>> y_true, y_pred = [["B-A", "B-B", "O", "B-A"]], [["O", "B-B", "B-C", "B-A"]]
    >>> p, r, f, support = precision_recall_fscore_support(y_true, y_pred, average="micro")
    >>> round(float(f), 4), int(support)
    (0.6667, 3)
    """
    spans_read = reading(scheme is not None, scheme, suffix)
    counts = SpanCounts(y_true, y_pred, spans_read, beta, zero_division, sample_weight)
    return counts.averaged(average, tuple(warn_for))


def f1_score(
    y_true: Any,
    y_pred: Any,
    *,
    average: str | None = "micro",
    suffix: bool = False,
    mode: str | None = None,
    sample_weight: Any = None,
    zero_division: Any = "warn",
    scheme: Any = None,
) -> Any:
    """F1 of spans, seqeval's.

    Parameters
    ----------
    y_true, y_pred
        Lists of sentences, each a list of tags, of the same lengths.
    average
        "micro", "macro", "weighted", or None for an array of each type, sorted.
    suffix
        The type comes first: "PER-B".
    mode, scheme
        With mode="strict" a scheme says which tags make a span: "IOB1", "IOB2", "IOE1", "IOE2",
        "IOBES" or "BILOU", or seqeval's class of that name. By default conlleval's rules hold, and
        one without the other changes nothing, as in seqeval; a warning says so.
    sample_weight
        Changes nothing, as in seqeval; a warning says so. `ScoreMeter.update` weighs sentences.
    zero_division
        What 0/0 is: 0 or 1; "warn" is 0 with a warning.

    Raises
    ------
    F1Error
        For what are no lists of tags, or tags that the scheme has not.

    Examples
    --------
    >>> from f1core.adapters.seqeval import f1_score
    >>> y_true = [["O", "B-PER", "I-PER"], ["B-LOC", "O"]]
    >>> y_pred = [["O", "B-PER", "O"], ["B-LOC", "O"]]
    >>> float(f1_score(y_true, y_pred))
    0.5
    """
    spans_read = _mode(mode, scheme, suffix)
    counts = SpanCounts(y_true, y_pred, spans_read, 1.0, zero_division, sample_weight)
    return counts.averaged(average, ("f-score",))[2]


def precision_score(
    y_true: Any,
    y_pred: Any,
    *,
    average: str | None = "micro",
    suffix: bool = False,
    mode: str | None = None,
    sample_weight: Any = None,
    zero_division: Any = "warn",
    scheme: Any = None,
) -> Any:
    """Precision of spans, seqeval's; parameters are those of `f1_score`.

    Examples
    --------
    >>> from f1core.adapters.seqeval import precision_score
    >>> float(precision_score([["B-PER", "O"]], [["B-PER", "B-LOC"]]))
    0.5
    """
    spans_read = _mode(mode, scheme, suffix)
    counts = SpanCounts(y_true, y_pred, spans_read, 1.0, zero_division, sample_weight)
    return counts.averaged(average, ("precision",))[0]


def recall_score(
    y_true: Any,
    y_pred: Any,
    *,
    average: str | None = "micro",
    suffix: bool = False,
    mode: str | None = None,
    sample_weight: Any = None,
    zero_division: Any = "warn",
    scheme: Any = None,
) -> Any:
    """Recall of spans, seqeval's; parameters are those of `f1_score`.

    Examples
    --------
    >>> from f1core.adapters.seqeval import recall_score
    >>> float(recall_score([["B-PER", "B-LOC"]], [["B-PER", "O"]]))
    0.5
    """
    spans_read = _mode(mode, scheme, suffix)
    counts = SpanCounts(y_true, y_pred, spans_read, 1.0, zero_division, sample_weight)
    return counts.averaged(average, ("recall",))[1]


def classification_report(
    y_true: Any,
    y_pred: Any,
    digits: int = 2,
    suffix: bool = False,
    output_dict: bool = False,
    mode: str | None = None,
    sample_weight: Any = None,
    zero_division: Any = "warn",
    scheme: Any = None,
) -> Any:
    """The ratios of each type of span as a text or a dict, seqeval's.

    With mode="strict" and no scheme it is found by the letters of `y_true`; other parameters are
    those of `f1_score`.

    Examples
    --------
    >>> from f1core.adapters.seqeval import classification_report
    >>> print(classification_report([["B-PER", "I-PER", "O"]], [["B-PER", "I-PER", "B-LOC"]],
    ...                             zero_division=0))
                  precision    recall  f1-score   support
    <BLANKLINE>
             LOC       0.00      0.00      0.00         0
             PER       1.00      1.00      1.00         1
    <BLANKLINE>
       micro avg       0.50      1.00      0.67         1
       macro avg       0.50      0.50      0.50         1
    weighted avg       1.00      1.00      1.00         1
    <BLANKLINE>
    """
    digits, as_dict = whole("digits", digits, 0), flag("output_dict", output_dict)
    found = None if check_mode(mode) and scheme is None else _mode(mode, scheme, suffix)
    counts = SpanCounts(y_true, y_pred, found, 1.0, zero_division, sample_weight, suffix)
    rows = list(zip(counts.names, *counts.averaged(None, WARN_FOR), strict=True))
    means = [(f"{kind} avg", *counts.averaged(kind, WARN_FOR)) for kind in CLASS_AVERAGES]
    if as_dict:
        return {name: dict(zip(_COLUMNS, row, strict=True)) for name, *row in [*rows, *means]}
    width = max(*map(len, counts.names), len("weighted avg"), digits)

    def line(name: str, *row: Any) -> str:
        ratios = "".join(f" {value:>9.{digits}f}" for value in row[:3])
        return f"{name:>{width}s} {ratios} {row[3]:>9}"

    head = " " * width + " " + "".join(f" {name:>9}" for name in _COLUMNS)
    listed = [head, "", *(line(*row) for row in rows), "", *(line(*row) for row in means), ""]
    return "\n".join(listed)


def get_entities(seq: Any, suffix: bool = False) -> list[tuple[str, int, int]]:
    """The spans of tags by conlleval's rules: (type, first token, last token), seqeval's.

    Sentences of a nested list are numbered end to end, with one more token after each.

    Examples
    --------
    >>> from f1core.adapters.seqeval import get_entities
    >>> get_entities(["B-PER", "I-PER", "O", "B-LOC"])
    [('PER', 0, 1), ('LOC', 3, 3)]
    """
    tags = list(seq)
    nested = tags if any(isinstance(each, list) for each in tags) else [tags]
    sentences = spans.read(nested, nested)
    reads = reading(False, None, suffix)
    warn_unknown_tags(sentences.tags, reads)
    apart = spans.taken_apart([*sentences.tags, "O"], reads)
    tokens = spans.spread(sentences.lengths, sentences.true, len(apart.letters) - 1)
    found = (each.tolist() for each in spans.find(tokens, apart, "default"))
    return [(apart.names[t], start - 1, stop - 2) for start, stop, t in zip(*found, strict=True)]


def accuracy_score(y_true: Any, y_pred: Any) -> float:
    """The share of tokens whose tags are the same, seqeval's; of sentences or of one list of tags.

    Raises
    ------
    F1Error
        If there are no tokens, or their numbers differ.

    Examples
    --------
    >>> from f1core.adapters.seqeval import accuracy_score
    >>> accuracy_score([["B-PER", "O"], ["O"]], [["B-PER", "O"], ["B-LOC"]])
    0.6666666666666666
    """
    true, pred = _tokens(y_true, y_pred)
    if not true:
        raise F1Error("there are no tokens to score")
    right: int = sum(map(operator.eq, true, pred))
    return right / len(true)


def performance_measure(y_true: Any, y_pred: Any) -> dict[str, int]:
    """TP, FP, FN and TN of tokens, where "O" is the negative tag, as seqeval counts them.

    A token with two different tags other than "O" is a false positive and no false negative.

    Examples
    --------
    >>> from f1core.adapters.seqeval import performance_measure
    >>> performance_measure([["B-PER", "O", "O"]], [["B-PER", "B-LOC", "O"]])
    {'TP': 1, 'FP': 1, 'FN': 0, 'TN': 1}
    """
    true, pred = _tokens(y_true, y_pred)
    same = sum(map(operator.eq, true, pred))
    both = list(zip(true, pred, strict=True)).count(("O", "O"))
    missed = pred.count("O") - both
    return {"TP": same - both, "FP": len(true) - same - missed, "FN": missed, "TN": both}


def _tokens(y_true: Any, y_pred: Any) -> tuple[list[str], list[str]]:
    """Tags end to end, of nested lists or flat ones."""
    sides = [
        [list(y)] if isinstance(y, (list, tuple)) and y and isinstance(y[0], str) else y
        for y in (y_true, y_pred)
    ]
    found = spans.read(*sides)
    listed = np.array(found.tags, object)
    return listed[found.true].tolist(), listed[found.pred].tolist()


def _mode(mode: Any, scheme: Any, suffix: Any) -> str:
    """Read scheme and mode; as in seqeval each does nothing without the other."""
    strict = check_mode(mode)
    if strict and scheme is None:
        warn("mode='strict' changes nothing without a scheme, as in seqeval: scheme='IOB2'")
    if scheme is not None and not strict:
        warn("scheme changes nothing without mode='strict', as in seqeval")
        reading(True, scheme, suffix)
    return reading(strict and scheme is not None, scheme, suffix)
