"""How neighbouring values look to LLVM: their type, and what their code is built from."""

from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

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
    """Where value [i, j] of a 2-D array, or [j] of a 1-D one, stands."""
    array = context.make_array(kind)(context, builder, value)
    *_, step = steps = cgutils.unpack_tuple(builder, array.strides)
    if kind.layout == "C":
        step = I64(kind.dtype.bitwidth // 8)
    start = builder.add(builder.ptrtoint(array.data, I64), builder.mul(j, step))
    if kind.ndim == 2:
        start = builder.add(start, builder.mul(i, steps[0]))
    return builder.inttoptr(start, result.as_pointer())


def gather(context, builder, kind, value, i, j, positions):
    """The values at j + each position, one by one: for arrays whose neighbours may stand apart."""
    one = ir.IntType(kind.dtype.bitwidth)
    lanes = ir.Constant(vector(one.width, len(positions)), ir.Undefined)
    for lane, position in enumerate(positions):
        place = address(context, builder, kind, value, i, builder.add(j, position), one)
        value_there = builder.load(place, align=1)
        lanes = builder.insert_element(lanes, value_there, ir.IntType(32)(lane))
    return lanes
