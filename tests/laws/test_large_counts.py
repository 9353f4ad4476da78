"""Counts of up to 2^63 rows: exact, and what is beyond is refused by name."""

import pickle
from fractions import Fraction

import numpy as np
import pytest

from f1core import Accumulator, BinnedThresholds, F1Error, Scores
from f1core.count_layout import COUNT, HIGH, LOW, ROWS, WHOLE, carried, ratio_sums
from f1core.counts import Counts
from f1core.intervals.proportions import proportion_interval

MAKE = {
    "binary": lambda **o: fed(Accumulator("binary", **o), [0, 1], [0.2, 0.9]),
    "multiclass": lambda **o: fed(Accumulator("multiclass", classes=3, **o), [0, 2], [0, 1]),
    "sums": lambda **o: fed(
        Accumulator("multiclass", classes=3, confusion=False, **o), [0, 2], [0, 1]
    ),
    "labels": lambda **o: fed(Accumulator("multiclass", **o), [4, 7], [4, 9]),
    "the k best": lambda **o: fed(
        Accumulator("multiclass", classes=3, top_k=2, **o), [0, 2], np.eye(3)[[0, 1]]
    ),
    "perfect": lambda **o: fed(
        Accumulator("multilabel", **o), np.eye(3, dtype=int)[[0, 1]], np.eye(3)[[0, 1]]
    ),
    "multilabel": lambda **o: fed(
        Accumulator("multilabel", **o), [[1, 1, 0], [0, 1, 0]], [[0.9, 0.1, 0.8], [0.7, 0.6, 0.9]]
    ),
}


def fed(accumulator, y_true, y_pred):
    accumulator.update(np.asarray(y_true), np.asarray(y_pred))
    return accumulator


@pytest.mark.parametrize("name", MAKE)
def test_rows_are_doubled_up_to_2_to_the_62_without_a_change(name):
    made = MAKE[name]()
    numbers = made.compute().to_dict()
    support = made.compute().micro.support
    for power in range(2, 63):
        made.merge(made)
        assert made.total == 1 << power
        scores = made.compute()
        assert scores.to_dict() == pytest.approx(numbers, rel=1e-12, nan_ok=True), power
        assert scores.micro.support == support << (power - 1)
    with pytest.raises(F1Error, match=r"4,611,686,018,427,387,904 rows .*counts end at 2\^63"):
        made.merge(made)
    assert made.compute().to_dict() == pytest.approx(numbers, rel=1e-12, nan_ok=True)
    assert pickle.loads(pickle.dumps(made)) == made


@pytest.mark.parametrize("name", ["perfect", "multilabel"])
def test_a_state_of_2_to_the_62_rows_is_saved_and_loaded(name, tmp_path):
    made = MAKE[name]()
    for _ in range(61):
        made.merge(made)
    made.save(tmp_path / "state")
    loaded = Accumulator.load(tmp_path / "state")
    assert loaded == made
    assert loaded.compute().to_dict() == made.compute().to_dict()
    with pytest.raises(F1Error, match=r"2\^63"):
        loaded + made


@pytest.mark.parametrize("name", MAKE)
def test_an_update_that_would_overflow_is_refused_and_changes_nothing(name, engine):
    again = {
        "binary": ([0, 1], [0.2, 0.9]), "multiclass": ([0, 2], [0, 1]), "sums": ([0, 2], [0, 1]),
        "labels": ([4, 7], [4, 9]), "the k best": ([0, 2], np.eye(3)[[0, 1]]),
        "perfect": (np.eye(3, dtype=int)[[0, 1]], np.eye(3)[[0, 1]]),
        "multilabel": ([[1, 1, 0], [0, 1, 0]], [[0.9, 0.1, 0.8], [0.7, 0.6, 0.9]]),
    }[name]  # fmt: skip
    full = MAKE[name]()
    for _ in range(61):
        full.merge(full)
    while (rest := (1 << 63) - 1 - full.total) >= 2:
        piece = MAKE[name]()
        while 2 * piece.total <= rest:
            piece.merge(piece)
        full.merge(piece)
    before = pickle.dumps(full)
    assert full.total >= (1 << 63) - 2
    for _ in range(2):
        with pytest.raises(F1Error, match=r"counts end at 2\^63"):
            fed(full, *again)
        assert full == pickle.loads(before)


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_weights_of_many_updates_that_would_overflow_are_refused(task):
    made = Accumulator(task, classes=2)
    rows = ([[0, 1]], [[1, 1]]) if task == "multilabel" else ([1], [0])
    for weight in (5e307, 6e307):
        made.update(*rows, sample_weight=[weight])
    before = pickle.dumps(made)
    with pytest.raises(F1Error, match="beyond"):
        made.update(*rows, sample_weight=[1e308])
    assert made == pickle.loads(before)
    made.update(*rows, sample_weight=[5e307])


def test_the_limbs_of_a_ratio_are_carried():
    rows = np.zeros(ROWS, np.int64)
    rows[COUNT], rows[HIGH], rows[LOW] = 5, (1 << 62) + 3, (1 << 62) + 9
    made = carried(rows)
    exact = Fraction((1 << 62) + 3, 1 << 31) + Fraction((1 << 62) + 9, 1 << 62)
    assert (made[HIGH] < 1 << 31).all()
    assert (made[LOW] < 1 << 31).all()
    for k in range(6):
        whole, high, low = (int(made[block][k]) for block in (WHOLE, HIGH, LOW))
        assert whole + Fraction(high, 1 << 31) + Fraction(low, 1 << 62) == exact
    assert ratio_sums(made) == ratio_sums(rows) == [float(exact)] * 6


def test_rows_of_one_process_never_fill_a_limb(monkeypatch):
    """After so many rows the limbs are carried, whichever way the batches went."""
    monkeypatch.setattr("f1core.counts._CARRIED", 40)
    y = np.eye(3, dtype=np.int64)[np.arange(32) % 3]
    p = np.eye(3, dtype=np.float32)[np.arange(32) % 3]
    made = Accumulator("multilabel", classes=3)
    for _ in range(50):
        made.update(y, p)
        assert (made.counts.rows[HIGH] <= 80 << 31).all()
    assert made.compute().samples.f1 == 1.0
    assert made.total == 1600


def test_resamples_that_overflow_are_refused():
    made = MAKE["multiclass"](resamples=3, seed=1)
    rows = Counts.from_dict(made.counts.as_dict())
    for power in range(2, 64):
        rows.replicas = type(rows.replicas)(
            rows.replicas.sums, None, np.array([[power, 0, 1 << 62]])
        )
        other = Counts.from_dict(rows.as_dict())
        other.replicas = type(rows.replicas)(
            rows.replicas.sums, None, np.array([[power + 100, 0, 1 << 62]])
        )
        if power == 63:
            with pytest.raises(F1Error, match=r"2\^63"):
                rows + other
        else:
            rows = rows + other


# ---- weights -----------------------------------------------------------------------------

HEAVY = {
    "binary": ({"task": "binary"}, ([0, 1], [0.2, 0.9])),
    "multiclass": ({"task": "multiclass", "classes": 3}, ([0, 2], [0, 1])),
    "labels": ({"task": "multiclass"}, ([4, 7], [4, 9])),
    "sums": ({"task": "multiclass", "classes": 3, "confusion": False}, ([0, 2], [0, 1])),
    "multilabel": ({"task": "multilabel"}, ([[1, 1], [0, 1]], [[0.9, 0.1], [0.7, 0.6]])),
}  # fmt: skip


def heavy(name, weight):
    options, arrays = HEAVY[name]
    made = Accumulator(**options)
    made.update(*arrays, sample_weight=[weight, weight])
    return made


@pytest.mark.parametrize("name", HEAVY)
def test_sums_of_weights_beyond_float64_are_refused(name):
    made = heavy(name, 4e307)
    numbers = made.compute().to_dict()
    assert numbers == pytest.approx(heavy(name, 1.0).compute().to_dict(), rel=1e-12, nan_ok=True)
    for change in (
        lambda: made.merge(heavy(name, 6e307)),
        lambda: made.update(*HEAVY[name][1], sample_weight=[6e307, 6e307]),
    ):
        with pytest.raises(F1Error, match=r"sum beyond float64; divide all weights"):
            change()
        assert made.compute().to_dict() == numbers
        assert made.total == 8e307


def test_sums_of_weights_beyond_float64_in_a_resample_are_refused():
    made = Accumulator("multiclass", classes=3, resamples=20, seed=3)
    made.update([0, 2], [0, 1], sample_weight=[1e307, 1e307])
    before = pickle.dumps(made)
    with pytest.raises(F1Error, match="beyond float64 in a resample"):
        made.update([0, 2], [0, 1], sample_weight=[8e307, 8e307])
    assert made == pickle.loads(before)


def test_weights_of_rows_with_ids_too():
    made = Accumulator("binary")
    made.update([0, 1], [0.2, 0.9], sample_weight=[8e307, 8e307], sample_id=[1, 2])
    before = made.compute().to_dict()
    made.update([1], [0.9], sample_weight=[8e307], sample_id=[2])
    assert made.compute().to_dict() == before


def test_scores_of_infinite_counts_are_refused():
    options = Accumulator("binary").options
    with pytest.raises(F1Error, match="beyond float64"):
        Scores(Counts(2, confusion=np.full((2, 2), 1e308)), options)


def test_bins_refuse_what_wraps():
    bins = BinnedThresholds("binary", bins=4)
    bins.update([0, 1], [0.2, 0.9])
    for _ in range(61):
        bins.merge(bins)
    best = bins.best_threshold()
    assert best.score == 1.0
    assert bins.curve().roc_auc == 1.0
    with pytest.raises(F1Error, match=r"2\^63"):
        bins.merge(bins)
    assert bins.best_threshold().score == best.score
    weighed = BinnedThresholds("binary", bins=4)
    weighed.update([0, 1], [0.2, 0.9], sample_weight=[8e307, 8e307])
    with pytest.raises(F1Error, match="beyond float64"):
        weighed.merge(weighed)
    assert weighed.best_threshold().score == 1.0


@pytest.mark.parametrize("name", ["accuracy", "f1", "f1_macro", "f1_micro", "mcc", "kappa"])
@pytest.mark.parametrize("method", ["auto", "bootstrap"])
def test_intervals_of_counts_near_the_end_of_int64_hold_the_metric(name, method):
    made = Accumulator("binary")
    made.update([0, 1, 1, 1, 0, 1, 1, 1], [0, 1, 1, 1, 1, 0, 1, 1])
    for _ in range(59):
        made.merge(made)
    found = made.compute()
    low, high = found.interval(name, method=method, resamples=20)
    assert low <= found.to_dict()[name] <= high
    assert high - low < 1e-6


def test_a_class_that_all_rows_have_is_averaged_over_up_to_the_end_of_int64():
    made = Accumulator("binary")
    made.update([1], [0.9])
    for _ in range(62):
        made.merge(made)
    assert made.compute().included.tolist() == [False, True]
    low, high = made.compute().interval("accuracy")
    assert 1 - 1e-15 < low <= high == 1


@pytest.mark.parametrize("bits", [34, 40, 53, 63])
def test_the_interval_of_a_rare_event_goes_with_the_number_of_trials(bits):
    few, many = (
        proportion_interval([0, 1, 5], 1e9, 0.95),
        proportion_interval([0, 1, 5], 2**bits, 0.95),
    )
    for one, other in zip(few, many, strict=True):
        np.testing.assert_allclose(one * 1e9, other * 2.0**bits, rtol=1e-4)


@pytest.mark.parametrize("power", [3, 9, 12, 15])
def test_mcc_and_kappa_of_large_counts_lose_no_digits(power):
    rng = np.random.default_rng(power)
    matrices = [rng.integers(0, 10**power, (c, c)) // 10 ** rng.integers(0, power, (c, c))
                for c in (2, 2, 3, 5)]  # fmt: skip
    for matrix in [*matrices, np.array([[10**power, 10 ** (power // 2)], [1, 1]])]:
        n, hits = int(matrix.sum()), int(np.trace(matrix))
        pred, true = matrix.sum(0).tolist(), matrix.sum(1).tolist()
        over = hits * n - sum(p * t for p, t in zip(pred, true, strict=True))
        under = (n * n - sum(p * p for p in pred)) * (n * n - sum(t * t for t in true))
        s = Scores.from_confusion(matrix)
        digits = 1e-9 if n < 1 << 26 else 1e-15  # float64 holds the products, not their difference
        assert s.mcc == pytest.approx(
            np.sign(over) * float(Fraction(over**2, under)) ** 0.5, digits
        )
        below = n * n - sum(p * t for p, t in zip(pred, true, strict=True))
        assert s.kappa == pytest.approx(float(Fraction(over, below)), digits)
