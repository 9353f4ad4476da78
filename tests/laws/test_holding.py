"""Intervals hold near 0 and 1, for few rows and many classes, and agree with what is published."""

from __future__ import annotations

import math
import pickle
import uuid
from functools import cache

import numpy as np
import pytest
from scipy.stats import beta, binom, multinomial, poisson, t

from f1core import Accumulator, F1Error, score
from f1core.count_layout import RATIOS
from f1core.counts import Counts
from f1core.intervals import interval, per_class_interval
from f1core.intervals.paired import compare
from f1core.intervals.proportions import beta_quantile, proportion_interval, t_quantile
from f1core.options import make_options
from f1core.scores import Scores

# Truth in rows: Dong et al. 2017, table V, the example of Takahashi et al. 2022.
DONG = np.array(
    [
        [5022, 577, 188, 19, 395],
        [407, 2468, 989, 4, 965],
        [130, 630, 27254, 1021, 763],
        [13, 0, 1236, 6399, 5],
        [103, 258, 609, 0, 9611],
    ]
)


def scores_of(matrix, task="multiclass", **options):
    return Scores(Counts(len(matrix), confusion=np.asarray(matrix)),
                  make_options(task, classes=len(matrix), **options))  # fmt: skip


# ---- published numbers ---------------------------------------------------------------------


def test_takahashis_example_has_takahashis_intervals():
    scores = scores_of(DONG)
    assert scores.micro.f1 == pytest.approx(0.8592760641, abs=1e-10)
    assert scores.macro.f1 == pytest.approx(0.8050293035, abs=1e-10)
    micro, macro = (0.8564717306, 0.8620803975), (0.8011517976, 0.8089068094)
    assert scores.interval("f1_micro", method="delta") == pytest.approx(micro, abs=1e-9)
    assert scores.interval("f1_macro", method="delta") == pytest.approx(macro, abs=1e-9)
    # With 59,066 rows all methods say the same.
    assert scores.interval("f1_micro") == pytest.approx(micro, abs=1e-4)
    assert scores.interval("f1_macro") == pytest.approx(macro, abs=2e-4)
    assert scores.interval("f1_macro", method="bootstrap") == pytest.approx(macro, abs=4e-4)


def test_takahashis_example_has_takahashis_f1_of_means():
    """Macro F1*, the F1 of macro precision and macro recall, and its standard error."""
    scores = Scores.from_confusion(DONG)
    assert scores.macro.precision == pytest.approx(0.8182175163, abs=1e-10)
    assert scores.macro.recall == pytest.approx(0.7959238720, abs=1e-10)
    assert scores.f1_of_means == pytest.approx(0.8069167403, abs=1e-10)
    ends = (0.8030834466, 0.8107500341)
    assert scores.interval("f1_of_means", method="delta") == pytest.approx(ends, abs=1e-9)
    low, high = scores.interval("f1_of_means", method="delta", level=0.6826894921370859)
    assert (high - low) / 2 == pytest.approx(0.0019557981, abs=1e-9)
    assert scores.interval("f1_of_means") == pytest.approx(ends, abs=1e-4)
    assert scores.interval("f1_of_means", method="bootstrap") == pytest.approx(ends, abs=4e-4)


@pytest.mark.parametrize("m", [10, 1000, 10**6])
def test_opitz_and_bursts_two_macro_f1s_are_half_apart(m):
    """The most that the F1 of means can lie above the mean of F1s, for two classes."""
    scores = Scores.from_confusion([[1, m], [0, 1]])
    assert scores.macro.f1 == pytest.approx(2 / (m + 2), rel=1e-12)
    assert scores.f1_of_means == pytest.approx(0.5 + 0.5 / (m + 1), rel=1e-12)


@pytest.mark.parametrize("p", [0.025, 0.3, 0.975])
def test_quantiles_are_scipys(p):
    rng = np.random.default_rng(0)
    a, b = 10 ** rng.uniform(-0.7, 6, (2, 300))
    spread = beta.std(a, b)
    np.testing.assert_array_less(np.abs(beta_quantile(p, a, b) - beta.ppf(p, a, b)), 1e-3 * spread)
    small = (a < 400) & (b < 400)
    np.testing.assert_allclose(
        beta_quantile(p, a, b)[small], beta.ppf(p, a, b)[small], rtol=1e-8, atol=1e-12
    )
    for freedom in (1, 2, 9, 500):
        assert t_quantile(p, freedom) == pytest.approx(t.ppf(p, freedom), rel=1e-8, abs=1e-9)


# ---- proportions ---------------------------------------------------------------------------


@cache
def ends(trials):
    return proportion_interval(np.arange(trials + 1), trials, 0.95)


def coverage(share, trials):
    low, high = ends(trials)
    chance = binom.pmf(np.arange(trials + 1), trials, share)
    return chance[(low <= share) & (share <= high)].sum()


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("expected", [1, 2, 5, 10, 20, 50, 100])
def test_recall_holds_where_the_number_of_positives_is_random(share, expected):
    """Summed over the Poisson number of positives, exactly: no simulation."""
    numbers = np.arange(1, int(expected + 6 * expected**0.5 + 8))
    weights = poisson.pmf(numbers, expected)
    held = [coverage(share, int(n)) for n in numbers]
    assert np.average(held, weights=weights) >= 0.93


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("trials", [1, 2, 3, 4, 5, 8, 10, 20, 30, 50, 100, 200, 1000])
def test_a_share_of_a_fixed_number_holds(share, trials):
    assert coverage(share, trials) >= 0.925  # what lies between 0.90 and 0.999 at 1 to 10 trials


def test_a_proportion_is_never_sure():
    for trials in (1, 2, 10, 1000, 10**7):
        low, high = proportion_interval(np.array([0, trials]), trials, 0.95)
        assert low[0] == 0 < high[0] < 1
        assert 0 < low[1] < high[1] == 1
    assert [x.item() for x in proportion_interval(0, 0, 0.95)] == [0, 1]
    low, high = score([1] * 10, [1] * 10).interval("accuracy")
    assert 0.65 < low < 0.8
    assert high == 1


def test_f1_follows_from_jaccard_and_f_beta_from_both_kinds_of_misses():
    scores = scores_of([[80, 6], [3, 11]], "binary", beta=2.0)
    low, high = scores.interval("jaccard")
    assert scores.interval("f1") == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))
    alike = scores_of([[80, 6], [3, 11]], "binary", beta=1.0)
    assert alike.interval("fbeta") == pytest.approx(alike.interval("f1"))
    for beta_, ratio in ((0.0, "precision"), (math.inf, "recall")):
        sided = scores_of([[80, 6], [3, 11]], "binary", beta=beta_)
        assert sided.interval("fbeta") == pytest.approx(sided.interval(ratio))
    assert scores.interval("fbeta")[0] < scores.binary.fbeta < scores.interval("fbeta")[1]


# ---- every metric --------------------------------------------------------------------------

TABLES = {
    "perfect": np.diag([3, 5, 1]),
    "all wrong": [[0, 4, 1], [2, 0, 3], [1, 1, 0]],
    "one row a class": np.eye(3, dtype=int),
    "a class never predicted": [[9, 1, 0], [2, 8, 0], [1, 1, 0]],
    "a class without rows": [[9, 1, 0], [2, 8, 0], [0, 0, 0]],
    "many rows": [[9000, 10, 3], [20, 800, 1], [3, 4, 40]],
}


@pytest.mark.parametrize("name", list(TABLES))
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"average_over": "all"},
        {"average_over": [0, 2]},
        {"zero_division": math.nan},
        {"confusion": False},
    ],
)
def test_every_number_has_an_interval_that_holds_it_and_is_not_of_zero_width(name, options):
    counts = Counts(3, confusion=np.array(TABLES[name]))
    if options.get("confusion") is False:
        counts = counts.without_confusion()
    scores = Scores(counts, make_options("multiclass", classes=3, **options))
    for metric, value in scores.to_dict().items():
        if counts.confusion is None and metric in ("mcc", "kappa"):
            continue
        if counts.confusion is None and metric.endswith("_micro") and scores.included.sum() < 3:
            continue
        if math.isnan(value):
            continue
        low, high = scores.interval(metric)
        assert low <= value <= high, metric
        assert low < high, metric
        assert (-1 if metric in ("mcc", "kappa") else 0) <= low, metric
        assert high <= 1, metric
        assert scores.interval(metric) == (low, high)
        wide, narrow = scores.interval(metric, level=0.999), scores.interval(metric, level=0.5)
        assert wide[0] <= low <= narrow[0] <= narrow[1] <= high <= wide[1], metric


def test_a_class_is_asked_for_by_name_value_or_number():
    y_true, y_pred = ["cat", "dog", "dog", "eel"] * 9, ["cat", "dog", "cat", "eel"] * 9
    scores = score(y_true, y_pred)
    for ratio in RATIOS:
        low, high = per_class_interval(scores._counts, scores._options, ratio)
        for place, name in enumerate(scores.classes):
            ends_of = scores.interval(ratio, of=name)
            assert ends_of == (low[place], high[place])
            assert ends_of[0] <= getattr(scores.per_class, ratio)[place] <= ends_of[1]
            for method in ("bootstrap", "delta"):
                other = scores.interval(ratio, of=name, method=method)
                assert other[0] <= getattr(scores.per_class, ratio)[place] <= other[1]
    numbered = score([3, 5, 5], [3, 5, 3])
    assert numbered.interval("recall", of=5) == numbered.interval("recall", of=np.int64(5))
    named = score([0, 1, 1, 0], [0, 1, 0, 0], classes=["no", "yes"], task="binary")
    assert named.interval("f1", of="yes") == named.interval("f1") == named.interval("f1", of=1)
    assert named.interval("f1", of="no") != named.interval("f1")
    flags = score([[1, 0], [1, 1], [0, 1]], [[1, 0], [0, 1], [0, 1]], task="multilabel",
                  classes=["x", "y"])  # fmt: skip
    assert flags.interval("recall", of="y") == pytest.approx(
        tuple(float(x) for x in proportion_interval(2, 2, 0.95))
    )
    for wrong in ("cow", 7, [1], {}, np.zeros(3), math.nan):
        with pytest.raises(F1Error, match="of is"):
            scores.interval("f1", of=wrong)
    with pytest.raises(F1Error, match="asks for one class"):
        scores.interval("f1_macro", of="cat")


@pytest.mark.parametrize("level", [0, 1, 1 - 1e-16, 1e-300, -1, 95, math.nan, math.inf, "x", "0.95",
                                   None, True, [0.95], np.float32(1), 10**400])  # fmt: skip
def test_what_is_no_level_is_refused(level):
    scores = score([0, 1, 1], [0, 1, 0])
    for method in ("auto", "bootstrap", "delta"):
        with pytest.raises(F1Error, match="level is"):
            scores.interval("f1_macro", level=level, method=method)
    with pytest.raises(F1Error, match="level is"):
        compare([0, 1], [0, 1], [1, 1], metric="accuracy", level=level)


def test_numbers_of_numpy_are_levels():
    scores = score([0, 1, 1], [0, 1, 0])
    assert scores.interval("accuracy", level=np.float64(0.9)) == scores.interval(
        "accuracy", level=0.9
    )


# ---- two classes ---------------------------------------------------------------------------


def likely_tables(n, shares, mass=0.99):
    """The most likely (tn, fp, fn, tp) of n rows, and their chances."""
    spans = [binom.ppf([1e-4, 1 - 1e-4], n, share).astype(int) for share in shares[1:]]
    cells = np.stack(np.meshgrid(*(np.arange(a, b + 1) for a, b in spans)), -1).reshape(-1, 3)
    tables = np.column_stack([n - cells.sum(axis=1), cells])
    tables = tables[tables[:, 0] >= 0]
    chance = multinomial.pmf(tables, n, shares)
    order = np.argsort(-chance)
    kept = order[: np.searchsorted(np.cumsum(chance[order]), mass) + 1]
    return tables[kept].reshape(-1, 2, 2), chance[kept]


@pytest.mark.parametrize(
    ("metric", "n", "prevalence", "recall", "precision"),
    [
        ("f1_macro", 200, 0.008, 0.99, 0.05),
        ("f1_macro", 75, 0.03, 0.7, 0.5),
        ("f1_macro", 200, 0.03, 0.3, 0.5),
        ("f1_weighted", 20, 0.05, 0.05, 0.05),
        ("f1_weighted", 200, 0.008, 0.05, 0.9),
        ("f1_weighted", 75, 0.03, 0.3, 0.99),
        ("balanced_accuracy", 200, 0.2, 0.05, 0.9),
        ("precision_macro", 200, 0.008, 0.99, 0.05),
        ("mcc", 200, 0.03, 0.3, 0.5),
        ("kappa", 200, 0.03, 0.3, 0.5),
    ],
)
def test_averages_of_a_rare_and_a_frequent_class_hold(metric, n, prevalence, recall, precision):
    """Summed over the tables that are likely, by their chances: no simulation."""
    hit = prevalence * recall
    false = hit * (1 - precision) / precision
    shares = np.array([1 - prevalence - false, false, prevalence - hit, hit])
    options = make_options("binary")
    truth = Scores(Counts(2, confusion=shares.reshape(2, 2)), options).metric(metric)
    tables, chance = likely_tables(n, shares)
    held = np.empty(len(tables), bool)
    for place, table in enumerate(tables):
        low, high = interval(Counts(2, confusion=table), options, metric)
        held[place] = not low > truth and not high < truth  # an undefined one holds
    assert (chance * held).sum() / chance.sum() >= 0.93


def test_few_or_very_many_resamples_leave_an_interval_of_two_classes():
    scores = scores_of([[40, 3], [2, 5]], "binary")
    usual = scores.interval("f1_macro")
    for resamples in (1, 100_000_000):
        found = scores.interval("f1_macro", resamples=resamples)
        assert found == pytest.approx(usual, abs=0.03)
        assert found == scores.interval("f1_macro", resamples=resamples)


# ---- many classes --------------------------------------------------------------------------


def drawn_classes(rng, rows, recall, fixed):
    """Counts of rows whose errors go to any other class alike."""
    classes = len(rows)
    true = rows if fixed else rng.poisson(rows)
    hits = rng.binomial(true, recall)
    missed = np.repeat(np.arange(classes), true - hits)
    matrix = np.diag(hits)
    taken = (missed + rng.integers(1, classes, len(missed))) % classes
    np.add.at(matrix, (missed, taken), 1)
    return Counts(classes, confusion=matrix)


@pytest.mark.parametrize(
    ("metric", "rows", "recall", "fixed"),
    [
        ("f1_macro", [100] * 47 + [2], 0.99, False),
        ("f1_macro", [5, 300, 300], [0.6, 0.99, 0.99], False),
        ("jaccard_macro", [5, 300, 300], [0.6, 0.99, 0.99], False),
        ("precision_weighted", [5] * 48, 0.5, True),
        ("f1_weighted", [1] * 600, 0.5, False),
    ],
)
def test_rare_classes_and_those_without_rows_hold(metric, rows, recall, fixed):
    rng = np.random.default_rng(20261129)
    rows, options = np.array(rows), make_options("multiclass", classes=len(rows))
    recall, classes = np.broadcast_to(recall, len(rows)), len(rows)
    endless = np.repeat((rows * (1 - recall) / (classes - 1))[:, None], classes, axis=1)
    np.fill_diagonal(endless, rows * recall)
    truth = Scores(Counts(classes, confusion=endless), options).metric(metric)
    held = 0
    for _ in range(80):
        low, high = interval(drawn_classes(rng, rows, recall, fixed), options, metric)
        held += low <= truth <= high
    assert held / 80 >= 0.87  # 0.93 less two standard errors


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize(("metric", "classes", "rows"), [
    ("f1_macro", 300, 10), ("recall_macro", 300, 2), ("f1_weighted", 300, 10), ("f1_macro", 6, 10),
])  # fmt: skip
def test_averages_over_many_small_classes_hold(metric, classes, rows, fixed):
    """The percentile bootstrap holds 15 % of 1,000 classes with ten rows each."""
    rng = np.random.default_rng(20261128)
    options, recall, held = make_options("multiclass", classes=classes), 0.8, 0
    for _ in range(120):
        counts = drawn_classes(rng, np.full(classes, rows), recall, fixed)
        low, high = interval(counts, options, metric)
        held += low <= recall <= high
    assert held / 120 >= 0.88  # 0.93 less two and a half standard errors


# ---- rows that belong together -------------------------------------------------------------


def clustered(rng, number, size, right=0.9):
    """Rows whose being right correlates by 0.3 within clusters."""
    ids = np.repeat(np.arange(number), size)
    chance = rng.beta(right * 7 / 3, (1 - right) * 7 / 3, number)[ids]
    y_true = rng.integers(0, 2, len(ids))
    return y_true, np.where(rng.random(len(ids)) < chance, y_true, 1 - y_true), ids


def test_clusters_hold_where_rows_alone_do_not():
    rng, held = np.random.default_rng(1), np.zeros(2)
    for trial in range(150):
        y_true, y_pred, ids = clustered(rng, 40, 10)
        alone = score(y_true, y_pred, task="binary")
        together = score(y_true, y_pred, task="binary", resamples=200, seed=trial, cluster=ids)
        for side, scores in enumerate((alone, together)):
            low, high = scores.interval("accuracy")
            held[side] += low <= 0.9 <= high
    assert held[0] / 150 < 0.8
    assert held[1] / 150 >= 0.89


@pytest.mark.parametrize("kind", ["numbers", "text", "uuid"])
def test_clusters_are_drawn_whole_however_they_are_cut(kind):
    rng = np.random.default_rng(2)
    y_true, y_pred, ids = clustered(rng, 12, 9)
    if kind == "text":
        ids = np.array([f"patient {i}" for i in ids])
    elif kind == "uuid":
        ids = np.array([uuid.UUID(int=i) for i in ids.tolist()], dtype=object)
    order = rng.permutation(len(ids))
    whole = score(y_true, y_pred, task="binary", resamples=20, cluster=ids)
    a, b = (Accumulator("binary", resamples=20) for _ in range(2))
    for part, rows in zip((a, b, a), np.array_split(order, 3), strict=True):
        part.update(y_true[rows], y_pred[rows], cluster=ids[rows])
    assert (a + b).compute()._counts == whole._counts
    sums = whole._counts.replicas.sums[:, 2].sum(axis=1)
    assert (sums % 9 == 0).all()  # nine rows each, all or none
    assert len(np.unique(sums)) > 3


@pytest.mark.parametrize("form", ["plain", "weighted", "multilabel"])
def test_replicas_of_clusters_are_pickled_and_saved(form, tmp_path):
    y_true, y_pred, ids = clustered(np.random.default_rng(2), 12, 9)
    options, more = {"task": "binary", "seed": 5}, {}
    if form == "weighted":
        more = {"sample_weight": np.random.default_rng(3).random(len(ids))}
    if form == "multilabel":
        options, y_true, y_pred = {"task": "multilabel"}, np.eye(2)[y_true], np.eye(2)[y_pred]
    a = Accumulator(**options, resamples=20)
    a.update(y_true, y_pred, cluster=ids, **more)
    a.save(tmp_path / "state")
    for back in (pickle.loads(pickle.dumps(a)), Accumulator.load(tmp_path / "state")):
        assert back == a
        back.update(y_true[:3], y_pred[:3], cluster=ids[:3])  # of clusters that are known
        assert back.total == a.total + 3
        back.merge(a)


def test_clusters_that_cannot_be_drawn_are_refused():
    y_true, y_pred, ids = clustered(np.random.default_rng(3), 5, 4)
    with pytest.raises(F1Error, match="cluster needs resamples"):
        score(y_true, y_pred, cluster=ids)
    with pytest.raises(F1Error, match="cluster needs resamples"):
        Accumulator("binary").update(y_true, y_pred, cluster=ids)
    with pytest.raises(F1Error, match=r"cluster is \(19,\)"):
        score(y_true, y_pred, resamples=5, cluster=ids[1:])
    a = Accumulator("binary", resamples=5)
    a.update(y_true, y_pred, cluster=ids)
    before = a.compute()._counts
    with pytest.raises(F1Error, match="drawn one by one"):
        a.update(y_true, y_pred)
    with pytest.raises(F1Error, match="do not go together"):
        a.update(y_true, y_pred, cluster=ids, sample_id=np.arange(20))
    assert a.compute()._counts == before
    other = Accumulator("binary", resamples=5, seed=9)
    other.update(y_true, y_pred, cluster=ids)
    with pytest.raises(F1Error, match="give both the same seed"):
        a.merge(other)


def test_compare_of_clusters_keeps_its_level_where_rows_alone_do_not():
    rng, rejected, trials = np.random.default_rng(4), np.zeros(2), 120
    for trial in range(trials):
        y_true, a, ids = clustered(rng, 20, 10, 0.8)
        chance = rng.beta(0.8 * 7 / 3, 0.2 * 7 / 3, 20)[ids]
        b = np.where(rng.random(len(ids)) < chance, y_true, 1 - y_true)
        for side, how in enumerate(({}, {"cluster": ids})):
            found = compare(y_true, a, b, metric="f1_macro", resamples=200, seed=trial, **how)
            assert found.p_value >= 1 / 201
            rejected[side] += found.p_value <= 0.05
    assert rejected[0] / trials > 0.15
    assert rejected[1] / trials <= 0.10


# ---- replicas ------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("metric", ["f1_macro", "recall_macro"])
def test_a_label_without_a_row_or_a_miss_leaves_room_in_an_average(metric, weighted):
    """Of 20 rows one label has two on average: often none, which counts as 0, or no miss."""
    held, trials, rng = 0, 100, np.random.default_rng(20261128)
    for trial in range(trials):
        y_true = rng.random((20, 4)) < np.linspace(0.1, 0.5, 4)
        y_pred = np.where(rng.random((20, 4)) < 0.02, ~y_true, y_true)
        weight = rng.exponential(size=20) + 0.1 if weighted else None
        how = {"task": "multilabel", "resamples": 200, "seed": trial, "sample_weight": weight}
        low, high = score(y_true, y_pred, **how).interval(metric)
        share = np.linspace(0.1, 0.5, 4)
        predicted = share * 0.98 + (1 - share) * 0.02
        f1 = np.mean(2 * share * 0.98 / (share + predicted))
        held += low <= (0.98 if metric == "recall_macro" else f1) <= high
    assert held / trials >= 0.93


def test_intervals_from_replicas_are_not_of_zero_width_either():
    y = np.tile(np.eye(3, dtype=int), (8, 1))
    scores = score(y, y, task="multilabel", resamples=100, seed=0)
    for metric, value in scores.to_dict().items():
        low, high = scores.interval(metric)
        assert low < high, metric
        assert low <= value <= high, metric
    weighted = score([0, 1] * 10, [0, 1] * 10, sample_weight=np.linspace(1, 2, 20), resamples=100)
    for metric in weighted.to_dict():
        low, high = weighted.interval(metric)
        assert low < high, metric
    assert weighted.interval("recall", of=1)[0] < 0.9
