"""rows(): the rows behind a cell of the confusion matrix, or that decided a class one way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from . import option_values
from .averages import NO_ROWS, OUTCOMES
from .backends.cells import Outcome
from .batch import Batch
from .counts import Array
from .errors import F1Error, one_of, parameters_of, refuse_unknown, shown
from .inputs import check
from .option_types import CountOptions, Task, Unpack
from .options import Options, make_options
from .outcomes import Decisions, decided_blocks

DECIDING = ("threshold", "top_k", "from_logits", "ignore_index", "pos_label", "unknown")
ASKED = (*OUTCOMES, "unknown")
_BLOCK = 1 << 17  # cells decided in one go
_NAMED = 20  # so many labels are named in a sentence
_CODES = {"tp": Outcome.TP, "fp": Outcome.FP, "fn": Outcome.FN, "tn": Outcome.TN}


def rows(
    y_true: Any = None,
    y_pred: Any = None,
    *,
    true: Any = None,
    predicted: Any = None,
    label: Any = None,
    outcome: str | None = None,
    limit: int | None = None,
    task: Task | None = None,
    classes: Any = None,
    **options: Unpack[CountOptions],
) -> Array:
    """Find the rows behind a cell of the confusion matrix, or that decided a label one way.

    Parameters
    ----------
    y_true, y_pred, task, classes
        As in `f1core.score`.
    true, predicted
        The classes that a row is, and is predicted to be; one of them, or both. With top_k a row
        predicts each of its k classes.
    label, outcome
        Instead: a class, and "tp", "fp", "fn" or "tn", what rows decided of it. The only way to ask
        of a multilabel task; of a binary one the label is the positive class by default. With
        unknown="miss" also "unknown", rows that predict no class, of all labels or one.
    limit
        How many rows at most, the first ones.
    **options
        threshold, top_k, from_logits, ignore_index, pos_label and unknown, as in `f1core.score`.

    Returns
    -------
    array
        (k,) row numbers, from 0.

    Raises
    ------
    F1Error
        For input that cannot be scored, and for a class that is none.

    Examples
    --------
    >>> import f1core
    >>> f1core.rows(["cat", "dog", "cat"], ["dog", "dog", "cat"], true="cat", predicted="dog")
    array([0])
    >>> f1core.rows([0, 1, 1], [0.2, 0.9, 0.4], outcome="fn")
    array([2])
    """
    refuse_unknown(options, (*parameters_of(rows), *DECIDING), "rows")
    limit = None if limit is None else option_values.whole("limit", limit)
    finder = Finder(Cell.checked(true, predicted, label, outcome), task, classes, options)
    found = finder.found(y_true, y_pred, limit)
    finder.finish()
    return found


class Cell(NamedTuple):
    """A cell to look for: a true and a predicted class, or a label and its outcome."""

    true: Any
    predicted: Any
    label: Any
    outcome: str | None

    @classmethod
    def checked(cls, true: Any, predicted: Any, label: Any, outcome: Any) -> Cell:
        """Check the options that name a cell, and return it."""
        pair = true is not None or predicted is not None
        if outcome is not None:
            option_values.among("outcome", outcome, ASKED)
        if pair and (label is not None or outcome is not None):
            raise F1Error(
                "true= and predicted= name a cell, label= and outcome= another: use two of them"
            )
        if not pair and outcome is None:
            raise F1Error(
                "there is no cell to look for: say true= and predicted=, or label= and outcome="
            )
        true, predicted, label = (
            each.item() if isinstance(each, np.generic) else each
            for each in (true, predicted, label)
        )
        return cls(true, predicted, label, outcome)

    def refuse_other_task(self, task: str) -> None:
        """Complain about what a task has not."""
        if task == "multilabel" and self.outcome is None:
            raise F1Error(
                "true= and predicted= are for one class a row, this task is multilabel: say label= "
                f"and outcome=, one of {', '.join(map(repr, OUTCOMES))}"
            )
        alone = self.outcome is None or self.outcome == "unknown" or task == "binary"
        if not alone and self.label is None:
            raise F1Error(f"outcome={self.outcome!r} is of a class: say label=")


class Finder:
    """Finds the rows of a cell, a batch of rows at a time."""

    def __init__(
        self, cell: Cell, task: Task | None, classes: Any, options: Mapping[str, Any]
    ) -> None:
        self._cell, self._given_options = cell, make_options(task, classes=classes, **options)
        self._options: Options | None = None
        self._wanted: dict[str, Any] = {}  # the classes asked for, by the name of their option
        self._unseen: set[str] = set()  # those of them that no row had so far
        self._labels: set[Any] = set()  # some of the labels that rows had
        self._counted = False  # whether any row counted
        self._binary = False

    def found(self, truth: Any, scores: Any, limit: int | None = None) -> Array:
        """(k,) the numbers of a batch's rows that lie in the cell, the first ones."""
        if self._options is None:
            self._settle(check(truth, scores, self._given_options))
        assert self._options is not None
        batch = check(truth, scores, self._options, exact=True)
        places = {name: self._place(name, batch) for name in self._wanted}
        found, many = [np.zeros(0, np.int64)], 0
        for start, _, decided in decided_blocks(batch, _BLOCK):
            self._counted = self._counted or len(decided.rows) > 0
            if self._unseen:
                self._see(decided, places, batch.labels)
            found.append(start + decided.rows[self._mask(decided, places)])
            many += len(found[-1])
            if limit is not None and many >= limit:
                break
        return np.concatenate(found)[:limit]

    def finish(self) -> None:
        """Complain about a class that no row had, and where no row counted."""
        if not self._counted:
            raise F1Error(NO_ROWS)
        if self._binary and self._labels <= {0, 1}:  # which are the classes, seen or not
            self._unseen -= {name for name in self._unseen if self._wanted[name] in (0, 1)}
        if not self._unseen:
            return
        name = min(self._unseen)
        value, known = self._wanted[name], sorted(self._labels)
        if len(known) > _NAMED:
            raise F1Error(f"{name} is {shown(value)}, which is the label of no row")
        raise F1Error(one_of(name, value, known))

    def _settle(self, batch: Batch) -> None:
        """Fix the task, and the classes to look for, by the first rows."""
        given, cell, task = self._given_options, self._cell, batch.options.task or ""
        cell.refuse_other_task(task)
        self._binary = task == "binary"
        if cell.outcome == "unknown":
            if not given.counts_unknown:
                raise F1Error("outcome='unknown' is of unknown='miss', which classes=[…] go with")
            self._wanted = {} if cell.label is None else {"label": cell.label}
        elif cell.outcome is None:
            pair = {"true": cell.true, "predicted": cell.predicted}
            self._wanted = {name: value for name, value in pair.items() if value is not None}
        else:
            positive = 1 if given.pos_label is None else given.pos_label
            positive = (given.names or batch.options.names or (0, positive))[-1]
            self._wanted = {"label": positive if cell.label is None else cell.label}
        if batch.kind == "labels" and not batch.onehot:  # where no task says what a label is
            how = {"ignore_index": given.ignore_index, "unknown": given.unknown}
            self._options = make_options("multiclass", classes=given.given_classes, **how)
        else:
            self._options = given.with_task(task)
        if self._is_open(batch):
            self._unseen = set(self._wanted)

    def _is_open(self, batch: Batch) -> bool:
        """Return whether later rows may bring labels that are not known yet."""
        assert self._options is not None
        named = self._options.names is not None or self._options.n_classes is not None
        return not named and batch.kind in ("labels", "binary") and not batch.onehot

    def _place(self, name: str, batch: Batch) -> int:
        """Find the column of a class that is looked for; -1 where no row of the batch has it."""
        value, size = self._wanted[name], batch.options.known(batch.n_classes)
        place = batch.options.place(value, size, batch.labels)
        if place is None and not self._is_open(batch):
            if size > _NAMED:
                raise F1Error(f"{name} is {shown(value)}, which is none of the {size} classes")
            raise F1Error(one_of(name, value, batch.options.names or range(size)))
        return -1 if place is None else place

    def _see(self, decided: Decisions, places: dict[str, int], labels: Array | None) -> None:
        """Note which of the classes occur, and some labels for a sentence."""
        ids = np.union1d(decided.true, decided.pred)
        self._unseen -= {name for name in self._unseen if places[name] in ids}
        if len(self._labels) <= _NAMED:
            self._labels.update((ids if labels is None else labels[ids])[: _NAMED + 1].tolist())

    def _mask(self, decided: Decisions, places: dict[str, int]) -> Array:
        """(m,) whether each row that counts lies in the cell."""
        outcome = self._cell.outcome
        if decided.outcome is not None:
            return np.asarray(decided.outcome[:, places["label"]] == int(_CODES[str(outcome)]))
        taken = decided.several
        if outcome == "unknown":
            assert self._options is not None
            of_label = decided.true == places.get("label", decided.true)
            return np.asarray((taken[:, 0] == self._options.n_classes) & of_label)
        if outcome is None:
            mask = np.ones(len(decided.true), bool)
            if "true" in places:
                mask &= decided.true == places["true"]
            if "predicted" in places:
                mask &= (taken == places["predicted"]).any(axis=1)
            return mask
        is_it = decided.true == places["label"]
        predicted = (taken == places["label"]).any(axis=1)
        return np.asarray(
            (is_it == (outcome in ("tp", "fn"))) & (predicted == (outcome in ("tp", "fp")))
        )
