"""Rows of one id: the same row again, or a contradiction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..counts import Array
from ..errors import F1Error, shown
from ..labels import GrowingEncoder
from ..options import Options
from .keys import Ids, spelled
from .sorted_runs import Rows


class Judge:
    """What is to be done where one id comes twice."""

    def __init__(self, kind: str, options: Options, encoder: GrowingEncoder | None) -> None:
        self._kind, self._options, self._encoder = kind, options, encoder

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
        guess = rows.guess if rows.guess.ndim == 2 else rows.guess[:, None]
        if self._encoder is None or not len(self._encoder.labels):  # all rows may be ignored
            return guess
        return self._encoder.order[guess]

    def _truth(self, rows: Rows, at: int) -> str:
        truth = rows.truth[at]
        if truth.ndim:
            halves = np.split(truth, 1 if self._options.ignore_index is None else 2)
            columns = [np.flatnonzero(np.unpackbits(half)).tolist() for half in halves]
            return " ignoring ".join(map(shown, columns))
        if truth == 0:
            return "ignored"
        place = int(truth) - 1
        if self._encoder is not None:
            return shown(self._encoder.labels[self._encoder.order[place]])
        return shown(place if self._options.names is None else self._options.names[place])


def distinct(rows: Rows, judge: Judge) -> Rows:
    """The rows in the order of their ids, each id once."""
    if (rows.ids[1:] > rows.ids[:-1]).all():
        return rows
    order = np.argsort(rows.ids, kind="stable")
    ordered = rows.ids[order]
    if (ordered[1:] != ordered[:-1]).all():
        return rows.take(order)
    order = np.lexsort((*judge.ranks(rows).T[::-1], rows.ids))
    rows = rows.take(order)
    again = np.append(False, rows.ids[1:] == rows.ids[:-1])
    judge.refuse_contradiction(rows.take(np.flatnonzero(again) - 1), rows.take(again))
    return rows.take(~again)


def compared(
    rows: Rows, runs: tuple[Rows, ...], judge: Judge
) -> tuple[Rows, tuple[Rows, ...], bool]:
    """The rows that no run holds, the runs with earlier predictions, and whether there were any."""
    after, changed = list(runs), False
    for place, run in enumerate(runs):
        at, held = run.find(rows.ids)
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
