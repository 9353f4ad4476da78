"""On a GPU: bits of the CPU, no question asked, CUDA graphs; elsewhere that the kernels compile."""

import numpy as np
import pytest
import tasks
from hypothesis import given
from hypothesis import strategies as st

from f1core import Accumulator, F1Error

torch = pytest.importorskip("torch")

from away import counted_in_cuts  # noqa: E402

from f1core.adapters.torch import ScoreMeter  # noqa: E402

on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def batch(task, rng, rows=500, width=10):
    shape = (rows,) if task == "binary" else (rows, width)
    high = width if task == "multiclass" else 2
    true = rng.integers(0, high, shape if task == "multilabel" else rows)
    return torch.tensor(rng.random(shape, np.float32)), torch.tensor(true)


@on_gpu
@given(tasks.any_task(), st.integers(1, 70))
def test_drawn_batches_give_the_bits_of_the_cpu(problem, size):
    meter = counted_in_cuts(problem, size, torch.Tensor.cuda)
    meter._settle()
    problem.weight = None
    assert meter._own.counts == problem.put_into(problem.accumulator()).counts


@on_gpu
@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
def test_a_hundred_updates_ask_nothing(task):
    rng = np.random.default_rng(0)
    pred, true = batch(task, rng)
    meter, expected = ScoreMeter(task), Accumulator(task)
    pred, true = pred.cuda(), true.cuda()
    meter.update(pred, true)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(99):
            meter.update(pred, true)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    for _ in range(100):
        expected.update(true.cpu(), pred.cpu())
    assert meter.compute().to_dict() == expected.compute().to_dict()


@on_gpu
@pytest.mark.parametrize("task", ["multiclass", "binary", "multilabel"])
def test_a_captured_graph_counts_at_each_replay(task):
    rng = np.random.default_rng(1)
    meter, expected = ScoreMeter(task), Accumulator(task)
    pred, true = (each.cuda() for each in batch(task, rng))
    meter.update(pred, true)  # the warm-up
    meter.reset()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        meter.update(pred, true)
    meter.reset()
    for _ in range(5):
        more = batch(task, rng)
        for room, each in zip((pred, true), more, strict=True):
            room.copy_(each)
        graph.replay()
        expected.update(more[1], more[0])
        assert meter.compute().to_dict() == expected.compute().to_dict()


@on_gpu
def test_a_first_batch_within_a_capture_is_refused():
    pred, true = (each.cuda() for each in batch("binary", np.random.default_rng(2)))
    graph = torch.cuda.CUDAGraph()
    with pytest.raises(F1Error, match="captured"), torch.cuda.graph(graph):
        ScoreMeter("binary").update(pred, true)


@on_gpu
def test_rows_with_ids_come_one_step_late():
    rng = np.random.default_rng(3)
    meter, expected = ScoreMeter("multiclass"), Accumulator("multiclass")
    for start in range(0, 2000, 400):
        pred, true = batch("multiclass", rng)
        ids = np.arange(start, start + 500)
        true = torch.tensor(ids % 10)
        pred = torch.eye(10)[torch.tensor(ids // 3 % 10)]
        meter.update(pred.cuda(), true.cuda(), ids)
        expected.update(true, pred, sample_id=ids)
    assert meter.compute().to_dict() == expected.compute().to_dict()


TARGETS = [("cuda", 90, 32), ("hip", "gfx942", 64)]


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_the_kernels_compile_for_cards_that_are_not_here(target, monkeypatch):
    triton = pytest.importorskip("triton")
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from f1core.device import triton_labels, triton_rows

    if not isinstance(triton_rows.argmax_counts, triton.JITFunction):
        pytest.skip("the kernels are interpreted")
    pointers = {
        "counts": "*i64", "notes": "*i64", "true": "*i64", "pred": "*bf16", "cut": "*fp32",
        "limits": "*fp32", "averaged": "*i8", "coefs": "*fp64", "room": "*i64",
    }  # fmt: skip
    rows = {
        "n_classes": 10, "BLOCK": 512, "COLUMNS": 16, "BINS": 128, "MATRIX": True, "ONEHOT": False,
        "IGNORES": True, "PLACE": -1, "LIMIT": 0, "WIDE": False, "LABELS": False, "PRED_LIMIT": 0,
    }  # fmt: skip
    many = rows | {"BINS": 0, "MATRIX": False, "n_classes": 1000, "COLUMNS": 1024, "BLOCK": 8}
    labels = {
        "n_labels": 39, "BLOCK": 128, "COLUMNS": 64, "HARD": False, "CUTS": True, "IGNORES": True,
        "LIMITS": True, "CHOSEN": True, "BY_LABEL": True, "BY_ROW": True,
    }  # fmt: skip
    binary = {"BLOCK": 1024, "MATRIX": True, "IGNORES": True, "LIMITS": True}
    for kernel, constants in (
        (triton_rows.argmax_counts, rows), (triton_rows.argmax_counts, many),
        (triton_rows.binary_counts, binary), (triton_labels.label_counts, labels),
    ):  # fmt: skip
        signature = {
            name: "constexpr" if name in constants else pointers.get(name, "i32")
            for name in kernel.arg_names
        }
        source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
        made = triton.compile(
            source, target=GPUTarget(*target), options={"enable_fp_fusion": False}
        )
        assert made.asm
        if target[0] == "cuda" and kernel is triton_labels.label_counts:
            assert "div.rn.f64" in made.asm["ptx"] and "fma.rn.f64" not in made.asm["ptx"]
