"""Snippets of pages run, and a page that says what is not printed is found out."""

import sys

import pytest
import run_snippets

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pages run with bash and links")


def ran(tmp_path, text):
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    return run_snippets.run_page(page)


def python(code, output=None):
    shown = "" if output is None else f"\n```text\n{output}\n```\n"
    return f"```python\n{code}\n```\n{shown}\n"


def test_blocks_share_names_and_what_they_print_is_compared(tmp_path):
    result = ran(tmp_path, python("a = 1") + "text\n\n" + python("print(a + 1)", "2"))
    assert (result.ran, result.faults) == (2, [])


@pytest.mark.parametrize(
    "text",
    [
        python("print(1)", "2"),
        python("print(1)"),
        python("", "1"),
        python("1 / 0"),
        python("raise SystemExit"),
        "```pycon\n>>> 1\n2\n```\n",
        "```console\n$ echo 1\n2\n```\n",
        "```console\n$ echo 1\n```\n",
        "```console\n$ exit 3\n```\n",
        "```bash\nfalse\n```\n",
        '=== "tab"\n\n    ```python\n    print(1)\n    ```\n',
        "<!-- hidden\n```python\n1 / 0\n```\n-->\n",
    ],
)
def test_what_a_page_says_and_is_not_so_is_a_fault(tmp_path, text):
    assert len(ran(tmp_path, text).faults) == 1


@pytest.mark.parametrize(
    "text",
    [
        python("print('12 ms')", "... ms"),
        "```pycon\n>>> 1\n1\n```\n",
        "```console\n$ echo 1 \\\n  2\n1 2\n$ exit 2\n```\n",
        "```bash\npip install nothing\ntrue\n```\n",
        "```text\n1 / 0\n```\n",
    ],
)
def test_what_is_so_is_none(tmp_path, text):
    assert ran(tmp_path, text).faults == []


def test_marked_blocks_do_not_run_and_are_named(tmp_path, monkeypatch):
    text = "<!-- needs: no_such_module -->\n" + python("1 / 0")
    text += "<!-- not run: takes a week -->\n" + python("1 / 0") + python("a = 1")
    result = ran(tmp_path, text)
    assert (result.ran, result.faults) == (1, [])
    assert [line.split(": ")[1] for line in result.skipped] == [
        "needs no_such_module", "takes a week",
    ]  # fmt: skip
    monkeypatch.setenv("F1CORE_DOCS_MISSING", "another")
    assert len(ran(tmp_path, text).faults) == 1
    monkeypatch.setenv("F1CORE_DOCS_MISSING", "no_such_module")
    assert ran(tmp_path, text).faults == []


def test_what_was_printed_can_be_written_into_the_page(tmp_path):
    text = python("print(1)", "2") + "```console\n$ echo 1\n2\n```\n"
    text += '\n=== "tab"\n\n    ```python\n    print(3)\n    ```\n\n    ```text\n    4\n    ```\n'
    result = ran(tmp_path, text)
    assert len(result.faults) == 3
    assert result.text == text.replace("2", "1").replace("4", "3")
    assert ran(tmp_path, result.text).faults == []


def test_figures_are_kept_and_the_folder_shows_the_data(tmp_path):
    page = tmp_path / "page.md"
    code = "import pathlib\npathlib.Path('figures/a.svg').write_text('<svg/>')\n"
    page.write_text(python(code + "assert pathlib.Path('tests/data').is_dir()"), encoding="utf-8")
    result = run_snippets.run_in_folder(page, tmp_path / "kept")
    assert (result.ran, result.faults, result.figures) == (1, [], ["a.svg"])
    assert (tmp_path / "kept" / "a.svg").read_text() == "<svg/>"


def test_a_block_uses_only_names_of_blocks_that_run_wherever_it_runs():
    pages = sorted(run_snippets.ROOT.glob("docs/**/*.md"))
    found = {str(page): run_snippets.borrowed(page.read_text(encoding="utf-8")) for page in pages}
    assert len(found) > 20
    assert {name: names for name, names in found.items() if names} == {}


def test_a_name_that_may_not_be_there_is_found_out():
    page = "<!-- needs: a -->\n" + python("x = 1\nimport c.d") + "<!-- needs: a b -->\n"
    page += python("x, c") + "<!-- needs: b -->\n" + python("def f(x):\n    return x\nx, c, len")
    assert run_snippets.borrowed(page) == ["line 14: c", "line 14: x"]
