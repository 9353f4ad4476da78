"""What is done with the masks that comparisons of lanes give."""

import numpy as np
from llvmlite import ir
from numba import types

from .vectors import LANES, address_of, bools_of, call, compiled_as, constant, repeat


def _emit_first(typing, mask):
    def code(context, builder, signature, args):
        return call(builder, "llvm.cttz.i64", ir.IntType(64), args[0], ir.IntType(1)(1))

    return types.int64(types.int64), code


@compiled_as(_emit_first)
def first(mask):
    """Position of the lowest bit of a mask that is not zero."""
    return (mask & -mask).bit_length() - 1


def _emit_bits(typing, mask):
    def code(context, builder, signature, args):
        return call(builder, "llvm.ctpop.i64", ir.IntType(64), args[0])

    return types.int64(types.int64), code


@compiled_as(_emit_bits)
def bits(mask):
    """How many bits are set."""
    return mask.bit_count()


def _emit_keep(typing, lanes, mask):
    def code(context, builder, signature, args):
        lowest = constant(lanes.bits, [1 << (lanes.bits - 1)] * LANES)
        return builder.select(bools_of(builder, args[1]), args[0], lowest)

    return lanes(lanes, types.int64), code


@compiled_as(_emit_keep)
def keep(lanes, mask):
    """Those lanes, and the lowest signed integer in the others."""
    return np.where(mask >> np.arange(LANES) & 1, lanes, np.iinfo(lanes.dtype).min)


def _emit_choose(typing, mask, lanes, others):
    def code(context, builder, signature, args):
        return builder.select(bools_of(builder, args[0]), args[1], args[2])

    return lanes(types.int64, lanes, lanes), code


@compiled_as(_emit_choose)
def choose(mask, lanes, others):
    """The first's lanes where the mask has its bit, else the second's."""
    return np.where(mask >> np.arange(LANES) & 1, lanes, others)


def _emit_add(typing, totals, j, mask, amount):
    def code(context, builder, signature, args):
        array, j, mask, amount = args
        address = address_of(context, builder, totals, array, j, j)
        amount = repeat(builder, builder.trunc(amount, ir.IntType(32)))
        added = builder.select(bools_of(builder, mask), amount, constant(32, [0] * LANES))
        builder.store(builder.add(builder.load(address, align=1), added), address, align=1)
        return context.get_dummy_value()

    return types.none(totals, types.int64, types.int64, types.int64), code


@compiled_as(_emit_add)
def add(totals, j, mask, amount):
    """Add `amount` to those of the 32-bit totals j, j+1, … whose lane is in the mask."""
    lanes = totals[j : j + LANES]
    lanes += np.uint32(amount) * (mask >> np.arange(lanes.size) & 1).astype(np.uint32)
