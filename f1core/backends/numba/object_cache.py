"""Object code on disk: where it is kept, for whom it is valid, and whether it is whole."""

import os
import stat
import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex

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
    files = [*sorted(HERE.glob("*.py")), HERE.parents[1] / "count_layout.py"]
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
        return [Path(told) / "f1core"] if Path(told).is_absolute() else []
    wishes = (os.environ.get(name) for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"))
    home = next((Path(w) for w in wishes if w and Path(w).is_absolute()), None)
    home = home or Path(os.path.expanduser("~")) / ".cache"
    places = HERE / "__pycache__", home / "f1core"
    return [place for place in places if place.is_absolute()]  # none of whoever set the folder


def trusted(folder):
    """Whether nobody but this user (and root) can put anything there: its code is executed.

    Of the folders above it, none may be anybody's to rename things in, as /tmp is not.
    """
    if not hasattr(os, "geteuid"):
        return True
    folder = folder.resolve()
    try:
        above = [os.lstat(place) for place in folder.parents]
        return _own(os.lstat(folder), stat.S_ISDIR) and all(_not_everybodys(a) for a in above)
    except OSError:
        return False


@cache
def kept_by_numba():
    """Whether Numba's own files, which it unpickles, lie where nobody else can put any.

    It looks where it is told to, else beside the code, else in the home.
    """
    told = os.environ.get("NUMBA_CACHE_DIR")
    beside = HERE / "__pycache__"
    if told:
        place = Path(told)
    else:
        place = beside if os.access(HERE, os.W_OK) else Path(os.path.expanduser("~")) / ".cache"
        absolute = Path(os.environ.get("XDG_CACHE_HOME") or "/").is_absolute()
        place = place if place == beside or absolute else Path()
    if not place.is_absolute():
        return False
    if place.exists() or not hasattr(os, "geteuid"):
        return trusted(place)
    try:  # it will be made by this user
        there = [os.lstat(above) for above in place.parents if above.exists()]
        return all(map(_not_everybodys, there))
    except OSError:
        return False


def _own(found, of_kind):
    alone = not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return of_kind(found.st_mode) and found.st_uid in (os.geteuid(), 0) and alone


def _not_everybodys(found):
    closed = not found.st_mode & stat.S_IWOTH or found.st_mode & stat.S_ISVTX
    return bool(closed) and found.st_uid in (os.geteuid(), 0)


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
    for folder in filter(trusted, folders()):
        with suppress(OSError):
            data = _whole(_file(folder, name))
            valid, whole, data = data[:DIGEST], data[DIGEST : 2 * DIGEST], data[2 * DIGEST :]
            if valid == validity() and whole == sha256(data).digest():
                return data
    raise LookupError(name)


def _whole(path):
    """The bytes of a file that is this user's own."""
    place = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(place, "rb") as file:
        if hasattr(os, "geteuid") and not _own(os.fstat(file.fileno()), stat.S_ISREG):
            raise PermissionError(path)
        return file.read()


def write(name, data):
    """Keep it in the first folder that takes it and is nobody else's, to appear whole or not."""
    for folder in folders():
        with suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not trusted(folder):
                continue
            path = _file(folder, name)
            part = path.with_suffix(f".{os.getpid()}.{token_hex(4)}.part")
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            try:
                with os.fdopen(os.open(part, flags, 0o644), "wb") as file:
                    file.write(validity() + sha256(data).digest() + data)
                part.replace(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            return
