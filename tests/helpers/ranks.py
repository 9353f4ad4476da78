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
PARTS = {  # where each rank's rows end
    "uneven": (0, 90, 97, 101),
    "one empty": (0, 60, 60, 101),
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
    from f1core.device import torch_reader

    found: dict[str, Any] = {}
    for name, edges in PARTS.items():
        mine = slice(edges[rank], edges[rank + 1])
        for task in ("binary", "multiclass", "multilabel"):
            true, pred, weight = rows(task)
            for kind in ("scores", "ids", "weights", "device"):
                meter = ScoreMeter(task)
                torch_reader.EVERYWHERE = kind == "device"
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
    torch_reader.EVERYWHERE = True
    meter = ScoreMeter("binary")
    some = torch.tensor([0.5, float("nan") if rank == 1 else 0.1])
    meter.update(some, torch.tensor([0, 1]))
    found["refused there"] = _refusal(meter.sync, F1Error)
    torch_reader.EVERYWHERE = False

    for task in ("binary", "multilabel"):
        true, pred, _ = rows(task)
        best = ScoreMeter(task, threshold="best")
        best.update(torch.tensor(pred[rank::size]), torch.tensor(true[rank::size]))
        alone = best.compute().to_dict()
        found[f"best {task}"] = [best.sync().compute().to_dict() for _ in range(2)]
        best.update(torch.tensor(pred[:0]), torch.tensor(true[:0]))
        assert best.compute().to_dict() == alone, "an update makes it this rank's own again"

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

    for kind in ("host", "device"):
        torch_reader.EVERYWHERE = kind == "device"
        meter = ScoreMeter("multiclass", classes=CLASSES, unknown="miss")
        some = torch.arange(rank, ROWS, size)
        meter.update(torch.tensor(2 * pred.argmax(1))[some], torch.tensor(true)[some])
        found[f"unknown {kind}"] = meter.sync().compute().to_dict()
    torch_reader.EVERYWHERE = False

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


def torchmetrics_sync(rank: int, size: int) -> dict[str, Any]:
    """States that torchmetrics itself gathers and sums."""
    import torch
    from torchmetrics import MetricCollection

    from f1core.adapters.torchmetrics import ScoreMetric

    true, pred, weight = rows()
    edges = PARTS["one empty"]
    mine = slice(edges[rank], edges[rank + 1])
    p, t, w = torch.tensor(pred[mine]), torch.tensor(true[mine]), torch.tensor(weight[mine])
    half = np.arange(ROWS)[mine] % 2 == 0
    metric = ScoreMetric(task="multiclass", classes=CLASSES)
    local = ScoreMetric(task="multiclass", classes=CLASSES, sync_on_compute=False)
    weighted = ScoreMetric(task="multiclass", classes=CLASSES)
    both = MetricCollection({"f1": metric.clone(), "mcc": ScoreMetric("mcc", task="multiclass",
                                                                     classes=CLASSES)})  # fmt: skip
    for each in (metric, local, both):
        each.update(p, t)
    weighted.update(p[half], t[half], sample_weight=w[half])
    weighted.update(p[~half], t[~half])
    found = {"own": local.compute().item(), "collection": both.compute()["f1"].item()}
    two_true, two_pred, _ = rows("binary")
    best = ScoreMetric(task="binary", threshold="best")
    best.update(torch.tensor(two_pred[mine]), torch.tensor(two_true[mine]))
    found["best"] = best.compute().item()
    for name, each in (("one empty", metric), ("weights", weighted)):
        found[name] = [each.compute().item()]
        each._computed = None
        found[name].append(each.compute().item())
    return found


def ignite_sync(rank: int, size: int) -> dict[str, Any]:
    """Counts that Ignite itself reduces."""
    import torch

    from f1core.adapters.ignite import ScoreMetric

    true, pred, weight = rows()
    edges = PARTS["one empty"]
    mine = slice(edges[rank], edges[rank + 1])
    metric = ScoreMetric(task="multiclass", classes=CLASSES)
    weighted = ScoreMetric(task="multiclass", classes=CLASSES)
    metric.update((torch.tensor(pred[mine]), torch.tensor(true[mine])))
    weighted.update((torch.tensor(pred[mine]), torch.tensor(true[mine]), weight[mine]))
    return {"macro": [metric.compute() for _ in range(2)], "weights": weighted.compute()}


def counted_there(rank: int, size: int) -> dict[str, Any]:
    """Batches that are counted where they lie: none on one rank, a refused row on another."""
    import torch

    from f1core import F1Error
    from f1core.adapters.ignite import ScoreMetric as Ignite
    from f1core.adapters.torchmetrics import ScoreMetric
    from f1core.device import torch_reader

    torch_reader.EVERYWHERE = True
    true, pred, _ = rows()
    edges = PARTS["one empty"]
    mine = slice(edges[rank], edges[rank + 1])
    of: dict[str, Any] = {"task": "multiclass", "classes": CLASSES}
    theirs, ignite = ScoreMetric(**of), Ignite(**of)
    found: dict[str, Any] = {}
    for what in ("fine", "refused", "fine again"):
        p, t = torch.tensor(pred[mine]), torch.tensor(true[mine])
        if what == "refused" and rank == 2:
            t[3] = 99
        if len(t):
            theirs.update(p, t)
            ignite.update((p, t))
        calls = {"torchmetrics": lambda: theirs.compute().item(), "ignite": ignite.compute}
        found[what] = {
            name: _refusal(call, F1Error) if what == "refused" else call()
            for name, call in calls.items()
        }
        assert not theirs._is_synced
        theirs.reset()
        ignite.reset()
    return found


def many_rows(rank: int, size: int) -> dict[str, Any]:
    """Counts of 2^31 rows a rank, and of 2^62: doubled where a state can be merged with itself."""
    import torch

    from f1core import F1Error
    from f1core.adapters.ignite import ScoreMetric as Ignite
    from f1core.adapters.torch import ScoreMeter
    from f1core.adapters.torchmetrics import ScoreMetric

    flags = torch.eye(3)[:2]
    options: dict[str, Any] = {"task": "multilabel", "classes": 3, "average": "samples"}
    found: dict[str, Any] = {}
    for power in (31, 62):
        meter = ScoreMeter("multilabel", classes=3)
        meter.update(flags, flags.long())
        theirs, ignite = ScoreMetric(**options), Ignite(**options)
        theirs.update(flags, flags.long())
        for _ in range(power - 1):
            meter.merge(meter)
            theirs.merge_state(theirs.clone())
        ignite._counts = _counts_of(theirs).clone()
        calls = {
            "meter": lambda meter=meter: meter.sync().compute().samples.f1,
            "torchmetrics": lambda theirs=theirs: theirs.compute().item(),
            "ignite": ignite.compute,
        }
        found[str(power)] = {
            name: call() if power < 62 else _refusal(call, F1Error) for name, call in calls.items()
        }
    return found


def _counts_of(metric: Any) -> Any:
    return getattr(metric, metric._counts)


def lightning_ddp(rank: int, size: int, folder: Path) -> dict[str, Any]:
    """Lightning's DDP on a validation set that the ranks cannot share evenly."""
    import lightning.pytorch as lightning
    import torch
    import torch.distributed as dist
    from digits import digits
    from lightning.pytorch.plugins.environments import LightningEnvironment
    from sklearn.metrics import f1_score

    from f1core.adapters.torch import ScoreMeter
    from f1core.adapters.torchmetrics import ScoreMetric

    class Learner(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.model = torch.nn.Linear(64, 10)
            self.f1 = ScoreMetric(task="multiclass", classes=10)
            self.meter = ScoreMeter("multiclass", classes=10)
            self.seen: list[Any] = []
            self.logged: list[Any] = []
            self.theirs: list[Any] = []

        def training_step(self, batch: Any) -> Any:
            return torch.nn.functional.cross_entropy(self.model(batch[0]), batch[1])

        def on_validation_epoch_start(self) -> None:
            self.meter.reset()
            self.seen.clear()

        def validation_step(self, batch: Any) -> None:
            x, y, ids = batch
            logits = self.model(x)
            self.f1(logits, y)
            self.log("val_f1", self.f1)
            self.meter.update(logits, y, ids)
            self.seen.append(torch.stack([y, logits.argmax(1), ids]))

        def on_validation_epoch_end(self) -> None:
            self.log("exact_f1", self.meter.sync().compute().macro.f1)
            parts: list[Any] = [None] * size
            dist.all_gather_object(parts, torch.cat(self.seen, 1))
            y, pred, ids = torch.cat(parts, 1).numpy()
            once = np.unique(ids, return_index=True)[1]
            self.theirs.append(
                [f1_score(y[r], pred[r], average="macro") for r in (slice(None), once)]
            )

        def on_validation_end(self) -> None:
            self.logged.append(
                [self.trainer.callback_metrics[k].item() for k in ("val_f1", "exact_f1")]
            )

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.5)

    class Here(LightningEnvironment):
        """The ranks are these processes; nothing is started."""

        creates_processes_externally = True

        def local_rank(self) -> int:
            return rank

        def global_rank(self) -> int:
            return rank

        def world_size(self) -> int:
            return size

    loaders = [
        torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(
                torch.tensor(half.x), torch.tensor(half.y), torch.arange(len(half.y))
            ),
            batch_size=100,
        )
        for half in digits()
    ]
    loaders[0] = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(*loaders[0].dataset.tensors[:2]), batch_size=100
    )
    model = Learner()
    trainer = lightning.Trainer(
        max_epochs=3, accelerator="cpu", devices=size, strategy="ddp", logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
        default_root_dir=folder, num_sanity_val_steps=0, plugins=[Here()],
    )  # fmt: skip
    trainer.fit(model, *loaders)
    logged, theirs = np.transpose(model.logged), np.transpose(model.theirs)
    return {
        "logged": logged[0].tolist(), "meter": logged[1].tolist(),
        "theirs": theirs[0].tolist(), "without padding": theirs[1].tolist(),
    }  # fmt: skip


def _refusal(call: Any, kind: type[Exception]) -> str:
    try:
        call()
    except kind as error:
        return str(error)
    return ""


def _main(rank: int, size: int, folder: Path, name: str) -> None:
    import torch.distributed as dist

    dist.init_process_group("gloo", f"file://{folder}/meeting", rank=rank, world_size=size)
    more = (folder,) if name == "lightning_ddp" else ()
    found = globals()[name](rank, size, *more)
    (folder / f"{rank}.json").write_text(json.dumps(found))
    if dist.is_initialized():
        dist.destroy_process_group()


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
