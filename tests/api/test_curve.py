"""curve against scikit-learn's curves, and against score."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from arrays import to_dtype, widened
from sklearn import metrics

from f1core import F1Error, score
from f1core.arrays import BFLOAT16
from f1core.thresholds import curve

DTYPES = [np.dtype(t) for t in ("f2", "f4", "f8", ">f4", "g")] + [BFLOAT16]


def drawn(rng: np.random.Generator):
    n = int(rng.integers(1, 40))
    y_true = (rng.random(n) < rng.choice([0.1, 0.5, 0.9])).astype(int)
    levels = int(rng.choice([1, 3, 10, 1000]))
    y_prob = to_dtype(rng.integers(0, levels + 1, n) / levels, DTYPES[rng.integers(len(DTYPES))])
    weight = rng.random(n) + 0.1 if rng.random() < 0.4 else None
    return y_true, y_prob, weight


@pytest.mark.parametrize("seed", range(200))
def test_it_is_scikit_learns_curve(seed):
    rng = np.random.default_rng(seed)
    y_true, y_prob, weight = drawn(rng)
    ours, wide = curve(y_true, y_prob, sample_weight=weight), widened(y_prob)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        area = metrics.average_precision_score(y_true, wide, sample_weight=weight)
        both = len(set(y_true)) == 2
        auc = metrics.roc_auc_score(y_true, wide, sample_weight=weight) if both else math.nan
        precision, recall, cuts = metrics.precision_recall_curve(y_true, wide, sample_weight=weight)
    assert ours.average_precision == pytest.approx(area, abs=1e-9)
    assert ours.roc_auc == pytest.approx(auc, abs=1e-9, nan_ok=True)
    # Theirs says p >= cut, so p = 0 can be predicted; its last entry is without a cut.
    theirs = slice(int(cuts[0] == 0), -1)
    np.testing.assert_allclose(ours.precision[:-1], precision[theirs], atol=1e-9)
    if y_true.any():  # without positives it calls the recall 1
        np.testing.assert_allclose(ours.recall[:-1], recall[theirs], atol=1e-9)
    np.testing.assert_array_equal(ours.thresholds[1:], cuts if cuts[0] > 0 else cuts[1:])
    assert ours.thresholds[0] == 0


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("from_logits", [False, True])
def test_each_entry_is_what_score_gives_at_its_threshold(seed, from_logits):
    rng = np.random.default_rng(seed)
    y_true, y_prob, weight = drawn(rng)
    if weight is not None:
        weight = np.ceil(weight * 4)
    options = {
        "sample_weight": weight,
        "ignore_index": 1 if seed % 7 == 0 else None,
        "zero_division": [0.0, 1.0, math.nan][seed % 3],
        "beta": [1.0, 0.5, 2.0, 0.0, math.inf][seed % 5],
        "from_logits": from_logits,
    }
    if from_logits:
        y_prob = to_dtype((widened(y_prob).astype(float) - 0.5) * 30, y_prob.dtype)
    if options["ignore_index"] == 1 and y_true.all():
        with pytest.raises(F1Error, match="no rows to score"):
            curve(y_true, y_prob, **options)
        return
    found = curve(y_true, y_prob, **options)
    assert len(found.thresholds) == len(set(widened(y_prob)[y_true != options["ignore_index"]])) + (
        1 if from_logits or (widened(y_prob)[y_true != options["ignore_index"]] > 0).all() else 0
    )
    for k, threshold in enumerate(found.thresholds):
        there = score(y_true, y_prob, task="binary", threshold=threshold, **options).binary
        for name in ("precision", "recall", "f1", "fbeta"):
            np.testing.assert_equal(getattr(found, name)[k], getattr(there, name))
        assert there.support == found.positives


def test_one_kind_of_rows_has_no_roc_and_no_rows_have_no_curve():
    assert math.isnan(curve([1, 1], [0.2, 0.3]).roc_auc)
    assert curve([0, 0], [0.2, 0.3]).average_precision == 0
    assert math.isnan(curve([0, 0], [0.2, 0.3], zero_division=math.nan).average_precision)
    with pytest.raises(F1Error, match="no rows to score"):
        curve([], np.zeros(0))


def test_what_cannot_be_cut_is_refused_in_a_sentence():
    with pytest.raises(F1Error, match="NaN at row 1"):
        curve([0, 1], [0.5, math.nan])
    with pytest.raises(F1Error, match=r"outside \[0, 1\]"):
        curve([0, 1], [0.5, 1.5])
    with pytest.raises(F1Error, match="give probabilities"):
        curve([0, 1], [0, 1])
    with pytest.raises(F1Error, match="one column"):
        curve(np.eye(2, dtype=int), np.eye(2))


def test_a_million_scores_lose_nothing():
    rng = np.random.default_rng(0)
    y_true = rng.random(10**6) < 0.3
    y_prob = (rng.random(10**6) * 0.7 + y_true * 0.2).astype(np.float32)
    found = curve(y_true, y_prob)
    assert found.roc_auc == pytest.approx(metrics.roc_auc_score(y_true, y_prob), abs=1e-9)
    area = metrics.average_precision_score(y_true, y_prob)
    assert found.average_precision == pytest.approx(area, abs=1e-9)
