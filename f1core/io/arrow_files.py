"""Parquet, and Arrow IPC files and streams, also called Feather: read, never mapped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .batches import Columns, Source, arrays, reading, step
from .large_batches import SparseFile, fill
from .selection import Selection

_LARGE = 1 << 25  # bytes of a file whose batches may be too large to be read whole


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
        """The chosen columns, a batch of rows at a time."""
        about = self._file.metadata
        groups = range(about.num_row_groups)
        size = sum(about.row_group(group).total_byte_size for group in groups)
        each = max(8.0, size / max(1, about.num_rows) / len(self.names)) * len(chosen.all)
        with reading(self.name), self._file:
            parts = self._file.iter_batches(step(each), columns=chosen.all, use_threads=False)
            yield from arrays(parts, chosen.all)


class ArrowFile(Source):
    """An Arrow IPC file or stream: read, not mapped.

    A mapped file that another process cuts short meanwhile would kill this one.
    """

    def __init__(self, path: Path, file: Any = None) -> None:
        import pyarrow as pa

        self._sparse = SparseFile.of(path) if file is None and _size(path) > _LARGE else None
        if self._sparse is not None:
            self.files = [self._sparse]
            file = self._sparse
        self._file: Any = pa.OSFile(str(path)) if file is None else pa.PythonFile(file, mode="r")
        self._listed = self._file.read(6) == b"ARROW1"
        self._file.seek(0)
        reader: Any = pa.ipc.open_file if self._listed else pa.ipc.open_stream
        self.name, self.names = str(path), list(reader(self._file).schema.names)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """The chosen columns, a batch of rows at a time."""
        done = 0
        with reading(self.name):
            for part in self._parts(chosen.all):
                if self._sparse is None or not len(part):
                    yield from arrays([part], chosen.all, done)
                else:
                    yield from self._slices(self._sparse, part.select(chosen.all), done)
                done += len(part)

    def _slices(self, file: SparseFile, part: Any, done: int) -> Iterator[Columns]:
        """Some rows at a time of a batch whose bytes are read when they are needed."""
        rows = step(part.get_total_buffer_size() / len(part))
        columns = dict(zip(part.schema.names, part.columns, strict=True))
        plain = {name: c for name, c in columns.items() if file.holds_numbers(c)}
        others = part.select([name for name in columns if name not in plain])
        for start in range(0, len(part), rows):
            stop = min(start + rows, len(part))
            numbers = {name: file.numbers(c, start, stop) for name, c in plain.items()}
            if not others.num_columns:
                yield numbers
                continue
            for column in others.columns:
                fill(file, column, start, stop)
            at, piece = 0, others.slice(start, stop - start)
            for some in arrays([piece], others.schema.names, done + start):  # cuts it once more
                copies = {name: np.array(values) for name, values in some.items()}
                end = at + len(next(iter(copies.values())))
                yield {**copies, **{name: values[at:end] for name, values in numbers.items()}}
                at = end
            file.drop()

    def _parts(self, columns: list[str]) -> Iterator[Any]:
        import pyarrow as pa

        self._file.seek(0)
        ipc: Any = pa.ipc
        options = None
        if self._sparse is None:
            wanted = sorted(self.names.index(name) for name in columns)
            options = ipc.IpcReadOptions(included_fields=wanted, use_threads=False)
        if not self._listed:
            yield from ipc.open_stream(self._file, options=options)
            return
        reader = ipc.open_file(self._file, options=options)
        for place in range(reader.num_record_batches):
            yield reader.get_batch(place)


def _size(path: Path) -> int:
    return path.stat().st_size
