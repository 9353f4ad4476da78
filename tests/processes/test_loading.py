"""When the kernels are loaded: never for a little work, soon for much, and no row is lost by it."""

import pytest
from jobs import job

from f1core.backends import switch

pytest.importorskip("numba", exc_type=ImportError)


def test_a_short_script_loads_no_compiler():
    assert job("some_scores", calls=20, rows=50) == {"loaded": False, "compiler": False}


@pytest.mark.parametrize(("calls", "rows"), [(3000, 1000), (1, 2_000_000)])
def test_much_work_loads_the_kernels_whether_in_small_batches_or_in_a_large_one(calls, rows):
    assert job("some_scores", calls=calls, rows=rows)["loaded"]


@pytest.mark.parametrize(("kind", "at_once"), [("multiclass", False), ("multilabel", True)])
def test_numpy_starts_no_batch_that_it_would_take_too_long_over(kind, at_once, monkeypatch):
    loads = []
    monkeypatch.delenv("F1CORE_BACKEND", raising=False)
    monkeypatch.setattr(switch, "active", None)
    monkeypatch.setattr(switch, "_budget", switch.WarmupBudget(switch.OBJECT_CODE))
    monkeypatch.setattr(switch, "load", lambda now: loads.append(now))
    switch.choose(15_000_000, kind)
    assert len(loads) == at_once


@pytest.mark.parametrize(
    ("task", "weighted", "threads"),
    [
        ("multiclass", False, 1),
        ("multiclass", True, 2),
        ("multilabel", False, 2),
        ("labels", True, 1),
    ],
)
def test_kernels_that_take_over_within_a_batch_count_each_row_once(task, weighted, threads):
    found = job("taken_over", task=task, weighted=weighted, threads=threads)
    assert found == {"before": False, "after": True, "same": True}


def test_warm_up_loads_the_kernels():
    assert job("numbers", warm=True)["loaded"]
