"""Compile the kernels: `python -m f1core.backends.aot.build`, which the build hook calls.

Each module of kernels becomes one object file for each instruction set. Files of one set are
compiled by as many processes as there are cores, the longest first.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zlib import crc32

import f1core

from .load import (
    HERE,
    LEVELS,
    MANIFEST,
    MEMORY,
    PYTHON_API,
    levels_here,
    sources,
    system,
    target_machine,
)
from .signatures import SIGNATURES, symbol, variants

# Modules by the seconds that they take, so that no process ends long after the others.
LONGEST = ("multilabel_fused", "binary_counts", "multilabel_masks", "argmax_counts", "label_pairs")


def build(levels: Iterable[str], into: Path, jobs: int, wanted: Callable[[str], bool]) -> None:
    """Write the object files of each instruction set, and the manifest when all are there."""
    all_modules = {signature.module for signature in SIGNATURES.values()}
    others = sorted(all_modules.difference(LONGEST))
    modules = [module for module in (*LONGEST, *others) if wanted(module)]
    levels = list(levels)
    alone = jobs == 1 and len(levels) == 1  # an emulator has no other process
    sets: dict[str, dict[str, int]] = {}
    for level in levels:
        folder = into / level
        folder.mkdir(parents=True, exist_ok=True)
        sets[level] = {}
        for module, code in zip(modules, _codes(modules, level, 0 if alone else jobs), strict=True):
            (folder / f"{module}.o").write_bytes(code)
            sets[level][module] = crc32(code)
    found: dict[str, Any] = {"version": f1core.__version__, "system": system(), "sets": sets}
    if into.samefile(HERE):  # among sources that may be edited
        found["sources"] = sources()
    (into / MANIFEST).write_text(json.dumps(found, indent=1))


def _codes(modules: list[str], level: str, jobs: int) -> Iterator[bytes]:
    """The object code of each module, by so many processes; by this one for none."""
    if not jobs:
        _start(level)
        yield from (_compiled(module, level) for module in modules)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), _start, (level,)) as pool:
        yield from pool.map(_compiled, modules, [level] * len(modules))


def _start(level: str) -> None:
    """Let Numba, which this process has not imported yet, compile for an instruction set."""
    os.environ.update(NUMBA_CPU_NAME=level, NUMBA_CPU_FEATURES="")
    for name in ("NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK", "NUMBA_DEBUG", "NUMBA_OPT"):
        os.environ.pop(name, None)
    from numba.core.codegen import JITCodeLibrary
    from numba.core.cpu import CPUContext

    from ..numba import jit

    # Nothing is called from here: no wrappers, no machine code for this process (a third of the
    # time), no memory of Numba's own. What stands for a compiled function is unique.
    jit.OPTIONS.update(no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
    jit.OPTIONS["cache"] = False
    CPUContext.get_executable = _finalized
    JITCodeLibrary._finalize_specific = _emit_nothing


def _finalized(context: Any, library: Any, description: Any, environment: Any) -> Any:
    library._ensure_finalized()
    return [].append


def _emit_nothing(library: Any) -> None:
    """Leave out the machine code that Numba makes of every piece of a kernel by itself."""


def _compiled(module: str, level: str) -> bytes:
    """The object code of all variants of a module's kernels."""
    import llvmlite.binding as llvm

    from .entry import entry, numba_types

    whole, symbols = llvm.parse_assembly(""), []
    for name, signature in SIGNATURES.items():
        if signature.module != module:
            continue
        kernel = getattr(import_module(f"f1core.backends.numba.{module}"), name)
        for arguments in variants(name):
            kinds = numba_types(arguments)
            kernel.compile(kinds)
            overload = kernel.overloads[kinds]
            # Optimized once already: a second time, inlined into its entry, costs it a tenth.
            code = llvm.parse_bitcode(overload.library._get_module_for_linking().as_bitcode())
            symbols.append(symbol(name, arguments))
            made = str(entry(code.triple, symbols[-1], arguments, overload))
            code.link_in(llvm.parse_assembly(made))
            whole.link_in(code)
    for function in whole.functions:
        if not function.is_declaration and function.name not in symbols:
            function.linkage = "internal"
    target = target_machine(level)
    _drop_unused(whole, target)
    _check_symbols(whole, module)
    return bytes(target.emit_object(whole))


def _drop_unused(module: Any, target: Any) -> None:
    """Leave out what no entry calls."""
    import llvmlite.binding as llvm

    if hasattr(llvm, "create_module_pass_manager"):  # llvmlite 0.44, the last before LLVM 20
        passes = llvm.create_module_pass_manager()
        passes.add_global_dce_pass()
        passes.run(module)
        return
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options()))


def _check_symbols(module: Any, name: str) -> None:
    """Refuse code that needs more of its process than is promised: memory of Numba's, say."""
    text = str(module)
    needed = {
        value.name
        for value in [*module.functions, *module.global_variables]
        if value.is_declaration and not value.name.startswith("llvm.")
        if text.count(f"@{value.name}") > 1
    }
    unknown = needed.difference(PYTHON_API, MEMORY)
    if unknown:
        raise RuntimeError(f"kernels of {name} call {', '.join(sorted(unknown))}")


def main(arguments: list[str] | None = None) -> None:
    """Compile from the command line."""
    parser = argparse.ArgumentParser(description="compile the kernels beforehand")
    parser.add_argument("--levels", help="instruction sets, or 'all'; this machine's best without")
    parser.add_argument("--into", type=Path, default=Path(HERE), help="the folder to write to")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--modules", help="these alone, for a slow machine")
    parsed = parser.parse_args(arguments)
    known = list(LEVELS.get(system().rpartition("-")[2], {}))
    levels = known if parsed.levels == "all" else (parsed.levels or levels_here()[0]).split(",")
    if not set(levels) <= set(known):
        parser.error(f"the instruction sets of this kind of machine are {', '.join(known)}")
    only = parsed.modules and parsed.modules.split(",")
    build(levels, parsed.into, parsed.jobs, lambda module: not only or module in only)


if __name__ == "__main__":
    main()
