"""The command line: words mean what the column holds, and errors speak of its options."""

import json
import os

import numpy as np
import pytest

import f1core
from f1core.cli import main

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.csv")
pytest.importorskip("pyarrow.parquet")
pytest.importorskip("rich")


def rows(true, pred, path):
    found = pa.table({"y": true, "p": pred})
    write = pa.csv.write_csv if path.suffix == ".csv" else pa.parquet.write_table
    write(found, path)
    return ("score", path, "--target", "y", "--probabilities", "p", "--format", "json")


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize(
    ("true", "options"),
    [
        ([1, 2, 3, 1], ["--classes", "1,2,3"]),
        ([1, 2, 3, 1], ["--classes", "3,1,2", "--average-over", "1,2,3"]),
        ([0, 1, 1, 0], ["--classes", "1,0"]),
        (["1", "2", "x", "1"], ["--classes", "1,2,x"]),
        ([True, False, True, True], ["--classes", "false,true"]),
        (["a", "b", "NA", "a"], ["--classes", "a,b,NA"]),
        ([1, 2, 3, 1], ["--average-over", "1,2"]),
        ([1.0, 2.0, 3.0, 1.0], ["--classes", "1.0,2.0,3.0"]),
        ([1.0, 2.0, 3.0, 1.0], ["--average-over", "1.0"]),
        ([1, 2, 3, 1], ["--average-over", "1.0,2.0"]),
        ([0, 1, 1, 0], ["--pos-label", "0.0"]),
        ([-1, 1, 1, -1], ["--classes", "-1,1"]),
        ([-2, 0, 3, 3], ["--average-over", "-2,0"]),
        (["1", "2", "x", "1"], ["--average-over", "1,2"]),
    ],
)
def test_words_have_the_type_of_the_column(run, tmp_path, ending, true, options):
    status, out, err = run(*rows(true, true, tmp_path / f"a{ending}"), *options)
    assert (status, err) == (0, "")
    assert json.loads(out)["f1_macro"] == 1.0
    assert json.loads(out)["accuracy"] == 1.0


@pytest.mark.parametrize(("true", "word"), [([1, 2, 9, 1], "9"), (["1", "2", "x", "1"], "x"),
                                            (["1", "2", "x", "1"], "2")])  # fmt: skip
def test_an_ignored_word_has_the_type_of_the_column(run, tmp_path, true, word):
    command = rows(true, true, tmp_path / "a.parquet")
    _, out, err = run(*command[:-2], "--ignore-index", word)
    assert err == "" and "3 rows" in out


def test_numbers_and_words_cannot_name_numbers(run, tmp_path):
    command = rows([1, 2, 3], [1, 2, 3], tmp_path / "a.parquet")
    status, _, err = run(*command, "--classes", "1,2,x")
    assert status == 2 and "--classes holds 'x' beside numbers" in err


def test_text_labels_are_asked_for(run, tmp_path):
    command = rows([1, 2], [1, 2], tmp_path / "a.csv")
    status, out, _ = run(*command[:-2], "--text-labels", "--classes", "1,2")
    assert status == 0 and "2 rows" in out
    (tmp_path / "b.csv").write_text("y,p\na,a\n,a\n")
    command = ("score", tmp_path / "b.csv", "--target", "y", "--probabilities", "p")
    status, _, err = run(*command)
    assert status == 2 and "column y is empty at row 1" in err and "--empty-labels" in err
    assert run(*command, "--empty-labels")[0] == 0
    assert "1 rows" in run(*command, "--ignore-index", "")[1]


@pytest.mark.parametrize("command", ["tune", "plot"])
def test_tune_and_plot_take_names_of_classes(run, tmp_path, command):
    more = []
    if command == "plot":
        pytest.importorskip("matplotlib").use("Agg")
        more = ["--kind", "threshold", "--output", tmp_path / "a.png"]
    (tmp_path / "a.csv").write_text("y,p\nno,0.2\nyes,0.9\nno,0.4\nyes,0.6\n")
    given = (command, tmp_path / "a.csv", "--target", "y", "--probabilities", "p", *more)
    status, _, err = run(*given)
    assert status == 2 and "--pos-label" in err and "classes=" not in err
    for said in (["--classes", "no,yes"], ["--pos-label", "yes"]):
        assert run(*given, *said)[::2] == (0, "")


def test_tune_names_the_row_of_its_file(run, tmp_path):
    for part, last in ((1, 1), (2, 7)):
        (tmp_path / f"{part}.csv").write_text(f"y,p\n0,0.2\n1,0.9\n{last},0.5\n")
    command = (
        "tune",
        tmp_path / "1.csv",
        tmp_path / "2.csv",
        "--target",
        "y",
        "--probabilities",
        "p",
    )
    status, _, err = run(*command)
    assert status == 2 and "2.csv: --target is 7 at row 2" in err


def test_a_file_of_predictions_is_no_state(run, tmp_path):
    np.savez_compressed(tmp_path / "a.npz", y_true=np.zeros(100_000), y_prob=np.zeros(100_000))
    status, _, err = run("merge", tmp_path / "a.npz")
    assert status == 2 and "it holds other arrays (y_prob, y_true)" in err


def test_a_state_is_never_added_twice(run, tmp_path):
    command = rows([0, 1, 1], [0, 1, 0], tmp_path / "a.csv")
    for name in ("1.npz", "2.npz"):
        assert run(*command, "--save", tmp_path / name)[0] == 0
    one, link = tmp_path / "1.npz", tmp_path / "link.npz"
    os.link(one, link)
    for other in (one, link, tmp_path / "2.npz"):
        status, _, err = run("merge", one, other)
        assert status == 2 and "holds the same counts as" in err and "--force" in err
        status, out, _ = run("merge", one, other, "--force")
        assert status == 0 and "6 rows" in out


def test_shared_and_repeated_ids_are_told(run, tmp_path):
    states, told = [], "f1core: rows that repeat an id, that count once: 1\n"
    for part, ids in enumerate(([1, 2, 3, 3], [3, 4, 5])):
        lines = [f"{i % 2},{i % 2},{i}\n" for i in ids]
        (tmp_path / f"{part}.csv").write_text("y,p,i\n" + "".join(lines))
        states.append(tmp_path / f"{part}.npz")
        _, _, err = run("score", tmp_path / f"{part}.csv", "--target", "y", "--probabilities", "p",
                        "--id", "i", "--save", states[-1])  # fmt: skip
        assert err == (told if part == 0 else "")
    status, out, err = run("merge", *states)
    assert status == 0 and "5 rows" in out
    assert err == f"f1core: rows of {states[1]} in earlier states too, that count once: 1\n"


NAMES = [
    "[neg]",
    "[/b]",
    ":smile:",
    "a\x1b[31mb",
    "$\\foo$",
    "<script>",
    "two\nlines",
    "\u202ekcab",
]


def test_names_reach_a_terminal_as_text(run, tmp_path):
    status, out, _ = run(*rows(NAMES, NAMES, tmp_path / "a.parquet")[:-2])
    assert status == 0
    for shown in ("[neg]", "[/b]", ":smile:", "a\\x1b[31mb", "$\\foo$", "two\\nlines"):
        assert shown in out
    assert "\x1b" not in out and "\u202e" not in out
    path = tmp_path / "a\x1b[31m.csv"
    path.write_text("y,p\n1,2.5\n")
    status, _, err = run("score", path, "--target", "y", "--probabilities", "p")
    assert status == 2 and "a\\x1b[31m.csv" in err and "\x1b" not in err
    assert "\x1b" not in str(f1core.score(NAMES, NAMES))


def test_names_reach_html_as_text():
    html = f1core.score(NAMES, NAMES)._repr_html_()
    assert "&lt;script&gt;" in html and "<script>" not in html and "\x1b" not in html


def test_names_reach_pictures_as_text(tmp_path):
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib import pyplot

    scores = f1core.score(NAMES, NAMES)
    for axes in (f1core.plots.confusion(scores), f1core.plots.per_class(scores)):
        axes.figure.savefig(tmp_path / "a.png")
        assert any(label.get_text() == "\\$\\foo\\$" for label in axes.get_yticklabels())
        pyplot.close(axes.figure)


def test_groups_reach_a_terminal_as_text(run, tmp_path):
    table = pa.table({"y": [0, 1], "p": [0.1, 0.9], "g": ["[b]", "x\x1b]0;title"]})
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    command = ("score", tmp_path / "a.parquet", "--target", "y", "--probabilities", "p")
    status, out, _ = run(*command, "--group", "g")
    assert status == 0 and "[b]\n" in out and "x\\x1b]0;title\n" in out


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--threshold", "abc", "--threshold: it is 'abc'; give a number, or several by comma"),
        ("--classes", "", "--classes: it is empty; name at least one"),
        ("--average-over", " ", "--average-over: it is empty; name at least one"),
        ("--target", "", "--target: it is empty; name at least one"),
    ],
)
def test_values_that_cannot_be_read_are_named(capsys, option, value, words):
    with pytest.raises(SystemExit):
        main(["score", "a.csv", option, value])
    assert words in capsys.readouterr().err
