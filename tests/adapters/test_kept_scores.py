"""KeptScores: whatever the batches, an epoch's rows are cut by the best threshold of all."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import f1core
from f1core import F1Error
from f1core.adapters.kept_scores import KeptScores, wants_best

RNG = np.random.default_rng(5)
N = 400
Y = (RNG.random(N) < 0.2).astype(np.int64)
P = np.round(0.3 * Y + 0.7 * RNG.random(N), 3).astype(np.float32)
L = (RNG.random((N, 3)) < [0.1, 0.3, 0.6]).astype(np.int64)
Q = (0.3 * L + 0.7 * RNG.random((N, 3))).astype(np.float32)
IDS = RNG.choice(3, N, p=[0.8, 0.15, 0.05])
C = RNG.random((N, 3)) + 0.5 * np.eye(3)[IDS]
C = (C / C.sum(axis=1, keepdims=True)).astype(np.float32)
W = RNG.integers(0, 4, N).astype(float)


def kept(true, scores, weight=None, cuts=(130, 135, 390), **how):
    made = KeptScores(**how)
    for rows in np.split(np.arange(len(true)), cuts):
        made.update(
            true[rows], scores[rows], sample_weight=None if weight is None else weight[rows]
        )
    return made


def whole(true, scores, weight=None, search=(), **how):
    best = f1core.best_threshold(true, scores, sample_weight=weight, **dict(search), **how)
    found = f1core.score(true, scores, threshold=best.threshold, sample_weight=weight, **how)
    return best, found


@pytest.mark.parametrize("weight", [None, W])
@pytest.mark.parametrize(
    ("true", "scores", "how"),
    [
        (Y, P, {"task": "binary"}),
        (Y[:, None], P[:, None], {"task": "binary"}),
        (Y.astype(np.float32), P.astype(np.float16), {"task": "binary", "beta": 2.0}),
        (np.where(Y, 7, 300), P, {"task": "binary", "pos_label": 7}),
        (np.where(Y, "yes", "no"), P, {"task": "binary", "pos_label": "yes"}),
        (np.where(Y, "yes", "no"), P, {"task": "binary", "classes": ["no", "yes"]}),
        (np.where(P > 0.6, -100, Y), P, {"task": "binary", "ignore_index": -100}),
        (Y, np.log(P / (1.001 - P)), {"task": "binary", "from_logits": True}),
        (L, Q, {"task": "multilabel"}),
        (L, Q, {"task": "multilabel", "classes": ["a", "b", "c"], "zero_division": 1.0}),
        (np.where(Q > 0.6, -1, L), Q, {"task": "multilabel", "ignore_index": -1}),
        (L, Q, {"task": "multilabel", "average_over": [0, 2]}),
        (IDS, C, {"task": "multiclass"}),
        (np.eye(3, dtype=int)[IDS], C, {"task": "multiclass", "beta": 2.0}),
        (IDS, np.log(C), {"task": "multiclass", "from_logits": True, "classes": ["a", "b", "c"]}),
        (np.where(C[:, 0] > 0.6, -1, IDS), C, {"task": "multiclass", "ignore_index": -1}),
    ],
)
def test_batches_add_up_to_the_best_threshold_of_all_rows(true, scores, how, weight):
    best, expected = whole(true, scores, weight, **how)
    made = kept(true, scores, weight, **how)
    assert made.compute().to_dict() == expected.to_dict()
    assert np.array_equal(made.best.threshold, best.threshold)
    assert made.best.score == best.score == made.compute().metric(best.metric)
    assert made.compute().classes == expected.classes
    one, other = (kept(true[rows], scores[rows], None if weight is None else weight[rows], **how)
                  for rows in (slice(0, 150), slice(150, None)))  # fmt: skip
    one = pickle.loads(pickle.dumps(one))
    one.merge(other)
    assert one.compute().to_dict() == expected.to_dict()
    assert other.total + one.total > one.total == made.total
    made.reset()
    with pytest.raises(F1Error, match="no rows"):
        made.compute()
    made.update(true, scores, sample_weight=weight)
    assert made.compute().to_dict() == expected.to_dict()


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("shared", [False, True])
def test_labels_share_what_they_are_told_to(average, shared):
    search = {"average": average, "shared": shared}
    best, expected = whole(L, Q, task="multilabel", search=search)
    made = kept(L, Q, task="multilabel", **search)
    assert made.compute().to_dict() == expected.to_dict()
    assert made.best.score == best.score


@pytest.mark.parametrize("weight", [None, W])
@pytest.mark.parametrize("bins", [4, 16, 4096])
@pytest.mark.parametrize(
    ("true", "how"),
    [(Y, {}), (np.where(Y, "yes", "no"), {"pos_label": "yes"}), (Y, {"beta": 2.0})],
)
def test_bins_keep_no_scores_and_say_what_they_miss(true, how, bins, weight):
    made = kept(true, P, weight, task="binary", bins=bins, **how)
    found = made.compute()
    expected = f1core.score(
        true, P, task="binary", threshold=made.best.threshold, sample_weight=weight, **how
    )
    assert found.to_dict() == pytest.approx(expected.to_dict(), abs=1e-12)
    assert found.classes == expected.classes
    best, _ = whole(true, P, weight, task="binary", **how)
    name = best.metric
    assert found.metric(name) == pytest.approx(made.best.score)
    assert made.best.score <= best.score + 1e-12 <= made.best.bound + 2e-12
    assert not made._rows
    assert (bins < 4096) or made.best.bound - made.best.score < 0.01


def test_what_is_refused_leaves_all_as_it_was():
    for how, bad in (
        ({"task": "binary"}, (Y[:2], [0.1, np.nan])),
        ({"task": "binary", "bins": 16}, (Y[:2], [0.1, 1.7])),
        ({"task": "binary"}, ([0, 5], [0.1, 0.2])),
        ({"task": "binary"}, (Y[:3], [0.1, 0.2])),
        ({"task": "binary"}, (Y[:2], np.array([0, 1]))),
        ({"task": "multiclass"}, (IDS[:2], [[0.1, 0.2, 0.7], [2.0, -1.0, 0.0]])),
        ({"task": "multiclass"}, (IDS[:2], [[0.1, 0.2, 0.7], [0.2, np.nan, 0.0]])),
    ):
        made = kept(IDS, C, **how) if how["task"] == "multiclass" else kept(Y, P, **how)
        before = made.compute().to_dict()
        with pytest.raises(F1Error):
            made.update(*bad)
        assert made.compute().to_dict() == before
        assert made.total == N


def test_callers_may_use_their_arrays_again():
    true, scores, weight = Y.copy(), P.copy(), W.copy()
    made = KeptScores("binary")
    made.update(true, scores, sample_weight=weight)
    expected = made.compute().to_dict()
    made = KeptScores("binary")
    made.update(true, scores, sample_weight=weight)
    true[:], scores[:], weight[:] = 0, 0, 1
    assert made.compute().to_dict() == expected


def test_rows_take_the_bytes_that_are_promised():
    made = KeptScores("binary")
    made.update(Y, P)
    ((true, scores, weight),) = made._rows
    assert (true.nbytes + scores.nbytes, weight) == (5 * N, None)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        (
            {"task": "binary", "average": "macro", "shared": True},
            "shared=True is for labels: there is one",
        ),
        ({"task": "binary", "shared": True}, "shared=True is for the labels"),
        ({"task": "binary", "average": "samples"}, "average is 'samples'"),
        ({"task": "binary", "average": "macro", "bins": 16}, "bins is 16 and average='macro'"),
        ({"task": "multilabel", "average": "samples"}, "average is 'samples'"),
        ({"task": "multiclass", "shared": True}, "shared=True is for labels"),
        ({"task": "multiclass", "average": "samples"}, "average is 'samples'"),
        ({"task": "multiclass", "bins": 16}, "one probability a row: not task='multiclass'"),
        ({"task": "multilabel", "bins": 16}, "one probability a row: not task='multilabel'"),
        ({"task": "binary", "bins": 16, "from_logits": True}, "not from_logits=True"),
        ({"task": "binary", "bins": 15}, "bins is 15; give a power of two"),
        ({"task": "binary", "top_k": 2}, "threshold='best' has no option top_k="),
        ({"task": "binary", "resamples": 9}, "threshold='best' has no option resamples="),
    ],
)
def test_options_that_leave_nothing_to_find_are_refused(how, sentence):
    with pytest.raises(F1Error, match=sentence):
        KeptScores(**how)


def test_different_options_are_not_merged_and_leave_both_as_they_were():
    for one, other, sentence in (
        ({"task": "binary"}, {"task": "binary", "bins": 16}, "bins is None here and 16 there"),
        (
            {"task": "binary", "bins": 32},
            {"task": "binary", "bins": 16},
            "bins is 32 here and 16 there",
        ),
        (
            {"task": "binary"},
            {"task": "binary", "average": "macro"},
            "average is 'binary' here and 'macro' there",
        ),
        (
            {"task": "multilabel"},
            {"task": "multilabel", "average": "micro"},
            "average is 'macro' here and 'micro' there",
        ),
        (
            {"task": "multilabel", "shared": True},
            {"task": "multilabel"},
            "shared is True here and False there",
        ),
        ({"task": "binary"}, {"task": "binary", "beta": 2.0}, "beta is 1.0 here and 2.0 there"),
    ):
        rows = (L, Q) if one["task"] == "multilabel" else (Y, P)
        made, more = kept(*rows, **one), kept(*rows, **other)
        before = [(each.total, each.compute().to_dict()) for each in (made, more)]
        with pytest.raises(F1Error, match=sentence):
            made.merge(more)
        assert [(each.total, each.compute().to_dict()) for each in (made, more)] == before
    with pytest.raises(F1Error, match="one side has threshold='best'"):
        KeptScores("binary").merge(f1core.Accumulator("binary"))


def test_what_only_bins_refuse_is_not_counted(monkeypatch):
    made = kept(Y, P, task="binary", bins=16)

    def refuse(*_, **__):
        raise F1Error("not these")

    monkeypatch.setattr(made._bins, "update", refuse)
    with pytest.raises(F1Error, match="not these"):
        made.update(Y, P)
    assert made.total == N
    monkeypatch.setattr(made._bins, "merge", refuse)
    with pytest.raises(F1Error, match="not these"):
        made.merge(kept(Y, P, task="binary", bins=16))
    assert made.total == N


CLASS_METRICS = (
    "macro", "micro", "weighted", "mcc", "kappa", "balanced_accuracy", "precision_macro",
    "hamming_loss",
)  # fmt: skip


@pytest.mark.parametrize("average", CLASS_METRICS)
@pytest.mark.parametrize(
    ("true", "scores", "how"),
    [
        (Y, P, {}),
        (np.where(Y, "yes", "no"), P, {"pos_label": "yes", "beta": 2.0}),
        (Y, np.where(P < 0.4, 0, P), {"zero_division": 1.0}),
        (np.where(P > 0.6, -100, Y), P, {"ignore_index": -100}),
        (Y, np.log(P / (1.001 - P)), {"from_logits": True}),
        (np.ones(N, int), P, {}),
    ],
)
@pytest.mark.parametrize("weight", [None, W])
def test_no_threshold_of_two_classes_is_better(true, scores, how, average, weight):
    """Every threshold that parts two scores is tried, one after the other."""
    some = slice(0, 60)
    true, scores = true[some], scores[some]
    weight = None if weight is None else weight[some]
    made = kept(true, scores, weight, cuts=(20, 21), task="binary", average=average, **how)
    found, name = made.compute(), made.best.metric
    assert found.metric(name) == pytest.approx(made.best.score, abs=1e-12, nan_ok=True)
    values = np.unique(np.append(scores.astype(np.float64), 0.0))
    if how.get("from_logits"):
        values = 1 / (1 + np.exp(-np.unique(scores.astype(np.float64))))
        tried = [0.0, *((values[1:] + values[:-1]) / 2), 1.0]
    else:
        tried = [-1.0, *((values[1:] + values[:-1]) / 2), 1.0]
    every = [
        f1core.score(true, scores, task="binary", threshold=float(at), sample_weight=weight, **how)
        .metric(name)
        for at in tried
    ]  # fmt: skip
    every = [value for value in every if value == value]
    top = (min if name == "hamming_loss" else max)(every, default=np.nan)
    assert made.best.score == pytest.approx(top, abs=1e-12, nan_ok=True)


def test_of_the_positive_class_the_f1_is_best_by_default():
    given = [kept(Y, P, task="binary", **how) for how in ({}, {"average": "binary"})]
    assert {each.compute().binary.f1 for each in given} == {f1core.best_threshold(Y, P).score}
    macro = kept(L[:, 2], Q[:, 2], task="binary", average="macro")
    positive = kept(L[:, 2], Q[:, 2], task="binary")
    assert macro.compute().macro.f1 > positive.compute().macro.f1
    assert macro.compute().binary.f1 < positive.compute().binary.f1


@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
@pytest.mark.parametrize("named", [True, False])
def test_columns_are_those_of_their_names_in_every_batch(task, named):
    pd = pytest.importorskip("pandas")
    names, how = list("abc"), {"task": task, **({"classes": list("abc")} if named else {})}
    true = IDS if task == "multiclass" else pd.DataFrame(L, columns=names)
    scores = pd.DataFrame(C if task == "multiclass" else Q, columns=names)
    best, expected = whole(true, scores, **how)
    orders = ([2, 0, 1] if named else [0, 1, 2]), [1, 2, 0]  # the first may name the classes

    def rows(part, order):
        some = true[part] if task == "multiclass" else true.iloc[part, order[::-1]]
        return some, scores.iloc[part, order]

    made, other = KeptScores(**how), KeptScores(**how)
    made.update(*rows(slice(0, 150), orders[0]))
    other = KeptScores(**how)
    other.merge(made)
    more = rows(slice(150, None), orders[1])
    for each in (made, other):
        each.update(*more)
        assert each.compute().to_dict() == pytest.approx(expected.to_dict(), abs=1e-12)
        at = dict(zip(each.compute().classes, each.best.threshold, strict=True))
        assert at == dict(zip(expected.classes, best.threshold, strict=True))
    with pytest.raises(F1Error, match="column"):
        made.update(more[0], more[1].rename(columns={"a": "dog"}))
    if not named:
        with pytest.raises(F1Error, match="name"):
            made.update(more[0], more[1].to_numpy())
    assert made.total == other.total
    assert made.compute().to_dict() == other.compute().to_dict()


def test_rows_of_one_index_in_another_order_are_refused():
    pd = pytest.importorskip("pandas")
    true, scores = pd.Series(Y), pd.Series(P)
    made = KeptScores("binary")
    with pytest.raises(F1Error, match="another order"):
        made.update(true, scores[::-1])
    with pytest.raises(F1Error, match="another order"):
        made.update(true, scores, sample_weight=pd.Series(W)[::-1])
    assert made.total == 0


@pytest.mark.parametrize("task", ["multilabel", "multiclass"])
def test_sparse_truth_is_read_as_best_threshold_reads_it(task):
    sparse = pytest.importorskip("scipy.sparse")
    onehot = L if task == "multilabel" else np.eye(3, dtype=int)[IDS]
    scores, how = (Q, {}) if task == "multilabel" else (C, {"classes": [10, 20, 30]})
    made = KeptScores(task, **how)
    made.update(sparse.csr_matrix(onehot), scores)
    best, expected = whole(onehot, scores, task=task, **how)
    assert made.compute().to_dict() == expected.to_dict()
    assert made.best.score == best.score


def test_best_is_said_by_a_word():
    assert wants_best("best")
    assert not any(map(wants_best, (0.5, "worst", None, np.array([0.5, 0.5]), ["best"])))
