"""Docstrings that list all ratios, averages or endings of files list those that there are."""

import ast
import re

import pytest
from write_modules import ROOT

from f1core.averages import AVERAGES, CLASS_AVERAGES
from f1core.count_layout import RATIOS
from f1core.io.sources import BINARY, TEXT

READERS = TEXT | BINARY


def docstrings():
    """Every docstring of the package as one line, by module and name."""
    for path in sorted((ROOT / "f1core").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
                name = f"{path.relative_to(ROOT)} {getattr(node, 'name', '')}"
                yield name, " ".join((ast.get_docstring(node) or "").split())


def listed(words, least):
    """Where at least so many of some words stand beside each other, and which."""
    word = rf"""["`]*(?<!\w)(?:{"|".join(map(re.escape, words))})(?!\w)["`]*"""
    several = re.compile(rf"{word}(?:(?:,? (?:or|and) |, ){word}){{{least - 1},}}")
    return [
        pytest.param(set(re.findall(r"\.?\w+", found)) - {"or", "and"}, id=name)
        for name, text in docstrings()
        for found in several.findall(text)
    ]


ALL_RATIOS, ALL_AVERAGES, ENDINGS = listed(RATIOS, 4), listed(AVERAGES, 3), listed(READERS, 3)


def test_there_are_such_lists():
    assert len(ALL_RATIOS) >= 3
    assert len(ALL_AVERAGES) >= 4
    assert len(ENDINGS) >= 1


@pytest.mark.parametrize("told", ALL_RATIOS)
def test_lists_of_ratios_name_all(told):
    assert told == set(RATIOS)


@pytest.mark.parametrize("told", ALL_AVERAGES)
def test_lists_of_averages_name_all(told):
    assert told in (set(AVERAGES), set(CLASS_AVERAGES))


@pytest.mark.parametrize("told", ENDINGS)
def test_lists_of_endings_name_one_of_every_format(told):
    assert {READERS[ending] for ending in told} == set(READERS.values())
