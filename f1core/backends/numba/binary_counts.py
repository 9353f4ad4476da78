"""Scores against a threshold."""

import numpy as np

from ...count_layout import PRED, TP, TRUE
from .floats import plus, where
from .jit import inlined, jit
from .lanes import (
    LANES,
    above,
    above_bits,
    equal,
    larger_bits,
    load,
    load_part,
    order,
    repeated,
)
from .masks import bits, choose, has, store
from .threshold_masks import beyond
from .vectors import room

BLOCK, SOME = 1 << 15, 8  # weights in so many lanes: with 16, registers run out
INFINITE = 0x7FF0 << 48  # as the bits of a float64; those of NaN and of what is negative are more
N = 3  # binary's count of rows, after TP, PRED, TRUE


@jit
def binary(true, one, words, limit, cut, out):
    """Add true positives, predicted, true and rows; return whether a target or a score is wrong.

    `one` is the bits of a target that is true. Whatever has a sign is wrong here: `binary_sums`
    knows of -0.0 and what else may be below 0.
    """
    n = len(words)
    least = order(repeated(words, cut, LANES))
    top, every, one_true = (
        repeated(words, 0, LANES),
        repeated(true, -1, LANES),
        repeated(true, one, LANES),
    )
    tp, pred, positive, odd = 0, 0, 0, 0
    for j in range(0, n, LANES):
        if n - j >= LANES:
            inside = -1
            score, target = load(words, 0, j, LANES), load(true, 0, j, LANES)
        else:
            inside = (1 << (n - j)) - 1
            score = choose(inside, load_part(words, 0, j, n - j, LANES), repeated(words, 0, LANES))
            target = choose(inside, load_part(true, 0, j, n - j, LANES), repeated(true, 0, LANES))
        top = larger_bits(top, score)
        p, t = above(score, least) & inside, has(target, every)
        odd |= t & ~equal(target, one_true)
        pred += bits(p)
        positive += bits(t)
        tp += bits(p & t)
    out[TP] += tp
    out[PRED] += pred
    out[TRUE] += positive
    out[N] += n
    return above_bits(top, limit) | odd


@jit
def binary_sums(true, one, words, cut, below, limit, skips, ignored, out):
    """Add the rows to out[pred + 2 true]; return whether one is refused."""
    return add_rows(true, one, words, cut, below, limit, skips, ignored, None, out)


@jit
def binary_sums_weighted(true, one, words, cut, below, limit, skips, ignored, weight, out):
    """Add weights to out[pred + 2 true]: in eight lanes and these in order, every BLOCK rows anew.

    A weight that is negative, infinite or NaN is refused as well.
    """
    return add_rows(true, one, words, cut, below, limit, skips, ignored, weight, out)


@inlined
def add_rows(true, one, words, cut, below, limit, skips, ignored, weight, out):
    """Add rows, or their weights where there are some, to out[pred + 2 true]."""
    n, odd = len(words), 0
    cuts = order(repeated(words, cut, LANES))
    label, one_true = repeated(true, -1, LANES), repeated(true, one, LANES)
    heaviest = zeros = where(0, 0.0, SOME)
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        a, b, c, d = 0, 0, 0, 0
        q = r = s = t = where(0, 0.0, SOME)
        for j in range(start, stop, LANES):
            some = min(LANES, stop - j)
            inside = (1 << some) - 1
            if some == LANES:
                score, target = load(words, 0, j, LANES), load(true, 0, j, LANES)
            else:
                score = load_part(words, 0, j, some, LANES)
                target = load_part(true, 0, j, some, LANES)
            p, y = above(order(score), cuts), has(target, label)
            if skips:
                inside &= ~equal(target, ignored)
            odd |= y & ~equal(target, one_true) & inside
            odd |= beyond(words, score, below, limit) & inside
            neither, only_p = inside & ~(p | y), inside & p & ~y
            only_y, hit = inside & y & ~p, inside & p & y
            if weight is None:
                a += bits(neither)
                b += bits(only_p)
                c += bits(only_y)
                d += bits(hit)
            else:
                for half in range(0, some, SOME):
                    left = some - half
                    if left >= SOME:
                        w = load(weight, 0, j + half, SOME)
                    else:
                        w = load_part(weight, 0, j + half, left, SOME)
                        w = choose((1 << left) - 1, w, zeros)
                    heaviest = larger_bits(heaviest, plus(w, zeros))  # -0.0 becomes 0.0
                    q, r = plus_where(q, neither >> half, w), plus_where(r, only_p >> half, w)
                    s, t = plus_where(s, only_y >> half, w), plus_where(t, hit >> half, w)
        if weight is None:
            out[0] += a
            out[1] += b
            out[2] += c
            out[3] += d
        else:
            out[0] += in_order(q)
            out[1] += in_order(r)
            out[2] += in_order(s)
            out[3] += in_order(t)
    return (odd != 0) | (above_bits(heaviest, INFINITE - 1) != 0)


@inlined
def plus_where(total, mask, weights):
    """Weights added in the lanes of the mask."""
    return plus(total, choose(mask, weights, where(0, 0.0, SOME)))


@inlined
def in_order(lanes):
    """The lanes of float64 added up, the first ones first."""
    each, total = room(np.float64, SOME), 0.0
    store(each, 0, lanes)
    for value in each:
        total += value
    return total
