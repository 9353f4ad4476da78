"""Kernels compiled beforehand: loaded without Numba, and done without where anything is odd."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jobs
import pytest
from jobs import job

import f1core
from f1core.backends.aot.load import MANIFEST, Unavailable, levels_here, manifest

PACKAGE = Path(f1core.__file__).parent
MODULE = "label_pairs"  # whose kernel the job calls

pytest.importorskip("llvmlite", exc_type=ImportError)
try:
    BUILT = list(manifest()["sets"])
except Unavailable as error:
    if "TOX_ENV_NAME" in os.environ:  # there the wheel was built, and has it
        raise
    pytest.skip(str(error), allow_module_level=True)
BEST = next(level for level in levels_here() if level in BUILT)


@pytest.fixture
def copied(tmp_path):
    """The package in a folder of its own, to be damaged."""
    shutil.copytree(PACKAGE, tmp_path / "f1core", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def labels_of(folder, wish="", name="labels", **more):
    """Score labels with the package in a folder; what was found, and what was said."""
    env = {
        **os.environ, "F1CORE_BACKEND": wish, "PYTHONPATH": f"{folder}{os.pathsep}{PACKAGE.parent}",
        **more,
    }  # fmt: skip
    command = [sys.executable, "-W", "error", jobs.__file__, name, "{}"]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd="/", timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def aot(folder):
    return folder / "f1core/backends/aot"


@pytest.mark.parametrize("level", BUILT)
def test_each_instruction_set_is_loaded_by_its_name(level):
    if level not in levels_here():
        pytest.skip(f"no {level} here")
    found = job("labels", env={"F1CORE_BACKEND": f"aot:{level}"})
    assert found == {"right": True, "backend": "aot", "reason": f"object code for {level}"}


def test_object_code_needs_no_numba():
    assert job("some_scores", calls=1, rows=2_000_000, env={"F1CORE_BACKEND": ""}) == {
        "loaded": True, "compiler": False,
    }  # fmt: skip


def _rewritten(change):
    def damage(folder):
        path = aot(folder) / MANIFEST
        found = json.loads(path.read_text())
        change(found)
        path.write_text(json.dumps(found))

    return damage


def _file(damage):
    return lambda folder: damage(aot(folder) / BEST / f"{MODULE}.o")


def _as_folder(file):
    file.unlink()
    file.mkdir()


def _one_bit(file):
    data = file.read_bytes()
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


DAMAGES = {
    "deleted": _file(Path.unlink),
    "empty": _file(lambda file: file.write_bytes(b"")),
    "cut short": _file(lambda file: file.write_bytes(file.read_bytes()[:-100])),
    "one bit": _file(_one_bit),
    "another file": _file(lambda file: shutil.copy(file.with_name("argmax_ids.o"), file)),
    "a folder": _file(_as_folder),
    "no text": lambda folder: (aot(folder) / MANIFEST).write_bytes(b"\xff{"),
    "a list": lambda folder: (aot(folder) / MANIFEST).write_text("[]"),
    "of another version": _rewritten(lambda found: found.update(version="0.0.1")),
    "no checksum": _rewritten(lambda found: found["sets"][BEST].pop(MODULE)),
}


@pytest.mark.parametrize("how", DAMAGES)
def test_what_is_damaged_is_said_once_and_done_without(how, copied):
    DAMAGES[how](copied)
    found, said = labels_of(copied)
    assert found["right"]
    assert found["backend"] in ("numba", "numpy")
    assert said.count("\n") == 1
    assert said.startswith("f1core counts without its object code: ")
    assert said.strip().removeprefix("f1core counts without its object code: ") in found["reason"]


def test_what_was_never_built_is_not_complained_of(copied):
    shutil.rmtree(aot(copied) / BEST)
    (aot(copied) / MANIFEST).unlink()
    found, said = labels_of(copied)
    assert found["right"]
    assert "built without object code" in found["reason"]
    assert said == ""


@pytest.mark.parametrize(
    "change",
    [{"system": "plan9-vax"}, {"sets": {"x86-64-v9": {}}}, {"sources": 1}],
    ids=["another system", "another instruction set", "edited sources"],
)
def test_what_is_for_another_machine_is_never_loaded(change, copied):
    _rewritten(lambda found: found.update(change))(copied)
    found, said = labels_of(copied)
    assert found["right"]
    assert found["backend"] in ("numba", "numpy")
    assert said == ""


@pytest.mark.parametrize("how", ["of another version", "deleted"])
def test_without_object_code_numpy_counts_until_numba_is_earned(how, copied):
    DAMAGES[how](copied)
    found, _ = labels_of(copied, name="a_little")
    assert found == {"right": True, "loaded": False, "compiler": False}


@pytest.mark.parametrize("wish", ["numpy", "numba", "aot"])
def test_a_backend_is_chosen_by_hand(wish):
    if wish == "numba":
        pytest.importorskip("numba", exc_type=ImportError)
    found = job("labels", env={"F1CORE_BACKEND": wish})
    assert (found["right"], found["backend"]) == (True, wish)


@pytest.mark.parametrize("wish", ["fast", "AOT", "aot:", "aot:x86-64-v9", "numpy:x", "numba:x"])
def test_a_wish_that_nobody_can_fulfil_is_refused(wish):
    said = job("refused_backend", env={"F1CORE_BACKEND": wish})
    assert said.startswith(f"F1CORE_BACKEND is '{wish}'")


def test_damaged_object_code_that_was_asked_for_is_refused(copied):
    _file(Path.unlink)(copied)
    with pytest.raises(AssertionError, match=rf"F1CORE_BACKEND is 'aot', but .*{MODULE}\.o"):
        labels_of(copied, "aot")


def test_out_of_a_zip_archive(copied, tmp_path):
    archive = tmp_path / "application.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for file in (copied / "f1core").rglob("*"):
            made.write(file, file.relative_to(copied))
    found, said = labels_of(archive)
    assert (found["right"], found["backend"], said) == (True, "aot", "")


def test_read_only_and_without_a_home(copied):
    for folder, _, files in os.walk(copied, topdown=False):
        for file in files:
            Path(folder, file).chmod(0o444)
        Path(folder).chmod(0o555)
    found, said = labels_of(copied, HOME="/nowhere", XDG_CACHE_HOME="/nowhere")
    assert (found["right"], found["backend"], said) == (True, "aot", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_fork_while_a_kernel_is_being_linked_leaves_numpy():
    assert job("fork_while_linking") == {"scores": jobs.expected(), "child": 0}
