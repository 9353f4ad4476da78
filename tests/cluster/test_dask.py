"""Dask: any chunks and partitions give the integers of score(), and only counts travel."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from same import close, same_bits

import f1core
from f1core import F1Error

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
pd = pytest.importorskip("pandas")

from f1core.cluster import partition  # noqa: E402
from f1core.cluster.dask import score, score_frame  # noqa: E402

NAMES = np.array(["ant", "bee", "cat", "dog"])


@pytest.fixture(autouse=True)
def _here():
    with dask.config.set(scheduler="synchronous"):
        yield


@st.composite
def cuts(draw, size):
    """Chunks of a dimension, some of them empty."""
    edges = sorted(draw(st.lists(st.integers(0, size), max_size=4)))
    return tuple(b - a for a, b in zip([0, *edges], [*edges, size], strict=True))


def rows(task, n, seed):
    rng = np.random.default_rng(seed)
    scores = (rng.integers(0, 5, (n, 4)) / 4).astype("f4")
    true = rng.integers(0, 4, n)
    if task == "binary":
        return true > 1, scores[:, 0]
    if task == "multilabel":
        return (scores > 0.4).astype("i1"), rng.random((n, 4))
    if task == "one-hot":
        return np.eye(4, dtype="i4")[true], scores
    if task == "labels":
        return true, rng.integers(0, 4, n)
    if task == "strings":
        return NAMES[true], NAMES[rng.integers(0, 4, n)]
    return true, scores


TASKS = {
    "binary": {}, "multiclass": {}, "multilabel": {"task": "multilabel"},
    "one-hot": {"task": "multiclass"}, "labels": {"task": "multiclass"}, "strings": {},
}  # fmt: skip


@pytest.mark.parametrize("kind", TASKS)
@given(data=st.data(), seed=st.integers(0, 2**32), n=st.integers(1, 40))
def test_any_chunks_give_the_integers_of_the_whole(kind, data, seed, n):
    true, pred = rows(kind, n, seed)
    lazy = []
    for side in (true, pred):
        chunks = tuple(data.draw(cuts(size)) for size in side.shape)
        lazy.append(da.from_array(side, chunks=chunks))
    same_bits(score(*lazy, **TASKS[kind]), f1core.score(true, pred, **TASKS[kind]))
    weight = np.random.default_rng(seed).random(n)
    lazy_weight = da.from_array(weight, chunks=(data.draw(cuts(n)),))
    close(
        score(*lazy, sample_weight=lazy_weight, **TASKS[kind]),
        f1core.score(true, pred, sample_weight=weight, **TASKS[kind]),
    )


@given(data=st.data(), seed=st.integers(0, 2**32), n=st.integers(1, 40))
def test_any_partitions_of_a_frame(data, seed, n):
    true, scores = rows("multiclass", n, seed)
    frame = pd.DataFrame({"y": true, "name": NAMES[true], "w": np.arange(1, n + 1)})
    for i, name in enumerate(NAMES):
        frame[f"p_{i}"] = frame[f"q_{name}"] = scores[:, i]
    frame["v"] = list(scores)
    sizes = data.draw(cuts(n))
    edges = np.cumsum([0, *sizes])
    with dask.config.set({"dataframe.convert-string": False}):
        parts = [frame.iloc[a:b] for a, b in pairwise(edges)]
        lazy = dd.from_map(lambda part: part, parts, meta=frame.iloc[:0])
    expected = f1core.score(true, scores, classes=[0, 1, 2, 3])
    same_bits(score_frame(lazy, target="y", probabilities="p_*"), expected)
    vector = {"probabilities": "v", "task": "multiclass"}
    same_bits(score_frame(lazy, target="y", **vector), f1core.score(true, scores))
    named = f1core.score(NAMES[true], scores, classes=NAMES.tolist())
    found = score_frame(lazy, target="name", probabilities="q_*", task="multiclass")
    same_bits(found, named)
    weighted = f1core.score(true, scores, classes=[0, 1, 2, 3], sample_weight=frame["w"])
    close(score_frame(lazy, target="y", probabilities="p_*", sample_weight="w"), weighted)


def test_columns_of_frames_are_matched_by_name():
    true, scores = rows("multiclass", 90, 0)
    scores = np.random.default_rng(0).random(scores.shape)  # whose maxima are not tied
    flags = (scores > 0.4).astype("i1")
    expected = f1core.score(true, scores)
    several = f1core.score(flags, scores, task="multilabel")
    odd = ["dog", "bee", "ant", "cat"]
    frame = pd.DataFrame(scores, columns=NAMES)
    lazy, truth = (
        dd.from_pandas(one, npartitions=3)
        for one in (frame[odd], pd.DataFrame(flags, columns=NAMES))
    )
    series = dd.from_pandas(pd.Series(true), npartitions=3)
    assert score(series, lazy, classes=NAMES).to_dict() == expected.to_dict()
    assert score(series, lazy.to_dask_array(), classes=odd).classes == odd
    found = score(series, lazy[list(NAMES)])
    assert found.to_dict() == expected.to_dict() and found.classes == NAMES.tolist()
    names = da.from_array(NAMES[true], chunks=30)
    assert score(names, lazy).macro.f1 == pytest.approx(expected.macro.f1)
    for classes in (None, NAMES):
        found = score(truth, lazy, task="multilabel", classes=classes)
        assert found.macro.f1 == pytest.approx(several.macro.f1)
    found = score(truth.rename(columns="true_{}".format), lazy, task="multilabel", classes=NAMES)
    assert found.to_dict() == several.to_dict()
    numbers = dd.from_pandas(pd.DataFrame(scores)[[2, 0, 3, 1]], npartitions=3)
    assert score(series, numbers).to_dict() == expected.to_dict()
    with pytest.raises(F1Error, match=r"y_pred has other columns: .*to_dask_array\(\)"):
        score(series, lazy, classes=["a", "b", "c", "d"])
    with pytest.raises(F1Error, match="y_pred has no column for class 'a'"):
        score(series, lazy, classes=["a", "bee", "cat", "dog"])
    with pytest.raises(F1Error, match="y_true and y_pred have other columns"):
        score(truth, lazy.rename(columns={"ant": "emu"}), task="multilabel")


@pytest.mark.parametrize("classes", [None, 12, range(12)], ids=str)
def test_what_the_star_stands_for_names_the_class(classes):
    rng = np.random.default_rng(0)
    true, scores = rng.integers(0, 12, 300), rng.random((300, 12))
    frame = pd.DataFrame({"y": true, **{f"p_{i}": scores[:, i] for i in range(12)}})
    lazy = dd.from_pandas(frame[["y", *sorted(frame.columns[1:])]], npartitions=4)
    assert list(lazy.columns)[:4] == ["y", "p_0", "p_1", "p_10"]
    found = score_frame(lazy, target="y", probabilities="p_*", classes=classes)
    assert found.to_dict() == f1core.score(true, scores).to_dict()
    plain = dd.from_pandas(pd.DataFrame(np.c_[true, scores]), npartitions=2)
    columns = [str(i) for i in range(1, 13)]
    found = score_frame(plain, target="0", probabilities=columns, task="multiclass", classes=12)
    assert found.to_dict() == f1core.score(true, scores).to_dict()


def test_nothing_is_read_before_it_is_computed():
    calls = []

    def block(x):
        calls.append(len(x))
        return x

    true, pred = rows("multiclass", 100, 0)
    meta = np.empty((0, 4), pred.dtype)
    lazy = da.from_array(pred, chunks=(10, 4)).map_blocks(block, meta=meta)
    found = score(da.from_array(true, chunks=7), lazy, compute=False)
    assert not calls
    same_bits(found.compute(), f1core.score(true, pred))
    assert calls == [10] * 10


def test_unknown_chunks_and_series():
    true, pred = rows("binary", 90, 0)
    frame = dd.from_pandas(pd.DataFrame({"y": true, "p": pred}), npartitions=4)
    kept = frame[frame["p"] > 0.1]
    expected = f1core.score(true[pred > 0.1], pred[pred > 0.1])
    same_bits(score(kept["y"], kept["p"]), expected)
    same_bits(score(kept["y"].to_dask_array(), kept["p"].to_dask_array()), expected)
    with pytest.raises(F1Error, match="unknown size"):
        score(da.from_array(true, chunks=-1), kept["p"])
    same_bits(score(true, da.from_array(pred, chunks=9)), f1core.score(true, pred))


def test_a_bad_row_names_its_chunk():
    true, pred = rows("multiclass", 100, 0)
    pred[57, 2] = np.nan
    lazy = da.from_array(true, chunks=33), da.from_array(pred, chunks=(10, 3))
    with pytest.raises(F1Error, match=r"^chunk 5: y_pred is NaN at row 7, column 2$"):
        score(*lazy)
    frame = dd.from_pandas(pd.DataFrame({"y": true, "p": pred[:, 2]}), npartitions=10)
    with pytest.raises(F1Error, match=r"^partition \d: "):
        score_frame(frame, target="y", probabilities="p", task="binary")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda y, p: score(y, p[:50]), "y_true has 100 rows, y_pred has 50"),
        (lambda y, p: score(y, y), "say task='binary' or task='multiclass'"),
        (lambda y, p: score(p, p), "say task='multiclass'"),
        (lambda y, p: score(y, p, treshold=0.5), "did you mean threshold="),
        (lambda y, p: score(y, p, threshold=2), "threshold is 2"),
        (lambda y, p: score(y, p.compute()), "give a Dask array"),
        (lambda y, p: score(y, p.reshape(50, 2, 4)), "3 dimensions"),
        (lambda y, p: score(y[:0], p[:0]), "no rows"),
        (lambda y, p: score_frame(y, target="y", probabilities="p"), "give a Dask DataFrame"),
        (lambda y, p: score_frame(frame(), target="z", probabilities="p"), "no column 'z'"),
        (lambda y, p: score_frame(frame(), target="y", probabilities="v"), "say task="),
    ],
)
def test_what_cannot_be_scored(call, words):
    true, pred = rows("multiclass", 100, 0)
    with pytest.raises(F1Error, match=words):
        call(da.from_array(true, chunks=30), da.from_array(pred, chunks=(30, 4)))


def frame():
    with dask.config.set({"dataframe.convert-string": False}):
        found = pd.DataFrame({"y": [0, 1], "p": [0.1, 0.9], "v": [[0.1, 0.9], [0.2, 0.8]]})
        return dd.from_pandas(found, npartitions=1)


def test_on_a_cluster_of_processes_only_counts_travel(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    true, pred = rows("multiclass", 200_000, 0)
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__DASHBOARD__LINK", "")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None,
        local_directory=str(tmp_path),
    ) as cluster, distributed.Client(cluster) as client:  # fmt: skip
        lazy = da.from_array(true, chunks=30_000), da.from_array(pred, chunks=(20_000, 4))
        with dask.config.set(scheduler=client):
            same_bits(score(*lazy), f1core.score(true, pred))
            bad = lazy[1].map_blocks(lambda block: block - 1)
            with pytest.raises(F1Error, match=r"^chunk 0: y_true is"):
                score(lazy[0] + 4, bad)


def test_an_id_beside_the_scores_is_no_class():
    columns = {"y": ["a", "b"] * 9, "id": range(18), "a": [0.75, 0.25] * 9, "b": [0.25, 0.75] * 9}
    frame = dd.from_pandas(pd.DataFrame(columns), npartitions=2)
    with pytest.raises(F1Error, match=r"partition \d: probabilities has the column 'id' of whole"):
        score_frame(frame, target="y", probabilities="*")
    assert score_frame(frame, target="y", probabilities=["a", "b"]).accuracy == 1.0


def test_a_state_is_small_whatever_the_rows():
    true, pred = rows("multiclass", 100_000, 0)
    plan = partition.Plan(true[:0], pred[:0], None, None, {})
    assert len(pickle.dumps(plan.arrays("here", [(true, pred)]))) < 2_000


def test_predictions_that_are_no_class():
    frame = pd.DataFrame({"y": ["a", "b", "b", "b"], "p": ["a", "zzz", None, "b"]})
    how = {"classes": ["a", "b"], "task": "multiclass", "unknown": "miss"}
    expected = f1core.score(frame.y, frame.p, **how)
    columns = {"target": "y", "probabilities": "p"}
    found = score_frame(dd.from_pandas(frame, npartitions=3), **columns, **how)
    assert found.to_dict() == expected.to_dict()
    arrays = (da.from_array(np.array(frame[name], object), chunks=1) for name in "yp")
    assert score(*arrays, **how).confusion.tolist() == [[1, 0, 0], [0, 1, 2]]


def test_lists_of_names_are_labels():
    rng = np.random.default_rng(0)
    names = np.array(["ant", "bee", "cat"])
    flags = (rng.random((2, 90, 3)) < 0.4).astype(int)
    flags[:, :30] = 0  # a whole partition without a name
    true, pred = ([names[row == 1].tolist() for row in side] for side in flags)
    with dask.config.set({"dataframe.convert-string": False}):
        frame = dd.from_pandas(pd.DataFrame({"y": true, "said": pred}), npartitions=3)
        found = score_frame(
            frame, target="y", probabilities="said", task="multilabel", classes=names.tolist()
        )
    same_bits(found, f1core.score(*flags, task="multilabel", classes=names.tolist()))
