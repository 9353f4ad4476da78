"""Accumulator: counts over batches, threads, workers and files, computed once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from .cached_update import CachedUpdate
from .count import add, count, count_guessed
from .count_layout import TRUE
from .counts import Counts
from .dedup.deduplicator import Deduplicator
from .dedup.keys import check_ids
from .dedup.stored_rows import StoredRows, decided_rows
from .errors import F1Error, UnknownAttribute, refuse_unknown, shown
from .foreign_names import attribute_of
from .inputs import check, refuse_nameless
from .locks import new_lock, refuse_nested
from .many_classes import add_sparsely
from .options import Options, make_options, refuse_idle_seed, thread_count
from .pos_label import agreed, with_negative
from .row_order import refuse_reordered
from .scores import Scores
from .stray_columns import refuse_own_columns

if TYPE_CHECKING:
    from .batch import Batch
    from .poisson import Stream

_MIXED = "earlier rows have {} (sample_id=), these have {}: give every row an id, or none"


class Kept(NamedTuple):
    """All that an accumulator has; it is replaced in one step, and counts grow in one step."""

    options: Options  # those asked for, and what the columns of the first batch call the classes
    counts: Counts | None = None
    dedup: Deduplicator | None = None  # rows by id, and their counts, where ids are given
    negative: Any = None  # the negative class that the data named, once it occurred


class Accumulator:
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

    def __init__(
        self,
        task: str,
        *,
        classes: Any = None,
        threshold: Any = 0.5,
        top_k: int = 1,
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
        **unknown: Any,
    ) -> None:
        if unknown:
            refuse_unknown(unknown, Accumulator, "Accumulator")
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
        )
        refuse_idle_seed(seed, options.resamples)
        self._asked: Options = options  # before columns named the classes
        self._threads = thread_count(threads)
        self._kept = Kept(options)
        self._lock = new_lock()
        self._cached: CachedUpdate | None = None  # how batches like the last one are added
        self._stream = self._new_stream(seed)

    @classmethod
    def of(cls, options: Options, threads: int | None = None) -> Accumulator:
        """An empty one, with options that are checked already."""
        made = cls.__new__(cls)
        made.__setstate__({"options": options, "counts": None, "threads": threads})
        return made

    @property
    def task(self) -> str:
        """The task it was made for."""
        return self._options.task or ""

    @property
    def options(self) -> Options:
        """The options it was made with, and the classes that columns have named since."""
        return self._options

    @property
    def by_id(self) -> bool:
        """Whether its rows have ids, and count once."""
        return self._dedup is not None

    @property
    def distinct(self) -> int:
        """Number of rows with ids that were counted, each once; 0 where rows have none."""
        return 0 if self._dedup is None else len(self._dedup)

    @property
    def total(self) -> Any:
        """Number of rows that count so far, or the sum of their weights."""
        with self._lock:
            counts = self.counts
            return 0 if counts is None else counts.amount

    @property
    def negative(self) -> Any:
        """The negative class of a binary task that the data has named, None before it occurs."""
        options, counts, _, negative = self._kept
        if negative is not None or self.task != "binary" or options.names is not None:
            return negative
        # Labels 0 and 1 are counted without a look at what there is.
        seen = counts is not None and counts.copy().per_class[TRUE][0] > 0
        return with_negative(options, None).names[0] if seen else None  # type: ignore[index]

    def named(self, whole: bool = False) -> Options:
        """The options with the classes that the data has named so far.

        `whole` asks for both names, if need be with a stand-in for the negative class.
        """
        options, _, _, negative = self._kept
        if negative is None and not (whole and options.finds_negative):
            return options
        return with_negative(options, negative)

    def name_negative(self, negative: Any) -> None:
        """Name the negative class, as rows elsewhere have shown it; None says nothing.

        Raises
        ------
        F1Error
            If these rows have shown another one.
        """
        with self._lock:
            if negative is not None:
                self._kept = self._kept._replace(negative=agreed(self.negative, negative))

    def update(
        self,
        y_true: Any = None,
        y_pred: Any = None,
        *,
        sample_weight: Any = None,
        sample_id: Any = None,
        cluster: Any = None,
        **unknown: Any,
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
            whichever came first. All batches have ids, or none. A million whole numbers take
            6 MB (10 from 2^32 on) where there are up to 255 classes; text takes its bytes.

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
        if sample_id is not None or self._kept.dedup is not None:
            self._update_by_id(y_true, y_pred, sample_weight, sample_id)
            return
        if cached is not None and sample_weight is None and stream is None:
            with lock:
                kept = self._kept
                if kept.dedup is None:  # of another thread; `_add` says so
                    found = cached.add(kept.counts, y_true, y_pred)
                    if found is not None:
                        if found is not kept.counts:
                            self._kept = kept._replace(counts=found)
                        return
        asked, width = self._options, self._width()
        batch = check(y_true, y_pred, self.named(), sample_weight, width, stream is not None)
        if not len(batch):
            return
        if asked.names is not None and self._asked.names is None:
            refuse_nameless(batch, y_true, y_pred)
        if stream is None and batch.negative is None:
            with self._lock:
                known = self._counts if asked is self._options else None
                if known is not None and add_sparsely(known, batch):
                    return
        batch, counts = count_guessed(batch, self._threads)
        if batch.negative is not None and self.negative not in (None, batch.negative):
            options = with_negative(asked, self.negative)
            count(check(y_true, y_pred, options, sample_weight, width, exact=True))  # names the row
        if stream is None:
            done = self._add(counts, batch, asked, width)
        else:
            done = self._add_with_replicas(counts, batch, asked, width, cluster)
        if done:
            self._cached = CachedUpdate.of(batch, y_true, y_pred)
        else:
            self.update(y_true, y_pred, sample_weight=sample_weight, cluster=cluster)

    def merge(self, other: Accumulator) -> None:
        """Add another accumulator's counts, which stays as it is.

        Raises
        ------
        F1Error
            If the two were made with different options, or saw different classes.
        """
        if not isinstance(other, Accumulator):
            raise F1Error(f"only an Accumulator can be merged, this is {shown(other)}")
        if self._lock._is_owned():
            refuse_nested(self._lock, self)
        with other._lock:
            options, counts, dedup, _ = other._kept
            counts = None if counts is None else counts.copy()
            found, seed = (None, None) if dedup is None else (dedup.rows(), dedup.seed)
            negative = other.negative
        with self._lock:
            empty = self._counts is None and self._dedup is None
            if empty or (counts is None and found is None):  # no columns named its classes yet
                difference = self._asked.difference(other._asked)
            else:
                difference = self._options.difference(options)
            if difference is not None:
                raise F1Error(f"these accumulators cannot be merged: {difference}")
            if found is not None:
                self._hold(found, options, negative, seed)
            elif counts is not None:
                self._count(counts, options, negative)

    def __add__(self, other: Accumulator) -> Accumulator:
        if not isinstance(other, Accumulator):
            return NotImplemented
        both = self._copy()
        both.merge(other)
        return both

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

    def reset(self) -> None:
        """Forget all counts, keep the options."""
        if self._lock._is_owned():
            refuse_nested(self._lock, self)
        with self._lock:
            self._kept = Kept(self._asked)
            if self._stream is not None:  # a batch that is under way has rows of the older one
                self._stream = self._stream.anew()

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write the state to a file (npz, no pickle, with a checksum), whole or not at all.

        An older state is replaced and its mode kept; any other file only with `force=True`.

        Raises
        ------
        F1Error
            If the file cannot be written, or holds something else than a state.
        """
        from . import state  # zipfile, json and hashlib: 10 ms that few scripts need

        state.save(path, self.__getstate__(), force)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Accumulator:
        """Read what `save` wrote.

        Raises
        ------
        F1Error
            If the file is missing, damaged, or no state of this format.
        """
        from . import state

        made = cls.__new__(cls)
        made.__setstate__(state.load(path))
        return made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Accumulator):
            return NotImplemented
        if self._options.difference(other._options) is not None:
            return False
        return self.negative == other.negative and self._copied() == other._copied()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        each = "" if self._dedup is None else ", each once"
        return f"Accumulator({self.task!r}, {self.total:,} rows{each})"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            way = None if name.startswith("_") else attribute_of(name, self.task)
            if way is None:
                raise AttributeError(f"'Accumulator' object has no attribute {name!r}")
            raise UnknownAttribute(f"Accumulator has no {name}: s = a.compute() has it, {way}")

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            options, counts, dedup, negative = self._kept
            counts = None if counts is None else counts.copy()
            dedup = None if dedup is None else dedup.copy()
            seed = None
            if self._stream is not None:  # rows with ids are drawn for by their ids
                seed = self._stream.fork() if dedup is None else dedup.seed
        return {
            "options": options,
            "asked": self._asked,
            "counts": counts,
            "dedup": dedup,
            "threads": self._threads,
            "seed": seed,
            "negative": negative,
        }

    def __setstate__(self, made: dict[str, Any]) -> None:
        options = made["options"]
        self._asked = made.get("asked", options)
        self._kept = Kept(options, made["counts"], made.get("dedup"), made.get("negative"))
        self._threads, self._lock, self._cached = made["threads"], new_lock(), None
        self._stream = self._new_stream(made.get("seed"))

    def as_task(self, task: str, counts: Counts) -> Accumulator:
        """Other counts under another task and the same options."""
        made = self._copy()
        dedup, options = made._dedup, made._options.with_task(task)
        if dedup is not None:
            dedup = dedup.by_column(counts.n_classes, options)
        made._asked = made._asked.with_task(task)
        made._kept = Kept(options, counts if dedup is None else None, dedup, made._kept.negative)
        return made

    @property
    def _options(self) -> Options:
        return self._kept.options

    @property
    def _counts(self) -> Counts | None:
        return self._kept.counts

    @property
    def _dedup(self) -> Deduplicator | None:
        return self._kept.dedup

    @property
    def counts(self) -> Counts | None:
        """The counts that were added up so far."""
        with self._lock:
            return self._counts if self._dedup is None else self._dedup.counts(self._threads)

    def _new_stream(self, seed: Any) -> Stream | None:
        """Make the stream that resamples are drawn from, where they are kept."""
        if not self._options.resamples:
            return None
        from .poisson import Stream

        return Stream(seed)

    def _refuse_clusters(self, sample_id: Any) -> None:
        if self._stream is None:
            raise F1Error("cluster needs resamples: Accumulator(…, resamples=1000) keeps them")
        if sample_id is not None or self._dedup is not None:
            raise F1Error("cluster and sample_id do not go together: give one of them")

    def _copy(self) -> Accumulator:
        made = Accumulator.__new__(Accumulator)
        made.__setstate__(self.__getstate__())
        return made

    def _copied(self) -> Deduplicator | Counts | None:
        """The rows with ids, or the counts, as they are now."""
        with self._lock:
            _, counts, dedup, _ = self._kept
            if dedup is not None:
                return dedup.copy()
            return None if counts is None else counts.copy()

    def _width(self) -> int | None:
        """Number of classes that earlier batches have settled, unless labels may still be new."""
        if self._dedup is not None:
            return self._dedup.n_classes
        counts = self._counts
        return None if counts is None or counts.labels is not None else counts.n_classes

    def _snapshot(self) -> Counts | None:
        """A copy that later updates do not reach."""
        with self._lock:
            if self._dedup is not None:
                if self._stream is not None:
                    return self._dedup.with_replicas()
                return self._dedup.counts(self._threads)
            return None if self._counts is None else self._counts.copy()

    def _still(self, asked: Options, width: int | None, found: Options) -> bool:
        """Whether no other thread's first batch has settled the classes in another way since."""
        names = asked.names is None and found.names is not None
        return asked is self._options and (not names or width == self._width())

    def _settled(self, found: Options) -> Options:
        """Keep what the columns of the first batch call the classes; later ones are matched."""
        now = self._options
        names = now.names is None and found.names is not None and self.task != "binary"
        return found if names else now

    def _add(self, counts: Counts, batch: Batch, asked: Options, width: int | None) -> bool:
        """Add a batch's counts; False if the options it was read with are other ones by now."""
        with self._lock:
            if not self._still(asked, width, batch.options):
                return False
            self._count(counts, batch.options, batch.negative)
            return True

    def _add_with_replicas(
        self, counts: Counts, batch: Batch, asked: Options, width: int | None, cluster: Any
    ) -> bool:
        """Add a batch's counts and resamples; if neither is added, give back the rows' numbers."""
        from .poisson import with_replicas

        stream, first, done = self._stream, None, False
        assert stream is not None
        if cluster is not None:
            seed = stream.cluster_seed(self._counts)
            return self._add(
                with_replicas(counts, batch, seed, cluster=cluster), batch, asked, width
            )
        try:
            with self._lock:  # these rows' numbers are theirs alone
                first = stream.rows
                stream.rows = first + len(batch)
            counts = with_replicas(counts, batch, stream.seed, first)
            with self._lock:
                if stream is self._stream:
                    done = self._add(counts, batch, asked, width)
        finally:
            if not done and first is not None:
                with self._lock:
                    kept = None if self._counts is None else self._counts.replicas
                    if kept is None or not kept.holds(stream.seed, first):
                        stream.take_back(first, len(batch))
        return done

    def _count(self, counts: Counts, options: Options, negative: Any) -> None:
        """Add counts, in one step; whoever calls holds the lock."""
        if self._dedup is not None:
            raise F1Error(_MIXED.format("an id", "none"))
        before, known = self._counts, self._kept.negative
        if negative is not None:
            negative = agreed(self.negative, negative)
        if negative in (None, known):
            both = add(before, counts, self._options)
            if both is not before:
                self._kept = Kept(self._settled(options), both, None, known)
        else:
            both = counts if before is None else before + counts
            self._kept = Kept(self._settled(options), both, None, negative)

    def _hold(
        self, found: StoredRows, options: Options, negative: Any, seed: int | None = None
    ) -> None:
        """Add rows with ids, in one step; whoever calls holds the lock."""
        if self._counts is not None:
            raise F1Error(_MIXED.format("no id", "one"))
        dedup, known = self._dedup, self._kept.negative
        negative = agreed(known, negative)
        seeds = [seed, None if self._stream is None else self._stream.seed]
        smallest = min((each for each in seeds if each is not None), default=None)
        if dedup is not None and negative == known:
            dedup.add(found, self._threads, smallest)
            return
        options = self._settled(options)
        dedup = Deduplicator(options) if dedup is None else dedup.copy()
        dedup.add(found, self._threads, smallest)
        self._kept = Kept(options, None, dedup, negative)

    def _update_by_id(self, y_true: Any, y_pred: Any, sample_weight: Any, sample_id: Any) -> None:
        if sample_id is None:
            raise F1Error(_MIXED.format("an id", "none"))
        asked, width = self._options, self._width()
        batch = check(y_true, y_pred, self.named(), sample_weight, width, exact=True)
        refuse_reordered(y_true=y_true, y_pred=y_pred, sample_id=sample_id)
        refuse_own_columns(y_pred, sample_id=sample_id)
        ids = check_ids(sample_id, len(batch))
        if not len(batch):
            return
        if asked.names is not None and self._asked.names is None:
            refuse_nameless(batch, y_true, y_pred)
        found = decided_rows(batch, ids)
        with self._lock:
            if self._still(asked, width, batch.options):
                self._hold(found, batch.options, batch.negative)
                return
        self._update_by_id(y_true, y_pred, sample_weight, sample_id)
