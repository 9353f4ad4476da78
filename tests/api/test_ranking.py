"""curve of many classes against scikit-learn: one against the rest, and one against one."""

from __future__ import annotations

import itertools
import math
import warnings

import numpy as np
import pytest
import sklearn
from arrays import to_dtype
from sklearn import metrics
from sklearn.preprocessing import label_binarize

from f1core import F1Error
from f1core.arrays import BFLOAT16
from f1core.thresholds import curve

OLD = tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 6)
MEANS = ("macro", "weighted", "micro")
NEAR = {"abs": 1e-12, "nan_ok": True}


def probabilities(rng, y, size):
    """Rows that add up to 1, half of the time with many ties."""
    p = rng.random((len(y), size)) + np.eye(size)[y] * rng.random()
    p /= p.sum(axis=1, keepdims=True)
    return rng.multinomial(8, p) / 8 if rng.random() < 0.5 else p


def drawn(rng, absent=False):
    size = int(rng.integers(3, 6))
    present = size - absent
    y = np.append(np.arange(present), rng.integers(0, present, int(rng.integers(1, 50))))
    y, weight = rng.permutation(y), None
    if rng.random() < 0.4:
        weight = rng.random(len(y)) * (rng.random(len(y)) < 0.9)
        weight[[np.flatnonzero(y == k)[0] for k in range(present)]] = 1.0
    return y, probabilities(rng, y, size), weight, size


def sklearns(y, p, weight, size, mean, area):
    flags = label_binarize(y, classes=range(size))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(metrics, f"{area}_score")(flags, p, average=mean, sample_weight=weight)


@pytest.mark.parametrize("absent", [False, True])
@pytest.mark.parametrize("seed", range(15))
def test_one_against_the_rest_is_scikit_learns(seed, absent):
    if absent and OLD:
        pytest.skip("before 1.6 scikit-learn refuses what it then called nan")
    y, p, weight, size = drawn(np.random.default_rng(seed), absent)
    found = curve(y, p, task="multiclass", sample_weight=weight)
    same = curve(np.eye(size, dtype=int)[y], p, task="multilabel", sample_weight=weight)
    for area in ("roc_auc", "average_precision"):
        each = sklearns(y, p, weight, size, None, area)
        assert getattr(found.per_class, area) == pytest.approx(each, **NEAR)
        for mean in MEANS:
            there = sklearns(y, p, weight, size, mean, area)
            assert getattr(getattr(found, mean), area) == pytest.approx(there, **NEAR), mean
    if absent:
        assert math.isnan(found.macro.roc_auc) and math.isnan(found.per_class.roc_auc[-1])
        present = curve(y, p, task="multiclass", sample_weight=weight, average_over="present")
        assert present.macro.roc_auc == pytest.approx(np.nanmean(found.per_class.roc_auc))
    for mean in ("per_class", *MEANS):
        np.testing.assert_equal(vars(getattr(found, mean)), vars(getattr(same, mean)))


@pytest.mark.parametrize("seed", range(15))
def test_one_against_one_is_scikit_learns(seed):
    y, p, _, size = drawn(np.random.default_rng(seed), absent=seed % 2 == 1)
    found = curve(y, p, task="multiclass", one_vs_one=True).one_vs_one
    for mean in ("macro", "weighted"):
        there = metrics.roc_auc_score(y, p, multi_class="ovo", average=mean, labels=range(size))
        assert getattr(found, mean) == pytest.approx(there, abs=1e-12)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", "g", BFLOAT16])
def test_pairs_of_any_dtype_and_a_row_of_weight_3_is_three_rows(dtype):
    rng = np.random.default_rng(3)
    y, p, _, size = drawn(rng)
    p = to_dtype(p, np.dtype(dtype))
    times = rng.integers(0, 4, len(y))
    times[[np.flatnonzero(y == k)[0] for k in range(size)]] = 1
    weighted = curve(y, p, task="multiclass", sample_weight=times, one_vs_one=True)
    again = curve(np.repeat(y, times), p.repeat(times, axis=0), task="multiclass", one_vs_one=True)
    for mean in ("macro", "weighted"):
        there = getattr(again.one_vs_one, mean)
        assert getattr(weighted.one_vs_one, mean) == pytest.approx(there, abs=1e-12)
    for mean in MEANS:
        ours, theirs = getattr(weighted, mean), getattr(again, mean)
        assert vars(ours) == pytest.approx(vars(theirs), abs=1e-12)


def test_pairs_are_what_counting_pairs_gives():
    rng = np.random.default_rng(4)
    y, p, size = rng.integers(0, 3, 30), rng.integers(0, 4, (30, 3)) / 4, 3

    def share(a, b):
        pairs = itertools.product(p[y == a, a], p[y == b, a])
        return np.mean([1.0 if one > two else 0.5 if one == two else 0.0 for one, two in pairs])

    each = [(share(a, b) + share(b, a)) / 2 for a, b in itertools.combinations(range(size), 2)]
    found = curve(y, p, task="multiclass", one_vs_one=True)
    assert found.one_vs_one.macro == pytest.approx(np.mean(each), abs=1e-12)
    assert found.to_dict()["roc_auc_ovo_macro"] == found.one_vs_one.macro


@pytest.mark.parametrize("seed", range(8))
def test_rows_and_cells_that_are_ignored_are_as_if_they_were_not_there(seed):
    rng = np.random.default_rng(seed)
    y, p, weight, _ = drawn(rng)
    marked = np.append(y, [-1, -1])
    rows = np.vstack([p, [[math.nan] * p.shape[1], [0.25] * p.shape[1]]])
    more = None if weight is None else np.append(weight, [5.0, 5.0])
    found = curve(
        marked, rows, task="multiclass", ignore_index=-1, sample_weight=more, one_vs_one=True
    )
    alone = curve(y, p, task="multiclass", sample_weight=weight, one_vs_one=True)
    assert found.to_dict() == alone.to_dict()
    onehot = np.zeros(rows.shape, int)
    onehot[np.arange(len(y)), y] = 1
    onehot[len(y) :] = -1
    same = curve(onehot, rows, task="multiclass", ignore_index=-1, sample_weight=more)
    assert same.macro == alone.macro
    labels = curve(onehot, rows, task="multilabel", ignore_index=-1, sample_weight=more)
    assert labels.micro == alone.micro


def test_a_class_that_is_ignored_leaves_the_means():
    y, p, _, size = drawn(np.random.default_rng(8))
    found = curve(y, p, task="multiclass", ignore_index=0)
    listed = curve(
        y[y > 0], p[y > 0], task="multiclass", average_over=list(range(1, size)), one_vs_one=True
    )
    for mean in MEANS:
        assert getattr(found, mean) == getattr(listed, mean)
    assert found.macro.roc_auc == pytest.approx(found.per_class.roc_auc[1:].mean(), abs=1e-12)
    assert listed.one_vs_one.macro == pytest.approx(
        curve(y[y > 0] - 1, p[y > 0, 1:], task="multiclass", one_vs_one=True).one_vs_one.macro
    )


def test_logits_are_ranked_by_their_softmax():
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(200, 4)) * 3
    y = rng.integers(0, 4, 200)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = curve(y, logits, task="multiclass", from_logits=True, one_vs_one=True)
    assert found.to_dict() == pytest.approx(
        curve(y, shares, task="multiclass", one_vs_one=True).to_dict(), abs=1e-12
    )
    flags = (rng.random((200, 4)) < 0.3).astype(int)
    found = curve(flags, logits, task="multilabel", from_logits=True)
    shares = 1 / (1 + np.exp(-logits))
    assert found.to_dict() == pytest.approx(curve(flags, shares, task="multilabel").to_dict())
    with pytest.raises(F1Error, match="inf as its largest logit at row 0"):
        curve([0], [[math.inf, 0.0]], task="multiclass", from_logits=True)
    with pytest.raises(F1Error, match="NaN at row 0"):
        curve([0], [[math.nan, 0.0]], task="multiclass", from_logits=True)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_columns_of_frames_name_the_classes(library):
    frames = pytest.importorskip(library)
    y = np.array(["b", "c", "a", "a", "c", "b"])
    p = np.random.default_rng(6).dirichlet(np.ones(3), 6)
    found = curve(y, frames.DataFrame(dict(zip("cab", p.T, strict=True))), task="multiclass")
    there = curve(y, p[:, [1, 2, 0]], task="multiclass", classes=["a", "b", "c"])
    assert dict(zip(found.classes, found.per_class.roc_auc, strict=True)) == dict(
        zip(there.classes, there.per_class.roc_auc, strict=True)
    )
    assert sorted(found.classes) == ["a", "b", "c"]
    some = frames.DataFrame(dict(zip("cab", p.T, strict=True)))
    listed = curve(y, some, task="multiclass", average_over=["a", "c"])
    assert listed.macro.roc_auc == pytest.approx(
        np.mean([auc for name, auc in zip(found.classes, found.per_class.roc_auc, strict=True)
                 if name != "b"])
    )  # fmt: skip


def test_one_thread_is_many():
    rng = np.random.default_rng(7)
    y = rng.integers(0, 20, 5000)
    p = rng.dirichlet(np.ones(20), 5000).round(3)
    one, many = (
        curve(y, p, task="multiclass", one_vs_one=True, threads=threads) for threads in (1, 3)
    )
    assert one.to_dict() == many.to_dict()


def test_scores_a_hair_outside_keep_their_order():
    p = np.array([[-1e-4, 1.0], [-0.0, 1.0], [1.0001, 0.0], [0.5, 0.5], [0.0, 1.0]])
    y = [0, 1, 0, 1, 0]
    found = curve(y, p, task="multiclass", one_vs_one=True)
    flat = metrics.roc_auc_score([1, 0, 1, 0, 1], p[:, 0])
    assert found.per_class.roc_auc[0] == pytest.approx(flat)
    other = metrics.roc_auc_score([0, 1, 0, 1, 0], p[:, 1])
    assert found.one_vs_one.macro == pytest.approx((flat + other) / 2)


def test_without_a_positive_anywhere_nothing_is_ranked():
    found = curve(np.zeros((3, 2), int), np.eye(3)[:, :2], task="multilabel")
    assert math.isnan(found.weighted.roc_auc) and math.isnan(found.micro.roc_auc)
    assert found.weighted.average_precision == found.macro.average_precision == 0.0
    every = curve(np.zeros((3, 2), int), np.eye(3)[:, :2], task="multilabel", zero_division=1.0)
    assert every.weighted.average_precision == every.micro.average_precision == 1.0
    alone = curve([1, 1], [[0.2, 0.8]] * 2, task="multiclass", one_vs_one=True)
    assert math.isnan(alone.one_vs_one.macro)


def test_what_cannot_be_ranked_is_refused_in_a_sentence():
    y, p = [0, 1, 2], np.eye(3)
    for call, said in (
        (lambda: curve(y, p), "one column"),
        (lambda: curve(y, p, task="multiclas"), "did you mean 'multiclass'"),
        (lambda: curve(y, p, task="multiclass", beta=2.0), "areas have no F-beta"),
        (lambda: curve(y, p, task="multiclass", pos_label=1), "binary task"),
        (lambda: curve(y, p, task="multiclass", one_vs_one="yes"), "one_vs_one"),
        (lambda: curve(y, p, task="multiclass").one_vs_one, "say one_vs_one=True"),
        (lambda: curve([0, 1], [0.1, 0.2], one_vs_one=True), "task='multiclass'"),
        (lambda: curve([0, 1], [0.1, 0.2], average_over="all"), "means over classes"),
        (lambda: curve(y, y, task="multiclass"), "give probabilities"),
        (lambda: curve(y, p.astype(int), task="multiclass"), "give probabilities"),
        (lambda: curve([0, 1, 3], p, task="multiclass"), "y_true is 3 at row 2"),
        (lambda: curve(y, p * 4, task="multiclass"), r"4 at row 0, column 0, outside \[0, 1\]"),
        (lambda: curve(y, p * np.nan, task="multiclass"), "y_prob is NaN at row 0"),
        (lambda: curve([-1] * 3, p, task="multiclass", ignore_index=-1), "no rows to score"),
        (lambda: curve(y, p, task="multiclass", average_over=[7]), "not a class"),
        (lambda: curve([0, 0, 0], p, task="multiclass", ignore_index=0), "no rows to score"),
    ):
        with pytest.raises(F1Error, match=said):
            call()
