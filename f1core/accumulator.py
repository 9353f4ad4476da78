"""Accumulator: counts over batches, threads, workers and files, computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from .cached_update import CachedUpdate
from .count import count, count_guessed
from .counts import Counts
from .dedup.keys import check_ids
from .dedup.stored_rows import StoredRows, decided_rows
from .errors import F1Error, UnknownAttribute, refuse_unknown
from .foreign_names import attribute_of
from .frame_columns import refuse_nameless, refuse_own_columns
from .inputs import check
from .locks import refuse_nested
from .many_classes import add_sparsely
from .option_types import Task, Unknown
from .options import Options, make_options, refuse_idle_seed, thread_count
from .pos_label import with_negative
from .row_order import refuse_reordered
from .running_total import RunningTotal
from .scores import Scores

if TYPE_CHECKING:
    from .batch import Batch
    from .poisson import Stream


class Accumulator(RunningTotal):
    """Adds up counts over batches: `compute` gives what `score` gives on all rows at once.

    Parameters are those of `score`; `task` must be said, since batches could disagree on it.
    `update` may be called from several threads at once; one that is interrupted (Ctrl-C) has added
    its batch whole or not at all, and a signal handler may compute and save. A copy with rows
    (pickled, loaded, `+`) draws its further resamples from a seed made of the original's and its
    number of rows, so that both go on apart and repeatably; without a seed each draws its own.

    Raises
    ------
    F1Error
        For options that are not of their form.

    Examples
    --------
    >>> import f1core
    >>> a = f1core.Accumulator("binary")
    >>> a.update([0, 1], [0.2, 0.9])
    >>> a.update([1, 1], [0.4, 0.7])
    >>> round(a.compute().binary.recall, 4)
    0.6667
    """

    _cached: CachedUpdate | None = None  # how batches like the last one are added

    def __init__(
        self,
        task: Task,
        *,
        classes: Any = None,
        threshold: Any = 0.5,
        top_k: int | None = None,
        from_logits: bool = False,
        ignore_index: Any = None,
        average_over: Any = None,
        zero_division: float = 0.0,
        beta: float = 1.0,
        confusion: bool | None = None,
        resamples: int = 0,
        seed: int | None = None,
        threads: int | None = None,
        pos_label: Any = None,
        unknown: Unknown = "error",
        **others: NoReturn,
    ) -> None:
        if others:
            refuse_unknown(others, Accumulator, "Accumulator")
        if task is None and pos_label is None:
            raise F1Error("task is None; say binary, multiclass or multilabel")
        options = make_options(
            task,
            classes=classes,
            threshold=threshold,
            top_k=top_k,
            from_logits=from_logits,
            ignore_index=ignore_index,
            average_over=average_over,
            zero_division=zero_division,
            beta=beta,
            confusion=confusion,
            resamples=resamples,
            pos_label=pos_label,
            unknown=unknown,
        )
        refuse_idle_seed(seed, options.resamples)
        super().__init__(options, thread_count(threads), seed)

    def update(
        self,
        y_true: Any = None,
        y_pred: Any = None,
        *,
        sample_weight: Any = None,
        sample_id: Any = None,
        cluster: Any = None,
        **unknown: NoReturn,
    ) -> None:
        """Add a batch, as `score` reads it; an empty one adds nothing.

        Parameters
        ----------
        y_true, y_pred, sample_weight
            As in `score`. What the columns of the first batch call the classes holds for all:
            later frames are matched by name.
        sample_id
            (n,) an id a row: whole numbers from 0, text or UUIDs. A row whose id was counted
            before, here or in a state that is merged, is not counted again. Truth and weight must
            be the same each time; of several predictions the one for the earlier class counts,
            whichever came first, and one that is no class last. All batches have ids, or none. A
            million whole numbers take 6 MB (10 from 2^32 on) where there are up to 255 classes;
            text takes its bytes.
        cluster
            (n,) ids of what each row belongs to, as in `score`, where `resamples` are kept. Parts
            of one cluster may come in several batches, and on several machines of one `seed`.

        Raises
        ------
        F1Error
            If the batch cannot be counted; the accumulator is then as it was.

        Examples
        --------
        >>> import f1core
        >>> a = f1core.Accumulator("binary")
        >>> a.update([0, 1], [0.2, 0.9], sample_id=[7, 8])
        >>> a.update([1, 1], [0.9, 0.4], sample_id=[8, 9])
        >>> a
        Accumulator('binary', 3 rows, each once)
        """
        if unknown:
            refuse_unknown(unknown, Accumulator.update, "Accumulator.update")
        stream, cached, lock = self._stream, self._cached, self._lock
        if lock._is_owned():
            refuse_nested(lock, self)
        if cluster is not None:
            self._refuse_clusters(sample_id)
        if cached is not None and stream is None and sample_weight is None and sample_id is None:
            with lock:
                current = self._state
                if current.dedup is None:  # of another thread; `refuse_mixed` says so
                    found = cached.add(current.counts, y_true, y_pred)
                    if found is not None:
                        if found is not current.counts:
                            self._state = current._replace(counts=found)
                        return
        while not self._added(y_true, y_pred, sample_weight, sample_id, cluster):
            pass  # another thread's first batch has settled the classes: read it once more

    def compute(self) -> Scores:
        """The scores of everything so far.

        Raises
        ------
        F1Error
            If there are no rows yet.
        """
        counts = self._snapshot()
        if counts is None:
            raise F1Error("there are no rows to score: update() was not called since the start")
        return Scores(counts, self.named(whole=True))

    def __repr__(self) -> str:
        each = ", each once" if self.by_id else ""
        return f"Accumulator({self.task!r}, {self.total:,} rows{each})"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            hint = None if name.startswith("_") else attribute_of(name, self.task)
            if hint is None:
                raise AttributeError(f"'Accumulator' object has no attribute {name!r}")
            raise UnknownAttribute(f"Accumulator has no {name}: s = a.compute() has it, {hint}")

    def _refuse_clusters(self, sample_id: Any) -> None:
        if self._stream is None:
            raise F1Error("cluster needs resamples: Accumulator(…, resamples=1000) keeps them")
        if sample_id is not None or self.by_id:
            raise F1Error("cluster and sample_id do not go together: give one of them")

    def _added(
        self, y_true: Any, y_pred: Any, sample_weight: Any, sample_id: Any, cluster: Any
    ) -> bool:
        """Read a batch and add it; return False if its options have changed meanwhile."""
        current, stream, by_id = self._state, self._stream, sample_id is not None
        if current.options.spans is not None:
            raise F1Error(
                "these counts are of spans: adapters.seqeval.ScoreMeter adds tags to them"
            )
        if not by_id:
            current.refuse_mixed(by_id=False)
        options_read, width, exact = current.options, current.width, by_id or stream is not None
        batch = check(y_true, y_pred, current.named(), sample_weight, width, exact)
        if by_id or cluster is not None:
            given = {"sample_id": sample_id, "cluster": cluster}
            refuse_reordered(y_true=y_true, y_pred=y_pred, **given)
            refuse_own_columns(y_pred, **given)
        if by_id:
            ids = check_ids(sample_id, len(batch))
        if not len(batch):
            return True
        if options_read.names is not None and self._initial_options.names is None:
            refuse_nameless(batch, y_true, y_pred)
        if by_id:
            return self._add(decided_rows(batch, ids), batch, options_read, width)
        if stream is None and batch.negative is None:
            with self._lock:
                _, known, _, _ = self._state
                if (
                    known is not None
                    and options_read is self.options
                    and add_sparsely(known, batch)
                ):
                    return True
        batch, counts = count_guessed(batch, self._threads)
        if batch.negative is not None and self.negative not in (None, batch.negative):
            options = with_negative(options_read, self.negative)
            count(check(y_true, y_pred, options, sample_weight, width, exact=True))  # names the row
        if stream is None:
            done = self._add(counts, batch, options_read, width)
        else:
            done = self._add_with_replicas(stream, counts, batch, options_read, width, cluster)
        if done:
            self._cached = CachedUpdate.of(batch, y_true, y_pred)
        return done

    def _add(
        self, more: Counts | StoredRows, batch: Batch, options_read: Options, width: int | None
    ) -> bool:
        """Add what a batch holds; return False if the options have changed since it was read."""
        found, negative = batch.options, batch.negative
        with self._lock:
            current = self._state
            if not current.reads_alike(options_read, width):
                return False
            if isinstance(more, Counts):
                self._state = current.plus_counts(more, found, negative)
            else:
                self._state = current.plus_rows(more, found, negative, (self._seed,), self._threads)
        return True

    def _add_with_replicas(
        self,
        stream: Stream,
        counts: Counts,
        batch: Batch,
        options_read: Options,
        width: int | None,
        cluster: Any,
    ) -> bool:
        """Add a batch's counts and resamples; if neither is added, give back the rows' numbers."""
        from .poisson import with_replicas

        if cluster is not None:
            seed = stream.cluster_seed(self._state.counts)
            counts = with_replicas(counts, batch, seed, cluster=cluster)
            return self._add(counts, batch, options_read, width)
        first, done = None, False
        try:
            with self._lock:  # these rows' numbers are theirs alone
                first = stream.rows
                stream.rows = first + len(batch)
            counts = with_replicas(counts, batch, stream.seed, first)
            with self._lock:
                if stream is self._stream:
                    done = self._add(counts, batch, options_read, width)
        finally:
            if not done and first is not None:
                with self._lock:
                    known = self._state.counts
                    drawn = None if known is None else known.replicas
                    if drawn is None or not drawn.holds(stream.seed, first):
                        stream.take_back(first, len(batch))
        return done
