"""Cut the rows of a large batch into blocks, and add up what threads count of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .backends import numpy as numpy_backend
from .backends import thread_pool
from .batch import Batch, KernelPlan, is_column_major
from .counts import Counts

# A block's ids, casts and masks stay in a core's cache; where nothing is cast, its ids.
ROWS, SIZE, READ_SIZE = 1 << 15, 1 << 17, 1 << 19
# A single kernel reads the user's arrays as they lie and needs no such block, but one call should
# not keep Ctrl-C waiting: 5 ms. (Blocks of 1 << 17 numbers cost 76 calls, 0.4 ms, for 10^6 x 10.)
SINGLE_SIZE = 1 << 24
# Blocks a thread, so that one that comes late or is slow leaves some to the others; on two calm
# cores 2 to 6 take equally long.
TURNS = 4
# With more classes, a second thread's matrix costs more than it saves; see `many_classes`.
MOST_CLASSES = 512
# Weighted sums are added span by span in order, so that threads cannot change a bit; the spans are
# larger than blocks, since each brings its own sums.
WEIGHTED_ROWS = 1 << 18
_FEW = 16  # columns that are one load; two threads gain from 2 to 4 MB of them on


def n_threads(batch: Batch, threads: int | None) -> int:
    """Return how many threads count a batch; rows of a few scores take longer a byte."""
    few = batch.kind == "multiclass" and batch.width <= _FEW
    return thread_pool.n_threads(threads, 4 * batch.bytes if few else batch.bytes)


def rows_of(batch: Batch, size: int) -> int:
    """Return how many rows a block of so many numbers has."""
    return max(16, min(ROWS, size // batch.numbers_a_row))


def add_up(
    plan: KernelPlan, n_threads: int, counted: Callable[[Iterable[slice]], Counts]
) -> Counts:
    """Count blocks of a batch by `counted` on n_threads threads, and add the counts."""
    batch = plan.batch
    n, single = len(batch), plan.single_kernel and plan.backend is not numpy_backend
    single = single and not batch.onehot  # of which ids are made
    grain = rows_of(batch, SIZE)
    if batch.held or (batch.kind == "labels" and batch.n_classes > MOST_CLASSES):
        n_threads = 1  # NumPy's steps on held cells are short, and wait for each other
    read = plan.true_view is not None and plan.pred_view is not None  # without a cast
    read = read and (plan.zero_copy or is_column_major(batch.pred))
    block = rows_of(batch, READ_SIZE if read else SIZE)
    parts = max(-(-n // block), min(-(-n // grain), n_threads * TURNS))
    if single:
        parts = max(batch.pred.size // SINGLE_SIZE + 1, n_threads * TURNS if n_threads > 1 else 1)
    if batch.weight is None:
        spans = thread_pool.split_rows(n, grain, parts)
        found = iter(thread_pool.map_unordered(counted, spans, n_threads))
    else:
        size = -(-max(WEIGHTED_ROWS, batch.n_classes) // grain) * grain
        spans = thread_pool.split_rows(n, size, n // size + 1)
        step = size if single else block
        found = thread_pool.map_ordered(lambda rows: counted(_cut(rows, step)), spans, n_threads)
    total = next(found)
    for part in found:
        total.add_in_place(part)
    return total


def _cut(rows: slice, step: int) -> Iterator[slice]:
    for start in range(rows.start, rows.stop, step):
        yield slice(start, min(start + step, rows.stop))
