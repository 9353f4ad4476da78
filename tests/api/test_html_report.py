"""What a report shows is what `score` gives, from one pass over the files."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import f1core
import f1core.files
from f1core.cli import main
from f1core.html_report.grid import exact, grid_of
from f1core.html_report.of_files import contents_of

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

ROWS = 1500
DTYPES = [np.float16, np.float32, np.float64]


def written(path, **columns):
    pq.write_table(pa.table({name: pa.array(column) for name, column in columns.items()}), path)
    return str(path)


def crowded(rng, shape):
    """Scores near 0, near 1, on short decimals and at both ends."""
    tiny, one = 10.0 ** (-30 * rng.random(shape)), 1 - 10.0 ** (-9 * rng.random(shape))
    short, ends = rng.integers(0, 101, shape) / 100, rng.integers(0, 2, shape).astype(float)
    kind = rng.integers(0, 5, shape)
    return np.choose(kind, [tiny, one, short, ends, rng.random(shape)])


def binary(rng, dtype=np.float32):
    y = (rng.random(ROWS) < 0.2).astype(np.int8)
    p = np.where(
        rng.random(ROWS) < 0.5, crowded(rng, ROWS), np.clip(y * 0.3 + rng.random(ROWS), 0, 1)
    )
    return y, p.astype(dtype)


def classes(rng, size=5, dtype=np.float32):
    y = rng.integers(0, size, ROWS)
    z = rng.normal(0, 3, (ROWS, size))
    z[np.arange(ROWS), y] += 3
    e = np.exp(z)
    return y, (e / e.sum(axis=1, keepdims=True)).astype(dtype)


def labels(rng, size=4, dtype=np.float32):
    y = (rng.random((ROWS, size)) < 0.3).astype(np.int8)
    return y, crowded(rng, (ROWS, size)).astype(dtype)


def some_cuts(cuts, place, n=20):
    """(threshold, tp, predicted) of cuts spread over all of a label's."""
    chosen = np.unique(np.linspace(0, len(cuts["threshold"][place]) - 1, n).astype(int))
    for k in chosen.tolist():
        yield tuple(cuts[name][place][k] for name in ("threshold", "tp", "predicted"))


def counts_at(y, p, threshold, **options):
    s = f1core.score(y, p, task="binary", classes=2, threshold=threshold, **options).binary
    return s.tp, s.tp + s.fp


@pytest.fixture(params=["at each score", "at the edges of a grid"])
def exactly(request, monkeypatch):
    """Whether few rows are cut at each of their scores, or as many are."""
    if request.param != "at each score":
        monkeypatch.setattr("f1core.html_report.kept_rows._CELLS", 0)
    return request.param == "at each score"


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("labels", [1, 50, 500])
@pytest.mark.parametrize("dtype", DTYPES)
def test_bins_are_those_of_a_binary_search(dtype, labels, logits):
    rng = np.random.default_rng(1)
    grid = grid_of(np.dtype(dtype), labels, logits)
    p = np.concatenate([crowded(rng, 5000), grid.edges, [-5e-4, 1.0005, -0.0]])
    if logits:
        with np.errstate(divide="ignore", invalid="ignore"):
            p = np.concatenate([np.log(p) - np.log1p(-p), rng.normal(0, 40, 5000)])
        p = p[~np.isnan(p)]
    p = p.astype(dtype)
    p = exact(np.concatenate([p, np.nextafter(p, dtype(2)), np.nextafter(p, dtype(-2))]))
    with np.errstate(divide="ignore"):
        edges = np.log(grid.edges) - np.log1p(-grid.edges) if logits else grid.edges
    expected = np.searchsorted(exact(edges.astype(dtype)), p, side="left")
    assert np.array_equal(grid.bins_of(p), expected)
    assert {0.0, 0.1, 0.5, 0.9, 1.0} <= set(grid.edges.tolist())


@pytest.mark.parametrize("dtype", DTYPES)
def test_binary_cuts_are_those_of_score(tmp_path, dtype, exactly):
    y, p = binary(np.random.default_rng(2), dtype)
    file = written(tmp_path / "a.parquet", y=y, p=p)
    found = contents_of(file, target="y", probabilities="p", threshold=0.3217)
    cuts, head = found["cuts"], found["headline"]
    assert cuts["of"] == [1] and cuts["total"] == [ROWS] and cuts["true"] == [int(y.sum())]
    thresholds = cuts["threshold"][0]
    assert thresholds == sorted(set(thresholds)) and len(thresholds) <= 1010
    assert {0.5, 0.3217, head["best"]["threshold"]} <= set(thresholds)
    for threshold, *counts in some_cuts(cuts, 0, 40):
        assert tuple(counts) == counts_at(y, p, threshold)
    at = f1core.score(y, p, threshold=head["best"]["threshold"])
    assert at.binary.f1 == head["best"]["value"] == found["classes"]["best_f1"][1]
    assert at.interval("f1") == (head["best"]["low"], head["best"]["high"])
    best = f1core.best_threshold(y, p)
    assert head["best"]["value"] <= best.score <= head["best"]["bound"] + 1e-12
    curve = f1core.curve(y, p)
    for name in ("roc_auc", "average_precision"):
        each = next(one for one in found["metrics"] if one["metric"] == name)
        if exactly:
            assert head["best"]["value"] == best.score == head["best"]["bound"]
            assert each["value"] == pytest.approx(getattr(curve, name), abs=1e-14)
            assert "bounds" not in each
        else:
            assert each["low"] - 1e-12 <= getattr(curve, name) <= each["high"] + 1e-12


def test_multilabel_cuts_are_those_of_score(tmp_path, exactly):
    y, p = labels(np.random.default_rng(3))
    columns = {f"t_{k}": y[:, k] for k in range(4)} | {f"p_{k}": p[:, k] for k in range(4)}
    file = written(tmp_path / "a.parquet", **columns)
    given = [0.5, 0.123, 0.5, 0.777]
    found = contents_of(file, target="t_*", probabilities="p_*", task="multilabel", threshold=given)
    cuts, head = found["cuts"], found["headline"]
    for k in range(4):
        assert {0.5, given[k], head["best"]["threshold"][k]} <= set(cuts["threshold"][k])
        for threshold, *counts in some_cuts(cuts, k):
            assert tuple(counts) == counts_at(y[:, k], p[:, k], threshold)
    at = f1core.score(y, p, task="multilabel", threshold=head["best"]["threshold"])
    assert at.macro.f1 == pytest.approx(head["best"]["value"], abs=1e-15)
    assert at.per_class.f1.tolist() == pytest.approx(found["classes"]["best_f1"])
    best = f1core.best_threshold(y, p, task="multilabel")
    assert head["best"]["value"] <= best.score <= head["best"]["bound"] + 1e-12
    if exactly:
        assert head["best"]["value"] == pytest.approx(best.score, abs=1e-15)
    assert head["value"] == f1core.score(y, p, task="multilabel", threshold=given).macro.f1


def test_multiclass_cuts_are_of_each_class_against_the_rest(tmp_path, exactly):
    y, p = classes(np.random.default_rng(4))
    file = written(tmp_path / "a.parquet", y=y, **{f"p_{k}": p[:, k] for k in range(5)})
    found = contents_of(file, target="y", probabilities="p_*")
    for k in range(5):
        for threshold, *counts in some_cuts(found["cuts"], k):
            assert tuple(counts) == counts_at(y == k, p[:, k], threshold)
    s = f1core.score(y, p)
    assert found["headline"]["value"] == s.macro.f1
    assert (found["headline"]["low"], found["headline"]["high"]) == s.interval("f1_macro")
    assert found["classes"]["f1_low"][2] == s.interval("f1", of=2)[0]
    assert found["classes"]["tp"] == s.per_class.tp.tolist()
    assert [tuple(cell) for cell in found["confusion"]["cells"]] == [
        (i, j, s.confusion[i, j]) for i, j in zip(*map(list, np.nonzero(s.confusion)), strict=True)
    ]
    pair, first = s.most_confused(1)[0], found["confused"][0]
    assert (first["true"], first["predicted"], first["count"]) == tuple(pair)[:3]
    best = found["headline"]["best"]
    assert (best is not None) == exactly  # a search reads all rows at once
    if not exactly:
        return
    again = f1core.score(y, p, threshold=best["threshold"])
    assert best["value"] == again.macro.f1 >= s.macro.f1 and best["bound"] is None
    assert (best["low"], best["high"]) == again.interval("f1_macro")
    ranked = f1core.curve(y, p, task="multiclass")
    for row in found["metrics"]:
        if row.get("bounds"):
            assert row["low"] <= getattr(ranked.macro, row["metric"]) <= row["high"]
            assert row["high"] - row["low"] < 0.02


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_calibration_is_that_of_f1core(tmp_path, dtype):
    rng = np.random.default_rng(5)
    y, p = binary(rng, dtype)
    many, q = classes(rng, dtype=dtype)
    flags, r = labels(rng, dtype=dtype)
    cases = [
        (dict(y=y, p_=p), "y", "p_", f1core.calibration(y, p, bins=10)),
        (
            dict(y=many, **{f"p_{k}": q[:, k] for k in range(5)}), "y", "p_*",
            f1core.calibration(many, q, task="multiclass", bins=10),
        ),
        (
            {f"t_{k}": flags[:, k] for k in range(4)} | {f"p_{k}": r[:, k] for k in range(4)},
            "t_*", "p_*", f1core.calibration(flags, r, task="multilabel", bins=10),
        ),
    ]  # fmt: skip
    for place, (columns, target, scores, expected) in enumerate(cases):
        file = written(tmp_path / f"{place}.parquet", **columns)
        found = contents_of(file, target=target, probabilities=scores, task=expected.task)
        for name in ("ece", "brier", "log_loss"):
            own = found["calibration"][name]
            assert own == pytest.approx(getattr(expected, name), rel=1e-6), name
        if expected.task != "multilabel":
            assert found["calibration"]["bins"]["count"] == expected.bins.count.tolist()
            assert (found["calibration"]["ece_low"], found["calibration"]["ece_high"]) == (
                pytest.approx(expected.interval("ece"), abs=1e-6)
            )


def without_time(found):
    return {k: v for k, v in found.items() if k not in ("made", "sources", "title", "calibration")}


def test_a_file_in_parts_gives_the_same_report(tmp_path):
    y, p = classes(np.random.default_rng(6))
    columns = {"y": y, **{f"p_{k}": p[:, k] for k in range(5)}}
    whole = written(tmp_path / "whole.parquet", **columns)
    parts = [
        written(
            tmp_path / f"{start}.parquet", **{k: v[start : start + 500] for k, v in columns.items()}
        )
        for start in range(0, ROWS, 500)
    ]
    one = contents_of(whole, target="y", probabilities="p_*")
    two = contents_of(parts, target="y", probabilities="p_*")
    assert without_time(one) == without_time(two)
    assert one["calibration"]["bins"]["count"] == two["calibration"]["bins"]["count"]
    assert one["calibration"]["log_loss"] == pytest.approx(two["calibration"]["log_loss"])
    assert two["sources"] == ["0.parquet", "500.parquet", "1000.parquet"]


def test_options_decide_as_in_score(tmp_path):
    rng = np.random.default_rng(7)
    y, p = binary(rng)
    w = rng.integers(0, 4, ROWS).astype(float)
    y[:100] = 7
    logits = np.clip(rng.normal(0, 4, ROWS) + y, -30, 30).astype(np.float32)
    file = written(tmp_path / "a.parquet", y=y, p=p, w=w, x=logits)
    found = contents_of(
        file, target="y", probabilities="p", sample_weight="w", ignore_index=7, beta=2.0
    )
    cuts = found["cuts"]
    assert found["weighted"] and cuts["total"] == [w[100:].sum()]
    for threshold, *counts in some_cuts(cuts, 0):
        weighted = counts_at(y, p, threshold, sample_weight=w, ignore_index=7)
        assert tuple(counts) == pytest.approx(weighted)
    assert found["headline"]["metric"] == "fbeta" and found["headline"]["low"] is None
    assert found["options"] == {"ignore_index": 7, "beta": 2.0}
    best = found["headline"]["best"]
    s = f1core.score(
        y, p, sample_weight=w, ignore_index=7, beta=2.0, threshold=best["threshold"], task="binary"
    )
    assert best["value"] == pytest.approx(s.binary.fbeta)
    kept = contents_of(
        file, target="y", probabilities="p", sample_weight="w", ignore_index=7, resamples=50, seed=1
    )
    assert kept["headline"]["low"] < kept["headline"]["value"] < kept["headline"]["high"]
    found = contents_of(file, target="y", probabilities="x", ignore_index=7, from_logits=True)
    for threshold, *counts in some_cuts(found["cuts"], 0):
        assert tuple(counts) == counts_at(y, logits, threshold, ignore_index=7, from_logits=True)


def test_groups_are_those_of_score(tmp_path):
    rng = np.random.default_rng(8)
    y, p = binary(rng)
    g = rng.choice(["a", "b", "<i>c</i>"], ROWS)
    file = written(tmp_path / "a.parquet", y=y, p=p, g=g)
    found = contents_of(file, target="y", probabilities="p", group="g")
    alone = contents_of(file, target="y", probabilities="p")
    assert found["groups"]["column"] == "g"
    for row in found["groups"]["rows"]:
        s = f1core.score(y[g == row["name"]], p[g == row["name"]], task="binary")
        assert row["value"] == s.binary.f1 and (row["low"], row["high"]) == s.interval("f1")
        assert row["rows"] == s.total and row["recall"] == s.binary.recall
    assert without_time(found) | {"groups": None} == without_time(alone)
    drawn = contents_of(file, target="y", probabilities="p", group="g", resamples=10)
    assert drawn["headline"]["value"] == alone["headline"]["value"]


def test_of_many_groups_the_largest_are_shown(tmp_path):
    y, p = binary(np.random.default_rng(14))
    g = np.minimum(np.arange(ROWS), 1100)
    file = written(tmp_path / "a.parquet", y=y, p=p, g=g)
    found = contents_of(file, target="y", probabilities="p", group="g", classes=2)
    assert len(found["groups"]["rows"]) == 1000 and found["groups"]["left_out"] == 101
    assert found["groups"]["rows"][-1]["rows"] == 400
    assert found["notes"][-1] == "Of 1,101 groups the 1,000 largest are shown."
    with pytest.raises(f1core.F1Error, match="leave out seed or group"):
        contents_of(file, target="y", probabilities="p", group="g", resamples=10, seed=1)


def test_what_has_no_scores_has_no_cuts(tmp_path):
    y = np.array(list("abca") * 20)
    file = written(tmp_path / "a.parquet", y=y, z=np.roll(y, 1), i=np.arange(80))
    found = contents_of(file, target="y", probabilities="z")
    assert found["decided_by"] == "labels" and found["cuts"] is None
    assert found["calibration"] is None and found["headline"]["best"] is None
    y, p = binary(np.random.default_rng(9))
    file = written(tmp_path / "b.parquet", y=y, p=p, i=np.arange(ROWS))
    found = contents_of([file, file], target="y", probabilities="p", sample_id="i")
    assert found["rows"] == ROWS and found["cuts"] is None
    assert found["decided_by"] == "threshold" and "count once" in found["notes"][0]
    x = written(tmp_path / "c.parquet", y=y, p_0=p * 9, p_1=p - 4)
    found = contents_of(x, target="y", probabilities="p_*")
    assert found["cuts"] is None and "no probabilities" in found["notes"][0]
    assert found["decided_by"] == "argmax"


def test_everything_is_plain_json(tmp_path):
    y = np.array(["</script><b>x", 'ünïcode "quoted"', "<!-- " + "long " * 60] * 30)
    columns = {f"p_{name}": (y == name) * 0.5 + 1 / 6 for name in np.unique(y).tolist()}
    found = contents_of(
        written(tmp_path / "a.parquet", y=y, **columns), target="y", probabilities="p_*"
    )
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["classes"]["name"] == sorted(set(y.tolist()))


def test_many_classes_stay_small(tmp_path):
    rng = np.random.default_rng(10)
    y, z = rng.integers(0, 400, ROWS), rng.normal(0, 1, (ROWS, 400)).astype(np.float32)
    z[np.arange(ROWS), y] += 4
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    file = written(tmp_path / "a.parquet", y=y, **{f"p_{k}": p[:, k] for k in range(400)})
    found = contents_of(file, target="y", probabilities="p_*", classes=400)
    assert len(json.dumps(found, separators=(",", ":"))) < 400_000
    assert len(found["confusion"]["classes"]) == 60 and found["confusion"]["left_out"] == 340
    assert all(len(row) <= 110 for row in found["cuts"]["threshold"])
    assert math.isfinite(found["headline"]["low"]) and found["headline"]["best"] is None


REFUSED = [
    (dict(probabilities="q"), "q"),
    (dict(probabilities="p", treshold=1), "treshold"),
    (dict(probabilities="p", threshold=7), "threshold"),
    (dict(probabilities="p", title=3), "title"),
    (dict(probabilities="bad"), "at row 3"),
]


@pytest.mark.parametrize(("options", "said"), REFUSED)
def test_what_is_refused_leaves_no_file(tmp_path, options, said):
    y, p = binary(np.random.default_rng(11))
    file = written(tmp_path / "a.parquet", y=y, p=p, bad=np.where(np.arange(ROWS) == 3, np.nan, p))
    with pytest.raises(f1core.F1Error, match=said):
        f1core.files.report(file, tmp_path / "r.html", target="y", **options)
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_a_stream_is_read_once(tmp_path):
    y, p = binary(np.random.default_rng(15))
    file, page = written(tmp_path / "a.parquet", y=y, p=p), tmp_path / "r.html"
    asked = {"target": "y", "probabilities": "p"}
    with pytest.raises(f1core.F1Error, match="a stream is read once"):
        f1core.files.report(pq.ParquetFile(file).iter_batches(), page, **asked, baseline=file)
    assert not page.exists()
    seen = []
    f1core.files.report(
        pq.ParquetFile(file).iter_batches(), page, **asked,
        progress=lambda name, rows: seen.append(rows),
    )  # fmt: skip
    assert page.exists() and sum(seen) == ROWS


def test_no_other_file_is_replaced(tmp_path):
    y, p = binary(np.random.default_rng(12))
    file = written(tmp_path / "a.parquet", y=y, p=p)
    page = tmp_path / "r.html"
    page.write_text("<!DOCTYPE html><p>mine</p>")
    for output, said in ((page, "no f1core report"), (file, "one of the inputs")):
        before = Path(output).read_bytes()
        with pytest.raises(f1core.F1Error, match=said):
            f1core.files.report(file, output, target="y", probabilities="p")
        assert Path(output).read_bytes() == before
    assert f1core.files.report(file, page, target="y", probabilities="p", force=True) == page
    assert f1core.files.report(file, page, target="y", probabilities="p") == page
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet", "r.html"]


def test_names_are_escaped_in_the_page(tmp_path):
    s = f1core.score(["</script><b>x", "b", "b"], ["b", "b", "b"])
    text = s.report(tmp_path / "r.html", title="</title><script>alert(1)").read_text("utf-8")
    assert "</script><b>x" not in text and "</title><script>alert" not in text
    with pytest.raises(f1core.F1Error, match="no option"):
        s.report(tmp_path / "r.html", titel="x")


def test_the_command_prints_the_path_and_the_headline(tmp_path, capsys):
    y, p = binary(np.random.default_rng(13))
    file, page = written(tmp_path / "a.parquet", y=y, p=p), tmp_path / "r.html"
    asked = ["report", file, "--target", "y", "--probabilities", "p", "--title", "<b>Mine</b>"]
    assert main([*asked, "-o", str(page)]) == 0
    path, line = capsys.readouterr().out.splitlines()
    s = f1core.score(y, p)
    assert path == str(page) and line.startswith(f"F1 of '1' {s.binary.f1:.4f} (")
    assert "&lt;b&gt;Mine&lt;/b&gt;" in page.read_text("utf-8")
    assert main([*asked, "-o", file]) == 2
    assert "--output" in capsys.readouterr().err
    assert main([*asked, "--baseline", file, "-o", str(page)]) == 0
    told = page.read_text("utf-8").partition('id="report">')[2].partition("</script>")[0]
    found = json.loads(told)
    assert found["baseline"]["rows"] == ROWS and found["baseline"]["metrics"][0]["difference"] == 0


def test_a_cut_below_all_scores_is_there_where_one_is_zero(tmp_path):
    p = np.linspace(0, 1, 30)
    file = written(tmp_path / "a.parquet", y=np.ones(30, np.int8), p=p)
    found = contents_of(file, target="y", probabilities="p", task="binary")
    best, cuts = found["headline"]["best"], found["cuts"]
    assert (best["threshold"], best["value"]) == (-1.0, 1.0)
    assert [cuts[name][0][0] for name in ("threshold", "tp", "predicted")] == [-1.0, 30, 30]
    file = written(tmp_path / "b.parquet", y=np.ones(29, np.int8), p=p[1:])
    found = contents_of(file, target="y", probabilities="p", task="binary")
    assert found["headline"]["best"]["value"] == 1.0
    assert found["cuts"]["threshold"][0][0] >= 0
