"""LLVM code by which CPython calls a kernel: arrays by the buffer protocol, whole numbers, no GIL.

All that is read of CPython is promised by its stable ABI: functions, and the fields of `Py_buffer`
(https://docs.python.org/3/c-api/buffer.html#c.Py_buffer). So one object serves every CPython.
"""

from __future__ import annotations

from llvmlite import ir
from numba import from_dtype, types
from numba.core.registry import cpu_target
from numba.np.arrayobj import populate_array
from numpy import dtype

from .load import UNFIT

I8, I32, I64, VOID = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.VoidType()
POINTER = I8.as_pointer()
# Where Py_buffer has its fields, of its 80 bytes on 64-bit machines.
SIZE, DATA, ITEMSIZE, NDIM, FORMAT, SHAPE = 80, 0, 24, 36, 40, 48
WRITABLE, C_CONTIGUOUS_FORMAT = 0x1, 0x38 | 0x4  # of PyObject_GetBuffer's flags
CHARACTERS = {"i": b"bhilq", "u": b"BHILQ?", "f": b"efd"}  # one, and nothing before or after


def numba_types(arguments: tuple[str, ...]) -> tuple[types.Type, ...]:
    """Numba's types of a variant's arguments."""
    return tuple(map(_numba_type, arguments))


def _numba_type(text: str) -> types.Type:
    name, _, shape = text.partition(":")
    kind = types.int64 if name == "n" else from_dtype(dtype(name))
    if not shape:
        return kind
    return types.Array(kind, int(shape[0]), "C", readonly=not shape.endswith("w"))


class _Code:
    """A function under construction, with C functions called by name."""

    def __init__(self, triple: str, name: str) -> None:
        self.module = ir.Module()
        self.module.triple = triple
        form = ir.FunctionType(POINTER, [POINTER, POINTER.as_pointer(), I64])
        self.function = ir.Function(self.module, form, name)
        self.builder = ir.IRBuilder(self.block())

    def block(self) -> ir.Block:
        return self.function.append_basic_block()

    def call(self, name: str, kind: ir.Type, *values: ir.Value) -> ir.Value:
        form = ir.FunctionType(kind, [value.type for value in values])
        known = self.module.globals.get(name) or ir.Function(self.module, form, name)
        return self.builder.call(known, values)

    def at(self, address: ir.Value, offset: int, kind: ir.Type) -> ir.Value:
        place = self.builder.gep(address, [I64(offset)])
        return self.builder.load(self.builder.bitcast(place, kind.as_pointer()))

    def demand(self, condition: ir.Value, otherwise: ir.Block) -> None:
        good = self.block()
        self.builder.cbranch(condition, good, otherwise)
        self.builder.position_at_end(good)


def entry(triple: str, name: str, arguments: tuple[str, ...], overload: object) -> ir.Module:
    """`PyObject *name(self, arguments, n)` around a compiled kernel.

    It returns the kernel's number, or UNFIT where the arguments are not such arrays.
    """
    code, context, kinds = _Code(triple, name), cpu_target.target_context, numba_types(arguments)
    b = code.builder
    _, objects, count = code.function.args
    unfit, failed = code.block(), code.block()
    code.demand(b.icmp_signed("==", count, I64(len(kinds))), unfit)
    given = [b.load(b.gep(objects, [I64(k)])) for k in range(len(kinds))]
    values: dict[int, ir.Value] = {}
    arrays = [k for k, kind in enumerate(kinds) if isinstance(kind, types.Array)]
    scalars = [k for k in range(len(kinds)) if k not in arrays]
    with b.goto_entry_block():
        views = [b.alloca(ir.ArrayType(I64, SIZE // 8)) for _ in arrays]
        views = [b.bitcast(view, POINTER) for view in views]
    for k in scalars:
        word = code.call("PyLong_AsUnsignedLongLongMask", I64, given[k])
        values[k] = b.trunc(word, context.get_value_type(kinds[k]))
    if scalars:
        error = code.call("PyErr_Occurred", POINTER)
        code.demand(b.icmp_unsigned("==", b.ptrtoint(error, I64), I64(0)), failed)
    # The way out for arrays of another kind: each block lets go of one and goes on to the next.
    out = unfit
    for view, k in zip(views, arrays, strict=True):
        kind = kinds[k]
        flags = C_CONTIGUOUS_FORMAT | (WRITABLE if kind.mutable else 0)
        refused = code.block()
        got = code.call("PyObject_GetBuffer", I32, given[k], view, I32(flags))
        code.demand(b.icmp_signed("==", got, I32(0)), refused)
        here = b.block
        b.position_at_end(refused)
        code.call("PyErr_Clear", VOID)
        b.branch(out)
        released = code.block()
        b.position_at_end(released)
        code.call("PyBuffer_Release", VOID, view)
        b.branch(out)
        b.position_at_end(here)
        out = released
        code.demand(b.icmp_signed("==", code.at(view, NDIM, I32), I32(kind.ndim)), out)
        itemsize = I64(kind.dtype.bitwidth // 8)
        code.demand(b.icmp_signed("==", code.at(view, ITEMSIZE, I64), itemsize), out)
        text = code.at(view, FORMAT, POINTER)
        code.demand(b.icmp_signed("==", code.at(text, 1, I8), I8(0)), out)
        good = code.block()
        choice = b.switch(code.at(text, 0, I8), out)
        for character in CHARACTERS[arguments[k][0]]:
            choice.add_case(I8(character), good)
        b.position_at_end(good)
        values[k] = _array(code, context, kind, view)
    thread = code.call("PyEval_SaveThread", POINTER)
    returned = overload.signature.return_type
    form = context.call_conv.get_function_type(returned, kinds)
    kernel = ir.Function(code.module, form, overload.fndesc.llvm_func_name)
    ordered = [values[k] for k in range(len(kinds))]
    status, result = context.call_conv.call_function(b, kernel, returned, kinds, ordered)
    code.call("PyEval_RestoreThread", VOID, thread)
    for view in views:
        code.call("PyBuffer_Release", VOID, view)
    with b.if_then(status.is_error, likely=False):  # kernels raise nothing
        code.call("PyErr_BadInternalCall", VOID)
        b.branch(failed)
    number = I64(0) if returned == types.none else context.cast(b, result, returned, types.int64)
    b.ret(code.call("PyLong_FromLongLong", POINTER, number))
    b.position_at_end(failed)
    b.ret(POINTER(None))
    b.position_at_end(unfit)
    b.ret(code.call("PyLong_FromLongLong", POINTER, I64(UNFIT)))
    return code.module


def _array(code: _Code, context: object, kind: types.Array, view: ir.Value) -> ir.Value:
    """Numba's array of a buffer in C order."""
    b, itemsize = code.builder, I64(kind.dtype.bitwidth // 8)
    array, shape = context.make_array(kind)(context, b), code.at(view, SHAPE, POINTER)
    lengths = [code.at(shape, 8 * k, I64) for k in range(kind.ndim)]
    strides = [itemsize]
    for length in lengths[:0:-1]:
        strides.insert(0, b.mul(strides[0], length))
    populate_array(
        array,
        data=b.bitcast(code.at(view, DATA, POINTER), array.data.type),
        shape=lengths,
        strides=strides,
        itemsize=itemsize,
        meminfo=None,
    )
    return array._getvalue()
