"""Laws that hold whatever the data: of cutting, ordering, naming, weighing and perfection."""

import math
from dataclasses import asdict, replace
from itertools import pairwise

import numpy as np
import pytest
import tasks
from hypothesis import assume, given
from hypothesis import strategies as st
from registry import AVERAGES
from same import close, matrix, same_bits

import f1core
from f1core.scores import LOSSES

pytestmark = pytest.mark.usefixtures("engine")


def alike(problem):
    """Unweighted results are the same bits; weighted samples averages may round otherwise."""
    return same_bits if problem.weight is None else close


@given(tasks.any_task(), st.data())
def test_cutting_and_merging_changes_nothing(problem, data):
    rows = len(problem)
    cuts = data.draw(st.lists(st.integers(0, rows), max_size=6).map(sorted))
    edges = [0, *cuts, rows]
    parts = [problem.part(slice(a, b)).put_into(problem.accumulator()) for a, b in pairwise(edges)]
    while len(parts) > 1:  # merged in a drawn order, as a tree or a chain
        left = parts.pop(data.draw(st.integers(0, len(parts) - 1)))
        right = parts.pop(data.draw(st.integers(0, len(parts) - 1)))
        parts.insert(data.draw(st.integers(0, len(parts))), left + right)
    alike(problem)(parts[0].compute(), problem.score(task=problem.case.task))


@given(tasks.any_task(), st.data())
def test_batches_of_any_size_change_nothing(problem, data):
    accumulator, start = problem.accumulator(), 0
    while start < len(problem):
        size = data.draw(st.integers(1, len(problem)))
        problem.part(slice(start, start + size)).put_into(accumulator)
        start += size
    alike(problem)(accumulator.compute(), problem.score(task=problem.case.task))


@given(tasks.any_task(), tasks.generators())
def test_the_order_of_rows_changes_nothing(problem, rng):
    shuffled = problem.part(rng.permutation(len(problem)))
    alike(problem)(shuffled.score(), problem.score())


@given(tasks.any_task(), tasks.generators())
def test_a_whole_weight_is_a_repetition(problem, rng):
    times = rng.integers(0, 4, len(problem))
    times[a_row_that_counts(problem)] = 2
    options = problem.options | {"task": problem.case.task, "average_over": None}
    weighted = f1core.score(problem.y_true, problem.y_pred, sample_weight=times, **options)
    rows = np.repeat(np.arange(len(problem)), times)
    repeated = f1core.score(problem.y_true[rows], problem.y_pred[rows], **options)
    np.testing.assert_equal(asdict(weighted.per_class), asdict(repeated.per_class))
    np.testing.assert_equal(matrix(weighted), matrix(repeated))
    close(weighted, repeated)


def a_row_that_counts(problem):
    """One that is not ignored."""
    for row in range(len(problem)):
        part = replace(problem.part([row]), weight=None)
        if part.put_into(problem.accumulator()).total:
            return row
    raise AssertionError("all rows are ignored")


@given(tasks.labels(), tasks.generators())
def test_renaming_the_classes_renames_the_results(problem, rng):
    case, order = problem.case, rng.permutation(problem.case.n_classes)
    options = {"task": "multiclass", "classes": case.n_classes, "sample_weight": case.weight}
    before = f1core.score(case.true, case.pred, **options)
    after = f1core.score(order[case.true], order[case.pred], **options)
    for name in ("precision", "recall", "f1", "jaccard", "specificity", "support"):
        one, other = getattr(before.per_class, name), getattr(after.per_class, name)
        np.testing.assert_array_equal(other[order], one)
    np.testing.assert_array_equal(after.confusion[np.ix_(order, order)], before.confusion)
    close(before, after)


@given(st.one_of(tasks.labels(), tasks.multiclass(), tasks.binary()))
def test_micro_is_accuracy_where_a_row_has_one_label(problem):
    assume(problem.options.get("ignore_index") is None)
    scores = problem.score(top_k=1, average_over="all")
    micro = scores.micro
    assert micro.precision == micro.recall == micro.f1 == scores.accuracy == scores.exact_match
    np.testing.assert_allclose(scores.hamming_loss, 1 - scores.accuracy, rtol=0, atol=1e-12)


@given(tasks.any_task())
def test_averages_over_the_classes_follow_from_the_classes(problem):
    scores = problem.score(zero_division=0.0)
    each = scores.per_class
    chosen = np.isin(np.arange(problem.case.n_classes), problem.case.included)
    weights = {"macro": np.ones(chosen.sum()), "weighted": each.support[chosen]}
    for average, weight in weights.items():
        weight = weight if weight.sum() > 0 else np.ones(len(weight))
        for name in ("precision", "recall", "f1", "fbeta", "jaccard"):
            expected = np.average(getattr(each, name)[chosen], weights=weight)
            ours = getattr(getattr(scores, average), name)
            np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-12)


PERFECT = ["precision", "recall", "f1", "fbeta", "jaccard"]


@given(tasks.any_task(), st.floats(0, 20) | st.just(math.inf))
def test_a_perfect_score_is_exactly_one(problem, beta):
    case = problem.case
    if case.task == "multilabel":
        perfect = case.true * np.ones((1, case.n_classes), int)
        perfect[:, 0] = 1  # nothing is undefined in any row
        kinds = ("micro", "samples")
    else:
        perfect, kinds = case.true, AVERAGES
    scores = f1core.score(
        perfect, perfect, task=case.task, classes=case.n_classes, beta=beta,
        sample_weight=case.weight,
    )  # fmt: skip
    for kind in kinds:
        for name in PERFECT:
            assert getattr(getattr(scores, kind), name) == 1.0, (kind, name)
    assert scores.accuracy == scores.exact_match == 1.0
    assert scores.hamming_loss == 0.0
    if case.task != "multilabel" and len(set(case.true.tolist())) > 1:
        assert scores.mcc == scores.kappa == scores.balanced_accuracy == 1.0
    each = scores.per_class
    for name in PERFECT:
        assert set(getattr(each, name)[each.support > 0]) == {1.0}


def test_perfect_predictions_have_every_loss_zero_and_every_other_metric_one():
    flags = np.tile(np.eye(3, dtype=int) | np.eye(3, k=1, dtype=int), (4, 1))
    problems = {"binary": np.arange(12) % 2, "multiclass": np.arange(12) % 3, "multilabel": flags}
    for task, y in problems.items():
        found = f1core.score(y, y, task=task).to_dict()
        assert found == {name: float(name not in LOSSES) for name in found}


def test_every_metric_has_an_interval_around_it():
    rng = np.random.default_rng(0)
    wrong = rng.random(300) < 0.25
    flags = rng.random((300, 3)) < 0.4
    y = rng.integers(0, 3, 300)
    problems = {
        "binary": (y > 0, (y > 0) ^ wrong),
        "multiclass": (y, np.where(wrong, (y + 1) % 3, y)),
        "multilabel": (flags * 1, (flags ^ wrong[:, None]) * 1),
    }
    for task, (true, pred) in problems.items():
        several = 200 if task == "multilabel" else 0  # labels of one row depend on each other
        scores = f1core.score(true, pred, task=task, resamples=several, seed=1 if several else None)
        for name, value in scores.to_dict().items():
            low, high = scores.interval(name)
            assert low < value < high and high - low < 0.25, (task, name, low, value, high)


def test_a_perfect_score_is_exactly_one_over_many_uneven_rows():
    rng = np.random.default_rng(0)
    flags = (rng.random((4001, 13)) < 0.3).astype(np.uint8)
    flags[:, 0] = 1
    for weight in (None, rng.random(4001)):
        scores = f1core.score(flags, flags, task="multilabel", sample_weight=weight, beta=2.9)
        for kind in ("micro", "macro", "weighted", "samples"):
            assert {getattr(getattr(scores, kind), name) for name in PERFECT} == {1.0}


@pytest.mark.parametrize("beta", [0.2, 0.7, 0.8, 1.1, 2.9, 3.7])
def test_a_perfect_f_beta_is_exactly_one_for_any_beta(beta):
    """(1 + b²) n and b² n + n round to different numbers for many n; a ratio of them is not 1."""
    triangle = np.tril(np.ones((60, 60), int))  # 1 to 60 positives in a row and in a label
    scores = f1core.score(triangle, triangle, task="multilabel", beta=beta)
    assert set(scores.per_class.fbeta.tolist()) == {1.0}
    for kind in ("micro", "macro", "samples"):
        assert getattr(scores, kind).fbeta == 1.0
