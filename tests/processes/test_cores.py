"""A container's quota and F1CORE_NUM_THREADS bound the threads."""

import math
import os
import subprocess
import sys

import pytest

from f1core.backends import cores

V1 = ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
# Folders below the mount of the control groups, what is in them, what /proc/self/cgroup says, and
# the cores granted.
GROUPS = {
    "version 2, 2.5 cores": ({"job": {"cpu.max": "250000 100000"}}, "0::/job", 2.5),
    "version 2, no limit": ({"job": {"cpu.max": "max 100000"}}, "0::/job", math.inf),
    "version 2, a parent's limit": (
        {"a": {"cpu.max": "300000 100000"}, "a/b": {"cpu.max": "max 100000"}}, "0::/a/b", 3.0,
    ),
    "version 2, seen from inside": ({"": {"cpu.max": "50000 100000"}}, "0::/../../other", 0.5),
    "version 1": (
        {"cpu/docker/x": dict(zip(V1, ["400000", "100000"], strict=True))},
        "4:cpu,cpuacct:/docker/x", 4.0,
    ),
    "version 1, no limit": (
        {"cpu": dict(zip(V1, ["-1", "100000"], strict=True))}, "4:cpu:/", math.inf,
    ),
    "another controller's": (
        {"memory": dict(zip(V1, ["1", "1"], strict=True))}, "5:memory:/", math.inf,
    ),
    "nonsense": ({"": {"cpu.max": "a b"}, "cpu": {V1[0]: "x"}}, "::::\n4:cpu:/", math.inf),
    "a period of nothing": ({"": {"cpu.max": "1 0"}}, "0::/", math.inf),
    "no files": ({}, "0::/", math.inf),
}  # fmt: skip


@pytest.mark.parametrize("name", GROUPS)
def test_the_quota_of_a_container_is_read(name, tmp_path):
    folders, lines, expected = GROUPS[name]
    for folder, files in folders.items():
        (tmp_path / "mount" / folder).mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (tmp_path / "mount" / folder / file).write_text(text)
    (tmp_path / "cgroup").write_text(lines)
    assert cores._quota(tmp_path / "cgroup", tmp_path / "mount") == expected


def test_no_file_of_groups_is_no_limit(tmp_path):
    assert cores._quota(tmp_path / "none", tmp_path) == math.inf


def counted(**variables):
    code = "from f1core.backends.cores import n_cores; print(n_cores())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | variables
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_the_environment_bounds_the_threads():
    assert counted(F1CORE_NUM_THREADS="1") == "1"
    assert counted(F1CORE_NUM_THREADS="") == counted() == counted(F1CORE_NUM_THREADS="100000")


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "²"])
def test_what_is_no_number_of_threads_is_refused(text):
    assert "F1CORE_NUM_THREADS is" in counted(F1CORE_NUM_THREADS=text)


def test_score_uses_no_more_threads_than_the_environment_allows():
    code = (
        "import numpy as np, f1core, threading\n"
        "y = np.zeros(8_000_000, np.int8)\n"
        "f1core.score(y, y, task='binary')\n"
        "print(threading.active_count())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=os.environ | {"F1CORE_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.stdout.strip() == "1"
