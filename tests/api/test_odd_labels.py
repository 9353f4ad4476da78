"""Labels and class names of unusual types: enums, derived strings, Series, floats."""

import enum

import numpy as np
import pytest

import f1core
from f1core import F1Error

pd = pytest.importorskip("pandas")
P = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])


class Pet(str, enum.Enum):
    CAT = "cat"
    DOG = "dog"


class Place(enum.IntEnum):
    FIRST = 0
    SECOND = 1


class Loud(str):
    def __str__(self):
        return "!"


@pytest.mark.parametrize("wrap", [list, lambda v: np.array(v, dtype=object), pd.Series])
def test_a_label_that_is_a_string_counts_and_is_named_by_its_characters(wrap):
    scores = f1core.score(wrap([Pet.CAT, Pet.DOG]), wrap([Loud("cat"), "dog"]))
    assert list(scores.classes) == ["cat", "dog"]
    assert scores.accuracy == 1.0


def test_classes_may_be_an_enum_of_strings_or_numbers():
    for classes in (Pet, list(Pet), {Pet.CAT: 0, Pet.DOG: 1}, {Place.SECOND: "dog", 0: "cat"}):
        scores = f1core.score(["cat", "dog", "dog"], P, classes=classes)
        assert (list(scores.classes), scores.accuracy) == (["cat", "dog"], 1.0)
    scores = f1core.score([0, 1, 1], P, classes=Place)
    assert (list(map(type, scores.classes)), scores.accuracy) == ([int, int], 1.0)


def test_options_that_name_a_label_take_a_member_of_an_enum():
    truth = [Pet.CAT, Pet.DOG, Pet.DOG]
    assert f1core.score(truth, P[:, 1], pos_label=Pet.DOG).binary.f1 == 1.0
    assert f1core.score(truth, ["cat", "dog", "cat"], ignore_index=Pet.DOG).total == 1
    assert f1core.score(truth, truth, average_over=[Pet.DOG]).macro.f1 == 1.0


@pytest.mark.parametrize(
    "classes",
    [pd.Series(["dog", "cat"], index=[1, 0]), pd.Series([1, 0], index=["dog", "cat"])],
)
def test_a_series_that_may_be_a_dict_of_ids_is_refused(classes):
    with pytest.raises(F1Error, match="to_dict"):
        f1core.score(["cat", "dog", "dog"], P, classes=classes)
    assert f1core.score(["cat", "dog", "dog"], P, classes=classes.to_dict()).accuracy == 1.0


def test_a_series_with_row_numbers_goes_by_position():
    names = pd.Series(["cat", "dog"], index=[7, 3])
    assert f1core.score(["cat", "dog", "dog"], P, classes=names).accuracy == 1.0


@pytest.mark.parametrize("classes", [pd.DataFrame({"name": ["a", "b"]}), {0: {"a": 1}, 1: "b"}])
def test_classes_that_are_a_frame_or_a_dict_of_dicts_are_refused(classes):
    with pytest.raises(F1Error, match="classes is"):
        f1core.score([0, 1, 1], P, classes=classes)


@pytest.mark.parametrize("labels", [(0.0, 1.0, 0), (1.0, 2.0, 1)])
def test_floating_labels_that_would_be_read_as_scores_of_another_class_are_refused(labels):
    low, high, positive = labels
    truth, pred = np.array([low, high, high]), np.array([low, high, low])
    with pytest.raises(F1Error, match="may be labels or scores"):
        f1core.score(truth, pred, task="binary", pos_label=positive)
    whole = f1core.score(truth.astype(int), pred.astype(int), pos_label=positive)
    assert whole.binary.f1 == pytest.approx(2 / 3)


def test_saturated_scores_of_class_0_beside_integers_are_scores():
    assert f1core.score([0, 1, 1], [1.0, 0.0, 0.0], pos_label=0).binary.f1 == 1.0
    assert f1core.score([0.0, 1.0, 1.0], [1.0, 0.0, 0.5], pos_label=0).binary.f1 == 1.0
    cut = f1core.score([0.0, 1.0, 1.0], [1.0, 0.0, 0.0], pos_label=0, threshold=0.3)
    assert cut.binary.f1 == 1.0


def test_a_whole_number_beyond_int64_is_not_called_a_fraction():
    with pytest.raises(F1Error, match=r"less than 2\*\*63"):
        f1core.score([2**63, 1, -1], [2**63, 1, -1])


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("sensitivity", "recall"), ("f1_score", "f1"), ("matthews_corrcoef", "mcc"),
     ("macro_f1", "f1_macro"), ("weighted_avg_precision", "precision_weighted")],
)  # fmt: skip
def test_a_metric_by_its_foreign_name_is_told_by_ours(asked, meant):
    with pytest.raises(F1Error, match=f"did you mean '{meant}'"):
        f1core.score([0, 1], [0, 1]).metric(asked)


@pytest.mark.parametrize("positive", [5, "c"])
def test_a_positive_class_that_does_not_occur_is_told_with_the_labels_that_do(positive):
    labels = [1, 0] if positive == 5 else ["a", "b"]
    with pytest.raises(F1Error, match=r"^pos_label is .*; use one of ('a', 'b'|1, 0)$"):
        f1core.score(labels, labels, pos_label=positive)


def test_clusters_whose_index_has_another_order_are_refused():
    truth = pd.Series([0, 1, 1, 0], index=list("abcd"))
    cluster = pd.Series(list("xxyy"), index=list("dcba"))
    with pytest.raises(F1Error, match="y_true and cluster have the same index labels"):
        f1core.score(truth, [0.2, 0.8, 0.4, 0.3], resamples=10, cluster=cluster)
    with pytest.raises(F1Error, match="y_true and cluster have the same index labels"):
        f1core.compare(truth, [0, 1, 1, 1], [0, 1, 0, 0], metric="f1", cluster=cluster)
