"""Rows of labels as masks: labels are counted by turning them, rows by counting their bits."""

import numpy as np

from ..counts import CELLS, PRED, TP, TRUE
from .decisions import cut, flags, keys_of, outside
from .jit import inlined, jit
from .lanes import LANES, load, repeated
from .masks import store
from .ratios import SAME, TIMES, add_histogram, add_rows
from .tiles import added, both, multiplied, ones, turned, unlike
from .weighted import LINE, add_weighted

# Rows in one go: their masks stay in a core's first cache, the sums of 16 bits do not overflow.
MOST_ROWS, MASKS = 1024, 4096
MANY = 1 << 12  # rows from which on counting by kind pays, of 17^4 kinds with cells left out
PANEL = 4080  # masks a row, of which 16 bits count all ones
ANY, UNLIKE = 4, 5  # lines of `found` after TP, PRED, TRUE, CELLS


@jit
def cells(
    true, true_from, words, words_from, n, cuts, sign, limit, skips, ignored, chosen, coefs, sums,
    rows,
):  # fmt: skip
    """Add n rows' TP, PRED, TRUE and CELLS of each label and the rows' statistics.

    A matrix is (n, L), with -1 for its `from`; or (L, N), whose columns from there on are the rows.
    `chosen` are masks of the labels that the rows' statistics look at; empty, if at all. Returns
    whether a cell that counts is to be refused; the sums hold anything then.
    """
    return count(
        true, true_from, words, words_from, n, cuts, sign, limit, skips, ignored, chosen, coefs,
        sums, rows, None,
    )  # fmt: skip


@jit
def cells_weighted(
    true, true_from, words, words_from, n, cuts, sign, limit, skips, ignored, chosen, coefs, sums,
    rows, weight,
):  # fmt: skip
    """As `cells`, adding weights in row order."""
    return count(
        true, true_from, words, words_from, n, cuts, sign, limit, skips, ignored, chosen, coefs,
        sums, rows, weight,
    )  # fmt: skip


@inlined
def count(
    true, true_from, words, words_from, n, cuts, sign, limit, skips, ignored, chosen, coefs, sums,
    rows, weight,
):  # fmt: skip
    """Both of them."""
    size = sums.shape[1]
    groups = -(-size // LANES)
    stride = min(MOST_ROWS, max(4, MASKS // groups // LANES) * LANES)
    keys = keys_of(cuts, words)
    masks = groups * stride
    pred, targets, kept = np.zeros(masks, np.uint16), np.zeros(masks, np.uint16), full(size, stride)
    lines, others = np.zeros(masks, np.uint16), np.zeros(masks, np.uint16)
    wrong, found = np.zeros(masks, np.uint16), np.zeros(6 * stride, np.uint16)
    counts, base = np.zeros((6, stride), np.int32), size + 1
    few = groups == 1 and len(chosen) == 0 and (not skips or n > MANY)
    kinds = base**3 if groups == 1 else 1
    seen = np.zeros(kinds * (base if skips else 1) if few else 1, np.uint32)
    table = np.empty(kinds * LINE if weight is not None else 1)
    known = np.zeros(kinds, np.bool_)
    for first in range(0, n, stride):
        block = min(stride, n - first)
        if flags(
            true, true_from, first, block, size, skips, ignored, stride, lines, others, targets,
            kept,
        ):  # fmt: skip
            return True
        if cut(words, words_from, first, block, size, keys, sign, limit, stride, lines, pred):
            outside(words, words_from, first, block, size, sign, limit, stride, lines, wrong)
            if meet(block, stride, wrong, kept):
                return True
        clear(block, stride, pred, targets, kept)
        if weight is not None:
            add_weighted(
                block, stride, pred, targets, kept, skips, chosen, weight[first : first + block],
                coefs, table, known, sums, rows,
            )  # fmt: skip
        elif few:
            add_few(block, pred, targets, kept, skips, found, seen, sums)
        else:
            add(block, stride, pred, targets, kept, skips, chosen, found, counts, coefs, sums, rows)
    if weight is None and few:
        for cells in range(1 if skips else size, base):
            start = base**3 * cells if skips else 0
            add_histogram(seen[start : start + base**3], size, cells, coefs, rows)
    return False


@inlined
def full(size, stride):
    """Masks of rows of which every cell counts."""
    masks = np.empty(-(-size // LANES) * stride, np.uint16)
    for j in range(0, size, LANES):
        masks[j // LANES * stride : (j // LANES + 1) * stride] = (1 << min(LANES, size - j)) - 1
    return masks


@inlined
def meet(block, stride, some, others):
    """Whether two masks of the same cells share a bit."""
    shared = 0
    for start in range(0, len(some), stride):
        for i in range(start, start + block):
            shared |= some[i] & others[i]
    return shared != 0


@inlined
def clear(block, stride, pred, true, kept):
    """Forget what earlier rows left where the last sixteen end."""
    for start in range(0, len(pred), stride):
        for i in range(start + block, start - (-block // LANES * LANES)):
            pred[i] = true[i] = kept[i] = 0


@jit
def add_few(block, pred, true, kept, skips, found, seen, sums):
    """Add a block of rows of up to sixteen labels: which are few of a kind."""
    tp = positive = predicted = cells = repeated(pred, 0, LANES)
    base = repeated(pred, sums.shape[1] + 1, LANES)
    for i in range(0, block, LANES):
        k, t = load(kept, 0, i, LANES), load(true, 0, i, LANES)
        p = both(load(pred, 0, i, LANES), k)
        hit = both(p, t)
        tp = added(tp, ones(turned(hit)))
        predicted = added(predicted, ones(turned(p)))
        positive = added(positive, ones(turned(t)))
        if skips:
            cells = added(cells, ones(turned(k)))
            store(kept, i, ones(k))
        key = added(multiplied(ones(p), base), ones(t))
        store(found, i, added(multiplied(key, base), ones(hit)))
    kinds = np.uint64((sums.shape[1] + 1) ** 3)
    for i in range(block):
        place = np.uint64(found[i])
        if skips:
            place += np.uint64(kept[i]) * kinds
        seen[place] += 1
    flush(0, tp, sums[TP])
    flush(0, predicted, sums[PRED])
    flush(0, positive, sums[TRUE])
    if skips:
        flush(0, cells, sums[CELLS])
    else:
        for j in range(sums.shape[1]):
            sums[CELLS, j] += block


@jit
def add(block, stride, pred, true, kept, skips, chosen, found, counts, coefs, sums, rows):
    """Add a block of masks."""
    counts[:] = 0
    groups = len(pred) // stride
    for panel in range(0, groups, PANEL):
        found[:] = 0
        for group in range(panel, min(panel + PANEL, groups)):
            add_labels(group, block, stride, pred, true, kept, skips, chosen, found, sums)
        for k in range(6):
            for i in range(-(-block // LANES) * LANES):
                counts[k, i] += found[k * stride + i]
    for i in range(-(-block // LANES) * LANES):  # no cell counts beyond the block
        counts[TIMES, i] = counts[ANY, i] != 0
        counts[SAME, i] = counts[UNLIKE, i] == 0
    add_rows(block, counts, coefs, rows)


@inlined
def add_labels(group, block, stride, pred, true, kept, skips, chosen, found, sums):
    """Add sixteen labels' sums, and the ones of their rows to what was found in other labels."""
    start, size = group * stride, sums.shape[1]
    looked_at = repeated(pred, -1, LANES)
    if len(chosen):
        looked_at = repeated(pred, chosen[group], LANES)
    tp = positive = predicted = cell = repeated(pred, 0, LANES)
    for i in range(0, block, LANES):
        k, t = load(kept, 0, start + i, LANES), load(true, 0, start + i, LANES)
        p = both(load(pred, 0, start + i, LANES), k)
        hit = both(p, t)
        tp = added(tp, ones(turned(hit)))
        predicted = added(predicted, ones(turned(p)))
        positive = added(positive, ones(turned(t)))
        if skips:
            cell = added(cell, ones(turned(k)))
        more(found, TP * stride + i, both(hit, looked_at))
        more(found, PRED * stride + i, both(p, looked_at))
        more(found, TRUE * stride + i, both(t, looked_at))
        more(found, CELLS * stride + i, both(k, looked_at))
        more(found, ANY * stride + i, k)
        more(found, UNLIKE * stride + i, unlike(p, t))
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
    few = np.empty(LANES, np.uint16)
    store(few, 0, numbers)
    for j in range(group * LANES, min(len(sums), (group + 1) * LANES)):
        sums[j] += few[j - group * LANES]
