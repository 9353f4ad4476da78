"""score(): files larger than memory, frames and streams, counted a batch of rows at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, overload

import numpy as np

from . import option_values
from .accumulator import Accumulator
from .counts import Array
from .errors import F1Error, counted_from, renamed, shown
from .io import sources
from .io.batches import Columns, Reread, Source, reading
from .io.paths import is_pipe, same_file
from .io.selection import Names, Selection
from .io.spelling import Spelling
from .io.words import Words, classes_of, meant, named
from .options import parameters_of, refuse_unknown
from .scores import Scores
from .slices import Slices, as_binary, flags_alone, start

_OPTIONS = ("sample_weight", "sample_id", *parameters_of(Accumulator))
Progress = Callable[[str, int], None]
T = TypeVar("T")
_Batch = tuple[str, Selection, Columns]

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
    text_labels: bool = False,
    empty_labels: bool = False,
    **options: Any,
) -> Any:
    """Score predictions in files, a batch of rows at a time.

    Parameters
    ----------
    paths
        A path, a list, a folder or a pattern of .parquet, .arrow, .csv, .tsv, .jsonl, .npy or .npz
        files, text packed or not (.csv.gz); or a Polars LazyFrame, a DuckDB relation, a pyarrow
        Dataset, any stream of Arrow record batches. Each file counts once, whatever leads to it.
    target
        The column of the truth; for multilabel a pattern such as "true_*", or several names.
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
        sample_weight=sample_weight, sample_id=sample_id, task=task, classes=classes,
        text_labels=text_labels, empty_labels=empty_labels, **options,
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
    text_labels: bool = False,
    empty_labels: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> Accumulator | Slices:
    """Count as `score` does, before anything is divided: an Accumulator to save, merge or compute.

    Raises
    ------
    F1Error
        As `score`.
    """
    refuse_unknown(options, (*parameters_of(score), *_OPTIONS), "files.score")
    if progress is not None and not callable(progress):
        raise F1Error(f"progress is {shown(progress)}; give a function of a name and a row count")
    words = isinstance(classes, Words)  # which say nothing before the first rows are read
    names, count = (None, None) if words else option_values.classes(classes)
    looked = partial(
        _looked, target=target, probabilities=probabilities, weight=sample_weight,
        group=group, sample_id=sample_id, classes=names or count,
    )  # fmt: skip

    def counted(batches: Iterator[_Batch]) -> Accumulator | Slices:
        return _counted(batches, group is not None, task, options, progress)

    spelling = _spelling(text_labels, empty_labels, classes, options)
    return _spelled(paths, looked, spelling, classes, counted)


def _counted(
    batches: Iterator[_Batch],
    grouped: bool,
    task: str | None,
    options: dict[str, Any],
    progress: Progress | None,
) -> Accumulator | Slices:
    total: Accumulator | Slices | None = None
    guessed, done, last = False, 0, ""
    for name, chosen, batch in batches:
        truth, scores = chosen.truth(batch), chosen.scores(batch)
        weight, ids = (
            None if column is None else batch[column] for column in (chosen.weight, chosen.id)
        )
        done = done if name == last else 0
        last = name
        with _told(name, done):
            if total is None:
                options = meant(options, truth, chosen.classes)
                empty, guessed = start(truth, scores, chosen.classes, task, options)
                total = Slices(empty) if grouped else empty
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
    paths: Any,
    *,
    target: Names,
    probabilities: Names | None = None,
    text_labels: bool = False,
    empty_labels: bool = False,
    classes: Any = None,
    **options: Any,
) -> Rows:
    """Read all rows at once.

    Raises
    ------
    F1Error
        As `score`.
    """
    words = isinstance(classes, Words)
    names, count = (None, None) if words else option_values.classes(classes)
    looked = partial(_looked, target=target, probabilities=probabilities, classes=names or count)

    def joined(batches: Iterator[_Batch]) -> Rows:
        truths, scores, found = [], [], None
        counts: dict[str, int] = {}
        for name, chosen, batch in batches:
            truths.append(chosen.truth(batch))
            scores.append(chosen.scores(batch))
            counts[name] = counts.get(name, 0) + len(scores[-1])
            found = chosen.classes
        if not truths:
            raise F1Error("there are no rows in these files")
        given = meant(options, truths[0], found)
        return Rows(np.concatenate(truths), np.concatenate(scores), found, given, counts)

    spelling = _spelling(text_labels, empty_labels, classes, options)
    return _spelled(paths, looked, spelling, classes, joined)


class Rows(NamedTuple):
    """All rows of some files."""

    true: Array
    scores: Array
    classes: Any  # as the caller or the columns name them
    options: dict[str, Any]  # with words read as values of the truth's type
    counts: dict[str, int]  # rows by file

    @contextmanager
    def told(self) -> Iterator[None]:
        """Sentences that name the file and its row, and what the caller's arguments are called."""
        try:
            yield
        except F1Error as error:
            told = _renamed(error)
            at = re.search(r"(?<= at row )\d+", told)
            if at is None:
                raise F1Error(told) from None
            row = int(at.group())
            ends = np.cumsum([*self.counts.values()])
            place = min(int(np.searchsorted(ends, row, side="right")), len(ends) - 1)
            name, rows = [*self.counts.items()][place]
            row -= int(ends[place]) - rows
            raise F1Error(f"{name}: {told[: at.start()]}{row}{told[at.end() :]}") from None


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
    found = sources.found(paths)
    if any(map(is_pipe, found)):
        return None
    known = [sources.open_file(path, Spelling()).rows for path in found]
    return None if None in known else sum(rows or 0 for rows in known)


def _looked(source: Source, target: Names, probabilities: Names | None, **others: Any) -> Selection:
    """What was asked for among a source's columns; an .npy of scores has its target beside it."""
    targets = [target] if isinstance(target, str) else list(target)
    names = list(source.names)
    if source.whole is not None:
        beside = [t for t in targets if str(t).endswith(".npy") and Path(t).exists()]
        if any(same_file(Path(t), Path(source.name)) for t in beside):
            raise F1Error("it is the target, and no predictions; name the files of predictions")
        names += beside
    asked = {*map(str, targets), *(str(n) for n in others.values() if isinstance(n, str))}
    names += [key for key in source.keys if key in asked]  # which no pattern means
    wanted = (source.whole or "y_prob") if probabilities is None else probabilities
    try:
        return Selection(names, targets, wanted, **others, whole=source.whole)
    except F1Error as error:
        hint = source.hint()
        raise error if hint is None else F1Error(f"{error}: {hint}") from None


def _spelling(text_labels: bool, empty_labels: bool, classes: Any, options: Any) -> Spelling:
    """How label cells of text files are read, given what the caller said of labels."""
    text = option_values.flag("text_labels", text_labels)
    empty = option_values.flag("empty_labels", empty_labels)
    return Spelling(text, empty, named(classes, options))


def _spelled(
    paths: Any,
    looked: Callable[[Source], Selection],
    spelling: Spelling,
    classes: Any,
    use: Callable[[Iterator[_Batch]], T],
) -> T:
    """Use all batches; once more where a later cell says that labels are no numbers."""
    while True:
        try:
            found = use(sources.ahead(_batches(paths, looked, spelling, classes)))
            spelling.check()
            return found
        except Reread as error:
            if not sources.again(paths):
                raise F1Error(f"{error}; these rows can be read only once") from None
            spelling.restart()
        except F1Error:
            spelling.check_numbers()  # NA among numbers, which says more
            raise


@contextmanager
def _told(name: str, done: int) -> Iterator[None]:
    """Sentences that name the source, its row, and what the caller's arguments are called."""
    try:
        with counted_from(done):
            yield
    except F1Error as error:
        raise F1Error(f"{name}: {_renamed(error)}") from None


def _renamed(error: F1Error) -> str:
    return str(renamed(error, y_true="target", y_pred="probabilities"))


def _batches(
    paths: Any, looked: Callable[[Source], Selection], spelling: Spelling, classes: Any
) -> Iterator[_Batch]:
    """Each batch with its source's name and what was chosen there."""
    first: Selection | None = None
    for source in sources.opened(paths, spelling):
        with reading(source.name):
            chosen = looked(source)
            if first is not None:
                chosen.follow(first)
            first = first or chosen
        for batch in source.batches(chosen):
            with reading(source.name):
                some = {name: column[:_SOME] for name, column in batch.items()}
                truth = chosen.truth(some)
                if isinstance(classes, Words) and not chosen.settled:
                    typed = classes_of(classes, truth)
                    chosen.class_names, chosen.count = option_values.classes(typed)
                chosen.settle(truth, chosen.scores(some))
            if not first.settled:
                first = chosen
            yield source.name, chosen, batch
