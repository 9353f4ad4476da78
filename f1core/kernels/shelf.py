"""Object code on disk: where it is kept, for whom it is valid, and whether it is whole."""

import os
import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

LEFT_ALONE = {"NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS"}  # every other wish is Numba's to fulfil
HERE = Path(__file__).parent
DIGEST = 32


@cache
def wanted():
    """Whether nothing speaks against it: wishes to Numba, or another kind of Python."""
    wishes = {name for name in os.environ if name.startswith("NUMBA_")} - LEFT_ALONE
    return not wishes and sys.maxsize > 1 << 32 and sys.implementation.name == "cpython"


@cache
def cpu():
    """What the CPU is called and can do."""
    import llvmlite.binding as llvm

    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def machine():
    """LLVM's compiler for this CPU, with Numba's settings; an engine takes it for its own."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name, features = cpu()
    target = llvm.Target.from_default_triple()
    reloc = "static" if target.name.startswith("x86") else "default"
    settings = {"opt": 3, "reloc": reloc, "codemodel": "jitdefault", "jit": True}
    return target.create_target_machine(cpu=name, features=features, **settings)


@cache
def sources():
    """What compiled kernels are valid for: all their code. Numba looks at a kernel's own file."""
    files = [*sorted(HERE.glob("*.py")), HERE.parent / "layout.py"]
    return sha256(b"\0".join(f.read_bytes() for f in files if f.exists())).digest()


@cache
def makers():
    """What turns sources into object code, hashed: Numba, LLVM, Python, CPU."""
    import llvmlite

    numba = Path(find_spec("numba").origin).with_name("_version.py").read_bytes()
    return sha256(repr((numba, llvmlite.__version__, sys.version, cpu())).encode()).digest()


@cache
def validity():
    """What object code depends on, hashed."""
    return sha256(sources() + makers()).digest()


@cache
def folders():
    """Where it may be kept: where Numba is told to, else beside the code, else in the home."""
    told = os.environ.get("NUMBA_CACHE_DIR")
    if told:
        return [Path(told) / "f1core"]
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or "~/.cache"
    return [HERE / "__pycache__", Path(os.path.expanduser(home)) / "f1core"]


def _file(folder, name):
    """One for each Python, Numba and CPU that share the folder."""
    return folder / f"{name}.{sys.implementation.cache_tag}-{makers().hex()[:8]}.o"


def read(name):
    """What was kept under that name, if it is valid here and whole.

    Raises
    ------
    LookupError
        If it is not.
    """
    for folder in folders():
        with suppress(OSError):
            data = _file(folder, name).read_bytes()
            valid, whole, data = data[:DIGEST], data[DIGEST : 2 * DIGEST], data[2 * DIGEST :]
            if valid == validity() and whole == sha256(data).digest():
                return data
    raise LookupError(name)


def write(name, data):
    """Keep it in the first folder that takes it, to appear whole or not at all."""
    for folder in folders():
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            path = _file(folder, name)
            part = path.with_suffix(f".{os.getpid()}.part")
            try:
                part.write_bytes(validity() + sha256(data).digest() + data)
                part.replace(path)
            except OSError:
                part.unlink(missing_ok=True)
                raise
            return
