"""Labels of many classes: counted in bytes, a table a thread, and unpacked when asked for."""

import pickle

import numpy as np
import pytest

pytest.importorskip("numba", exc_type=ImportError)

import f1core
from f1core import crowded, kernels
from f1core.batch import Batch
from f1core.layout import PRED, TP, TRUE
from f1core.options import make_options


def rows(n, size, dtype="int32", seed=0):
    """(n,) labels of two sides; class 0 alone fills bytes many times."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, size, n)
    pred = np.where(rng.random(n) < 0.3, rng.integers(0, size, n), true)
    true[: n // 5], pred[: n // 7] = 0, 0
    return true.astype(dtype), pred.astype(dtype)


def matrix(true, pred, size):
    return np.bincount(true.astype(np.int64) * size + pred, minlength=size**2).reshape(size, size)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "int64"])
@pytest.mark.parametrize(("n", "size"), [(20_000, 40), (5_003, 200), (255, 3), (17, 5), (0, 2)])
def test_bytes_and_their_overflow_are_the_matrix(n, size, dtype):
    true, pred = rows(n, size, dtype)
    few, full, used = (
        np.zeros(size**2, np.uint8),
        np.empty(n // 256 + 1, np.uint32),
        np.zeros(1, np.int64),
    )
    for part in (slice(0, n // 3), slice(n // 3, n)):
        assert not kernels.labels_in_bytes(true[part], pred[part], size, few, full, used)
    cells, margins = np.ones((size, size), np.uint32), np.ones((3, size), np.int64)
    kernels.unpacked(few, full[: used[0]], cells, margins)
    whole = matrix(true, pred, size)
    assert np.array_equal(cells, whole + 1)
    assert np.array_equal(margins[TP], whole.diagonal() + 1)
    assert np.array_equal(margins[PRED], whole.sum(axis=0) + 1)
    assert np.array_equal(margins[TRUE], whole.sum(axis=1) + 1)


@pytest.mark.parametrize("place", [0, 255, 256, 299])
def test_an_id_outside_is_refused(place):
    for wrong in (-1, 5):
        true, pred = rows(300, 5)
        pred[place] = wrong
        room = np.zeros(25, np.uint8), np.empty(9, np.uint32), np.zeros(1, np.int64)
        assert kernels.labels_in_bytes(true, pred, 5, *room)


@pytest.fixture
def loaded():
    f1core.warm_up()


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_score_of_many_classes_has_the_matrix(loaded, threads):
    size, n = 600, 120_000
    true, pred = rows(n, size)
    scores = f1core.score(true, pred, task="multiclass", classes=size, threads=threads)
    assert scores._counts.cells is not None  # the way that is meant was taken
    whole = matrix(true, pred, size)
    assert np.array_equal(scores._counts.per_class, [whole.diagonal(), whole.sum(0), whole.sum(1)])
    assert scores._counts.cells is not None  # no average needs the matrix
    assert np.array_equal(scores.confusion, whole)
    assert scores.confusion.dtype == np.int64


def test_many_classes_add_up_and_travel(loaded):
    size, n = 600, 200_000
    true, pred = rows(n, size)
    parts = [
        f1core.score(true[rows], pred[rows], task="multiclass", classes=size)._counts
        for rows in (slice(0, n // 2), slice(n // 2, n))
    ]
    whole = matrix(true, pred, size)
    sent = [pickle.loads(pickle.dumps(part)) for part in parts]
    assert all(part.cells is not None and not part.weighted for part in parts)
    assert np.array_equal((sent[0] + sent[1]).confusion, whole)
    total = parts[0].copy()
    assert total.add_in_place(parts[1])
    assert np.array_equal(total.confusion, whole)
    assert np.array_equal(total.per_class[TRUE], whole.sum(axis=1))
    mixed = f1core.Accumulator("multiclass", classes=size)
    for rows_of in (slice(0, n // 2), slice(n // 2, n // 2 + 50), slice(n // 2 + 50, n)):
        mixed.update(true[rows_of], pred[rows_of])
    assert np.array_equal(mixed.compute().confusion, whole)


def test_a_saved_state_is_as_small_as_that_of_the_whole_matrix(loaded):
    size, n = 600, 100_000
    true = np.arange(n, dtype=np.int32) % size
    counts = f1core.score(true, true, task="multiclass", classes=size)._counts
    assert counts.cells is not None
    assert set(counts.as_dict()) == {"n_classes", "gaps", "cells"}


def test_one_wrong_label_of_many_is_named(loaded):
    true, pred = rows(120_000, 600)
    pred[70_000] = 600
    with pytest.raises(f1core.F1Error, match="row 70000"):
        f1core.score(true, pred, task="multiclass", classes=600)


def test_what_does_not_fit_bytes_is_counted_as_ever(loaded):
    true, pred = rows(120_000, 600)
    options = make_options("multiclass", classes=600)
    plain = Batch("labels", options, true, pred, 600)
    assert crowded.fits(plain)
    for other in (
        Batch("labels", options, true[:1000], pred[:1000], 600),
        Batch("labels", options, true, pred, 600, weight=np.ones(len(true))),
        Batch("labels", make_options("multiclass", classes=600, ignore_index=3), true, pred, 600),
        Batch("labels", make_options("multiclass", classes=600, confusion=False), true, pred, 600),
    ):
        assert not crowded.fits(other)
