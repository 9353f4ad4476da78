"""LightGBM: every round is scikit-learn's number, and early stopping keeps scikit-learn's best."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

lgb = pytest.importorskip("lightgbm")
pytest.importorskip("sklearn")

from sklearn.datasets import load_breast_cancer, load_digits, make_classification  # noqa: E402
from sklearn.metrics import (  # noqa: E402
    accuracy_score,
    f1_score,
    hamming_loss,
    matthews_corrcoef,
    precision_score,
    recall_score,
)
from sklearn.model_selection import train_test_split  # noqa: E402

from f1core import F1Error  # noqa: E402
from f1core.adapters.lightgbm import feval  # noqa: E402

pytestmark = pytest.mark.filterwarnings(
    "ignore:The argument 'eval_set' is deprecated", "ignore:X does not have valid feature names"
)
SMALL = {
    "verbosity": -1, "num_leaves": 4, "learning_rate": 0.3, "seed": 0, "deterministic": True,
    "num_threads": 1, "metric": "None",
}  # fmt: skip
ROUNDS = 12


def split(load):
    """Training and validation rows of real data."""
    x, y = load(return_X_y=True)
    return train_test_split(x, y, test_size=0.5, random_state=0, stratify=y)


X, XV, Y, YV = split(load_breast_cancer)
D, DV, G, GV = split(load_digits)
WEIGHT = np.random.default_rng(0).integers(0, 5, len(YV)).astype(float)
WEIGHTS = np.random.default_rng(1).random(len(GV))


def trained(params, x, y, xv, yv, metric, weight=None, rounds=ROUNDS, callbacks=()):
    """A booster, and what was recorded of the validation rows."""
    train = lgb.Dataset(x, y)
    valid = lgb.Dataset(xv, yv, weight=weight, reference=train)
    seen = {}
    booster = lgb.train(
        {**SMALL, **params}, train, rounds, valid_sets=[valid], valid_names=["valid"],
        feval=metric, callbacks=[lgb.record_evaluation(seen), *callbacks],
    )  # fmt: skip
    return booster, dict(seen["valid"])


def by_round(booster, x, number, rounds=ROUNDS, **how):
    """What scikit-learn says about each round's own predictions."""
    return [number(booster.predict(x, num_iteration=i, **how)) for i in range(1, rounds + 1)]


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("threshold", [0.5, 0.2])
def test_each_round_of_two_classes_is_scikit_learns(weight, threshold):
    metric = feval(["f1", "precision", "recall", "mcc"], task="binary", threshold=threshold)
    booster, seen = trained({"objective": "binary"}, X, Y, XV, YV, metric, weight)
    theirs = [f1_score, precision_score, recall_score, matthews_corrcoef]
    for name, function in zip(metric.keys, theirs, strict=True):
        expected = by_round(
            booster, XV, lambda p, f=function: f(YV, p > threshold, sample_weight=weight)
        )
        assert seen[name] == pytest.approx(expected, abs=1e-6)
    assert len(set(seen["f1"])) > 3


@pytest.mark.parametrize("weight", [None, WEIGHTS])
@pytest.mark.parametrize("objective", ["multiclass", "multiclassova"])
def test_each_round_of_many_classes_is_scikit_learns(objective, weight):
    metric = feval(["f1", "f1_weighted", "accuracy", "hamming_loss"], task="multiclass")
    params = {"objective": objective, "num_class": 10}
    booster, seen = trained(params, D, G, DV, GV, metric, weight)
    theirs = {
        "f1": lambda y, p, **w: f1_score(y, p, average="macro", **w),
        "f1_weighted": lambda y, p, **w: f1_score(y, p, average="weighted", **w),
        "accuracy": accuracy_score,
        "hamming_loss": hamming_loss,
    }
    for name, function in theirs.items():
        expected = by_round(
            booster, DV, lambda p, f=function: f(GV, p.argmax(axis=1), sample_weight=weight)
        )
        assert seen[name] == pytest.approx(expected, abs=1e-6)


def logistic(preds, data):
    p = 1 / (1 + np.exp(-preds))
    return p - data.get_label(), p * (1 - p)


def softmax(preds, data):
    p = np.exp(preds - preds.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p - np.eye(10)[data.get_label().astype(int)], 2 * p * (1 - p)


def test_margins_of_a_custom_objective_are_logits():
    metric = feval("f1", task="binary", from_logits=True, threshold=0.3)
    booster, seen = trained({"objective": logistic}, X, Y, XV, YV, metric)
    expected = by_round(booster, XV, lambda m: f1_score(YV, 1 / (1 + np.exp(-m)) > 0.3))
    assert seen["f1"] == pytest.approx(expected, abs=1e-6)
    with pytest.raises(F1Error, match="if these are logits, say from_logits=True"):
        trained({"objective": logistic}, X, Y, XV, YV, feval("f1", task="binary"))


def test_margins_of_many_classes_need_nothing():
    metric = feval("f1", task="multiclass", average="micro")
    booster, seen = trained({"objective": softmax, "num_class": 10}, D, G, DV, GV, metric)
    expected = by_round(booster, DV, lambda m: f1_score(GV, m.argmax(axis=1), average="micro"))
    assert seen["f1"] == pytest.approx(expected, abs=1e-6)


def test_two_classes_may_have_a_column_each():
    metric = feval("f1", task="binary", threshold=0.3)
    booster, seen = trained({"objective": "multiclass", "num_class": 2}, X, Y, XV, YV, metric)
    assert seen["f1"] == by_round(booster, XV, lambda p: f1_score(YV, p[:, 1] > 0.3))


def test_early_stopping_keeps_the_round_that_scikit_learn_calls_best():
    stop = lgb.early_stopping(8, verbose=False)
    metric = feval("f1_macro", task="multiclass")
    params = {"objective": "multiclass", "num_class": 10}
    booster, seen = trained(params, D, G, DV, GV, metric, rounds=60, callbacks=[stop])
    count = len(seen["f1_macro"])
    whole, _ = trained(params, D, G, DV, GV, metric, rounds=60)
    expected = by_round(whole, DV, lambda p: f1_score(GV, p.argmax(axis=1), average="macro"), count)
    assert seen["f1_macro"] == pytest.approx(expected, abs=1e-6)
    assert booster.best_iteration == np.argmax(expected) + 1 == count - 8
    assert booster.best_score["valid"]["f1_macro"] == pytest.approx(max(expected), abs=1e-6)


def test_of_a_loss_early_stopping_keeps_the_least():
    stop = lgb.early_stopping(8, verbose=False)
    params = {"objective": "multiclass", "num_class": 10}
    metric = feval("hamming_loss", task="multiclass")
    booster, seen = trained(params, D, G, DV, GV, metric, rounds=60, callbacks=[stop])
    assert booster.best_iteration == np.argmin(seen["hamming_loss"]) + 1 > 1


def test_rare_positives_that_nothing_finds_count_as_zero():
    x, y = make_classification(2000, 5, weights=[0.995], flip_y=0.01, random_state=0)
    stop = lgb.early_stopping(5, verbose=False)
    params = {"objective": "binary", "learning_rate": 0.01}
    metric = feval(["f1", "precision"], task="binary")
    booster, seen = trained(params, x, y, x, y, metric, rounds=30, callbacks=[stop])
    assert seen["f1"] == seen["precision"] == [0.0] * 6
    assert booster.best_iteration == 1


@pytest.mark.parametrize("weight", [None, WEIGHTS])
def test_the_classifier_takes_the_same_function(weight):
    names = np.array([f"digit {i}" for i in range(10)])
    metric = feval("f1", task="multiclass", classes=list(names))

    def fitted(*callbacks):
        model = lgb.LGBMClassifier(n_estimators=40, **SMALL)
        return model.fit(
            D, names[G], eval_set=[(DV, names[GV])], eval_metric=metric, callbacks=list(callbacks),
            eval_sample_weight=None if weight is None else [weight],
        )  # fmt: skip

    model, whole = fitted(lgb.early_stopping(4, verbose=False)), fitted()
    seen = model.evals_result_["valid_0"]["f1"]
    expected = [
        f1_score(
            names[GV], whole.predict(DV, num_iteration=i), average="macro", sample_weight=weight
        )
        for i in range(1, len(seen) + 1)
    ]
    assert seen == pytest.approx(expected, abs=1e-6)
    assert model.best_iteration_ == np.argmax(expected) + 1


def test_the_classifier_of_two_classes_means_the_second():
    names = np.array(["bad", "good"])
    model = lgb.LGBMClassifier(n_estimators=5, **SMALL)
    metric = feval(["f1", "accuracy"], task="binary")
    model.fit(X, names[Y], eval_set=[(XV, names[YV])], eval_metric=metric)
    seen = model.evals_result_["valid_0"]
    assert seen["f1"][-1] == f1_score(names[YV], model.predict(XV), pos_label="good")
    assert seen["accuracy"][-1] == accuracy_score(names[YV], model.predict(XV))


def test_cross_validation_takes_it():
    metric = feval("f1", task="binary")
    found = lgb.cv(
        {**SMALL, "objective": "binary"}, lgb.Dataset(X, Y), 5, nfold=3, feval=metric, seed=0
    )
    assert len(found["valid f1-mean"]) == 5
    assert 0.9 < found["valid f1-mean"][-1] < 1


def test_it_is_pickled():
    metric = pickle.loads(pickle.dumps(feval("f1", task="binary", threshold=0.2)))
    assert metric([0, 1, 1], [0.1, 0.3, 0.9]) == [("f1", 1.0, True)]
    assert repr(metric) == "Feval('f1', task='binary', threshold=0.2)"


def test_handed_over_uncalled_it_says_so():
    with pytest.raises(F1Error, match=r"feval was called with 2 arguments .* call it once"):
        trained({"objective": "binary"}, X, Y, XV, YV, feval)


def test_a_positive_class_that_lightgbm_does_not_pass_on_is_refused():
    with pytest.raises(F1Error, match="pos_label=0 for the first of the two"):
        feval("f1", task="binary", pos_label="fraud")
