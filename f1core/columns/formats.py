"""Files by their endings: Parquet, Arrow, CSV, .npy and .npz."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..errors import F1Error
from ..foreign import to_numpy
from .archives import ArrayFile
from .batches import Columns, Source, arrays, reading, step
from .selection import Selection


class _Parquet(Source):
    """A Parquet file, page by page: whole column chunks of a wide file would fill the memory."""

    def __init__(self, path: Path) -> None:
        from pyarrow.parquet import ParquetFile, read_metadata

        width = read_metadata(path).num_columns
        buffer = max(1 << 15, min(1 << 20, (1 << 25) // max(1, width)))
        self._file = ParquetFile(path, buffer_size=buffer, pre_buffer=False)
        self.name, self.names = str(path), list(self._file.schema_arrow.names)
        self.rows = int(self._file.metadata.num_rows)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        about = self._file.metadata
        groups = range(about.num_row_groups)
        size = sum(about.row_group(group).total_byte_size for group in groups)
        each = max(8.0, size / max(1, about.num_rows) / len(self.names)) * len(chosen.all)
        with reading(self.name), self._file:
            parts = self._file.iter_batches(step(each), columns=chosen.all, use_threads=False)
            yield from arrays(parts, chosen.all)


class _Ipc(Source):
    """An Arrow IPC file or stream, mapped: a batch in it may be of any size."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        with open(path, "rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._buffer = pa.py_buffer(self._map)
        self._listed = self._map[:6] == b"ARROW1"
        reader = pa.ipc.open_file if self._listed else pa.ipc.open_stream
        self.name, self.names = str(path), list(reader(self._buffer).schema.names)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        with reading(self.name):
            for columns in arrays(self._parts(), chosen.all):
                yield columns
                if hasattr(mmap, "MADV_DONTNEED"):  # pages that were read are not kept
                    self._map.madvise(mmap.MADV_DONTNEED)

    def _parts(self) -> Iterator[Any]:
        """Whole batches: `included_fields` would copy what lies mapped (846 MB for 384)."""
        import pyarrow as pa

        if not self._listed:
            yield from pa.ipc.open_stream(self._buffer)
            return
        reader = pa.ipc.open_file(self._buffer)
        for place in range(reader.num_record_batches):
            yield reader.get_batch(place)


class _Csv(Source):
    """A CSV file; each column's type is read off the first megabyte."""

    def __init__(self, path: Path) -> None:
        from pyarrow import csv

        self._path = path
        with csv.open_csv(path) as reader:
            self._schema = reader.schema
        self.name, self.names = str(path), list(self._schema.names)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        import pyarrow as pa
        from pyarrow import csv

        kinds = {name: self._schema.field(name).type for name in chosen.all}
        if any(pa.types.is_floating(kinds[name]) for name in chosen.probabilities):
            for name in chosen.probabilities:  # a rare class may be 0 and 0 for a long time
                if pa.types.is_integer(kinds[name]):
                    kinds[name] = pa.float64()
        options = csv.ConvertOptions(include_columns=chosen.all, column_types=kinds)
        with reading(self.name), csv.open_csv(self._path, convert_options=options) as reader:
            yield from arrays(reader, chosen.all)


class _Arrays(Source):
    """An .npy or .npz file; the target of an .npy may be an .npy of its own."""

    def __init__(self, path: Path) -> None:
        self._file = ArrayFile(path)
        self.name, self.names, self.rows = str(path), self._file.names, self._file.rows
        self.whole = path.stem if path.suffix == ".npy" else None

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        here = [name for name in chosen.all if name in self.names]
        beside = {name: ArrayFile(Path(name)) for name in chosen.all if name not in self.names}
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


KINDS: dict[str, Callable[[Path], Source]] = {
    ".parquet": _Parquet,
    ".arrow": _Ipc,
    ".feather": _Ipc,
    ".ipc": _Ipc,
    ".csv": _Csv,
    ".npy": _Arrays,
    ".npz": _Arrays,
}
