"""Probabilities that rounding has moved a hair out of [0, 1] count as they are, everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from arrays import FLOATS, to_dtype, widened
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
)

import f1core
from f1core import BinnedThresholds, F1Error, best_threshold, curve, score
from f1core.arrays import BFLOAT16
from f1core.float_bits import TOLERANCE

# Both ends, what lies between them and [0, 1], and ordinary scores.
HAIRS = [-TOLERANCE, -1e-5, -0.0, 0.0, 1e-5, 0.25, 0.5, 0.75, 1.0, 1 + 1e-5, 1 + TOLERANCE]
THRESHOLDS = [0.0, 1e-5, 0.5, 1.0]
EACH = pytest.mark.parametrize("dtype", FLOATS, ids=str)


def ends(dtype):
    """The lowest and the highest probability of a dtype, and the next numbers beyond them."""
    native = dtype.newbyteorder("=")
    if native == BFLOAT16:
        good = to_dtype([-TOLERANCE, 1 + TOLERANCE], BFLOAT16)
        return good, (good.view(np.uint16) + np.uint16(1)).view(BFLOAT16)
    near = np.float64 if native == np.longdouble else native  # in which it is compared
    good = np.array([-TOLERANCE, 1 + TOLERANCE], near)
    return good.astype(dtype), np.nextafter(good, np.array([-2, 2], near)).astype(dtype)


@EACH
@pytest.mark.usefixtures("engine")
def test_scores_of_a_binary_task_are_compared_as_they_are(dtype):
    scores = np.tile(to_dtype(HAIRS, dtype), 7)
    true = np.arange(len(scores)) % 2
    for threshold in THRESHOLDS:
        above = widened(scores) > widened(to_dtype([threshold], dtype))
        for weight in (None, np.arange(len(scores)) + 0.5):
            found = score(true, scores, task="binary", threshold=threshold, sample_weight=weight)
            cells = [true, above.astype(int)]
            expected = np.zeros((2, 2))
            np.add.at(expected, tuple(cells), 1 if weight is None else weight)
            assert np.allclose(found.confusion, expected, rtol=1e-15, atol=0)


@EACH
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("labels", [3, 16, 20])
def test_each_label_is_cut_at_its_threshold(dtype, labels):
    rng = np.random.default_rng(labels)
    scores, true = (
        to_dtype(rng.choice(HAIRS, (90, labels)), dtype),
        rng.integers(0, 2, (90, labels)),
    )
    threshold = rng.choice(THRESHOLDS, labels)
    above = widened(scores) > widened(to_dtype(threshold, dtype))
    for layout in (np.ascontiguousarray, np.asfortranarray):
        for more in ({}, {"sample_weight": np.ones(90)}, {"average_over": [0, 2]}):
            found = score(true, layout(scores), task="multilabel", threshold=threshold, **more)
            assert found.to_dict() == score(true, above, task="multilabel", **more).to_dict()


@EACH
@pytest.mark.usefixtures("engine")
def test_the_ends_count_and_the_next_numbers_do_not(dtype):
    good, beyond = ends(dtype)
    for task, shape in (("binary", (2,)), ("multilabel", (2, 1))):
        true = np.reshape([0, 1], shape)
        assert score(true, good.reshape(shape), task=task).to_dict()["f1_macro"] == 1.0
        for k in range(2):
            scores = good.copy()
            scores[k] = beyond[k]
            with pytest.raises(F1Error, match=rf"y_pred is .* at row {k}.*, outside \[0, 1\] by"):
                score(true, scores.reshape(shape), task=task)
            true[k] = -1  # a row that is left out may hold anything
            score(true, scores.reshape(shape), task=task, ignore_index=-1)
            true[k] = k


@EACH
def test_training_batches_take_them(dtype):
    for task, shape in (("binary", (33,)), ("multilabel", (11, 3))):
        scores = to_dtype(HAIRS * 3, dtype).reshape(shape)
        true = np.reshape(np.arange(33) % 2, shape)
        total = f1core.Accumulator(task)
        for _ in range(3):
            total.update(true, scores)
        once = score(np.concatenate([true] * 3), np.concatenate([scores] * 3), task=task)
        assert total.compute().to_dict() == once.to_dict()


@EACH
@pytest.mark.parametrize("seed", range(5))
def test_every_search_delivers_what_score_counts(dtype, seed):
    rng = np.random.default_rng(seed)
    scores = to_dtype(rng.choice(HAIRS[seed:], 60), dtype)
    true = rng.integers(0, 2, 60)
    binned = BinnedThresholds("binary", bins=16)
    binned.update(true, scores)
    for best in (best_threshold(true, scores), binned.best_threshold()):
        assert best.threshold == -1 or 0 <= best.threshold <= 1
        assert best.score == score(true, scores, threshold=best.threshold, task="binary").binary.f1
    points = curve(true, scores)
    for at, f1 in zip(points.thresholds, points.f1, strict=True):
        assert f1 == score(true, scores, threshold=at, task="binary").binary.f1
    assert points.average_precision == pytest.approx(average_precision_score(true, widened(scores)))
    assert points.roc_auc == pytest.approx(roc_auc_score(true, widened(scores)))


def test_several_labels_are_searched_together():
    rng = np.random.default_rng(3)
    scores, true = rng.choice(HAIRS, (60, 3)), rng.integers(0, 2, (60, 3))
    for search in ({"shared": True}, {"average": "micro"}, {"average": "micro", "shared": True}):
        best = best_threshold(true, scores, task="multilabel", **search)
        found = score(true, scores, task="multilabel", threshold=best.threshold)
        assert best.score == found.metric(best.metric)


def test_the_best_f1_is_found_among_scores_a_hair_above_1():
    """As scikit-learn finds it: a tenth of 25,000 probabilities was smoothed to just above 1."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 2, 25_000)
    logits = rng.normal(4 * true - 2, 2.5)
    scores = np.where(logits > 3.5, 1 + rng.random(25_000) * 1e-5, 1 / (1 + np.exp(-logits)))
    assert (scores > 1).sum() > 2500
    precision, recall, _ = precision_recall_curve(true, scores)
    theirs = (2 * precision * recall / (precision + recall)).max()
    best = best_threshold(true, scores)
    assert best.score == pytest.approx(theirs, rel=1e-12)
    assert best.score == score(true, scores, threshold=best.threshold).binary.f1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.float32(1.00201), r"is 1\.00201 at row 1, outside \[0, 1\] by more than 0\.001: if"),
        (1.0010000001, r"is 1\.0010000001 at"),
        (-0.00100000001, r"is -0\.00100000001 at"),
        (np.nextafter(1.001, 2), r"is 1\.00100000000000\d+ at"),
        (3.5, r"is 3\.5 at row 1, outside \[0, 1\]: if these are logits"),
        (np.inf, r"is inf at row 1, outside \[0, 1\]: if these are logits"),
    ],
)
def test_what_is_farther_out_is_printed_so_that_one_sees_it(value, words):
    for call in (score, best_threshold, curve):
        with pytest.raises(F1Error, match=words):
            call([0, 1, 1], np.array([0.5, value, 0.7], np.asarray(value).dtype))


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("value", [2, -1, 127])
def test_whole_numbers_and_flags_are_exact(value):
    with pytest.raises(F1Error, match=f"y_pred is {value} at row 1, column 0; whole-numbered"):
        score([[1], [0]], np.array([[1], [value]], np.int8), task="multilabel")


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("labels", [1, 3, 20])
@pytest.mark.parametrize("value", [0.0, -0.0, -1e-3, 1.0])
def test_every_score_is_above_a_negative_threshold(dtype, labels, value):
    f1core.warm_up()  # the compiled kernels compare bits
    true, scores = np.ones((5, labels), int), np.full((5, labels), value, dtype)
    for at in (-1.0, -1e-300):
        found = score(true, scores, task="multilabel", threshold=at)
        assert found.micro.recall == 1
        assert score(true[:, 0], scores[:, 0], task="binary", threshold=at).binary.recall == 1
    scores[2, -1] = -0.01
    with pytest.raises(F1Error, match="row 2"):
        score(true, scores, task="multilabel", threshold=-1.0)
