"""calibration against scikit-learn's losses and curves, and a few lines of plain Python."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import sklearn
from arrays import to_dtype, widened
from sklearn import metrics
from sklearn.calibration import calibration_curve

import f1core
from f1core import F1Error, calibration
from f1core.arrays import BFLOAT16
from f1core.intervals.proportions import proportion_interval

RECENT = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 7)


def brier(y, p, w, size):
    """scikit-learn's Brier score; an older one knows neither labels nor many classes."""
    if RECENT:
        return metrics.brier_score_loss(y, p, sample_weight=w, labels=range(size))
    rows = (p - y) ** 2 if size == 2 else ((p - np.eye(size)[y]) ** 2).sum(axis=1)
    return np.average(rows, weights=w)


def gaps(y, p, w, bins):
    """(weight, gap) of each bin of equal width, in plain Python."""
    found = {}
    for true, score, weight in zip(y, p, w, strict=True):
        place = next(k for k in range(bins) if score <= (k + 1) / bins or k == bins - 1)
        sums = found.setdefault(place, [0.0, 0.0, 0.0])
        for at, value in enumerate((weight, weight * true, weight * score)):
            sums[at] += value
    return [(n, abs(hits - said) / n) for n, hits, said in found.values() if n]


def ece(y, p, w, bins):
    each = gaps(y, p, w, bins)
    return sum(n * gap for n, gap in each) / sum(n for n, _ in each)


def drawn(seed, size=1):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(size, 60))
    p = rng.dirichlet(np.ones(size), n) if size > 1 else rng.random(n)
    if rng.random() < 0.5:
        p = rng.multinomial(8, p) / 8 if size > 1 else np.round(p, 1)
    y = np.append(np.arange(max(2, size)), rng.integers(0, max(2, size), n))[:n]
    w = rng.random(n) + 0.1 if rng.random() < 0.5 else None
    return y, p, w


@pytest.mark.parametrize("seed", range(20))
def test_a_binary_tasks_losses_are_scikit_learns_and_its_errors_those_of_plain_python(seed):
    y, p, w = drawn(seed)
    k = calibration(y, p, sample_weight=w, bins=5)
    losses = metrics.log_loss(y, p, sample_weight=w, labels=[0, 1])
    assert k.brier == pytest.approx(brier(y, p, w, 2), abs=1e-12)
    assert k.log_loss == pytest.approx(losses, abs=1e-12)
    w = np.ones(len(y)) if w is None else w
    assert k.ece == pytest.approx(ece(y, p, w, 5), abs=1e-12)
    assert k.mce == pytest.approx(max(gap for _, gap in gaps(y, p, w, 5)), abs=1e-12)
    assert k.per_class.ece[0] == k.ece and k.classes == [1]
    assert k.bins.count.sum() == pytest.approx(w.sum())


@pytest.mark.parametrize("seed", range(20))
def test_a_multiclass_tasks_losses_are_scikit_learns(seed):
    y, p, w = drawn(seed, 4)
    k = calibration(y, p, sample_weight=w, bins=5)
    losses = metrics.log_loss(y, p, sample_weight=w, labels=[0, 1, 2, 3])
    assert k.brier == pytest.approx(brier(y, p, w, 4), abs=1e-12)
    assert k.log_loss == pytest.approx(losses, abs=1e-12)
    w = np.ones(len(y)) if w is None else w
    assert k.ece == pytest.approx(ece(p.argmax(1) == y, p.max(1), w, 5), abs=1e-12)
    each = [ece(y == c, p[:, c], w, 5) for c in range(4)]
    assert k.per_class.ece == pytest.approx(each, abs=1e-12)
    assert k.classwise_ece == pytest.approx(np.mean(each), abs=1e-12)
    for c in range(4):
        alone = calibration(y == c, p[:, c], task="binary", sample_weight=w, bins=5)
        for name in ("ece", "mce", "brier", "log_loss"):
            there = getattr(alone, name)
            assert getattr(k.per_class, name)[c] == pytest.approx(there, abs=1e-12), name
    onehot = calibration(np.eye(4, dtype=int)[y], p, task="multiclass", sample_weight=w, bins=5)
    assert onehot.to_dict() == k.to_dict()
    labels = calibration(np.eye(4, dtype=int)[y], p, task="multilabel", sample_weight=w, bins=5)
    assert labels.ece == pytest.approx(k.classwise_ece, abs=1e-12)
    assert labels.mce == k.per_class.mce.max()
    assert labels.log_loss == pytest.approx(k.per_class.log_loss.mean(), abs=1e-12)
    assert labels.bins.count.shape == (4, 5)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_the_bins_are_those_of_scikit_learns_curve(strategy):
    rng = np.random.default_rng(5)
    p = rng.random(1200)
    y = rng.random(1200) < p
    k = calibration(y, p, bins=10, strategy=strategy)
    true, said = calibration_curve(y, p, n_bins=10, strategy=strategy)
    np.testing.assert_allclose(k.bins.frequency, true, atol=1e-12)
    np.testing.assert_allclose(k.bins.confidence, said, atol=1e-12)
    if strategy == "quantile":
        assert (k.bins.count == 120).all()


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@pytest.mark.parametrize("seed", range(8))
def test_a_row_of_weight_3_is_three_rows(strategy, seed):
    rng = np.random.default_rng(seed)
    y, p, _ = drawn(seed)
    w = rng.integers(0, 4, len(y))
    w[0] = 1
    weighted = calibration(y, p, sample_weight=w, strategy=strategy, bins=4)
    again = calibration(np.repeat(y, w), np.repeat(p, w), task="binary", strategy=strategy, bins=4)
    assert weighted.to_dict() == pytest.approx(again.to_dict(), abs=1e-12)
    np.testing.assert_allclose(weighted.bins.count, again.bins.count)
    np.testing.assert_array_equal(weighted.bins.high, again.bins.high)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", "g", BFLOAT16])
def test_a_score_at_an_edge_belongs_below_it_in_every_dtype(dtype):
    p = to_dtype(np.array([0.1, 0.2, 0.3, 0.7, 1.0, 0.0]), np.dtype(dtype))
    k = calibration([0, 1, 1, 0, 1, 0], p)
    assert k.bins.count.tolist() == [2, 1, 1, 0, 0, 0, 1, 0, 0, 1]
    there = widened(p).astype(float)
    assert k.brier == pytest.approx(np.mean((there - [0, 1, 1, 0, 1, 0]) ** 2), abs=1e-12)


def test_float32_is_clipped_as_scikit_learn_clips_it():
    y, p = [1, 0, 1], np.array([0.0, 1.0, 0.5], np.float32)
    assert calibration(y, p).log_loss == pytest.approx(metrics.log_loss(y, p), rel=1e-6)
    p = p.astype(float)
    assert calibration(y, p).log_loss == pytest.approx(metrics.log_loss(y, p), rel=1e-12)


def test_probabilities_that_are_right_have_the_losses_of_the_closed_form():
    """p uniform on [0, 1], and true so often: Brier 1/6, log loss 1/2, no error in any bin."""
    at = (np.arange(20_000) + 0.5) / 20_000
    y = np.repeat([1, 0], len(at))
    k = calibration(y, np.tile(at, 2), sample_weight=np.append(at, 1 - at))
    assert k.brier == pytest.approx(1 / 6, abs=1e-8)
    assert k.log_loss == pytest.approx(1 / 2, abs=1e-4)
    assert k.ece == pytest.approx(0.0, abs=1e-12) and k.mce == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_logits_and_what_is_ignored(task):
    rng = np.random.default_rng(6)
    logits = rng.normal(size=(80, 3)) * 2
    shares = 1 / (1 + np.exp(-logits))
    y = rng.integers(0, 3, 80)
    if task == "multiclass":
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    elif task == "multilabel":
        y = (rng.random((80, 3)) < 0.4).astype(int)
    else:
        logits, shares, y = logits[:, 0], shares[:, 0], y % 2
    k = calibration(y, shares, task=task)
    again = calibration(y, logits, task=task, from_logits=True)
    assert again.to_dict() == pytest.approx(k.to_dict(), abs=1e-12)
    more = np.append(y, np.full_like(y[:5], -1), axis=0)
    rows = np.append(shares, np.full_like(shares[:5], np.nan), axis=0)
    left = calibration(more, rows, task=task, ignore_index=-1)
    assert left.to_dict() == pytest.approx(k.to_dict(), abs=1e-15)
    np.testing.assert_array_equal(left.bins.count, k.bins.count)


def test_cells_that_are_ignored_leave_their_label_alone():
    rng = np.random.default_rng(7)
    y, p = (rng.random((50, 2)) < 0.4).astype(int), rng.random((50, 2))
    y[:20, 0] = -1
    k = calibration(y, p, task="multilabel", ignore_index=-1)
    each = [calibration(y[20:, 0], p[20:, 0]), calibration(y[:, 1], p[:, 1])]
    for name in ("ece", "brier", "log_loss"):
        assert getattr(k.per_class, name) == pytest.approx([getattr(one, name) for one in each])
        assert getattr(k, name) == pytest.approx(np.mean([getattr(one, name) for one in each]))
    with pytest.raises(F1Error, match="some of which were ignored"):
        k.interval("brier")


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@pytest.mark.parametrize("weight", [None, [1.0, 2.0], [0.0, 2.0]])
def test_a_label_whose_cells_are_all_ignored_is_nan(strategy, weight):
    y, p = [[1, -1], [0, -1]], [[0.1, 0.8], [0.3, 0.8]]
    options = {"strategy": strategy, "sample_weight": weight, "bins": 4}
    k = calibration(y, p, task="multilabel", ignore_index=-1, **options)
    alone = calibration([1, 0], [0.1, 0.3], **options)
    for name in ("ece", "mce", "brier", "log_loss"):
        assert getattr(k, name) == pytest.approx(getattr(alone, name))
        assert math.isnan(getattr(k.per_class, name)[1])
    assert k.bins.low[1].tolist() == [0, 0.25, 0.5, 0.75]
    assert k.bins.count[1].tolist() == [0] * 4


def test_columns_of_frames_name_the_classes_and_words_the_positive_one():
    pandas = pytest.importorskip("pandas")
    y = np.array(["b", "c", "a", "a", "c", "b"])
    p = np.random.default_rng(8).dirichlet(np.ones(3), 6)
    k = calibration(y, pandas.DataFrame(p, columns=list("cab")))
    plain = calibration(y, p[:, [1, 2, 0]], classes=["a", "b", "c"])
    assert dict(zip(k.classes, k.per_class.ece, strict=True)) == pytest.approx(
        dict(zip(plain.classes, plain.per_class.ece, strict=True))
    )
    assert k.interval("ece", of="b") == plain.interval("ece", of="b") != plain.interval("ece")
    said = calibration(y == "b", p[:, 2])
    words = calibration(np.where(y == "b", "yes", "no"), p[:, 2], pos_label="yes")
    assert words.to_dict() == said.to_dict() and words.classes == ["yes"]


def test_intervals_hold_what_was_found_and_shrink_with_rows():
    rng = np.random.default_rng(9)
    p = rng.random(20_000)
    y = rng.random(20_000) < 0.5 + 0.6 * (p - 0.5)  # an error of 0.1
    wide, narrow = (calibration(y[:n], p[:n]) for n in (500, 20_000))
    for name in ("ece", "mce", "brier", "log_loss"):
        low, high = narrow.interval(name)
        assert low < getattr(narrow, name) < high
        assert high - low < np.subtract(*wide.interval(name)[::-1]) / 2
        assert narrow.interval(name) == (low, high) != narrow.interval(name, level=0.5)
    assert narrow.interval("ece")[0] < 0.1 < narrow.interval("ece")[1]
    right = calibration(rng.random(20_000) < p, p)
    assert right.ece > 0 and right.interval("ece")[0] == 0
    low, high = right.bins.interval(0.9)
    there = proportion_interval(right.bins.positives, right.bins.count, 0.9)
    np.testing.assert_array_equal([low, high], there)


def test_intervals_of_weights_know_how_few_rows_they_are():
    y, p, _ = drawn(3)
    even = calibration(y, p, bins=4)
    same = calibration(y, p, bins=4, sample_weight=np.full(len(y), 7.0))
    uneven = calibration(y, p, bins=4, sample_weight=np.where(np.arange(len(y)) < 5, 100.0, 1.0))
    for name in ("ece", "mce", "brier", "log_loss"):
        assert same.interval(name) == pytest.approx(even.interval(name), abs=1e-9)
    assert np.subtract(*uneven.interval("brier")) < np.subtract(*even.interval("brier"))


@pytest.mark.parametrize("unit", [2.0**-900, 2.0**900])
def test_weights_of_any_size_say_the_same(unit):
    y, p, _ = drawn(3)
    w = np.random.default_rng(1).integers(1, 5, len(y)).astype(float)
    usual, other = (calibration(y, p, sample_weight=w * size) for size in (1.0, unit))
    assert other.to_dict() == usual.to_dict()
    for name in ("ece", "mce", "brier", "log_loss"):
        assert other.interval(name) == usual.interval(name)
    flags, scores = np.eye(2, dtype=int)[y], np.stack([1 - p, p], axis=1)
    ranks = [
        f1core.curve(flags, scores, task="multilabel", sample_weight=w * size)
        for size in (1.0, unit)
    ]
    assert ranks[0].to_dict() == ranks[1].to_dict()
    assert (ranks[1].positives == ranks[0].positives * unit).all()


def test_what_is_perfect_or_a_single_row_has_intervals_too():
    k = calibration([0, 1], [0.0, 1.0], bins=2)
    assert k.ece == k.brier == 0 and k.interval("brier")[0] == 0 < k.interval("brier")[1]
    assert k.interval("ece")[0] == 0 < k.interval("ece")[1] <= 1
    one = calibration([1], [0.3])
    assert one.interval("log_loss") == (0.0, math.inf)
    assert all(math.isnan(end) for end in np.ravel(one.bins.interval())[:2])
    assert repr(one).startswith("Calibration('binary', ece=0.7000")


@pytest.mark.parametrize("light", [0.09, 1e-3, 1e-8, 1e-15, 1e-17, 1e-300])
def test_a_log_loss_of_hardly_more_than_one_row_has_no_upper_bound(light):
    k = calibration([0, 0], [0.58, 0.81], sample_weight=[0.87, light])
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        assert k.interval("log_loss") == (0.0, math.inf)
        for name in ("brier", "ece", "mce"):
            low, high = k.interval(name)
            assert 0 <= low <= getattr(k, name) <= high <= 1


def test_what_cannot_be_calibrated_is_refused_in_a_sentence():
    y, p = [0, 1, 2], np.eye(3)
    k = calibration(np.eye(3, dtype=int), p, task="multilabel")
    for call, said in (
        (lambda: calibration(y, p * 0.7), "y_prob adds up to 0.7 at row 0"),
        (lambda: calibration(y, p, bins=0), "bins"),
        (lambda: calibration(y, p, bins=1 << 20), "65,536 at most"),
        (lambda: calibration(y, p, strategy="width"), "strategy"),
        (lambda: calibration([0, 1], [0, 1]), "give probabilities"),
        (lambda: calibration(y, y), "give probabilities"),
        (lambda: calibration([0, 1], [0.2, 1.5]), r"outside \[0, 1\]"),
        (lambda: calibration([0, 1], [0.2, math.nan]), "y_prob is NaN at row 1"),
        (lambda: calibration([0, 3], [0.2, 0.3], task="binary"), "which one is positive"),
        (lambda: calibration([-1], [0.2], ignore_index=-1), "no rows to score"),
        (lambda: calibration([0, 1], [0.2, 0.3], sample_weight=[0, 0]), "no rows to score"),
        (lambda: calibration(y, p, n_bins=10), "n_bins"),
        (lambda: k.interval("ece"), "of=0 asks for one label"),
        (lambda: k.interval("f1"), "use one of"),
        (lambda: k.interval("ece", of=7), "of is 7"),
        (lambda: k.interval("brier", of=1), "bounded as a whole"),
        (lambda: k.interval("brier", level=2), "level"),
        (lambda: calibration([0, 1], [0.2, 0.3]).interval("ece", of=1), "of= is for classes"),
    ):
        with pytest.raises(F1Error, match=said):
            call()
    assert "calibration" in f1core.__all__
