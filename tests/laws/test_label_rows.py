"""Sparse truth and predictions: what their dense arrays give, without ever filling these."""

import numpy as np
import pytest
import scipy.sparse as sp
from same import same_bits
from sklearn.metrics import f1_score

from f1core import Accumulator, F1Error, best_threshold, compare, score, score_by
from f1core.label_rows import LabelRows

pytestmark = pytest.mark.usefixtures("engine")

FORMATS = [f"{layout}_{kind}" for layout in ("csr", "csc", "coo") for kind in ("array", "matrix")]
FORMATS += ["lil_array", "dok_matrix", "dia_array", "bsr_matrix"]


def drawn(rows=60, labels=40, seed=0, share=0.15):
    """Truth, flags, and scores that are above 0 or not there, of which many are equal."""
    rng = np.random.default_rng(seed)
    true = (rng.random((rows, labels)) < share).astype(np.int8)
    scores = np.where(rng.random((rows, labels)) < 2 * share, rng.integers(1, 9, true.shape) / 8, 0)
    scores = np.where(true & (rng.random(true.shape) < 0.7), 0.75, scores)
    return true, (scores > 0.5).astype(np.int8), scores


def at_k(true, scores, k):
    """The flags of each row's k best scores above 0, by hand."""
    flags = np.zeros_like(true)
    for row, values in enumerate(scores.tolist()):
        best = sorted(np.flatnonzero(values).tolist(), key=lambda label: (-values[label], label))
        flags[row, best[:k]] = 1
    return flags


@pytest.mark.parametrize("layout", FORMATS)
def test_every_format_gives_what_its_array_gives(layout):
    true, flags, scores = drawn()
    make = getattr(sp, layout)
    for pred, options in ((flags, {}), (scores, {}), (scores, {"threshold": 0.7})):
        expected = score(true, pred, task="multilabel", **options)
        for sides in ((make(true), make(pred)), (make(true), pred), (true, make(pred))):
            same_bits(score(*sides, task="multilabel", **options), expected)


@pytest.mark.parametrize(
    "options",
    [
        {"beta": 1.7, "zero_division": 1.0},
        {"average_over": [3, 17, 0]},
        {"average_over": "present"},
        {"threshold": list(np.linspace(0, 1, 40))},
        {"threshold": -1},
        {"threshold": [0.5] * 39 + [-1]},
        {"ignore_index": -1},
        {"classes": [f"c{i}" for i in range(40)]},
        {"sample_weight": np.random.default_rng(1).random(60)},
        {"sample_weight": np.arange(60) % 3},
        {"resamples": 20, "seed": 3},
        {"threads": 2},
    ],
    ids=str,
)
def test_options_mean_what_they_mean_for_arrays(options):
    true, _, scores = drawn()
    if "ignore_index" in options:
        true[::3, ::5] = -1
    expected = score(true, scores, task="multilabel", **options)
    for sides in (
        (sp.csr_array(true), sp.csr_array(scores)),
        (sp.csc_matrix(true), scores),
        (true, sp.coo_array(scores)),
    ):
        found = score(*sides, task="multilabel", **options)
        same_bits(found, expected)
        if "resamples" in options:
            assert found.interval("f1_samples") == expected.interval("f1_samples")


@pytest.mark.parametrize("truth", ["bool", "i1", "u2", "i8", "f4", "f8"])
@pytest.mark.parametrize("dtype", ["bool", "i4", "u1", "f4", "f8", "g"])
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_every_dtype_of_cells_and_of_indices(truth, dtype, index):
    true, flags, scores = drawn()
    pred = (flags if np.dtype(dtype).kind in "iub" else scores).astype(dtype)
    sparse = [sp.csr_array(true.astype(truth)), sp.csr_array(pred)]
    for each in sparse:
        each.indices, each.indptr = each.indices.astype(index), each.indptr.astype(index)
    same_bits(score(*sparse, task="multilabel"), score(true, pred, task="multilabel"))


@pytest.mark.parametrize("k", [1, 3, 40])
@pytest.mark.parametrize("ignored", [False, True])
def test_the_k_best_are_of_scores_above_0(k, ignored):
    true, _, scores = drawn(seed=k)
    marked, looked_at, options = true, scores, {}
    if ignored:
        gone = np.random.default_rng(k).random(true.shape) < 0.2
        marked, looked_at = np.where(gone, -1, true), np.where(gone, 0, scores)
        options = {"ignore_index": -1}
    expected = score(marked, at_k(true, looked_at, k), task="multilabel", **options)
    for truth in (sp.csr_array(marked), marked):
        same_bits(
            score(truth, sp.csr_array(scores), task="multilabel", top_k=k, **options), expected
        )
    if k == 1 and not ignored:
        full = np.argmax(scores, axis=1)
        enough = np.flatnonzero(scores[np.arange(60), full] > 0)  # then dense scores are no others
        dense = score(true[enough], scores[enough], task="multilabel", top_k=k)
        same_bits(score(sp.csr_array(true[enough]), sp.csr_array(scores[enough]),
                        task="multilabel", top_k=k), dense)  # fmt: skip


def test_a_dense_zero_fills_up_the_k_best_and_a_sparse_one_does_not():
    true, scores = np.array([[1, 0, 1, 0]]), np.array([[0.0, 0.9, 0.0, 0.0]])
    assert score(true, scores, task="multilabel", top_k=2).micro.recall == 0.5
    assert score(true, sp.csr_array(scores), task="multilabel", top_k=2).micro.recall == 0.0
    held = sp.csr_array((np.array([0.0, 0.9]), np.array([0, 1]), np.array([0, 2])), shape=(1, 4))
    assert score(true, held, task="multilabel", top_k=2).micro.recall == 0.0


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", "samples"])
def test_averages_are_scikit_learns(average):
    true, flags, _ = drawn(300, 50, seed=2)
    found = score(sp.csr_array(true), sp.csr_array(flags), task="multilabel")
    expected = f1_score(sp.csr_array(true), sp.csr_array(flags), average=average, zero_division=0)
    assert getattr(found, average).f1 == pytest.approx(expected, abs=1e-12)


def test_cells_in_any_order_held_twice_or_held_as_zeros():
    true, _, scores = drawn()
    whole = score(true, scores, task="multilabel")
    rows, labels = np.nonzero(scores)
    order = np.random.default_rng(0).permutation(len(rows))
    shuffled = sp.coo_array((scores[rows, labels][order], (rows[order], labels[order])),
                            shape=scores.shape)  # fmt: skip
    halves = np.concatenate([scores[rows, labels] / 2] * 2), (np.tile(rows, 2), np.tile(labels, 2))
    twice = sp.coo_array(halves, shape=scores.shape)
    unsorted = sp.csr_array(scores)
    for row in range(len(scores)):  # turned round in each row
        span = slice(*unsorted.indptr[row : row + 2])
        for array in (unsorted.indices, unsorted.data):
            array[span] = array[span][::-1].copy()
    unsorted.has_sorted_indices = False
    zeros = sp.csr_array(np.where(scores == 0, 2.0, scores))
    zeros.data[zeros.data == 2.0] = 0.0
    before = unsorted.indices.copy()
    for pred in (shuffled, twice, unsorted, zeros):
        same_bits(score(sp.csr_array(true), pred, task="multilabel"), whole)
    assert (unsorted.indices == before).all()  # what came stays as it was
    flags = sp.coo_array((np.ones(2, int), ([0, 0], [3, 3])), shape=true.shape)
    with pytest.raises(F1Error, match="y_true is 2 at row 0, column 3"):
        score(flags, scores, task="multilabel")


REFUSED = {
    "truth": (7, 3, "true", 2, {}, "y_true is 2.0 at row 7, column 3; multilabel targets"),
    "nan": (9, 1, "pred", np.nan, {}, "y_pred is NaN at row 9, column 1"),
    "a logit": (9, 1, "pred", 3.5, {}, "y_pred is 3.5 at row 9, column 1, outside [0, 1]"),
    "below 0": (9, 1, "pred", -0.5, {}, "y_pred is -0.5 at row 9, column 1, outside [0, 1]"),
    "ranked nan": (5, 2, "pred", np.nan, {"top_k": 2}, "y_pred is NaN at row 5, column 2"),
    "ranked below 0": (5, 2, "pred", -1.0, {"top_k": 2}, "y_pred is -1.0 at row 5, column 2; "),
    "no cell": (5, 2, "pred", 0.5, {"from_logits": True}, "from_logits=True cannot read a sparse"),
    "flags": (5, 2, "flags", 2, {}, "y_pred is 2 at row 5, column 2; whole-numbered multilabel"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_counted_is_refused_by_its_cell(name):
    row, column, side, value, options, sentence = REFUSED[name]
    true, flags, scores = drawn()
    arrays = {"true": true.astype(float), "pred": scores, "flags": flags}
    arrays[side][row, column] = value
    pred = arrays["flags" if side == "flags" else "pred"]
    for sides in (
        (sp.csr_array(arrays["true"]), sp.csr_array(pred)), (arrays["true"], sp.csr_array(pred))
    ):  # fmt: skip
        with pytest.raises(F1Error) as caught:
            score(*sides, task="multilabel", **options)
        assert str(caught.value).startswith(sentence)
    kept = Accumulator("multilabel", **options)
    with pytest.raises(F1Error):
        kept.update(sp.csr_array(arrays["true"]), sp.csr_array(pred))
    assert kept.total == 0


COLUMNS = "y_true has 40 columns, y_pred has 30"


def test_forms_that_do_not_fit_are_refused():
    true, _, scores = drawn()
    for sides, words in (
        (
            (sp.csr_array(true), sp.csr_array(scores[:, :30])),
            COLUMNS,
        ),
        ((sp.csr_array(true), sp.csr_array(scores[:50])), "y_true has 60 rows, y_pred has 50"),
        ((sp.csr_array(true), scores[:, :30]), COLUMNS),
    ):
        with pytest.raises(F1Error, match=words):
            score(*sides, task="multilabel")
    with pytest.raises(F1Error, match="say task='multiclass'"):
        score(sp.csr_array(true), scores)
    broken = sp.csr_array(true)
    broken.indices[3] = 40
    with pytest.raises(F1Error, match="y_true cannot be read"):
        score(broken, scores, task="multilabel")


@pytest.mark.parametrize("weighted", [False, True])
def test_cuts_add_up_to_the_whole(weighted, small_blocks, tmp_path):
    true, _, scores = drawn(200)
    weight = np.random.default_rng(3).integers(0, 5, 200) if weighted else None
    whole = score(sp.csr_array(true), sp.csr_array(scores), task="multilabel", top_k=2,
                  sample_weight=weight)  # fmt: skip
    parts = [Accumulator("multilabel", top_k=2) for _ in range(3)]
    for number, rows in enumerate(np.array_split(np.arange(200), 7)):
        truth = true[rows] if number == 3 else sp.csr_array(true)[rows]
        some = None if weight is None else weight[rows]
        parts[number % 3].update(truth, sp.csr_array(scores)[rows], sample_weight=some)
    total = parts[0] + parts[1] + parts[2]
    found = total.compute()
    assert found.to_dict() == pytest.approx(whole.to_dict(), abs=1e-12)  # sums of weights round
    if not weighted:
        same_bits(found, whole)
    total.save(tmp_path / "state")
    assert Accumulator.load(tmp_path / "state") == total


def test_rows_with_ids_groups_and_empty_rows():
    true, _, scores = drawn(90)
    true[::4], scores[::3] = 0, 0
    sparse = sp.csr_array(true), sp.csr_array(scores)
    whole = score(true, scores, task="multilabel")
    once = Accumulator("multilabel")
    for rows in (slice(0, 60), slice(30, 90)):
        once.update(*(side[rows] for side in sparse), sample_id=np.arange(90)[rows])
    same_bits(once.compute(), whole)
    groups = np.arange(90) % 4
    by = score_by(groups, *sparse, task="multilabel")
    for name, expected in score_by(groups, true, scores, task="multilabel").items():
        same_bits(by[name], expected)
    nothing = sp.csr_array((4, 40), dtype=float)
    assert score(nothing, nothing, task="multilabel").exact_match == 1.0


def test_one_hot_rows():
    rng = np.random.default_rng(0)
    ids, scores = rng.integers(0, 7, 50), rng.random((50, 7))
    onehot = sp.csr_array(np.eye(7)[ids])
    for options in ({}, {"classes": list("abcdefg")}, {"classes": [10, 20, 30, 40, 50, 60, 70]},
                    {"top_k": 3}, {"ignore_index": 2}):  # fmt: skip
        same_bits(score(onehot, scores, task="multiclass", **options),
                  score(np.eye(7)[ids], scores, task="multiclass", **options))  # fmt: skip
    pred = scores.argmax(axis=1)
    expected = score(np.eye(7, dtype=int)[ids], pred, task="multiclass")
    same_bits(score(onehot, pred, task="multiclass"), expected)
    same_bits(score(ids, sp.csr_array(scores), task="multiclass"), score(ids, scores))
    two = sp.csr_array(np.eye(7)[ids] + np.eye(7)[(ids + 1) % 7])
    with pytest.raises(F1Error, match=r"y_true at row 0 is .*, not a one-hot row"):
        score(two, scores, task="multiclass")


def test_rows_of_labels_without_scipy():
    true, flags, _ = drawn()
    rows = [np.flatnonzero(row) for row in true]
    starts = np.append(0, np.cumsum([len(row) for row in rows]))
    made = LabelRows.of_labels(starts, np.concatenate(rows), 40)
    same_bits(score(made, flags, task="multilabel"), score(true, flags, task="multilabel"))
    assert (made[:] == true).all()
    assert (made.take(np.array([5, 2, 2]))[:] == true[[5, 2, 2]]).all()
    assert (made.part(slice(10, 13))[:] == true[10:13]).all()


def test_what_sorts_scores_reads_all_cells():
    true, _, scores = drawn(80, 6)
    sparse = sp.csr_array(true), sp.csr_array(scores)
    best = best_threshold(true, scores, task="multilabel", average="micro")
    found = best_threshold(*sparse, task="multilabel", average="micro")
    assert (found.score, str(found)) == (best.score, str(best))
    how = {"metric": "f1_macro", "task": "multilabel", "resamples": 50, "seed": 0}
    other = sp.csc_array(np.roll(scores, 1))
    assert compare(*sparse, other, **how) == compare(true, scores, np.roll(scores, 1), **how)
