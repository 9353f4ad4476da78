"""Rows of files as commands ask for them, and the task that they are told."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .. import files
from ..discover import task_of
from ..errors import F1Error
from ..io.rows import Rows
from ..option_types import Task
from ..options import make_options

if TYPE_CHECKING:
    from ..thresholds import BinnedThresholds

READING = (
    "target", "probabilities", "classes", "text_labels", "empty_labels", "pos_label", "ignore_index"
)  # fmt: skip


def read_rows(parsed: argparse.Namespace) -> Rows:
    """Read all rows of the files, with the options that say what their labels mean."""
    given = {name: getattr(parsed, name) for name in READING}
    if getattr(parsed, "unknown", "error") != "error":  # which no threshold has
        given["unknown"] = parsed.unknown
    given["sample_weight"] = getattr(parsed, "sample_weight", None)
    given["task"] = parsed.task
    if getattr(parsed, "from_logits", False):  # which say that a column holds scores
        given["from_logits"] = True
    if getattr(parsed, "average_over", None) is not None:  # labels, of the columns' type
        given["average_over"] = parsed.average_over
    return files.read(parsed.paths, **given)


def ranked_task(rows: Rows, task: Task | None) -> Task | None:
    """Choose the task for `curve`: of several columns the one that `score` would find."""
    if task is not None or rows.scores.ndim == 1 or rows.scores.shape[1] == 1:
        return task
    return task_of(rows.true, rows.scores, make_options(), True)


def read_binned(parsed: argparse.Namespace, calibration: bool) -> BinnedThresholds:
    """Count the files in bins, a batch of rows at a time."""
    for name in ("from_logits", "one_vs_one"):
        if getattr(parsed, name, False):
            raise F1Error(f"{name}=True needs all rows at once: leave out --streamed")
    given = {name: getattr(parsed, name) for name in (*READING, "task")}
    return files.binned(parsed.paths, bins=parsed.streamed, calibration=calibration, **given)
