"""Two models on the same rows: each difference, of classes and groups too, and rows that flip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .batch import Batch
from .count_layout import CELLS, PRED, TP, TRUE
from .counts import Array, Counts
from .errors import F1Error, shown
from .grouped import rows_by_group
from .intervals.differences import Comparison, Pair, holm
from .intervals.joint import class_resamples, flips, outcomes
from .intervals.paired import pair_of
from .intervals.resampling import Resamples
from .label_rows import taken
from .model_comparison import KINDS, Flip, Flips, ModelComparison, PartComparison
from .options import Options, make_options
from .outcomes import decide

T = TypeVar("T", bound=Comparison)
# Metrics that are compared where none is named; the first is that of the groups.
_DEFAULT_METRICS = {
    "binary": ("f1", "precision", "recall", "accuracy", "mcc"),
    "multiclass": ("f1_macro", "f1_weighted", "accuracy", "balanced_accuracy", "mcc"),
    "multilabel": ("f1_macro", "f1_micro", "f1_weighted", "f1_samples", "exact_match"),
}
_MOST = 50_000  # resamples of one class or group
_SUMS = 1 << 22  # their sums of one kind in memory at once


Place = Callable[[int], tuple[str, int]]  # of a row: its path, and its number there


class ComparisonRequest(NamedTuple):
    """Checked options of a comparison of two models."""

    metrics: tuple[str, ...]
    with_defaults: bool  # whether the default metrics of the task are compared too
    level: float
    resamples: int
    seed: int
    flips: int  # rows at most
    threads: int | None


def compared(
    new: Batch,
    old: Batch,
    groups: Any,
    request: ComparisonRequest,
    names: tuple[str, str],
    where: Place,
) -> ModelComparison:
    """Compare two checked predictions; `where` gives a row's path and number there."""
    how = request.resamples, request.seed
    more = _default_metrics(new) if request.with_defaults else ()
    metrics = tuple(dict.fromkeys([*request.metrics, *more]))
    pair = pair_of(new, old, *how, threads=request.threads, metrics=metrics)
    found = {name: pair.compare(name, request.level) for name in metrics}
    by_group = None if groups is None else _groups(new, old, groups, metrics[0], request)
    return ModelComparison(
        *names,
        task=str(pair.counted[0][1].task),
        rows=len(new),
        weighted=new.weight is not None,
        level=request.level,
        metrics=found,
        classes=_adjusted(_classes(new, old, pair, request)),
        groups=None if by_group is None else _adjusted(by_group),
        flips=_flips(new, old, request.flips, where),
        names=tuple(_named(new, old)[0]),
    )


def _default_metrics(batch: Batch) -> tuple[str, ...]:
    """List the default metrics of a batch's task; the first is that of groups."""
    task = "multiclass" if batch.labels is not None else str(batch.options.task)
    if batch.options.top_k > 1 and task == "multiclass":
        return "accuracy", "f1_macro", "f1_weighted"
    metrics = _DEFAULT_METRICS[task]
    return (*metrics, "unknown") if batch.options.counts_unknown else metrics


def _adjusted(parts: Iterable[tuple[Any, PartComparison]]) -> dict[Any, PartComparison]:
    """Adjust the p-values of classes or groups for all of them."""
    found = dict(parts)
    adjusted = holm(each.p_value for each in found.values()).tolist()
    pairs = zip(found.items(), adjusted, strict=True)
    return {name: replace(each, p_holm=p) for (name, each), p in pairs}


# ---- classes -----------------------------------------------------------------------------


def _classes(
    new: Batch, old: Batch, pair: Pair, request: ComparisonRequest
) -> Iterator[tuple[Any, PartComparison]]:
    """Compare the F1 of each class that occurs, as one against the rest."""
    names, labels = _named(new, old)
    options = pair.counted[0][1]
    one = make_options("binary", zero_division=options.zero_division, beta=options.beta)
    if new.weight is not None:
        for place, name in enumerate(names):
            part, rows = _of_one(pair, place, labels, one)
            if part is not None:
                yield name, _as_part(part.compare("f1", request.level), rows)
        return
    table = outcomes(new, old, labels)[: len(names)]
    occurs = np.flatnonzero(table[:, 1:].any(axis=1)).tolist()
    for place in occurs:
        of_class = partial(_one_class, table[place], one, request)
        found = _compare_until_resolved(of_class, len(occurs), request, _MOST)
        yield names[place], _as_part(found, int(table[place, 4:].sum()))


def _compare_until_resolved(
    compare: Callable[[int], T], parts: int, request: ComparisonRequest, most: int
) -> T:
    """Compare one of `parts` classes or groups; draw more resamples where its p-value may be lower.

    So many that the p-value, adjusted for all parts, can be below 1 - level; `most` at most.
    """
    found = compare(request.resamples)
    enough = min(int(np.ceil(parts / (1 - request.level))), most)
    none_as_far = 0.5 < found.p_value * (request.resamples + 1) < 1.5
    return compare(enough) if none_as_far and request.resamples < enough else found


def _one_class(
    rows: Array, options: Options, request: ComparisonRequest, resamples: int
) -> Comparison:
    counted, drawn = class_resamples(rows, options, resamples, request.seed)
    trials = [Resamples.like(*of, of[0].per_class[None]) for of in counted]
    pair = Pair(counted, drawn, trials, float(rows.sum()), request.seed)
    return pair.compare("f1", request.level)


def _of_one(
    pair: Pair, place: int, labels: Array | None, options: Options
) -> tuple[Pair | None, float]:
    """Take one class out of a pair of weighted rows, with its weight in the truth."""
    counted, drawn, rows = [], [], 0.0
    for (counts, _), side in zip(pair.counted, pair.drawn, strict=True):
        at, at_drawn = (
            place if labels is None or known is None else _place_of(known, labels[place])
            for known in (counts.labels, side.labels)
        )
        sums = _against_rest(counts.per_class[None], counts.total, at)
        rows = max(rows, float(sums[0, TRUE, 1]))
        whole = Counts(2, sums=sums[0])
        counted.append((whole, options))
        moved = _against_rest(side.sums, side.totals[:, None], at_drawn)
        drawn.append(Resamples.like(whole, options, moved))
    there = any(of.per_class[:, 1].any() for of, _ in counted)
    return (Pair(counted, drawn, drawn, pair.units, pair.seed) if there else None), rows


def _place_of(labels: Array, label: Any) -> int | None:
    """Return the column of a label among those of one side, or None."""
    hit = np.flatnonzero(labels == label)
    return int(hit[0]) if len(hit) else None


def _against_rest(sums: Array, total: Any, at: int | None) -> Array:
    """Reduce sums of C classes to one class against the rest: (B, 3 or 4, C) -> (B, 3, 2)."""
    three = np.zeros((len(sums), 3)) if at is None else sums[:, :3, at].astype(np.float64)
    tp, pred, true = three[:, TP], three[:, PRED], three[:, TRUE]
    if at is not None and sums.shape[1] > CELLS:
        total = sums[:, CELLS, at]
    total = np.broadcast_to(np.ravel(total), tp.shape)
    rest = np.empty_like(three)
    rest[:, TP], rest[:, PRED], rest[:, TRUE] = total - pred - true + tp, total - pred, total - true
    return np.stack([np.maximum(rest, 0.0), three], axis=2)


def _named(new: Batch, old: Batch) -> tuple[list[Any], Array | None]:
    """List the classes of both sides, and their sorted labels where the data named them."""
    if new.labels is None and old.labels is None:
        names = new.options.names or old.options.names
        size = new.options.known(new.n_classes)
        return list(names or range(size))[:size], None
    known = [
        np.arange(side.n_classes) if side.labels is None else side.labels for side in (new, old)
    ]
    labels = np.union1d(*known)
    return labels.tolist(), labels


def _as_part(found: Comparison, rows: float) -> PartComparison:
    return PartComparison(**vars(found), rows=rows)


# ---- groups ------------------------------------------------------------------------------


def _groups(
    new: Batch, old: Batch, groups: Any, metric: str, request: ComparisonRequest
) -> Iterator[tuple[Any, PartComparison]]:
    """Compare one metric in each group of rows."""
    spans, order = rows_by_group(groups, len(new))
    most = min(_MOST, _SUMS // max(new.n_classes, old.n_classes))
    for name, start, stop in spans:
        rows = order[start:stop]
        sides = only(new, rows), only(old, rows)

        def of_group(resamples: int, sides: tuple[Batch, Batch] = sides) -> PartComparison:
            pair = pair_of(*sides, resamples, request.seed, threads=request.threads)
            return _as_part(pair.compare(metric, request.level), pair.counted[0][0].total)

        try:
            found = _compare_until_resolved(of_group, len(spans), request, most)
        except F1Error as error:
            raise F1Error(f"group {shown(name)}: {error}") from None
        yield name, found


def only(batch: Batch, rows: Array) -> Batch:
    """Take some rows of a batch, in this order."""
    return replace(
        batch,
        true=taken(batch.true, rows),
        pred=taken(batch.pred, rows),
        weight=None if batch.weight is None else batch.weight[rows],
    )


# ---- rows that flip ----------------------------------------------------------------------


def _flips(new: Batch, old: Batch, most: int, where: Place) -> Flips:
    """Count the rows of each kind, and show about as many of each."""
    found = flips(new, old)
    kind = np.select([found.right_a & ~found.right_b, ~found.right_a & found.right_b], [0, 1], 2)
    one_right = ~(found.right_a & found.right_b)  # both may be, where k classes are predicted
    rows, kind = found.rows[one_right], kind[one_right]
    place = np.empty(len(kind), np.int64)  # of each row among those of its kind
    for each in range(3):
        place[kind == each] = np.arange(np.count_nonzero(kind == each))
    chosen = np.sort(np.lexsort((kind, place))[:most])
    chosen = chosen[np.argsort(kind[chosen], kind="stable")]
    predictions = [_predictions_of(only(side, rows[chosen])) for side in (new, old)]
    listed = [
        Flip(KINDS[which], *where(row), true, before, after)
        for which, row, (true, after), (_, before) in zip(
            kind[chosen].tolist(), rows[chosen].tolist(), *predictions, strict=True
        )
    ]
    mended, broken, otherwise = np.bincount(kind, minlength=3).tolist()
    return Flips(mended, broken, otherwise, listed, len(rows) - len(listed))


def _predictions_of(batch: Batch) -> list[tuple[Any, Any]]:
    """List the true and the predicted class of each row: a name, a tuple of names, or None."""
    if not len(batch):
        return []
    found, (names, _) = decide(batch, slice(0, len(batch))), _named(batch, batch)
    names = names if batch.labels is None else batch.labels.tolist()
    if found.outcome is not None:

        def listed(row: Array) -> tuple[Any, ...]:
            return tuple(names[label] for label in np.flatnonzero(row))

        return [(listed(row & 2), listed(row & 1)) for row in found.outcome]

    def called(ids: Any) -> Any:
        if isinstance(ids, list):
            return tuple(map(called, ids))
        return names[ids] if ids < len(names) else None

    return [
        (called(true), called(pred))
        for true, pred in zip(found.true.tolist(), found.pred.tolist(), strict=True)
    ]


def read_metric_names(metric: Any) -> tuple[tuple[str, ...], bool]:
    """Check names of metrics; return them, and whether the task's defaults are wanted too.

    `metric` is one name, several, or None for the defaults alone; "+" stands for the defaults.
    """
    if metric is None:
        return (), True
    names = [metric] if isinstance(metric, str) else metric
    if not isinstance(names, (list, tuple)) or not names:
        raise F1Error(f"metric is {shown(metric)}; give a name in to_dict, or several")
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise F1Error(f"metric holds {shown(twice)} twice")
    return tuple(name for name in names if name != "+"), "+" in names
