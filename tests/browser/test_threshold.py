"""The threshold that is moved by keys, buttons and clicks; costs; averages; what is copied."""

import re

import numpy as np
import pytest
import report_contents as made

import f1core
from f1core.io.tuned import Tuned


def number(page, key):
    """A number of the page: in full, which is what it says shortly."""
    return float(page.locator(f"#now-{key}").get_attribute("value"))


def shown(page, key):
    """A number of the page as it is read."""
    return page.locator(f"#now-{key}").inner_text().replace(",", "")


def thresholds(page):
    """The thresholds of the line of Python on the page, all digits."""
    code = page.locator(".copy code").inner_text()
    found = re.search(r"threshold=\[?([-0-9., e]+)", code)
    return [float(value) for value in found[1].split(",")]


def expected(task, true, scores, k, threshold):
    """Counts and ratios of one class at a threshold, by `f1core.score`."""
    if task == "multiclass":
        true, scores = (true == k).astype(int), scores[:, k]
    elif task == "multilabel":
        true, scores = true[:, k], scores[:, k]
    found = f1core.score(true, scores, task="binary", threshold=threshold, confusion=True)
    (tn, fp), (fn, tp) = np.asarray(found.confusion).tolist()
    counts = {"tp": tp, "fp": fp, "fn": fn, "tn": tn, "predicted": tp + fp}
    return counts, {key: getattr(found.binary, key) for key in ("precision", "recall", "f1")}


def test_averages_over_labels_follow_their_thresholds(opened):
    true, scores = made.multilabel()
    page = opened(made.contents("multilabel", true, scores))
    for k, wanted in enumerate([0.31, 0.47, 0.62, 0.55]):
        page.locator("#label-choice").select_option(index=k)
        page.locator("#cut-value").fill(str(wanted))
        page.locator("#cut-value").press("Enter")
    assert thresholds(page) == [0.31, 0.47, 0.62, 0.55]
    found = f1core.score(true, scores, task="multilabel", threshold=thresholds(page))
    for average in ("macro", "micro"):
        for key in ("precision", "recall", "f1"):
            value = float(page.locator(f"#{average}-{key}").get_attribute("value"))
            assert value == pytest.approx(getattr(getattr(found, average), key), rel=1e-14)
    page.locator("#label-choice").select_option(index=1)
    assert page.locator("#cut-value").input_value() == "0.47"
    # The choice beside the curves is the same choice.
    assert page.locator("#curve-choice").evaluate("select => select.selectedIndex") == 1


def test_undefined_ratios_are_what_the_option_says(opened):
    true, scores = made.binary()
    for option, value in ((1.0, "1.0000"), (None, "–")):
        contents = made.contents("binary", true, scores, options={"zero_division": option})
        page = opened(contents)
        page.locator("#cut").press("End")
        assert (shown(page, "predicted"), shown(page, "precision")) == ("0", value)


def test_keys_and_buttons_move_the_threshold(opened, expect):
    true, scores = made.binary()
    contents = made.contents("binary", true, scores)
    page, (cuts,) = opened(contents), contents["cuts"]["threshold"]
    slider = page.locator("#cut")
    slider.focus()
    assert thresholds(page) == [0.5]
    page.keyboard.press("ArrowRight")
    assert thresholds(page) == [cuts[cuts.index(0.5) + 1]]
    page.keyboard.press("End")
    assert thresholds(page) == [cuts[-1]]
    page.keyboard.press("Home")
    assert thresholds(page) == [cuts[0]]
    assert slider.get_attribute("aria-valuetext") == f"score > {cuts[0]:g}"
    page.locator("#cut-value").fill("0.4321")
    page.locator("#cut-value").press("Tab")
    assert thresholds(page) == [0.43]
    page.locator("#to-default").press("Enter")
    assert thresholds(page) == [0.5]
    page.locator("#to-best").press("Space")
    best = f1core.best_threshold(true, scores)
    assert number(page, "f1") == pytest.approx(best.score, rel=1e-15)
    said = page.locator("#spoken")
    expect(said).to_contain_text(f"F1 {best.score:.4f}")  # once the slider rests


def test_costs_follow_and_the_cheapest_threshold_is_found(opened):
    true, scores = made.binary()
    page = opened(made.contents("binary", true, scores))
    prices = {"fp": 2.5, "fn": 7, "tp": -1, "tn": 0}
    for cell, price in prices.items():
        page.locator(f"#price-{cell}").fill(str(price))

    def cost(threshold):
        counts, _ = expected("binary", true, scores, 0, threshold)
        return sum(counts[cell] * price for cell, price in prices.items())

    total = page.locator("#total-cost")
    assert float(total.get_attribute("value")) == pytest.approx(cost(0.5), rel=1e-14)
    page.locator("#to-cheapest").click()
    assert float(total.get_attribute("value")) == min(cost(cut) for cut in np.unique(scores))
    assert cost(thresholds(page)[0]) == float(total.get_attribute("value"))


def test_curves_follow_the_choice_of_the_label(opened):
    true, scores = made.multilabel()
    page = opened(made.contents("multilabel", true, scores))
    charts = page.locator("#threshold .chart > svg, #curves .chart > svg")
    before = [path.get_attribute("d") for path in charts.locator("g[stroke^='var'] path").all()]
    page.locator("#curve-choice").select_option(index=1)
    assert page.locator("#label-choice").evaluate("select => select.selectedIndex") == 1
    names = [svg.get_attribute("aria-label") for svg in charts.all()]
    assert len(names) == 3
    assert all("class 1" in name for name in names)
    after = [path.get_attribute("d") for path in charts.locator("g[stroke^='var'] path").all()]
    # Three lines, the two curves and the share of the rows; axes and chance stay.
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 6
    # The point is where the threshold in view is.
    dot = page.locator("#curves .cursor circle").first
    at = dot.get_attribute("cx")
    page.locator("#cut").press("Home")
    assert dot.get_attribute("cx") != at


def test_a_click_on_a_curve_takes_its_threshold(opened):
    true, scores = made.binary()
    page = opened(made.contents("binary", true, scores))
    chart = page.locator("#threshold .chart > svg")
    box = chart.bounding_box()
    chart.click(position={"x": box["width"] * 0.3, "y": box["height"] * 0.5})
    assert 0.2 < thresholds(page)[0] < 0.35


@pytest.mark.parametrize("clipboard", [True, False])
def test_thresholds_are_copied(opened, expect, clipboard):
    """By the clipboard's interface, and without it (as in pages that are no secure context)."""
    without = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
    true, scores = made.multilabel()
    page = opened(made.contents("multilabel", true, scores), setup=None if clipboard else without)
    page.locator("#cut").press("ArrowLeft")
    for words, start, end in (
        ("Python", 'f1core.score(y_true, y_prob, task="multilabel", threshold=[', "])"),
        (
            "JSON",
            '{"task":"multilabel","classes":["class 0","class 1","class 2","class 3"],'
            '"threshold":[',
            '],"from_logits":false}',
        ),
    ):
        page.locator(f"#copy-{words.lower()}").click()
        expect(page.locator("#copied")).to_have_text(f"Copied as {words}.")
        page.evaluate("document.body.append(document.createElement('textarea'))")
        area = page.locator("body > textarea")
        area.focus()
        page.keyboard.press("Control+V")
        text = area.input_value()
        area.evaluate("area => area.remove()")
        assert text.startswith(start)
        assert text.endswith(end)
        assert [float(v) for v in text[len(start) : -len(end)].split(",")][:3] == [0.5] * 3


ODD = ["no", 'it\'s "a"', "", "3", "<\u2028>"]


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("labels", [range(5), ODD], ids=["numbers", "text"])
def test_the_copied_line_runs_and_gives_the_numbers_of_the_page(opened, task, labels):
    true, scores = getattr(made, task)()
    labels = np.array(labels)[: 2 if task == "binary" else 5]
    page = opened(made.contents(task, true, scores, [str(label) for label in labels]))
    for k in range(1 if task == "binary" else 5):
        if task == "multiclass":
            page.locator("#label-choice").select_option(index=k)
        page.locator("#cut").press("ArrowRight")
        code = page.locator(".copy code").inner_text()
        found = eval(code, {"f1core": f1core, "y_true": labels[true], "y_prob": scores})
        assert found.binary.f1 == number(page, "f1")
        if task == "binary" and labels.dtype.kind == "U":  # names of labels that are 0 and 1
            found = eval(code, {"f1core": f1core, "y_true": true, "y_prob": scores})
            assert found.binary.f1 == number(page, "f1")


def test_the_copied_line_says_that_0_is_positive(opened):
    true, scores = made.binary()
    page = opened(made.contents("binary", true, scores, ["1", "0"]))
    code = page.locator(".copy code").inner_text()
    found = eval(code, {"f1core": f1core, "y_true": 1 - true, "y_prob": scores})
    assert found.binary.f1 == number(page, "f1")


def test_copied_thresholds_are_a_file_for_the_command_line(opened, expect, tmp_path):
    for task, names in (("binary", ["no", "yes"]), ("multilabel", list("abcd"))):
        true, scores = getattr(made, task)()
        page = opened(made.contents(task, true, scores, names))
        page.locator("#to-best").click()
        chosen = thresholds(page)
        page.locator("#copy-json").click()
        expect(page.locator("#copied")).to_have_text("Copied as JSON.")
        path = tmp_path / f"{task}.json"
        path.write_text(page.locator(".copy code").inner_text())
        kept = Tuned(path)
        kept.check(task, names, False)
        assert kept.of(names) == (chosen if task == "multilabel" else chosen[0])
