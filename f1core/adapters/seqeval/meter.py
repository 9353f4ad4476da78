"""ScoreMeter: spans of tags, added up batch by batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ...arrays import to_numpy
from ...count import count
from ...counts import Array, Counts
from ...errors import F1Error, refuse_unknown, shape_words
from ...inputs import check
from ...locks import refuse_nested
from ...named_classes import OUTSIDE
from ...options import Options, make_options, refuse_idle_seed
from ...running_total import RunningTotal
from ...scores import Scores
from . import spans
from .schemes import check_mode, reading
from .warn import warn_unknown_tags

if TYPE_CHECKING:
    from ...batch import Batch
    from ...poisson import Stream


class ScoreMeter(RunningTotal):
    """Adds up spans over batches of sentences: `compute` gives what all at once would give.

    Merged by `merge` and `+`, kept by `save` and `load`, pickled and compared, as an `Accumulator`.
    Each span that the truth or the prediction has is a row: of `compute()`, `confusion` has one
    more row and column, for spans that one side has not; accuracy, specificity, MCC and kappa are
    refused, since they need what is rightly left out.

    Parameters
    ----------
    classes
        The types of spans, in the order of `per_class`; another type is refused. By default those
        that occur, sorted.
    mode, scheme, suffix
        As in `f1_score`. Here a scheme needs mode="strict", and strict a scheme.
    average_over, zero_division, beta, confusion
        Those of `f1core.score`; averages are over the types present.
    resamples, seed
        Keep so many bootstrap replicas, in which whole sentences are drawn, or whole documents
        where `update` says by `cluster` which they belong to: for `Scores.interval`, which takes
        spans for independent otherwise.

    Raises
    ------
    F1Error
        For options that are not of their form.

    Examples
    --------
    >>> from f1core.adapters.seqeval import ScoreMeter
    >>> meter = ScoreMeter(mode="strict", scheme="IOB2")
    >>> meter.update([["B-PER", "I-PER", "O"]], [["B-PER", "I-PER", "O"]])
    >>> meter.update([["B-LOC", "O", "B-PER"]], [["B-PER", "O", "B-PER"]])
    >>> s = meter.compute()
    >>> round(s.micro.f1, 4), s.classes, s.per_class.recall.tolist()
    (0.6667, ['LOC', 'PER'], [0.0, 1.0])
    """

    def __init__(
        self,
        classes: Any = None,
        *,
        mode: str | None = None,
        scheme: Any = None,
        suffix: bool = False,
        average_over: Any = None,
        zero_division: float = 0.0,
        beta: float = 1.0,
        confusion: bool | None = None,
        resamples: int = 0,
        seed: int | None = None,
        **unknown: NoReturn,
    ) -> None:
        if unknown:
            refuse_unknown(unknown, ScoreMeter, "ScoreMeter")
        strict = check_mode(mode)
        if strict and scheme is None:
            raise F1Error("mode='strict' needs a scheme: scheme='IOB2'")
        if scheme is not None and not strict:
            raise F1Error("scheme is for mode='strict': by default conlleval's rules hold")
        options = make_options(
            "multiclass",
            classes=classes,
            average_over=average_over,
            zero_division=zero_division,
            beta=beta,
            confusion=confusion,
            resamples=resamples,
            spans=reading(strict, scheme, suffix),
        )
        refuse_idle_seed(seed, options.resamples)
        super().__init__(options, None, seed)

    def update(
        self, y_true: Any, y_pred: Any, *, cluster: Any = None, sample_weight: Any = None
    ) -> None:
        """Add a batch of sentences; none add nothing.

        Parameters
        ----------
        y_true, y_pred
            Lists of sentences, each a list of tags, of the same lengths.
        cluster
            (S,) ids of the document that each sentence belongs to, where `resamples` are kept.
            Parts of a document may come in several batches, and on several machines.
        sample_weight
            (S,) finite weights of sentences, not negative: that of all their spans.

        Raises
        ------
        F1Error
            If the batch cannot be counted; the meter is then as it was.
        """
        self._add_rows(spans.read(y_true, y_pred), None, cluster, sample_weight)

    def _add_rows(
        self,
        sentences: spans.Sentences,
        tags: spans.Tags | None = None,
        cluster: Any = None,
        sample_weight: Any = None,
    ) -> None:
        """Add sentences whose tags are read, or taken apart already."""
        if self._lock._is_owned():
            refuse_nested(self._lock, self)
        reads = str(self.options.spans)
        rows = spans.rows_of(sentences, reads, tags)
        if tags is None:
            warn_unknown_tags(sentences.tags, reads)
        rows, sentence = rows.by_sentence(sentences.lengths)
        size, stream, weight = len(sentences.lengths), self._stream, None
        if sample_weight is not None:
            weight = _weights(sample_weight, size)[sentence]
            kept = weight > 0
            rows, sentence, weight = rows.only(kept), sentence[kept], weight[kept]
        hashes = None
        if cluster is not None:
            if stream is None:
                raise F1Error("cluster needs resamples: ScoreMeter(…, resamples=1000) keeps them")
            from ...poisson import cluster_hashes

            hashes = cluster_hashes(cluster, size)[sentence]
        if not len(rows.true):
            return
        batch, counts = counted(rows, self.options, weight)
        with self._lock:
            if stream is not None:
                self._add_drawn(stream, counts, batch, sentence, hashes)
            else:
                self.add_counts(counts, self.options)

    def _add_drawn(
        self, stream: Stream, counts: Counts, batch: Batch, sentence: Array, hashes: Any
    ) -> None:
        """Add spans and their resamples, in which those of a sentence or document are together."""
        from ...poisson import with_replicas

        if hashes is not None:
            drawn = stream.cluster_seed(self._state.counts)
            counts = with_replicas(counts, batch, drawn, clusters=hashes)
            self.add_counts(counts, self.options)
            return
        first = stream.rows
        stream.rows = first + len(batch)
        try:  # the number of its first span draws a sentence
            leads = np.searchsorted(sentence, sentence)
            counts = with_replicas(counts, batch, stream.seed, first, leads=leads)
            self.add_counts(counts, self.options)
        except BaseException:
            stream.take_back(first, len(batch))
            raise

    def compute(self) -> Scores:
        """The scores of all spans so far.

        Raises
        ------
        F1Error
            If neither side has had a span yet.
        """
        counts = self._snapshot()
        if counts is None:
            raise F1Error("there are no spans to score: neither y_true nor y_pred has had one")
        return Scores(counts, self.options)

    def __repr__(self) -> str:
        return f"ScoreMeter({self.options.spans!r}, {self.total:,} spans)"

    def __setstate__(self, made: dict[str, Any]) -> None:
        if made["options"].spans is None:
            raise F1Error("this state is not of spans: f1core.Accumulator.load reads it")
        super().__setstate__(made)


def counted(rows: spans.Rows, options: Options, weight: Any = None) -> tuple[Batch, Counts]:
    """Count spans as rows of their types; on the side that has none the type is OUTSIDE."""
    names = options.given_classes
    if names is None:
        occur = np.zeros(len(rows.names), bool)
        for ids in (rows.true, rows.pred):
            occur[ids[ids >= 0]] = True
        names = [rows.names[place] for place in np.flatnonzero(occur).tolist()]
    known = {name: place for place, name in enumerate(names)}
    places = np.array([*(known.get(name, -1) for name in rows.names), len(names)])
    true, pred = places[rows.true], places[rows.pred]  # NONE is the last
    for name, sides in (("y_true", (true, rows.true)), ("y_pred", (pred, rows.pred))):
        if (sides[0] < 0).any():
            wrong = rows.names[sides[1][(sides[0] < 0).argmax()]]
            raise F1Error(
                f"{name} has a span of type {wrong!r}, which is none of the classes {list(names)}"
            )
    named = replace(options, names=(*names, OUTSIDE), n_classes=len(names) + 1)
    batch = check(true, pred, named, weight, exact=True)
    counts = count(batch)
    if options.names is None:
        counts.labels = np.array(named.names)
    return batch, counts


def _weights(sample_weight: Any, size: int) -> Array:
    """(S,) weights of sentences."""
    each = to_numpy(sample_weight, "sample_weight")
    if each.shape != (size,) or each.dtype.kind not in "iufb":
        came = shape_words(each)
        raise F1Error(f"sample_weight is {came}, there are {size} sentences: one number a sentence")
    found = each.astype(np.float64)
    wrong = ~(np.isfinite(found) & (found >= 0))
    if wrong.any():
        at = int(wrong.argmax())
        raise F1Error(f"sample_weight is {found[at]:g} at sentence {at}; give a number from 0")
    return found
