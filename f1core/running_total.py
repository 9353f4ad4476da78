"""RunningTotal: what was counted so far, as a value: merged, compared, copied, pickled, saved."""

from __future__ import annotations

import copy
import os
from typing import TYPE_CHECKING, Any, TypeVar

from .accumulator_state import AccumulatorState
from .counts import Counts
from .errors import F1Error, shown
from .locks import new_lock, refuse_nested
from .options import Options
from .pos_label import agreed

if TYPE_CHECKING:
    from .poisson import Stream

Own = TypeVar("Own", bound="RunningTotal")


class RunningTotal:
    """Counts, or rows with ids, under a lock; `Accumulator` adds batches to them."""

    def __init__(self, options: Options, threads: int | None = None, seed: Any = None) -> None:
        self._initial_options: Options = options  # before columns named the classes
        self._threads = threads
        self._state = AccumulatorState(options)
        self._lock = new_lock()
        self._stream: Stream | None = None  # what resamples are drawn from, where they are kept
        if options.resamples:
            from .poisson import Stream

            self._stream = Stream(seed)

    @classmethod
    def of(cls: type[Own], options: Options, threads: int | None = None) -> Own:
        """An empty one, with options that are checked already."""
        made = cls.__new__(cls)
        RunningTotal.__init__(made, options, threads)
        return made

    # ---- what there is -------------------------------------------------------------------

    @property
    def task(self) -> str:
        """The task it was made for."""
        return self._state.options.task or ""

    @property
    def options(self) -> Options:
        """The options it was made with, and the classes that columns have named since."""
        return self._state.options

    @property
    def by_id(self) -> bool:
        """Whether its rows have ids, and count once."""
        return self._state.dedup is not None

    @property
    def distinct(self) -> int:
        """Number of rows with ids that were counted, each once; 0 where rows have none."""
        dedup = self._state.dedup
        return 0 if dedup is None else len(dedup)

    @property
    def width(self) -> int | None:
        """Number of classes that batches have settled, unless labels may still be new."""
        return self._state.width

    @property
    def counts(self) -> Counts | None:
        """The counts that were added up so far."""
        with self._lock:
            _, counts, dedup, _ = self._state
            return counts if dedup is None else dedup.counts(self._threads)

    @property
    def total(self) -> Any:
        """Number of rows that count so far, or the sum of their weights."""
        with self._lock:
            counts = self.counts
            return 0 if counts is None else counts.amount

    @property
    def negative(self) -> Any:
        """The negative class of a binary task that the data has named, None before it occurs."""
        return self._state.shown_negative

    def named(self, whole: bool = False) -> Options:
        """The options with the classes that the data has named so far; `whole` asks for both."""
        return self._state.named(whole)

    def name_negative(self, negative: Any) -> None:
        """Name the negative class, as rows elsewhere have shown it; None says nothing."""
        with self._lock:
            if negative is not None:
                self._state = self._state._replace(negative=agreed(self.negative, negative))

    def _snapshot(self) -> Counts | None:
        """The counts, with their resamples, in arrays that later rows do not reach."""
        with self._lock:
            options, counts, dedup, _ = self._state
            if dedup is None:
                return None if counts is None else counts.copy()
            return dedup.with_replicas() if options.resamples else dedup.counts(self._threads)

    # ---- together with others ------------------------------------------------------------

    def merge(self: Own, other: Own) -> None:
        """Add another accumulator's counts, which stays as it is.

        Raises
        ------
        F1Error
            If the two were made with different options, or saw different classes.
        """
        if not isinstance(other, RunningTotal):
            raise F1Error(f"only an Accumulator can be merged, this is {shown(other)}")
        if self._lock._is_owned():
            refuse_nested(self._lock, self)
        with other._lock:
            added, negative = other._state.copied(), other.negative
        with self._lock:
            current = self._state
            if current.empty or added.empty:  # no columns named its classes yet
                difference = self._initial_options.difference(other._initial_options)
            else:
                difference = current.options.difference(added.options)
            if difference is not None:
                raise F1Error(f"these accumulators cannot be merged: {difference}")
            if added.dedup is not None:
                rows, seeds = added.dedup.rows(), (added.dedup.seed, self._seed)
                self._state = current.plus_rows(rows, added.options, negative, seeds, self._threads)
            elif added.counts is not None:
                self._state = current.plus_counts(added.counts, added.options, negative)

    def add_counts(self, counts: Counts, found: Options) -> None:
        """Add counts of rows without ids, which were counted elsewhere with the options `found`."""
        with self._lock:
            self._state = self._state.plus_counts(counts, found, None)

    def __add__(self: Own, other: Own) -> Own:
        if not isinstance(other, RunningTotal):
            return NotImplemented
        both = copy.copy(self)
        both.merge(other)
        return both

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RunningTotal):
            return NotImplemented
        if self.options.difference(other.options) is not None:
            return False
        (_, *left, _), (_, *right, _) = self._copied(), other._copied()
        return self.negative == other.negative and left == right

    __hash__ = None  # type: ignore[assignment]

    def reset(self) -> None:
        """Forget all counts, keep the options."""
        if self._lock._is_owned():
            refuse_nested(self._lock, self)
        with self._lock:
            self._state = AccumulatorState(self._initial_options)
            if self._stream is not None:  # a batch that is under way has rows of the older one
                self._stream = self._stream.restarted()

    def as_task(self: Own, task: str, counts: Counts) -> Own:
        """Make a copy with other counts, under another task and the same options."""
        made = copy.copy(self)
        made._initial_options = made._initial_options.with_task(task)
        made._state = made._state.as_task(task, counts)
        return made

    # ---- copied, pickled, on disk --------------------------------------------------------

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the state to a file (npz, no pickle, with a checksum), whole or not at all.

        An older state is replaced and its mode kept; any other file only with `force=True`.

        Raises
        ------
        F1Error
            If the file cannot be written, or holds something else than a state.
        """
        from . import state  # zipfile, json and hashlib: 10 ms that few scripts need

        state.save(path, self.__getstate__(), force)

    @classmethod
    def load(cls: type[Own], path: str | os.PathLike[str]) -> Own:
        """Read what `save` wrote.

        Raises
        ------
        F1Error
            If the file is missing, damaged, or no state of this format.
        """
        from . import state

        made = cls.__new__(cls)
        made.__setstate__(state.load(path))
        return made

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            options, counts, dedup, negative = self._state.copied()
            seed = None
            if self._stream is not None:  # rows with ids are drawn for by their ids
                seed = self._stream.fork() if dedup is None else dedup.seed
        return {
            "options": options,
            "asked": self._initial_options,
            "counts": counts,
            "dedup": dedup,
            "threads": self._threads,
            "seed": seed,
            "negative": negative,
        }

    def __setstate__(self, made: dict[str, Any]) -> None:
        options = made["options"]
        RunningTotal.__init__(self, options, made["threads"], made.get("seed"))
        self._initial_options = made.get("asked", options)
        self._state = AccumulatorState(
            options, made["counts"], made.get("dedup"), made.get("negative")
        )

    def __copy__(self: Own) -> Own:
        made = self.__class__.__new__(self.__class__)  # 5 µs less than by what pickles
        made.__setstate__(self.__getstate__())
        return made

    def _copied(self) -> AccumulatorState:
        with self._lock:
            return self._state.copied()

    @property
    def _seed(self) -> int | None:
        return None if self._stream is None else self._stream.seed
