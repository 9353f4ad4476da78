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
    monkeypatch.setattr(engine, "_spent", 0)


def test_the_twin_counts_until_the_kernels_pay(fresh_engine, both):
    assert engine.choose(engine.PRICE // 2) is plain
    assert not engine.loaded()
    assert engine.choose(engine.PRICE) is both["kernels"]
    assert engine.loaded()
    assert engine.choose(1) is both["kernels"]


def test_many_small_batches_pay_as_a_large_one(fresh_engine, both):
    for _ in range(9):
        assert engine.choose(engine.PRICE // 10) is plain
    engine.choose(engine.PRICE // 10)
    assert engine.choose(engine.PRICE // 10) is both["kernels"]


def test_warm_up_loads_the_kernels(fresh_engine, both):
    f1core.warm_up()
    assert engine.loaded()
    assert engine.choose(1) is both["kernels"]


def test_without_numba_the_twin_goes_on(fresh_engine, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "f1core.kernels", None)
    monkeypatch.delattr(f1core, "kernels", raising=False)
    f1core.warm_up()
    assert not engine.loaded()
    assert engine.choose(10**12) is plain
    assert f1core.score([0, 1], [0, 1]).accuracy == 1.0
