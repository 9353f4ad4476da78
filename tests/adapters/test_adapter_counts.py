"""States that frameworks add up themselves: exact up to 2^63 rows, and refused by name beyond."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import ranks

from f1core import F1Error, score

torch = pytest.importorskip("torch")
pytest.importorskip("torchmetrics")
with warnings.catch_warnings():  # torch deprecates what Ignite uses while it is imported
    warnings.simplefilter("ignore")
    pytest.importorskip("ignite.metrics")
    from f1core.adapters.ignite import ScoreMetric as Ignite

from f1core.adapters.torchmetrics import ScoreMetric  # noqa: E402

TRUE = torch.tensor([[1, 1, 0], [0, 1, 0]])
PRED = torch.tensor([[0.9, 0.1, 0.8], [0.7, 0.6, 0.9]])
FLAGS = torch.eye(3)[:2]
SAMPLES = {"task": "multilabel", "classes": 3, "average": "samples"}


def fed(true=TRUE, pred=PRED, **options):
    metric = ScoreMetric("f1", **(SAMPLES | options))
    metric.update(pred, true)
    return metric


@pytest.mark.parametrize(("true", "pred"), [(TRUE, PRED), (FLAGS.long(), FLAGS)])
def test_a_state_merged_with_itself_keeps_the_samples_average(true, pred):
    expected = score(true.numpy(), pred.numpy(), task="multilabel").samples.f1
    metric = fed(true, pred)
    for _ in range(61):
        metric.merge_state(metric.clone())
        assert metric.compute().item() == pytest.approx(expected, rel=1e-12)
        metric._computed = None
    with pytest.raises(F1Error, match=r"counts end at 2\^63"):
        metric.merge_state(metric.clone())


def test_steps_of_forward_carry_what_is_above_a_limb():
    metric = fed(FLAGS.long(), FLAGS)
    for _ in range(31):
        metric.merge_state(metric.clone())
    for _ in range(3):
        assert metric(FLAGS, FLAGS.long()).item() == 1.0
    assert metric.compute().item() == 1.0


def test_counts_that_have_wrapped_are_refused_when_they_are_read():
    metric = fed()
    for kept, name in ((metric, metric._counts), (Ignite("f1", **SAMPLES), "_counts")):
        wrapped = torch.full_like(getattr(kept, name), 2**62)
        setattr(kept, name, wrapped + wrapped)
        with pytest.raises(F1Error, match=r"counts end at 2\^63"):
            kept.compute()


def test_weights_beyond_float64_are_refused():
    for task, classes in (("multiclass", 3), ("multilabel", 3)):
        metric = ScoreMetric("f1", task=task, classes=classes)
        ignite = Ignite("f1", task=task, classes=classes)
        true = torch.tensor([0, 1]) if task == "multiclass" else FLAGS.long()
        heavy = np.array([8e307, 8e307])
        metric.update(FLAGS, true, heavy)
        ignite.update((FLAGS, true, heavy))
        before = metric.compute()
        with pytest.raises(F1Error, match="weights"):
            metric.update(FLAGS, true, heavy)
        metric._computed = None
        assert metric.compute() == before
        ignite.update((FLAGS, true, heavy))
        with pytest.raises(F1Error, match="weights"):
            ignite.compute()


def test_a_metric_that_adds_by_itself_is_copied_and_pickled_with_its_own_sums():
    metric = fed()
    for made in (copy.deepcopy(metric), pickle.loads(pickle.dumps(metric)), metric.clone()):
        made.merge_state(metric)
        assert made._reductions[made._counts].__self__ is made
        assert made.compute() == metric.compute()


def test_counts_of_ranks_do_not_overflow_without_a_word(tmp_path):
    told = ranks.run("many_rows", 3, tmp_path)
    assert [code for code, _ in told] == [0] * 3, told
    for _, found in told:
        assert found["31"] == {"meter": 1.0, "torchmetrics": 1.0, "ignite": 1.0}
        for name, sentence in found["62"].items():
            assert "counts end at 2^63" in sentence, name


def test_what_one_rank_refuses_of_a_device_is_told_on_every_rank(tmp_path):
    told = ranks.run("counted_there", 3, tmp_path)
    assert [code for code, _ in told] == [0] * 3, told
    true, pred, _ = ranks.rows()
    expected = score(true, pred, classes=ranks.CLASSES).macro.f1
    for _, found in told:
        for what in ("fine", "fine again"):
            assert found[what] == {"torchmetrics": expected, "ignite": expected}
        for sentence in found["refused"].values():
            assert "1 row was refused, the first in update 1, target at row 3" in sentence


@pytest.mark.parametrize("made", [ScoreMetric, Ignite])
def test_labels_that_are_no_class_are_counted_and_missed(made):
    true, pred = np.array([0, 1, 2, 2, 1]), np.array([0, 7, 2, 1, -1])
    how = {"task": "multiclass", "classes": 3, "unknown": "miss"}
    names = ["f1_macro", "f1_micro", "accuracy", "mcc", "unknown"]
    metric, expected = made(names, **how), score(true, pred, **how)
    each = made("recall", average="per_class", **how)
    for rows in (slice(0, 1), slice(1, 2), slice(2, 5)):
        batch = torch.from_numpy(pred[rows]), torch.from_numpy(true[rows])
        for one in (metric, each):
            one.update(*([batch] if made is Ignite else batch))
    found = {name: float(value) for name, value in metric.compute().items()}
    assert found == pytest.approx({name: expected.metric(name) for name in names}, rel=1e-12)
    recalls = [float(value) for value in each.compute().values()]
    assert recalls == pytest.approx(expected.per_class.recall.tolist(), rel=1e-12)
    assert "unknown='miss'" in repr(metric)
