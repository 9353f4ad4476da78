"""Rows of the chosen columns: a batch at a time, with what they mean settled by the first ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .. import option_values
from ..counts import Array
from ..errors import F1Error, counted_from, renamed
from . import sources
from .batches import Columns, Reread, Source, reading
from .paths import same_file
from .selection import Names, Selection
from .spelling import Spelling
from .words import Words, classes_of, named

T = TypeVar("T")
ChosenBatch = tuple[str, Selection, Columns]  # of a source, and what was chosen there

_SOME = 1 << 16  # rows whose labels tell what the columns call the classes


def used(
    paths: Any,
    use: Callable[[Iterator[ChosenBatch]], T],
    *,
    classes: Any,
    text_labels: bool,
    empty_labels: bool,
    options: dict[str, Any],
    **columns: Any,
) -> T:
    """Use all batches of the chosen columns; once more where a later cell makes labels text.

    Parameters
    ----------
    paths, classes, text_labels, empty_labels, options
        As for `f1core.files.score`.
    use
        Takes the batches.
    columns
        What `Selection` is asked for.
    """
    words = isinstance(classes, Words)  # which say nothing before the first rows are read
    names, count = (None, None) if words else option_values.classes(classes)
    looked = partial(_looked, classes=names or count, **columns)
    spelling = Spelling(
        option_values.flag("text_labels", text_labels),
        option_values.flag("empty_labels", empty_labels),
        named(classes if words else names, options),  # a generator is used up by now
    )
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


@contextmanager
def told(name: str, done: int) -> Iterator[None]:
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
) -> Iterator[ChosenBatch]:
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
