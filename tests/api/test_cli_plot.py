"""The command plot: what its options draw, and which of them a kind has no use for."""

from __future__ import annotations

import json

import numpy as np
import pytest

import f1core
from f1core.cli import main

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from matplotlib import pyplot  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

CLASSES = ("--target", "y", "--probabilities", "p_*")
ONE = ("--target", "t", "--probabilities", "p_b")


@pytest.fixture
def files(tmp_path):
    """Two models' files: three classes, and whether a row is the second of them."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 200)
    for name, skill in (("old", 0.2), ("new", 0.6)):
        p = rng.dirichlet(np.ones(3), 200) * (1 - skill) + skill * np.eye(3)[y]
        rows = (f"{'abc'[k]},{int(k == 1)},{','.join(map(str, r))}"
                for k, r in zip(y, p, strict=True))  # fmt: skip
        (tmp_path / f"{name}.csv").write_text("\n".join(["y,t,p_a,p_b,p_c", *rows]))
    yield tmp_path
    pyplot.close("all")


@pytest.fixture
def drawn(files, monkeypatch, capsys):
    """Run the command on files, and give the axes, or what it says instead."""

    def drawing(paths, *options):
        seen = []
        monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: seen.append(figure))
        given = [str(files / path) if "=" not in path else path.replace("=", f"={files}/")
                 for path in paths]  # fmt: skip
        status = main(["plot", *given, *map(str, options), "--output", str(files / "a.png")])
        err = capsys.readouterr().err
        assert (status == 2) == (not seen), err
        assert not seen or not err or "which flatters it" in err
        return seen[0].axes if seen else err

    return drawing


def told(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def title(ax):
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize(
    ("new", "old"), [("pr", "precision_recall"), ("calibration", "reliability")]
)
def test_kinds_have_a_short_name_and_a_long_one(drawn, new, old):
    first, second = (drawn(["old.csv"], *CLASSES, "--kind", kind)[0] for kind in (new, old))
    for one, other in zip(first.get_lines(), second.get_lines(), strict=True):
        np.testing.assert_array_equal(one.get_xydata(), other.get_xydata())


def test_the_title_is_the_files_name_or_what_is_said(drawn):
    assert title(drawn(["old.csv"], *CLASSES, "--kind", "roc")[0]) == ["old.csv"]
    both = drawn(["old.csv", "new.csv"], *CLASSES, "--kind", "roc")[0]  # in parts
    assert title(both) == ["old.csv and 1 more"] and "400 rows" in both.get_title(loc="left")
    assert title(drawn(["old.csv"], *CLASSES, "--kind", "roc", "--title", "x $y$")[0]) == [
        r"x \$y\$"
    ]
    assert not title(drawn(["old.csv"], *CLASSES, "--kind", "roc", "--title", "")[0])


@pytest.mark.parametrize("kind", ["roc", "pr", "threshold", "calibration", "per_class"])
def test_several_files_are_several_models(drawn, kind):
    ax = drawn(["old.csv", "better=new.csv"], "--models", *ONE, "--kind", kind)[0]
    assert [text.split()[0] for text in told(ax)] == ["old", "better"]
    (line, *_) = [line for line in ax.get_lines() if line.get_label().startswith("better")]
    alone = drawn(["better=new.csv"], "--models", *ONE, "--kind", kind)[0]
    (same,) = [line for line in alone.get_lines() if line.get_label().startswith("better")]
    np.testing.assert_array_equal(line.get_xdata(), same.get_xdata())


def test_several_columns_are_several_models(drawn, files):
    columns = ("--model", "first=p_a", "--model", "second=p_b")
    ax = drawn(["old.csv"], "--target", "t", *columns, "--kind", "roc")[0]
    rows = np.genfromtxt(files / "old.csv", delimiter=",", skip_header=1, usecols=(1, 2, 3))
    areas = [f1core.curve(rows[:, 0].astype(int), rows[:, k]).roc_auc for k in (1, 2)]
    assert told(ax) == [
        f"{name}  AUC {area:.4f}" for name, area in zip(("first", "second"), areas, strict=True)
    ]
    many = ("--model", "one=p_a,p_b,p_c", "--model", "two=p_b,p_a,p_c")
    given = ("--target", "y", "--classes", "a,b,c", *many, "--kind", "pr")
    assert len(told(drawn(["old.csv"], *given)[0])) == 2


def test_a_threshold_decides_or_is_marked(drawn, files):
    rows = np.genfromtxt(files / "old.csv", delimiter=",", skip_header=1, usecols=(1, 3))
    s = f1core.score(rows[:, 0].astype(int), rows[:, 1], threshold=0.3)
    ax = drawn(["old.csv"], *ONE, "--kind", "confusion", "--threshold", 0.3)[0]
    assert [text.split("\n")[1] for text in title(ax)[:-1]] == [str(n) for n in s.confusion.ravel()]
    ax = drawn(["old.csv"], *ONE, "--kind", "threshold", "--threshold", 0.3)[0]
    assert any(f"F1 {s.binary.f1:.4f} at p > 0.3" in text for text in title(ax))


def test_thresholds_of_tune_decide_and_are_marked(drawn, files, capsys):
    given = [str(files / "old.csv"), *CLASSES]
    assert main(["tune", *given, "--save", str(files / "best.json")]) == 0
    capsys.readouterr()
    saved = [
        drawn(["old.csv"], *CLASSES, "--kind", "per_class", "--threshold", cut)
        for cut in (files / "best.json", "best")
    ]
    at = json.loads((files / "best.json").read_text())["after"]["f1"]
    for axes in saved:
        (line, *_) = [line for line in axes[0].get_lines() if line.get_marker() == "o"]
        assert sorted(line.get_xdata()) == sorted(at)
    found = drawn(["old.csv"], *ONE, "--kind", "roc", "--threshold", files / "best.json")
    assert "was tuned for a multiclass task, this one is binary" in found
    assert "of one model" in drawn(
        ["old.csv", "new.csv"], "--models", *ONE, "--kind", "roc", "--threshold", "best"
    )
    assert main(["tune", str(files / "old.csv"), *ONE, "--save", str(files / "b.json")]) == 0
    capsys.readouterr()
    ax = drawn(["old.csv"], *ONE, "--kind", "roc", "--threshold", files / "b.json")[0]
    cut = json.loads((files / "b.json").read_text())["threshold"]
    assert f"p > {cut:.4g}" in title(ax)


def test_labels_are_chosen_by_name(drawn):
    axes = drawn(["old.csv"], *CLASSES, "--kind", "threshold", "--label", "c,a")
    assert [ax.get_title(loc="left")[0] for ax in axes] == ["c", "a"]
    ax = drawn(["old.csv"], *CLASSES, "--kind", "per_class", "--label", "b")[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["b"]
    ax = drawn(["old.csv"], *CLASSES, "--kind", "calibration", "--label", "b")[0]
    assert ax.get_title(loc="left").startswith("b: expected error")
    axes = drawn(["old.csv"], *CLASSES, "--kind", "threshold", "--limit", "2")
    assert len(axes) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((*CLASSES, "--kind", "roc", "--bins", "5"), "--bins is not for --kind roc, but for cal"),
        ((*CLASSES, "--kind", "confusion", "--label", "a"), "--label is not for --kind confusion"),
        ((*CLASSES, "--kind", "calibration", "--threshold", "0.5"), "--threshold is not for"),
        ((*CLASSES, "--kind", "roc", "--limit", "5"), "--limit is not for --kind roc"),
        ((*CLASSES, "--kind", "roc", "--unknown", "miss"), "--unknown is not for --kind roc"),
        ((*CLASSES, "--kind", "roc", "--label", "z"), "'z', which is no class; there are a, b, c"),
        ((*ONE, "--kind", "roc", "--label", "z"), "there is one column"),
        ((*CLASSES, "--kind", "roc", "--threshold", "0.5"), "predicts the largest score"),
        ((*CLASSES, "--kind", "confusion", "--models"), "--kind confusion shows one model"),
        ((*CLASSES, "--kind", "roc", "--model", "a=p_a"), "leave out --probabilities"),
        ((*ONE, "--kind", "roc", "--models", "--model", "a=p_a"), "say one of the two"),
    ],
)
def test_an_option_is_used_or_refused(drawn, options, words):
    assert words in drawn(["old.csv"], *options)


def test_what_is_wrong_in_one_model_names_its_file(drawn, files):
    text = (files / "new.csv").read_text().replace("b,1,", "b,7,", 1)
    (files / "bad.csv").write_text(text)
    found = drawn(["old.csv", "bad.csv"], "--models", *ONE, "--kind", "roc")
    assert "bad.csv" in found and "7" in found
    found = drawn(["old.csv", "old.csv"], "--models", *ONE, "--kind", "roc")
    assert "two models are called 'old'" in found
