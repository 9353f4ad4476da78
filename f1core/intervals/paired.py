"""compare(): two models on the same rows, the difference and whether it is one."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from .. import option_values
from ..arrays import column_names
from ..batch import Batch
from ..count import count
from ..counts import Array, Counts
from ..errors import (
    F1Error,
    IdleOption,
    parameters_of,
    refuse_unknown,
    rename_option,
    rename_y_pred,
    renamed,
    shown,
)
from ..inputs import check
from ..option_types import TaskOptions, Unpack
from ..options import Options, make_options, thread_count
from ..poisson import cluster_hashes, count_replicas
from ..pos_label import agreed
from ..row_order import refuse_reordered
from ..scores import Scores
from . import checked_level, seeded
from .differences import Comparison, Pair
from .joint import discordant, joint_resamples
from .resampling import FEWEST, Resamples, units_of


def compare(
    y_true: Any = None,
    pred_a: Any = None,
    pred_b: Any = None,
    *,
    metric: str | None = None,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int | None = None,
    sample_weight: Any = None,
    cluster: Any = None,
    threads: int | None = None,
    **options: Unpack[TaskOptions],
) -> Comparison:
    """Compare two models' predictions of the same rows in any metric.

    Rows are resampled with both predictions, so what is hard for both does not blur the
    difference. Unweighted single-label rows fall into the cells of the joint table (truth, a, b),
    whose resampling costs by its cells, whatever the number of rows; others get Poisson weights.

    Parameters
    ----------
    y_true, pred_a, pred_b
        As `score` takes them; the two predictions may be of different kinds.
    metric
        A name in `to_dict`, such as "f1_macro".
    level
        Of the interval, in (0, 1).
    resamples, seed
        How many, at least 20, and from which seed; without one it is always the same.
    sample_weight, threads, **options
        As in `score`, for both; what is for scores needs scores on one of the two sides.
    cluster
        (n,) ids of what each row belongs to, such as its video or patient: whole clusters are
        drawn. Below ten of them the answer is rough.

    Returns
    -------
    Comparison
        `interval` holds the middle `level` of the resampled differences, moved apart where so few
        rows or clusters understate how they stray (by Student's t), and blurred by one row in each
        direction of disagreement: of models that never disagree on n rows the accuracy differs by
        at most 3 / n, the rule of three. `p_value` says how often a difference as large would come
        up if there were none: from the resampled differences moved to 0; for accuracy of rows
        without clusters, from McNemar's exact test. It is never below 1 / (resamples + 1) but in
        that test.

    Raises
    ------
    F1Error
        For input that cannot be scored, or an unknown metric.

    Source: B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 16; Q.
    McNemar, Note on the sampling error of the difference between correlated proportions,
    Psychometrika 12, 1947; D. Bonett, R. Price, Adjusted Wald confidence interval for a difference
    of binomial proportions based on paired data, Journal of Educational and Behavioral Statistics
    37, 2012 (one row in each direction); J. Hanley, A. Lippman-Hand, If nothing goes wrong, is
    everything all right?, JAMA 249, 1983 (the rule of three).

    Examples
    --------
    >>> import f1core
    >>> y, a, b = [0, 1, 1, 0] * 25, [0, 1, 1, 0] * 25, [0, 1, 0, 0] * 25
    >>> found = f1core.compare(y, a, b, metric="accuracy", seed=0)
    >>> found.difference, found.p_value < 1e-6
    (0.25, True)
    """
    level = checked_level(level)
    resamples, seed = option_values.whole("resamples", resamples, FEWEST), seeded(seed)
    refuse_unknown(options, (*parameters_of(compare), *OPTIONS), "compare")
    n_threads = thread_count(threads)
    if metric is None:
        raise F1Error("metric is None; name the one to compare, metric='f1_macro'")
    a, b = both_checked(y_true, pred_a, pred_b, make_options(**options), sample_weight)
    hashes = None
    if cluster is not None:
        refuse_reordered(y_true=y_true, pred_a=pred_a, pred_b=pred_b, cluster=cluster)
        hashes = cluster_hashes(cluster, len(a))
    return pair_of(a, b, resamples, seed, hashes, n_threads, (metric,)).compare(metric, level)


def pair_of(
    a: Batch,
    b: Batch,
    resamples: int,
    seed: int,
    clusters: Array | None = None,
    threads: int | None = None,
    metrics: tuple[str, ...] = (),
) -> Pair:
    """Count two checked predictions of the same rows, and draw resamples of both together.

    Raises where no row counts, and for one of the `metrics` that the task has not, before anything
    is drawn.
    """
    counted = [_counted(a, "pred_a", threads), _counted(b, "pred_b", threads)]
    for of in counted:
        scores = Scores(*of)
        for metric in metrics:
            scores.metric(metric)
    plain = a.weight is None and clusters is None  # each row by itself, and all count alike
    trials = None
    if plain and a.kind != "multilabel" and a.options.top_k == 1:
        drawn = joint_resamples(a, b, counted, resamples, seed)
        trials = [Resamples.like(*of, of[0].per_class[None]) for of in counted]
    else:
        drawn = [
            _rows(batch, *of, resamples, seed, clusters)
            for batch, of in zip((a, b), counted, strict=True)
        ]
    units = units_of(drawn[0].totals) if trials is None else counted[0][0].total
    uneven = partial(discordant, a, b) if plain else None
    return Pair(counted, drawn, trials or drawn, float(units), seed, uneven)


OPTIONS = (
    "task", "classes", "threshold", "top_k", "from_logits", "ignore_index", "average_over",
    "zero_division", "beta", "pos_label", "unknown",
)  # fmt: skip


def both_checked(
    y_true: Any, pred_a: Any, pred_b: Any, options: Options, weight: Any, threshold_b: Any = None
) -> tuple[Batch, Batch]:
    """Check both predictions, as one task; `threshold_b` is that of the second, if it has one."""
    idle: dict[str, IdleOption] = {}  # what one side has no use for may be for the other

    def checked(pred: Any, name: str, options: Options) -> Batch:
        own = name == "pred_b" and threshold_b is not None
        renaming = rename_option("threshold", "threshold_old") if own else nullcontext()
        with rename_y_pred(name), renaming:
            try:
                if own:
                    options = options.with_threshold(threshold_b)
                return check(y_true, pred, options, weight, exact=True)
            except IdleOption as error:
                if own:
                    raise
                idle[name] = error
            plain = {"threshold": 0.5, "from_logits": False, "unknown": "error"}
            options = replace(options, ranks=False, **plain)  # type: ignore[arg-type]
            return check(y_true, pred, options, weight, exact=True)

    arrays = {"y_true": y_true, "pred_a": pred_a, "pred_b": pred_b}
    frames = {name for name, value in arrays.items() if column_names(value, name) is not None}

    def both(options: Options) -> tuple[Batch, Batch]:
        if not frames or options.task == "binary":
            b = checked(pred_b, "pred_b", options)
            return checked(pred_a, "pred_a", _labelled(options, b)), b
        a, b = checked(pred_a, "pred_a", options), checked(pred_b, "pred_b", options)
        named, other = _columns(a), _columns(b)
        if options.names is not None or named == other:
            return a, b
        if a.true.ndim == 2 and "y_true" not in frames and None not in (named, other):
            raise F1Error(
                f"the columns of pred_a and pred_b come in the orders {shown(named)} and "
                f"{shown(other)}, and those of y_true have no names: name them, or say classes=[…]"
            )
        if a.options.task == "multilabel":  # each is matched to the truth
            return a, b
        places = a.true.ndim == 1 and isinstance((named or other or "")[0], str)
        for batch, name in ((a, "pred_a"), (b, "pred_b")):
            if batch.pred.ndim == 2 and not places and name not in frames:
                raise F1Error(
                    f"the columns of {name} have no names, those of other arrays have: "
                    "name them, or say classes=[…]"
                )
        options = options.with_names(named or other or ())
        if named is None:
            return checked(pred_a, "pred_a", options), b
        return a, checked(pred_b, "pred_b", options)

    a, b = both(options)
    if a.options.task != b.options.task:  # labels 0 and 1 on one side, more on the other
        a, b = both(options.with_task("multiclass"))
    if len(idle) == 2:
        raise renamed(idle["pred_a"], y_pred="pred_a")
    agreed(a.negative, b.negative)
    return a, b


def _labelled(options: Options, batch: Batch) -> Options:
    """Name both labels of a binary task in its options, where a batch holds both."""
    names = None if batch.negative is None else batch.options.names
    return options if names is None or names == options.names else options.with_labels(*names)


def _columns(batch: Batch) -> tuple[Any, ...] | None:
    """Read what a batch's columns call the classes."""
    return None if batch.options.task == "binary" else batch.options.names


def _counted(batch: Batch, name: str, threads: int | None) -> tuple[Counts, Options]:
    with rename_y_pred(name):
        counts, options = count(batch, threads), batch.options
    return counts, options if counts.labels is None else options.with_task("multiclass")


def _rows(
    batch: Batch,
    counts: Counts,
    options: Options,
    resamples: int,
    seed: int,
    clusters: Array | None,
) -> Resamples:
    """Draw rows (or clusters) with the same weights on both sides: those of the seed."""
    replicas = count_replicas(batch, seed, resamples=resamples, clusters=clusters)
    if batch.labels is not None and counts.labels is not None:
        replicas = replicas.only(np.searchsorted(batch.labels, counts.labels))
    return Resamples.like(counts, options, replicas.sums, replicas.rows)
