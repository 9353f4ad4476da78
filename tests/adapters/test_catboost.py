"""CatBoost: every round is scikit-learn's number, and early stopping keeps scikit-learn's best."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

catboost = pytest.importorskip("catboost")
pytest.importorskip("sklearn")

from catboost import CatBoostClassifier, Pool  # noqa: E402
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
from f1core.adapters.catboost import eval_metric  # noqa: E402

SMALL = {
    "iterations": 10, "depth": 2, "learning_rate": 0.3, "random_seed": 0, "thread_count": 2,
    "verbose": 0, "allow_writing_files": False, "use_best_model": False,
}  # fmt: skip


def split(x, y):
    return train_test_split(x, y, test_size=0.5, random_state=0)


X, XV, Y, YV = split(*load_breast_cancer(return_X_y=True))
D, DV, G, GV = split(*load_digits(return_X_y=True))
M, MV, L, LV = split(*make_multilabel_classification(400, n_classes=4, random_state=0))
WEIGHT = np.random.default_rng(0).integers(1, 5, len(YV)).astype(float)
WEIGHTS = np.random.default_rng(1).random(len(GV))


def trained(metric, x, y, xv, yv, weight=None, **params):
    """A model, and what was recorded of the validation rows."""
    model = CatBoostClassifier(eval_metric=metric, **{**SMALL, **params})
    model.fit(x, y, eval_set=Pool(xv, yv, weight=weight))
    return model, model.evals_result_["validation"]


def by_round(model, x, number):
    """What scikit-learn says about each round's own predictions."""
    return [number(p) for p in model.staged_predict_proba(x)]


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("threshold", [0.5, 0.2])
@pytest.mark.parametrize(
    ("metric", "theirs"),
    [("f1", f1_score), ("precision", precision_score), ("mcc", matthews_corrcoef)],
)
def test_each_round_of_two_classes_is_scikit_learns(metric, theirs, threshold, weight):
    made = eval_metric(metric, task="binary", threshold=threshold)
    model, seen = trained(made, X, Y, XV, YV, weight)
    expected = by_round(model, XV, lambda p: theirs(YV, p[:, 1] > threshold, sample_weight=weight))
    assert seen[metric] == pytest.approx(expected, abs=1e-6)
    assert len(set(seen[metric])) > 3


@pytest.mark.parametrize("weight", [None, WEIGHTS])
@pytest.mark.parametrize("loss", ["MultiClass", "MultiClassOneVsAll"])
def test_each_round_of_many_classes_is_scikit_learns(loss, weight):
    names = np.array([f"digit {i}" for i in range(10)])
    for metric, theirs in {
        "f1": lambda y, p: f1_score(y, p, average="macro", sample_weight=weight),
        "f1_weighted": lambda y, p: f1_score(y, p, average="weighted", sample_weight=weight),
        "hamming_loss": lambda y, p: hamming_loss(y, p, sample_weight=weight),
    }.items():
        made = eval_metric(metric, task="multiclass", classes=list(names))
        model, seen = trained(made, D, names[G], DV, names[GV], weight, loss_function=loss)
        expected = by_round(model, DV, lambda p, f=theirs: f(GV, p.argmax(axis=1)))
        assert seen[metric] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("loss", ["MultiLogloss", "MultiCrossEntropy"])
@pytest.mark.parametrize("average", ["macro", "micro", "samples"])
def test_each_round_of_many_labels_is_scikit_learns(average, loss):
    cuts = [0.5, 0.3, 0.6, 0.2]
    made = eval_metric("f1", task="multilabel", average=average, threshold=cuts)
    model, seen = trained(made, M, L, MV, LV, loss_function=loss)
    expected = by_round(
        model, MV, lambda p: f1_score(LV, p > cuts, average=average, zero_division=0)
    )
    assert seen["f1"] == pytest.approx(expected, abs=1e-6)


def test_two_classes_may_have_a_column_each():
    made = eval_metric("f1", task="binary", threshold=0.3)
    model, seen = trained(made, X, Y, XV, YV, loss_function="MultiClass")
    expected = by_round(model, XV, lambda p: f1_score(YV, p[:, 1] > 0.3))
    assert seen["f1"] == pytest.approx(expected)


def test_of_many_rows_all_are_counted_at_once():
    x, y = make_classification(60_000, 5, weights=[0.98], random_state=0)
    made = eval_metric("f1", task="binary", threshold=0.3)
    model, seen = trained(made, x[::2], y[::2], x[1::2], y[1::2], iterations=3)
    expected = by_round(model, x[1::2], lambda p: f1_score(y[1::2], p[:, 1] > 0.3))
    assert seen["f1"] == pytest.approx(expected)
    assert len(set(seen["f1"])) == 3


def test_weights_of_classes_count():
    made = eval_metric("f1", task="binary")
    model, seen = trained(made, X, Y, XV, YV, class_weights=[5, 1])
    weight = np.where(YV == 1, 1.0, 5.0)
    expected = by_round(model, XV, lambda p: f1_score(YV, p[:, 1] > 0.5, sample_weight=weight))
    assert seen["f1"] == pytest.approx(expected)


@pytest.mark.parametrize(("metric", "best"), [("f1_macro", np.argmax), ("hamming_loss", np.argmin)])
def test_early_stopping_keeps_the_round_that_is_best(metric, best):
    made = eval_metric(metric, task="multiclass")
    how = {"iterations": 80, "loss_function": "MultiClass", "use_best_model": True}
    model, seen = trained(made, D, G, DV, GV, early_stopping_rounds=8, **how)
    assert model.best_iteration_ == best(seen[metric]) == len(seen[metric]) - 9 > 5
    assert model.tree_count_ == model.best_iteration_ + 1
    kept = model.best_score_["validation"][metric]
    theirs = hamming_loss if metric == "hamming_loss" else lambda y, p: f1_score(
        y, p, average="macro"
    )  # fmt: skip
    assert kept == pytest.approx(theirs(GV, model.predict(DV).ravel()))


def test_rare_positives_that_nothing_finds_count_as_zero():
    x, y = make_classification(2000, 5, weights=[0.995], flip_y=0.01, random_state=0)
    made = eval_metric("f1", task="binary")
    model, seen = trained(made, x, y, x, y, learning_rate=0.01, early_stopping_rounds=5)
    assert seen["f1"] == [0.0] * 6
    assert model.best_iteration_ == 0


@pytest.mark.parametrize("task", ["binary", "multilabel"])
def test_models_are_cloned_searched_pickled_and_saved(task, tmp_path):
    x, y, xv, yv = (X, Y, XV, YV) if task == "binary" else (M, L, MV, LV)
    made = eval_metric("f1", task=task, threshold=0.4)
    params = {**SMALL, "iterations": 3}
    if task == "multilabel":
        params["loss_function"] = "MultiLogloss"
    model = CatBoostClassifier(eval_metric=made, **params)
    search = GridSearchCV(model, {"depth": [1, 3]}, cv=2, n_jobs=2, scoring="accuracy")
    best = search.fit(x, y, eval_set=[(xv, yv)]).best_estimator_
    again = pickle.loads(pickle.dumps(best))
    for one in (best, again, clone(again).fit(x, y, eval_set=[(xv, yv)])):
        assert repr(one.get_params()["eval_metric"]) == repr(made)
        found = one.predict_proba(xv)
        found = found[:, 1] > 0.4 if task == "binary" else found > 0.4
        average = "binary" if task == "binary" else "macro"
        assert one.evals_result_["validation"]["f1"][-1] == pytest.approx(
            f1_score(yv, found, average=average)
        )
    best.save_model(tmp_path / "model.cbm")
    loaded = CatBoostClassifier().load_model(tmp_path / "model.cbm")
    assert np.array_equal(loaded.predict(xv), best.predict(xv))


def test_a_search_counts_folds_by_the_metric():
    made = eval_metric("accuracy", task="binary")
    params = {k: v for k, v in SMALL.items() if k != "use_best_model"}
    found = catboost.cv(
        Pool(X, Y), {**params, "loss_function": "Logloss", "eval_metric": made}, fold_count=3,
        as_pandas=False, logging_level="Silent",
    )  # fmt: skip
    assert 0.9 < found["test-accuracy-mean"][-1] < 1


def test_the_metric_is_pickled_and_shown():
    made = eval_metric("f1", task="multilabel", average="micro", classes=4, threshold=0.2)
    again = pickle.loads(pickle.dumps(made))
    assert (
        repr(again)
        == repr(made)
        == ("eval_metric('f1', task='multilabel', classes=4, average='micro', threshold=0.2)")
    )
    assert again.evaluate(tuple(MV.T[:4]), tuple(LV.T), None) == made.evaluate(
        tuple(MV.T[:4]), tuple(LV.T), None
    )


@pytest.mark.parametrize("task", ["binary", "multilabel"])
def test_on_a_gpu_it_counts_nothing(task):
    made = eval_metric("f1", task=task)
    y = Y if task == "binary" else np.stack([Y, 1 - Y], axis=1)
    raw = (np.zeros(4),) * y.ndim
    true = np.array([0, 1, 0, 1]) if task == "binary" else (np.array([0, 1, 0, 1]),) * 2
    params = {**SMALL, "loss_function": "Logloss" if task == "binary" else "MultiLogloss"}
    model = CatBoostClassifier(eval_metric=made, task_type="GPU", **params)
    with pytest.raises(catboost.CatBoostError):  # at the latest for want of a GPU
        model.fit(X, y, eval_set=(X, y))
    with pytest.raises(F1Error, match="would not stop by f1: train with task_type='CPU'"):
        made.evaluate(raw, true, None)
    CatBoostClassifier(eval_metric=made, **params).fit(X, y)
    assert made.evaluate(raw, true, None) == (0.0, 1.0)


def test_what_cannot_be_scored_is_named_in_catboosts_error():
    made = eval_metric("f1", task="binary")
    with pytest.raises(catboost.CatBoostError, match=r"F1Error: y_pred is .* a binary task needs"):
        trained(made, D, G, DV, GV, loss_function="MultiClass")


def test_what_makes_no_sense_is_refused_beforehand():
    with pytest.raises(F1Error, match="CatBoostClassifier takes one metric"):
        eval_metric(["f1", "mcc"], task="binary")
    with pytest.raises(F1Error, match="from_logits is False, and CatBoost hands over raw scores"):
        eval_metric("f1", task="binary", from_logits=False)
    with pytest.raises(F1Error, match="metric is 'f2'"):
        eval_metric("f2", task="multilabel")


def test_accuracy_of_two_labels_is_the_models_own():
    made = eval_metric("accuracy", task="binary", classes=["bad", "good"])
    names = np.array(["bad", "good"])
    model, seen = trained(made, X, names[Y], XV, names[YV])
    assert seen["accuracy"][-1] == accuracy_score(names[YV], model.predict(XV))
