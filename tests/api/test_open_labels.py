"""Label sets that nobody named: they grow over batches, and never depend on the batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from same import matrix, same_bits

from f1core import Accumulator, F1Error, score

pytestmark = pytest.mark.usefixtures("engine")


def fed(batches, **options):
    made = Accumulator("multiclass", **options)
    for y_true, y_pred in batches:
        made.update(y_true, y_pred)
    return made


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (([5, 5], [5, 7]), ([1, 9], [5, 5])),
        (([0, 1], [1, 1]), ([-3, 2**40], [0, 0])),
        ((["b", "d"], ["d", "d"]), (["a", "c"], ["é", "longer than before"])),
        (([True, False], [True, True]), ([2, 3], [2, 2])),
    ],
)
def test_labels_align_over_batches(first, second):
    whole = score(
        np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]]),
        task="multiclass",
    )  # fmt: skip
    for batches in ([first, second], [second, first]):
        made = fed(batches)
        assert made.compute().classes == whole.classes == sorted(whole.classes)
        same_bits(made.compute(), whole)
    same_bits((fed([first]) + fed([second])).compute(), whole)
    assert fed([first]) + fed([second]) == fed([second]) + fed([first])


@given(st.lists(st.lists(st.integers(-3, 2000), min_size=1, max_size=30), min_size=1, max_size=6))
def test_growing_label_sets_end_where_one_batch_ends(batches):
    pairs = [(batch, batch[::-1]) for batch in batches]
    every = np.concatenate(batches), np.concatenate([batch[::-1] for batch in batches])
    same_bits(fed(pairs).compute(), score(*every, task="multiclass"))


def test_beyond_1024_classes_the_matrix_goes_and_the_numbers_stay():
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 1500, (2, 6000)) * 3
    made = Accumulator("multiclass")
    kept = []
    for start in range(0, 6000, 500):
        made.update(y_true[start : start + 500], y_pred[start : start + 500])
        kept.append(matrix(made.compute()) is not None)
    assert kept[0] and not kept[-1]
    whole = score(y_true, y_pred)
    same_bits(made.compute(), whole)
    with pytest.raises(F1Error, match="confusion=True keeps it"):
        _ = whole.confusion
    # What was once too many cannot be many batches later either.
    made.update([0], [0])
    assert matrix(made.compute()) is None


@pytest.mark.parametrize(("n_classes", "kept"), [(1024, True), (1025, False)])
def test_the_matrix_is_kept_up_to_1024_classes(n_classes, kept):
    ids = np.arange(n_classes)
    for scores in (score(ids, ids), score(ids * 7, ids * 7), score(ids, ids, classes=n_classes)):
        assert (matrix(scores) is not None) == kept
        assert scores.accuracy == 1.0
    asked = score(ids * 7, ids * 7, confusion=True)
    assert (asked.confusion == np.eye(n_classes)).all()
    refused = score(ids, ids, confusion=False)
    with pytest.raises(F1Error, match="confusion matrix"):
        _ = refused.confusion


def test_a_matrix_that_was_asked_for_grows():
    batches = [(np.arange(i, i + 400) * 5, np.arange(i, i + 400) * 5) for i in (0, 700, 1400)]
    made = fed(batches, confusion=True)
    scores = made.compute()
    assert scores.confusion.shape == (1200, 1200)
    assert np.trace(scores.confusion) == scores.total == 1200
    whole = score(*(np.concatenate(side) for side in zip(*batches, strict=True)), confusion=True)
    same_bits(scores, whole)


def test_labels_seen_only_in_ignored_rows_are_no_classes():
    made = fed([([1, 9], [1, 9]), ([9, 2], [9, 1])], ignore_index=9)
    assert made.compute().classes == [1, 2]
    same_bits(made.compute(), score([1, 9, 9, 2], [1, 9, 9, 1], ignore_index=9))


def test_a_predicted_label_may_be_the_ignored_one():
    scores = score([1, 2, 9], [9, 2, 2], ignore_index=9)
    assert scores.classes == [1, 2, 9]
    assert scores.total == 2
    assert scores.macro.recall == 0.5  # over 1 and 2
    assert scores.accuracy == 0.5


def test_a_batch_with_nothing_but_ignored_rows_adds_nothing():
    made = Accumulator("multiclass", ignore_index=-1)
    made.update([-1, -1], [3, 4])
    assert made.total == 0
    with pytest.raises(F1Error, match="no rows"):
        made.compute()
    made.update([3, 4], [3, 4])
    assert made.compute().classes == [3, 4]


def test_named_classes_do_not_mix_with_seen_ones():
    with pytest.raises(F1Error, match="classes is None here and 3 there"):
        fed([([0], [1])]).merge(fed([([0], [1])], classes=3))
    seen, numbered = fed([([0, 1], [1, 1])]), Accumulator("multiclass")
    numbered.update([0, 1], [[0.5, 0.2], [0.1, 0.2]])
    with pytest.raises(F1Error, match="give both the same classes="):
        seen.merge(numbered)
    assert seen == fed([([0, 1], [1, 1])])


def test_a_batch_need_not_hold_the_classes_that_are_averaged():
    made = Accumulator("multiclass", average_over=[5])
    for labels in ([0, 1], [5, 1]):
        made.update(np.array(labels), np.array(labels))
    assert made.compute().macro.f1 == 1.0


def test_a_label_that_first_occurs_after_many_rows_is_a_class_too():
    labels = np.arange(1 << 17) % 3
    labels[-1] = 70
    found = score(labels, labels)
    assert (found.classes, found.accuracy) == ([0, 1, 2, 70], 1.0)
    negative = labels - 5
    assert score(negative, negative).classes == [-5, -4, -3, 65]


@pytest.mark.parametrize("ignored", ["ant", "dog", "zoo"])
def test_words_after_an_ignored_one_keep_their_ids(ignored):
    true = np.array(["ant", "cat", "dog", "emu", "zoo"])
    pred, kept = np.array(["cat", "cat", "emu", "emu", "bee"]), true != ignored
    found = score(true, pred, ignore_index=ignored)
    same_bits(found, score(true[kept], pred[kept]))
