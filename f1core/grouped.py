"""Scores by group: score_by() over arrays, GroupedAccumulator over batches of rows."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from . import tables
from .accumulator import Accumulator
from .api import score
from .arrays import refuse_rounded, to_numpy, widened
from .batch import Batch
from .count import count
from .counts import Array, Counts
from .errors import F1Error, parameters_of, refuse_unknown, shape_words, shown
from .frame_columns import refuse_own_columns
from .inputs import check
from .label_rows import taken
from .labels import factorize
from .option_types import Frame, TaskOptions, Unpack
from .options import make_options, refuse_idle_seed, thread_count
from .outcomes import decide
from .row_order import refuse_reordered
from .scores import Scores

_OPTIONS = parameters_of(score)
_ROWS = 4096  # in a group, on average, from which on a pass of its own pays
_CLASSES = 64  # whose table of 32 kB a group is filled in no time
_BLOCK = 1 << 17  # rows decided in one go


class ByGroup(dict[Any, Scores]):
    """Scores by group, in sorted order."""

    def to_frame(self, kind: Frame = "pandas", **unknown: NoReturn) -> Any:
        """Put the groups into a frame, one a row.

        Parameters
        ----------
        kind
            "pandas" or "polars".

        Returns
        -------
        DataFrame
            Its columns are `group`, `rows` (how many, or their weight) and every name of
            `Scores.to_dict`.

        Raises
        ------
        F1Error
            If that library is not installed.

        Examples
        --------
        >>> import f1core
        >>> by = f1core.score_by(["a", "a", "b"], [0, 1, 1], [0.2, 0.9, 0.4])
        >>> by.to_frame()[["group", "rows", "f1"]].values.tolist()
        [['a', 2, 1.0], ['b', 1, 0.0]]
        """
        if unknown:
            refuse_unknown(unknown, ByGroup.to_frame, "to_frame")
        return tables.groups_frame(self, kind)


Span = tuple[Any, int, int]  # a group, and where its rows start and stop among the sorted ones


def score_by(
    groups: Any = None,
    y_true: Any = None,
    y_pred: Any = None,
    *,
    sample_weight: Any = None,
    resamples: int = 0,
    seed: int | None = None,
    threads: int | None = None,
    **options: Unpack[TaskOptions],
) -> ByGroup:
    """The scores of each group of rows: slices of a fairness check, sources, months.

    Parameters
    ----------
    groups
        (n,) each row's group: strings, whole numbers or booleans.
    y_true, y_pred, sample_weight, resamples, seed, threads, **options
        As in `score`. The task is read off all rows; each group has the classes that `score` finds
        in its rows.

    Returns
    -------
    ByGroup
        A dict of Scores by group, in sorted order; its `to_frame()` has a row a group.

    Raises
    ------
    F1Error
        For input that cannot be scored, and for a group all of whose rows are ignored or
        weightless.

    Examples
    --------
    >>> import f1core
    >>> by = f1core.score_by(["a", "a", "b", "b"], [0, 1, 1, 0], [0.2, 0.9, 0.4, 0.1])
    >>> {group: scores.accuracy for group, scores in by.items()}
    {'a': 1.0, 'b': 0.5}
    """
    n_threads = thread_count(threads)
    refuse_unknown(options, ("groups", *_OPTIONS), "score_by")
    given: dict[str, Any] = dict(options)
    if given.pop("cluster", None) is not None:
        raise F1Error("score_by has no option cluster=: score(…, cluster=) takes a group's rows")
    wanted = make_options(**given, resamples=resamples)
    refuse_idle_seed(seed, wanted.resamples)
    batch = check(y_true, y_pred, wanted, sample_weight, exact=True, discover_names=True)
    refuse_reordered(y_true=y_true, y_pred=y_pred, groups=groups)
    refuse_own_columns(y_pred, groups=groups)
    spans, order = rows_by_group(groups, len(batch))
    if _small(batch, len(spans)):
        return _from_decisions(batch, spans, order)
    drawn = None
    if wanted.resamples:
        from .poisson import seeded

        drawn = seeded(seed)
    return ByGroup(
        (name, _scored(batch, order[start:stop], name, n_threads, drawn))
        for name, start, stop in spans
    )


def rows_by_group(groups: Any, rows: int) -> tuple[list[Span], Array]:
    """Sort the rows by group: each group with its span of them, and the order that sorts them.

    Refuses groups that are not one a row, are missing, or numbers that their dtype rounds.
    """
    array = to_numpy(groups, "groups")
    if array.shape != (rows,):
        raise F1Error(f"groups is {shape_words(array)}, there are {rows} rows")
    dtype, array = array.dtype, widened(array)
    if array.dtype.kind == "f" and rows:
        if np.isnan(array).any():
            row = int(np.isnan(array).argmax())
            raise F1Error(f"groups is NaN at row {row}; name that group too")
        row = int(np.abs(array).argmax())
        refuse_rounded(array[row], dtype, "groups", row)
    names, (which,) = factorize(array)
    if len(names) <= 1 << 16:
        which = which.astype(np.uint16)  # which a radix sort takes in 5 ns a row, int64 in 80
    order = np.argsort(which, kind="stable")
    edges = np.append(0, np.cumsum(np.bincount(which, minlength=len(names)))).tolist()
    return list(zip(names.tolist(), edges[:-1], edges[1:], strict=True)), order


def _small(batch: Batch, groups: int) -> bool:
    """Return whether groups are so small that a pass over each costs more than its rows."""
    options, size = batch.options, batch.n_classes
    single = batch.kind != "multilabel" and options.top_k == 1 and batch.weight is None
    few = size <= _CLASSES and options.keeps_confusion(size) and options.resamples == 0
    return single and few and len(batch) < groups * _ROWS


def _from_decisions(batch: Batch, spans: list[Span], order: Array) -> ByGroup:
    """Every row decided once, in blocks; then one small table a group.

    100,000 groups take 20 µs each, where a pass of its own takes 300.
    """
    size = batch.n_classes
    cells = np.full(len(batch), size * size, np.int64)  # of what is ignored
    for start in range(0, len(batch), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(batch)))
        decided = decide(batch, rows)
        cells[rows][decided.rows] = decided.true.astype(np.int64) * size + decided.pred
    cells = cells[order]
    found = ByGroup()
    for name, start, stop in spans:
        table = np.bincount(cells[start:stop], minlength=size * size + 1)[:-1].reshape(size, size)
        counts = Counts(size, confusion=table)
        if batch.labels is not None:  # only what occurs is a class
            seen = np.flatnonzero(table.any(axis=0) | table.any(axis=1))
            table, labels = table[seen[:, None], seen], batch.labels[seen]
            counts = Counts(len(seen), confusion=table, labels=labels)
        found[name] = _named(counts, batch, name)
    return found


def _scored(
    batch: Batch, rows: Array, name: Any, n_threads: int | None, seed: int | None
) -> Scores:
    part = replace(
        batch,
        true=taken(batch.true, rows),
        pred=taken(batch.pred, rows),
        weight=None if batch.weight is None else batch.weight[rows],
    )
    try:
        counts = count(part, n_threads)
    except F1Error:
        count(batch, n_threads)  # says the row's number among all rows
        raise
    if seed is not None:
        from .poisson import with_replicas

        counts = with_replicas(counts, part, seed)
    return _named(counts, batch, name)


def _named(counts: Counts, batch: Batch, name: Any) -> Scores:
    options = batch.options if counts.labels is None else batch.options.with_task("multiclass")
    with _naming_group(name):
        return Scores(counts, options)


@contextmanager
def _naming_group(name: Any) -> Iterator[None]:
    """Add the name of a group to an error."""
    try:
        yield
    except F1Error as error:
        raise F1Error(f"group {shown(name)}: {error}") from None


class GroupedAccumulator:
    """Counts by group over batches; each group's are what an Accumulator of its rows holds."""

    def __init__(self, empty: Accumulator) -> None:
        self._empty = empty
        self.groups: dict[Any, Accumulator] = {}
        options = empty.options
        self._finds = options.task == "binary" and options.names is None

    @property
    def empty(self) -> Accumulator:
        """The options of every group, before any row was counted."""
        return self._empty

    @property
    def total(self) -> Any:
        """Return how many rows count so far, or the sum of their weights."""
        return sum(one.total for one in self.groups.values())

    def update(
        self,
        groups: Array,
        truth: Array,
        scores: Array,
        weight: Array | None,
        ids: Array | None = None,
    ) -> None:
        """Add a batch whose rows belong to these groups."""
        spans, order = rows_by_group(groups, len(scores))
        if self._finds:  # a group may have one label, all rows tell the other
            batch = check(truth, scores, self._empty.named(), weight, exact=True)
            for one in (self._empty, *self.groups.values()):
                one.name_negative(batch.negative)
        for name, start, stop in spans:
            rows = order[start:stop]
            one = self.groups.setdefault(name, copy.copy(self._empty))
            some, own = (None if column is None else column[rows] for column in (weight, ids))
            try:
                one.update(truth[rows], scores[rows], sample_weight=some, sample_id=own)
            except F1Error:  # which says the row's number in its group
                copy.copy(self._empty).update(truth, scores, sample_weight=weight)
                raise

    def compute(self) -> ByGroup:
        """Return the scores by group, in sorted order."""
        found = ByGroup()
        for name in sorted(self.groups, key=lambda name: (isinstance(name, str), name)):
            with _naming_group(name):
                found[name] = self.groups[name].compute()
        return found
