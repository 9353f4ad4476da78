"""Confusion matrices that are sent: in few bytes, and added without being made."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from problems import generators
from same import same_bits
from states import forge, refused, setting, without

from f1core import Accumulator


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("states")


@given(
    st.integers(1, 40), st.sampled_from([0.0, 0.02, 0.5, 1.0]), st.integers(0, 40),
    st.booleans(), generators(),
)  # fmt: skip
def test_a_matrix_comes_back(folder, size, share, doublings, weighted, rng):
    """Empty or full, of small counts or of large ones: from a file, and from another process."""
    made = Accumulator("multiclass", classes=size)
    cells = np.flatnonzero(rng.random(size * size) < share)
    weight = rng.integers(1, 256, len(cells)) / 8 if weighted else None
    made.update(cells // size, cells % size, sample_weight=weight)
    for _ in range(doublings):
        made.merge(made)
    made.update([size - 1], [0], sample_weight=[0.25] if weighted else None)
    made.save(folder / "state.npz")
    for back in (pickle.loads(pickle.dumps(made)), Accumulator.load(folder / "state.npz")):
        assert back == made
        same_bits(back.compute(), made.compute())
        assert back + made == made + made


def filled(classes, rows, seed, weight=None):
    made = Accumulator("multiclass", classes=classes)
    y_true, y_pred = np.random.default_rng(seed).integers(0, classes, (2, rows))
    made.update(y_true, y_pred, sample_weight=None if weight is None else np.full(rows, weight))
    return made


def test_a_worker_of_a_thousand_classes_sends_few_bytes(tmp_path):
    assert len(pickle.dumps(filled(1000, 5000, 0))) < 20_000
    assert len(pickle.dumps(filled(1000, 3_000_000, 0))) < 1_010_000
    filled(1000, 5000, 0).save(tmp_path / "state.npz")
    assert (tmp_path / "state.npz").stat().st_size < 20_000


@pytest.mark.parametrize("weights", [(None, None), (0.5, 0.25), (None, 2.0), (2.0, None)])
def test_merging_what_was_sent_is_merging(weights):
    parts = [filled(50, 80, seed, weight) for seed, weight in enumerate(weights)]
    sent = [pickle.loads(pickle.dumps(part)) for part in parts]
    for one in (parts[0], sent[0]):
        for other in (parts[1], sent[1], pickle.loads(pickle.dumps(sent[1]))):
            assert one + other == parts[0] + parts[1]
    same_bits((sent[0] + sent[1]).compute(), (parts[0] + parts[1]).compute())


def test_what_was_sent_can_be_added_to():
    made = pickle.loads(pickle.dumps(filled(50, 80, 0)))
    made.compute()
    made.update([3], [4])
    twin = filled(50, 80, 0)
    twin.update([3], [4])
    assert made == twin
    assert pickle.loads(pickle.dumps(made)) == twin


FORGERIES = {
    "a step of nothing": (setting(gaps=np.uint8([1, 0])), "outside of the matrix of 9 classes"),
    "beyond the matrix": (setting(gaps=np.uint8([1, 81])), "outside of the matrix of 9 classes"),
    "an endless step": (setting(gaps=np.uint64([2**64 - 1, 2])), "outside of the matrix"),
    "signed steps": (setting(gaps=np.array([1, 2])), "cells cannot be (2,) int64"),
    "more steps than cells": (setting(gaps=np.uint8([1, 2, 3])), "cells cannot be (3,)"),
    "a cell of 0": (setting(cells=np.uint8([1, 0])), "no count can be"),
    "a cell beyond int64": (setting(cells=np.uint64([1, 2**63])), "no count can be"),
    "a cell of NaN": (setting(cells=np.array([1, np.nan])), "no count can be"),
    "only steps": (without("cells"), "not counts"),
    "a matrix too": (setting(confusion=np.zeros((9, 9), np.int64)), "not counts"),
    "sums too": (setting(sums=np.zeros((3, 9), np.int64)), "not counts"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_cells_are_refused(name, tmp_path):
    path, (change, words) = tmp_path / "state.npz", FORGERIES[name]
    made = Accumulator("multiclass", classes=9)
    made.update([0, 1], [1, 1])
    made.save(path)
    forge(path, change)
    refused(path, "no f1core state", words)
