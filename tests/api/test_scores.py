"""Scores: what a user holds, prints and turns into a dict."""

import copy
import dataclasses
import html.parser
import math
import pickle

import numpy as np
import pytest
import tasks
from hypothesis import given

import f1core
from f1core import Average, F1Error, score
from f1core.count_layout import RATIOS

IDS = [0, 2, 1, 2]
S = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5], [0.1, 0.8, 0.1], [0.6, 0.2, 0.2]])
FLAGS = np.array([[0, 1, 0], [1, 1, 0], [0, 0, 0], [1, 0, 1]])


def test_which_task_it_is():
    assert score([0, 1], [0.1, 0.9]).task == "binary"
    assert score([0, 1], [0, 1]).task == "binary"
    assert score([False, True], [True, True]).task == "binary"
    assert score([0.0, 1.0], [1, 0]).task == "binary"
    assert score([0, 1], [0, 2]).task == "multiclass"
    assert score([1, 2], [1, 1]).task == "multiclass"
    assert score([0, 1], [0.0, 2.0], task="multiclass").task == "multiclass"
    assert score([0, 2], [0.0, 2.0]).task == "multiclass"
    assert score([0, 1], [0, 1], classes=3).task == "multiclass"
    assert score(["a", "b"], ["a", "a"]).task == "multiclass"
    assert score([0, 1], [[0.2, 0.8], [0.6, 0.4]]).task == "multiclass"
    assert score([-1, 0, 1], [0, 0, 1], ignore_index=-1).task == "binary"
    assert score([[0], [1]], [[0.2], [0.7]], task="binary").task == "binary"
    assert score([0, 1], [[0.2], [0.7]]).task == "binary"


def test_an_average_holds_seven_numbers():
    fields = [field.name for field in dataclasses.fields(Average)]
    assert fields == ["precision", "recall", "f1", "fbeta", "jaccard", "specificity", "support"]
    scores = score(IDS, S)
    for average in (scores.micro, scores.macro, scores.weighted):
        assert isinstance(average, Average)
        for name in fields[:-1]:
            assert type(getattr(average, name)) is float
        assert average.support == 4
    with pytest.raises(dataclasses.FrozenInstanceError):
        scores.micro.f1 = 1.0


def test_each_class_is_an_entry_of_an_array():
    each = score(IDS, S, classes=["a", "b", "c"]).per_class
    assert each.support.tolist() == [1, 1, 2]
    assert each.support.dtype == np.int64
    assert each.recall.tolist() == [1.0, 1.0, 0.5]
    assert each.precision.tolist() == [0.5, 1.0, 1.0]


def test_the_binary_average_is_the_second_class():
    scores = score(["n", "y", "y"], ["n", "y", "n"], classes=["n", "y"], task="binary")
    assert scores.binary.recall == 0.5
    assert scores.binary.support == 2
    assert scores.to_dict()["recall"] == scores.metric("recall") == 0.5


def test_the_dict_is_flat_floats_by_name():
    for scores in (score(IDS, S), score([0, 1], [0.1, 0.9], sample_weight=[1, 2])):
        found = scores.to_dict()
        assert all(type(name) is str and type(value) is float for name, value in found.items())
        for name, value in found.items():
            assert scores.metric(name) == value
    assert found["f1_macro"] == scores.macro.f1
    assert found["accuracy"] == scores.accuracy


def test_the_matrix_cannot_be_changed_from_outside():
    scores = score(IDS, S)
    with pytest.raises(ValueError, match="read-only"):
        scores.confusion[0, 0] = 9
    with pytest.raises(ValueError, match="read-only"):
        scores.confusion_matrix()[0, 0] = 9
    assert scores.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 1]]


def test_results_cannot_be_changed_from_outside():
    """What `per_class` hands out does not reach what later averages are made from."""
    scores = score(IDS, S)
    before = score(IDS, S).to_dict()
    for name in ("support", "precision"):
        array = getattr(scores.per_class, name)
        try:
            array[:] = 0
        except ValueError:
            continue
    assert scores.to_dict() == before


def test_f_beta_weighs_recall_and_f1_does_not():
    scores = score([0, 1, 1, 1], [0, 1, 0, 0], beta=2)
    assert scores.binary.f1 == 0.5
    assert scores.binary.fbeta == pytest.approx(5 / 13, abs=1e-15)
    assert score([0, 1, 1, 1], [0, 1, 0, 0], beta=math.inf).binary.fbeta == scores.binary.recall
    assert score([0, 1, 1, 1], [0, 1, 0, 0], beta=0).binary.fbeta == scores.binary.precision
    large = score([0, 1, 1, 1], [0, 1, 0, 0], beta=1e300).binary.fbeta
    assert large == pytest.approx(scores.binary.recall, abs=1e-15)


@pytest.mark.parametrize("weight", [1e-300, 1e-10, 1.0, 1e10, 1e150, 1e300])
def test_the_scale_of_weights_does_not_matter(weight):
    plain, scaled = score(IDS, S), score(IDS, S, sample_weight=[weight] * 4)
    ours, theirs = scaled.to_dict(), plain.to_dict()
    for name in theirs:
        assert ours[name] == pytest.approx(theirs[name], abs=1e-12), name


# ---- how it looks ------------------------------------------------------------------------


def test_the_report_of_a_multiclass_task():
    text = str(score(IDS, S, classes=["ant", "bee", "cat"]))
    assert text.splitlines() == [
        "multiclass: 4 rows, 3 classes",
        "",
        "              precision     recall         f1    support",
        "         ant     0.5000     1.0000     0.6667          1",
        "         bee     1.0000     1.0000     1.0000          1",
        "         cat     1.0000     0.5000     0.6667          2",
        "",
        "   micro avg     0.7500     0.7500     0.7500          4",
        "   macro avg     0.8333     0.8333     0.7778          4",
        "weighted avg     0.8750     0.7500     0.7500          4",
        "",
        "accuracy 0.7500   balanced accuracy 0.8333   mcc 0.7000   kappa 0.6364",
    ]


def test_the_report_of_a_binary_task_names_its_headline():
    scores = score([0, 1, 1], [0.2, 0.8, 0.3])
    assert repr(scores) == "Scores(binary, 3 rows, f1=0.6667, accuracy=0.6667)"
    assert str(scores).splitlines()[-2:] == [
        "positive class 1: f1 0.6667   precision 1.0000   recall 0.5000",
        "accuracy 0.6667   balanced accuracy 0.7500   mcc 0.5000   kappa 0.4000",
    ]
    named = score(["no", "yes", "yes"], [0.2, 0.8, 0.3], pos_label="yes")
    for shown in (str(named), named._repr_html_()):
        assert "positive class yes:" in shown


def test_the_report_of_a_multilabel_task():
    text = str(score(FLAGS, S, task="multilabel"))
    assert text.startswith("multilabel: 4 rows, 3 labels")
    assert "samples avg" in text
    assert "exact match" in text.splitlines()[-1]
    assert "hamming loss" in text.splitlines()[-1]


def test_many_classes_show_the_largest():
    ids = np.repeat(np.arange(100), np.arange(1, 101))
    text = str(score(ids, ids))
    shown = [line.split()[0] for line in text.splitlines()[3:63]]
    assert shown == [str(i) for i in range(40, 100)]
    assert "… and 40 smaller classes" in text


def test_weighted_support_keeps_its_fraction():
    text = str(score(IDS, S, sample_weight=[0.5, 1.5, 1.25, 1]))
    assert "multiclass: 4.2 rows" in text


def test_undefined_numbers_are_shown_as_nan():
    text = str(score([0, 0], [0, 0], zero_division=math.nan))
    assert "nan" in text


class _Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.text, self.rows = [], "", 0

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.rows += tag == "tr"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_the_notebook_table_is_html():
    reader = _Reader()
    reader.feed(score(IDS, S, classes=["<b>", "a&b", "c"])._repr_html_())
    assert reader.open == []
    assert "<b>" in reader.text
    assert "a&b" in reader.text
    assert "weighted avg" in reader.text
    assert reader.rows >= 7


@given(tasks.any_task())
def test_every_result_can_be_shown(problem):
    scores = problem.score()
    lines = str(scores).splitlines()
    assert lines[0].startswith(f"{problem.case.task}: ")
    assert max(map(len, lines)) < 250
    assert repr(scores).startswith(f"Scores({problem.case.task}, ")
    _Reader().feed(scores._repr_html_())


def test_without_rows_there_is_no_result():
    for y_true, y_pred, options in (
        ([], [], {}),
        (np.zeros((0, 3)), np.zeros((0, 3)), {"task": "multilabel"}),
        ([], np.zeros((0, 3)), {}),
        ([5], [5], {"ignore_index": 5}),
        ([[-1, -1]], [[0.5, 0.5]], {"task": "multilabel", "ignore_index": -1}),
    ):
        with pytest.raises(F1Error, match="no rows to score"):
            score(y_true, y_pred, **options)


def test_labels_that_are_ignored_altogether():
    """A row without a cell that counts is no row; a label without one is undefined."""
    true = [[1, -1, 0], [-1, -1, -1], [0, -1, 1]]
    scores = f1core.score(true, S[:3], task="multilabel", ignore_index=-1, zero_division=math.nan)
    assert scores.total == 2
    assert scores.exact_match == 0.5
    assert math.isnan(scores.per_class.recall[1])
    assert scores.per_class.support.tolist() == [1, 0, 1]


def test_an_average_is_the_same_whichever_number_is_asked_for_first():
    y, p = [0, 1, 2, 2, 1], [0, 2, 2, 1, 1]
    whole = {name: f1core.score(y, p).to_dict()[f"{name}_macro"] for name in RATIOS}
    for first in (*RATIOS, "support"):
        average = f1core.score(y, p).macro
        getattr(average, first)
        assert {name: getattr(average, name) for name in RATIOS} == whole
        assert average.support == 5


def test_an_average_that_nobody_looked_at_can_be_listed_copied_and_pickled():
    average = f1core.score([0, 1, 2, 2], [0, 2, 2, 2]).macro
    assert set(RATIOS) <= set(dir(average))
    for other in (pickle.loads(pickle.dumps(average)), copy.deepcopy(average)):
        assert other == average and repr(other) == repr(average)


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("f1_score", "s.macro.f1"),
        ("precision", "s.macro.precision"),
        ("accuracy_score", "s.accuracy"),
    ],
)
def test_functions_of_other_libraries_are_told_what_does_the_same(name, way):
    with pytest.raises(AttributeError, match=rf"{name}.*{way}.*adapters\.sklearn"):
        getattr(f1core, name)


def test_an_attribute_that_nobody_has_gets_no_advice():
    with pytest.raises(AttributeError, match=r"has no attribute 'no_such_thing'$"):
        f1core.no_such_thing  # noqa: B018


def test_scores_can_be_copied_and_pickled_before_anybody_looked_at_their_averages():
    scores = f1core.score([0, 1, 2, 2], [0, 2, 2, 2])
    assert scores.macro and scores.weighted and scores.micro
    for other in (copy.deepcopy(scores), pickle.loads(pickle.dumps(scores))):
        assert other.to_dict() == scores.to_dict()


def test_weights_may_be_one_column():
    weights = np.array([[1.0], [2.0], [5.0]])
    column = f1core.score([0, 1, 1], [0, 1, 0], sample_weight=weights)
    assert (
        column.to_dict()
        == f1core.score([0, 1, 1], [0, 1, 0], sample_weight=weights[:, 0]).to_dict()
    )
    assert column.accuracy == 3 / 8
