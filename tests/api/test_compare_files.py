"""files.compare: rows of two files are paired, and every number is that of f1core.compare."""

import json
from pathlib import Path

import numpy as np
import pytest

import f1core
from f1core import F1Error, files
from f1core.html_report.baseline import baseline
from f1core.intervals.differences import holm

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

N, C = 300, 4
NAMES = np.array(["ant", "bee", "cat", "dog"])
RNG = np.random.default_rng(18)
TRUE = RNG.choice(C, N, p=[0.5, 0.3, 0.15, 0.05])
NEW, OLD = (RNG.random((N, C)).astype(np.float32) + k * np.eye(C)[TRUE] for k in (0.6, 0.4))
NEW, OLD = (P / P.sum(axis=1, keepdims=True) for P in (NEW, OLD))
IDS = RNG.permutation(10 * N)[:N]
FOLD = np.where(np.arange(N) % 3 == 0, "north", "south")
WEIGHT = RNG.integers(1, 4, N).astype(float)
FLAGS = RNG.random((N, C)) < [0.5, 0.3, 0.2, 0.1]
HIGH, LOW = (np.clip(RNG.random((N, C)) * 0.8 + k * FLAGS, 0, 1) for k in (0.3, 0.15))
ASKED = {"target": "y", "probabilities": "p_*", "resamples": 200}


def write(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def probabilities(P, order=range(C)):
    return {f"p_{NAMES[k]}": P[:, k] for k in order}


@pytest.fixture
def multiclass(tmp_path):
    new = write(
        tmp_path / "new.parquet", id=IDS, fold=FOLD, w=WEIGHT, y=NAMES[TRUE], **probabilities(NEW)
    )
    return new, write(tmp_path / "old.parquet", id=IDS, y=NAMES[TRUE], **probabilities(OLD))


@pytest.fixture
def multilabel(tmp_path):
    flags = {f"y_{name}": FLAGS[:, k].astype(int) for k, name in enumerate(NAMES)}
    return [
        write(tmp_path / f"{name}.parquet", fold=FOLD, w=WEIGHT, **flags, **probabilities(P))
        for name, P in (("new", HIGH), ("old", LOW))
    ]


def same(part, whole):
    """A part of a comparison is what f1core.compare says, bit by bit."""
    for name in ("metric", "a", "b", "difference", "interval", "p_value", "level"):
        np.testing.assert_equal(getattr(part, name), getattr(whole, name))


def test_metrics_are_those_of_compare_on_arrays(multiclass):
    found = files.compare(*multiclass, **ASKED)
    assert (found.task, found.rows, found.weighted) == ("multiclass", N, False)
    assert next(iter(found.metrics)) == "f1_macro"
    for name, each in found.metrics.items():
        same(each, f1core.compare(TRUE, NEW, OLD, metric=name, resamples=200))


@pytest.mark.parametrize("metric", ["mcc", ["recall_macro", "kappa"]])
def test_metrics_that_are_asked_for(multiclass, metric):
    found = files.compare(*multiclass, **ASKED, metric=metric, level=0.8, seed=5)
    assert list(found.metrics) == ([metric] if isinstance(metric, str) else metric)
    for name, each in found.metrics.items():
        how = {"metric": name, "resamples": 200, "level": 0.8, "seed": 5}
        same(each, f1core.compare(TRUE, NEW, OLD, **how))


def test_a_class_is_one_against_the_rest(multiclass):
    found = files.compare(*multiclass, **ASKED)
    said, before = NEW.argmax(axis=1), OLD.argmax(axis=1)
    assert list(found.classes) == NAMES.tolist()
    for k, each in enumerate(found.classes.values()):
        sides = k == TRUE, said == k, before == k
        same(each, f1core.compare(*sides, metric="f1", task="binary", resamples=200))
        assert each.rows == np.count_nonzero(k == TRUE)
    p = [each.p_value for each in found.classes.values()]
    assert [each.p_holm for each in found.classes.values()] == holm(p).tolist()
    assert found.comparisons == len(found.metrics) + C


def test_a_label_of_many_is_a_binary_task(multilabel):
    asked = {**ASKED, "target": "y_*", "task": "multilabel"}
    found = files.compare(*multilabel, **asked)
    for name, each in found.metrics.items():
        how = {"metric": name, "resamples": 200, "task": "multilabel"}
        same(each, f1core.compare(FLAGS, HIGH, LOW, **how))
    for k, each in enumerate(found.classes.values()):
        sides = FLAGS[:, k], HIGH[:, k] > 0.5, LOW[:, k] > 0.5
        same(each, f1core.compare(*sides, metric="f1", task="binary", resamples=200))


def test_groups_are_their_rows_alone(multiclass):
    found = files.compare(*multiclass, **ASKED, group="fold")
    for name, each in found.groups.items():
        rows = name == FOLD
        sides = TRUE[rows], NEW[rows], OLD[rows]
        same(each, f1core.compare(*sides, metric="f1_macro", resamples=200))
        assert each.rows == np.count_nonzero(rows)
    assert files.compare(*multiclass, **ASKED).groups is None


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_weights_are_those_of_the_new_file(request, kind):
    pair = request.getfixturevalue(kind)
    many = kind == "multilabel"
    asked = {**ASKED, "target": "y_*" if many else "y", "task": kind, "group": "fold"}
    found = files.compare(*pair, **asked, sample_weight="w")
    assert found.weighted
    arrays = (FLAGS, HIGH, LOW) if many else (TRUE, NEW, OLD)
    for name, each in found.metrics.items():
        how = {"metric": name, "resamples": 200, "task": kind, "sample_weight": WEIGHT}
        same(each, f1core.compare(*arrays, **how))
    for k, each in enumerate(found.classes.values()):
        truth = FLAGS[:, k] if many else k == TRUE
        sides = [P[:, k] > 0.5 if many else P.argmax(axis=1) == k for P in arrays[1:]]
        how = {"metric": "f1", "resamples": 200, "task": "binary", "sample_weight": WEIGHT}
        whole = f1core.compare(truth, *sides, **how)
        assert each.rows == WEIGHT[truth].sum()
        assert (each.a, each.b) == (whole.a, whole.b)
        np.testing.assert_allclose(each.interval, whole.interval, rtol=1e-12, atol=1e-12)
        assert each.p_value == pytest.approx(whole.p_value)


def brute_force(true, new, old):
    kinds = {"mended": [], "broken": [], "both_wrong_differently": []}
    for row, (t, a, b) in enumerate(zip(true, new, old, strict=True)):
        if a == t and b != t:
            kinds["mended"].append(row)
        elif a != t and b == t:
            kinds["broken"].append(row)
        elif a != b:
            kinds["both_wrong_differently"].append(row)
    return kinds


def test_rows_that_flip(multiclass):
    sides = [NAMES[x].tolist() for x in (TRUE, NEW.argmax(axis=1), OLD.argmax(axis=1))]
    wanted = brute_force(*sides)
    found = files.compare(*multiclass, **ASKED, rows=N).flips
    assert found[:3] == tuple(map(len, wanted.values()))
    assert all(wanted.values()) and found.left_out == 0
    for kind, rows in wanted.items():
        listed = [each for each in found.rows if each.kind == kind]
        assert [each.row for each in listed] == rows
        for each in listed:
            assert [each.true, each.new, each.old] == [side[each.row] for side in sides]
            assert each.path == str(multiclass[0])
    few = files.compare(*multiclass, **ASKED, rows=7).flips
    assert few[:3] == found[:3] and len(few.rows) == 7
    assert {each.kind for each in few.rows} == set(wanted)
    assert few.left_out == sum(found[:3]) - 7
    assert files.compare(*multiclass, **ASKED, rows=0).flips.rows == []


def test_labels_that_flip(multilabel):
    def said(P):
        return [tuple(NAMES[row]) for row in P > 0.5]

    sides = [tuple(NAMES[row]) for row in FLAGS], said(HIGH), said(LOW)
    wanted = brute_force(*sides)
    asked = {**ASKED, "target": "y_*", "task": "multilabel", "rows": N}
    found = files.compare(*multilabel, **asked).flips
    assert found[:3] == tuple(map(len, wanted.values()))
    for each in found.rows:
        assert each.row in wanted[each.kind]
        assert [each.true, each.new, each.old] == [side[each.row] for side in sides]


def told(found):
    """All that was found but what the files are called."""
    return json.dumps({**found.to_dict(), "new": "", "old": ""})


def test_columns_are_matched_by_name_and_rows_by_id(multiclass, tmp_path):
    new, old = multiclass
    whole = told(files.compare(new, old, **ASKED, group="fold"))
    order = RNG.permutation(N)
    swapped = {"y": NAMES[TRUE], **probabilities(OLD, [2, 0, 3, 1])}
    other = write(tmp_path / "swapped.parquet", **swapped)
    assert told(files.compare(new, other, **ASKED, group="fold")) == whole
    swapped = {name: column[order] for name, column in {"id": IDS, **swapped}.items()}
    other = write(tmp_path / "shuffled.parquet", **swapped)
    asked = {**ASKED, "group": "fold", "sample_id": "id"}
    assert told(files.compare(new, other, **asked)) == whole
    text = {**swapped, "id": [f"id {i}" for i in swapped["id"]]}
    named = write(tmp_path / "named.parquet", **text)
    with pytest.raises(F1Error, match=r"sample_id holds numbers in .*new.* and text in .*named"):
        files.compare(new, named, **asked)


def test_labels_beside_scores_and_models_in_one_file(multiclass, tmp_path):
    new, old = multiclass
    found = files.compare(new, old, **ASKED)
    said = write(tmp_path / "said.parquet", y=NAMES[TRUE], p_said=NAMES[OLD.argmax(axis=1)])
    other = files.compare(new, said, **{**ASKED, "probabilities_old": "p_said"})
    assert other.metrics == found.metrics and other.classes == found.classes
    assert other.flips == found.flips
    one = write(
        tmp_path / "one.parquet", y=NAMES[TRUE], a=NAMES[NEW.argmax(axis=1)],
        b=NAMES[OLD.argmax(axis=1)],
    )  # fmt: skip
    asked = {"target": "y", "probabilities": "a", "probabilities_old": "b", "resamples": 200}
    both = files.compare(one, one, **asked)
    assert both.metrics == found.metrics and both.classes == found.classes


def test_rows_that_are_not_the_same_are_refused(multiclass, tmp_path):
    new, _ = multiclass
    columns = {"id": IDS, "y": NAMES[TRUE], **probabilities(OLD)}

    def refused(match, sample_id=None, **changed):
        other = write(tmp_path / "other.parquet", **{**columns, **changed})
        with pytest.raises(F1Error, match=match):
            files.compare(new, other, **ASKED, sample_id=sample_id)

    wrong = NAMES[TRUE].copy()
    wrong[17] = "eel"
    refused("row 17 of .*new.* is '.*' and in .*other.* 'eel': rows are paired by posi", y=wrong)
    refused(f"the row of id {IDS[17]} of .*new.* is '.*' and in .*'eel'$", "id", y=wrong)
    twice = IDS.copy()
    twice[[4, 9]] = IDS[0]
    refused(f"sample_id is repeated in .*other.*: 2 rows .* such as {IDS[0]}$", "id", id=twice)
    gone = IDS.copy()
    gone[5] = 10 * N + 1
    refused(
        rf"1 of 300 ids of .*new.* not in .*other.* \(the first is {IDS[5]}\), 1 of 300 ids of "
        rf".*other.* not in .*new.* \(the first is {10 * N + 1}\)$", "id", id=gone,
    )  # fmt: skip
    refused("target holds text in .*new.* and numbers in .*other", y=TRUE)
    short = {name: column[:-1] for name, column in columns.items()}
    refused("new.* has 300 rows, .*other.* has 299: rows are paired by position", **short)
    nan = OLD[:, 0].copy()
    nan[33] = np.nan
    refused("other.parquet: probabilities .* at row 33", p_ant=nan)
    fewer = write(
        tmp_path / "fewer.parquet", y=NAMES[TRUE], **probabilities(OLD, [0, 1, 3]), p_eel=OLD[:, 2]
    )
    with pytest.raises(F1Error, match=r"the classes differ: 'cat': only in .*new"):
        files.compare(new, fewer, **ASKED)


def test_a_wrong_row_of_a_shuffled_file_is_named_as_it_stands_there(multiclass, tmp_path):
    order = np.arange(N)[::-1]
    scores = OLD[order].copy()
    scores[33, 0] = np.nan
    other = write(
        tmp_path / "old.parquet", id=IDS[order], y=NAMES[TRUE[order]], **probabilities(scores)
    )
    with pytest.raises(F1Error, match=r"old.parquet: probabilities .* at row 33"):
        files.compare(multiclass[0], other, **ASKED, sample_id="id")


def test_a_threshold_of_its_own(tmp_path):
    y, new, old = TRUE < 1, NEW[:, 0], OLD[:, 0]
    paths = [
        write(tmp_path / f"{k}.parquet", y=y.astype(int), p_x=P) for k, P in enumerate((new, old))
    ]
    found = files.compare(*paths, **ASKED, threshold=0.4, threshold_old=0.3)
    assert (found.task, list(found.classes)) == ("binary", [0, 1])
    assert found.metrics["f1"].a == f1core.score(y, new, threshold=0.4).binary.f1
    assert found.metrics["f1"].b == f1core.score(y, old, threshold=0.3).binary.f1
    assert found.classes[1].interval == found.metrics["f1"].interval
    labels = write(tmp_path / "labels.parquet", y=y.astype(int), p_x=(old > 0.3).astype(int))
    with pytest.raises(F1Error, match=r"threshold_old=0\.3 is for scores"):
        files.compare(paths[0], labels, **ASKED, threshold=0.4, threshold_old=0.3)
    assert files.compare(paths[0], labels, **ASKED, threshold=0.4).metrics == found.metrics


OPTIONS = [
    ("multiclass", {"ignore_index": "ant"}), ("multiclass", {"top_k": 2}),
    ("multiclass", {"average_over": ["bee", "cat"]}), ("multilabel", {"zero_division": 1.0}),
    ("multiclass", {"threshold": [0.4, 0.3, 0.2, 0.1]}), ("multilabel", {"threshold": 0.7}),
    ("multilabel", {"ignore_index": 0}), ("multilabel", {"top_k": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "option"), OPTIONS)
def test_an_option_is_used(request, kind, option):
    pair = request.getfixturevalue(kind)
    many = kind == "multilabel"
    asked = {**ASKED, "target": "y_*" if many else "y", "task": kind, "metric": "f1_macro"}
    found = files.compare(*pair, **asked, **option)
    arrays = (FLAGS, HIGH, LOW) if many else (NAMES[TRUE], NEW, OLD)
    how = {"classes": NAMES.tolist(), "task": kind, "metric": "f1_macro", "resamples": 200}
    same(found.metrics["f1_macro"], f1core.compare(*arrays, **how, **option))
    for side, P in (("a", arrays[1]), ("b", arrays[2])):
        scores = f1core.score(arrays[0], P, task=kind, classes=NAMES.tolist(), **option)
        for name, value in zip(NAMES.tolist(), scores.per_class.f1.tolist(), strict=True):
            if name in found.classes:
                assert getattr(found.classes[name], side) == value
    assert set(found.classes) <= set(NAMES.tolist()) and len(found.classes) >= 3


@pytest.mark.parametrize(
    ("option", "match"),
    [
        ({"pos_label": "ant"}, "pos_label"), ({"metric": "f2"}, "metric is 'f2'"),
        ({"metric": ["f1_macro", "f1_macro"]}, "holds 'f1_macro' twice"), ({"level": 2}, "level"),
        ({"rows": -1}, "rows"), ({"cluster": "fold"}, "cluster"), ({"progress": 1}, "progress"),
        ({"threshold": 0.2}, "threshold"), ({"group": "folds"}, "group"),
        ({"sample_id": "fold"}, "sample_id"), ({"threshold_old": 0.2}, "threshold"),
    ],
)  # fmt: skip
def test_an_option_is_refused(multiclass, option, match):
    with pytest.raises(F1Error, match=match):
        files.compare(*multiclass, **{**ASKED, **option})


def test_labels_that_only_one_side_knows(tmp_path):
    y = np.array(["a", "b", "c"] * 20)
    new, old = y.copy(), y.copy()
    new[:5], old[3:9] = "n", "o"
    paths = [write(tmp_path / f"{k}.parquet", y=y, p=P) for k, P in enumerate((new, old))]
    found = files.compare(*paths, target="y", probabilities="p", resamples=50)
    assert list(found.classes) == ["a", "b", "c", "n", "o"]
    for name, each in found.classes.items():
        how = {"metric": "f1", "task": "binary", "resamples": 50}
        same(each, f1core.compare(y == name, new == name, old == name, **how))
    assert found.flips[:3] == (4, 3, 2)
    same(found.metrics["f1_macro"], f1core.compare(y, new, old, metric="f1_macro", resamples=50))


def test_many_classes_get_as_many_resamples_as_telling_them_apart_takes(tmp_path):
    y = np.repeat(np.arange(60), 40)
    new, old = y.copy(), y.copy()
    old[:30], old[100:110] = 59, 1  # which is 2 and 1 modulo 3
    paths = [write(tmp_path / f"{k}.parquet", y=y, p=P) for k, P in enumerate((new, old))]
    asked = {"target": "y", "probabilities": "p", "resamples": 100, "task": "multiclass"}
    found = files.compare(*paths, **asked)
    p = f1core.compare(y == 0, new == 0, old == 0, metric="f1", task="binary", resamples=1200)
    assert found.classes[0].p_value == p.p_value
    assert found.classes[0].p_holm < 0.05 < found.classes[7].p_holm
    for path, said in zip(paths, (new, old), strict=True):
        write(path, y=y % 3, p=said % 3, g=y)
    found = files.compare(*paths, **{**asked, "group": "g", "metric": "f1_micro"})
    sides = (side[:40] % 3 for side in (y, new, old))
    p = f1core.compare(*sides, metric="f1_micro", task="multiclass", resamples=1200)
    assert found.groups[0].p_value == p.p_value
    assert found.groups[0].p_holm < 0.05 < found.groups[7].p_holm


def test_lists_of_labels(tmp_path):
    lines = [(["a", "b"], ["a"], ["b", "a"]), ([], [], ["a"]), (["b"], ["a"], ["b"])] * 10
    paths = [tmp_path / "new.jsonl", tmp_path / "old.jsonl"]
    for at, path in enumerate(paths):
        path.write_text("".join(json.dumps({"y": y, "p": said[at]}) + "\n" for y, *said in lines))
    found = files.compare(*paths, target="y", probabilities="p", task="multilabel", resamples=50)
    assert list(found.classes) == ["a", "b"]
    assert found.flips[:3] == (10, 20, 0)
    assert [each.b for each in found.classes.values()] == [2 / 3, 1.0]


def test_holm_by_hand():
    assert holm([0.01, 0.04, float("nan"), 0.03])[[0, 1, 3]].tolist() == [0.03, 0.06, 0.06]
    assert holm([]).tolist() == [] and holm([0.9, 0.8]).tolist() == [1.0, 1.0]


def test_what_a_report_shows_of_a_baseline(multiclass, tmp_path):
    asked = {**ASKED, "group": "fold"}
    found = files.compare(*multiclass, **asked, metric=["mcc", "+"], rows=500)
    told = baseline(*multiclass, **asked, metric="mcc")
    assert told == json.loads(json.dumps(told, allow_nan=False))
    assert [each["metric"] for each in told["metrics"]] == list(found.metrics)
    assert [each["label"] for each in told["metrics"]][:2] == ["Matthews' MCC", "macro F1"]
    assert told["metric"] == "mcc" and told["comparisons"] == 5 + C + 2
    for each, row in zip(found.metrics.values(), told["metrics"], strict=True):
        assert (row["new"], row["old"], row["difference"]) == (each.a, each.b, each.difference)
        assert (row["low"], row["high"], row["p_value"]) == (*each.interval, each.p_value)
    lists = told["classes"]
    assert lists["name"] == NAMES.tolist() and lists["support"] == np.bincount(TRUE).tolist()
    assert lists["p_holm"] == [each.p_holm for each in found.classes.values()]
    assert [each["name"] for each in told["groups"]] == ["north", "south"]
    flips, row = told["flips"], told["flips"]["rows"][0]
    assert [flips[kind] for kind in ("mended", "broken", "both_wrong_differently")] == list(
        found.flips[:3]
    )
    assert {row["kind"], row["file"]} == {"mended", Path(multiclass[0]).name}
    first = found.flips.rows[0]
    assert (row["true"], row["old"], row["new"]) == (first.true, first.old, first.new)


def test_a_block_of_rows_that_are_all_ignored_flips_nothing():
    size = 1 << 18
    true = np.append(np.full(size, -1), [0, 1])
    rows = pytest.importorskip("pandas").DataFrame(
        {"y": true, "p": np.append(np.full(size, 0.2), [0.7, 0.8])}
    )
    rows["q"] = 1 - rows.p
    asked = {"target": "y", "ignore_index": -1, "resamples": 20}
    found = files.compare(rows, rows, probabilities="p", probabilities_old="q", **asked)
    few = rows[size:].reset_index(drop=True)
    few = files.compare(few, few, probabilities="p", probabilities_old="q", **asked)
    assert found.metrics == few.metrics and found.classes == few.classes
    assert (found.flips.mended, found.flips.broken) == (1, 1)
    assert [row.row - size for row in found.flips.rows] == [row.row for row in few.flips.rows]


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("top_k", [None, 2])
def test_a_group_of_which_every_row_is_ignored_is_refused_as_one_without_weight(task, top_k):
    true = np.array([0, 1, -1])
    rows = pytest.importorskip("pandas").DataFrame(
        {"y_0": true, "y_1": true, "g": [0, 0, 1], "w": [1, 1, 0]}
    )
    rows["p_0"], rows["p_1"] = [0.3, 0.4, 0.2], [0.7, 0.6, 0.8]
    target = "y_*" if task == "multilabel" else "y_0"
    scores = "p_1" if task == "binary" else "p_*"
    asked = {"target": target, "probabilities": scores, "group": "g", "task": task}
    if top_k is not None:
        if task == "binary":
            return
        asked["top_k"] = top_k
    sentence = "^group 1: there are no rows to score: none came, all were ignored, or all weights"
    with pytest.raises(F1Error, match=sentence):
        files.compare(rows, rows, **asked, ignore_index=-1, resamples=20)
    rows = rows.replace({"y_0": -1, "y_1": -1}, 1)
    with pytest.raises(F1Error, match=sentence):
        files.compare(rows, rows, **asked, sample_weight="w", resamples=20)
