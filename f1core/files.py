"""score(): files larger than memory, frames and streams, counted a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, overload

import numpy as np

from . import values
from .accumulator import Accumulator
from .columns import sources
from .columns.batches import Columns, Source, reading
from .columns.selection import Names, Selection
from .counts import Array
from .errors import F1Error, counted_from, renamed
from .options import parameters_of, refuse_unknown
from .scores import Scores
from .slices import Slices, as_binary, flags_alone, start

Progress = Callable[[str, int], None]

_SOME = 1 << 16  # rows whose labels tell what the columns call the classes


@overload
def score(
    paths: Any,
    *,
    target: Names,
    probabilities: Names | None = None,
    group: None = None,
    sample_weight: str | None = None,
    sample_id: str | None = None,
    task: str | None = None,
    classes: Any = None,
    **options: Any,
) -> Scores: ...
@overload
def score(
    paths: Any, *, target: Names, probabilities: Names | None = None, group: str,
    sample_weight: str | None = None, sample_id: str | None = None, task: str | None = None,
    classes: Any = None, **options: Any,
) -> dict[Any, Scores]: ...  # fmt: skip
def score(
    paths: Any,
    *,
    target: Names,
    probabilities: Names | None = None,
    group: str | None = None,
    sample_weight: str | None = None,
    sample_id: str | None = None,
    task: str | None = None,
    classes: Any = None,
    **options: Any,
) -> Any:
    """Score predictions in files, a batch of rows at a time.

    Parameters
    ----------
    paths
        A path, a list, a folder or a pattern of .parquet, .arrow, .csv, .npy or .npz files; or a
        Polars LazyFrame, a DuckDB relation, a pyarrow Dataset, any stream of Arrow record batches.
    target
        The column of the truth; for multilabel a pattern such as "true_*", or several names.
    probabilities
        The column of scores, labels or lists of scores; or several, by name or pattern. What the
        pattern's `*` stands for names the class, whatever the order of the columns: 0, 1, 10 as
        numbers. Columns that are listed one by one are matched to `classes` too where their names
        are the classes', else taken as listed. By default y_prob, or the whole of an .npy.
    group
        The column of each row's group, for one Scores a group.
    sample_weight
        The column of weights.
    sample_id
        The column of ids: rows that shards repeat count once (once in each group).
    task, classes, **options
        As in `f1core.score`; the task is read off the first rows.

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
        sample_weight=sample_weight, sample_id=sample_id, task=task, classes=classes, **options,
    ).compute()  # fmt: skip


def accumulate(
    paths: Any,
    *,
    target: Names,
    probabilities: Names | None = None,
    group: str | None = None,
    sample_weight: str | None = None,
    sample_id: str | None = None,
    task: str | None = None,
    classes: Any = None,
    progress: Progress | None = None,
    **options: Any,
) -> Accumulator | Slices:
    """As `score`, before anything is divided: an Accumulator to save, merge or compute."""
    known = (*parameters_of(score), *parameters_of(Accumulator))
    refuse_unknown(options, known, "files.score")
    names, count = values.classes(classes)
    total: Accumulator | Slices | None = None
    guessed, done, last = False, 0, ""
    looked = partial(
        _looked, target=target, probabilities=probabilities, weight=sample_weight,
        group=group, sample_id=sample_id, classes=names or count,
    )  # fmt: skip
    for name, chosen, batch in sources.ahead(_batches(paths, looked)):
        truth, scores = chosen.truth(batch), chosen.scores(batch)
        weight, ids = (
            None if column is None else batch[column] for column in (chosen.weight, chosen.id)
        )
        done = done if name == last else 0
        last = name
        with _told(name, done):
            if total is None:
                empty, guessed = start(truth, scores, chosen.classes, task, options)
                total = empty if group is None else Slices(empty)
            guessed = guessed and flags_alone(truth, scores, options)
            if isinstance(total, Slices):
                total.update(batch[str(chosen.group)], truth, scores, weight, ids)
            else:
                total.update(truth, scores, sample_weight=weight, sample_id=ids)
        done += len(scores)
        if progress is not None:
            progress(name, len(scores))
    if total is None:
        raise F1Error("there are no rows to score")
    if guessed and isinstance(total, Slices):
        total.groups = {name: as_binary(one) for name, one in total.groups.items()}
    elif guessed and isinstance(total, Accumulator):
        total = as_binary(total)
    return total


def read(
    paths: Any, *, target: Names, probabilities: Names | None = None
) -> tuple[Array, Array, list[Any] | None]:
    """All rows at once: the truth, the scores, and what the columns call the classes.

    Raises
    ------
    F1Error
        As `score`.
    """
    truths, scores, names = [], [], None
    looked = partial(_looked, target=target, probabilities=probabilities)
    for _, chosen, batch in sources.ahead(_batches(paths, looked)):
        truths.append(chosen.truth(batch))
        scores.append(chosen.scores(batch))
        names = chosen.classes
    if not truths:
        raise F1Error("there are no rows in these files")
    return np.concatenate(truths), np.concatenate(scores), names


def inputs(paths: Any, target: Names = ()) -> list[Path]:
    """List the files that are read: those behind the paths, and an .npy of the truth.

    Raises
    ------
    F1Error
        If there is none, or one of a kind that cannot be read.
    """
    targets = [target] if isinstance(target, str) else list(target)
    return [*sources.found(paths), *(Path(t) for t in targets if str(t).endswith(".npy"))]


def rows_in(paths: Any) -> int | None:
    """How many rows there are, where that is known without reading them."""
    known = [sources.open_file(path).rows for path in sources.found(paths)]
    return None if None in known else sum(rows or 0 for rows in known)


def _looked(source: Source, target: Names, probabilities: Names | None, **others: Any) -> Selection:
    """What was asked for among a source's columns; an .npy of scores has its target beside it."""
    targets = [target] if isinstance(target, str) else list(target)
    names = list(source.names)
    if source.whole is not None:
        names += [t for t in targets if str(t).endswith(".npy") and Path(t).exists()]
    wanted = (source.whole or "y_prob") if probabilities is None else probabilities
    return Selection(names, targets, wanted, **others, whole=source.whole)


@contextmanager
def _told(name: str, done: int) -> Iterator[None]:
    """Sentences that name the source, its row, and what the caller's arguments are called."""
    try:
        with counted_from(done):
            yield
    except F1Error as error:
        told = renamed(error, y_true="target", y_pred="probabilities")
        raise F1Error(f"{name}: {told}") from None


def _batches(
    paths: Any, looked: Callable[[Source], Selection]
) -> Iterator[tuple[str, Selection, Columns]]:
    """Each batch with its source's name and what was chosen there."""
    first: Selection | None = None
    for source in sources.opened(paths):
        with reading(source.name):
            chosen = looked(source)
            if first is not None:
                chosen.follow(first)
            first = first or chosen
        for batch in source.batches(chosen):
            with reading(source.name):
                some = {name: column[:_SOME] for name, column in batch.items()}
                chosen.settle(chosen.truth(some), chosen.scores(some))
            if not first.settled:
                first = chosen
            yield source.name, chosen, batch
