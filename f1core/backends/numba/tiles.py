"""Sixteen masks of sixteen bits at once: what was decided about 256 cells, in one register."""

import numpy as np
from llvmlite import ir

from .lanes import LANES, _as
from .vectors import Lanes, call, compiled_as, constant, filled, vector


def _lanewise(operation):
    def emit(typing, a, b):
        def code(context, builder, signature, args):
            return getattr(builder, operation)(*args)

        return a(a, a), code

    return emit


@compiled_as(_lanewise("and_"))
def both(a, b):
    """Bits that are set in both."""
    return _as("u", a) & _as("u", b)


@compiled_as(_lanewise("xor"))
def unlike(a, b):
    """Bits that are set in one of them alone."""
    return _as("u", a) ^ _as("u", b)


@compiled_as(_lanewise("add"))
def added(a, b):
    """Sums of whole numbers."""
    return _as("u", a) + _as("u", b)


@compiled_as(_lanewise("mul"))
def multiplied(a, b):
    """Products of whole numbers."""
    return _as("u", a) * _as("u", b)


def _emit_ones(typing, lanes):
    def code(context, builder, signature, args):
        name = f"llvm.ctpop.v{lanes.count}i{lanes.bits}"
        return call(builder, name, args[0].type, args[0])

    return lanes(lanes), code


@compiled_as(_emit_ones)
def ones(lanes):
    """How many bits are set in each lane."""
    return np.bitwise_count(_as("u", lanes)).astype(lanes.dtype)


def _emit_turned(typing, lanes):
    def code(context, builder, signature, args):
        value, apart = args[0], LANES // 2
        while apart:  # blocks of `apart` rows and columns change places
            low = sum(1 << bit for bit in range(LANES) if not bit & apart)
            partner = builder.shuffle_vector(
                value, value, constant(32, [k ^ apart for k in range(LANES)])
            )
            left, right, shift = (filled(lanes, v) for v in (low, low << apart, apart))
            upper = builder.or_(
                builder.and_(value, left), builder.shl(builder.and_(partner, left), shift)
            )
            lower = builder.or_(
                builder.and_(value, right), builder.lshr(builder.and_(partner, right), shift)
            )
            second = ir.Constant(
                ir.VectorType(ir.IntType(1), LANES), [bool(k & apart) for k in range(LANES)]
            )
            value = builder.select(second, lower, upper)
            apart //= 2
        return value

    return lanes(lanes), code


@compiled_as(_emit_turned)
def turned(lanes):
    """Bit j of lane i in the place of bit i of lane j: 256 bits as a square, transposed."""
    square = _as("u", lanes)[:, None] >> np.arange(LANES, dtype=np.uint16) & 1
    return (square.T << np.arange(LANES, dtype=np.uint16)).sum(axis=1).astype(np.uint16)


def _resized(bits):
    def emit(typing, lanes):
        kind = Lanes(bits, lanes.count)

        def code(context, builder, signature, args):
            if lanes.bits == bits:
                return args[0]
            resize = builder.trunc if lanes.bits > bits else builder.zext
            return resize(args[0], vector(bits, lanes.count))

        return kind(lanes), code

    return emit


@compiled_as(_resized(64))
def widened(lanes):
    """Whole numbers, not negative, in 64 bits."""
    return _as("u", lanes).astype(np.uint64)


@compiled_as(_resized(32))
def in_32_bits(lanes):
    """Whole numbers below 2^32, not negative, in 32 bits."""
    return _as("u", lanes).astype(np.uint32)
