"""Every public name stands in the reference, and what stands there exists."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

import f1core

ROOT = Path(__file__).parent.parent.parent
PAGES = "\n".join(
    page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "reference").glob("*.md")
)
LISTED = re.findall(r"^::: (f1core[\w.]*)$", PAGES, re.MULTILINE)
SCHEMES = {"BILOU", "IOB1", "IOB2", "IOBES", "IOE1", "IOE2"}


def listed_in(module):
    """The names in a module's __all__, without importing it."""
    path = Path(f1core.__file__).parent.joinpath(*module.split("."))
    source = (path / "__init__.py") if path.is_dir() else path.with_suffix(".py")
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return [f"f1core.{module}.{name}" for name in ast.literal_eval(node.value)]
    raise AssertionError(f"{module} has no __all__")


def of_files():
    """The functions that `f1core.files` has to offer."""
    files = import_module("f1core.files")
    own = ("score", "accumulate", "read", "rows", "binned", "report", "compare")
    assert all(callable(getattr(files, name)) for name in own)
    return [f"f1core.files.{name}" for name in own]


@pytest.mark.parametrize(
    "name",
    [
        *(f"f1core.{name}" for name in f1core.__all__),
        *of_files(),
        *listed_in("plots"),
        *listed_in("adapters.keras"),
        *listed_in("adapters.jax"),
        *listed_in("adapters.sklearn"),
        *(n for n in listed_in("adapters.seqeval") if n.split(".")[-1] not in SCHEMES),
    ],
)
def test_a_public_name_stands_in_the_reference(name):
    assert name in LISTED


def test_no_name_stands_there_twice():
    assert sorted(set(LISTED)) == sorted(LISTED)


def test_every_variable_stands_there():
    found = {
        name
        for path in Path(f1core.__file__).parent.rglob("*.py")
        for name in re.findall(r"\"(F1CORE_\w+)\"", path.read_text(encoding="utf-8"))
    }
    assert found and found <= set(re.findall(r"`(F1CORE_\w+)`", PAGES))
