"""The NumPy twin and the kernels count the same, integer for integer; and when which is used."""

import numpy as np
import pytest
import tasks
from conftest import kernels
from hypothesis import given

import f1core
from f1core import engine, plain


@pytest.fixture(scope="module")
def both():
    return {"numpy": plain, "kernels": kernels()}


def counted(problem, module):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "choose", lambda cells: module)
        return problem.score()._counts


@given(tasks.any_task())
def test_the_twin_counts_what_the_kernels_count(both, problem):
    assert counted(problem, both["numpy"]) == counted(problem, both["kernels"])


@pytest.mark.parametrize("n_classes", [2, 3, 10, 33, 1024, 1025])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_large_batches_are_counted_alike(both, n_classes, dtype):
    rng = np.random.default_rng(n_classes)
    rows = 200_000 // n_classes
    y_true = rng.integers(0, n_classes, rows).astype("i4")
    y_pred = rng.random((rows, n_classes)).astype(dtype)
    flags = rng.integers(0, 2, y_pred.shape, dtype="u1")
    for truth, task in ((y_true, "multiclass"), (flags, "multilabel")):
        for weight in (None, rng.random(rows)):
            found = []
            for module in both.values():
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(engine, "choose", lambda cells, module=module: module)
                    found.append(f1core.score(truth, y_pred, task=task, sample_weight=weight))
            assert found[0]._counts == found[1]._counts


@pytest.fixture
def fresh_engine(monkeypatch):
    monkeypatch.setattr(engine, "_kernels", None)
    monkeypatch.setattr(engine._rented, "rent", engine.Rent(1.0))
    return engine._rented.rent


def test_the_twin_counts_until_the_kernels_pay(fresh_engine, both):
    assert engine.choose(1).labels is plain.labels
    fresh_engine.pay(0.75)
    assert engine.choose(1).labels is plain.labels
    assert not engine.loaded()
    fresh_engine.pay(0.75)
    assert engine.choose(1) is both["kernels"]
    assert engine.loaded()


def test_many_small_batches_pay_as_a_large_one(fresh_engine, both):
    for _ in range(8):
        assert not fresh_engine.pay(0.125 - 2**-30)
    assert fresh_engine.pay(0.125)
    assert engine.choose(1) is both["kernels"]


def test_rows_to_come_are_as_good_as_rows_counted(fresh_engine):
    assert not fresh_engine.pay(0.125, to_come=0.75)
    assert fresh_engine.pay(0.125, to_come=1.25)


def test_scoring_pays(fresh_engine):
    y = np.arange(50) % 5
    f1core.score(y, y)
    assert 0 < fresh_engine._spent < 1
    assert not engine.loaded()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_the_kernels_take_over_between_two_blocks(
    fresh_engine, both, small_blocks, monkeypatch, weighted, threads
):
    """Every row is counted once, by whichever engine."""
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 5, 1000), rng.random((1000, 5))
    weight = rng.random(1000) if weighted else None
    with monkeypatch.context() as patch:
        patch.setattr(engine, "choose", lambda cells: plain)
        expected = f1core.score(y, p, sample_weight=weight, threads=threads)
    blocks = []
    monkeypatch.setattr(fresh_engine, "pay", lambda *_, **__: blocks.append(1) or len(blocks) > 7)
    found = f1core.score(y, p, sample_weight=weight, threads=threads)
    assert found._counts == expected._counts
    assert 7 < len(blocks) < 7 + 2 * threads
    assert engine.loaded()


@pytest.mark.parametrize("form", ["labels", "rows", "columns", "one-hot", "one-hot columns"])
@pytest.mark.parametrize("top_k", [1, 2])
@pytest.mark.parametrize("by_id", [False, True])
def test_the_twin_adds_small_batches_of_any_form(fresh_engine, form, top_k, by_id):
    """Of so many classes a batch is added cell by cell, by the twin as well."""
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 300, (3, 20)), rng.random((3, 20, 300), dtype=np.float32)
    given = [p_ if "columns" not in form else np.asfortranarray(p_) for p_ in p]
    truth = np.eye(300, dtype=np.int8)[y] if "one-hot" in form else y
    if form == "labels":
        given, top_k = p.argmax(axis=2), 1
    added = f1core.Accumulator("multiclass", classes=300, top_k=top_k)
    for k, batch in enumerate(zip(truth, given, strict=True)):
        added.update(*batch, sample_id=np.arange(20) + 20 * k if by_id else None)
    whole = f1core.score(y.ravel(), p.reshape(60, 300), top_k=top_k)
    assert added.counts.per_class.tolist() == whole._counts.per_class.tolist()
    assert not engine.loaded()


def test_warm_up_loads_the_kernels(fresh_engine, both):
    f1core.warm_up()
    assert engine.loaded()
    assert engine.choose(1) is both["kernels"]


def test_without_numba_the_twin_goes_on(fresh_engine, monkeypatch):
    def missing():
        raise ImportError("no numba here")

    monkeypatch.setattr(f1core.kernels, "start", missing)
    f1core.warm_up()
    assert not engine.loaded()
    assert engine.choose(1) is plain
    assert f1core.score([0, 1], [0, 1]).accuracy == 1.0
