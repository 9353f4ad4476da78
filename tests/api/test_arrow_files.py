"""Arrow files are read, not mapped, and a batch of any size takes little memory."""

import os

import numpy as np
import pytest
from same import same_bits

import f1core
from f1core import F1Error, files

pa = pytest.importorskip("pyarrow")
ROWS = 5_000


@pytest.fixture(params=[False, True], ids=["whole", "sparse"])
def sparse(request, monkeypatch):
    """Whether batches are read whole, or only the bytes that some rows need."""
    if request.param:
        monkeypatch.setattr("f1core.io.arrow_files._LARGE", 0)
        monkeypatch.setattr("f1core.io.arrow_files._WHOLE", 2_000)
        monkeypatch.setattr("f1core.io.batches._BYTES", 30_000)
    return request.param


def columns():
    """Columns of every kind that is laid out in a way of its own, less the first three rows."""
    rng = np.random.default_rng(0)
    scores = (rng.integers(0, 64, (ROWS, 3)) / 64).astype("f4")
    true = rng.integers(0, 3, ROWS)
    words = pa.array(np.array(["ant", "bee", "cat"])[true])
    flat = pa.array(scores.ravel())
    return true, scores, {
        "y": pa.array(true), "words": words, "large": words.cast(pa.large_string()),
        "codes": words.dictionary_encode(), "flag": pa.array(true > 0),
        "money": pa.array(true).cast(pa.decimal128(38, 0)),
        "p": pa.FixedSizeListArray.from_arrays(flat, 3),
        "list": pa.ListArray.from_arrays(np.arange(0, 3 * ROWS + 1, 3, dtype="i4"), flat),
        **{f"p_{i}": pa.array(scores[:, i]) for i in range(3)},
    }  # fmt: skip


@pytest.mark.parametrize("form", ["file", "stream", "packed"])
@pytest.mark.parametrize("scores", ["p", "list", "p_*"])
@pytest.mark.parametrize("target", ["y", "words", "large", "codes", "money"])
def test_one_large_batch_gives_the_integers_of_the_arrays(tmp_path, sparse, form, scores, target):
    true, array, found = columns()
    options = pa.ipc.IpcWriteOptions(compression="lz4" if form == "packed" else None)
    make = pa.ipc.new_stream if form == "stream" else pa.ipc.new_file
    table = pa.table(found)
    with make(tmp_path / "a.arrow", table.schema, options=options) as file:
        file.write_table(table)
    names = ["ant", "bee", "cat"]
    words = target in ("words", "large", "codes")
    classes = names if words and scores != "p_*" else [0, 1, 2]
    if words and scores == "p_*":
        renamed = [f"p_{names[int(n[2:])]}" if n[1:2] == "_" else n for n in table.column_names]
        table = table.rename_columns(renamed)
        with make(tmp_path / "a.arrow", table.schema, options=options) as file:
            file.write_table(table)
        classes = names
    got = files.score(tmp_path / "a.arrow", target=target, probabilities=scores, classes=classes)
    expected = np.array(names)[true] if words else true
    same_bits(got, f1core.score(expected, array, classes=classes))


def test_booleans_and_nulls_of_a_large_batch(tmp_path, sparse):
    true, scores, found = columns()
    held = scores[:, 0].astype("f8")
    table = pa.table({"y": found["flag"], "p": held})
    with pa.ipc.new_file(tmp_path / "a.arrow", table.schema) as file:
        file.write_table(table)
    named = {"target": "y", "probabilities": "p"}
    same_bits(files.score(tmp_path / "a.arrow", **named), f1core.score(true > 0, held))
    table = pa.table({"y": found["flag"], "p": pa.array([*held[:-1], None])})
    with pa.ipc.new_file(tmp_path / "a.arrow", table.schema) as file:
        file.write_table(table)
    with pytest.raises(F1Error, match=f"column p is null at row {ROWS - 1}"):
        files.score(tmp_path / "a.arrow", **named)


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path, sparse):
    _, _, found = columns()
    table = pa.table({"y": found["flag"], "p": found["p_0"]})
    with pa.ipc.new_file(tmp_path / "a.arrow", table.schema) as file:
        for _ in range(20):
            file.write_table(table)

    def cut(name, rows):
        os.truncate(tmp_path / "a.arrow", 1_000)

    with pytest.raises(F1Error, match=r"a\.arrow"):
        files.accumulate(tmp_path / "a.arrow", target="y", probabilities="p", progress=cut)
