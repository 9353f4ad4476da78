"""binned(): bins of scores from files larger than memory, for thresholds, areas and calibration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from .discover import task_of
from .errors import F1Error, refuse_unknown
from .io.rows import ChosenBatch, cast_words, locate_errors, process_batches
from .io.selection import Names
from .option_types import Task
from .options import make_options

if TYPE_CHECKING:
    from .thresholds import BinnedThresholds


def binned(
    paths: Any,
    *,
    target: Names,
    probabilities: Names | None = None,
    sample_weight: str | None = None,
    task: Task | None = None,
    classes: Any = None,
    bins: int = 4096,
    calibration: bool = False,
    ignore_index: Any = None,
    pos_label: Any = None,
    text_labels: bool = False,
    empty_labels: bool = False,
    **unknown: NoReturn,
) -> BinnedThresholds:
    """Count scores of files in bins, a batch of rows at a time, as `f1core.BinnedThresholds` does.

    Parameters
    ----------
    paths, target, probabilities, sample_weight, text_labels, empty_labels
        As in `f1core.files.score`.
    task, classes, bins, calibration, ignore_index, pos_label
        As in `f1core.BinnedThresholds`; the task is read off the first rows.

    Raises
    ------
    F1Error
        Naming the file, and the column and row where one is at fault.

    Examples
    --------
    >>> import f1core.files
    >>> b = f1core.files.binned(
    ...     "tests/data/hpc_cv.csv", target="obs", probabilities=["VF", "F", "M", "L"],
    ... )
    >>> r = b.ranking()
    >>> round(r.low.macro.roc_auc, 3), round(r.high.macro.roc_auc, 3)
    (0.868, 0.87)
    """
    if unknown:
        refuse_unknown(unknown, binned, "files.binned")
    options = {"ignore_index": ignore_index, "pos_label": pos_label}

    def counted(batches: Iterator[ChosenBatch]) -> BinnedThresholds:
        from .thresholds import BinnedThresholds

        total: BinnedThresholds | None = None
        done, last = 0, ""
        for name, chosen, batch in batches:
            truth, scores = chosen.truth(batch), chosen.scores(batch)
            weight = None if chosen.weight is None else batch[chosen.weight]
            done, last = done if name == last else 0, name
            with locate_errors(name, done):
                if total is None:
                    given = cast_words(options, truth, chosen.classes)
                    kind = task or ("binary" if pos_label is not None else None)
                    kind = kind or task_of(truth, scores, make_options(), False)
                    total = BinnedThresholds(
                        kind, classes=chosen.classes, bins=bins, calibration=calibration, **given
                    )
                total.update(truth, scores, sample_weight=weight)
            done += len(scores)
        if total is None:
            raise F1Error("there are no rows to score")
        return total

    return process_batches(
        paths, counted, classes=classes, text_labels=text_labels, empty_labels=empty_labels,
        options=options, task=task, target=target, probabilities=probabilities,
        weight=sample_weight,
    )  # fmt: skip
