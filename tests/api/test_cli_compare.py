"""f1core compare: the first file is the old model, and every format tells the same numbers."""

import csv
import io
import json
import re

import numpy as np
import pytest

from f1core import files

pytest.importorskip("pyarrow.csv")
HEAD = "y,p_a,p_b,p_c,part,id\n"
RNG = np.random.default_rng(7)
TRUE = RNG.integers(0, 3, 120)
ASKED = ("--target", "y", "--probabilities", "p_*", "--resamples", 100)


def table(path, strength, order=None):
    scores = RNG.random((120, 3)) + strength * np.eye(3)[TRUE]
    scores /= scores.sum(axis=1, keepdims=True)
    lines = [
        ",".join(["abc"[t], *(f"{p:.4f}" for p in row), "xy"[k % 2], f"id{k}"])
        for k, (t, row) in enumerate(zip(TRUE, scores, strict=True))
    ]
    path.write_text(HEAD + "\n".join(lines if order is None else [lines[k] for k in order]) + "\n")
    return path


@pytest.fixture
def models(tmp_path):
    return table(tmp_path / "old.csv", 0.2), table(tmp_path / "new.csv", 0.7)


def test_json_is_what_files_compare_says_with_the_old_one_first(run, models):
    old, new = models
    status, out, err = run("compare", old, new, *ASKED, "--group", "part", "--format", "json")
    found = files.compare(
        new, old, target="y", probabilities="p_*", resamples=100, group="part", rows=10
    )
    assert (status, err, json.loads(out)) == (0, "", found.to_dict())
    assert found.metrics["f1_macro"].difference > 0
    assert json.loads(out)["old"] == str(old)


def test_the_table_says_which_is_which(run, models, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    old, new = models
    status, out, err = run("compare", old, new, *ASKED, "--group", "part")
    found = files.compare(new, old, target="y", probabilities="p_*", resamples=100, group="part")
    flat = " ".join(out.split())
    assert (status, err) == (0, "")
    assert flat.startswith(f"new ({new}) less old ({old}), 120 multiclass rows")
    accuracy = found.metrics["accuracy"]
    low, high = accuracy.interval
    line = next(line for line in out.splitlines() if "accuracy" in line)
    cells = [cell.strip() for cell in line.replace("│", "|").strip("| ").split("|")]
    assert cells == [
        "accuracy", f"{accuracy.b:.4f}", f"{accuracy.a:.4f}", f"{accuracy.difference:+.4f}",
        f"{low:+.4f} to {high:+.4f}", cells[-1],
    ]  # fmt: skip
    assert "difference: new - old" in flat
    assert "f1_macro of each part" in out and "F1 of each class" in out
    mended, broken, others, *_ = found.flips
    assert f"{mended} mended (old wrong, new right), {broken} broken" in flat
    assert f"{others} both wrong, differently" in flat


def test_csv_holds_everything(run, models):
    old, new = models
    _, out, _ = run("compare", old, new, *ASKED, "--group", "part", "--format", "csv", "--rows", 4)
    lines = list(csv.DictReader(io.StringIO(out)))
    found = files.compare(new, old, target="y", probabilities="p_*", resamples=100, group="part")
    for kind, parts in (
        ("metric", found.metrics), ("class", found.classes), ("group", found.groups)
    ):  # fmt: skip
        rows = [line for line in lines if line["kind"] == kind]
        assert [row["name"] for row in rows] == list(parts)
        for row, each in zip(rows, parts.values(), strict=True):
            assert float(row["difference"]) == each.difference
            assert (float(row["low"]), float(row["high"])) == each.interval
            assert float(row["p"]) == each.p_value
    flips = {line["name"]: int(line["count"]) for line in lines if line["kind"] == "flips"}
    assert list(flips.values()) == list(found.flips[:3])
    assert sum(line["kind"] == "row" for line in lines) == 4


def test_classes_that_differ_most_surely_come_first(run, data, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    y = np.repeat([f"c{k:02}" for k in range(14)], 20)
    old = y.copy()
    old[40:60] = "c00"
    for name, said in (("old", old), ("new", y)):
        rows = "".join(f"{t},{p}\n" for t, p in zip(y, said, strict=True))
        (tmp_path / f"{name}.csv").write_text(f"y,p\n{rows}")
    command = ("compare", tmp_path / "old.csv", tmp_path / "new.csv", "--target", "y")
    _, out, _ = run(*command, "--probabilities", "p", "--rows", 0)
    listed = re.findall(r"^\W*(c\d\d) ", out, re.MULTILINE)
    assert listed[:2] == ["c02", "c00"] and len(listed) == 10
    assert "the 10 of 14 classes whose F1 differs most surely; --per-class lists all" in out
    _, out, _ = run(*command, "--probabilities", "p", "--rows", 0, "--per-class")
    listed = re.findall(r"^\W*(c\d\d) ", out, re.MULTILINE)
    assert listed == [f"c{k:02}" for k in range(14)] and "--per-class" not in out


def test_thresholds_of_a_file_for_each_side(run, data, tmp_path):
    path = data / "flights.npz"
    asked = ("--target", "y_true", "--probabilities", "y_prob", "--resamples", 20, "--rows", 0)
    saved = tmp_path / "best.json"
    assert run("tune", path, *asked[:4], "--save", saved)[0] == 0
    at = json.loads(saved.read_text())["threshold"]
    command = ("compare", path, path, *asked, "--format", "json")
    status, out, err = run(*command, "--threshold", saved, "--threshold-old", 0.5)
    found = files.compare(
        path, path, target="y_true", resamples=20, rows=0, threshold=at, threshold_old=0.5
    )
    assert (status, err, json.loads(out)) == (0, "", found.to_dict())
    _, out, _ = run(*command, "--threshold-old", saved)
    back = json.loads(out)["metrics"][0]
    assert back["difference"] == -found.metrics["f1"].difference


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ((), "rows are paired by position, --id id pairs them by a column of ids"),
        (("--id", "part"), "--id is repeated in"),
        (("--metric", "f2"), "--metric is 'f2'; use one of"),
        (("--metric", "mcc,mcc"), "--metric holds 'mcc' twice"),
        (("--group", "nope"), "no column 'nope' in"),
    ],
)
def test_refusals_speak_of_options(run, models, tmp_path, more, sentence):
    shuffled = table(tmp_path / "shuffled.csv", 0.3, RNG.permutation(120))
    old = shuffled if not more or more[0] == "--id" else models[0]
    status, out, err = run("compare", old, models[1], *ASKED, *more)
    assert (status, out) == (2, "") and sentence in err
    assert run("compare", shuffled, models[1], *ASKED, "--id", "id")[0] == 0
