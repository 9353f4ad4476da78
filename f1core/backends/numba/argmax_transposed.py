"""The largest of up to sixteen scores of a row: eight rows at a time, turned on their side.

A row alone needs its lanes compared with one another, 6 ns for ten scores; eight rows side by side
are compared lane by lane, 2 ns a row.
"""

import numpy as np
from llvmlite import ir
from numba import types

from .jit import inlined
from .lanes import _pack, in_order, load, magnitude, order, repeated
from .masks import choose, store
from .tiles import in_32_bits
from .vectors import (
    I64,
    Lanes,
    address,
    compiled_as,
    constant,
    filled,
    mask_of,
    repeat,
    resize,
    vector,
)

SIDE = 8
FLOATS = {32: ir.FloatType(), 64: ir.DoubleType()}
# Transposing by the shuffles that CPUs have: of pairs of rows, of pairs of these, of halves; in
# registers of 128 bits, and of 256, which are two of these.
HALVES = ([0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15])
SMALL = (
    ([0, 8, 1, 9, 2, 10, 3, 11], [4, 12, 5, 13, 6, 14, 7, 15]),
    ([0, 1, 8, 9, 2, 3, 10, 11], [4, 5, 12, 13, 6, 7, 14, 15]),
    HALVES,
    [0, 4, 1, 5, 2, 6, 3, 7],  # where the columns are then
)
LARGE = (
    ([0, 8, 1, 9, 4, 12, 5, 13], [2, 10, 3, 11, 6, 14, 7, 15]),
    ([0, 1, 8, 9, 4, 5, 12, 13], [2, 3, 10, 11, 6, 7, 14, 15]),
    HALVES,
    range(SIDE),
)


def _emit_side_by_side(typing, array, i, j):
    kind = Lanes(array.dtype.bitwidth, SIDE)

    def code(context, builder, signature, args):
        value, i, j = args

        def row(k):
            at = builder.add(i, I64(k))
            place = address(context, builder, array, value, at, j, vector(kind.bits, SIDE))
            return builder.load(place, align=1)

        def mixed(a, b, ways):
            return [builder.shuffle_vector(a, b, constant(32, way)) for way in ways]

        pairs, fours, halves, order = SMALL if kind.bits == 16 else LARGE
        r = [row(k) for k in range(SIDE)]
        r = [m for k in range(0, SIDE, 2) for m in mixed(r[k], r[k + 1], pairs)]
        r = [m for k in (0, 1, 4, 5) for m in mixed(r[k], r[k + 2], fours)]
        r = [m for k in range(4) for m in mixed(r[k], r[k + 4], halves)]
        columns = [r[2 * (k % 4) + k // 4] for k in order]
        return context.make_tuple(builder, signature.return_type, columns)

    return types.UniTuple(kind, SIDE)(array, types.int64, types.int64), code


@compiled_as(_emit_side_by_side)
def side_by_side(array, i, j):
    """Columns j … j + 7 of rows i … i + 7, a row a lane; past a row's end, whatever."""
    rows = np.stack([load(array, i + k, j, SIDE) for k in range(SIDE)])
    return tuple(np.ascontiguousarray(column) for column in rows.T)


def _emit_keys(typing, lanes):
    def code(context, builder, signature, args):
        if lanes.bits in FLOATS:
            return args[0]
        return in_order(builder, lanes, args[0])

    return lanes(lanes), code


@compiled_as(_emit_keys)
def keys(lanes):
    """Words as `greater` compares them: floats of 32 and 64 bits as they are."""
    return lanes if lanes.itemsize * 8 in FLOATS else order(lanes)


def _floats(builder, lanes, value):
    return builder.bitcast(value, ir.VectorType(FLOATS[lanes.bits], lanes.count))


def _emit_greater(typing, a, b):
    def code(context, builder, signature, args):
        if a.bits not in FLOATS:
            return mask_of(builder, builder.icmp_signed(">", *args))
        return mask_of(builder, builder.fcmp_ordered(">", *(_floats(builder, a, x) for x in args)))

    return types.int64(a, a), code


@compiled_as(_emit_greater)
def greater(a, b):
    """Mask of the lanes in which the first is greater, by their keys; none with a NaN of floats."""
    kind = f"f{a.itemsize}" if a.itemsize * 8 in FLOATS else "i2"
    return _pack(a.view(kind) > b.view(kind))


def _emit_sorted(first):
    def emit(typing, a, b):
        def code(context, builder, signature, args):
            left, right = args if first else args[::-1]
            if a.bits not in FLOATS:
                compare = builder.icmp_signed(">" if first else "<", left, right)
                return builder.select(compare, left, right)
            # As floats, since LLVM then takes one instruction, maxps or minps, and not three.
            left, right = (_floats(builder, a, x) for x in (left, right))
            compare = builder.fcmp_ordered(">" if first else "<", left, right)
            return builder.bitcast(builder.select(compare, left, right), vector(a.bits, a.count))

        return a(a, a), code

    return emit


@compiled_as(_emit_sorted(True))
def upper(a, b):
    """The greater of each two by their keys, the second of equals."""
    return choose(greater(a, b), a, b).view(a.dtype)


@compiled_as(_emit_sorted(False))
def lower(a, b):
    """The lesser of each two by their keys, the first of equals."""
    return choose(greater(a, b), b, a).view(a.dtype)


def _emit_strange(typing, lanes, limit):
    def code(context, builder, signature, args):
        if lanes.bits in FLOATS:
            value = _floats(builder, lanes, args[0])
            return mask_of(builder, builder.fcmp_unordered("uno", value, value))
        most = repeat(builder, resize(builder, args[1], lanes.bits), lanes.count)
        size = builder.and_(args[0], filled(lanes, (1 << lanes.bits - 1) - 1))
        return mask_of(builder, builder.icmp_signed(">", size, most))

    return types.int64(lanes, limit), code


@compiled_as(_emit_strange)
def strange(lanes, limit):
    """Mask of the lanes that are NaN: beyond the limit without their sign."""
    return _pack(magnitude(lanes) > limit)


@inlined
def beat(words, column, number, limit, top, where, nan):
    """The largest so far, its column and which rows have a NaN, with one more column."""
    key = keys(column)
    new = greater(key, top)
    where = choose(new, repeated(words, number, SIDE), where)
    return choose(new, key, top), where, nan | strange(column, limit)


@inlined
def beat_by_new(words, c, number, seen, limit, top, where, nan):
    """`beat` with those of eight columns from `number` on that there are and that are not seen."""
    columns = words.shape[1]
    if seen <= number < columns:
        top, where, nan = beat(words, c[0], number, limit, top, where, nan)
    if seen <= number + 1 < columns:
        top, where, nan = beat(words, c[1], number + 1, limit, top, where, nan)
    if seen <= number + 2 < columns:
        top, where, nan = beat(words, c[2], number + 2, limit, top, where, nan)
    if seen <= number + 3 < columns:
        top, where, nan = beat(words, c[3], number + 3, limit, top, where, nan)
    if seen <= number + 4 < columns:
        top, where, nan = beat(words, c[4], number + 4, limit, top, where, nan)
    if seen <= number + 5 < columns:
        top, where, nan = beat(words, c[5], number + 5, limit, top, where, nan)
    if seen <= number + 6 < columns:
        top, where, nan = beat(words, c[6], number + 6, limit, top, where, nan)
    if seen <= number + 7 < columns:
        top, where, nan = beat(words, c[7], number + 7, limit, top, where, nan)
    return top, where, nan


@inlined
def fill_in_eights(words, whole, limit, ids):
    """Ids of the first rows, of which `whole` may be read SIDE wide; returns how many it were."""
    columns, stop = words.shape[1], whole // SIDE * SIDE
    last = columns - SIDE
    for i in range(0, stop, SIDE):
        c = side_by_side(words, i, 0)
        top, where, nan = keys(c[0]), repeated(words, 0, SIDE), strange(c[0], limit)
        top, where, nan = beat_by_new(words, c, 0, 1, limit, top, where, nan)
        if last > 0:
            c = side_by_side(words, i, last)
            top, where, nan = beat_by_new(words, c, last, SIDE, limit, top, where, nan)
        store(ids, i, choose(nan, repeated(ids, -1, SIDE), in_32_bits(where)))
    return stop
