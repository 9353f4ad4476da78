"""Results are never written onto an input, nor onto a file of another kind."""

import os

import numpy as np
import pytest

import f1core
from f1core import F1Error
from f1core.cli import main
from f1core.writing import check_target

ROWS = "y,p\n0,0.2\n1,0.9\n1,0.3\n0,0.7\n"


@pytest.fixture
def mine(tmp_path):
    pytest.importorskip("pyarrow.csv")
    (tmp_path / "mine.csv").write_text(ROWS)
    return tmp_path / "mine.csv"


def refused(capsys, *arguments):
    assert main([str(argument) for argument in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    return err


def score(path, *more):
    return ("score", path, "--target", "y", "--probabilities", "p", *more)


def test_save_never_replaces_an_input(capsys, mine):
    link, hard = mine.with_name("link"), mine.with_name("hard")
    link.symlink_to(mine)
    os.link(mine, hard)
    for target in (mine, link, hard):
        for forced in ([], ["--force"]):
            err = refused(capsys, *score(mine, "--save", target, *forced))
            assert f"--save {target} is one of the inputs; name another\n" in err
            assert mine.read_text() == ROWS


@pytest.mark.parametrize(
    "held", [ROWS.encode(), b"PK\x03\x04 some archive", b"\x89PNG\r\n\x1a\n.."]
)
def test_save_never_replaces_a_file_of_another_kind(capsys, mine, held):
    other = mine.with_name("other")
    other.write_bytes(held)
    assert "exists and is no f1core state" in refused(capsys, *score(mine, "--save", other))
    np.savez(other.with_suffix(".npz"), y=np.zeros(3))
    err = refused(capsys, *score(mine, "--save", other.with_suffix(".npz")))
    assert "is no f1core state" in err
    assert other.read_bytes() == held
    assert main([str(a) for a in score(mine, "--save", other, "--force")]) == 0
    assert f1core.Accumulator.load(other).total == 4


def test_save_is_refused_before_the_work_starts(capsys, mine):
    mine.write_text("not a row")
    assert "is one of the inputs" in refused(capsys, *score(mine, "--save", mine))
    err = refused(capsys, *score(mine, "--save", mine.parent / "nowhere" / "state.npz"))
    assert "cannot be written: there is no folder" in err
    assert "is a folder" in refused(capsys, *score(mine, "--save", mine.parent))


def test_states_and_empty_files_may_be_replaced(mine):
    state = mine.with_name("state.npz")
    state.touch()
    for _ in range(2):
        assert main([str(a) for a in score(mine, "--save", state)]) == 0
    assert f1core.Accumulator.load(state).total == 4


def test_merge_never_replaces_what_it_adds_up(capsys, mine):
    for name in ("1.npz", "2.npz"):
        assert main([str(a) for a in score(mine, "--save", mine.with_name(name))]) == 0
    one, two = mine.with_name("1.npz"), mine.with_name("2.npz")
    capsys.readouterr()
    assert "is one of the inputs" in refused(capsys, "merge", one, two, "--save", two)
    assert f1core.Accumulator.load(two).total == 4


def test_a_picture_replaces_a_picture_of_its_kind_alone(capsys, mine):
    pytest.importorskip("matplotlib").use("Agg")
    picture = mine.with_name("picture.png")
    command = ("plot", mine, "--target", "y", "--probabilities", "p", "--kind", "threshold")
    for _ in range(2):
        assert main([str(a) for a in (*command, "--output", picture)]) == 0
    capsys.readouterr()
    assert "is one of the inputs" in refused(capsys, *command, "--output", mine)
    picture.write_text("my notes")
    err = refused(capsys, *command, "--output", picture)
    assert "--output" in err and "exists and is no png picture" in err
    assert picture.read_text() == "my notes"


@pytest.mark.skipif(os.name != "posix", reason="devices of POSIX")
def test_a_device_is_no_target():
    with pytest.raises(F1Error, match="no ordinary file"):
        check_target("/dev/null", force=True)


def test_what_is_no_path_is_no_target():
    for odd in (b"\xff", 5, "", ".", "a\0b", "x" * 300):
        with pytest.raises(F1Error):
            check_target(odd)
