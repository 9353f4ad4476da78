"""Writing a state: where it goes, with which rights, and over what it never goes."""

import os
import stat

import pytest

from f1core import Accumulator, F1Error
from f1core.writing import write_whole

posix = pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")


def filled():
    made = Accumulator("multiclass", classes=3)
    made.update([0, 1, 2, 2], [0, 2, 2, 2])
    return made


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666, 0o755])
def test_an_older_file_keeps_its_mode(mode, tmp_path):
    path = tmp_path / "state"
    filled().save(path)
    path.chmod(mode)
    filled().save(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@posix
def test_a_new_file_has_the_mode_that_open_would_give_it(tmp_path):
    old = os.umask(0o027)
    try:
        filled().save(tmp_path / "state")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o640


@posix
def test_an_empty_file_made_for_it_is_filled_with_its_mode(tmp_path):
    path = tmp_path / "state"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    filled().save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Accumulator.load(path) == filled()


@posix
@pytest.mark.parametrize("there", [True, False])
def test_what_a_link_leads_to_is_written(there, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    target, link, far = tmp_path / "elsewhere" / "state", tmp_path / "link", tmp_path / "far"
    if there:
        filled().save(target)
    link.symlink_to("elsewhere/state")
    far.symlink_to(link)
    made = filled() + filled()
    made.save(far)
    assert far.is_symlink()
    assert link.is_symlink()
    assert Accumulator.load(target) == made
    assert os.listdir(target.parent) == ["state"]


@posix
def test_links_in_a_circle_are_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(F1Error, match="cannot be written"):
        filled().save(tmp_path / "a")
    with pytest.raises(F1Error, match="cannot be read"):
        Accumulator.load(tmp_path / "a")


@posix
def test_devices_pipes_and_folders_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/null")
    for path in (tmp_path / "pipe", tmp_path / "device", "/dev/null"):
        with pytest.raises(F1Error, match="no ordinary file"):
            filled().save(path)
        with pytest.raises(F1Error, match="cannot be read: it is no ordinary file"):
            Accumulator.load(path)
    with pytest.raises(F1Error, match="is a folder"):
        filled().save(tmp_path)
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)


def test_a_file_of_another_kind_is_left_alone_unless_forced(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("y,p\n0,0.2\n")
    with pytest.raises(F1Error, match="exists and is no f1core state"):
        filled().save(path)
    assert path.read_text() == "y,p\n0,0.2\n"
    filled().save(path, force=True)
    assert Accumulator.load(path) == filled()


@pytest.mark.parametrize("step", ["os.fsync", "os.replace", "os.fdopen"])
def test_an_interrupt_leaves_the_older_file_and_nothing_else(step, tmp_path, monkeypatch):
    path = tmp_path / "state"
    filled().save(path)

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            (filled() + filled()).save(path)
    assert os.listdir(tmp_path) == ["state"]
    assert Accumulator.load(path) == filled()


@posix
def test_a_write_within_a_write_of_the_same_file_is_whole(tmp_path, monkeypatch):
    """A signal handler saves while its thread saves: each has a temporary file of its own."""
    sync, calls = os.fsync, []

    def handler(place):
        if not calls:
            calls.append(1)
            write_whole(tmp_path / "file", b"inner")
        sync(place)

    monkeypatch.setattr(os, "fsync", handler)
    write_whole(tmp_path / "file", b"outer")
    assert (tmp_path / "file").read_bytes() == b"outer"
    assert os.listdir(tmp_path) == ["file"]
