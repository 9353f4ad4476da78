"""Arrays on disk, a block of rows at a time: .npy, and the members of an .npz.

Read, not mapped: a mapped file counts as the process's memory, and one that another process cuts
short meanwhile would kill this one.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from ..arrays import to_numpy
from ..counts import Array
from ..errors import F1Error
from .batches import Columns, Source, reading, step
from .selection import Selection

_PIECE = 1 << 22  # what is read at once where it is only passed on
_MOST_COLUMNS = 1 << 20  # of an .npy, each of which has a name


class Arrays(Source):
    """An .npy or .npz file; the target of an .npy may be an .npy of its own."""

    def __init__(self, path: Path) -> None:
        self._file = _File(path)
        self.name, self.names, self.rows = str(path), self._file.names, self._file.rows
        self.whole = path.stem if path.suffix.lower() == ".npy" else None

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """Read the chosen columns, a batch of rows at a time."""
        here = [name for name in chosen.all if name in self.names]
        beside = {name: _File(Path(name)) for name in chosen.all if name not in self.names}
        for name, file in beside.items():
            if file.rows != self.rows:
                raise F1Error(f"{self.name} has {self.rows} rows, {name} has {file.rows}")
        size = sum(self._file.row_bytes(name) for name in here)
        rows = step(size + sum(file.row_bytes(file.path.stem) for file in beside.values()))
        others = {n: f.arrays([f.path.stem], rows) for n, f in beside.items()}
        with reading(self.name):
            for block in self._file.arrays(here, rows):
                for name, blocks in others.items():
                    block[name] = next(blocks)[Path(name).stem]
                yield {name: to_numpy(block[name], name) for name in chosen.all}


class Header(NamedTuple):
    """What an .npy file says of its array."""

    shape: tuple[int, ...]
    by_column: bool
    dtype: np.dtype[Any]

    @property
    def row_bytes(self) -> int:
        """How many bytes one row has."""
        return max(1, self.dtype.itemsize * math.prod(self.shape[1:]))


class _File:
    """One .npy or .npz file: headers at once, rows later."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.headers: dict[str, Header] = {}
        self._zipped = path.suffix.lower() == ".npz"
        with ExitStack() as stack:
            if self._zipped:
                archive = stack.enter_context(zipfile.ZipFile(path))
                members = [(m.filename, m.file_size) for m in archive.infolist()]
            else:
                members = [(path.stem, path.stat().st_size)]
            for name, size in members:
                with archive.open(name) if self._zipped else path.open("rb") as file:
                    header = _header(file)
                    room = size - file.tell()
                name = name.removesuffix(".npy") if self._zipped else name
                if header is not None and header.shape:
                    _refuse_more(f"{name}: " if self._zipped else "", header, room)
                    self.headers[name] = header
        if not (self.headers or self._zipped):
            raise F1Error("it holds no array of rows")

    @property
    def names(self) -> list[str]:
        """Members of an .npz; of an .npy its fields, or itself and its columns by number."""
        if self._zipped:
            return list(self.headers)
        header = self.headers[self.path.stem]
        if header.dtype.names:
            return list(header.dtype.names)
        numbers = range(header.shape[1]) if len(header.shape) == 2 else range(0)
        return list(dict.fromkeys([self.path.stem, *map(str, numbers)]))

    @property
    def rows(self) -> int:
        """How many rows the longest of its arrays has."""
        return max((header.shape[0] for header in self.headers.values()), default=0)

    def row_bytes(self, name: str) -> int:
        """How many bytes one row has, of a member or of all."""
        header = self.headers.get(name) or self.headers[self.path.stem]
        return header.row_bytes

    def arrays(self, columns: list[str], n_rows: int) -> Iterator[dict[str, Array]]:
        """Read some of its `names`, so many rows at a time."""
        wanted = columns if self._zipped else [self.path.stem]
        lengths = {name: self.headers[name].shape[0] for name in wanted}
        if len(set(lengths.values())) > 1:
            sizes = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise F1Error(f"its arrays have different lengths: {sizes}")
        with ExitStack() as stack:
            files = {name: self._opened(name, stack) for name in wanted}
            for start in range(0, next(iter(lengths.values())), n_rows):
                found = {n: _block(f, self.headers[n], start, n_rows) for n, f in files.items()}
                yield found if self._zipped else self._parts(found[self.path.stem], columns)

    def _parts(self, block: Array, columns: list[str]) -> dict[str, Array]:
        if block.dtype.names:
            return {name: block[name] for name in columns}
        return {n: block if n == self.path.stem else block[:, int(n)] for n in columns}

    def _opened(self, name: str, stack: ExitStack) -> IO[bytes]:
        """A file that stands at the array's first byte."""
        if not self._zipped:
            file: IO[bytes] = stack.enter_context(self.path.open("rb"))
        else:
            archive = stack.enter_context(zipfile.ZipFile(self.path))
            known = {member.removesuffix(".npy"): member for member in archive.namelist()}
            file = stack.enter_context(archive.open(known[name]))
            if self.headers[name].by_column:  # columns are sought, and a deflated one has no places
                packed, file = file, tempfile.TemporaryFile()  # noqa: SIM115
                stack.enter_context(file)
                shutil.copyfileobj(packed, file, _PIECE)
                file.seek(0)
        _header(file)
        return file


def _refuse_more(which: str, header: Header, room: int) -> None:
    """Refuse an array that is larger than its file, before anything is allocated."""
    claimed = header.dtype.itemsize * math.prod(header.shape)
    if header.shape[1:] and header.shape[1] > _MOST_COLUMNS:
        raise F1Error(f"its array has {header.shape[1]:,} columns; at most {_MOST_COLUMNS:,}")
    if claimed > room and not header.dtype.hasobject:
        raise F1Error(
            f"{which}its header promises {header.shape[0]:,} rows of {header.row_bytes:,} bytes, "
            f"and there are {max(0, room):,} bytes: it was cut short, or altered"
        )


def _header(file: IO[bytes]) -> Header | None:
    """The header that the file stands at; None where the member is no array."""
    try:
        version = np.lib.format.read_magic(file)
    except ValueError:
        return None
    read = np.lib.format.read_array_header_1_0
    if version >= (2, 0):
        read = np.lib.format.read_array_header_2_0
    shape, by_column, dtype = read(file)
    return Header(shape, by_column and len(shape) > 1, dtype)


def _block(file: IO[bytes], header: Header, start: int, n_rows: int) -> Array:
    """Rows from `start`, where the file stands, in the array's own order in memory."""
    if header.dtype.hasobject:
        raise F1Error(f"it holds Python objects ({header.dtype}); save numbers or strings")
    if len(header.shape) > 2:
        raise F1Error(f"its array has shape {header.shape}; use one row an item")
    rows, *rest = header.shape
    count, size = min(n_rows, rows - start), header.dtype.itemsize
    if not header.by_column:
        return _numbers(file, header, count * math.prod(rest), start).reshape(count, *rest)
    block = np.empty((rest[0], count), header.dtype)
    here = file.tell()
    for column in range(rest[0]):
        file.seek(here + column * rows * size)
        block[column] = _numbers(file, header, count, start)
    file.seek(here + count * size)
    return block.T


def _numbers(file: IO[bytes], header: Header, count: int, start: int) -> Array:
    data = file.read(count * header.dtype.itemsize)
    if len(data) < count * header.dtype.itemsize:
        raise F1Error(f"it ends after row {start}, its header promises {header.shape[0]:,} rows")
    return np.frombuffer(data, header.dtype, count)
