"""XGBoost: every round is scikit-learn's number, and early stopping goes the right way."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

xgb = pytest.importorskip("xgboost")
pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.datasets import (  # noqa: E402
    load_breast_cancer,
    load_digits,
    make_classification,
    make_multilabel_classification,
)
from sklearn.metrics import (  # noqa: E402
    accuracy_score,
    f1_score,
    hamming_loss,
    matthews_corrcoef,
    precision_score,
)
from sklearn.model_selection import GridSearchCV, train_test_split  # noqa: E402

from f1core import F1Error  # noqa: E402
from f1core.adapters.xgboost import custom_metric, eval_metric  # noqa: E402

SMALL = {"max_depth": 2, "learning_rate": 0.3, "nthread": 1, "seed": 0}
ROUNDS = 10
SIX_DECIMALS = 1.1e-6  # which XGBoost keeps


def split(x, y):
    return train_test_split(x, y, test_size=0.5, random_state=0)


X, XV, Y, YV = split(*load_breast_cancer(return_X_y=True))
D, DV, G, GV = split(*load_digits(return_X_y=True))
M, MV, L, LV = split(*make_multilabel_classification(400, n_classes=4, random_state=0))
WEIGHT = np.random.default_rng(0).integers(0, 5, len(YV)).astype(float)
WEIGHTS = np.random.default_rng(1).random(len(GV))


def trained(params, x, y, xv, yv, metric, weight=None, rounds=ROUNDS, **how):
    """A booster, and what was recorded of the validation rows."""
    seen = {}
    booster = xgb.train(
        {**SMALL, "disable_default_eval_metric": True, **params},
        xgb.DMatrix(x, y), rounds, evals=[(xgb.DMatrix(xv, yv, weight=weight), "valid")],
        custom_metric=metric, evals_result=seen, verbose_eval=False, **how,
    )  # fmt: skip
    return booster, dict(seen["valid"])


def by_round(booster, x, number, rounds=ROUNDS, **how):
    """What scikit-learn says about each round's own predictions."""
    data = xgb.DMatrix(x)
    return [
        number(booster.predict(data, iteration_range=(0, i), **how)) for i in range(1, rounds + 1)
    ]


def close(expected):
    return pytest.approx(expected, abs=SIX_DECIMALS)


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("threshold", [0.5, 0.2])
def test_each_round_of_two_classes_is_scikit_learns(weight, threshold):
    metric = custom_metric(
        ["f1", "precision", "mcc"], task="binary", threshold=threshold, maximize=True
    )
    params = {"objective": "binary:logistic"}
    booster, seen = trained(params, X, Y, XV, YV, metric, weight)
    for name, function in zip(seen, [f1_score, precision_score, matthews_corrcoef], strict=True):
        expected = by_round(
            booster, XV, lambda p, f=function: f(YV, p > threshold, sample_weight=weight)
        )
        assert seen[name] == close(expected)
    assert list(seen) == ["f1", "precision", "mcc"]
    assert len(set(seen["f1"])) > 3


@pytest.mark.parametrize("weight", [None, WEIGHTS])
@pytest.mark.parametrize("objective", ["multi:softprob", "multi:softmax"])
def test_each_round_of_many_classes_is_scikit_learns(objective, weight):
    metric = custom_metric(["f1", "accuracy", "hamming_loss"], task="multiclass")
    params = {"objective": objective, "num_class": 10}
    booster, seen = trained(params, D, G, DV, GV, metric, weight)
    theirs = {
        "1-f1": lambda y, p, **w: 1 - f1_score(y, p, average="macro", **w),
        "1-accuracy": lambda y, p, **w: 1 - accuracy_score(y, p, **w),
        "hamming_loss": hamming_loss,
    }
    assert list(seen) == list(theirs)
    for name, function in theirs.items():
        expected = by_round(
            booster,
            DV,
            lambda p, f=function: f(
                GV, p if p.ndim == 1 else p.argmax(axis=1), sample_weight=weight
            ),
        )
        assert seen[name] == close(expected)


@pytest.mark.parametrize("strategy", ["one_output_per_tree", "multi_output_tree"])
@pytest.mark.parametrize("average", ["macro", "samples"])
def test_each_round_of_many_labels_is_scikit_learns(average, strategy):
    metric = custom_metric("f1", task="multilabel", average=average, maximize=True)
    params = {"objective": "binary:logistic", "multi_strategy": strategy}
    booster, seen = trained(params, M, L, MV, LV, metric)
    expected = by_round(
        booster, MV, lambda p: f1_score(LV, p > 0.5, average=average, zero_division=0)
    )
    assert seen["f1"] == close(expected)


def logistic(predt, data):
    p = 1 / (1 + np.exp(-predt))
    return p - data.get_label(), p * (1 - p)


def softmax(predt, data):
    p = np.exp(predt - predt.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p - np.eye(10)[data.get_label().astype(int)], 2 * p * (1 - p)


@pytest.mark.parametrize("how", ["objective", "logitraw"])
def test_margins_are_logits(how):
    params = {"objective": "binary:logitraw"} if how == "logitraw" else {"base_score": 0.5}
    obj = {"obj": logistic} if how == "objective" else {}
    metric = custom_metric("f1", task="binary", from_logits=True, threshold=0.3, maximize=True)
    booster, seen = trained(params, X, Y, XV, YV, metric, **obj)
    expected = by_round(
        booster, XV, lambda m: f1_score(YV, 1 / (1 + np.exp(-m)) > 0.3), output_margin=True
    )
    assert seen["f1"] == close(expected)
    with pytest.raises(F1Error, match="if these are logits, say from_logits=True"):
        trained(params, X, Y, XV, YV, custom_metric("f1", task="binary"), **obj)


def test_margins_of_many_classes_need_nothing():
    metric = custom_metric("f1", task="multiclass", average="micro", maximize=True)
    booster, seen = trained({"num_class": 10}, D, G, DV, GV, metric, obj=softmax)
    expected = by_round(
        booster, DV, lambda m: f1_score(GV, m.argmax(axis=1), average="micro"), output_margin=True
    )
    assert seen["f1"] == close(expected)


@pytest.mark.parametrize(
    ("maximize", "how"),
    [
        (False, {"early_stopping_rounds": 6}),
        (False, {"callbacks": [xgb.callback.EarlyStopping(rounds=6)]}),
        (True, {"early_stopping_rounds": 6, "maximize": True}),
        (True, {"callbacks": [xgb.callback.EarlyStopping(rounds=6, maximize=True)]}),
    ],
)
def test_early_stopping_keeps_the_round_that_scikit_learn_calls_best(maximize, how):
    metric = custom_metric("f1_macro", task="multiclass", maximize=maximize)
    params = {"objective": "multi:softprob", "num_class": 10}
    booster, seen = trained(params, D, G, DV, GV, metric, rounds=60, **how)
    (recorded,) = seen.values()
    expected = by_round(
        booster, DV, lambda p: f1_score(GV, p.argmax(axis=1), average="macro"), len(recorded)
    )
    assert booster.best_iteration == np.argmax(expected) == len(recorded) - 7 > 5
    best = max(expected) if maximize else 1 - max(expected)
    assert booster.best_score == close(best)


def test_rare_positives_that_nothing_finds_count_as_zero():
    x, y = make_classification(2000, 5, weights=[0.995], flip_y=0.01, random_state=0)
    params = {"objective": "binary:logistic", "learning_rate": 0.01, "base_score": y.mean()}
    for maximize, value in ((False, 1.0), (True, 0.0)):
        metric = custom_metric(["precision", "f1"], task="binary", maximize=maximize)
        how = {"early_stopping_rounds": 5, "maximize": maximize}
        booster, seen = trained(params, x, y, x, y, metric, rounds=30, **how)
        assert list(seen.values()) == [[value] * 6] * 2
        assert booster.best_iteration == 0


@pytest.mark.parametrize("weight", [None, WEIGHTS])
def test_the_classifier_stops_where_scikit_learn_says(weight):
    model = xgb.XGBClassifier(
        n_estimators=60, eval_metric=eval_metric("f1", task="multiclass"),
        early_stopping_rounds=6, max_depth=2, n_jobs=1,
    )  # fmt: skip
    model.fit(
        D, G, eval_set=[(DV, GV)], verbose=False,
        sample_weight_eval_set=None if weight is None else [weight],
    )  # fmt: skip
    seen = model.evals_result()["validation_0"]["1-f1"]
    expected = [
        f1_score(
            GV, model.predict(DV, iteration_range=(0, i)), average="macro", sample_weight=weight
        )
        for i in range(1, len(seen) + 1)
    ]
    assert 1 - np.array(seen) == close(expected)
    assert model.best_iteration == np.argmax(expected) == len(seen) - 7


@pytest.mark.parametrize("strategy", ["one_output_per_tree", "multi_output_tree"])
def test_the_classifier_of_many_labels(strategy):
    metric = eval_metric("exact_match", task="multilabel", maximize=True)
    model = xgb.XGBClassifier(
        n_estimators=5, eval_metric=metric, multi_strategy=strategy, n_jobs=1
    ).fit(M, L, eval_set=[(MV, LV)], verbose=False)
    seen = model.evals_result()["validation_0"]["exact_match"]
    assert seen[-1] == close(accuracy_score(LV, model.predict(MV)))


def test_a_search_over_classifiers_takes_it(tmp_path):
    metric = eval_metric("f1", task="binary", threshold=0.4)
    model = xgb.XGBClassifier(n_estimators=5, eval_metric=metric, n_jobs=1)
    search = GridSearchCV(model, {"max_depth": [1, 3]}, cv=2, n_jobs=2)
    search.fit(X, Y, eval_set=[(XV, YV)], verbose=False)
    best = search.best_estimator_
    for copied in (best, pickle.loads(pickle.dumps(best))):
        assert copied.get_params()["eval_metric"].options == metric.options
        seen = copied.evals_result()["validation_0"]["1-f1"]
        assert seen[-1] == close(1 - f1_score(YV, copied.predict_proba(XV)[:, 1] > 0.4))
    assert clone(best).eval_metric.__name__ == "1-f1"
    assert "EvalMetric('f1', task='binary', threshold=0.4)" in repr(best)
    best.save_model(tmp_path / "model.json")


def test_cross_validation_stops_the_right_way():
    found = xgb.cv(
        {**SMALL, "objective": "multi:softprob", "num_class": 10}, xgb.DMatrix(D, G), 99, nfold=3,
        custom_metric=custom_metric("f1", task="multiclass"), early_stopping_rounds=3, seed=0,
        as_pandas=False,
    )  # fmt: skip
    curve = found["test-1-f1-mean"]
    assert 5 < len(curve) < 99
    assert curve[-1] == min(curve)  # it ends with the best round


def test_handed_over_uncalled_they_say_so():
    params = {"objective": "binary:logistic"}
    with pytest.raises(F1Error, match="custom_metric was called with 2 arguments"):
        trained(params, X, Y, XV, YV, custom_metric)
    model = xgb.XGBClassifier(n_estimators=2, eval_metric=eval_metric, n_jobs=1)
    with pytest.raises(F1Error, match="eval_metric was called with 2 arguments"):
        model.fit(X, Y, eval_set=[(XV, YV)], verbose=False)
