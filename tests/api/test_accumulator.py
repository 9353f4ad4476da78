"""Accumulator: adding up, merging, copying, from one thread or many."""

import copy
import pickle
import threading
from dataclasses import replace

import numpy as np
import pytest
import tasks
from hypothesis import given
from same import same_bits

from f1core import Accumulator, F1Error, score

TRUE, PRED = [0, 1, 2, 2, 1], [0, 2, 2, 2, 1]


def filled(**options):
    made = Accumulator("multiclass", **({"classes": 3} | options))
    made.update(TRUE, PRED)
    return made


def test_it_adds_up():
    made = Accumulator("multiclass", classes=3)
    assert made.total == 0
    for true, pred in zip(TRUE, PRED, strict=True):
        made.update([true], [pred])
    assert made.total == 5
    assert made.task == "multiclass"
    same_bits(made.compute(), score(TRUE, PRED, classes=3))


def test_compute_takes_a_snapshot():
    made = filled()
    before = made.compute()
    numbers = before.to_dict()
    made.update([0], [1])
    assert before.total == 5
    assert before.to_dict() == numbers
    assert made.compute().total == 6


def test_compute_without_rows_says_so():
    with pytest.raises(F1Error, match=r"no rows to score.*update"):
        Accumulator("binary").compute()
    empty = Accumulator("multilabel", classes=2)
    empty.update(np.zeros((0, 2), int), np.zeros((0, 2)))
    with pytest.raises(F1Error, match="no rows"):
        empty.compute()


def test_reset_forgets_the_counts_and_keeps_the_options():
    made = filled(beta=2.0)
    made.reset()
    assert made.total == 0
    assert made == Accumulator("multiclass", classes=3, beta=2.0)
    made.update(TRUE, PRED)
    assert made == filled(beta=2.0)


def test_merge_adds_and_leaves_the_other_alone():
    one, other = filled(), filled()
    one.merge(other)
    assert one.total == 10
    assert other == filled()
    other.update([0], [0])
    assert one.total == 10


def test_an_accumulator_merged_with_itself_doubles():
    made = filled()
    made.merge(made)
    assert made.total == 10


def test_other_numbers_of_classes_are_not_merged():
    three, four = (Accumulator("multiclass") for _ in range(2))
    three.update(TRUE, np.eye(3)[PRED])
    four.update(TRUE, np.eye(4)[PRED])
    with pytest.raises(F1Error, match="3 classes cannot be added to 4"):
        three.merge(four)
    assert three.compute().confusion.tolist() == score(TRUE, PRED, classes=3).confusion.tolist()


def test_plus_makes_a_third():
    one, other = filled(), filled()
    both = one + other
    assert both.total == 10
    assert one == other == filled()
    both.update([0], [0])
    assert one.total == 5


def test_empty_ones_are_neutral():
    empty = Accumulator("multiclass", classes=3)
    assert empty + filled() == filled() + empty == filled()
    assert empty + empty == empty
    both = empty + filled()
    both.update([0], [0])
    assert empty.total == 0


def test_sum_of_many():
    parts = [filled() for _ in range(4)]
    assert sum(parts[1:], parts[0]).total == 20


@pytest.mark.parametrize("other", [3, "abc", None, score([0, 1], [0, 1])], ids=repr)
def test_only_accumulators_can_be_added(other):
    with pytest.raises(TypeError):
        filled() + other
    with pytest.raises(F1Error, match="only an Accumulator can be merged"):
        filled().merge(other)
    assert filled() != other


DIFFERENT = {
    "task": {"task": "multilabel"},
    "top_k": {"top_k": 2},
    "from_logits": {"from_logits": True},
    "n_classes": {"classes": 4},
    "names": {"classes": ["a", "b", "c"]},
    "ignore_index": {"ignore_index": -1},
    "average_over": {"average_over": "all"},
    "zero_division": {"zero_division": 1.0},
    "beta": {"beta": 2.0},
    "confusion": {"confusion": True},
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_options_do_not_mix(name):
    options = {"task": "multiclass", "classes": 3} | DIFFERENT[name]
    one, other = filled(), Accumulator(**options)
    assert one != other
    name = "classes" if name in ("n_classes", "names") else name  # as the caller says it
    with pytest.raises(F1Error, match=f"cannot be merged: .*{name} is .* here and .* there"):
        one.merge(other)
    with pytest.raises(F1Error, match=name):
        one + other
    assert one == filled()


@pytest.mark.parametrize("task", ["binary", "multilabel"])
def test_different_thresholds_do_not_mix(task):
    one, other = Accumulator(task), Accumulator(task, threshold=0.25)
    assert one != other
    with pytest.raises(F1Error, match=r"threshold is 0\.5 here and 0\.25 there"):
        one.merge(other)


def test_nan_is_the_same_zero_division():
    one, other = filled(zero_division=np.nan), filled(zero_division=float("nan"))
    assert one == other
    assert (one + other).total == 10


@given(tasks.any_task())
def test_a_copy_is_equal_and_its_own(problem):
    made = problem.put_into(problem.accumulator())
    for duplicate in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert duplicate == made
        assert duplicate is not made
        same_bits(duplicate.compute(), made.compute())
        before = made.total
        problem.put_into(duplicate)
        assert made.total == before
        assert duplicate != made


def test_scores_can_be_pickled():
    scores = filled().compute()
    same_bits(pickle.loads(pickle.dumps(scores)), scores)


@given(tasks.any_task())
def test_weighted_after_unweighted(problem):
    weightless = replace(problem, weight=None)
    ones = replace(problem, weight=np.ones(len(problem)))
    mixed = ones.put_into(weightless.put_into(problem.accumulator()))
    turned = weightless.put_into(ones.put_into(problem.accumulator()))
    whole = weightless.put_into(weightless.put_into(problem.accumulator()))
    for made in (mixed, turned):
        assert made.total == whole.total
        ours, theirs = made.compute().to_dict(), whole.compute().to_dict()
        np.testing.assert_allclose(list(ours.values()), list(theirs.values()), rtol=0, atol=1e-12)


def test_eight_threads_lose_no_row():
    rng = np.random.default_rng(0)
    y_true = rng.integers(0, 5, (8, 50, 20))
    y_pred = rng.random((8, 50, 20, 5))
    made = Accumulator("multiclass", classes=5)
    gate = threading.Barrier(8)

    def feed(mine):
        gate.wait()
        for batch in range(50):
            made.update(y_true[mine, batch], y_pred[mine, batch])
            made.compute()

    threads = [threading.Thread(target=feed, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same_bits(made.compute(), score(y_true.ravel(), y_pred.reshape(-1, 5), classes=5))


def test_threads_that_merge_crosswise_do_not_lock_up():
    one, other = filled(), filled()
    threads = [
        threading.Thread(target=lambda a=a, b=b: [a.merge(b) for _ in range(20)], daemon=True)
        for a, b in ((one, other), (other, one))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_its_repr_says_what_it_holds():
    assert repr(filled()) == "Accumulator('multiclass', 5 rows)"


def test_it_cannot_be_hashed():
    with pytest.raises(TypeError):
        hash(filled())
