"""A compiled step may count: nothing breaks its graph, nothing makes it be compiled again."""

import numpy as np
import pytest

from f1core import Accumulator, F1Error

torch = pytest.importorskip("torch")

from torch._dynamo.testing import CompileCounter  # noqa: E402

from f1core.adapters.torch import ScoreMeter  # noqa: E402

# Of torch's own compiler, where an earlier torch imports it.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*deprecated:DeprecationWarning")

CASES = [
    ("multiclass", {"classes": 10}, 10),
    ("multiclass", {"classes": 10, "top_k": 3, "ignore_index": 4}, 10),
    ("multiclass", {"classes": range(3, 13), "confusion": False}, 10),
    ("binary", {"from_logits": True}, 1),
    ("multilabel", {"threshold": [0.3, 0.5, 0.6], "beta": 1.7}, 3),
    ("multilabel", {"top_k": 2, "ignore_index": -1}, 5),
]


def batch(task, options, width, rows, rng):
    shape = (rows,) if task == "binary" else (rows, width)
    low = options.get("classes") if isinstance(options.get("classes"), range) else range(width)
    names = low if task == "multiclass" else range(2)
    true = rng.choice(np.array(names), shape if task == "multilabel" else rows)
    return torch.tensor(rng.random(shape, np.float32)), torch.tensor(true)


def compiled(task, options, width, backend, batches=4):
    torch._dynamo.reset()
    rng = np.random.default_rng(0)
    meter, expected = ScoreMeter(task, **options), Accumulator(task, **options)
    layer = torch.nn.Identity()

    @torch.compile(fullgraph=True, backend=backend)
    def step(pred, true):
        pred = layer(pred) * 1.0
        meter.update(pred, true)
        return pred.sum()

    for _ in range(batches):
        pred, true = batch(task, options, width, 64, rng)
        step(pred, true)
        expected.update(true, pred)
    return meter, expected, step, rng


@pytest.mark.parametrize(("task", "options", "width"), CASES, ids=lambda each: str(each))
def test_a_compiled_step_counts_in_one_graph(task, options, width):
    counter = CompileCounter()
    meter, expected, step, rng = compiled(task, options, width, counter)
    assert counter.frame_count == 1
    assert meter.compute().to_dict() == expected.compute().to_dict()
    for rows in (17, 5):  # and what was counted stays where later steps add to it
        pred, true = batch(task, options, width, rows, rng)
        step(pred, true)
        expected.update(true, pred)
    assert counter.frame_count == 2  # once more for any number of rows
    assert meter.compute().to_dict() == expected.compute().to_dict()


def test_a_compiled_step_and_an_eager_one_count_together():
    meter, expected, _, rng = compiled("multiclass", {"classes": 10}, 10, "eager")
    pred, true = batch("multiclass", {}, 10, 33, rng)
    meter.update(pred, true)
    expected.update(true, pred)
    assert meter.compute().to_dict() == expected.compute().to_dict()


def test_a_compiled_step_notes_what_it_refuses():
    meter, _, step, rng = compiled("multiclass", {"classes": 10}, 10, "eager", 2)
    pred, true = batch("multiclass", {}, 10, 64, rng)
    true[[7, 30]] = 11
    step(pred, true)
    with pytest.raises(F1Error, match=r"2 rows .* the first in update 3, target at row 7"):
        meter.compute()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the compiler itself
def test_the_default_compiler_keeps_the_bits():
    meter, expected, *_ = compiled(*CASES[-1], "inductor")
    assert meter.compute().to_dict() == expected.compute().to_dict()
