"""How neighbouring values look to LLVM: their type, and what their code is built from."""

import math

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model
from numba.np.arrayobj import populate_array

from .limits import CACHE_LINE

I64 = ir.IntType(64)


class Lanes(types.Type):
    """Some integers of some bits each, in one register or a few."""

    def __init__(self, bits, count):
        self.bits, self.count = bits, count
        super().__init__(f"Lanes({bits} x {count})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """An LLVM vector."""

    def __init__(self, manager, kind):
        super().__init__(manager, kind, vector(kind.bits, kind.count))


def compiled_as(emit):
    """Put the code `emit` gives in the place of the decorated body, unless nothing is compiled.

    emit takes the arguments' types as an intrinsic does, but returns the signature and a function
    of the LLVM builder and the arguments' values.
    """
    return lambda body: body if config.DISABLE_JIT else intrinsic(prefer_literal=True)(emit)


def vector(bits, count):
    """The LLVM type."""
    return ir.VectorType(ir.IntType(bits), count)


def constant(bits, values):
    """A constant with these lanes."""
    return ir.Constant(vector(bits, len(values)), list(values))


def filled(lanes, value):
    """A constant with the same value in every lane."""
    return constant(lanes.bits, [value] * lanes.count)


def repeat(builder, scalar, count):
    """A scalar in every lane."""
    none = ir.Constant(ir.VectorType(scalar.type, count), ir.Undefined)
    one = builder.insert_element(none, scalar, ir.IntType(32)(0))
    return builder.shuffle_vector(one, one, constant(32, [0] * count))


def resize(builder, value, bits):
    """An integer (scalar) as wide as `bits`; what is cut off or put before never matters."""
    if value.type.width > bits:
        return builder.trunc(value, ir.IntType(bits))
    return builder.zext(value, ir.IntType(bits)) if value.type.width < bits else value


def signed64(builder, value):
    """A scalar as int64."""
    return value if value.type.width == 64 else builder.sext(value, I64)


def below(builder, number, count):
    """True in as many of the first lanes."""
    return builder.icmp_signed("<", constant(64, range(count)), repeat(builder, number, count))


def mask_of(builder, bools):
    """Lanes of one bit as an int64."""
    return builder.zext(builder.bitcast(bools, ir.IntType(bools.type.count)), I64)


def bools_of(builder, mask, count):
    """The lowest bits of an int64 as lanes of one bit."""
    return builder.bitcast(builder.trunc(mask, ir.IntType(count)), vector(1, count))


def call(builder, name, result, *args):
    """Call one of LLVM's own functions."""
    kind = ir.FunctionType(result, [a.type for a in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)


def address(context, builder, kind, value, i, j, result):
    """Where value [i, j] of a 2-D array, or [j] of a 1-D one, stands; in C order, as all are."""
    assert kind.layout == "C", kind
    array = context.make_array(kind)(context, builder, value)
    step = I64(kind.dtype.bitwidth // 8)
    start = builder.add(builder.ptrtoint(array.data, I64), builder.mul(j, step))
    if kind.ndim == 2:
        row = cgutils.unpack_tuple(builder, array.strides)[0]
        start = builder.add(start, builder.mul(i, row))
    return builder.inttoptr(start, result.as_pointer())


def _room(kind, *sizes):
    dtype = kind.instance_type if isinstance(kind, types.NumberClass) else kind.dtype
    shape, itemsize = [size.literal_value for size in sizes], dtype.bitwidth // 8

    def code(context, builder, signature, args):
        values = ir.ArrayType(context.get_data_type(dtype), math.prod(shape))
        array = context.make_array(signature.return_type)(context, builder)
        with builder.goto_entry_block():  # Numba's own `alloca_once` would fill it with zeros
            place = builder.alloca(values)
        place.align = CACHE_LINE  # vectors across two lines: 3.5 ms for 10^6 x 4 scores, and 2.5
        populate_array(
            array,
            data=builder.bitcast(place, array.data.type),
            shape=[I64(length) for length in shape],
            strides=[I64(itemsize * math.prod(shape[k + 1 :])) for k in range(len(shape))],
            itemsize=I64(itemsize),
            meminfo=None,
        )
        return array._getvalue()

    return types.Array(dtype, len(shape), "C")(kind, *sizes), code


def _read_only(typing, array):
    return array.copy(readonly=True)(array), lambda context, builder, signature, args: args[0]


@compiled_as(_read_only)
def read_only(array):
    """An array of the stack as arguments are, so that what reads both is compiled once."""
    return array


@compiled_as(lambda typing, kind, size: _room(kind, size))
def room(dtype, size):
    """An array on the stack, of a size that is a constant with a name; it holds anything.

    Kernels allocate nothing else: what depends on the call comes with the call.
    """
    return np.empty(size, dtype)


@compiled_as(lambda typing, kind, rows, columns: _room(kind, rows, columns))
def matrix(dtype, rows, columns):
    """A matrix on the stack, as `room`."""
    return np.empty((rows, columns), dtype)
