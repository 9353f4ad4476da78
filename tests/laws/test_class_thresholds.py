"""best_threshold of multiclass scores: against every cut, a grid, argmax, and score itself."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from arrays import to_dtype, widened
from hypothesis import given
from searches import DTYPES, MANY, NOTHING, SEEDS, tried

from f1core import F1Error, best_threshold, score

METRICS = ["macro", "micro", "weighted", "mcc", "kappa", "accuracy", "balanced_accuracy",
           "f1_of_means", "hamming_loss", "precision_macro", "recall_weighted", "jaccard_macro",
           "fbeta_macro", "specificity_micro", "specificity_macro"]  # fmt: skip
VALUES = [0.0, -0.0, 1e-40, 6e-8, 0.1, 0.1000001, 0.25, 1 / 3, 0.5, 0.9, 1.0, -1e-3, 1.0000002]


def drawn(
    rng: Any, classes: int, values: Any = VALUES
) -> tuple[Any, Any, dict[str, Any], dict[str, Any]]:
    """y_true, y_prob, options of both functions, and options of the search."""
    n = int(rng.integers(1, 12))
    few = rng.choice(values, int(rng.integers(2, 9)))
    y_prob = rng.choice(few, (n, classes))
    y_prob[(y_prob < 0).all(axis=1)] = 0.25  # a higher threshold would raise their quotients
    y_prob = to_dtype(y_prob, DTYPES[rng.integers(len(DTYPES))])
    y_true = rng.integers(0, classes, n)
    options: dict[str, Any] = {"task": "multiclass"}
    if rng.random() < 0.3:
        y_true[rng.random(n) < 0.2] = -1
        options["ignore_index"] = -1
    if rng.random() < 0.3:
        options["sample_weight"] = rng.integers(0, 4, n) / 2
    options["zero_division"] = float(rng.choice([0.0, 1.0, math.nan]))
    options["beta"] = float(rng.choice([1.0, 1.0, 0.5, 2.0, math.inf]))
    if rng.random() < 0.3:
        options["average_over"] = ["present", "all", [int(rng.integers(classes))]][rng.integers(3)]
    if rng.random() < 0.2:
        options["from_logits"] = True
        y_prob = to_dtype(widened(y_prob) * 20.0 - 8.0, y_prob.dtype)
    if rng.random() < 0.2:
        return y_true, y_prob, options, {"costs": rng.integers(-1, 6, (classes, classes))}
    return y_true, y_prob, options, {"average": str(rng.choice(METRICS))}


def told(scores: Any, best: Any, search: dict[str, Any]) -> float:
    """What is reported, from the scores themselves."""
    if "costs" in search:
        return float((scores.confusion * search["costs"]).sum() / scores.total)
    return float(scores.metric(best.metric))


def better(best: Any) -> Any:
    return min if best.metric in ("cost", "hamming_loss") else max


def every_cut(y_prob: Any, from_logits: bool) -> list[Any]:
    """What two classes' thresholds can predict: all rows with p_1 / p_0 above some number."""
    p = widened(y_prob).astype(np.float64)
    if from_logits:
        ratios = [Fraction(b) - Fraction(a) for a, b in p.tolist()]
        never, always = np.zeros((2, len(p)), bool)
    else:
        always = (p[:, 0] <= 0) & (p[:, 1] > p[:, 0])
        never = (p[:, 1] <= 0) & ~always
        p = p.clip(0.0)
        ratios = [Fraction(b) / Fraction(a) if a else Fraction(0) for a, b in p.tolist()]
    found = []
    for cut in [min(ratios) - 1, *set(ratios)]:
        above = np.array([ratio > cut for ratio in ratios])
        found.append(((above & ~never) | always).astype(int))
    return found


@MANY
@given(SEEDS)
def test_no_cut_of_two_classes_beats_the_one_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(8):
        y_true, y_prob, options, search = drawn(rng, 2)
        shown = (y_true.tolist(), widened(y_prob).tolist(), y_prob.dtype, options, search)
        best, refused = tried(best_threshold, y_true, y_prob, **options, **search)
        if refused:
            assert refused.startswith(NOTHING) or "average over" in refused, (refused, shown)
            continue
        hard = {name: value for name, value in options.items() if name != "from_logits"}
        cuts = every_cut(y_prob, "from_logits" in options)
        scores = [tried(score, y_true, cut, classes=2, **hard)[0] for cut in cuts]
        values = [tried(told, each, best, search)[0] for each in scores]
        numbers = [value for value in values if value is not None and value == value]
        if numbers:
            assert best.score == pytest.approx(better(best)(numbers), abs=1e-13), shown


@MANY
@given(SEEDS)
def test_the_score_is_that_of_the_thresholds_and_not_below_argmax(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(4):
        y_true, y_prob, options, search = drawn(rng, int(rng.integers(1, 6)))
        shown = (y_true.tolist(), widened(y_prob).tolist(), y_prob.dtype, options, search)
        best, refused = tried(best_threshold, y_true, y_prob, **options, **search)
        if refused:
            continue
        delivered = score(y_true, y_prob, threshold=best.threshold, **options)
        np.testing.assert_equal(told(delivered, best, search), best.score)
        argmax = told(score(y_true, y_prob, **options), best, search)
        if argmax == argmax:
            assert better(best)(argmax, best.score) == best.score, shown
        assert (best.low <= best.threshold).all() and (best.threshold <= best.high).all(), shown
        assert (best.low >= 0).all() and (best.high <= 1).all(), shown


def problem(seed: int, n: int, classes: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.ones(classes) * 2)
    y_true = rng.choice(classes, n, p=share)
    logits = rng.normal(size=(n, classes)) + np.log(share)
    logits[np.arange(n), y_true] += 1.2
    p = np.exp(logits)
    return y_true, (p / p.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("metric", ["macro", "mcc", "recall_macro"])
def test_three_classes_come_close_to_a_fine_grid(metric: str) -> None:
    reached, possible = [], []
    sides = np.geomspace(1 / 30, 30, 60)
    for seed in range(6):
        y_true, p = problem(seed, 60, 3)
        best = best_threshold(y_true, p, task="multiclass", average=metric)
        grid = [np.array([1.0, a, b]) for a, b in itertools.product(sides, sides)]
        seen = {(p / t).argmax(axis=1).tobytes(): (p / t).argmax(axis=1) for t in grid}
        values = [score(y_true, ids, classes=3).metric(best.metric) for ids in seen.values()]
        reached.append(best.score)
        possible.append(max(values))
    assert np.mean(reached) > np.mean(possible) - 0.01, (reached, possible)


@pytest.mark.parametrize("metric", ["macro", "kappa", "balanced_accuracy"])
def test_no_single_threshold_makes_it_better(metric: str) -> None:
    y_true, p = problem(1, 150, 4)
    best = best_threshold(y_true, p, task="multiclass", average=metric)
    for label in range(4):
        for factor in np.geomspace(1 / 50, 50, 400):
            moved = best.threshold.copy()
            moved[label] *= factor
            ids = (p / moved).argmax(axis=1)
            value = score(y_true, ids, classes=4).metric(best.metric)
            assert value <= best.score + 1e-14
            if best.low[label] < moved[label] < best.high[label]:
                assert value == pytest.approx(best.score, abs=1e-13)


TINY = [0.0, -0.0, 5e-324, 1e-300, 1e-100, 1e-40, 1e-20, 6e-8, 0.1, 0.1000001, 1 / 3, 0.5, 1.0]


@MANY
@given(SEEDS)
def test_each_threshold_alone_keeps_the_score_between_its_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for values in (VALUES, TINY):
        y_true, y_prob, options, search = drawn(rng, int(rng.integers(2, 5)), values)
        best, refused = tried(best_threshold, y_true, y_prob, **options, **search)
        if refused:
            continue
        shown = (y_true.tolist(), widened(y_prob).tolist(), y_prob.dtype, options, search, best)
        for label, (low, high) in enumerate(zip(best.low, best.high, strict=True)):
            least = max(low, np.finfo(np.float64).tiny)  # where a class is "0 and above"
            inside = np.exp(rng.uniform(np.log(least), np.log(high), 4))
            ends = np.nextafter([least, high], [2.0, -1.0])
            for at in [*inside, *ends, (low + high) / 2]:
                if not least < at < high:
                    continue
                moved = best.threshold.copy()
                moved[label] = at
                delivered = score(y_true, y_prob, threshold=moved, **options)
                told_there = told(delivered, best, search)
                assert told_there == pytest.approx(best.score, abs=1e-10, nan_ok=True), (
                    label, at, shown,
                )  # fmt: skip


def test_weights_are_repetitions_and_what_is_ignored_does_not_count() -> None:
    y_true, p = problem(3, 120, 3)
    weight = np.random.default_rng(0).integers(0, 3, 120)
    weighted = best_threshold(y_true, p, task="multiclass", sample_weight=weight)
    repeated = best_threshold(y_true.repeat(weight), p.repeat(weight, axis=0), task="multiclass")
    assert weighted.score == pytest.approx(repeated.score, abs=1e-12)
    y_true[weight == 0] = -1
    p[weight == 0] = np.nan
    ignoring = best_threshold(y_true, p, task="multiclass", sample_weight=weight, ignore_index=-1)
    np.testing.assert_array_equal(ignoring.threshold, weighted.threshold)


def test_names_one_hot_rows_and_logits_say_the_same() -> None:
    y_true, p = problem(5, 200, 3)
    best = best_threshold(y_true, p, task="multiclass", average="mcc")
    names = np.array(["a", "b", "c"])
    named = best_threshold(names[y_true], p, task="multiclass", average="mcc", classes=names)
    onehot = best_threshold(np.eye(3)[y_true], p, task="multiclass", average="mcc")
    logits = best_threshold(
        y_true, np.log(p.astype(np.float64)), task="multiclass", average="mcc", from_logits=True
    )
    assert best.score == named.score == onehot.score
    assert logits.score == pytest.approx(best.score, abs=1e-12)
    np.testing.assert_allclose(logits.threshold, best.threshold, rtol=1e-6)
    assert best_threshold(y_true, p).metric == "f1_macro"


def test_costs_are_what_rows_cost() -> None:
    y_true, p = problem(7, 300, 3)
    costs = np.array([[0, 1, 5], [2, 0, 1], [20, 3, 0]])
    best = best_threshold(y_true, p, task="multiclass", costs=costs)
    predicted = (p / best.threshold).argmax(axis=1)
    assert best.score == pytest.approx(costs[y_true, predicted].mean(), abs=1e-12)
    assert best.score < costs[y_true, p.argmax(axis=1)].mean()
    assert best.metric == "cost"
    wrong = best_threshold(y_true, p, task="multiclass", costs=1 - np.eye(3))
    accurate = best_threshold(y_true, p, task="multiclass", average="accuracy")
    assert wrong.score == pytest.approx(1 - accurate.score, abs=1e-12)


def test_bounds_of_long_doubles_are_found_where_ratios_leave_float64() -> None:
    p = np.array([[1, 5e-324], [0.5, 5e-324], [5e-324, 1], [1, 1]], np.longdouble)
    best = best_threshold([0, 0, 1, 1], p, task="multiclass")
    assert best.score == 1.0
    assert (best.low < best.high).all()


@pytest.mark.parametrize("size", [1e308, 1.0, 1e-300])
def test_costs_of_any_size_are_summed_without_overflow(size: float) -> None:
    y_true, p = problem(7, 300, 3)
    costs = np.array([[0, 0.05, 0.25], [0.1, 0, 0.05], [1, 0.15, 0]])
    best = best_threshold(y_true, p, task="multiclass", costs=costs * size)
    plain = best_threshold(y_true, p, task="multiclass", costs=costs)
    assert best.score == pytest.approx(plain.score * size, rel=1e-12, abs=0.0)
    even = best_threshold(y_true, p, task="multiclass", costs=np.full((3, 3), size))
    assert even.score == size


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_costs_in_a_frame_go_by_the_names_of_the_classes(library: str) -> None:
    frames = pytest.importorskip(library)
    y_true, p = problem(7, 300, 3)
    names = ["a", "b", "c"]
    costs = np.array([[0, 1, 5], [2, 0, 1], [20, 3, 0]])
    how: dict[str, Any] = {"task": "multiclass", "classes": names}
    expected = best_threshold(y_true, p, costs=costs, **how)
    plain = frames.DataFrame({name: costs[:, place] for place, name in enumerate(names)})
    turned = plain[["c", "a", "b"]]
    given = [plain]
    refused = [turned, frames.DataFrame(dict(zip("abd", costs.T, strict=True)))]
    if library == "pandas":
        given += [plain.set_axis(names, axis=0).loc[["b", "c", "a"], ["c", "a", "b"]],
                  frames.DataFrame(costs)]  # fmt: skip
        refused.append(frames.DataFrame(costs, index=[2, 1, 0]))
        refused.append(given[1].set_axis(["x", "y", "z"], axis=0))
    for frame in given:
        best = best_threshold(y_true, p, costs=frame, **how)
        np.testing.assert_array_equal(best.threshold, expected.threshold)
    for frame in refused:
        with pytest.raises(F1Error, match=r"of costs are .*\.to_numpy\(\) to go by position"):
            best_threshold(y_true, p, costs=frame, **how)
        best_threshold(y_true, p, costs=frame.to_numpy(), **how)
    with pytest.raises(F1Error, match=r"costs are \['a', 'b', 'c'\], and the classes are \[0, 1"):
        best_threshold(y_true, p, task="multiclass", costs=plain)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"shared": True}, "shared=True is for binary and multilabel tasks"),
        ({"slack": 0.1}, "slack=0.1 is for binary and multilabel tasks"),
        ({"min_recall": 0.1}, "min_recall=0.1 is for binary and multilabel tasks"),
        ({"average": "f2"}, "average is 'f2'; use one of"),
        ({"average": "f1"}, "average is 'f1'; use one of"),
        ({"average": "f1_samples"}, "average is 'f1_samples'; use one of"),
        ({"average": "mcc", "costs": np.eye(3)}, "average='mcc' names a metric"),
        ({"costs": np.eye(2)}, r"costs is of shape \(2, 2\)|costs is .*; give \(3, 3\)"),
        ({"costs": np.full((3, 3), np.nan)}, "costs holds what is no finite number"),
        ({"costs": "none"}, "costs"),
    ],
)
def test_what_means_nothing_for_classes_is_refused(options: Any, sentence: str) -> None:
    y_true, p = problem(0, 30, 3)
    with pytest.raises(F1Error, match=sentence):
        best_threshold(y_true, p, task="multiclass", **options)


def test_what_cannot_be_scored_is_refused() -> None:
    y_true, p = problem(0, 30, 3)
    with pytest.raises(F1Error, match="costs= is for multiclass scores"):
        best_threshold(y_true == 1, p[:, 1], costs=np.eye(2))
    for wrong in (np.nan, 1.5, -0.5):
        q = p.copy()
        q[7, 1] = wrong
        with pytest.raises(F1Error, match="row 7"):
            best_threshold(y_true, q, task="multiclass")
    with pytest.raises(F1Error, match="give probabilities"):
        best_threshold(y_true, p.argmax(axis=1), task="multiclass")
    with pytest.raises(F1Error, match="class"):
        best_threshold(y_true + 1, p, task="multiclass")
    assert "p / " in str(best_threshold(y_true, p))


@pytest.mark.parametrize("logits", [False, True])
def test_many_rows_are_searched_where_they_may_change(logits: bool) -> None:
    """Of more rows than lines have, those near a change count, and all others as they are."""
    y_true, p = problem(11, 100_000, 4)
    weight = np.random.default_rng(1).random(len(p))
    some = np.random.default_rng(2).permutation(len(p))[:20_000]
    for options in ({}, {"sample_weight": weight}, {"costs": np.arange(16).reshape(4, 4) % 5}):
        how: dict[str, Any] = {"task": "multiclass", "from_logits": logits, **options}
        given = np.log(np.float64(p)) if logits else p
        best = best_threshold(y_true, given, **how)
        costs = how.pop("costs", None)
        search = {} if costs is None else {"costs": costs}
        delivered = score(y_true, given, threshold=best.threshold, **how)
        assert told(delivered, best, search) == best.score
        argmax = told(score(y_true, given, **how), best, search)
        if "sample_weight" in how:
            how["sample_weight"] = weight[some]
        fewer = best_threshold(y_true[some], given[some], **search, **how)
        how["sample_weight"] = options.get("sample_weight")
        there = told(score(y_true, given, threshold=fewer.threshold, **how), best, search)
        assert better(best)(argmax, best.score) == best.score
        assert better(best)(there, best.score) == best.score
