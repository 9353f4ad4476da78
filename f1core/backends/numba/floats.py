"""Lanes of 64 bits as float64."""

import numpy as np
from llvmlite import ir
from numba import types

from .lanes import _as, _pack
from .vectors import Lanes, bools_of, compiled_as, filled, mask_of, repeat, vector

F64 = ir.DoubleType()


def _as_floats(builder, value):
    return builder.bitcast(value, ir.VectorType(F64, value.type.count))


def _arithmetic(operation):
    def emit(typing, a, b):
        def code(context, builder, signature, args):
            result = getattr(builder, operation)(*(_as_floats(builder, value) for value in args))
            return builder.bitcast(result, args[0].type)

        return a(a, a), code

    return emit


@compiled_as(_arithmetic("fadd"))
def plus(a, b):
    """Sums."""
    return (a.view(float) + b.view(float)).view(np.uint64)


@compiled_as(_arithmetic("fsub"))
def minus(a, b):
    """Differences."""
    return (a.view(float) - b.view(float)).view(np.uint64)


@compiled_as(_arithmetic("fmul"))
def times(a, b):
    """Products."""
    return (a.view(float) * b.view(float)).view(np.uint64)


@compiled_as(_arithmetic("fdiv"))
def over(a, b):
    """Quotients."""
    return (a.view(float) / b.view(float)).view(np.uint64)


def _emit_floats_of(typing, lanes):
    kind = Lanes(64, lanes.count)

    def code(context, builder, signature, args):
        numbers = builder.uitofp(args[0], ir.VectorType(F64, lanes.count))
        return builder.bitcast(numbers, vector(64, lanes.count))

    return kind(lanes), code


@compiled_as(_emit_floats_of)
def floats_of(lanes):
    """Whole numbers, not negative, as float64."""
    return _as("u", lanes).astype(float).view(np.uint64)


def _emit_is_zero(typing, lanes):
    def code(context, builder, signature, args):
        zero = ir.Constant(ir.VectorType(F64, lanes.count), [0.0] * lanes.count)
        return mask_of(builder, builder.fcmp_ordered("==", _as_floats(builder, args[0]), zero))

    return types.int64(lanes), code


@compiled_as(_emit_is_zero)
def is_zero(lanes):
    """Mask of the lanes that are 0.0."""
    return _pack(lanes.view(float) == 0)


def _emit_where(typing, mask, number, lanes):
    def code(context, builder, signature, args):
        bits = repeat(builder, builder.bitcast(args[1], ir.IntType(64)), kind.count)
        return builder.select(bools_of(builder, args[0], kind.count), bits, filled(kind, 0))

    kind = Lanes(64, lanes.literal_value)
    return kind(types.int64, types.float64, lanes), code


@compiled_as(_emit_where)
def where(mask, number, lanes):
    """A float64 in the lanes of the mask, 0.0 in the others."""
    return ((mask >> np.arange(lanes) & 1) * float(number)).view(np.uint64)
