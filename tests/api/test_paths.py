"""Every file counts once, and none is passed over in silence."""

import os

import numpy as np
import pytest

import f1core
from f1core import F1Error, files

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.parquet")
posix = pytest.mark.skipif(os.name != "posix", reason="links and devices of POSIX")

NAMED = {"target": "y", "probabilities": "p"}


def write(path, rows=10):
    path.parent.mkdir(parents=True, exist_ok=True)
    pa.parquet.write_table(
        pa.table({"y": [0, 1] * (rows // 2), "p": [0.1, 0.9] * (rows // 2)}), path
    )
    return path


@pytest.fixture
def preds(tmp_path):
    """Three files of ten rows: one in the folder, two in a folder of it."""
    folder = tmp_path / "preds"
    for name in ("a.parquet", "deep/b.parquet", "deep/deeper/c.parquet"):
        write(folder / name)
    return folder


@pytest.mark.parametrize("pattern", ["**", "**/*", "**/*.parquet", "**/**/*.parquet", "***/../**"])
def test_a_recursive_pattern_counts_every_file_once(preds, pattern):
    assert files.score(f"{preds}/{pattern}", **NAMED).total == 30


def test_overlapping_paths_count_every_file_once(preds):
    given = [preds, preds / "a.parquet", f"{preds}/*.parquet", f"{preds}/*", preds.parent]
    assert files.score(given, **NAMED).total == 30


@posix
def test_links_count_once_wherever_they_lead(preds):
    os.link(preds / "a.parquet", preds / "again.parquet")
    (preds / "also.parquet").symlink_to(preds / "a.parquet")
    (preds / "deep" / "round").symlink_to(preds)
    (preds / "round").symlink_to(preds / "deep")
    for given in (preds, f"{preds}/**", f"{preds}/**/*.parquet", preds / "round"):
        assert files.score(given, **NAMED).total == 30
    outside = write(preds.parent / "outside" / "d.parquet")
    (preds / "there").symlink_to(outside.parent)
    assert files.score(preds, **NAMED).total == 40


@pytest.mark.parametrize("given", ["", [""], ["a\0b"], "x" * 300, ["x" * 300 + "/*"], "\ud800"])
def test_names_that_are_no_path_are_refused(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.parquet")
    with pytest.raises(F1Error):
        files.score(given, **NAMED)


def test_what_a_folder_holds_is_read_or_named(preds):
    for name in ("notes.md", "deep/part-3.avro"):
        (preds / name).write_text("words")
    with pytest.raises(F1Error, match=r"preds holds what cannot be scored: deep/part-3\.avro, "):
        files.score(preds, **NAMED)
    assert files.score(f"{preds}/**/*.parquet", **NAMED).total == 30
    (preds / "notes.md").unlink()
    (preds / "deep" / "part-3.avro").unlink()


@posix
def test_a_link_to_nothing_is_refused(preds):
    (preds / "gone.parquet").symlink_to(preds / "nothing")
    with pytest.raises(F1Error, match=r"gone\.parquet is a link to nothing"):
        files.score(preds, **NAMED)


def test_hidden_files_and_markers_of_jobs_are_passed_over(preds):
    for name in ("_SUCCESS", "_metadata", "_common_metadata", ".a.parquet.crc", "a.parquet.sha256",
                 "SHA256SUMS", "deep/_SUCCESS", "_committed_123", ".hidden/x.avro"):  # fmt: skip
        (preds / name).parent.mkdir(exist_ok=True)
        (preds / name).write_text("not for us")
    assert files.score(preds, **NAMED).total == 30
    assert files.score(f"{preds}/*", **NAMED).total == 30
    write(preds / "_late.parquet")
    assert files.score(preds, **NAMED).total == 40
    (preds / "_temporary").mkdir()
    with pytest.raises(F1Error, match="_temporary: a job is still writing"):
        files.score(preds, **NAMED)


def test_endings_may_be_of_any_case(tmp_path):
    write(tmp_path / "a.PARQUET")
    (tmp_path / "b.Csv").write_text("y,p\n1,0.9\n")
    np.savez(tmp_path / "c.NPZ", y=np.array([1]), p=np.array([0.9]))
    os.rename(tmp_path / "c.NPZ.npz", tmp_path / "c.NPZ")
    assert files.score(tmp_path, **NAMED).total == 12


def test_a_folder_that_cannot_be_listed_is_refused(preds, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.listdir", denied)
    for given in (preds, f"{preds}/*", f"{preds}/**/*.parquet"):
        with pytest.raises(F1Error, match="preds cannot be read: Permission denied"):
            files.score(given, **NAMED)
    assert f1core.F1Error is F1Error


@posix
def test_a_device_is_no_file(tmp_path):
    with pytest.raises(F1Error, match="no ordinary file"):
        files.score("/dev/null", **NAMED)
