"""How often Triton is asked what a kernel's arguments are: once for each form of them."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

from f1core.device import launch  # noqa: E402


class Recorded:
    """A kernel of Triton's that compiles into one that notes its calls."""

    arg_names = ("counts", "notes", "true", "pred", "n", "BLOCK", "WIDE")

    def __init__(self):
        self.asked, self.started = [], []

    def __getitem__(self, grid):
        def ask(*args, **constants):
            self.asked.append((grid, args, constants))
            return Compiled(self.started)

        return ask


class Compiled:
    def __init__(self, started):
        self.started = started

    def __getitem__(self, grid):
        return lambda *args: self.started.append((grid, args))


@pytest.fixture
def kernel(monkeypatch):
    monkeypatch.setattr(launch, "_CALLS_COMPILED", True)
    return Recorded()


def test_a_batch_of_the_form_of_an_earlier_one_is_started_at_once(kernel):
    run = launch._Kernel(kernel, {"WIDE": False, "BLOCK": 32}, 8)
    counts, notes = torch.zeros(9), torch.zeros(4)
    for n in (5, 7):
        true, pred = torch.zeros(n, dtype=torch.int64), torch.zeros(n, 3)
        run(2, 1, counts, notes, true, pred, n)
    ((grid, args, constants),) = kernel.asked
    assert grid == (2, 1, 1) and args[-1] == 5
    assert constants == {"WIDE": False, "BLOCK": 32, "num_warps": 8, "enable_fp_fusion": False}
    ((grid, args),) = kernel.started  # its constants are in the order of the kernel's arguments
    assert grid == (2, 1, 1) and args[2] is true and args[4:] == (7, 32, False)


def test_triton_is_asked_again_of_what_its_code_depends_on(kernel):
    run = launch._Kernel(kernel, {"WIDE": False, "BLOCK": 32}, 8)
    counts, notes = torch.zeros(9), torch.zeros(4)
    room = torch.zeros(64)
    pred, true = room[:30].view(10, 3), torch.zeros(10, dtype=torch.int64)
    batches = [
        (true, pred), (true, room[:60].view(10, 6)[:, ::2]), (true, room[1:31].view(10, 3)),
        (true, pred.double()), (true.int(), pred), (true.repeat(2)[::2], pred),
    ]  # fmt: skip
    for _ in range(2):
        for true, pred in batches:
            run(1, 1, counts, notes, true, pred, 10)
    assert len(kernel.asked) == len(kernel.started) == len(batches)
    run(1, 1, room[1:10], notes, *batches[0], 10)
    run(1, 1, counts, room[3:7], *batches[0], 10)
    assert len(kernel.asked) == len(batches) + 2
