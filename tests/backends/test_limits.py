"""Both backends at the limits of what kernels do at once: columns, counters, memory, threads."""

import math
import mmap
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from arrays import BFLOAT16, to_dtype
from same import has_counts

from f1core import F1Error, score

pytestmark = pytest.mark.usefixtures("engine")
DTYPES = [np.dtype("f2"), BFLOAT16, np.dtype("f4"), np.dtype("f8")]


def best(row, k):
    """Positions of the k largest, the earlier first among equals."""
    return sorted(range(len(row)), key=lambda j: (-row[j], j))[:k]


def matrix(true, pred, size):
    return np.bincount(np.asarray(true) * size + pred, minlength=size**2).reshape(size, size)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("rare", [[], [math.inf, -math.inf]], ids=["finite", "infinite"])
def test_the_first_of_equals_in_few_columns(alone, dtype, rare):
    """Whole eights of rows and what is left of them, of every width and full of ties."""
    rng = np.random.default_rng(len(rare))
    pool = np.array([0.5, 0.25, 0.0, -0.0, 1.0, -1.0] * 3 + rare)
    for size in range(2, 18):
        for n in (7, 8, 43):
            values, true = rng.choice(pool, (n, size)), rng.integers(0, size, n)
            for k in {min(k, size) for k in (1, 2, 5, size)}:
                listed = np.array([best(row, k) for row in values.tolist()])
                given = to_dtype(values, dtype)
                hit = np.bincount(true[(listed == true[:, None]).any(axis=1)], minlength=size)
                pred = np.bincount(listed.ravel(), minlength=size)
                for order in "CF":
                    scores = score(true, np.array(given, order=order), top_k=k, classes=size)
                    has_counts(scores, hit, pred, np.bincount(true, minlength=size))
                if k == 1:
                    assert np.array_equal(scores.confusion, matrix(true, listed[:, 0], size))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("size", [2, 9, 15, 16, 17, 40, 300])
def test_a_nan_is_refused_wherever_it_stands(dtype, size):
    rng = np.random.default_rng(size)
    for n, k in ((1, 1), (8, 2), (37, 1), (37, 2)):
        values, true = rng.random((n, size)), rng.integers(0, size, n)
        for nan, i, j in ((math.nan, 0, 0), (-math.nan, n // 2, size // 2), (math.nan, -1, -1)):
            wrong = values.copy()
            wrong[i, j] = nan
            place = f"y_pred is NaN at row {i % n}, column {j % size}"
            with pytest.raises(F1Error, match=place):
                score(true, to_dtype(wrong, dtype), top_k=min(k, size - 1))


@pytest.mark.parametrize("size", [16 * 2**15 - 3, 16 * 2**15 + 20, 16 * 2**16 + 40])
def test_the_maximum_is_found_in_any_of_very_many_columns(alone, size):
    """So many loads a row that their numbers do not fit into 15, or 16, bits."""
    scores = np.full((2, size), -3.0, np.float16)
    scores[0, size - 1] = scores[1, 5] = -0.0
    scores[1, size - 9] = 0.0
    assert score([size - 1, 5], scores).accuracy == 1.0


@pytest.mark.parametrize("columns", [255, 256, 257, 258, 271, 272, 273, 300, 1001])
@pytest.mark.parametrize("k", [1, 2, 3, 5, 17])
def test_the_best_of_many_columns_stand_where_they_stand(alone, columns, k):
    """Above 256 columns they are sifted out, and the last sixteen are loaded twice."""
    rng = np.random.default_rng(columns)
    scores = rng.random((40, columns), np.float32)
    scores[:20] = rng.choice(np.float32([0.25, 0.5, 0.75]), (20, columns))  # ties everywhere
    scores[0] = np.arange(columns) / columns  # each beats all before it
    scores[1] = scores[0, ::-1]
    scores[2] = 0.5
    scores[3, -1], scores[4, 0], scores[5, [-17, -16]] = 1.0, 1.0, 1.0
    listed = np.array([best(row, k) for row in scores.tolist()])
    for rank in {0, k // 2, k - 1}:  # each row's truth is its best, a middle one, its last
        true = listed[:, rank]
        found = score(true, scores, task="multiclass", top_k=k, classes=columns)
        assert found.accuracy == 1.0
        counts = (np.bincount(side, minlength=columns) for side in (true, listed.ravel(), true))
        has_counts(found, *counts)


def test_one_class_that_comes_very_often_among_many(alone):
    size, n = 300, 40_000
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, size, (2, n))
    true[1000:20_000], pred[1000:20_000] = 3, 7
    true[-3:] = pred[-3:] = size - 1
    found = score(true, pred, task="multiclass", classes=size)
    assert np.array_equal(found.confusion, matrix(true, pred, size))


@pytest.mark.parametrize("kind", ["i1", "u1", "i4", "i8", "f4", "f8"])
@pytest.mark.parametrize("size", [2, 3, 16, 17, 40])
def test_rows_that_are_not_one_hot_are_refused(kind, size):
    rng = np.random.default_rng(size)
    ids, pred = rng.integers(0, size, 70), rng.random((70, size))
    whole = np.eye(size, dtype=kind)[ids]
    found = score(whole, pred, task="multiclass", classes=size)
    assert np.array_equal(found.confusion, matrix(ids, pred.argmax(axis=1), size))
    for row in (0, 33, 69):
        other = (ids[row] + 1) % size
        odd = [(ids[row], 0), (other, 1), (ids[row], 2), (ids[row], 127)]
        odd += [(other, value) for value in (np.nan, 0.5, -1.0) if kind[0] == "f"]
        for column, value in odd:
            wrong = whole.copy()
            wrong[row, column] = value
            with pytest.raises(F1Error, match=f"row {row}"):
                score(wrong, pred, task="multiclass", classes=size)


def test_weighted_rows_are_added_in_order(alone):
    """Any other order loses the small weights."""
    flags = np.ones((300, 20), np.uint8)
    weight = np.where(np.arange(300) == 0, 2.0**53, 1.0)
    found = score(flags, flags, task="multilabel", sample_weight=weight)
    assert (found.per_class.support == 2.0**53).all()
    assert found.total == 2.0**53
    assert found.samples.f1 == found.exact_match == 1.0


@pytest.mark.parametrize("ignored", [None, 7])
def test_many_labels_overflow_no_counter(alone, ignored):
    """More labels than 16 bits count, in rows that are all hits but one."""
    size = 70_000
    flags = np.ones((2, size), np.uint8)
    pred = flags.copy()
    flags[1, 5] = pred[1, 5] = 0
    found = score(flags, pred, task="multilabel", ignore_index=ignored)
    assert found.micro.support == 2 * size - 1
    assert found.micro.f1 == found.samples.f1 == found.exact_match == 1.0
    pred[1, 5] = 1
    found = score(flags, pred, task="multilabel", ignore_index=ignored)
    assert found.micro.precision == (2 * size - 1) / (2 * size)
    assert found.samples.precision == pytest.approx((1 + (size - 1) / size) / 2, rel=1e-15)
    assert found.exact_match == 0.5


@pytest.mark.parametrize(("n", "size"), [(5000, 3), (2100, 15), (2050, 16), (2000, 17), (1100, 40)])
@pytest.mark.parametrize("order", "CF")
def test_blocks_join(alone, n, size, order):
    """More rows than a counter of 8 or 10 bits holds, than ids or rows in one go."""
    rng = np.random.default_rng(n)
    flags, values = rng.integers(0, 2, (n, size)), rng.random((n, size), np.float32)
    flags[:, 0], values[:, 0] = 1, 1.0
    pred = np.array(values, order=order)
    found = score(flags, pred, task="multilabel")
    marked = values > 0.5
    hit = (flags.astype(bool) & marked).sum(axis=0)
    has_counts(found, hit, marked.sum(axis=0), flags.sum(axis=0))
    hits, marks, trues = ((flags & marked).sum(axis=1), marked.sum(axis=1), flags.sum(axis=1))
    assert found.samples.precision == pytest.approx((hits / marks).mean(), rel=1e-15)
    assert found.samples.recall == pytest.approx((hits / trues).mean(), rel=1e-15)
    ids = rng.integers(0, size, n)
    found = score(ids, pred, task="multiclass")
    assert np.array_equal(found.confusion, matrix(ids, values.argmax(axis=1), size))


def test_threads_may_share_the_arrays_they_read(alone):
    rng = np.random.default_rng(3)
    pred, true = rng.random((4000, 5), np.float32), rng.integers(0, 5, 4000)

    def part(rows):
        return score(true[slice(*rows)], pred[slice(*rows)], classes=5).confusion

    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(part, pairwise(range(0, 4001, 400)))
    assert (sum(parts) == part((0, 4000))).all()


@pytest.fixture
def at_the_end_of_memory():
    """Puts an array where the next byte may not be read."""
    ctypes = pytest.importorskip("ctypes")
    if sys.platform != "linux":
        pytest.skip("needs mprotect")
    size = 4 * mmap.PAGESIZE
    pages = mmap.mmap(-1, 2 * size)
    start = ctypes.addressof(ctypes.c_char.from_buffer(pages))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    assert libc.mprotect(start + size, size, 0) == 0

    def put(array):
        columns = array.ndim == 2 and array.flags.f_contiguous and not array.flags.c_contiguous
        array = array.T if columns else np.ascontiguousarray(array)
        home = np.frombuffer(pages, np.uint8, array.nbytes, size - array.nbytes)
        home = home.view(array.dtype).reshape(array.shape)
        home[...] = array
        return home.T if columns else home

    yield put
    libc.mprotect(start + size, size, 3)


@pytest.mark.parametrize("size", [2, 7, 8, 9, 15, 16, 17, 31])
@pytest.mark.parametrize("n", [1, 2, 20])
@pytest.mark.parametrize("order", ["C", "F", "backwards"])
def test_nothing_is_read_beyond_the_last_row(at_the_end_of_memory, n, size, order):
    """A wrong read does not fail here, it ends the process."""
    put, rng = at_the_end_of_memory, np.random.default_rng(size)
    turn = np.flipud if order == "backwards" else np.asarray
    memory = "C" if order == "backwards" else order
    values = np.array(rng.random((n, size), np.float32), order=memory)
    flags = np.array(rng.integers(0, 2, (n, size)), order=memory)
    ids, weight = rng.integers(0, size, n), rng.random(n) + 0.1
    several = {"task": "multiclass", "classes": size}
    onehot = np.array(np.eye(size, dtype=np.int8)[ids], order=memory)
    calls = [
        ((ids, values), several),
        ((ids, values), several | {"top_k": 2}),
        ((ids, values, weight), several),
        ((onehot, values), several),
        ((onehot.astype(np.int64), values), several),
        ((ids, ids[::-1].copy()), several),
        ((ids.astype(np.int8), ids, weight), several),
        ((flags, values), {"task": "multilabel"}),
        ((flags, values), {"task": "multilabel", "ignore_index": 0}),
        ((flags, values, weight), {"task": "multilabel"}),
        ((flags, values), {"task": "multilabel", "average_over": [size - 1]}),
        ((flags[:, 0].copy(), values[:, 0].copy()), {"task": "binary"}),
        ((flags[:, 0].copy(), values[:, 0].copy(), weight), {"task": "binary"}),
    ]
    for arrays, options in calls:
        names = ("y_true", "y_pred", "sample_weight")
        arrays = dict(zip(names, map(turn, arrays), strict=False))
        if options.get("ignore_index") == 0 and not arrays["y_true"].any():
            continue
        whole = score(**arrays, **options).to_dict()
        for name, array in arrays.items():
            there = turn(put(turn(array)))
            np.testing.assert_equal(score(**(arrays | {name: there}), **options).to_dict(), whole)
