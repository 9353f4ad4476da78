"""The compiled kernels as functions of arrays: object code beforehand, or Numba's dispatchers.

What a kernel needs room for beyond a few kilobytes is made here and handed in. Where targets or
scores need several steps, each is a kernel of its own, so that m kinds of targets and n of scores
are m + n kernels to compile and not m n.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import numpy as np

from ..count_layout import CELLS
from ..counts import Array
from .aot.load import UNFIT, ObjectCode, Unavailable
from .aot.signatures import SIGNATURES
from .numba.limits import CACHE_LINE, LANES, LINE, TOPK_ROWS
from .numba.limits import LISTED as LISTED
from .numba.limits import RANKED as RANKED

MASKS = 1 << 15  # in an array of them: so many rows or fewer, which 16 bits count
LEAST = 128  # rows in one go
MANY = 1 << 12  # rows from which on counting by kind pays, of 17^4 kinds with cells left out
_SORTED = 256  # columns up to which `topk` keeps lists of sixteen rows at once; of 500 it is even

_code: ObjectCode | None = None  # without, Numba compiles
_stuck = ""  # in a forked child: why no further kernel can be linked or compiled


class Kernel:
    """A kernel by name: its object code for the dtypes it is called with, or Numba's function."""

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self._entry: Any = _unfit
        self._found: dict[str, Any] = {}

    def __call__(self, *args: Any) -> Any:
        """Call the kernel, which fills the arrays that are passed.

        Raises
        ------
        Unavailable
            If there is neither object code for these arrays nor Numba.
        """
        result = self._entry(*args)  # looks at its arguments itself: 0.5 µs, and Numba takes 0.7
        if result != UNFIT:
            return result
        entry = self._entry = self._find(args)  # another thread may put its own there meanwhile
        result = entry(*args)
        if result == UNFIT:
            raise Unavailable(f"no object code of {self.__name__} takes such arrays", damaged=True)
        return result

    def _find(self, args: tuple[Any, ...]) -> Any:
        module = SIGNATURES[self.__name__].module
        if _code is None:
            if _stuck:
                raise Unavailable(_stuck)
            return getattr(import_module(f"f1core.backends.numba.{module}"), self.__name__)
        dtypes = (arg.dtype.str[1:] for arg in args if isinstance(arg, np.ndarray))
        symbol = "-".join((self.__name__, *dtypes))
        if symbol not in self._found:
            if _stuck:
                raise Unavailable(_stuck)
            self._found[symbol] = _code.function(module, symbol)
        return self._found[symbol]

    def forget(self) -> None:
        """Look for the function anew at the next call."""
        self._entry, self._found = _unfit, {}


def _unfit(*args: Any) -> int:
    return UNFIT


def use(code: ObjectCode | None) -> None:
    """Let all kernels be this object code, or Numba's."""
    global _code
    _code = code
    for kernel in KERNELS.values():
        kernel.forget()


KERNELS = {name: Kernel(name) for name in SIGNATURES}
argmax, argmax_of_columns = KERNELS["argmax"], KERNELS["argmax_of_columns"]
multiclass, multiclass_sums = KERNELS["multiclass"], KERNELS["multiclass_sums"]
topk_sums, onehot = KERNELS["topk_sums"], KERNELS["onehot"]
binary, binary_sums = KERNELS["binary"], KERNELS["binary_sums"]
binary_sums_weighted = KERNELS["binary_sums_weighted"]
labels, labels_weighted = KERNELS["labels"], KERNELS["labels_weighted"]
labels_sums, labels_sums_weighted = KERNELS["labels_sums"], KERNELS["labels_sums_weighted"]
labels_in_bytes, unpacked = KERNELS["labels_in_bytes"], KERNELS["unpacked"]
_topk_lists, _topk_sifted = KERNELS["topk_lists"], KERNELS["topk_sifted"]
_few_labels, _many_labels = KERNELS["few_labels"], KERNELS["many_labels"]
_flags, _cut, _outside = KERNELS["flags"], KERNELS["cut"], KERNELS["outside"]
_add_few, _add_seen, _add_many = KERNELS["add_few"], KERNELS["add_seen"], KERNELS["add_many"]
_add_weighted, _decide = KERNELS["add_weighted"], KERNELS["decide"]


def topk(words: Array, inf: Any, k: int, ids: Array) -> None:
    """Fill ids (k, n) with each row's k largest, the first of equals first; -1 if one is NaN."""
    flat = ids.reshape(-1)
    if words.shape[1] <= _SORTED:
        best, places = np.empty((2, k * TOPK_ROWS), words.dtype)
        _topk_lists(words, inf, k, best, places, flat)
    else:
        _topk_sifted(words, inf, k, np.empty(k, np.int64), np.empty(k, np.int32), flat)


def decide(
    true: Array, words: Array, cuts: Array, below: int, limit: int, skips: bool, ignored: int,
    code: Array,
) -> Any:  # fmt: skip
    """Fill code (n, L) with pred + 2 true, or 4 for a cell that counts nowhere."""
    keys, true = _keys(cuts, words), true.view(f"u{true.itemsize}")
    return _decide(true, 1, words, cuts, keys, below, limit, skips, ignored, code)


def _keys(cuts: Array, words: Array) -> Array:
    return np.empty(max(len(cuts), LANES), words.dtype)


def multilabel(
    true: Array, one: Any, true_from: int, words: Array, words_from: int, n: int, cuts: Array,
    below: int, limit: int, skips: bool, ignored: int, chosen: Array, coefs: Array, sums: Array,
    rows: Array,
) -> Any:  # fmt: skip
    """Cut and count labels: without options in one pass, else by masks (`multilabel_weighted`).

    10^6 rows of 15 labels take 6 ms and not 8, 50,000 of 1,000 take 22 and not 43.

    Returns whether a cell that counts is to be refused; the sums hold anything then.
    """
    usual = below != limit and not skips and not len(chosen)
    if not usual or true_from >= 0 or words_from >= 0:
        return multilabel_weighted(
            true, one, true_from, words, words_from, n, cuts, below, limit, skips, ignored,
            chosen, coefs, sums, rows, None,
        )  # fmt: skip
    sums[CELLS] += n
    size, highest = sums.shape[1], words.dtype.type(limit)
    if size <= LANES:
        seen = np.zeros((size + 1) ** 3, np.uint32)
        bad = _few_labels(true, one, words, below, highest, cuts, seen, sums)
        _add_seen(seen, size, False, coefs, rows)
        return bad
    keys, totals = np.empty(size, words.dtype), np.zeros((3, size + -size % LANES), np.uint8)
    return _many_labels(true, one, words, below, highest, cuts, keys, totals, coefs, sums, rows)


def multilabel_weighted(
    true: Array, one: Any, true_from: int, words: Array, words_from: int, n: int, cuts: Array,
    below: int, limit: int, skips: bool, ignored: int, chosen: Array, coefs: Array, sums: Array,
    rows: Array, weight: Array | None,
) -> Any:  # fmt: skip
    """Add n rows' TP, PRED, TRUE and CELLS of each label and the rows' statistics.

    A matrix is (n, L), with -1 for its `from`; or (L, N), whose columns from there on are the rows.
    `one` is the bits of a target that is true; `chosen` are masks of the labels that the rows'
    statistics look at; empty, if at all. Weights are added in row order. Scores lie from minus
    `below` to `limit`, both as bits. Targets and scores become masks, which stay in a core's second
    cache, and masks become counts. Returns whether a cell that counts is to be refused; the sums
    hold anything then.
    """
    size = sums.shape[1]
    groups, base = -(-size // LANES), size + 1
    stride = -(-min(max(n, 1), max(LEAST, MASKS // groups)) // LANES) * LANES
    pred, targets, lines, others = np.zeros((4, groups * stride), np.uint16)
    kept, keys = _full(size).repeat(stride), _keys(cuts, words)
    few = groups == 1 and weight is None and not len(chosen) and (not skips or n > MANY)
    if weight is not None:
        kinds = base**3 if groups == 1 else 1
        table, known = _aligned(kinds * LINE), np.zeros(kinds, np.uint8)
        total = _aligned(4 * groups * LANES).reshape(4, -1)
    elif few:
        seen = np.zeros(base ** (4 if skips else 3), np.uint32)
    for first in range(0, n, stride):
        block = min(stride, n - first)
        where = first, block, size
        if _flags(
            true, one, true_from, *where, skips, ignored, stride, lines, others, targets, kept
        ):  # fmt: skip
            return True
        if _cut(words, words_from, *where, cuts, keys, below, limit, stride, lines, pred):
            _outside(words, words_from, *where, below, limit, stride, lines, others)
            wrong = (others & kept).reshape(groups, stride)
            if wrong[:, :block].any():
                return True
        if weight is not None:
            _add_weighted(
                block, stride, pred, targets, kept, skips, chosen, weight[first : first + block],
                coefs, table, known, total, sums, rows,
            )  # fmt: skip
        elif few:
            _add_few(block, pred, targets, kept, skips, seen, sums)
        else:
            _add_many(block, stride, pred, targets, kept, skips, chosen, coefs, sums, rows)
    if few:
        _add_seen(seen, size, skips, coefs, rows)
    return False


def _aligned(size: int) -> Array:
    """Room for so many float64 from the start of a cache line on: vectors lie in one line then."""
    room = np.empty(size + CACHE_LINE // 8)
    start = -room.ctypes.data % CACHE_LINE // 8
    return room[start : start + size]


def _full(size: int) -> Array:
    """Masks of sixteen labels each that have all `size` labels."""
    return np.packbits(np.arange(-size % LANES + size) < size, bitorder="little").view("<u2")


def after_fork() -> None:
    """In a child: leave what another thread of the parent may have been in the midst of.

    Locks of LLVM and of Numba that such a thread holds are never released here.
    """
    global _stuck
    if _code is not None and _code.after_fork():
        _stuck = "the process was forked while object code was being linked"
    numba = sys.modules.get("numba.core.compiler_lock")
    lock = getattr(getattr(numba, "global_compiler_lock", None), "_lock", None)
    if lock is None:
        return
    if lock.acquire(blocking=False):
        lock.release()
        return
    _stuck = "the process was forked while Numba was compiling"
    if _code is None:
        for kernel in KERNELS.values():  # Numba's functions compile for each new dtype
            kernel.forget()
