"""The examples in the docstrings do what they say."""

import doctest
import importlib
import warnings
from pathlib import Path

import pytest

import f1core

ROOT = Path(f1core.__file__).parent
NEEDED = {
    "f1core.grouped": ("pandas",), "f1core.tabulated": ("pandas",),
    "f1core.adapters.sklearn.tuned": ("sklearn", "1.9"),  # that of the extra
    "f1core.plots.class_names": ("matplotlib",),
}  # fmt: skip
MODULES = sorted(
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in ROOT.rglob("*.py")
    if ">>>" in path.read_text()
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of(name, monkeypatch):
    if name in NEEDED:
        pytest.importorskip(*NEEDED[name])
    monkeypatch.chdir(Path(__file__).parents[2])  # some read tests/data
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # frameworks warn of themselves as they are imported
            module = importlib.import_module(name)
    except ImportError as missing:
        pytest.skip(str(missing))
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


def test_there_are_examples():
    assert {"f1core.api", "f1core.accumulator", "f1core.scores"} <= set(MODULES)
