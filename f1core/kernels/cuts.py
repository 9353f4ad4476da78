"""Scores against a threshold."""

from ..counts import PRED, TP, TRUE
from .jit import jit
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
from .masks import bits, choose, has, yes

N = 3  # binary's count of rows, after TP, PRED, TRUE


@jit
def binary(true, words, one, cut, out):
    """Add true positives, predicted, true and rows; return whether a row is not 0/1 and [0, 1]."""
    n = len(words)
    limit = order(repeated(words, cut, LANES))
    top, every, one_true = repeated(words, 0, LANES), repeated(true, -1, LANES), yes(true, LANES)
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
        p, t = above(score, limit) & inside, has(target, every)
        odd |= t & ~equal(target, one_true)
        pred += bits(p)
        positive += bits(t)
        tp += bits(p & t)
    out[TP] += tp
    out[PRED] += pred
    out[TRUE] += positive
    out[N] += n
    return above_bits(top, one) | odd
