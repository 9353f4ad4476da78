"""score_by: each group is what score gives on its rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from same import same_bits

from f1core import F1Error, files, score
from f1core.grouped import score_by


def as_score(groups, y_true, y_pred, weight=None, **options):
    """The same, group by group."""
    groups = np.asarray(groups)
    return {
        g: score(
            y_true[groups == g], y_pred[groups == g],
            sample_weight=None if weight is None else weight[groups == g], **options,
        )
        for g in sorted(set(groups.tolist()))
    }  # fmt: skip


def same(found, expected):
    assert list(found) == list(expected)
    for group, scores in found.items():
        same_bits(scores, expected[group])


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 40),
    st.sampled_from(["binary", "multi", "labels", "flags"]),
)
def test_each_group_is_score_on_its_rows(seed, rows, kind):
    rng = np.random.default_rng(seed)
    groups = rng.choice(["b", "a", "", "c"], rows) if seed % 2 else rng.integers(-3, 3, rows)
    weight = rng.integers(1, 4, rows) if seed % 3 == 0 else None
    if kind == "flags":
        arrays = rng.random((rows, 3)) < 0.4, rng.random((rows, 3))
        options = {"task": "multilabel"}
    elif kind == "multi":
        arrays, options = (rng.integers(0, 3, rows), rng.random((rows, 3))), {"task": "multiclass"}
    elif kind == "labels":
        arrays = rng.integers(0, 4, rows), rng.integers(0, 4, rows)
        options = {"task": "multiclass"}
    else:
        arrays, options = (rng.integers(0, 2, rows), rng.random(rows)), {"task": "binary"}
    if kind != "flags" and seed % 5 == 0 and weight is None:
        options["ignore_index"] = int(arrays[0][0])
    expected, refused = tried(as_score, groups, *arrays, weight, **options)
    found, too = tried(score_by, groups, *arrays, sample_weight=weight, **options)
    assert bool(refused) == bool(too)
    if found is not None:
        same(found, expected)


def tried(call, *args, **options):
    try:
        return call(*args, **options), ""
    except F1Error as error:
        return None, str(error)


@pytest.mark.parametrize("ways", [(0, 10**9), (10**9, 0)])
def test_small_groups_and_large_ones_are_counted_alike(ways, monkeypatch):
    """Whether each group has a pass of its own, or all rows are decided at once."""
    rng = np.random.default_rng(1)
    groups, y_true = rng.integers(0, 40, 3000), rng.integers(0, 5, 3000)
    letters, every = np.array(list("abcde")), []
    for rows in ways:
        monkeypatch.setattr("f1core.grouped._ROWS", rows)
        monkeypatch.setattr("f1core.grouped._BLOCK", 700)
        every.append(
            [
                score_by(groups, y_true, y_true[::-1]),
                score_by(groups, letters[y_true], letters[groups % 5]),
                score_by(groups, y_true, np.eye(5)[groups % 5] + 0.5),
                score_by(groups, y_true, y_true[::-1], ignore_index=2, classes=5),
            ]
        )
    for one, other in zip(*every, strict=True):
        same(one, other)


def test_groups_of_any_kind_keep_their_names():
    y_true, y_pred = np.array([0, 1, 1]), np.array([0.2, 0.7, 0.1])
    for groups, names in (
        (["x", "y", "x"], ["x", "y"]),
        (np.array(["x", "y", "x"], dtype=object), ["x", "y"]),
        ([3, -1, 3], [-1, 3]),
        ([True, False, True], [False, True]),
        (np.array([0.5, 0.25, 0.5]), [0.25, 0.5]),
    ):
        assert list(score_by(groups, y_true, y_pred)) == names


def test_the_task_is_read_off_all_rows():
    found = score_by([0, 0, 1, 1], [0, 1, 2, 2], [0, 1, 2, 0])
    assert {scores.task for scores in found.values()} == {"multiclass"}
    assert found[0].classes == [0, 1]


def test_many_groups_are_one_pass():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 70_000, 100_000)
    y_true, y_prob = rng.integers(0, 2, 100_000), rng.random(100_000)
    found = score_by(groups, y_true, y_prob)
    assert sum(scores.total for scores in found.values()) == 100_000
    whole = sum((s.confusion for s in found.values()), np.zeros((2, 2), int))
    np.testing.assert_array_equal(whole, score(y_true, y_prob).confusion)


def test_refusals_name_the_group_and_the_row():
    with pytest.raises(F1Error, match=r"groups is \(2,\) int64, there are 3 rows"):
        score_by([0, 1], [0, 1, 1], [0.1, 0.2, 0.3])
    with pytest.raises(F1Error, match="groups is NaN at row 1"):
        score_by([0, math.nan, 1], [0, 1, 1], [0.1, 0.2, 0.3])
    with pytest.raises(F1Error, match="y_pred is NaN at row 2"):
        score_by(["a", "b", "b"], [0, 1, 1], [0.1, 0.2, math.nan])
    with pytest.raises(F1Error, match="group 'b': there are no rows to score"):
        score_by(["a", "b"], [0, -1], [0.1, 0.2], ignore_index=-1)
    with pytest.raises(F1Error, match="missing value"):
        score_by(["a", None], [0, 1], [0.1, 0.2])


def test_a_group_with_one_of_two_labels_learns_the_other_from_all_rows():
    pa = pytest.importorskip("pyarrow")
    batches = [
        pa.RecordBatch.from_pydict({"y": y, "y_prob": scores, "g": groups})
        for y, scores, groups in (
            (["yes", "yes"], [0.9, 0.2], ["a", "b"]),  # the negative class comes later
            (["no", "yes"], [0.1, 0.6], ["c", "b"]),
            (["yes", "yes"], [0.7, 0.8], ["d", "d"]),
        )
    ]
    rows = pa.RecordBatchReader.from_batches(batches[0].schema, batches)
    found = files.score(rows, target="y", group="g", pos_label="yes")
    assert [scores.classes for scores in found.values()] == [["no", "yes"]] * 4
    assert [scores.binary.recall for scores in found.values()] == [1.0, 0.5, 0.0, 1.0]
