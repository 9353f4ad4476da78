"""Metrics whose framework keeps the state: batches on a device are counted there, onto it."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import tasks
from hypothesis import given
from hypothesis import strategies as st

from f1core import F1Error, score

torch = pytest.importorskip("torch")
pytest.importorskip("torchmetrics")
with warnings.catch_warnings():  # torch deprecates what Ignite uses while it is imported
    warnings.simplefilter("ignore")
    pytest.importorskip("ignite.metrics")
    from f1core.adapters.ignite import ScoreMetric as Ignite

from away import DEVICE, Away, Elsewhere, for_metric  # noqa: E402
from torchmetrics import MetricCollection  # noqa: E402

from f1core.adapters.hooks import monitored  # noqa: E402
from f1core.adapters.torchmetrics import ScoreMetric  # noqa: E402
from f1core.device import torch_reader  # noqa: E402
from f1core.device.notes import NOTES  # noqa: E402

ROWS, CLASSES = 120, 5
OF = {"task": "multiclass", "classes": CLASSES}
PRED = torch.rand(ROWS, CLASSES, generator=torch.Generator().manual_seed(0))
TRUE = torch.arange(ROWS) % CLASSES
PARTS = [slice(0, 50), slice(50, 90), slice(90, 120)]
F1 = score(TRUE.numpy(), PRED.numpy(), classes=CLASSES).macro.f1


@pytest.fixture
def everywhere(monkeypatch):
    """Tensors on the CPU go the way of those on a device."""
    monkeypatch.setattr(torch_reader, "EVERYWHERE", True)


@pytest.fixture
def there():
    with Elsewhere() as mode:
        yield mode


def made(library, *args, **options):
    return {"torchmetrics": ScoreMetric, "ignite": Ignite}[library](*args, **options)


def add(metric, pred, true, weight=None):
    if isinstance(metric, Ignite):
        metric.update((pred, true) if weight is None else (pred, true, weight))
    else:
        metric.update(pred, true, weight)


def value(metric):
    found = metric.compute()
    return float(found.here if isinstance(found, Away) else found)


both = pytest.mark.parametrize("library", ["torchmetrics", "ignite"])


# ---- the law -------------------------------------------------------------------------------


@given(tasks.any_task(), st.sampled_from(["f1_macro", "f1_micro", "recall_weighted"]),
       st.integers(1, 30), st.booleans())  # fmt: skip
def test_batches_on_a_device_give_the_number_of_all_rows(problem, name, size, near):
    true, pred, task, options = for_metric(problem)
    expected = score(problem.y_true, problem.y_pred, sample_weight=problem.weight, task=task,
                     **options).metric(name)  # fmt: skip
    with Elsewhere():
        for library in ("torchmetrics", "ignite"):
            metric = made(library, name, task=task, **options)
            if near and library == "torchmetrics":
                metric.to(DEVICE)
            for i in range(0, len(problem), size):
                rows = slice(i, i + size)
                weight = None if problem.weight is None else problem.weight[rows]
                add(metric, Away(pred[rows]), Away(true[rows]), weight)
            assert value(metric) == pytest.approx(monitored(expected), abs=1e-12)


@pytest.mark.parametrize("near", [True, False])
@both
def test_nothing_travels_before_the_counts_are_asked_for_and_then_once(there, library, near):
    metric = made(
        library, "f1", **OF, **({"device": DEVICE} if near and library == "ignite" else {})
    )
    if near and library == "torchmetrics":
        metric.to(DEVICE)
    for part in PARTS:
        add(metric, Away(PRED[part]), Away(TRUE[part]))
    assert not there.sent and not there.asked
    assert value(metric) == F1
    states = 2 if near else 1  # with the sums of weights
    assert [len(each) for each in there.sent] == [states * 3 * CLASSES + NOTES]


@both
def test_rows_with_weights_travel_as_ids_one_step_late(there, library):
    metric, weight = made(library, "f1", **OF), torch.arange(ROWS) / 7
    for part in PARTS:
        add(metric, Away(PRED[part]), TRUE[part], weight[part])
    assert there.bytes == 90  # the last one is still on its way
    weighted = score(TRUE.numpy(), PRED.numpy(), sample_weight=weight.numpy(), classes=CLASSES)
    assert value(metric) == pytest.approx(weighted.macro.f1, abs=1e-12)
    metric.reset()
    add(metric, Away(PRED), TRUE, weight)
    metric.reset()
    add(metric, Away(PRED), TRUE)
    assert value(metric) == F1


# ---- what is refused -----------------------------------------------------------------------


@both
def test_what_a_device_refuses_is_said_when_it_is_asked(there, library):
    wrong = TRUE.clone()
    wrong[[7, 9]] = 77
    metric = made(library, "f1", **OF)
    add(metric, Away(PRED), Away(TRUE))
    add(metric, Away(PRED), Away(wrong))
    for _ in range(2):
        with pytest.raises(
            F1Error, match="2 rows were refused, the first in update 2, target at row 7"
        ):
            metric.compute()
    metric.reset()
    add(metric, Away(PRED), Away(TRUE))
    assert value(metric) == F1
    with pytest.raises(F1Error, match="preds has 3 columns"):
        add(metric, Away(PRED[:, :3]), Away(TRUE))
    assert value(metric) == F1


@pytest.mark.parametrize("near", [True, False])
@both
def test_a_batch_may_be_refused_at_once(there, library, near):
    metric = made(library, "f1", check="now", **OF)
    if near and library == "torchmetrics":
        metric.to(DEVICE)
    wrong = TRUE.clone()
    wrong[7] = 77
    add(metric, Away(PRED), Away(TRUE))
    for weight in (None, torch.ones(ROWS)):
        with pytest.raises(F1Error, match="target is 77 at row 7"):
            add(metric, Away(PRED), Away(wrong), weight)
    if library == "torchmetrics":
        metric._computed = None
    assert value(metric) == F1
    with pytest.raises(F1Error, match="check is 'never'"):
        made(library, "f1", check="never", **OF)


# ---- torchmetrics' own habits --------------------------------------------------------------


def fed(metric, parts=PARTS, weight=None):
    for part in parts:
        add(metric, PRED[part], TRUE[part], None if weight is None else weight[part])
    return metric


@pytest.mark.parametrize("near", [True, False])
def test_forward_gives_each_batch_and_a_refused_one_changes_nothing(there, near):
    metric = ScoreMetric("f1", **OF)
    if near:
        metric.to(DEVICE)
    for i, part in enumerate(PARTS):
        found = metric(Away(PRED[part]), Away(TRUE[part]))
        found = found.here if isinstance(found, Away) else found
        expected = score(TRUE[part].numpy(), PRED[part].numpy(), classes=CLASSES).macro.f1
        assert found.item() == expected
        with pytest.raises(F1Error, match="1 row was refused"):
            metric(Away(PRED[:1]), Away(TRUE[:1] + 50))
        assert metric.update_count == i + 1
    assert value(metric) == F1


def test_forward_on_the_cpu_survives_a_refused_batch():
    metric = fed(ScoreMetric("f1", **OF))
    with pytest.raises(F1Error, match="target is 50"):
        metric(PRED[:1], TRUE[:1] + 50)
    assert metric.compute().item() == F1 and metric.update_count == 3
    assert metric._to_sync and metric._should_unsync


@pytest.mark.parametrize("weighted", [False, True])
def test_a_collection_shares_what_one_of_it_counts(everywhere, weighted):
    weight = np.arange(1.0, ROWS + 1) if weighted else None
    names = ["f1_macro", "recall_macro", "mcc"]
    metrics = MetricCollection({name: ScoreMetric(name, **OF) for name in names})
    expected = score(TRUE.numpy(), PRED.numpy(), sample_weight=weight, classes=CLASSES)
    for _ in range(2):
        for part in PARTS:
            if weight is None:
                metrics.update(PRED[part], TRUE[part])
            else:
                metrics.update(PRED[part], TRUE[part], sample_weight=weight[part])
        assert list(map(len, metrics.compute_groups.values())) == [3]
        for name in names:
            one = metrics[name].compute().item()
            assert one == pytest.approx(expected.metric(name), abs=1e-12)
            assert metrics.compute()[name].item() == one
        metrics.reset()
    if not weighted:
        for part in PARTS:
            metrics(PRED[part], TRUE[part])
        assert {k: v.item() for k, v in metrics.compute().items()} == {
            name: expected.metric(name) for name in names
        }


def test_counts_stay_in_place_when_torchmetrics_would_replace_them(everywhere):
    """A captured graph goes on adding there."""
    metric = fed(ScoreMetric("f1", **OF))
    places = [getattr(metric, name) for name in (metric._counts, metric._notes)]
    metric.persistent(True)
    saved = copy.deepcopy(metric.state_dict())
    metric.reset()
    assert not any(state.any() for state in places)
    metric.load_state_dict(dict(saved))
    metric.merge_state(fed(ScoreMetric("f1", **OF)))
    for part in PARTS:
        metric(PRED[part], TRUE[part])
    fed(metric)
    metric.sync(
        dist_sync_fn=lambda state, group: [state, state], distributed_available=lambda: True
    )
    assert metric._sums()[0][-CLASSES:].sum() == 2 * 4 * ROWS
    metric.unsync()
    now = [getattr(metric, name) for name in (metric._counts, metric._notes)]
    assert all(a is b for a, b in zip(places, now, strict=True))
    assert now[0][-CLASSES:].sum() == 4 * ROWS and metric.compute().item() == F1
    assert saved[metric._counts][-CLASSES:].sum() == ROWS  # nobody added onto what was saved


def test_a_state_of_inference_mode_is_added_onto_after_it(everywhere):
    for library in ("torchmetrics", "ignite"):
        metric = made(library, "f1", **OF)
        with torch.inference_mode():
            metric.reset()
            fed(metric, PARTS[:1])
        fed(metric, PARTS[1:])
        assert value(metric) == F1


@pytest.mark.parametrize("weighted", [False, True])
@both
def test_copies_and_saved_states_have_what_was_on_its_way(there, library, weighted):
    weight = torch.ones(ROWS) if weighted else None
    metric = made(library, "f1", **OF)
    add(metric, Away(PRED), Away(TRUE), weight)
    copies = [copy.deepcopy(metric), pickle.loads(pickle.dumps(metric))] if library == (
        "torchmetrics") else [copy.deepcopy(metric)]  # fmt: skip
    again = made(library, "f1", **OF)
    if library == "torchmetrics":
        metric.persistent(True)
        add(metric, Away(PRED), Away(TRUE), weight)
        again.load_state_dict(metric.state_dict())
        again._update_count = 1
        copies.append(metric.merge_state(made(library, "f1", **OF)) or metric)
    else:
        again.load_state_dict(metric.state_dict())
    for each in (*copies, again):
        assert value(each) == pytest.approx(F1, abs=1e-12)
        assert "120 rows" in repr(each) or "240 rows" in repr(each)


def test_a_metric_moves_after_batches(there):
    metric = ScoreMetric("f1", **OF)
    for part in PARTS:
        add(metric, Away(PRED[part]), Away(TRUE[part]))
        metric.to(DEVICE).half()
    assert {state.device.type for state in metric.metric_state.values()} == {DEVICE}
    assert value(metric) == F1


def test_a_compiled_step_counts_and_is_compiled_once(everywhere):
    from torch._dynamo.testing import CompileCounter

    metric, counter = ScoreMetric("f1", **OF), CompileCounter()
    metric.update(PRED[:1], TRUE[:1])  # reads the form
    metric.reset()

    @torch.compile(fullgraph=True, backend=counter)
    def step(pred, true):
        scores = pred * 2
        metric.update(scores, true)
        return scores

    for _ in range(2):
        for i in range(0, ROWS, 10):
            step(PRED[i : i + 10], TRUE[i : i + 10])
        assert metric.compute().item() == F1
        metric.reset()
    assert counter.frame_count == 1
    step(PRED[:10], TRUE[:10] + 50)
    with pytest.raises(F1Error, match="10 rows were refused"):
        metric.compute()
