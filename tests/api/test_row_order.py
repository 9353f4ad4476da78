"""Which rows belong together, and which rows are there: pandas' indexes, and weights of 0."""

import numpy as np
import pytest

import f1core
from f1core import Accumulator, F1Error, score, score_by

TRUE, PRED = [0, 1, 1, 0], [0.2, 0.9, 0.4, 0.6]


def test_index_labels_in_another_order_are_refused():
    pd = pytest.importorskip("pandas")
    true = pd.Series(TRUE, index=list("abcd"))
    pred = pd.Series(PRED, index=list("abcd")).loc[list("dcba")]
    weight, rows = pd.Series([1, 2, 3, 4], index=list("bacd")), np.array(PRED)
    frame = pd.DataFrame({"a": PRED, "b": PRED}, index=list("bacd"))
    drawn = Accumulator("binary", resamples=3)
    words = "{} and {} have the same index labels in another order"
    for call, one, other in (
        (lambda: score(true, pred), "y_true", "y_pred"),
        (lambda: score(true, pred > 0.5), "y_true", "y_pred"),
        (lambda: score(true, frame, classes=2, task="multiclass"), "y_true", "y_pred"),
        (lambda: score(true, rows, sample_weight=weight), "y_true", "sample_weight"),
        (lambda: score(TRUE, pred, sample_weight=weight), "y_pred", "sample_weight"),
        (lambda: score(np.array(TRUE), pred, sample_weight=weight), "y_pred", "sample_weight"),
        (lambda: score_by(weight, true, rows), "y_true", "groups"),
        (lambda: Accumulator("binary").update(true, pred), "y_true", "y_pred"),
        (lambda: Accumulator("binary").update(true, rows, sample_id=weight), "y_true", "sample_id"),
        (lambda: score(true, rows, cluster=weight, resamples=3), "y_true", "cluster"),
        (lambda: drawn.update(true, rows, cluster=weight), "y_true", "cluster"),
        (lambda: f1core.best_threshold(true, pred), "y_true", "y_prob"),
        (lambda: f1core.curve(true, pred), "y_true", "y_prob"),
    ):
        with pytest.raises(F1Error, match=words.format(one, other)):
            call()


def test_an_aligned_series_and_a_position_both_do():
    pd = pytest.importorskip("pandas")
    true = pd.Series(TRUE, index=list("abcd"))
    pred = pd.Series(PRED, index=list("abcd"))
    turned = pred.loc[list("dcba")]
    assert score(true, turned.loc[true.index]).binary == score(TRUE, PRED).binary
    assert score(true, turned.to_numpy()).binary == score(TRUE, PRED[::-1]).binary


@pytest.mark.parametrize(
    "index",
    [[0, 1, 2, 3], [4, 5, 6, 7], [3, 2, 1, 9], [1, 1, 0, 0], [3.0, 2.0, 1.0, None], list("wxyz")],
)
def test_other_indexes_say_nothing_and_rows_are_matched_by_position(index):
    pd = pytest.importorskip("pandas")
    other = pd.Series(PRED, index=index)
    assert score(pd.Series(TRUE), other).binary == score(TRUE, PRED).binary
    repeated = pd.Series(TRUE, index=[0, 0, 1, 1])
    assert score(repeated, other).binary == score(TRUE, PRED).binary


def test_a_row_of_weight_0_is_no_row():
    """So that whole weights are repetitions; scikit-learn drops such scores from its curves."""
    weight = [1, 0, 1, 1]
    kept = f1core.curve([0, 1, 0], [0.2, 0.4, 0.6])
    found = f1core.curve(TRUE, PRED, sample_weight=weight)
    assert found.thresholds.tolist() == kept.thresholds.tolist() == [0.0, 0.2, 0.4, 0.6]
    assert found.predicted.tolist() == kept.predicted.tolist()
    metrics = pytest.importorskip("sklearn.metrics")
    _, _, theirs = metrics.precision_recall_curve(TRUE, PRED, sample_weight=weight)
    assert found.thresholds[1:].tolist() == theirs.tolist()
    one, other = (
        f1core.best_threshold(TRUE, PRED, sample_weight=weight),
        f1core.best_threshold([0, 1, 0], [0.2, 0.4, 0.6]),
    )
    assert one.threshold == other.threshold
    with pytest.raises(F1Error, match="y_prob is NaN at row 1"):
        f1core.curve(TRUE, [0.2, np.nan, 0.4, 0.6], sample_weight=weight)


@pytest.mark.parametrize("names", [[0, 1, 2], ["a", "b", "c"]])
def test_a_label_of_rows_of_weight_0_alone_is_no_class(names):
    names = np.array(names)
    scores = score(names, names[[0, 1, 1]], sample_weight=[1, 2, 0], task="multiclass")
    assert scores.classes == names[:2].tolist()
    assert scores.macro.f1 == 1.0
    same = score(names, names[[0, 1, 1]], sample_weight=[1, 2, 0], classes=names.tolist())
    assert same.macro.f1 == 1.0


def test_the_functions_of_the_scikit_learn_adapter_average_over_it_as_scikit_learn_does():
    metrics = pytest.importorskip("sklearn.metrics")
    from f1core.adapters.sklearn import f1_score

    arguments = {"average": "macro", "sample_weight": [1, 2, 0], "zero_division": 0}
    ours = f1_score([0, 1, 2], [0, 1, 1], **arguments)
    assert ours == metrics.f1_score([0, 1, 2], [0, 1, 1], **arguments) == 2 / 3
