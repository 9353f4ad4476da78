"""Count each id once: rows sorted by id, found again by search, and what happens to repetitions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..alignment import refuse_mixed, refuse_other_width, union
from ..count import add, count
from ..counts import Array, Counts
from ..errors import F1Error, shown
from ..options import Options
from .keys import Ids, spelled
from .stored_rows import StoredRows, counted, replay

# A batch moves all pending rows, 5 ns each, and a merge all rows, 11 ns each: they cost the same
# where a merge waits for 2 sqrt(rows x batch) pending ones, 60,000 of 10^6 that come by 1,000.
_PENDING = 4


class Held(NamedTuple):
    """The rows and counts held at one moment; none of them is ever changed."""

    rows: StoredRows  # sorted by id, each once
    pending: StoredRows  # later ones, sorted by id, too few yet to be merged into the others
    counts: Counts | None  # of `rows`; None where they must be counted anew
    seed: int | None  # of resamples, where they are kept: the smallest of all merged

    @property
    def weighted(self) -> bool:
        """Whether any batch had weights."""
        return self.rows.weight is not None or self.pending.weight is not None


class Deduplicator:
    """The rows counted so far, each once, and their counts.

    All that is held is replaced in one step, so a copy is a snapshot, and a batch that is refused
    or interrupted leaves no trace.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._held: Held | None = None

    def __len__(self) -> int:
        """Number of rows there are, each once."""
        return 0 if self._held is None else len(self._held.rows) + len(self._held.pending)

    @property
    def n_classes(self) -> int | None:
        """Number of classes that earlier batches have settled, unless labels may still be new."""
        rows = None if self._held is None else self._held.rows
        return None if rows is None or rows.labels is not None else rows.n_classes

    @property
    def seed(self) -> int | None:
        """The seed that resamples are drawn from."""
        return None if self._held is None else self._held.seed

    def add(self, more: StoredRows, threads: int | None = None, seed: int | None = None) -> None:
        """Take in rows whose labels are those that occur, sorted.

        Refused, and nothing is taken in: an id with two truths or two weights, ids of another kind,
        classes that do not fit.
        """
        held = self._held
        if held is not None:
            _refuse_other_form(held.rows, more)
        if not (more.ids[1:] > more.ids[:-1]).all():
            more = resolve_conflicts(more.take(np.argsort(more.ids)), self._options)
        if held is None or not len(held.rows):  # counted at once: counts may not fit in memory
            counts = counted(more, self._options, threads) if more.weight is None else None
            self._held = Held(more, more.take(slice(0)), counts, seed)
            return
        size, (before, pending, more) = len(more), _in_common_codes(held, more)
        rows, more = _settled(before, more, self._options)
        pending, more = _settled(pending, more, self._options)
        counts = held.counts if rows is before else None  # a guess that was counted is another one
        pending = pending.merged(more)
        seeds = [each for each in (held.seed, seed) if each is not None]
        self._held = Held(rows, pending, counts, min(seeds, default=None))
        if len(pending) ** 2 >= _PENDING * size * len(rows):
            self._merge_pending(threads)

    def _merge_pending(self, threads: int | None = None) -> Held:
        """Merge what is pending into the other rows."""
        held = self._held
        assert held is not None
        pending, counts, rows = held.pending, held.counts, held.rows.merged(held.pending)
        if rows is held.rows:
            return held
        if held.weighted:
            counts = None
        elif counts is not None:
            counts = counted(pending, self._options, threads, counts.copy())
        self._held = held = held._replace(rows=rows, pending=rows.take(slice(0)), counts=counts)
        return held

    def counts(self, threads: int | None = None) -> Counts:
        """The counts of all rows, in arrays of their own.

        Sums of weights round; they are taken in the order of ids, whichever came first.
        """
        held = self._held
        assert held is not None
        held = self._merge_pending(threads) if held.weighted else held
        counts = held.counts
        if counts is None:
            counts = counted(held.rows, self._options, threads)
            self._held = held._replace(counts=counts)
        if not len(held.pending):
            return counts.copy()
        return counted(held.pending, self._options, threads, counts.copy())

    def rows(self) -> StoredRows:
        """Return all rows sorted by id, with only the labels that they hold."""
        held = self._merge_pending()
        rows = held.rows.trimmed()
        self._held = held._replace(rows=rows, pending=rows.take(slice(0)))
        return rows

    def with_replicas(self) -> Counts:
        """The counts, and replicas of the rows in the order of their ids."""
        from ..poisson import with_replicas

        total, first, seed = None, 0, self.seed
        assert seed is not None
        for batch in replay(self.rows(), self._options):
            part = with_replicas(count(batch), batch, seed, first)
            total, first = add(total, part, self._options), first + len(batch)
        assert total is not None
        return total

    def by_column(self, n_classes: int, options: Options) -> Deduplicator:
        """Take the labels 0, 1, … of the same rows as columns."""
        rows, made = self.rows(), Deduplicator(options)
        assert rows.labels is not None
        made.add(rows.renumbered(rows.labels.astype(np.int64), None, n_classes), seed=self.seed)
        return made

    def copy(self) -> Deduplicator:
        """Copy, so that later rows reach the original alone."""
        made = Deduplicator(self._options)
        made._held = self._held
        return made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Deduplicator):
            return NotImplemented
        left, right = self.rows().as_dict(), other.rows().as_dict()
        return left.keys() == right.keys() and all(
            np.array_equal(left[name], right[name]) for name in left
        )

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> dict[str, Any]:
        rows = None if self._held is None else self.rows()
        return {"options": self._options, "rows": rows, "seed": self.seed}

    def __setstate__(self, made: dict[str, Any]) -> None:
        self.__init__(made["options"])  # type: ignore[misc]
        if made["rows"] is not None:
            self.add(made["rows"], seed=made["seed"])


def resolve_conflicts(rows: StoredRows, options: Options) -> StoredRows:
    """Keep each id of sorted rows once: of several guesses, the one for the earlier class.

    An id that comes with two truths or two weights is refused.
    """
    while (repeated := rows.ids[1:] == rows.ids[:-1]).any():
        at = np.flatnonzero(repeated)
        one, other = rows.take(at), rows.take(at + 1)
        _refuse_contradiction(one, other, options)
        kept = np.ones(len(rows), bool)
        kept[at + ~_guesses_later(one, other)] = False  # of m in a row, at least half of m - 1
        rows = rows.take(kept)
    return rows


def _settled(held: StoredRows, more: StoredRows, options: Options) -> tuple[StoredRows, StoredRows]:
    """Resolve conflicts with held rows; return those, and the other rows that are new."""
    at, known = held.find(more.ids)
    if not known.any():
        return held, more
    at, known_rows = at[known], more.take(known)
    one = held.take(at)
    _refuse_contradiction(one, known_rows, options)
    later = _guesses_later(one, known_rows)
    if later.any():
        guess = held.guess.astype(np.promote_types(held.guess.dtype, known_rows.guess.dtype))
        guess[at[later]] = known_rows.guess[later]
        held = replace(held, guess=guess)
    return held, more.take(~known)


def _guesses_later(one: StoredRows, other: StoredRows) -> Array:
    """(n,) where the first rows guess a later class than the others do."""
    left, right = (rows.guess.reshape(len(rows), -1) for rows in (one, other))
    each, at = np.arange(len(left)), (left != right).argmax(axis=1)
    left, right = left[each, at], right[each, at]
    if one.labels is not None and len(one.labels):  # all rows may be ignored
        left, right = one.labels[left], one.labels[right]
    return np.asarray(left > right)


def _refuse_contradiction(one: StoredRows, other: StoredRows, options: Options) -> None:
    """Complain where rows of the same ids differ in truth or weight."""
    for name, left, right in (
        ("truths", one.truth, other.truth), ("weights", one.weights, other.weights)
    ):  # fmt: skip
        wrong = (left != right).reshape(len(one), -1).any(axis=1)
        if wrong.any():
            at = int(wrong.argmax())
            two = (left[at], right[at])
            if name == "truths":
                two = (_spelled_truth(one, at, options), _spelled_truth(other, at, options))
            low, high = sorted(two)
            raise F1Error(
                f"sample_id {spelled(Ids(one.kind, one.ids), at)} comes with two {name}, "
                f"{low} and {high}: an id is that of one row"
            )


def _spelled_truth(rows: StoredRows, at: int, options: Options) -> str:
    truth = rows.truth[at]
    if truth.ndim:
        halves = np.split(truth, 1 if options.ignore_index is None else 2)
        columns = [np.flatnonzero(np.unpackbits(half)).tolist() for half in halves]
        return " ignoring ".join(map(shown, columns))
    if truth == 0:
        return "ignored"
    place = int(truth) - 1
    if rows.labels is not None:
        return shown(rows.labels[place])
    return shown(place if options.names is None else options.names[place])


def _refuse_other_form(held: StoredRows, more: StoredRows) -> None:
    """Complain about ids of another kind, and about other classes."""
    if more.kind != held.kind:
        raise F1Error(f"sample_id holds {more.kind} here and {held.kind} before")
    refuse_mixed(held.labels, more.labels)
    if more.labels is None:
        refuse_other_width(held.n_classes, more.n_classes)


def _in_common_codes(held: Held, more: StoredRows) -> tuple[StoredRows, StoredRows, StoredRows]:
    """Recode both sides' labels (held and pending, and others), new labels last."""
    rows, pending, _, _ = held
    if rows.labels is None or more.labels is None:
        return rows, pending, more
    labels = union(rows.labels, more.labels)
    if len(labels) == len(rows.labels):
        labels = rows.labels
    elif len(rows.labels):
        labels = np.append(rows.labels, np.setdiff1d(more.labels, rows.labels))
    order = np.argsort(labels)
    codes = order[np.searchsorted(labels, more.labels, sorter=order)]
    rows, pending = (replace(r, labels=labels, n_classes=len(labels)) for r in (rows, pending))
    return rows, pending, more.renumbered(codes, labels, len(labels))
