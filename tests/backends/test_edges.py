"""Kernels and their NumPy twins, bit for bit, where shapes are narrow, short or just too long."""

from itertools import product

import numpy as np
import pytest

pytest.importorskip("numba", exc_type=ImportError)

import f1core
from f1core.backends import numba as kernels
from f1core.backends import numpy as numpy_backend
from f1core.backends import switch
from f1core.backends.numba import multilabel_pipeline

# Words, targets, and 0.001 and 1.001: as bits of float32, or as flags.
SCORES, FLAGS = (np.uint32, np.int64, 0x3A83_126F, 0x3F80_20C5), (np.uint8, np.uint8, 0, 1)
INF = np.uint32(0x7F80_0000)
COEFS = np.array([1.25, 0.25, 1.0])
SIZES = [1, 2, 3, 15, 16, 17, 32, 33, 40]
IGNORED = 3
WAYS = ["usual", "skips", "chosen", "true turned", "words turned", "skips chosen turned"]


def bits_of(values):
    return np.asarray(values, np.float32).view(np.uint32)


class Cells:
    """Targets and scores of some rows, and how a kernel is asked about them."""

    def __init__(self, rng, n, size, form):
        word, target, self.below, self.limit = form
        self.rng, self.n, self.size = rng, n, size
        self.true = rng.integers(0, 2, (n, size)).astype(target)
        if form is FLAGS:
            self.words = rng.integers(0, 2, (n, size)).astype(word)
            self.cuts = np.zeros(size, word)
        else:
            pool = [0.0, -0.0, -1e-3, -1e-5, 0.1, 0.25, 0.5, 0.875, 1.0, 1.0005, 1.001]
            self.words = bits_of(rng.choice(pool, (n, size)))
            self.cuts = bits_of(rng.choice([0.0, 0.1, 0.25, 0.5, 1.0], size))
        self.weight = rng.random(n)
        self.chosen = rng.random(size) < 0.5
        self.chosen[rng.integers(size)] = True

    def ignore(self, share):
        """Mark some cells, and some whole rows."""
        self.true[self.rng.random((self.n, self.size)) < share] = IGNORED
        self.true[self.rng.random(self.n) < share / 4] = IGNORED

    def call(self, way):
        """The arguments up to the outputs."""
        sides = []
        for side, turned in ((self.true, "true" in way), (self.words, "words" in way)):
            if turned or way.endswith("chosen turned"):
                before, after = (3, 13) if self.size % 2 else (0, 0)
                sides += [np.pad(side.T, ((0, 0), (before, after)), constant_values=1), before]
            else:
                sides += [side, -1]
        masks = np.zeros(-(-self.size // 16) * ("chosen" in way), np.uint16)
        for j in np.flatnonzero(self.chosen) if len(masks) else ():
            masks[j // 16] |= np.uint16(1 << j % 16)
        return (
            *sides, self.n, self.cuts, self.below, self.limit, "skips" in way, IGNORED, masks,
            COEFS,
        )  # fmt: skip

    def filled(self, module, way, weighted):
        """Whether a cell is refused; sums and statistics, on top of what was there."""
        dtype = float if weighted else np.int64
        sums, rows = np.full((4, self.size), 5, dtype), np.full(20, 7, dtype)
        if weighted:
            bad = module.multilabel_weighted(*self.call(way), sums, rows, self.weight)
        else:
            bad = module.multilabel(*self.call(way), sums, rows)
        return bool(bad), sums, rows

    def decided(self, module, way):
        """Whether a cell is refused; the codes."""
        code = np.full((self.n, self.size), 9, np.uint8)
        call = self.true, self.words, self.cuts, self.below, self.limit, "skips" in way, IGNORED
        return bool(module.decide(*call, code)), code

    def agree(self, way, weighted):
        """The kernel's numbers are the twin's."""
        ours, theirs = (self.filled(module, way, weighted) for module in (kernels, numpy_backend))
        assert not ours[0]
        assert not theirs[0]
        assert same(ours[1], theirs[1])
        assert same(ours[2][:14], theirs[2][:14]) if weighted else same(ours[2], theirs[2])


def same(ours, theirs):
    return ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", [SCORES, FLAGS], ids=["scores", "flags"])
def test_cells_of_any_shape(form, way):
    """Blocks of 16 and 240 rows that are full, have one row more or lack some."""
    shapes = [*product([0, 1, 2, 15, 16, 17], SIZES), *product([233, 241], [3, 17, 40])]
    for k, (n, size) in enumerate(shapes):
        cells = Cells(np.random.default_rng(k), n, size, form)
        if "skips" in way:
            cells.ignore([0.1, 0.5, 0.95][k % 3])
        cells.agree(way, False)
        if n < 20:
            cells.agree(way, True)
        if "turned" not in way:
            bad, code = cells.decided(kernels, way)
            assert not bad
            assert same(code, cells.decided(numpy_backend, way)[1])


@pytest.mark.parametrize("way", WAYS)
def test_blocks_of_masks_join(way, monkeypatch):
    """Blocks so short that a few rows are many, and the last one not whole."""
    monkeypatch.setattr(multilabel_pipeline, "MASKS", 48)
    monkeypatch.setattr(multilabel_pipeline, "LEAST", 16)
    for most, size in product([0, 100], SIZES):
        # Rows are counted by kind, or one by one.
        monkeypatch.setattr(multilabel_pipeline, "MANY", most)
        cells = Cells(np.random.default_rng(size), 75, size, SCORES)
        if "skips" in way:
            cells.ignore(0.3)
        for weighted in (False, True):
            cells.agree(way, weighted)


def test_very_many_rows_with_cells_left_out_are_counted_by_kind():
    for size in (1, 5, 16):
        cells = Cells(np.random.default_rng(size), multilabel_pipeline.MANY + 3, size, SCORES)
        cells.ignore(0.3)
        cells.agree("skips", False)


def test_more_rows_than_16_bits_count():
    cells = Cells(np.random.default_rng(0), 2**16 + 40, 2, FLAGS)
    cells.true[:] = cells.words[:] = 1
    cells.agree("true words turned", False)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [5, 16, 17])
def test_rows_of_every_kind(size, way):
    """Any number of hits, misses and false alarms that a row of so many labels can have."""
    kinds = [k for k in product(range(size + 1), repeat=3) if sum(k) <= size]
    cells = Cells(np.random.default_rng(size), len(kinds), size, FLAGS)
    hit, miss, alarm = (np.array(kinds)[:, [k]] for k in range(3))
    place = np.arange(size)
    cells.true[:] = place < hit + miss
    cells.words[:] = (place < hit) | ((place >= hit + miss) & (place < hit + miss + alarm))
    cells.agree(way, False)


WRONG = {
    "scores": [("true", 2), ("true", -1), ("words", 0x7F80_0001), ("words", 0x3F80_20C6),
               ("words", 0xBA83_1270), ("words", 0xFFFF_FFFF)],
    "flags": [("true", 2), ("true", 255), ("words", 2), ("words", 128), ("words", 255)],
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", sorted(WRONG))
def test_one_wrong_cell_is_refused_wherever_it_stands(kind, way):
    form, n = {"scores": SCORES, "flags": FLAGS}[kind], 18
    for size in (1, 3, 16, 17, 40):
        places = list(product((0, 5, n - 1), {0, size // 2, size - 1}))
        for k, (side, value) in enumerate(WRONG[kind] * 2):
            cells = Cells(np.random.default_rng(k), n, size, form)
            i, j = places[k % len(places)]
            array = getattr(cells, side)
            array[i, j] = np.array(value).astype(array.dtype)
            for weighted in (False, True):
                assert cells.filled(kernels, way, weighted)[0], (size, i, j, value)
            assert cells.decided(kernels, way)[0]
            if "skips" in way:  # where nobody looks, all is well
                cells.true[i, j] = IGNORED
                for weighted in (False, True):
                    cells.agree(way, weighted)
                assert same(cells.decided(kernels, way)[1], cells.decided(numpy_backend, way)[1])


def quads(module, cells, skips=False):
    """Whether a row of a binary task is refused, and the four sums; then both with weights."""
    ends = cells.below, cells.limit
    call = cells.true.ravel(), cells.words.ravel(), cells.cuts[0], *ends, skips, IGNORED
    outs = np.full(4, 3), np.full(4, 0.1)
    bad = module.binary_sums(*call, outs[0])
    weighted = module.binary_sums_weighted(*call, cells.weight, outs[1])
    return bool(bad), outs[0].tolist(), bool(weighted), outs[1].tolist()


def test_one_wrong_row_of_a_binary_task_is_refused():
    for n, (side, value) in product([1, 8, 16, 37], WRONG["scores"]):
        for i in {0, n // 2, n - 1}:
            cells = Cells(np.random.default_rng(n), n, 1, SCORES)
            assert quads(kernels, cells) == quads(numpy_backend, cells)
            array = getattr(cells, side)
            array[i] = np.array(value).astype(array.dtype)
            limit = cells.words.dtype.type(cells.limit)
            call = cells.true.ravel(), cells.words.ravel(), limit, cells.cuts[0]
            assert kernels.binary(*call, np.zeros(4, np.int64))
            assert quads(kernels, cells)[::2] == (True, True)
            cells.true[i] = IGNORED
            assert quads(kernels, cells, True) == quads(numpy_backend, cells, True)


@pytest.mark.parametrize("n", [2**15 - 1, 2**15 + 21])
def test_weights_of_a_binary_task_are_added_in_blocks(n):
    cells = Cells(np.random.default_rng(n), n, 1, SCORES)
    assert quads(kernels, cells) == quads(numpy_backend, cells)


@pytest.mark.parametrize("kinds", [("i1", "i1"), ("i1", "i8"), ("i8", "i1")])
@pytest.mark.parametrize("wrong", [False, True])
def test_labels_of_few_rows_and_classes(kinds, wrong):
    """Two classes are counted in another way; more than 128 are not all numbers of a byte."""
    rng = np.random.default_rng(5)
    for size, n in product([1, 2, 3, 120, 129, 200, 300], [0, 1, 15, 16, 17, 33, 70]):
        sides = [rng.integers(0, min(size, np.iinfo(k).max + 1), n).astype(k) for k in kinds]
        for side in sides * wrong:
            odd = [v for v in (-1, -100, size, 127, 255) if np.iinfo(side.dtype).max >= v]
            odd = [v for v in odd if np.iinfo(side.dtype).min <= v]
            side[rng.random(n) < 0.2] = rng.choice(odd) if odd else 0
        weight, found = rng.random(n), []
        for module in (kernels, numpy_backend):
            confusion, sums = np.full((size, size), 3), np.full((3, size), 4)
            bad = module.labels(*sides, confusion)
            assert bad == module.labels_sums(*sides, sums)
            weighted = confusion * 0.5, sums * 0.5
            assert bad == module.labels_weighted(*sides, weight, weighted[0])
            assert bad == module.labels_sums_weighted(*sides, weight, weighted[1])
            read = [confusion, *([] if bad else [sums, *weighted])]  # the twin leaves the others
            found.append([bad, *(array.tolist() for array in read)])
        assert found[0] == found[1]


@pytest.mark.parametrize("pool", [[0.25, 0.5, 0.125], [-np.inf, -0.0, 0.0, np.inf], [-np.inf]])
def test_the_best_of_any_row(pool, monkeypatch):
    """Ties, and rows in which next to nothing is above -inf."""
    rng = np.random.default_rng(len(pool))
    for size, k, n in product([2, 15, 16, 17, 33], [1, 2, 3, 5], [1, 15, 16, 17, 50]):
        pred = rng.choice(np.float32(pool), (n, size))
        pred[rng.random((n, size)) < 0.05] = 0.5
        true, found = rng.integers(0, size, n), []
        for module in (kernels, numpy_backend):
            monkeypatch.setattr(switch, "choose", lambda cells, module=module: module)
            scores = f1core.score(
                true, pred, task="multiclass", classes=size, top_k=min(k, size), average_over="all",
            )  # fmt: skip
            each = scores.per_class
            found.append([each.precision.tolist(), each.recall.tolist(), each.support.tolist()])
        assert found[0] == found[1]


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8"])
@pytest.mark.parametrize("rows", [255, 256, 257, 271, 272, 511, 528, 1000])
def test_ids_outside_in_any_place_of_a_block(rows, dtype):
    rng = np.random.default_rng(rows)
    true, pred = rng.integers(0, 7, (2, rows)).astype(dtype)
    for share in (0, 0.01, 0.5):
        for side in (true, pred):
            side[rng.random(rows) < share] = 7 if dtype == "uint8" else -1
        ours, theirs = np.zeros((2, 7, 7), np.int64)
        assert kernels.labels(true, pred, ours) == numpy_backend.labels(true, pred, theirs)
        assert np.array_equal(ours, theirs)
