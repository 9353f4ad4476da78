"""Each kernel against a few lines of plain Python, integer for integer and bit for bit."""

import math
import mmap
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided

pytest.importorskip("numba", exc_type=ImportError)

from f1core.backends import numba as kernels
from f1core.backends.numba import jit, object_cache

# Score formats: the word, the float behind it (bfloat16 is the upper half of a float32), +inf,
# 1.001, 0.001 and the dtype of targets that goes with it: not all of them with all, each pair is a
# compilation.
FORMATS = {
    "float16": (np.uint16, np.float16, 0x7C00, 0x3C01, 0x1419, np.int8),
    "bfloat16": (np.uint16, None, 0x7F80, 0x3F80, 0x3A83, np.int8),
    "float32": (np.uint32, np.float32, 0x7F80_0000, 0x3F80_20C5, 0x3A83_126F, np.int64),
    "float64": (
        np.uint64, np.float64, 0x7FF0 << 48, 0x3FF0_0418_9374_BC6A, 0x3F50_624D_D2F1_A9FC, np.int32,
    ),
}  # fmt: skip
PAIRS = [("i1", "i1"), ("i8", "i4"), ("u1", "i8"), ("i4", "i4")]
PROBABILITIES = [0.0, 1.0, 0.5, 0.1, 0.25, 0.875, 1e-4, 1.001]
HAIRS = [-0.0, -1e-3, -1e-4, -1e-7]
LOGITS = [-0.0, -1.0, 2.0, -0.5, 1e4, -1e4, math.inf, -math.inf, *PROBABILITIES]
CUTS = [0.5, 0.1, 0.0, 1.0, -0.0, -0.5, 2.0]
COEFS = np.array([1.25, 0.25, 1.0])

seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)
formats, rows, columns = st.sampled_from(sorted(FORMATS)), st.integers(0, 200), st.integers(1, 70)


def words_of(values, form):
    """The bits of numbers, of "nan" and "-nan", and of what is next beyond 1.001 and -0.001."""
    word, dtype, inf = FORMATS[form][:3]
    sign = 1 << (np.dtype(word).itemsize * 8 - 1)
    high, low = FORMATS[form][3:5]
    nans = {"nan": inf + 1, "-nan": (sign | inf) + 7, "high": high + 1, "low": (sign | low) + 1}
    numbers = np.array([0.0 if v in nans else v for v in values])
    if dtype is None:
        bits = (numbers.astype(np.float32).view(np.uint32) >> 16).astype(word)
    else:
        bits = numbers.astype(dtype).view(word)
    for place, value in enumerate(values):
        if value in nans:
            bits[place] = nans[value]
    return bits


def numbers_of(words, form):
    """Words as lists of Python's floats."""
    if form == "bfloat16":
        return (words.astype(np.uint32) << 16).view(np.float32).tolist()
    return np.ascontiguousarray(words).view(FORMATS[form][1]).tolist()


def laid_out(array, layout):
    """The same numbers: read-only as `tally` gives them, or with alien columns between the rows."""
    if layout == "plain":
        array = array.copy()
        array.setflags(write=False)
        return array
    if layout == "columns first":
        return np.asfortranarray(array)
    alien = np.iinfo(array.dtype).max  # a NaN, or no flag and no class
    if array.ndim == 1:
        wide = np.full((len(array), 3), alien, array.dtype)
        wide[:, 1] = array
        return wide[:, 1]
    wide = np.full((2 * len(array), array.shape[1] + 2), alien, array.dtype)
    inner = wide[::2, 1:-1] if layout == "strided" else wide[::-2, 1:-1]
    inner[:] = array
    return inner


LAYOUTS = ["plain", "strided", "backwards", "columns first"]


@st.composite
def scores(draw, pool, rare):
    """A format and (n, C) words of few values, so that ties abound; sometimes rare ones."""
    form, rng, layout = draw(formats), draw(seeds), "plain"
    chosen = rng.choice(words_of(pool, form), rng.integers(1, 7))
    words = rng.choice(chosen, (draw(rows), draw(columns)))
    if len(words) and rng.random() < 0.3:
        for value in rng.choice(words_of(rare, form), rng.integers(1, 4)):
            words[rng.integers(len(words)), rng.integers(words.shape[1])] = value
    if form == "float32":
        layout = draw(st.sampled_from(LAYOUTS))
    return form, laid_out(words, layout), rng


def best(row, k):
    """Positions of the k largest, the earlier first among equals; -1 for NaN."""
    if any(map(math.isnan, row)):
        return [-1] * k
    return sorted(range(len(row)), key=lambda j: (-row[j], j))[:k]


@given(scores(LOGITS, ["nan", "-nan"]), st.integers(1, 7))
def test_ranking(problem, k):
    form, words, _ = problem
    inf, k = FORMATS[form][0](FORMATS[form][2]), min(k, words.shape[1])
    numbers = numbers_of(words, form)
    ids = np.full(len(words), -7, np.int32)
    kernels.argmax(words, inf, ids)
    assert ids.tolist() == [best(row, 1)[0] for row in numbers]
    ids = np.full((k, len(words)), -7, np.int32)
    kernels.topk(words, inf, k, ids)
    assert ids.T.tolist() == [best(row, k) for row in numbers]


@pytest.mark.parametrize("form", sorted(FORMATS))
@pytest.mark.parametrize("rare", [[], ["nan"], ["-nan", "nan", math.inf, -math.inf]])
def test_the_first_of_equals_in_few_columns(form, rare):
    """Whole eights of rows and what is left of them, of every width and full of ties."""
    rng, inf = np.random.default_rng(len(rare)), FORMATS[form][0](FORMATS[form][2])
    pool = words_of([0.5, 0.25, 0.0, -0.0, 1.0, -1.0] * 3 + rare, form)
    for size in range(1, 18):
        for n in (7, 8, 43):
            words, ids = rng.choice(pool, (n, size)), np.full(n, -7, np.int32)
            numbers = numbers_of(words, form)
            kernels.argmax(words, inf, ids)
            assert ids.tolist() == [best(row, 1)[0] for row in numbers]
            for start in {0, 1, n - 7}:
                ids = np.full(n - start, -7, np.int32)
                kernels.argmax_of_columns(words.T.copy(), start, inf, ids)
                assert ids.tolist() == [best(row, 1)[0] for row in numbers[start:]]
            for k in {min(k, size) for k in (1, 2, 5, size)}:
                several = np.full((k, n), -7, np.int32)
                kernels.topk(words, inf, k, several)
                assert several.T.tolist() == [best(row, k) for row in numbers]


@pytest.mark.parametrize("size", [16 * 2**15 - 3, 16 * 2**15 + 20, 16 * 2**16 + 40])
def test_the_maximum_is_found_in_any_of_very_many_columns(size):
    """So many loads a row that their numbers do not fit into 15, or 16, bits."""
    inf, (low, zero, minus) = np.uint16(0x7C00), words_of([-3.0, 0.0, -0.0], "float16")
    words = np.full((2, size), low)
    words[0, size - 1] = words[1, 5] = minus
    words[1, size - 9] = zero
    ids = np.zeros(2, np.int32)
    kernels.argmax(words, inf, ids)
    assert ids.tolist() == [size - 1, 5]


def matrix(true, pred, weight, size, start):
    """The confusion matrix and the sums over classes, added to what is there; rows outside."""
    confusion, sums = start[0].tolist(), start[1].tolist()
    bad = 0
    for t, p, w in zip(true, pred, weight, strict=True):
        if not (0 <= t < size and 0 <= p < size):
            bad += 1
            continue
        confusion[t][p] += w
        sums[0][t] += w if t == p else 0
        sums[1][p] += w
        sums[2][t] += w
    return confusion, sums, bad


def started(rng, *shapes, dtype=np.int64):
    """Outputs that something is in already."""
    return [rng.integers(0, 1000, shape).astype(dtype) for shape in shapes]


@given(st.sampled_from(PAIRS), seeds, rows, columns, st.booleans(), st.sampled_from(LAYOUTS))
def test_labels(pair, rng, n, size, wrong, layout):
    low, high = (-2, size + 2) if wrong else (0, size)
    true, pred = (
        laid_out(rng.integers(max(low, np.iinfo(d).min), high, n).astype(d), layout) for d in pair
    )
    weight = rng.random(n)
    for suffix, weights, dtype in (("", np.ones(n, int), int), ("_weighted", weight, float)):
        extra = (weight,) if suffix else ()
        confusion, sums = start = started(rng, (size, size), (3, size), dtype=dtype)
        *expected, bad = matrix(true.tolist(), pred.tolist(), weights.tolist(), size, start)
        assert getattr(kernels, f"labels{suffix}")(true, pred, *extra, confusion) == bad
        assert getattr(kernels, f"labels_sums{suffix}")(true, pred, *extra, sums) == bad
        assert [confusion.tolist(), sums.tolist()] == expected


def test_labels_of_many_classes_are_counted_in_bytes_that_overflow():
    size, n = 300, 40_000
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, size, n), rng.integers(0, size, n)
    true[1000:20_000], pred[1000:20_000] = 3, 7
    true[5], pred[9] = -1, size
    true[-3:] = pred[-3:] = size - 1
    (start,) = started(rng, (size, size))
    expected = start.copy()
    good = np.delete(np.arange(n), [5, 9])
    np.add.at(expected, (true[good], pred[good]), 1)
    assert kernels.labels(true, pred, start) == 2
    assert np.array_equal(start, expected)


@given(scores(LOGITS, ["nan", "-nan"]), st.booleans())
def test_multiclass(problem, wrong):
    form, words, rng = problem
    n, size = words.shape
    inf, dtype = FORMATS[form][0](FORMATS[form][2]), FORMATS[form][5]
    true = rng.integers(-wrong, size + wrong, n).astype(dtype)
    pred = [best(row, 1)[0] for row in numbers_of(words, form)]
    confusion, sums = start = started(rng, (size, size), (3, size))
    *expected, bad = matrix(true.tolist(), pred, [1] * n, size, start)
    assert kernels.multiclass(true, words, inf, confusion) == bad
    assert kernels.multiclass_sums(true, words, inf, sums) == bad
    assert [confusion.tolist(), sums.tolist()] == expected


def row_statistics(tp, pred, true, kept):
    """For each ratio: undefined, high, low."""
    a, b, c = COEFS.tolist()
    fractions = [
        (tp, pred), (tp, true), (2 * tp, pred + true),
        (a * tp, a * tp + b * (true - tp) + c * (pred - tp)),
        (tp, pred + true - tp), (kept - pred - true + tp, kept - true),
    ]  # fmt: skip
    found = []
    for over, under in fractions:
        x = over / under * 2**31 if under else 0.0
        found.append((int(under == 0), math.floor(x), math.floor((x - math.floor(x)) * 2**31)))
    return found


def counted(code, weight, start, weighted, columns=None):
    """What multilabel cells add: sums of labels, and statistics of rows (of some columns)."""
    sums, rows = start[0].tolist(), start[1].tolist()
    for cells, w in zip(code, weight, strict=True):
        for j, cell in enumerate(cells):
            for k, holds in enumerate((cell == 3, cell in (1, 3), cell in (2, 3), cell != 4)):
                sums[k][j] += w if holds else 0
        exact = not {1, 2} & set(cells)
        if columns is not None:
            cells = [cells[j] for j in columns]
        tp, kept = cells.count(3), len(cells) - cells.count(4)
        ratios = row_statistics(tp, cells.count(1) + tp, cells.count(2) + tp, kept)
        rows[0] += w
        rows[1] += w * exact
        for k, (undefined, high, low) in enumerate(ratios):
            rows[2 + k] += w * undefined
            rows[8 + k] += high if not weighted else w * (high * 2**31 + low) / 2**62
            rows[14 + k] += 0 if weighted else low
    return sums, rows


def close(found, expected):
    return np.allclose(found, expected, rtol=1e-12, atol=1e-9)


RARE = ["nan", "-nan", "high", "low", 1.5, -1.0, -1.5, math.inf, -math.inf]
F32 = FORMATS["float32"]


def lines(rng, matrix):
    """A matrix as a kernel takes it: (n, L), or some columns of (L, N)."""
    if rng.random() < 0.6:
        return laid_out(matrix, "plain"), -1
    before, after = rng.integers(0, 40, 2)
    alien = np.iinfo(matrix.dtype).max
    wide = np.pad(matrix.T, ((0, 0), (before, after)), constant_values=alien)
    return laid_out(wide, "plain"), int(before)


def masks_of(columns, size):
    """Labels as bits of 16-bit masks."""
    masks = np.zeros(-(-size // 16) if columns else 0, np.uint16)
    for j in columns:
        masks[j // 16] |= np.uint16(1 << j % 16)
    return masks


@st.composite
def cells(draw, weighted):
    """Scores or logits, targets with some to ignore, in any memory order, and what is asked."""
    logits = draw(st.booleans())
    form, words, rng = draw(scores(LOGITS if logits else PROBABILITIES + HAIRS, RARE))
    n, size = words.shape
    word, dtype, inf, limit, below, kind = FORMATS[form]
    low, high = numbers_of(np.array([below, limit], word), form)
    true = rng.integers(0, 2, (n, size)).astype(kind)
    ignored = draw(st.sampled_from([None, 0, 1, -1]))
    if ignored == -1:
        true[rng.random((n, size)) < rng.choice([0.1, 0.9])] = -1
    if n and rng.random() < 0.1:
        true[rng.integers(n), rng.integers(size)] = 7
    if dtype is not None and form != "float16" and rng.random() < 0.3:
        bits = true.astype(dtype).view(word)
        mark = int(np.asarray(ignored or 0, dtype).view(f"i{bits.itemsize}"))
    else:
        bits, mark = true, ignored or 0
    cuts = words_of(np.abs(rng.choice(CUTS, size)).tolist(), form)
    columns = None
    if rng.random() < 0.3:
        columns = sorted(rng.choice(size, rng.integers(1, size + 1), replace=False).tolist())
    weight = rng.random(n) if weighted else None
    call = (
        *lines(rng, bits), *lines(rng, np.ascontiguousarray(words)), n, cuts,
        *((inf, inf) if logits else (below, limit)), ignored is not None, mark,
        masks_of(columns or [], size), COEFS,
    )  # fmt: skip
    wrong = math.isnan if logits else (lambda x: not -low <= x <= high)
    numbers, limits = numbers_of(words, form), numbers_of(cuts, form)
    code, bad = [], False
    for row, targets in zip(numbers, true.tolist(), strict=True):
        code.append([])
        for x, t, cut in zip(row, targets, limits, strict=True):
            skipped = ignored is not None and t == ignored
            bad |= not skipped and (wrong(x) or t not in (0, 1))
            code[-1].append(4 if skipped else (x > cut) + 2 * (t != 0))
    return call, weight, code, bad, columns, rng


def check_cells(problem, weighted):
    call, weight, code, bad, columns, rng = problem
    if call[1] == call[3] == -1:
        found = np.full((len(code), len(call[5])), 9, np.uint8)
        assert bool(kernels.decide(call[0], call[2], *call[5:10], found)) == bad
        assert bad or found.tolist() == code
    size = len(call[5])
    sums, rows = started(rng, (4, size), 20, dtype=float if weighted else int)
    sums[3] = sums[3, 0]
    start = sums.copy(), rows.copy()
    if weighted:
        assert bool(kernels.multilabel_weighted(*call, sums, rows, weight)) == bad
    else:
        assert bool(kernels.multilabel(*call, sums, rows)) == bad
    if bad:
        return
    weight = weight.tolist() if weighted else [1] * len(code)
    kept = [i for i, row in enumerate(code) if row.count(4) < len(row) or not call[8]]
    weight, code = [weight[i] for i in kept], [code[i] for i in kept]
    expected, statistics = counted(code, weight, start, weighted, columns)
    assert sums.tolist() == expected  # weights are added in row order: the same bits
    assert close(rows, statistics) if weighted else rows.tolist() == statistics


@given(cells(False))
def test_multilabel(problem):
    check_cells(problem, False)


@given(cells(True))
def test_multilabel_weighted(problem):
    check_cells(problem, True)


@given(seeds, rows, columns, st.sampled_from(["i1", "u1", "i4", "i8", "f4", "f8"]))
def test_onehot(rng, n, size, kind):
    true = np.eye(size, dtype=kind)[rng.integers(0, size, n)]
    for _ in range(rng.integers(0, 1 + n // 2)):
        odd = [0, 1, 2, 3, 127] + [np.nan, 0.5, -1.0] * (kind[0] == "f")
        true[rng.integers(n), rng.integers(size)] = rng.choice(odd)
    expected = [
        row.index(1) if row.count(1) == 1 and row.count(0) == size - 1 else -1
        for row in true.tolist()
    ]
    words = true.view(f"u{true.itemsize}") if kind[0] == "f" else true
    ids = np.full(n, -7, np.int32)
    kernels.onehot(laid_out(words, "plain"), ids)
    assert ids.tolist() == expected


NONE = np.zeros(0, np.uint16)


def simply(true, words, cuts, sums, rows, weight=None, below=F32[4], limit=F32[3]):
    """The call without options."""
    call = true, -1, words, -1, len(words), cuts, below, limit, False, 0, NONE, COEFS, sums, rows
    if weight is None:
        return kernels.multilabel(*call)
    return kernels.multilabel_weighted(*call, weight)


@pytest.mark.parametrize("size", [3, 15, 40])
def test_a_wrong_target_is_seen_beside_a_score_of_minus_zero(size):
    words, flags = np.zeros((90, size), np.uint32), np.zeros((90, size), np.int8)
    words[-1, -1] = 1 << 31
    cuts = words_of([0.5] * size, "float32")
    assert not simply(flags, words, cuts, np.zeros((4, size), int), np.zeros(20, int))
    for row in (0, 60, -1):
        wrong = flags.copy()
        wrong[row, -1] = 2
        assert simply(wrong, words, cuts, np.zeros((4, size), int), np.zeros(20, int))


def test_weighted_rows_are_added_in_order():
    """Bit for bit, and as the NumPy twin: any other order loses the small weights."""
    flags = np.ones((300, 20), np.uint8)
    weight = np.where(np.arange(300) == 0, 2.0**53, 1.0)
    sums, rows = np.zeros((4, 20)), np.zeros(20)
    assert not simply(flags, flags, np.zeros(20, np.uint8), sums, rows, weight, 0, 1)
    assert (sums == 2.0**53).all()
    assert rows[[0, 1, 8, 9, 10, 11, 12]].tolist() == [2.0**53] * 7


@pytest.mark.parametrize("size", [3, 15, 40])
def test_flags_are_0_or_1(size):
    for value, good in ((0, True), (1, True), (2, False), (127, False), (128, False), (255, False)):
        flags = np.zeros((70, size), np.uint8)
        flags[50, 2] = value
        for sides in ((flags, flags * 0), (flags * 0, flags)):
            sums, rows = np.zeros((4, size), int), np.zeros(20, int)
            found = simply(*sides, np.zeros(size, np.uint8), sums, rows, below=0, limit=1)
            assert bool(found) == (not good)


@pytest.mark.parametrize("skips", [False, True])
def test_many_labels_overflow_no_counter(skips):
    """More labels than 16 bits count, in rows that are all hits."""
    size = 70_000
    flags, sums, rows = np.ones((2, size), np.uint8), np.zeros((4, size), int), np.zeros(20, int)
    flags[1, 5] = 0
    assert not kernels.multilabel(
        flags, -1, flags, -1, 2, np.zeros(size, np.uint8), 0, 1, skips, 7, NONE, COEFS,
        sums, rows,
    )  # fmt: skip
    assert (sums[:3].sum(axis=1) == 2 * size - 1).all()
    assert rows[:14].tolist() == [2, 2, 0, 0, 0, 0, 0, 1] + [2 * 2**31] * 5 + [2**31]


@given(scores(PROBABILITIES, [*HAIRS, *RARE]))
def test_binary(problem):
    form, words, rng = problem
    word, _, _, limit, _, dtype = FORMATS[form]
    words = laid_out(words.reshape(-1), "plain" if words.flags.c_contiguous else "strided")
    true = rng.integers(0, 2, len(words)).astype(dtype)
    numbers, (high,) = numbers_of(words, form), numbers_of(np.array([limit], word), form)
    bad = any(not 0 <= x <= high or math.copysign(1, x) < 0 for x in numbers)  # looked at again
    if len(true) and rng.random() < 0.2:
        true[rng.integers(len(true))] = rng.choice([2, -1])
        bad = True
    cut = words_of([rng.choice(CUTS)], form)
    (out,) = (start,) = started(rng, 4)
    pred = [x > numbers_of(cut, form)[0] for x in numbers]
    hits = sum(t for t, p in zip(true.tolist(), pred, strict=True) if p)
    expected = [a + b for a, b in zip(start, [hits, sum(pred), true.sum(), len(true)], strict=True)]
    assert bool(kernels.binary(true, words, word(limit), cut[0], out)) == bad
    if not bad:
        assert out.tolist() == expected


@given(
    scores(PROBABILITIES + HAIRS, RARE),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, 0, -1]),
)
def test_binary_sums(problem, logits, weighted, ignored):
    form, words, rng = problem
    word, _, inf, limit, below, dtype = FORMATS[form]
    low, high = numbers_of(np.array([below, limit], word), form)
    words = laid_out(words.reshape(-1), "plain" if words.flags.c_contiguous else "strided")
    true = rng.integers(-1 if ignored == -1 else 0, 2, len(words)).astype(dtype)
    cut = words_of([abs(rng.choice(CUTS))], form)
    least = numbers_of(cut, form)[0]
    weight = rng.random(len(words)) if weighted else None
    (out,) = (start,) = started(rng, 4, dtype=float if weighted else int)
    expected, bad, each = start.tolist(), False, np.zeros((4, 8))
    for i, (x, t) in enumerate(zip(numbers_of(words, form), true.tolist(), strict=True)):
        if t == ignored:
            continue
        bad |= math.isnan(x) if logits else not -low <= x <= high
        if weighted:  # in eight lanes
            each[(x > least) + 2 * t, i % 8] += weight[i]
        else:
            expected[(x > least) + 2 * t] += 1
    if weighted:
        expected = [a + sum(lanes) for a, lanes in zip(expected, each.tolist(), strict=True)]
    ends = (inf, inf) if logits else (below, limit)
    call = true, words, cut[0], *ends, ignored is not None, ignored or 0
    if weighted:
        assert bool(kernels.binary_sums_weighted(*call, weight, out)) == bad
    else:
        assert bool(kernels.binary_sums(*call, out)) == bad
    if not bad:
        assert out.tolist() == expected


@pytest.mark.parametrize(("n", "size"), [(5000, 3), (2100, 15), (2050, 16), (2000, 17), (1100, 40)])
def test_blocks_within_a_kernel_join(n, size):
    """More rows than a counter of 8 or 10 bits holds, than ids or rows in one go."""
    rng = np.random.default_rng(n)
    words, true = rng.random((n, size), np.float32).view(np.uint32), rng.integers(0, 2, (n, size))
    true[:, 0] = 1
    words[:, 0] = words_of([1.0], "float32")
    cuts = words_of([0.5] * size, "float32")
    code = (words > cuts) + 2 * true
    sums, rows, confusion = np.zeros((4, size), int), np.zeros(20, int), np.zeros((size, size), int)
    expected = counted(code.tolist(), [1] * n, (sums, rows), False)
    for order in (words, np.ascontiguousarray(words.T)):  # the short way, and that of all others
        sums[:], rows[:] = 0, 0
        start = -1 if order is words else 0
        assert not kernels.multilabel(
            true, -1, order, start, n, cuts, F32[4], F32[3], False, 0, NONE, COEFS,
            sums, rows,
        )  # fmt: skip
        assert (sums.tolist(), rows.tolist()) == expected
    inf, ids = np.uint32(FORMATS["float32"][2]), rng.integers(0, size, n)
    assert not kernels.multiclass(ids, words, inf, confusion)
    pred = words.argmax(axis=1)
    assert confusion.tolist() == matrix(ids, pred, [1] * n, size, (confusion * 0, sums * 0))[0]
    ids[[3, 5, n - 1]] = -1  # wrong rows in two blocks
    assert kernels.multiclass(ids, words, inf, confusion) == 3
    assert kernels.multiclass_sums(ids, words, inf, sums[:3]) == 3


def test_threads_may_share_the_arrays_they_read():
    rng = np.random.default_rng(3)
    words = rng.random((4000, 5), np.float32).view(np.uint32)
    true, inf = rng.integers(0, 5, 4000), np.uint32(FORMATS["float32"][2])

    def part(rows):
        confusion = np.zeros((5, 5), np.int64)
        assert not kernels.multiclass(true[slice(*rows)], words[slice(*rows)], inf, confusion)
        return confusion

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
        home = np.frombuffer(pages, np.uint8, array.nbytes, size - array.nbytes)
        home = home.view(array.dtype).reshape(array.shape)
        home[...] = array
        return home

    yield put
    libc.mprotect(start + size, size, 3)


@pytest.mark.parametrize("size", [1, 2, 7, 8, 9, 15, 16, 17, 31])
def test_nothing_is_read_beyond_the_last_row(at_the_end_of_memory, size):
    """A wrong read does not fail here, it ends the process."""
    put, rng = at_the_end_of_memory, np.random.default_rng(size)
    inf, limit = np.uint32(F32[2]), np.uint32(F32[3])
    for n in (1, 2, 20):
        words = rng.random((n, size), np.float32).view(np.uint32)
        flags = rng.integers(0, 2, (n, size)).astype(np.int64)
        cuts, ids = words[0].copy(), np.zeros((1, n), np.int32)
        kernels.argmax(put(words), inf, ids[0])
        assert (ids[0] == words.argmax(axis=1)).all()
        kernels.topk(put(words), inf, 1, ids)
        assert (ids[0] == words.argmax(axis=1)).all()
        for last in range(3):
            sums, rows, read = np.zeros((4, size), int), np.zeros(20, int), [flags, words, cuts]
            read[last] = put(read[last])
            assert not simply(*read, sums, rows)
            assert (sums[1] == (words > cuts).sum(axis=0)).all()
            weighted, code = (sums * 0.0, rows * 0.0), np.zeros((n, size), np.uint8)
            assert not simply(*read, *weighted, np.ones(n))
            assert (weighted[0][1] == sums[1]).all()
            assert not kernels.decide(*read, F32[4], F32[3], False, 0, code)
            assert (code == (words > cuts) + 2 * flags).all()
            weighted = sums * 0.0, rows * 0.0
            assert not simply(flags, words, words[0].copy(), *weighted, put(np.ones(n)))
            assert (weighted[0][1] == sums[1]).all()
            sums[:] = 0
            assert not kernels.multilabel(
                put(flags.T.copy()) if last else flags.T.copy(), 0,
                words.T.copy() if last else put(words.T.copy()), 0, n, cuts, F32[4], F32[3],
                True, 0, NONE, COEFS, sums, rows,
            )  # fmt: skip
            assert (sums[1] == ((words > cuts) & (flags == 1)).sum(axis=0)).all()
        kernels.onehot(put(np.eye(size, dtype=np.int64)[ids[0]]), ids[0])
        assert (ids[0] == words.argmax(axis=1)).all()
        kernels.argmax(put(words.T).T, inf, ids[0])  # columns first
        assert (ids[0] == words.argmax(axis=1)).all()
        kernels.argmax_of_columns(put(words.T.copy()), 0, inf, ids[0])
        assert (ids[0] == words.argmax(axis=1)).all()
        kernels.argmax(put(words)[::-1], inf, ids[0])
        assert (ids[0, ::-1] == words.argmax(axis=1)).all()
        kernels.argmax(as_strided(put(words[-1:]), words.shape, (0, 4)), inf, ids[0])
        assert (ids[0] == words[-1].argmax()).all()
        kernels.onehot(put(np.eye(size, dtype=np.uint8)[words.argmax(axis=1)]), ids[0])
        assert (ids[0] == words.argmax(axis=1)).all()
        out, flat = np.zeros(4, np.int64), np.ascontiguousarray(flags.reshape(-1))
        assert not kernels.binary(put(flat), words.reshape(-1), limit, cuts[0], out)
        assert not kernels.binary(flat, put(words.reshape(-1)), limit, cuts[0], out)
        assert out[2] == 2 * flat.sum()
        for last in range(3):
            read = [flat, words.reshape(-1), np.ones(len(flat))]
            read[last] = put(read[last])
            out = np.zeros(4)
            assert not kernels.binary_sums_weighted(
                *read[:2], cuts[0], F32[4], F32[3], False, 0, read[2], out
            )
            assert out.sum() == len(flat)
        confusion = np.zeros((2, 2), np.int64)
        assert not kernels.labels(put(flat), flat, confusion)
        assert not kernels.labels(flat, put(flat), confusion)
        assert confusion[1, 1] == 2 * flat.sum()


def test_kernels_run_uncached_where_no_folder_can_be_written(monkeypatch):
    def njit(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: (function, options)

    monkeypatch.setattr(jit, "njit", njit)
    function, options = jit.jit(len)
    assert function is len
    assert options["nogil"]


def test_a_cached_kernel_is_asked_for_all_the_code_it_was_made_from():
    """Numba alone would look at the kernel's own file only."""
    compiled = kernels.argmax.numba()
    if not hasattr(compiled, "signatures"):
        pytest.skip("nothing is compiled")
    assert compiled._cache._cache_file._source_stamp == object_cache.sources()
