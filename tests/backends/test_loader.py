"""Kernels from object code: the same integers as Numba's, and Numba wherever something is odd."""

import os
from pathlib import Path

import jobs
import numpy as np
import pytest
import tasks
from conftest import kernels
from hypothesis import given, settings
from jobs import job
from test_engines import counted, fresh_engine  # noqa: F401

import f1core
from f1core import plain
from f1core.kernels import loader, shelf

pytestmark = pytest.mark.skipif(not shelf.wanted(), reason="Numba is asked for something")
FLOATS = np.uint32(0x7F80_0000)


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """An empty place for object code; no kernel is loaded yet."""
    kernels()
    monkeypatch.setattr(shelf, "folders", lambda: [tmp_path])
    return tmp_path


@pytest.fixture
def kernel():
    """`labels_sums`, whose code is small, as a fresh process sees it."""
    return loader.Kernel("pairs", "labels_sums")


def arguments(rows=100, dtype="i4"):
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, 5, (2, rows)).astype(dtype)
    return true, pred, np.zeros((3, 5), np.int64)


def right(args):
    expected = args[-1].copy()
    plain.labels_sums(*args[:-1], expected)
    return expected.tolist()


def is_native(kernel):
    return [type(entry).__name__ for entry in kernel._found.values()] == [
        "builtin_function_or_method"
    ]


@settings(max_examples=15)  # each may have Numba compile for dtypes of its own
@given(tasks.any_task())
def test_object_code_counts_what_numba_counts(problem):
    loaded = counted(problem, kernels())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loader.Kernel, "__call__", lambda kernel, *args: kernel.numba()(*args))
        assert counted(problem, kernels()) == loaded


@pytest.mark.parametrize("first", ["C", "F"])
def test_code_is_that_of_rows_whichever_layout_came_first(folder, monkeypatch, first):
    """It is kept by dtypes alone, so code of a Fortran array must not read another's rows."""
    monkeypatch.setattr(loader, "_hurried", True)
    scores = np.random.default_rng(0).random((20, 5), np.float32)
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :2].T
    for layout in (first, "C", "F", "C"):
        kernel, ids = loader.Kernel("top", "topk"), np.zeros((2, 20), np.int32)
        kernel(np.array(scores, order=layout).view(np.uint32), FLOATS, 2, ids)
        np.testing.assert_array_equal(ids, expected)


def test_it_is_kept_once_and_then_loaded(folder, kernel, monkeypatch):
    args = arguments()
    assert kernel(*args) == 0
    assert args[-1].tolist() == right(arguments())
    assert is_native(kernel)
    (file,) = folder.iterdir()
    assert file.suffix == ".o"
    monkeypatch.setattr(loader.Kernel, "numba", None)  # whoever calls it fails
    again, args = loader.Kernel("pairs", "labels_sums"), arguments()
    assert again(*args) == 0
    assert args[-1].tolist() == right(arguments())


@pytest.mark.parametrize("how", ["cut short", "empty", "one bit", "of another time", "a folder"])
def test_a_damaged_or_foreign_file_is_made_again(folder, kernel, how):
    kernel(*arguments())
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    flipped = bytearray(whole)
    flipped[-1] ^= 1
    damaged = {
        "cut short": whole[:-100],
        "empty": b"",
        "one bit": bytes(flipped),
        "of another time": bytes(32) + whole[32:],
    }
    file.unlink()
    if how == "a folder":
        file.mkdir()
    else:
        file.write_bytes(damaged[how])
    again, args = loader.Kernel("pairs", "labels_sums"), arguments()
    assert again(*args) == 0
    assert args[-1].tolist() == right(arguments())
    assert is_native(again)
    assert list(folder.iterdir()) == [file]
    assert file.is_dir() or shelf.read(file.name.split(".")[0])


def test_where_nothing_can_be_kept_it_is_made_for_this_process(kernel, monkeypatch):
    kernels()
    monkeypatch.setattr(shelf, "folders", lambda: [Path(os.devnull) / "nowhere"])
    args = arguments()
    assert kernel(*args) == 0
    assert args[-1].tolist() == right(arguments())
    assert is_native(kernel)


@pytest.mark.parametrize("broken", ["made", "linked"])
def test_where_it_cannot_be_made_numba_is_called(folder, kernel, broken, monkeypatch):
    def fail(*args):
        raise RuntimeError("Numba changed inside")

    from f1core.kernels import objects

    monkeypatch.setattr(objects if broken == "made" else loader, broken, fail)
    args = arguments()
    assert kernel(*args) == 0
    assert args[-1].tolist() == right(arguments())
    assert not is_native(kernel)


def test_code_that_needs_what_the_process_lacks_is_not_run(folder, kernel):
    kernel(*arguments())
    (file,) = folder.iterdir()
    data = file.read_bytes()[64:].replace(b'["', b'["no_such_function", "', 1)
    assert b"no_such_function" in data
    with pytest.raises(LookupError, match="no_such_function"):
        loader.linked(data)


@pytest.mark.parametrize("layout", ["every other", "backwards", "unaligned", "transposed"])
def test_arrays_of_another_layout_go_to_numba(folder, kernel, layout):
    kernel(*arguments())
    true, pred, sums = arguments()
    if layout == "every other":
        true, pred = true[::2], pred[::2]
    elif layout == "backwards":
        true = true[::-1]
    elif layout == "unaligned":
        room = np.zeros(true.nbytes + 1, np.uint8)
        room[1:] = true.view(np.uint8)
        true = room[1:].view(true.dtype)
        assert not true.flags.aligned
    else:
        sums = np.zeros((5, 3), np.int64).T
    expected = right((true, pred, sums))
    assert kernel(true, pred, sums) == 0
    assert sums.tolist() == expected
    args = arguments()
    assert kernel(*args) == 0
    assert args[-1].tolist() == right(arguments())


def test_dtypes_take_turns(folder, kernel):
    for dtype in ["i4", "i8", "i4", "u1", "i8", "i1"]:
        args = arguments(dtype=dtype)
        assert kernel(*args) == 0
        assert args[-1].tolist() == right(arguments(dtype=dtype))
    assert len(kernel._found) == 4


def test_read_only_arrays_are_read(folder, kernel):
    args = arguments()
    for array in args[:2]:
        array.setflags(write=False)
    assert kernel(*args) == 0
    args = arguments()
    assert kernel(*args) == 0


@pytest.fixture
def fresh_kernels(fresh_engine, folder, monkeypatch):  # noqa: F811
    """As on a machine that has never compiled anything, once the kernels are in use."""
    monkeypatch.setattr(loader, "_hurried", False)
    fresh_engine.pay(1.0)
    for name in ("labels", "argmax", "multiclass", "decide"):
        fresh = loader.Kernel(getattr(f1core.kernels, name)._module, name)
        monkeypatch.setattr(f1core.kernels, name, fresh)
    return f1core.kernels


def test_compiling_is_earned_and_the_twin_counts_until_then(fresh_kernels):
    true, pred, _ = arguments()
    first = f1core.score(true, pred, task="multiclass", classes=5)
    assert f1core.engine.loaded()
    assert not fresh_kernels.labels._found
    (rent,) = fresh_kernels.labels._rents.values()
    assert 0 < rent._spent < loader.COMPILE
    rent.pay(loader.COMPILE)
    second = f1core.score(true, pred, task="multiclass", classes=5)
    assert is_native(fresh_kernels.labels)
    assert first._counts == second._counts


def test_a_large_batch_earns_it_half_way(fresh_kernels, small_blocks, monkeypatch):
    true, pred, _ = arguments(20_000)
    monkeypatch.setattr(loader, "COMPILE", 1e-6)
    found = f1core.score(true, pred, task="multiclass", classes=5, threads=2)
    assert is_native(fresh_kernels.labels)
    monkeypatch.setattr(f1core.engine, "choose", lambda cells: plain)
    assert found._counts == f1core.score(true, pred, task="multiclass", classes=5)._counts


@pytest.mark.parametrize("classes", [5, 300])
def test_an_accumulator_waits_as_well(fresh_kernels, monkeypatch, classes):
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, classes, 90), rng.random((90, classes), dtype=np.float32)

    def scored():
        made = f1core.Accumulator("multiclass", classes=classes)
        for _ in range(3):
            made.update(true[:30], pred[:30])
        return made.compute()._counts

    waiting = scored()
    assert not fresh_kernels.labels._found
    monkeypatch.setattr(f1core.engine, "choose", lambda cells: plain)
    assert waiting == scored()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_rows_with_ids_wait_as_well(fresh_kernels, task):
    rng = np.random.default_rng(0)
    y, p, made = rng.integers(0, 2, (50, 3)), rng.random((50, 3)), f1core.Accumulator(task)
    y, p = {"binary": (y[:, 0], p[:, 0]), "multiclass": (y[:, 0], p)}.get(task, (y, p))
    made.update(y, p, sample_id=np.arange(50))
    assert made.compute().to_dict() == f1core.score(y, p, task=task).to_dict()
    rents = [*fresh_kernels.argmax._rents.values(), *fresh_kernels.decide._rents.values()]
    assert [0 < rent._spent < loader.COMPILE for rent in rents] == [True]


def test_a_fork_while_a_kernel_is_being_loaded_leaves_the_twin():
    assert job("fork_while_linking") == {"scores": jobs.expected(), "child": 0}
