"""score(): files larger than memory, streamed through an Accumulator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from . import sources
from .accumulator import Accumulator
from .counts import Array, Counts, onto
from .errors import F1Error
from .scores import Scores

Progress = Callable[[Path, int], None]


def score(
    paths: Any,
    *,
    target: str | Iterable[str],
    probabilities: str | Iterable[str] | None = None,
    task: str | None = None,
    classes: Any = None,
    **options: Any,
) -> Scores:
    """Score predictions in files, a batch of rows at a time.

    Parameters
    ----------
    paths
        A path, a list, a folder or a pattern of .parquet, .arrow, .csv, .npy or .npz files.
    target
        The column of the truth; for multilabel a pattern such as "true_*", or several names.
    probabilities
        The column of scores, labels or lists of scores; or several, by name or pattern. What the
        pattern's `*` stands for names the classes. By default y_prob, or the whole of an .npy.
    task, classes, **options
        As in `f1core.score`.

    Raises
    ------
    F1Error
        Naming the file, and the column where one is at fault.

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
        paths, target=target, probabilities=probabilities, task=task, classes=classes, **options
    ).compute()


def accumulate(
    paths: Any,
    *,
    target: str | Iterable[str],
    probabilities: str | Iterable[str] | None = None,
    task: str | None = None,
    classes: Any = None,
    progress: Progress | None = None,
    **options: Any,
) -> Accumulator:
    """As `score`, before anything is divided: an Accumulator to save, merge or compute."""
    total: Accumulator | None = None
    guessed = False
    files = sources.found(paths)
    for path in files:
        columns = _Columns(path, target, probabilities)
        for batch in sources.batches(path, columns.all):
            truth, scores = columns.truth(batch), columns.scores(batch)
            if total is None:
                names = classes if classes is not None else columns.class_names(truth, scores)
                guessed = task is None
                kind = task or _task(truth, scores)
                total = Accumulator(kind, classes=names, **options)
            try:
                total.update(truth, scores)
            except F1Error as error:
                raise F1Error(f"{path}: {error}") from None
            if progress is not None:
                progress(path, len(scores))
    if total is None:
        raise F1Error(f"there are no rows to score in {', '.join(map(str, files))}")
    return _binary_if_only_zeros_and_ones(total) if guessed else total


def read(
    paths: Any,
    *,
    target: str | Iterable[str],
    probabilities: str | Iterable[str] | None = None,
) -> tuple[Array, Array, list[Any] | None]:
    """All rows at once: the truth, the scores, and what the columns call the classes.

    Raises
    ------
    F1Error
        As `score`.
    """
    truths, scores, names = [], [], None
    for path in sources.found(paths):
        columns = _Columns(path, target, probabilities)
        for batch in sources.batches(path, columns.all):
            truths.append(columns.truth(batch))
            scores.append(columns.scores(batch))
            names = columns.class_names(truths[-1], scores[-1])
    if not truths:
        raise F1Error("there are no rows in these files")
    return np.concatenate(truths), np.concatenate(scores), names


class _Columns:
    """Which columns of one file are truth and scores, and in which order."""

    def __init__(
        self, path: Path, target: str | Iterable[str], probabilities: str | Iterable[str] | None
    ) -> None:
        names, whole = sources.names_in(path), None
        if path.suffix == ".npy":
            whole = path.stem
            target = [target] if isinstance(target, str) else list(target)
            names += [t for t in target if t.endswith(".npy") and Path(t).exists()]
        if probabilities is None:
            probabilities = whole or "y_prob"
        try:
            self.target, labels = sources.matching(target, names, "target", whole)
            self.probabilities, self.stems = sources.matching(
                probabilities, names, "probabilities", whole
            )
        except F1Error as error:
            raise F1Error(f"{path}: {error}") from None
        self.probabilities = [p for p in self.probabilities if p not in self.target]
        if len(self.stems) != len(self.probabilities):  # a pattern such as * takes in the target
            self.stems = list(self.probabilities)
        if len(self.target) > 1 and self.stems != labels and set(self.stems) == set(labels):
            self.target = [self.target[labels.index(stem)] for stem in self.stems]
        self.all = [*self.target, *self.probabilities]
        self.patterned = self.stems != self.probabilities

    def truth(self, batch: sources.Columns) -> Array:
        return _stacked(batch, self.target)

    def scores(self, batch: sources.Columns) -> Array:
        return _stacked(batch, self.probabilities)

    def class_names(self, truth: Array, scores: Array) -> list[Any] | None:
        """What the pattern or the column names call the classes, if these names fit the truth."""
        if len(self.stems) < 2 or scores.dtype.kind in "UO":
            return None
        if truth.ndim == 2 or truth.dtype.kind in "UO":
            return self.stems
        if self.patterned and all(stem.lstrip("-").isdigit() for stem in self.stems):
            return [int(stem) for stem in self.stems]
        return self.stems


def _stacked(batch: sources.Columns, names: list[str]) -> Array:
    if len(names) == 1:
        return batch[names[0]]
    first = batch[names[0]]
    dtype = np.result_type(*(batch[name].dtype for name in names))
    stacked = np.empty((len(first), len(names)), dtype)
    for place, name in enumerate(names):
        stacked[:, place] = batch[name]
    return stacked


def _task(truth: Array, scores: Array) -> str:
    if truth.ndim == 2:
        raise F1Error(
            f"{truth.shape[1]} target columns: say task='multiclass' (one-hot rows) "
            "or task='multilabel' (any number of 1s in a row)"
        )
    return "binary" if scores.ndim == 1 and scores.dtype.kind == "f" else "multiclass"


def _binary_if_only_zeros_and_ones(total: Accumulator) -> Accumulator:
    """Labels against labels that turned out to be 0 and 1 alone are a binary task, as in score."""
    counts = total.counts
    if counts is None or counts.labels is None or not set(counts.labels.tolist()) <= {0, 1}:
        return total
    whole = onto(counts, np.array([0, 1]))
    return total.as_task("binary", Counts(2, whole.confusion, whole.sums, replicas=whole.replicas))
