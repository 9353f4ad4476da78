"""Load the object code that the package brought, by llvmlite alone: Numba takes 0.3 s, it 0.05.

A set is a folder of object files, one for each module of kernels, for one instruction set. The
manifest says for which system they are and what each file's checksum is.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from pathlib import Path
from typing import Any
from zlib import crc32

import f1core

UNFIT = -(1 << 62)  # what an entry returns for arguments of another kind
MANIFEST = "manifest.json"
HERE = os.path.dirname(__file__)
# From the best to the one that every such processor has: what LLVM calls what each asks for.
_V2 = "cx16 popcnt sse3 sse4.1 sse4.2 ssse3"
_V3 = f"{_V2} avx avx2 bmi bmi2 f16c fma lzcnt movbe xsave"
LEVELS = {
    "x86_64": {
        "x86-64-v4": f"{_V3} avx512f avx512bw avx512cd avx512dq avx512vl",
        "x86-64-v3": _V3,
        "x86-64-v2": _V2,
    },
    "aarch64": {"generic": ""},
}
# All that object code asks of its process. LLVM would end the process for anything else.
PYTHON_API = (
    "PyBuffer_Release", "PyErr_BadInternalCall", "PyErr_Clear", "PyErr_Occurred",
    "PyEval_RestoreThread", "PyEval_SaveThread", "PyLong_AsUnsignedLongLongMask",
    "PyLong_FromLongLong", "PyObject_GetBuffer",
)  # fmt: skip
MEMORY = ("memcpy", "memmove", "memset")
_FASTCALL = 0x80  # a C function of (self, arguments, how many)


class Unavailable(Exception):
    """There is no object code for a kernel here, and the sentence says why.

    `damaged` tells what was installed and is not whole from what was never there.
    """

    def __init__(self, reason: str, damaged: bool = False) -> None:
        super().__init__(reason)
        self.damaged = damaged


def read(name: str) -> bytes:
    """The bytes of a file beside this one, out of a zip archive as well."""
    loader: Any = getattr(__spec__, "loader", None)
    path = os.path.join(HERE, *name.split("/"))
    data: bytes = loader.get_data(path) if hasattr(loader, "get_data") else Path(path).read_bytes()
    return data


def manifest() -> dict[str, Any]:
    """Read the manifest: which kernels were compiled beforehand, and for which machine.

    Raises
    ------
    Unavailable
        If nothing was, or for another kind of machine.
    """
    import json  # 3 ms, which a script of a few scores should not wait for

    try:
        found: dict[str, Any] = json.loads(read(MANIFEST))
        sound = isinstance(found, dict) and isinstance(found.get("sets"), dict)
    except OSError:
        raise Unavailable("this installation was built without object code") from None
    except ValueError:
        sound = False
    if not sound:
        raise Unavailable(f"{MANIFEST} is damaged", damaged=True)
    if found.get("version") != f1core.__version__:
        raise Unavailable("the object code is of another version", damaged=True)
    if "sources" in found and sources() not in (None, found["sources"]):
        raise Unavailable("kernels were edited since they were compiled")
    if sys.maxsize < 1 << 32 or sys.implementation.name != "cpython":
        raise Unavailable("object code is for 64-bit CPython")
    return found


def sources() -> int | None:
    """Checksum of all sources that object code depends on; None where they are no files."""
    here = Path(HERE)
    files = [*here.parent.glob("numba/*.py"), here.parents[1] / "count_layout.py"]
    files += [here / f"{name}.py" for name in ("entry", "signatures")]
    try:
        return crc32(b"".join(file.read_bytes() for file in sorted(files)))
    except OSError:
        return None


def target_machine(level: str) -> Any:
    """LLVM's compiler for an instruction set, with Numba's settings; an engine takes it over."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    reloc = "static" if target.name.startswith("x86") else "default"
    settings = {"opt": 3, "reloc": reloc, "codemodel": "jitdefault", "jit": True}
    return target.create_target_machine(cpu=level, features="", **settings)


def system() -> str:
    """For which systems object code is: of one format, for one kind of processor."""
    import llvmlite.binding as llvm

    arch = llvm.get_process_triple().partition("-")[0]
    return f"{sys.platform}-{'aarch64' if arch == 'arm64' else arch}"


def levels_here() -> list[str]:
    """The instruction sets that this machine can run, the best first."""
    import llvmlite.binding as llvm

    known = LEVELS.get(system().rpartition("-")[2], {})
    features = llvm.get_host_cpu_features()
    return [name for name, needed in known.items() if all(features.get(a) for a in needed.split())]


class ObjectCode:
    """The object code for one instruction set; each file is linked when it is first needed."""

    def __init__(self, level: str | None = None) -> None:
        """Find the best instruction set that was compiled and can be run, or the one asked for."""
        found = manifest()
        try:
            here, able = system(), levels_here()
        except ImportError as error:
            raise Unavailable(f"llvmlite cannot be imported ({error})") from None
        if found["system"] != here:
            raise Unavailable(f"the object code is for {found['system']}, and this is {here}")
        sets = [name for name in able if name in found["sets"] and level in (None, name)]
        if not sets:
            there, can = ", ".join(found["sets"]), ", ".join(able)
            raise Unavailable(f"there is object code for {there}, and this machine runs {can}")
        self.level, self._files = sets[0], found["sets"][sets[0]]
        self._lock = threading.Lock()
        self._engines: dict[str, Any] = {}  # by module
        self._kept: list[_Method] = []  # what functions point at for as long as they live

    def function(self, module: str, symbol: str) -> Any:
        """A function of the object code.

        Raises
        ------
        Unavailable
            If its file is not whole, or has no such function.
        """
        with self._lock:
            if module not in self._engines:
                self._engines[module] = self._linked(module)
            address = self._engines[module].get_function_address(symbol)
        if not address:
            raise Unavailable(f"the object code has no {symbol}", damaged=True)
        method = _Method(symbol.encode(), address, _FASTCALL, None)
        self._kept.append(method)
        return _new_function(ctypes.addressof(method), None, None)

    def _linked(self, module: str) -> Any:
        import llvmlite.binding as llvm

        name = f"{self.level}/{module}.o"
        try:
            code = read(name)
        except OSError as error:
            raise Unavailable(f"{name} cannot be read ({error.strerror})", damaged=True) from None
        if crc32(code) != self._files.get(module):
            raise Unavailable(f"{name} is damaged", damaged=True)
        for function in PYTHON_API:
            llvm.add_symbol(function, _address(ctypes.pythonapi, function))
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine(self.level))
        if not all(map(llvm.address_of_symbol, MEMORY)):
            raise Unavailable("LLVM does not find the C library", damaged=True)
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return engine

    def after_fork(self) -> bool:
        """In a child: say if LLVM's own locks may be held by a thread that is not here."""
        linking, self._lock = self._lock.locked(), threading.Lock()
        return linking


def _address(library: Any, name: str) -> int:
    return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0


class _Method(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("call", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


_new_function = ctypes.PYFUNCTYPE(ctypes.py_object, *[ctypes.c_void_p] * 3)(
    ("PyCFunction_NewEx", ctypes.pythonapi)
)
