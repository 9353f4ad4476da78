"""Rows with ids count once: however often they come, in whatever batches, states and merges."""

import copy
import pickle
import threading
import uuid
from dataclasses import replace

import numpy as np
import pytest
import tasks
from hypothesis import assume, given
from hypothesis import strategies as st
from problems import generators
from same import close, same_bits, same_results

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
    if problem.weight is None:
        same_results(made, whole)
        return
    assert made.total == pytest.approx(whole.total, rel=0, abs=1e-9)
    if whole.total:
        close(made.compute(), whole.compute())


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
    same_results(states[0], whole)  # even of weights
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
    same_results(*found)
    same_results(found[0], pickle.loads(pickle.dumps(found[1])))


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


def test_plain_rows_do_not_slip_in_by_the_short_way():
    """Batches that look like the last one skip the checks, but not this one."""
    rng = np.random.default_rng(0)
    made = Accumulator("multiclass", classes=4)
    y_true, y_pred = rng.integers(0, 4, 8), rng.random((8, 4), np.float32)
    for _ in range(3):
        made.update(y_true, y_pred)
    with pytest.raises(F1Error, match="give every row an id"):
        made.update(y_true, y_pred, sample_id=np.arange(8))
    assert made.total == 24


@pytest.mark.parametrize("classes", [None, 1500])
def test_more_classes_than_a_matrix_is_kept_for(classes):
    rng = np.random.default_rng(1)
    y_true, y_pred = rng.integers(0, 1500, (2, 4000))
    made = Accumulator("multiclass", classes=classes)
    for _ in range(30):
        rows = rng.integers(0, 4000, 300)
        made.update(y_true[rows], y_pred[rows], sample_id=rows)
    other = Accumulator("multiclass", classes=classes)
    other.update(y_true, y_pred, sample_id=np.arange(4000))
    both = made + pickle.loads(pickle.dumps(other))
    assert both == other
    same_bits(both.compute(), score(y_true, y_pred, task="multiclass", classes=classes))


def test_a_class_that_only_an_outvoted_prediction_named_is_gone():
    """1,025 labels keep no matrix; without the one that was never meant there are 1,024."""
    labels = np.arange(1024)
    made = Accumulator("multiclass")
    made.update([0], [5000], sample_id=[0])
    made.update(labels, labels, sample_id=labels)
    whole = Accumulator("multiclass")
    whole.update(labels, labels, sample_id=labels)
    assert made == whole
    same_bits(made.compute(), whole.compute())
    assert made.compute().confusion.shape == (1024, 1024)


def test_ids_may_outgrow_their_width():
    made = Accumulator("binary")
    for ids in ([0, 1], [2**32 - 1, 2**32], [2**64 - 1, 1], [2**32, 2**63]):
        made.update([0, 1] if ids[0] < 2**32 else [1, 1], [0.2, 0.7], sample_id=ids)
    assert made.total == 6
    texts = Accumulator("binary")
    for ids in (["a", "bb"], ["bbb", "a"], ["b" * 300, "b"], ["b" * 299, "bbb"]):
        texts.update([1, 1], [0.7, 0.7], sample_id=ids)
    assert texts.total == 6


def test_uuids_are_exact_to_the_last_bit():
    ids = [uuid.UUID(int=n) for n in (0, 1, 256, 1 << 120, 2**128 - 1)]
    made = Accumulator("binary")
    made.update([1] * 5, [0.7] * 5, sample_id=ids)
    made.update([1] * 5, [0.7] * 5, sample_id=np.array([u.bytes for u in ids], "V16"))
    assert made.total == 5
    with pytest.raises(F1Error, match="sample_id 00000000-0000-0000-0000-000000000100 comes"):
        made.update([0], [0.7], sample_id=[ids[2]])


@pytest.mark.parametrize(
    "ids",
    [
        [b"a\0", b"a"],
        ["a\0", "a", "a\0\0"],
        ["x" * 40, "x" * 41, "x" * 42, "x" * 20_000],
        [b"\xffa", b"\xffb", b"a"],
        np.array([b"\xffa", b"\xffb"]),
        np.array([b"a\0", b"ab"], "V2"),
    ],
    ids=str,
)
def test_ids_that_differ_in_any_byte_are_two(ids):
    made = Accumulator("binary")
    for _ in range(2):
        made.update([1] * len(ids), [0.7] * len(ids), sample_id=ids)
        assert made.total == len(ids)
    made.update([1], [0.7], sample_id=ids[-1:])
    assert made.total == len(ids)
    assert pickle.loads(pickle.dumps(made)) == made


def test_one_long_id_does_not_widen_the_others(tmp_path):
    ids = [*map(str, range(1000)), "x" * 20_000]
    made = Accumulator("binary")
    made.update([1] * 1001, [0.7] * 1001, sample_id=ids)
    made.save(tmp_path / "state")
    assert (tmp_path / "state").stat().st_size < 50_000
    loaded = Accumulator.load(tmp_path / "state")
    assert loaded == made
    loaded.update([1], [0.7], sample_id=["x" * 20_000])
    assert loaded.total == 1001
    with pytest.raises(F1Error, match=r"sample_id of digest [0-9a-f]{32} .* comes with two truths"):
        loaded.update([0], [0.7], sample_id=["x" * 20_000])


def test_uuids_of_arrow_are_those_of_python():
    pa = pytest.importorskip("pyarrow")
    ids = [uuid.UUID(int=n) for n in (0, 1, 256, 1 << 120, 2**128 - 1)]
    raw = [each.bytes for each in ids]
    columns = [pa.array(raw, pa.binary(16)), pa.array([b"x" * 16, *raw], pa.binary(16))[1:]]
    if hasattr(pa, "uuid"):
        columns += [pa.array(raw, pa.uuid()), pa.chunked_array([pa.array(raw, pa.uuid())])]
    made = Accumulator("binary")
    made.update([1] * 5, [0.7] * 5, sample_id=ids)
    for column in columns:
        made.update([1] * 5, [0.7] * 5, sample_id=column)
        assert made.total == 5


@pytest.mark.parametrize("maker", ["pandas", "polars", "pyarrow", "torch"])
def test_ids_come_from_any_library(maker):
    library = pytest.importorskip(maker)
    make = {
        "pandas": lambda: library.Series([3, 4]),
        "polars": lambda: library.Series([3, 4]),
        "pyarrow": lambda: library.array([3, 4]),
        "torch": lambda: library.tensor([[3], [4]]),
    }[maker]
    made = Accumulator("binary")
    made.update([0, 1], [0.2, 0.7], sample_id=make())
    made.update([0, 1], [0.2, 0.7], sample_id=[3, 4])
    assert made.total == 2


def test_eight_threads_count_each_row_once():
    rng = np.random.default_rng(2)
    y_true, y_pred = rng.integers(0, 5, 1000), rng.random((1000, 5))
    made = Accumulator("multiclass", classes=5)
    gate = threading.Barrier(8)

    def feed(seed):
        order = np.random.default_rng(seed).permutation(1000)
        gate.wait()
        for rows in np.split(order, 50):
            made.update(y_true[rows], y_pred[rows], sample_id=rows)
            made.compute()

    threads = [threading.Thread(target=feed, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same_bits(made.compute(), score(y_true, y_pred, classes=5))


@given(tasks.any_task(), st.data())
def test_what_was_saved_comes_back_with_its_ids(tmp_path_factory, problem, data):
    path, ids = tmp_path_factory.getbasetemp() / "once.npz", data.draw(identified(len(problem)))
    made = problem.accumulator()
    rows = st.lists(st.integers(0, len(problem) - 1), min_size=1, max_size=40)
    for batch in data.draw(st.lists(rows, min_size=1, max_size=3)):
        fed(made, problem, ids, batch)
    made.save(path)
    loaded = Accumulator.load(path)
    assert loaded == made
    same_results(loaded, made)
    everything = np.arange(len(problem))
    assert fed(loaded, problem, ids, everything) == fed(made, problem, ids, everything)


@given(tasks.any_task(), st.data())
def test_replicas_are_those_of_the_rows_however_they_came(problem, data):
    ids = data.draw(identified(len(problem)))
    found = []
    for rows in (np.arange(len(problem)), data.draw(generators()).permutation(len(problem))):
        made, late = (problem.accumulator(resamples=3, seed=seed) for seed in (4, 9))
        for part in np.array_split(rows, 3):
            fed(made, problem, ids, part) if len(part) else None
        fed(late, problem, ids, rows[:5])
        late.merge(made)
        found.append(late._snapshot())
    assert found[0] == found[1]
    assert found[0].replicas is not None


@pytest.mark.parametrize("options", [{"classes": 6}, {}, {"classes": 6, "top_k": 2}], ids=str)
def test_hundreds_of_batches_that_repeat_ids_with_other_predictions(options):
    """Beside a dictionary: the truth of an id, and its least prediction so far."""
    rng = np.random.default_rng(5)
    truth, made, least = rng.integers(0, 6, 400), Accumulator("multiclass", **options), {}
    for number in range(300):
        ids = rng.integers(0, 20 + number, rng.integers(1, 12))
        guess = rng.random((len(ids), 6)).argsort(axis=1)  # the best ones have the highest rank
        best = guess.argsort(axis=1)[:, ::-1]
        pred = guess / 6 if options else best[:, 0]
        made.update(truth[ids], pred, sample_id=ids)
        for row, each in zip(best[:, : options.get("top_k", 1)].tolist(), ids, strict=True):
            least[each] = min(row, least.get(each, row))
        if number % 7 == 0 or number == 299:
            kept = np.array(list(least))
            whole = Accumulator("multiclass", **options)
            scores = np.zeros((len(kept), 6))
            for place, row in enumerate(least.values()):
                scores[place, row] = np.linspace(1, 0.5, len(row))
            pred = scores if options else scores.argmax(axis=1)
            whole.update(truth[kept], pred)
            assert made.total == made.distinct == len(kept)
            same_bits(made.compute(), whole.compute())


def test_counts_that_fit_in_no_memory_are_refused_before_a_row_is_in():
    made = Accumulator("multiclass", classes=10_000_000, confusion=True)
    with pytest.raises(F1Error, match="memory"):
        made.update([0, 1], [0, 2], sample_id=[1, 2])
    assert made.total == 0


def test_a_weight_is_a_weight_whichever_batch_brought_it():
    found = []
    for order in ([0, 1], [1, 0]):
        made = Accumulator("multiclass", classes=3)
        for place in order:
            made.update([0, 1], [0, 2], sample_id=[1, 2], **[{}, {"sample_weight": [1, 1]}][place])
        made.update([2], [2], sample_id=[3])
        assert made.compute().confusion.dtype == np.float64
        found.append(made)
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "ids", [np.array([b"a", b"b"]), np.array([[1, 2], [3, 4]], np.uint8), [4, 5]]
)
def test_arrays_may_change_once_they_are_counted(ids):
    made, ids, weight = Accumulator("binary"), np.array(ids), np.array([1.0, 2.0])
    made.update([0, 1], [0.2, 0.7], sample_id=ids, sample_weight=weight)
    before = copy.deepcopy(made)
    made = Accumulator("binary")
    made.update([0, 1], [0.2, 0.7], sample_id=ids, sample_weight=weight)
    ids[:], weight[:] = ids[::-1].copy(), 7.0
    assert made == before
    assert made.total == 3
