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
from typing import IO

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
        self.name = str(path)
        if path.suffix.lower() == ".npz":
            with zipfile.ZipFile(path) as archive:
                found = [_OnDisk(path, archive, member) for member in archive.namelist()]
            self._arrays = {one.name: one for one in found if one.shape}
            self.names = list(self._arrays)
        else:
            self.whole = path.stem
            self._arrays = {path.stem: _OnDisk(path)}
            self.names = self._arrays[path.stem].columns()
        self.rows = max((one.shape[0] for one in self._arrays.values()), default=0)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """Read the chosen columns, a batch of rows at a time."""
        used: dict[str, _OnDisk] = {}
        for name in chosen.all:
            if name in self.names:
                used[name] = self._arrays[name if self.whole is None else self.whole]
            else:
                with reading(name):
                    used[name] = _OnDisk(Path(name))
                if used[name].shape[0] != self.rows:
                    raise F1Error(
                        f"{self.name} has {self.rows} rows, {name} has {used[name].shape[0]}"
                    )
        lengths = {name: one.shape[0] for name, one in used.items()}
        with reading(self.name), ExitStack() as stack:
            if len(set(lengths.values())) > 1:
                sizes = ", ".join(f"{name} {length}" for name, length in lengths.items())
                raise F1Error(f"its arrays have different lengths: {sizes}")
            archive = None
            if self.whole is None:
                archive = stack.enter_context(zipfile.ZipFile(self.name))
            files = {one: one.opened(archive, stack) for one in dict.fromkeys(used.values())}
            rows, length = step(sum(one.row_bytes for one in files)), lengths[chosen.all[0]]
            for start in range(0, length, rows):
                blocks = {one: one.block(file, start, rows) for one, file in files.items()}
                parts = ((name, _part(blocks[one], name, one.name)) for name, one in used.items())
                yield {
                    name: part if name in chosen.extra else to_numpy(part, name)
                    for name, part in parts
                }


def _part(block: Array, name: str, whole: str) -> Array:
    """A field or a column of a block, or all of it."""
    if block.dtype.names and name in block.dtype.names:
        return block[name]
    return block[:, int(name)] if name != whole and name.isdecimal() else block


class _OnDisk:
    """One array: an .npy or a member of an .npz; its header at once, its rows later."""

    def __init__(
        self, path: Path, archive: zipfile.ZipFile | None = None, member: str | None = None
    ) -> None:
        self._path, self._member = path, member
        self.name = path.stem if member is None else member.removesuffix(".npy")
        self.shape: tuple[int, ...] = ()  # of what is no array
        with self._file(archive) as file:
            try:
                version = np.lib.format.read_magic(file)
            except ValueError:
                if member is None:
                    raise F1Error("it holds no array of rows") from None
                return
            read = np.lib.format.read_array_header_1_0
            if version >= (2, 0):
                read = np.lib.format.read_array_header_2_0
            self.shape, by_column, self.dtype = read(file)
            self._begin = file.tell()
        self._by_column = by_column and len(self.shape) > 1
        self.row_bytes = max(1, self.dtype.itemsize * math.prod(self.shape[1:]))
        if (not self.shape and member is None) or min(self.shape, default=0) < 0:
            raise F1Error("it holds no array of rows")
        if self.shape[1:] and self.shape[1] > _MOST_COLUMNS:
            raise F1Error(f"its array has {self.shape[1]:,} columns; at most {_MOST_COLUMNS:,}")
        size = archive.getinfo(member).file_size if archive and member else path.stat().st_size
        claimed, room = self.dtype.itemsize * math.prod(self.shape), size - self._begin
        if self.shape and claimed > room and not self.dtype.hasobject:
            which = "" if member is None else f"{self.name}: "
            raise F1Error(
                f"{which}its header promises {self.shape[0]:,} rows of {self.row_bytes:,} bytes, "
                f"and there are {max(0, room):,} bytes: it was cut short, or altered"
            )

    def columns(self) -> list[str]:
        """Name the fields, or the array and its columns by number."""
        if self.dtype.names:
            return list(self.dtype.names)
        numbers = range(self.shape[1]) if len(self.shape) == 2 else range(0)
        return list(dict.fromkeys([self.name, *map(str, numbers)]))

    def opened(self, archive: zipfile.ZipFile | None, stack: ExitStack) -> IO[bytes]:
        """Open the file at the array's first byte."""
        file = stack.enter_context(self._file(archive))
        if self._member and self._by_column:  # columns are sought, which a packed one cannot
            packed, file = file, tempfile.TemporaryFile()  # noqa: SIM115
            stack.enter_context(file)
            shutil.copyfileobj(packed, file, _PIECE)
            file.seek(0)
        file.read(self._begin)
        return file

    def block(self, file: IO[bytes], start: int, n_rows: int) -> Array:
        """Read rows from `start`, where the file stands, in the array's own order in memory."""
        if self.dtype.hasobject:
            raise F1Error(f"it holds Python objects ({self.dtype}); save numbers or strings")
        if len(self.shape) > 2:
            raise F1Error(f"its array has shape {self.shape}; use one row an item")
        rows, *rest = self.shape
        count, size = min(n_rows, rows - start), self.dtype.itemsize
        if not self._by_column:
            return self._numbers(file, count * math.prod(rest), start).reshape(count, *rest)
        block = np.empty((rest[0], count), self.dtype)
        for column in range(rest[0]):
            file.seek(self._begin + (column * rows + start) * size)
            block[column] = self._numbers(file, count, start)
        return block.T

    def _file(self, archive: zipfile.ZipFile | None) -> IO[bytes]:
        if archive is None or self._member is None:
            return self._path.open("rb")
        return archive.open(self._member)

    def _numbers(self, file: IO[bytes], count: int, start: int) -> Array:
        data = file.read(count * self.dtype.itemsize)
        if len(data) < count * self.dtype.itemsize:
            raise F1Error(f"it ends after row {start}, its header promises {self.shape[0]:,} rows")
        return np.frombuffer(data, self.dtype, count)
