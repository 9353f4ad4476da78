"""What runs in several processes at once: `python ranks.py RANK SIZE FOLDER NAME` is one of them.

They meet in a file in FOLDER and talk by gloo on 127.0.0.1; each leaves what it found as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROWS, CLASSES = 101, 7
PARTS = {
    "uneven": (0, 90, 97, 101),
    "empty": (0, 60, 60, 101),
    "all but one empty": (0, 0, 101, 101),
}


def run(name: str, size: int, folder: Path, timeout: float = 240) -> list[Any]:
    """Let so many ranks run; (code, what it found or wrote to stderr) of each."""
    command = [sys.executable, "-W", "ignore", __file__]
    env = os.environ | {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    ranks = [
        subprocess.Popen(
            [*command, str(rank), str(size), str(folder), name],
            stderr=subprocess.PIPE, text=True, env=env,
        )
        for rank in range(size)
    ]  # fmt: skip
    try:
        errors = [rank.communicate(timeout=timeout)[1] for rank in ranks]
    finally:
        for rank in ranks:
            rank.kill()
            rank.wait()
    return [
        (rank.returncode, _read(folder / f"{i}.json") if rank.returncode == 0 else error)
        for i, (rank, error) in enumerate(zip(ranks, errors, strict=True))
    ]


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


def rows(task: str = "multiclass") -> tuple[Any, Any, Any]:
    """Truth, prediction and weights that are no round numbers."""
    rng = np.random.default_rng(7)
    pred = rng.random((ROWS, CLASSES), np.float32)
    true = rng.integers(0, CLASSES, ROWS)
    if task == "multilabel":
        true = rng.random(pred.shape) < 0.3
    if task == "binary":
        pred, true = pred[:, 0], true % 2
    return true, pred, rng.random(ROWS)


# ---- what the ranks do ---------------------------------------------------------------------


def all_of_it(rank: int, size: int) -> dict[str, Any]:
    """Every way to sync, in one set of processes: starting them takes longer than all of it."""
    import torch
    import torch.distributed as dist

    from f1core import F1Error
    from f1core.adapters.torch import ScoreMeter

    found: dict[str, Any] = {}
    for name, edges in PARTS.items():
        mine = slice(edges[rank], edges[rank + 1])
        for task in ("binary", "multiclass", "multilabel"):
            true, pred, weight = rows(task)
            for kind in ("scores", "ids", "weights"):
                meter = ScoreMeter(task)
                more: dict[str, Any] = {"sample_weight": weight[mine]} if kind == "weights" else {}
                if kind == "ids":
                    more["sample_id"] = np.arange(ROWS)[mine]
                if mine.start < mine.stop:
                    meter.update(torch.tensor(pred[mine]), torch.tensor(true[mine]), **more)
                own = meter.total
                twice = [meter.sync().compute().to_dict() for _ in range(2)]
                found[f"{name} {task} {kind}"] = twice
                meter.update(
                    torch.tensor(pred[:0]),
                    torch.tensor(true[:0]),
                    **({"sample_id": np.arange(0)} if kind == "ids" else {}),
                )
                assert meter.total == own, "an update makes it this rank's own again"

    true, pred, _ = rows()
    meter = ScoreMeter("multiclass")  # the classes are those seen, fewer on some ranks
    some = np.arange(ROWS) % size == rank
    some &= true != rank
    meter.update(torch.tensor(pred.argmax(1)[some]), torch.tensor(true[some]))
    found["labels seen"] = meter.sync().compute().to_dict()

    sampler = torch.utils.data.DistributedSampler(range(ROWS), size, rank, shuffle=True)
    padded = torch.tensor(list(sampler))
    meter = ScoreMeter("multiclass", classes=CLASSES)
    meter.update(torch.tensor(pred)[padded], torch.tensor(true)[padded], padded)
    found["padded"] = [len(padded) * size, meter.sync().total, meter.compute().to_dict()]

    pair = dist.new_group([0, size - 1])
    meter = ScoreMeter("multiclass", classes=CLASSES)
    meter.update(torch.tensor(pred[rank::size]), torch.tensor(true[rank::size]))
    if rank in (0, size - 1):
        found["pair"] = meter.sync(pair).compute().to_dict()
    else:
        found["pair"] = _refusal(lambda: meter.sync(pair), F1Error)

    meter = ScoreMeter("multiclass", beta=2.0 if rank == 1 else 1.0)
    found["options"] = _refusal(meter.sync, F1Error)
    meter = ScoreMeter("multiclass")
    meter.update(torch.rand(4, 3 + rank % 2), torch.zeros(4, dtype=torch.int64))
    found["classes"] = _refusal(meter.sync, F1Error)
    found["nothing"] = _refusal(lambda: ScoreMeter("binary").sync().compute(), F1Error)
    return found


def one_fails(rank: int, size: int) -> dict[str, Any]:
    """A rank that meets a NaN never comes to sync; the others must not wait for ever."""
    import torch

    from f1core.adapters.torch import ScoreMeter

    meter = ScoreMeter("binary")
    meter.update(torch.tensor([0.5, float("nan") if rank == 1 else 0.1]), torch.tensor([0, 1]))
    meter.sync()
    return {}


def _refusal(call: Any, kind: type[Exception]) -> str:
    try:
        call()
    except kind as error:
        return str(error)
    return ""


def _main(rank: int, size: int, folder: Path, name: str) -> None:
    import torch.distributed as dist

    dist.init_process_group("gloo", f"file://{folder}/meeting", rank=rank, world_size=size)
    found = globals()[name](rank, size)
    (folder / f"{rank}.json").write_text(json.dumps(found))
    dist.destroy_process_group()


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
