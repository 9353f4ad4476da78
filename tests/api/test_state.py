"""State files: what was saved comes back, and whatever else comes is refused by name."""

import math
import os

import numpy as np
import pytest
import tasks
from hypothesis import given
from hypothesis import strategies as st
from same import same_bits
from states import filled, refused

from f1core import Accumulator, F1Error


@pytest.fixture
def path(tmp_path):
    """A saved state."""
    path = tmp_path / "state.npz"
    filled().save(path)
    return path


@given(tasks.any_task())
def test_what_was_saved_comes_back(tmp_path_factory, problem):
    path = tmp_path_factory.getbasetemp() / "drawn.npz"
    made = problem.put_into(problem.accumulator())
    made.save(path)
    loaded = Accumulator.load(path)
    assert loaded == made
    same_bits(loaded.compute(), made.compute())
    problem.put_into(loaded)
    assert loaded == problem.put_into(made)


@pytest.mark.parametrize(
    "options",
    [
        {"zero_division": math.nan, "beta": math.inf},
        {"classes": ["a", "é", "日本"], "average_over": ["é", 0]},
        {"classes": [3, -1, 2**40]},
        {"task": "multilabel", "threshold": [0.1, 0.2, 0.3], "from_logits": True},
        {"ignore_index": "gone", "classes": None},
        {"top_k": 2},
        {"top_k": 1},
        {"task": "multilabel", "top_k": 1},
        {"task": "multilabel", "top_k": 3},
    ],
    ids=str,
)
def test_options_come_back_even_without_counts(options, tmp_path):
    made = Accumulator(**({"task": "multiclass", "classes": 3} | options))
    made.save(tmp_path / "s")
    loaded = Accumulator.load(tmp_path / "s")
    assert loaded == made
    assert loaded.total == 0


def test_paths_may_be_strings_or_paths(tmp_path):
    filled().save(str(tmp_path / "a.f1"))
    assert Accumulator.load(tmp_path / "a.f1") == Accumulator.load(str(tmp_path / "a.f1"))
    assert os.listdir(tmp_path) == ["a.f1"]  # with the name asked for, and nothing left over


def test_saving_twice_replaces(path):
    twice = filled() + filled()
    twice.save(path)
    assert Accumulator.load(path) == twice
    assert os.listdir(path.parent) == [path.name]


def test_a_file_holds_no_pickle(path):
    with np.load(path, allow_pickle=False) as archive:
        assert {archive[name].dtype.kind for name in archive.files} <= set("iuf")


# ---- damage ------------------------------------------------------------------------------


def test_a_truncated_file_is_refused_wherever_it_ends(path):
    whole = path.read_bytes()
    for size in range(0, len(whole), 7):
        path.write_bytes(whole[:size])
        refused(path, "no f1core state")


@given(st.data())
def test_a_flipped_bit_is_refused_or_changes_nothing(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "flipped.npz"
    path.unlink(missing_ok=True)  # which the example before has damaged
    made = filled()
    made.save(path)
    whole = bytearray(path.read_bytes())
    for _ in range(20):
        bit = data.draw(st.integers(0, 8 * len(whole) - 1))
        broken = whole.copy()
        broken[bit // 8] ^= 1 << bit % 8
        path.write_bytes(broken)
        try:
            loaded = Accumulator.load(path)
        except F1Error:
            refused(path)
        else:
            assert loaded == made


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes.npz"
    path.write_bytes(data)
    refused(path)


def test_what_is_no_file_is_refused(tmp_path):
    refused(tmp_path / "missing.npz", "cannot be read", "No such file")
    refused(tmp_path, "cannot be read", "directory")
    (tmp_path / "empty").touch()
    refused(tmp_path / "empty" / "x", "cannot be read")
    refused(tmp_path / "empty", "no f1core state")
    np.save(tmp_path / "array.npy", np.arange(3))
    refused(tmp_path / "array.npy", "no f1core state")
    np.savez(tmp_path / "other.npz", y_true=np.arange(3))
    refused(tmp_path / "other.npz", "no f1core state")


@pytest.mark.parametrize("path", [None, 3.5, ["a"], "nul\0", "", "\ud800", b"\xff"], ids=repr)
def test_what_is_no_path_is_refused(path):
    for use in (filled().save, Accumulator.load):
        with pytest.raises(F1Error):
            use(path)


# ---- writing -----------------------------------------------------------------------------


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    for name in ("file/x", "no/folder", "x" * 300):
        path = tmp_path / name
        with pytest.raises(F1Error, match="cannot be written") as caught:
            filled().save(path)
        assert str(path) in str(caught.value)
    with pytest.raises(F1Error, match="is a folder"):
        filled().save(tmp_path)
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("step", ["os.fsync", "os.replace"])
def test_a_failed_write_leaves_the_old_file(step, path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, full)
    with pytest.raises(F1Error, match="cannot be written: No space left"):
        (filled() + filled()).save(path)
    monkeypatch.undo()
    assert Accumulator.load(path) == filled()
    assert os.listdir(path.parent) == [path.name]
