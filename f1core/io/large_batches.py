"""Arrow batches that are too large to be read whole: their bytes are read when they are needed.

pyarrow reads a batch in one piece. Here it is handed memory of the file's size of which nothing is
there yet (the system makes a page when it is first written to), so that it finds its columns in
it; what some rows of them need is then read from the file, and forgotten again.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..counts import Array
from ..errors import F1Error
from . import arrow

_WHOLE = 1 << 23  # bytes up to which a piece is read at once
_MARK = b"\xff\xff\xff\xff"  # a message starts with it, and with the length of what describes it
_BATCH = 3  # the type of a message that holds rows


class SparseFile:
    """A file as pyarrow reads it, of which large pieces are read later."""

    closed = False

    def __init__(self, fd: int, size: int, memory: mmap.mmap) -> None:
        import pyarrow as pa

        self._fd, self._size, self._memory, self._at = fd, size, memory, 0
        self._start = pa.py_buffer(memory).address
        self._last = b""  # what describes the piece that comes next, in a stream

    @classmethod
    def of(cls, path: Path) -> SparseFile | None:
        """Open a file; None where the system has no such memory."""
        if not hasattr(mmap, "MAP_PRIVATE") or not hasattr(mmap, "MADV_DONTNEED"):
            return None
        fd = os.open(path, os.O_RDONLY)
        size = os.fstat(fd).st_size
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
        try:
            return cls(fd, size, mmap.mmap(-1, size, flags=flags))
        except OSError:
            os.close(fd)
            return None

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def seekable(self) -> bool:
        """Whether it can be read from any place: yes."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> Any:
        """The next bytes; of a large piece with rows the memory where they will be."""
        start = self._at
        self._at = self._size if size < 0 else min(self._size, start + size)
        size = self._at - start
        if size <= _WHOLE:
            self._last = self._bytes(start, size)
            return self._last
        head, about = self._bytes(start, 8), self._last
        if head[:4] == _MARK:
            about = self._bytes(start, 8 + int.from_bytes(head[4:], "little"))
            self._memory[start : start + len(about)] = about
            about = about[8:]
        if not _holds_plain_rows(about):
            return self._bytes(start, size)
        return memoryview(self._memory)[start : self._at]

    def read_buffer(self, size: int) -> Any:
        """The next bytes as pyarrow takes them without a copy."""
        import pyarrow as pa

        return pa.py_buffer(self.read(size))

    def fill(self, buffer: Any, start: int, stop: int) -> None:
        """Read some bytes of a buffer that lies in this memory; any other is complete."""
        first = None if buffer is None else self._place(buffer)
        if first is None:
            return
        start, stop = first + start, first + min(stop, buffer.size)
        if stop > start:
            self._memory[start:stop] = self._bytes(start, stop - start)

    def holds_numbers(self, column: Any) -> bool:
        """Whether a column is numbers without nulls that are still to be read."""
        dtype = arrow.dtype_of(column.type)
        values = None if dtype is None else column.buffers()[1]
        if dtype is None or values is None or column.null_count or self._place(values) is None:
            return False
        return bool((column.offset + len(column)) * dtype.itemsize <= values.size)

    def numbers(self, column: Any, start: int, stop: int) -> Array:
        """Read some numbers of such a column straight into an array: half the time of `fill`."""
        cells = np.empty(stop - start, arrow.dtype_of(column.type))
        place = self._place(column.buffers()[1]) or 0
        place += (column.offset + start) * cells.itemsize
        rest = cells.data.cast("B")
        while rest:
            got = os.preadv(self._fd, [rest], place)
            if not got:
                raise _cut_short(place)
            rest, place = rest[got:], place + got
        return cells

    def _place(self, buffer: Any) -> int | None:
        """Where in the file a buffer begins; None for one that was read whole."""
        place = int(buffer.address) - self._start
        return place if 0 <= place < self._size else None

    def drop(self) -> None:
        """Forget what was read."""
        self._memory.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Close the file; its memory goes with what looks at it."""
        if not self.closed:
            self.closed = True
            os.close(self._fd)

    def _bytes(self, start: int, size: int) -> bytes:
        parts = []
        while size > 0 and (part := os.pread(self._fd, min(size, 1 << 30), start)):
            parts.append(part)
            start, size = start + len(part), size - len(part)
        if size > 0:
            raise _cut_short(start)
        return parts[0] if len(parts) == 1 else b"".join(parts)


def _cut_short(place: int) -> F1Error:
    return F1Error(f"it ended at byte {place:,} while it was read: it was cut short")


def fill(file: SparseFile, array: Any, start: int, stop: int) -> None:
    """Read what some rows of a column need."""
    import pyarrow as pa

    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        fill(file, array.storage, start, stop)
        return
    if pa.types.is_dictionary(kind):
        fill(file, array.indices, start, stop)
        fill(file, array.dictionary, 0, len(array.dictionary))
        return
    buffers = array.buffers()
    start, stop = start + array.offset, stop + array.offset
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    plain = pa.types.is_primitive(kind) or pa.types.is_decimal(kind)
    plain = plain or pa.types.is_fixed_size_binary(kind)
    if plain or pa.types.is_boolean(kind):
        _fill_bits(file, buffers[1], kind.bit_width, start, stop)
    elif pa.types.is_fixed_size_list(kind):
        fill(file, array.values, start * kind.list_size, stop * kind.list_size)
    elif listed or kind in (pa.string(), pa.binary(), pa.large_string(), pa.large_binary()):
        wide = kind in (pa.large_string(), pa.large_binary()) or pa.types.is_large_list(kind)
        dtype = np.dtype(np.int64 if wide else np.int32)
        file.fill(buffers[1], start * dtype.itemsize, (stop + 1) * dtype.itemsize)
        ends = np.frombuffer(buffers[1], dtype)
        first, last = int(ends[start]), int(ends[stop])
        if listed:
            fill(file, array.values, first, last)
        else:
            file.fill(buffers[2], first, last)
    else:
        for buffer in buffers:
            file.fill(buffer, 0, 0 if buffer is None else buffer.size)
        return
    _fill_bits(file, buffers[0], 1, start, stop)


def _fill_bits(file: SparseFile, buffer: Any, width: int, start: int, stop: int) -> None:
    file.fill(buffer, start * width // 8, -(-stop * width // 8))


def _holds_plain_rows(about: bytes) -> bool:
    """Whether a message holds rows that are not compressed, as its description says.

    It is a flatbuffer: a table starts with the distance to the list of its fields' places.
    """

    def field(table: int, number: int) -> int:
        fields = table - int.from_bytes(about[table : table + 4], "little", signed=True)
        at = fields + 4 + 2 * number
        if at >= fields + int.from_bytes(about[fields : fields + 2], "little"):
            return 0
        place = int.from_bytes(about[at : at + 2], "little")
        return table + place if place else 0

    if len(about) < 8:
        return False
    message = int.from_bytes(about[:4], "little")
    kind, rows = field(message, 1), field(message, 2)
    if not kind or not rows or about[kind] != _BATCH:
        return False
    return not field(rows + int.from_bytes(about[rows : rows + 4], "little"), 3)
