"""Sixteen neighbouring values at once, on any CPU.

Each function here is LLVM vector code when compiled and the NumPy line under it when NUMBA_DISABLE_JIT=1.
A comparison gives a mask: an integer with one bit a lane, bit 0 for the first.
"""

import numpy as np
from llvmlite import ir
from numba import types

from .vectors import (
    ALL,
    LANES,
    Lanes,
    address_of,
    call,
    compiled_as,
    constant,
    gather,
    mask_of,
    repeat,
    resize,
    strided,
    vector_of,
)


def _emit_load(typing, array, i, j):
    def code(context, builder, signature, args):
        if strided(array):
            positions = [ir.IntType(64)(lane) for lane in range(LANES)]
            return gather(context, builder, array, args[0], args[2], positions)
        return builder.load(address_of(context, builder, array, *args), align=1)

    return Lanes(array.dtype.bitwidth)(array, types.int64, types.int64), code


@compiled_as(_emit_load)
def load(array, i, j):
    """Values j, j+1, … of row i (of 1-D arrays, i is ignored); past the row's end, whatever stands there."""
    return load_part(array, i, j, LANES)


def _emit_load_part(typing, array, i, j, count):
    bits = array.dtype.bitwidth

    def code(context, builder, signature, args):
        value, i, j, count = args
        if strided(array):  # past the last value, the last value again
            last = builder.sub(count, ir.IntType(64)(1))
            lanes = [ir.IntType(64)(lane) for lane in range(LANES)]
            inside = [builder.select(builder.icmp_signed("<", k, last), k, last) for k in lanes]
            return gather(context, builder, array, value, j, inside)
        address = address_of(context, builder, array, value, i, j)
        below = builder.icmp_signed("<", constant(64, range(LANES)), repeat(builder, count))
        name, none = f"llvm.masked.load.v{LANES}i{bits}.p0", constant(bits, [0] * LANES)
        return call(builder, name, none.type, address, ir.IntType(32)(1), below, none)

    return Lanes(bits)(array, types.int64, types.int64, types.int64), code


@compiled_as(_emit_load_part)
def load_part(array, i, j, count):
    """The first `count` of them, reading nothing else."""
    row = array if array.ndim == 1 else array[i]
    values = row[j : j + count].view(f"u{row.itemsize}")
    return np.append(values, np.full(LANES, 77, values.dtype))[:LANES]


def _emit_repeated(typing, array, number):
    def code(context, builder, signature, args):
        return repeat(builder, resize(builder, args[1], array.dtype.bitwidth))

    return Lanes(array.dtype.bitwidth)(array, number), code


@compiled_as(_emit_repeated)
def repeated(array, number):
    """A number in every lane, as wide as the array's values."""
    return np.full(LANES, number, np.int64).astype(f"i{array.itemsize}")


def _emit_spread(typing, lanes, count):
    def code(context, builder, signature, args):
        value, count = args
        below = builder.icmp_signed("<", constant(64, range(LANES)), repeat(builder, count))
        first = builder.extract_element(value, ir.IntType(32)(0))
        return builder.select(below, value, repeat(builder, first))

    return lanes(lanes, types.int64), code


@compiled_as(_emit_spread)
def spread(lanes, count):
    """The first lane's value also in the lanes from `count` on, where it is neither a new maximum nor a first one."""
    return np.where(np.arange(LANES) < count, lanes, lanes[0])


def _emit_order(typing, lanes):
    def code(context, builder, signature, args):
        zero, lowest = constant(lanes.bits, [0] * LANES), constant(lanes.bits, [1 << (lanes.bits - 1)] * LANES)
        negative = builder.icmp_signed("<", args[0], zero)
        return builder.select(negative, builder.sub(lowest, args[0]), args[0])

    return lanes(lanes), code


@compiled_as(_emit_order)
def order(lanes):
    """Bits of floats as signed integers in the floats' order: minus the magnitude where the sign bit is set."""
    signed = _as("i", lanes)
    return np.where(signed < 0, np.iinfo(signed.dtype).min - signed, signed)


def _as(kind, lanes):
    """The NumPy bodies' lanes, signed ("i") or unsigned ("u"); a plain number stays."""
    return lanes.view(f"{kind}{lanes.itemsize}") if isinstance(lanes, np.ndarray) else lanes


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


def _reduce(name):
    def emit(typing, lanes):
        def code(context, builder, signature, args):
            one = ir.IntType(lanes.bits)
            end = call(builder, f"llvm.vector.reduce.{name}.v{LANES}i{lanes.bits}", one, args[0])
            return end if lanes.bits == 64 else builder.sext(end, ir.IntType(64))

        return types.int64(lanes), code

    return emit


@compiled_as(_reduce("smax"))
def largest(lanes):
    """The largest lane as a signed integer."""
    return int(_as("i", lanes).max())


@compiled_as(_reduce("umin"))
def smallest_bits(lanes):
    """The smallest lane as an unsigned integer."""
    return int(_as("u", lanes).min())


def _emit_lane_of(typing, lanes, position):
    def code(context, builder, signature, args):
        value = builder.extract_element(*args)
        return value if lanes.bits == 64 else builder.sext(value, ir.IntType(64))

    return types.int64(lanes, types.int64), code


@compiled_as(_emit_lane_of)
def lane_of(lanes, position):
    """One lane as a signed integer."""
    return int(lanes[position])


def _compare(relation, signed):
    def emit(typing, lanes, other):
        def code(context, builder, signature, args):
            left, right = args
            if isinstance(other, types.Integer):
                right = repeat(builder, resize(builder, right, lanes.bits))
            compare = builder.icmp_signed if signed else builder.icmp_unsigned
            return mask_of(builder, compare(relation, left, right))

        return types.int64(lanes, other), code

    return emit


def _pack(bools):
    return int(np.dot(bools, 1 << np.arange(LANES)))


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
