"""TunedClassifier: the best threshold out of fold, in scikit-learn's manner."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn", minversion="1.9")

from sklearn.base import clone  # noqa: E402
from sklearn.datasets import (  # noqa: E402
    make_blobs,
    make_classification,
    make_multilabel_classification,
)
from sklearn.ensemble import RandomForestClassifier  # noqa: E402
from sklearn.frozen import FrozenEstimator  # noqa: E402
from sklearn.linear_model import LogisticRegression, RidgeClassifier  # noqa: E402
from sklearn.metrics import f1_score, fbeta_score  # noqa: E402
from sklearn.model_selection import (  # noqa: E402
    GridSearchCV,
    GroupKFold,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
    cross_val_predict,
)
from sklearn.multiclass import OneVsRestClassifier  # noqa: E402
from sklearn.naive_bayes import GaussianNB  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.tree import DecisionTreeClassifier  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

import f1core  # noqa: E402
from f1core import F1Error  # noqa: E402
from f1core.adapters.sklearn import TunedClassifier  # noqa: E402

X, Y = make_classification(900, weights=[0.93], flip_y=0.02, random_state=0)
M, L = make_multilabel_classification(300, n_classes=4, random_state=0)
WEIGHT = np.random.default_rng(0).integers(0, 4, len(Y)).astype(float)
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)


# A tree's probabilities are 0 and 1 on its own rows, where no threshold moves them: one check asks
# that `predict` be the larger of two probabilities, which is what a tuned threshold is not.
@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([
    TunedClassifier(DecisionTreeClassifier(random_state=0), cv=3),
])  # fmt: skip
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("beta", [1.0, 2.0])
@pytest.mark.parametrize("model", [GaussianNB(), TREE])
def test_no_cut_of_out_of_fold_probabilities_is_better(model, beta):
    metric = "f1" if beta == 1 else "fbeta"
    tuned = TunedClassifier(model, metric, beta=beta).fit(X, Y)
    p = cross_val_predict(model, X, Y, cv=5, method="predict_proba")[:, 1]
    above = p > np.append(np.unique(p), -1.0)[:, None]
    tp, square = (above & (Y == 1)).sum(axis=1), beta**2
    every = (1 + square) * tp / (square * Y.sum() + above.sum(axis=1))
    assert tuned.best_.score == pytest.approx(every.max(), abs=1e-12)
    assert fbeta_score(Y, p > tuned.threshold_, beta=beta) == pytest.approx(tuned.best_.score)
    whole = clone(model).fit(X, Y).predict_proba(X)[:, 1]
    assert np.array_equal(tuned.predict(X), (whole > tuned.threshold_).astype(int))


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_scores_are_those_of_each_fold_by_the_others_threshold(weight):
    tuned = TunedClassifier(GaussianNB())
    with sklearn.config_context(enable_metadata_routing=True):
        tuned.estimator.set_fit_request(sample_weight=False)
        tuned.fit(X, Y, **({} if weight is None else {"sample_weight": weight}))
    p = cross_val_predict(GaussianNB(), X, Y, cv=5, method="predict_proba")[:, 1]
    found = np.zeros(len(Y), int)
    cuts = []
    for _, test in StratifiedKFold(5).split(X, Y):
        rest = np.setdiff1d(np.arange(len(Y)), test)
        kept = None if weight is None else weight[rest]
        cuts.append(f1core.best_threshold(Y[rest], p[rest], sample_weight=kept).threshold)
        found[test] = p[test] > cuts[-1]
    assert tuned.thresholds_.tolist() == cuts
    assert len(set(cuts)) > 1
    assert tuned.scores_.binary.f1 == pytest.approx(f1_score(Y, found, sample_weight=weight))
    low, high = tuned.scores_.interval(tuned.metric_)
    assert low < tuned.scores_.binary.f1 < high


@pytest.mark.parametrize("average", [None, "macro", "micro", "weighted"])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("model", [
    OneVsRestClassifier(GaussianNB()), RandomForestClassifier(9, max_depth=4, random_state=0),
])  # fmt: skip
def test_each_label_has_its_threshold(model, shared, average):
    tuned = TunedClassifier(model, average=average, shared=shared, cv=3).fit(M, L)
    p = np.empty(L.shape)
    for train, test in KFold(3).split(M):
        found = clone(model).fit(M[train], L[train]).predict_proba(M[test])
        p[test] = np.stack([q[:, 1] for q in found], 1) if isinstance(found, list) else found
    best = f1core.best_threshold(L, p, task="multilabel", average=average or "macro", shared=shared)
    assert tuned.best_.score == best.score
    assert np.array_equal(tuned.threshold_, best.threshold)
    assert tuned.metric_ == f"f1_{average or 'macro'}"
    assert tuned.thresholds_.shape == ((3,) if shared else (3, 4))
    flags = tuned.predict(M)
    assert flags.shape == L.shape and set(np.unique(flags)) == {0, 1}
    found = tuned.scores_.metric(tuned.metric_)
    low, high = tuned.scores_.interval(tuned.metric_)
    assert low < found < high
    assert found <= best.score + 0.05


def test_classes_may_have_any_names():
    plain = TunedClassifier(GaussianNB()).fit(X, Y)
    for classes, said in {
        ("ok", "fraud"): {"pos_label": "fraud"}, (-1, 1): {}, (7, 3): {"pos_label": 3},
        (False, True): {}, (2, 1): {}, (0.0, 3.0): {"pos_label": 3.0},
    }.items():  # fmt: skip
        y = np.array(classes)[Y]
        tuned = TunedClassifier(GaussianNB(), **said).fit(X, y)
        assert tuned.threshold_ == pytest.approx(plain.threshold_)
        assert tuned.scores_.binary.f1 == pytest.approx(plain.scores_.binary.f1)
        assert tuned.classes_.tolist() == sorted(classes)
        assert tuned.predict(X).dtype == y.dtype
        assert np.array_equal(tuned.predict(X), np.array(classes)[plain.predict(X)])
        assert tuned.scores_.classes == [classes[0], classes[1]]
    names = np.array(["a", "b"])[Y]
    with pytest.warns(UserWarning, match=r"nothing says which one is positive: .* pos_label='b'"):
        tuned = TunedClassifier(GaussianNB()).fit(X, names)
    assert tuned.metric_ == "f1_macro"
    assert set(tuned.predict(X)) == {"a", "b"}


RARE = make_classification(
    2500, n_features=8, n_informative=5, n_classes=3, weights=[0.9, 0.07, 0.03], random_state=0
)


@pytest.mark.parametrize("metric", ["f1", "f1_weighted", "mcc", "recall_macro", "fbeta"])
def test_each_class_has_its_threshold(metric):
    x, y = RARE
    words = np.array(["often", "rare", "seldom"])[y]
    beta = 2.0 if metric == "fbeta" else 1.0
    tuned = TunedClassifier(LogisticRegression(), metric, beta=beta, cv=3).fit(x, words)
    p = cross_val_predict(LogisticRegression(), x, y, cv=3, method="predict_proba")
    average = {"f1": "macro", "fbeta": "macro", "f1_weighted": "weighted"}.get(metric, metric)
    best = f1core.best_threshold(y, p, task="multiclass", average=average, beta=beta)
    assert tuned.best_.score == best.score
    plain = f1core.score(y, p, beta=beta).metric(best.metric)
    assert tuned.improvement_.b == pytest.approx(plain)
    assert tuned.scores_.metric(tuned.metric_) == pytest.approx(
        tuned.improvement_.a if tuned.improvement_.interval[0] > 0 else plain
    )
    if metric in ("recall_macro", "fbeta"):
        assert np.array_equal(tuned.threshold_, best.threshold)
        assert tuned.scores_.metric(tuned.metric_) > plain + 0.02
    expected = f1core.score(y, tuned.predict_proba(x), threshold=tuned.threshold_.tolist())
    found = f1core.score(words, tuned.predict(x))
    assert np.array_equal(found.confusion, expected.confusion)
    low, high = tuned.scores_.interval(tuned.metric_)
    assert low < tuned.scores_.metric(tuned.metric_) < high
    assert tuned.thresholds_.shape == (3, 3)


def test_few_rows_do_not_move_classes_apart():
    x, y = make_blobs(300, random_state=0)
    tuned = TunedClassifier(GaussianNB()).fit(x, y)
    assert tuned.best_.score > tuned.scores_.macro.f1
    assert tuned.improvement_.interval[0] <= 0
    assert tuned.threshold_.tolist() == [1 / 3] * 3
    assert np.array_equal(tuned.predict(x), GaussianNB().fit(x, y).predict(x))


def test_a_fold_may_lack_a_class():
    x, y = RARE
    order = np.argsort(y, kind="stable")
    tuned = TunedClassifier(GaussianNB(), cv=KFold(4)).fit(x[order], y[order])
    assert tuned.scores_.total == len(y)
    assert tuned.scores_.confusion.shape == (3, 3)


@pytest.mark.parametrize("metric", ["mcc", "f1_macro", "balanced_accuracy"])
def test_two_classes_have_other_metrics_too(metric):
    tuned = TunedClassifier(GaussianNB(), metric).fit(X, Y)
    p = cross_val_predict(GaussianNB(), X, Y, cv=5, method="predict_proba")
    scores = [
        f1core.score(Y, (p[:, 1] > cut).astype(int), task="binary").metric(metric)
        for cut in np.unique(p[:, 1])
    ]
    assert tuned.best_.score == pytest.approx(max(scores), abs=1e-12)
    low, high = tuned.threshold_
    cut = high / (low + high)
    new = GaussianNB().fit(X, Y).predict_proba(X)[:, 1]
    clear = np.abs(new - cut) > 1e-9
    assert np.array_equal(tuned.predict(X)[clear], (new > cut).astype(int)[clear])


def test_it_is_never_worse_out_of_fold_than_a_grid():
    tuned = TunedClassifier(GaussianNB()).fit(X, Y)
    grid = TunedThresholdClassifierCV(GaussianNB(), scoring="f1", cv=5, thresholds=20).fit(X, Y)
    p = cross_val_predict(GaussianNB(), X, Y, cv=5, method="predict_proba")[:, 1]
    assert tuned.best_.score >= f1_score(Y, p >= grid.best_threshold_)


def test_metadata_goes_where_it_is_asked_for():
    groups = np.arange(len(Y)) // 9
    with pytest.raises(ValueError, match="enable_metadata_routing=True"):
        TunedClassifier(GaussianNB()).fit(X, Y, sample_weight=WEIGHT)
    with sklearn.config_context(enable_metadata_routing=True):
        with pytest.raises(Exception, match=r"sample_weight.* not explicitly set"):
            TunedClassifier(GaussianNB()).fit(X, Y, sample_weight=WEIGHT)
        found = {}
        for model, threshold in [(True, True), (True, False), (False, True), (False, False)]:
            tuned = TunedClassifier(
                GaussianNB().set_fit_request(sample_weight=model), cv=GroupKFold(4)
            ).set_fit_request(sample_weight=threshold)
            if model or threshold:
                tuned.fit(X, Y, sample_weight=WEIGHT, groups=groups)
                found[model, threshold] = tuned
            else:
                with pytest.raises(TypeError, match="sample_weight"):
                    tuned.fit(X, Y, sample_weight=WEIGHT, groups=groups)
        given = cross_val_predict(
            GaussianNB().set_fit_request(sample_weight=True), X, Y, cv=GroupKFold(4),
            params={"sample_weight": WEIGHT, "groups": groups}, method="predict_proba",
        )  # fmt: skip
    best = f1core.best_threshold(Y, given[:, 1], sample_weight=WEIGHT)
    assert found[True, True].threshold_ == best.threshold
    assert found[True, False].threshold_ == f1core.best_threshold(Y, given[:, 1]).threshold
    assert found[True, False].scores_.total == len(Y)
    assert found[False, True].scores_.total == WEIGHT.sum()
    assert len({each.threshold_ for each in found.values()}) == 3


def test_without_a_refit_it_only_finds_the_threshold():
    tuned = TunedClassifier(GaussianNB(), refit=False).fit(X, Y)
    assert tuned.threshold_ == TunedClassifier(GaussianNB()).fit(X, Y).threshold_
    for name in ("predict", "predict_proba", "predict_log_proba"):
        assert not hasattr(tuned, name)
    with pytest.raises(AttributeError) as caught:
        tuned.predict(X)
    assert "refit is False" in str(caught.value.__cause__)


def test_a_fitted_model_stays_as_it_is():
    model = GaussianNB().fit(X[:450], Y[:450])
    tuned = TunedClassifier(FrozenEstimator(model)).fit(X[450:], Y[450:])
    p = model.predict_proba(X[450:])[:, 1]
    assert tuned.threshold_ == f1core.best_threshold(Y[450:], p).threshold
    assert tuned.estimator_.estimator is model


def test_it_stands_in_pipelines_and_searches():
    model = make_pipeline(StandardScaler(), LogisticRegression())
    search = GridSearchCV(
        TunedClassifier(model, cv=3), {"estimator__logisticregression__C": [0.01, 1.0]},
        scoring="f1", cv=2,
    ).fit(X, Y)  # fmt: skip
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    assert np.array_equal(again.predict(X), search.predict(X))
    assert np.array_equal(again.predict_proba(X), search.predict_proba(X))
    assert again.scores_.to_dict() == search.best_estimator_.scores_.to_dict()
    assert again.n_features_in_ == X.shape[1]
    outer = make_pipeline(StandardScaler(), TunedClassifier(LogisticRegression(), cv=3)).fit(X, Y)
    assert np.array_equal(outer.predict(X), outer.predict(np.asarray(X)))


def test_frames_keep_their_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X).rename(columns=str)
    tuned = TunedClassifier(GaussianNB()).fit(frame, pandas.Series(Y))
    assert tuned.feature_names_in_.tolist() == list(frame)
    assert np.array_equal(tuned.predict(frame), TunedClassifier(GaussianNB()).fit(X, Y).predict(X))
    labels = pandas.DataFrame(L)
    assert TunedClassifier(OneVsRestClassifier(GaussianNB())).fit(M, labels).predict(M).shape


def test_rows_that_no_fold_tests_are_only_learned_from():
    tuned = TunedClassifier(GaussianNB(), cv=TimeSeriesSplit(4)).fit(X, Y)
    assert tuned.scores_.total == 4 * (len(Y) // 5)


class Odd(GaussianNB):
    def predict_proba(self, X):
        return np.full((len(X), 2), np.nan)


@pytest.mark.parametrize(
    ("model", "how", "sentence"),
    [
        (GaussianNB(), {"cv": ShuffleSplit(9, random_state=0)}, "test folds, where each row has"),
        (GaussianNB(), {"cv": ShuffleSplit(1, random_state=0)}, "cv gives 1 test fold"),
        (GaussianNB(), {"metric": "f2"}, "metric is 'f2'"),
        (GaussianNB(), {"metric": "mcc", "average": "macro"}, "leaves no choice of average"),
        (GaussianNB(), {"average": "samples"}, "average is 'samples'"),
        (GaussianNB(), {"metric": None}, "metric is None"),
        (GaussianNB(), {"beta": 2.0}, "metric='fbeta' has a beta"),
        (GaussianNB(), {"metric": "fbeta", "beta": -1}, "beta is -1"),
        (GaussianNB(), {"pos_label": 7}, "pos_label is 7"),
        (GaussianNB(), {"shared": True}, "shared=True is for the labels of a multilabel task"),
        (GaussianNB(), {"refit": "yes"}, "refit is 'yes'"),
        (RidgeClassifier(), {}, "RidgeClassifier has no predict_proba: .*CalibratedClassifierCV"),
        (Odd(), {}, "NaN"),
    ],
)
def test_what_makes_no_sense_is_refused(model, how, sentence):
    with pytest.raises(F1Error, match=sentence):
        TunedClassifier(model, **how).fit(X, Y)


def test_targets_that_no_threshold_parts_are_refused():
    with pytest.raises(F1Error, match="y holds one class, 0; a threshold parts two"):
        TunedClassifier(GaussianNB()).fit(X, 0 * Y)
    with pytest.raises(F1Error, match="pos_label is 1, and y has many labels"):
        TunedClassifier(OneVsRestClassifier(GaussianNB()), pos_label=1).fit(M, L)
    with pytest.raises(F1Error, match="metric is 'mcc', y has many labels"):
        TunedClassifier(OneVsRestClassifier(GaussianNB()), "mcc").fit(M, L)
    with pytest.raises(F1Error, match="pos_label is 1, and y has 3 classes"):
        TunedClassifier(GaussianNB(), pos_label=1).fit(*RARE)
    with pytest.raises(F1Error, match="shared=True is for binary and multilabel"):
        TunedClassifier(GaussianNB(), shared=True).fit(*RARE)
    with pytest.raises(F1Error, match="average is 'samples'"):
        TunedClassifier(OneVsRestClassifier(GaussianNB()), average="samples").fit(M, L)
