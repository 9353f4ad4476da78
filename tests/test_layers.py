"""Imports go one way, and `import f1core` is light."""

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest
import write_modules

import f1core

ROOT = Path(f1core.__file__).parent
KERNELS = "backends.numba"
# The core as ARCHITECTURE.md lists it: a module imports only modules above it, and none outside.
CORE = [
    name
    for name in write_modules.listed(write_modules.PAGE.read_text())["core"]
    if not name.startswith(f"{KERNELS}.")
]
HEAVY = {
    "numba", "llvmlite", "sklearn", "scipy", "pandas", "polars", "pyarrow", "torch", "jax",
    "tensorflow", "keras", "torchmetrics", "lightning", "ignite", "transformers", "lightgbm",
    "xgboost", "catboost", "dask", "ray", "pyspark", "rich", "matplotlib", "ml_dtypes",
}  # fmt: skip


def name_of(path):
    """ "adapters.torch" for f1core/adapters/torch.py; "" for the package itself."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for path in ROOT.rglob("*.py")}


def only_for_types(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def statements(tree, on_demand):
    """All nodes but those that only a type checker sees; those of functions `on_demand`."""
    for node in ast.iter_child_nodes(tree):
        if only_for_types(node) or (isinstance(node, ast.FunctionDef) and not on_demand):
            continue
        yield node
        yield from statements(node, on_demand)


def imports(name, on_demand=True):
    """The full names of what a module imports: when it is loaded, and on demand."""
    path = FILES[name]
    package = name.split(".") if path.stem == "__init__" else name.split(".")[:-1]
    package = [part for part in package if part]
    for node in statements(ast.parse(path.read_text()), on_demand):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1]
            target = [*base, *(node.module.split(".") if node.module else [])]
            for alias in node.names:
                whole = ".".join([*target, alias.name])
                yield f"f1core.{whole if whole in FILES else '.'.join(target)}".rstrip(".")


def own(name, on_demand=False):
    """What a module imports of f1core; the kernels count as one module to all others."""
    found = {full[7:] for full in imports(name, on_demand) if full.startswith("f1core.")}
    if name.startswith(KERNELS):
        return found
    return {KERNELS if other.startswith(f"{KERNELS}.") else other for other in found}


def test_the_list_is_of_files_that_exist():
    assert set(CORE) <= set(FILES)


@pytest.mark.parametrize("name", CORE)
def test_the_core_imports_only_what_stands_above(name):
    above = {other for other in own(name) if not f"{other}.".startswith(f"{name}.")}
    assert above <= set(CORE[: CORE.index(name)])


@pytest.mark.parametrize("name", sorted(n for n in FILES if n.startswith(f"{KERNELS}.")))
def test_kernels_import_only_each_other_and_the_names_of_rows(name):
    assert {n for n in own(name, on_demand=True) if not n.startswith(KERNELS)} <= {"count_layout"}
    others = {full.partition(".")[0] for full in imports(name)}
    assert others <= {"numba", "numpy", "llvmlite", "f1core"} | sys.stdlib_module_names


LOADS = ("backends.aot.", "backends.switch")  # what compiles kernels and loads them


@pytest.mark.parametrize("name", sorted(n for n in FILES if not n.startswith((KERNELS, *LOADS))))
def test_only_the_kernels_know_numba(name):
    assert not {full.partition(".")[0] for full in imports(name)} & {"numba", "llvmlite"}


@pytest.mark.parametrize("name", CORE)
def test_the_core_knows_numpy_and_nothing_else(name):
    outside = {full.partition(".")[0] for full in imports(name)} - {"f1core", "numpy"}
    if name.startswith(LOADS):
        outside -= {"numba", "llvmlite", "hatchling", "packaging"}
    assert outside <= sys.stdlib_module_names


@pytest.mark.parametrize("name", CORE)
def test_no_function_of_the_core_imports_what_stands_below(name):
    below = own(name, on_demand=True) - set(CORE[: CORE.index(name)])
    assert not {other for other in below if not f"{other}.".startswith(f"{name}.")}


def test_no_module_imports_itself_in_the_end():
    done, under_way = set(), []

    def visit(name):
        assert name not in under_way, f"a circle: {' -> '.join([*under_way, name])}"
        if name not in done:
            under_way.append(name)
            for other in sorted(own(name) & set(FILES)):
                visit(other)
            done.add(under_way.pop())

    for name in FILES:
        visit(name)


def test_no_module_hides_a_public_function():
    functions = {n for n in f1core.__all__ if inspect.isfunction(getattr(f1core, n))}
    assert "score" in functions
    assert not functions & set(FILES)


def test_everything_public_is_there_and_told():
    for name in f1core.__all__:
        found = getattr(f1core, name)
        assert found.__doc__, name
        if name != "F1Error":
            assert found.__module__.startswith("f1core")


def modules_after(code):
    """Which modules a fresh process has loaded after running this."""
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True, text=True, cwd="/", env=os.environ,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return {name.partition(".")[0] for name in found.stdout.split()}


def test_importing_it_loads_no_framework_and_no_numba():
    loaded = modules_after("import f1core")
    assert "f1core" in loaded and "numpy" in loaded
    assert not loaded & HEAVY


def test_scoring_a_little_loads_no_numba():
    code = """
import f1core, numpy as np
rng = np.random.default_rng(0)
y, p = rng.integers(0, 10, 1000), rng.random((1000, 10))
print(f1core.score(y, p)); f1core.score(y > 4, p[:, 0]).to_dict()
f1core.score(p > .5, p, task="multilabel")._repr_html_()
f1core.score(["a", "b"], ["a", "a"])
"""
    assert not modules_after(code) & HEAVY


def test_object_code_is_loaded_without_numba():
    if f1core.backend() != "aot":
        pytest.skip(f1core.backend().reason)
    code = """
import f1core, numpy as np
f1core.warm_up()
y, p = np.arange(100) % 10, np.random.default_rng(0).random((100, 10), dtype=np.float32)
assert f1core.score(y, p).accuracy < 1
assert f1core.backend() == "aot"
"""
    assert not modules_after(code) & {"numba", "scipy"}
