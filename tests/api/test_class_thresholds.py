"""A threshold for each class: the largest score over its threshold is predicted, on every way."""

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import f1core
from f1core import Accumulator, F1Error, cli

T = [0.2, 0.5, 0.1]


def drawn(rows=400, dtype=np.float64):
    rng = np.random.default_rng(5)
    scores = rng.dirichlet([2.0, 1.0, 0.5], rows).astype(dtype)
    scores[rng.random(scores.shape) < 0.1] = 0.0
    return rng.integers(0, 3, rows), scores


@given(st.floats(0, 1), st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_of_two_classes_it_is_the_cut_of_the_second(cut, scores):
    p = np.array(scores)
    ids = np.arange(len(p)) % 2
    both = f1core.score(
        ids, np.stack([1 - p, p], 1), task="multiclass", classes=2, threshold=[1 - cut, cut]
    )
    near = np.abs(p - cut) < 1e-12 * np.maximum(p, cut)  # where 1 - p and 1 - cut have rounded
    one = f1core.score(ids[~near], p[~near], task="binary", threshold=cut) if (~near).any() else 0
    rest = f1core.score(
        ids[near], np.stack([1 - p, p], 1)[near], task="multiclass", classes=2,
        threshold=[1 - cut, cut],
    ) if near.any() else 0  # fmt: skip
    found = sum(each.confusion for each in (one, rest) if each)
    assert (both.confusion == found).all()


@pytest.mark.parametrize(
    ("scores", "cuts", "expected"),
    [
        ([0.4, 0.2, 0.4], [0.4, 0.2, 0.4], 0),  # equals: the first
        ([0.0, 0.6, 0.4], [0.0, 0.6, 0.5], 1),  # 0 / 0 is nothing
        ([1e-9, 0.6, 0.4], [0.0, 0.6, 0.5], 0),  # anything over 0 is all
        ([0.3, 0.3, 0.4], [0.0, 0.0, 0.0], 0),
        ([0.0, 0.3, 0.7], [0.0, 0.0, 0.5], 1),
        ([0.0, 0.0, 0.0], [0.5, 0.5, 0.1], 0),
        ([0.5, 0.3, 0.2], [1.0, 0.5, 1.0], 1),
    ],
)  # fmt: skip
def test_equals_and_zeros(scores, cuts, expected):
    s = f1core.score([0], np.array([scores]), task="multiclass", threshold=cuts)
    assert s.confusion[0].argmax() == expected
    with np.errstate(divide="ignore"):
        logits = np.log([scores])
    s = f1core.score([0], logits, task="multiclass", threshold=cuts, from_logits=True)
    assert s.confusion[0].argmax() == expected


def test_equal_thresholds_change_nothing():
    y, p = drawn(dtype=np.float32)
    plain, cut = f1core.score(y, p), f1core.score(y, p, threshold=[0.25] * 3)
    assert (plain.confusion == cut.confusion).all()


def test_streams_files_and_the_command_line_agree(tmp_path, monkeypatch):
    y, p = drawn()
    expected = f1core.score(y, (np.where(p > 0, p, 0) / T).argmax(1), classes=3)
    total = Accumulator("multiclass", threshold=T)
    for rows in np.array_split(np.arange(len(y)), 7):
        total.update(y[rows], p[rows])
    assert (total.compute().confusion == expected.confusion).all()
    again = Accumulator.load(total.save(tmp_path / "state.npz") or tmp_path / "state.npz")
    assert again.compute().to_dict() == expected.to_dict()
    with pytest.raises(F1Error, match="threshold is"):
        again.merge(Accumulator("multiclass"))
    np.savez(tmp_path / "rows.npz", y=y, p=p)
    path = str(tmp_path / "rows.npz")
    found = f1core.files.score(path, target="y", probabilities="p", task="multiclass", threshold=T)
    assert (found.confusion == expected.confusion).all()
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    assert not cli.main([
        "score", path, "--target", "y", "--probabilities", "p", "--task", "multiclass",
        "--threshold", "0.2,0.5,0.1", "--format", "json",
    ])  # fmt: skip
    assert json.loads(out.getvalue())["f1_macro"] == expected.macro.f1


@pytest.mark.parametrize(
    ("pred", "options", "said"),
    [
        (np.ones((2, 3)) * 4.5, {}, r"is 4.5 at row 0, column 0, outside \[0, 1\]: if"),
        (np.full((2, 3), np.nan), {}, "y_pred is NaN at row 0, column 0"),
        (np.ones((2, 3), int), {}, "is for scores, and y_pred is"),
        (np.array([0, 1]), {}, "is for scores, and y_pred is"),
        (np.ones((2, 4)) / 4, {}, "threshold has 3 values, y_pred has 4 columns"),
        (np.ones((2, 3)) / 3, {"classes": 4}, "3 values, classes has 4: give one for each class"),
    ],
)  # fmt: skip
def test_what_cannot_be_divided_is_refused(pred, options, said):
    with pytest.raises(F1Error, match=said):
        f1core.score([0, 1], pred, task="multiclass", threshold=T, **options)


def test_a_refused_batch_leaves_the_total_as_it_was():
    y, p = drawn()
    total = Accumulator("multiclass", threshold=T)
    total.update(y, p)
    before = total.compute().confusion.copy()
    worse = p.copy()
    worse[-1, 2] = 1.5
    with pytest.raises(F1Error, match="at row 399, column 2"):
        total.update(y, worse)
    assert (total.compute().confusion == before).all()
