"""The torchmetrics metric and Lightning: the epoch's number, kept, logged and synced as theirs."""

import copy
import pickle
import sys
import warnings
from itertools import pairwise

import numpy as np
import pytest
import ranks
import tasks
from digits import digits
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from f1core import F1Error, best_threshold, score

torch = pytest.importorskip("torch")
torchmetrics = pytest.importorskip("torchmetrics")

from away import for_metric  # noqa: E402
from torchmetrics import MetricCollection, MetricTracker  # noqa: E402

from f1core.adapters.hooks import monitored  # noqa: E402
from f1core.adapters.torchmetrics import ScoreMetric  # noqa: E402

ROWS, CLASSES = 300, 5
METRICS = ["f1_macro", "f1_micro", "precision_weighted", "recall_macro", "accuracy"]


def batches(seed=0, rows=ROWS, size=64, classes=CLASSES):
    rng = np.random.default_rng(seed)
    pred = torch.tensor(rng.random((rows, classes), np.float32))
    true = torch.tensor(rng.integers(0, classes, rows))
    return [(pred[a:b], true[a:b]) for a, b in pairwise([*range(0, rows, size), rows])]


def whole(parts):
    pred, true = (torch.cat(side) for side in zip(*parts, strict=True))
    return true.numpy(), pred.numpy()


def fed(metric, parts):
    for pred, true in parts:
        metric.update(pred, true)
    return metric


def macro(**options):
    return ScoreMetric("f1", task="multiclass", classes=CLASSES, **options)


# ---- the law -------------------------------------------------------------------------------


@given(tasks.any_task(), st.sampled_from(METRICS), st.integers(1, 30))
def test_any_batches_give_the_number_of_all_rows(problem, name, size):
    true, pred, task, options = for_metric(problem)
    if name == "accuracy" or task == "multilabel":
        options.pop("average_over", None)
    metric = ScoreMetric(name, task=task, **options)
    for i in range(0, len(problem), size):
        weight = None if problem.weight is None else problem.weight[i : i + size]
        metric.update(pred[i : i + size], true[i : i + size], sample_weight=weight)
    expected = score(problem.y_true, problem.y_pred, sample_weight=problem.weight, task=task,
                     **options).metric(name)  # fmt: skip
    assert metric.compute().item() == pytest.approx(monitored(expected), abs=1e-12)


# ---- torchmetrics' own habits --------------------------------------------------------------


def test_forward_gives_the_batch_and_adds_to_the_epoch():
    parts, metric = batches(), macro()
    for pred, true in parts:
        assert metric(pred, true).item() == score(true, pred, classes=CLASSES).macro.f1
    assert metric.compute().item() == score(*whole(parts), classes=CLASSES).macro.f1


def test_a_collection_shares_states_of_equal_options_and_of_no_others():
    """The first batch is alike under both thresholds; later ones are not."""
    kinds = {
        "f1": ("f1", 0.5), "precision": ("precision", 0.5), "low": ("f1", 0.1), "high": ("f1", 0.9),
    }  # fmt: skip
    metrics = MetricCollection(
        {k: ScoreMetric(name, task="binary", threshold=t) for k, (name, t) in kinds.items()}
    )
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, 2, 200), rng.random(200)
    pred[:10], true[:10] = 0.95, 1
    for rows in (slice(0, 10), slice(10, 100), slice(100, 200)):
        metrics.update(torch.tensor(pred[rows]), torch.tensor(true[rows]))
    assert sorted(map(sorted, metrics.compute_groups.values())) == [
        ["f1", "precision"], ["high"], ["low"]
    ]  # fmt: skip
    expected = {k: score(true, pred, threshold=t).metric(n) for k, (n, t) in kinds.items()}
    assert {k: v.item() for k, v in metrics.compute().items()} == expected
    metrics.reset()
    metrics(torch.tensor(pred), torch.tensor(true))
    assert {k: v.item() for k, v in metrics.compute().items()} == expected


def test_clone_reset_pickle_and_merge():
    parts = batches()
    first, second = fed(macro(), parts[:2]), fed(macro(), parts[2:])
    expected = score(*whole(parts), classes=CLASSES).macro.f1
    for made in (first.clone(), copy.deepcopy(first), pickle.loads(pickle.dumps(first))):
        made.merge_state(second)
        assert made.compute().item() == expected
        made.reset()
        assert fed(made, parts).compute().item() == expected
    assert first.compute().item() == score(*whole(parts[:2]), classes=CLASSES).macro.f1


def test_a_saved_state_goes_on_and_one_of_other_options_is_refused():
    parts, metric = batches(), macro()
    assert fed(metric, parts[:2]).state_dict() == {}
    metric.persistent(True)
    state = copy.deepcopy(metric.state_dict())
    again, other = macro(), macro(top_k=2)
    again.load_state_dict(state)
    again._update_count = metric._update_count
    assert fed(again, parts[2:]).compute() == fed(metric, parts[2:]).compute()
    with pytest.raises(RuntimeError, match="Unexpected key"):
        torch.nn.ModuleList([other]).load_state_dict({f"0.{k}": v for k, v in state.items()})


@pytest.mark.parametrize("cast", ["half", "bfloat16", "double", "to", "set_dtype"])
def test_counts_and_weights_outlive_a_cast_of_the_model(cast):
    """float16 ends at 65,504 and knows 2,048 from 2,049."""
    model = torch.nn.ModuleList([macro(), torch.nn.Linear(2, 2)])
    true, pred = torch.zeros(70_001, dtype=torch.int64), torch.eye(5)[:1].expand(70_001, 5)
    model[0].update(pred, true)
    model[0].update(pred[:3], true[:3] + 1, sample_weight=[1 / 3, 1e-9, 5.0])
    before = model[0].compute()
    if cast == "to":
        model.to(torch.float16)
    elif cast == "set_dtype":
        model[0].set_dtype(torch.float16)
    else:
        getattr(model, cast)()
    model[0]._computed = None
    assert model[0].compute() == before
    model[0].update(pred[:5].half(), true[:5])
    assert (
        sum(int(s.sum()) for n, s in model[0].metric_state.items() if "counts" in n) == 3 * 70_006
    )


def test_it_moves_with_the_model_and_knows_which_way_is_up():
    assert macro().higher_is_better is True
    assert macro().is_differentiable is False
    assert ScoreMetric("hamming_loss", task="binary").higher_is_better is False
    moved = macro().to("meta")
    assert {state.device.type for state in moved.metric_state.values()} == {"meta"}
    tracker = MetricTracker(macro())
    for seed in range(3):
        tracker.increment()
        fed(tracker, batches(seed))
    values = [score(*whole(batches(seed)), classes=CLASSES).macro.f1 for seed in range(3)]
    best, step = tracker.best_metric(return_step=True)
    assert (best, step) == (pytest.approx(max(values)), int(np.argmax(values)))


def test_an_undefined_value_and_one_of_no_rows_are_zero():
    metric = ScoreMetric("f1", task="binary", zero_division=float("nan"), ignore_index=-1)
    metric.update(torch.tensor([0.1, 0.2]), torch.tensor([0, 0]))
    assert metric.compute().item() == 0.0
    metric.reset()
    assert metric(torch.tensor([0.1, 0.2]), torch.tensor([-1, -1])).item() == 0.0
    metric.update(torch.empty(0), torch.empty(0))
    assert metric.compute().item() == 0.0


def several(**options):
    return ScoreMetric(
        ["recall", "f1"], task="multiclass", classes=list("abcde"), average="per_class",
        prefix="val_", **options,
    )  # fmt: skip


def test_several_metrics_and_each_class_have_keys_of_their_own():
    parts = batches()
    metric, true_pred = several(), whole(parts)
    expected = score(*true_pred).per_class
    expected = {
        f"val_{ratio}_{c}": getattr(expected, ratio)[i]
        for ratio in ("recall", "f1") for i, c in enumerate("abcde")
    }  # fmt: skip
    fed(metric, parts[:2])
    for made in (metric.clone(), pickle.loads(pickle.dumps(metric)), metric):
        fed(made, parts[2:])
        found = {key: value.item() for key, value in made.compute().items()}
        assert found == pytest.approx(expected, abs=1e-12) and list(found) == list(expected)
        assert {key: each.compute().item() for key, each in made.items()} == found
    batch = score(parts[0][1], parts[0][0], classes=CLASSES).per_class.recall[1]
    assert metric(*parts[0])["val_recall_b"].item() == batch
    dict(metric.items())["val_f1_a"].reset()
    assert metric.update_count == 0
    with pytest.raises(F1Error, match="update the ScoreMetric of which this is a part"):
        next(iter(metric.items()))[1].update(*parts[0])


def test_a_collection_takes_several_metrics_in_and_shares_their_counts():
    parts = batches()
    of = {"task": "multiclass", "classes": CLASSES}
    metrics = MetricCollection(
        {"many": ScoreMetric(["mcc", "hamming_loss"], **of), "one": ScoreMetric("f1", **of)},
        prefix="val_",
    )
    for pred, true in parts:
        metrics.update(pred, true)
    assert list(metrics.compute_groups.values()) == [["many", "one"]]
    scores = score(*whole(parts))
    expected = {
        "val_mcc": scores.mcc, "val_hamming_loss": scores.hamming_loss, "val_one": scores.macro.f1
    }  # fmt: skip
    found = {key: value.item() for key, value in metrics.compute().items()}
    assert found == pytest.approx(expected, abs=1e-12)
    assert metrics["many"].higher_is_better is None


def test_a_description_says_what_is_counted_and_how_many_rows():
    metric = fed(macro(top_k=2), batches())
    metric.update(*batches()[0], sample_weight=np.full(64, 0.5))
    assert repr(metric) == "ScoreMetric('f1', task='multiclass', classes=5, top_k=2; 332 rows)"
    assert "0 rows" in repr(macro().to("meta"))


def test_a_plot_shows_each_value_under_its_name():
    plt = pytest.importorskip("matplotlib.pyplot")
    parts, metric = batches(), several()
    _, ax = fed(metric, parts).plot()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(metric.compute())
    assert ax.get_ylabel() == "recall f1 (per_class)"
    heights = [line.get_ydata()[0] for line in ax.get_lines()]
    assert heights == pytest.approx([float(v) for v in metric.compute().values()])
    one = macro()
    steps = [one(*part) for part in parts]
    _, ax = one.plot(steps)
    assert ax.get_lines()[0].get_ydata().tolist() == [float(v) for v in steps]
    assert ax.get_ylabel() == "f1"
    low, _ = ScoreMetric("mcc", task="binary").plot(torch.tensor(-0.5))[1].get_ylim()
    assert low < -1
    plt.close("all")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"task": "binary", "metric": ["f1", "f1"]}, "name at least one metric, each once"),
        ({"task": "binary", "metric": []}, "name at least one metric"),
        ({"task": "binary", "metric": "mcc", "average": "per_class"}, "metric is 'mcc'.*per_class"),
        ({"task": "multiclass"}, "classes is None; a state"),
        ({"task": "multilabel"}, "classes is None; a state"),
        ({"task": "binary", "metric": "f2"}, "metric is 'f2'"),
        ({"task": "binary", "average": "samples"}, "average is 'samples'"),
        ({"task": "binary", "resamples": 10}, "resamples are kept by"),
    ],
)
def test_wrong_options_are_refused(options, sentence):
    with pytest.raises(F1Error, match=sentence):
        ScoreMetric(**options)


def test_an_option_of_nobody_is_refused():
    with pytest.raises(F1Error, match="no option treshold=; did you mean threshold="):
        ScoreMetric(task="binary", treshold=0.3)


def test_a_refused_batch_names_torchs_arguments_and_changes_nothing():
    metric = fed(macro(), batches())
    before = metric.compute()
    with pytest.raises(F1Error, match="target is 7 at row 1"):
        metric.update(torch.rand(2, CLASSES), torch.tensor([0, 7]))
    assert metric.compute() == before


def test_without_the_library_the_extra_is_named(monkeypatch):
    for library in ("torch", "torchmetrics"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, library, None)
            patch.delitem(sys.modules, "f1core.adapters.torchmetrics")
            with pytest.raises(
                ImportError, match=rf"needs {library}: pip .*f1core\[torchmetrics\]"
            ):
                import f1core.adapters.torchmetrics  # noqa: F401


# ---- the best threshold --------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.float64])
@pytest.mark.parametrize("task", ["binary", "multilabel"])
def test_the_best_threshold_is_that_of_all_rows(task, dtype):
    rng = np.random.default_rng(0)
    shape = (ROWS,) if task == "binary" else (ROWS, 3)
    y = torch.tensor((rng.random(shape) < 0.2).astype(int))
    p = (0.3 * y + 0.7 * torch.tensor(rng.random(shape))).to(dtype)
    weight = rng.integers(1, 4, ROWS).astype(float)
    how = {"task": task, "threshold": "best", **({} if task == "binary" else {"classes": 3})}
    for each_weight in (None, weight):
        metric = ScoreMetric("f1", **how)
        several = ScoreMetric(["f1", "recall", "accuracy"], prefix="val_", **how)
        for rows in np.array_split(np.arange(ROWS), 7):
            some = None if each_weight is None else torch.tensor(each_weight[rows])
            for each in (metric, several):
                each.update(p[rows], y[rows], sample_weight=some)
        best = best_threshold(y.numpy(), p.numpy(), task=task, sample_weight=each_weight)
        found = score(y, p, task=task, threshold=best.threshold, sample_weight=each_weight)
        for one in (metric, metric.clone(), pickle.loads(pickle.dumps(metric))):
            assert one.compute().item() == best.score
            assert np.array_equal(one.best.threshold, best.threshold)
        recall = found.binary.recall if task == "binary" else found.macro.recall
        assert {name: value.item() for name, value in several.compute().items()} == {
            "val_f1": best.score, "val_recall": recall, "val_accuracy": found.accuracy
        }  # fmt: skip
    metric.reset()
    assert metric.best is None
    with pytest.warns(UserWarning, match="before the ``update``"):
        assert metric.compute().item() == 0.0
    collection = MetricCollection({"best": ScoreMetric(**how), "at_half": ScoreMetric(
        task=task, classes=None if task == "binary" else 3)})  # fmt: skip
    collection.update(p, y)
    told = collection.compute()
    assert told["best"].item() >= told["at_half"].item()
    assert told["at_half"] == monitored(score(y, p, task=task).metric(best.metric))


@pytest.mark.parametrize("name", ["f1_macro", "f1_micro", "f1_weighted", "mcc", "recall_macro"])
def test_no_threshold_of_two_classes_is_better(name):
    rng = np.random.default_rng(0)
    y = (rng.random(80) < 0.7).astype(int)
    p = np.round(0.2 * y + 0.8 * rng.random(80), 2)
    metric = ScoreMetric(name, task="binary", threshold="best")
    kind = name.partition("_")[2] or None
    several = ScoreMetric([name, "f1", "recall"], task="binary", threshold="best")
    averaged = ScoreMetric(name.partition("_")[0], task="binary", average=kind, threshold="best")
    for each in (metric, several, averaged):
        each.update(torch.tensor(p), torch.tensor(y))
    tried = [score(y, p, threshold=at).metric(name) for at in (-1, *(np.arange(101) - 0.5) / 100)
             if at != -0.005]  # fmt: skip
    assert metric.compute().item() == pytest.approx(max(tried), abs=1e-12)
    assert several.compute()[name] == averaged.compute() == metric.compute()
    positive = ScoreMetric("recall", task="binary", threshold="best")  # at the best F1
    positive.update(torch.tensor(p), torch.tensor(y))
    positive.compute()
    assert positive.best.score == best_threshold(y, p).score


def test_labels_have_the_average_of_the_metric_that_is_asked_for():
    rng = np.random.default_rng(0)
    y = (rng.random((80, 3)) < [0.1, 0.3, 0.6]).astype(int)
    p = 0.3 * y + 0.7 * rng.random((80, 3))
    metric = ScoreMetric("recall_micro", task="multilabel", classes=3, threshold="best")
    metric.update(torch.tensor(p), torch.tensor(y))
    metric.compute()
    best = best_threshold(y, p, task="multilabel", average="micro")
    assert np.array_equal(metric.best.threshold, best.threshold)
    with pytest.raises(F1Error, match="average is 'samples'"):
        ScoreMetric("f1_samples", task="multilabel", classes=3, threshold="best")


@pytest.mark.parametrize("how", [{}, {"threshold": "best"}])
def test_columns_of_frames_are_those_of_their_names(how):
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    true = (rng.random((50, 2)) < 0.4).astype(int)
    pred = pd.DataFrame(rng.random((50, 2)), columns=["p_b", "p_a"])
    options = {"task": "multilabel", "classes": ["a", "b"]}
    metric = ScoreMetric("f1_micro", **options, **how)
    metric.update(pred[:20], true[:20])
    metric.update(pred[20:], true[20:])
    best = best_threshold(true, pred, average="micro", **options)
    cut = {"threshold": best.threshold} if how else {}
    assert metric.compute().item() == score(true, pred, **options, **cut).micro.f1
    counted = ScoreMetric("f1", task="multilabel", classes=2, **how)
    scores = pred.to_numpy(copy=True)
    scores.flags.writeable = "threshold" not in how
    counted.update(scores, true)
    before = counted.compute()
    with pytest.raises(F1Error, match=r"the columns are named \['p_b', 'p_a'\]"):
        counted.update(pred, true)
    counted.update(pred.to_numpy(), true)
    assert counted.compute() == before
    with pytest.raises(F1Error, match="target and preds have the same index labels in another"):
        counted.update(pred, pd.DataFrame(true, columns=["p_b", "p_a"])[::-1])


@pytest.mark.parametrize("name", ["f1", "f1_micro", "f1_weighted", "mcc"])
@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
def test_thresholds_are_best_for_the_metric_that_is_asked_for(task, name):
    rng = np.random.default_rng(0)
    if task == "multiclass":
        y, p = rng.choice(3, ROWS, p=[0.8, 0.15, 0.05]), rng.random((ROWS, 3))
        p[np.arange(ROWS), y] += 0.4
        p /= p.sum(axis=1, keepdims=True)
    else:
        y = (rng.random((ROWS, 3)) < [0.1, 0.3, 0.6]).astype(int)
        p = 0.3 * y + 0.7 * rng.random((ROWS, 3))
        if name == "mcc":
            return
    metric = ScoreMetric(name, task=task, classes=3, threshold="best")
    for rows in np.array_split(np.arange(ROWS), 4):
        metric.update(torch.tensor(p[rows]), torch.tensor(y[rows]))
    average = {"f1": "macro", "mcc": "mcc"}.get(name) or name.removeprefix("f1_")
    best = best_threshold(y, p, task=task, average=average)
    assert metric.compute().item() == pytest.approx(best.score, abs=1e-12)
    assert np.array_equal(metric.best.threshold, best.threshold)


def test_a_refused_batch_is_not_kept():
    metric = ScoreMetric("f1", task="binary", threshold="best")
    metric.update(torch.tensor([0.1, 0.9]), torch.tensor([0, 1]))
    with pytest.raises(F1Error, match="preds is NaN"):
        metric.update(torch.tensor([0.1, float("nan")]), torch.tensor([0, 1]))
    with pytest.raises(F1Error, match="weights with every batch"):
        metric.update(torch.tensor([0.1]), torch.tensor([0]), sample_weight=[1.0])
    assert metric.compute().item() == 1.0
    for preds, target, sentence in (
        (None, [0], "preds is None"),
        ([0.1], ["no"], "the only label is 'no'"),
        ([1], [0], "takes scores, not labels"),
    ):
        with pytest.raises(F1Error, match=sentence):
            metric.update(preds, target)
    with pytest.raises(F1Error, match="target holds strings"):
        ScoreMetric(task="binary", classes=["no", "yes"], threshold="best").update([0.1], ["no"])
    metric.update(torch.zeros(0), torch.zeros(0, dtype=torch.int64))
    assert repr(metric) == "ScoreMetric('f1', threshold='best'; 2 rows)"
    assert metric.target[0].dtype == torch.int8
    assert metric.higher_is_better
    for options, sentence in (
        ({"task": "multiclass", "classes": 3, "shared": True}, "shared=True is for labels"),
        ({"task": "binary", "bins": 16}, "bins are for ScoreCallback and ScoreMeter"),
        ({"task": "binary", "resamples": 3}, "has no option resamples="),
        ({"task": "binary", "average": "macro", "shared": True}, "shared=True is for labels"),
    ):
        with pytest.raises(F1Error, match=sentence):
            ScoreMetric("f1", threshold="best", **options)


# ---- several processes ---------------------------------------------------------------------


def test_states_add_up_over_ranks(tmp_path):
    """torchmetrics' own sync, with uneven rows, none on one rank, and weights."""
    told = ranks.run("torchmetrics_sync", 3, tmp_path)
    assert [code for code, _ in told] == [0, 0, 0], told
    true, pred, weight = ranks.rows()
    half = np.arange(ranks.ROWS) % 2 == 0
    both = np.where(half, weight, 1.0)
    expected = {
        "one empty": score(true, pred, classes=ranks.CLASSES).macro.f1,
        "weights": score(true, pred, classes=ranks.CLASSES, sample_weight=both).macro.f1,
    }
    for _, found in told:
        assert found["one empty"] == [expected["one empty"]] * 2
        assert found["weights"] == [pytest.approx(expected["weights"], abs=1e-12)] * 2
        assert found["collection"] == expected["one empty"]
        assert found["best"] == best_threshold(*ranks.rows("binary")[:2]).score
    assert told[0][1]["own"] != told[2][1]["own"]


# ---- Lightning -----------------------------------------------------------------------------


@pytest.fixture
def lightning():
    return pytest.importorskip("lightning.pytorch")


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(64, 16), torch.nn.ReLU(), torch.nn.Linear(16, 10))


def learner(lightning, precision=torch.float32):
    class Learner(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = network().to(precision)
            self.f1 = ScoreMetric("f1", task="multiclass", classes=10)
            self.every = MetricCollection(
                {name: ScoreMetric(name, task="multiclass", classes=10) for name in METRICS}
            )
            self.train_f1 = self.f1.clone()
            self.predicted, self.history = [], []

        def training_step(self, batch):
            x, y = batch
            logits = self.model(x)
            self.train_f1(logits, y)
            self.log("train_f1", self.train_f1, on_step=True, on_epoch=True)
            return torch.nn.functional.cross_entropy(logits.float(), y)

        def validation_step(self, batch):
            x, y = batch
            logits = self.model(x)
            self.f1(logits, y)
            self.every.update(logits, y)
            self.log("val_f1", self.f1)
            self.log_dict(self.every)
            self.predicted.append((y, logits.float().argmax(1)))

        def on_validation_epoch_end(self):
            y, pred = (torch.cat(side) for side in zip(*self.predicted, strict=True))
            self.history.append((f1_score(y, pred, average="macro"), len(y)))
            self.predicted.clear()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=1.0)

    return Learner()


class Logged:
    """The value that Lightning's callbacks see, each epoch."""

    def __init__(self, lightning):
        self.values, self.all = [], []
        outer = self

        class Callback(lightning.Callback):
            def on_validation_end(self, trainer, module):
                if not trainer.sanity_checking:
                    outer.values.append(trainer.callback_metrics["val_f1"].item())
                    outer.all.append(dict(trainer.callback_metrics))

        self.callback = Callback()


def loaders(precision=torch.float32):
    train, valid = digits()
    halves = [(torch.tensor(half.x).to(precision), torch.tensor(half.y)) for half in (train, valid)]
    return [
        torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*half), batch_size=size)
        for half, size in zip(halves, (50, 100), strict=True)
    ]


quiet = pytest.mark.filterwarnings("ignore")  # Lightning advises on workers, devices and loggers


@quiet
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_lightning_logs_stops_at_and_keeps_the_best_epoch(lightning, tmp_path, precision):
    from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

    model, logged = learner(lightning, precision), Logged(lightning)
    stop = EarlyStopping("val_f1", mode="max", patience=3)
    keep = ModelCheckpoint(tmp_path, monitor="val_f1", mode="max", save_top_k=1)
    trainer = lightning.Trainer(
        max_epochs=25, accelerator="cpu", logger=False, default_root_dir=tmp_path,
        enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=2,
        callbacks=[stop, keep, logged.callback],
    )  # fmt: skip
    trainer.fit(model, *loaders(precision))
    sanity, *epochs = model.history
    theirs = [value for value, _ in epochs]
    assert sanity[1] == 200
    assert all(rows == 597 for _, rows in epochs)
    assert logged.values == pytest.approx(theirs, abs=1e-12)
    assert all(each["f1_macro"] == each["val_f1"] for each in logged.all)
    assert "train_f1_epoch" in logged.all[-1]
    best = int(np.argmax(theirs))
    assert stop.best_score.item() == pytest.approx(max(theirs))
    assert trainer.current_epoch == min(best + 4, 25)
    kept = torch.load(keep.best_model_path, weights_only=True)
    assert kept["epoch"] == best
    again = learner(lightning, precision)
    again.load_state_dict(kept["state_dict"])
    _, valid = digits()
    pred = again.model(torch.tensor(valid.x).to(precision)).float().argmax(1)
    assert f1_score(valid.y, pred, average="macro") == pytest.approx(max(theirs), abs=1e-12)


def test_lightning_is_told_of_callbacks_that_would_keep_the_worst_epoch(lightning, tmp_path):
    from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

    class Learner(type(learner(lightning))):
        def __init__(self):
            super().__init__()
            of = {"task": "multiclass", "classes": 10, "prefix": "val_"}
            self.many = ScoreMetric(["recall", "hamming_loss"], **of)

        def validation_step(self, batch):
            super().validation_step(batch)
            self.many.update(self.model(batch[0]), batch[1])
            self.log_dict(self.many)

        def configure_optimizers(self):
            optimizer = super().configure_optimizers()
            plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
            return [optimizer], [{"scheduler": plateau, "monitor": "val_recall"}]

    callbacks = [
        EarlyStopping("val_f1"),
        ModelCheckpoint(tmp_path, monitor="val_f1"),
        EarlyStopping("val_hamming_loss", mode="max"),
        EarlyStopping("val_hamming_loss", patience=9),
        EarlyStopping("val_f1", mode="max"),
        EarlyStopping("train_f1_epoch", mode="max"),
    ]
    trainer = lightning.Trainer(
        max_epochs=2, accelerator="cpu", logger=False, default_root_dir=tmp_path,
        enable_progress_bar=False, enable_model_summary=False, callbacks=callbacks,
    )  # fmt: skip
    model = Learner()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        trainer.fit(model, *loaders())
    told = sorted(str(each.message) for each in told if "is better" in str(each.message))
    assert told == [
        "EarlyStopping monitors 'val_f1' with mode='min', of which more is better: say mode='max'",
        "EarlyStopping monitors 'val_hamming_loss' with mode='max', of which less is better: "
        "say mode='min'",
        "ModelCheckpoint monitors 'val_f1' with mode='min', of which more is better: "
        "say mode='max'",
        "ReduceLROnPlateau monitors 'val_recall' with mode='min', of which more is better: "
        "say mode='max'",
    ]
    logged = trainer.callback_metrics
    assert logged["val_recall"] == pytest.approx(1 - float(logged["val_hamming_loss"]), abs=0.05)
    assert model.many.update_count == 0  # Lightning resets what it has logged


@quiet
def test_lightning_on_two_processes(lightning, tmp_path):
    """DDP over gloo: both ranks log the number of all rows, padded ones as the sampler has them."""
    told = ranks.run("lightning_ddp", 2, tmp_path)
    assert [code for code, _ in told] == [0, 0], told
    for _, found in told:
        assert found["logged"] == pytest.approx(found["theirs"], abs=1e-12)
        assert found["meter"] == pytest.approx(
            found["without padding"], abs=1e-7
        )  # logged in float32
    assert told[0][1] == told[1][1]


def test_foreign_names_are_told_before_anything_else():
    with pytest.raises(F1Error, match="ScoreMetric has no option n_classes=") as refused:
        ScoreMetric("f1", task="multiclass", n_classes=3)
    assert "classes" in str(refused.value)
    with pytest.raises(F1Error, match="ScoreMetric has no option names="):
        ScoreMetric("f1", task="multiclass", names=["a", "b"])


@quiet
def test_lightning_stops_at_the_best_threshold(lightning, tmp_path):
    from lightning.pytorch.callbacks import EarlyStopping

    class Learner(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.model = torch.nn.Linear(64, 1)
            self.f1 = ScoreMetric("f1", task="binary", threshold="best", from_logits=True)
            self.exact, self.seen = [], []

        def training_step(self, batch):
            x, y = batch
            loss = torch.nn.functional.binary_cross_entropy_with_logits
            return loss(self.model(x)[:, 0], (y == 8).float())

        def validation_step(self, batch):
            x, y = batch
            logits = self.model(x)[:, 0]
            self.f1.update(logits, (y == 8).long())
            self.log("val_f1", self.f1)
            self.seen.append((logits, y == 8))

        def on_validation_epoch_end(self):
            p, y = (torch.cat(side).numpy() for side in zip(*self.seen, strict=True))
            self.exact.append(best_threshold(y, p, from_logits=True).score)
            self.seen.clear()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.5)

    model, logged = Learner(), Logged(lightning)
    stop = EarlyStopping("val_f1", mode="max", patience=2)
    trainer = lightning.Trainer(
        max_epochs=12, accelerator="cpu", logger=False, default_root_dir=tmp_path,
        enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
        enable_checkpointing=False, callbacks=[stop, logged.callback],
    )  # fmt: skip
    trainer.fit(model, *loaders())
    assert logged.values == pytest.approx(model.exact, abs=1e-12)
    assert stop.best_score.item() == pytest.approx(max(model.exact))
