"""Rows that count once: which ids were counted, and what each row decided.

Ids are held in sorted runs, each a few times larger than the next. Nothing that a run holds is
ever changed, so that a copy is a snapshot, and a refused batch leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from . import outcomes
from .batch import Batch
from .counts import Array, Counts, refuse_mixed, refuse_other_width, union
from .errors import F1Error, shown
from .identities import Ids, spelled
from .options import Options
from .outcomes import Rows
from .tally import add, add_sparsely, count

# A run is this many times larger than the next one.
_RATIO = 4


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Labels numbered in the order in which they came, so that rows held need no new numbers."""

    labels: Array  # sorted
    numbers: Array  # of each

    def extended(self, labels: Array) -> Lexicon:
        """The same and some more sorted labels."""
        both = union(self.labels, labels)
        if len(both) == len(self.labels):
            return self
        numbers = np.full(len(both), -1)
        numbers[np.searchsorted(both, self.labels)] = self.numbers
        new = numbers < 0
        numbers[new] = len(self.labels) + np.arange(np.count_nonzero(new))
        return Lexicon(both, numbers)

    def find(self, labels: Array) -> Array:
        """The numbers of labels that are in it."""
        return self.numbers[np.searchsorted(self.labels, labels)]

    @property
    def by_number(self) -> Array:
        """The label of each number."""
        found = np.empty_like(self.labels)
        found[self.numbers] = self.labels
        return found

    @property
    def order(self) -> Array:
        """Where each number's label stands in sorted order."""
        found = np.empty(len(self.numbers), np.int64)
        found[self.numbers] = np.arange(len(self.numbers))
        return found


class Outcomes(NamedTuple):
    """Rows, and what the numbers in them mean: classes in column order, or these labels."""

    rows: Rows
    kind: str  # of ids
    n_classes: int
    labels: Array | None


def outcomes_of(batch: Batch, ids: Ids) -> Outcomes:
    """What each row of a batch decided.

    Raises
    ------
    F1Error
        If any row holds a value that cannot be counted.
    """
    rows = outcomes.of_batch(batch, ids.values)
    return Outcomes(rows, ids.kind, batch.n_classes, batch.labels)


class Once:
    """The rows counted so far, each once, and their counts."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._kind: str | None = None
        self._n_classes = 0
        self._lexicon: Lexicon | None = None
        self._runs: tuple[Rows, ...] = ()
        self._weighted = False
        self._counts: Counts | None = None  # None where they must be counted anew

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    @property
    def n_classes(self) -> int | None:
        """How many classes earlier batches have settled, unless labels may still be new."""
        return None if self._kind is None or self._lexicon is not None else self._n_classes

    def add(self, more: Outcomes, threads: int | None = None) -> None:
        """Count the rows that are new.

        Raises
        ------
        F1Error
            If an id comes with two truths or two weights, or classes do not fit; nothing is
            counted then.
        """
        more = _trimmed(more)
        self._refuse_other_form(more)
        lexicon, rows = self._numbered(more)
        judge = _Judge(more.kind, self._options, lexicon)
        rows = _distinct(rows, judge)
        fresh, runs, changed = _compared(rows, self._runs, judge)
        weighted = self._weighted or rows.weight is not None
        if len(fresh) or not runs:
            runs = _stacked((*runs, fresh))
        counts, first, self._counts = self._counts, self._kind is None, None
        if (counts is not None or first) and not weighted and not changed:
            labels = None if lexicon is None else lexicon.by_number
            part = _trimmed(Outcomes(fresh, more.kind, more.n_classes, labels))
            counts = _counted(part, self._options, threads, counts)
        else:
            counts = None
        self._kind, self._n_classes, self._lexicon = more.kind, more.n_classes, lexicon
        self._runs, self._weighted, self._counts = runs, weighted, counts

    def counts(self, threads: int | None = None) -> Counts:
        """The counts of all rows.

        Sums of weights round; they are taken in the order of ids, whichever came first.
        """
        if self._counts is None:
            whole = self.outcomes()
            self._counts = _counted(whole, self._options, threads)
        return self._counts

    def outcomes(self) -> Outcomes:
        """All rows in the order of their ids, and the labels that they hold, sorted."""
        rows = _whole(self._runs)
        if self._weighted:
            rows = replace(rows, weight=rows.weights)
        lexicon = self._lexicon
        labels = None if lexicon is None else lexicon.by_number
        whole = _trimmed(Outcomes(rows, self._kind or "", self._n_classes, labels))
        self._runs = (whole.rows,)
        if whole.labels is not None:
            self._lexicon = Lexicon(whole.labels, np.arange(len(whole.labels)))
        return whole

    def with_replicas(self, seed: int) -> Counts:
        """The counts, and replicas of the rows in the order of their ids."""
        from .poisson import with_replicas

        whole, total, first = self.outcomes(), None, 0
        for batch in outcomes.batches(whole.rows, self._options, whole.n_classes, whole.labels):
            part = with_replicas(count(batch), batch, seed, first)
            total, first = add(total, part, self._options), first + len(batch)
        assert total is not None
        return total

    def copy(self) -> Once:
        """The same, which later rows do not reach."""
        made = Once(self._options)
        made.__dict__.update(self.__dict__)
        if made._counts is not None:
            made._counts = made._counts.copy()
        return made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Once):
            return NotImplemented
        mine, theirs = self.outcomes(), other.outcomes()
        return (
            mine.kind == theirs.kind
            and mine.n_classes == theirs.n_classes
            and _same(mine.labels, theirs.labels)
            and _same(mine.rows.ids, theirs.rows.ids)
            and _same(mine.rows.truth, theirs.rows.truth)
            and _same(mine.rows.guess, theirs.rows.guess)
            and _same(mine.rows.weights, theirs.rows.weights)
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
        mine = None if self._lexicon is None else self._lexicon.labels
        refuse_mixed(mine, more.labels)
        if mine is None:
            refuse_other_width(self._n_classes, more.n_classes)

    def _numbered(self, more: Outcomes) -> tuple[Lexicon | None, Rows]:
        """The lexicon with the labels of these rows, and the rows in its numbers."""
        if more.labels is None:
            return None, more.rows
        lexicon = self._lexicon or Lexicon(more.labels, np.arange(len(more.labels)))
        lexicon = lexicon.extended(more.labels)
        return lexicon, _renumbered(more.rows, lexicon.find(more.labels))


class _Judge:
    """What is to be done where one id comes twice."""

    def __init__(self, kind: str, options: Options, lexicon: Lexicon | None) -> None:
        self._kind, self._options, self._lexicon = kind, options, lexicon

    def refuse_contradiction(self, one: Rows, other: Rows) -> None:
        """Complain where rows of the same ids differ in truth or weight."""
        wrong = one.truth != other.truth
        wrong = wrong.any(axis=1) if wrong.ndim == 2 else wrong
        if wrong.any():
            at = int(wrong.argmax())
            two = sorted((self._truth(one, at), self._truth(other, at)))
            raise F1Error(
                f"sample_id {spelled(Ids(self._kind, one.ids), at)} comes with two truths, "
                f"{two[0]} and {two[1]}: an id is that of one row"
            )
        if one.weight is None and other.weight is None:
            return
        wrong = one.weights != other.weights
        if wrong.any():
            at = int(wrong.argmax())
            low, high = sorted((one.weights[at], other.weights[at]))
            raise F1Error(
                f"sample_id {spelled(Ids(self._kind, one.ids), at)} comes with two weights, "
                f"{low} and {high}: an id is that of one row"
            )

    def earlier(self, one: Rows, other: Rows) -> Array:
        """(n,) where the first rows' predictions come before the others' in order of classes."""
        mine, theirs = self.ranks(one), self.ranks(other)
        differs = mine != theirs
        at = differs.argmax(axis=1)
        each = np.arange(len(mine))
        return np.asarray(mine[each, at] < theirs[each, at])

    def ranks(self, rows: Rows) -> Array:
        """(n, k) predictions as numbers in the order of classes."""
        guess = rows.guess.reshape(len(rows), -1)
        return guess if self._lexicon is None else self._lexicon.order[guess]

    def _truth(self, rows: Rows, at: int) -> str:
        truth = rows.truth[at]
        if truth.ndim:
            return shown(np.flatnonzero(np.unpackbits(truth)).tolist())
        if truth == 0:
            return "ignored"
        place = int(truth) - 1
        if self._lexicon is not None:
            return shown(self._lexicon.labels[self._lexicon.order[place]])
        return shown(place if self._options.names is None else self._options.names[place])


def _counted(
    some: Outcomes, options: Options, threads: int | None, total: Counts | None = None
) -> Counts:
    """The counts of these rows, added to others where there are some."""
    for batch in outcomes.batches(some.rows, options, some.n_classes, some.labels):
        if total is None or not add_sparsely(total, batch):
            total = add(total, count(batch, threads), options)
    assert total is not None
    return total


def _trimmed(some: Outcomes) -> Outcomes:
    """The same with only those labels that occur in rows that count, sorted."""
    rows, labels = some.rows, some.labels
    if labels is None:
        return some
    seen = np.zeros(len(labels), bool)
    counts = rows.truth > 0
    seen[rows.truth[counts] - 1] = True
    seen[rows.guess[counts]] = True
    held = np.flatnonzero(seen)
    held = held[np.argsort(labels[held])]
    numbers = np.zeros(len(labels), np.int64)
    numbers[held] = np.arange(len(held))
    return some._replace(rows=_renumbered(rows, numbers), n_classes=len(held), labels=labels[held])


def _renumbered(rows: Rows, numbers: Array) -> Rows:
    """The same rows with other numbers for their labels."""
    narrow = np.min_scalar_type(int(numbers.max(initial=0)) + 1)
    truth = np.append(0, numbers + 1)[rows.truth]
    guess = np.where(rows.truth > 0, np.append(numbers, 0)[rows.guess], 0)
    return replace(rows, truth=truth.astype(narrow), guess=guess.astype(narrow))


def _distinct(rows: Rows, judge: _Judge) -> Rows:
    """The rows in the order of their ids, each id once."""
    order = np.argsort(rows.ids, kind="stable")
    ordered = rows.ids[order]
    if (ordered[1:] != ordered[:-1]).all():
        return rows.take(order)
    order = np.lexsort((*judge.ranks(rows).T[::-1], rows.ids))
    rows = rows.take(order)
    again = np.append(False, rows.ids[1:] == rows.ids[:-1])
    judge.refuse_contradiction(rows.take(np.flatnonzero(again) - 1), rows.take(again))
    return rows.take(~again)


def _compared(
    rows: Rows, runs: tuple[Rows, ...], judge: _Judge
) -> tuple[Rows, tuple[Rows, ...], bool]:
    """The rows that no run holds, the runs with earlier predictions, and whether there were any."""
    after, changed = list(runs), False
    for place, run in enumerate(runs):
        at, held = _found(run.ids, rows.ids)
        if not held.any():
            continue
        at, again = at[held], rows.take(held)
        before = run.take(at)
        judge.refuse_contradiction(before, again)
        wins = judge.earlier(again, before)
        if wins.any():
            changed = True
            guess = run.guess.astype(np.promote_types(run.guess.dtype, rows.guess.dtype))
            guess[at[wins]] = again.guess[wins]
            after[place] = replace(run, guess=guess)
        rows = rows.take(~held)
    return rows, tuple(after), changed


def _found(held: Array, ids: Array) -> tuple[Array, Array]:
    """Where ids stand among held ones, and whether they do."""
    if not len(held):
        return np.zeros(len(ids), np.int64), np.zeros(len(ids), bool)
    keys = ids
    if ids.dtype != held.dtype:  # else NumPy casts all that is held: 270 µs for 10^6, and 3 without
        if ids.dtype.kind == "u" and ids.itemsize > held.itemsize:
            keys = np.minimum(ids, np.iinfo(held.dtype).max)
        keys = keys.astype(held.dtype)
    at = np.searchsorted(held, keys)
    at[at == len(held)] = 0
    return at, held[at] == ids


def _stacked(runs: tuple[Rows, ...]) -> tuple[Rows, ...]:
    """The runs, the last ones merged until each is larger than the next."""
    stack = list(runs)
    while len(stack) > 1 and len(stack[-2]) < _RATIO * len(stack[-1]):
        last = stack.pop()
        stack.append(_merged(stack.pop(), last))
    return tuple(stack)


def _whole(runs: tuple[Rows, ...]) -> Rows:
    """All runs as one."""
    stack = list(runs)
    while len(stack) > 1:
        last = stack.pop()
        stack.append(_merged(stack.pop(), last))
    return stack[0]


def _merged(a: Rows, b: Rows) -> Rows:
    """Two sorted runs without a common id as one."""
    wide = np.promote_types(a.ids.dtype, b.ids.dtype)
    first, second = a.ids.astype(wide, copy=False), b.ids.astype(wide, copy=False)
    at = np.searchsorted(first, second) + np.arange(len(b))
    rest = np.ones(len(a) + len(b), bool)
    rest[at] = False

    def woven(x: Array, y: Array) -> Array:
        both = np.empty((len(rest), *x.shape[1:]), np.promote_types(x.dtype, y.dtype))
        both[rest], both[at] = x, y
        return both

    weight = None
    if a.weight is not None or b.weight is not None:
        weight = woven(a.weights, b.weights)
    return Rows(woven(first, second), woven(a.truth, b.truth), woven(a.guess, b.guess), weight)


def _same(a: Array | None, b: Array | None) -> bool:
    return a is b or (a is not None and b is not None and np.array_equal(a, b))
