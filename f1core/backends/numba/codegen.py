"""Object code for `loader`: a kernel behind an entry that CPython calls, by Numba and LLVM."""

import json
from ctypes import c_int64, c_void_p

import llvmlite.binding as llvm
from llvmlite import ir
from numba import typeof, types
from numba.core.registry import cpu_target
from numba.core.runtime import rtsys
from numba.np.arrayobj import populate_array

from .loader import ENTRY, HEAD, UNFIT
from .object_cache import machine

I32, I64, VOID = ir.IntType(32), ir.IntType(64), ir.VoidType()
# An ndarray's fields, all pointers but the number of dimensions and the flags.
DATA, NDIM, DIMS, STRIDES, DTYPE, FLAGS = (HEAD + 8 * k for k in (0, 1, 2, 3, 5, 6))
SOUND = 0x101  # C-contiguous and aligned
# A dtype's kind, type, order (a byte each), one byte of flags, and number (four bytes).
IDENTITY, MASK = HEAD + 8, ~(0xFF << 24)
# Numba's counted memory, six words. These are the functions that a kernel calls for its arrays.
COUNT, PLACE, SIZE, WORDS = 0, 3, 4, 6
ALLOCATE = ("NRT_MemInfo_alloc_aligned", "NRT_MemInfo_alloc_safe_aligned")
RELEASE = "NRT_MemInfo_call_dtor"


def made(kernel, args):
    """The bytes that `loader.linked` reads: what the code needs of the process, and the code.

    Raises
    ------
    Exception
        If Numba is not as it was.
    """
    kinds = tuple(_in_rows(typeof(value)) for value in args)
    kernel.compile(kinds)
    overload = kernel.overloads[kinds]
    if not _memory_is_known():
        raise NotImplementedError
    # Optimized once already: a second time, inlined into another function, costs it a tenth.
    module = llvm.parse_bitcode(overload.library._get_module_for_linking().as_bitcode())
    declared = {f.name for f in module.functions if f.is_declaration}
    module.link_in(llvm.parse_assembly(str(_entry(module.triple, overload, args, kinds, declared))))
    for function in module.functions:
        if not function.is_declaration and function.name != ENTRY:
            function.linkage = "internal"
    target = machine()
    _drop_unused(module, target)
    text = str(module)
    needed = [
        value.name
        for value in [*module.functions, *module.global_variables]
        if value.is_declaration and not value.name.startswith("llvm.")
        if text.count(f"@{value.name}") > 1
    ]
    return json.dumps(needed).encode() + b"\n" + target.emit_object(module)


def _drop_unused(module, target):
    """Leave out what nothing calls, Numba's own entries first of all."""
    if hasattr(llvm, "create_module_pass_manager"):  # llvmlite 0.44, the last before LLVM 20
        passes = llvm.create_module_pass_manager()
        passes.add_global_dce_pass()
        passes.run(module)
        return
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options()))


def _in_rows(kind):
    """The only layout that the entry lets in, whichever the first call's array has."""
    if not isinstance(kind, types.Array):
        return kind
    return types.Array(kind.dtype, kind.ndim, "C", readonly=not kind.mutable)


def _at(builder, address, offset, kind=I64):
    place = builder.add(address, I64(offset))
    return builder.load(builder.inttoptr(place, kind.as_pointer()))


def _array(context, builder, kind, address):
    """Numba's array of an ndarray."""
    array = context.make_array(kind)(context, builder)
    dims, strides = _at(builder, address, DIMS), _at(builder, address, STRIDES)
    populate_array(
        array,
        data=builder.inttoptr(_at(builder, address, DATA), array.data.type),
        shape=[_at(builder, dims, 8 * k) for k in range(kind.ndim)],
        strides=[_at(builder, strides, 8 * k) for k in range(kind.ndim)],
        itemsize=I64(kind.dtype.bitwidth // 8),
        meminfo=None,
    )
    return array._getvalue()


def _entry(triple, overload, args, kinds, declared):
    """`PyObject *entry(self, arguments, n)`: an int; UNFIT for an array of another kind."""
    made, context = ir.Module(), cpu_target.target_context
    made.triple = triple
    returned = overload.signature.return_type

    def call(builder, name, kind, *values):
        form = ir.FunctionType(kind, [value.type for value in values])
        return builder.call(made.globals.get(name) or ir.Function(made, form, name), values)

    main = ir.Function(made, ir.FunctionType(I64, [I64, I64, I64]), ENTRY)
    _, objects, count = main.args
    builder = ir.IRBuilder(main.append_basic_block())
    unfit, values = main.append_basic_block(), []

    def demand(found, value):
        good = main.append_basic_block()
        builder.cbranch(builder.icmp_signed("==", found, value), good, unfit)
        builder.position_at_end(good)

    demand(count, I64(len(kinds)))
    for k, (kind, example) in enumerate(zip(kinds, args, strict=True)):
        word = _at(builder, objects, 8 * k)
        if isinstance(kind, types.Array):
            demand(builder.and_(_at(builder, word, FLAGS, I32), I32(SOUND)), I32(SOUND))
            demand(_at(builder, word, NDIM, I32), I32(kind.ndim))
            dtype = _at(builder, _at(builder, word, DTYPE), IDENTITY)
            known = c_int64.from_address(id(example.dtype) + IDENTITY).value & MASK
            demand(builder.and_(dtype, I64(MASK)), I64(known))
            values.append(_array(context, builder, kind, word))
        else:
            word = call(builder, "PyLong_AsUnsignedLongLongMask", I64, word)
            values.append(builder.trunc(word, context.get_value_type(kind)))
    thread = call(builder, "PyEval_SaveThread", I64)
    form = context.call_conv.get_function_type(returned, kinds)
    kernel = ir.Function(made, form, overload.fndesc.llvm_func_name)
    status, result = context.call_conv.call_function(builder, kernel, returned, kinds, values)
    call(builder, "PyEval_RestoreThread", VOID, thread)
    with builder.if_then(status.is_error):  # nothing else can be raised
        builder.ret(call(builder, "PyErr_NoMemory", I64))
    if returned == types.none:
        result = I64(0)
    else:
        result = context.cast(builder, result, returned, types.int64)
    builder.ret(call(builder, "PyLong_FromLongLong", I64, result))
    builder.position_at_end(unfit)
    builder.ret(call(builder, "PyLong_FromLongLong", I64, I64(UNFIT)))
    _memory(made, declared, call)
    return made


def _memory(made, declared, call):
    """Numba's counted memory out of malloc, where a kernel has an array of its own."""
    for name in declared.intersection(ALLOCATE):
        function = ir.Function(made, ir.FunctionType(I64, [I64, I32]), name)
        builder = ir.IRBuilder(function.append_basic_block())
        size, mask = function.args[0], builder.sub(builder.zext(function.args[1], I64), I64(1))
        room = builder.add(mask, I64(8 * WORDS))
        block = call(builder, "malloc", I64, builder.add(size, room))
        with builder.if_then(builder.icmp_signed("==", block, I64(0))):
            builder.ret(block)
        place = builder.and_(builder.add(block, room), builder.not_(mask))
        for word, value in ((COUNT, I64(1)), (PLACE, place), (SIZE, size)):
            where = builder.add(block, I64(8 * word))
            builder.store(value, builder.inttoptr(where, I64.as_pointer()))
        builder.ret(block)
    if RELEASE in declared:
        function = ir.Function(made, ir.FunctionType(VOID, [I64]), RELEASE)
        builder = ir.IRBuilder(function.append_basic_block())
        call(builder, "free", VOID, *function.args)
        builder.ret_void()


def _memory_is_known():
    """Whether Numba's counted memory looks as `_memory` makes it."""
    block = rtsys.meminfo_alloc(40)
    words = (c_int64 * WORDS).from_address(c_void_p.from_address(id(block) + HEAD).value)
    return (words[COUNT], words[PLACE], words[SIZE]) == (block.refcount, block.data, 40)
