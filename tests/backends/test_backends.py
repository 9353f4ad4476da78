"""NumPy and the kernels count the same, to the last bit."""

import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pytest
import tasks
from hypothesis import given
from inside import BACKENDS, counted_by
from same import same_bits

import f1core


def by_both(call):
    """What a call gives with each backend."""
    found = []
    for backend in BACKENDS:
        with counted_by(backend):
            found.append(call())
    return found


@given(tasks.any_task())
def test_any_problem(problem):
    same_bits(*by_both(problem.score))


@pytest.mark.parametrize("n_classes", [2, 3, 10, 33, 1024, 1025])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_large_batches(n_classes, dtype):
    rng = np.random.default_rng(n_classes)
    rows = 200_000 // n_classes
    y_true = rng.integers(0, n_classes, rows).astype("i4")
    y_pred = rng.random((rows, n_classes)).astype(dtype)
    flags = rng.integers(0, 2, y_pred.shape, dtype="u1")
    tasks_of = ((y_true, "multiclass"), (flags, "multilabel"))
    for (truth, task), weight in product(tasks_of, (None, rng.random(rows))):
        same_bits(
            *by_both(lambda: f1core.score(truth, y_pred, task=task, sample_weight=weight))  # noqa: B023
        )


def test_threads_that_count_different_dtypes_do_not_meet():
    """A kernel remembers the function of the last call, which may be another thread's."""
    rng, before = np.random.default_rng(0), sys.getswitchinterval()
    labels = [rng.integers(0, 5, (2, 60)).astype(dtype) for dtype in ("u1", "i4", "i8")]
    right = [f1core.score(*pair, task="multiclass", classes=5).confusion for pair in labels]

    def work(mine):
        found = (
            f1core.score(*labels[mine], task="multiclass", classes=5).confusion for _ in range(300)
        )
        return all((matrix == right[mine]).all() for matrix in found)

    with counted_by("kernels"), ThreadPoolExecutor(6) as pool:
        try:
            sys.setswitchinterval(1e-6)
            assert all(pool.map(work, [0, 1, 2, 0, 1, 2]))
        finally:
            sys.setswitchinterval(before)


@pytest.mark.parametrize("form", ["labels", "rows", "columns", "one-hot", "one-hot columns"])
@pytest.mark.parametrize("top_k", [1, 2])
@pytest.mark.parametrize("by_id", [False, True])
def test_small_batches_of_many_classes(engine, form, top_k, by_id):
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 300, (3, 20)), rng.random((3, 20, 300), dtype=np.float32)
    given = [p_ if "columns" not in form else np.asfortranarray(p_) for p_ in p]
    truth = np.eye(300, dtype=np.int8)[y] if "one-hot" in form else y
    if form == "labels":
        given, top_k = p.argmax(axis=2), 1
    added = f1core.Accumulator("multiclass", classes=300, top_k=top_k)
    for k, batch in enumerate(zip(truth, given, strict=True)):
        added.update(*batch, sample_id=np.arange(20) + 20 * k if by_id else None)
    whole = f1core.score(y.ravel(), p.reshape(60, 300), top_k=top_k, classes=300)
    same_bits(added.compute(), whole)


@pytest.mark.parametrize("ignored", [-1, -128, 127, 128, 255, 256, -256, 258, 1])
@pytest.mark.parametrize("form", ["labels", "scores", "votes"])
def test_int8_targets_and_ids_beyond_int8(engine, ignored, form):
    """They are read as if they had no sign."""
    y, p = np.array([[0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 2, 0]], np.int8)
    pred = {"labels": p, "scores": np.eye(3, dtype="f4")[p], "votes": np.eye(3, dtype="i4")[p]}[
        form
    ]
    found = f1core.score(y, pred, task="multiclass", classes=3, ignore_index=ignored)
    kept = y != ignored
    right = f1core.score(y[kept].astype(int), p[kept].astype(int), task="multiclass", classes=3)
    assert (found.confusion == right.confusion).all()
    if -128 <= ignored < 0:
        y[0] = ignored
        found = f1core.score(y, pred, task="multiclass", classes=3, ignore_index=ignored)
        assert found.confusion.sum() == 5
    elif ignored not in (127, 1):
        y[0] = np.uint8(ignored & 0xFF).astype(np.int8)
        if y[0] < 0:
            with pytest.raises(f1core.F1Error, match="at row 0"):
                f1core.score(y, pred, task="multiclass", classes=3, ignore_index=ignored)


@pytest.mark.parametrize("swapped", [">i4", ">i8", ">f4", ">f8"])
def test_dtypes_that_name_the_byte_order_of_this_machine(swapped):
    """NumPy tells such an array from a native one by its buffer's format alone."""

    def named(values):
        array = np.array(values, swapped)
        return array.view(array.dtype.newbyteorder()).byteswap()

    y, p, weight = named([0, 1, 1, 0]), np.array([0.1, 0.7, 0.2, 0.9]), named([1, 2, 3, 4])
    matrix = np.stack([named([0, 1, 1, 0])] * 2, axis=1)
    with counted_by("kernels"):
        assert f1core.score(y, p).confusion.tolist() == [[1, 1], [1, 1]]
        found = f1core.score(y, y[::-1], task="multiclass", classes=2, sample_weight=weight)
        assert found.confusion.sum() == 10
        assert f1core.score(matrix, matrix, task="multilabel").macro.f1 == 1


def test_unaligned_bfloat16():
    """A structured dtype of two bytes, which to NumPy is aligned wherever it lies."""
    ml_dtypes = pytest.importorskip("ml_dtypes")
    raw = b"x" + np.array([0.75, 0.5] * 8, ml_dtypes.bfloat16).tobytes()
    scores = np.frombuffer(raw, ml_dtypes.bfloat16, offset=1)
    with counted_by("kernels"):
        assert f1core.score(np.array([1, 0] * 8, np.int8), scores).binary.f1 == 1
