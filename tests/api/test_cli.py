"""The command line on real files: a report, or one sentence and exit status 2."""

import json

import numpy as np
import pytest

import f1core

pytest.importorskip("pyarrow")
pytest.importorskip("rich")


@pytest.fixture
def small(tmp_path):
    """The same four rows in every format: paths by ending."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.feather
    import pyarrow.parquet

    true = np.array([0, 2, 1, 2])
    scores = np.array([[0.8, 0.1, 0.1], [0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0, 0.3, 0.7]])
    table = pa.table({"y": true, **{f"p_{i}": scores[:, i] for i in range(3)}})
    listed = pa.table({"y": true, "p": list(scores)})
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    pa.parquet.write_table(listed, tmp_path / "listed.parquet")
    pa.feather.write_feather(table, tmp_path / "a.arrow", compression="uncompressed")
    pa.csv.write_csv(table, tmp_path / "a.csv")
    np.savez(tmp_path / "a.npz", y=true, p=scores)
    np.save(tmp_path / "a.npy", np.column_stack([true, scores]))
    np.save(tmp_path / "scores.npy", scores)
    np.save(tmp_path / "truth.npy", true)
    return tmp_path, f1core.score(true, scores)


@pytest.mark.parametrize(
    ("name", "target", "probabilities"),
    [
        ("a.parquet", "y", "p_*"),
        ("a.parquet", "y", "p_0,p_1,p_2"),
        ("listed.parquet", "y", "p"),
        ("a.arrow", "y", "p_*"),
        ("a.csv", "y", "p_*"),
        ("a.npz", "y", "p"),
        ("a.npy", "0", "1,2,3"),
        ("a.npy", "0", "[123]"),
    ],
)
def test_every_format_gives_the_scores_of_its_arrays(run, small, name, target, probabilities):
    folder, expected = small
    status, out, _ = run(
        "score", folder / name, "--target", target, "--probabilities", probabilities,
        "--format", "json",
    )  # fmt: skip
    assert status == 0
    assert json.loads(out) == expected.to_dict()


def test_two_npy_files_are_scores_and_truth(run, small):
    folder, expected = small
    command = "score", folder / "scores.npy", "--target", folder / "truth.npy", "--format", "json"
    status, out, _ = run(*command)
    assert status == 0
    assert json.loads(out) == expected.to_dict()


def test_a_folder_is_scored_as_one(run, small, tmp_path):
    folder, expected = small
    (folder / "parts").mkdir()
    for part in "12":
        (folder / "parts" / f"{part}.csv").write_bytes((folder / "a.csv").read_bytes())
    names = "--target", "y", "--probabilities", "p_*", "--format", "json"
    for where in (folder / "parts", folder / "parts" / "*.csv"):
        status, out, _ = run("score", where, *names)
        assert status == 0
        assert json.loads(out) == expected.to_dict()


def test_the_report_names_classes_after_the_pattern(run, data):
    status, out, _ = run(
        "score", data / "species.parquet", "--target", "species", "--probabilities", "p_*"
    )
    assert status == 0
    for word in ("17,388 rows, 48 classes", " DM ", "macro avg", "0.3301", "40 of the 48"):
        assert word in out


def test_multilabel_columns_are_paired_by_name(run, data):
    status, out, _ = run(
        "score", data / "roles.csv", "--target", "true_*", "--probabilities", "p_*",
        "--task", "multilabel", "--threshold", "0.1", "--format", "json",
    )  # fmt: skip
    assert status == 0
    columns = np.genfromtxt(data / "roles.csv", delimiter=",", names=True)
    stack = {
        p: np.stack([columns[c] for c in columns.dtype.names if c.startswith(p)], 1)
        for p in ("true_", "p_")
    }
    expected = f1core.score(stack["true_"], stack["p_"], task="multilabel", threshold=0.1)
    assert json.loads(out) == expected.to_dict()


def test_labels_of_strings(run, data):
    command = "score", data / "hpc_cv.csv", "--target", "obs", "--probabilities", "pred"
    status, out, _ = run(*command)
    assert status == 0
    assert "0.7087" in out


def test_states_scored_apart_add_up(run, small, tmp_path):
    folder, _ = small
    names = "--target", "y", "--probabilities", "p_*"
    for name in ("a.csv", "a.parquet"):
        assert run("score", folder / name, *names, "--save", folder / f"{name}.npz")[0] == 0
    together = run("score", folder / "a.csv", folder / "a.parquet", *names, "--format", "json")
    states = folder / "a.csv.npz", folder / "a.parquet.npz"
    # Two files of the same rows: their states are alike, which nobody merges by mistake.
    merged = run("merge", *states, "--save", folder / "sum.npz", "--format", "json", "--force")
    assert merged == together
    assert f1core.Accumulator.load(folder / "sum.npz").total == 8


def test_groups_and_weights_are_columns(run, small):
    folder, _ = small
    rows = "y,p,w,g\n0,0.2,1,a\n1,0.9,2,b\n1,0.3,1,b\n0,0.7,5,a\n"
    (folder / "g.csv").write_text(rows)
    names = "score", folder / "g.csv", "--target", "y", "--probabilities", "p"
    status, out, _ = run(*names, "--group", "g", "--sample-weight", "w", "--format", "json")
    assert status == 0
    expected = f1core.score_by(
        list("abba"), [0, 1, 1, 0], [0.2, 0.9, 0.3, 0.7], sample_weight=[1, 2, 1, 5]
    )
    assert json.loads(out) == {group: scores.to_dict() for group, scores in expected.items()}
    status, out, _ = run(*names, "--group", "g")
    assert status == 0 and out.startswith("a\n") and "\nb\n" in out
    status, _, err = run(*names, "--group", "g", "--save", folder / "state.npz")
    assert status == 2 and "--save" in err and not (folder / "state.npz").exists()


def test_json_per_class_is_what_to_dict_gives(run, small):
    folder, expected = small
    asked = "--format", "json", "--per-class"
    names = "score", folder / "a.csv", "--target", "y", "--probabilities", "p_*"
    status, out, _ = run(*names, *asked, "--save", folder / "state.npz")
    found = json.loads(out, parse_constant=lambda text: pytest.fail(f"{text} is no JSON"))
    assert status == 0 and found == expected.to_dict(per_class=True)
    assert found["classes"] == [0, 1, 2] and found["confusion"] == [[1, 0, 0], [1, 0, 0], [0, 0, 2]]
    assert run("merge", folder / "state.npz", *asked) == (0, out, "")
    status, out, _ = run(*names, *asked, "--group", "y", "--zero-division", "nan")
    assert status == 0 and set(json.loads(out)) == {"0", "1", "2"}
    assert json.loads(out)["0"]["per_class"]["recall"] == [1.0, None, None]
    assert "NaN" not in out
    for command in (names, ("merge", folder / "state.npz")):
        status, out, err = run(*command, "--per-class")
        assert status == 2 and out == ""
        assert (
            err == "f1core: --per-class is for --format json; the table lists the classes anyway\n"
        )


def test_the_most_confused_are_printed(run, data, tmp_path):
    command = "score", data / "hpc_cv.csv", "--target", "obs", "--probabilities", "pred"
    pairs = f1core.files.score(command[1], target="obs", probabilities="pred").most_confused(2)
    status, out, err = run(*command, "--most-confused", "2", "--save", tmp_path / "state.npz")
    assert (status, err) == (0, "") and "most confused" in out
    for pair in pairs:
        assert any(
            all(str(part) in line for part in (*pair[:2], f"{pair.share:.4f}"))
            for line in out.splitlines()
        )
    asked = "--most-confused", "2", "--format", "json"
    merged = json.loads(run("merge", tmp_path / "state.npz", *asked)[1])["most_confused"]
    assert merged == json.loads(run(*command, *asked)[1])["most_confused"]
    assert merged == [{**row._asdict(), "interval": list(row.interval)} for row in pairs]
    status, out, err = run(*command, "--most-confused", "0", "--save", tmp_path / "other.npz")
    assert (status, out) == (2, "") and not (tmp_path / "other.npz").exists()
    assert err == "f1core: --most-confused is 0; give a whole number from 1\n"
    roles = "score", data / "roles.csv", "--target", "true_*", "--probabilities", "p_*"
    status, out, err = run(*roles, "--task", "multilabel", "--most-confused", "2")
    assert (status, out) == (2, "") and err.startswith("f1core: --most-confused needs one class")


def test_rows_of_many_classes_show_the_columns_that_decided(run, data):
    pytest.importorskip("pyarrow")
    command = (
        "rows", data / "species.parquet", "--target", "species", "--probabilities", "p_*",
        "--true", "DM", "--predicted", "DO", "--limit", "3",
    )  # fmt: skip
    status, out, err = run(*command)
    assert status == 0 and all(name in out for name in ("p_DM", "p_DO"))
    assert "of 49 columns the 6 with the highest scores; --format json has all" in err
    status, out, err = run(*command, "--format", "json")
    assert [len(row["columns"]) for row in json.loads(out)] == [49] * 3 and err == ""


@pytest.mark.parametrize("prediction", ["scores", "labels", "words"])
def test_rows_that_shards_repeat_count_once(run, tmp_path, prediction):
    rng = np.random.default_rng(0)
    ids, true, pred = rng.permutation(60), rng.integers(0, 2, 60), rng.random(60).round(3)
    if prediction != "scores":
        pred = (pred > 0.5).astype(int)
    if prediction == "words":
        ids = np.array([f"row {i}" for i in ids.tolist()])
        true, pred = (np.array(["no", "yes"])[side] for side in (true, pred))
    whole = f1core.score(true, pred)
    names, states = ("--target", "y", "--probabilities", "*", "--id", "id"), []
    for part, rows in enumerate((slice(0, 40), slice(30, 60), slice(0, 60, 7))):  # retries
        lines = [f"{i},{y},{p}" for i, y, p in zip(ids[rows], true[rows], pred[rows], strict=True)]
        (tmp_path / f"{part}.csv").write_text("\n".join(["id,y,p", *lines]))
        states.append(tmp_path / f"{part}.npz")
        assert run("score", tmp_path / f"{part}.csv", *names, "--save", states[-1])[0] == 0
    for command in (
        ("score", *sorted(tmp_path.glob("*.csv")), *names), ("merge", *states)
    ):  # fmt: skip
        status, out, _ = run(*command, "--format", "json")
        assert status == 0
        assert json.loads(out) == whole.to_dict()
    status, _, err = run("score", tmp_path / "0.csv", *names[:4], "--id", "no such")
    assert status == 2 and "no column 'no such' in" in err and "(--id)" in err and "0.csv" in err


def test_an_interrupted_run_says_how_far_it_came(run, small, monkeypatch):
    folder, _ = small
    update, calls = f1core.Accumulator.update, []

    def interrupted(self, *arguments, **named):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        update(self, *arguments, **named)

    monkeypatch.setattr(f1core.Accumulator, "update", interrupted)
    paths = [folder / name for name in ("a.csv", "a.parquet", "a.arrow")]
    names = "--target", "y", "--probabilities", "p_*", "--save", folder / "state.npz"
    status, out, err = run("score", *paths, *names)
    assert (status, out) == (130, "")
    assert "interrupted after 8 rows, in file 2, " in err and "a.parquet; nothing was w" in err
    assert not (folder / "state.npz").exists()


def test_an_interrupted_save_leaves_nothing(run, small, monkeypatch):
    folder, _ = small
    before = sorted(folder.iterdir())

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    names = "--target", "y", "--probabilities", "p_*", "--save", folder / "state.npz"
    status, _, err = run("score", folder / "a.csv", *names)
    assert status == 130 and "nothing was written" in err
    assert sorted(folder.iterdir()) == before


_TWO = ["--target", "true_*", "--probabilities", "p_*", "--task", "multilabel"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["score", "nowhere.csv"], "does not exist"),
        (["score", "none*.csv"], "no file matches"),
        (["score", "{}/a.csv", "--target", "yy"], "did you mean 'y'"),
        (["score", "{}/a.csv", "--target", "y", "--probabilities", "q_*"], "q_*"),
        (["score", "{}/bad.parquet", "--target", "y"], "bad.parquet cannot be read"),
        (["score", "{}/bad.npz"], "bad.npz cannot be read"),
        (["score", "{}/text.txt"], ".parquet"),
        (["score", "{}/empty.csv", "--target", "y", "--probabilities", "p"], "no rows"),
        (["score", "{}/a.csv", "--target", "y", "--probabilities", "p_*", "--save",
          "/nowhere/state.npz"], "cannot be written"),
        (["score", "{}/a.csv", "--target", "p_0", "--probabilities", "p_*"], "a.csv"),
        (["merge", "{}/a.csv"], "a.csv is no f1core state"),
        (["merge", "nowhere.npz"], "cannot be read"),
        (["merge", "{}/newer.npz"], "newer.npz is no f1core state: it has format number 99"),
        (["score", "{}/a.csv", "--target", "y", "--probabilities", "p_*", "--group", "h"],
         "a.csv (--group); there are"),
        (["tune", "{}/a.csv", "--target", "y", "--probabilities", "p_*", "--average", "f2"],
         "average is 'f2'"),
        (["plot", "nowhere.csv", "--kind", "threshold"], "does not exist"),
        (["plot", "{}/two.csv", *_TWO, "--kind", "roc", "--label", "z"], "--label is 'z'"),
        (["plot", "{}/two.csv", *_TWO, "--kind", "confusion"], "--kind per_class draws its labels"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_gets_one_sentence(run, small, arguments, words):
    folder, _ = small
    for name in ("bad.parquet", "bad.npz", "text.txt"):
        (folder / name).write_bytes(b"PAR1 not quite")
    (folder / "empty.csv").write_text("y,p\n")
    np.savez(folder / "newer.npz", format=np.asarray(99))
    (folder / "two.csv").write_text("true_x,true_y,p_x,p_y\n0,1,0.2,0.7\n1,1,0.4,0.9\n")
    status, out, err = run(*(argument.replace("{}", str(folder)) for argument in arguments))
    assert (status, out) == (2, "")
    assert err.startswith("f1core: ")
    assert err.count("\n") == 1
    assert words in err


def test_a_damaged_file_saves_no_state(run, small):
    folder, _ = small
    whole = (folder / "a.parquet").read_bytes()
    (folder / "half.parquet").write_bytes(whole[: len(whole) // 2])
    status, _, err = run(
        "score", folder / "a.parquet", folder / "half.parquet", "--target", "y",
        "--probabilities", "p_*", "--save", folder / "state.npz",
    )  # fmt: skip
    assert status == 2
    assert "half.parquet" in err
    assert not (folder / "state.npz").exists()


def test_a_wrong_environment_is_no_fault_of_the_file(run, small, monkeypatch, capsys):
    folder, _ = small
    monkeypatch.setattr(f1core.backends.switch, "active", None)
    monkeypatch.setenv("F1CORE_BACKEND", "fast")
    said = "F1CORE_BACKEND is 'fast'; give numpy, numba or aot"
    arguments = ("score", folder / "a.csv", "--target", "y", "--probabilities", "p_*")
    assert run(*arguments) == (2, "", f"f1core: {said}\n")
    with pytest.raises(SystemExit) as left:
        run("--version")
    assert (left.value.code, capsys.readouterr().err) == (2, f"f1core: {said}\n")


def test_whole_logits_of_a_text_file_are_scores(run, tmp_path):
    (tmp_path / "l.csv").write_text("y,p\nb,3.0\na,-2.0\n")
    asked = ["--target", "y", "--probabilities", "p", "--classes", "a,b", "--from-logits"]
    code, out, _ = run("score", tmp_path / "l.csv", *asked, "--format", "json")
    assert code == 0 and json.loads(out)["f1"] == 1.0
