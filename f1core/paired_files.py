"""compare(): predictions of two models in files, their rows paired by position or by id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from . import option_values
from .compared import ComparisonRequest, compared, read_metric_names
from .dedup.keys import Ids, check_ids
from .errors import F1Error, parameters_of, refuse_unknown, rename_option, shown
from .intervals import checked_level, seeded
from .intervals.paired import OPTIONS, both_checked
from .intervals.resampling import FEWEST
from .io.rows import ChosenBatch, cast_words, locate_errors, process_batches
from .io.selection import Names
from .io.tuned import Tuned
from .label_lists import are_lists
from .model_comparison import Flip, Flips, ModelComparison, PartComparison
from .option_types import DecisionOptions, Task, Unpack
from .options import make_options, thread_count
from .paired_rows import (
    Side,
    locate_errors_of_pair,
    paired,
    place_of,
    refuse_other_truth,
    same_classes,
)

__all__ = ["Flip", "Flips", "ModelComparison", "PartComparison", "compare"]


def compare(
    paths_new: Any,
    paths_old: Any,
    *,
    target: Names,
    probabilities: Names | None = None,
    probabilities_old: Names | None = None,
    group: str | None = None,
    sample_weight: str | None = None,
    sample_id: str | None = None,
    metric: Any = None,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int | None = None,
    rows: int = 100,
    threshold_old: Any = None,
    task: Task | None = None,
    classes: Any = None,
    text_labels: bool = False,
    empty_labels: bool = False,
    threads: int | None = None,
    progress: Callable[[str, int], None] | None = None,
    **options: Unpack[DecisionOptions],
) -> ModelComparison:
    """Compare two models whose predictions of the same rows lie in files.

    Both are read whole. Rows are paired by `sample_id`, else by position; their targets must be
    equal. Columns and classes are matched by name.

    Parameters
    ----------
    paths_new, paths_old, target, probabilities, classes, text_labels, empty_labels
        As in `score`: the predictions of the new model, and of the old one.
    probabilities_old
        The columns of the old model, where they have other names; both models may be in one file.
    group, sample_weight
        Columns of the new file: each row's group and weight.
    sample_id
        The column of ids in both files. Each id is in both, once.
    metric
        A name in `to_dict`, or several, of which the first is compared in each group. By default
        some that suit the task, of which the first is a kind of F1; "+" among names is all these.
    level, resamples, seed, threads
        As in `f1core.compare`, whose numbers these are. A class is one against the rest. One of
        many classes, or groups, gets more resamples where its p-value needs them to be adjusted.
    rows
        How many of the rows that flipped are listed at most, about as many of each kind.
    threshold_old
        The threshold of the old model where it is another one.
    task, **options
        threshold, top_k, from_logits, ignore_index, average_over, zero_division, beta, pos_label
        and unknown, as in `f1core.score`, for both.

    Returns
    -------
    ModelComparison
        Every difference is new - old.

    Raises
    ------
    F1Error
        As `score`, and for rows that are not the same on both sides.

    Examples
    --------
    >>> import f1core.files
    >>> found = f1core.files.compare(
    ...     "tests/data/two_class_example.csv", "tests/data/two_class_example.csv", target="truth",
    ...     probabilities="Class1", pos_label="Class1", threshold=0.6, threshold_old=0.5
    ... )
    >>> f1 = found.metrics["f1"]
    >>> round(f1.b, 4), round(f1.difference, 4)
    (0.8486, 0.0163)
    >>> found.flips.mended, found.flips.broken
    (14, 3)
    """
    refuse_unknown(options, (*parameters_of(compare), *OPTIONS), "files.compare")
    if progress is not None and not callable(progress):
        raise F1Error(f"progress is {shown(progress)}; give a function of a name and a row count")
    request = ComparisonRequest(
        *read_metric_names(metric),
        checked_level(level),
        option_values.whole("resamples", resamples, FEWEST),
        seeded(seed),
        option_values.whole("rows", rows, 0),
        thread_count(threads),
    )
    read = partial(
        _read, target=target, classes=classes, text_labels=text_labels, empty_labels=empty_labels,
        sample_id=sample_id, progress=progress, options=dict(options), task=task,
    )  # fmt: skip
    new = read(paths_new, "new", probabilities=probabilities, group=group, weight=sample_weight)
    called_old = "probabilities" if probabilities_old is None else "probabilities_old"
    other = probabilities if probabilities_old is None else probabilities_old
    with rename_option("probabilities", called_old):
        old = read(paths_old, "old", probabilities=other)
    names = same_classes(new, old)
    old, order = paired(new, old)
    refuse_other_truth(new, old)
    task = "binary" if task is None and options.get("pos_label") is not None else task
    if names is None and are_lists(new.true):
        names = sorted(set(chain.from_iterable(chain(new.true, new.scores, old.scores))))
    if isinstance(threshold_old, Tuned):
        threshold_old = threshold_old.of(names if isinstance(names, list) else None)
    with locate_errors_of_pair(new, old, order, called_old):
        how = make_options(task, classes=names, **new.options)
        sides = both_checked(new.true, new.scores, old.scores, how, new.weight, threshold_old)
        where = partial(place_of, new)
        return compared(*sides, new.groups, request, (new.name, old.name), where)


def _read(
    paths: Any, which: str, *, progress: Callable[[str, int], None] | None,
    options: dict[str, Any], **columns: Any,
) -> Side:  # fmt: skip
    """Read all rows of one side."""

    def joined(batches: Iterator[ChosenBatch]) -> Side:
        parts: list[list[Any]] = [[] for _ in range(5)]
        counts: dict[str, int] = {}
        found = None
        for name, chosen, batch in batches:
            true, scores = chosen.truth(batch), chosen.scores(batch)
            own = [None if c is None else batch[c] for c in (chosen.group, chosen.weight)]
            size = len(scores)
            with locate_errors(name, counts.get(name, 0)):
                ids = None if chosen.id is None else check_ids(batch[chosen.id], size)
            for part, column in zip(parts, [true, scores, *own, ids], strict=True):
                part.append(column)
            counts[name] = counts.get(name, 0) + size
            found = chosen.classes
            if progress is not None:
                progress(name, size)
        if not counts:
            raise F1Error(f"there are no rows in the files of the {which} model")
        true, scores = np.concatenate(parts[0]), np.concatenate(parts[1])
        groups, weight = (None if part[0] is None else np.concatenate(part) for part in parts[2:4])
        given, ids = cast_words(options, true, found), _joined_ids(parts[4])
        return Side(which, true, scores, found, given, counts, groups, weight, ids)

    return process_batches(paths, joined, options=options, **columns)


def _joined_ids(parts: list[Ids | None]) -> Ids | None:
    """Join the ids of all batches."""
    kinds = {ids.kind for ids in parts if ids is not None and len(ids.values)}
    if len(kinds) > 1:
        raise F1Error(f"sample_id holds {' and '.join(sorted(kinds))}; use one kind alone")
    found = [ids for ids in parts if ids is not None]
    if not found:
        return None
    return Ids(min(kinds, default="numbers"), np.concatenate([ids.values for ids in found]))
