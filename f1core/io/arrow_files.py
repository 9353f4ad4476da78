"""Parquet, and Arrow IPC files and streams, also called Feather: read, never mapped.

A mapped file that another process cuts short meanwhile would kill this one. So a batch that is too
large to be read whole is handed to pyarrow as memory of the file's size of which nothing is there
yet (the system makes a page when it is first written to). pyarrow finds the columns in it, and what
some rows of them need is then read from the file.
"""

from __future__ import annotations

import io
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import F1Error
from .batches import Columns, Source, batches_of, reading, step
from .selection import Selection

_LARGE = 1 << 25  # bytes of a file whose batches may be too large to be read whole
_WHOLE = 1 << 23  # bytes up to which a piece is read at once
_MARK = b"\xff\xff\xff\xff"  # a message starts with it, and with the length of what describes it
_BATCH = 3  # the type of a message that holds rows


class Parquet(Source):
    """A Parquet file, page by page: whole column chunks of a wide file would fill the memory."""

    def __init__(self, path: Path, file: Any = None) -> None:
        from pyarrow.parquet import ParquetFile, read_metadata

        file = path if file is None else file
        width = read_metadata(file).num_columns
        buffer = max(1 << 15, min(1 << 20, (1 << 25) // max(1, width)))
        self._file = ParquetFile(file, buffer_size=buffer, pre_buffer=False)
        self.name, self.names = str(path), list(self._file.schema_arrow.names)
        self.rows = int(self._file.metadata.num_rows)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """Read the chosen columns, a batch of rows at a time."""
        about = self._file.metadata
        groups = range(about.num_row_groups)
        size = sum(about.row_group(group).total_byte_size for group in groups)
        each = max(8.0, size / max(1, about.num_rows) / len(self.names)) * len(chosen.all)
        with reading(self.name), self._file:
            parts = self._file.iter_batches(step(each), columns=chosen.all, use_threads=False)
            yield from batches_of(parts, chosen)


class ArrowFile(Source):
    """An Arrow IPC file or stream."""

    def __init__(self, path: Path, file: Any = None) -> None:
        import pyarrow as pa

        self._path = path if file is None else None
        self._file: Any = pa.OSFile(str(path)) if file is None else pa.PythonFile(file, mode="r")
        self._share: float | None = None
        self._listed = self._file.read(6) == b"ARROW1"
        self._schema = self._reader(self._file).schema
        self.name, self.names = str(path), list(self._schema.names)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """Read the chosen columns, a batch of rows at a time."""
        import pyarrow as pa

        simple = all(_is_simple(self._schema.field(name).type) for name in chosen.all)
        large = self._path is not None and self._path.stat().st_size > _LARGE
        sparse = SparseFile.of(self._path) if self._path and large and simple else None
        if sparse is not None:
            self.files = [sparse]
            file, options = pa.PythonFile(sparse, mode="r"), None
        else:
            wanted = sorted(self.names.index(name) for name in chosen.all)
            options = pa.ipc.IpcReadOptions(included_fields=wanted, use_threads=False)
            file = self._file
        done = 0
        with reading(self.name):
            reader = self._reader(file, options)
            listed = range(reader.num_record_batches) if self._listed else ()
            parts = map(reader.get_batch, listed) if self._listed else reader
            for place, part in enumerate(parts):
                pieces = [part] if sparse is None else sparse.pieces(part.select(chosen.all))
                first = done
                for batch in batches_of(pieces, chosen, done):
                    done += len(next(iter(batch.values())))
                    if listed:
                        self._share = (place + (done - first) / len(part)) / len(listed)
                    yield batch

    def share(self, rows: int) -> float | None:
        """Return the share that was read: of the file's batches, where these are listed."""
        return self._share

    def _reader(self, file: Any, options: Any = None) -> Any:
        from pyarrow import ipc

        file.seek(0)
        return (ipc.open_file if self._listed else ipc.open_stream)(file, options=options)


class SparseFile(io.RawIOBase):
    """A file as pyarrow reads it, of which large pieces are read later."""

    def __init__(self, fd: int, size: int, memory: mmap.mmap) -> None:
        import pyarrow as pa

        self._fd, self._size, self._memory, self._at = fd, size, memory, 0
        self._start = pa.py_buffer(memory).address
        self._last = b""  # what describes the piece that comes next, in a stream

    @classmethod
    def of(cls, path: Path) -> SparseFile | None:
        """Open a file; None where the system has no such memory."""
        if not hasattr(mmap, "MAP_PRIVATE"):
            return None
        fd = os.open(path, os.O_RDONLY)
        size = os.fstat(fd).st_size
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
        try:
            return cls(fd, size, mmap.mmap(-1, size, flags=flags))
        except OSError:
            os.close(fd)
            return None

    def close(self) -> None:
        """Close the file; its memory goes with what looks at it."""
        if not self.closed:
            os.close(self._fd)
        super().close()

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read from any place."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> Any:
        """Read the next bytes; of a large piece with rows give the memory where they will be."""
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
        """Read the next bytes as pyarrow takes them without a copy."""
        import pyarrow as pa

        return pa.py_buffer(self.read(size))

    def pieces(self, batch: Any) -> Iterator[Any]:
        """Read a batch, some rows at a time."""
        import pyarrow as pa

        rows = max(8, step(batch.get_total_buffer_size() / max(1, len(batch))) // 8 * 8)
        for start in range(0, len(batch), rows):
            stop = min(start + rows, len(batch))
            columns = [self._rows(column, start, stop) for column in batch.columns]
            piece = pa.RecordBatch.from_arrays(columns, schema=batch.schema)
            piece.validate()
            yield piece

    def _rows(self, array: Any, start: int, stop: int) -> Any:
        """Read rows of a simple column; `start` is a multiple of 8, where a byte of bits begins."""
        import pyarrow as pa

        kind, buffers = array.type, array.buffers()
        if isinstance(array, pa.ExtensionArray):
            return kind.wrap_array(self._rows(array.storage, start, stop))
        if pa.types.is_dictionary(kind):
            places = self._rows(array.indices, start, stop)
            return pa.DictionaryArray.from_arrays(places, array.dictionary)
        found, children = [self._part(buffers[0], start // 8, -(-stop // 8))], None
        if pa.types.is_fixed_size_list(kind):
            children = [self._rows(array.values, start * kind.list_size, stop * kind.list_size)]
        elif _with_ends(kind) is None:
            width = kind.bit_width
            found.append(self._part(buffers[1], start * width // 8, -(-stop * width // 8)))
        else:
            dtype = np.dtype(_with_ends(kind))
            size = dtype.itemsize
            ends = np.frombuffer(self._part(buffers[1], start * size, (stop + 1) * size), dtype)
            first, last = int(ends[0]) // 8 * 8, int(ends[-1])
            found.append(pa.py_buffer(ends - dtype.type(first)))
            if hasattr(kind, "value_type"):
                children = [self._rows(array.values, first, last)]
            else:
                found.append(self._part(buffers[2], first, last))
        return pa.Array.from_buffers(kind, stop - start, found, children=children)

    def _part(self, buffer: Any, start: int, stop: int) -> Any:
        """Read some bytes of a buffer, from the file where they are not in memory yet."""
        import pyarrow as pa

        if buffer is None:
            return None
        size, place = min(stop, buffer.size) - start, int(buffer.address) - self._start
        if not 0 <= place < self._size:
            return buffer.slice(start, size)
        return pa.py_buffer(self._bytes(place + start, size))

    def _bytes(self, start: int, size: int) -> bytes:
        parts = []
        while size > 0 and (part := os.pread(self._fd, min(size, 1 << 30), start)):
            parts.append(part)
            start, size = start + len(part), size - len(part)
        if size > 0:
            raise F1Error(f"it ended at byte {start:,} while it was read: it was cut short")
        return parts[0] if len(parts) == 1 else b"".join(parts)


def _with_ends(kind: Any) -> str | None:
    """The NumPy type of the places where the rows of a column of text or lists end."""
    import pyarrow as pa

    if kind in (pa.string(), pa.binary()) or pa.types.is_list(kind):
        return "i4"
    large = kind in (pa.large_string(), pa.large_binary()) or pa.types.is_large_list(kind)
    return "i8" if large else None


def _is_simple(kind: Any) -> bool:
    """Return whether a column's rows lie one after the other in its buffers, for `_rows`."""
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):
        return _is_simple(kind.storage_type)
    if pa.types.is_fixed_size_list(kind) or (_with_ends(kind) and hasattr(kind, "value_type")):
        return _is_simple(kind.value_type)
    tests = ("primitive", "boolean", "decimal", "fixed_size_binary", "dictionary")
    return bool(_with_ends(kind)) or any(getattr(pa.types, f"is_{t}")(kind) for t in tests)


def _holds_plain_rows(about: bytes) -> bool:
    """Return whether a message holds rows that are not compressed, as its description says.

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
