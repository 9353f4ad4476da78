"""What is done with masks and single lanes."""

import numpy as np
from llvmlite import ir
from numba import types

from .jit import inlined
from .lanes import _as, _pack
from .vectors import (
    I64,
    address,
    bools_of,
    call,
    compiled_as,
    filled,
    mask_of,
    repeat,
    resize,
    signed64,
    vector,
)


def _emit_first(typing, mask):
    def code(context, builder, signature, args):
        return call(builder, "llvm.cttz.i64", I64, args[0], ir.IntType(1)(1))

    return types.int64(types.int64), code


@compiled_as(_emit_first)
def first(mask):
    """Position of the lowest bit of a mask that is not zero."""
    return (mask & -mask).bit_length() - 1


def _emit_bits(typing, mask):
    def code(context, builder, signature, args):
        return call(builder, "llvm.ctpop.i64", I64, args[0])

    return types.int64(types.int64), code


@compiled_as(_emit_bits)
def bits(mask):
    """How many bits are set."""
    return mask.bit_count()


def _emit_has(typing, lanes, other):
    def code(context, builder, signature, args):
        return mask_of(builder, builder.icmp_signed("!=", builder.and_(*args), filled(lanes, 0)))

    return types.int64(lanes, lanes), code


@compiled_as(_emit_has)
def has(lanes, other):
    """Mask of the lanes that share a set bit with the other's."""
    return _pack((_as("u", lanes) & _as("u", other)) != 0)


def _emit_choose(typing, mask, lanes, others):
    def code(context, builder, signature, args):
        return builder.select(bools_of(builder, args[0], lanes.count), args[1], args[2])

    return lanes(types.int64, lanes, lanes), code


@compiled_as(_emit_choose)
def choose(mask, lanes, others):
    """The first's lanes where the mask has its bit, else the second's."""
    return np.where(mask >> np.arange(lanes.size) & 1, _as("i", lanes), _as("i", others))


def _emit_lane(typing, lanes, position):
    def code(context, builder, signature, args):
        return signed64(builder, builder.extract_element(*args))

    return types.int64(lanes, types.int64), code


@compiled_as(_emit_lane)
def lane(lanes, position):
    """One lane as a signed integer."""
    return int(_as("i", lanes)[position])


def _emit_add_where(typing, mask, lanes, number):
    def code(context, builder, signature, args):
        mask, value, number = args
        number = repeat(builder, resize(builder, number, lanes.bits), lanes.count)
        more = builder.select(bools_of(builder, mask, lanes.count), number, filled(lanes, 0))
        return builder.add(value, more)

    return lanes(types.int64, lanes, number), code


@compiled_as(_emit_add_where)
def add_where(mask, lanes, number):
    """A number added in the lanes of the mask."""
    return (_as("u", lanes) + number * (mask >> np.arange(lanes.size) & 1)).astype(lanes.dtype)


def _emit_store(typing, array, j, lanes):
    def code(context, builder, signature, args):
        value, j, lanes_value = args
        place = address(context, builder, array, value, j, j, vector(lanes.bits, lanes.count))
        builder.store(lanes_value, place, align=1)
        return context.get_dummy_value()

    return types.none(array, types.int64, lanes), code


@compiled_as(_emit_store)
def store(array, j, lanes):
    """Put the lanes at j, j+1, … of a contiguous 1-D array."""
    array[j : j + lanes.size] = lanes.view(array.dtype)


@inlined
def put(array, j, lanes, number, most):
    """Store the first `number` of `most` lanes, behind which `array` may end."""
    if number >= most:
        store(array, j, lanes)
    else:
        for k in range(number):
            array[j + k] = lane(lanes, k)
