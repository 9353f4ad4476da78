"""What CONTRIBUTING.md and the workflows tell people to run exists."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
FORMS = (REPOSITORY / ".github").rglob("*.yml")
TEXTS = ["CONTRIBUTING.md", *sorted(str(form.relative_to(REPOSITORY)) for form in FORMS)]


def environments():
    """All names that tox.ini defines, its factors multiplied out."""
    found = {"lint", "types", "py"}
    for section in re.findall(r"^\[testenv:(.+)\]$", (REPOSITORY / "tox.ini").read_text(), re.M):
        factors = re.search(r"\{(.+)\}", section)
        for factor in factors.group(1).split(",") if factors else [""]:
            found.add(re.sub(r"\{.+\}", factor, section))
    return found


def named(text):
    """The environments that `tox -e …`, a workflow's env: or code beside it names."""
    lists = re.findall(r"tox -e \"?([\w.,-]+)", text) + re.findall(r'env: "([\w.,-]+)"', text)
    return {name for names in lists for name in names.split(",")}


@pytest.mark.parametrize("name", TEXTS)
def test_environments_that_are_named_exist(name):
    assert named((REPOSITORY / name).read_text()) <= environments()


def test_environments_are_named_at_all():
    assert len(named((REPOSITORY / "CONTRIBUTING.md").read_text())) > 10


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "tox.ini", "bench/mutants.py"])
def test_paths_that_are_named_exist(name):
    words = re.findall(r"\b(?:tests|bench)/[\w./]+\.py\b", (REPOSITORY / name).read_text())
    assert words
    assert not [word for word in words if not (REPOSITORY / word).exists()]
