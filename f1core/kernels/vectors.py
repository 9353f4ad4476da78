"""How sixteen neighbouring values look to LLVM: the type, and the few instructions that build code from it."""

from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

LANES = 16
ALL = (1 << LANES) - 1  # the mask of all of them


class Lanes(types.Type):
    """Some integers of some bits each."""

    def __init__(self, bits, count=LANES):
        self.bits, self.count = bits, count
        super().__init__(f"Lanes({bits} x {count})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, vector_of(kind.bits, kind.count))


def compiled_as(emit):
    """Put the vector code of `emit` in the place of the decorated NumPy body, unless nothing is compiled."""
    return lambda body: body if config.DISABLE_JIT else intrinsic(emit)


def vector_of(bits, count=LANES):
    return ir.VectorType(ir.IntType(bits), count)


def constant(bits, values):
    return ir.Constant(vector_of(bits, len(values)), list(values))


def repeat(builder, scalar, count=LANES):
    none = ir.Constant(ir.VectorType(scalar.type, count), ir.Undefined)
    one = builder.insert_element(none, scalar, ir.IntType(32)(0))
    return builder.shuffle_vector(one, one, constant(32, [0] * count))


def resize(builder, value, bits):
    """An integer (scalar) as wide as `bits`: a bit pattern, so no sign to carry."""
    if value.type.width > bits:
        return builder.trunc(value, ir.IntType(bits))
    return builder.zext(value, ir.IntType(bits)) if value.type.width < bits else value


def mask_of(builder, bools):
    return builder.zext(builder.bitcast(bools, ir.IntType(bools.type.count)), ir.IntType(64))


def bools_of(builder, mask, count=LANES):
    return builder.bitcast(builder.trunc(mask, ir.IntType(count)), vector_of(1, count))


def call(builder, name, result, *args):
    kind = ir.FunctionType(result, [a.type for a in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)


def address_of(context, builder, kind, value, i, j, count=LANES):
    """Where value [i, j] of a 2-D array with unit column stride, or [j] of a 1-D one, stands."""
    array = context.make_array(kind)(context, builder, value)
    row, column = cgutils.unpack_tuple(builder, array.strides)[0], kind.dtype.bitwidth // 8
    start = builder.ptrtoint(array.data, ir.IntType(64))
    if kind.ndim == 2:
        start = builder.add(start, builder.mul(i, row))
    elif kind.layout != "C":
        column = row
    step = column if column is row else ir.IntType(64)(column)
    start = builder.add(start, builder.mul(j, step))
    return builder.inttoptr(start, vector_of(kind.dtype.bitwidth, count).as_pointer())


def strided(kind):
    """Whether neighbours may stand apart: a 1-D column of something wider."""
    return kind.ndim == 1 and kind.layout != "C"


def gather(context, builder, kind, value, j, positions):
    """Vector of the values at j + each position of a strided 1-D array."""
    bits = kind.dtype.bitwidth
    lanes = ir.Constant(vector_of(bits), ir.Undefined)
    for lane, position in enumerate(positions):
        place = address_of(context, builder, kind, value, j, builder.add(j, position))
        place = builder.bitcast(place, ir.IntType(bits).as_pointer())
        lanes = builder.insert_element(lanes, builder.load(place, align=1), ir.IntType(32)(lane))
    return lanes
