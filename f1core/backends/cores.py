"""How many cores this process may use: its affinity, its container's quota, F1CORE_NUM_THREADS."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from ..errors import WrongEnvironment, shown

VARIABLE = "F1CORE_NUM_THREADS"


@cache
def n_cores() -> int:
    """Return how many threads may run at once, at least 1; read once a process.

    The least of three: the cores that the scheduler may give (`sched_getaffinity`), the quota of
    the container (cgroup versions 1 and 2; a container of two cores on a machine of 64 is stopped
    for most of each tenth of a second if 64 threads run), and F1CORE_NUM_THREADS.

    Raises
    ------
    F1Error
        If F1CORE_NUM_THREADS is set and no whole number from 1.
    """
    if hasattr(os, "sched_getaffinity"):
        found = len(os.sched_getaffinity(0))
    else:
        found = os.cpu_count() or 1
    quota = _quota(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))
    limit = _limit_of_environment(os.environ.get(VARIABLE, "").strip())
    return max(1, math.ceil(min(found, quota, limit)))


def _limit_of_environment(text: str) -> float:
    if not text:
        return math.inf
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise WrongEnvironment(f"{VARIABLE} is {shown(text)}; give a whole number from 1")
    return int(text)


def _quota(groups: Path, mount: Path) -> float:
    """The least number of cores that this process's control groups grant; inf without a limit."""
    return min(_quotas(groups, mount), default=math.inf)


def _quotas(groups: Path, mount: Path) -> Iterator[float]:
    try:
        lines = groups.read_text().splitlines()
    except (OSError, UnicodeDecodeError):  # no Linux, or hidden
        lines = []
    for line in [*lines, "0::/"]:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        place = PurePosixPath(path.lstrip("/"))
        for folder in (place, *place.parents):  # a parent's limit holds for its children
            if not controllers:
                yield from _version_2(mount / folder)
            elif "cpu" in controllers.split(","):
                yield from _version_1(mount / "cpu" / folder)
                yield from _version_1(mount / controllers / folder)


def _version_2(folder: Path) -> Iterator[float]:
    """Read `cpu.max`: "max 100000", or the microseconds of each period that may be used."""
    try:
        used, period = (folder / "cpu.max").read_text().split()
        if used != "max":
            yield int(used) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return


def _version_1(folder: Path) -> Iterator[float]:
    """Read `cpu.cfs_quota_us`, -1 without a limit, and `cpu.cfs_period_us`."""
    try:
        used = int((folder / "cpu.cfs_quota_us").read_text())
        period = int((folder / "cpu.cfs_period_us").read_text())
        if used > 0:
            yield used / period
    except (OSError, ValueError, ZeroDivisionError):
        return
