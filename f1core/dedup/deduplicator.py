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


class DedupState(NamedTuple):
    """Rows and counts of a Deduplicator at one moment; none of them is ever changed."""

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

    The state is replaced in one step, so a copy is a snapshot, and a batch that is refused
    or interrupted leaves no trace.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._state: DedupState | None = None

    def __len__(self) -> int:
        """Number of rows there are, each once."""
        return 0 if self._state is None else len(self._state.rows) + len(self._state.pending)

    @property
    def n_classes(self) -> int | None:
        """Number of classes that earlier batches have settled, unless labels may still be new."""
        rows = None if self._state is None else self._state.rows
        return None if rows is None or rows.labels is not None else rows.n_classes

    @property
    def seed(self) -> int | None:
        """The seed that resamples are drawn from."""
        return None if self._state is None else self._state.seed

    def add(self, more: StoredRows, threads: int | None = None, seed: int | None = None) -> None:
        """Take in rows whose labels are those that occur, sorted.

        Refused, and nothing is taken in: an id with two truths or two weights, ids of another kind,
        classes that do not fit.
        """
        current = self._state
        if current is not None:
            _refuse_other_form(current.rows, more)
        if not (more.ids[1:] > more.ids[:-1]).all():
            more = resolve_conflicts(more.take(np.argsort(more.ids)), self._options)
        if current is None or not len(
            current.rows
        ):  # counted at once: counts may not fit in memory
            counts = counted(more, self._options, threads) if more.weight is None else None
            self._state = DedupState(more, more.take(slice(0)), counts, seed)
            return
        size, (before, pending, more) = len(more), _in_common_codes(current, more)
        rows, more = _settled(before, more, self._options)
        pending, more = _settled(pending, more, self._options)
        counts = (
            current.counts if rows is before else None
        )  # a guess that was counted is another one
        pending = pending.merged(more)
        seeds = [each for each in (current.seed, seed) if each is not None]
        self._state = DedupState(rows, pending, counts, min(seeds, default=None))
        if len(pending) ** 2 >= _PENDING * size * len(rows):
            self._merge_pending(threads)

    def _merge_pending(self, threads: int | None = None) -> DedupState:
        """Merge what is pending into the other rows."""
        current = self._state
        assert current is not None
        pending, counts, rows = (
            current.pending,
            current.counts,
            current.rows.merged(current.pending),
        )
        if rows is current.rows:
            return current
        if current.weighted:
            counts = None
        elif counts is not None:
            counts = counted(pending, self._options, threads, counts.copy())
        self._state = current = current._replace(
            rows=rows, pending=rows.take(slice(0)), counts=counts
        )
        return current

    def counts(self, threads: int | None = None) -> Counts:
        """The counts of all rows, in arrays of their own.

        Sums of weights round; they are taken in the order of ids, whichever came first.
        """
        current = self._state
        assert current is not None
        current = self._merge_pending(threads) if current.weighted else current
        counts = current.counts
        if counts is None:
            counts = counted(current.rows, self._options, threads)
            self._state = current._replace(counts=counts)
        if not len(current.pending):
            return counts.copy()
        return counted(current.pending, self._options, threads, counts.copy())

    def rows(self) -> StoredRows:
        """Return all rows sorted by id, with only the labels that they hold."""
        current = self._merge_pending()
        rows = current.rows.trimmed()
        self._state = current._replace(rows=rows, pending=rows.take(slice(0)))
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
        made._state = self._state
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
        rows = None if self._state is None else self.rows()
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


def _settled(
    current: StoredRows, more: StoredRows, options: Options
) -> tuple[StoredRows, StoredRows]:
    """Resolve conflicts with the current rows; return those, and the other rows that are new."""
    at, known = current.find(more.ids)
    if not known.any():
        return current, more
    at, known_rows = at[known], more.take(known)
    one = current.take(at)
    _refuse_contradiction(one, known_rows, options)
    later = _guesses_later(one, known_rows)
    if later.any():
        guess = current.guess.astype(np.promote_types(current.guess.dtype, known_rows.guess.dtype))
        guess[at[later]] = known_rows.guess[later]
        current = replace(current, guess=guess)
    return current, more.take(~known)


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


def _refuse_other_form(current: StoredRows, more: StoredRows) -> None:
    """Complain about ids of another kind, and about other classes."""
    if more.kind != current.kind:
        raise F1Error(f"sample_id holds {more.kind} here and {current.kind} before")
    refuse_mixed(current.labels, more.labels)
    if more.labels is None:
        refuse_other_width(current.n_classes, more.n_classes)


def _in_common_codes(
    current: DedupState, more: StoredRows
) -> tuple[StoredRows, StoredRows, StoredRows]:
    """Recode the labels of current rows, pending ones and others alike, new labels last."""
    rows, pending, _, _ = current
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
