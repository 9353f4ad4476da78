"""Plots of several models, of chosen classes, of thresholds; and names as they are drawn."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from f1core import F1Error, score
from f1core.thresholds import best_threshold, calibration, curve

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from f1core import plots  # noqa: E402
from f1core.plots import style  # noqa: E402
from f1core.plots.class_names import short_names, wrapped_names  # noqa: E402


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


def binary(rows=400):
    rng = np.random.default_rng(1)
    y = rng.random(rows) < 0.4
    p = np.clip(rng.random(rows) * 0.7 + y * 0.3, 0, 1).round(2).astype(np.float32)
    return y, p, np.clip(p + rng.normal(0, 0.3, rows), 0, 1)


def multiclass(classes=4, rows=500):
    rng = np.random.default_rng(3)
    y = rng.integers(0, classes, rows)
    p = rng.dirichlet(np.ones(classes), rows) + 0.3 * np.eye(classes)[y]
    return y, p / p.sum(axis=1, keepdims=True)


def curves(ax):
    """The lines that have a name."""
    return [line for line in ax.get_lines() if not line.get_label().startswith("_child")]


def told(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("draw", [plots.roc, plots.precision_recall])
def test_several_models_are_the_lines_of_each(draw):
    y, old, new = binary()
    area = "roc_auc" if draw is plots.roc else "average_precision"
    alone = [
        max(draw(y, p).get_lines(), key=lambda line: len(line.get_xdata())) for p in (old, new)
    ]
    both = draw(y, {"old": old, "new": new})
    twice = draw(y, old, label="old")
    assert draw(y, new, ax=twice, label="new") is twice
    for ax in (both, twice):
        for line, one, p, name in zip(curves(ax), alone, (old, new), ("old", "new"), strict=True):
            np.testing.assert_array_equal(line.get_xydata(), one.get_xydata())
            assert line.get_label().startswith(name)
            assert f"{getattr(curve(y, p), area):.4f}" in line.get_label()
    assert "400 rows" in both.get_title(loc="left") and "rows" not in told(both)[0]
    assert told(twice) == [f"{text}, 400 rows" for text in told(both)]
    colours, dashes = ({getattr(x, f"get_{of}")() for x in curves(both)} for of in
                       ("color", "linestyle"))  # fmt: skip
    assert len(colours) == len(dashes) == 2
    some = {"old": y[:300], "new": y}
    apart = draw(some, {"old": old[:300], "new": new})
    assert [text.rpartition(", ")[2] for text in told(apart)] == ["300 rows", "400 rows"]


def area_under(line):
    x, y = line.get_data()
    if line.get_drawstyle() == "steps-pre":
        return np.sum(np.diff(x) * y[1:])
    return np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2)


@pytest.mark.parametrize("draw", [plots.roc, plots.precision_recall])
def test_models_of_many_classes_are_drawn_by_the_mean_or_by_one_class(draw):
    y, p = multiclass()
    area = "roc_auc" if draw is plots.roc else "average_precision"
    found = curve(y, p, task="multiclass")
    (line,) = curves(draw(y, {"a": p}, task="multiclass"))
    value = getattr(found.macro, area)
    assert f"{value:.4f}" in line.get_label()
    assert area_under(line) == pytest.approx(value, abs=2e-3)
    ax = draw(y, {"a": p, "b": p[:, ::-1]}, task="multiclass", of=2)
    np.testing.assert_array_equal(
        curves(ax)[0].get_xydata(), curves(draw(y, p, task="multiclass", of=2))[0].get_xydata()
    )
    assert f"{getattr(found.per_class, area)[2]:.4f}" in told(ax)[0]
    with pytest.raises(F1Error, match="of names several classes"):
        draw(y, {"a": p}, task="multiclass", of=[0, 1])
    gone = draw(np.minimum(y, 2), p, task="multiclass")
    values = getattr(curve(np.minimum(y, 2), p, task="multiclass").per_class, area)[:3]
    if draw is plots.roc:
        assert f"macro {values.mean():.4f} of 3 classes" in gone.get_title(loc="left")


@pytest.mark.parametrize("cut", [0.3, 0.55, 0.0])
def test_a_threshold_is_marked_where_score_has_it(cut):
    y, p, _ = binary()
    s = score(y, p, threshold=cut)
    (mark,) = [x for x in plots.roc(y, p, threshold=cut).get_lines() if x.get_marker() == "o"]
    false, recall = s.confusion[0, 1] / (~y).sum(), s.binary.recall
    assert mark.get_xydata().tolist() == [[false, recall]]
    ax = plots.precision_recall(y, p, threshold=cut)
    (mark,) = [line for line in ax.get_lines() if line.get_marker() == "o"]
    assert mark.get_xydata().tolist() == [[s.binary.recall, s.binary.precision]]
    ax = plots.threshold(y, p, threshold=cut)
    (mark,) = [line for line in ax.get_lines() if line.get_marker() == "s"]
    assert mark.get_xydata().tolist() == [[cut, s.binary.f1]]


def test_one_threshold_a_label_is_marked_on_its_line():
    y, p = multiclass()
    flags, cuts = np.eye(4, dtype=int)[y], [0.2, 0.3, 0.4, 0.5]
    s = score(flags, p, task="multilabel", threshold=cuts)
    ax = plots.precision_recall(flags, p, task="multilabel", threshold=cuts)
    marks = [line.get_xydata()[0].tolist() for line in ax.get_lines() if line.get_marker() == "o"]
    assert marks == np.stack([s.per_class.recall, s.per_class.precision], axis=1).tolist()
    ax = plots.roc(flags, p, task="multilabel", of=3, threshold=cuts)
    assert any("p > 0.5" in text.get_text() for text in ax.texts)
    for place, ax in enumerate(plots.threshold(flags, p, task="multilabel", threshold=cuts)):
        (mark,) = [line for line in ax.get_lines() if line.get_marker() == "s"]
        assert mark.get_xydata().tolist() == [[cuts[place], s.per_class.f1[place]]]


@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
def test_each_label_has_a_small_picture_with_its_best_threshold(task):
    y, p = multiclass()
    flags = np.eye(4, dtype=int)[y]
    axes = plots.threshold(y if task == "multiclass" else flags, p, task=task)
    best = best_threshold(flags, p, task="multilabel").threshold
    assert len(axes) == 4
    for place, ax in enumerate(axes):
        (mark,) = [line for line in ax.get_lines() if line.get_marker() == "o"]
        found = curve(flags[:, place], p[:, place])
        assert mark.get_xydata().tolist() == [[best[place], found.f1.max()]]
        assert ax.get_title(loc="left").startswith(f"{place}\nF1 {found.f1.max():.3f}")
        np.testing.assert_array_equal(ax.get_lines()[2].get_ydata()[:-1], found.f1)
    one = plots.threshold(y if task == "multiclass" else flags, p, task=task, of=2)
    lines = [line.get_xydata() for line in (one.get_lines()[2], axes[2].get_lines()[2])]
    np.testing.assert_array_equal(*lines)


def test_of_many_labels_those_are_drawn_that_gain_most():
    rng = np.random.default_rng(6)
    y = (rng.random((300, 6)) < 0.3).astype(int)
    p = np.clip(0.5 * rng.random((300, 6)) + 0.5 * y, 0, 1)
    p[:, [1, 4]] /= 3  # whose best threshold is far below 0.5
    axes = plots.threshold(y, p, task="multilabel", classes=list("abcdef"), limit=2)
    assert [ax.get_title(loc="left")[0] for ax in axes] == ["b", "e"]
    assert "the 2 of 6 labels that gain most" in axes[0].figure.get_suptitle().replace("\n", " ")
    y[:, 3] = -1  # a label without a row
    axes = plots.threshold(y, p, task="multilabel", ignore_index=-1)
    assert [ax.get_title(loc="left")[0] for ax in axes] == list("01245")
    assert "labels without a row left out" in axes[0].figure.get_suptitle()
    axes = plots.threshold(y, {"x": p, "y": p**2}, task="multilabel", of=[5, 0], ignore_index=-1)
    assert [ax.get_title(loc="left") for ax in axes] == ["5", "0"]
    assert [line.get_label() for line in curves(axes[0])] == ["x", "y"]


def test_models_by_threshold_calibration_and_class():
    y, old, new = binary()
    ax = plots.threshold(y, {"old": old, "new": new})
    for line, p in zip(curves(ax), (old, new), strict=True):
        np.testing.assert_array_equal(line.get_ydata()[:-1], curve(y, p).f1)
        assert f"F1 {best_threshold(y, p).score:.4f}" in line.get_label()
    found = {"old": calibration(y, old), "new": calibration(y, new)}
    for line, k in zip(curves(plots.reliability(found)), found.values(), strict=True):
        kept = k.bins.count > 0
        np.testing.assert_array_equal(line.get_xdata(), k.bins.confidence[kept])
        np.testing.assert_array_equal(line.get_ydata(), k.bins.frequency[kept])
        assert f"{k.ece:.4f}" in line.get_label()
    y, p = multiclass()
    scores = {"a": score(y, p), "b": score(y, p[:, ::-1])}
    ax = plots.per_class(scores)
    order = [int(text.get_text()) for text in ax.get_yticklabels()]
    for line, bars, s in zip(curves(ax), ax.collections, scores.values(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), s.per_class.f1[order])
        ends = [segment[:, 0].tolist() for segment in bars.get_segments()]
        assert ends == [list(s.interval("f1", of=k)) for k in order]


def test_what_cannot_be_drawn_is_a_sentence():
    y, p, _ = binary()
    many, scores = multiclass()
    k, s = calibration(y, p), score(many, scores)
    flags, apart = np.eye(4, dtype=int)[many], {"a": scores, "b": scores[:, :3]}
    task = {"task": "multilabel"}
    for call, words in (
        (lambda: plots.roc(y, {}), "y_prob is {}; name at least one"),
        (lambda: plots.roc(y, dict.fromkeys(range(9), p)), "9 models; a picture shows 6"),
        (lambda: plots.roc({"b": y}, {"a": p}), r"y_true names \['b'\], y_prob \['a'\]"),
        (lambda: plots.roc(y, {"a": p}, label="a"), "label='a' names one model"),
        (lambda: plots.roc(y, p, label=3), "label is 3"),
        (lambda: plots.roc(y, p, title=3), "title is 3; give text"),
        (lambda: plots.roc(y, p, of=1), "a binary task has one line"),
        (lambda: plots.roc(np.ones(400), p), "needs rows that are positive and rows that are not"),
        (lambda: plots.precision_recall(np.zeros(400), p), "needs positive rows"),
        (lambda: plots.roc(many, scores, task="multiclass", threshold=0.5), "largest score"),
        (lambda: plots.roc(many, scores, task="multiclass", of="z"), "of is 'z'"),
        (lambda: plots.roc(many, scores, task="multiclass", of=[]), "of is empty"),
        (lambda: plots.roc(y, p, threshold=[0.1, 0.2]), "threshold has 2 entries"),
        (lambda: plots.threshold(y, p, of=1), "a binary task has one"),
        (lambda: plots.threshold(y, p, limit=0), "limit is 0"),
        (lambda: plots.reliability({"a": k}, per_class=True), "classes of one model"),
        (lambda: plots.per_class({"a": s, "b": score(y, p)}), "name different classes"),
        (lambda: plots.per_class({"a": 3}), "give what f1core.score returns"),
        (lambda: plots.per_class(s, of=[1, 1]), "of names 1 twice"),
        (lambda: plots.reliability({"a": k, "b": calibration(many, scores)}), "different tasks"),
        (lambda: plots.roc({"a": flags, "b": flags[:, :3]}, apart, **task), "different classes"),
        (lambda: plots.threshold({"a": flags, "b": flags[:, :3]}, apart, **task), "different cl"),
    ):
        with pytest.raises(F1Error, match=words):
            call()


LONG = [
    "customer complaints about delayed shipping (domestic)",
    "customer complaints about delayed shipping (international)",
    "price_$5_to_$10", "_other", "<b>bold</b>", "日本", "x" * 40 + "A" + "x" * 40,
    "x" * 40 + "B" + "x" * 40, "tab\there",
]  # fmt: skip


# That differ in two places, in the middle and far from each other.
TWICE = [f"{'x' * 50}{i}{'y' * 50}{j}{'z' * 50}" for i in "ab" for j in "cd"]


def test_no_two_names_are_shortened_to_the_same_text():
    for names in (
        LONG,
        TWICE,
        [1, "1", "1 (2)", 1],
        [f"{'a' * 30}{k:03d}{'b' * 30}" for k in range(200)],
    ):
        for letters in (8, 12, 28):
            for short in (short_names(names, letters), wrapped_names(names, letters, 3)):
                assert len(set(short)) == len(names)
                # Where they differ is seen, and they need no number.
                assert len({*map(str, names)}) < len(names) or not any("(2)" in x for x in short)
    assert short_names(LONG)[:2] == ["customer complaint…domestic)", "customer complaint…national)"]
    assert max(map(len, short_names(LONG[:5]))) <= 29  # one of them an escape


@pytest.mark.parametrize("usetex", [False, True])
def test_names_are_drawn_as_they_are(usetex):
    rng = np.random.default_rng(0)
    y = rng.integers(0, len(LONG), 200)
    p = rng.dirichlet(np.ones(len(LONG)), 200)
    with warnings.catch_warnings(), matplotlib.rc_context({"text.usetex": usetex}):
        warnings.simplefilter("error")
        ax = plots.roc(y, p, task="multiclass", classes=LONG, title="50% of $x_1$ & #2 日")
        labels = [text.get_text().rpartition("  ")[0] for text in ax.get_legend().get_texts()]
        assert len(labels) == len(LONG) and labels[3] == " _other"
        assert labels[2] == r"price_\$5_to_\$10" and labels[5] in ("日本", r"\u65e5\u672c")
        every = [*ax.texts, *ax.get_legend().get_texts()]
        assert not any(text.get_usetex() for text in every)
        if not usetex:
            ax.figure.canvas.draw()


def test_characters_that_an_installed_font_holds_are_drawn_by_it(monkeypatch):
    monkeypatch.setattr(style, "_drawable", lambda: frozenset(map(chr, range(128))))
    style.fallbacks.cache_clear()
    assert style.plain("Größe") == "Größe"
    ax = plots.roc([0, 1], [0.2, 0.9], title="Größe")
    (text,) = [text for text in ax.texts if "Größe" in text.get_text()]
    assert len(text.get_fontfamily()) == 2
    style.fallbacks.cache_clear()


def test_a_title_stands_above_what_is_measured():
    y, p, _ = binary()
    many, scores = multiclass()
    for ax, words in (
        (plots.roc(y, p, title="A title"), "400 rows"),
        (plots.threshold(y, p, title="A title"), "400 rows"),
        (plots.reliability(calibration(y, p), title="A title"), "400 rows"),
        (plots.confusion(score(many, scores), title="A title"), "500 rows, 4 classes"),
        (plots.per_class(score(many, scores), title="A title"), "500 rows, 4 classes"),
    ):
        assert [text.get_text() for text in ax.texts].count("A title") == 1
        assert words in ax.get_title(loc="left")
