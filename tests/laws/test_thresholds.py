"""best_threshold against every tuple of thresholds there is."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from arrays import to_dtype, widened
from hypothesis import given, settings
from hypothesis import strategies as st
from searches import DTYPES, MANY, NOTHING, SEEDS, aimed_at, drawn, tried

import f1core
from f1core import F1Error, score
from f1core.thresholds import best_threshold, curve


def every_threshold(y_prob: Any, shared: bool) -> list[Any]:
    """All that can differ: no score is above itself, so its own value cuts just above it."""
    scores = widened(y_prob).clip(0.0, 1.0)
    if scores.ndim == 1:
        return sorted({-1.0, 0.0, *scores.tolist()})
    if shared:
        return sorted({-1.0, 0.0, *scores.ravel().tolist()})
    return list(itertools.product(*(sorted({-1.0, 0.0, *column}) for column in scores.T.tolist())))


def floor_kept(scores: f1core.Scores, search: dict[str, Any], binary: bool) -> bool:
    for name in ("precision", "recall"):
        least = search.get(f"min_{name}")
        if least is None:
            continue
        if binary:
            return getattr(scores.binary, name) >= least
        if search["shared"]:
            return scores.metric(f"{name}_{search['average']}") >= least
        return bool((getattr(scores.per_class, name) >= least).all())
    return True


def left_out(scores: f1core.Scores) -> bool:
    """Whether no label is left to average over."""
    return bool(tried(lambda: scores.included)[1])


def no_positive_counts(y_true: Any, options: dict[str, Any]) -> bool:
    counted = (y_true == 1).reshape(len(y_true), -1)
    if "sample_weight" in options:
        counted = counted & (options["sample_weight"] > 0)[:, None]
    over = options.get("average_over")
    return not (counted[:, over] if isinstance(over, list) else counted).any()


@MANY
@given(SEEDS)
def test_no_threshold_beats_the_one_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(15):
        y_true, y_prob, options, search = drawn(rng)
        told = (y_true.tolist(), widened(y_prob).tolist(), y_prob.dtype, options, search)
        binary = options["task"] == "binary"
        metric = aimed_at(search, binary)
        possible = []
        for threshold in every_threshold(y_prob, search["shared"]):
            scores, refused = tried(score, y_true, y_prob, threshold=threshold, **options)
            assert not refused or refused.startswith(NOTHING), told
            if scores is not None and not left_out(scores) and floor_kept(scores, search, binary):
                possible.append(scores.metric(metric))
        numbers = [value for value in possible if not math.isnan(value)]
        best, refused = tried(best_threshold, y_true, y_prob, **options, **search)
        if refused:
            assert refused.startswith(NOTHING) or not possible, told
            assert refused.startswith((*NOTHING, "no threshold has a")), told
            continue
        delivered = score(y_true, y_prob, threshold=best.threshold, **options)
        assert floor_kept(delivered, search, binary), told
        np.testing.assert_equal(best.score, delivered.metric(best.metric))
        np.testing.assert_equal(best.score, delivered.metric(metric))
        assert np.all((best.low <= best.threshold) & (best.threshold <= best.high)), told
        under = np.array(best.threshold) < 0
        inside = (np.array(best.low) >= 0) & (np.array(best.high) <= 1)
        below = (np.array(best.low) == -1) & (np.array(best.high) == 0)
        assert np.all(np.where(under, below, inside)), told
        if math.isnan(options["zero_division"]):
            if no_positive_counts(y_true, options):
                continue  # undefined is what a label without positives prefers
            if options["beta"] == 0 or metric.startswith("precision"):
                continue  # an average over fewer labels is not sought
        assert best.score == max(numbers), (best, max(numbers), told)


def test_what_is_drawn_holds_what_is_hard() -> None:
    """Ties in a column and across columns, zeros of both signs, subnormal numbers, all dtypes."""
    rng, seen = np.random.default_rng(0), set()
    for _ in range(300):
        _, y_prob, options, search = drawn(rng)
        wide = widened(y_prob)
        smallest = {"f2": 6.2e-5, "f4": 1.2e-38, "f8": 2.3e-308}.get(y_prob.dtype.str[1:], 1.2e-38)
        columns = wide.reshape(len(wide), -1).T
        seen |= {y_prob.dtype, *options, *search, ("beta", options["beta"])}
        for name, there in {
            "tie": any(len(set(column.tolist())) < len(column) for column in columns),
            "-0.0": (np.signbit(wide) & (wide == 0)).any(),
            "0.0": (~np.signbit(wide) & (wide == 0)).any(),
            "subnormal": ((wide > 0) & (wide < smallest)).any(),
            "1.0": (wide == 1).any(),
            "one row": len(wide) == 1,
        }.items():
            seen |= {name} if there else set()
    assert seen >= {*DTYPES, "tie", "-0.0", "0.0", "subnormal", "1.0", "one row", "ignore_index",
                    "sample_weight", "average_over", "min_precision", "min_recall",
                    *(("beta", beta) for beta in (0.0, 0.5, 1.0, 2.0, math.inf))}  # fmt: skip


@MANY
@given(SEEDS)
def test_weights_of_any_kind_are_delivered_to_the_last_bit(seed: int) -> None:
    """Sums of such weights round, each order in its own way: the best is one but for that."""
    rng = np.random.default_rng(seed)
    for _ in range(5):
        y_true, y_prob, options, search = drawn(rng)
        options["sample_weight"] = rng.random(len(y_true)) * 10.0 ** rng.integers(-3, 4)
        options["zero_division"] = 0.0
        search = {name: search[name] for name in ("average", "shared")}
        best, refused = tried(best_threshold, y_true, y_prob, **options, **search)
        if refused:
            assert refused.startswith(NOTHING)
            continue
        delivered = score(y_true, y_prob, threshold=best.threshold, **options)
        assert best.score == delivered.metric(best.metric)
        metric = aimed_at(search, options["task"] == "binary")
        for threshold in every_threshold(y_prob, search["shared"]):
            there, refused = tried(score, y_true, y_prob, threshold=threshold, **options)
            if there is not None and not left_out(there):
                assert there.metric(metric) <= best.score + 1e-12


def means_above(y_true: Any, y_prob: Any, weights: Any) -> tuple[Any, Any]:
    """The weighted mean F1 of the labels above 0 and above each score, by sorting them in NumPy."""
    points, total = np.unique(np.append(y_prob.ravel(), 0)), 0.0
    for true, prob, weight in zip(y_true.T, y_prob.T, weights, strict=True):
        hits, cells = np.sort(prob[true]), np.sort(prob)
        tp = len(hits) - np.searchsorted(hits, points, side="right")
        pred = len(cells) - np.searchsorted(cells, points, side="right")
        total = total + weight * 2 * tp / np.maximum(len(hits) + pred, 1)
    return points, total / weights.sum()


@MANY
@given(SEEDS)
def test_a_threshold_shared_by_large_columns_is_the_best_of_all(seed: int) -> None:
    """Most scores of large columns are ruled out by what their neighbours can reach at most."""
    rng = np.random.default_rng(seed)
    labels, rows = int(rng.integers(2, 5)), int(rng.integers(33_000, 40_000))
    y_true = rng.random((rows, labels)) < rng.choice([0.0, 0.001, 0.2, 0.5, 0.9], labels)
    if not y_true.any():
        y_true[0, 0] = True
    levels = int(rng.choice([3, 50, 100_000]))
    help_of_truth = rng.choice([0.0, 0.2, 1.0])
    y_prob = np.ceil((rng.random((rows, labels)) + help_of_truth * y_true) / 2 * levels) / levels
    y_prob = y_prob.astype(["f2", "f4", "f8"][seed % 3])
    average = ["macro", "weighted"][seed % 2]
    weights = y_true.sum(axis=0) if average == "weighted" else np.ones(labels)
    points, means = means_above(y_true, y_prob, weights)
    best = best_threshold(y_true, y_prob, task="multilabel", average=average, shared=True)
    assert best.score == pytest.approx(means.max(), abs=1e-13)
    delivered = score(y_true, y_prob, task="multilabel", threshold=best.threshold)
    assert best.score == delivered.metric(best.metric)
    good = np.flatnonzero(means >= means.max() - 1e-15)
    if len(good) == 1:  # of one best cut the range is known too
        ends = np.append(points, 1)[[good[0], good[0] + 1]]
        high, before = np.array([best.high, np.nextafter(best.high, 0)]).astype(y_prob.dtype)
        assert (best.low, high) == tuple(ends)
        assert before < high or high == 1  # thresholds are rounded before they are compared
    assert points[good].min() <= best.threshold < np.append(points, 2)[good.max() + 1]


def test_a_label_without_positives_leaves_a_large_shared_mean_where_nothing_is_predicted():
    """Above 0.4 nothing is predicted of it, so it is left out of the mean from there on."""
    rng = np.random.default_rng(5)
    y_true = rng.random((40_000, 2)) < [0.2, 0.0]
    y_prob = np.clip(rng.random((40_000, 2)) * 0.7 + y_true * 0.25, 0, 1).round(2)
    y_prob[:, 1] *= 0.5
    options = {"task": "multilabel", "average_over": "present"}
    best = best_threshold(y_true, y_prob, shared=True, **options)
    every = [score(y_true, y_prob, threshold=t, **options).macro.f1 for t in np.unique(y_prob)]
    assert best.score == max(every)


def test_below_all_scores_only_where_that_is_strictly_better() -> None:
    rng, under = np.random.default_rng(2), 0
    for _ in range(300):
        n = int(rng.integers(1, 9))
        y_true, y_prob = rng.random(n) < 0.6, rng.choice([0.0, -0.0, 0.0, 0.4, 0.7, -1e-4], n)
        y_prob = y_prob.astype(["f2", "f4", "f8"][rng.integers(3)])
        best = best_threshold(y_true, y_prob)
        inside = [score(y_true, y_prob, threshold=t).binary.f1 for t in (0, *y_prob.clip(0))]
        everything = score(y_true, y_prob, threshold=-1.0).binary.f1
        assert everything == score(y_true, np.ones(n, int), task="binary").binary.f1
        assert best.score == max(everything, *inside)
        assert (best.threshold == -1.0) == (everything > max(inside))
        under += best.threshold == -1.0
    assert under > 50


@pytest.mark.parametrize("shared", [False, True])
def test_a_sum_of_labels_is_cut_below_all_scores_only_where_that_is_strictly_better(
    shared: bool,
) -> None:
    rng, under = np.random.default_rng(4), 0
    options = {"task": "multilabel"}
    for _ in range(150):
        y_true = rng.random((4, 2)) < 0.5
        y_prob = rng.choice([0.0, 0.0, 0.4, 0.7], (4, 2))
        best = best_threshold(y_true, y_prob, average="micro", shared=shared, **options)
        for label in np.flatnonzero(np.atleast_1d(best.threshold) < 0):
            under += 1
            for t in (0.0, 0.4, 0.7):
                moved = np.atleast_1d(best.threshold).copy()
                moved[label] = t
                at = float(moved[0]) if shared else moved
                assert score(y_true, y_prob, threshold=at, **options).micro.f1 < best.score
    assert under > 20


def test_precision_of_nothing_may_be_the_best():
    """A 0/0 that counts as 1 beats any precision that alarms at random have."""
    y_true, y_prob = (
        np.array([[0, 1], [0, 0], [1, 0]]),
        np.array([[0.2, 0.3], [0.9, 0.8], [0.5, 0.4]]),
    )
    options = {"task": "multilabel", "zero_division": 1.0}
    best = best_threshold(y_true, y_prob, average="micro", min_recall=0.0, **options)
    assert score(y_true, y_prob, threshold=tuple(best.threshold), **options).micro.precision == 1
    assert best.score == 1


# ---- which of equals, and how flat ---------------------------------------------------------


@settings(max_examples=3 * settings.default.max_examples)
@given(SEEDS)
def test_among_equals_it_is_the_middle_of_the_widest_range(seed):
    rng = np.random.default_rng(seed)
    n, dtype = int(rng.integers(1, 9)), np.dtype(["f4", "f8"][seed % 2])
    y_true = (rng.random(n) < 0.5).astype(int)
    y_prob = rng.integers(0, 9, n).astype(dtype) / 8
    best = best_threshold(y_true, y_prob)
    points = sorted({0.0, *y_prob.tolist()})
    values = [score(y_true, y_prob, task="binary", threshold=t).binary.f1 for t in points]
    runs = []  # [low, high) of neighbouring thresholds that are all the best
    for low, high, value in zip(points, [*points[1:], 1.0], values, strict=True):
        if value == max(values):
            if runs and runs[-1][1] == low:
                runs[-1] = (runs[-1][0], high)
            else:
                runs.append((low, high))
    if score(y_true, y_prob, task="binary", threshold=-1.0).binary.f1 > max(values):
        assert (best.low, best.high, best.threshold) == (-1, 0, -1)
        return
    widest = max(high - low for low, high in runs)
    low, high = next(run for run in runs if run[1] - run[0] == widest)
    assert (best.low, dtype.type(best.high)) == (low, high)  # rounded as thresholds are
    assert best.threshold == (low + high) / 2


def test_a_floor_is_kept_with_the_most_to_spare():
    """Recall is 1 from 0 to 0.5 and precision at least 0.5: above 0.3 it is 1."""
    best = best_threshold([0, 1, 1], [0.3, 0.5, 0.9], min_precision=0.5)
    assert (best.score, best.low, best.high, best.metric) == (1, 0.3, 0.5, "recall")
    best = best_threshold([0, 1, 0], [0.3, 0.5, 0.9], min_recall=0.5)
    assert (best.score, best.low, best.high, best.metric) == (0.5, 0.3, 0.5, "precision")


def test_a_mean_that_misses_a_floor_by_less_than_rounding_misses_it():
    y_true, y_prob = np.array([[1, 0, 0, 1]] * 2).T, np.array([[0.2, 0.2, 0.2, 0.9]] * 2).T
    options = {"task": "multilabel", "shared": True}
    assert best_threshold(y_true, y_prob, min_precision=0.5, **options).score == 1
    assert best_threshold(y_true, y_prob, min_precision=0.5 + 1e-15, **options).score == 0.5
    everything = best_threshold(y_true, y_prob * [1, 0], min_recall=1.0, **options)
    assert (everything.score, everything.threshold) == (0.5, -1.0)


def test_of_a_beta_beyond_rounding_recall_alone_decides():
    for beta in (1e9, math.inf):
        best = best_threshold([0, 0, 1], [0.1, 0.2, 0.9], beta=beta)
        assert (best.score, best.low, best.high) == (1, 0, 0.9)


def test_neighbouring_floats_have_no_middle():
    for dtype in ("f2", "f4", "f8"):
        low = np.array(0.3, dtype)
        high = np.nextafter(low, np.array(1, dtype))
        best = best_threshold([0, 1], np.array([low, high]))
        assert (best.score, best.threshold) == (1, float(low))


def test_slack_is_what_the_score_may_lose_at_most():
    best = best_threshold([0, 0, 1], [0.1, 0.2, 0.9], slack=0.5)  # F1 is 1/2 below 0.1
    assert (best.score, best.low, best.high) == (1, 0, 0.9)


@pytest.mark.parametrize("average", ["macro", "micro"])
@pytest.mark.parametrize("shared", [False, True])
def test_slack_says_how_far_one_may_stray(average, shared):
    rng = np.random.default_rng(0)
    y_true = rng.random((400, 3)) < 0.3
    y_prob = np.clip(rng.random((400, 3)) * 0.7 + y_true * 0.3, 0, 1)
    options = {"task": "multilabel", "average": average, "shared": shared}
    exact, loose = (best_threshold(y_true, y_prob, slack=s, **options) for s in (0.0, 0.02))
    np.testing.assert_array_equal(exact.threshold, loose.threshold)
    assert np.all(loose.low <= exact.low)
    assert np.all(exact.high <= loose.high)
    assert np.any(loose.high - loose.low > exact.high - exact.low)

    def at(threshold):
        scores = score(y_true, y_prob, task="multilabel", threshold=threshold)
        return (
            scores.per_class.f1
            if average == "macro" and not shared
            else scores.metric(exact.metric)
        )

    for share in np.linspace(0, 0.999, 7):
        for label in range(1 if shared else 3):
            tried = np.array(exact.threshold)
            tried[... if shared else label] = (loose.low + share * (loose.high - loose.low))[
                ... if shared else label
            ]
            assert np.all(at(tried) >= at(exact.threshold) - 0.02 - 1e-12)


def test_slack_of_a_sum_leaves_no_label_below_its_floor():
    rng = np.random.default_rng(3)
    y_true = rng.random((60, 2)) < 0.4
    y_prob = np.clip(rng.random((60, 2)) * 0.7 + y_true * 0.3, 0, 1).round(2)
    options = {"task": "multilabel", "average": "micro", "min_recall": 0.6}
    best = best_threshold(y_true, y_prob, slack=0.5, **options)
    assert np.all(best.low <= best.threshold) and np.all(best.threshold < best.high)
    for label in range(2):
        for at in np.linspace(best.low[label], best.high[label], 50, endpoint=False):
            tried = best.threshold.copy()
            tried[label] = at
            there = score(y_true, y_prob, task="multilabel", threshold=tuple(tried))
            assert there.per_class.recall[label] >= 0.6
            assert there.micro.precision >= best.score - 0.5


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("labels", [0, 1, 3])
def test_the_arrays_stay_as_they_are(dtype, order, labels):
    """Labels are sorted in place: in a copy, also where one column needs no transposing."""
    rng = np.random.default_rng(4)
    shape = (50, labels) if labels else (50,)
    y_prob = np.array(to_dtype(rng.random(shape), dtype), order=order)
    y_true = np.array(rng.random(shape) < 0.5, order=order)
    before = y_prob.tobytes(), y_true.tobytes()
    for average, shared in itertools.product(["macro", "micro"], [False, True]):
        task = "multilabel" if labels else "binary"
        several = {"average": average, "shared": shared} if labels else {}
        best_threshold(y_true, y_prob, task=task, **several)
    assert (y_prob.tobytes(), y_true.tobytes()) == before


# ---- larger than brute force ---------------------------------------------------------------


def test_no_cut_of_large_arrays_is_missed():
    """Against all thresholds of a curve, for every shape of scores that sorts badly."""
    rng = np.random.default_rng(1)
    n = 30_000
    for spread in ("even", "tied", "tiny", "one", "edges", "zeros"):
        for dtype in (np.float16, np.float32, np.float64):
            for share in (0.001, 0.3, 0.99):
                y_true = rng.random(n) < share
                y_prob = rng.random(n) * 0.8 + 0.2 * y_true
                y_prob = {
                    "even": y_prob, "tied": y_prob.round(2), "tiny": y_prob**20,
                    "one": 0 * y_prob + 0.5, "edges": y_prob.round(),
                    "zeros": np.where(rng.random(n) < 0.7, 0, y_prob),
                }[spread].astype(dtype)  # fmt: skip
                best = best_threshold(y_true, y_prob)
                everything = score(y_true, y_prob, threshold=-1.0).binary.f1
                assert best.score == max(everything, curve(y_true, y_prob).f1.max())
                delivered = score(y_true, y_prob, task="binary", threshold=best.threshold)
                assert delivered.binary.f1 == best.score


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_best_cut_of_many_scores_may_be_just_below_1(dtype):
    y_true = np.arange(10_000) % 10 == 0
    y_prob = to_dtype(np.where(y_true, 1.0, 0.5), dtype)
    assert best_threshold(y_true, y_prob).score == 1.0


def test_no_label_can_raise_the_micro_average():
    """Dinkelbach's certificate: at the maximum x, the labels' highest a tp - x c pred add up to
    x b true, so no tuple of thresholds has a higher ratio.
    """
    rng = np.random.default_rng(2)
    y_true = rng.random((5000, 6)) < np.linspace(0.02, 0.6, 6)
    y_prob = np.clip(rng.random((5000, 6)) * 0.8 + y_true * 0.2, 0, 1).astype(np.float32)
    for beta in (1.0, 0.5, 2.0):
        best = best_threshold(y_true, y_prob, task="multilabel", average="micro", beta=beta)
        square, gain = beta * beta, 0.0
        for label in range(6):
            found = curve(y_true[:, label], y_prob[:, label])
            gain += ((1 + square) * found.tp - best.score * found.predicted).max()
        assert gain == pytest.approx(best.score * square * y_true.sum(), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_shared_thresholds_against_a_plain_sweep(seed):
    rng = np.random.default_rng(seed)
    y_true = rng.random((300, 4)) < [0.1, 0.2, 0.5, 0.0]
    y_prob = np.clip(rng.random((300, 4)) * 0.8 + y_true * 0.2, 0, 1)
    for average in ("macro", "micro", "weighted"):
        best = best_threshold(y_true, y_prob, task="multilabel", average=average, shared=True)
        every = [
            score(y_true, y_prob, task="multilabel", threshold=t).metric(f"f1_{average}")
            for t in np.unique(np.append(y_prob.ravel(), 0.0))
        ]
        assert best.score == max(every)


# ---- logits --------------------------------------------------------------------------------


@settings(max_examples=3 * settings.default.max_examples)
@given(SEEDS, st.sampled_from(["f2", "f4", "f8"]))
def test_logits_are_cut_where_a_probability_can_cut_them(seed, dtype):
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 7)), 2)
    few = rng.choice([-np.inf, -40, -1, -1e-9, 0, 1e-9, 1, 1.001, 17, 17.001, 40, 41, np.inf], 4)
    y_pred, y_true = rng.choice(few, shape).astype(dtype), rng.random(shape) < 0.5
    options = {"task": "multilabel", "from_logits": True}
    average, shared = ["macro", "micro"][seed % 2], seed % 3 == 0
    best = best_threshold(y_true, y_pred, average=average, shared=shared, **options)
    delivered = score(y_true, y_pred, threshold=best.threshold, **options)
    assert delivered.metric(f"f1_{average}") == best.score
    points = np.unique(y_pred.astype(float))
    chances = 1 / (1 + np.exp(-np.clip(points, -700, 700)))
    tried = np.unique([0.0, 1.0, *chances, *((chances[1:] + chances[:-1]) / 2)])
    for chosen in itertools.product(tried, repeat=1 if shared else 2):
        there = score(y_true, y_pred, threshold=chosen[0] if shared else chosen, **options)
        assert there.metric(f"f1_{average}") <= best.score


# ---- the range that keeps the score --------------------------------------------------------


@pytest.mark.parametrize("from_logits", [False, True])
@MANY
@given(SEEDS)
def test_every_threshold_from_low_to_before_high_keeps_the_score(from_logits, seed):
    rng = np.random.default_rng(seed)
    dtype = DTYPES[rng.integers(len(DTYPES))]
    shape = (int(rng.integers(1, 8)), 2)[: rng.integers(1, 3)]
    scores = rng.normal(size=shape) * rng.choice([1, 5, 40, 300])
    if not from_logits:
        scores = 1 / (1 + np.exp(-scores.clip(-700)))
    scores = to_dtype(scores.round(rng.choice([0, 1, 17])), dtype)
    truth = rng.integers(0, 2, shape)
    search = {"shared": len(shape) > 1 and bool(rng.random() < 0.4)}
    options = {"task": ["binary", "multilabel"][len(shape) - 1], "from_logits": from_logits}
    best = best_threshold(truth, scores, **options, **search)
    told = (truth.tolist(), widened(scores).tolist(), dtype, options, search, best)
    ends = np.array([best.low, best.threshold, best.high]).reshape(3, -1)
    for label, (low, threshold, high) in enumerate(ends.T):
        assert low <= threshold < high or low == threshold == high == 1 or threshold == -1, told
        middles = [(low + high) / 2, (low + threshold) / 2, (threshold + high) / 2]
        for at in [low, np.nextafter(low, 2), *middles, np.nextafter(high, 0)]:
            if not low <= at < high or at < 0:
                continue
            moved = ends[1].copy()
            moved[label] = at
            moved = moved.tolist() if np.ndim(best.threshold) else moved[0]
            there = score(truth, scores, threshold=moved, **options)
            assert there.metric(best.metric) == best.score, (label, at, told)


@pytest.mark.parametrize("logits", [[-1, 1], [1, -1], [0, 1], [-1, 0]])
def test_the_largest_logits_have_a_range_without_a_warning(logits):
    best = best_threshold([0, 1], np.finfo(np.float64).max * np.array(logits), from_logits=True)
    assert 0 <= best.low <= best.threshold < best.high <= 1


def test_the_ends_of_a_range_of_logits_are_those_of_their_thresholds():
    truth, logits = [0, 1, 0, 0, 1, 0], [-1.08, 0.87, -0.17, -0.19, 1.12, -0.44]
    best = best_threshold(truth, logits, from_logits=True)
    for at, value in (
        (np.nextafter(best.low, 0), 0.8), (best.low, 1.0), (np.nextafter(best.high, 0), 1.0),
        (best.high, 2 / 3),
    ):  # fmt: skip
        assert score(truth, logits, threshold=at, from_logits=True).binary.f1 == value


# ---- nothing to go by ----------------------------------------------------------------------


def test_one_class_only_and_all_scores_equal():
    assert best_threshold([1, 1], [0.2, 0.4]).score == 1
    nothing = best_threshold([0, 0], [0.2, 0.4])
    assert (nothing.score, nothing.threshold, nothing.low, nothing.high) == (0, 0.5, 0, 1)
    never = best_threshold([0, 0], [0.2, 0.4], zero_division=1.0)
    assert never.score == 1
    assert never.threshold >= 0.4
    assert math.isnan(best_threshold([0, 0], [0.2, 0.4], zero_division=math.nan).score)
    equal = best_threshold([0, 1, 0], [0.3, 0.3, 0.3])
    assert (equal.score, equal.low, equal.high) == (0.5, 0, 0.3)
    zeros = best_threshold([0, 1], [0.0, 0.0])  # which only one below all scores predicts
    assert (zeros.score, zeros.low, zeros.high) == (2 / 3, -1, 0)
    logits = best_threshold([0, 1], [-np.inf, -np.inf], from_logits=True)  # and of these none
    assert (logits.score, logits.low, logits.high) == (0, 0, 1)


def test_an_empty_label_is_cut_too():
    y_true, y_prob = np.array([[0, 1], [0, 0]]), np.array([[0.2, 0.9], [0.3, 0.1]])
    best = best_threshold(y_true, y_prob, task="multilabel")
    assert best.threshold.shape == (2,)
    assert best.score == 0.5
    shy = best_threshold(y_true, y_prob, task="multilabel", average_over="present")
    assert shy.score == 1
    assert shy.threshold[0] >= 0.3


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("wrong", [-2.0, -0.5, 2.0, 4.0, math.inf])
def test_what_is_no_probability_is_refused_in_every_precision(wrong, dtype):
    y_prob = np.array([0.1, wrong], dtype)
    for call in (best_threshold, curve):
        with pytest.raises(F1Error, match=f"y_prob is {wrong:g} at row 1, outside"):
            call([0, 1], y_prob)


def test_what_is_missing_is_said():
    y_true, y_prob = np.array([[0, 1], [0, 1]]), np.array([[0.2, 0.9], [0.3, 0.1]])
    for wrong, words in (
        (([0, 1], [0.1, math.nan]), "y_prob is NaN at row 1"),
        (([0, 1], [0.1, 1.5]), r"y_prob is 1.5 at row 1, outside \[0, 1\]"),
        (([0, 2], [0.1, 0.5]), "the labels are 0 and 2, and nothing says which one is positive"),
        (([0, 2, 1], [0.1, 0.5, 0.2]), "y_true is 2 at row 1"),
        (([], np.zeros(0)), "no rows to score"),
        (([0, 1], [1, 0]), "give probabilities, not labels"),
        ((y_true, y_prob), "say task="),
    ):
        with pytest.raises(F1Error, match=words):
            best_threshold(*wrong)
    for options, words in (
        ({"average": "samples"}, "average is 'samples'"),
        ({"min_precision": 1.5}, "min_precision is 1.5"),
        ({"min_precision": "x"}, "min_precision is 'x'"),
        ({"min_precision": 0.5, "min_recall": 0.5}, "not both"),
        ({"slack": -1}, "slack is -1"),
        ({"min_recall": 0.5}, "recall of at least 0.5 for label 0: the highest is 0"),
        ({"min_recall": 0.5, "classes": ["a", "b"]}, "for label 'a'"),
        ({"min_recall": 0.9, "shared": True}, "recall of at least 0.9: the highest is 0.5"),
        ({"average_over": [7]}, "average_over holds 7"),
    ):
        with pytest.raises(F1Error, match=words):
            best_threshold(y_true, y_prob, task="multilabel", **options)


# ---- real data -----------------------------------------------------------------------------


def test_rare_positives_where_half_finds_nothing(data):
    """305 of 164,261 flights are very late: F1 is 0.0065 at 0.5, and 0.06 with a threshold that
    was chosen on other rows.
    """
    with np.load(data / "flights.npz") as flights:
        y_true, y_prob = flights["y_true"], flights["y_prob"]
    best = best_threshold(y_true, y_prob)
    assert best.score == pytest.approx(0.0752, abs=5e-5)
    assert best.threshold == pytest.approx(0.0434, abs=5e-5)
    fold = np.random.default_rng(0).integers(0, 5, len(y_true))
    found = f1core.Accumulator("binary")
    for k in range(5):
        there = fold == k
        chosen = best_threshold(y_true[~there], y_prob[~there]).threshold
        found.update(y_true[there], (y_prob[there] > np.float32(chosen)).astype(int))
    half = score(y_true, y_prob).binary.f1
    assert half < 0.007 < 0.05 < found.compute().binary.f1 <= best.score


def test_many_labels(data):
    table = np.genfromtxt(data / "roles.csv", delimiter=",", names=True)
    names = [name[5:] for name in table.dtype.names if name.startswith("true_")]
    y_true = np.stack([table[f"true_{name}"] for name in names], axis=1).astype(int)
    y_prob = np.stack([table[f"p_{name}"] for name in names], axis=1)
    each = best_threshold(y_true, y_prob, task="multilabel", classes=names)
    one = best_threshold(y_true, y_prob, task="multilabel", classes=names, shared=True)
    assert each.score == pytest.approx(0.2605, abs=5e-5)
    assert one.score == pytest.approx(0.2415, abs=5e-5)
    assert one.threshold == pytest.approx(0.065506, abs=1e-5)
