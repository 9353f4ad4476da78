"""What is counted where the scores are is what the CPU counts, bit for bit.

Tensors of the CPU are sent the way of those on a device: with TRITON_INTERPRET=1 by Triton's
kernels, which its interpreter then runs, else by torch's own operations.
"""

import math

import numpy as np
import pytest
import tasks
from hypothesis import given
from hypothesis import strategies as st

from f1core import Accumulator, F1Error

torch = pytest.importorskip("torch")

from away import counted_in_cuts  # noqa: E402

from f1core.adapters.torch import ScoreMeter  # noqa: E402
from f1core.device import torch_counter, torch_reader  # noqa: E402

INTERPRETED = torch_counter.launch is not None and torch_counter.launch.INTERPRETED


@pytest.fixture(autouse=True, scope="module")
def everywhere():
    torch_reader.EVERYWHERE = True
    yield
    torch_reader.EVERYWHERE = False


def counts_of(meter):
    meter._settle()
    return meter._own.counts


def launched(meter):
    """Whether a Triton kernel counted the last batch, and not torch's operations."""
    counters = [each for each in meter._reader._counters.values() if each is not None]
    return counters[-1]._launch is not None


@given(tasks.any_task(), st.integers(1, 70))
def test_any_cut_counts_as_the_whole_does_on_the_cpu(problem, size):
    meter = counted_in_cuts(problem, size, lambda tensor: tensor)
    problem.weight = None
    assert counts_of(meter) == problem.put_into(problem.accumulator()).counts


DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
TARGETS = [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.float32]
FORMS = [
    ("multiclass", 7, {}),
    ("multiclass", 7, {"confusion": False, "ignore_index": 3}),
    ("multiclass", 7, {"ignore_index": -1}),
    ("multiclass", 7, {"classes": [1, 4, 7, 10, 13, 16, 19], "ignore_index": 4}),
    ("multiclass", 40, {}),
    ("multiclass", 1030, {}),
    ("multiclass", 1030, {"confusion": True}),
    ("multiclass", 9, {"top_k": 3}),
    ("binary", 1, {"threshold": 0.3}),
    ("binary", 1, {"confusion": False, "ignore_index": -1}),
    ("binary", 1, {"from_logits": True}),
    ("binary", 1, {"classes": [5, 2]}),
    ("multilabel", 5, {"beta": 1.7}),
    ("multilabel", 5, {"threshold": [0.1, 0.2, 0.3, 0.4, 0.5], "average_over": [3, 1]}),
    ("multilabel", 5, {"from_logits": True, "ignore_index": -1, "beta": 2.3}),
    ("multilabel", 1030, {"ignore_index": -1}),
    ("multilabel", 9, {"top_k": 3}),
    ("multilabel", 9, {"top_k": 1, "ignore_index": -1}),
    ("multilabel", 12, {"top_k": 9, "ignore_index": -1}),
]


def drawn(task, width, options, dtype, target, rng, rows=67):
    """Scores with ties, of both signs where they may be, and targets of which some are ignored."""
    shape = (rows,) if task == "binary" else (rows, width)
    wild = task == "multiclass" or options.get("from_logits") or "top_k" in options
    few = [0.0, -0.0, 0.25, 0.3, 0.5, 1.0] + [math.inf, -math.inf, -3.0, 7.5] * bool(wild)
    scores = np.where(rng.random(shape) < 0.5, rng.choice(few, shape), rng.random(shape))
    names = options.get("classes", range(max(2, width) if task == "multiclass" else 2))
    true = rng.choice(np.array(names), shape if task == "multilabel" else rows)
    ignored = options.get("ignore_index")
    if ignored is not None and (ignored >= 0 or target != torch.uint8):
        true = np.where(rng.random(true.shape) < 0.3, ignored, true)
    return torch.tensor(true).to(target), torch.tensor(scores).to(dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(("task", "width", "options"), FORMS, ids=lambda each: str(each))
def test_every_form_counts_as_on_the_cpu(task, width, options, dtype):
    rng = np.random.default_rng(0)
    meter, expected = ScoreMeter(task, **options), Accumulator(task, **options)
    for target in TARGETS if width < 128 else TARGETS[:1]:
        true, pred = drawn(task, width, options, dtype, target, rng)
        meter.update(pred, true)
        expected.update(true, pred)
    assert counts_of(meter) == expected.counts
    if "top_k" not in options:
        assert launched(meter) == INTERPRETED


@pytest.mark.parametrize("how", ["columns", "rows", "transposed", "expanded"])
@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
def test_any_strides_count_without_a_copy(task, how):
    rng = np.random.default_rng(1)
    true, pred = drawn(task, 6, {}, torch.float32, torch.int64, rng, 60)

    def view(tensor):
        if tensor.ndim == 1:
            return tensor[:1].expand(30) if how == "expanded" else tensor[::2]
        return {
            "columns": tensor[:, ::2], "rows": tensor[::3], "transposed": tensor.T.contiguous().T,
            "expanded": tensor[:1].expand(30, 6),
        }[how]  # fmt: skip

    if task == "multiclass":
        true = true % 3
    pred, true = view(pred), view(true)
    true = true[: len(pred)] if len(true) >= len(pred) else true.repeat(2)[: len(pred)]
    meter, expected = ScoreMeter(task), Accumulator(task)
    meter.update(pred, true)
    expected.update(true.numpy(), pred.numpy())
    assert counts_of(meter) == expected.counts


def test_onehot_targets_and_rows_of_padding():
    rng = np.random.default_rng(2)
    ids, pred = drawn("multiclass", 7, {}, torch.float32, torch.int64, rng)
    for options in ({}, {"ignore_index": 2}, {"ignore_index": -1}):
        for dtype in (torch.bool, torch.int8, torch.float32):
            true = torch.eye(7)[ids]
            if options.get("ignore_index") == -1 and dtype != torch.bool:
                true[::4] = -1
            true = true.to(dtype)
            meter = ScoreMeter("multiclass", classes=7, **options)
            expected = Accumulator("multiclass", classes=7, **options)
            meter.update(pred, true)
            expected.update(true, pred)
            assert counts_of(meter) == expected.counts


def test_labels_and_flags():
    rng = np.random.default_rng(3)
    for options in ({"classes": 9}, {"classes": [3, -4, 50], "ignore_index": -4}):
        names = options["classes"]
        names = np.arange(9) if names == 9 else np.array(names)
        true, pred = (torch.tensor(rng.choice(names, 40)) for _ in range(2))
        meter, expected = ScoreMeter("multiclass", **options), Accumulator("multiclass", **options)
        for dtype in (torch.int64, torch.int8):
            meter.update(pred.to(dtype), true.to(dtype))
            expected.update(true, pred)
        assert counts_of(meter) == expected.counts
    flags = [torch.tensor(rng.random((40, 5)) < 0.5) for _ in range(2)]
    meter, expected = ScoreMeter("multilabel"), Accumulator("multilabel")
    meter.update(flags[0], flags[1].float())
    expected.update(flags[1], flags[0])
    assert counts_of(meter) == expected.counts
    meter, expected = ScoreMeter("binary"), Accumulator("binary")
    meter.update(flags[0][:, 0], flags[1][:, 0].long())
    expected.update(flags[1][:, 0], flags[0][:, 0])
    assert counts_of(meter) == expected.counts


@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
def test_refused_rows_count_nowhere_and_the_first_is_named(task):
    rng = np.random.default_rng(4)
    meter, expected = ScoreMeter(task), Accumulator(task)
    options = {}
    for wrong in ([], [9, 41], [3]):
        true, pred = drawn(task, 6, options, torch.float32, torch.int64, rng)
        kept = np.delete(np.arange(len(pred)), wrong)
        expected.update(true[kept], pred[kept])
        pred[wrong[:1]] = math.nan
        true[wrong[1:]] = 9
        meter.update(pred, true)
    with pytest.raises(F1Error, match=r"3 rows .* the first in update 2, preds at row 9: a score"):
        meter.compute()
    if task == "multilabel":  # of a refused row the other labels count on: nothing is read anyway
        return
    (held,) = meter._there._held.values()
    form = held.form
    assert form.counts(held.counts.numpy()) == expected.counts


def test_more_than_one_block_of_rows():
    rng = np.random.default_rng(5)
    for task, width, rows in (("multiclass", 3, 5000), ("binary", 1, 5000), ("multilabel", 3, 700)):
        true, pred = drawn(task, width, {}, torch.float32, torch.int64, rng, rows)
        meter, expected = ScoreMeter(task), Accumulator(task)
        meter.update(pred, true)
        expected.update(true, pred)
        assert counts_of(meter) == expected.counts


def test_batches_of_no_rows():
    for task, shape in (("multiclass", (0, 4)), ("binary", (0,)), ("multilabel", (0, 4))):
        meter = ScoreMeter(task)
        meter.update(torch.zeros(shape), torch.zeros(shape if task == "multilabel" else (0,)))
        assert meter.total == 0


@pytest.mark.parametrize(
    ("task", "classes"),
    [("multiclass", 3), ("multiclass", [5, 2, 9]), ("multiclass", 40), ("binary", [4, 7])],
)
@pytest.mark.parametrize("options", [{}, {"confusion": False}, {"ignore_index": 2}], ids=str)
def test_labels_that_are_no_class_are_counted_in_a_last_column(task, classes, options):
    if task == "binary" and "ignore_index" in options:
        return
    rng = np.random.default_rng(7)
    names = np.arange(classes) if isinstance(classes, int) else np.array(classes)
    how = {"classes": classes, "unknown": "miss", **options}
    meter, expected = ScoreMeter(task, **how), Accumulator(task, **how)
    for dtype in (torch.int64, torch.int8, torch.uint8):
        true = rng.choice(names, 700).astype(np.int64)
        odd = [120, 99] if dtype == torch.uint8 else [120, -1]
        pred = rng.choice([*names.tolist(), *odd], 700).astype(np.int64)
        meter.update(torch.from_numpy(pred).to(dtype), torch.from_numpy(true))
        expected.update(true, pred)
        assert launched(meter) == INTERPRETED
    assert counts_of(meter) == expected.counts
    assert meter.compute().unknown == expected.compute().unknown > 50
    wrong = torch.tensor([int(names[0]), len(names) + 100])  # such a target is refused
    meter.update(torch.from_numpy(names[:2].copy()), wrong)
    with pytest.raises(F1Error, match=r"1 row .* target at row 1: it is none of the classes"):
        meter.compute()


def test_scores_beside_one_hot_rows_and_labels_that_may_be_unknown():
    how = {"classes": 3, "unknown": "miss"}
    meter, expected = ScoreMeter("multiclass", **how), Accumulator("multiclass", **how)
    rows, pred = np.eye(3, dtype=np.int64)[[0, 1, 2, 2]], np.array([0, 3, -1, 2])
    meter.update(torch.from_numpy(pred), torch.from_numpy(rows))
    expected.update(rows, pred)
    assert counts_of(meter) == expected.counts
    with pytest.raises(F1Error, match="unknown='miss' is for predicted labels"):
        meter.update(torch.eye(3), torch.tensor([0, 1, 2]))
    binary = ScoreMeter("binary", classes=2, unknown="miss")
    binary.update(torch.tensor([0.0, 1.0, math.nan]), torch.tensor([0, 1, 1]))  # on the host
    assert binary.compute().unknown == 1
    for extra in ({"sample_weight": torch.ones(2)}, {"sample_id": torch.tensor([0, 1])}):
        other = ScoreMeter("multiclass", **how)
        other.update(torch.tensor([0, 8]), torch.tensor([0, 1]), **extra)
        assert other.compute().unknown == 1
        other.update(torch.eye(3)[:2], torch.tensor([0, 1]), **extra)
        with pytest.raises(F1Error, match="unknown='miss' is for predicted labels"):
            other.compute()
