"""Accumulator: counts over batches, threads, workers and files, computed once."""

from __future__ import annotations

import os
import threading
from typing import Any

from .counts import Counts
from .errors import F1Error, shown
from .inputs import check
from .options import Options, make_options, thread_count
from .repeat import Repeat
from .scores import Scores
from .tally import add_sparsely, count


class Accumulator:
    """Adds up counts over batches: `compute` gives what `score` gives on all rows at once.

    Parameters are those of `score`; `task` must be said, since batches could disagree on it.
    `update` may be called from several threads at once.

    Raises
    ------
    F1Error
        For options that are not of their form.

    Examples
    --------
    >>> import f1core
    >>> a = f1core.Accumulator("binary")
    >>> a.update([0, 1], [0.2, 0.9])
    >>> a.update([1, 1], [0.4, 0.7])
    >>> round(a.compute().binary.recall, 4)
    0.6667
    """

    def __init__(
        self,
        task: str,
        *,
        classes: Any = None,
        threshold: Any = 0.5,
        top_k: int = 1,
        from_logits: bool = False,
        ignore_index: Any = None,
        average_over: Any = None,
        zero_division: float = 0.0,
        beta: float = 1.0,
        confusion: bool | None = None,
        resamples: int = 0,
        seed: int | None = None,
        threads: int | None = None,
    ) -> None:
        if task is None:
            raise F1Error("task is None; say binary, multiclass or multilabel")
        self._options: Options = make_options(
            task,
            classes=classes,
            threshold=threshold,
            top_k=top_k,
            from_logits=from_logits,
            ignore_index=ignore_index,
            average_over=average_over,
            zero_division=zero_division,
            beta=beta,
            confusion=confusion,
            resamples=resamples,
        )
        self._threads = thread_count(threads)
        self._counts: Counts | None = None
        self._lock = threading.Lock()
        self._repeat: Repeat | None = None  # the way that the last batch went
        self._stream = self._new_stream(seed)

    @property
    def task(self) -> str:
        """The task it was made for."""
        return self._options.task or ""

    @property
    def total(self) -> Any:
        """How many rows count so far, or the sum of their weights."""
        return 0 if self._counts is None else self._counts.total.item()

    def update(self, y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> None:
        """Add a batch, as `score` reads it; an empty one adds nothing.

        Raises
        ------
        F1Error
            If the batch cannot be counted; the accumulator is then as it was.
        """
        stream = self._stream
        if self._repeat is not None and sample_weight is None and stream is None:
            found = self._repeat.count(y_true, y_pred)
            if found is not None:
                self._add(found)
                return
        width = self._width()
        batch = check(y_true, y_pred, self._options, sample_weight, width, stream is not None)
        if not len(batch):
            return
        if stream is None:
            with self._lock:
                if self._counts is not None and add_sparsely(self._counts, batch):
                    return
        counts = count(batch, self._threads)
        if stream is not None:
            from .poisson import with_replicas

            with self._lock:  # these rows' numbers are theirs alone
                seed, first = stream
                stream[1] += len(batch)
            counts = with_replicas(counts, batch, seed, first)
        self._add(counts)
        self._repeat = Repeat.of(batch, y_true, y_pred)

    def merge(self, other: Accumulator) -> None:
        """Add another accumulator's counts, which stays as it is.

        Raises
        ------
        F1Error
            If the two were made with different options, or saw different classes.
        """
        if not isinstance(other, Accumulator):
            raise F1Error(f"only an Accumulator can be merged, this is {shown(other)}")
        difference = self._options.difference(other._options)
        if difference is not None:
            raise F1Error(f"these accumulators cannot be merged: {difference}")
        if other._counts is not None:
            self._add(other._snapshot())

    def __add__(self, other: Accumulator) -> Accumulator:
        if not isinstance(other, Accumulator):
            return NotImplemented
        both = self._copy()
        both.merge(other)
        return both

    def compute(self) -> Scores:
        """The scores of everything so far.

        Raises
        ------
        F1Error
            If there are no rows yet.
        """
        if self._counts is None:
            raise F1Error("there are no rows to score: update() was not called since the start")
        return Scores(self._snapshot(), self._options)

    def reset(self) -> None:
        """Forget all counts, keep the options."""
        with self._lock:
            self._counts = None
            if self._stream is not None:
                self._stream[1] = 0

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state to a file (npz, no pickle, with a checksum), whole or not at all.

        Raises
        ------
        F1Error
            If the file cannot be written.
        """
        from . import state  # zipfile, json and hashlib: 10 ms that few scripts need

        with self._lock:
            state.save(path, self._options, self._counts)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Accumulator:
        """Read what `save` wrote.

        Raises
        ------
        F1Error
            If the file is missing, damaged, or no state of this format.
        """
        from . import state

        made = cls.__new__(cls)
        options, counts = state.load(path)
        made.__setstate__({"options": options, "counts": counts, "threads": None})
        return made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Accumulator):
            return NotImplemented
        return self._options.difference(other._options) is None and self._counts == other._counts

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Accumulator({self.task!r}, {self.total:,} rows)"

    def __getstate__(self) -> dict[str, Any]:
        counts = None if self._counts is None else self._snapshot()
        stream = self._stream if counts is None else None  # a copy's rows are other rows
        return {
            "options": self._options,
            "counts": counts,
            "threads": self._threads,
            "seed": None if stream is None else stream[0],
        }

    def __setstate__(self, made: dict[str, Any]) -> None:
        self._options, self._counts = made["options"], made["counts"]
        self._threads, self._lock = made["threads"], threading.Lock()
        self._repeat = None
        self._stream = self._new_stream(made.get("seed"))

    def as_task(self, task: str, counts: Counts) -> Accumulator:
        """Other counts under another task and the same options."""
        made = self._copy()
        made._options, made._counts = self._options.with_task(task), counts
        return made

    @property
    def counts(self) -> Counts | None:
        """What was added up so far."""
        return self._counts

    def _new_stream(self, seed: Any) -> list[int] | None:
        """Seed and number of the next row, where resamples are kept."""
        if not self._options.resamples:
            return None
        from .poisson import checked_seed

        return [checked_seed(seed), 0]

    def _copy(self) -> Accumulator:
        made = Accumulator.__new__(Accumulator)
        made.__setstate__(self.__getstate__())
        return made

    def _width(self) -> int | None:
        """How many classes earlier batches have settled, unless labels may still be new."""
        counts = self._counts
        return None if counts is None or counts.labels is not None else counts.n_classes

    def _snapshot(self) -> Counts:
        """A copy that later updates do not reach."""
        with self._lock:
            assert self._counts is not None
            return self._counts.copy()

    def _add(self, counts: Counts) -> None:
        with self._lock:
            if self._counts is None:
                self._counts = counts
            elif not self._counts.add_in_place(counts):
                both = self._counts + counts
                kept = self._options.keeps_confusion(both.n_classes)
                self._counts = both if kept or both.confusion is None else both.without_confusion()
