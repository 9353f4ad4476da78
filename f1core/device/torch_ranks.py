"""Counts of all ranks of torch.distributed: one header a rank, then one all_reduce."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import torch
import torch.distributed as dist

from ..accumulator import Accumulator
from ..count_layout import ROWS
from ..counts import Array, Counts
from ..errors import F1Error
from ..plausible import MOST_ROWS

# How a rank's state adds up: it has none, as a matrix, as sums, as sums and statistics of rows; or
# it has to be sent whole (labels seen, weights, ids, replicas), or it refuses.
_NONE, _MATRIX, _SUMS, _LABELS, _WHOLE, _REFUSED = range(6)


Mergeable = TypeVar("Mergeable")  # an Accumulator, or what has a `merge` like its own


def total_of_ranks(
    own: Accumulator, group: Any = None, settle: Callable[[], None] = lambda: None
) -> Accumulator:
    """Add up what all ranks have counted, the same on each; `own` stays as it is.

    Every rank of the group has to call it, whether it has rows or not. Integer counts of one form
    are added by `all_reduce`; what else there is is gathered and merged in the order of the ranks.
    `settle` brings what is on its way into `own`; what it raises is raised on every rank.
    """
    if not (dist.is_available() and dist.is_initialized()):
        settle()
        return own
    if dist.get_rank(group) < 0:
        raise F1Error("this process is not in the group: only its members sync")
    refused = None
    try:
        settle()
    except F1Error as error:
        refused = error
    device = _device(group)
    form, width = (_REFUSED, 0) if refused else _form(own) if device else (_WHOLE, 0)
    counts = own.counts if form in (_MATRIX, _SUMS, _LABELS) else None
    amount = 0 if counts is None else counts.amount
    header = np.array([_digest(own), form, width, amount], np.int64)
    headers = _headers(header, device, group)
    if (headers[:, 1] == _REFUSED).any():
        refusals = _gathered(None if refused is None else str(refused), group)
        rank = next(i for i, each in enumerate(refusals) if each is not None)
        raise refused or F1Error(f"rank {rank}: {refusals[rank]}")
    forms = {(int(form), int(width)) for _, form, width, _ in headers if form != _NONE}
    if (headers[:, 0] != headers[0, 0]).any():
        first, *others = _gathered(own.options, group)
        for rank, options in enumerate(others, 1):
            difference = first.difference(options)
            if difference is not None:
                raise F1Error(f"rank 0 differs from rank {rank}: {difference}")
    if len(headers) == 1 or not forms:
        return own
    form, width = min(forms)
    if len(forms) == 1 and form != _WHOLE:
        size = sum(headers[:, 3].tolist())
        if size > MOST_ROWS:
            raise F1Error(f"{size:,} rows of all ranks cannot be counted: counts end at 2^63")
        return own.as_task(own.task, _reduced(counts, form, width, device, group))
    return merged_of_ranks(own, group)


def merged_of_ranks(own: Mergeable, group: Any = None) -> Mergeable:
    """Merge what the ranks hold, sent whole, in their order; `own` stays as it is."""
    if not (dist.is_available() and dist.is_initialized()):
        return own
    if dist.get_rank(group) < 0:
        raise F1Error("this process is not in the group: only its members sync")
    total, *others = _gathered(own, group)
    for other in others:
        total.merge(other)
    return cast("Mergeable", total)


def _digest(accumulator: Accumulator) -> int:
    """A number that options of other values do not have."""
    found = hashlib.blake2b(repr(accumulator.options).encode(), digest_size=7).digest()
    return int.from_bytes(found, "big")


def _headers(own: Array, device: Any, group: Any) -> Array:
    """(ranks, 4) the header of each rank."""
    if device is None:
        return np.array(_gathered(own.tolist(), group))
    sent = torch.from_numpy(own).to(device)
    found = [torch.empty_like(sent) for _ in range(dist.get_world_size(group))]
    dist.all_gather(found, sent, group=group)
    return np.asarray(torch.stack(found).cpu())


def _gathered(thing: Any, group: Any) -> list[Any]:
    found: list[Any] = [None] * dist.get_world_size(group)
    dist.all_gather_object(found, thing, group=group)
    return found


def _device(group: Any) -> torch.device | None:
    """Return the device on which this group reduces; None where only torch itself knows."""
    config = str(dist.get_backend_config(group))
    if "cpu:" in config:
        return torch.device("cpu")
    return torch.device("cuda", torch.cuda.current_device()) if "cuda:" in config else None


def _form(accumulator: Accumulator) -> tuple[int, int]:
    """Return how this state adds up (`_MATRIX`, `_SUMS`, …), and its number of classes."""
    if (
        accumulator.by_id
        or accumulator.options.finds_negative
        or accumulator.negative not in (None, 0)
    ):
        return _WHOLE, 0
    counts = accumulator.counts
    if counts is None:
        return _NONE, 0
    if counts.weighted or counts.labels is not None or counts.replicas is not None:
        return _WHOLE, 0
    if counts.rows is not None:
        return _LABELS, counts.n_classes
    return _SUMS if counts.sums is not None else _MATRIX, counts.n_classes


def _reduced(counts: Counts | None, form: int, width: int, device: Any, group: Any) -> Counts:
    """The counts of all ranks, as one vector."""
    cells = width * {_MATRIX: width, _SUMS: 3, _LABELS: 4}[form]
    whole = np.zeros(cells + ROWS * (form == _LABELS), np.int64)
    if counts is not None:
        parts = [each.ravel() for each in counts.arrays() if each is not None]
        np.concatenate(parts, out=whole)
    sums = torch.from_numpy(whole).to(device)
    dist.all_reduce(sums, group=group)
    whole = np.asarray(sums.cpu())
    first = whole[:cells].reshape(-1, width)
    if form == _MATRIX:
        return Counts(width, confusion=first)
    return Counts(width, sums=first, rows=whole[cells:] if form == _LABELS else None)
