"""Every wrong option and every impossible question gets F1Error and a sentence that mends it."""

# ruff: noqa: E501 - a row holds a whole sentence

import math

import numpy as np
import pytest

import f1core
from f1core import Accumulator, F1Error, score

N, P = [0, 1, 1], [0.2, 0.9, 0.4]
IDS = [0, 2, 1]
S = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5], [0.1, 0.8, 0.1]])
FLAGS = np.array([[0, 1, 0], [1, 1, 0], [0, 0, 0]])

OPTIONS = {
    "task": ({"task": "multi-class"}, "task is 'multi-class'; use one of 'binary', 'multiclass', 'multilabel' (did you mean 'multiclass'?)"),
    "task number": ({"task": 3}, "task is 3; use one of"),
    "threshold high": ({"threshold": 1.5}, "threshold is 1.5, outside [0, 1]"),
    "threshold low": ({"threshold": -1.1}, "threshold is -1.1, outside [0, 1]"),
    "threshold below all logits": ({"task": "binary", "from_logits": True, "threshold": -1.0}, "threshold is -1.0, and below 0 below every probability"),
    "threshold below a class": ({"task": "multiclass", "threshold": [0.5, -0.1]}, "threshold is (0.5, -0.1), and below 0 below every probability"),
    "threshold NaN": ({"threshold": math.nan}, "threshold is nan, outside [0, 1]"),
    "threshold text": ({"threshold": "half"}, "threshold is 'half'; give a number in [0, 1], or one for each label"),
    "threshold None": ({"threshold": None}, "threshold is None; give a number"),
    "threshold huge": ({"threshold": 10**400}, "threshold is"),
    "threshold nested": ({"threshold": [[0.5]]}, "threshold is [[0.5]]; give a number in [0, 1]"),
    "threshold set": ({"threshold": {0.5, 0.6}}, "threshold is {"),
    "threshold count for classes": ({"task": "multiclass", "classes": 3, "threshold": [0.5, 0.5]}, "threshold has 2 values, classes has 3: give one for each class"),
    "threshold list for binary": ({"threshold": [0.5, 0.5]}, "threshold is a list, one for each class or label; a binary task has one"),
    "threshold count": ({"task": "multilabel", "classes": 3, "threshold": [0.5, 0.5]}, "threshold has 2 values, classes has 3: give one for each label"),
    "threshold complex": ({"threshold": np.complex128(0.5)}, "threshold is"),
    "top_k zero": ({"top_k": 0}, "top_k is 0; give a whole number from 1"),
    "top_k fraction": ({"top_k": 1.5}, "top_k is 1.5; give a whole number from 1"),
    "top_k flag": ({"top_k": True}, "top_k is True; give a whole number from 1"),
    "top_k for binary": ({"task": "binary", "top_k": 2}, "top_k=2 is for multiclass and multilabel scores, the task is binary"),
    "top_k beside a threshold": ({"task": "multilabel", "top_k": 2, "threshold": 0.3}, "threshold=0.3 and top_k=2 both say which labels a row predicts: leave one of them out"),
    "top_k beyond labels": ({"classes": 3, "top_k": 4, "task": "multilabel"}, "top_k is 4, there are only 3 classes"),
    "top_k beyond classes": ({"classes": 3, "top_k": 4, "task": "multiclass"}, "top_k is 4, there are only 3 classes"),
    "top_k with confusion": ({"top_k": 2, "confusion": True}, "confusion=True needs one predicted class a row: use top_k=1"),
    "from_logits": ({"from_logits": "yes"}, "from_logits is 'yes'; use True or False"),
    "confusion": ({"confusion": 1}, "confusion is 1; use True or False"),
    "zero_division": ({"zero_division": 0.5}, "zero_division is 0.5; use 0.0, 1.0 or nan"),
    "zero_division text": ({"zero_division": "warn"}, "zero_division is 'warn'; use 0.0, 1.0 or nan"),
    "zero_division huge": ({"zero_division": 10**400}, "zero_division is"),
    "beta negative": ({"beta": -1}, "beta is -1; give a number from 0 (2 weighs recall more)"),
    "beta NaN": ({"beta": math.nan}, "beta is nan; give a number from 0"),
    "beta text": ({"beta": "2"}, "beta is '2'; give a number from 0"),
    "beta None": ({"beta": None}, "beta is None; give a number from 0"),
    "beta array": ({"beta": np.array([1.0])}, "beta is array([1.]); give a number from 0"),
    "classes zero": ({"classes": 0}, "classes is 0; a count of classes is at least 1"),
    "classes flag": ({"classes": True}, "classes is True; a count of classes is at least 1"),
    "classes fraction": ({"classes": 2.5}, "classes is 2.5; give a count or a list of names"),
    "classes string": ({"classes": "ab"}, "classes is the string 'ab'; give a count or a list of names"),
    "classes bytes": ({"classes": b"ab"}, "classes is b'ab'; give a count or a list of names"),
    "classes empty": ({"classes": []}, "classes is empty; name at least one class"),
    "classes twice": ({"classes": ["a", "b", "a"]}, "classes names 'a' twice"),
    "classes mixed": ({"classes": ["a", 1]}, "classes mixes strings and numbers; name all classes in one way"),
    "classes odd": ({"classes": ["a", None]}, "classes holds None; names are strings or whole numbers"),
    "classes nested": ({"classes": [["a"], ["b"]]}, "classes holds ['a']; names are strings or whole numbers"),
    "classes fractions": ({"classes": [0.5, 1.5]}, "classes holds 0.5"),
    "classes NaN": ({"classes": [0.0, math.nan]}, "classes holds nan"),
    "classes beyond int64": ({"classes": [0, 2**63]}, "classes holds 9223372036854775808"),
    "classes set": ({"classes": {"a", "b"}}, "classes is {"),
    "classes for binary": ({"task": "binary", "classes": 3}, "classes has 3 entries, a binary task has 2: the negative one first"),
    "too many classes": ({"task": "multiclass", "classes": 10**15}, "classes is 1000000000000000; at most 100,000,000"),
    "ignore_index fraction": ({"ignore_index": 0.5}, "ignore_index is 0.5; give the target value that counts nowhere"),
    "ignore_index list": ({"ignore_index": [1]}, "ignore_index is [1]; give the target value"),
    "average_over text": ({"average_over": "presnt"}, "average_over is 'presnt'; use one of 'present', 'all' (did you mean 'present'?) or a list of classes"),
    "average_over number": ({"average_over": 3}, "average_over is 3; use 'present', 'all' or a list of classes"),
    "average_over empty": ({"average_over": []}, "average_over is []; list at least one class, each once"),
    "average_over twice": ({"average_over": [1, 1]}, "average_over is [1, 1]; list at least one class, each once"),
    "average_over nested": ({"average_over": [[0], [1]]}, "average_over"),
    "average_over no class": ({"average_over": [0, 9], "classes": 3, "task": "multiclass"}, "average_over holds 9, which is not a class"),
    "average_over no name": ({"average_over": ["c"], "classes": ["a", "b"]}, "average_over holds 'c', which is not a class"),
    "average_over twice in other words": ({"average_over": ["a", 0], "classes": ["a", "b"]}, "average_over holds 0"),
    "average_over a number that is no name": ({"average_over": [0], "classes": [1, 2]}, "average_over holds 0, which is not a class"),
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIONS)
def test_wrong_options(name):
    options, words = OPTIONS[name]
    with pytest.raises(F1Error) as caught:
        score(N, [0, 1, 0], **options)
    assert caught.type is F1Error
    assert words in str(caught.value)


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", True, [1]], ids=repr)
def test_wrong_threads(threads):
    for call in (
        lambda: score(N, P, threads=threads),
        lambda: Accumulator("binary", threads=threads),
    ):
        with pytest.raises(F1Error, match=r"threads is .*; give a whole number from 1"):
            call()


BINARY = score(N, P)
MULTICLASS = score(IDS, S)
TOP = score(IDS, S, top_k=2)
MULTILABEL = score(FLAGS, S, task="multilabel")

SCORES = {
    "binary of multiclass": (lambda: MULTICLASS.binary, "binary averages are for binary tasks, this one is multiclass"),
    "samples of binary": (lambda: BINARY.samples, "samples averages are for multilabel tasks, this one is binary"),
    "mcc of multilabel": (lambda: MULTILABEL.mcc, "mcc needs one class a row, this task is multilabel"),
    "kappa of multilabel": (lambda: MULTILABEL.kappa, "kappa needs one class a row"),
    "balanced accuracy of top-k": (lambda: TOP.balanced_accuracy, "balanced_accuracy needs one predicted class a row, top_k is 2"),
    "confusion of top-k": (lambda: TOP.confusion, "confusion needs one predicted class a row, top_k is 2"),
    "hamming loss of top-k": (lambda: TOP.hamming_loss, "hamming_loss needs one predicted class a row"),
    "confusion not kept": (lambda: score(IDS, S, confusion=False).confusion, "the confusion matrix of 3 classes was not kept; confusion=True keeps it"),
    "normalize": (lambda: BINARY.confusion_matrix(normalize="row"), "normalize is 'row'; use one of 'true', 'pred', 'all'"),
    "normalize an array": (lambda: BINARY.confusion_matrix(normalize=np.ones(2)), "normalize is array"),
    "metric": (lambda: BINARY.metric("f1_makro"), "metric is 'f1_makro'; use one of"),
    "metric hint": (lambda: BINARY.metric("f1_makro"), "did you mean 'f1_macro'?"),
    "metric of another task": (lambda: MULTICLASS.metric("f1"), "binary averages are for binary tasks, this one is multiclass"),
    "metric number": (lambda: BINARY.metric(3), "metric is 3; use one of"),
    "average over what is no class": (lambda: score(["a"], ["b"], average_over=[7]), "average_over holds 7, which is not a class"),
    "nothing left": (lambda: score([0, 1], [0, 0], ignore_index=1, average_over=[1], classes=2).macro, "no class is left to average over"),
}  # fmt: skip


@pytest.mark.parametrize("name", SCORES)
def test_what_scores_cannot_say(name):
    call, words = SCORES[name]
    with pytest.raises(F1Error) as caught:
        call()
    assert words in str(caught.value)


def test_an_accumulator_wants_a_task():
    with pytest.raises(F1Error, match="task is None; say binary, multiclass or multilabel"):
        Accumulator(None)


def test_the_error_is_a_value_error():
    assert issubclass(F1Error, ValueError)
    assert f1core.F1Error is F1Error


class Unshown:
    def __repr__(self):
        raise RuntimeError("no repr")


@pytest.mark.parametrize("name", ["task", "classes", "threshold", "top_k", "beta", "average_over"])
def test_what_cannot_be_shown_is_refused_all_the_same(name):
    for value in (Unshown(), [Unshown()], -(10**5000)):
        with pytest.raises(F1Error, match=name):
            score(N, [0, 1, 0], **{name: value})


def test_long_values_are_cut_short():
    with pytest.raises(F1Error) as caught:
        score(N, P, task="x" * 10_000)
    assert len(str(caught.value)) < 200


def test_methods_of_scores_know_foreign_names_too():
    s = f1core.score([0, 1, 1], [0, 1, 0])
    with pytest.raises(F1Error, match=r"to_dict has no option average=: all averages are there"):
        s.to_dict(average="macro")
    with pytest.raises(F1Error, match=r"to_dict has no option wrong=; its options are per_class"):
        s.to_dict(wrong=1)
    with pytest.raises(F1Error, match=r"confusion_matrix has no option labels=; its options are n"):
        s.confusion_matrix(labels=[0])
    with pytest.raises(F1Error, match=r"score_by has no option cluster=: score\("):
        f1core.score_by([0, 1], [0, 1], [0, 1], cluster=[1, 2])


@pytest.mark.parametrize(
    ("y_true", "y_pred", "over", "how", "end"),
    [
        (["a", "b"], ["a", "a"], [99], {}, "99, which is not a class"),
        (["a", "b"], ["a", "a"], ["a", 99], {}, "99, which is not a class"),
        ([0, 1, 2], IDS, ["zz"], {}, "'zz', which is not a class"),
        ([0, 1, 1], [0, 1, 0], ["zz"], {}, "'zz', which is not a class"),
        (N, P, [5], {}, "5, which is not a class"),
        (["a", "b", "b"], P, ["bb", "a"], {"pos_label": "b"}, "'bb', which is not a class (did you mean 'b'?)"),
        (["a", "b", "b"], P, [7], {"pos_label": "b"}, "7, which is not a class"),
        ([0, 1, 2], S, [3], {}, "3, which is not a class"),
        (FLAGS, FLAGS, ["zz"], {"task": "multilabel"}, "'zz', which is not a class"),
        ([1, -5], [1, -5], [5], {"classes": [1, -5]}, "5, which is not a class"),
    ],
)  # fmt: skip
def test_what_is_no_class_to_average_over_is_refused_at_once(y_true, y_pred, over, how, end):
    with pytest.raises(F1Error) as refused:
        score(y_true, y_pred, average_over=over, **how)
    assert str(refused.value) == f"average_over holds {end}"
    if "classes" not in how:
        task = how.get("task") or score(y_true, y_pred, **how).task
        made = Accumulator(task, average_over=over, **{k: v for k, v in how.items() if k != "task"})
        with pytest.raises(F1Error, match=r"^average_over holds .*, which is not a class"):
            made.update(y_true, y_pred) or made.compute()


def test_labels_to_average_over_may_occur_in_no_row():
    assert score(["a", "b"], ["a", "a"], average_over=["zz"], task="multiclass").macro.f1 == 0.0
    assert score([0, 1, 2], IDS, average_over=[-5, 10**6]).macro.f1 == 0.0


@pytest.mark.parametrize(
    ("label", "hint"), [(15, ""), (-1, ""), ("1", ""), ("cta", "(did you mean 'cat'?)")]
)
def test_numbers_are_not_guessed(label, hint):
    y = ["ant", "cat"] if hint else [0, 1, 2]
    for pred in (y, np.eye(len(y))):
        classes = {"classes": y} if hint else {}
        with pytest.raises(F1Error) as refused:
            f1core.rows(y, pred, true=label, **classes)
        assert (
            str(refused.value)
            == f"true is {label!r}; use one of {', '.join(map(repr, y))}{hint and ' '}{hint}"
        )


@pytest.mark.parametrize(
    ("y_true", "y_pred", "how", "option"),
    [
        ([0, 1], np.float32([3, -2]), {"from_logits": True}, "from_logits=True"),
        ([0, 1], [[3.0], [-2.0]], {"from_logits": True}, "from_logits=True"),
        ([0, 1], [1.0, 0.0], {"threshold": [0.2, 0.3]}, "threshold=(0.2, 0.3)"),
        ([[0, 1], [1, 0]], [1.0, 0.0], {"from_logits": True}, "from_logits=True"),
        ([0, 1], [1, 0], {"from_logits": True}, "from_logits=True"),
    ],
)  # fmt: skip
def test_one_score_a_row_is_none_of_a_multiclass_task(y_true, y_pred, how, option):
    with pytest.raises(F1Error) as refused:
        score(y_true, y_pred, task="multiclass", classes=2, **how)
    sentence = str(refused.value)
    assert sentence.startswith(f"{option} is for scores, and y_pred is (2,) ")
    assert sentence.endswith("a multiclass task needs scores of shape (n, C)")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: score(N, N, classes=["a"], task="binary"),
            "classes has 1 entry, a binary task has 2: the negative one first",
        ),
        (
            lambda: score(N, N, classes=["a"], pos_label="a"),
            "pos_label='a' is the positive class of a binary task, classes has 1 entry",
        ),
        (
            lambda: f1core.Scores.from_confusion([[1]], classes=["a", "b"]),
            "classes has 2 entries, the matrix 1 row",
        ),
        (
            lambda: score([0], [0], classes=1, task="multiclass", top_k=2),
            "top_k is 2, there is only 1 class",
        ),
        (
            lambda: score([0, 5], [0, 0], classes=1),
            "y_true is 5 at row 1, outside the only class 0: labels are 0, or those that classes=[…] names in column order",
        ),
        (
            lambda: score([0, 0], [0, 5], classes=1),
            "y_pred is 5 at row 1, which is outside the only class 0; unknown='miss' counts it as a miss",
        ),
        (
            lambda: score([0, 0], [0, 5], classes=3),
            "y_pred is 5 at row 1, which is outside the 3 classes 0…2; unknown='miss' counts it as a miss",
        ),
        (
            lambda: score(["a", "b"], [0.1, 0.2], pos_label="zz"),
            "pos_label is 'zz'; use one of 'a', 'b'",
        ),
        (
            lambda: score(["yes", "no"], ["no", "yes"], pos_label="Yes"),
            "pos_label is 'Yes'; use one of 'yes', 'no' (did you mean 'yes'?)",
        ),
        (lambda: score(N, P, pos_label=9), "pos_label is 9; use one of 0, 1"),
        (
            lambda: score([0, 1, 9], P, pos_label=9, ignore_index=9),
            "pos_label is 9, which ignore_index leaves out: a binary task needs both of its classes",
        ),
    ],
)
def test_small_words_are_right(call, sentence):
    with pytest.raises(F1Error) as refused:
        call()
    assert str(refused.value) == sentence


def test_a_third_label_is_blamed_where_the_positive_one_occurs():
    for true, pred in ((["a", "b", "c"], P), (["a", "b", "b"], ["a", "b", "c"])):
        with pytest.raises(
            F1Error, match="y_true is 'b' at row 1, a third label beside pos_label='c'"
        ):
            score(true, pred, pos_label="c")
