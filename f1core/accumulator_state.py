"""AccumulatorState: options and counts of an accumulator at one moment, replaced by additions."""

from __future__ import annotations

from typing import Any, NamedTuple

from .count import add
from .count_layout import TRUE
from .counts import Counts
from .dedup.deduplicator import Deduplicator
from .dedup.stored_rows import StoredRows
from .errors import F1Error
from .options import Options
from .pos_label import agreed, with_negative

_MIXED = "earlier rows have {} (sample_id=), these have {}: give every row an id, or none"


class AccumulatorState(NamedTuple):
    """Options and counts, or options and rows with ids; whoever adds to it holds the lock.

    An accumulator replaces it in one step. Where counts or rows can grow in place they do so in one
    step too, and `plus_counts` and `plus_rows` return the same object.
    """

    options: Options  # those asked for, and what the columns of the first batch call the classes
    counts: Counts | None = None
    dedup: Deduplicator | None = None  # rows by id, and their counts, where ids are given
    negative: Any = None  # the negative class that the data named, once it occurred

    @property
    def empty(self) -> bool:
        """Whether nothing was added yet."""
        return self.counts is None and self.dedup is None

    @property
    def width(self) -> int | None:
        """Number of classes that batches have settled, unless labels may still be new."""
        if self.dedup is not None:
            size = self.dedup.n_classes
            return None if size is None else self.options.known(size)
        counts = self.counts
        known = counts is not None and counts.labels is None
        return self.options.known(counts.n_classes) if known else None  # type: ignore[union-attr]

    @property
    def shown_negative(self) -> Any:
        """The negative class of a binary task that the rows have shown, None before it occurs."""
        options, counts, _, negative = self
        if negative is not None or options.task != "binary" or options.names is not None:
            return negative
        # Labels 0 and 1 are counted without a look at what there is.
        seen = counts is not None and counts.copy().per_class[TRUE][0] > 0
        return with_negative(options, None).names[0] if seen else None  # type: ignore[index]

    def named(self, whole: bool = False) -> Options:
        """The options with the classes that the data has named so far.

        `whole` asks for both names, if need be with a stand-in for the negative class.
        """
        if self.negative is None and not (whole and self.options.finds_negative):
            return self.options
        return with_negative(self.options, self.negative)

    def copied(self) -> AccumulatorState:
        """Copy, so that later rows reach the original alone."""
        counts = None if self.counts is None else self.counts.copy()
        dedup = None if self.dedup is None else self.dedup.copy()
        return AccumulatorState(self.options, counts, dedup, self.negative)

    def refuse_mixed(self, by_id: bool) -> None:
        """Complain about rows with ids after rows without, and the other way round."""
        if by_id and self.counts is not None:
            raise F1Error(_MIXED.format("no id", "one"))
        if not by_id and self.dedup is not None:
            raise F1Error(_MIXED.format("an id", "none"))

    def reads_alike(self, options: Options, width: int | None) -> bool:
        """Return whether a batch read with these options and this width would be read so again now.

        Another thread's first batch may have settled the classes since.
        """
        return options is self.options and width == self.width

    def plus_counts(self, counts: Counts, found: Options, negative: Any) -> AccumulatorState:
        """Add counts of rows without ids, read with the options `found`."""
        self.refuse_mixed(by_id=False)
        before, known = self.counts, self.negative
        if negative is not None:
            negative = agreed(self.shown_negative, negative)
        if negative in (None, known):
            both, negative = add(before, counts, self.options), known
            if both is before:
                return self
        else:
            both = counts if before is None else before + counts
        return AccumulatorState(self._settled(found), both, None, negative)

    def plus_rows(
        self, rows: StoredRows, found: Options, negative: Any, seeds: Any, threads: int | None
    ) -> AccumulatorState:
        """Add rows with ids; the smallest of the seeds is that of resamples, where any is given."""
        self.refuse_mixed(by_id=True)
        negative = agreed(self.negative, negative)
        seed = min((each for each in seeds if each is not None), default=None)
        if self.dedup is not None and negative == self.negative:
            self.dedup.add(rows, threads, seed)
            return self
        options = self._settled(found)
        dedup = Deduplicator(options) if self.dedup is None else self.dedup.copy()
        dedup.add(rows, threads, seed)
        return AccumulatorState(options, None, dedup, negative)

    def as_task(self, task: str, counts: Counts) -> AccumulatorState:
        """Counts of the same rows, or these with their ids, under another task."""
        options = self.options.with_task(task)
        if self.dedup is None:
            return self._replace(options=options, counts=counts)
        dedup = self.dedup.by_column(counts.n_classes, options)
        return self._replace(options=options, dedup=dedup)

    def _settled(self, found: Options) -> Options:
        """Keep what the columns of the first batch call the classes; later ones are matched."""
        now = self.options
        names = now.names is None and found.names is not None and now.task != "binary"
        return found if names else now
