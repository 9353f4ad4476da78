"""Intervals: they hold the truth as often as they say, and come from what they say."""

from __future__ import annotations

import math
import pickle
from statistics import NormalDist

import numpy as np
import pytest

from f1core import Accumulator, F1Error, score
from f1core.count_layout import RATIOS
from f1core.counts import Counts
from f1core.intervals import interval, per_class_interval
from f1core.options import make_options
from f1core.poisson import weights
from f1core.scores import Scores

METHODS = ("bootstrap", "delta")


def classified(rng, rows, classes=4, wrong=0.35):
    y_true = rng.choice(classes, rows, p=np.arange(1, classes + 1) * 2 / (classes * (classes + 1)))
    return y_true, np.where(rng.random(rows) < wrong, rng.integers(0, classes, rows), y_true)


def labelled(rng, rows, labels=4):
    y_true = (rng.random((rows, labels)) < np.linspace(0.15, 0.5, labels)).astype(int)
    hard = rng.random((rows, 1)) * 0.5  # labels of a row depend on each other
    return y_true, np.where(rng.random((rows, labels)) < hard, 1 - y_true, y_true)


# ---- coverage ------------------------------------------------------------------------------


def covered(truth, intervals, *of):
    """The share of the intervals that hold the truth; `pytest -m slow -rP` shows it."""
    share = np.mean([low <= truth <= high for low, high in intervals])
    print(*of, f"{share:.2%} of {len(intervals)}")
    return share


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["f1_micro", "f1_macro"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("rows", "classes"), [(300, 3), (400, 6)])
def test_a_multiclass_interval_holds_the_truth(metric, method, rows, classes):
    rng = np.random.default_rng(20261122)
    cells = rng.dirichlet(np.ones(classes * classes)).reshape(classes, classes) * 0.4
    cells += np.diag(rng.dirichlet(np.full(classes, 4.0))) * 0.6
    options = make_options("multiclass", classes=classes)
    truth = Scores(Counts(classes, confusion=cells), options).metric(metric)
    found = []
    for trial in range(600):
        drawn = rng.multinomial(rows, cells.ravel()).reshape(classes, classes)
        counts = Counts(classes, confusion=drawn)
        found.append(interval(counts, options, metric, method=method, resamples=400, seed=trial))
    assert 0.91 <= covered(truth, found, "multiclass", metric, method, rows, classes) <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_a_binary_interval_holds_the_truth(method):
    rng = np.random.default_rng(20261122)
    cells, options = np.array([[0.6, 0.1], [0.1, 0.2]]), make_options("binary")
    truth, found = 2 * 0.2 / 0.6, []
    for trial in range(600):
        counts = Counts(2, confusion=rng.multinomial(300, cells.ravel()).reshape(2, 2))
        found.append(interval(counts, options, "f1", method=method, resamples=400, seed=trial))
    assert 0.91 <= covered(truth, found, "binary f1", method, 300) <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("rows", [300, 400])
def test_a_multilabel_interval_holds_the_truth(rows):
    rng = np.random.default_rng(20261122)
    metrics = ("f1_micro", "f1_macro", "f1_samples")
    y_true, y_pred = labelled(rng, 2_000_000)
    whole = score(y_true, y_pred, task="multilabel")
    found = {metric: [] for metric in metrics}
    for trial in range(400):
        y_true, y_pred = labelled(rng, rows)
        scores = score(y_true, y_pred, task="multilabel", resamples=400, seed=trial)
        for metric in metrics:
            found[metric].append(scores.interval(metric))
    for metric in metrics:
        share = covered(whole.metric(metric), found[metric], "multilabel", metric, rows)
        assert 0.91 <= share <= 0.985


# ---- the delta method ----------------------------------------------------------------------


def published(confusion, level=0.95):
    """Micro and macro F1 with their intervals, from the formulas as Takahashi et al. print them."""
    n = confusion.sum()
    p = confusion / n
    rows, columns, hits = p.sum(axis=1), p.sum(axis=0), p.diagonal()
    micro = hits.sum()
    f1 = 2 * hits / (rows + columns)
    r = len(p)
    first = f1 * (rows + columns - 2 * hits) / (rows + columns) ** 2
    first = (first * ((rows + columns - 2 * hits) / (rows + columns) + f1 / 2)).sum()
    second = sum(
        p[i, j] * f1[i] * f1[j] / ((rows[i] + columns[i]) * (rows[j] + columns[j]))
        for i in range(r) for j in range(r) if i != j
    )  # fmt: skip
    z = NormalDist().inv_cdf((1 + level) / 2)
    ends = {}
    for name, value, variance in (
        ("f1_micro", micro, micro * (1 - micro) / n),
        ("f1_macro", f1.mean(), 2 / r**2 * (first + second) / n),
    ):
        ends[name] = (value - z * math.sqrt(variance), value + z * math.sqrt(variance))
    return ends


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_delta_is_the_published_formula(classes):
    scores = score(*classified(np.random.default_rng(classes), 500, classes), task="multiclass")
    for metric, ends in published(scores.confusion).items():
        assert scores.interval(metric, method="delta") == pytest.approx(ends, abs=1e-12)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("kind", ["micro", "macro", "weighted"])
@pytest.mark.parametrize("over", [None, [0, 2]])
def test_delta_is_the_slope_of_the_metric(ratio, kind, over):
    """The variance from slopes found by adding a little to one cell after another."""
    y_true, y_pred = classified(np.random.default_rng(3), 400)
    metric = f"{ratio}_{kind}"
    options = make_options("multiclass", classes=4, average_over=over, beta=2.0)
    counts = score(y_true, y_pred, classes=4, average_over=over, beta=2.0)._counts
    value, slopes = Scores(counts, options).metric(metric), np.zeros((4, 4))
    for cell in np.ndindex(4, 4):
        more = counts.confusion.astype(float)
        more[cell] += 1e-4
        slopes[cell] = (Scores(Counts(4, confusion=more), options).metric(metric) - value) / 1e-4
    spread = 1.959964 * math.sqrt((counts.confusion * slopes**2).sum())
    low, high = interval(counts, options, metric, method="delta")
    assert (low, high) == pytest.approx((value - spread, min(1, value + spread)), abs=1e-5)


# ---- the bootstrap -------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["f1_macro", "accuracy", "mcc", "precision_weighted"])
def test_drawing_cells_is_drawing_rows(metric):
    rng = np.random.default_rng(4)
    y_true, y_pred = classified(rng, 250)
    found = score(y_true, y_pred).interval(metric, method="bootstrap", resamples=5000, seed=0)
    drawn = []
    for _ in range(1500):
        rows = rng.integers(0, 250, 250)
        drawn.append(score(y_true[rows], y_pred[rows]).metric(metric))
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert found == pytest.approx((low, high), abs=0.1 * (high - low))


def test_every_metric_has_an_interval_and_a_seed_repeats_it():
    y_true, y_pred = classified(np.random.default_rng(5), 200)
    scores = score(y_true, y_pred)
    for metric, value in scores.to_dict().items():
        low, high = scores.interval(metric, seed=1, resamples=300)
        assert low <= value <= high
        assert (low, high) == scores.interval(metric, seed=1, resamples=300)
    wide, narrow = (scores.interval("f1_macro", level=x, seed=1) for x in (0.99, 0.5))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_a_class_alone():
    y_true, y_pred = classified(np.random.default_rng(6), 300)
    scores = score(y_true, y_pred)
    low, high = per_class_interval(scores._counts, scores._options, "f1", seed=0)
    assert low.shape == (4,)
    assert ((low < scores.per_class.f1) & (scores.per_class.f1 < high)).all()
    y_true, y_pred = labelled(np.random.default_rng(6), 300)
    scores = score(y_true, y_pred, task="multilabel")
    kept = score(y_true, y_pred, task="multilabel", resamples=2000, seed=0)
    alone = per_class_interval(scores._counts, scores._options, "recall", seed=0)
    with_rows = per_class_interval(kept._counts, kept._options, "recall")
    np.testing.assert_allclose(alone, with_rows, atol=0.02)


# ---- replicas ------------------------------------------------------------------------------


def tasks(rng, rows):
    y_true, y_pred = classified(rng, rows)
    flags = labelled(rng, rows)
    names = np.array(["a", "b", "c", "d"])
    ignored = np.where(rng.random(flags[0].shape) < 0.2, -1, flags[0])
    return {
        "labels": (y_true, y_pred, {}),
        "names": (names[y_true], names[y_pred], {}),
        "binary": (y_true % 2, rng.random(rows), {"task": "binary"}),
        "scores": (y_true, rng.random((rows, 4)), {}),
        "top_k": (y_true, rng.random((rows, 4)), {"top_k": 2}),
        "votes": (y_true, rng.integers(0, 9, (rows, 4)), {}),
        "multilabel": (*flags, {"task": "multilabel"}),
        "ignored": (ignored, rng.random(flags[0].shape), {"task": "multilabel", "ignore_index": -1,
                                                          "average_over": [0, 2]}),
        "row ignored": (y_true, y_pred, {"classes": 4, "ignore_index": 1}),
    }  # fmt: skip


@pytest.mark.parametrize("name", list(tasks(np.random.default_rng(0), 5)))
@pytest.mark.parametrize("weighted", [False, True])
def test_a_replica_is_score_with_its_weights(name, weighted):
    rng = np.random.default_rng(7)
    y_true, y_pred, options = tasks(rng, 1500)[name]
    weight = rng.integers(1, 5, 1500) if weighted else None
    scores = score(y_true, y_pred, resamples=5, seed=11, sample_weight=weight, **options)
    drawn = weights(11, 0, 1500, 5).astype(float) * (1 if weight is None else weight)
    for metric in scores.to_dict():
        from f1core.intervals.resampling import Resamples

        kept = scores._counts.replicas
        found = Resamples.like(scores._counts, scores._options, kept.sums, kept.rows).metric(metric)
        expected = [score(y_true, y_pred, sample_weight=w, **options).metric(metric) for w in drawn]
        np.testing.assert_allclose(found, expected, atol=1e-6 if "samples" in metric else 1e-12)


@pytest.mark.parametrize("name", list(tasks(np.random.default_rng(0), 5)))
def test_any_cut_into_batches_gives_the_same_replicas(name):
    rng = np.random.default_rng(8)
    y_true, y_pred, options = tasks(rng, 3000)[name]
    whole = score(y_true, y_pred, resamples=7, seed=3, **options)
    options.setdefault("task", whole.task)
    total = Accumulator(resamples=7, seed=3, **options)
    edges = np.sort(rng.integers(0, 3001, 6))
    for rows in np.split(np.arange(3000), edges):
        total.update(y_true[rows], y_pred[rows])
    assert total.compute()._counts == whole._counts
    assert total.compute().interval("f1_macro") == whole.interval("f1_macro")


def spans(accumulator):
    return accumulator.counts.replicas.spans.tolist()


@pytest.mark.parametrize("way", ["pickled", "loaded", "plus"])
def test_a_copy_and_its_original_go_on_apart_and_repeatably(way, tmp_path):
    y_true, y_pred = labelled(np.random.default_rng(9), 900)

    def gone_on(seed):
        made = Accumulator("multilabel", resamples=5, seed=seed)
        made.update(y_true[:300], y_pred[:300])
        made.save(tmp_path / "state")
        copy = {
            "pickled": lambda: pickle.loads(pickle.dumps(made)),
            "loaded": lambda: Accumulator.load(tmp_path / "state"),
            "plus": lambda: made + Accumulator("multilabel", resamples=5),
        }[way]()
        for one in (made, copy):
            one.update(y_true[300:600], y_pred[300:600])
        return made, copy

    made, copy = gone_on(1)
    again, copied_again = gone_on(1)
    assert spans(made) == [[1, 0, 600]]
    assert (made, copy) == (again, copied_again)
    assert len(spans(copy)) == 2 and spans(copy)[0 if spans(copy)[0][0] == 1 else 1][2] == 300
    assert not np.array_equal(made.counts.replicas.sums, copy.counts.replicas.sums)
    with pytest.raises(F1Error, match="the same rows from seed 1"):
        made.merge(copy)  # 300 rows would count twice
    unseeded = [gone_on(None)[1] for _ in range(2)]
    assert unseeded[0] != unseeded[1]


def test_a_prototype_without_a_seed_makes_shards_that_merge():
    y_true, y_pred = labelled(np.random.default_rng(9), 900)
    prototype = pickle.dumps(Accumulator("multilabel", resamples=5))
    shards = [pickle.loads(prototype) for _ in range(3)]
    for shard, rows in zip(shards, np.split(np.arange(900), 3), strict=True):
        shard.update(y_true[rows], y_pred[rows])
    assert len(spans(shards[0] + shards[1] + shards[2])) == 3


def test_streams_merge_if_their_seeds_differ(tmp_path):
    y_true, y_pred = labelled(np.random.default_rng(9), 900)
    a, b, again = (
        Accumulator("multilabel", resamples=50, seed=seed) for seed in (1, 2, 1)
    )  # fmt: skip
    a.update(y_true[:500], y_pred[:500])
    b.update(y_true[500:], y_pred[500:])
    again.update(y_true[500:], y_pred[500:])
    both = a + b
    assert (
        both.compute().confusion.tolist()
        == score(y_true, y_pred, task="multilabel").confusion.tolist()
    )
    assert both.counts.replicas.spans.tolist() == [[1, 0, 500], [2, 0, 400]]
    np.testing.assert_array_equal(
        both.counts.replicas.sums, a.counts.replicas.sums + b.counts.replicas.sums
    )
    with pytest.raises(F1Error, match="same rows from seed 1: give each its own seed"):
        a.merge(again)
    both.save(tmp_path / "state.npz")
    assert Accumulator.load(tmp_path / "state.npz") == both
    copy = pickle.loads(pickle.dumps(a))
    assert copy == a
    copy.update(y_true[500:], y_pred[500:])  # a stream of its own from here on
    copy.merge(b)
    with pytest.raises(F1Error, match="resamples is 50 here and 0 there"):
        a.merge(Accumulator("multilabel"))


def test_the_weights_are_poisson():
    drawn = weights(0, 500, 200_500, 4).astype(np.int64)
    for k in range(5):
        share = math.exp(-1) / math.factorial(k)
        assert (drawn == k).mean() == pytest.approx(share, abs=0.002)
    assert abs(np.corrcoef(drawn) - np.eye(4)).max() < 0.01
    np.testing.assert_array_equal(weights(0, 700, 2500, 4), drawn[:, 200:2000])
    np.testing.assert_array_equal(weights(0, 500, 700, 3), drawn[:3, :200])


# ---- what has no interval ------------------------------------------------------------------


def test_without_what_it_needs_it_says_so():
    y_true, y_pred = labelled(np.random.default_rng(10), 50)
    scores = score(y_true, y_pred, task="multilabel")
    with pytest.raises(F1Error, match="labels of one row depend on each other"):
        scores.interval("f1_macro")
    with pytest.raises(F1Error, match="unweighted single-label"):
        scores.interval("f1_macro", method="delta")
    y_true, y_pred = classified(np.random.default_rng(10), 50)
    with pytest.raises(F1Error, match="weighted rows"):
        score(y_true, y_pred, sample_weight=np.ones(50)).interval("f1_macro")
    with pytest.raises(F1Error, match="which was not kept"):
        score(y_true, y_pred, confusion=False).interval("mcc")
    with pytest.raises(F1Error, match="which was not kept"):
        score(y_true, y_pred, confusion=False).interval("f1_macro", method="bootstrap")
    scores = score(y_true, y_pred)
    for wrong in ({"level": 0}, {"level": 95}, {"method": "wald"}, {"resamples": 0}, {"seed": -1}):
        with pytest.raises(F1Error, match=next(iter(wrong))):
            scores.interval("f1_macro", **wrong)
    with pytest.raises(F1Error, match="did you mean 'f1_macro'"):
        scores.interval("f1_makro")
    with pytest.raises(F1Error, match="does not know mcc"):
        scores.interval("mcc", method="delta")
    for wrong in (-1, 1.5, True):
        with pytest.raises(F1Error, match="resamples is"):
            score(y_true, y_pred, resamples=wrong)


def test_the_ends_of_the_scale():
    sure = score([0, 1, 2], [0, 1, 2])
    assert sure.interval("f1_macro", method="bootstrap") == (1, 1)
    assert sure.interval("f1_macro", method="delta") == (1, 1)
    one = score([0, 0, 0], [0, 0, 0], task="binary")
    assert one.interval("f1", method="bootstrap") == (0, 0)
    assert one.interval("f1", method="delta") == (0, 0)
    assert one.interval("f1") == (0, 1)
    for method in ("auto", "bootstrap"):
        assert all(map(math.isnan, one.interval("kappa", method=method)))
    undefined = score([0, 0], [0, 0], task="binary", zero_division=math.nan)
    for method in METHODS:
        assert all(map(math.isnan, undefined.interval("f1", method=method)))


def test_a_micro_average_that_no_row_tells_of_may_be_anything():
    """Specificity of the only class that occurs is 0/0."""
    assert score([2, 2], [2, 2], task="multiclass", classes=3).interval("specificity_micro") == (
        0.0,
        1.0,
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "metric", ["accuracy", "f1", "f1_macro", "precision_weighted", "f1_of_means", "mcc"]
)
def test_clusters_that_agree_to_the_last_bit_but_one_are_not_certainty(metric, weighted):
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 2, 30), rng.random(30)
    weight = rng.random(30) if weighted else np.ones(30)
    one = {"cluster": np.zeros(30, int), "sample_weight": weight, "resamples": 200}
    low, high = score(y_true, y_pred, **one).interval(metric)
    assert high - low > 0.5  # a single cluster
    alike = {"cluster": np.repeat(range(9), 30), "sample_weight": np.tile(weight, 9)}
    whole = score(np.tile(y_true, 9), np.tile(y_pred, 9), **alike, resamples=200)
    low, high = whole.interval(metric)
    assert 0.1 < high - low < 1.2  # nine equal ones
    for name in (0, 1):
        low, high = whole.interval("recall", of=name)
        assert high - low > 0.1


@pytest.mark.parametrize("ratio", ["precision", "recall", "f1", "specificity"])
def test_what_no_row_tells_of_is_not_known(ratio):
    nothing, some = [[0, 0]] * 50, [[0, 1], [1, 0]] * 25
    many = score(nothing, some, task="multilabel", resamples=200)
    assert many.interval(f"{ratio}_weighted") == (0.0, 1.0)
    y_true = np.array(["a", "a", "b"])
    for more in ({}, {"sample_weight": [1.0, 2.0, 3.0], "resamples": 50}):
        absent = score(y_true, y_true, average_over=["z"], **more)
        assert absent.interval(f"{ratio}_weighted") == (0.0, 1.0)
        if ratio != "specificity":
            assert absent.interval(f"{ratio}_macro") == (0.0, 1.0)
            undefined = score(y_true, y_true, average_over=["z"], zero_division=np.nan, **more)
            assert np.isnan(undefined.interval(f"{ratio}_weighted")).all()


@pytest.mark.parametrize("resamples", [2, 3])
def test_resamples_that_happen_to_be_equal_break_nothing(resamples):
    rng = np.random.default_rng(5)
    for _ in range(40):
        rows, labels = rng.integers(2, 60), rng.integers(1, 4)
        y_true, y_pred = (rng.random((2, rows, labels)) < [[[0.3]], [[0.5]]]).astype(int)
        scores = score(y_true, y_pred, task="multilabel", resamples=resamples)
        for metric in ("recall_macro", "f1_weighted", "f1_micro", "f1_samples"):
            low, high = scores.interval(metric)
            assert 0 <= low <= scores.metric(metric) <= high <= 1
