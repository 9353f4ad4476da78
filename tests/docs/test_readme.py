"""README.md is short, its table is that of docs/speed.md, and what it links to is there."""

import re
from pathlib import Path

import pytest
import table

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def between_marks(page):
    return page.split(table.START + "\n")[1].split("\n" + table.END)[0]


def test_the_short_table_is_made_of_the_full_one():
    full = between_marks((ROOT / "docs" / "speed.md").read_text(encoding="utf-8"))
    assert between_marks(README) == table.short(full)
    assert len(between_marks(README).splitlines()) == 2 + len(table.SHORT_ROWS) + 3


def test_a_table_replaces_the_old_one(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{table.START}\nold\n{table.END}\nafter\n", encoding="utf-8")
    table.put(page, "| new |")
    expected = f"before\n{table.START}\n| new |\n{table.END}\nafter\n"
    assert page.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_links_lead_to_files(target):
    assert (ROOT / target).is_file()


def test_its_commands_are_single_lines():
    blocks = re.findall(r"^```bash\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2 and all(block.count("\n") == 1 for block in blocks)
