"""Folders that kernels are kept in: this user's own, and never relative to where one stands."""

import os
from pathlib import Path

import pytest
from inside import kernels

from f1core.backends.numba import object_cache

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no owners on this system")


@pytest.fixture
def fresh(monkeypatch):
    """The environment without any wish for a folder, and nothing remembered of it."""
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    remembered = object_cache.folders, object_cache.kept_by_numba
    for function in remembered:
        function.cache_clear()
    yield monkeypatch
    for function in remembered:
        function.cache_clear()


@pytest.mark.parametrize("name", ["NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"])
@pytest.mark.parametrize("value", ["cache", ".", "", "../there"])
def test_a_relative_folder_is_not_used(name, value, fresh, tmp_path):
    fresh.chdir(tmp_path)
    fresh.setenv(name, value)
    for folder in object_cache.folders():
        assert folder.is_absolute()
        assert tmp_path not in folder.parents
    if name == "NUMBA_CACHE_DIR" and value:
        assert object_cache.folders() == []
        assert not object_cache.kept_by_numba()


def test_without_a_home_nothing_lies_in_the_working_folder(fresh, tmp_path):
    fresh.chdir(tmp_path)
    fresh.delenv("HOME", raising=False)
    fresh.setattr(os.path, "expanduser", lambda path: path)  # nobody in the list of users
    assert object_cache.folders() == [object_cache.HERE / "__pycache__"]


def test_a_folder_of_this_user_is_trusted(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir(mode=0o700)
    assert object_cache.trusted(folder)
    (tmp_path / "link").symlink_to(folder)
    assert object_cache.trusted(tmp_path / "link")


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_can_write_is_not(mode, tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(mode)
    assert not object_cache.trusted(folder)


def test_a_folder_in_one_that_everybody_can_rename_things_in_is_not(tmp_path):
    folder = tmp_path / "open" / "own"
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    folder.parent.chmod(0o777)
    assert not object_cache.trusted(folder)
    folder.parent.chmod(0o1777)  # as /tmp is
    assert object_cache.trusted(folder)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
def test_a_folder_or_file_of_somebody_else_is_not(fresh, tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    assert not object_cache.trusted(folder)
    os.chown(folder, 0, 0)
    fresh.setattr(object_cache, "folders", lambda: [folder])
    object_cache.write("name", b"code")
    assert object_cache.read("name") == b"code"
    (file,) = folder.iterdir()
    os.chown(file, 12345, 12345)
    with pytest.raises(LookupError):
        object_cache.read("name")


def test_what_others_could_have_written_is_not_read(fresh, tmp_path):
    folder = tmp_path / "kept"
    fresh.setattr(object_cache, "folders", lambda: [folder])
    object_cache.write("name", b"code")
    assert object_cache.read("name") == b"code"
    assert folder.stat().st_mode & 0o777 == 0o700
    (file,) = folder.iterdir()
    file.chmod(0o666)
    with pytest.raises(LookupError):
        object_cache.read("name")
    file.chmod(0o600)
    assert object_cache.read("name") == b"code"
    aside = file.rename(tmp_path / "aside")
    file.symlink_to(aside)
    with pytest.raises(LookupError):
        object_cache.read("name")
    folder.chmod(0o777)
    file.unlink()
    object_cache.write("name", b"code")
    assert list(folder.iterdir()) == []


def test_the_folder_beside_the_code_is_known_by_its_whole_path():
    assert all(Path(folder).is_absolute() for folder in object_cache.folders())


def test_a_cached_kernel_is_asked_for_all_the_code_it_was_made_from():
    """Numba alone would look at the kernel's own file only."""
    pytest.importorskip("numba", exc_type=ImportError)
    compiled = kernels().argmax.numba()
    if not hasattr(compiled, "signatures"):
        pytest.skip("nothing is compiled")
    assert compiled._cache._cache_file._source_stamp == object_cache.sources()
