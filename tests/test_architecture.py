"""ARCHITECTURE.md lists every module, with the sentence that the module says of itself."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
PAGE = (REPOSITORY / "ARCHITECTURE.md").read_text()


def writer():
    spec = spec_from_file_location("write_modules", REPOSITORY / "docs" / "write_modules.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_module_lists_are_what_their_script_writes():
    assert writer().written(PAGE) == PAGE, "run python docs/write_modules.py"


def test_every_module_says_what_it_is():
    assert not [name for name, sentence in writer().modules().items() if not sentence.endswith(".")]


def test_paths_that_are_named_exist():
    paths = re.findall(r"`((?:f1core|tests|bench|docs)/[\w./]*\w)`", PAGE)
    assert len(paths) > 10
    assert not [path for path in paths if not (REPOSITORY / path).exists()]
