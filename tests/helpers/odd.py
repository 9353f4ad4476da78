"""Objects that nobody should pass, each made anew: by name, and how."""

import datetime
import decimal
import fractions
import warnings

import numpy as np
import pytest


class Broken:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("broken")


class Wrong:
    def __array__(self, dtype=None, copy=None):
        return [1, 2]


class Endless:
    def __len__(self):
        raise OverflowError("too long")

    def __iter__(self):
        raise ZeroDivisionError


class Listless:
    ndim = 0

    def tolist(self):
        raise RuntimeError("no list")

    def item(self):
        raise RuntimeError("no item")


class Unequal:
    def __eq__(self, other):
        raise RuntimeError("not even equal")

    __hash__ = None


class Shouting:
    def __repr__(self):
        raise RuntimeError("no words")

    __str__ = __repr__


class Liar:
    """Longer than what it holds."""

    def __len__(self):
        return 4

    def __getitem__(self, place):
        raise KeyError(place)


class Unhashable(list):
    def __hash__(self):
        raise RuntimeError("no hash")


class Numberlike:
    def __float__(self):
        raise ZeroDivisionError

    __int__ = __index__ = __bool__ = __float__


class Pathlike:
    def __fspath__(self):
        raise PermissionError("not yours")


def _matrix():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.matrix([[0, 1], [1, 0]])


def _sparse():
    sparse = pytest.importorskip("scipy.sparse")
    return sparse.csr_matrix([[0, 1], [1, 0]])


ODD = {
    "float32": lambda: np.float32(0.5), "half NaN": lambda: np.float16(np.nan),
    "int8": lambda: np.int8(2), "uint64": lambda: np.uint64(2**64 - 1),
    "bool_": lambda: np.bool_(True), "str_": lambda: np.str_("a"),
    "bytes_": lambda: np.bytes_(b"a"),
    "complex64": lambda: np.complex64(1j), "datetime64": lambda: np.datetime64("2020-01-01"),
    "NaT": lambda: np.datetime64("NaT", "s"), "timedelta64": lambda: np.timedelta64(1, "s"),
    "longdouble": lambda: np.longdouble(1) / 3, "array of a float": lambda: np.array(0.5),
    "array of a string": lambda: np.array("a"), "array of None": lambda: np.array(None),
    "one float": lambda: np.array([0.5]), "one int": lambda: np.array([[1]]),
    "masked": lambda: np.ma.masked, "record": lambda: np.zeros(3, [("a", int), ("b", float)]),
    "decimal": lambda: decimal.Decimal("0.5"), "decimal NaN": lambda: decimal.Decimal("sNaN"),
    "fraction": lambda: fractions.Fraction(1, 2), "date": lambda: datetime.date(2020, 1, 1),
    "ellipsis": lambda: ..., "object": object, "class": lambda: object, "function": lambda: len,
    "iterator": lambda: iter([1, 2]), "generator": lambda: (i for i in range(2)),
    "range": lambda: range(3), "memory": lambda: memoryview(b"abc"),
    "bytearray": lambda: bytearray(b"ab"), "dict": lambda: {0: 1}, "set": lambda: {1, 2},
    "frozenset": lambda: frozenset("ab"), "slice": lambda: slice(3), "broken": Broken,
    "wrong": Wrong, "endless": Endless, "listless": Listless, "unequal": Unequal,
    "arrays": lambda: [np.array([1, 2]), np.array([3])], "huge": lambda: 10**400,
    "object array of arrays": lambda: np.array([np.zeros(2), np.zeros(3), None], object),
    "strings of numpy": lambda: np.array([np.str_("a"), "b"], object),
    "numbers of numpy": lambda: np.array([np.int8(1), 2.0, True], object),
    "shouting": Shouting, "several shouting": lambda: [Shouting(), 1], "liar": Liar,
    "unhashable": Unhashable, "number that fails": Numberlike, "path that fails": Pathlike,
    "unequal elements": lambda: np.array([Unequal(), Unequal(), 1, 2], object),
    "shouting elements": lambda: np.array([Shouting()] * 4, object),
    "ragged": lambda: [[1], [1, 2], [], 3], "no columns": lambda: np.zeros((8, 0)),
    "no rows": lambda: np.zeros((0, 3)), "nothing deep": lambda: np.zeros((2, 0, 4)),
    "empty list": list, "empty text": str, "empty dict": dict, "empty tuple": tuple,
    "matrix": lambda: _matrix(), "sparse": lambda: _sparse(),
    "complex array": lambda: np.array([1j, 2, 0, 1]), "all NaN": lambda: np.full(4, np.nan),
    "infinities": lambda: np.array([np.inf, -np.inf, 0, 1]), "NaN list": lambda: [0, 1, np.nan, 1],
    "dates": lambda: np.array(["2020-01-01", "NaT", "2020-01-01", "2021-01-01"], "M8[D]"),
    "structured": lambda: np.zeros(4, [("bfloat16", "u2"), ("x", "f8")]),
    "nested record": lambda: np.zeros(4, [("bfloat16", "u2", (2,))]),
    "masked array": lambda: np.ma.array([0, 1, 1, 0], mask=[0, 1, 0, 0]),
    "void": lambda: np.zeros(4, "V5"), "big-endian": lambda: np.array([0.1, 0.9, 1, 0], ">f8"),
    "backwards": lambda: np.array([0.1, 0.9, 1, 0])[::-1],
    "broadcast": lambda: np.broadcast_to(1, 4),
    "huge ints": lambda: [10**30, 0, 1, 1], "minus huge": lambda: -(10**30),
    "2^63": lambda: 2**63,
    "uint64 array": lambda: np.array([2**64 - 1, 0, 1, 0], "u8"),
    "bytes array": lambda: np.array([b"a", b"b"]),
    "NaN": lambda: float("nan"), "inf": lambda: float("inf"), "just below 1": lambda: 1 - 1e-16,
    "tiny": lambda: 5e-324, "minus one": lambda: -1, "half": lambda: 0.5, "zero": lambda: 0,
    "true": lambda: True, "none": lambda: None, "a": lambda: "a", "surrogate": lambda: "\ud800",
    "NUL text": lambda: "a\0b", "super 2": lambda: "p_\u00b2", "long text": lambda: "x" * 300,
    "stars": lambda: "**", "brackets": lambda: "[/b]", "bytes": lambda: b"\xff",
    "list of None": lambda: [None] * 4, "list of dicts": lambda: [{}, {}, {}, {}],
    "set of lists": lambda: [[1, 1], [2, 2]], "seed sequence": lambda: np.random.SeedSequence(1),
    "generator of NumPy": lambda: np.random.default_rng(1),
    "string numbers": lambda: ["0", "1", "1", "0"],
    "NUL": lambda: np.array(["a", "a\0"], object), "deep": lambda: [[[[[[1]]]]]],
}  # fmt: skip
