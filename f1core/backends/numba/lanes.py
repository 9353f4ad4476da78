"""Neighbouring values at once, on any CPU: loads, comparisons, maxima.

Each function here is LLVM vector code when compiled and the NumPy body under it when
NUMBA_DISABLE_JIT=1. A comparison gives a mask: an integer with one bit a lane, bit 0 the first.
"""

import numpy as np
from llvmlite import ir
from numba import types

from .limits import LANES as LANES
from .vectors import (
    Lanes,
    address,
    below,
    call,
    compiled_as,
    constant,
    filled,
    mask_of,
    repeat,
    resize,
    vector,
)


def _as(kind, lanes):
    """The NumPy bodies' lanes, signed ("i") or unsigned ("u"); a plain number stays."""
    return lanes.view(f"{kind}{lanes.itemsize}") if isinstance(lanes, np.ndarray) else lanes


def _emit_load(typing, array, i, j, lanes):
    kind, count = Lanes(array.dtype.bitwidth, lanes.literal_value), lanes.literal_value

    def code(context, builder, signature, args):
        value, i, j, _ = args
        place = address(context, builder, array, value, i, j, vector(kind.bits, count))
        return builder.load(place, align=1)

    return kind(array, types.int64, types.int64, lanes), code


@compiled_as(_emit_load)
def load(array, i, j, lanes):
    """Values j, j+1, … of row i (ignored in 1-D); past the row's end, whatever stands there."""
    return load_part(array, i, j, lanes, lanes)


def _emit_load_part(typing, array, i, j, number, lanes):
    kind, count = Lanes(array.dtype.bitwidth, lanes.literal_value), lanes.literal_value

    def code(context, builder, signature, args):
        value, i, j, number, _ = args
        place = address(context, builder, array, value, i, j, vector(kind.bits, count))
        name, zero = f"llvm.masked.load.v{count}i{kind.bits}.p0", filled(kind, 0)
        wanted = below(builder, number, count)
        return call(builder, name, zero.type, place, ir.IntType(32)(1), wanted, zero)

    return kind(array, types.int64, types.int64, types.int64, lanes), code


@compiled_as(_emit_load_part)
def load_part(array, i, j, number, lanes):
    """The first so many of them, reading nothing else; in the other lanes, whatever."""
    row = array if array.ndim == 1 else array[i]
    values = _as("u", row[j : j + number])
    alien = np.full(lanes, np.iinfo(f"i{row.itemsize}").max, values.dtype)
    return np.append(values, alien)[:lanes]


def _emit_repeated(typing, array, number, lanes):
    kind = Lanes(array.dtype.bitwidth, lanes.literal_value)

    def code(context, builder, signature, args):
        return repeat(builder, resize(builder, args[1], kind.bits), kind.count)

    return kind(array, number, lanes), code


@compiled_as(_emit_repeated)
def repeated(array, number, lanes):
    """A number in every lane, as wide as the array's values."""
    return np.full(lanes, number, np.int64).astype(f"i{array.itemsize}")


def in_order(builder, lanes, value):
    """LLVM's `order`."""
    negative = builder.icmp_signed("<", value, filled(lanes, 0))
    minus = builder.sub(filled(lanes, 1 << (lanes.bits - 1)), value)
    return builder.select(negative, minus, value)


def _emit_order(typing, lanes):
    def code(context, builder, signature, args):
        return in_order(builder, lanes, args[0])

    return lanes(lanes), code


@compiled_as(_emit_order)
def order(lanes):
    """Bits of floats as signed integers in the floats' order: minus the magnitude of negatives."""
    signed = _as("i", lanes)
    return np.where(signed < 0, np.iinfo(signed.dtype).min - signed, signed)


def _emit_magnitude(typing, lanes):
    def code(context, builder, signature, args):
        return builder.and_(args[0], filled(lanes, (1 << (lanes.bits - 1)) - 1))

    return lanes(lanes), code


@compiled_as(_emit_magnitude)
def magnitude(lanes):
    """Bits of floats without the sign."""
    return _as("i", lanes) & np.iinfo(f"i{lanes.itemsize}").max


def _pairwise(relation, signed):
    def emit(typing, a, b):
        def code(context, builder, signature, args):
            compare = builder.icmp_signed if signed else builder.icmp_unsigned
            return builder.select(compare(relation, *args), *args)

        return a(a, a), code

    return emit


@compiled_as(_pairwise("<", True))
def smaller(a, b):
    """The smaller of each two as signed integers."""
    return np.minimum(_as("i", a), _as("i", b))


@compiled_as(_pairwise(">", False))
def larger_bits(a, b):
    """The larger of each two as unsigned integers."""
    return np.maximum(_as("u", a), _as("u", b))


def _reduce(relation, signed):
    def emit(typing, lanes):
        def code(context, builder, signature, args):
            value, apart = args[0], lanes.count // 2
            compare = builder.icmp_signed if signed else builder.icmp_unsigned
            while apart:
                partners = constant(32, [k ^ apart for k in range(lanes.count)])
                other = builder.shuffle_vector(value, value, partners)
                value = builder.select(compare(relation, value, other), value, other)
                apart //= 2
            return value

        return lanes(lanes), code

    return emit


# All lanes get the result: comparing with it needs no trip through a scalar register. A row of ten
# float32 takes 2.5 ns, and 3.0 with llvm.vector.reduce.
@compiled_as(_reduce(">", True))
def largest(lanes):
    """The largest lane as a signed integer, in every lane."""
    return np.full_like(_as("i", lanes), _as("i", lanes).max())


@compiled_as(_reduce("<", False))
def smallest_bits(lanes):
    """The smallest lane as an unsigned integer, in every lane."""
    return np.full_like(_as("u", lanes), _as("u", lanes).min())


def _compare(relation, signed):
    def emit(typing, lanes, other):
        def code(context, builder, signature, args):
            left, right = args
            if isinstance(other, types.Integer):
                right = repeat(builder, resize(builder, right, lanes.bits), lanes.count)
            compare = builder.icmp_signed if signed else builder.icmp_unsigned
            return mask_of(builder, compare(relation, left, right))

        return types.int64(lanes, other), code

    return emit


def _pack(bools):
    return int(np.dot(bools, 1 << np.arange(bools.size)))


@compiled_as(_compare("==", True))
def equal(lanes, other):
    """Mask of the lanes equal to a number, or to another's lanes."""
    return _pack(_as("i", lanes) == _as("i", other))


@compiled_as(_compare(">", True))
def above(lanes, other):
    """Mask of the lanes above it as signed integers."""
    return _pack(_as("i", lanes) > _as("i", other))


@compiled_as(_compare(">", False))
def above_bits(lanes, other):
    """Mask of the lanes above it as unsigned integers."""
    return _pack(_as("u", lanes) > _as("u", other))
