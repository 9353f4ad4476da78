"""The k highest-scoring labels of each row: precision, recall and F1 at k.

Drawn problems have them too (`tasks.multilabel`), so that they are cut, merged, weighted and
compared with scikit-learn and plain Python wherever many labels are.
"""

import copy

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

import f1core
from f1core import Accumulator, F1Error, compare, score, score_by
from f1core.errors import IdleOption

pytestmark = pytest.mark.usefixtures("engine")


def at_k(true, scores, k):
    """Precision, recall and F1 at k of one row, by hand."""
    best = sorted(range(len(scores)), key=lambda label: (-scores[label], label))[:k]
    hits, positive = sum(int(true[label]) for label in best), int(sum(true))
    recall = hits / positive if positive else 0.0
    return hits / k, recall, 2 * hits / (k + positive)


def drawn(rows, labels, seed=0, values=7):
    rng = np.random.default_rng(seed)
    true = (rng.random((rows, labels)) < 0.2).astype(int)
    return true, rng.integers(0, values, (rows, labels)) / 2.0 - 1.0  # ties, and no probabilities


@pytest.mark.parametrize(("labels", "k"), [(1, 1), (5, 1), (5, 5), (40, 3), (300, 9), (700, 1)])
def test_means_over_rows_are_those_of_each_row_by_hand(labels, k):
    true, scores = drawn(70, labels, seed=k)
    found = score(true, scores, task="multilabel", top_k=k).samples
    each = np.array([at_k(*row, k) for row in zip(true, scores, strict=True)])
    expected = each.mean(axis=0)
    assert (found.precision, found.recall, found.f1) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", "samples"])
def test_averages_are_scikit_learns_of_the_labels_that_are_chosen(average):
    true, scores = drawn(200, 30)
    chosen = np.zeros_like(true)
    np.put_along_axis(chosen, np.argsort(-scores, axis=1, kind="stable")[:, :4], 1, axis=1)
    found = getattr(score(true, scores, task="multilabel", top_k=4), average)
    for ratio, function in (
        (found.precision, precision_score), (found.recall, recall_score), (found.f1, f1_score),
    ):  # fmt: skip
        assert ratio == pytest.approx(
            function(true, chosen, average=average, zero_division=0.0), abs=1e-12
        )


def test_equal_scores_go_to_the_first_columns():
    s = score([[1, 1, 0, 0]], [[0.5, 0.5, 0.5, 0.9]], task="multilabel", top_k=2)
    assert s.per_class.recall.tolist() == [1.0, 0.0, 0.0, 0.0]


def test_all_rows_whatever_the_threads_and_the_layout():
    true, scores = drawn(3_000, 50)
    whole = score(true, scores, task="multilabel", top_k=3)
    for layout in (np.asfortranarray, lambda array: np.repeat(array, 2, axis=1)[:, ::2]):
        for threads in (1, 2):
            again = score(layout(true), layout(scores), task="multilabel", top_k=3, threads=threads)
            assert again.to_dict() == whole.to_dict()


def test_a_cell_that_is_ignored_takes_no_place():
    true = np.array([[1, -1, 1, 0], [-1, -1, -1, 1], [-1, -1, -1, -1]])
    scores = np.array([[0.2, np.nan, 0.1, 0.0], [1.0, 1.0, 1.0, -np.inf], [np.nan] * 4])
    s = score(true, scores, task="multilabel", top_k=2, ignore_index=-1)
    assert s.total == 2
    assert s.per_class.recall.tolist() == [1.0, 0.0, 1.0, 1.0]
    assert s.micro.precision == 1.0  # the second row has one label to choose, and chooses it


def test_a_score_of_minus_infinity_comes_before_what_is_ignored():
    true = [[-1, -1, 1, 1]]
    s = score(true, [[5.0, 5.0, -np.inf, 0.0]], task="multilabel", top_k=2, ignore_index=-1)
    assert s.micro.recall == 1.0


def test_nan_is_refused_by_its_row():
    true, scores = drawn(40, 20)
    scores[33, 7] = np.nan
    with pytest.raises(F1Error, match="y_pred is NaN at row 33, column 7"):
        score(true, scores, task="multilabel", top_k=2)
    true[3, 2] = 2
    with pytest.raises(F1Error, match="y_true is 2 at row 3, column 2"):
        score(true, scores, task="multilabel", top_k=2)


def test_flags_cannot_be_ranked():
    true = [[1, 0, 1], [0, 1, 0]]
    with pytest.raises(IdleOption, match=r"top_k=1 is for scores, and y_pred is .*: leave it out"):
        score(true, np.array(true), task="multilabel", top_k=1)
    flags, scores = np.array(true), np.array(true) * 0.9
    how = {"task": "multilabel", "top_k": 1}
    both = compare(true, flags, scores, metric="f1_micro", resamples=20, seed=0, **how)
    assert (both.a, both.b) == (1.0, score(true, scores, **how).micro.f1)


def test_more_places_than_columns_are_refused():
    with pytest.raises(F1Error, match="top_k is 4, y_pred has only 3 columns"):
        score([[1, 0, 1]], [[0.1, 0.2, 0.3]], task="multilabel", top_k=4)


def test_logits_are_ranked_as_probabilities_are():
    true, scores = drawn(50, 9, values=40)
    scores = scores.clip(-4, 4)
    probabilities = 1 / (1 + np.exp(-scores))
    logits = score(true, scores, task="multilabel", top_k=2, from_logits=True)
    assert logits.to_dict() == score(true, probabilities, task="multilabel", top_k=2).to_dict()


def test_one_place_is_not_a_threshold(tmp_path):
    true, scores = drawn(50, 9)
    scores = scores.clip(0, 1)
    one, cut = (Accumulator("multilabel", top_k=k) for k in (1, None))
    one.update(true, scores)
    cut.update(true, scores)
    assert one.compute().to_dict() != cut.compute().to_dict()
    assert cut.compute().to_dict() == score(true, scores, task="multilabel").to_dict()
    with pytest.raises(F1Error, match="top_k is 1 here and None there"):
        one.merge(cut)
    for each in (one, cut):
        each.save(tmp_path / "state")
        loaded = Accumulator.load(tmp_path / "state")
        assert loaded == each
        loaded.merge(each)  # and it still says what is merged with what
        loaded.update(true, scores)
        assert loaded.total == 3 * len(true)


def test_a_pickle_of_before_is_cut_by_its_threshold():
    true, scores = drawn(50, 9)
    before, cut = (Accumulator("multilabel") for _ in range(2))
    options = copy.copy(before.options)
    del options.__dict__["ranks"]  # as it was when labels could not be ranked
    before.__setstate__(before.__getstate__() | {"options": options, "asked": options})
    for each in (before, cut):
        each.update(true, scores.clip(0, 1))
    assert before == cut
    before.merge(cut)


def test_rows_with_ids_count_once():
    true, scores = drawn(60, 9)
    whole = Accumulator("multilabel", top_k=3)
    for rows in (slice(0, 40), slice(20, 60)):
        whole.update(true[rows], scores[rows], sample_id=np.arange(60)[rows])
    assert whole.compute().to_dict() == score(true, scores, task="multilabel", top_k=3).to_dict()


def test_groups_and_replicas_rank_as_their_rows_alone():
    true, scores = drawn(90, 9)
    by = score_by(np.arange(90) % 3, true, scores, task="multilabel", top_k=2, resamples=40, seed=1)
    for group, found in by.items():
        alone = score(
            true[group::3], scores[group::3], task="multilabel", top_k=2, resamples=40, seed=1
        )
        assert found.to_dict() == alone.to_dict()
        assert found.interval("precision_samples") == alone.interval("precision_samples")


def test_a_file_and_the_command_line(tmp_path, run):
    true, scores = drawn(30, 4)
    columns = ",".join([*(f"t_{i}" for i in range(4)), *(f"p_{i}" for i in range(4))])
    np.savetxt(tmp_path / "rows.csv", np.hstack([true, scores]), delimiter=",", header=columns,
               comments="", fmt="%g")  # fmt: skip
    expected = score(true, scores, task="multilabel", top_k=2, classes=4)
    found = f1core.files.score(
        tmp_path / "rows.csv", target="t_*", probabilities="p_*", task="multilabel", top_k=2
    )
    assert found.to_dict() == expected.to_dict()
    status, out, _ = run(
        "score", str(tmp_path / "rows.csv"), "--target", "t_*", "--probabilities", "p_*", "--task",
        "multilabel", "--top-k", "2", "--format", "json",
    )  # fmt: skip
    assert status == 0
    assert f'"precision_micro": {expected.micro.precision}' in out
