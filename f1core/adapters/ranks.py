"""The counts of all ranks of torch.distributed, added up."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
import torch.distributed as dist

from ..accumulator import Accumulator
from ..count_layout import carried
from ..counts import Array, Counts
from ..errors import F1Error
from ..plausible import MOST_ROWS

# What a rank says of its state: nothing yet, arrays of this form, or that it must be sent whole.
Form = tuple[int, tuple[tuple[int, ...] | None, ...]] | str | None


def summed(mine: Accumulator, group: Any = None) -> Accumulator:
    """What all ranks have counted, the same on each; `mine` stays as it is.

    Every rank of the group has to call it, whether it has rows or not. Integer counts of one shape
    are added by `all_reduce`; what else there is (labels seen, weights, ids, replicas) is gathered
    and merged in the order of the ranks.

    Raises
    ------
    F1Error
        On every rank, if their options or classes differ, or all rows are more than counts hold.
    """
    if not (dist.is_available() and dist.is_initialized()):
        return mine
    if dist.get_rank(group) < 0:
        raise F1Error("this process is not in the group: only its members sync")
    device = _device(group)
    form = _form(mine) if device else "whole"
    size = mine.counts.amount if isinstance(form, tuple) and mine.counts is not None else 0
    forms = _gathered((mine.options, form, size), group)
    for rank, (options, *_) in enumerate(forms):
        difference = forms[0][0].difference(options)
        if difference is not None:
            raise F1Error(f"rank 0 differs from rank {rank}: {difference}")
    seen = {form for _, form, _ in forms if form is not None}
    if len(forms) == 1 or not seen:
        return mine
    if len(seen) == 1 and "whole" not in seen:
        size = sum(each for *_, each in forms)
        if size > MOST_ROWS:
            raise F1Error(f"{size:,} rows of all ranks cannot be counted: counts end at 2^63")
        return mine.as_task(mine.task, _reduced(mine.counts, seen.pop(), device, group))
    total, *others = _gathered(mine, group)
    for other in others:
        total.merge(other)
    return cast(Accumulator, total)


def _gathered(thing: Any, group: Any) -> list[Any]:
    found: list[Any] = [None] * dist.get_world_size(group)
    dist.all_gather_object(found, thing, group=group)
    return found


def _device(group: Any) -> torch.device | None:
    """Where this group reduces; None where only torch itself knows."""
    config = str(dist.get_backend_config(group))
    if "cpu:" in config:
        return torch.device("cpu")
    return torch.device("cuda", torch.cuda.current_device()) if "cuda:" in config else None


def _form(mine: Accumulator) -> Form:
    if mine.by_id or mine.options.finds_negative or mine.negative not in (None, 0):
        return "whole"
    counts = mine.counts
    if counts is None:
        return None
    if counts.weighted or counts.labels is not None or counts.replicas is not None:
        return "whole"
    return counts.n_classes, tuple(None if a is None else a.shape for a in counts.arrays())


def _reduced(counts: Counts | None, form: Any, device: Any, group: Any) -> Counts:
    def total(shape: tuple[int, ...] | None, array: Array | None) -> Array | None:
        if shape is None:
            return None
        sums = torch.zeros(shape, dtype=torch.int64) if array is None else torch.tensor(array)
        sums = sums.to(device)
        dist.all_reduce(sums, group=group)
        return np.asarray(sums.cpu())

    n_classes, shapes = form
    arrays = [None] * 3 if counts is None else list(counts.arrays())
    if arrays[2] is not None:
        arrays[2] = carried(arrays[2])
    confusion, sums, rows = map(total, shapes, arrays)
    return Counts(n_classes, confusion, sums, rows)
