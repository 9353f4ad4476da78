"""Rows of labels as masks: labels are counted by turning them, rows by counting their bits."""

import numpy as np

from ...count_layout import CELLS, PRED, TP, TRUE
from .jit import inlined, jit
from .lanes import LANES, load, repeated
from .masks import store
from .row_ratios import SAME, TIMES, add_histogram, add_rows
from .tiles import added, both, multiplied, ones, turned, unlike
from .vectors import matrix, room

ROWS = 1024  # in one go: what is found in them stays in a core's first cache
LINES = 6 * ROWS
PANEL = 4080  # masks a row, of which 16 bits count all ones
ANY, UNLIKE = 4, 5  # lines of `found` after TP, PRED, TRUE, CELLS


@jit
def add_few(n, pred, true, kept, skips, seen, sums):
    """Add n rows of up to sixteen labels, of which few are of a kind; 2^16 - 1 rows at most."""
    clear(n, len(pred), pred, true, kept)
    tp = positive = predicted = cells = repeated(pred, 0, LANES)
    base = repeated(pred, sums.shape[1] + 1, LANES)
    kinds = np.uint64((sums.shape[1] + 1) ** 3)
    found, left = room(np.uint16, ROWS), room(np.uint16, ROWS)
    for start in range(0, n, ROWS):
        block = min(ROWS, n - start)
        for row in range(0, block, LANES):
            i = start + row
            k, t, p, hit = cells_at(i, pred, true, kept)
            tp, predicted = by_label(tp, hit), by_label(predicted, p)
            positive = by_label(positive, t)
            if skips:
                cells = by_label(cells, k)
                store(left, row, ones(k))
            key = added(multiplied(ones(p), base), ones(t))
            store(found, row, added(multiplied(key, base), ones(hit)))
        for row in range(block):
            place = np.uint64(found[row])
            if skips:
                place += np.uint64(left[row]) * kinds
            seen[place] += 1
    flush(0, tp, sums[TP])
    flush(0, predicted, sums[PRED])
    flush(0, positive, sums[TRUE])
    if skips:
        flush(0, cells, sums[CELLS])
    else:
        for j in range(sums.shape[1]):
            sums[CELLS, j] += n


@jit
def add_seen(seen, size, skips, coefs, rows):
    """Add the statistics of the rows that `add_few` has seen."""
    kinds = (size + 1) ** 3
    for cells in range(1 if skips else size, size + 1):
        start = kinds * cells if skips else 0
        add_histogram(seen[start : start + kinds], size, cells, coefs, rows)


@jit
def add_many(n, stride, pred, true, kept, skips, chosen, coefs, sums, rows):
    """Add n rows of any number of labels; 2^16 - 1 rows at most."""
    clear(n, stride, pred, true, kept)
    groups = len(pred) // stride
    found, counts = room(np.uint16, LINES), matrix(np.int32, 6, ROWS)
    for start in range(0, n, ROWS):
        block = min(ROWS, n - start)
        counts.fill(0)
        for panel in range(0, groups, PANEL):
            found.fill(0)
            for group in range(panel, min(panel + PANEL, groups)):
                at = group * stride + start
                add_labels(group, at, block, pred, true, kept, skips, chosen, found, sums)
            for k in range(6):
                for i in range(-(-block // LANES) * LANES):
                    counts[k, i] += found[k * ROWS + i]
        for i in range(-(-block // LANES) * LANES):  # no cell counts beyond the block
            counts[TIMES, i] = counts[ANY, i] != 0
            counts[SAME, i] = counts[UNLIKE, i] == 0
        add_rows(block, counts, coefs, rows)


@inlined
def clear(n, stride, pred, true, kept):
    """Forget what earlier rows left where the last sixteen end."""
    for start in range(0, len(pred), stride):
        for i in range(start + n, start - (-n // LANES * LANES)):
            pred[i] = true[i] = kept[i] = 0


@inlined
def cells_at(i, pred, true, kept):
    """Sixteen rows' masks: where cells count, are true, predicted, and both."""
    k, t = load(kept, 0, i, LANES), load(true, 0, i, LANES)
    p = both(load(pred, 0, i, LANES), k)
    return k, t, p, both(p, t)


@inlined
def by_label(total, masks):
    """Each label's ones in sixteen rows' masks, added to its total."""
    return added(total, ones(turned(masks)))


@inlined
def add_labels(group, start, block, pred, true, kept, skips, chosen, found, sums):
    """Add sixteen labels' sums, and the ones of their rows to what was found in other labels."""
    size = sums.shape[1]
    looked_at = repeated(pred, -1, LANES)
    if len(chosen):
        looked_at = repeated(pred, chosen[group], LANES)
    tp = positive = predicted = cell = repeated(pred, 0, LANES)
    for i in range(0, block, LANES):
        k, t, p, hit = cells_at(start + i, pred, true, kept)
        tp, predicted = by_label(tp, hit), by_label(predicted, p)
        positive = by_label(positive, t)
        if skips:
            cell = by_label(cell, k)
        more(found, TP * ROWS + i, both(hit, looked_at))
        more(found, PRED * ROWS + i, both(p, looked_at))
        more(found, TRUE * ROWS + i, both(t, looked_at))
        more(found, CELLS * ROWS + i, both(k, looked_at))
        more(found, ANY * ROWS + i, k)
        more(found, UNLIKE * ROWS + i, unlike(p, t))
    flush(group, tp, sums[TP])
    flush(group, predicted, sums[PRED])
    flush(group, positive, sums[TRUE])
    if skips:
        flush(group, cell, sums[CELLS])
    else:
        for j in range(group * LANES, min(size, (group + 1) * LANES)):
            sums[CELLS, j] += block


@inlined
def more(found, at, masks):
    """Add the ones of sixteen masks."""
    store(found, at, added(load(found, 0, at, LANES), ones(masks)))


@inlined
def flush(group, numbers, sums):
    """Move the sums of sixteen labels out of 16 bits."""
    few = room(np.uint16, LANES)
    store(few, 0, numbers)
    for j in range(group * LANES, min(len(sums), (group + 1) * LANES)):
        sums[j] += few[j - group * LANES]
