"""The build hook: object code into the wheel, or one plain line and a wheel without it."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import f1core

HOOK = Path(f1core.__file__).parent / "backends/aot/hatch_build.py"
WORKS = """
import sys
from pathlib import Path
into = Path(next(a for a in sys.argv if a.startswith("--into=")).removeprefix("--into="))
(into / "x86-64-v2").mkdir()
(into / "x86-64-v2/labels.o").write_bytes(b"")
(into / "manifest.json").write_text("")
"""


@pytest.fixture
def hook(monkeypatch, tmp_path):
    """Run the hook over a package whose build module is some code; what it says and adds."""
    monkeypatch.delenv("F1CORE_BUILD_LEVELS", raising=False)
    monkeypatch.chdir(tmp_path)

    class Interface:
        def __init__(self, **given):
            self.__dict__.update(given)

    path = "hatchling.builders.hooks.plugin.interface"
    for end in [place for place, letter in enumerate(path) if letter == "."] + [len(path)]:
        monkeypatch.setitem(sys.modules, path[:end], ModuleType(path[:end]))
    monkeypatch.setattr(sys.modules[path], "BuildHookInterface", Interface, raising=False)
    pytest.importorskip("packaging")
    spec = importlib.util.spec_from_file_location("hatch_build", HOOK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(code, target="wheel"):
        package = tmp_path / "f1core/backends/aot"
        package.mkdir(parents=True)
        for folder in (package, *package.parents[:2]):
            (folder / "__init__.py").touch()  # else a package elsewhere would come first
        (package / "build.py").write_text(code)
        said, added = [], {"force_include": {}}
        app = SimpleNamespace(display_warning=said.append)
        made = module.KernelsHook(root=str(tmp_path), target_name=target, app=app)
        made.initialize("standard", added)
        made.finalize("standard", added, "")
        return said, added

    return run


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise RuntimeError('no compiler here')", "RuntimeError: no compiler here"),
        ("import not_numba", "ModuleNotFoundError: No module named 'not_numba'"),
        ("import os; os._exit(3)", "no reason given"),
        ("import os; os.abort()", "no reason given"),
        (f"{WORKS}\nraise OSError('disk full')", "OSError: disk full"),
    ],
    ids=["compiler", "import", "silent", "killed", "half way"],
)
def test_a_broken_compiler_leaves_a_wheel_without_object_code(hook, code, reason):
    said, added = hook(code)
    start = "f1core: no kernels compiled, Numba will compile them when needed"
    assert said == [f"{start} ({reason})"]
    assert added == {"force_include": {}}


def test_object_code_makes_the_wheel_one_for_this_platform(hook):
    said, added = hook(WORKS)
    assert said == []
    places = {"f1core/backends/aot/manifest.json", "f1core/backends/aot/x86-64-v2/labels.o"}
    assert set(added["force_include"].values()) == places
    assert added["pure_python"] is False
    assert added["tag"].startswith("py3-none-")


@pytest.mark.parametrize(("levels", "target"), [("none", "wheel"), ("", "sdist")])
def test_nothing_is_compiled_where_it_is_not_wanted(hook, monkeypatch, levels, target):
    monkeypatch.setenv("F1CORE_BUILD_LEVELS", levels)
    assert hook("raise RuntimeError", target) == ([], {"force_include": {}})
