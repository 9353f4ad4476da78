"""pos_label= in the adapters of training frameworks: as in score, or as their models mean it."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

import f1core
from f1core import F1Error
from f1core.adapters import catboost
from f1core.adapters.lightgbm import feval
from f1core.adapters.transformers import make_compute_metrics
from f1core.adapters.xgboost import custom_metric, eval_metric
from f1core.errors import UnknownOption

RNG = np.random.default_rng(2)
Y = RNG.integers(0, 2, 80)
P = (np.round((0.4 * Y + RNG.random(80)) / 1.41, 2) + 0.003).astype(np.float32)  # none is 0.5
WANTED = {positive: f1_score(Y, P > 0.5, pos_label=positive) for positive in (0, 1)}
SAID = {
    0: [{"pos_label": 0}, {"classes": ["no", "yes"], "pos_label": "no"}, {"classes": [1, 0]}],
    1: [{"pos_label": 1}, {"classes": ["no", "yes"], "pos_label": "yes"}, {"classes": [0, 1]}, {}],
}
CASES = [(positive, said) for positive, every in SAID.items() for said in every]


@pytest.mark.parametrize(("positive", "said"), CASES, ids=str)
def test_boosters_scores_are_of_the_second_class(positive, said):
    wanted = WANTED[positive]
    assert feval("f1", task="binary", **said)(Y, P) == [("f1", pytest.approx(wanted), True)]
    assert eval_metric("f1", task="binary", **said)(Y, P) == pytest.approx(1 - wanted)
    logits = np.log(P / (1 - P))
    made = custom_metric("f1", task="binary", maximize=True, from_logits=True, **said)
    assert made.values(Y, logits) == {"f1": pytest.approx(wanted)}
    boost = catboost.eval_metric("f1", task="binary", **said)
    assert boost.evaluate((logits,), Y, None) == (pytest.approx(wanted), 1.0)
    both = np.stack([-logits, logits], axis=1)
    assert made.values(Y, both) == {"f1": pytest.approx(wanted)}


@pytest.mark.parametrize(("positive", "said"), CASES[:2] + CASES[3:5] + CASES[6:], ids=str)
def test_a_trainers_logits_are_of_label_1(positive, said):
    logits = np.log(P / (1 - P))
    compute = make_compute_metrics(task="binary", **said)
    for shape in (
        logits,
        logits[:, None],
        np.stack([0 * logits, logits], axis=1),
        (P > 0.5).astype(int),
    ):
        assert compute((shape, Y))["f1"] == pytest.approx(WANTED[positive])


def test_a_booster_knows_labels_by_their_numbers():
    for make in (feval, eval_metric, custom_metric, catboost.eval_metric):
        with pytest.raises(F1Error, match="pos_label=0 for the first of the two"):
            make("f1", task="binary", pos_label="yes")
        with pytest.raises(UnknownOption, match="has no option resamples="):
            make("f1", task="binary", resamples=10)
        with pytest.raises(UnknownOption, match="has no option num_classes=: classes="):
            make("f1", task="binary", num_classes=2)
    with pytest.raises(UnknownOption, match="has no option seed="):
        make_compute_metrics(task="binary", seed=1)


@pytest.mark.parametrize("positive", [0, 1])
def test_torch_takes_scores_of_the_positive_class(positive):
    torch = pytest.importorskip("torch")
    from f1core.adapters.torch import ScoreMeter

    wanted = f1core.score(Y, P, pos_label=positive)
    meter = ScoreMeter("binary", pos_label=positive)
    for rows in np.array_split(np.arange(80), 5):
        meter.update(torch.tensor(P[rows]), torch.tensor(Y[rows]))
    assert meter.compute().to_dict() == wanted.to_dict()
    meter.reset()
    meter.update(torch.tensor(P), torch.where(torch.tensor(Y) == positive, positive, 7))
    assert meter.compute().classes == [7, positive]


@pytest.mark.parametrize("name", ["torchmetrics", "ignite", "keras"])
def test_metrics_of_a_fixed_state_know_both_labels_beforehand(name):
    pytest.importorskip("torch")
    pytest.importorskip(name)
    torch = pytest.importorskip("torch")
    module = __import__(f"f1core.adapters.{name}", fromlist=["ScoreMetric"])
    y, p = torch.tensor(Y), torch.tensor(P)
    for said in ({"pos_label": 0}, {"classes": ["no", "yes"], "pos_label": "no"}):
        wanted = f1core.score(Y, P, task="binary", **said).binary.f1
        metric = module.ScoreMetric("f1", task="binary", **said)
        if name == "keras":
            metric.update_state(Y, P[:, None])
            metric = type(metric).from_config(metric.get_config())
            metric.update_state(Y, P[:, None])
            assert float(metric.result()) == pytest.approx(wanted)
            continue
        metric.update((p, y)) if name == "ignite" else metric.update(p, y)
        assert float(metric.compute()) == pytest.approx(wanted)
    with pytest.raises(F1Error, match="the other label must be known"):
        module.ScoreMetric("f1", task="binary", pos_label=-1)


def test_scores_decided_on_a_device_fall_on_the_same_side(monkeypatch):
    torch = pytest.importorskip("torch")
    from f1core.adapters.torch import ScoreMeter
    from f1core.device import torch_reader

    monkeypatch.setattr(torch_reader, "EVERYWHERE", True)

    def same(task, truth, tensor, **options):
        weight = np.arange(1.0, len(truth) + 1)
        meter, expected = ScoreMeter(task, **options), f1core.Accumulator(task, **options)
        meter.update(tensor, torch.tensor(truth), sample_weight=weight)
        expected.update(truth, tensor, sample_weight=weight)
        assert meter.compute().to_dict() == expected.compute().to_dict()

    for task, scores in (("binary", P), ("multilabel", np.stack([P, P[::-1]], axis=1))):
        truth = Y if task == "binary" else np.stack([Y, Y[::-1]], axis=1)
        for options in (
            {"threshold": 0.3}, {"threshold": 0.0}, {"threshold": 1.0}, {"from_logits": True},
            {"from_logits": True, "threshold": 0.9},
        ):  # fmt: skip
            given = np.log(P / (1 - P)) if "from_logits" in options else scores
            if task == "multilabel" and "from_logits" in options:
                given = np.stack([given, given[::-1]], axis=1)
            for dtype in (torch.float32, torch.float16, torch.bfloat16):
                same(task, truth, torch.tensor(given).to(dtype), **options)
    eye = torch.eye(3)
    same("multiclass", np.array([0, 1, 2]), eye, classes=3, from_logits=True)
