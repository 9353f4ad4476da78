"""BinnedThresholds: exact at its edges, and honest about what lies between them."""

from __future__ import annotations

import itertools
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from searches import MANY, NOTHING, SEEDS, aimed_at, drawn, tried

from f1core import F1Error, score
from f1core.thresholds import BinnedThresholds, best_threshold


def streamed(y_true, y_prob, options, bins, parts=1):
    kept = {k: v for k, v in options.items() if k == "ignore_index"}
    found = BinnedThresholds(options["task"], bins=bins, **kept)
    weight = options.get("sample_weight")
    for rows in np.array_split(np.arange(len(y_true)), parts):
        more = {} if weight is None else {"sample_weight": weight[rows]}
        found.update(y_true[rows], y_prob[rows], **more)
    return found


@MANY
@given(SEEDS)
def test_the_best_edge_and_a_bound_that_holds(seed):
    rng = np.random.default_rng(seed)
    for _ in range(20):
        y_true, y_prob, options, search = drawn(rng)
        told = (y_true, y_prob, options, search)
        if math.isnan(options["zero_division"]):
            options["zero_division"] = 0.0
        bins = int(rng.choice([2, 4, 8]))
        binned = streamed(y_true, y_prob, options, bins)
        asked = {k: options[k] for k in ("zero_division", "beta", "average_over") if k in options}
        binary = options["task"] == "binary"
        metric = aimed_at(search, binary)
        exact, nothing = tried(best_threshold, y_true, y_prob, **options, **search)
        best, refused = tried(binned.best_threshold, **asked, **search)
        assert not nothing or refused, told
        if refused:  # an edge may miss a floor that some threshold keeps
            assert refused.startswith((*NOTHING, "no threshold has a")), told
            continue
        delivered = score(y_true, y_prob, threshold=best.threshold, **options)
        assert delivered.metric(metric) == pytest.approx(best.score, abs=1e-12), told
        assert best.score <= exact.score + 1e-12, told
        assert exact.score <= best.bound + 1e-12, told
        if "min_precision" in search or "min_recall" in search:
            continue
        edges = np.arange(bins + 1) / bins
        width = 1 if binary or search["shared"] else y_prob.shape[1]
        for chosen in itertools.product(edges, repeat=width) if bins**width < 100 else ():
            threshold = chosen[0] if width == 1 and (binary or search["shared"]) else chosen
            there = score(y_true, y_prob, threshold=threshold, **options).metric(metric)
            assert there <= best.score + 1e-12, told
        if binary or search["shared"]:
            for threshold in edges[(best.low <= edges) & (edges <= best.high)]:
                there = score(y_true, y_prob, threshold=threshold, **options).metric(metric)
                assert there == pytest.approx(best.score, abs=1e-12), told


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_cut_and_merged_in_any_way_it_is_the_same(dtype):
    rng = np.random.default_rng(1)
    y_prob = rng.random((500, 3)).astype(dtype)
    y_true = rng.random((500, 3)) < 0.3
    whole = streamed(y_true, y_prob, {"task": "multilabel"}, 64)
    for parts in (2, 7):
        assert streamed(y_true, y_prob, {"task": "multilabel"}, 64, parts) == whole
    one, other = (streamed(y_true[r], y_prob[r], {"task": "multilabel"}, 64) for r in
                  (slice(0, 99), slice(99, None)))  # fmt: skip
    assert one + other == whole
    assert pickle.loads(pickle.dumps(whole)) == whole
    assert one != whole
    whole.reset()
    with pytest.raises(F1Error, match="no rows to cut"):
        whole.best_threshold()


def test_more_bins_come_closer():
    rng = np.random.default_rng(2)
    y_true = rng.random(20_000) < 0.2
    y_prob = np.clip(rng.random(20_000) * 0.7 + y_true * 0.25, 0, 1).astype(np.float32)
    exact = best_threshold(y_true, y_prob)
    missing = []
    for bins in (16, 256, 4096):
        best = streamed(y_true, y_prob, {"task": "binary"}, bins).best_threshold()
        assert best.score <= exact.score <= best.bound
        missing.append(best.bound - best.score)
    assert missing[0] > missing[1] > missing[2]
    assert missing[2] < 0.002


def test_its_curve_is_scores_at_the_edges():
    rng = np.random.default_rng(3)
    y_true, y_prob = rng.random(300) < 0.4, rng.random(300).round(2)
    found = streamed(y_true, y_prob, {"task": "binary"}, 16).curve()
    for k, threshold in enumerate(found.thresholds):
        assert threshold == k / 16
        assert found.f1[k] == score(y_true, y_prob, threshold=threshold).binary.f1


def test_refusals_are_sentences():
    for bins in (3, 1, 0, 2.5, True, 1 << 21):
        with pytest.raises(F1Error, match="power of two"):
            BinnedThresholds("binary", bins=bins)
    with pytest.raises(F1Error, match="has no threshold here"):
        BinnedThresholds("multiclass").best_threshold()
    found = BinnedThresholds("multilabel", bins=8)
    found.update([[0, 1]], [[0.2, 0.3]])
    before = pickle.dumps(found)
    with pytest.raises(F1Error, match="3 columns"):
        found.update([[0, 1, 1]], [[0.2, 0.3, 0.4]])
    with pytest.raises(F1Error, match="NaN at row 1, column 0"):
        found.update([[0, 1], [0, 1]], [[0.2, 0.3], [math.nan, 0.3]])
    with pytest.raises(F1Error, match="multilabel targets are 0 or 1"):
        found.update([[0, 2]], [[0.2, 0.3]])
    assert pickle.dumps(found) == before
    with pytest.raises(F1Error, match="bins is 8 here and 16 there"):
        found.merge(BinnedThresholds("multilabel", bins=16))
    with pytest.raises(F1Error, match="there are 2, counted from 0"):
        found.curve(2)


def test_what_it_holds_is_shown():
    found = BinnedThresholds("binary", bins=16)
    assert repr(found) == "BinnedThresholds('binary', bins=16, 0 rows)"
    found.update([0, 1, 1], [0.1, 0.2, 0.3])
    assert repr(found) == "BinnedThresholds('binary', bins=16, 3 rows)"


class Table:
    """An array with names of columns that does something else before it is read."""

    def __init__(self, rows, columns, first=lambda: None):
        self.rows, self.columns, self.first = np.array(rows), columns, first

    def __array__(self, *args, **options):
        first, self.first = self.first, lambda: None
        first()
        return self.rows


def test_a_batch_that_comes_while_another_is_read_loses_neither():
    """The inner batch names the labels, so the outer one is read again by these names."""
    found, expected = (BinnedThresholds("multilabel", bins=16) for _ in range(2))
    inner = Table([[0, 1]], ["a", "b"]), Table([[0.2, 0.9]], ["a", "b"])
    rows = [[1, 0], [1, 1]], [[0.8, 0.3], [0.7, 0.6]]
    outer = [Table(each, ["b", "a"]) for each in rows]
    for batch in (inner, outer):
        expected.update(*batch)
    late = Table(rows[0], ["b", "a"], first=lambda: found.update(*inner))
    found.update(late, outer[1])
    assert found == expected


def test_names_that_come_after_rows_without_any_are_refused_whoever_was_first():
    inner, named = ([[0, 1]], [[0.2, 0.9]]), Table([[0.8, 0.3]], ["b", "a"])
    found = BinnedThresholds("multilabel", bins=16)
    late = Table([[1, 0]], ["b", "a"], first=lambda: found.update(*inner))
    for truth in (late, Table([[1, 0]], ["b", "a"])):
        with pytest.raises(F1Error, match="earlier rows came without names"):
            found.update(truth, named)
    assert "1 rows" in repr(found)


def test_a_reset_while_a_batch_is_read_forgets_what_came_before_it():
    rows, expected = ([[0, 1]], [[0.2, 0.9]]), BinnedThresholds("multilabel", bins=16)
    expected.update(*rows)
    found = expected + expected
    found.update(Table(rows[0], None, first=found.reset), rows[1])
    assert found == expected


def test_bins_whose_labels_columns_named_merge_with_empty_ones_either_way():
    pandas = pytest.importorskip("pandas")
    y_true = pandas.DataFrame({"a": [0, 1, 1, 0], "b": [1, 0, 1, 0]})
    y_prob = pandas.DataFrame({"b": [0.9, 0.2, 0.7, 0.1], "a": [0.3, 0.8, 0.6, 0.4]})
    full = BinnedThresholds("multilabel", bins=64)
    full.update(y_true, y_prob)
    first, last = (BinnedThresholds("multilabel", bins=64) for _ in range(2))
    first.merge(full)
    full.merge(last)
    assert first == full
    first.merge(full)
    first.update(y_true[["b", "a"]], y_prob)  # still matched by name
    assert first.best_threshold().score == full.best_threshold().score == 1.0
