"""scorer(): in cross-validation and searches, with every kind of estimator and of label."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn", minversion="1.9")

from sklearn.base import clone  # noqa: E402
from sklearn.datasets import (  # noqa: E402
    load_breast_cancer,
    load_iris,
    make_multilabel_classification,
)
from sklearn.ensemble import RandomForestClassifier  # noqa: E402
from sklearn.linear_model import LinearRegression, LogisticRegression  # noqa: E402
from sklearn.metrics import f1_score, hamming_loss  # noqa: E402
from sklearn.model_selection import (  # noqa: E402
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_score,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier  # noqa: E402
from sklearn.naive_bayes import GaussianNB  # noqa: E402
from sklearn.svm import LinearSVC  # noqa: E402
from sklearn.tree import DecisionTreeClassifier  # noqa: E402

import f1core  # noqa: E402
from f1core import F1Error  # noqa: E402
from f1core.adapters.sklearn import scorer  # noqa: E402
from f1core.scores import METRICS  # noqa: E402

X2, Y2 = load_breast_cancer(return_X_y=True)
X3, Y3 = load_iris(return_X_y=True)
XM, YM = make_multilabel_classification(100, n_classes=4, random_state=0)
NAMES2, NAMES3 = np.array(["bad", "good"])[Y2], np.array(["setosa", "versicolor", "virginica"])[Y3]


@pytest.mark.parametrize("y", [Y2, NAMES2, Y2.astype(bool), 2 * Y2 - 1, Y2 + 3.0])
@pytest.mark.parametrize(("metric", "average"), [("f1", "binary"), ("f1_macro", "macro")])
def test_two_classes_of_any_kind_score_as_scikit_learns(y, metric, average):
    model = GaussianNB().fit(X2[::2], y[::2])
    options = {"pos_label": model.classes_[1]} if average == "binary" else {}
    expected = f1_score(y[1::2], model.predict(X2[1::2]), average=average, **options)
    assert scorer(metric, **options)(model, X2[1::2], y[1::2]) == pytest.approx(expected)


@pytest.mark.parametrize("y", [Y3, NAMES3])
def test_many_classes_score_as_scikit_learns(y):
    expected = cross_val_score(GaussianNB(), X3, y, scoring="f1_macro")
    assert cross_val_score(GaussianNB(), X3, y, scoring=scorer("f1_macro")) == pytest.approx(
        expected
    )


@pytest.mark.parametrize("y", [Y2, NAMES2, 2 * Y2 - 1])
def test_a_threshold_asks_for_probabilities(y):
    model = GaussianNB().fit(X2[::2], y[::2])
    above = model.classes_[(model.predict_proba(X2[1::2])[:, 1] > 0.9).astype(int)]
    expected = f1_score(y[1::2], above, pos_label=model.classes_[1])
    said = {} if 1 in model.classes_ else {"pos_label": model.classes_[1]}
    assert scorer("f1", threshold=0.9, **said)(model, X2[1::2], y[1::2]) == pytest.approx(expected)


def test_logits_ask_for_the_decision_function():
    model = LinearSVC().fit(X2, NAMES2)
    assert scorer("f1", pos_label="good", from_logits=True)(model, X2, NAMES2) == pytest.approx(
        scorer("f1", pos_label="good")(model, X2, NAMES2)
    )


@pytest.mark.parametrize(
    "options", [{}, {"threshold": 0.5}, {"threshold": 0.3}, {"from_logits": True}]
)
def test_a_positive_class_is_never_guessed(options):
    model = (LinearSVC() if "from_logits" in options else GaussianNB()).fit(X2, NAMES2)
    metrics = ("f1", "recall", *(("accuracy", "f1_macro") if options else ()))
    for metric in metrics:
        with pytest.raises(F1Error, match=r"'bad' and 'good'.*pos_label='good'.*pos_label='bad'"):
            scorer(metric, **options)(model, X2, NAMES2)
    if not options:
        for metric in ("accuracy", "f1_macro", "mcc"):
            usual = scorer(metric)(GaussianNB().fit(X2, Y2), X2, Y2)
            assert scorer(metric)(model, X2, NAMES2) == pytest.approx(usual)
    for labels, positive in ((2 * Y2 - 1, 1), (2 - Y2, 1), (Y2 == 1, True)):
        found = clone(model).fit(X2, labels)
        assert scorer("f1", **options)(found, X2, labels) == scorer(
            "f1", pos_label=positive, **options
        )(found, X2, labels)


@pytest.mark.parametrize("options", [{}, {"threshold": 0.3}, {"from_logits": True}])
@pytest.mark.parametrize("positive", ["bad", "good"])
def test_pos_label_is_scikit_learns(positive, options):
    model = (LinearSVC() if "from_logits" in options else GaussianNB()).fit(X2, NAMES2)
    if "threshold" in options:
        column = list(model.classes_).index(positive)
        found = model.predict_proba(X2)[:, column] > 0.3
    else:
        found = model.predict(X2) == positive
    expected = f1_score(positive == NAMES2, found)
    for said in (
        {"pos_label": positive},
        {"pos_label": positive, "classes": ["bad", "good"]},
        {"pos_label": positive, "task": "binary"},
        {"classes": sorted(["bad", "good"], key=lambda name: name == positive)},
    ):
        assert scorer("f1", **said, **options)(model, X2, NAMES2) == pytest.approx(expected)
    for wrong in ({"pos_label": "ugly"}, {"pos_label": 1}):
        with pytest.raises(F1Error, match="pos_label is"):
            scorer("f1", **wrong, **options)(model, X2, NAMES2)


class Predicts:
    """An estimator that predicts what it is told, of no kind that scikit-learn knows."""

    def __init__(self, found):
        self.found = np.asarray(found)

    def fit(self, X, y):
        return self

    def predict(self, X):
        return self.found

    predict_proba = predict


def test_fractions_are_no_labels():
    y, p = np.array([1, 0, 1, 1]), np.array([0.9, 0.2, 0.8, 0.4])
    for metric in ("f1", "f1_macro", "accuracy"):
        with pytest.raises(F1Error, match=r"predict gave 0\.9 at row 0.*threshold=0\.5"):
            scorer(metric)(Predicts(p), np.zeros((4, 1)), y)
    with pytest.raises(F1Error, match="predict gave nan at row 1"):
        scorer("f1")(Predicts([1.0, np.nan, 0.0, 1.0]), np.zeros((4, 1)), y)
    with pytest.raises(F1Error, match=r"predict gave 0\.5 at row 1"):
        scorer("f1_macro")(Predicts([[1.0, 0.0], [0.5, 1.0]]), np.zeros((2, 1)), np.eye(2))
    with pytest.raises(F1Error, match="predict gave"):
        cross_val_score(LinearRegression(), X2, Y2, scoring=scorer("f1"), error_score="raise")
    # What the sentence says would do.
    expected = f1_score(y, p > 0.5)
    assert scorer("f1", threshold=0.5)(Predicts(p), np.zeros((4, 1)), y) == expected
    assert f1core.score(y, Predicts(p).predict(None)).metric("f1") == expected
    # Whole numbers are labels, whatever their dtype.
    assert scorer("f1")(Predicts(y.astype(np.float32)), np.zeros((4, 1)), y) == 1.0


@pytest.mark.parametrize("labels", [Y3, NAMES3])
@pytest.mark.parametrize("missing", [0, 1, 2])
@pytest.mark.parametrize("options", [{"top_k": 2}, {"threshold": 0.5}, {"from_logits": True}])
def test_a_class_that_an_estimator_never_saw_is_missed(labels, missing, options):
    classes = np.unique(labels).tolist()
    seen = missing != Y3
    model = LogisticRegression(max_iter=1000).fit(X3[seen], labels[seen])
    for metric in ("accuracy", "f1_macro", "recall_macro"):
        found = scorer(metric, classes=classes, **options)(model, X3, labels)
        if "top_k" in options:  # both that it knows
            assert metric != "accuracy" or found == 100 / 150
        else:
            plain = f1core.score(labels, model.predict(X3), classes=classes)
            assert found == pytest.approx(plain.metric(metric))
    folds = [(np.flatnonzero(seen), np.arange(150)), (np.arange(150), np.arange(150))]
    made = scorer("f1_macro", classes=classes, **options)
    by_fold = cross_val_score(
        LogisticRegression(max_iter=1000), X3, labels, scoring=made, cv=folds, error_score="raise"
    )
    assert by_fold[0] < by_fold[1]
    with pytest.raises(F1Error, match="the estimator's are"):
        scorer("accuracy", classes=classes[:2], **options)(
            LogisticRegression(max_iter=1000).fit(X3, labels), X3, labels
        )


@pytest.mark.parametrize("only", ["bad", "good"])
@pytest.mark.parametrize(
    "said", [{"pos_label": "good"}, {"classes": ["bad", "good"]}, {"pos_label": "bad"}], ids=str
)
def test_an_estimator_of_one_class_predicts_it_alone(only, said):
    model = DecisionTreeClassifier().fit(X2[:5], np.full(5, only))
    positive = said.get("pos_label", "good")
    expected = 1.0 if positive == only else 0.0
    for options in ({}, {"threshold": 0.5}):
        assert scorer("recall", **said, **options)(model, X2, NAMES2) == expected
    numbers = DecisionTreeClassifier().fit(X2[:5], np.full(5, int(only == "good")))
    for options in ({}, {"threshold": 0.5}):
        assert scorer("recall", **options)(numbers, X2, Y2) == float(only == "good")


def test_what_a_scorer_does_not_know_is_refused():
    for name, words in (
        ("average", "metric='f1_macro'"),
        ("needs_proba", "predict_proba"),
        ("resamples", "has no option resamples="),
        ("seed", "has no option seed="),
    ):
        with pytest.raises(TypeError, match=words):
            scorer("f1", **{name: 1})


@pytest.mark.parametrize("options", [{}, {"threshold": 0.3}, {"from_logits": True}])
def test_the_first_class_may_be_the_positive_one(options):
    if "from_logits" in options:
        model = LinearSVC().fit(X2, NAMES2)
        bad = model.decision_function(X2) < 0
    else:
        model = GaussianNB().fit(X2, NAMES2)
        bad = model.predict_proba(X2)[:, 0] > options.get("threshold", 0.5)
    expected = f1_score(NAMES2 == "bad", bad)
    made = scorer("f1", classes=["good", "bad"], **options)
    assert made(model, X2, NAMES2) == pytest.approx(expected)


def test_classes_may_be_named_in_another_order():
    model = GaussianNB().fit(X3, NAMES3)
    for names in (model.classes_, model.classes_[[2, 0, 1]]):
        made = scorer("accuracy", top_k=2, classes=list(names))
        assert made(model, X3, NAMES3) == scorer("accuracy", top_k=2)(model, X3, NAMES3)
    with pytest.raises(F1Error, match="the estimator's are"):
        scorer("accuracy", top_k=2, classes=["a", "b", "c"])(model, X3, NAMES3)


def test_an_estimator_without_probabilities_is_named():
    with pytest.raises(AttributeError, match="predict_proba"):
        scorer("f1", threshold=0.9)(LinearSVC().fit(X2, Y2), X2, Y2)


@pytest.mark.parametrize("y", [Y3, NAMES3])
def test_top_k_asks_for_probabilities(y):
    model = GaussianNB().fit(X3, y)
    order = np.argsort(-model.predict_proba(X3), axis=1)[:, :2]
    hits = (model.classes_[order] == y[:, None]).any(axis=1).mean()
    assert scorer("accuracy", top_k=2)(model, X3, y) == pytest.approx(hits)


@pytest.mark.parametrize("y", [Y2, NAMES2, Y2.astype(bool), 2 * Y2 - 1])
def test_a_threshold_is_tuned_for_labels_of_any_kind(y):
    """TunedThresholdClassifierCV calls the metric itself, without an estimator."""

    def tuned(scoring, y):
        return TunedThresholdClassifierCV(GaussianNB(), scoring=scoring, cv=3).fit(X2, y)

    said = {"pos_label": "good"} if y is NAMES2 else {}
    ours, theirs = tuned(scorer("f1", **said), y), tuned("f1", Y2)
    assert ours.best_threshold_ == pytest.approx(theirs.best_threshold_)
    assert ours.best_score_ == pytest.approx(theirs.best_score_)
    if y is NAMES2:
        for said in ({"classes": ["good", "bad"]}, {"pos_label": "bad"}):
            turned = tuned(scorer("f1", **said), y)
            assert turned.best_score_ == pytest.approx(tuned("f1", 1 - Y2).best_score_, abs=0.01)


def test_a_loss_is_negated():
    model = GaussianNB().fit(X3, Y3)
    assert scorer("hamming_loss")(model, X3, Y3) == -hamming_loss(Y3, model.predict(X3))


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(5, random_state=0),
        OneVsRestClassifier(LogisticRegression()),
        DecisionTreeClassifier(max_depth=3, random_state=0),
    ],
)
@pytest.mark.parametrize("options", [{}, {"threshold": 0.3}])
def test_several_labels_a_row(model, options):
    model = clone(model).fit(XM, YM)
    if options:
        found = model.predict_proba(XM)
        found = np.column_stack([p[:, 1] for p in found]) if isinstance(found, list) else found
        pred = found > 0.3
    else:
        pred = model.predict(XM)
    expected = f1_score(YM, pred, average="samples", zero_division=0)
    assert scorer("f1_samples", **options)(model, XM, YM) == pytest.approx(expected)


@pytest.mark.parametrize("value", [0, 1])
def test_a_label_that_never_varied_is_what_it_was(value):
    y = YM.copy()
    y[:, 0] = value
    model = RandomForestClassifier(5, random_state=0).fit(XM, y)
    made = scorer("jaccard_micro", threshold=0.0, average_over=[0], zero_division=1.0)
    assert made(model, XM, y) == 1.0


def test_searches_take_it_and_run_it_in_processes():
    search = GridSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [1, 3]},
        scoring={"ours": scorer("f1_macro"), "theirs": "f1_macro"},
        refit="ours",
        n_jobs=2,
    ).fit(X3, Y3)
    ours, theirs = (search.cv_results_[f"mean_test_{name}"] for name in ("ours", "theirs"))
    assert ours == pytest.approx(theirs)
    assert search.best_params_ == {"max_depth": 3}


def test_several_scorers_predict_once():
    calls = []

    class Counting(GaussianNB):
        def predict(self, X):
            calls.append(1)
            return super().predict(X)

    scoring = {name: scorer(name) for name in ("f1_macro", "mcc", "accuracy")}
    cross_validate(Counting(), X3, Y3, scoring=scoring, cv=3)
    assert len(calls) == 3


def test_weights_count():
    model, weight = GaussianNB().fit(X3, Y3), np.arange(len(Y3))
    expected = f1_score(Y3, model.predict(X3), average="macro", sample_weight=weight)
    assert scorer("f1_macro")(model, X3, Y3, sample_weight=weight) == pytest.approx(expected)


def test_weights_are_routed():
    with sklearn.config_context(enable_metadata_routing=True):
        made = scorer("f1_macro").set_score_request(sample_weight=True)
        weight = np.random.default_rng(0).random(len(Y3))
        weighted = cross_val_score(
            GaussianNB().set_fit_request(sample_weight=False), X3, Y3, scoring=made,
            params={"sample_weight": weight},
        )  # fmt: skip
    assert not np.allclose(weighted, cross_val_score(GaussianNB(), X3, Y3, scoring=made))


def test_it_is_pickled_and_shown():
    made = scorer("f1_macro", zero_division=1.0)
    assert repr(made) == "scorer('f1_macro', zero_division=1.0)"
    model = GaussianNB().fit(X3, Y3)
    assert pickle.loads(pickle.dumps(made))(model, X3, Y3) == made(model, X3, Y3)


@pytest.mark.parametrize("y_pred", [[0, 1, 1], [[0, 1], [1, 1], [0, 0]]])
def test_every_metric_of_every_task_has_a_scorer(y_pred):
    task = "multilabel" if np.ndim(y_pred) == 2 else "binary"
    assert set(f1core.score(y_pred, y_pred, task=task).to_dict()) <= set(METRICS)


def test_a_wrong_name_or_option_is_refused_at_once():
    with pytest.raises(F1Error, match="did you mean 'f1_macro'"):
        scorer("f1_makro")
    with pytest.raises(F1Error, match="threshold is 2"):
        scorer("f1", threshold=2)
    with pytest.raises(TypeError, match="treshold"):
        scorer("f1", treshold=0.5)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_count_of_classes_names_those_that_an_estimator_never_saw(missing):
    seen = ~np.isin(Y3, [missing])
    model = GaussianNB().fit(X3[seen], Y3[seen])
    counted = scorer("accuracy", top_k=2, classes=3)(model, X3, Y3)
    assert counted == scorer("accuracy", top_k=2, classes=[0, 1, 2])(model, X3, Y3) == seen.mean()


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_label_that_an_estimator_never_saw_is_told_of_where_nobody_named_the_classes(missing):
    seen = ~np.isin(Y3, [missing])
    model = GaussianNB().fit(X3[seen], Y3[seen])
    with pytest.raises(F1Error, match=f"y_true is {missing} at row .* never saw"):
        scorer("accuracy", top_k=2)(model, X3, Y3)


@pytest.mark.parametrize(
    ("option", "way"),
    [("sample_weight", "set_score_request"), ("needs_proba", "predict_proba"),
     ("y_true", "come with the call"), ("cluster", "one number"), ("greater_is_better", "negated")],
)  # fmt: skip
def test_options_that_a_scorer_has_not_are_told_of_in_its_own_words(option, way):
    with pytest.raises(F1Error, match=f"scorer has no option {option}=.*{way}"):
        scorer("f1", **{option: 1})


def test_an_estimator_without_probabilities_is_told_what_would_do():
    x, y = np.random.default_rng(0).random((40, 2)), np.arange(40) % 2
    with pytest.raises(F1Error, match="LinearSVC has no predict_proba: from_logits=True takes"):
        scorer("f1", threshold=0.3)(LinearSVC().fit(x, y), x, y)
    with pytest.raises(F1Error, match="LinearRegression has no predict_proba: its predictions are"):
        scorer("f1", threshold=0.3)(LinearRegression().fit(x, y), x, y)
