"""Sentences for the command line: its options instead of Python's arguments, and plain text."""

from __future__ import annotations

import re

from .errors import plain_text

# Arguments of `score` and their options.
_OPTIONS = {
    "task": "--task", "classes": "--classes", "threshold": "--threshold", "top_k": "--top-k",
    "from_logits": "--from-logits", "ignore_index": "--ignore-index", "pos_label": "--pos-label",
    "average_over": "--average-over", "zero_division": "--zero-division", "beta": "--beta",
    "sample_weight": "--sample-weight", "sample_id": "--id", "group": "--group",
    "target": "--target", "probabilities": "--probabilities", "y_true": "--target",
    "y_pred": "--probabilities", "y_prob": "--probabilities", "text_labels": "--text-labels",
    "empty_labels": "--empty-labels", "average": "--average", "shared": "--shared",
    "min_precision": "--min-precision", "min_recall": "--min-recall",
}  # fmt: skip
_NAMES = "|".join(_OPTIONS)
_LIST = re.compile(rf"\b({_NAMES})=[\[(]([^\])]*)[\])]")
_FLAG = re.compile(rf"\b({_NAMES})=True\b")
_VALUE = re.compile(rf"\b({_NAMES})='?([^\s,;:()']*)'?")
_SUBJECT = re.compile(
    rf"(?:(?<=: )|(?<=; )|(?<=and )|^)({_NAMES})"
    r"(?= (?:is|are|has|have|holds|hold|names|leaves?|mixes|needs|comes|cannot|as|at)\b)"
)


def spoken(error: object) -> str:
    """Write an error for somebody at a command line.

    Examples
    --------
    >>> from f1core.cli_wording import spoken
    >>> spoken("target holds strings: name the classes, classes=['no', 'yes'], or task='binary'")
    '--target holds strings: name the classes, --classes no,yes, or --task binary'
    """
    sentence = _LIST.sub(lambda at: f"{_OPTIONS[at[1]]} {_commas(at[2])}", str(error))
    sentence = _FLAG.sub(lambda at: _OPTIONS[at[1]], sentence)
    sentence = _VALUE.sub(lambda at: f"{_OPTIONS[at[1]]} {at[2]}".rstrip(), sentence)
    return plain_text(_SUBJECT.sub(lambda at: _OPTIONS[at[1]], sentence))


def _commas(entries: str) -> str:
    """A Python list as an option takes it: A,B."""
    return "A,B,…" if entries == "…" else ",".join(e.strip().strip("'") for e in entries.split(","))
