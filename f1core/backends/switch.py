"""Which backend counts: NumPy at first, compiled kernels once loading them has paid.

The kernels are object code that the package brought, or Numba's where it brought none. NumPy counts
until it has taken as long as loading takes, or until the rows to come would: see `WarmupBudget`.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

from ..errors import WrongEnvironment, shown
from . import compiled
from . import numpy as numpy_backend
from .aot.load import HERE, MANIFEST, ObjectCode, Unavailable

__all__ = [
    "Backend", "Unavailable", "WarmupBudget", "active", "backend", "choose",
    "drop_object_code", "load", "loaded", "warm_up",
]  # fmt: skip

VARIABLE = "F1CORE_BACKEND"
NAMES = ("numpy", "numba", "aot")
# Seconds: llvmlite and linking a kernel (0.04 measured), or Numba's import and first dispatch.
# Scripts that score n x 10 k times, n = 32 to 1,000,000 and k = 1 to 1,000, then take 1.9 of the
# better choice at worst.
OBJECT_CODE, NUMBA = 0.035, 0.7
# Seconds a number that NumPy takes at least: float32 scores of 5,000 classes; cells of labels, half
# of the 8 ns measured: 10^6 rows of 15 waited 13 ms for a first block of NumPy's.
LEAST, LEAST_OF_LABELS = 0.7e-9, 4e-9

_log = logging.getLogger("f1core")


class WarmupBudget:
    """Ski-rental budget: NumPy counts until it has used `price` seconds, then loading pays.

    The budget is also exhausted once so much time is seen to come. That never takes over twice as
    long as the better of both choices (https://en.wikipedia.org/wiki/Ski_rental_problem).
    """

    def __init__(self, price: float) -> None:
        self.price, self._spent = price, 0.0

    def spend(self, seconds: float, to_come: float = 0.0) -> bool:
        """Spend NumPy's seconds for some rows, `to_come` for the others; say if it is exhausted."""
        self._spent += seconds
        if to_come > self.price:
            self._spent = self.price
        return self._spent >= self.price


class Backend(str):
    """The name of a backend: "numpy", "numba" or "aot" (object code compiled beforehand).

    `reason` says why it counts, and why not a faster one.
    """

    reason = ""

    @classmethod
    def named(cls, name: str, reason: str) -> Backend:
        """Make one with its reason."""
        made = cls(name)
        made.reason = reason
        return made

    def __repr__(self) -> str:
        return f"<{self}: {self.reason}>"


_lock = threading.Lock()
active: Any = None  # the backend that counts, once it stays: compiled kernels, or NumPy
_found: Backend | None = None  # which that is
_budget: WarmupBudget | None = None  # of NumPy's seconds before compiled kernels are loaded
_without: list[str] = []  # why the better ones are not there


def choose(size: int, kind: str = "") -> tuple[Any, WarmupBudget | None]:
    """Return the backend that counts `size` numbers, and the budget that its seconds come from.

    `kind` is the batch's; cells of a "multilabel" one take NumPy longer.

    The budget is None once a backend is `active`.
    """
    global _budget
    if active is not None:
        return active, None
    if _budget is None:
        _budget = WarmupBudget(_price())
    least = LEAST_OF_LABELS if kind == "multilabel" else LEAST
    if _requested() or _budget.spend(0.0, to_come=size * least):
        load(now=False)
    return (numpy_backend, _budget) if active is None else (active, None)


def _price() -> float:
    """Return the warm-up budget in seconds: as many as loading the kernels takes."""
    return OBJECT_CODE if os.path.exists(os.path.join(HERE, MANIFEST)) else NUMBA


def _requested() -> str:
    """Read the backend that the environment asks for; "" if it does not."""
    requested = os.environ.get(VARIABLE, "").strip()
    if (
        requested
        and requested not in NAMES
        and not (requested.startswith("aot:") and requested > "aot:")
    ):
        raise WrongEnvironment(f"{VARIABLE} is {shown(requested)}; give numpy, numba or aot")
    return requested


def load(now: bool = True) -> Any:
    """Load the best backend that is there, or the one that the environment asks for.

    NumPy goes on where there is no object code and Numba has not been earned, unless it is `now`.

    Raises
    ------
    F1Error
        If it asks for one that is not there.
    """
    global active, _found
    with _lock:
        if active is None:
            active, _found = _loaded(_requested(), now)
    return numpy_backend if active is None else active


def _loaded(requested: str, now: bool) -> tuple[Any, Backend | None]:
    reason = f"{VARIABLE} asks for it"
    if requested == "numpy":
        return numpy_backend, Backend.named("numpy", reason)
    name, _, level = requested.partition(":")
    if name == "aot" or not (name or _without):
        try:
            code = ObjectCode(level or None)
            compiled.use(code)
            return compiled, Backend.named("aot", f"object code for {code.level}")
        except Unavailable as error:
            if name == "aot":
                raise WrongEnvironment(f"{VARIABLE} is {shown(requested)}, but {error}") from None
            _note(error)
            if _budget is not None:
                _budget.price = NUMBA
    if not (name or now or _budget is None or _budget.spend(0.0)):
        return None, None
    try:
        import numba  # noqa: F401
    except ImportError as error:
        if name == "numba":
            raise WrongEnvironment(
                f"{VARIABLE} is 'numba', which cannot be imported ({error})"
            ) from None
        _without.append(f"Numba cannot be imported ({error})")
        return numpy_backend, Backend.named("numpy", "; ".join(_without))
    compiled.use(None)
    return compiled, Backend.named("numba", reason if name else "; ".join(_without))


def _note(error: Unavailable) -> None:
    """Remember why there is no object code; log a warning if it is damaged."""
    _without.append(str(error))
    if error.damaged:
        _log.warning("f1core counts without its object code: %s", error)


def drop_object_code(error: Unavailable) -> tuple[Any, WarmupBudget | None]:
    """Switch to Numba's kernels, or to NumPy, after object code turned out to be damaged."""
    global active, _found, _budget
    if _requested().startswith("aot"):
        raise WrongEnvironment(f"{VARIABLE} is {shown(_requested())}, but {error}")
    with _lock:
        if _found == "aot" and error.damaged:
            _note(error)
            active, _found = None, None
            _budget = WarmupBudget(NUMBA)
        elif _found not in (None, "numpy"):
            active, _found = numpy_backend, Backend.named("numpy", str(error))
    return choose(0)


def backend() -> Backend:
    """Return which backend counts, after loading it: "aot", "numba" or "numpy".

    Returns
    -------
    Backend
        The name, a string; its `reason` says why this one, and why not a faster one.

    Raises
    ------
    F1Error
        If F1CORE_BACKEND asks for one that is not there.

    Examples
    --------
    >>> import f1core
    >>> f1core.backend() in ("aot", "numba", "numpy")
    True
    """
    load()
    assert _found is not None
    return _found


def loaded() -> bool:
    """Return whether compiled kernels are in use."""
    return active is not None and active is not numpy_backend


def warm_up() -> None:
    """Load the kernels now rather than when they pay: for servers and long training.

    Where the package brought no object code, Numba compiles each kernel when it is first called.

    Examples
    --------
    >>> import f1core
    >>> f1core.warm_up()
    """
    load()


def _renew() -> None:
    """After a fork: what another thread was loading will never be loaded here."""
    global _lock, active, _found
    if _lock.locked() and active is None:
        active, _found = (
            numpy_backend,
            Backend.named("numpy", "forked while the kernels were loaded"),
        )
    _lock = threading.Lock()
    compiled.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
