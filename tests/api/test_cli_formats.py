"""What the command line prints: one writer for tables, Markdown, CSV and JSON."""

import csv
import io
import json
import re
import sys

import numpy as np
import pytest

import f1core
from f1core.console import print_table

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.parquet")

CARS = ("--target", "obs", "--probabilities", "VF,F,M,L")
ROLES = ("--target", "true_*", "--probabilities", "p_*", "--task", "multilabel")
ODD = ["a|b", 'say "x", y', "two\nlines", "<b>*bold*</b>"]
COMMANDS = {
    "score": ("score", "hpc_cv.csv", *CARS),
    "labels": ("score", "roles.csv", *ROLES),
    "binary": ("score", "flights.npz", "--interval"),
    "tune": ("tune", "hpc_cv.csv", *CARS),
    "curve": ("curve", "hpc_cv.csv", *CARS, "--one-vs-one"),
    "bounded": ("curve", "hpc_cv.csv", *CARS, "--streamed", "64"),
    "calibration": ("calibration", "hpc_cv.csv", *CARS),
    "rows": ("rows", "hpc_cv.csv", *CARS, "--true", "F", "--predicted", "L"),
}


def asked(name, data, *more):
    command, path, *options = COMMANDS[name]
    return command, data / path, *options, *more


def lines_of(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_writes_rectangular_csv_and_markdown(run, data, name):
    status, out, err = run(*asked(name, data, "--format", "csv", "--quiet"))
    table = list(csv.reader(io.StringIO(out)))
    assert (status, err) == (0, "") and len(table) > 2
    assert {len(row) for row in table} == {len(table[0])} and len(set(table[0])) == len(table[0])
    status, out, err = run(*asked(name, data, "--format", "markdown", "--quiet"))
    assert (status, err) == (0, "") and "| ---" in out
    for block in re.findall(r"(?:^\|.*\n)+", out, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_csv_holds_the_numbers_in_full(run, data):
    plain = json.loads(run(*asked("score", data, "--format", "json", "--per-class"))[1])
    rows = lines_of(run(*asked("score", data, "--format", "csv"))[1])
    classes = [row for row in rows if row["kind"] == "class"]
    assert [row["name"] for row in classes] == plain["classes"]
    for ratio in ("precision", "recall", "f1"):
        assert [float(row[ratio]) for row in classes] == plain["per_class"][ratio]
    found = {row["name"]: row for row in rows if row["kind"] != "class"}
    assert float(found["macro"]["f1"]) == plain["f1_macro"]
    assert float(found["kappa"]["value"]) == plain["kappa"]
    assert found["macro"]["support"] == "3467"


def test_csv_of_groups_names_them(run, data):
    rows = lines_of(run(*asked("score", data, "--group", "Resample", "--format", "csv"))[1])
    by = f1core.files.score(
        data / "hpc_cv.csv", target="obs", probabilities=["VF", "F", "M", "L"], group="Resample"
    )
    found = {row["group"]: float(row["f1"]) for row in rows if row["name"] == "macro"}
    assert found == {name: scores.macro.f1 for name, scores in by.items()}


def test_odd_names_are_quoted_and_escaped(run, tmp_path):
    pa.parquet.write_table(pa.table({"y": ODD, "p": ODD}), tmp_path / "a.parquet")
    command = "score", tmp_path / "a.parquet", "--target", "y", "--probabilities", "p"
    rows = lines_of(run(*command, "--format", "csv")[1])
    assert {row["name"] for row in rows if row["kind"] == "class"} == set(ODD)
    out = run(*command, "--format", "markdown")[1]
    assert "a\\|b" in out and "<b>" not in out and "\\*bold\\*" in out and "two\\\\nlines" in out


def test_intervals_are_those_of_scores(run, data):
    scores = f1core.files.score(
        data / "hpc_cv.csv", target="obs", probabilities=["VF", "F", "M", "L"]
    )
    command = asked("score", data, "--interval", "--level", "0.9")
    told = json.loads(run(*command, "--format", "json", "--per-class")[1])
    low, high = scores.interval("f1_macro", level=0.9)
    assert told["interval_level"] == 0.9 and told["intervals"]["f1_macro"] == [low, high]
    for name, ends in zip(told["classes"], told["per_class_intervals"]["f1"], strict=True):
        assert tuple(ends) == scores.interval("f1", of=name, level=0.9)
    rows = {row["name"]: row for row in lines_of(run(*command, "--format", "csv")[1])}
    assert (float(rows["macro"]["f1_low"]), float(rows["macro"]["f1_high"])) == (low, high)
    ends = scores.interval("mcc", level=0.9)
    assert (float(rows["mcc"]["value_low"]), float(rows["mcc"]["value_high"])) == ends
    assert f"{low:.4f} to {high:.4f}" in run(*command)[1]
    status, _, err = run(*asked("score", data, "--level", "0.9"))
    assert status == 2 and "--level is for --interval" in err


def test_resamples_bring_intervals_of_labels(run, data):
    without = run(*asked("labels", data, "--interval"))[1]
    assert "without an interval," in without and "--resamples 1000" in " ".join(without.split())
    more = "--interval", "--resamples", "50", "--format", "json"
    told = json.loads(run(*asked("labels", data, *more))[1])
    assert told["intervals"]["f1_macro"][0] < told["f1_macro"] < told["intervals"]["f1_macro"][1]


WORDS = ("precision", "recall", "support", "balanced", "accuracy", "hamming", "kappa", "weighted")
NUMBER = re.compile(r"(?<![a-z])[0-9][0-9,]*(?:\.[0-9]+)?")


@pytest.mark.parametrize("with_rich", [True, False])
@pytest.mark.parametrize("name", ["labels", "binary", "tune", "bounded"])
def test_no_number_and_no_word_is_broken(run, data, monkeypatch, name, with_rich):
    if with_rich:
        pytest.importorskip("rich")
    else:
        for module in ("rich", "rich.console", "rich.table", "rich.text"):
            monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setenv("COLUMNS", "300")
    whole = run(*asked(name, data))[1]
    for width in (40, 80):
        monkeypatch.setenv("COLUMNS", str(width))
        out = run(*asked(name, data))[1]
        assert sorted(NUMBER.findall(out)) == sorted(NUMBER.findall(whole))
        assert max(map(len, out.splitlines())) <= width
        assert {word for word in WORDS if word in whole} == {word for word in WORDS if word in out}


@pytest.mark.parametrize("width", [40, 60, 80])
def test_the_footer_breaks_between_numbers(width):
    rng = np.random.default_rng(0)
    scores = f1core.score(rng.random(99) > 0.5, rng.random(99))
    lines = f1core.report.text(scores, width).splitlines()[8:]
    told = [f"{name} {value:.4f}" for name, value in scores.to_dict().items() if "_" not in name]
    assert max(map(len, lines)) <= width and any("f1 " in line for line in lines)
    assert all(any(pair in line for line in lines) for pair in told if pair[:2] in ("f1", "pr"))


@pytest.mark.parametrize("width", range(40, 100, 3))
def test_comparisons_break_no_metric_and_no_number(capsys, monkeypatch, width):
    pytest.importorskip("rich")
    monkeypatch.setenv("COLUMNS", str(width))
    rows = [
        ["balanced_accuracy", "0.9000", "0.8000", "+0.1000", "-0.0275 to +0.0275", "1.0000"],
        ["mcc", "-0.1244", "-0.1000", "-0.0244", "-0.1496 to +0.1496", "1.0000"],
    ]
    print_table("", ["metric", "old", "new", "difference", "interval", "p"], rows)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    for word in [word for row in rows for cell in row for word in cell.split(" to ")]:
        assert any(word in line for line in lines), word


def test_two_classes_show_no_micro_row_that_is_accuracy(run, data):
    out = run(*asked("binary", data))[1]
    assert "micro avg" not in out and "positive class 1: f1" in out
    one = f1core.score([0, 1, 1], [0, 1, 0], average_over=[1])
    assert "micro avg" in str(one)
    assert "f1_micro" in f1core.score([0, 1, 1], [0, 1, 0]).to_dict()


def test_beta_has_a_column(run, data):
    plain = json.loads(run(*asked("score", data, "--beta", "2", "--format", "json"))[1])
    assert f"{plain['fbeta_macro']:.4f}" in run(*asked("score", data, "--beta", "2"))[1]
