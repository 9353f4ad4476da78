"""What the tests run in a process of its own: `python jobs.py NAME [ARGUMENTS]` prints one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
from inside import (
    load_after,
    loaded,
    lock_of_linking,
    lock_of_loading,
    numba_after,
    set_block_sizes,
)

import f1core

ROWS, CLASSES = 3_000, 5


def job(name: str, *, env: dict[str, str] | None = None, **arguments: Any) -> Any:
    """Run a job in a fresh process; warnings are errors there as here."""
    found = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning",
         __file__, name, json.dumps(arguments)],
        capture_output=True, text=True, timeout=300, cwd="/",
        env=os.environ | (env or {}),
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert found.stderr == ""
    return json.loads(found.stdout)


def with_path(folder: Any) -> dict[str, str]:
    """An environment in which that folder is looked into first."""
    others = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": f"{folder}{os.pathsep}{others}" if others else str(folder)}


def rows(start: int = 0, stop: int = ROWS) -> tuple[Any, Any]:
    rng = np.random.default_rng(3)
    y_true = rng.integers(0, CLASSES, ROWS)
    y_pred = rng.random((ROWS, CLASSES), dtype=np.float32)
    return y_true[start:stop], y_pred[start:stop]


def expected() -> dict[str, float]:
    return f1core.score(*rows()).to_dict()


def small_blocks() -> None:
    """So that a few rows keep several threads busy."""
    set_block_sizes(pytest.MonkeyPatch(), 64)


def numbers(**options: Any) -> None:
    """The scores, with the kernels if asked for."""
    if options.pop("warm", False):
        f1core.warm_up()
    small_blocks()
    report(f1core.score(*rows(), **options).to_dict(), loaded=loaded())


def has_compiler() -> bool:
    return "numba" in sys.modules


def same(scores: f1core.Scores, y_true: Any, y_pred: Any) -> bool:
    """Whether these are the numbers of so many labels, counted by NumPy."""
    true, hit = (np.bincount(y, minlength=CLASSES) for y in (y_true, y_true[y_true == y_pred]))
    pred = np.bincount(y_pred, minlength=CLASSES)
    each = scores.per_class
    return bool(
        (each.support == true).all()
        and (each.recall == hit / true).all()
        and (each.precision == hit / pred).all()
    )


def labels() -> None:
    """Score labels by one kernel, once loaded and once more; whether that is right."""
    numba_after(0)
    y = np.random.default_rng(3).integers(0, CLASSES, (2, 1000)).astype(np.int32)
    f1core.warm_up()
    options: dict[str, Any] = {"task": "multiclass", "classes": CLASSES, "confusion": False}
    right = all([same(f1core.score(*y, **options), *y) for _ in range(2)])
    backend = f1core.backend()
    print(json.dumps({"right": right, "backend": backend, "reason": backend.reason}))


def a_little() -> None:
    """Count for longer than loading object code takes, and not as long as loading Numba takes."""
    load_after(0)
    y = np.random.default_rng(3).integers(0, CLASSES, (2, 1000)).astype(np.int32)
    right = same(f1core.score(*y, task="multiclass", classes=CLASSES, confusion=False), *y)
    print(json.dumps({"right": right, "loaded": loaded(), "compiler": has_compiler()}))


def refused_backend() -> None:
    """Score with a wish that cannot be fulfilled; what is said."""
    try:
        f1core.score([0, 1], [0, 1])
    except f1core.F1Error as error:
        print(json.dumps(str(error)))


def layouts(orders: str) -> None:
    """Score the two best of each row, in arrays of these memory orders in turn."""
    f1core.warm_up()
    rng = np.random.default_rng(3)
    y_true, y_pred = rng.integers(0, 12, 20), rng.random((20, 12), np.float32)
    listed = np.argsort(-y_pred, axis=1, kind="stable")[:, :2]
    right = (listed == y_true[:, None]).any(axis=1).mean()
    found = [
        f1core.score(y_true, np.array(y_pred, order=order), top_k=2).accuracy for order in orders
    ]
    print(json.dumps({"right": found == [right] * len(orders)}))


def some_scores(calls: int, rows: int) -> None:
    """Score random labels; whether that loaded the kernels, and the compiler they come from."""
    y_true, y_pred = np.random.default_rng(3).integers(0, CLASSES, (2, rows))
    for _ in range(calls):
        f1core.score(y_true, y_pred, task="multiclass", classes=CLASSES)
    print(json.dumps({"loaded": loaded(), "compiler": has_compiler()}))


def taken_over(task: str, weighted: bool, threads: int) -> None:
    """Score so much that the kernels are loaded half way, and once more now that they are."""
    rng = np.random.default_rng(3)
    n = {"labels": 5_000_000, "multiclass": 2_000_000, "multilabel": 1_500_000}[task]
    y_pred = rng.random((n, CLASSES), dtype=np.float32)
    y_true = y_pred > 0.4 if task == "multilabel" else rng.integers(0, CLASSES, n)
    if task == "labels":
        task, y_pred = "multiclass", rng.integers(0, CLASSES, n)
    weight = rng.random(n) if weighted else None
    before, found, after = loaded(), [], []
    for _ in range(2):
        found.append(f1core.score(y_true, y_pred, task=task, sample_weight=weight, threads=threads))
        after.append(loaded())
    same = found[0].to_dict() == found[1].to_dict()
    same &= bool((found[0].confusion == found[1].confusion).all())
    print(json.dumps({"before": before, "after": after[0], "same": same}))


def report(found: dict[str, float], **more: Any) -> None:
    print(json.dumps({"scores": found, **more}))


def outcome_of_child(child: int, seconds: float = 60) -> int:
    """Its exit status; a child that hangs is killed and counts as 99."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return 99


def in_child() -> int:
    """Score after a fork, on several threads; 0 if the numbers are right."""
    child = os.fork()
    if child:
        return outcome_of_child(child)
    code = 1
    try:
        right = f1core.score(*rows(), threads=1).to_dict()
        weight = np.ones(ROWS)
        code = int(
            f1core.score(*rows(), threads=4).to_dict() != right
            or f1core.score(*rows(), threads=4, sample_weight=weight).accuracy != right["accuracy"]
        )
    finally:
        os._exit(code)


def fork_after_threads(warm: bool) -> None:
    """The parent used its threads (and kernels) before it forked."""
    small_blocks()
    if warm:
        f1core.warm_up()
    else:
        load_after(float("inf"))
    before = f1core.score(*rows(), threads=4).to_dict()
    child = in_child()
    after = f1core.score(*rows(), threads=4).to_dict()
    report(after, child=child, same=before == after, loaded=loaded())


def fork_while_loading() -> None:
    """Another thread is loading the kernels at the moment of the fork."""
    fork_while_held(lock_of_loading())


def fork_while_linking() -> None:
    """Another thread is inside of LLVM at the moment of the fork."""
    f1core.warm_up()
    fork_while_held(lock_of_linking())


def fork_while_compiling() -> None:
    """Another thread is inside of Numba's compiler at the moment of the fork."""
    from numba.core.compiler_lock import global_compiler_lock

    f1core.warm_up()
    fork_while_held(global_compiler_lock)


def fork_while_held(lock: Any) -> None:
    """Fork while another thread holds a lock; the child counts all the same."""
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            locked.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait()
    child = in_child()
    done.set()
    thread.join()
    report(expected(), child=child)


def counted(span: tuple[int, int]) -> f1core.Accumulator:
    made = f1core.Accumulator("multiclass", classes=CLASSES, threads=2)
    made.update(*rows(*span))
    return made


def pool(method: str, warm: bool) -> None:
    """Workers count parts, the parent adds them up."""
    import multiprocessing

    if warm:
        f1core.warm_up()
        f1core.score(*rows(), threads=2)
    spans = [(start, start + 500) for start in range(0, ROWS, 500)]
    with multiprocessing.get_context(method).Pool(2) as workers:
        parts = workers.map(counted, spans)
        workers.close()
        workers.join()
    report(sum(parts[1:], parts[0]).compute().to_dict())


def eight_threads() -> None:
    """All score at once while the kernels are being loaded."""
    small_blocks()
    load_after(0.01)
    found: list[Any] = [None] * 8
    gate = threading.Barrier(8)

    def work(mine: int) -> None:
        gate.wait()
        found[mine] = [f1core.score(*rows(), threads=3).to_dict() for _ in range(5)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report(found[0][0], same=all(one == found[0][0] for each in found for one in each))


# ---- memory ------------------------------------------------------------------------------


def _scores(order: str) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    shape = 10_000_000, 10
    y_pred = np.empty(shape, np.float32, order=order)
    for start in range(0, shape[0], 100_000):
        y_pred[start : start + 100_000] = rng.random((100_000, 10), dtype=np.float32)
    return rng.integers(0, 10, shape[0], dtype=np.int8), y_pred


def _labels() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return tuple(rng.integers(0, 200_000, 10_000_000, dtype=np.int32) for _ in range(2))


def largest_so_far() -> float:
    """The most memory that this process has had, in MB."""
    import resource  # POSIX only

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def memory(what: str, warm: bool) -> None:
    """The most memory above the inputs, in MB: as Python counts it, or as the kernel does."""
    y_true, y_pred = _labels() if what == "labels" else _scores(what)
    options: dict[str, Any] = {"task": "multiclass"}
    if what == "multilabel":
        y_true, options = y_true[:, None] == np.arange(10), {"task": "multilabel"}
    if warm:
        f1core.warm_up()
        order = what if what in ("C", "F") else "K"  # a slice of columns would not lie as columns
        f1core.score(y_true[:100_000], y_pred[:100_000].copy(order), **options)
        before = largest_so_far()
        f1core.score(y_true, y_pred, **options)
        used = largest_so_far() - before
    else:
        load_after(float("inf"))
        tracemalloc.start()
        f1core.score(y_true, y_pred, **options)
        used = tracemalloc.get_traced_memory()[1] / 2**20
    print(json.dumps({"megabytes": used, "loaded": loaded()}))


if __name__ == "__main__":
    globals()[sys.argv[1]](**json.loads(sys.argv[2]))
