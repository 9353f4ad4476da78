"""Locks of what is added up: a signal handler may enter them again, and a fork finds them free."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from time import monotonic
from typing import TYPE_CHECKING, Any

from .errors import F1Error

if TYPE_CHECKING:
    from functools import cached_property as cached_property
else:

    class cached_property:
        """`functools.cached_property` without its lock, which a fork may find held before 3.12."""

        def __init__(self, function):
            self._function, self.__doc__ = function, function.__doc__

        def __set_name__(self, owner, name):
            self._name = name

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            value = self._function(instance)
            return instance.__dict__.setdefault(self._name, value)


_PATIENCE = 10.0  # seconds that a fork waits for the threads that are adding something up
_known: dict[int, weakref.ref[Any]] = {}
_held = threading.local()  # each thread's list of the locks that it holds while it forks


def new_lock() -> Any:
    """Make a lock that its thread may enter again, and that is free in a forked child.

    A fork waits until no other thread is inside, so that the child finds whole numbers.
    """
    lock = threading.RLock()
    key = id(lock)

    def forget(_: Any) -> None:
        _known.pop(key, None)

    _known[key] = weakref.ref(lock, forget)
    return lock


def refuse_nested(lock: Any, owner: Any) -> None:
    """Complain if a method of `owner` that changes it runs within another one of its methods.

    To be called first thing in that method, where its thread has the lock already. That is so in a
    signal handler; where no such method is under way, a debugger's exception has left the lock.
    """
    caller = sys._getframe(1)
    frame = caller.f_back
    while frame is not None:
        if frame.f_locals.get("self") is owner:
            raise F1Error(
                f"{caller.f_code.co_name}() was called by a signal handler in the midst of a call "
                "to the same object: a handler may compute, save and copy it, and must leave "
                "changes for later"
            )
        frame = frame.f_back
    lock.release()


def _before_fork() -> None:
    held: list[Any] = []
    _held.locks, end = held, monotonic() + _PATIENCE
    for known in list(_known.values()):
        lock = known()
        if lock is not None and lock.acquire(timeout=max(0.0, end - monotonic())):
            held.append(lock)


def _after_fork() -> None:
    for lock in _held.__dict__.pop("locks", ()):
        lock.release()


def _after_fork_in_child() -> None:
    _after_fork()
    for known in list(_known.values()):
        lock = known()
        if lock is None:
            continue
        if lock.acquire(blocking=False):
            lock.release()
        else:  # of a thread that took too long, and is not here
            lock._at_fork_reinit()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child
    )
