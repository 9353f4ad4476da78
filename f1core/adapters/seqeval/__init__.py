"""seqeval's functions on tags of tokens, and `ScoreMeter`: spans as counts that add up.

Functions have the signatures and numbers of seqeval 1.2.2, whose names can be swapped for these:
`from f1core.adapters.seqeval import f1_score, classification_report, IOB2`. seqeval itself is not
needed. A span is right if its start, its end and its type are. Each span that the truth or the
prediction has is a row of a confusion matrix, whose last class is "no span"; so averages, merges,
states on disk and intervals are those of all other counts.
"""

from __future__ import annotations

from .functions import (
    accuracy_score,
    classification_report,
    f1_score,
    get_entities,
    performance_measure,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
)
from .meter import ScoreMeter

IOB1, IOB2, IOE1, IOE2, IOBES, BILOU = "IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BILOU"

__all__ = [
    "BILOU",
    "IOB1",
    "IOB2",
    "IOBES",
    "IOE1",
    "IOE2",
    "ScoreMeter",
    "accuracy_score",
    "classification_report",
    "f1_score",
    "get_entities",
    "performance_measure",
    "precision_recall_fscore_support",
    "precision_score",
    "recall_score",
]
