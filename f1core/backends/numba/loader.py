"""Kernels without importing Numba: object code that it made once, loaded by llvmlite.

Importing Numba takes 0.27 s, and the first dispatch of a kernel from its cache 0.36 s more, of
which 0.25 s import SciPy; llvmlite and object code take 0.05 s. The first process that needs a
kernel for some dtypes therefore has Numba compile it behind an entry that takes ndarrays as CPython
hands them over, and keeps the object code. Whatever is odd (another layout, no folder, a damaged
file, a Numba that changed inside) ends in Numba's own dispatcher.
"""

import ctypes
import os
from contextlib import suppress
from importlib import import_module
from threading import Lock

import numpy as np

COMPILE = 5.0  # seconds that a first kernel takes where nothing is kept: Numba and LLVM
HEAD = object.__basicsize__  # where an ndarray's own fields begin
ENTRY, UNFIT = "f1core_entry", -(1 << 62)  # what it is called, and returns to refuse arguments
_FASTCALL = 0x80  # a C function of (self, arguments, how many)

_lock = Lock()
_usable = True  # not after a fork while another thread was inside of LLVM
_hurried = False
_pointed_at = []  # what loaded functions need for as long as they live


class WarmupBudget:
    """Ski-rental budget: NumPy counts until it has used `price` seconds, then compiling pays.

    The budget is also exhausted once so much time is seen to come. That never takes over twice as
    long as the better of both choices (https://en.wikipedia.org/wiki/Ski_rental_problem).
    """

    def __init__(self, price):
        self._price, self._spent = price, 0.0

    def spend(self, seconds, to_come=0.0):
        """Spend NumPy's seconds for some rows, `to_come` for the others; say if it is exhausted."""
        self._spent += seconds
        if to_come > self._price:
            self._spent = self._price
        return self.exhausted

    @property
    def exhausted(self):
        """Whether compiling pays by now."""
        return self._spent >= self._price


class NotCompiledYet(Exception):
    """No object code for these dtypes, and compiling does not pay yet; without a budget, never."""

    def __init__(self, budget=None):
        super().__init__()
        self.budget = budget


class Kernel:
    """A kernel by name, found anew for each combination of dtypes.

    `price` is how many seconds it takes to compile, where that is less than others take.
    """

    def __init__(self, module, name, price=None):
        self._module, self.__name__, self._price = module, name, price
        self._found, self._budgets, self._last = {}, {}, _refuse

    def __call__(self, *args):
        """What the kernel returns; the arrays are filled."""
        result = self._last(*args)  # looks at its arguments itself: 0.5 µs, and Numba takes 0.7
        if result != UNFIT:
            return result
        key = tuple([a.dtype.num if isinstance(a, np.ndarray) else "n" for a in args])
        entry = self._found.get(key) or self._find(key, args)
        result = entry(*args)
        if result == UNFIT:
            return self.numba()(*args)
        self._last = entry
        return result

    def numba(self):
        """Numba's dispatcher."""
        return getattr(import_module(f"{__package__}.{self._module}"), self.__name__)

    def _find(self, key, args):
        with _lock:
            if key not in self._found:
                name = "-".join(map(str, (self.__name__, *key)))
                self._found[key] = self._kept(name) or self._made(name, args)
            return self._found[key]

    def _kept(self, name):
        """The function of object code from the disk, if there is any that is valid."""
        from . import object_cache

        if object_cache.wanted() and _usable:
            with suppress(Exception):
                return linked(object_cache.read(name))
        return None

    def _made(self, name, args):
        """The function of object code made now; what Numba calls where that fails."""
        from . import object_cache

        if not _usable:
            raise NotCompiledYet
        price = COMPILE if self._price is None else self._price
        budget = self._budgets.setdefault(name, WarmupBudget(price))
        if object_cache.wanted() and not (_hurried or budget.exhausted):
            raise NotCompiledYet(budget)
        try:
            numba = self.numba()
        except ImportError:
            raise NotCompiledYet from None
        if object_cache.wanted():
            with suppress(Exception):
                from .codegen import made

                data = made(numba, args)
                object_cache.write(name, data)
                return linked(data)
        return numba


def _refuse(*args):
    return UNFIT


def start():
    """Load what loads kernels.

    Raises
    ------
    ImportError
        If neither object code nor Numba can be had.
    """
    from . import object_cache  # its hashes and paths take 6 ms, which `import f1core` should not

    if object_cache.wanted():
        with suppress(Exception):
            object_cache.validity()
            return
    import numba  # noqa: F401


def hurry():
    """Compile what is not on disk when it is called, instead of when that has been earned."""
    global _hurried
    _hurried = True


def linked(data):
    """A Python function out of the bytes that `objects.made` gives."""
    import json

    import llvmlite.binding as llvm

    from .object_cache import machine

    head, code = data.split(b"\n", 1)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine())
    for name in json.loads(head):
        if not llvm.address_of_symbol(name):  # LLVM would end the process
            raise LookupError(name)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    method = _Method(ENTRY.encode(), engine.get_function_address(ENTRY), _FASTCALL, None)
    _pointed_at.extend((engine, method))
    return _new_function(ctypes.addressof(method), None, None)


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


def _renew():
    """After a fork: LLVM's own locks may be held by a thread that is not here."""
    global _lock, _usable
    _usable = _usable and not _lock.locked()
    _lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
