"""Bins of scores: areas between bounds that hold, calibration that is exact, however rows came."""

from __future__ import annotations

import json
import math
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from searches import MANY, SEEDS

from f1core import Accumulator, BinnedThresholds, F1Error, best_threshold, calibration, curve

MEANS = ("macro", "weighted", "micro", "per_class")


def drawn(seed, task=None):
    """(task, truth, scores, weight): ties, absent classes, cells that are ignored, odd dtypes."""
    rng = np.random.default_rng(seed)
    task = task or rng.choice(["binary", "multiclass", "multilabel"])
    n, size = int(rng.integers(1, 60)), int(rng.integers(2, 5))
    shape = n if task == "binary" else (n, size)
    scores = rng.random(shape)
    if task == "multiclass":
        scores = rng.dirichlet(np.ones(size), n)
        y = rng.integers(0, size, n)
    else:
        y = (rng.random(shape) < rng.choice([0.1, 0.5])).astype(int)
        if rng.random() < 0.5:
            scores = np.round(scores, 1)
    if rng.random() < 0.3:
        y[rng.random(y.shape) < 0.3] = -1
    scores = scores.astype(rng.choice(["f4", "f8"]))
    weight = rng.integers(1, 5, n) / 4 if rng.random() < 0.4 else None
    return str(task), y, scores, weight


def streamed(task, y, scores, weight, parts=1, bins=16, seed=0, **options):
    made = BinnedThresholds(task, bins=bins, calibration=True, ignore_index=-1, **options)
    edges = np.random.default_rng(seed).integers(0, len(y) + 1, parts - 1)
    for rows in np.split(np.arange(len(y)), np.sort(edges)):
        more = {} if weight is None else {"sample_weight": weight[rows]}
        made.update(y[rows], scores[rows], **more)
    return made


def exact_areas(task, y, scores, weight):
    """What `curve` gives, of a binary task by one column of labels."""
    if task == "binary":
        y, scores, task = y[:, None], scores[:, None], "multilabel"
    return curve(y, scores, task=task, sample_weight=weight, ignore_index=-1)


@MANY
@given(SEEDS)
def test_areas_lie_between_their_bounds_and_meet_where_bins_hide_nothing(seed):
    task, y, scores, weight = drawn(seed)
    if (y == -1).all():
        return
    found = streamed(task, y, scores, weight).ranking()
    exact = exact_areas(task, y, scores, weight)
    for mean in MEANS:
        for area in ("roc_auc", "average_precision"):
            low, value, middle, high = (
                np.asarray(getattr(getattr(one, mean), area))
                for one in (found.low, exact, found, found.high)
            )
            assert (np.isnan(value) == np.isnan(low)).all()
            known = ~np.isnan(value)
            for one, other in ((low, value), (value, high), (low, middle), (middle, high)):
                assert (one <= other + 1e-12)[known].all(), (mean, area)
    coarse = (np.ceil(scores.astype(float) * 16) / 16).astype(scores.dtype)
    tied, equal = (
        streamed(task, y, coarse, weight).ranking() if task != "multiclass" else found,
        exact_areas(task, y, coarse, weight),
    )
    if task != "multiclass":  # all scores of a bin are one: the middle is exact
        for mean in MEANS:
            for area in ("roc_auc", "average_precision"):
                there = getattr(getattr(equal, mean), area)
                assert getattr(getattr(tied, mean), area) == pytest.approx(there, nan_ok=True)


def test_sums_of_reciprocals_are_those_that_are_added_up():
    from f1core.thresholds.binned_ranking import _harmonic

    sums = np.append(0.0, np.cumsum(1.0 / np.arange(1, 5001)))
    found = _harmonic(np.arange(5001.0))
    np.testing.assert_allclose(found - found[0], sums, atol=1e-13)


def test_the_least_average_precision_is_reached():
    """Where each bin's positives come last, one by one."""
    scores = np.array([0.9, 0.8, 0.7, 0.4, 0.3, 0.2, 0.1])
    y = [0, 1, 1, 0, 0, 1, 1]
    made = BinnedThresholds("binary", bins=2)
    made.update(y, scores)
    exact = curve(y, scores)
    assert made.ranking().low.macro.average_precision == pytest.approx(exact.average_precision)
    assert made.ranking().low.macro.roc_auc == pytest.approx(exact.roc_auc)


def test_more_bins_bound_closer():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 5000)
    scores = rng.dirichlet(np.ones(3), 5000) * 0.5 + 0.5 * np.eye(3)[y] * rng.random((5000, 1))
    widths = []
    for bins in (16, 256, 4096):
        made = BinnedThresholds("multiclass", bins=bins)
        made.update(y, scores)
        found = made.ranking()
        widths.append(found.high.macro.average_precision - found.low.macro.average_precision)
    assert widths[0] > 8 * widths[1] > 64 * widths[2] > 0
    assert widths[2] < 0.002


def numbers(k):
    """Everything of a Calibration, flat."""
    found = dict(k.to_dict())
    for name in ("ece", "mce", "brier", "log_loss"):
        found |= {f"{name} {at}": x for at, x in enumerate(getattr(k.per_class, name).tolist())}
    for name in ("count", "positives", "confidence", "frequency", "low", "high"):
        values = np.ravel(getattr(k.bins, name)).tolist()
        found |= {f"{name} {at}": x for at, x in enumerate(values)}
    return found


@MANY
@given(SEEDS)
def test_calibration_is_that_of_all_rows_at_once(seed):
    task, y, scores, weight = drawn(seed)
    if (y == -1).all():
        return
    made = streamed(task, y, scores, weight, parts=3, bins=64, seed=seed)
    for bins in (2, 16, 64):
        found = made.calibration(bins=bins)
        exact = calibration(y, scores, task=task, bins=bins, sample_weight=weight, ignore_index=-1)
        assert numbers(found) == pytest.approx(numbers(exact), abs=1e-12, nan_ok=True)
    found = made.calibration(bins=16)
    for name in ("brier", "log_loss"):
        if weight is not None or (task == "multilabel" and (y == -1).any()):
            with pytest.raises(F1Error, match="sums of weights or of cells"):
                found.interval(name)
            continue
        exact = calibration(y, scores, task=task, bins=16, ignore_index=-1)
        assert found.interval(name) == pytest.approx(exact.interval(name), abs=1e-9)
    if task != "multilabel" and weight is None:
        assert found.interval("ece") == pytest.approx(exact.interval("ece"), abs=1e-9)


@MANY
@given(SEEDS)
def test_rows_without_weights_give_the_same_bits_however_they_are_cut(seed):
    task, y, scores, _ = drawn(seed)
    whole = streamed(task, y, scores, None)
    parts = [streamed(task, y, scores, None, parts=int(k), seed=seed) for k in (2, 5)]
    half = len(y) // 2
    ends = [streamed(task, y[at], scores[at], None) for at in (slice(half, None), slice(half))]
    for other in (*parts, ends[0] + ends[1], pickle.loads(pickle.dumps(whole))):
        assert other == whole
        for mine, theirs in zip(whole._state.sums, other._state.sums, strict=True):
            np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("task", ["multiclass", "multilabel"])
def test_many_rows_give_the_same_bits_too(task):
    rng = np.random.default_rng(2)
    scores = rng.dirichlet(np.ones(3), 300_001).astype(np.float32)
    y = rng.integers(0, 3, 300_001)
    y = y if task == "multiclass" else np.eye(3, dtype=int)[y]
    whole, parts = streamed(task, y, scores, None), streamed(task, y, scores, None, parts=4)
    assert whole == parts
    exact = calibration(y, scores, task=task, bins=16)
    assert numbers(whole.calibration()) == pytest.approx(numbers(exact), abs=1e-11, nan_ok=True)


def test_weights_that_come_after_rows_without_any_are_added():
    task, y, scores, _ = drawn(3, "multiclass")
    y = np.abs(y)
    made = streamed(task, y, scores, None)
    made.update(y, scores, sample_weight=np.full(len(y), 2.0))
    there = calibration(y, scores, bins=16)
    assert made.calibration().to_dict() == pytest.approx(there.to_dict(), abs=1e-12)
    with pytest.raises(F1Error, match="sums"):
        made.calibration().interval("ece")
    with pytest.raises(F1Error, match="sums of weights"):
        made.calibration().interval("brier")


def test_bins_of_equal_mass_end_at_edges_that_are_there():
    rng = np.random.default_rng(5)
    scores = rng.random(10_000) ** 3
    y = rng.random(10_000) < scores
    made = BinnedThresholds("binary", calibration=True)
    made.update(y, scores)
    found = made.calibration(bins=10, strategy="quantile")
    exact = calibration(y, scores, bins=10, strategy="quantile")
    assert np.abs(found.bins.count - 1000).max() < 150  # many scores lie in the lowest bin
    assert np.abs(found.bins.high - exact.bins.high).max() <= 1 / 4096
    assert found.ece == pytest.approx(exact.ece, abs=0.003)
    assert found.brier == pytest.approx(exact.brier, abs=1e-12)


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_what_was_saved_is_loaded(task, kept, weighted, tmp_path):
    _, y, scores, _ = drawn(6, task)
    made = BinnedThresholds(task, bins=32, calibration=kept, ignore_index=-1)
    made.save(tmp_path / "empty.npz")
    assert BinnedThresholds.load(tmp_path / "empty.npz") == made
    made.update(y, scores, sample_weight=np.ones(len(y)) if weighted else None)
    made.save(tmp_path / "bins.npz")
    there = BinnedThresholds.load(tmp_path / "bins.npz")
    assert there == made and repr(there) == repr(made)
    there.merge(made)
    there.update(y, scores)
    assert there.ranking().to_dict() == pytest.approx(made.ranking().to_dict(), nan_ok=True)
    with pytest.raises(F1Error, match=r"BinnedThresholds\.load reads"):
        Accumulator.load(tmp_path / "bins.npz")
    accumulator = Accumulator("binary")
    accumulator.save(tmp_path / "counts.npz")
    with pytest.raises(F1Error, match=r"Accumulator\.load reads"):
        BinnedThresholds.load(tmp_path / "counts.npz")
    (tmp_path / "mine.txt").write_text("a note")
    with pytest.raises(F1Error, match="is no f1core state"):
        made.save(tmp_path / "mine.txt")


def test_columns_name_the_classes_on_disk_and_words_the_positive_one(tmp_path):
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(7)
    scores = rng.dirichlet(np.ones(3), 30)
    y = np.array(list("bca"))[rng.integers(0, 3, 30)]
    made = BinnedThresholds("multiclass", calibration=True)
    made.update(y, pandas.DataFrame(scores, columns=list("cab")))
    made.save(tmp_path / "bins.npz")
    there = BinnedThresholds.load(tmp_path / "bins.npz")
    there.update(y, pandas.DataFrame(scores[:, ::-1], columns=list("bac")))
    expected = calibration(y, scores[:, [1, 2, 0]], classes=["a", "b", "c"], bins=16)
    found = there.calibration()
    assert dict(zip(found.classes, found.per_class.ece, strict=True)) == pytest.approx(
        dict(zip(expected.classes, expected.per_class.ece, strict=True))
    )
    said = BinnedThresholds("binary", pos_label="yes", calibration=True)
    said.update(np.where(y == "b", "yes", "no"), scores[:, 0])
    said.save(tmp_path / "said.npz")
    there = BinnedThresholds.load(tmp_path / "said.npz")
    assert there == said and there.ranking().classes == ["yes"]
    assert there.best_threshold().score == said.best_threshold().score


def test_a_damaged_or_forged_file_is_refused(tmp_path):
    from f1core.thresholds import bins_on_disk

    _, y, scores, _ = drawn(8, "multiclass")
    made = BinnedThresholds("multiclass", bins=8, calibration=True, ignore_index=-1)
    made.update(y, scores)
    refused: list[str] = []
    path = tmp_path / "bins.npz"
    made.save(path)
    data = path.read_bytes()
    for at in range(0, len(data), 97):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        try:
            found = BinnedThresholds.load(path)
        except F1Error as error:
            refused.append(str(error))
        else:  # a byte that only says how the archive is packed
            assert found == made
    assert len(refused) > len(data) // 97 // 2
    path.write_bytes(data[:-50])
    with pytest.raises(F1Error, match="is no f1core state"):
        BinnedThresholds.load(path)
    sums, counts = made._state.sums, made._state.counts
    forged = {
        "counts": made._state._replace(counts=-counts),
        "wide": made._state._replace(counts=counts[:, :-1]),
        "digits": made._state._replace(sums=sums._replace(losses=sums.losses + (1 << 31))),
        "probabilities": made._state._replace(sums=sums._replace(confidence=sums.confidence * 9)),
        "shape": made._state._replace(sums=sums._replace(rows=sums.rows[:2])),
    }
    for kept in forged.values():
        bins_on_disk.save(path, 8, True, kept, force=True)
        with pytest.raises(F1Error, match="is no f1core state"):
            BinnedThresholds.load(path)
    bins_on_disk.save(path, 9, True, made._state, force=True)
    with pytest.raises(F1Error, match="it has 9 bins"):
        BinnedThresholds.load(path)
    assert json.dumps(made.calibration(bins=8).to_dict())  # plain floats


def test_pickles_from_before_calibration_still_load():
    made = BinnedThresholds("binary", bins=16)
    made.update([0, 1], [0.2, 0.7])
    old = {k: v for k, v in made.__getstate__().items() if k not in ("sums", "calibrated")}
    again = BinnedThresholds.__new__(BinnedThresholds)
    again.__setstate__(old)
    assert again == made


@pytest.mark.parametrize("labels", [(0, 1), ("a", "b"), (1, 0)])
@pytest.mark.parametrize("place", [0, 1])
def test_a_binary_task_with_an_ignored_class_is_ranked_as_its_curve_is(labels, place):
    options = {"classes": list(labels), "ignore_index": labels[place]}
    if labels == (1, 0):
        options = {"pos_label": 0, "ignore_index": 1}
    y, p = [labels[at] for at in (0, 1, 0, 1)], [0.125, 0.75, 0.875, 0.25]
    made = BinnedThresholds("binary", bins=16, **options)
    made.update(y, p)
    found, exact = made.ranking(), curve(y, p, **options)
    for one in (found, found.low, found.high):
        assert one.macro.average_precision == one.micro.average_precision
        assert one.macro.average_precision == exact.average_precision
        assert math.isnan(one.macro.roc_auc) and math.isnan(exact.roc_auc)
    assert found.positives.tolist() == [exact.positives]


@pytest.mark.parametrize("label", [1, "b"])
def test_an_ignored_positive_class_is_refused_whatever_is_asked(label):
    y = [0, 1] if label == 1 else ["a", "b"]
    options = {"pos_label": label, "ignore_index": label}
    for call in (
        lambda: curve(y, [0.1, 0.8], **options),
        lambda: best_threshold(y, [0.1, 0.8], **options),
        lambda: calibration(y, [0.1, 0.8], **options),
        lambda: BinnedThresholds("binary", **options),
    ):
        with pytest.raises(F1Error, match="which ignore_index leaves out"):
            call()


@pytest.mark.parametrize("task", ["binary", "multilabel", "multiclass"])
@pytest.mark.parametrize("weight", [None, [0, 0]])
def test_rows_that_do_not_count_are_refused_without_a_warning(task, weight):
    y = np.array([0, 1] if weight else [-1, -1])
    p = np.array([[0.9, 0.1], [0.2, 0.8]])
    p, y = (p[:, 1], y) if task == "binary" else (p, np.stack([y, y], axis=1))
    y = y[:, 0] if task == "multiclass" else y
    options = {"ignore_index": -1}
    made = BinnedThresholds(task, bins=16, calibration=True, **options)
    made.update(y, p, sample_weight=weight)
    options |= {"task": task, "sample_weight": weight}
    for call in (
        made.curve, made.ranking, made.calibration, lambda: made.calibration(strategy="quantile"),
        lambda: curve(y, p, **options), lambda: best_threshold(y, p, **options),
        lambda: calibration(y, p, **options),
        lambda: calibration(y, p, strategy="quantile", **options),
    ):  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(F1Error, match="no rows to score"):
                call()


def test_what_bins_do_not_tell_is_refused_in_a_sentence():
    made = BinnedThresholds("multiclass", bins=16, calibration=True)
    plain = BinnedThresholds("multiclass", bins=16)
    for call, said in (
        (made.ranking, "no rows to cut"),
        (made.calibration, "no rows to cut"),
        (lambda: made.calibration(bins=10), "powers of two"),
        (lambda: made.calibration(bins=32), "powers of two"),
        (lambda: made.calibration(strategy="mass"), "strategy"),
        (lambda: made.best_threshold(), "has no threshold here"),
        (plain.calibration, r"BinnedThresholds\(…, calibration=True\)"),
        (lambda: made.merge(plain), "calibration is True here and False there"),
        (lambda: made.update([0], [[0.3, 0.3]]), "adds up to 0.6 at row 0"),
        (lambda: made.update([0], [[0.3, math.nan]]), "NaN at row 0"),
        (lambda: made.update([0], [0]), "give probabilities"),
        (lambda: BinnedThresholds("binary", calibration="yes"), "calibration"),
        (lambda: BinnedThresholds("ranking"), "task"),
    ):
        with pytest.raises(F1Error, match=said):
            call()
    assert plain != made
    plain.update([0], [[0.3, 0.3]])  # which ranks
    made.update([0, 1, 2], np.eye(3))
    with pytest.raises(F1Error, match="2 columns, there are 3"):
        made.update([0], [[0.5, 0.5]])
    assert made.curve(1).roc_auc == 1.0
    assert repr(made) == "BinnedThresholds('multiclass', bins=16, calibration=True, 3 rows)"
