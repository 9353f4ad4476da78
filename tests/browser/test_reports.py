"""Reports of files, as f1core writes them: the page's numbers are those of `f1core.score`."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import f1core
import f1core.files

ROWS = 3000


def written(tmp_path, task, rows=ROWS, seed=5):
    """A file of float32 scores, its labels and scores, and how it is read."""
    rng = np.random.default_rng(seed)
    width = {"binary": 1, "multiclass": 4, "multilabel": 3}[task]
    if task == "multiclass":
        true = rng.integers(0, width, rows)
        logits = rng.normal(0, 1, (rows, width))
        logits[np.arange(rows), true] += 2
        scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    else:
        true = (rng.random((rows, width)) < 0.3).astype(int)
        scores = np.clip(0.3 * true + 0.7 * rng.random((rows, width)), 0, 1)
    scores = scores.astype(np.float32)
    columns = {f"p_{k}": scores[:, k] for k in range(width)}
    if task == "multilabel":
        columns |= {f"y_{k}": true[:, k] for k in range(width)}
    else:
        columns["y"] = true.reshape(rows, -1)[:, 0]
    columns["site"] = rng.choice(["<b>here</b>", "there"], rows)
    pq.write_table(pa.table(columns), tmp_path / f"{task}.parquet")
    how = {"target": "y_*" if task == "multilabel" else "y", "probabilities": "p_*"}
    return tmp_path / f"{task}.parquet", true, scores, how | {"task": task}


def contents_of(path):
    """What a report shows, out of its page."""
    found = re.search(r'id="report">(.*?)</script>', path.read_text(encoding="utf-8"), re.DOTALL)
    return json.loads(found[1])


def columns_of(task, true, scores, k):
    """Flags and scores of one label, or of one class against the rest."""
    if task == "multiclass":
        return (true == k).astype(int), scores[:, k]
    return true[:, k], scores[:, k]


@pytest.mark.parametrize(
    ("task", "k"), [("binary", 0), ("multiclass", 2), ("multilabel", 0), ("multilabel", 2)]
)
def test_dragging_a_report_of_a_file(opened, tmp_path, task, k):
    path, true, scores, how = written(tmp_path, task)
    page = opened(f1core.files.report(path, tmp_path / "made.html", **how))
    if task != "binary":
        page.locator("#label-choice").select_option(index=k)
    flags, column = columns_of(task, true, scores, k)
    slider, code = page.locator("#cut"), page.locator(".copy code")
    slider.press("Home")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    left, wide, middle = box["x"] + 8, box["width"] - 16, box["y"] + box["height"] / 2
    page.mouse.move(left, middle)
    page.mouse.down()
    met = set()
    for step in range(20):
        page.mouse.move(left + wide * (step + 0.5) / 20, middle)
        cuts = re.search(r"threshold=\[?([-0-9., e]+)", code.inner_text())[1].split(",")
        threshold = float(cuts[k if task == "multilabel" else 0])
        met.add(threshold)
        found = f1core.score(flags, column, task="binary", threshold=threshold, confusion=True)
        (tn, fp), (fn, tp) = np.asarray(found.confusion).tolist()
        for key, count in {"tp": tp, "fp": fp, "fn": fn, "tn": tn, "predicted": tp + fp}.items():
            assert page.locator(f"#now-{key}").inner_text() == f"{count:,}", (key, threshold)
        for key in ("precision", "recall", "f1"):
            value = float(page.locator(f"#now-{key}").get_attribute("value"))
            assert value == getattr(found.binary, key)
    page.mouse.up()
    assert len(met) == 20


def test_the_best_threshold_of_the_answer_is_on_the_slider(opened, tmp_path):
    path, true, scores, how = written(tmp_path, "binary")
    made = f1core.files.report(path, tmp_path / "made.html", **how)
    best = contents_of(made)["headline"]["best"]
    page = opened(made)
    page.locator("#to-best").click()
    assert float(page.locator("#now-f1").get_attribute("value")) == best["value"]
    found = f1core.score(true[:, 0], scores[:, 0], threshold=best["threshold"])
    assert found.binary.f1 == best["value"]
    page.locator("#to-default").click()
    found = f1core.score(true[:, 0], scores[:, 0])
    assert float(page.locator("#now-f1").get_attribute("value")) == found.binary.f1


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_a_report_with_groups_and_a_baseline(opened, tmp_path, task):
    (tmp_path / "old").mkdir()
    path, _, _, how = written(tmp_path, task)
    older, _, scores, _ = written(tmp_path / "old", task)
    table = pq.read_table(older)
    noise = np.random.default_rng(6).random(scores.shape).astype(np.float32)
    for k in range(scores.shape[1]):
        at = table.schema.get_field_index(f"p_{k}")
        table = table.set_column(at, f"p_{k}", pa.array(0.7 * scores[:, k] + 0.3 * noise[:, k]))
    pq.write_table(table, older)
    made = f1core.files.report(
        path, tmp_path / "made.html", group="site", baseline=older, title="<i>new</i>", **how
    )
    page = opened(made, width=360)
    assert page.title() == "<i>new</i>"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    ids = page.locator("main > section").evaluate_all("all => all.map(one => one.id)")
    assert {"answer", "threshold", "classes", "groups", "baseline"} <= set(ids)
    names = {text.strip() for text in page.locator("#group-table tbody th").all_text_contents()}
    assert names == {"<b>here</b>", "there"}
    rows = page.locator("#baseline-metrics tbody tr").count()
    assert rows == len(contents_of(made)["baseline"]["metrics"])


def test_weighted_rows(opened, tmp_path):
    path, true, scores, how = written(tmp_path, "binary")
    weight = np.random.default_rng(8).random(ROWS)
    pq.write_table(pq.read_table(path).append_column("w", pa.array(weight)), path)
    page = opened(f1core.files.report(path, tmp_path / "a.html", sample_weight="w", **how))
    code = page.locator(".copy code")
    for key in ("Home", "ArrowRight", "ArrowRight", "End", "ArrowLeft"):
        page.locator("#cut").press(key)
        given = {"f1core": f1core, "y_true": true[:, 0], "y_prob": scores[:, 0], "weight": weight}
        found = eval(code.inner_text(), given)
        for name in ("precision", "recall", "f1"):
            shown = page.locator(f"#now-{name}").inner_text()
            assert shown == f"{getattr(found.binary, name):.4f}", (key, name)
    page.locator("#cut").press("Home")  # all are predicted: nothing is missed but by rounding
    assert [page.locator(f"#now-{cell}").inner_text() for cell in ("fn", "tn")] == ["0", "0"]


def test_a_report_of_labels_and_of_scores_has_no_threshold(opened, tmp_path):
    true = np.random.default_rng(7).integers(0, 3, ROWS)
    guess = np.where(np.arange(ROWS) % 3, true, 0)
    pq.write_table(pa.table({"y": true, "guess": guess}), tmp_path / "hard.parquet")
    made = f1core.files.report(
        tmp_path / "hard.parquet", tmp_path / "a.html", target="y", probabilities="guess"
    )
    for path in (made, f1core.score(true, guess).report(tmp_path / "b.html")):
        page = opened(path)
        assert page.locator("#threshold").count() == 0
        assert page.locator("#class-table tbody tr").count() == 3
        assert "without scores" in page.locator("#absent").inner_text()


def softmax(scores, axis):
    raised = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return raised / raised.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize("more", ["ignore_index", "from_logits", "sample_weight"])
@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_the_copied_lines_count_as_the_page_does(opened, tmp_path, task, more):
    path, true, scores, how = written(tmp_path, task)
    rng = np.random.default_rng(3)
    if more == "ignore_index":
        true = np.where(rng.random(true.shape) < 0.2, -1, true)
    if more == "from_logits":
        scores = np.log(scores + 1e-3) + rng.normal(0, 1, scores.shape).astype(np.float32)
    weight = rng.integers(1, 9, ROWS)
    truths = true.reshape(ROWS, -1).T
    columns = dict(
        zip([f"y_{k}" for k in range(3)] if len(truths) > 1 else ["y"], truths, strict=True)
    )
    columns |= {f"p_{k}": column for k, column in enumerate(scores.T)} | {"w": weight}
    pq.write_table(pa.table(columns), path)
    how[more] = {"ignore_index": -1, "from_logits": True, "sample_weight": "w"}[more]
    page = opened(f1core.files.report(path, tmp_path / "made.html", **how))
    for _ in range(3):
        page.locator("#cut").press("ArrowRight")
    flat = task == "binary"
    names = {"f1core": f1core, "weight": weight, "y_true": true.ravel() if flat else true}
    names["y_prob"] = scores.ravel() if flat else scores
    names["scipy"] = SimpleNamespace(special=SimpleNamespace(softmax=softmax))
    *before, last = page.locator(".copy code").inner_text().split("\n")
    exec("\n".join(before), names)
    found = eval(last, names)
    f1 = found.binary.f1 if task != "multilabel" else None
    if f1 is None:
        label = page.locator("#label-choice option:checked").inner_text()
        f1 = found.per_class.f1[int(label)]
    assert f1 == pytest.approx(float(page.locator("#now-f1").get_attribute("value")), abs=1e-12)
