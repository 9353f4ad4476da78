"""Compiled kernels kept on disk: loaded without Numba, and made anew where anything is odd."""

import os
import shutil
import sys
from hashlib import sha256

import jobs
import pytest
from jobs import job

pytest.importorskip("numba", exc_type=ImportError)
pytestmark = pytest.mark.skipif(
    bool({name for name in os.environ if name.startswith("NUMBA_")} - {"NUMBA_CACHE_DIR"})
    or sys.implementation.name != "cpython",
    reason="Numba is asked for something",
)


def labels_of(folder, **more):
    """Score labels in a fresh process; compiled where the folder keeps nothing that fits."""
    return job("labels", env={"NUMBA_CACHE_DIR": str(folder)}, **more)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A folder with object code of one kernel, and the numbers of the process that made it."""
    folder = tmp_path_factory.mktemp("kept")
    found = labels_of(folder)
    assert found["right"]
    assert found["compiler"]
    return folder


def object_code(folder):
    (file,) = folder.rglob("*.o")
    return file


def test_what_is_kept_is_loaded_without_numba(kept):
    before = object_code(kept).read_bytes()
    assert labels_of(kept) == {"right": True, "compiler": False}
    assert object_code(kept).read_bytes() == before


def signed(data):
    """A file whose checksum is right."""
    return data[:32] + sha256(data[64:]).digest() + data[64:]


DAMAGES = {
    "cut short": lambda data: data[:-100],
    "empty": lambda data: b"",
    "one bit": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "of another version": lambda data: bytes(32) + data[32:],
    "a missing function": lambda data: signed(data.replace(b'["', b'["no_such_function", "', 1)),
    "a folder": None,
}


@pytest.mark.parametrize("how", DAMAGES)
def test_what_is_damaged_or_foreign_is_made_again(kept, how, tmp_path):
    folder = tmp_path / "kept"
    shutil.copytree(kept, folder)
    file = object_code(folder)
    data = file.read_bytes()
    if how == "a folder":
        file.unlink()
        file.mkdir()
    else:
        damaged = DAMAGES[how](data)
        assert damaged != data
        file.write_bytes(damaged)
    assert labels_of(folder) == {"right": True, "compiler": True}
    assert how == "a folder" or object_code(folder).read_bytes()[:32] == data[:32]


@pytest.mark.parametrize("broken", ["making", "linking"])
def test_where_it_cannot_be_made_numba_is_called(broken, tmp_path):
    assert labels_of(tmp_path, broken=broken) == {"right": True, "compiler": True}


@pytest.mark.parametrize("first", ["C", "F"])
def test_code_is_that_of_rows_whichever_layout_came_first(first, tmp_path):
    """It is kept by dtypes alone, so code of a Fortran array must not read another's rows."""
    found = job("layouts", env={"NUMBA_CACHE_DIR": str(tmp_path)}, orders=first + "CFC")
    assert found == {"right": True}


def test_on_a_fresh_machine_a_little_work_compiles_nothing(tmp_path):
    """Batches, small batches of many classes, and rows with ids are counted by NumPy meanwhile."""
    found = job("waiting", env={"NUMBA_CACHE_DIR": str(tmp_path)})
    assert found == {"right": True, "loaded": True, "compiler": False}


def test_on_a_fresh_machine_a_large_batch_is_compiled_for_half_way(tmp_path):
    found = job("waiting", env={"NUMBA_CACHE_DIR": str(tmp_path)}, price=1e-6)
    assert found == {"right": True, "loaded": True, "compiler": True}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_while_a_kernel_is_being_loaded_leaves_numpy():
    assert job("fork_while_linking") == {"scores": jobs.expected(), "child": 0}
