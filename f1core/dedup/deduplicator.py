"""Rows that count once: which ids were counted, and what each row decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..count import add, count
from ..counts import Counts, refuse_mixed, refuse_other_width
from ..errors import F1Error
from ..labels import GrowingEncoder
from ..options import Options
from .conflicts import Judge, compared, distinct
from .sorted_runs import Rows, stacked, whole
from .stored_rows import Outcomes, batches, counted, renumbered, trimmed


class Held(NamedTuple):
    """What is held at one moment; what it consists of is never changed, but for the counts."""

    kind: str | None = None  # of ids; None before the first row
    n_classes: int = 0
    encoder: GrowingEncoder | None = None  # of labels, where the data names the classes
    runs: tuple[Rows, ...] = ()
    weighted: bool = False
    seed: int | None = None  # of resamples, where they are kept: the smallest of all merged
    counts: Counts | None = None  # None where they must be counted anew


class Once:
    """The rows counted so far, each once, and their counts.

    Rows are kept as `Outcomes`; all that is held is replaced in one step, so a copy is a snapshot
    and a batch that is refused or interrupted leaves no trace.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._held = Held()

    def __len__(self) -> int:
        """How many rows there are, each once."""
        return sum(map(len, self._held.runs))

    @property
    def n_classes(self) -> int | None:
        """How many classes earlier batches have settled, unless labels may still be new."""
        held = self._held
        return None if held.kind is None or held.encoder is not None else held.n_classes

    @property
    def seed(self) -> int | None:
        """What resamples are drawn from."""
        return self._held.seed

    def add(self, more: Outcomes, threads: int | None = None, seed: int | None = None) -> None:
        """Count the rows that are new; labels are those that occur, sorted.

        Raises
        ------
        F1Error
            If an id comes with two truths or two weights, or classes do not fit; nothing is
            counted then.
        """
        held = self._held
        _refuse_other_form(held, more)
        encoder, rows = _numbered(held, more)
        judge = Judge(more.kind, self._options, encoder)
        rows = distinct(rows, judge)
        fresh, runs, changed = compared(rows, held.runs, judge)
        weighted = held.weighted or rows.weight is not None
        if len(fresh) or not runs:
            runs = stacked(runs, fresh)
        first, counts = held.kind is None, held.counts
        self._held = held._replace(counts=None)  # they are changed; an interrupt leaves the rows
        if (counts is not None or first) and not weighted and not changed:
            part = more._replace(rows=fresh)
            if encoder is not None:
                part = trimmed(part._replace(labels=encoder.by_code))
            if len(fresh) or first:
                counts = counted(part, self._options, threads, counts)
        else:
            counts = None
        seeds = [each for each in (held.seed, seed) if each is not None]
        smallest = min(seeds, default=None)
        self._held = Held(more.kind, more.n_classes, encoder, runs, weighted, smallest, counts)

    def counts(self, threads: int | None = None) -> Counts:
        """The counts of all rows.

        Sums of weights round; they are taken in the order of ids, whichever came first.
        """
        found = self._held.counts
        if found is None:
            found = counted(self.outcomes(), self._options, threads)
            self._held = self._held._replace(counts=found)
        return found

    def outcomes(self) -> Outcomes:
        """All rows in the order of their ids, and the labels that they hold, sorted."""
        held = self._held
        rows = whole(held.runs)
        if held.weighted:
            rows = replace(rows, weight=rows.weights)
        labels = None if held.encoder is None else held.encoder.by_code
        found = trimmed(Outcomes(rows, held.kind or "", held.n_classes, labels))
        encoder = None if found.labels is None else GrowingEncoder.of(found.labels)
        self._held = held._replace(runs=(found.rows,), encoder=encoder)
        return found

    def with_replicas(self) -> Counts:
        """The counts, and replicas of the rows in the order of their ids."""
        from ..intervals.poisson import with_replicas

        total, first, seed = None, 0, self._held.seed
        assert seed is not None
        for batch in batches(self.outcomes(), self._options):
            part = with_replicas(count(batch), batch, seed, first)
            total, first = add(total, part, self._options), first + len(batch)
        assert total is not None
        return total

    def seed_by(self, seed: int | None) -> None:
        """Draw resamples from this seed, where none is held: older pickles kept it elsewhere."""
        if self._held.seed is None:
            self._held = self._held._replace(seed=seed)

    def by_column(self, n_classes: int, options: Options) -> Once:
        """The same rows, their labels 0, 1, … taken as columns."""
        found, made = self.outcomes(), Once(options)
        assert found.labels is not None
        rows = renumbered(found.rows, found.labels.astype(np.int64))
        made.add(Outcomes(rows, found.kind, n_classes, None))
        return made

    def copy(self) -> Once:
        """The same, which later rows do not reach."""
        made, held = Once(self._options), self._held
        counts = None if held.counts is None else held.counts.copy()
        made._held = held._replace(counts=counts)
        return made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Once):
            return NotImplemented
        mine, theirs = self.outcomes().as_dict(), other.outcomes().as_dict()
        return mine.keys() == theirs.keys() and all(
            np.array_equal(mine[name], theirs[name]) for name in mine
        )

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> dict[str, Any]:
        outcomes = self.outcomes() if self._held.runs else None
        return {"options": self._options, "outcomes": outcomes, "seed": self._held.seed}

    def __setstate__(self, made: dict[str, Any]) -> None:
        self.__init__(made["options"])  # type: ignore[misc]
        if made["outcomes"] is not None:
            self.add(made["outcomes"], seed=made.get("seed"))  # older ones have none


def _refuse_other_form(held: Held, more: Outcomes) -> None:
    if held.kind is None:
        return
    if more.kind != held.kind:
        raise F1Error(f"sample_id holds {more.kind} here and {held.kind} before")
    refuse_mixed(None if held.encoder is None else held.encoder.labels, more.labels)
    if more.labels is None:
        refuse_other_width(held.n_classes, more.n_classes)


def _numbered(held: Held, more: Outcomes) -> tuple[GrowingEncoder | None, Rows]:
    """The encoder with the labels of these rows, and the rows in its codes."""
    if more.labels is None:
        return None, more.rows
    encoder = (held.encoder or GrowingEncoder.of(more.labels)).extended(more.labels)
    return encoder, renumbered(more.rows, encoder.find(more.labels))
