"""NumPy and the kernels, bit for bit, where shapes are narrow, short or just too long."""

from itertools import product

import numpy as np
import pytest
from inside import BACKENDS, counted_by, fail_if_numpy_is_asked, mask_blocks
from same import same_bits

import f1core

pytest.importorskip("numba", exc_type=ImportError)

SIZES = [2, 3, 15, 16, 17, 32, 33, 40]
IGNORED = 3
WAYS = ["usual", "skips", "chosen", "true turned", "scores turned", "skips chosen turned"]
CUTS = [0.0, 0.1, 0.25, 0.5, 1.0]
POOL = [0.0, 0.1, 0.25, 0.5, 0.875, 1.0, -0.0, -1e-5, 1.0005, -1e-3, 1.001]


class Labels:
    """Targets and scores of some rows, and the ways to hand them over."""

    def __init__(self, rng, n, size, form):
        self.rng, self.n, self.size, self.options = rng, n, size, {}
        self.true = rng.integers(0, 2, (n, size)).astype("u1" if form == "flags" else "i8")
        if form == "flags":
            self.pred = rng.integers(0, 2, (n, size)).astype("u1")
        else:
            self.pred = rng.choice(np.float32(POOL), (n, size))
            self.options["threshold"] = rng.choice(CUTS, size).tolist()
        self.weight = rng.integers(0, 100, n) / 7
        self.weight[:1] = 1.0

    def ignore(self, share):
        """Mark some cells, and some whole rows; the first one counts."""
        self.true[self.rng.random((self.n, self.size)) < share] = IGNORED
        self.true[self.rng.random(self.n) < share / 4] = IGNORED
        self.true[0, 0] = 1

    def score(self, way, weighted):
        options = dict(self.options)
        if "skips" in way:
            options["ignore_index"] = IGNORED
        if "chosen" in way:
            chosen = np.random.default_rng(self.size).random(self.size) < 0.5
            options["average_over"] = np.flatnonzero(chosen).tolist() or [0]
        true, pred = self.true, self.pred
        if "true" in way or "chosen turned" in way:
            true = np.asfortranarray(true)
        if "scores" in way or "chosen turned" in way:
            pred = np.asfortranarray(pred)
        weight = self.weight if weighted else None
        return f1core.score(true, pred, task="multilabel", sample_weight=weight, **options)

    def agree(self, way, weighted=False):
        same_bits(*by_both(lambda: self.score(way, weighted), alone=True))


def by_both(call, alone=False):
    """What a call gives with each backend; with the kernels `alone` if NumPy must not help."""
    found = []
    for backend in BACKENDS:
        with counted_by(backend), pytest.MonkeyPatch.context() as patch:
            if alone and backend == "kernels":
                fail_if_numpy_is_asked(patch)
            found.append(call())
    return found


def refused_by_both(call):
    """The sentence with which both backends refuse a call."""
    found = []
    for backend in BACKENDS:
        with counted_by(backend), pytest.raises(f1core.F1Error) as caught:
            call()
        found.append(str(caught.value))
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", ["scores", "flags"])
def test_labels_of_any_shape(form, way):
    """Blocks of 16 and 240 rows that are full, have one row more or lack some."""
    shapes = [*product([1, 2, 15, 16, 17], SIZES), *product([233, 241], [3, 17, 40])]
    for k, (n, size) in enumerate(shapes):
        labels = Labels(np.random.default_rng(k), n, size, form)
        if "skips" in way:
            labels.ignore([0.1, 0.5, 0.95][k % 3])
        labels.agree(way)
        if n < 20:
            labels.agree(way, weighted=True)


@pytest.mark.parametrize("way", WAYS)
def test_blocks_of_masks_join(way, monkeypatch):
    """Blocks so short that a few rows are many, and the last one not whole."""
    for most, size in product([0, 100], SIZES):
        mask_blocks(monkeypatch, most)
        labels = Labels(np.random.default_rng(size), 75, size, "scores")
        if "skips" in way:
            labels.ignore(0.3)
        for weighted in (False, True):
            labels.agree(way, weighted)


@pytest.mark.parametrize("size", [2, 5, 16])
def test_very_many_rows_with_cells_left_out(size):
    labels = Labels(np.random.default_rng(size), 2**12 + 40, size, "scores")
    labels.ignore(0.3)
    labels.agree("skips")


def test_more_rows_than_16_bits_count():
    labels = Labels(np.random.default_rng(0), 2**16 + 40, 2, "flags")
    labels.true[:] = labels.pred[:] = 1
    labels.agree("true scores turned")
    labels.agree("usual")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [5, 16, 17])
def test_rows_of_every_kind(size, way):
    """Any number of hits, misses and false alarms that a row of so many labels can have."""
    kinds = [k for k in product(range(size + 1), repeat=3) if sum(k) <= size]
    labels = Labels(np.random.default_rng(size), len(kinds), size, "flags")
    hit, miss, alarm = (np.array(kinds)[:, [k]] for k in range(3))
    place = np.arange(size)
    labels.true[:] = place < hit + miss
    labels.pred[:] = (place < hit) | ((place >= hit + miss) & (place < hit + miss + alarm))
    labels.agree(way)


ABOVE, BELOW = np.nextafter(np.float32([1.001, -0.001]), np.float32([2, -2]))
WRONG = {
    "scores": [("true", 2), ("true", -1), ("pred", np.nan), ("pred", -np.nan), ("pred", ABOVE),
               ("pred", BELOW), ("pred", np.inf)],
    "flags": [("true", 2), ("true", 255), ("pred", 2), ("pred", 128), ("pred", 255)],
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", sorted(WRONG))
def test_one_wrong_label_is_refused_wherever_it_stands(form, way):
    n = 18
    for size in (2, 3, 16, 17, 40):
        places = list(product((0, 5, n - 1), {0, size // 2, size - 1}))
        for k, (side, value) in enumerate(WRONG[form] * 2):
            labels = Labels(np.random.default_rng(k), n, size, form)
            i, j = places[k % len(places)]
            array = getattr(labels, side)
            array[i, j] = value
            for weighted in (False, True):
                words = refused_by_both(lambda: labels.score(way, weighted))  # noqa: B023
                assert f"row {i}" in words, (words, value)
            if "skips" in way:  # where nobody looks, all is well
                labels.true[i, j] = IGNORED
                for weighted in (False, True):
                    labels.agree(way, weighted)


def binary(labels, weighted, **options):
    return lambda: f1core.score(
        labels.true[:, 0], labels.pred[:, 0].copy(), task="binary",
        sample_weight=labels.weight if weighted else None, **options,
    )  # fmt: skip


@pytest.mark.parametrize("n", [5, 8, 16, 37])
def test_one_wrong_row_of_a_binary_task_is_refused(n):
    for (side, value), i in product(WRONG["scores"], {0, n // 2, n - 1}):
        labels = Labels(np.random.default_rng(n), n, 2, "scores")
        labels.true[:, 0] = np.arange(n) % 2
        for weighted in (False, True):
            same_bits(*by_both(binary(labels, weighted)))
        getattr(labels, side)[i] = value
        for weighted in (False, True):
            assert f"row {i}" in refused_by_both(binary(labels, weighted))
        labels.true[i] = IGNORED
        labels.weight[(i + 1) % n] = 1.0
        for weighted in (False, True):
            same_bits(*by_both(binary(labels, weighted, ignore_index=IGNORED)))


@pytest.mark.parametrize("n", [2**15 - 1, 2**15 + 21])
def test_weights_of_a_binary_task_are_added_in_blocks(n):
    same_bits(*by_both(binary(Labels(np.random.default_rng(n), n, 2, "scores"), True)))


@pytest.mark.parametrize("kinds", [("i1", "i1"), ("i1", "i8"), ("i8", "i1")])
@pytest.mark.parametrize("wrong", [False, True])
def test_labels_of_few_rows_and_classes(kinds, wrong):
    """Two classes are counted in another way; more than 128 are not all numbers of a byte."""
    rng = np.random.default_rng(5)
    for size, n in product([2, 3, 120, 129, 200, 300], [1, 15, 16, 17, 33, 70]):
        sides = [rng.integers(0, min(size, np.iinfo(k).max + 1), n).astype(k) for k in kinds]
        if wrong:
            row = rng.integers(n)
            sides[rng.integers(2)][row] = rng.choice([-1, -100, *([size] * (size < 128))])
        for weight, confusion in product([None, rng.random(n) + 0.1], [True, False]):
            call = lambda: f1core.score(  # noqa: E731
                *sides, task="multiclass", classes=size,  # noqa: B023
                sample_weight=weight, confusion=confusion,  # noqa: B023
            )  # fmt: skip
            if wrong:
                assert f"row {row}" in refused_by_both(call)
            else:
                same_bits(*by_both(call))


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8"])
@pytest.mark.parametrize("rows", [255, 256, 257, 271, 272, 511, 528, 1000])
def test_ids_outside_in_any_place_of_a_block(rows, dtype):
    """They are counted neither way where they are ignored, and named where they are not."""
    rng = np.random.default_rng(rows)
    outside = 7 if dtype == "uint8" else -1
    true, pred = rng.integers(0, 7, (2, rows)).astype(dtype)
    for share in (0.01, 0.5):
        marked = np.where(rng.random(rows) < share, outside, true).astype(dtype)
        call = lambda **o: f1core.score(marked, pred, task="multiclass", classes=7, **o)  # noqa: B023, E731
        same_bits(*by_both(lambda: call(ignore_index=outside)))  # noqa: B023
        if (marked == outside).any():
            first = np.flatnonzero(marked == outside)[0]
            assert f"y_true is {outside} at row {first}" in refused_by_both(call)
