"""Ranking: ROC AUC and average precision of every class, and their means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..averages import NO_ROWS
from ..backends import thread_pool
from ..batch import Batch
from ..counts import Array
from ..errors import F1Error
from ..metrics import divide
from ..options import Options
from .areas import areas_of, pair_counts
from .label_columns import Column
from .one_vs_rest import class_ids, columns_batch
from .reading import COLUMNS, READINGS, for_each_label, pooled


@dataclass(frozen=True)
class Areas:
    """Areas under two curves, in [0, 1]: numbers, or arrays (C,) of each class."""

    roc_auc: Any
    average_precision: Any


@dataclass(frozen=True)
class OneVsOne:
    """ROC AUC of each pair of classes that occur, averaged over pairs and both directions.

    `weighted` weighs a pair by its rows.
    """

    macro: float
    weighted: float


@dataclass(frozen=True, eq=False, repr=False)
class Ranking:
    """How well scores rank the rows of each class, one against the rest, and on average.

    `macro` is the plain mean over classes, `weighted` the one weighted by `positives`, `micro` all
    cells as those of one label. A class without a positive row, or with nothing else, has a
    `roc_auc` of nan, and so has the macro mean over it.
    """

    per_class: Areas
    macro: Areas
    weighted: Areas
    micro: Areas
    classes: list[Any]
    positives: Array
    pairs: OneVsOne | None = None

    @property
    def one_vs_one(self) -> OneVsOne:
        """Each class against each other, where `curve` was asked for it."""
        if self.pairs is None:
            raise F1Error("pairs of classes were not compared: say one_vs_one=True")
        return self.pairs

    def to_dict(self) -> dict[str, float]:
        """Flat numbers by name: roc_auc_macro, average_precision_weighted, …"""
        found = {
            f"{area}_{kind}": getattr(getattr(self, kind), area)
            for area in ("roc_auc", "average_precision")
            for kind in ("macro", "weighted", "micro")
        }
        if self.pairs is not None:
            found |= {f"roc_auc_ovo_{kind}": getattr(self.pairs, kind) for kind in _OVO}
        return found

    def __repr__(self) -> str:
        return (
            f"Ranking({len(self.classes):,} classes, macro average_precision="
            f"{self.macro.average_precision:.4f}, roc_auc={self.macro.roc_auc:.4f})"
        )


_OVO = ("macro", "weighted")


def rank(
    y_true: Any, y_prob: Any, options: Options, sample_weight: Any, threads: int | None, ovo: bool
) -> Ranking:
    """Sort each class's scores once; see `curve`."""
    batch, _ = columns_batch(y_true, y_prob, options, sample_weight)
    weight, exponent = batch.weights(slice(0, len(batch))), 0
    if weight is not None:  # by a power of two, so that no product of two sums leaves float64
        batch.refuse_infinite(weight)
        exponent = int(np.frexp(weight.sum())[1])
        batch = replace(batch, weight=np.ldexp(weight, -exponent))

    def measured(column: Column) -> tuple[float, ...]:
        return *areas_of(column, options.zero_division), column.true, column.total

    each = np.array(for_each_label(batch, measured, threads)).T
    included = included_labels(options, batch.options.names, each[2], each[3])
    every = pooled(batch, np.flatnonzero(included))
    found = averaged(each[:3], included, options.zero_division, measured(every)[:2])
    found["positives"] = np.ldexp(each[2], exponent)
    pairs = _pairs(batch, included, threads) if ovo else None
    return Ranking(**found, classes=classes_of(batch.options, len(each[0])), pairs=pairs)


def included_labels(options: Options, names: Any, positives: Array, totals: Array) -> Array:
    """(C,) booleans: the classes that means look at; those that do not occur too, unless told."""
    if not (totals > 0).any():
        raise F1Error(NO_ROWS)
    if names is not None and options.names is None:
        options = options.with_names(names)
    chosen = np.array(options.averaged(len(positives))[0])
    if options.average_over == "present":
        chosen &= positives > 0
    if not chosen.any():
        raise F1Error("no class is left to average over")
    return chosen


def averaged(
    each: Array, included: Array, zero_division: float, micro: tuple[float, ...]
) -> dict[str, Any]:
    """Average (3, C) average precisions, ROC AUCs and positives as scikit-learn does.

    An undefined area makes a macro mean undefined; it has no weight in a weighted one.
    """
    inside = each[:, included]
    macro = inside[:2].mean(axis=1)
    seen = inside[:, inside[2] > 0]
    weighted = divide((seen[:2] * seen[2]).sum(axis=1), seen[2].sum(), np.nan)
    if not seen.size:
        weighted = np.array([zero_division, np.nan])
    return {
        "per_class": Areas(each[1], each[0]),
        "macro": Areas(float(macro[1]), float(macro[0])),
        "weighted": Areas(float(weighted[1]), float(weighted[0])),
        "micro": Areas(micro[1], micro[0]),
        "positives": each[2],
    }


def classes_of(options: Options, size: int) -> list[Any]:
    """The classes' names, or their numbers."""
    return list(options.names or range(size))


def _pairs(batch: Batch, included: Array, threads: int | None) -> OneVsOne:
    """Compare all pairs of classes that occur: Hand and Till's M, and the one weighted by rows."""
    ids, size = class_ids(batch), batch.n_classes
    kept = np.append(included, False)[ids]
    weight = batch.weights(slice(0, len(batch)))
    if not kept.all():
        ids, weight = ids[kept], None if weight is None else weight[kept]
    rows = np.bincount(ids, weight, size).astype(np.float64)
    present = np.flatnonzero(rows > 0)
    if len(present) < 2:
        return OneVsOne(np.nan, np.nan)

    words = batch.score_bits(slice(0, len(batch)))
    sign = words.dtype.type(1 << 8 * words.itemsize - 1)

    def against(some: slice) -> list[Array]:
        found = []
        for start in range(some.start, some.stop, COLUMNS):
            places = present[start : min(start + COLUMNS, some.stop)]
            block = np.array(
                words[:, places].T if kept.all() else words[kept][:, places].T, order="C"
            )
            for place, column in zip(places.tolist(), block, strict=True):
                if len(column) and column.max() >= sign:  # a few are -0.0, or below it
                    column = np.where(column == sign, words.dtype.type(0), column)
                    column = np.where(column & sign, ~column, column | sign)
                found.append(pair_counts(column, ids, place, weight, size))
        return found

    n_threads = thread_pool.n_threads(threads, READINGS * batch.bytes)
    spans = thread_pool.split_rows(len(present), 1, n_threads)
    done = thread_pool.map_ordered(against, spans, n_threads)
    right = np.array([one for some in done for one in some])[:, present]
    own = rows[present]
    under = own[:, None] * own
    area = right / under / 2
    first, second = np.triu_indices(len(present), 1)
    values = (area[first, second] + area[second, first]) / 2
    share = own[first] + own[second]
    return OneVsOne(float(values.mean()), float(np.average(values, weights=share)))
