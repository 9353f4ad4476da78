"""The Ignite metric: attached to an engine it is the epoch's number, and handlers go by it."""

import pickle
import sys
import warnings

import numpy as np
import pytest
import ranks
import tasks
from digits import digits
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from f1core import F1Error, score

torch = pytest.importorskip("torch")
with warnings.catch_warnings():  # torch deprecates what Ignite uses while it is imported
    warnings.simplefilter("ignore")
    pytest.importorskip("ignite.metrics")
    from f1core.adapters.ignite import ScoreMetric

from away import for_metric  # noqa: E402

from f1core.adapters.hooks import monitored  # noqa: E402


@given(tasks.any_task(), st.sampled_from(["f1_macro", "f1_micro", "recall_weighted"]),
       st.integers(1, 30))  # fmt: skip
def test_any_batches_give_the_number_of_all_rows(problem, name, size):
    true, pred, task, options = for_metric(problem)
    metric = ScoreMetric(name, task=task, **options)
    for i in range(0, len(problem), size):
        rows = slice(i, i + size)
        weight = () if problem.weight is None else (problem.weight[rows],)
        metric.update((pred[rows], true[rows], *weight))
    expected = score(problem.y_true, problem.y_pred, sample_weight=problem.weight, task=task,
                     **options).metric(name)  # fmt: skip
    assert metric.compute() == pytest.approx(monitored(expected), abs=1e-12)


def test_reset_state_and_pickle():
    from ignite.exceptions import NotComputableError

    metric = ScoreMetric(task="binary", output_transform=tuple)
    with pytest.raises(NotComputableError, match="no rows"):
        metric.compute()
    metric.update((torch.tensor([0.2, 0.9]), torch.tensor([0, 1])))
    state = metric.state_dict()
    again = ScoreMetric(task="binary")
    again.load_state_dict(state)
    for each in (again, pickle.loads(pickle.dumps(metric))):
        each.update((torch.tensor([0.2, 0.9]), torch.tensor([1, 1])))
        assert each.compute() == 0.8
    metric.reset()
    metric.update((torch.empty(0), torch.empty(0)))
    with pytest.raises(NotComputableError):
        metric.compute()


def test_several_metrics_and_each_class_come_under_keys_of_their_own():
    from ignite.engine import Engine

    true, pred = torch.tensor([0, 1, 2, 1]), torch.eye(3)[[0, 1, 1, 2]]
    of = {"task": "multiclass", "classes": ["a", "b", "c"]}
    engine = Engine(lambda engine, batch: batch)
    many = ScoreMetric(["f1", "mcc"], prefix="val_", **of)
    many.attach(engine, "val")
    ScoreMetric("recall", average="per_class", **of).attach(engine, "by class")
    engine.run([(pred, true)] * 2)
    found, expected = engine.state.metrics, score(true.numpy(), pred.numpy())
    assert found["val_f1"] == expected.macro.f1 and found["val_mcc"] == expected.mcc
    recalls = [found[f"recall_{c}"] for c in "abc"]
    assert recalls == expected.per_class.recall.tolist()
    told = (
        "ScoreMetric(['f1', 'mcc'], prefix='val_', task='multiclass', classes=('a', 'b', 'c'); "
        "8 rows)"
    )
    assert repr(many) == told
    with pytest.raises(F1Error, match="prefix is for several metrics"):
        ScoreMetric("f1", task="binary", prefix="val_")


def test_wrong_options_and_batches_are_refused():
    with pytest.raises(F1Error, match="classes is None; a state"):
        ScoreMetric(task="multiclass")
    with pytest.raises(TypeError, match="treshold"):
        ScoreMetric(task="binary", treshold=0.1)
    metric = ScoreMetric(task="binary")
    with pytest.raises(F1Error, match="preds is NaN at row 0"):
        metric.update((torch.tensor([float("nan")]), torch.tensor([1])))


def test_without_the_library_the_extra_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "ignite"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ignite", None)
    monkeypatch.delitem(sys.modules, "f1core.adapters.ignite")
    with pytest.raises(ImportError, match=r"needs pytorch-ignite: pip install 'f1core\[ignite\]'"):
        import f1core.adapters.ignite  # noqa: F401


def test_an_engine_stops_at_and_keeps_the_best_epoch(tmp_path):
    from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
    from ignite.handlers import Checkpoint, DiskSaver, EarlyStopping

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(64, 16), torch.nn.ReLU(), torch.nn.Linear(16, 10))
    loss = torch.nn.functional.cross_entropy
    trainer = create_supervised_trainer(model, torch.optim.SGD(model.parameters(), lr=1.0), loss)
    evaluator = create_supervised_evaluator(model)
    ScoreMetric("f1", task="multiclass", classes=10).attach(evaluator, "f1")
    ScoreMetric("recall", task="multiclass", classes=10, average="weighted").attach(
        evaluator, "recall"
    )

    def goodness(engine):
        return engine.state.metrics["f1"]

    stop = EarlyStopping(3, goodness, trainer)
    keep = Checkpoint({"model": model}, DiskSaver(tmp_path), n_saved=1, score_function=goodness)
    evaluator.add_event_handler(Events.COMPLETED, stop)
    evaluator.add_event_handler(Events.COMPLETED, keep)
    train, valid = (
        torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(torch.tensor(half.x), torch.tensor(half.y)),
            batch_size=size,
        )
        for half, size in zip(digits(), (50, 100), strict=True)
    )
    ours, theirs = [], []

    @trainer.on(Events.EPOCH_COMPLETED)
    def evaluate():
        evaluator.run(valid)
        x, y = valid.dataset.tensors
        with torch.no_grad():
            theirs.append(f1_score(y, model(x).argmax(1), average="macro"))
        ours.append(evaluator.state.metrics["f1"])
        assert 0 < evaluator.state.metrics["recall"] <= 1

    trainer.run(train, max_epochs=25)
    assert ours == pytest.approx(theirs, abs=1e-12)
    best = int(np.argmax(theirs))
    assert len(theirs) == min(best + 4, 25)
    model.load_state_dict(torch.load(tmp_path / keep.last_checkpoint, weights_only=True))
    x, y = valid.dataset.tensors
    again = f1_score(y, model(x).argmax(1), average="macro")
    assert again == pytest.approx(max(theirs), abs=1e-12)


def test_counts_add_up_over_ranks(tmp_path):
    told = ranks.run("ignite_sync", 3, tmp_path)
    assert [code for code, _ in told] == [0, 0, 0], told
    true, pred, weight = ranks.rows()
    expected = score(true, pred, classes=ranks.CLASSES)
    weighted = score(true, pred, classes=ranks.CLASSES, sample_weight=weight)
    for _, found in told:
        assert found["macro"] == [expected.macro.f1] * 2
        assert found["weights"] == pytest.approx(weighted.macro.f1, abs=1e-12)


def test_foreign_names_are_told_before_anything_else():
    with pytest.raises(F1Error, match="ScoreMetric has no option num_classes=: classes"):
        ScoreMetric("f1", task="multiclass", num_classes=3)
    with pytest.raises(F1Error, match="ScoreMetric has no option names="):
        ScoreMetric("f1", task="multiclass", classes=3, names=["a", "b", "c"])
