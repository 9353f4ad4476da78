"""score(): files larger than memory, frames and streams, counted a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, overload

import numpy as np

from .accumulator import Accumulator
from .binned_files import binned as binned
from .counts import Array, Counts
from .discover import zeros_and_ones
from .errors import F1Error, parameters_of, refuse_unknown, shown
from .file_rows import Row as Row
from .file_rows import rows as rows
from .grouped import GroupedAccumulator
from .html_report.of_files import report as report
from .inputs import check
from .io import sources
from .io.rows import ChosenBatch, Rows, cast_words, locate_errors, process_batches
from .io.selection import Names
from .option_types import CountOptions, Task, Unpack
from .option_values import whole
from .options import make_options
from .paired_files import compare as compare
from .poisson import seeded
from .scores import Scores

OPTIONS = ("sample_weight", "sample_id", *parameters_of(Accumulator))
Progress = Callable[[str, int], None]
# What is done with each batch once it was counted: (counts so far, truth, scores, weight).
Beside = Callable[[Any, Array, Array, Any], None]


@overload
def score(
    paths: Any,
    *,
    target: Names,
    probabilities: Names | None = None,
    group: None = None,
    sample_weight: str | None = None,
    sample_id: str | None = None,
    task: Task | None = None,
    classes: Any = None,
    **options: Unpack[CountOptions],
) -> Scores: ...
@overload
def score(
    paths: Any, *, target: Names, probabilities: Names | None = None, group: str,
    sample_weight: str | None = None, sample_id: str | None = None, task: Task | None = None,
    classes: Any = None, **options: Unpack[CountOptions],
) -> dict[Any, Scores]: ...  # fmt: skip
def score(
    paths: Any,
    *,
    target: Names,
    probabilities: Names | None = None,
    group: str | None = None,
    sample_weight: str | None = None,
    sample_id: str | None = None,
    task: Task | None = None,
    classes: Any = None,
    text_labels: bool = False,
    empty_labels: bool = False,
    **options: Unpack[CountOptions],
) -> Any:
    """Score predictions in files, a batch of rows at a time.

    Parameters
    ----------
    paths
        A path, a list, a folder or a pattern of .parquet, .arrow, .csv, .tsv, .jsonl, .npy or .npz
        files, text packed or not (.csv.gz); or a Polars LazyFrame, a DuckDB relation, a pyarrow
        Dataset, any stream of Arrow record batches. Each file counts once, whatever leads to it.
    target
        The column of the truth; for multilabel a pattern such as "true_*", several names, or one
        column of lists of names, with task="multilabel".
    probabilities
        The column of scores, labels or lists of scores; or several, by name or pattern. What the
        pattern's `*` stands for names the class, whatever the order of the columns: 0, 1, 10 as
        numbers. Columns that are listed one by one are matched to `classes` too where their names
        are the classes', else taken as listed. By default y_prob, or the whole of an .npy.
    group
        The column of each row's group, for one Scores a group; or what folders name
        (`split=test/`).
    sample_weight
        The column of weights.
    sample_id
        The column of ids: rows that shards repeat count once (once in each group).
    text_labels
        Labels of text files are text, whatever they look like. By default they are numbers where
        every cell of the columns of labels is a plain number, written as all others of its column
        are: `007` and `7` are two classes.
    empty_labels
        An empty cell of a text file is a class (or what `ignore_index=""` leaves out); by default
        it is missing, and refused.
    task, classes, **options
        As in `f1core.score`; the task is read off the first rows. With unknown="miss" nulls and
        empty cells among predicted labels are abstentions, and NA among numbers; where `classes`
        are numbers, so is what is no plain number in a text file.

    Returns
    -------
    Scores
        Or, with `group`, a dict of them by group, in sorted order.

    Raises
    ------
    F1Error
        Naming the file, and the column and row where one is at fault.

    Examples
    --------
    >>> import f1core.files
    >>> s = f1core.files.score(
    ...     "tests/data/roles.csv", target="true_*", probabilities="p_*", task="multilabel"
    ... )
    >>> round(s.micro.f1, 3)
    0.486
    """
    return accumulate(
        paths, target=target, probabilities=probabilities, group=group,
        sample_weight=sample_weight, sample_id=sample_id, task=task, classes=classes,
        text_labels=text_labels, empty_labels=empty_labels, **with_fixed_seed(dict(options)),
    ).compute()  # fmt: skip


def with_fixed_seed(options: dict[str, Any]) -> dict[str, Any]:
    """Add a seed to options that draw resamples without one, so that all draws are the same."""
    drawn = 0
    with suppress(F1Error):  # what is no number is refused where all options are
        drawn = whole("resamples", options.get("resamples", 0), 0)
    if drawn and options.get("seed") is None:
        return {**options, "seed": seeded(None)}
    return options


def accumulate(
    paths: Any,
    *,
    target: Names,
    probabilities: Names | None = None,
    group: str | None = None,
    sample_weight: str | None = None,
    sample_id: str | None = None,
    task: Task | None = None,
    classes: Any = None,
    text_labels: bool = False,
    empty_labels: bool = False,
    progress: Progress | None = None,
    beside: Callable[[], Beside] | None = None,
    **options: Unpack[CountOptions],
) -> Accumulator | GroupedAccumulator:
    """Count as `score` does, before anything is divided: an Accumulator to save, merge or compute.

    `beside` makes what each counted batch is handed to; once more where files are read once more.

    Raises
    ------
    F1Error
        As `score`.
    """
    refuse_unknown(options, (*parameters_of(score), *OPTIONS), "files.score")
    if progress is not None and not callable(progress):
        raise F1Error(f"progress is {shown(progress)}; give a function of a name and a row count")
    if beside is not None and not callable(beside):
        raise F1Error(
            f"beside is {shown(beside)}; give a function that makes what each batch is handed to"
        )
    counted = partial(
        _counted, grouped=group is not None, task=task, options=dict(options), progress=progress,
        beside=beside,
    )  # fmt: skip
    return process_batches(
        paths, counted, classes=classes, text_labels=text_labels, empty_labels=empty_labels,
        options=options, task=task, target=target, probabilities=probabilities,
        weight=sample_weight, group=group, sample_id=sample_id,
    )  # fmt: skip


def _counted(
    batches: Iterator[ChosenBatch],
    grouped: bool,
    task: Task | None,
    options: dict[str, Any],
    progress: Progress | None,
    beside: Callable[[], Beside] | None = None,
) -> Accumulator | GroupedAccumulator:
    also = None if beside is None else beside()
    total: Accumulator | GroupedAccumulator | None = None
    guessed, done, last = False, 0, ""
    for name, chosen, batch in batches:
        truth, scores = chosen.truth(batch), chosen.scores(batch)
        weight = None if chosen.weight is None else batch[chosen.weight]
        ids = None if chosen.id is None else batch[chosen.id]
        done, last = done if name == last else 0, name
        with locate_errors(name, done):
            if total is None:
                options = cast_words(options, truth, chosen.classes)
                empty, guessed = _first(truth, scores, chosen.classes, task, options)
                total = GroupedAccumulator(empty) if grouped else empty
            guessed = guessed and zeros_and_ones(truth, options.get("ignore_index"))
            guessed = guessed and zeros_and_ones(scores)  # so that the task may be binary
            if isinstance(total, GroupedAccumulator):
                total.update(batch[str(chosen.group)], truth, scores, weight, ids)
            else:
                total.update(truth, scores, sample_weight=weight, sample_id=ids)
            if also is not None:
                also(total, truth, scores, weight)
        done += len(scores)
        if progress is not None:
            progress(name, len(scores))
    if total is None:
        raise F1Error("there are no rows to score")
    if guessed and isinstance(total, GroupedAccumulator):
        total.groups = {name: _as_binary(one) for name, one in total.groups.items()}
    elif guessed and isinstance(total, Accumulator):
        total = _as_binary(total)
    return total


def _first(
    truth: Array, scores: Array, names: Any, task: Task | None, options: dict[str, Any]
) -> tuple[Accumulator, bool]:
    """Make an empty Accumulator for rows like these; return it, and if labels may yet be binary."""
    if task is None and options.get("pos_label") is not None:
        task = "binary"
    if task is not None:
        return Accumulator(task, classes=names, **options), False
    given = {"threshold", "from_logits", "ignore_index", "unknown"} & set(options)
    wanted = make_options(classes=names, **{name: options[name] for name in given})
    batch = check(truth, scores, wanted)
    guessed = batch.kind == "labels" and wanted.n_classes is None
    kind: Any = "multiclass" if guessed else batch.options.task
    return Accumulator(kind, classes=names, **options), guessed


def _as_binary(total: Accumulator) -> Accumulator:
    """Turn an accumulator of labels that are 0 and 1 alone into one of a binary task."""
    counts = total.counts
    if counts is None:
        return total
    whole = counts.onto(np.array([0, 1]))
    return total.as_task("binary", Counts(2, whole.confusion, whole.sums, replicas=whole.replicas))


def read(
    paths: Any,
    *,
    target: Names,
    probabilities: Names | None = None,
    sample_weight: str | None = None,
    text_labels: bool = False,
    empty_labels: bool = False,
    task: Task | None = None,
    classes: Any = None,
    **options: Unpack[CountOptions],
) -> Rows:
    """Read all rows at once, as `score` reads them."""

    def joined(batches: Iterator[ChosenBatch]) -> Rows:
        truths, scores, weights, found = [], [], [], None
        counts: dict[str, int] = {}
        for name, chosen, batch in batches:
            truths.append(chosen.truth(batch))
            scores.append(chosen.scores(batch))
            if chosen.weight is not None:
                weights.append(batch[chosen.weight])
            counts[name] = counts.get(name, 0) + len(scores[-1])
            found = chosen.classes
        if not truths:
            raise F1Error("there are no rows in these files")
        given = cast_words(options, truths[0], found)
        weight = np.concatenate(weights) if weights else None
        return Rows(np.concatenate(truths), np.concatenate(scores), found, given, counts, weight)

    return process_batches(
        paths, joined, classes=classes, text_labels=text_labels, empty_labels=empty_labels,
        options=options, task=task, target=target, probabilities=probabilities,
        weight=sample_weight,
    )  # fmt: skip


def inputs(paths: Any, target: Names = ()) -> list[Path]:
    """List the files that are read: those behind the paths, and an .npy of the truth."""
    targets = [target] if isinstance(target, str) else list(target)
    return [*sources.found(paths), *(Path(t) for t in targets if str(t).endswith(".npy"))]


def rereadable(paths: Any) -> bool:
    """Return whether rows can be read a second time: those of files can, those of pipes cannot."""
    return sources.rereadable(paths)
