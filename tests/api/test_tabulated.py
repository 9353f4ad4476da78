"""Scores as rows, plain data and frames, and scores out of a confusion matrix."""

import copy
import json
import math
import pickle

import numpy as np
import pytest
import tasks
from hypothesis import assume, given
from hypothesis import strategies as st

import f1core
from f1core import F1Error, Scores, score
from f1core.count_layout import RATIOS
from f1core.intervals.proportions import proportion_interval

MATRIX = np.array([[50, 10, 0], [7, 30, 3], [0, 12, 8]])
NAMES = ["cat", "dog", "owl"]
S = Scores.from_confusion(MATRIX, classes=NAMES)
MULTILABEL = score([[0, 1], [1, 1], [0, 0]], [[0.2, 0.9], [0.4, 0.8], [0.7, 0.1]],
                   task="multilabel")  # fmt: skip


# ---- most_confused -----------------------------------------------------------------------


def test_pairs_come_by_count_and_then_in_the_order_of_the_classes():
    found = score(list("aabbccc"), list("bacbaab")).most_confused(10)
    assert [tuple(row) for row in found] == [
        ("c", "a", 2, 2 / 3), ("a", "b", 1, 0.5), ("b", "c", 1, 0.5), ("c", "b", 1, 1 / 3),
    ]  # fmt: skip
    assert [type(each) for each in found[0]] == [str, str, int, float]


@given(st.one_of(tasks.labels(), tasks.multiclass(), tasks.binary()), st.integers(1, 30))
def test_pairs_are_those_of_a_loop_over_the_matrix(problem, n):
    scores = problem.score(top_k=1, confusion=True)
    names, matrix, total = scores.classes, scores.confusion, scores.per_class.support
    places = range(len(names))
    cells = [
        (names[i], names[j], matrix[i, j], matrix[i, j] / total[i])
        for i in places for j in places if i != j and matrix[i, j]
    ]  # fmt: skip
    cells.sort(key=lambda cell: -cell[2])  # a stable sort
    assert scores.most_confused(n) == cells[:n]


def test_the_interval_of_a_share_is_that_of_a_proportion_of_the_true_rows():
    for level in (0.95, 0.5):
        for row in S.most_confused(3, level=level):
            support = MATRIX[NAMES.index(row.true)].sum()
            assert row.share == row.count / support
            ends = proportion_interval(row.count, support, level)
            assert row.interval == (float(ends[0]), float(ends[1]))
    narrow, wide = (S.most_confused(1, level=level)[0].interval for level in (0.5, 0.95))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_rows_that_are_not_alike_have_no_interval():
    y, p = ["a", "b", "a", "b"], ["a", "a", "b", "b"]
    weighted = score(y, p, sample_weight=[1.0, 2.5, 0.5, 1.0])
    assert weighted.most_confused()[0] == ("b", "a", 2.5, 2.5 / 3.5)
    clustered = score(y, p, cluster=[0, 0, 1, 1], resamples=20)
    resampled = score(y, p, resamples=20)
    assert weighted.most_confused()[0].interval is None
    assert clustered.most_confused()[0].interval is None
    assert resampled.most_confused()[0].interval == score(y, p).most_confused()[0].interval


def test_a_matrix_in_few_bytes_stays_in_few_bytes():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 900, 3000)
    pred = np.where(rng.random(3000) < 0.5, true, rng.integers(0, 900, 3000))
    scores = score(true, pred, classes=900)
    sent = pickle.loads(pickle.dumps(scores))
    assert sent._counts.packed is not None and sent._counts.packed.gaps is not None
    found = sent.most_confused(50)
    assert sent._counts.packed is not None
    assert found == scores.most_confused(50)


def test_what_has_no_pairs_is_refused_or_empty():
    assert score([0, 1, 1], [0, 1, 1]).most_confused() == []
    with pytest.raises(
        F1Error, match=r"needs one class a row, this task is multilabel: fn and fp of"
    ):
        MULTILABEL.most_confused()
    with pytest.raises(F1Error, match="needs one predicted class a row, top_k is 2"):
        score([0, 1, 2], np.eye(3), top_k=2).most_confused()
    with pytest.raises(F1Error, match="matrix of 3 classes was not kept; confusion=True keeps"):
        score([0, 1, 2], [0, 1, 1], confusion=False).most_confused()
    for wrong in (0, -1, 1.5, True, "2", None):
        with pytest.raises(F1Error, match=r"n is .*; give a whole number from 1"):
            S.most_confused(wrong)
    for wrong in (0, 1, "x", math.nan):
        with pytest.raises(F1Error, match="level is"):
            S.most_confused(level=wrong)


def test_a_pair_is_copied_pickled_and_shown_with_its_interval():
    row = S.most_confused(1)[0]
    shown = "Confused(true='owl', predicted='dog', count=12, share=0.6, interval=(0.3816, 0.7913))"
    assert repr(row) == shown
    for other in (copy.deepcopy(row), pickle.loads(pickle.dumps(row))):
        assert other == row and other.interval == row.interval and type(other) is type(row)


# ---- counts of each class ----------------------------------------------------------------


def test_true_and_false_positives_and_negatives_are_scikit_learns():
    from sklearn.metrics import multilabel_confusion_matrix

    rng = np.random.default_rng(2)
    true, pred = rng.integers(0, 4, (2, 300))
    flags = rng.integers(0, 2, (2, 200, 5))
    weight = rng.random(300)
    for scores, theirs in (
        (score(true, pred), multilabel_confusion_matrix(true, pred)),
        (score(true, pred, confusion=False), multilabel_confusion_matrix(true, pred)),
        (score(*flags, task="multilabel"), multilabel_confusion_matrix(*flags)),
        (
            score(true, pred, sample_weight=weight),
            multilabel_confusion_matrix(true, pred, sample_weight=weight),
        ),
    ):
        each = scores.per_class
        ours = np.array([[each.tn, each.fp], [each.fn, each.tp]])
        np.testing.assert_allclose(np.moveaxis(ours, -1, 0), theirs, rtol=1e-12)
    assert each.tp.dtype == np.float64
    assert score(true, pred).per_class.tn.dtype == np.int64


def test_a_binary_task_has_the_counts_of_its_positive_class():
    found = score([0, 1, 1, 0, 1], [0, 1, 0, 1, 1]).binary
    assert (found.tp, found.fp, found.fn, found.tn) == (2, 1, 1, 1)
    assert {type(each) for each in (found.tp, found.fp, found.fn, found.tn)} == {int}
    assert pickle.loads(pickle.dumps(found)) == found
    assert isinstance(found, f1core.Average)


def test_weights_that_round_give_no_count_below_zero():
    found = Scores.from_confusion([[0.0, 0.27], [0.04, 0.02]])
    total, pred, fn = found.total, 0.27 + 0.02, (0.04 + 0.02) - 0.02
    assert total - pred - fn < 0
    assert found.per_class.tn[1] == found.binary.tn == 0.0


def test_means_have_no_such_counts():
    with pytest.raises(AttributeError, match="an average has no tp"):
        S.macro.tp  # noqa: B018
    with pytest.raises(AttributeError, match=r"Scores has no tp: s\.per_class\.tp"):
        S.tp  # noqa: B018


# ---- plain data --------------------------------------------------------------------------


@given(tasks.any_task())
def test_all_of_it_is_json_and_says_what_the_scores_say(problem):
    scores = problem.score()
    found = scores.to_dict(per_class=True)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    flat = {name: None if math.isnan(v) else v for name, v in scores.to_dict().items()}
    assert {name: found[name] for name in flat} == flat
    each = scores.per_class
    assert found["classes"] == scores.classes and found["task"] == scores.task
    assert found["support"] == each.support.tolist() and found["total"] == scores.total
    for name, values in found["per_class"].items():
        expected = getattr(each, name)
        np.testing.assert_array_equal(np.array(values, float), expected.astype(float))
    assert set(found["per_class"]) == {*RATIOS, "tp", "fp", "fn", "tn"}
    try:
        assert found["confusion"] == scores.confusion.tolist()
    except F1Error:
        assert found["confusion"] is None


def test_a_threshold_is_told_where_one_cuts():
    y, p = [0, 1, 1], [0.2, 0.9, 0.4]
    assert score(y, p, threshold=0.3).to_dict(per_class=True)["threshold"] == 0.3
    cuts = score([[0, 1]], [[0.2, 0.9]], task="multilabel", threshold=[0.1, 0.2])
    assert cuts.to_dict(per_class=True)["threshold"] == [0.1, 0.2]
    assert S.to_dict(per_class=True)["threshold"] is None
    ranked = score([[0, 1]], [[0.2, 0.9]], task="multilabel", top_k=1)
    assert ranked.to_dict(per_class=True)["threshold"] is None


def test_names_of_any_type_and_undefined_numbers_are_json():
    for classes in ([np.int64(7), np.int64(-3)], np.array(["a", "b"]), [True, False]):
        scores = score([0, 1], [0, 1], classes=classes, task="multiclass") if isinstance(
            classes[0], str) else score(list(classes), list(classes))  # fmt: skip
        found = json.loads(json.dumps(scores.to_dict(per_class=True), allow_nan=False))
        assert found["classes"] == sorted(scores.classes)
    undefined = score([0, 0, 1], [0, 0, 0], zero_division=math.nan).to_dict(per_class=True)
    assert undefined["per_class"]["precision"] == [2 / 3, None]
    for wrong in (1, "yes", None):
        with pytest.raises(F1Error, match=r"per_class is .*; use True or False"):
            S.to_dict(per_class=wrong)


# ---- frames ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pandas", "polars"])
@pytest.mark.parametrize("scores", [S, MULTILABEL, score([3, 5], [3, 5])], ids=["a", "b", "c"])
def test_a_frame_has_a_row_a_class_and_a_row_an_average(kind, scores):
    pytest.importorskip(kind)
    frame = scores.to_frame(kind)
    assert type(frame).__module__.split(".")[0] == kind
    assert list(frame.columns) == ["class", "average", *RATIOS, "support", "tp", "fp", "fn", "tn"]
    n, kinds = len(scores.classes), scores.averages
    assert len(frame) == n + len(kinds)
    assert frame["class"].to_list()[:n] == scores.classes
    assert frame["average"].to_list()[n:] == list(kinds)
    for name in (*RATIOS, "support", "tp", "fp", "fn", "tn"):
        assert frame[name].to_list()[:n] == getattr(scores.per_class, name).tolist()
        rest = frame[name][n:]
        if name in ("tp", "fp", "fn", "tn"):
            assert (rest.is_null() if kind == "polars" else rest.isna()).all()
        else:
            assert rest.to_list() == [getattr(getattr(scores, each), name) for each in kinds]
    assert str(frame["tp"].dtype) == "Int64"


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_groups_are_a_frame_of_a_row_each(kind):
    pytest.importorskip(kind)
    by = f1core.score_by(list("abab"), [0, 1, 1, 1], [0.2, 0.7, 0.9, 0.1])
    frame = by.to_frame(kind)
    assert frame["group"].to_list() == ["a", "b"] and frame["rows"].to_list() == [2, 2]
    for name in by["a"].to_dict():
        assert frame[name].to_list() == [scores.to_dict()[name] for scores in by.values()]
    mixed = f1core.score_by([0, 0, 1, 1], [0, 1, 2, 2], [0, 1, 2, 0]).to_frame(kind)
    assert mixed["group"].to_list() == [0, 1]
    assert pickle.loads(pickle.dumps(by)).keys() == by.keys()


def test_a_frame_of_what_is_not_there_is_refused(monkeypatch):
    for wrong in ("pyarrow", None, 1, "Pandas"):
        with pytest.raises(F1Error, match=r"kind is .*; use one of 'pandas', 'polars'"):
            S.to_frame(wrong)
    for kind in ("pandas", "polars"):
        monkeypatch.setitem(__import__("sys").modules, kind, None)
        with pytest.raises(F1Error, match=f"needs {kind}: pip install {kind}"):
            S.to_frame(kind)


# ---- from a matrix -----------------------------------------------------------------------


@given(st.one_of(tasks.labels(), tasks.multiclass(), tasks.binary()))
def test_scores_of_a_matrix_are_those_of_its_rows(problem):
    assume(problem.options.get("ignore_index") is None)
    scores = problem.score(top_k=1, confusion=True, average_over=None)
    options = {"beta": scores._options.beta, "zero_division": scores._options.zero_division}
    found = Scores.from_confusion(
        scores.confusion, classes=scores.classes, task=scores.task, **options
    )
    assert repr(found.to_dict()) == repr(scores.to_dict())
    assert found.classes == scores.classes
    assert (found.confusion == scores.confusion).all()
    if not scores._counts.weighted:
        assert found.interval("f1_macro") == scores.interval("f1_macro")
    assert pickle.loads(pickle.dumps(found)).most_confused(3) == scores.most_confused(3)


def test_a_matrix_may_be_a_list_an_array_or_a_frame():
    pd = pytest.importorskip("pandas")
    expected = S.to_dict()
    frame = pd.DataFrame(MATRIX, index=NAMES, columns=NAMES)
    mixed = frame.loc[["owl", "cat", "dog"], ["dog", "owl", "cat"]]
    for matrix, classes in (
        (MATRIX.tolist(), NAMES),
        (tuple(map(tuple, MATRIX.tolist())), NAMES),
        (MATRIX.astype(np.uint8), np.array(NAMES)),
        (MATRIX.T.copy().T, NAMES),
        (frame, None),
        (pd.DataFrame(MATRIX, columns=NAMES), None),
        (mixed, NAMES),
        (pd.crosstab(*_rows(MATRIX)), None),
    ):
        found = Scores.from_confusion(matrix, classes=classes)
        assert found.to_dict() == expected and found.classes == NAMES
    assert Scores.from_confusion(mixed).classes == ["dog", "owl", "cat"]
    assert Scores.from_confusion(mixed).per_class.recall.tolist() == [30 / 40, 8 / 20, 50 / 60]
    polars = pytest.importorskip("polars")
    named = polars.DataFrame({name: MATRIX[:, i] for i, name in enumerate(NAMES)})
    assert Scores.from_confusion(named).to_dict() == expected


def _rows(matrix):
    true, pred = np.nonzero(matrix)
    return (np.array(NAMES)[ids].repeat(matrix[true, pred]) for ids in (true, pred))


def test_the_matrix_is_taken_as_it_is_now():
    matrix = MATRIX.copy()
    scores = Scores.from_confusion(matrix)
    matrix[:] = 1
    assert (scores.confusion == MATRIX).all()


def test_two_classes_are_binary_as_they_are_in_score():
    two = [[50, 10], [5, 35]]
    assert Scores.from_confusion(two).task == "binary"
    assert Scores.from_confusion(two, classes=[0, 1]).task == "binary"
    assert Scores.from_confusion(two, classes=2).binary.tp == 35
    assert Scores.from_confusion(two, classes=["no", "yes"]).task == "multiclass"
    named = Scores.from_confusion(two, classes=["no", "yes"], task="binary")
    assert named.binary.recall == 35 / 40
    turned = Scores.from_confusion(two, classes=["no", "yes"], pos_label="no")
    assert turned.classes == ["yes", "no"] and turned.binary.recall == 50 / 60
    assert Scores.from_confusion(two, pos_label=0).binary.recall == 50 / 60
    assert Scores.from_confusion(two, pos_label=1).binary.recall == 35 / 40


def test_floats_are_weights():
    found = Scores.from_confusion([[1.5, 0.5], [0.25, 2.0]])
    assert found.total == 4.25 and found.binary.recall == 2 / 2.25
    with pytest.raises(F1Error, match="weighted rows"):
        found.interval("f1")


def test_options_of_averages_are_used():
    found = Scores.from_confusion(MATRIX, classes=NAMES, average_over=["cat", "dog"], beta=2.0)
    assert found.macro.f1 == found.per_class.f1[:2].mean()
    assert found.macro.fbeta == found.per_class.fbeta[:2].mean() != found.macro.f1
    empty = Scores.from_confusion([[1, 0], [0, 0]], zero_division=1.0, average_over="all")
    assert empty.macro.recall == 1.0


@pytest.mark.parametrize(
    ("matrix", "options", "sentence"),
    [
        ([[1, 2], [3, -1]], {}, "matrix holds -1 at row 1, column 1; counts are finite"),
        ([[1, math.nan], [3, 1]], {}, "matrix holds nan at row 0, column 1"),
        ([[1, math.inf], [3, 1]], {}, "matrix holds inf at row 0"),
        ([[1, 2, 3], [3, 1, 2]], {}, r"matrix is \(2, 3\) int64; give one \(C, C\), rows = truth"),
        ([[1, 2], [3]], {}, "matrix"),
        ([1, 2], {}, r"matrix is \(2,\) int64; give one \(C, C\)"),
        (np.zeros((2, 2, 2), int), {}, r"matrix is \(2, 2, 2\)"),
        ([["a", "b"], ["c", "d"]], {}, "it holds counts, or sums of weights"),
        ([[0, 0], [0, 0]], {}, "no rows to score"),
        (np.zeros((0, 0), int), {}, r"matrix is \(0, 0\) int64; give one \(C, C\)"),
        (np.full((2, 2), 2**62), {}, "counts end at 2\\^63"),
        (np.full((2, 2), 1e308), {}, "beyond float64"),
        (MATRIX, {"classes": ["a", "b"]}, "classes has 2 entries, the matrix 3 rows"),
        (MATRIX, {"classes": 4}, "classes has 4 entries, the matrix 3 rows"),
        (MATRIX, {"pos_label": 1}, "pos_label=1 is the positive class of a binary task"),
        (MATRIX, {"task": "binary"}, "classes has 3 entries, a binary task has 2"),
        (MATRIX, {"task": "multilabel"}, "a multilabel task has no one matrix"),
        (MATRIX, {"threshold": 0.5}, "from_confusion has no option threshold="),
        (None, {}, "matrix is None"),
    ],
)
def test_what_is_no_matrix_of_counts_is_refused(matrix, options, sentence):
    with pytest.raises(F1Error, match=sentence):
        Scores.from_confusion(matrix, **options)


def test_a_frame_whose_names_do_not_fit_is_refused():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(MATRIX, index=NAMES, columns=NAMES)
    with pytest.raises(F1Error, match=r"\(3, 2\) int64.*; 'owl' is a row or a column alone"):
        Scores.from_confusion(frame[["cat", "dog"]])
    with pytest.raises(F1Error, match="no one of the matrix's rows is 'owl'"):
        Scores.from_confusion(frame.rename(index={"owl": "cow"}))
    with pytest.raises(F1Error, match="no one of the matrix's rows is 'cow'"):
        Scores.from_confusion(frame, classes=["cat", "dog", "cow"])
    true, pred = _rows(MATRIX)
    with pytest.raises(F1Error, match="a last row and column of sums, 'All'; leave them out"):
        Scores.from_confusion(pd.crosstab(true, pred, margins=True))


@pytest.mark.parametrize(
    "call",
    [S.most_confused, S.to_frame, S.to_dict, lambda **o: Scores.from_confusion(MATRIX, **o)],
)
def test_unknown_options_are_refused(call):
    for name in ("averages", "xyz", "num_classes", "digits"):
        with pytest.raises(f1core.errors.UnknownOption, match=f"has no option {name}="):
            call(**{name: 1})


@pytest.mark.parametrize("columns", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
@pytest.mark.parametrize("rows", [[0, 1, 2], [1, 0, 2], [2, 0, 1]])
@pytest.mark.parametrize("classes", [None, 3, [0, 1, 2], [2, 0, 1]])
def test_numbers_that_name_rows_and_columns_are_classes_in_their_order(rows, columns, classes):
    pd = pytest.importorskip("pandas")
    truth, found = [0, 0, 1, 2, 2, 2], [0, 1, 1, 1, 2, 0]
    frame = pd.crosstab(np.array(truth), np.array(found)).loc[rows, columns]
    expected = f1core.score(truth, found, classes=classes or 3)
    s = Scores.from_confusion(frame, classes=classes)
    assert s.confusion.tolist() == expected.confusion.tolist() and s.classes == expected.classes


def test_of_two_numbers_in_any_order_the_second_is_positive():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame([[50, 10], [5, 35]], index=[0, 1], columns=[1, 0])
    s = Scores.from_confusion(frame)
    assert s.confusion.tolist() == [[10, 50], [35, 5]] and s.binary.recall == 5 / 40


def test_a_metric_of_unknown_predictions_needs_them_counted():
    from f1core.adapters.hooks import named

    with pytest.raises(F1Error, match="metric is 'unknown', which counts predictions"):
        named("unknown", "multiclass")
    assert named("unknown", "multiclass", unknown="miss") == "unknown"
