"""The rows behind a cell of the confusion matrix: of arrays, files, frames and streams."""

import gzip
import json
from itertools import pairwise

import numpy as np
import pytest
import tasks
from hypothesis import given, settings
from hypothesis import strategies as st

import f1core
from f1core import F1Error, files, score
from f1core.errors import UnknownOption
from f1core.found_rows import DECIDING

NAMES = ["ant", "bee", "cat"]
OUTCOMES = ("tp", "fp", "fn", "tn")


# ---- arrays ------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{}, {"task": "binary"}])
def test_both_classes_of_a_binary_task_are_there_though_no_row_has_one(more):
    for seen, other in ((1, 0), (0, 1)):
        y_true, y_pred = [seen, seen], [seen, seen]
        assert f1core.rows(y_true, y_pred, label=other, outcome="tn", **more).tolist() == [0, 1]
        assert f1core.rows(y_true, y_pred, true=other, **more).tolist() == []
        assert f1core.rows(y_true, y_pred, true=seen, predicted=other, **more).tolist() == []
        with pytest.raises(F1Error, match="true is 2; use one of"):
            f1core.rows(y_true, y_pred, true=2, **more)
    with pytest.raises(F1Error, match="true is 0; use one of"):
        f1core.rows([-1, 1], [-1, 1], true=0, **more)


@given(tasks.any_task())
def test_every_count_is_as_many_rows(problem):
    options = {
        name: value for name, value in problem.options.items()
        if name in ("task", "classes", *DECIDING)
    }  # fmt: skip
    arrays = problem.y_true, problem.y_pred
    scores = score(*arrays, confusion=True if problem.case.task == "multiclass" else None,
                   **options) if problem.case.top_k == 1 else score(*arrays, **options)  # fmt: skip
    each = scores.per_class
    for place, name in enumerate(scores.classes):
        found = {
            outcome: f1core.rows(*arrays, label=name, outcome=outcome, **options)
            for outcome in OUTCOMES
        }
        for outcome, rows in found.items():
            assert len(rows) == getattr(each, outcome)[place]
        together = np.concatenate(list(found.values()))
        assert len(set(together.tolist())) == len(together)
        if problem.case.task == "multilabel":
            continue
        true = f1core.rows(*arrays, true=name, **options)
        predicted = f1core.rows(*arrays, predicted=name, **options)
        assert set(true) == {*found["tp"], *found["fn"]}
        assert set(predicted) == {*found["tp"], *found["fp"]}
        if problem.case.top_k > 1:
            continue
        for other, count in zip(scores.classes, scores.confusion[place], strict=True):
            cell = f1core.rows(*arrays, true=name, predicted=other, **options)
            assert len(cell) == count
            assert set(cell) == set(true) & set(f1core.rows(*arrays, predicted=other, **options))


def test_rows_are_those_that_a_look_at_the_arrays_finds():
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 3, 400_000), rng.random((400_000, 3))
    pred = p.argmax(axis=1)
    for a in range(3):
        for b in range(3):
            expected = np.flatnonzero((y == a) & (pred == b))
            assert (f1core.rows(y, p, true=a, predicted=b) == expected).all()
            first = f1core.rows(y, p, true=a, predicted=b, limit=7)
            assert first.tolist() == expected[:7].tolist() and first.dtype == np.int64
            words = np.array(NAMES)
            named = f1core.rows(words[y], words[pred], true=NAMES[a], predicted=NAMES[b])
            assert (named == expected).all()
    flags = rng.integers(0, 2, (1000, 4))
    chances = rng.random((1000, 4))
    found = f1core.rows(flags, chances, task="multilabel", label=2, outcome="fn", threshold=0.3)
    assert (found == np.flatnonzero(flags[:, 2] & (chances[:, 2] <= 0.3))).all()


def test_a_binary_task_means_its_positive_class():
    y, p = [0, 1, 1, 0, 1], [0.2, 0.9, 0.4, 0.8, 0.6]
    assert f1core.rows(y, p, outcome="fn").tolist() == [2]
    assert f1core.rows(y, p, outcome="fp", label=0).tolist() == [2]
    assert f1core.rows(y, p, outcome="tp", threshold=0.7).tolist() == [1]
    assert f1core.rows(y, [0, 1, 0, 1, 1], outcome="tn").tolist() == [0]
    words = np.array(["no", "yes"])
    for said in ({"pos_label": "yes"}, {"classes": ["no", "yes"], "task": "binary"}):
        for pred in (p, words[[0, 1, 0, 1, 1]]):
            assert f1core.rows(words[y], pred, outcome="fp", **said).tolist() == [3]
            assert f1core.rows(words[y], pred, true="yes", predicted="no", **said).tolist() == [2]
    assert f1core.rows(words[y], p, outcome="fn", pos_label="no").tolist() == [0]


@pytest.mark.parametrize(
    ("arrays", "asked", "sentence"),
    [
        ("labels", {}, "there is no cell to look for"),
        ("labels", {"label": 1}, "there is no cell to look for"),
        ("labels", {"true": 1, "outcome": "fp"}, "true= and predicted= name a cell, label="),
        ("labels", {"true": 7}, "true is 7; use one of 0, 1, 2"),
        ("labels", {"predicted": "a"}, "predicted is 'a'; use one of 0, 1, 2"),
        ("labels", {"outcome": "fp"}, "outcome='fp' is of a class: say label="),
        ("labels", {"outcome": "FP", "label": 1}, "outcome is 'FP'; use one of 'tp', 'fp'"),
        ("labels", {"true": 1, "limit": 0}, "limit is 0; give a whole number from 1"),
        ("labels", {"true": 1, "threshold": 0.3}, "threshold"),
        ("scores", {"true": 7}, "true is 7; use one of 0, 1, 2"),
        ("words", {"true": "cow"}, "true is 'cow'; use one of 'ant', 'bee', 'cat'"),
        ("words", {"true": 1}, "true is 1; use one of 'ant', 'bee', 'cat'"),
        ("flags", {"true": 1}, "true= and predicted= are for one class a row, this task is mul"),
        ("flags", {"outcome": "fn"}, "outcome='fn' is of a class: say label="),
        ("flags", {"outcome": "fn", "label": 3}, "label is 3; use one of 0, 1, 2"),
        ("many", {"true": 70}, "true is 70, which is none of the 30 classes"),
        ("far", {"true": 1}, "true is 1, which is the label of no row"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(arrays, asked, sentence):
    y, far = np.arange(30), np.arange(30) * 1000
    y_true, y_pred, options = {
        "labels": ([0, 1, 2], [0, 2, 2], {}),
        "scores": ([0, 1, 2], np.eye(3), {}),
        "words": (NAMES, NAMES[::-1], {}),
        "flags": (np.eye(3, dtype=int), np.eye(3), {"task": "multilabel"}),
        "many": (y, np.eye(30), {}),
        "far": (far, far, {}),
    }[arrays]
    with pytest.raises(F1Error, match=sentence):
        f1core.rows(y_true, y_pred, **options, **asked)


def test_options_that_decide_nothing_are_refused():
    for name in ("beta", "average_over", "sample_weight", "xyz", "resamples"):
        with pytest.raises(UnknownOption, match=f"rows has no option {name}="):
            f1core.rows([0, 1], [0, 1], true=1, **{name: 1})
        with pytest.raises(UnknownOption, match=f"files.rows has no option {name}="):
            files.rows("none.csv", target="y", true=1, **{name: 1})


def test_wrong_rows_are_refused_as_score_refuses_them():
    with pytest.raises(F1Error, match="y_pred is NaN at row 1"):
        f1core.rows([0, 1], [[0.5, 0.5], [np.nan, 0.5]], true=0)
    with pytest.raises(F1Error, match="y_true has 2 rows, y_pred has 3"):
        f1core.rows([0, 1], [0, 1, 1], true=0)


# ---- files -------------------------------------------------------------------------------

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.csv")
pytest.importorskip("pyarrow.parquet")
FORMATS = [".parquet", ".arrow", ".arrows", ".csv", ".tsv", ".csv.gz", ".jsonl", ".npz"]


def write(columns, path):
    """Columns in the format of a path's ending."""
    kind = path.name.partition(".")[2]
    table = pa.table(columns)
    if kind == "parquet":
        pa.parquet.write_table(table, path, row_group_size=7)
    elif kind in ("csv", "tsv", "csv.gz"):
        options = pa.csv.WriteOptions(delimiter="\t" if kind == "tsv" else ",")
        with (gzip.open if kind == "csv.gz" else open)(path, "wb") as file:
            pa.csv.write_csv(table, file, options)
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    elif kind == "npz":
        np.savez(path, **{name: np.asarray(column) for name, column in columns.items()})
    else:
        made = pa.ipc.new_file if kind == "arrow" else pa.ipc.new_stream
        with made(path, table.schema) as file:
            file.write_table(table, max_chunksize=5)
    return path


@pytest.mark.parametrize("ending", FORMATS)
@settings(max_examples=10)
@given(st.integers(0, 2**32), st.booleans(), st.lists(st.integers(1, 39), max_size=2, unique=True))
def test_files_of_every_kind_name_the_rows_of_the_arrays(
    tmp_path_factory, ending, seed, hard, cuts
):
    rng = np.random.default_rng(seed)
    y = np.array(NAMES)[rng.integers(0, 3, 40)]
    scores = rng.integers(0, 1000, (40, 3)) / 1000 + [0, 1e-5, 2e-5]
    note = np.array([f"note {i}" for i in range(40)])
    pred = np.array(NAMES)[scores.argmax(axis=1)]
    columns = {"y": y, "note": note}
    columns |= {"p": pred} if hard else {f"p_{n}": scores[:, i] for i, n in enumerate(NAMES)}
    folder, places = tmp_path_factory.mktemp("parts"), []
    for part, (a, b) in enumerate(pairwise([0, *sorted(cuts), 40])):
        path = write(
            {name: each[a:b] for name, each in columns.items()}, folder / f"{part}{ending}"
        )
        places += [(str(path), row) for row in range(b - a)]
    asked = {"true": "ant", "predicted": "cat"}
    expected = np.flatnonzero((y == "ant") & (pred == "cat"))
    if not hard or ({"ant"} & set(y) and {"cat"} & set(pred)):
        found = files.rows(folder, target="y", probabilities="p*", **asked, columns="note")
        assert [(row.path, row.row) for row in found] == [places[i] for i in expected]
        for row, i in zip(found, expected, strict=True):
            assert set(row.columns) == set(columns)
            assert row.columns == {name: each[i].item() for name, each in columns.items()}
    first = files.rows(folder, target="y", probabilities="p*", true=y[0].item(), limit=1)
    assert [(row.path, row.row) for row in first] == [places[0]]
    assert set(first[0].columns) == set(columns) - {"note"}


def test_rows_of_arrays_on_disk(tmp_path):
    rng = np.random.default_rng(1)
    y, p = rng.integers(0, 3, 30), rng.random((30, 3))
    np.save(tmp_path / "p.npy", p)
    np.save(tmp_path / "y.npy", y)
    found = files.rows(tmp_path / "p.npy", target=str(tmp_path / "y.npy"), true=1, predicted=2)
    expected = np.flatnonzero((y == 1) & (p.argmax(axis=1) == 2))
    assert [row.row for row in found] == expected.tolist()
    assert found[0].columns == {
        str(tmp_path / "y.npy"): 1, "p": p[expected[0]].tolist()
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["table", "batches", "pandas", "polars", "lazy", "duckdb"])
def test_rows_of_frames_and_streams(kind):
    y, p = np.array([0, 1, 1, 0, 1]), np.array([0.2, 0.9, 0.4, 0.8, 0.6])
    table = pa.table({"y": y, "p": p, "text": ["a", None, "c", "d", "e"], "list": [[1]] * 5})
    if kind == "batches":
        source = iter(table.to_batches(max_chunksize=2))
    elif kind in ("polars", "lazy"):
        polars = pytest.importorskip("polars")
        source = polars.from_arrow(table)
        if kind == "lazy" and not hasattr(polars.LazyFrame, "collect_batches"):
            pytest.skip("this polars hands out no batches")
        source = source.lazy() if kind == "lazy" else source
    elif kind == "duckdb":
        source = pytest.importorskip("duckdb").from_arrow(table)
    else:
        source = table if kind == "table" else pytest.importorskip("pandas") and table.to_pandas()
    found = files.rows(source, target="y", probabilities="p", outcome="tp", columns="*")
    assert [row.row for row in found] == [1, 4]
    shown = found[0].columns
    assert (shown["y"], shown["p"], list(shown["list"])) == (1, 0.9, [1])
    assert shown["text"] is None or shown["text"] != shown["text"]


def test_columns_that_hold_anything_are_shown_as_they_are(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("y,p,code,text\na,a,007,\nb,a,x,NA\n")
    for row, code, text in ((0, "007", ""), (1, "x", "NA")):
        found = files.rows(path, target="y", probabilities="p", predicted="a", columns="*")
        assert found[row].columns == {
            "y": "ab"[row], "p": "a", "code": code, "text": text
        }  # fmt: skip
    lines = tmp_path / "odd.jsonl"
    lines.write_text(
        '{"y": "a", "p": "a", "when": "2026-01-01", "more": {"k": [1, null]}}\n'
        '{"y": "b", "p": "a", "when": "2026-01-02"}\n'
    )
    found = files.rows(lines, target="y", probabilities="p", predicted="a", columns=["w*", "more"])
    assert found[0].columns["when"] == "2026-01-01" and found[0].columns["more"] == {"k": [1, None]}
    assert found[1].columns["more"] is None
    with pytest.raises(F1Error, match="no column 'none' in"):
        files.rows(lines, target="y", probabilities="p", predicted="a", columns="none")


def test_folders_name_columns_too(tmp_path):
    for part in ("test", "train"):
        (tmp_path / f"split={part}").mkdir()
        write({"y": ["a", "b"], "p": ["b", "b"]}, tmp_path / f"split={part}" / "x.parquet")
    found = files.rows(tmp_path, target="y", probabilities="p", true="a", columns="split")
    assert [row.columns["split"] for row in found] == ["test", "train"]
    assert [row.row for row in found] == [0, 0]


def test_multilabel_files_ask_by_label(tmp_path):
    flags, chances = np.eye(3, dtype=int)[[0, 1, 2, 0]], np.full((4, 3), 0.9)
    columns = {f"true_{n}": flags[:, i] for i, n in enumerate(NAMES)}
    columns |= {f"p_{n}": chances[:, i] for i, n in enumerate(NAMES)}
    path = write(columns, tmp_path / "a.parquet")
    asked = {"target": "true_*", "probabilities": "p_*", "task": "multilabel"}
    found = files.rows(path, **asked, label="ant", outcome="fp")
    assert [row.row for row in found] == [1, 2]
    with pytest.raises(F1Error, match=r"a\.parquet: true= and predicted= are for one class a row"):
        files.rows(path, **asked, true="ant")


def test_labels_that_turn_out_as_text_are_text_in_all_rows(tmp_path):
    path = tmp_path / "late.csv"
    path.write_text("y,p\n" + "7,7\n" * 100_000 + "a,7\n")
    assert len(files.rows(path, target="y", probabilities="p", true="7", limit=None)) == 100_000
    found = files.rows(path, target="y", probabilities="p", true="a")
    assert [(row.row, row.columns) for row in found] == [(100_000, {"y": "a", "p": "7"})]
    with pytest.raises(F1Error, match="true is 'b'; use one of '7', 'a'"):
        files.rows(path, target="y", probabilities="p", true="b")


def test_reading_ends_with_the_last_row_that_is_wanted(tmp_path):
    """Rows after it may be wrong, which nobody looks at."""

    def batches():
        for _ in range(5):
            yield pa.RecordBatch.from_pydict({"y": [0, 1], "p": [0.2, 0.1]})
        raise RuntimeError("the stream broke")

    found = files.rows(batches(), target="y", probabilities="p", outcome="fn", limit=2)
    assert [row.row for row in found] == [1, 3]
    with pytest.raises(F1Error, match="the stream broke"):
        files.rows(batches(), target="y", probabilities="p", outcome="fn")


def test_the_command_prints_what_files_rows_finds(run, tmp_path):
    pytest.importorskip("rich")
    path = tmp_path / "a.csv"
    path.write_text("y,p,text\n1,2,[bold]x\n1,2,z\n2,2,w\n1,1,v\n")
    asked = "rows", path, "--target", "y", "--probabilities", "p"
    status, out, err = run(*asked, "--true", "1", "--predicted", "2", "--columns", "text",
                           "--format", "json")  # fmt: skip
    found = files.rows(path, target="y", probabilities="p", true=1, predicted=2, columns="text")
    assert (status, err) == (0, "") and json.loads(out) == [row._asdict() for row in found]
    assert json.loads(out)[0] == {
        "path": str(path), "row": 0, "columns": {"y": 1, "p": 2, "text": "[bold]x"}
    }  # fmt: skip
    status, out, err = run(
        *asked, "--label", "2", "--outcome", "fp", "--columns", "*", "--limit", 1
    )
    assert status == 0 and "[bold]x" in out and "z" not in out.replace(str(path), "")
    assert err == "f1core: the first 1 rows; a higher --limit may show more\n"
    assert run(*asked, "--true", "2", "--predicted", "1") == (0, "", "f1core: no row lies there\n")
    for wrong, sentence in (
        ((), "there is no cell to look for: say --true and --predicted, or --label and --outcome"),
        (("--true", "5"), "--true is 5; use one of 1, 2"),
        (("--true", "1", "--limit", "0"), "--limit is 0; give a whole number from 1"),
        (("--true", "1", "--columns", "q"), "(--columns); there are"),
    ):
        status, out, err = run(*asked, *wrong)
        assert status == 2 and out == "" and sentence in err and err.count("\n") == 1


ALL_IGNORED = {
    "chances": ([-1, -1], [0.2, 0.7], {"outcome": "fp"}),
    "labels": ([-1, -1], [1, 0], {"true": 1}),
    "words": (["", ""], ["a", "b"], {"predicted": "b"}),
    "scores": ([-1, -1], [[0.2, 0.7], [0.6, 0.3]], {"label": 1, "outcome": "tn"}),
    "two best": ([-1, -1], [[0.2, 0.7], [0.6, 0.3]], {"predicted": 1, "top_k": 2}),
    "one-hot": ([[-1, -1]] * 2, [[0.2, 0.7], [0.6, 0.3]], {"true": 1, "task": "multiclass"}),
    "many": ([[-1, -1]] * 2, [[0.2, 0.7]] * 2, {"label": 1, "outcome": "fp", "task": "multilabel"}),
    "unknown": (
        ["", ""], ["x", None], {"outcome": "unknown", "unknown": "miss", "classes": ["a", "b"]}
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", ALL_IGNORED)
def test_no_row_that_counts_is_refused_as_score_refuses_it(form):
    true, pred, asked = ALL_IGNORED[form]
    ignored = "" if form in ("words", "unknown") else -1
    with pytest.raises(F1Error, match="there are no rows to score: none came, all were ignored"):
        f1core.rows(true, pred, **asked, ignore_index=ignored)


def test_blocks_of_which_every_row_is_ignored_hold_no_row():
    size = 1 << 18
    true = np.append(np.full(size, -1), [0, 1])
    chance = np.append(np.full(size, 0.2), [0.7, 0.8])
    both = np.stack([1 - chance, chance], axis=1)
    frame = pytest.importorskip("pandas").DataFrame({"y": true, "p": chance})
    cell, how = {"true": 0, "predicted": 1}, {"ignore_index": -1}
    assert f1core.rows(true, chance, outcome="fp", **how).tolist() == [size]
    assert f1core.rows(true, (chance > 0.5).astype(int), **cell, **how).tolist() == [size]
    for top_k in (1, 2):
        assert f1core.rows(true, both, **cell, **how, top_k=top_k).tolist() == [size]
    assert [row.row for row in files.rows(
        frame, target="y", probabilities="p", outcome="fp", **how
    )] == [size]  # fmt: skip
    with pytest.raises(F1Error, match="there are no rows to score: none came"):
        files.rows(frame[:size], target="y", probabilities="p", outcome="fp", **how)
