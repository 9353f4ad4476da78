"""ARCHITECTURE.md lists every module, with the sentence that the module says of itself."""

import re

from write_modules import PAGE, ROOT, modules, written


def test_the_module_lists_are_what_their_script_writes():
    page = PAGE.read_text()
    assert written(page) == page, "run python docs/write_modules.py"


def test_every_module_says_what_it_is():
    assert not [name for name, sentence in modules().items() if not sentence.endswith(".")]


def test_paths_that_are_named_exist():
    paths = re.findall(r"`((?:f1core|tests|bench|docs)/[\w./]*\w)`", PAGE.read_text())
    assert len(paths) > 10
    assert not [path for path in paths if not (ROOT / path).exists()]
