"""Rows of the chosen columns: a batch at a time, with what they mean settled by the first ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import partial
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from .. import option_values
from ..arrays import widened
from ..counts import Array
from ..errors import F1Error, MissingColumn, WrongEnvironment, offset_rows, renamed, shown
from . import sources
from .batches import Columns, Reread, Source, reading
from .paths import same_file
from .selection import Names, Selection, is_multilabel
from .spelling import Spelling
from .tuned import Tuned
from .watch import WATCH, Watch

T = TypeVar("T")
ChosenBatch = tuple[str, Selection, Columns]  # of a source, and what was chosen there

_SOME = 1 << 16  # rows whose labels tell what the columns call the classes
_WHOLE = re.compile(r"(0|-?[1-9][0-9]*)(\.0)?")  # a column of floats shows 1 as 1.0
_FLAGS = {"true": True, "false": False}
_OPTIONS = ("ignore_index", "average_over", "pos_label", "true", "predicted", "label")


def process_batches(
    paths: Any,
    use: Callable[[Iterator[ChosenBatch]], T],
    *,
    classes: Any,
    text_labels: bool,
    empty_labels: bool,
    options: Mapping[str, Any],
    task: Any = None,
    **columns: Any,
) -> T:
    """Call `use` with all batches of the chosen columns; again where a cell makes labels text."""
    words = isinstance(classes, Words)  # which say nothing before the first rows are read
    names, count = (None, None) if words else option_values.classes(classes)
    first, unknown = names and names[0], options.get("unknown", "error")
    how = {"classes": names or count, "unknown": unknown, "task": task}
    select = partial(_select_columns, **how, **columns)
    spelling = Spelling(
        option_values.flag("text_labels", text_labels),
        option_values.flag("empty_labels", empty_labels),
        _texts(classes if words else names, options),  # a generator is used up by now
        unknown == "miss",
        _numbers(classes) if words else count is not None and not isinstance(first, str),
        _says_scores(options, is_multilabel(task)),
    )
    watch = WATCH.get() or Watch()
    while True:
        watch.begin(paths)
        try:
            rows = _batches(paths, select, spelling, classes, watch)
            with closing(sources.ahead(rows)) as batches:  # its thread ends here, in every case
                found = use(batches)
            watch.end()
            spelling.check()
            return found
        except Reread as error:
            if not sources.rereadable(paths):
                raise F1Error(f"{error}; these rows can be read only once") from None
            spelling.restart()
        except F1Error:
            spelling.check_numbers()  # NA among numbers, which says more
            raise


def _select_columns(
    source: Source,
    target: Names,
    probabilities: Names | None,
    unknown: Any,
    task: Any,
    **others: Any,
) -> Selection:
    """Select the requested columns of a source; the target of an .npy is a file of its own."""
    targets = [target] if isinstance(target, str) else list(target)
    names = list(source.names)
    if source.whole is not None:
        target_files = [t for t in targets if str(t).endswith(".npy") and Path(t).exists()]
        if any(same_file(Path(t), Path(source.name)) for t in target_files):
            raise F1Error("it is the target, and no predictions; name the files of predictions")
        names += target_files
    extra = others.get("extra") or ()
    requested = {*map(str, targets), *(str(n) for n in others.values() if isinstance(n, str))}
    requested |= {str(name) for name in ([] if isinstance(extra, str) else extra)}
    names += [key for key in source.keys if key in requested]  # which no pattern means
    wanted = (source.whole or "y_prob") if probabilities is None else probabilities
    try:
        return Selection(
            names, targets, wanted, **others, whole=source.whole, unknown=unknown, task=task
        )
    except MissingColumn as error:
        hint = "" if source.hint is None else f": {source.hint}"
        raise MissingColumn(error.before, error.after + hint) from None
    except F1Error as error:
        raise error if source.hint is None else F1Error(f"{error}: {source.hint}") from None


def _batches(
    paths: Any,
    select: Callable[[Source], Selection],
    spelling: Spelling,
    classes: Any,
    watch: Watch,
) -> Iterator[ChosenBatch]:
    """Yield each batch with its source's name and the selection of its columns."""
    first: Selection | None = None
    for source in sources.opened(paths, spelling):
        watch.opened(source)
        with reading(source.name):
            chosen = select(source)
            if first is not None:
                chosen.follow(first)
            first = first or chosen
        done = 0
        for batch in source.batches(chosen):
            with reading(source.name):
                with offset_rows(done):
                    chosen.refuse_text(batch)
                some = {name: column[:_SOME] for name, column in batch.items()}
                truth = chosen.truth(some)
                if isinstance(classes, Words) and not chosen.settled:
                    typed = classes.as_classes(truth)
                    chosen.class_names, chosen.count = option_values.classes(typed)
                elif not chosen.settled:
                    chosen.refuse_stray(some, source.whole_numbers)
                chosen.settle(truth, chosen.scores(some))
            if not first.settled:
                first = chosen
            rows = len(next(iter(batch.values())))
            done += rows
            watch.read(source, rows)
            yield source.name, chosen, batch


@contextmanager
def locate_errors(name: str, done: int) -> Iterator[None]:
    """Add the source, and the row's number there, to an error; rename its arguments.

    `done` rows of the source came in earlier batches.
    """
    try:
        with offset_rows(done):
            yield
    except WrongEnvironment:
        raise
    except F1Error as error:
        raise F1Error(f"{name}: {_renamed(error)}") from None


def _renamed(error: F1Error) -> str:
    return str(renamed(error, y_true="target", y_pred="probabilities"))


class Rows(NamedTuple):
    """All rows of some files."""

    true: Array
    scores: Array
    classes: Any  # as the caller or the columns name them
    options: dict[str, Any]  # with words read as values of the truth's type
    counts: dict[str, int]  # rows by file
    weight: Array | None = None

    @contextmanager
    def locate_errors(self) -> Iterator[None]:
        """Add the file, and the row's number there, to an error; rename its arguments."""
        try:
            yield
        except F1Error as error:
            sentence = _renamed(error)
            at = re.search(r"(?<= at row )\d+", sentence)
            if at is None:
                raise F1Error(sentence) from None
            row = int(at.group())
            files = iter(self.counts.items())
            name, rows = next(files)
            while row >= rows:
                row -= rows
                name, rows = next(files)
            raise F1Error(f"{name}: {sentence[: at.start()]}{row}{sentence[at.end() :]}") from None


class Words(tuple[str, ...]):
    """Labels typed on a command line; their type becomes that of the columns.

    Examples
    --------
    >>> import numpy as np
    >>> from f1core.io.rows import Words
    >>> Words(["1", "2"]).cast("classes", np.array([2, 1, 2]))
    [1, 2]
    >>> Words(["1", "2"]).cast("classes", np.array(["2", "1", "2"]))
    ['1', '2']
    """

    def cast(self, option: str, truth: Array) -> list[Any]:
        """Convert to values of the truth's type; words beside whole numbers are their names."""
        kind = widened(truth).dtype.kind
        if truth.ndim == 2 or kind in "UO":
            return list(self)
        if kind == "b" and all(word.lower() in _FLAGS for word in self):
            return [_FLAGS[word.lower()] for word in self]
        values = [_number(word) for word in self]
        odd = next((word for word in values if isinstance(word, str)), None)
        if odd is None:
            return values
        if any(isinstance(value, int) for value in values):
            raise F1Error(
                f"{option} holds {shown(odd)} beside numbers, and the target column holds numbers"
            )
        return list(self)

    def as_classes(self, truth: Array) -> Any:
        """Read `classes=` as names of the truth's type; one whole number says how many."""
        if len(self) == 1 and isinstance(_number(self[0]), int):
            return _number(self[0])
        return self.cast("classes", truth)


def _number(word: str) -> int | str:
    """Convert a word to a whole number if it is one."""
    return int(word.removesuffix(".0")) if _WHOLE.fullmatch(word) else word


def _numbers(words: Words) -> bool:
    """Return whether all words are whole numbers."""
    return all(isinstance(_number(word), int) for word in words)


def cast_words(options: Mapping[str, Any], truth: Array, classes: Any) -> dict[str, Any]:
    """Convert the `Words` among options to values of the type of the truth's first rows.

    A word that is the name of a class is that name.
    """
    found = dict(options)
    names = classes if isinstance(classes, list) else []
    if isinstance(options.get("threshold"), Tuned):
        found["threshold"] = options["threshold"].of(names or None)
    for option in _OPTIONS:
        words = options.get(option)
        if not isinstance(words, Words):
            continue
        cells = truth.ndim == 2  # of which one may be left out
        if all(word in names for word in words) and not (option == "ignore_index" and cells):
            values: list[Any] = list(words)
        elif cells:  # a cell, or the place of a column
            values = [_number(word) for word in words]
        else:
            values = words.cast(option, truth)
        found[option] = values if option == "average_over" else values[0]
    return found


def _says_scores(options: Mapping[str, Any], multilabel: bool) -> bool:
    """Return whether one of the options is for scores alone."""
    cut, k = options.get("threshold", 0.5), options.get("top_k")
    if k is not None and (multilabel or not (isinstance(k, Real) and k == 1)):
        return True
    return options.get("from_logits") is True or not (isinstance(cut, Real) and cut == 0.5)


def _texts(classes: Any, options: Mapping[str, Any]) -> Iterator[str]:
    """Yield the labels that the caller gave as text, which must be text in the columns too.

    Iterators are left alone, since whoever reads the option would find them used up.
    """
    for values in (classes, *(options.get(name) for name in _OPTIONS)):
        if isinstance(values, Words):
            if not _numbers(values) and not all(word.lower() in _FLAGS for word in values):
                yield from values
        elif isinstance(values, str):
            yield values
        elif isinstance(values, Iterable) and not isinstance(values, (dict, Iterator)):
            with suppress(Exception):  # what cannot be read is refused with its option
                yield from [value for value in values if isinstance(value, str)]
