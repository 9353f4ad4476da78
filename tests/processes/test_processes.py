"""Other processes, other threads, no compiler, no cache: the same numbers everywhere."""

import os
import shutil
import threading
import time
from pathlib import Path

import jobs
import pytest
from jobs import job, with_path

import f1core
from f1core.backends import thread_pool

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


@pytest.fixture(scope="module")
def expected():
    return jobs.expected()


@needs_fork
@pytest.mark.parametrize("warm", [False, True], ids=["numpy", "kernels"])
def test_a_forked_child_scores_although_the_parent_had_threads(warm, expected):
    found = job("fork_after_threads", warm=warm)
    assert found == {"scores": expected, "child": 0, "same": True, "loaded": warm}


@needs_fork
def test_a_fork_while_the_kernels_are_being_loaded_does_not_hang():
    assert job("fork_while_loading")["child"] == 0


@needs_fork
def test_a_fork_while_numba_compiles_leaves_numpy(expected):
    pytest.importorskip("numba", exc_type=ImportError)
    found = job("fork_while_compiling", env={"F1CORE_BACKEND": "numba"})
    assert found == {"scores": expected, "child": 0}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("warm", [False, True], ids=["numpy", "kernels"])
def test_workers_count_and_the_parent_adds_up(method, warm, expected):
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} on this system")
    assert job("pool", method=method, warm=warm)["scores"] == expected


def test_eight_threads_at_once_while_the_kernels_load(expected):
    assert job("eight_threads") == {"scores": expected, "same": True}


def test_without_the_compiler_the_kernels_are_python(expected):
    pytest.importorskip("numba", exc_type=ImportError)
    env = {"NUMBA_DISABLE_JIT": "1", "F1CORE_BACKEND": "numba"}
    found = job("numbers", warm=True, env=env)
    assert found == {"scores": expected, "loaded": True}


def test_without_numba_the_twin_counts(expected, tmp_path):
    for name in ("numba", "llvmlite"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not here')")
    found = job("numbers", warm=True, env=with_path(tmp_path))
    assert found == {"scores": expected, "loaded": False}


def test_with_a_cache_folder_of_its_own(expected, tmp_path):
    pytest.importorskip("numba", exc_type=ImportError)
    folder = tmp_path / "cache"
    env = {"NUMBA_CACHE_DIR": str(folder), "F1CORE_BACKEND": "numba"}
    assert job("numbers", warm=True, env=env) == {"scores": expected, "loaded": True}
    assert list(folder.rglob("*.nbi")), "the kernels were not kept"


@pytest.mark.slow
def test_where_nothing_can_be_written(expected, tmp_path):
    """A package whose __pycache__ is no folder, a home that is none: even root cannot write."""
    package = tmp_path / "f1core"
    shutil.copytree(
        Path(f1core.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )
    for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (folder / "__pycache__").touch()
    file = tmp_path / "file"
    file.touch()
    folders = ["HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "NUMBA_CACHE_DIR"]
    nowhere = dict.fromkeys(folders, str(file / "nowhere"))
    found = job("numbers", warm=True, env=nowhere | with_path(tmp_path))
    assert found == {"scores": expected, "loaded": True}
    assert not list(tmp_path.rglob("*.nbi"))


# ---- the pool ----------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_nobody_reads_the_arrays_after_a_refusal(threads):
    """They may be gone by then: a memory-mapped file that was closed."""
    running, lock = set(), threading.Lock()

    def work(span):
        with lock:
            running.add(span.start)
        if span.start == 0:
            raise ValueError("the first one fails")
        time.sleep(0.05)
        with lock:
            running.discard(span.start)

    spans = [slice(i, i + 1) for i in range(8)]
    running.clear()
    with pytest.raises(ValueError, match="the first one fails"):
        list(thread_pool.map_ordered(work, spans, threads))
    assert running == {0}


@pytest.mark.parametrize("rows", [0, 1, 15, 16, 17, 100, 999])
@pytest.mark.parametrize("parts", [1, 2, 3, 7, 1000])
def test_spans_cover_the_rows_once(rows, parts):
    spans = thread_pool.split_rows(rows, 16, parts)
    assert [i for span in spans for i in range(span.start, span.stop)] == list(range(rows))
    assert len(spans) <= parts
    assert all(span.start % 16 == 0 for span in spans)
