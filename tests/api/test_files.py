"""Files, frames and streams give the integers of score() in memory, however they are cut."""

import gzip
import io
import os
import threading
import zipfile
from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from same import close, same_bits

import f1core
from f1core import F1Error, files

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.parquet")
pytest.importorskip("pyarrow.csv")

NAMES = ["ant", "bee", "cat"]


def write(table, path):
    """A table in the format of the path's ending."""
    if path.suffix == ".parquet":
        pa.parquet.write_table(table, path, row_group_size=7)
    elif path.suffix == ".csv":
        pa.csv.write_csv(table, path)
    elif path.suffix == ".npz":
        found = {name: table[name].to_numpy() for name in table.column_names}
        texts = {
            name: array.astype(str) for name, array in found.items() if array.dtype == object
        }  # strings
        np.savez(path, **{**found, **texts})
    else:
        kind = pa.ipc.new_file if path.suffix == ".arrow" else pa.ipc.new_stream
        with kind(path, table.schema) as file:
            file.write_table(table, max_chunksize=5)
    return path


FORMATS = [".parquet", ".arrow", ".ipc", ".csv", ".npz"]


@st.composite
def columns(draw):
    """Truth, scores, weights and groups of up to 30 rows, and where the files are cut."""
    n = draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    task = draw(st.sampled_from(["binary", "multiclass", "multilabel", "labels", "strings"]))
    dtype = draw(st.sampled_from(["f4", "f8"]))
    scores = (rng.integers(0, 5, (n, 3)) / 4).astype(dtype)
    true = rng.integers(0, 3, n)
    if task == "binary":
        true, scores = true > 0, scores[:, 0]
    elif task == "multilabel":
        true = (scores > rng.random((n, 3))).astype("i8")
    elif task in ("labels", "strings"):
        scores = rng.integers(0, 3, n)
        if task == "strings":
            true, scores = np.array(NAMES)[true], np.array(NAMES)[scores]
    groups = np.array(["x", "y"])[rng.integers(0, 2, n)]
    cuts = draw(st.lists(st.integers(0, n), max_size=3).map(sorted))
    return task, true, scores, rng.integers(0, 4, n), groups, [0, *cuts, n]


def as_table(true, scores, weights, groups):
    found = {"w": weights, "g": groups}
    found |= {"y": true} if true.ndim == 1 else {f"y_{i}": true[:, i] for i in range(3)}
    found |= {"p": scores} if scores.ndim == 1 else {f"p_{i}": scores[:, i] for i in range(3)}
    return pa.table(found)


@pytest.mark.parametrize("ending", FORMATS)
@settings(max_examples=25)
@given(columns())
def test_any_cut_into_files_gives_the_integers_of_the_whole(tmp_path_factory, ending, drawn):
    task, true, scores, weights, groups, edges = drawn
    folder = tmp_path_factory.mktemp("parts")
    for part, (a, b) in enumerate(pairwise(edges)):
        table = as_table(true[a:b], scores[a:b], weights[a:b], groups[a:b])
        if ending != ".csv" or b > a:  # an empty CSV has no types
            write(table, folder / f"{part}{ending}")
    named = {"target": "y*", "probabilities": "p*"}
    options = {"task": "multilabel"} if task == "multilabel" else {}
    if task == "labels" and ending == ".csv" and len(edges) > 2:
        options["task"] = "multiclass"
    known = {} if scores.ndim == 1 else {"classes": [0, 1, 2]}
    if task == "multilabel":
        known = {"classes": ["_0", "_1", "_2"]}  # what the patterns' `*` stands for
    for weighted in (False, True):
        if weighted and not weights.any():
            continue
        extra = {"sample_weight": "w"} if weighted else {}
        weight = {"sample_weight": weights} if weighted else {}
        expected = f1core.score(true, scores, **options, **known, **weight)
        same = close if weighted else same_bits  # weighted sums round, a batch after the other
        same(files.score(folder, **named, **options, **extra), expected)
    by = files.score(folder, **named, group="g", **options)
    assert list(by) == sorted(set(groups.tolist()))
    for group, found in by.items():
        rows = groups == group
        kind = expected.task
        exact = f1core.score(true[rows], scores[rows], task=kind, **known)
        same_bits(found, exact)


@pytest.mark.parametrize("kind", ["list", "large", "fixed", "dictionary", "half", "view", "money"])
def test_columns_of_every_arrow_type(kind):
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 50)
    scores = (rng.integers(0, 64, (50, 3)) / 64).astype("f4")
    expected = f1core.score(true, scores)
    target, probabilities = pa.array(true), pa.array(list(scores))
    if kind == "large":
        probabilities = probabilities.cast(pa.large_list(pa.float32()))
    elif kind == "fixed":
        probabilities = probabilities.cast(pa.list_(pa.float32(), 3))
    elif kind == "half":
        probabilities = pa.array(list(scores.astype("f2")))
    elif kind == "money":
        probabilities, target = None, target.cast(pa.decimal128(38, 0))
        several = [pa.array(scores[:, i]).cast(pa.decimal128(10, 6)) for i in range(3)]
    elif kind in ("dictionary", "view"):
        target = pa.array(np.array(NAMES)[true])
        view = getattr(pa, "string_view", pa.large_string)()
        target = target.dictionary_encode() if kind == "dictionary" else target.cast(view)
        expected = f1core.score(np.array(NAMES)[true], scores, classes=NAMES)
    classes = NAMES if kind in ("dictionary", "view") else None
    if probabilities is None:
        table = pa.table({"y": target, **{f"p_{i}": c for i, c in enumerate(several)}})
        found = files.score(table, target="y", probabilities="p_*", classes=3)
    else:
        table = pa.table({"y": target, "p": probabilities})[3:]
        table = pa.concat_tables([pa.table({"y": target, "p": probabilities})[:3], table])
        found = files.score(
            iter(table.to_batches()), target="y", probabilities="p", classes=classes
        )
    same_bits(found, expected)


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("packed", ["npy", "npz", "deflated"])
def test_arrays_on_disk_in_both_orders(tmp_path, order, packed, monkeypatch):
    monkeypatch.setattr("f1core.io.batches._BYTES", 200)  # some rows a batch
    rng = np.random.default_rng(0)
    true, scores = rng.integers(0, 4, 60), np.asarray(rng.random((60, 4), "f4"), order=order)
    if packed == "npy":
        np.save(tmp_path / "scores.npy", scores)
        np.save(tmp_path / "truth.npy", true)
        target, path = str(tmp_path / "truth.npy"), tmp_path / "scores.npy"
    else:
        path, target = tmp_path / "both.npz", "y"
        keep = np.savez if packed == "npz" else np.savez_compressed
        keep(path, y=true, y_prob=scores, other=np.array([{}], dtype=object))
    same_bits(files.score(path, target=target), f1core.score(true, scores))


@pytest.mark.parametrize("what", ["dataset", "reader", "table", "batches", "generator", "pandas",
                                  "polars", "lazy", "duckdb", "sink"])  # fmt: skip
def test_frames_and_streams(tmp_path, what):
    rng = np.random.default_rng(0)
    true, scores = rng.integers(0, 3, 500), rng.random((500, 3))
    table = pa.table({"y y": true, **{f'p"{i}': scores[:, i] for i in range(3)}})
    if what == "dataset":
        pytest.importorskip("pyarrow.dataset")
        pa.parquet.write_table(table, tmp_path / "a.parquet")
        rows = pa.dataset.dataset(tmp_path)
    elif what in ("lazy", "sink", "polars"):
        pl = pytest.importorskip("polars")
        rows = pl.from_arrow(table)
        if what != "polars" and not hasattr(pl.LazyFrame, "collect_batches"):
            pytest.skip("this polars hands out no batches")
        if what == "lazy":
            rows = rows.lazy().filter(pl.col("y y") >= 0)
        elif what == "sink":
            pa.parquet.write_table(table, tmp_path / "a.parquet")
            rows = pl.scan_parquet(tmp_path / "a.parquet")
    elif what == "duckdb":
        duckdb = pytest.importorskip("duckdb")
        rows = duckdb.connect().from_arrow(table)
    elif what == "pandas":
        rows = pytest.importorskip("pandas").DataFrame(table.to_pandas())
    else:
        rows = {
            "reader": table.to_reader(7), "table": table, "batches": table.to_batches(9),
            "generator": (batch for batch in table.to_batches(11)),
        }[what]  # fmt: skip
    found = files.score(rows, target="y y", probabilities='p"*')
    same_bits(found, f1core.score(true, scores))


def test_columns_come_in_the_order_of_the_first_file(tmp_path):
    rng = np.random.default_rng(0)
    true, scores = rng.integers(0, 3, 40), rng.random((40, 3))
    one = as_table(true, scores, true, true)
    pa.parquet.write_table(one, tmp_path / "1.parquet")
    pa.parquet.write_table(one.select(one.column_names[::-1]), tmp_path / "2.parquet")
    found = files.score(tmp_path, target="y", probabilities="p_*")
    same_bits(found, f1core.score(np.tile(true, 2), np.tile(scores, (2, 1))))
    named = files.score(tmp_path, target="y", probabilities="p_*", classes=[2, 0, 1])
    order = f1core.score(true, scores[:, [2, 0, 1]], classes=[2, 0, 1])
    assert named.accuracy == order.accuracy == found.accuracy


def test_a_rare_class_written_as_whole_zeros_is_a_column_of_scores(tmp_path):
    lines = ["y,p_0,p_1", *["0,0.5,0"] * 200_000, "1,0.25,0.75"]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    assert files.score(tmp_path, target="y", probabilities="p_*").accuracy == 1.0


def test_folders_leave_out_what_other_programs_hide(tmp_path):
    write(pa.table({"y": [0, 1], "p": [0.1, 0.9]}), tmp_path / "a.parquet")
    for name in ("_metadata.parquet", ".a.parquet"):
        (tmp_path / name).write_bytes(b"not for us")
    (tmp_path / "inner.parquet").mkdir()
    write(pa.table({"y": [0, 1], "p": [0.1, 0.9]}), tmp_path / "inner.parquet" / "b.parquet")
    assert files.score(tmp_path, target="y", probabilities="p").total == 4


def refused(words, paths, **options):
    with pytest.raises(F1Error) as caught:
        files.score(paths, **{"target": "y", "probabilities": "p*", **options})
    for word in words if isinstance(words, tuple) else (words,):
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


SOUND = pa.table({"y": [0, 1, 1], "p": [0.1, 0.9, 0.3]})


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".ipc", ".csv"])
def test_a_null_is_named_by_column_and_row(tmp_path, ending):
    many = pa.concat_tables([SOUND] * 5)
    broken = pa.concat_tables([many, pa.table({"y": [1, 0], "p": [0.5, None]})])
    path = write(broken, tmp_path / f"a{ending}")
    refused((str(path), "column p is null at row 16"), path)


def test_no_thread_outlives_a_refusal(tmp_path):
    write(pa.concat_tables([pa.table({"y": [0, 9], "p": [0.5, 0.5]})] * 9), tmp_path / "a.arrow")
    with pytest.raises(F1Error, match="the labels are 0 and 9") as caught:
        files.score(tmp_path / "a.arrow", target="y", probabilities="p", task="binary")
    assert caught.tb is not None  # which keeps all generators alive
    assert not [t for t in threading.enumerate() if t.name.startswith("f1core-ahead")]


def test_wrong_values_are_named_by_row_of_their_file(tmp_path):
    many = pa.concat_tables([SOUND] * 5)
    write(many, tmp_path / "a.parquet")
    wrong = pa.concat_tables([many, pa.table({"y": [1, 0], "p": [0.5, 1.5]})])
    path = write(wrong, tmp_path / "b.arrow")
    refused(("b.arrow: probabilities is 1.5 at row 16", "from_logits"), tmp_path)
    refused("row 16", path, group="y")
    wrong = pa.concat_tables([many, pa.table({"y": [1, 7], "p": [0.5, 0.5]})])
    write(wrong, path)
    refused("b.arrow: target is 7 at row 16", tmp_path)


def test_lists_that_are_no_rows(tmp_path):
    for lists, words in {
        ((0.5, 0.5), (0.5,)): ("different lengths: 2 numbers at row 0, 1 at row 1"),
        ((0.5, 0.5), None): ("column p is null at row 1"),
        ((0.5, 0.5), (0.5, None)): ("column p is null at row 1"),
    }.items():
        refused(words, pa.table({"y": [0, 1], "p": pa.array(lists, pa.list_(pa.float64()))}))
    refused("struct", pa.table({"y": [0, 1], "p": [{"a": 0.5}, {"a": 0.5}]}))
    refused("datetime64", pa.table({"y": [0, 1], "p": pa.array([1, 2], pa.timestamp("s"))}))


def test_what_cannot_be_found(tmp_path):
    refused("holds no file", tmp_path)
    refused("paths is empty", [])
    for odd in (5, None, [None], {"y": [1]}, b"a.parquet", [5, "a.csv"]):
        refused(("no path, no frame" if odd != {"y": [1]} else "y does not exist",), odd)
    path = write(SOUND, tmp_path / "a.parquet")
    refused((str(path), "did you mean 'y'"), path, target="yy")
    refused("no column 'v' in", path, sample_weight="v")
    refused("sample_weight is array", path, sample_weight=np.ones(3))
    refused("no column 'v' in", path, group="v")
    refused("leaves no column", path, probabilities="y")
    refused("target names no column", path, target=[])
    refused(("treshold=", "did you mean threshold=?"), path, treshold=0.5)
    refused("there are no rows", write(SOUND[:0], tmp_path / "none.parquet"))
    if getattr(os, "getuid", int)():  # root may read everything
        path.chmod(0)
        refused((str(path), "ermission"), path)


def test_files_of_other_columns(tmp_path):
    first = pa.table({"y": [0, 1], "p_a": [0.1, 0.9], "p_b": [0.9, 0.1]})
    write(first, tmp_path / "1.parquet")
    write(first.rename_columns(["y", "p_a", "p_c"]), tmp_path / "2.parquet")
    refused(("2.parquet", "'b' is not here"), tmp_path, probabilities="p_*")
    twice = pa.table([[0, 1], [0.1, 0.9], [0.9, 0.1]], ["y", "p_a", "p_a"])
    refused("there are 2 columns 'p_a'", write(twice, tmp_path / "3.arrow"))


def test_a_file_that_goes_away_meanwhile(tmp_path):
    write(SOUND, tmp_path / "a.parquet")
    gone = write(SOUND, tmp_path / "b.csv")
    given = [tmp_path / "a.parquet", gone]

    def progress(name, rows):
        gone.unlink(missing_ok=True)

    many = [write(SOUND, tmp_path / f"{part}.parquet") for part in range(5)]
    with pytest.raises(F1Error, match=r"b\.csv (cannot be read|does not exist)"):
        files.accumulate([*many, *given], target="y", probabilities="p", progress=progress)


def test_damage(tmp_path):
    parquet = write(pa.concat_tables([SOUND] * 50), tmp_path / "a.parquet").read_bytes()
    arrow = write(pa.concat_tables([SOUND] * 50), tmp_path / "a.arrow").read_bytes()
    (tmp_path / "a.csv").write_text("y,p\n0,0.5\n1,0.5,0.7\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "word.csv").write_text("y,p\n0,0.5\n" + "1,0.5\n" * 300_000 + "1,often\n")
    buffer = io.BytesIO()
    np.savez(buffer, y=np.zeros(1000, int), p=np.zeros(1000))
    for name, data in {
        "half.parquet": parquet[: len(parquet) // 2], "half.arrow": arrow[: len(arrow) // 2],
        "none.parquet": b"", "none.arrow": b"", "none.npy": b"", "none.npz": b"",
        "half.npz": buffer.getvalue()[:9000],
        "flip.npz": buffer.getvalue().replace(b"\0" * 16, b"\0" * 15 + b"\1", 1),
        "zip.npz": gzip.compress(parquet),
        "flip.parquet": parquet.replace(parquet[100:120], b"\xff" * 20, 1),
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(data)
        refused(str(tmp_path / name), tmp_path / name)
    for name in ("a.csv", "empty.csv", "word.csv"):
        refused(str(tmp_path / name), tmp_path / name)
    np.save(tmp_path / "short.npy", np.zeros((100, 2)))
    short = (tmp_path / "short.npy").read_bytes()
    (tmp_path / "short.npy").write_bytes(short[:-1])
    np.save(tmp_path / "truth.npy", np.zeros(100))
    refused("its header promises 100 rows", tmp_path / "short.npy",
            target=str(tmp_path / "truth.npy"), probabilities=None)  # fmt: skip
    forged = np.lib.format.magic(1, 0) + b"\x76\0"
    forged += (
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (300000000, 1), }".ljust(117) + b"\n"
    )
    (tmp_path / "forged.npy").write_bytes(forged)
    refused("promises 300,000,000 rows", tmp_path / "forged.npy", target="0", probabilities=None)
    for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(tmp_path / "forged.npz", "w", packing) as archive:
            archive.writestr("y.npy", forged)
        refused("promises 300,000,000 rows", tmp_path / "forged.npz")
    np.save(tmp_path / "cube.npy", np.zeros((2, 2, 2)))
    refused("", tmp_path / "cube.npy", target=str(tmp_path / "truth.npy"), probabilities=None)
    with zipfile.ZipFile(tmp_path / "odd.npz", "w") as archive:
        archive.writestr("y.npy", b"no array")
    refused("odd.npz", tmp_path / "odd.npz")
    np.savez(tmp_path / "uneven.npz", y=np.zeros(3), p=np.zeros(4))
    refused("different lengths: y 3, p 4", tmp_path / "uneven.npz")
    np.savez(tmp_path / "object.npz", y=np.zeros(1), p=np.array([{}], dtype=object))
    refused("Python objects", tmp_path / "object.npz")


def test_a_file_of_the_truth_is_no_predictions(tmp_path):
    np.save(tmp_path / "truth.npy", np.array([0, 1, 1]))
    np.save(tmp_path / "scores.npy", np.array([0.2, 0.3, 0.9]))
    target = str(tmp_path / "truth.npy")
    assert files.score(tmp_path / "scores.npy", target=target).total == 3
    for paths in (tmp_path, f"{tmp_path}/*.npy", target):
        refused("truth.npy: it is the target", paths, target=target, probabilities=None)


def test_columns_may_have_any_name(tmp_path):
    for name in ("p_²", "p_٣", "p_" + "x" * 300, "p_'\"", "p_\x1b[31m"):
        table = pa.table({"y": [0, 1], name: [0.9, 0.2], "p_1": [0.1, 0.8]})
        write(table, tmp_path / "a.parquet")
        with suppress(F1Error):
            files.score(tmp_path / "a.parquet", target="y", probabilities="p_*")
        assert files.score(tmp_path / "a.parquet", target="y", probabilities=name).accuracy == 0.0


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("{'descr': '<i8', 'fortran_order': False, 'shape': ('a',), }", "cannot be read: shape is"),
        ("{'descr': '<i8', 'fortran_order': False, 'shape': (-5,), }", "it holds no array of rows"),
        (
            "{'descr': 'zz', 'fortran_order': False, 'shape': (2,), }",
            "cannot be read: descr is not",
        ),
        ("{", "cannot be read"),
        ("{'descr': '<i8', 'fortran_order': False, 'shape': (99,), }", "promises 99 rows"),
    ],
)
def test_a_damaged_npy_is_named_whether_it_is_truth_or_scores(tmp_path, header, words):
    bad, good = tmp_path / "bad.npy", tmp_path / "good.npy"
    np.save(good, np.array([0.1, 0.9]))
    size = len(header).to_bytes(2, "little")
    bad.write_bytes(b"\x93NUMPY\x01\x00" + size + header.encode())
    for scores, truth in ((good, bad), (bad, good)):
        with pytest.raises(F1Error, match=f"bad.npy:? .*{words}"):
            files.score(scores, target=str(truth))


def test_resamples_of_files_are_the_same_each_time(tmp_path, run):
    rng = np.random.default_rng(1)
    lines = [f"{y},{p:.3f},{w}" for y, p, w in zip(*rng.random((3, 50)).round(), strict=True)]
    (tmp_path / "a.csv").write_text("y,p,w\n" + "\n".join(lines))
    asked = {"target": "y", "probabilities": "p", "sample_weight": "w", "resamples": 50}
    once, again, other = (
        files.score(tmp_path / "a.csv", task="binary", pos_label=1.0, **asked, **more).interval(
            "f1"
        )
        for more in ({}, {}, {"seed": 7})
    )
    assert once == again != other


@pytest.mark.parametrize("kind", ["frame", "csv", "parquet", "jsonl", "npz"])
def test_one_column_of_a_multilabel_task_is_a_matrix_of_one_label(tmp_path, kind):
    rows = pytest.importorskip("pandas").DataFrame(
        {"true_x": [0, 1, 1], "p_x": [0.2, 0.3, 0.9], "g": [1, 1, 2]}
    )
    expected = f1core.score(rows[["true_x"]], rows[["p_x"]], task="multilabel")
    path = tmp_path / f"f.{kind}"
    {
        "frame": lambda: None,
        "csv": lambda: rows.to_csv(path, index=False),
        "parquet": lambda: rows.to_parquet(path),
        "jsonl": lambda: rows.to_json(path, orient="records", lines=True),
        "npz": lambda: np.savez(path, **rows),
    }[kind]()
    path = rows if kind == "frame" else path
    for target, probabilities in (("true_*", "p_*"), (["true_x"], ["p_x"]), ("true_x", "p_x")):
        names = {"target": target, "probabilities": probabilities, "task": "multilabel"}
        found = files.score(path, **names)
        assert found.to_dict(per_class=True) == expected.to_dict(per_class=True)
        assert files.score(path, **names, classes=["x"]).classes == ["x"]
        assert files.score(path, **names, threshold=[0.25]).micro.f1 == 1.0
        assert files.score(path, **names, top_k=1).micro.recall == 1.0
        assert files.score(path, **names, group="g")[2].micro.f1 == 1.0
        assert [row.row for row in files.rows(path, **names, label=0, outcome="fn")] == [1]
        assert files.read(path, **names).true.shape == (3, 1)
        same = files.compare(path, path, **names, resamples=20)
        assert same.metrics["f1_micro"].a == expected.micro.f1


def test_text_in_the_only_column_of_a_multilabel_task_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("y,p\n1,0.5\nb,0.2\n")
    with pytest.raises(F1Error, match="column y is 'b' at row 1, no number"):
        files.score(tmp_path / "a.csv", target="y", probabilities="p", task="multilabel")
    lists = pytest.importorskip("pandas").DataFrame(
        {"y": [["a"], [], ["a"]], "p": [["a"], ["a"], []]}
    )
    asked = {"target": "y", "probabilities": "p", "task": "multilabel", "classes": ["a", "b"]}
    assert files.score(lists, **asked).micro.f1 == 0.5
