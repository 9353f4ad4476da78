"""Which of two labels is the positive one: said by pos_label=, or 1, and never guessed."""

# ruff: noqa: E501 - a row holds a whole sentence

import pickle

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score

import f1core
from f1core import Accumulator, BinnedThresholds, F1Error, best_threshold, compare, curve, score

# (negative, positive) labels of every kind, and how an array of them is made.
PAIRS = [
    ("no", "yes"), ("yes", "no"), (0, 1), (1, 0), (-1, 1), (1, -1), (1, 2), (2, 1), (7, 3),
    (False, True), (True, False), (0.0, 1.0), (10**12, -(10**12)),
]  # fmt: skip
RNG = np.random.default_rng(3)
FLAGS = RNG.integers(0, 2, 60)
P = np.round((0.3 * FLAGS + RNG.random(60)).clip(0, 1.2) / 1.2, 2)


def labelled(flags, pair):
    return np.array(pair)[flags]


def object_strings(array):
    return array.astype(object) if array.dtype.kind == "U" else array.tolist()


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "given", [np.asarray, object_strings, list], ids=["array", "object", "list"]
)
@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_scores_equal_scikit_learns_with_the_same_pos_label(pair, given):
    y = labelled(FLAGS, pair)
    pred = labelled((P > 0.4).astype(int), pair)
    for threshold_or_labels in ((P, {"threshold": 0.4}), (given(pred), {})):
        s = score(given(y), threshold_or_labels[0], pos_label=pair[1], **threshold_or_labels[1])
        assert s.task == "binary"
        assert s.classes == list(pair)
        for ours, theirs in (
            (s.binary.f1, f1_score),
            (s.binary.precision, precision_score),
            (s.binary.recall, recall_score),
        ):
            assert ours == theirs(y, pred, pos_label=pair[1])
    found = curve(given(y), P, pos_label=pair[1])
    wanted = average_precision_score(y == pair[1], P)
    assert found.average_precision == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_every_way_of_scoring_takes_it(pair):
    y, names = labelled(FLAGS, pair), list(pair)
    whole = score(y, P, classes=names, task="binary")
    told = {"pos_label": pair[1]}
    assert score(y, P, classes=names[::-1], **told).to_dict() == whole.to_dict()
    assert score(y, P, classes=names, **told).to_dict() == whole.to_dict()
    assert score(y, P, classes=2, **told).to_dict() == whole.to_dict()

    best = best_threshold(y, P, **told)
    assert best.score == score(y, P, threshold=best.threshold, **told).binary.f1
    assert best.score == best_threshold(FLAGS, P).score

    binned, usual = BinnedThresholds("binary", bins=64, **told), BinnedThresholds("binary", bins=64)
    for rows in np.array_split(np.arange(60), 7):
        binned.update(y[rows], P[rows])
        usual.update(FLAGS[rows], P[rows])
    assert binned.best_threshold().score == usual.best_threshold().score
    assert binned.curve().average_precision == usual.curve().average_precision

    by = f1core.score_by(np.arange(60) % 3, y, P, **told)
    assert [s.binary.f1 for s in by.values()] == [
        score(FLAGS[i::3], P[i::3]).binary.f1 for i in range(3)
    ]
    two = compare(y, P, P[::-1], metric="f1", seed=0, resamples=20, **told)
    assert two == compare(FLAGS, P, P[::-1], metric="f1", seed=0, resamples=20)
    kept = score(y, P, resamples=20, seed=0, **told)
    assert kept.interval("f1") == score(FLAGS, P, resamples=20, seed=0).interval("f1")


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("ids", [False, True], ids=["rows", "ids"])
@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_batches_may_have_one_label_each(pair, ids, tmp_path):
    y = labelled(FLAGS, pair)
    order = np.argsort(FLAGS, kind="stable")[::-1]  # all positives come first
    a = Accumulator("binary", pos_label=pair[1])
    parts = []
    for rows in np.array_split(order, 9):
        some = {"sample_id": rows} if ids else {}
        a.update(y[rows], P[rows], **some)
        one = Accumulator("binary", pos_label=pair[1])
        one.update(y[rows], P[rows], **some)
        parts.append(pickle.loads(pickle.dumps(one)))
        a.save(tmp_path / "state")
        a = Accumulator.load(tmp_path / "state")
    total = sum(parts[1:], parts[0])
    merged = Accumulator("binary", pos_label=pair[1])
    for part in parts[::-1]:
        merged.merge(part)
    whole = score(y, P, pos_label=pair[1])
    for one in (a, total, merged):
        assert one.compute().classes == list(pair)
        assert one.compute().to_dict() == whole.to_dict()
    assert a == total == merged


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("ids", [False, True], ids=["rows", "ids"])
@pytest.mark.parametrize(
    ("first", "second", "pos_label"),
    [
        (["yes", "no"], ["yes", "nope"], "yes"),
        ([1, 0], [1, -1], None),
        ([1, 0], [1, -1], 1),
        ([1, -1], [1, 0], None),
        ([1, 2], [0, 0], None),
        ([5, 4], [5, 3], 5),
    ],
)
def test_a_second_negative_label_is_refused_and_leaves_no_trace(first, second, pos_label, ids):
    def one(labels, first_id=0):
        made = Accumulator("binary", pos_label=pos_label)
        some = {"sample_id": [first_id, first_id + 1]} if ids else {}
        made.update(labels, [0.9, 0.3], **some)
        return made

    a = one(first)
    before = pickle.dumps(a)
    some = {"sample_id": [8, 9]} if ids else {}
    with pytest.raises(F1Error, match="none of the classes"):
        a.update(second, [0.9, 0.3], **some)
    assert pickle.dumps(a) == before
    with pytest.raises(F1Error, match="a binary task has two labels"):
        a.merge(one(second, 8))
    assert pickle.dumps(a) == before
    a.reset()
    a.update(second, [0.9, 0.3], **some)
    assert a.negative == second[1]


@pytest.mark.usefixtures("engine")
def test_one_is_positive_where_labels_contain_it():
    for labels in ([0, 1, 1], [-1, 1, 1], [2, 1, 1], [-1.0, 1.0, 1.0], [False, True, True]):
        s = score(labels, [0.1, 0.9, 0.2])
        assert (s.binary.precision, s.binary.recall, s.binary.support) == (1.0, 0.5, 2)
        assert score(labels, [0.1, 0.9, 0.2], task="binary").to_dict() == s.to_dict()
        assert curve(labels, [0.1, 0.9, 0.2]).positives == 2
    for labels in ([1, 1], [0, 0], [-1, -1], [1]):
        assert score(labels, np.full(len(labels), 0.7), task="binary").binary.support in (
            0, len(labels),
        )  # fmt: skip
    # Labels on both sides are binary only if nothing but 0 and 1 occurs.
    assert score([-1, 1], [1, 1]).task == "multiclass"


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("call", [score, best_threshold, curve])
def test_what_nobody_said_is_refused_with_both_labels(call):
    for labels, words in (
        (["fraud", "legit", "legit"], ("'fraud' and 'legit'", "pos_label='fraud'", "pos_label='legit'")),
        ([3, 2, 2], ("2 and 3", "pos_label=3")),
        ([2, 2, 2], ("the only label is 2", "pos_label=")),
        (["a", "b", "c"], ("'c' at row 2, a third label beside 'a' and 'b'",)),
    ):  # fmt: skip
        with pytest.raises(F1Error) as caught:
            call(labels, [0.5, 0.25, 0.1])
        for word in words:
            assert word in str(caught.value)
    with pytest.raises(F1Error, match="'no' and 'yes'"):
        score(["yes", "no"], ["no", "no"], task="binary")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"task": "multiclass"}, "pos_label='b' is the positive class of a binary task, the task is multiclass"),
        ({"task": "multilabel"}, "the task is multilabel"),
        ({"classes": ["a", "b", "c"]}, "classes has 3 entries"),
        ({"classes": ["a", "c"]}, "pos_label is 'b', which is none of the classes ('a', 'c')"),
        ({"ignore_index": "b"}, "pos_label is 'b', which ignore_index leaves out"),
        ({"pos_label": ["b"]}, "pos_label is ['b']; give the label of the positive class"),
        ({"pos_label": 0.5}, "pos_label is 0.5; give the label"),
        ({"pos_label": 1}, "pos_label is 1, y_true holds strings"),
    ],
)  # fmt: skip
def test_a_pos_label_that_cannot_be_is_refused(options, words):
    with pytest.raises(F1Error) as caught:
        score(["a", "b"], [0.2, 0.9], **{"pos_label": "b", **options})
    assert words in str(caught.value)


def test_a_pos_label_needs_one_column_of_scores():
    with pytest.raises(F1Error, match="a binary task needs one column"):
        score(["a", "b"], [[0.2, 0.8], [0.5, 0.5]], pos_label="b")
    with pytest.raises(F1Error, match="'b' at row 1, a third label"):
        score(["a", "b", "c"], ["a", "b", "c"], pos_label="c")
    with pytest.raises(F1Error, match="pos_label is 'b', y_true holds numbers"):
        score([0, 1], [0.2, 0.8], pos_label="b")


def test_numbers_stand_for_places_in_classes_as_they_were_given():
    y, names = FLAGS, ["legit", "fraud"]
    plain = score(y, P, classes=names, task="binary")
    turned = score(y, P, classes=names, pos_label="legit")
    assert turned.classes == ["fraud", "legit"]
    assert turned.binary.recall == recall_score(y == 0, P > 0.5)
    assert plain.binary.recall == recall_score(y == 1, P > 0.5)
    words = np.array(names)[y]
    assert score(words, P, classes=names, pos_label="legit").to_dict() == turned.to_dict()
    a = Accumulator("binary", classes=names, pos_label="legit")
    a.update(y[:30], P[:30])
    a = pickle.loads(pickle.dumps(a))
    a.update(y[30:], P[30:])
    assert a.compute().to_dict() == turned.to_dict()


def test_such_an_accumulator_is_saved_as_it_was_made(tmp_path):
    a = Accumulator("binary", classes=["legit", "fraud"], pos_label="legit")
    a.update(FLAGS, P)
    a.save(tmp_path / "a")
    b = Accumulator.load(tmp_path / "a")
    assert b.options == a.options
    b.update(FLAGS, P)
    a.update(FLAGS, P)
    assert a == b


def test_rows_of_ignore_index_name_no_class():
    y = np.array(["yes", "no", "?", "yes"])
    s = score(y, [0.9, 0.2, 0.3, 0.4], pos_label="yes", ignore_index="?")
    assert (s.total, s.binary.recall) == (3, 0.5)
    s = score([1, -1, -100, 1], [1, -1, 7, 1], task="binary", ignore_index=-100)
    assert s.total == 3
    # A weight of 0 hides a row from the counts, not from the labels.
    with pytest.raises(F1Error, match="a third label"):
        score(y, [0.9, 0.2, 0.3, 0.4], pos_label="yes", sample_weight=[1, 1, 0, 1])


def test_one_label_alone_has_a_stand_in_for_the_other():
    assert score(["yes", "yes"], [0.9, 0.1], pos_label="yes").classes == ["not yes", "yes"]
    assert score([3, 3], [0.9, 0.1], pos_label=3).classes == [0, 3]
    assert score(["no"], [0.1], pos_label="yes", zero_division=1.0).binary.recall == 1.0
    a = Accumulator("binary", pos_label="yes", average_over=["no", "yes"])
    a.update(["yes"], [0.9])
    assert a.compute().classes == ["no", "yes"]


def test_a_positive_class_beside_two_other_labels_is_named_as_the_option():
    with pytest.raises(F1Error, match=r"^pos_label is 2; use one of 0, 1$"):
        score([0, 1, 1], [0.2, 0.9, 0.1], task="binary", pos_label=2)


@pytest.mark.parametrize("how", [{"from_logits": True}, {"threshold": 0.3}])
@pytest.mark.parametrize("true", [["b", "a"], [1, 2], [1, -1]])
def test_whole_floats_are_scores_where_an_option_is_for_scores(how, true):
    scores = np.array([1.0, 0.0] if "threshold" in how else [3.0, -2.0])
    found = f1core.score(true, scores, pos_label=true[0], **how)
    assert found.task == "binary" and found.binary.f1 == 1.0
    named = f1core.score(true, scores, classes=true[::-1], **how)
    assert named.task == "binary" and named.binary == found.binary
