"""The page: complete, harmless, and usable by mouse, keyboard, screen reader, phone and printer."""

import pytest
import report_contents as made

from f1core.html_report.page import render

SECTIONS = ["answer", "threshold", "classes", "confusion", "f1", "curves", "calibration"]


def sample(task, names=None, **more):
    """Contents of a task with everything that a report may have."""
    if task == "multiclass" and names:
        true, scores = made.multiclass(classes=len(names))
    else:
        true, scores = getattr(made, task)()
    groups = names or ["AA", "DL", "UA"]
    everything = {"groups": made.groups(groups), "baseline": made.baseline(groups)}
    return made.contents(task, true, scores, names, **everything | more)


def column(page, table, at):
    """The visible cells of one column."""
    cells = page.locator(f"{table} tbody tr:visible > :nth-child({at})")
    return [text.split("\n")[0] for text in cells.all_inner_texts()]


def test_the_answer_comes_first_and_every_section_is_there(opened):
    page = opened(sample("multiclass"))
    ids = page.locator("main > section").evaluate_all("all => all.map(one => one.id)")
    assert ids == [*SECTIONS, "groups", "baseline"]
    links = page.locator("nav a").evaluate_all("all => all.map(one => one.hash.slice(1))")
    assert links == ids
    for svg in page.locator("figure svg[role=img]").all():
        assert len(svg.get_attribute("aria-label")) > 20


def test_sections_without_data_are_left_out_with_a_word(opened):
    bare = dict.fromkeys(["cuts", "calibration", "groups", "baseline", "confusion"])
    page = opened(sample("multilabel", confused=[], weak=[], **bare))
    ids = page.locator("main > section").evaluate_all("all => all.map(one => one.id)")
    assert ids == ["answer", "classes", "f1", "absent"]
    said = page.locator("#absent").inner_text()
    assert "without scores" in said
    assert "no one confusion matrix" in said


def test_small_numbers_are_not_printed_as_nothing(opened):
    page = opened(sample("binary"))
    assert page.locator("#answer .tile", has_text="tiny").inner_text().endswith("0.00001")
    assert "< 0.0001" in page.locator("#baseline-metrics").inner_text()
    assert "1,234" in page.locator("#baseline .tile", has_text="broken").inner_text()


def test_sorting_by_click_and_by_key(opened):
    names = ["b", "a10", "a9", "C", "d"]
    page = opened(sample("multiclass", names))
    head = page.locator("#class-table thead th")
    assert head.nth(1).get_attribute("aria-sort") == "ascending"  # the weakest first
    values = [float(value) for value in column(page, "#class-table", 2)]
    assert values == sorted(values)
    head.nth(1).locator("button").click()
    values = [float(value) for value in column(page, "#class-table", 2)]
    assert values == sorted(values, reverse=True)
    head.nth(0).locator("button").focus()
    page.keyboard.press("Enter")
    assert head.nth(0).get_attribute("aria-sort") == "ascending"
    assert head.nth(1).get_attribute("aria-sort") is None
    assert column(page, "#class-table", 1) == ["a9", "a10", "b", "C", "d"]


def test_a_thousand_classes_are_searched_and_sorted_at_once(opened):
    names = [f"kind {k}" for k in range(1000)]
    true, scores = made.multiclass(classes=1000, rows=1500)
    page = opened(made.contents("multiclass", true, scores, names))
    page.locator("#classes input[type=search]").fill("KIND 99")
    assert len(column(page, "#class-table", 1)) == 11  # 99 and 990 to 999
    assert "11 found" in page.locator("#classes [role=status]").inner_text()
    page.locator("#classes input[type=search]").fill("")
    spent = page.evaluate("""() => {
        const button = document.querySelector('#class-table thead button');
        const start = performance.now();
        button.click();
        document.body.getBoundingClientRect();
        return performance.now() - start;
    }""")
    assert column(page, "#class-table", 1)[:3] == ["kind 0", "kind 1", "kind 2"]
    assert spent < 3000  # milliseconds, with layout; some 100 where nothing else runs
    assert page.locator("#f1 figure").count() == 2


def test_the_matrix_says_its_cells_to_mouse_and_keyboard(opened, expect):
    contents = sample("multiclass")
    page = opened(contents)
    counts = {(i, j): count for i, j, count in contents["confusion"]["cells"]}
    support = contents["classes"]["support"]
    said = page.locator("#cell-said")
    map_ = page.locator("#confusion [role=application]")
    map_.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert said.inner_text() == (
        f"{counts[1, 2]} of {support[1]} rows of “class 1” taken for “class 2” "
        f"({100 * counts[1, 2] / support[1]:.1f} %)."
    )
    page.keyboard.press("Home")
    assert "“class 1” taken for “class 0”" in said.inner_text()
    svg = map_.locator(".chart > svg")
    cells = svg.locator(".cells rect")
    cells.first.hover()
    expect(said).to_contain_text(f"{counts[0, 0]} of {support[0]} rows of “class 0” recognised")
    assert "recognised" in svg.locator(".tip").text_content()


def test_long_lists_are_opened_on_demand(opened):
    names = [f"kind {k}" for k in range(9)]
    page = opened(sample("multiclass", names))
    assert len(column(page, "#confused-table", 1)) == 12
    page.locator("#confusion button.more").click()
    assert len(column(page, "#confused-table", 1)) > 12


def test_hostile_names_are_text(opened):
    page = opened(sample("multiclass", made.HOSTILE, title=made.HOSTILE[0], sources=made.HOSTILE))
    assert page.title() == made.HOSTILE[0]
    assert page.locator("img, iframe, body svg svg").count() == 0
    assert page.locator("script").count() == 4
    names = {text.strip() for text in page.locator("#class-table tbody th").all_text_contents()}
    assert names == {name or "(empty)" for name in made.HOSTILE}
    for k in range(len(made.HOSTILE)):
        page.locator("#label-choice").select_option(index=k)
        page.locator("#copy-json").click()
    page.locator("#confusion .cells rect").first.hover()
    page.wait_for_timeout(50)  # an image that was made would be asked for by now


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_a_phone_never_scrolls_sideways(opened, task):
    names = made.HOSTILE if task == "multiclass" else None
    page = opened(sample(task, names), width=360, height=740)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("#cut").bounding_box()["width"] > 250
    wide = page.evaluate("""[...document.querySelectorAll('main .chart > svg')]
        .filter((svg) => !svg.closest('.scroll') && svg.getBoundingClientRect().right > 361)
        .length""")
    assert wide == 0


def test_counts_of_billions_fit_on_a_phone(opened):
    contents = sample("binary", rows=900 * 10**12)
    cuts = contents["cuts"]
    for name in ("tp", "predicted"):
        cuts[name] = [[count * 10**12 for count in counts] for counts in cuts[name]]
    for name in ("true", "total"):
        cuts[name] = [count * 10**12 for count in cuts[name]]
    page = opened(contents, width=360)
    assert page.locator("#now-tn").inner_text().endswith(",000,000,000,000")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_charts_follow_the_width(opened, expect):
    page = opened(sample("binary"))
    chart = page.locator("#threshold .chart > svg")
    before = chart.get_attribute("width")
    page.set_viewport_size({"width": 500, "height": 800})
    expect(chart).not_to_have_attribute("width", before)
    assert chart.bounding_box()["width"] < 500


def luminance(page, selector, name):
    """How light a colour of the page is, 0 to 1."""
    colour = page.locator(selector).evaluate(f"one => getComputedStyle(one)['{name}']")
    red, green, blue = (int(part) / 255 for part in colour.strip("rgb()").split(",")[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_page_is_dark_where_that_is_wished(opened):
    page = opened(sample("binary"), scheme="dark")
    assert luminance(page, "body", "backgroundColor") < 0.15
    assert luminance(page, "h1", "color") > 0.8
    assert luminance(page, "#threshold svg", "color") > 0.8


def test_print_has_everything_in_light_colours_and_no_controls(opened):
    names = [f"kind {k}" for k in range(9)]
    contents = sample("multiclass", names)
    page = opened(contents, scheme="dark")
    page.locator("#classes input[type=search]").fill("kind 3")
    assert len(column(page, "#class-table", 1)) == 1
    page.emulate_media(media="print")
    assert luminance(page, "body", "backgroundColor") == pytest.approx(1)
    assert luminance(page, "body", "color") < 0.2
    for gone in ("#cut", "nav", "#copy-python", "#price-fp", "input[type=search] >> nth=0"):
        assert page.locator(gone).is_hidden(), gone
    assert len(column(page, "#class-table", 1)) == 9
    assert len(column(page, "#confused-table", 1)) == len(contents["confused"])
    assert page.locator("details:not([open])").count() == 0
    assert page.locator("#calibration details table").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="screen")
    assert page.locator("details[open]").count() == 0


def test_the_page_is_used_by_keyboard_alone(opened):
    page = opened(sample("multilabel"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    met = []
    for _ in range(60):
        page.keyboard.press("Tab")
        met.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    controls = ["label-choice", "cut", "cut-value", "to-default", "to-best", "all-best",
                "price-fp", "price-fn", "to-cheapest", "copy-python", "copy-json"]  # fmt: skip
    assert [one for one in met if one in controls] == controls


@pytest.mark.parametrize(("task", "scheme"), [("multiclass", "light"), ("multilabel", "dark")])
def test_rules_of_accessibility(opened, axe, task, scheme):
    page = opened(sample(task), scheme=scheme)
    page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    found = axe.run(page).response["violations"]
    told = [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found]
    assert told == []


def test_styles_scripts_and_library_leave_room_for_a_thousand_classes():
    assert len(render({"title": ""}).encode()) < 700_000


def test_numbers_that_json_lacks_are_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        render({"title": "", "rows": float("nan")})


def test_licences_go_with_the_libraries():
    assert render({"title": ""}).count("Permission to use, copy, modify") == 2
