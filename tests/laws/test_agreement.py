"""Every number equals scikit-learn's, and exact arithmetic's, over any option and any input."""

from fractions import Fraction

import numpy as np
import oracle
import pytest
import tasks
from hypothesis import given
from hypothesis import strategies as st
from registry import REGISTRY, quietly
from sklearn import config_context, metrics

from f1core import score

pytestmark = pytest.mark.usefixtures("engine")


def agrees(problem, average):
    """One problem, all its numbers; those of one average are also asked of scikit-learn."""
    scores, case = problem.score(), problem.case
    assert scores.task == case.task
    assert scores.classes == case.names
    rows = [row for row in REGISTRY if row.of(case)]
    ours, exact = scores.to_dict(), oracle.exact(case)
    assert set(ours) == set(exact) == {row.name for row in rows}
    with config_context(skip_parameter_validation=True):
        for row in rows:
            assert type(ours[row.name]) is float
            assert ours[row.name] == scores.metric(row.name) or np.isnan(ours[row.name])
            same(ours[row.name], exact[row.name], row)
            if case.known_to_sklearn and (average in row.name or "_" not in row.name):
                same(ours[row.name], quietly(row.theirs, case), row)
    each_class_agrees(scores, case)


def same(ours, theirs, row):
    close = np.isclose(ours, theirs, rtol=0, atol=row.tolerance, equal_nan=True)
    assert close, f"{row.name} is {ours}, must be {theirs}"


def each_class_agrees(scores, case):
    for name, values in oracle.per_class(case).items():
        ours = getattr(scores.per_class, name)
        assert ours.shape == (case.n_classes,), name
        np.testing.assert_allclose(ours, values, rtol=0, atol=1e-12, err_msg=name)


AVERAGE = st.sampled_from(["_micro", "_macro", "_weighted", "_samples"])


@given(tasks.labels(), AVERAGE)
def test_labels_agree(problem, average):
    agrees(problem, average)


@given(tasks.multiclass(), AVERAGE)
def test_multiclass_scores_agree(problem, average):
    agrees(problem, average)


@given(tasks.binary(), AVERAGE)
def test_binary_scores_agree(problem, average):
    agrees(problem, average)


@given(tasks.multilabel(), AVERAGE)
def test_multilabel_scores_agree(problem, average):
    agrees(problem, average)


@given(st.one_of(tasks.labels(), tasks.multiclass(), tasks.binary()))
def test_the_confusion_matrix_is_scikit_learns(problem):
    case, scores = problem.case, problem.score(confusion=None, top_k=1, average_over=None)
    pred = case.pred[:, 0] if case.top_k > 1 else case.pred

    def theirs(by=None):
        return quietly(
            metrics.confusion_matrix, case.true, pred, labels=range(case.n_classes),
            sample_weight=case.weight, normalize=by,
        )  # fmt: skip

    np.testing.assert_array_equal(scores.confusion, theirs())
    for by in ("true", "pred", "all"):
        ours = scores.confusion_matrix(normalize=by)
        np.testing.assert_allclose(ours, theirs(by), rtol=0, atol=1e-12)


@given(tasks.multilabel())
def test_the_multilabel_confusion_matrices_are_scikit_learns(problem):
    case, ours = problem.case, problem.score().confusion
    assert ours.shape == (case.n_classes, 2, 2)
    if case.kept is None:
        theirs = metrics.multilabel_confusion_matrix
        indicator = case.n_classes > 1
        labels = None if indicator else [1]
        expected = quietly(
            theirs, case.true, case.pred, sample_weight=case.weight, labels=labels
        )  # fmt: skip
        np.testing.assert_array_equal(ours, expected)
    np.testing.assert_array_equal(ours[:, 1].sum(axis=-1), oracle.per_class(case)["support"])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_kappa_of_rows_without_weights_is_rounded_once(rows):
    """All before the one division are whole numbers that a float64 holds."""
    true, pred = np.array(rows).T
    hits, n = int((true == pred).sum()), len(rows)
    chance = sum(int((true == k).sum()) * int((pred == k).sum()) for k in range(4))
    found = score(true, pred, task="multiclass", classes=4).kappa
    exact = Fraction(hits * n - chance, n * n - chance) if chance < n * n else np.nan
    np.testing.assert_equal(found, float(exact))
