"""Plots: what they show is what was counted; how they look was looked at."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from f1core import F1Error, score

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from f1core import plots  # noqa: E402
from f1core.plots import cut_lines, style  # noqa: E402
from f1core.thresholds import best_threshold, calibration, curve  # noqa: E402


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot

    pyplot.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts]


def names(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def scored(classes, rows=2000, wrong=0.3):
    rng = np.random.default_rng(0)
    y_true = rng.integers(0, classes, rows)
    y_pred = np.where(rng.random(rows) < wrong, rng.integers(0, classes, rows), y_true)
    return score(y_true, y_pred, classes=[f"class {i}" for i in range(classes)])


@pytest.mark.parametrize("rows", [40, 50_000])
@pytest.mark.parametrize("floor", [{}, {"min_precision": 0.5}])
def test_the_best_threshold_is_marked_on_the_curve(rows, floor):
    rng = np.random.default_rng(1)
    y_true = rng.random(rows) < 0.4
    y_prob = np.clip(rng.random(rows) * 0.7 + y_true * 0.3, 0, 1)
    ax = plots.threshold(y_true, y_prob, **floor)
    best, found = best_threshold(y_true, y_prob, **floor), curve(y_true, y_prob)
    precision, recall, f1 = ax.get_lines()[:3]
    (mark,) = (line for line in ax.get_lines() if line.get_marker() == "o")
    at = np.searchsorted(found.thresholds, best.threshold, side="right") - 1
    assert mark.get_xdata()[0] == best.threshold
    assert mark.get_ydata()[0] == found.f1[at]
    title = ax.get_title(loc="left")
    assert f"F1 {found.f1[at]:.4f}" in title
    assert ("recall with a precision of at least 0.5" if floor else "at most 5% lower") in title
    for line, values in ((precision, found.precision), (recall, found.recall), (f1, found.f1)):
        x, y = line.get_data()
        assert len(x) <= style.POINTS + 2
        seen = values[np.searchsorted(found.thresholds, x[:-1])]
        known = ~np.isnan(y[:-1])  # precision ends where nothing is predicted
        assert known[:-1].all() and (line is precision or known.all())
        np.testing.assert_array_equal(y[:-1][known], seen[known])
    if not floor:
        assert max(f1.get_ydata()) == found.f1.max() == best.score


def test_below_all_scores_all_rows_are_predicted():
    ax = plots.threshold([1, 1, 0, 1], [0.0, 0.0, 0.0, 0.4])
    assert ax.get_title(loc="left").startswith("F1 0.8571 at p > -1, precision 0.7500, recall 1.0")
    assert ax.get_xlim()[0] == 0


def test_rare_positives_are_drawn_where_they_are():
    """The best F1 is in sight and high up, not a ripple at the lower left."""
    rng = np.random.default_rng(2)
    y_true = rng.random(5000) < 0.02
    y_prob = (rng.random(5000) * 0.01 + y_true * 0.0005).astype(np.float32)
    ax, best = plots.threshold(y_true, y_prob), best_threshold(y_true, y_prob)
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    assert left == 0 < best.threshold < right < 0.02
    assert low == 0 and best.score == pytest.approx(high / 4)
    assert plots.threshold([0, 1], [0.4, 0.6]).get_xlim() == (0, 1)


def test_grey_is_where_f1_is_nearly_as_high():
    rng = np.random.default_rng(3)
    y_true = rng.random(500) < 0.4
    y_prob = np.clip(rng.random(500) * 0.7 + y_true * 0.3, 0, 1)
    low, high = cut_lines._as_good(curve(y_true, y_prob), int(curve(y_true, y_prob).f1.argmax()))
    best = best_threshold(y_true, y_prob)
    loose = best_threshold(y_true, y_prob, slack=0.05 * best.score)
    assert (low, high) == (loose.low, loose.high)


def test_nothing_to_find_is_drawn_too():
    for y_true, y_prob in (([0, 0], [0.2, 0.4]), ([1, 1], [0.0, 0.0]), ([1], [0.5])):
        assert plots.threshold(y_true, y_prob).get_xlim() == (0, 1)


def test_three_classes_have_numbers_and_names():
    scores = scored(3)
    ax = plots.confusion(scores)
    assert names(ax.yaxis) == names(ax.xaxis) == ["class 0", "class 1", "class 2"]
    shares = scores.confusion_matrix("true")
    assert texts(ax) == [
        f"{share:.1%}\n{count:,}"
        for share, count in zip(shares.ravel(), scores.confusion.ravel(), strict=True)
    ]
    np.testing.assert_array_equal(ax.images[0].get_array(), shares)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    assert texts(plots.confusion(scores, normalize=None))[0] == str(scores.confusion[0, 0])


def test_fifty_classes_have_names_that_stay_apart():
    ax = plots.confusion(scored(50, wrong=0.02))
    assert names(ax.yaxis) == [f"class {i}" for i in range(50)]
    ax.figure.canvas.draw()
    drawn = [label.get_window_extent() for label in ax.yaxis.get_ticklabels()]
    assert all(low.y1 <= high.y0 + 1 for high, low in pairwise(drawn))


def test_of_many_classes_those_that_are_confused_most_are_drawn():
    rng = np.random.default_rng(4)
    y_true = rng.integers(0, 300, 3000)
    y_pred = y_true.copy()
    y_pred[y_true == 7] = 290  # the largest confusions
    y_pred[y_true == 250] = 40
    scores = score(y_true, y_pred, classes=300)
    ax = plots.confusion(scores, normalize=None, limit=20)
    told = names(ax.yaxis)
    assert {"7", "290", "250", "40"} <= set(told) and told[-1] == "281 others"
    drawn = np.asarray(ax.images[0].get_array())
    assert drawn.shape == (20, 20) and drawn.sum() == 3000
    kept = [int(name) for name in told[:-1]]
    np.testing.assert_array_equal(drawn[:-1, :-1], scores.confusion[np.ix_(kept, kept)])
    assert "the 19 classes of the largest confusions" in ax.get_title(loc="left")
    assert plots.confusion(scored(70, wrong=0.0)).images[0].get_array().shape == (60, 60)
    assert plots.confusion(scored(70, wrong=0.0), limit=70).images[0].get_array().shape == (70, 70)


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return np.dot([0.2126, 0.7152, 0.0722], linear)


@pytest.mark.parametrize("classes", [2, 5, 14])
def test_counts_can_be_read_on_their_cells_and_fit_there(classes):
    from matplotlib.colors import to_rgb

    scores = scored(classes, wrong=0.6)
    ax = plots.confusion(scores)
    image = ax.images[0]
    ax.figure.canvas.draw()
    wide = ax.transData.transform([[0, 0], [1, 0]])
    for text in ax.texts:
        column, row = map(int, text.get_position())
        assert str(scores.confusion[row, column]) in text.get_text().replace(",", "")
        cell = luminance(image.cmap(image.norm(image.get_array()[row, column])))
        light, dark = sorted([cell, luminance(to_rgb(text.get_color()))], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5
        assert text.get_window_extent().width <= wide[1, 0] - wide[0, 0]
    assert len(ax.texts) == np.count_nonzero(scores.confusion)


def test_colours_follow_shares_linearly_or_the_bar_says_how():
    linear, root = plots.confusion(scored(3)), plots.confusion(scored(3), scale="sqrt")
    assert linear.images[0].norm(0.25) == pytest.approx(0.25)
    assert root.images[0].norm(0.25) == pytest.approx(0.5)
    bars = [ax.figure.axes[-1].get_ylabel() for ax in (linear, root)]
    assert bars == ["share of the true class", f"{bars[0]} (colour by its square root)"]
    with pytest.raises(F1Error, match="scale is 'log'"):
        plots.confusion(scored(3), scale="log")


def test_classes_stand_in_order_with_their_intervals():
    scores = scored(5)
    ax = plots.per_class(scores, level=0.9)
    (points,) = [line for line in ax.get_lines() if line.get_marker() == "o"]
    values = points.get_xdata()
    assert (np.diff(values) >= 0).all()
    np.testing.assert_array_equal(np.sort(scores.per_class.f1), values)
    assert names(ax.yaxis)[-1] == f"class {scores.per_class.f1.argmax()}"
    ((low, _), (high, _)) = ax.collections[0].get_segments()[0]
    assert low < values[0] < high
    assert "90% intervals" in ax.get_title(loc="left")
    assert not plots.per_class(scores, level=None, ratio="recall").collections


def test_classes_that_never_occur_are_left_out_and_of_many_the_weakest_drawn():
    assert len(names(plots.per_class(score([0, 2], [0, 2], classes=4)).yaxis)) == 2
    ax = plots.per_class(scored(80))
    assert len(names(ax.yaxis)) == 60
    assert "the 60 lowest by the upper end" in ax.get_title(loc="left")
    scores = scored(80)
    high = np.array([scores.interval("f1", of=name)[1] for name in scores.classes])
    weakest = {scores.classes[k] for k in np.argsort(high)[:10]}
    ax = plots.per_class(scores, limit=10)
    assert set(names(ax.yaxis)) == weakest and len(ax.collections[0].get_segments()) == 10
    (others,) = [line for line in ax.get_lines() if line.get_marker() == "|"]
    assert len(others.get_xdata()) == 70


def test_an_axis_of_ones_own():
    from matplotlib.figure import Figure

    left, right, low = Figure().subplots(3)
    assert plots.threshold([0, 1], [0.2, 0.9], ax=left) is left
    assert plots.confusion(scored(2), ax=right) is right
    assert plots.per_class(scored(2), ax=low) is low


def test_refusals_are_sentences():
    flags = score([[0, 1]], [[0.2, 0.7]], task="multilabel")
    with pytest.raises(F1Error, match="multilabel task has no"):
        plots.confusion(flags)
    with pytest.raises(F1Error, match="ratio is 'f2'"):
        plots.per_class(flags, ratio="f2")
    with pytest.raises(F1Error, match="weighted rows"):
        plots.per_class(score([0, 1], [0, 1], sample_weight=[1, 2]))
    with pytest.raises(F1Error, match="was not kept"):
        plots.confusion(score([0, 1], [0, 1], confusion=False))


def test_without_matplotlib_it_names_the_extra():
    program = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import f1core.plots, f1core\n"
        "try: f1core.plots.threshold([0, 1], [0.2, 0.9])\n"
        "except f1core.F1Error as error: print(error)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "f1core.plots needs matplotlib: pip install 'f1core[plot]'"


def test_importing_the_module_loads_no_matplotlib():
    program = "import f1core.plots, sys; print('matplotlib' in sys.modules, 'numba' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["False", "False"]


def test_the_picture_shows_the_intervals_that_are_asked_for():
    scores = scored(4, rows=60)
    for ratio in ("f1", "recall", "specificity"):
        (lines,) = plots.per_class(scores, ratio=ratio).collections
        shown = sorted(tuple(segment[:, 0]) for segment in lines.get_segments())
        assert shown == sorted(scores.interval(ratio, of=name) for name in scores.classes)


def multiclass(classes, rows=500):
    rng = np.random.default_rng(3)
    y = rng.integers(0, classes, rows)
    p = rng.dirichlet(np.ones(classes), rows) + 0.3 * np.eye(classes)[y]
    return y, p / p.sum(axis=1, keepdims=True)


def lines_of(ax):
    """The lines that are curves: neither the diagonal nor a share, nor empty."""
    return [
        line for line in ax.get_lines() if line.get_linestyle() == "-" and len(line.get_xdata())
    ]


@pytest.mark.parametrize("rows", [60, 50_000])
def test_the_areas_under_the_lines_are_those_of_curve(rows):
    rng = np.random.default_rng(2)
    y = rng.random(rows) < 0.3
    p = np.clip(rng.random(rows) * 0.7 + y * 0.3, 0, 1).round(3)
    found = curve(y, p)
    ax = plots.roc(y, p)
    (line,) = lines_of(ax)
    x, height = line.get_xdata(), line.get_ydata()
    assert len(x) <= style.POINTS + 200
    area = np.sum(np.diff(x) * (height[1:] + height[:-1]) / 2)
    assert area == pytest.approx(found.roc_auc, abs=1e-4)
    assert f"ROC AUC {found.roc_auc:.4f}" in ax.get_title(loc="left")
    ax = plots.precision_recall(y, p)
    (line,) = lines_of(ax)
    x, height = line.get_xdata(), line.get_ydata()
    assert line.get_drawstyle() == "steps-pre"
    assert np.sum(np.diff(x) * height[1:]) == pytest.approx(found.average_precision, abs=1e-3)
    assert f"average precision {found.average_precision:.4f}" in ax.get_title(loc="left")


@pytest.mark.parametrize("draw", [plots.roc, plots.precision_recall])
def test_each_class_has_a_line_and_of_many_the_worst_have_names(draw):
    area = "roc_auc" if draw is plots.roc else "average_precision"
    y, p = multiclass(4)
    options = {"task": "multiclass", "classes": list("abcd")}
    values = getattr(curve(y, p, **options).per_class, area)
    ax = draw(y, p, **options)
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert told == [f"{name}  {value:.3f}" for name, value in zip("abcd", values, strict=True)]
    assert len(lines_of(ax)) == 4
    y, p = multiclass(30)
    values = getattr(curve(y, p, task="multiclass").per_class, area)
    ax = draw(y, p, task="multiclass")
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    worst = np.argsort(values)[:3]
    assert told == [*(f"{k}  {values[k]:.3f}" for k in worst), "27 more classes"]
    assert len(lines_of(ax)) == 30
    gone = draw(np.minimum(multiclass(4)[0], 2), multiclass(4)[1], task="multiclass")
    assert len(lines_of(gone)) == 3  # a class without a row has no line


def test_reliability_shows_bins_intervals_and_classes():
    y, p = multiclass(4)
    k = calibration(y, p, classes=list("abcd"))
    ax = plots.reliability(k)
    (points,) = [line for line in ax.get_lines() if line.get_marker() == "o"]
    kept = k.bins.count > 0
    np.testing.assert_array_equal(points.get_xdata(), k.bins.confidence[kept])
    np.testing.assert_array_equal(points.get_ydata(), k.bins.frequency[kept])
    low, high = k.bins.interval(0.95)
    ends = [segment[:, 1].tolist() for segment in ax.collections[1].get_segments()]
    assert ends == [list(each) for each in zip(low[kept], high[kept], strict=True)]
    assert f"{k.ece:.4f} ({k.interval('ece')[0]:.4f}" in ax.get_title(loc="left")
    heights = [patch.get_height() for patch in ax.patches]
    np.testing.assert_allclose(heights, 0.22 * k.bins.count / k.bins.count.max())
    assert len(plots.reliability(k, level=None).collections) == 1
    of_b = plots.reliability(k, of="b")
    (points,) = [line for line in of_b.get_lines() if line.get_marker() == "o"]
    assert points.get_ydata()[0] == k.per_class.bins.frequency[1, 0]
    every = plots.reliability(k, per_class=True)
    assert [text.get_text()[0] for text in every.get_legend().get_texts()] == list("abcd")
    flags = calibration(np.eye(4, dtype=int)[y], p, task="multilabel")
    with pytest.raises(F1Error, match="say of=0 or per_class=True"):
        plots.reliability(flags)
    with pytest.raises(F1Error, match="say one of the two"):
        plots.reliability(k, of="b", per_class=True)
    with pytest.raises(F1Error, match=r"give what f1core\.calibration returns"):
        plots.reliability(p)
    with pytest.raises(F1Error, match="of is 'z'"):
        plots.reliability(k, of="z")


def test_what_is_rarely_predicted_fills_the_picture_of_calibration():
    rng = np.random.default_rng(5)
    p = rng.random(20_000) * 0.02
    ax = plots.reliability(calibration(rng.random(20_000) < p, p, strategy="quantile"))
    (points,) = [line for line in ax.get_lines() if line.get_marker() == "o"]
    assert 0.5 * ax.get_xlim()[1] < points.get_xdata().max() < ax.get_xlim()[1] < 0.1
