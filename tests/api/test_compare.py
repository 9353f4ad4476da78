"""compare: paired resampling is right about nothing, and about something."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from f1core import F1Error, compare, score
from f1core.intervals import joint
from f1core.intervals.differences import _mcnemar


def models(rng, rows, classes=4, wrong=(0.3, 0.3)):
    y_true = rng.integers(0, classes, rows)
    return y_true, *(
        np.where(rng.random(rows) < share, rng.integers(0, classes, rows), y_true)
        for share in wrong
    )


@pytest.mark.parametrize("metric", ["f1_macro", "accuracy", "mcc", "recall_weighted", "kappa"])
def test_a_and_b_are_what_score_says_and_the_order_is_a_sign(metric):
    y_true, a, b = models(np.random.default_rng(0), 300, wrong=(0.2, 0.4))
    found, back = (compare(y_true, *pair, metric=metric, seed=3) for pair in ((a, b), (b, a)))
    assert found.a == score(y_true, a).metric(metric)
    assert found.b == score(y_true, b).metric(metric)
    assert found.difference == found.a - found.b == -back.difference
    assert found.interval[0] < found.difference < found.interval[1]
    assert found.p_value < 0.01
    assert back.p_value == found.p_value
    assert back.interval == pytest.approx((-found.interval[1], -found.interval[0]), abs=1e-12)
    assert compare(y_true, a, b, metric=metric, seed=3) == found


@pytest.mark.parametrize("how", ["plain", "weighted", "clusters"])
@pytest.mark.parametrize("metric", ["f1_macro", "recall_micro", "f1_weighted", "f1_of_means"])
def test_a_class_to_average_over_may_occur_in_no_row(metric, how):
    rng = np.random.default_rng(2)
    y_true, a, b = (np.array(list("bdf"))[each] for each in models(rng, 200, classes=3))
    more = {
        "plain": {},
        "weighted": {"sample_weight": rng.random(200)},
        "clusters": {"cluster": rng.integers(0, 60, 200)},
    }[how]
    weight = {name: more[name] for name in more if name != "cluster"}
    for over in (["b", "d", "f", "z"], ["a", "b", "d"], ["a", "c", "e", "f"]):
        found = compare(y_true, a, b, metric=metric, average_over=over, resamples=200, **more)
        assert found.a == score(y_true, a, average_over=over, **weight).metric(metric)
        assert found.interval[0] <= found.difference <= found.interval[1]
        # A class that is nowhere only divides: a macro average of 3 classes and 1 is 3/4 of it.
        there = [label for label in over if label in "bdf"]
        plain = compare(y_true, a, b, metric=metric, average_over=there, resamples=200, **more)
        share = len(there) / len(over) if metric in ("f1_macro", "f1_of_means") else 1
        assert found.difference == pytest.approx(share * plain.difference)


@pytest.mark.parametrize("seed", range(20))
def test_the_same_resamples_whichever_comes_first(seed):
    """Small tables have many symmetries; labels need not be the same on both sides."""
    rng = np.random.default_rng(seed)
    y_true, a, b = (rng.integers(0, k, 12) for k in rng.integers(1, 4, 3))
    options = {"metric": "f1_macro", "task": "multiclass", "seed": seed, "resamples": 50}
    found, back = compare(y_true, a, b, **options), compare(y_true, b, a, **options)
    np.testing.assert_allclose(found.interval, [-x for x in back.interval[::-1]], atol=1e-12)
    assert found.p_value == back.p_value


def test_the_joint_table_is_resampling_rows():
    """The multinomial over cells has the spread of rows drawn one by one."""
    rng = np.random.default_rng(1)
    y_true, a, b = models(rng, 200, wrong=(0.2, 0.3))
    found = compare(y_true, a, b, metric="f1_macro", seed=0, resamples=4000)
    drawn = []
    for _ in range(1500):
        rows = rng.integers(0, 200, 200)
        drawn.append(score(y_true[rows], a[rows]).macro.f1 - score(y_true[rows], b[rows]).macro.f1)
    assert found.interval == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.012)
    weighted = compare(
        y_true, a, b, metric="f1_macro", seed=0, resamples=4000, sample_weight=np.ones(200)
    )
    assert weighted.interval == pytest.approx(found.interval, abs=0.012)


def test_pairing_sees_what_two_intervals_cannot():
    rng = np.random.default_rng(2)
    y_true, a, _ = models(rng, 2000)
    b = a.copy()
    b[np.flatnonzero(a == y_true)[:12]] += 1  # the same model, a little worse
    b %= 4
    assert compare(y_true, a, b, metric="f1_macro", seed=0).p_value < 0.01


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["multiclass", "binary", "multilabel"])
@pytest.mark.parametrize("metric", ["f1_macro", "f1_micro", "accuracy"])
def test_without_a_difference_it_rejects_one_in_twenty_or_ten(kind, metric):
    rng = np.random.default_rng(20261122)
    rejected, trials = 0, 200
    for trial in range(trials):
        if kind == "multilabel":
            y_true = rng.random((300, 4)) < [0.1, 0.3, 0.5, 0.2]
            hard = rng.random((300, 1)) * 0.4  # what is hard is hard for both
            a, b = ((y_true ^ (rng.random((300, 4)) < hard)).astype(int) for _ in range(2))
        else:
            classes = 2 if kind == "binary" else 4
            y_true = rng.choice(
                classes, 300, p=np.arange(1, classes + 1) / (classes * (classes + 1) / 2)
            )
            hard = rng.random(300) * 0.6
            a, b = (
                np.where(rng.random(300) < hard, rng.integers(0, classes, 300), y_true)
                for _ in range(2)
            )
        found = compare(y_true, a, b, metric=metric, task=kind, resamples=300, seed=trial)
        rejected += found.p_value <= 0.05
    print(kind, metric, f"{rejected / trials:.1%} of {trials} rejected")  # pytest -m slow -rP
    assert rejected / trials <= 0.10


@pytest.mark.parametrize(
    ("only_a", "only_b"), [(0, 0), (1, 0), (3, 9), (40, 41), (500, 600), (0, 30)]
)
def test_mcnemar_is_the_binomial_test(only_a, only_b):
    exact = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert _mcnemar(only_a, only_b) == pytest.approx(exact, rel=1e-10)
    assert _mcnemar(only_b, only_a) == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("resampled", ["joint", "rows"])
def test_accuracy_is_mcnemars_business(resampled):
    y_true, a, b = models(np.random.default_rng(5), 150, wrong=(0.2, 0.3))
    only_a, only_b = ((a == y_true) & (b != y_true)).sum(), ((b == y_true) & (a != y_true)).sum()
    if resampled == "rows":
        y_true, a, b = (np.eye(4, dtype=int)[x] for x in (y_true, a, b))
        found = compare(y_true, a, b, metric="exact_match", task="multilabel", seed=0)
    else:
        found = compare(y_true, a, b, metric="accuracy", seed=0)
    assert found.p_value == pytest.approx(binomtest(only_a, only_a + only_b).pvalue)


def test_any_task_any_kind_of_prediction():
    rng = np.random.default_rng(6)
    y_true = rng.integers(0, 3, 100)
    scores = rng.random((100, 3)) + np.eye(3)[y_true]
    found = compare(y_true, scores, scores.argmax(axis=1), metric="f1_macro", seed=0)
    assert (found.difference, found.p_value) == (0, 1)
    # Not (0, 0): 100 rows without a disagreement leave room for about 3 in either direction.
    assert found.interval == pytest.approx((-0.03, 0.03), abs=0.005)
    top = compare(y_true, scores, rng.random((100, 3)), metric="recall_micro", top_k=2, seed=0)
    assert top.a == score(y_true, scores, top_k=2).micro.recall
    names = np.array(["cat", "dog", "eel"])
    named = compare(names[y_true], names[scores.argmax(axis=1)], names[rng.integers(0, 2, 100)],
                    metric="f1_macro", seed=0)  # fmt: skip
    assert named.difference > 0
    binary = compare(y_true > 0, rng.random(100), rng.integers(0, 2, 100), metric="f1", seed=0)
    assert 0 <= binary.p_value <= 1
    mixed = compare(y_true % 2, y_true % 2, y_true, metric="f1_macro", seed=0)
    assert mixed.a == 1
    some = compare(np.where(y_true == 2, -1, y_true), y_true, y_true[::-1], metric="f1_macro",
                   classes=3, ignore_index=-1, seed=0)  # fmt: skip
    assert some.a == 1


@pytest.mark.parametrize("metric", ["f1_samples", "hamming_loss", "jaccard_macro", "exact_match"])
def test_multilabel_metrics_come_from_rows(metric):
    rng = np.random.default_rng(7)
    y_true = rng.random((200, 3)) < 0.4
    a, b = (np.clip(rng.random((200, 3)) * 0.8 + y_true * share, 0, 1) for share in (0.2, 0.1))
    found = compare(y_true, a, b, metric=metric, task="multilabel", seed=0, resamples=3000)
    drawn = []
    for _ in range(600):
        rows = rng.integers(0, 200, 200)
        of = [score(y_true[rows], p[rows], task="multilabel").metric(metric) for p in (a, b)]
        drawn.append(of[0] - of[1])
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert found.interval == pytest.approx((low, high), abs=0.2 * (high - low))


def test_refusals_are_sentences():
    y_true, a, b = models(np.random.default_rng(8), 20)
    with pytest.raises(F1Error, match="metric is 'f2'"):
        compare(y_true, a, b, metric="f2")
    with pytest.raises(
        F1Error, match=r"compare has no option treshold=; did you mean threshold=\?"
    ):
        compare(y_true, a, b, metric="f1_macro", treshold=0.2)
    with pytest.raises(F1Error, match="y_true has 20 rows, pred_b has 19"):
        compare(y_true, a, b[:-1], metric="f1_macro")
    for wrong in ({"resamples": 0}, {"seed": -1}, {"seed": 1.5}, {"level": 1.0}, {"level": "x"}):
        with pytest.raises(F1Error, match=next(iter(wrong))):
            compare(y_true, a, b, metric="f1_macro", **wrong)


@pytest.mark.parametrize("way", ["joint", "weights", "cluster", "multilabel"])
def test_models_that_never_disagree_have_the_rule_of_three(way):
    """Hanley and Lippman-Hand: what did not occur in n rows has a chance of at most 3 / n."""
    y_true = np.arange(300) % 2
    more = {
        "joint": {},
        "weights": {"sample_weight": np.ones(300)},
        "cluster": {"cluster": np.arange(300)},
        "multilabel": {"task": "multilabel"},
    }[way]
    if way == "multilabel":
        y_true = y_true[:, None]
    for a, b, expected in (
        (y_true, y_true, (-0.01, 0.01)),
        (1 - y_true, 1 - y_true, (-0.01, 0.01)),
        (y_true, 1 - y_true, (0.99, 1.0)),
        (1 - y_true, y_true, (-1.0, -0.99)),
    ):
        found = compare(y_true, a, b, metric="accuracy", **more)
        assert found.interval == pytest.approx(expected, abs=0.002)
        assert -1 <= found.interval[0] < found.interval[1] <= 1


@pytest.mark.parametrize("metric", ["accuracy", "f1_macro", "recall_macro", "f1", "mcc"])
def test_an_interval_of_few_disagreements_holds_the_truth(metric):
    """One model has 1 % of the rows wrong that the other has right; 4 rows of 400 on average."""
    rng = np.random.default_rng(20261128)
    y_true = np.repeat([0, 1], 200)
    truth = 0.02 if metric == "mcc" else 0.01  # MCC of two classes of one size is 2 accuracy - 1
    held, trials = 0, 150
    for trial in range(trials):
        both = rng.random(400) < 0.1  # what both have wrong
        only = ~both & (rng.random(400) < 0.01 / 0.9)
        a, b = np.where(both, 1 - y_true, y_true), np.where(both | only, 1 - y_true, y_true)
        found = compare(y_true, a, b, metric=metric, task="binary", resamples=300, seed=trial)
        low, high = found.interval
        held += low <= truth <= high
    assert held / trials >= 0.92


def test_undefined_stays_undefined():
    found = compare([0, 0], [0, 0], [0, 0], metric="kappa", seed=0, task="binary")
    assert math.isnan(found.p_value)
    assert math.isnan(found.interval[0])


@pytest.mark.parametrize("few", [0, 3])
def test_a_table_of_many_cells_is_drawn_by_poisson_weights(monkeypatch, few):
    """Rows of small cells get weights of their own; the spread is that of the multinomial."""
    y_true, a, b = models(np.random.default_rng(8), 400, wrong=(0.2, 0.3))
    options = {"metric": "f1_macro", "seed": 0, "resamples": 4000}
    found = compare(y_true, a, b, **options)
    monkeypatch.setattr(joint, "_MANY", 1)
    monkeypatch.setattr(joint, "_FEW", few)
    monkeypatch.setattr(joint, "_DRAWS", 1 << 10)
    many = compare(y_true, a, b, **options)
    assert many.interval != found.interval
    assert many.interval == pytest.approx(found.interval, abs=0.012)
    back = compare(y_true, b, a, **options)
    assert back.interval == pytest.approx((-many.interval[1], -many.interval[0]), abs=1e-12)
    assert back.p_value == many.p_value


@pytest.mark.parametrize("metric", ["mcc", "kappa"])
def test_classes_of_one_row_do_not_blur_what_is_of_all_rows(metric):
    rng = np.random.default_rng(9)
    y_true, a, b = models(rng, 3000, 5, wrong=(0.2, 0.3))
    whole = compare(y_true, a, b, metric=metric, seed=0)
    rare = np.arange(5, 30)
    sides = (np.append(side, rare) for side in (y_true, a, b))
    found = compare(*sides, metric=metric, seed=0)
    assert np.diff(found.interval) == pytest.approx(np.diff(whole.interval), rel=0.1)
    assert found.p_value < 0.01


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [(0.3, 0.3), (0.25, 0.35), (0.05, 0.1)])
def test_the_interval_of_mcc_holds_with_rare_classes(wrong):
    """12 classes of 190 to 5 rows in 300; what is hard is hard for both."""
    rng, share = np.random.default_rng(10), 1 / np.arange(1, 13) ** 1.5

    def drawn(rows):
        y_true, hard = rng.choice(12, rows, p=share / share.sum()), rng.random(rows)
        sides = [
            np.where((hard + rng.random(rows)) / 2 < limit, rng.choice(12, rows), y_true)
            for limit in wrong
        ]
        return y_true, *sides

    y_true, a, b = drawn(1_000_000)
    real = 0.0 if wrong[0] == wrong[1] else score(y_true, a).mcc - score(y_true, b).mcc
    held, trials = 0, 200
    for trial in range(trials):
        options = {"metric": "mcc", "task": "multiclass", "resamples": 300, "seed": trial}
        low, high = compare(*drawn(300), **options).interval
        held += low <= real <= high
    print(wrong, f"{held / trials:.1%} of {trials} hold")  # pytest -m slow -rP
    assert held / trials >= 0.91
