"""Labels of many classes: whichever way they are counted, it is the whole matrix."""

import pickle

import numpy as np
import pytest
from same import has_counts

import f1core

pytestmark = pytest.mark.usefixtures("engine")
SIZE = 600


def rows(n, size=SIZE, dtype="int32", seed=0):
    """(n,) labels of two sides; one pair alone comes thousands of times."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, size, n)
    pred = np.where(rng.random(n) < 0.3, rng.integers(0, size, n), true)
    true[: n // 5], pred[: n // 7] = 0, 0
    return true.astype(dtype), pred.astype(dtype)


def matrix(true, pred, size=SIZE):
    return np.bincount(true.astype(np.int64) * size + pred, minlength=size**2).reshape(size, size)


def has_matrix(scores, whole):
    """All that can be read from the matrix is read before the matrix itself, and is right."""
    has_counts(scores, whole.diagonal(), whole.sum(axis=0), whole.sum(axis=1))
    assert scores.accuracy == whole.trace() / whole.sum()
    assert np.array_equal(scores.confusion, whole)
    assert scores.confusion.dtype == np.int64


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["uint16", "int16", "int32", "int64"])
def test_the_matrix_is_that_of_the_labels(alone, dtype, threads):
    true, pred = rows(120_000, dtype=dtype)
    scores = f1core.score(true, pred, task="multiclass", classes=SIZE, threads=threads)
    has_matrix(scores, matrix(true, pred))


@pytest.mark.parametrize(
    ("n", "size"),
    [
        (80_000, 512),
        (80_000, 513),
        (30_000, 2049),
        (1000, 700),
        pytest.param(1_200_000, 2048, marks=pytest.mark.slow),
    ],
)
def test_any_number_of_rows_and_classes(alone, n, size):
    true, pred = rows(n, size)
    scores = f1core.score(true, pred, task="multiclass", classes=size, confusion=True)
    has_matrix(scores, matrix(true, pred, size))


def test_weights_and_ignored_rows():
    true, pred = rows(120_000)
    kept = true != 3
    options = {"task": "multiclass", "classes": SIZE}
    ignored = f1core.score(true, pred, ignore_index=3, **options)
    assert np.array_equal(ignored.confusion, matrix(true[kept], pred[kept]))
    weighted = f1core.score(true, pred, sample_weight=np.full(len(true), 0.5), **options)
    assert np.array_equal(weighted.confusion, matrix(true, pred) / 2)
    sums = f1core.score(true, pred, confusion=False, **options)
    assert sums.to_dict() == f1core.score(true, pred, **options).to_dict()


def test_they_add_up_and_travel():
    true, pred = rows(200_000)
    whole, made = matrix(true, pred), []
    for part in (slice(0, 100_000), slice(100_000, 100_050), slice(100_050, None)):
        made.append(f1core.Accumulator("multiclass", classes=SIZE))
        made[-1].update(true[part], pred[part])
    has_matrix((made[0] + made[1] + made[2]).compute(), whole)
    sent = [pickle.loads(pickle.dumps(part)) for part in made]
    for one, other in zip(sent, made, strict=True):
        assert one == other
    has_matrix((sent[0] + sent[1] + sent[2]).compute(), whole)
    total = sent[2]
    total.merge(made[0])
    total.update(true[100_000:100_050], pred[100_000:100_050])
    has_matrix(total.compute(), whole)
    assert total == made[0] + made[1] + made[2]


@pytest.mark.parametrize("place", [0, 255, 256, 70_000, -1])
@pytest.mark.parametrize("wrong", [SIZE, -1])
def test_one_wrong_label_of_many_is_named(place, wrong):
    true, pred = rows(120_000)
    pred[place] = wrong
    with pytest.raises(f1core.F1Error, match=f"y_pred is {wrong} at row {place % 120_000}"):
        f1core.score(true, pred, task="multiclass", classes=SIZE)
