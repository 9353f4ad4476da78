"""Rows with ids count once: however often they come, in whatever batches, states and merges."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
import tasks
from hypothesis import assume, given
from hypothesis import strategies as st
from problems import generators
from same import same_bits

from f1core import Accumulator, F1Error, score

pytestmark = pytest.mark.usefixtures("engine")


@st.composite
def identified(draw, rows):
    """(rows,) different ids of one kind."""
    rng = draw(generators())
    kind = draw(st.sampled_from(["few", "many", "huge", "text", "bytes", "raw"]))
    if kind == "few":
        return rng.permutation(rows).astype(draw(st.sampled_from(["i1", "u2", "i8", "f8", ">u4"])))
    ids = rng.choice(1 << 20, rows, replace=False)
    if kind == "many":
        return ids
    if kind == "huge":
        return ids.astype(np.uint64) << np.uint64(44)
    if kind == "raw":
        return ids.astype(">u8").view(np.uint8).reshape(rows, 8)
    texts = np.array([f"row é {i}" if i % 3 else str(i) for i in ids.tolist()])
    return texts if kind == "text" else np.char.encode(texts, "utf-8")


def fed(accumulator, problem, ids, rows):
    part = problem.part(rows)
    accumulator.update(part.y_true, part.y_pred, sample_weight=part.weight, sample_id=ids[rows])
    return accumulator


@given(tasks.any_task(), st.data())
def test_any_batches_with_any_repetition_count_each_row_once(problem, data):
    ids = data.draw(identified(len(problem)))
    rows = st.lists(st.integers(0, len(problem) - 1), min_size=1, max_size=40)
    made, seen = problem.accumulator(), set()
    for batch in data.draw(st.lists(rows, min_size=1, max_size=5)):
        fed(made, problem, ids, batch)
        seen |= set(batch)
    whole = problem.part(sorted(seen)).put_into(problem.accumulator())
    same_counts(made, whole, problem)


def same_counts(made, whole, problem):
    ours, theirs = made.counts, whole.counts
    if problem.weight is None:
        assert ours == theirs
        return
    assert ours.n_classes == theirs.n_classes
    for mine, other in zip(ours.arrays(), theirs.arrays(), strict=True):
        assert mine is other or np.allclose(mine, other, rtol=0, atol=1e-9)


@given(tasks.any_task(), st.data())
def test_any_workers_and_any_tree_of_merges_count_each_row_once(problem, data):
    ids = data.draw(identified(len(problem)))
    rows = st.lists(st.integers(0, len(problem) - 1), max_size=40)
    workers = data.draw(st.lists(st.lists(rows, max_size=3), min_size=1, max_size=5))
    states, seen = [], {0}
    for batches in [*workers, [[0]]]:
        states.append(problem.accumulator())
        for batch in batches:
            fed(states[-1], problem, ids, np.array(batch, int))
            seen |= set(batch)
    while len(states) > 1:
        left = states.pop(data.draw(st.integers(0, len(states) - 1)))
        right = states.pop(data.draw(st.integers(0, len(states) - 1)))
        if data.draw(st.booleans()):
            right = pickle.loads(pickle.dumps(right))
        states.insert(data.draw(st.integers(0, len(states))), left + right)
    whole = fed(problem.accumulator(), problem, ids, sorted(seen))
    assert states[0] == whole
    assert states[0].counts == whole.counts  # to the bit, even of weights
    same_counts(states[0], problem.part(sorted(seen)).put_into(problem.accumulator()), problem)


def numbered(**options):
    made = Accumulator("multiclass", **({"classes": 3} | options))
    made.update([0, 1, 2, 2], [0, 2, 2, 2], sample_id=[10, 11, 12, 13])
    return made


def test_its_repr_says_that_each_row_counts_once():
    made = numbered()
    made.update([2, 0], [2, 1], sample_id=[13, 14])
    assert repr(made) == "Accumulator('multiclass', 5 rows, each once)"
    assert made.total == 5


def test_all_rows_have_ids_or_none():
    for made in (numbered(), numbered() + Accumulator("multiclass", classes=3)):
        with pytest.raises(F1Error, match=r"earlier rows have an id .*these have none"):
            made.update([0], [0])
        assert made == numbered()
    plain = Accumulator("multiclass", classes=3)
    plain.update([0], [0])
    for more in (lambda: plain.update([0], [0], sample_id=[1]), lambda: plain.merge(numbered())):
        with pytest.raises(F1Error, match=r"earlier rows have no id .*these have one"):
            more()
    with pytest.raises(F1Error, match="earlier rows have an id"):
        numbered().merge(plain)
    assert plain.total == 1


def test_one_id_has_one_truth():
    made = numbered()
    for truth, ids in (([1], [13]), ([0, 2], [99, 11]), ([0, 1], [99, 99])):
        with pytest.raises(F1Error, match=f"sample_id {ids[-1]} comes with two truths, "):
            made.update(truth, truth, sample_id=ids)
        assert made == numbered()
    other = Accumulator("multiclass", classes=3)
    other.update([1], [0], sample_id=[10])
    with pytest.raises(F1Error, match="sample_id 10 comes with two truths, 0 and 1"):
        made.merge(other)
    assert made == numbered()


def test_a_refused_first_batch_leaves_it_free_to_go_without_ids():
    made = Accumulator("binary")
    with pytest.raises(F1Error, match="two truths"):
        made.update([0, 1], [0.5, 0.5], sample_id=[3, 3])
    made.update([0, 1], [0.5, 0.6])
    assert made.total == 2


@given(tasks.any_task(), st.data())
def test_of_several_predictions_the_earlier_class_counts_in_any_order(problem, data):
    """Half of the rows come again with the predictions of other rows."""
    ids, rows = data.draw(identified(len(problem))), np.arange(len(problem))
    rng = data.draw(generators())
    other = replace(problem, y_pred=problem.y_pred[rng.permutation(rows)])
    assume(problem.y_pred.dtype.kind != "f" or not np.isnan(problem.y_pred).any())
    batches = [(p, part) for p in (problem, other) for part in np.array_split(rows, 3) if len(part)]
    found = []
    for order in (range(len(batches)), rng.permutation(len(batches))):
        made = problem.accumulator()
        for place in order:
            batch, part = batches[place]
            fed(made, batch, ids, part)
        found.append(made)
    assert found[0] == found[1]
    assert found[0].counts == found[1].counts
    assert found[0].counts == pickle.loads(pickle.dumps(found[1])).counts


@pytest.mark.parametrize(
    ("first", "second", "kept"), [(0, 1, 0), (1, 0, 0), (1, 2, 1), (2, 1, 1), (2, 0, 0)]
)
def test_the_earlier_class_counts(first, second, kept):
    made = Accumulator("multiclass", classes=3)
    made.update([1], [first], sample_id=["a"])
    made.update([1], [second], sample_id=["a"])
    assert made.compute().confusion[1].argmax() == kept
    assert made.total == 1


WRONG = {
    "another length": ([1, 2, 3], r"sample_id is \(3,\) .*there are 2 rows"),
    "a number": (7, "sample_id"),
    "NaN": ([1.0, float("nan")], "sample_id is NaN at row 1"),
    "fractions": (np.array([0.5, 1]), "sample_id is 0.5 at row 0; ids are whole numbers"),
    "infinite": ([1.0, float("inf")], "sample_id is inf at row 1"),
    "rounded": (np.float32([3, 1 << 24]), "16777216 at row 1 as float32, which rounds"),
    "negative": ([3, -1], "sample_id is -1 at row 1; ids are whole numbers from 0"),
    "booleans": (np.array([True, False]), "dtype bool"),
    "too large": ([1, 1 << 64], "below 2"),
    "missing": (["a", None], "missing at row 1"),
    "mixed": ([1, "a"], "sample_id holds int, str"),
    "dates": (np.array(["2026-01-01", "2026-01-02"], "M8[D]"), "datetime64"),
    "pairs": (np.array([[1, 2], [3, 4]]), r"sample_id is \(2, 2\) int64"),
    "zeros at the end": (["a", "a\0"], "ends in the character"),
    "no text": (["a", "\ud800"], "no UTF-8"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_id_is_refused(name):
    ids, words = WRONG[name]
    made = Accumulator("binary")
    with pytest.raises(F1Error, match=words):
        made.update([0, 1], [0.2, 0.7], sample_id=ids)
    assert made == Accumulator("binary")


def test_ids_of_another_kind_are_refused():
    made = numbered()
    with pytest.raises(F1Error, match="sample_id holds text here and numbers before"):
        made.update([0], [0], sample_id=["17"])
    assert made == numbered()


def test_empty_batches_settle_nothing():
    made = Accumulator("binary")
    made.update([], [], sample_id=[])
    made.update([0, 1], [0.5, 0.6])
    assert made.total == 2


def test_reset_forgets_the_ids():
    made = numbered()
    made.reset()
    assert made == Accumulator("multiclass", classes=3)
    made.update([0], [0])
    assert made.total == 1


def test_a_copy_is_its_own():
    made = numbered()
    for twin in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert twin == made
        twin.update([0, 0], [0, 0], sample_id=[10, 20])
        assert twin.total == 5
        assert made.total == 4
        assert twin != made


def test_merging_with_itself_changes_nothing():
    made = numbered()
    made.merge(made)
    assert made == numbered()
    same_bits(made.compute(), score([0, 1, 2, 2], [0, 2, 2, 2], classes=3))
