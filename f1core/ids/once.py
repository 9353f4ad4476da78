"""Rows that count once: which ids were counted, and what each row decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..counts import Counts, refuse_mixed, refuse_other_width
from ..errors import F1Error
from ..labels import GrowingEncoder
from ..options import Options
from ..tally import add, count
from .outcomes import Outcomes, batches, counted, renumbered, trimmed
from .runs import Rows, stacked, whole
from .twins import Judge, compared, distinct


class Once:
    """The rows counted so far, each once, and their counts.

    Rows are kept as `Outcomes`; what a run of them holds is never changed, so a copy is a snapshot
    and a refused batch leaves no trace.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._kind: str | None = None  # of ids; None before the first row
        self._n_classes = 0
        self._encoder: GrowingEncoder | None = None  # of labels, where the data names the classes
        self._runs: tuple[Rows, ...] = ()
        self._weighted = False
        self._counts: Counts | None = None  # None where they must be counted anew

    @property
    def n_classes(self) -> int | None:
        """How many classes earlier batches have settled, unless labels may still be new."""
        return None if self._kind is None or self._encoder is not None else self._n_classes

    def add(self, more: Outcomes, threads: int | None = None) -> None:
        """Count the rows that are new; labels are those that occur, sorted.

        Raises
        ------
        F1Error
            If an id comes with two truths or two weights, or classes do not fit; nothing is
            counted then.
        """
        self._refuse_other_form(more)
        encoder, rows = self._numbered(more)
        judge = Judge(more.kind, self._options, encoder)
        rows = distinct(rows, judge)
        fresh, runs, changed = compared(rows, self._runs, judge)
        weighted = self._weighted or rows.weight is not None
        if len(fresh) or not runs:
            runs = stacked(runs, fresh)
        # If this is interrupted, all is counted anew from the runs, whichever are there then.
        counts, first, self._counts = self._counts, self._kind is None, None
        if (counts is not None or first) and not weighted and not changed:
            part = more._replace(rows=fresh)
            if encoder is not None:
                part = trimmed(part._replace(labels=encoder.by_code))
            if len(fresh) or first:
                counts = counted(part, self._options, threads, counts)
        else:
            counts = None
        self._kind, self._n_classes, self._encoder = more.kind, more.n_classes, encoder
        self._runs, self._weighted, self._counts = runs, weighted, counts

    def counts(self, threads: int | None = None) -> Counts:
        """The counts of all rows.

        Sums of weights round; they are taken in the order of ids, whichever came first.
        """
        if self._counts is None:
            self._counts = counted(self.outcomes(), self._options, threads)
        return self._counts

    def outcomes(self) -> Outcomes:
        """All rows in the order of their ids, and the labels that they hold, sorted."""
        rows = whole(self._runs)
        if self._weighted:
            rows = replace(rows, weight=rows.weights)
        labels = None if self._encoder is None else self._encoder.by_code
        found = trimmed(Outcomes(rows, self._kind or "", self._n_classes, labels))
        self._runs = (found.rows,)
        if found.labels is not None:
            self._encoder = GrowingEncoder.of(found.labels)
        return found

    def with_replicas(self, seed: int) -> Counts:
        """The counts, and replicas of the rows in the order of their ids."""
        from ..intervals.poisson import with_replicas

        total, first = None, 0
        for batch in batches(self.outcomes(), self._options):
            part = with_replicas(count(batch), batch, seed, first)
            total, first = add(total, part, self._options), first + len(batch)
        assert total is not None
        return total

    def by_column(self, n_classes: int, options: Options) -> Once:
        """The same rows, their labels 0, 1, … taken as columns."""
        found, made = self.outcomes(), Once(options)
        assert found.labels is not None
        rows = renumbered(found.rows, found.labels.astype(np.int64))
        made.add(Outcomes(rows, found.kind, n_classes, None))
        return made

    def copy(self) -> Once:
        """The same, which later rows do not reach."""
        made = Once(self._options)
        made.__dict__.update(self.__dict__)
        made._counts = None if self._counts is None else self._counts.copy()
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
        return {"options": self._options, "outcomes": self.outcomes() if self._runs else None}

    def __setstate__(self, made: dict[str, Any]) -> None:
        self.__init__(made["options"])  # type: ignore[misc]
        if made["outcomes"] is not None:
            self.add(made["outcomes"])

    def _refuse_other_form(self, more: Outcomes) -> None:
        if self._kind is None:
            return
        if more.kind != self._kind:
            raise F1Error(f"sample_id holds {more.kind} here and {self._kind} before")
        refuse_mixed(None if self._encoder is None else self._encoder.labels, more.labels)
        if more.labels is None:
            refuse_other_width(self._n_classes, more.n_classes)

    def _numbered(self, more: Outcomes) -> tuple[GrowingEncoder | None, Rows]:
        """The encoder with the labels of these rows, and the rows in its codes."""
        if more.labels is None:
            return None, more.rows
        encoder = (self._encoder or GrowingEncoder.of(more.labels)).extended(more.labels)
        return encoder, renumbered(more.rows, encoder.find(more.labels))
