"""How the rows are cut into blocks, and how many threads count them, changes no bit."""

import numpy as np
import pytest
import tasks
from hypothesis import given
from hypothesis import strategies as st
from inside import guess_labels_from, set_block_sizes, spans_cut
from same import close, same_bits

import f1core

pytestmark = pytest.mark.usefixtures("engine")

SHAPES = {
    "labels": ("multiclass", lambda rng, n: rng.integers(0, 5, n)),
    "many labels": ("multiclass", lambda rng, n: rng.integers(0, 1500, n)),
    "words": ("multiclass", lambda rng, n: np.array(["a", "b", "c"])[rng.integers(0, 3, n)]),
    "multiclass": ("multiclass", lambda rng, n: rng.random((n, 5)).astype(np.float32)),
    "binary": ("binary", lambda rng, n: rng.random(n)),
    "multilabel": ("multilabel", lambda rng, n: rng.random((n, 7)).astype(np.float16)),
}


def problem(kind, rows=999):
    rng = np.random.default_rng(5)
    task, make = SHAPES[kind]
    y_pred = make(rng, rows)
    if "labels" in kind or kind == "words":
        return task, make(rng, rows), y_pred, rng.random(rows)
    shape = y_pred.shape if task == "multilabel" else rows
    high = {"multiclass": 5}.get(task, 2)
    return task, rng.integers(0, high, shape), y_pred, rng.random(rows)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("kind", SHAPES)
def test_threads_change_no_bit(kind, weighted, small_blocks):
    task, y_true, y_pred, weight = problem(kind)
    options = {"task": task, "sample_weight": weight if weighted else None}
    one = f1core.score(y_true, y_pred, threads=1, **options)
    for threads in (2, 3, 8, 100):
        many = f1core.score(y_true, y_pred, threads=threads, **options)
        same_bits(many, one)


@pytest.mark.parametrize("kind", SHAPES)
def test_blocks_of_any_size_change_no_bit(kind, monkeypatch):
    task, y_true, y_pred, _ = problem(kind)
    whole = f1core.score(y_true, y_pred, task=task)
    for size in (16, 100, 1000, 5000):
        set_block_sizes(monkeypatch, size)
        for threads in (1, 4):
            same_bits(f1core.score(y_true, y_pred, task=task, threads=threads), whole)


def test_blocks_are_many(small_blocks, monkeypatch):
    """The tests above would prove little if everything were one block."""
    spans = spans_cut(monkeypatch)
    task, y_true, y_pred, weight = problem("multiclass")
    f1core.score(y_true, y_pred, task=task, threads=8)
    f1core.score(y_true, y_pred, task=task, threads=8, sample_weight=weight)
    assert len(spans[0]) > 30
    assert len(spans[1]) > 30
    for found in spans:
        assert [s.start for s in found] == [0, *(s.stop for s in found[:-1])]
        assert found[-1].stop == 999


@given(tasks.any_task(), st.sampled_from([1, 2, 5]))
def test_small_blocks_count_what_one_block_counts(problem, threads):
    whole = problem.score()
    with pytest.MonkeyPatch.context() as patch:
        set_block_sizes(patch, 16)
        cut = problem.score(threads=threads)
    if problem.weight is None:
        same_bits(cut, whole)
    close(cut, whole)


@pytest.fixture
def short_sight(monkeypatch):
    """Only the first 16 rows are looked at before the classes are guessed."""
    guess_labels_from(monkeypatch, 16)


@pytest.mark.parametrize("late", [2, 7, 1023, 1024, 70_000, 2**40, -1], ids=str)
@pytest.mark.parametrize("early", [2, 5], ids=["binary at first", "classes at first"])
def test_labels_that_show_up_late_are_counted(early, late, short_sight, small_blocks):
    rng = np.random.default_rng(late % 97)
    y_true, y_pred = rng.integers(0, early, (2, 200))
    y_true[-3:], y_pred[-2:] = late, late
    for weight in (None, rng.integers(1, 5, 200)):
        for side in ((y_true, y_pred), (y_pred, y_true)):
            scores = f1core.score(*side, sample_weight=weight)
            assert scores.task == "multiclass"
            assert scores.classes == sorted({*y_true.tolist(), *y_pred.tolist()})
            expected = f1core.score(*side, sample_weight=weight, classes=scores.classes,
                                    task="multiclass")  # fmt: skip
            assert (scores.confusion == expected.confusion).all()
            assert scores.to_dict() == expected.to_dict()


def test_a_wrong_value_that_shows_up_late_is_named(short_sight, small_blocks):
    y_true, y_pred = np.zeros(200, int), np.zeros(200, int)
    y_true[0], y_pred[137] = 1, 5
    with pytest.raises(f1core.F1Error, match="y_pred is 5 at row 137"):
        f1core.score(y_true, y_pred, task="binary")
    y_pred = y_pred.astype(float)
    y_pred[138] = 0.5
    with pytest.raises(f1core.F1Error, match="fractions"):
        f1core.score(y_true, y_pred, task="multiclass")
